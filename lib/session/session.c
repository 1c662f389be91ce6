/*
 * Life of a session: bytes come in, are cut into packages, and bytes go out; time passes.
 */
#include "lib/session/session.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/rtm/codes.h"
#include "lib/session/session_impl.h"

/* One read takes at most so much: small reads halve the speed. */
#define READ_SIZE (256u * 1024)

/*
 * Each turn also costs by itself: both ends wake each other, which is dear on virtual machines.
 * So while reads come back full, they grow up to so much. But the answers of a turn leave at its
 * end, and a gate waits for them only so long: reads are large only while turns are as short as
 * this, and while the answers to the smallest pushes, error answers too, would find room.
 */
#define READ_MOST (4 * READ_SIZE)
#define READ_QUICK_MS 5
#define OUTPUT_OF_INPUT 8

/* While paused, so much may wait in the input before reading stops. */
#define PAUSED_MAX READ_SIZE

rtmi_span session_secret(const rtmi_session *session)
{
    return (rtmi_span){(const uint8_t *)session->secret, session->config.secret.len};
}

uint64_t session_random(rtmi_session *session)
{
    return session->config.random64(session->config.random_userdata);
}

int32_t rtmi_session_get_pid(const rtmi_session *session)
{
    return session->config.pid;
}

int64_t rtmi_session_get_quest_timeout(const rtmi_session *session)
{
    return session->config.quest_timeout_ms;
}

int rtmi_session_new(const rtmi_session_config *config, rtmi_session **ret_session)
{
    int r = RTM_E_NOMEM;
    rtmi_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return RTM_E_NOMEM;
    assert(config->secret.len <= sizeof session->secret);
    session->config = *config;
    memcpy(session->secret, config->secret.data, config->secret.len);
    session->config.secret.data = NULL;
    const size_t max_input = config->max_package_bytes + (size_t)3 * READ_MOST;
    rtmi_buf_init(&session->in, max_input);
    rtmi_buf_init(&session->out, config->max_output_bytes);
    rtmi_map_init(&session->pending, session_random(session));
    rtmi_heap_init(&session->timers);
    rtmi_list_init(&session->sent);
    rtmi_list_init(&session->ending);
    rtmi_list_init(&session->owing);
    rtmi_list_init(&session->settled);
    rtmi_list_init(&session->listen.ops);
    session->read_size = READ_SIZE;
    session->next_seq = 1;
    session->mid_bits = (int64_t)(session_random(session) & 0xfff);
    session->signer = rtmi_signer_new();
    if (session->signer == NULL) {
        r = RTM_E_SYSTEM;
        goto fail;
    }
    if (listen_flow_init(&session->listen) < 0)
        goto fail;
    if (config->encryption.is_on) {
        session->secure = secure_new(config, max_input);
        if (session->secure == NULL)
            goto fail;
    }
    if (config->dedup_count > 0) {
        session->dedup = rtmi_dedup_new(config->dedup_count, config->dedup_ms,
                                        session_random(session), session_random(session), 0);
        if (session->dedup == NULL)
            goto fail;
        rtmi_dedup_set_advice(session->dedup, config->expect_random);
    }
    *ret_session = session;
    return 0;

fail:
    rtmi_session_free(session);
    return r;
}

void rtmi_session_free(rtmi_session *session)
{
    if (session == NULL)
        return;
    receipts_orphan(session);
    resume_deinit(session);
    session_drop_all(session);
    listen_flow_deinit(&session->listen);
    rtmi_dedup_free(session->dedup);
    rtmi_signer_free(session->signer);
    rtmi_map_deinit(&session->pending);
    rtmi_heap_deinit(&session->timers);
    rtmi_buf_deinit(&session->in);
    rtmi_buf_deinit(&session->out);
    secure_free(session->secure);
    explicit_bzero(session->secret, sizeof session->secret);
    free(session);
}

void rtmi_session_abandon(rtmi_session *session)
{
    session->is_abandoned = true;
}

void rtmi_session_set_callbacks(rtmi_session *session, const rtmi_session_callbacks *callbacks)
{
    session->callbacks = *callbacks;
}

void rtmi_session_opening(rtmi_session *session, rtmi_time now)
{
    assert(session->phase == SESSION_CLOSED);
    session->phase = SESSION_OPENING;
    session->is_abandoned = false;
    session->received_ms = now.mono_ms;
}

void rtmi_session_opened(rtmi_session *session, rtmi_time now)
{
    assert(session->phase == SESSION_OPENING);
    session->phase = SESSION_OPEN;
    session->received_ms = now.mono_ms;
    session->handled_wall_ms = now.wall_ms;
    session->pinged_ms = 0;
    session->stats.connects++;
    if (session->secure != NULL)
        secure_opened(session);
    listen_flow_opened(session, now);
}

void rtmi_session_closed(rtmi_session *session, int reason, bool will_retry, rtmi_time now)
{
    (void)now;
    session->is_abandoned = false;
    session->phase = SESSION_CLOSED;
    session->ping_seq = session->proof_seq = 0;
    session->is_proved = false;
    receipts_closed(session);
    resume_closed(session);
    session->in_scanned = 0;
    session->read_size = READ_SIZE;
    if (session->secure != NULL)
        secure_closed(session->secure);
    rtmi_buf_clear(&session->in);
    rtmi_buf_clear(&session->out);
    session_fail_all(session, reason);
    listen_flow_closed(session, reason, will_retry);
}

bool rtmi_session_is_ready(const rtmi_session *session)
{
    return session->phase == SESSION_OPEN &&
           (session->secure == NULL || secure_is_agreed(session->secure));
}

/* What is read goes here first. */
static rtmi_buf *input_of(rtmi_session *session)
{
    return session->secure == NULL ? &session->in : secure_input(session->secure);
}

uint8_t *rtmi_session_read_space(rtmi_session *session, size_t *ret_len)
{
    rtmi_buf *in = input_of(session);
    const size_t used = rtmi_buf_len(in);
    const size_t wanted = session->is_paused ? READ_SIZE : session->read_size;

    *ret_len = 0;
    rtmi_buf_settle(in);
    if (rtmi_buf_reserve(in, wanted)) {
        *ret_len = wanted;
    } else if (wanted > READ_SIZE) {
        /* Without memory for a large read a small one does. */
        rtmi_buf_rewind(in, used);
        session->read_size = READ_SIZE;
        *ret_len = rtmi_buf_reserve(in, READ_SIZE) ? READ_SIZE : 0;
    }
    return *ret_len == 0 ? NULL : rtmi_buf_tail(in);
}

/* Whether the socket has not taken all of what was written. */
static bool has_unsent(const rtmi_session *session)
{
    return rtmi_buf_len(&session->out) > 0 ||
           (session->secure != NULL && secure_has_unsent(session->secure));
}

/* How much the next read takes, after one of `len` bytes. */
static void adapt_read_size(rtmi_session *session, size_t len, rtmi_time now)
{
    const size_t larger = session->read_size * 2;

    if (len < READ_SIZE || has_unsent(session) ||
        now.mono_ms - session->received_ms > READ_QUICK_MS)
        session->read_size = READ_SIZE;
    else if (len == session->read_size && larger <= READ_MOST &&
             larger <= session->config.max_output_bytes / OUTPUT_OF_INPUT)
        session->read_size = larger;
}

int rtmi_session_read_done(rtmi_session *session, size_t len, rtmi_time now)
{
    session->is_abandoned = false;
    rtmi_buf_commit(input_of(session), len);
    session->stats.bytes_received += len;
    adapt_read_size(session, len, now);
    session->received_ms = now.mono_ms;
    session->pinged_ms = 0;
    session->now = now;
    int r = session->secure == NULL ? 0 : secure_open(session);
    if (r == 0)
        r = session_take_packages(session, now);
    if (r == 0 && session->secure != NULL && !session->is_abandoned)
        r = secure_get_error(session->secure);
    if (r == 0 && !session->is_abandoned)
        listen_flow_pump(session, now);
    return r;
}

rtmi_span rtmi_session_get_output(rtmi_session *session)
{
    if (session->phase != SESSION_OPEN || session->out.error != 0)
        return (rtmi_span){NULL, 0}; /* half a package is sent to nobody */
    return session->secure == NULL ? rtmi_buf_span(&session->out) : secure_output(session);
}

void rtmi_session_sent(rtmi_session *session, size_t len)
{
    session->stats.bytes_sent += len;
    if (session->secure == NULL)
        rtmi_buf_consume(&session->out, len);
    else
        secure_sent(session->secure, len);
}

/* A *ping after silence; any byte that comes counts as its answer. */
static void keep_alive(rtmi_session *session, rtmi_time now)
{
    const int64_t interval = session->config.keepalive_ms;

    if (!rtmi_session_wants_read(session)) {
        session->received_ms = now.mono_ms; /* it is we who do not listen */
        session->pinged_ms = 0;
    }
    if (interval <= 0 || session->phase != SESSION_OPEN || session->pinged_ms != 0 ||
        now.mono_ms - session->received_ms < interval)
        return;
    /* Where it has no room, what waits in the output asks the peer as well. */
    (void)session_send_quest(session, rtmi_span_of_text("*ping"), 0, (rtmi_span){NULL, 0}, now,
                             &session->ping_seq);
    session->pinged_ms = now.mono_ms;
}

static int64_t keep_alive_deadline(const rtmi_session *session)
{
    if (session->config.keepalive_ms <= 0 || session->phase != SESSION_OPEN)
        return INT64_MAX;
    return session->received_ms + session->config.keepalive_ms * (session->pinged_ms != 0 ? 2 : 1);
}

/*
 * Why the connection cannot go on, or 0. An answer that found no room is as bad as no encryption:
 * half of it may stand in the output, and nothing behind it would be understood.
 */
static int get_fault(const rtmi_session *session)
{
    if (session->secure != NULL && secure_get_error(session->secure) < 0)
        return secure_get_error(session->secure);
    return session->out.error == RTM_E_LIMIT ? RTM_E_FULL : session->out.error;
}

bool rtmi_session_wants_close(const rtmi_session *session)
{
    /* The clock of the last tick is not kept: pinged_ms turns negative when time is over. */
    return session->pinged_ms < 0 || get_fault(session) < 0;
}

int rtmi_session_get_failure(const rtmi_session *session)
{
    const int fault = get_fault(session);

    return fault < 0 ? fault : RTM_E_LOST;
}

/* Pushes that a pause has left may go on. */
static bool has_backlog(const rtmi_session *session)
{
    return session->has_backlog && !session->is_paused;
}

int rtmi_session_tick(rtmi_session *session, rtmi_time now)
{
    session->is_abandoned = false;
    session->now = now;
    session_expire_calls(session, now);
    if (!session->is_abandoned)
        listen_flow_tick(session, now);
    if (!session->is_abandoned)
        session_run_ending(session);
    if (!session->is_abandoned && has_backlog(session)) {
        session->has_backlog = false;
        const int r = session_take_packages(session, now);
        if (r < 0)
            return r;
    }
    if (session->is_abandoned)
        return 0;
    receipts_expire(session, now);
    listen_flow_pump(session, now);
    keep_alive(session, now);
    if (session->pinged_ms > 0 &&
        now.mono_ms - session->received_ms >= 2 * session->config.keepalive_ms)
        session->pinged_ms = -1;
    return 0;
}

int64_t rtmi_session_get_deadline(const rtmi_session *session)
{
    const rtmi_timer *first = rtmi_heap_first(&session->timers);
    int64_t at = first == NULL ? INT64_MAX : first->at_ms;

    if (!rtmi_list_is_empty(&session->ending) || has_backlog(session) || get_fault(session) < 0)
        return INT64_MIN;
    at = rtmi_min_i64(at, keep_alive_deadline(session));
    at = rtmi_min_i64(at, receipts_deadline(session));
    return rtmi_min_i64(at, listen_flow_deadline(session));
}

size_t rtmi_session_get_unanswered(const rtmi_session *session)
{
    return session->unanswered;
}

void rtmi_session_set_paused(rtmi_session *session, bool is_paused)
{
    session->is_paused = is_paused;
    if (is_paused)
        session->has_backlog = true;
}

bool rtmi_session_wants_read(const rtmi_session *session)
{
    /* What a pause has left is still there when it is over, until the next tick. */
    return !(session->is_paused || session->has_backlog) || rtmi_buf_len(&session->in) < PAUSED_MAX;
}

int64_t rtmi_session_next_mid(rtmi_session *session, rtmi_time now)
{
    const int64_t fresh = (now.wall_ms << 12 | session->mid_bits) & ((INT64_C(1) << 53) - 1);

    session->last_mid = rtmi_max_i64(session->last_mid + 1, fresh);
    return session->last_mid;
}

const rtmi_session_stats *rtmi_session_get_stats(const rtmi_session *session)
{
    if (session->dedup != NULL)
        ((rtmi_session *)session)->stats.dedup_forgotten = rtmi_dedup_get_forgotten(session->dedup);
    return &session->stats;
}

void rtmi_error_set_local(rtm_error *error, int local)
{
    const char *text = "unknown local error";

    switch (local) {
#define CASE_(name, number, words)                                                                 \
    case RTM_E_##name:                                                                             \
        text = words;                                                                              \
        break;
        RTM_LOCAL_ERRORS(CASE_)
#undef CASE_
    default:
        break;
    }
    *error = (rtm_error){.code = RTMI_EC_CORE_UNKNOWN_ERROR, .local = local};
    if (local == RTM_E_TIMEOUT)
        error->code = RTMI_EC_CORE_TIMEOUT;
    else if (local == RTM_E_LOST || local == RTM_E_CLOSED)
        error->code = RTMI_EC_CORE_CONNECTION_CLOSED;
    else if (local == RTM_E_NOT_CONNECTED || local == RTM_E_CONNECT || local == RTM_E_RESOLVE)
        error->code = RTMI_EC_CORE_INVALID_CONNECTION;
    else if (local == RTM_E_PROTO)
        error->code = RTMI_EC_CORE_INVALID_PACKAGE;
    memcpy(error->text, text, rtmi_min_size(strlen(text) + 1, sizeof error->text));
}
