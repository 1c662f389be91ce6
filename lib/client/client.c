/*
 * Options, the life of a client, and the small public functions.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"
#include "lib/client/workers.h"
#include "lib/rtm/sign.h"

/* The options of the first release end here; later ones stand behind. */
#define OPTIONS_SIZE_V1 (offsetof(rtm_client_options, log_level) + sizeof(rtm_log_level))

static const rtm_client_options default_options = {
    .connect_timeout_ms = 10000,
    .quest_timeout_ms = 10000,
    .keepalive_ms = 20000,
    .auto_reconnect = true,
    .restore_listen = true,
    .backoff_first_ms = 200,
    .backoff_ceiling_ms = 30000,
    .backoff_percent = 200,
    .max_package_bytes = (size_t)8 * 1024 * 1024,
    .max_output_bytes = (size_t)64 * 1024 * 1024,
    .max_pending_calls = 65536,
    .max_listen_ids = 100000,
    .dedup_count = 65536,
    .dedup_ms = 300000,
    .log_level = RTM_LOG_INFO,
    .security = RTM_SECURITY_NONE,
    .encryption_bits = 128,
    .answer_mode = RTM_ANSWER_ON_RETURN,
    .answer_by_ms = 3000,
    .max_unanswered = 65536,
};

bool rtmi_copy_sized(void *to, size_t to_size, const void *from, size_t from_size)
{
    const size_t known = rtmi_min_size(to_size, from_size);
    const unsigned char *bytes = from;

    memcpy(to, from, known);
    for (size_t i = known; i < from_size; i++) {
        if (bytes[i] != 0)
            return false; /* of a later release, and in use */
    }
    return true;
}

void rtm_client_options_init_sized(rtm_client_options *options, size_t size)
{
    if (options == NULL || size < sizeof options->size)
        return;
    memset(options, 0, size);
    memcpy(options, &default_options, rtmi_min_size(size, sizeof default_options));
    options->size = size;
}

static bool size_is_in(size_t value, size_t low, size_t high)
{
    return value >= low && value <= high;
}

static bool ms_is_in(int64_t value, int64_t low)
{
    return value >= low && value <= CLIENT_MAX_MS;
}

static bool options_are_valid(const rtm_client_options *o)
{
    const size_t most = (size_t)1 << 30;

    return o->endpoint != NULL && o->pid > 0 && o->secret != NULL &&
           size_is_in(strlen(o->secret), 1, RTMI_SECRET_MAX) &&
           ms_is_in(o->connect_timeout_ms, 1) && ms_is_in(o->quest_timeout_ms, 1) &&
           ms_is_in(o->keepalive_ms, 0) && ms_is_in(o->backoff_first_ms, 1) &&
           ms_is_in(o->backoff_ceiling_ms, 1) && o->backoff_percent >= 100 &&
           o->backoff_percent <= 100000 && size_is_in(o->max_package_bytes, 1024, most) &&
           size_is_in(o->max_output_bytes, 1024, most * 2) &&
           size_is_in(o->max_pending_calls, 1, most) && size_is_in(o->max_listen_ids, 1, most) &&
           size_is_in(o->dedup_count, 0, most) && ms_is_in(o->dedup_ms, o->dedup_count > 0) &&
           o->answer_mode >= RTM_ANSWER_ON_RETURN && o->answer_mode <= RTM_ANSWER_MANUAL &&
           ms_is_in(o->answer_by_ms, 0) && size_is_in(o->max_unanswered, 1, most) &&
           o->log_level >= RTM_LOG_ERROR && o->log_level <= RTM_LOG_TRACE;
}

static void write_log(int level, const char *text, void *userdata)
{
    const rtm_client *client = userdata;
    char plain[RTMI_LOG_LINE_SIZE];

    memcpy(plain, text, strlen(text) + 1); /* a line of rtmi_log_line() fits */
    rtmi_log_make_plain(plain);
    client->log_fn((rtm_log_level)level, plain, client->log_userdata);
}

static uint64_t next_random(void *userdata)
{
    return rtmi_random_next(userdata);
}

static int make_session(rtm_client *client, const rtm_client_options *options, bool is_unsigned)
{
    const rtmi_session_config config = {
        .pid = options->pid,
        .secret = rtmi_span_of_text(options->secret),
        .quest_timeout_ms = options->quest_timeout_ms,
        .keepalive_ms = options->keepalive_ms,
        .restore_listen = options->restore_listen,
        .ask_offsets = options->ask_offsets,
        .max_package_bytes = options->max_package_bytes,
        .max_output_bytes = options->max_output_bytes,
        .max_pending_calls = options->max_pending_calls,
        .max_listen_ids = options->max_listen_ids,
        .answers_on_receipt = options->answer_mode == RTM_ANSWER_ON_RECEIPT,
        .answer_by_ms = options->answer_by_ms,
        .dedup_count = options->dedup_count,
        .dedup_ms = options->dedup_ms,
        .expect_random = rtmi_memory_expect_random,
        .random64 = next_random,
        .random_userdata = &client->random,
        .log = client->log,
        .encryption = client->encryption,
        .is_unsigned = is_unsigned,
    };
    const int r = rtmi_session_new(&config, &client->session);

    if (r == 0)
        rtmi_client_set_session_callbacks(client);
    return r;
}

static int refuse(const rtm_client *client, const char *why)
{
    rtmi_log_line(&client->log, RTMI_LOG_ERROR, "options: %s", why);
    return RTM_E_INVAL;
}

static int take_endpoint(rtm_client *client, const char *text)
{
    const int r = rtmi_endpoint_parse(text, &client->endpoint);

    if (r < 0 && strncmp(text, "unix:", 5) == 0)
        rtmi_log_line(&client->log, RTMI_LOG_ERROR,
                      "options: the path of a Unix socket has 1 to %zu bytes", RTMI_UNIX_PATH_MAX);
    return r;
}

static int take_tls(rtm_client *client, const rtm_client_options *options)
{
    const char *host = options->tls_host;

    if (host == NULL && !client->endpoint.is_unix)
        host = client->endpoint.host;
    if (host == NULL || *host == '\0')
        return refuse(client, "TLS over a Unix socket needs tls_host");
    client->tls_host = strdup(host);
    if (options->tls_ca_file != NULL)
        client->tls_ca_file = strdup(options->tls_ca_file);
    if (client->tls_host == NULL || (options->tls_ca_file != NULL && client->tls_ca_file == NULL))
        return RTM_E_NOMEM;
    return 0;
}

static int take_encryption(rtm_client *client, const rtm_client_options *options,
                           rtmi_session_encryption *ret)
{
    rtmi_curve curve = RTMI_CURVE_NONE;

    if (options->encryption_key == NULL || options->encryption_key_len == 0)
        return refuse(client, "FPNN encryption needs encryption_key, the gate's public key");
    if (options->encryption_bits != 128 && options->encryption_bits != 256)
        return refuse(client, "encryption_bits are 128 or 256");
    if (options->encryption_curve != NULL) {
        curve = rtmi_curve_of_name(options->encryption_curve);
        if (curve == RTMI_CURVE_NONE)
            return refuse(client, "encryption_curve is none of secp256k1, secp256r1, secp224r1, "
                                  "secp192r1");
    }
    const int r = rtmi_public_key_parse(
        (rtmi_span){options->encryption_key, options->encryption_key_len}, curve, &ret->gate_key);
    if (r == RTM_E_INVAL)
        return refuse(client, "encryption_key is no public key in PEM, DER or, with "
                              "encryption_curve, raw form, or of another curve");
    ret->is_on = true;
    ret->is_stream = options->security == RTM_SECURITY_FPNN_STREAM;
    ret->bits = options->encryption_bits;
    return r;
}

static int take_security(rtm_client *client, const rtm_client_options *options)
{
    client->security = options->security;
    if (options->security != RTM_SECURITY_TLS &&
        (options->tls_ca_file != NULL || options->tls_host != NULL))
        return refuse(client, "tls_ca_file and tls_host go with security TLS only");
    switch (options->security) {
    case RTM_SECURITY_NONE:
        return 0;
    case RTM_SECURITY_TLS:
        return take_tls(client, options);
    case RTM_SECURITY_FPNN_PACKAGE:
    case RTM_SECURITY_FPNN_STREAM:
        return take_encryption(client, options, &client->encryption);
    }
    return refuse(client, "no such security");
}

/* As another client is protected; the names of certificates are those of the endpoint. */
static int copy_security(rtm_client *client, const rtm_client *from)
{
    const rtm_client_options options = {.tls_ca_file = from->tls_ca_file};

    client->security = from->security;
    client->encryption = from->encryption;
    return from->security == RTM_SECURITY_TLS ? take_tls(client, &options) : 0;
}

static int make_lock(rtm_client *client)
{
    if (pthread_mutex_init(&client->lock, NULL) != 0)
        return RTM_E_NOMEM;
    if (pthread_cond_init(&client->ended_wait, NULL) != 0) {
        (void)pthread_mutex_destroy(&client->lock);
        return RTM_E_NOMEM;
    }
    client->has_lock = true;
    return 0;
}

static void take_options(rtm_client *client, const rtm_client_options *options)
{
    client->connect_timeout_ms = options->connect_timeout_ms;
    client->auto_reconnect = options->auto_reconnect;
    client->backoff = (rtmi_backoff_policy){
        .first_ms = options->backoff_first_ms,
        .ceiling_ms = options->backoff_ceiling_ms,
        .percent = options->backoff_percent,
    };
    client->backoff_attempts = options->backoff_attempts;
    client->answer_mode = options->answer_mode;
    client->max_unanswered = options->max_unanswered;
    client->max_posts = options->max_pending_calls;
    client->max_listen_ids = options->max_listen_ids;
    client->log_fn = options->log;
    client->log_userdata = options->log_userdata;
    if (options->log != NULL)
        client->log = (rtmi_log){write_log, client, (int)options->log_level};
    rtmi_buf_init(&client->scratch, options->max_package_bytes);
}

/* `beside`: a client that it is protected as, and its quests are not signed; or NULL. */
static int make_client(const rtm_client_options *options, const rtm_client *beside,
                       rtm_client **ret_client)
{
    rtm_client *client;
    int r = rtmi_process_init();

    if (r < 0)
        return r;
    client = calloc(1, sizeof *client);
    if (client == NULL)
        return RTM_E_NOMEM;
    /* The "nothing" of each member first: rtmi_client_destroy() works from here on. */
    client->poller = client->wake_fd = client->socket_fd = -1;
    client->fork_generation = rtmi_fork_generation();
    client->posts_end = &client->posts;
    rtmi_list_init(&client->calls);
    rtmi_list_init(&client->ended);
    rtmi_list_init(&client->spare);
    rtmi_list_init(&client->connect_waits);
    rtmi_list_init(&client->uploads);
    rtmi_dial_init(&client->dial, -1, CLIENT_TAG_DIAL, &client->log);
    take_options(client, options);

    r = take_endpoint(client, options->endpoint);
    if (r < 0)
        goto fail;
    r = beside == NULL ? take_security(client, options) : copy_security(client, beside);
    if (r < 0)
        goto fail;
    r = make_lock(client);
    if (r < 0)
        goto fail;
    r = rtmi_hub_new(client, &client->hub);
    if (r < 0)
        goto fail;
    r = rtmi_random_init(&client->random);
    if (r < 0)
        goto fail;
    r = rtmi_poller_open(&client->poller);
    if (r < 0)
        goto fail;
    rtmi_dial_init(&client->dial, client->poller, CLIENT_TAG_DIAL, &client->log);
    r = rtmi_wake_open(&client->wake_fd);
    if (r < 0)
        goto fail;
    r = rtmi_poller_watch(client->poller, client->wake_fd, RTMI_POLL_READ, CLIENT_TAG_WAKE);
    if (r < 0)
        goto fail;
    r = make_session(client, options, beside != NULL);
    if (r < 0)
        goto fail;
    *ret_client = client;
    return 0;

fail:
    rtmi_client_destroy(client);
    return r;
}

int rtm_client_new(const rtm_client_options *options, rtm_client **ret_client)
{
    rtm_client_options own = default_options;

    if (options == NULL || ret_client == NULL || options->size < OPTIONS_SIZE_V1 ||
        !rtmi_copy_sized(&own, sizeof own, options, options->size) || !options_are_valid(&own))
        return RTM_E_INVAL;
    return make_client(&own, NULL, ret_client);
}

int rtmi_client_new_beside(const rtm_client *client, const char *endpoint, int64_t connect_ms,
                           rtm_client **ret_client)
{
    rtm_client_options options = default_options;

    options.endpoint = endpoint;
    options.pid = rtmi_session_get_pid(client->session);
    options.secret = "";
    options.connect_timeout_ms = connect_ms;
    options.auto_reconnect = false;
    options.max_package_bytes = client->scratch.max;
    options.max_output_bytes = 2 * client->scratch.max + 65536; /* encrypted, it is there twice */
    options.log = client->log_fn;
    options.log_userdata = client->log_userdata;
    options.log_level = client->log_fn == NULL ? RTM_LOG_INFO : (rtm_log_level)client->log.level;
    return make_client(&options, client, ret_client);
}

void rtmi_client_destroy(rtm_client *client)
{
    const bool is_forked = rtmi_client_is_forked(client);
    rtm_loop *loop = atomic_load(&client->loop);

    client->is_freeing = true; /* public calls of those that are told now are refused */
    client->is_processing = true;
    if (loop != NULL)
        rtmi_loop_drop(loop, client);
    if (!is_forked && client->session != NULL)
        rtmi_client_send_last(client);
    rtmi_tls_free(client->tls, !is_forked);
    rtmi_dial_stop(&client->dial, is_forked);
    if (!is_forked && client->socket_fd >= 0)
        (void)rtmi_poller_watch(client->poller, client->socket_fd, 0, 0);
    rtmi_fd_close(&client->socket_fd);
    rtmi_resolver_free(client->resolver, is_forked);
    if (!is_forked)
        rtmi_client_drop_posts(client);
    rtmi_client_drop_uploads(client);
    rtmi_client_drop_calls(client);
    /* Behind the calls: a worker's callback may have waited for one. */
    if (client->workers != NULL && !is_forked)
        rtmi_workers_end(client->workers);
    rtmi_session_free(client->session);
    rtmi_hub_leave(client->hub, is_forked);
    rtmi_buf_deinit(&client->scratch);
    free(client->tls_ca_file);
    free(client->tls_host);
    rtmi_random_deinit(&client->random);
    rtmi_fd_close(&client->wake_fd);
    rtmi_fd_close(&client->poller);
    /* In a child another thread of the parent may have held the lock: it is left as it is. */
    if (client->has_lock && !is_forked) {
        (void)pthread_cond_destroy(&client->ended_wait);
        (void)pthread_mutex_destroy(&client->lock);
    }
    free(client);
}

void rtm_client_free(rtm_client *client)
{
    if (client == NULL || rtmi_client_is_on_worker(client) || client->is_freeing)
        return; /* a worker's thread cannot wait for its own end */
    rtm_loop *loop = atomic_load(&client->loop);
    if (loop != NULL && !rtmi_loop_is_current(loop)) {
        if (!rtmi_client_is_forked(client)) {
            (void)rtm_loop_remove(loop, client);
        } else if (client->is_processing) {
            /* The parent's thread was in the middle of it: its memory cannot be trusted. */
            rtmi_fd_close(&client->socket_fd);
            rtmi_fd_close(&client->wake_fd);
            rtmi_fd_close(&client->poller);
            return;
        }
    }
    if (client->is_processing) {
        client->is_free_wanted = true;
        if (client->is_in_session)
            rtmi_session_abandon(client->session);
        return;
    }
    rtmi_client_destroy(client);
}

int rtmi_client_check(const rtm_client *client)
{
    if (client == NULL)
        return RTM_E_INVAL;
    if (rtmi_client_is_forked(client))
        return RTM_E_FORKED;
    return client->is_freeing ? RTM_E_CLOSED : 0;
}

rtmi_time rtmi_client_now(void)
{
    return (rtmi_time){rtmi_clock_mono_ms(), rtmi_clock_wall_ms()};
}

int rtm_client_set_state_callback(rtm_client *client, rtm_state_fn *fn, void *userdata)
{
    const int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    client->state_fn = fn;
    client->state_userdata = userdata;
    return 0;
}

int rtm_client_connect(rtm_client *client)
{
    int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (client->is_close_wanted || client->state == RTM_STATE_CLOSING) {
        if (client->is_connect_wanted)
            return RTM_E_BUSY;
        client->is_connect_wanted = true; /* behind the close */
        return 0;
    }
    switch (client->state) {
    case RTM_STATE_RESOLVING:
    case RTM_STATE_CONNECTING:
    case RTM_STATE_SECURING:
    case RTM_STATE_READY:
    case RTM_STATE_CLOSING:
        return RTM_E_BUSY;
    case RTM_STATE_IDLE:
    case RTM_STATE_CLOSED:
        client->backoff_step = 0;
        client->failure_count = 0;
        break;
    case RTM_STATE_BACKING_OFF:
        break; /* the wait is cut short */
    }
    r = rtmi_client_start(client, rtmi_client_now());
    rtmi_client_nudge(client);
    return r;
}

int rtm_client_close(rtm_client *client)
{
    const int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    client->is_connect_wanted = false;
    if (client->state == RTM_STATE_IDLE || client->state == RTM_STATE_CLOSING ||
        client->is_close_wanted)
        return 0;
    if (client->is_in_session) {
        client->is_close_wanted = true; /* when the callback has returned */
        if (client->is_reading)
            rtmi_session_abandon(client->session); /* no further push; ends are still told */
        return 0;
    }
    rtmi_client_begin_close(client, rtmi_client_now());
    rtmi_client_nudge(client);
    return 0;
}

rtm_state rtm_client_get_state(const rtm_client *client)
{
    if (client == NULL)
        return RTM_STATE_CLOSED;
    if (client->is_close_wanted)
        return client->state == RTM_STATE_READY ? RTM_STATE_CLOSING : RTM_STATE_IDLE;
    return client->state;
}

int rtm_client_get_fd(const rtm_client *client)
{
    const int r = rtmi_client_check(client);

    return r < 0 ? r : client->poller;
}

int rtm_client_get_stats(const rtm_client *client, rtm_stats *ret_stats)
{
    const size_t size_v1 = offsetof(rtm_stats, dedup_forgotten) + sizeof(uint64_t);

    if (client == NULL || ret_stats == NULL || ret_stats->size < size_v1)
        return RTM_E_INVAL;
    const rtmi_session_stats *now = rtmi_session_get_stats(client->session);
    uint64_t by_workers = 0;
    uint64_t queued = client->at_hand != NULL;
    if (client->workers != NULL)
        rtmi_workers_count(client->workers, &by_workers, &queued);
    const rtm_stats stats = {
        .size = ret_stats->size,
        .bytes_received = now->bytes_received,
        .bytes_sent = now->bytes_sent,
        .pushes_seen = now->pushes_seen,
        .pushes_delivered = now->pushes_delivered + client->delivered_elsewhere + by_workers,
        .pushes_duplicate = now->pushes_duplicate,
        .pushes_unknown = now->pushes_unknown,
        .pushes_malformed = now->pushes_malformed,
        .answers_matched = now->answers_matched,
        .answers_late = now->answers_late,
        .answers_unknown = now->answers_unknown,
        .quests_sent = now->quests_sent,
        .quests_timed_out = now->quests_timed_out,
        .connects = now->connects,
        .dedup_forgotten = now->dedup_forgotten,
        .pushes_received = now->pushes_received,
        .pushes_dropped = client->dropped,
        .pushes_queued = queued,
        .pushes_unanswered = rtmi_session_get_unanswered(client->session),
        .answers_early = now->answers_early,
        .gaps = now->gaps,
    };
    memset(ret_stats, 0, stats.size);
    memcpy(ret_stats, &stats, rtmi_min_size(stats.size, sizeof stats));
    return 0;
}
