/*
 * Quests: any method by its name, and the five sendings. Parameters are encoded into one buffer
 * that the client keeps; a quest without a callback and a handle takes no memory of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"
#include "lib/client/value.h"
#include "lib/fpnn/code.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/pack.h"
#include "lib/fpnn/payload.h"

/* The first release's rtm_outgoing ends here. */
#define OUTGOING_SIZE_V1 (offsetof(rtm_outgoing, attrs_len) + sizeof(size_t))

struct rtm_answer {
    size_t len;
    unsigned char data[];
};

/* The life of a call object. */

static client_call *call_of_handle(rtm_call *handle)
{
    return (client_call *)(void *)handle;
}

client_call *rtmi_call_new(rtm_client *client)
{
    client_call *call;
    rtmi_link *spare = rtmi_list_first(&client->spare);

    if (spare != NULL) {
        rtmi_list_remove(spare);
        client->spare_count--;
        call = RTMI_CONTAINER(spare, client_call, link);
    } else {
        call = malloc(sizeof *call);
        if (call == NULL)
            return NULL;
    }
    *call = (client_call){.client = client};
    return call;
}

static void recycle(rtm_client *client, client_call *call)
{
    if (client->spare_count == CLIENT_SPARE_COUNT) {
        free(call);
        return;
    }
    client->spare_count++;
    call->wait = NULL; /* its stack is gone */
    rtmi_list_push(&client->spare, &call->link);
}

int rtmi_call_commit(client_call *call, int r, rtm_call **ret_call)
{
    if (r < 0) {
        recycle(call->client, call);
        return r;
    }
    rtmi_list_push(&call->client->calls, &call->link);
    if (ret_call != NULL) {
        call->is_held = true;
        *ret_call = (rtm_call *)(void *)call;
    }
    rtmi_client_nudge(call->client);
    return 0;
}

/* Out of the lists; what remains is the user's handle, if he has one. */
static void detach(client_call *call)
{
    rtm_client *client = call->client;

    rtmi_list_remove(&call->link);
    rtmi_call_free(call->inner);
    if (call->upload != NULL)
        rtmi_upload_forget_call(call->upload);
    call->upload = NULL;
    call->inner = NULL;
    call->client = NULL;
    if (!call->is_held)
        recycle(client, call);
}

void rtmi_call_on_end(const rtm_error *err, rtmi_span answer, void *userdata)
{
    client_call *call = userdata;
    rtm_client *client = call->client;
    const client_call copy = *call; /* the callback may free the handle */

    if (client->is_deferring) {
        call->local = err == NULL ? 0 : err->local;
        rtmi_list_remove(&call->link);
        rtmi_list_push(&client->ended, &call->link);
        return;
    }
    detach(call);
    copy.tell(client, &copy, err, answer);
}

void rtmi_client_tell_ended(rtm_client *client)
{
    rtmi_link *link;

    /* Ended by closing, so there are no answers among them. */
    while (!client->is_free_wanted && (link = rtmi_list_first(&client->ended)) != NULL) {
        rtm_error error;
        client_call *call = RTMI_CONTAINER(link, client_call, link);
        rtmi_error_set_local(&error, call->local);
        rtmi_call_on_end(&error, (rtmi_span){NULL, 0}, call);
    }
    if (!client->is_free_wanted)
        rtmi_client_tell_unlistened(client);
}

static void drop_list(rtmi_list *list)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(list)) != NULL) {
        client_call *call = RTMI_CONTAINER(link, client_call, link);
        client_wait *wait = call->wait;
        rtmi_list_remove(link);
        rtmi_call_free(call->inner);
        call->inner = NULL;
        call->client = NULL;
        if (!call->is_held)
            free(call);
        if (wait != NULL && wait->is_foreign)
            rtmi_wait_finish(wait, RTM_E_CLOSED, NULL);
    }
}

void rtmi_client_drop_calls(rtm_client *client)
{
    drop_list(&client->calls);
    drop_list(&client->ended);
    drop_list(&client->spare);
}

void rtm_call_free(rtm_call *handle)
{
    client_call *call = call_of_handle(handle);

    if (call == NULL)
        return;
    call->is_held = false;
    if (call->client == NULL)
        free(call);
    else
        detach(call);
}

int rtmi_check_timeout(int64_t *timeout_ms)
{
    if (*timeout_ms < 0)
        return RTM_E_INVAL;
    *timeout_ms = rtmi_min_i64(*timeout_ms, CLIENT_MAX_MS);
    return 0;
}

void rtmi_call_tell_wait(rtm_client *client, const client_call *call, const rtm_error *err,
                         rtmi_span answer)
{
    client_wait *wait = call->wait;
    int result = 0;

    (void)client;
    if (err != NULL)
        result = err->local == 0 ? RTM_E_PEER : err->local;
    if (result == 0 && wait->wants_answer) {
        rtm_answer *copy = malloc(sizeof *copy + answer.len);
        if (copy == NULL) {
            result = RTM_E_NOMEM;
        } else {
            copy->len = answer.len;
            if (answer.len > 0)
                memcpy(copy->data, answer.data, answer.len);
            wait->answer = copy;
        }
    }
    rtmi_wait_finish(wait, result, err);
}

/* Any method. */

static void tell_answer(rtm_client *client, const client_call *call, const rtm_error *err,
                        rtmi_span answer)
{
    call->answer(client, err, rtmi_value_of_span(answer), call->userdata);
}

/* Whether the session takes quests now, and the time-out is one. */
static int check_quest(const rtm_client *client, int64_t *timeout_ms)
{
    const int r = rtmi_check_timeout(timeout_ms);

    if (r < 0)
        return r;
    /*
     * LIMIT: who closes, connects and calls inside one push's callback or one answer's is told
     * that there is no connection yet; from the next callback on, calls wait for it.
     */
    return client->is_close_wanted ? RTM_E_NOT_CONNECTED : 0;
}

/* Send the entries, and have `shape` (its tell, callback, userdata, mid) told how it ends. */
static int send_quest(rtm_client *client, rtmi_span method, uint32_t entry_count, rtmi_span entries,
                      int64_t timeout_ms, const client_call *shape, rtm_call **ret_call)
{
    int r = check_quest(client, &timeout_ms);

    if (r < 0)
        return r;
    if (shape->tell == NULL && ret_call == NULL) {
        r = rtmi_session_call(client->session, method, entry_count, entries, timeout_ms,
                              rtmi_client_now(), NULL, NULL, NULL);
        if (r == 0)
            rtmi_client_nudge(client);
        return r;
    }
    client_call *call = rtmi_call_new(client);
    if (call == NULL)
        return RTM_E_NOMEM;
    *call = *shape;
    call->client = client;
    r = rtmi_session_call(client->session, method, entry_count, entries, timeout_ms,
                          rtmi_client_now(), rtmi_call_on_end, call, &call->inner);
    return rtmi_call_commit(call, r, ret_call);
}

int rtmi_call_send(rtm_client *client, const char *method, uint32_t entry_count, int64_t timeout_ms,
                   const client_call *shape, rtm_call **ret_call)
{
    return send_quest(client, rtmi_span_of_text(method), entry_count,
                      rtmi_buf_span(&client->scratch), timeout_ms, shape, ret_call);
}

static int check_call(const char *method, const rtm_params *params)
{
    if (method == NULL || method[0] == '\0' || strlen(method) > RTMI_FRAME_METHOD_MAX)
        return RTM_E_INVAL;
    return params == NULL ? 0 : rtm_params_get_error(params);
}

static void tell_nobody(rtm_client *client, const client_call *call, const rtm_error *err,
                        rtmi_span answer)
{
    (void)client;
    (void)call;
    (void)err;
    (void)answer;
}

static int call_method(rtm_client *client, const char *method, const rtm_params *params,
                       int64_t timeout_ms, const client_call *shape, rtm_call **ret_call)
{
    uint32_t count;
    rtmi_span entries;
    int r = rtmi_client_check(client);

    if (r == 0)
        r = check_call(method, params);
    if (r < 0)
        return r;
    rtmi_params_get_entries(params, &count, &entries);
    return send_quest(client, rtmi_span_of_text(method), count, entries, timeout_ms, shape,
                      ret_call);
}

int rtm_client_call(rtm_client *client, const char *method, const rtm_params *params,
                    int64_t timeout_ms, rtm_answer_fn *done, void *userdata, rtm_call **ret_call)
{
    client_call shape = {.userdata = userdata};

    if (done != NULL) {
        shape.answer = done;
        shape.tell = tell_answer;
    } else if (ret_call != NULL) {
        shape.tell = tell_nobody;
    }
    return call_method(client, method, params, timeout_ms, &shape, ret_call);
}

typedef struct call_args {
    const char *method;
    const rtm_params *params;
    int64_t timeout_ms;
} call_args;

static int begin_call(client_wait *wait, rtm_call **ret_call)
{
    const call_args *args = wait->args;
    const client_call shape = {.tell = rtmi_call_tell_wait, .wait = wait};

    return call_method(wait->client, args->method, args->params, args->timeout_ms, &shape,
                       ret_call);
}

int rtm_client_call_wait(rtm_client *client, const char *method, const rtm_params *params,
                         int64_t timeout_ms, rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const call_args args = {method, params, timeout_ms};
    client_wait wait = {
        .client = client, .begin = begin_call, .args = &args, .wants_answer = ret_answer != NULL};
    const int r = rtmi_client_await(&wait, reterr_error);

    if (r == 0 && ret_answer != NULL)
        *ret_answer = wait.answer;
    return r;
}

rtm_value rtm_answer_get_value(const rtm_answer *answer)
{
    return answer == NULL ? (rtm_value){NULL, 0} : (rtm_value){answer->data, answer->len};
}

void rtm_answer_free(rtm_answer *answer)
{
    free(answer);
}

/* Sendings. */

/* What tells the five apart. */
typedef struct sending {
    const char *method;
    const char *target; /* the key of `to`; NULL: none */
    bool has_list;      /* `target` takes `tos` */
} sending;

static const sending send_to_user = {"sendmsg", "to", false};
static const sending send_to_users = {"sendmsgs", "tos", true};
static const sending send_to_group = {"sendgroupmsg", "gid", false};
static const sending send_to_room = {"sendroommsg", "rid", false};
static const sending send_to_all = {"broadcastmsg", NULL, false};

/* The caller's message, as far as its size goes. */
static int take_outgoing(const sending *how, const rtm_outgoing *message, rtm_outgoing *ret)
{
    *ret = (rtm_outgoing){.size = 0};
    if (message == NULL || message->size < OUTGOING_SIZE_V1 ||
        !rtmi_copy_sized(ret, sizeof *ret, message, message->size))
        return RTM_E_INVAL;
    if (ret->mtype < 1 || ret->mtype > 127 || (ret->msg == NULL && ret->msg_len > 0) ||
        (ret->attrs == NULL && ret->attrs_len > 0) || (how->has_list && ret->tos == NULL))
        return RTM_E_INVAL;
    return 0;
}

static uint32_t encode_message(rtmi_buf *out, const sending *how, const rtm_outgoing *message,
                               int64_t mid)
{
    const rtmi_span msg = {message->msg, message->msg_len};

    rtmi_pack_key_int(out, "mtype", message->mtype);
    rtmi_pack_key_int(out, "from", message->from);
    if (how->has_list) {
        /* More than fits into a package is found out before it is counted in 32 bits. */
        rtmi_pack_key(out, how->target);
        if (message->to_count > out->max)
            out->error = RTM_E_LIMIT;
        rtmi_pack_array(out, (uint32_t)message->to_count);
        for (size_t i = 0; i < message->to_count && out->error == 0; i++)
            rtmi_pack_int(out, message->tos[i]);
    } else if (how->target != NULL) {
        rtmi_pack_key_int(out, how->target, message->to);
    }
    rtmi_pack_key_int(out, "mid", mid);
    rtmi_pack_key(out, "msg");
    if (message->is_binary)
        rtmi_pack_bin(out, msg);
    else
        rtmi_pack_str(out, msg);
    rtmi_pack_key_str(out, "attrs",
                      (rtmi_span){(const uint8_t *)message->attrs, message->attrs_len});
    return how->target == NULL ? 5 : 6;
}

/* The gate's time out of an answer; an answer without it is no success. */
static const rtm_error *read_mtime(rtmi_span answer, rtm_error *error, rtm_sent *sent)
{
    rtmi_payload map = {.count = 0};
    int got = 0;

    if (rtmi_payload_open(answer, &map) == 0)
        got = rtmi_payload_get_int(&map, "mtime", &sent->mtime_ms);
    if (got == 1)
        return NULL;
    rtmi_error_set_local(error, RTM_E_PROTO);
    error->code = got == 0 ? RTMI_EC_PROTO_KEY_NOT_FOUND : RTMI_EC_PROTO_TYPE_CONVERT;
    return error;
}

void rtmi_call_tell_sent(rtm_client *client, const client_call *call, const rtm_error *err,
                         rtmi_span answer)
{
    rtm_sent sent = {.mid = call->mid};
    rtm_error error;

    if (err == NULL)
        err = read_mtime(answer, &error, &sent);
    if (call->wait != NULL) {
        call->wait->sent = sent;
        rtmi_call_tell_wait(client, call, err, answer);
    } else if (call->sent != NULL) {
        call->sent(client, err, &sent, call->userdata);
    }
}

static int send_message(rtm_client *client, const sending *how, const rtm_outgoing *message,
                        int64_t timeout_ms, client_call *shape, rtm_call **ret_call)
{
    rtm_outgoing own;
    int r = rtmi_client_check(client);

    if (r == 0)
        r = take_outgoing(how, message, &own);
    if (r < 0)
        return r;
    shape->mid = own.mid != 0 ? own.mid : rtmi_session_next_mid(client->session, rtmi_client_now());
    rtmi_buf_clear(&client->scratch);
    const uint32_t count = encode_message(&client->scratch, how, &own, shape->mid);
    if (client->scratch.error != 0)
        return client->scratch.error == RTM_E_LIMIT ? RTM_E_TOO_BIG : client->scratch.error;
    return send_quest(client, rtmi_span_of_text(how->method), count,
                      rtmi_buf_span(&client->scratch), timeout_ms, shape, ret_call);
}

static int send_async(rtm_client *client, const sending *how, const rtm_outgoing *message,
                      int64_t timeout_ms, rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    client_call shape = {.userdata = userdata};

    if (done != NULL || ret_call != NULL) {
        shape.sent = done;
        shape.tell = rtmi_call_tell_sent;
    }
    return send_message(client, how, message, timeout_ms, &shape, ret_call);
}

typedef struct send_args {
    const sending *how;
    const rtm_outgoing *message;
    int64_t timeout_ms;
} send_args;

static int begin_send(client_wait *wait, rtm_call **ret_call)
{
    const send_args *args = wait->args;
    client_call shape = {.tell = rtmi_call_tell_sent, .wait = wait};
    const int r =
        send_message(wait->client, args->how, args->message, args->timeout_ms, &shape, ret_call);

    return r;
}

static int send_wait(rtm_client *client, const sending *how, const rtm_outgoing *message,
                     int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    const send_args args = {how, message, timeout_ms};
    client_wait wait = {.client = client, .begin = begin_send, .args = &args};
    const int r = rtmi_client_await(&wait, reterr_error);

    /* The mid on a failure too: sending again with it is safe. */
    if (ret_sent != NULL && (r == 0 || wait.sent.mid != 0))
        *ret_sent = wait.sent;
    return r;
}

int rtm_client_send_message(rtm_client *client, const rtm_outgoing *message, int64_t timeout_ms,
                            rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    return send_async(client, &send_to_user, message, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_messages(rtm_client *client, const rtm_outgoing *message, int64_t timeout_ms,
                             rtm_sent_fn *done, void *userdata, rtm_call **ret_call)
{
    return send_async(client, &send_to_users, message, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_group_message(rtm_client *client, const rtm_outgoing *message,
                                  int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                  rtm_call **ret_call)
{
    return send_async(client, &send_to_group, message, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_room_message(rtm_client *client, const rtm_outgoing *message,
                                 int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                 rtm_call **ret_call)
{
    return send_async(client, &send_to_room, message, timeout_ms, done, userdata, ret_call);
}

int rtm_client_broadcast_message(rtm_client *client, const rtm_outgoing *message,
                                 int64_t timeout_ms, rtm_sent_fn *done, void *userdata,
                                 rtm_call **ret_call)
{
    return send_async(client, &send_to_all, message, timeout_ms, done, userdata, ret_call);
}

int rtm_client_send_message_wait(rtm_client *client, const rtm_outgoing *message,
                                 int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &send_to_user, message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_messages_wait(rtm_client *client, const rtm_outgoing *message,
                                  int64_t timeout_ms, rtm_sent *ret_sent, rtm_error *reterr_error)
{
    return send_wait(client, &send_to_users, message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_group_message_wait(rtm_client *client, const rtm_outgoing *message,
                                       int64_t timeout_ms, rtm_sent *ret_sent,
                                       rtm_error *reterr_error)
{
    return send_wait(client, &send_to_group, message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_send_room_message_wait(rtm_client *client, const rtm_outgoing *message,
                                      int64_t timeout_ms, rtm_sent *ret_sent,
                                      rtm_error *reterr_error)
{
    return send_wait(client, &send_to_room, message, timeout_ms, ret_sent, reterr_error);
}

int rtm_client_broadcast_message_wait(rtm_client *client, const rtm_outgoing *message,
                                      int64_t timeout_ms, rtm_sent *ret_sent,
                                      rtm_error *reterr_error)
{
    return send_wait(client, &send_to_all, message, timeout_ms, ret_sent, reterr_error);
}
