/*
 * What the gate sends. The packages of one read are decoded first, as many as fit into one
 * batch, so that the filter's memory is on its way while the next is decoded; then they are
 * dispatched in order. Views go straight to the callback: nothing is copied or allocated for a
 * push, and all answers of a turn gather in one buffer.
 *
 * While the session is paused, pushes stay in the input. Answers among them are taken all the
 * same, so that a handler which waits for a call of its own is not kept from its answer.
 */
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/code.h"
#include "lib/rtm/codes.h"
#include "lib/rtm/message.h"
#include "lib/session/session_impl.h"

/* So many as keep their views, their bytes and their lines of the filter in the nearest cache. */
#define BATCH_SIZE 32

/* One decoded package. */
typedef struct item {
    rtmi_package package;
    const rtmi_push_method *what; /* of a quest */
    int error;                    /* the payload cannot be read: a rtmi_pack_error */
    rtmi_push_flaw flaw;          /* the payload lacks something */
    bool is_filtered;             /* a good message that the filter of repetitions is asked about */
    rtmi_dedup_key key;           /* of it */
    union {
        rtm_message message;
        rtm_event event;
    };
} item;

static void decode_item(const rtmi_session *session, item *it)
{
    it->error = 0;
    it->flaw = NULL;
    it->is_filtered = false;
    if (it->package.kind == RTMI_FRAME_ANSWER)
        return;
    it->what = rtmi_push_method_of(it->package.method);
    if ((it->package.flag & RTMI_FLAG_JSON) != 0) {
        it->flaw = "JSON payloads are not read here";
        return;
    }
    switch (it->what->push) {
    case RTMI_PUSH_MESSAGE:
        it->error = rtmi_message_decode(it->what, it->package.payload, &it->message, &it->flaw);
        break;
    case RTMI_PUSH_EVENT:
        it->error = rtmi_event_decode(it->package.payload, &it->event, &it->flaw);
        break;
    default: {
        rtmi_payload map;
        it->error = rtmi_payload_open(it->package.payload, &map);
        break;
    }
    }
    /* On a connection with offsets the cursor is the filter. */
    it->is_filtered = session->dedup != NULL && it->what->push == RTMI_PUSH_MESSAGE &&
                      it->error == 0 && it->flaw == NULL && !it->message.has_offset;
    if (it->is_filtered) {
        it->key = rtmi_dedup_key_of(session->dedup, &it->message);
        rtmi_dedup_prefetch(session->dedup, it->key);
    }
}

static void answer_error(rtmi_session *session, const rtmi_package *package, int code,
                         const char *text)
{
    const size_t mark = rtmi_buf_len(&session->out);

    if (package->kind != RTMI_FRAME_TWOWAY)
        return;
    rtmi_answer_error(&session->out, package->seq, code, rtmi_span_of_text(text));
    session_trace_output(session, mark);
}

static inline void answer_push(rtmi_session *session, uint32_t seq)
{
    const size_t mark = rtmi_buf_len(&session->out);

    rtmi_answer_empty(&session->out, seq);
    session_trace_output(session, mark);
}

void session_answer_push(rtmi_session *session, uint32_t seq)
{
    answer_push(session, seq);
}

/* Answer the push whose callback has returned, or is about to be called. */
static inline void answer_at_hand(rtmi_session *session)
{
    if (!session->at_hand.owes)
        return;
    session->at_hand.owes = false;
    answer_push(session, session->at_hand.seq);
}

/* The user's own callback; false if nobody is there for it. */
static void deliver(rtmi_session *session, const item *it)
{
    const rtmi_session_callbacks *to = &session->callbacks;

    switch (it->what->push) {
    case RTMI_PUSH_PING:
        if (to->ping != NULL)
            to->ping(to->userdata);
        break;
    case RTMI_PUSH_MESSAGE:
        if (to->message != NULL)
            to->message(&it->message, to->userdata);
        session->stats.pushes_delivered += !session->at_hand.is_kept;
        break;
    case RTMI_PUSH_EVENT:
        if (to->event != NULL)
            to->event(&it->event, to->userdata);
        session->stats.pushes_delivered += !session->at_hand.is_kept;
        break;
    default:
        break;
    }
}

/* What the user is here for: messages and events. */
static bool is_news(const item *it)
{
    return it->what->push == RTMI_PUSH_MESSAGE || it->what->push == RTMI_PUSH_EVENT;
}

static void dispatch_quest(rtmi_session *session, const item *it, rtmi_time now)
{
    bool is_duplicate = false;

    session->stats.pushes_seen++;
    if (it->error < 0 || it->flaw != NULL) {
        session->stats.pushes_malformed++;
        const char *text = it->error < 0 ? rtmi_pack_error_text(it->error) : it->flaw;
        rtmi_log_line(&session->config.log, RTMI_LOG_WARN, "malformed push %.*s: %s",
                      (int)it->package.method.len, (const char *)it->package.method.data, text);
        answer_error(session, &it->package,
                     it->error < 0 ? RTMI_EC_PROTO_INVALID_PACKAGE : RTMI_RC_INVALID_PARAMETER,
                     text);
        return;
    }
    if (it->is_filtered && !rtmi_dedup_enter(session->dedup, it->key, now.mono_ms)) {
        session->stats.pushes_received++;
        session->stats.pushes_duplicate++;
        is_duplicate = true;
    }
    if (session->callbacks.any != NULL)
        session->callbacks.any(it->package.method, it->package.payload, is_duplicate,
                               session->callbacks.userdata);
    if (it->what->push == RTMI_PUSH_UNKNOWN) {
        session->stats.pushes_unknown++;
        answer_error(session, &it->package, RTMI_EC_CORE_UNKNOWN_METHOD, "unknown method");
        return;
    }
    session->at_hand = (push_at_hand){
        .seq = it->package.seq,
        .owes = it->package.kind == RTMI_FRAME_TWOWAY,
        .has_key = it->is_filtered,
        .key = it->key,
    };
    if (session->config.answers_on_receipt)
        answer_at_hand(session);
    if (!is_duplicate && !session->is_abandoned) {
        session->stats.pushes_received += is_news(it);
        deliver(session, it);
    } else if (!is_duplicate && it->is_filtered) {
        /* Closed inside `any`: it was not told, so it is no duplicate when it comes again. */
        rtmi_dedup_leave(session->dedup, it->key);
    }
    if (!session->is_abandoned)
        answer_at_hand(session);
}

/* Decode up to a batch from `in`; the bytes they take, or the framing error behind them. */
static size_t decode_batch(rtmi_session *session, rtmi_span in, item *items, size_t *ret_count,
                           int *ret_error)
{
    size_t used = 0;

    *ret_count = 0;
    *ret_error = 0;
    while (*ret_count < BATCH_SIZE && used < in.len) {
        item *it = &items[*ret_count];
        const rtmi_span rest = {in.data + used, in.len - used};
        const int r =
            rtmi_frame_decode_quick(rest, session->config.max_package_bytes, &it->package);
        if (r <= 0) {
            *ret_error = r;
            break;
        }
        decode_item(session, it);
        used += it->package.size;
        (*ret_count)++;
    }
    return used;
}

/* Take the answers among what a pause leaves in the input; a fault is found when it is dispatched.
 */
static void scan_answers(rtmi_session *session, rtmi_time now)
{
    rtmi_package package;

    while (session->is_paused && !session->is_abandoned) {
        const rtmi_span in = rtmi_buf_span(&session->in);
        if (session->in_scanned == in.len)
            return;
        const rtmi_span rest = {in.data + session->in_scanned, in.len - session->in_scanned};
        if (rtmi_frame_decode(rest, session->config.max_package_bytes, &package) <= 0)
            return;
        session->in_scanned += package.size;
        if (package.kind != RTMI_FRAME_ANSWER)
            continue;
        session_trace(session, false, &package);
        session_take_answer(session, &package, now);
    }
}

/* The first `len` bytes of the input are done with. */
static void consume_input(rtmi_session *session, size_t len)
{
    rtmi_buf_consume(&session->in, len);
    session->in_scanned -= rtmi_min_size(len, session->in_scanned);
}

/*
 * Dispatch a decoded batch until the session is abandoned or paused; the bytes of what was
 * dispatched.
 */
static size_t dispatch_batch(rtmi_session *session, const item *items, size_t count, rtmi_time now)
{
    size_t done = 0;

    for (size_t i = 0; i < count && !session->is_abandoned && !session->is_paused; i++) {
        const rtmi_package *package = &items[i].package;
        done += package->size;
        if (package->kind == RTMI_FRAME_ANSWER && done <= session->in_scanned)
            continue; /* taken during a pause */
        session_trace(session, false, package);
        if (package->kind == RTMI_FRAME_ANSWER)
            session_take_answer(session, package, now);
        else
            dispatch_quest(session, &items[i], now);
    }
    return done;
}

int session_take_packages(rtmi_session *session, rtmi_time now)
{
    item items[BATCH_SIZE];
    size_t count;
    int error;

    do {
        if (session->is_paused) {
            scan_answers(session, now);
            if (session->is_abandoned || session->is_paused)
                return 0;
        }
        (void)decode_batch(session, rtmi_buf_span(&session->in), items, &count, &error);
        const size_t done = dispatch_batch(session, items, count, now);
        if (session->is_abandoned)
            return 0;
        /* Only now: the views borrowed from it. */
        consume_input(session, done);
    } while (count == BATCH_SIZE || session->is_paused);

    session->handled_wall_ms = now.wall_ms;
    if (session->out.error != 0) {
        rtmi_log_line(&session->config.log, RTMI_LOG_ERROR,
                      "the peer does not read our answers: the output is full");
        return RTM_E_FULL;
    }
    if (error < 0) {
        rtmi_log_line(&session->config.log, RTMI_LOG_ERROR, "the peer broke the protocol: %s",
                      rtmi_frame_error_text(error));
        return error == RTMI_FRAME_E_TOO_BIG ? RTM_E_TOO_BIG : RTM_E_PROTO;
    }
    return 0;
}
