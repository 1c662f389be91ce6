/*
 * Quests under way: signed and encoded, matched by sequence number over its full 32 bits,
 * ended by an answer, by time or with the connection.
 *
 * A call object lives until its end has been told and its handle, if the user has one, was
 * freed; whichever comes last.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/code.h"
#include "lib/session/session_impl.h"

/* Parameters of a first quest that are larger have a proof in front. */
#define PROOF_ABOVE 8192

rtm_call *session_call_new(rtmi_session *session, rtmi_call_fn *fn, void *userdata, bool is_held)
{
    rtm_call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->session = session;
    call->fn = fn;
    call->userdata = userdata;
    call->is_held = is_held;
    return call;
}

static void free_call(rtm_call *call)
{
    if (call->op != NULL)
        rtmi_listen_value_deinit(&call->op->value);
    free(call->op);
    free(call);
}

void session_call_release(rtm_call *call)
{
    if (!call->is_held)
        free_call(call);
}

/* Take it out of everything that the session keeps. */
static void forget(rtm_call *call)
{
    rtmi_session *session = call->session;

    rtmi_heap_remove(&session->timers, &call->timer);
    rtmi_list_remove(&call->link);
    if (call->state == CALL_SENT && !call->is_listen)
        (void)rtmi_map_remove(&session->pending, call->seq);
}

void session_end_call(rtm_call *call, const rtm_error *err, rtmi_span answer)
{
    rtmi_session *session = call->session;

    forget(call);
    session->listen.call_count -= call->is_listen;
    call->state = CALL_ENDED;
    call->session = NULL;
    const bool is_held = call->is_held; /* then the object is the user's from here on */
    if (!call->is_silent && !session->is_abandoned && call->fn != NULL)
        call->fn(err, answer, call->userdata);
    if (!is_held)
        session_call_release(call);
}

void session_end_call_later(rtm_call *call, int local)
{
    forget(call);
    call->state = CALL_ENDING;
    call->local = local;
    rtmi_list_push(&call->session->ending, &call->link);
}

void session_run_ending(rtmi_session *session)
{
    rtmi_list ending;
    rtmi_link *link;

    /* Calls that a callback ends anew wait for the next round: no loop without end. */
    if (rtmi_list_is_empty(&session->ending))
        return;
    ending = session->ending;
    ending.next->prev = &ending;
    ending.prev->next = &ending;
    rtmi_list_init(&session->ending);
    while (!session->is_abandoned && (link = rtmi_list_first(&ending)) != NULL) {
        rtm_call *call = RTMI_CONTAINER(link, rtm_call, link);
        rtm_error error;
        rtmi_error_set_local(&error, call->local);
        session_end_call(call, &error, (rtmi_span){NULL, 0});
    }
    /* Abandoned half way: the others are told in the next round, if there is one. */
    while ((link = rtmi_list_first(&ending)) != NULL) {
        rtmi_list_remove(link);
        rtmi_list_push(&session->ending, link);
    }
}

void rtmi_call_free(rtm_call *call)
{
    if (call == NULL)
        return;
    assert(call->is_held);
    call->is_held = false;
    call->is_silent = true;
    if (call->state == CALL_ENDED) {
        free_call(call);
    } else if (call->state == CALL_ENDING) {
        /* Told to nobody; leaves the list at once. */
        rtmi_list_remove(&call->link);
        call->session->listen.call_count -= call->is_listen;
        session_call_release(call);
    } else if (!call->is_listen) {
        /* The answer will find nothing, and is counted as late. */
        forget(call);
        session_call_release(call);
    }
    /* A listen change goes its way: the set keeps it. */
}

/* The next number that no quest under way has; 0 is left out, as some peers use it for none. */
uint32_t session_take_seq(rtmi_session *session)
{
    uint32_t seq;

    do {
        seq = session->next_seq++;
        session->has_wrapped |= session->next_seq == 0;
    } while (seq == 0 || rtmi_map_get(&session->pending, seq) != NULL ||
             (session->listen.in_flight != NULL && session->listen.seq_in_flight == seq) ||
             session->ping_seq == seq || session->proof_seq == seq);
    return seq;
}

static bool put_auth(rtmi_session *session, rtmi_span method, rtmi_time now)
{
    char sign[RTMI_SIGN_LEN];
    const int64_t salt = (int64_t)(session_random(session) >> 1);
    const int64_t ts = now.wall_ms / 1000;

    if (!rtmi_sign(session->signer, session->config.pid, session_secret(session), salt, method, ts,
                   sign))
        return false;
    rtmi_pack_key_int(&session->out, "pid", session->config.pid);
    rtmi_pack_key_str(&session->out, "sign", (rtmi_span){(const uint8_t *)sign, sizeof sign});
    rtmi_pack_key_int(&session->out, "salt", salt);
    rtmi_pack_key_int(&session->out, "ts", ts);
    return true;
}

/*
 * A gate believes little of a stranger: ours takes 64 KiB before the first signed quest. So a
 * large first quest, a long listen set after a reconnect for one, has a small one in front
 * that does nothing but prove who we are.
 */
static int send_proof(rtmi_session *session, rtmi_time now)
{
    static const uint8_t no_groups[] = {0xa4, 'g', 'i', 'd', 's', 0x90};

    return session_send_quest(session, rtmi_span_of_text("addlisten"), 1,
                              (rtmi_span){no_groups, sizeof no_groups}, now, &session->proof_seq);
}

int session_send_quest(rtmi_session *session, rtmi_span method, uint32_t entry_count,
                       rtmi_span entries, rtmi_time now, uint32_t *ret_seq)
{
    const bool is_signed = method.data[0] != '*' && !session->config.is_unsigned;

    /* An answer could not be written: its error stays, and what is half written with it. */
    if (session->out.error != 0)
        return session->out.error == RTM_E_LIMIT ? RTM_E_FULL : session->out.error;
    const size_t before = rtmi_buf_len(&session->out);
    const uint64_t sent_before = session->stats.quests_sent;
    const bool needs_proof = is_signed && !session->is_proved && entries.len > PROOF_ABOVE;
    int r = needs_proof ? send_proof(session, now) : 0;
    if (r < 0)
        return r;
    const uint32_t seq = session_take_seq(session);
    const size_t mark = rtmi_frame_begin_quest(&session->out, true, seq, method);

    rtmi_pack_map(&session->out, entry_count + (is_signed ? 4 : 0));
    if (is_signed && !put_auth(session, method, now))
        r = RTM_E_SYSTEM;
    rtmi_buf_append_span(&session->out, entries);
    rtmi_frame_end(&session->out, mark);
    if (r == 0 && session->out.error != 0)
        r = session->out.error == RTM_E_LIMIT ? RTM_E_FULL : session->out.error;
    if (r == 0 && rtmi_buf_len(&session->out) - mark > session->config.max_package_bytes)
        r = RTM_E_TOO_BIG;
    if (r < 0) {
        rtmi_buf_rewind(&session->out, before);
        if (needs_proof) {
            session->is_proved = false;
            session->proof_seq = 0;
            session->stats.quests_sent = sent_before;
        }
        return r;
    }
    session->is_proved = session->is_proved || is_signed;
    session->stats.quests_sent++;
    rtmi_log_line(&session->config.log, RTMI_LOG_DEBUG, "quest %.*s seq=%u bytes=%zu",
                  (int)method.len, (const char *)method.data, (unsigned)seq,
                  rtmi_buf_len(&session->out) - mark);
    session_trace_output(session, mark);
    *ret_seq = seq;
    return 0;
}

int rtmi_session_call(rtmi_session *session, rtmi_span method, uint32_t entry_count,
                      rtmi_span entries, int64_t timeout_ms, rtmi_time now, rtmi_call_fn *fn,
                      void *userdata, rtm_call **ret_call)
{
    const int64_t wait_ms = timeout_ms > 0 ? timeout_ms : session->config.quest_timeout_ms;
    const size_t mark = rtmi_buf_len(&session->out);
    const uint64_t sent_before = session->stats.quests_sent;
    const uint32_t proof_before = session->proof_seq;
    const bool was_proved = session->is_proved;
    int r;

    if (session->phase == SESSION_CLOSED)
        return RTM_E_NOT_CONNECTED;
    if (session->pending.count >= session->config.max_pending_calls)
        return RTM_E_FULL;
    rtm_call *call = session_call_new(session, fn, userdata, ret_call != NULL);
    if (call == NULL)
        return RTM_E_NOMEM;
    r = session_send_quest(session, method, entry_count, entries, now, &call->seq);
    if (r < 0)
        goto fail;
    call->state = CALL_SENT;
    r = RTM_E_NOMEM;
    if (!rtmi_heap_add(&session->timers, &call->timer, now.mono_ms + wait_ms) ||
        !rtmi_map_put(&session->pending, call->seq, call)) {
        rtmi_heap_remove(&session->timers, &call->timer);
        /* Taken back, with the proof that may stand in front of it. */
        rtmi_buf_rewind(&session->out, mark);
        session->is_proved = was_proved;
        session->proof_seq = proof_before;
        session->stats.quests_sent = sent_before;
        goto fail;
    }
    rtmi_list_push(&session->sent, &call->link);
    if (ret_call != NULL)
        *ret_call = call;
    return 0;

fail:
    call->is_held = false;
    session_call_release(call);
    return r;
}

/* What the answer says: NULL for success, else the filled error. */
static const rtm_error *read_outcome(const rtmi_package *package, rtm_error *error)
{
    rtmi_cursor in = rtmi_cursor_of(package->payload);
    rtmi_span text;

    if (package->status == 0 && (package->flag & RTMI_FLAG_JSON) == 0) {
        if (rtmi_pack_skip(&in) == 0)
            return NULL;
        rtmi_error_set_local(error, RTM_E_PROTO);
        return error;
    }
    *error = (rtm_error){.local = 0};
    rtmi_answer_read_error(package->payload, &error->code, &text);
    const size_t len = rtmi_min_size(text.len, sizeof error->text - 1);
    if (len > 0)
        memcpy(error->text, text.data, len);
    error->text[len] = '\0';
    return error;
}

void session_take_answer(rtmi_session *session, const rtmi_package *package, rtmi_time now)
{
    rtm_error error;
    rtm_call *call = rtmi_map_get(&session->pending, package->seq);
    const bool is_listen =
        session->listen.in_flight != NULL && session->listen.seq_in_flight == package->seq;
    const bool is_ping = session->ping_seq != 0 && session->ping_seq == package->seq;
    const bool is_proof = session->proof_seq != 0 && session->proof_seq == package->seq;
    const bool is_key =
        session->secure != NULL && secure_is_key_answer(session->secure, package->seq);

    if (call == NULL && !is_listen && !is_ping && !is_proof && !is_key) {
        /* Ours are numbered from 1 upwards: a number that was given out is a late answer. */
        if (package->seq != 0 && (session->has_wrapped || package->seq < session->next_seq))
            session->stats.answers_late++;
        else
            session->stats.answers_unknown++;
        return;
    }
    session->stats.answers_matched++;
    const rtm_error *err = read_outcome(package, &error);
    rtmi_log_line(&session->config.log, RTMI_LOG_DEBUG, "answer seq=%u %s%s",
                  (unsigned)package->seq,
                  err == NULL ? "ok" : "error: ", err == NULL ? "" : err->text);
    if (is_key)
        secure_take_answer(session, err);
    else if (is_ping)
        session->ping_seq = 0;
    else if (is_proof)
        session->proof_seq = 0;
    else if (is_listen)
        listen_flow_answered(session, err, package->payload, now);
    else
        session_end_call(call, err, err == NULL ? package->payload : (rtmi_span){NULL, 0});
}

void session_expire_calls(rtmi_session *session, rtmi_time now)
{
    rtmi_timer *timer;

    while (!session->is_abandoned && (timer = rtmi_heap_first(&session->timers)) != NULL &&
           timer->at_ms <= now.mono_ms) {
        rtm_call *call = RTMI_CONTAINER(timer, rtm_call, timer);
        rtm_error error;
        rtmi_error_set_local(&error, RTM_E_TIMEOUT);
        session->stats.quests_timed_out++;
        if (call->is_listen)
            listen_flow_timed_out(session, call, now);
        else
            session_end_call(call, &error, (rtmi_span){NULL, 0});
    }
}

void session_fail_all(rtmi_session *session, int reason)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(&session->sent)) != NULL)
        session_end_call_later(RTMI_CONTAINER(link, rtm_call, link), reason);
}

void session_drop_all(rtmi_session *session)
{
    rtmi_link *link;
    rtm_error nobody_sees = {.code = 0};

    session->is_abandoned = true; /* so that no callback runs */
    session_fail_all(session, RTM_E_CLOSED);
    while ((link = rtmi_list_first(&session->ending)) != NULL)
        session_end_call(RTMI_CONTAINER(link, rtm_call, link), &nobody_sees, (rtmi_span){NULL, 0});
}
