/*
 * The listen set over time. The desired value is `base` with the changes of the calls that wait
 * in `ops` applied. One listen quest is under way at a time: a call's own, or a statement of the
 * whole base.
 *
 *   confirmed   base takes the change; the call succeeds
 *   refused     the change is dropped; the call fails; base is stated again
 *   timed out   base takes the change; the call fails; base is stated again (a call that timed
 *               out behind others: when its turn has come)
 *   lost        as timed out; stated after the reconnect (with restore_listen)
 *
 * Values are shared and never changed, so that the moves above cannot fail for want of memory:
 * what a quest leads to is made before the quest goes out.
 */
#include <assert.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/session/session_impl.h"

#define RETRY_FIRST_MS 1000
#define RETRY_CEILING_MS 30000

static shared_value *value_new(void)
{
    shared_value *shared = calloc(1, sizeof *shared);

    if (shared != NULL)
        shared->refs = 1;
    return shared;
}

static shared_value *value_ref(shared_value *shared)
{
    shared->refs++;
    return shared;
}

static void value_unref(shared_value *shared)
{
    if (shared == NULL || --shared->refs > 0)
        return;
    rtmi_listen_value_deinit(&shared->value);
    free(shared);
}

/* Let `*place` hold `shared`, whose reference moves. */
static void value_set(shared_value **place, shared_value *shared)
{
    value_unref(*place);
    *place = shared;
}

/* A new value: `from` with one change. */
static int value_after(const shared_value *from, const rtmi_listen_op *op, size_t max_ids,
                       shared_value **ret)
{
    shared_value *next = value_new();
    int r = next == NULL ? RTM_E_NOMEM : rtmi_listen_value_copy(&from->value, &next->value);

    if (r == 0)
        r = rtmi_listen_apply(&next->value, op, max_ids);
    if (r < 0) {
        value_unref(next);
        return r;
    }
    *ret = next;
    return 0;
}

int listen_flow_init(listen_flow *flow)
{
    flow->empty = value_new();
    if (flow->empty == NULL)
        return RTM_E_NOMEM;
    flow->base = value_ref(flow->empty);
    flow->desired = value_ref(flow->base);
    flow->confirmed = value_ref(flow->base);
    flow->retry_delay_ms = RETRY_FIRST_MS;
    return 0;
}

static rtm_call *first_op(const listen_flow *flow)
{
    rtmi_link *link = rtmi_list_first(&flow->ops);

    return link == NULL ? NULL : RTMI_CONTAINER(link, rtm_call, link);
}

/* Take a call out of the flow without telling anybody. */
static void drop_call(rtm_call *call)
{
    rtmi_heap_remove(&call->session->timers, &call->timer);
    rtmi_list_remove(&call->link);
    call->session->listen.call_count--;
    call->state = CALL_ENDED;
    call->session = NULL;
    session_call_release(call);
}

void listen_flow_deinit(listen_flow *flow)
{
    rtm_call *call;

    if (flow->call_in_flight != NULL)
        drop_call(flow->call_in_flight);
    while (flow->ops.next != NULL && (call = first_op(flow)) != NULL)
        drop_call(call);
    value_unref(flow->empty);
    value_unref(flow->base);
    value_unref(flow->desired);
    value_unref(flow->confirmed);
    value_unref(flow->in_flight);
}

/* Reckon desired anew: base, the change under way, and those that wait. */
static void reckon_desired(rtmi_session *session)
{
    listen_flow *flow = &session->listen;
    shared_value *desired = value_ref(flow->in_flight != NULL ? flow->in_flight : flow->base);

    flow->is_stale = false;
    for (rtmi_link *link = rtmi_list_first(&flow->ops); link != NULL;
         link = rtmi_list_next(&flow->ops, link)) {
        shared_value *next = NULL;
        /* They were within the limit when accepted: it is not asked again. */
        if (value_after(desired, RTMI_CONTAINER(link, rtm_call, link)->op, SIZE_MAX, &next) < 0) {
            flow->is_stale = true;
            value_unref(desired);
            return;
        }
        value_set(&desired, next);
    }
    value_set(&flow->desired, desired);
}

/* What the call is about, copied. */
static int keep_op(rtm_call *call, const rtmi_listen_op *op)
{
    call->is_listen = true;
    call->op = malloc(sizeof *call->op);
    if (call->op == NULL)
        return RTM_E_NOMEM;
    *call->op = *op;
    call->op->value = (rtmi_listen_value){.all = op->value.all};
    return rtmi_listen_value_copy(&op->value, &call->op->value);
}

int rtmi_session_listen(rtmi_session *session, const rtmi_listen_op *op, int64_t timeout_ms,
                        rtmi_time now, rtmi_call_fn *fn, void *userdata, rtm_call **ret_call)
{
    listen_flow *flow = &session->listen;
    const int64_t wait_ms = timeout_ms > 0 ? timeout_ms : session->config.quest_timeout_ms;
    shared_value *desired = NULL;
    int r;

    if (flow->call_count >= session->config.max_pending_calls)
        return RTM_E_FULL;
    if (flow->is_stale)
        reckon_desired(session);
    if (flow->is_stale)
        return RTM_E_NOMEM;
    r = value_after(flow->desired, op, session->config.max_listen_ids, &desired);
    if (r < 0)
        return r;
    rtm_call *call = session_call_new(session, fn, userdata, ret_call != NULL);
    if (call == NULL) {
        value_unref(desired);
        return RTM_E_NOMEM;
    }
    r = keep_op(call, op);
    if (r == 0 && !rtmi_heap_add(&session->timers, &call->timer, now.mono_ms + wait_ms))
        r = RTM_E_NOMEM;
    if (r < 0) {
        call->is_held = false;
        session_call_release(call);
        value_unref(desired);
        return r;
    }
    call->state = CALL_WAITING;
    flow->call_count++;
    rtmi_list_push(&flow->ops, &call->link);
    value_set(&flow->desired, desired);
    if (ret_call != NULL)
        *ret_call = call;
    listen_flow_pump(session, now);
    return 0;
}

static bool agrees(const rtmi_session *session)
{
    const listen_flow *flow = &session->listen;

    return session->phase == SESSION_OPEN && flow->in_flight == NULL && !flow->is_dirty &&
           !flow->is_stale && rtmi_list_is_empty(&flow->ops);
}

int rtmi_session_get_listen(rtmi_session *session, const rtmi_listen_value **ret_desired,
                            const rtmi_listen_value **ret_confirmed, bool *ret_agrees)
{
    if (session->listen.is_stale)
        reckon_desired(session);
    if (session->listen.is_stale)
        return RTM_E_NOMEM;
    *ret_desired = &session->listen.desired->value;
    *ret_confirmed = &session->listen.confirmed->value;
    *ret_agrees = agrees(session);
    return 0;
}

static void tell_listening(rtmi_session *session, bool is_listening)
{
    if (session->listen.is_listening == is_listening)
        return;
    session->listen.is_listening = is_listening;
    if (session->callbacks.listening != NULL && !session->is_abandoned)
        session->callbacks.listening(is_listening, session->callbacks.userdata);
}

shared_value *listen_flow_share_confirmed(const rtmi_session *session)
{
    shared_value *confirmed = session->listen.confirmed;

    return rtmi_listen_value_is_empty(&confirmed->value) ? NULL : value_ref(confirmed);
}

const rtmi_listen_value *listen_flow_value_of(const shared_value *shared)
{
    return &shared->value;
}

void listen_flow_unshare(shared_value *shared)
{
    value_unref(shared);
}

static void mark_dirty(listen_flow *flow)
{
    /* A fresh connection holds nothing: there is nothing to put right. */
    flow->is_dirty = flow->is_touched || !rtmi_listen_value_is_empty(&flow->base->value);
}

void listen_flow_opened(rtmi_session *session, rtmi_time now)
{
    listen_flow *flow = &session->listen;

    flow->is_touched = false;
    flow->is_stated = false;
    flow->retry_at_ms = now.mono_ms;
    flow->retry_delay_ms = RETRY_FIRST_MS;
    mark_dirty(flow);
    resume_opened(session);
    listen_flow_pump(session, now);
}

void listen_flow_closed(rtmi_session *session, int reason, bool will_retry)
{
    listen_flow *flow = &session->listen;
    rtm_call *call = flow->call_in_flight;

    if (flow->in_flight != NULL && call != NULL) {
        /* Whether the gate has done it is unknown; the change stays. */
        value_set(&flow->base, flow->in_flight);
        flow->call_in_flight = NULL;
        session_end_call_later(call, reason);
    } else {
        value_unref(flow->in_flight);
    }
    flow->in_flight = NULL;
    flow->is_dirty = false;
    value_set(&flow->confirmed, value_ref(flow->empty));
    if (!session->config.restore_listen) {
        while ((call = first_op(flow)) != NULL)
            session_end_call_later(call, reason);
        value_set(&flow->base, value_ref(flow->empty));
        value_set(&flow->desired, value_ref(flow->empty));
        flow->is_stale = false;
    } else if (!will_retry) {
        for (rtmi_link *link = rtmi_list_first(&flow->ops); link != NULL;
             link = rtmi_list_next(&flow->ops, link))
            RTMI_CONTAINER(link, rtm_call, link)->local = reason;
        flow->is_owing = true;
    }
    flow->is_owing = flow->is_owing || flow->is_listening;
}

/* Send a quest that leads to `next`, whose reference moves on success. */
static int send_listen(rtmi_session *session, rtm_call *call, bool is_complete, shared_value *next,
                       rtmi_time now)
{
    listen_flow *flow = &session->listen;
    rtmi_buf entries;
    uint32_t count;
    const char *method = "setlisten";
    int r;

    rtmi_buf_init(&entries, session->config.max_package_bytes);
    if (is_complete) {
        count = rtmi_listen_encode_value(&next->value, session->config.ask_offsets, &entries);
    } else {
        count = rtmi_listen_encode_op(call->op, &entries);
        method = rtmi_listen_method(call->op->verb);
    }
    r = entries.error == RTM_E_LIMIT ? RTM_E_TOO_BIG : entries.error;
    if (r == 0)
        r = session_send_quest(session, rtmi_span_of_text(method), count, rtmi_buf_span(&entries),
                               now, &flow->seq_in_flight);
    rtmi_buf_deinit(&entries);
    if (r < 0)
        return r;
    flow->in_flight = next;
    flow->call_in_flight = call;
    flow->is_complete = is_complete;
    flow->is_touched = true;
    flow->stated_ms = now.mono_ms;
    if (call != NULL) {
        rtmi_list_remove(&call->link);
        call->state = CALL_SENT;
    }
    return 0;
}

static void retry_later(listen_flow *flow, rtmi_time now)
{
    flow->retry_at_ms = now.mono_ms + flow->retry_delay_ms;
    flow->retry_delay_ms = rtmi_min_i64(flow->retry_delay_ms * 2, RETRY_CEILING_MS);
}

/*
 * Calls in front that ended for their user while they waited have no timer: base takes their
 * changes, and states them. False: no memory, tried again later.
 */
static bool take_told(rtmi_session *session)
{
    listen_flow *flow = &session->listen;
    shared_value *next;

    for (rtm_call *call; (call = first_op(flow)) != NULL && call->timer.place == 0;
         drop_call(call)) {
        flow->is_dirty = true;
        if (value_after(flow->base, call->op, SIZE_MAX, &next) < 0)
            return false;
        value_set(&flow->base, next);
    }
    return true;
}

void listen_flow_pump(rtmi_session *session, rtmi_time now)
{
    listen_flow *flow = &session->listen;

    if (session->phase != SESSION_OPEN || flow->in_flight != NULL)
        return;
    if (!take_told(session)) {
        retry_later(flow, now);
        return;
    }
    if (flow->is_dirty && now.mono_ms >= flow->retry_at_ms) {
        shared_value *next = value_ref(flow->base);
        if (send_listen(session, NULL, true, next, now) < 0) {
            value_unref(next);
            retry_later(flow, now);
        }
        return;
    }
    rtm_call *call = first_op(flow);
    if (call == NULL)
        return;
    /* The whole value: while the gate may hold something else, and to ask for offsets. */
    const bool is_complete = flow->is_dirty || (session->config.ask_offsets && !flow->is_stated);
    shared_value *next = NULL;
    int r = value_after(flow->base, call->op, SIZE_MAX, &next);
    if (r == 0)
        r = send_listen(session, call, is_complete, next, now);
    if (r == 0)
        return;
    value_unref(next);
    /* It cannot go out: the change is taken back, as if refused. */
    session_end_call_later(call, r);
    reckon_desired(session);
}

/* Base and confirmed become what was under way. */
static void accept_in_flight(rtmi_session *session)
{
    listen_flow *flow = &session->listen;

    value_set(&flow->base, flow->in_flight);
    flow->in_flight = NULL;
    flow->call_in_flight = NULL;
}

static void tell_agreement(rtmi_session *session)
{
    if (agrees(session))
        tell_listening(session, true);
}

static void statement_answered(rtmi_session *session, const rtm_error *err, rtmi_time now)
{
    listen_flow *flow = &session->listen;

    if (err == NULL) {
        value_set(&flow->confirmed, value_ref(flow->in_flight));
        flow->is_dirty = false;
        flow->is_stated = true;
        flow->retry_delay_ms = RETRY_FIRST_MS;
    } else {
        rtmi_log_line(&session->config.log, RTMI_LOG_WARN,
                      "the gate refused the listen set: %d %s; stated again later", err->code,
                      err->text);
        retry_later(flow, now);
    }
    value_set(&flow->in_flight, NULL);
}

void listen_flow_answered(rtmi_session *session, const rtm_error *err, rtmi_span answer,
                          rtmi_time now)
{
    listen_flow *flow = &session->listen;
    rtm_call *call = flow->call_in_flight;

    if (call == NULL) {
        statement_answered(session, err, now);
        if (err == NULL)
            resume_confirmed(session, answer, now);
    } else {
        if (err == NULL) {
            flow->is_stated = flow->is_stated || flow->is_complete;
            flow->is_dirty = false;
            value_set(&flow->confirmed, value_ref(flow->in_flight));
            accept_in_flight(session);
            resume_confirmed(session, answer, now);
        } else {
            value_set(&flow->in_flight, NULL);
            flow->call_in_flight = NULL;
            mark_dirty(flow);
            flow->retry_at_ms = now.mono_ms;
            reckon_desired(session);
        }
        session_end_call(call, err, err == NULL ? answer : (rtmi_span){NULL, 0});
    }
    if (session->is_abandoned)
        return;
    listen_flow_pump(session, now);
    tell_agreement(session);
}

/*
 * Without a connection, a change whose call has ended has nothing left to wait for: else a long
 * outage would fill the queue with calls that nobody waits for. Without memory it stays.
 */
static void fold_told(rtmi_session *session)
{
    if (!session->is_abandoned && session->phase != SESSION_OPEN &&
        session->listen.in_flight == NULL)
        (void)take_told(session);
}

/* The user is told; the change goes its way without him. */
static void tell_and_keep(rtm_call *call, int local)
{
    rtmi_session *session = call->session;
    rtm_error error;
    const bool is_told = !call->is_silent && call->fn != NULL;

    rtmi_heap_remove(&session->timers, &call->timer);
    call->is_silent = true;
    call->local = 0;
    rtmi_error_set_local(&error, local);
    if (is_told && !session->is_abandoned)
        call->fn(&error, (rtmi_span){NULL, 0}, call->userdata);
}

void listen_flow_timed_out(rtmi_session *session, rtm_call *call, rtmi_time now)
{
    listen_flow *flow = &session->listen;
    rtm_error error;

    rtmi_error_set_local(&error, RTM_E_TIMEOUT);
    if (call == flow->call_in_flight) {
        accept_in_flight(session);
        flow->is_dirty = true;
        flow->retry_at_ms = now.mono_ms;
        session_end_call(call, &error, (rtmi_span){NULL, 0});
        if (!session->is_abandoned)
            tell_listening(session, false);
        return;
    }
    tell_and_keep(call, RTM_E_TIMEOUT);
    fold_told(session);
}

/* Tell what was left to be told when the connection ended: callbacks run in ticks only. */
static void tell_owed(rtmi_session *session)
{
    listen_flow *flow = &session->listen;
    rtmi_link *link = rtmi_list_first(&flow->ops);

    flow->is_owing = false;
    while (link != NULL && !session->is_abandoned) {
        rtm_call *call = RTMI_CONTAINER(link, rtm_call, link);
        if (call->local == 0 || call->is_silent) {
            link = rtmi_list_next(&flow->ops, link);
            continue;
        }
        tell_and_keep(call, call->local);
        fold_told(session);
        link = rtmi_list_first(&flow->ops); /* the callback may have changed the list */
    }
    if (session->phase != SESSION_OPEN && !session->is_abandoned)
        tell_listening(session, false);
}

void listen_flow_tick(rtmi_session *session, rtmi_time now)
{
    listen_flow *flow = &session->listen;

    if (flow->is_stale)
        reckon_desired(session);
    if (flow->in_flight != NULL && flow->call_in_flight == NULL &&
        now.mono_ms - flow->stated_ms >= session->config.quest_timeout_ms) {
        session->stats.quests_timed_out++;
        value_set(&flow->in_flight, NULL);
        retry_later(flow, now);
    }
    if (flow->is_owing)
        tell_owed(session);
}

int64_t listen_flow_deadline(const rtmi_session *session)
{
    const listen_flow *flow = &session->listen;

    if (flow->is_owing)
        return INT64_MIN;
    if (session->phase != SESSION_OPEN)
        return INT64_MAX;
    if (flow->in_flight != NULL)
        return flow->call_in_flight == NULL ? flow->stated_ms + session->config.quest_timeout_ms
                                            : INT64_MAX;
    if (flow->is_dirty)
        return flow->retry_at_ms;
    return flow->is_stale || !rtmi_list_is_empty(&flow->ops) ? INT64_MIN : INT64_MAX;
}
