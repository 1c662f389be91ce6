/*
 * Sending files: leave from the gate, then the file to the file gate on a second client, whose
 * quests are not signed and whose descriptor stands in this one's poller. It runs inside the
 * turns of the first, so that its callbacks are those of the first.
 *
 * Protocol: RTM section 2.12.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"
#include "lib/client/value.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/pack.h"
#include "lib/rtm/sign.h"

/* The first release's rtm_outgoing_file ends here. */
#define FILE_SIZE_V1 (offsetof(rtm_outgoing_file, voice_duration_ms) + sizeof(int64_t))
/* What else is in the package of a file: attrs, name, token, ids. */
#define HEADROOM ((size_t)64 * 1024)
#define VOICE_CODEC "AMR_WB"
#define VOICE_SRATE 16000

/* What tells the five apart. */
typedef struct file_way {
    const char *method;
    const char *target; /* the key of `to`; NULL: none */
    bool has_list;      /* `target` takes `tos` */
} file_way;

static const file_way to_user = {"sendfile", "to", false};
static const file_way to_users = {"sendfiles", "tos", true};
static const file_way to_group = {"sendgroupfile", "gid", false};
static const file_way to_room = {"sendroomfile", "rid", false};
static const file_way to_all = {"broadcastfile", NULL, false};

/* A file on its way. What it points to stands in `data`. */
struct client_upload {
    rtmi_link link; /* in client->uploads */
    rtm_client *client;
    client_call *call; /* whom to tell; NULL: nobody, or no longer */
    const file_way *way;
    rtm_outgoing_file file;
    int64_t deadline_ms;
    rtm_call *leave;    /* filetoken, or NULL */
    rtm_client *beside; /* the connection to the file gate, or NULL */
    int64_t data[];
};

static int take_file(const file_way *way, const rtm_outgoing_file *file, rtm_outgoing_file *ret)
{
    *ret = (rtm_outgoing_file){.size = 0};
    if (file == NULL || file->size < FILE_SIZE_V1 ||
        !rtmi_copy_sized(ret, sizeof *ret, file, file->size))
        return RTM_E_INVAL;
    if (ret->mtype < RTM_MTYPE_FILE_FIRST || ret->mtype > RTM_MTYPE_FILE_LAST ||
        ret->content == NULL || (way->has_list && ret->tos == NULL) || ret->voice_srate < 0 ||
        ret->voice_duration_ms < 0 ||
        (ret->voice_lang != NULL && ret->mtype != RTM_MTYPE_AUDIO_FILE))
        return RTM_E_INVAL;
    return 0;
}

/* Move `len` bytes of the caller's to `*at`. */
static void keep(const void **what, size_t len, char **at)
{
    if (*what == NULL)
        return;
    memcpy(*at, *what, len);
    *what = *at;
    *at += len;
}

static void keep_text(const char **text, char **at)
{
    const void *what = *text;

    keep(&what, *text == NULL ? 0 : strlen(*text) + 1, at);
    *text = what;
}

static size_t text_size(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* A copy of all that the file is. */
static struct client_upload *upload_new(rtm_client *client, const file_way *way,
                                        const rtm_outgoing_file *file)
{
    const size_t tos_size = way->has_list ? file->to_count * sizeof *file->tos : 0;
    struct client_upload *upload =
        malloc(sizeof *upload + tos_size + file->content_len + text_size(file->name) +
               text_size(file->attrs) + text_size(file->voice_lang) + text_size(file->voice_codec));

    if (upload == NULL)
        return NULL;
    *upload = (struct client_upload){.client = client, .way = way, .file = *file};
    char *at = (char *)upload->data;
    const void *tos = way->has_list ? file->tos : NULL;
    keep(&tos, tos_size, &at); /* first: it is aligned */
    upload->file.tos = tos;
    keep(&upload->file.content, file->content_len, &at);
    keep_text(&upload->file.name, &at);
    keep_text(&upload->file.attrs, &at);
    keep_text(&upload->file.voice_lang, &at);
    keep_text(&upload->file.voice_codec, &at);
    return upload;
}

static void upload_free(struct client_upload *upload)
{
    rtm_client *client = upload->client;

    if (upload->call != NULL)
        upload->call->upload = NULL;
    rtmi_list_remove(&upload->link);
    client->upload_count--;
    rtm_call_free(upload->leave);
    if (upload->beside != NULL && !rtmi_client_is_forked(client))
        (void)rtmi_poller_watch(client->poller, rtm_client_get_fd(upload->beside), 0, 0);
    rtm_client_free(upload->beside);
    free(upload);
}

/* It is over: tell whoever waits. */
static void upload_end(struct client_upload *upload, const rtm_error *err, rtmi_span answer)
{
    client_call *call = upload->call;

    upload_free(upload);
    if (call != NULL)
        rtmi_call_on_end(err, answer, call);
}

static void upload_fail(struct client_upload *upload, int local)
{
    rtm_error error;

    rtmi_error_set_local(&error, local);
    upload_end(upload, &error, (rtmi_span){NULL, 0});
}

static void put_text(rtmi_buf *out, const char *key, const char *text)
{
    rtmi_pack_key_str(out, key, rtmi_span_of_text(text));
}

/* The entries that say to whom: 0 or 1. */
static uint32_t put_target(rtmi_buf *out, const struct client_upload *upload)
{
    const rtm_outgoing_file *file = &upload->file;

    if (upload->way->target == NULL)
        return 0;
    if (!upload->way->has_list) {
        rtmi_pack_key_int(out, upload->way->target, file->to);
        return 1;
    }
    rtmi_pack_key(out, upload->way->target);
    rtmi_pack_array(out, (uint32_t)file->to_count);
    for (size_t i = 0; i < file->to_count; i++)
        rtmi_pack_int(out, file->tos[i]);
    return 1;
}

/* What follows the last point of a name; empty if there is none. */
static const char *extension(const char *name)
{
    const char *point = strrchr(name, '.');

    return point == NULL || point == name ? "" : point + 1;
}

/* Append the attrs of the wire, JSON text: {"rtm":{"sign":…,…},"custom":…}. */
static int put_attrs(rtmi_buf *out, const rtm_outgoing_file *file, rtmi_span sign)
{
    const bool is_voice = file->voice_lang != NULL;
    rtmi_buf pack;
    rtmi_buf json;

    rtmi_buf_init(&pack, out->max);
    rtmi_buf_init(&json, out->max);
    rtmi_pack_map(&pack, 2);
    rtmi_pack_key(&pack, "rtm");
    rtmi_pack_map(&pack, 2 + (file->name != NULL ? 2u : 0) + (is_voice ? 4u : 0));
    rtmi_pack_key_str(&pack, "sign", sign);
    put_text(&pack, "type", is_voice ? "audiomsg" : "");
    if (file->name != NULL) {
        put_text(&pack, "ext", extension(file->name));
        put_text(&pack, "filename", file->name);
    }
    if (is_voice) {
        put_text(&pack, "codec", file->voice_codec == NULL ? VOICE_CODEC : file->voice_codec);
        rtmi_pack_key_int(&pack, "srate", file->voice_srate == 0 ? VOICE_SRATE : file->voice_srate);
        put_text(&pack, "lang", file->voice_lang);
        rtmi_pack_key_int(&pack, "duration", file->voice_duration_ms);
    }
    put_text(&pack, "custom", file->attrs == NULL ? "" : file->attrs);
    int r = pack.error;
    if (r == 0)
        r = rtmi_pack_to_json(rtmi_buf_span(&pack), &json);
    if (r == 0)
        rtmi_pack_key_str(out, "attrs", rtmi_buf_span(&json));
    rtmi_buf_deinit(&pack);
    rtmi_buf_deinit(&json);
    return r == 0 ? out->error : r;
}

static void tell_file(rtm_client *beside, const client_call *call, const rtm_error *err,
                      rtmi_span answer)
{
    (void)beside;
    upload_end(call->userdata, err, answer);
}

/* The quest that carries the file. */
static int send_content(struct client_upload *upload, rtmi_span token)
{
    const rtm_outgoing_file *file = &upload->file;
    const rtmi_span content = {file->content, file->content_len};
    const client_call shape = {.tell = tell_file, .userdata = upload};
    rtmi_buf *out = &upload->beside->scratch;
    char sign[RTMI_SIGN_LEN];

    if (!rtmi_sign_file(content, token, sign))
        return RTM_E_SYSTEM;
    rtmi_buf_clear(out);
    rtmi_pack_key_int(out, "pid", rtmi_session_get_pid(upload->client->session));
    rtmi_pack_key_str(out, "token", token);
    rtmi_pack_key_int(out, "mtype", file->mtype);
    rtmi_pack_key_int(out, "from", file->from);
    const uint32_t count = 7 + put_target(out, upload);
    rtmi_pack_key_int(out, "mid", file->mid);
    rtmi_pack_key(out, "file");
    rtmi_pack_bin(out, content);
    const int r = put_attrs(out, file, (rtmi_span){(const uint8_t *)sign, sizeof sign});
    if (r < 0)
        return r == RTM_E_LIMIT ? RTM_E_TOO_BIG : r;
    return rtmi_call_send(upload->beside, upload->way->method, count,
                          upload->deadline_ms - rtmi_clock_mono_ms(), &shape, NULL);
}

/* The gate has given leave: connect to the file gate. */
static int go_there(struct client_upload *upload, rtmi_span token, const char *endpoint)
{
    rtm_client *client = upload->client;
    const int64_t left_ms = upload->deadline_ms - rtmi_clock_mono_ms();

    if (left_ms <= 0)
        return RTM_E_TIMEOUT;
    int r = rtmi_client_new_beside(client, endpoint, left_ms, &upload->beside);
    if (r == 0)
        r = rtmi_poller_watch(client->poller, rtm_client_get_fd(upload->beside), RTMI_POLL_READ,
                              CLIENT_TAG_FILE);
    if (r == 0)
        r = rtm_client_connect(upload->beside);
    return r < 0 ? r : send_content(upload, token);
}

static void tell_leave(rtm_client *client, const client_call *call, const rtm_error *err,
                       rtmi_span answer)
{
    struct client_upload *upload = call->userdata;
    const rtm_value map = rtmi_value_of_span(answer);
    rtm_value token;
    rtm_value endpoint;
    rtm_bytes token_text;
    rtm_bytes endpoint_text;
    char text[300];

    if (err != NULL) {
        upload_end(upload, err, answer);
        return;
    }
    if (rtm_value_find(map, "token", &token) < 0 ||
        rtm_value_find(map, "endpoint", &endpoint) < 0 ||
        rtm_value_get_bytes(token, &token_text) < 0 ||
        rtm_value_get_bytes(endpoint, &endpoint_text) < 0 || endpoint_text.len >= sizeof text ||
        memchr(endpoint_text.data, '\0', endpoint_text.len) != NULL) {
        upload_fail(upload, RTM_E_PROTO);
        return;
    }
    memcpy(text, endpoint_text.data, endpoint_text.len);
    text[endpoint_text.len] = '\0';
    if (strncmp(text, "unix:", 5) == 0 && !client->endpoint.is_unix) {
        /* A gate elsewhere does not say whom to speak to on this machine. */
        upload_fail(upload, RTM_E_PROTO);
        return;
    }
    const int r =
        go_there(upload, (rtmi_span){(const uint8_t *)token_text.data, token_text.len}, text);
    if (r < 0)
        upload_fail(upload, r == RTM_E_INVAL ? RTM_E_PROTO : r); /* no endpoint */
}

/* Ask for leave. */
static int begin_upload(struct client_upload *upload, int64_t timeout_ms)
{
    rtm_client *client = upload->client;
    const client_call shape = {.tell = tell_leave, .userdata = upload};

    rtmi_buf_clear(&client->scratch);
    rtmi_pack_key_int(&client->scratch, "from", upload->file.from);
    put_text(&client->scratch, "cmd", upload->way->method);
    const uint32_t count = 2 + put_target(&client->scratch, upload);
    if (client->scratch.error != 0)
        return client->scratch.error == RTM_E_LIMIT ? RTM_E_TOO_BIG : client->scratch.error;
    return rtmi_call_send(client, "filetoken", count, timeout_ms, &shape, &upload->leave);
}

static int send_file(rtm_client *client, const file_way *way, const rtm_outgoing_file *file,
                     int64_t timeout_ms, const client_call *shape, rtm_call **ret_call)
{
    rtm_outgoing_file own;
    int r = rtmi_client_check(client);

    if (r == 0)
        r = rtmi_check_timeout(&timeout_ms);
    if (r == 0)
        r = take_file(way, file, &own);
    if (r < 0)
        return r;
    if (own.to_count > client->scratch.max / sizeof *own.tos ||
        own.content_len > client->scratch.max ||
        own.content_len + own.to_count * sizeof *own.tos + HEADROOM > client->scratch.max)
        return RTM_E_TOO_BIG;
    if (client->upload_count == RTM_FILES_MAX)
        return RTM_E_FULL;
    if (own.mid == 0)
        own.mid = rtmi_session_next_mid(client->session, rtmi_client_now());
    if (timeout_ms == 0)
        timeout_ms = rtmi_session_get_quest_timeout(client->session);
    struct client_upload *upload = upload_new(client, way, &own);
    if (upload == NULL)
        return RTM_E_NOMEM;
    upload->deadline_ms = rtmi_clock_mono_ms() + timeout_ms;
    rtmi_list_push(&client->uploads, &upload->link);
    client->upload_count++;
    if (shape != NULL) {
        upload->call = rtmi_call_new(client);
        if (upload->call == NULL) {
            upload_free(upload);
            return RTM_E_NOMEM;
        }
        *upload->call = *shape;
        upload->call->client = client;
        upload->call->mid = own.mid;
        upload->call->upload = upload;
    }
    client_call *call = upload->call;
    r = begin_upload(upload, timeout_ms);
    if (r < 0)
        upload_free(upload);
    return call == NULL ? r : rtmi_call_commit(call, r, ret_call);
}

static int send_async(rtm_client *client, const file_way *way, const rtm_outgoing_file *file,
                      int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    const client_call shape = {.tell = rtmi_call_tell_sent, .sent = done, .userdata = userdata};

    return send_file(client, way, file, timeout_ms,
                     done == NULL && ret_call == NULL ? NULL : &shape, ret_call);
}

typedef struct file_args {
    const file_way *way;
    const rtm_outgoing_file *file;
    int64_t timeout_ms;
} file_args;

static int begin_send(client_wait *wait, rtm_call **ret_call)
{
    const file_args *args = wait->args;
    const client_call shape = {.tell = rtmi_call_tell_sent, .wait = wait};

    return send_file(wait->client, args->way, args->file, args->timeout_ms, &shape, ret_call);
}

static int send_wait(rtm_client *client, const file_way *way, const rtm_outgoing_file *file,
                     int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const file_args args = {way, file, timeout_ms};
    client_wait wait = {.client = client, .begin = begin_send, .args = &args};
    const int r = rtmi_client_await(&wait, reterr_error);

    if (ret_sent != NULL && (r == 0 || wait.sent.mid != 0))
        *ret_sent = wait.sent;
    return r;
}

void rtmi_client_run_uploads(rtm_client *client)
{
    rtmi_link *next;

    /* A turn of one ends itself at most; what a callback adds stands behind. */
    for (rtmi_link *link = rtmi_list_first(&client->uploads);
         link != NULL && !client->is_free_wanted; link = next) {
        const struct client_upload *upload = RTMI_CONTAINER(link, struct client_upload, link);
        next = rtmi_list_next(&client->uploads, link);
        if (upload->beside != NULL)
            (void)rtm_client_process(upload->beside);
    }
}

int64_t rtmi_client_uploads_deadline(const rtm_client *client, int64_t now_ms)
{
    int64_t at = INT64_MAX;

    for (rtmi_link *link = rtmi_list_first(&client->uploads); link != NULL;
         link = rtmi_list_next(&client->uploads, link)) {
        const struct client_upload *upload = RTMI_CONTAINER(link, struct client_upload, link);
        const int64_t left = upload->beside == NULL ? -1 : rtm_client_get_deadline(upload->beside);
        if (left >= 0)
            at = rtmi_min_i64(at, now_ms + left);
    }
    return at;
}

void rtmi_client_drop_uploads(rtm_client *client)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(&client->uploads)) != NULL)
        upload_free(RTMI_CONTAINER(link, struct client_upload, link));
}

void rtmi_upload_forget_call(struct client_upload *upload)
{
    upload->call = NULL;
}

int rtm_client_send_file(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                         rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    return send_async(client, &to_user, file, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_files(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                          rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    return send_async(client, &to_users, file, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_group_file(rtm_client *client, const rtm_outgoing_file *file,
                               int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                               rtm_call **ret_call)
{
    return send_async(client, &to_group, file, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_room_file(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                              rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    return send_async(client, &to_room, file, timeout_ms, done, userdata, ret_call);
}

int rtm_client_broadcast_file(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                              rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    return send_async(client, &to_all, file, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_file_wait(rtm_client *client, const rtm_outgoing_file *file, int64_t timeout_ms,
                              rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &to_user, file, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_files_wait(rtm_client *client, const rtm_outgoing_file *file,
                               int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &to_users, file, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_group_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                    int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &to_group, file, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_room_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                   int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &to_room, file, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_broadcast_file_wait(rtm_client *client, const rtm_outgoing_file *file,
                                   int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &to_all, file, timeout_ms, ret_sent, reterr_error);
}
