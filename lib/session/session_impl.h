/*
 * The inside of a session, shared by the files of this folder. One file an idea:
 *
 *   session.c      life, bytes in and out, time
 *   pending.c      quests under way and how they end
 *   listen_flow.c  desired and confirmed listen set, one listen quest in flight
 *   push.c         quests of the gate: decode, filter, dispatch, answer
 *   secure.c       FPNN encryption
 *   receipt.c      pushes that are answered later
 *   resume.c       what a cut may have cost
 *   trace.c        packages as log lines
 */
#ifndef RTMI_SESSION_SESSION_IMPL_H
#define RTMI_SESSION_SESSION_IMPL_H

#include "lib/base/heap.h"
#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/fpnn/frame.h"
#include "lib/rtm/sign.h"
#include "lib/session/dedup.h"
#include "lib/session/session.h"

typedef enum session_phase {
    SESSION_CLOSED,  /* no connection, none being made */
    SESSION_OPENING, /* being made: quests gather in the output */
    SESSION_OPEN
} session_phase;

/** A listen value that several may hold; never changed once shared. */
typedef struct shared_value {
    size_t refs;
    rtmi_listen_value value;
} shared_value;

typedef enum call_state {
    CALL_WAITING, /* a listen call behind others */
    CALL_SENT,
    CALL_ENDING, /* its end is known; the callback waits for the next tick */
    CALL_ENDED
} call_state;

struct rtm_call {
    rtmi_session *session; /* NULL once the session is gone */
    rtmi_timer timer;
    rtmi_link link; /* in session->sent, ->listen.ops or ->ending */
    call_state state;
    uint32_t seq;
    bool is_held;   /* the user has a handle */
    bool is_silent; /* nobody is told any more: timed out, or its handle was freed */
    bool is_listen;
    int local; /* CALL_ENDING: why */
    rtmi_call_fn *fn;
    void *userdata;
    rtmi_listen_op *op; /* of a listen call; apart, for it is large and most calls are others */
};

/** The listen set's life. */
typedef struct listen_flow {
    shared_value *empty;      /* made once, so that a loss needs no memory */
    shared_value *base;       /* all changes whose calls have ended, refused ones excepted */
    shared_value *desired;    /* base and the changes in `ops` */
    shared_value *confirmed;  /* what the gate has last confirmed on this connection */
    shared_value *in_flight;  /* what it will hold if it agrees; NULL: no listen quest under way */
    rtm_call *call_in_flight; /* NULL: a statement of our own */
    uint32_t seq_in_flight;
    int64_t stated_ms;   /* when a statement of our own went out */
    rtmi_list ops;       /* calls not yet sent, in order */
    size_t call_count;   /* listen calls that have not ended; at most max_pending_calls */
    bool is_dirty;       /* the gate may hold something else than base */
    bool is_touched;     /* something was sent on this connection */
    bool is_stated;      /* a complete value was confirmed on this connection */
    bool is_complete;    /* the quest under way states the whole value */
    bool is_listening;   /* what the callback was last told */
    bool is_owing;       /* the next tick has something to tell */
    bool is_stale;       /* desired could not be reckoned for want of memory */
    int64_t retry_at_ms; /* not before: the next statement */
    int64_t retry_delay_ms;
} listen_flow;

/** The push whose callback runs. */
typedef struct push_at_hand {
    uint32_t seq;
    bool owes; /* an answer */
    bool has_key;
    bool is_kept; /* by a receipt */
    rtmi_dedup_key key;
} push_at_hand;

/** Between a cut and the next confirmed set. */
typedef struct session_resume {
    shared_value *what; /* what the gate had confirmed; NULL: no gap is open */
    int64_t from_ms;    /* wall clock */
} session_resume;

typedef struct session_secure session_secure;

struct rtmi_session {
    rtmi_session_config config;
    char secret[RTMI_SECRET_MAX];
    rtmi_session_callbacks callbacks;
    session_phase phase;
    bool is_abandoned;
    rtmi_buf in;
    rtmi_buf out;
    session_secure *secure; /* NULL: not encrypted */
    rtmi_signer *signer;
    rtmi_dedup *dedup; /* NULL: off */
    uint32_t next_seq;
    bool has_wrapped; /* every number was given out once */
    rtmi_map pending; /* sequence number -> call */
    rtmi_list sent;   /* the same in the order of sending */
    rtmi_heap timers; /* of calls */
    rtmi_list ending;
    listen_flow listen;
    session_resume resume;
    push_at_hand at_hand;
    rtmi_list owing;   /* receipts that owe an answer, oldest first */
    rtmi_list settled; /* the other receipts */
    size_t unanswered; /* in `owing` */
    rtmi_time now;     /* of the read or tick that runs */
    bool is_paused;
    bool has_backlog;        /* a pause may have left pushes in `in` */
    size_t in_scanned;       /* of `in`: the answers among so many bytes were taken */
    int64_t handled_wall_ms; /* all that had come by then was dispatched */
    bool has_extensions;     /* the gate has answered with `rk` */
    int64_t received_ms;     /* when the last byte came */
    size_t read_size;        /* what the next read takes at most */
    int64_t pinged_ms;       /* when the last *ping went out; 0: none since */
    uint32_t ping_seq;       /* 0: none under way */
    bool is_proved;          /* a small signed quest went out on this connection */
    uint32_t proof_seq;      /* of the one sent for that alone; 0: none under way */
    int64_t last_mid;
    int64_t mid_bits; /* 12 random bits of the process */
    rtmi_session_stats stats;
};

/* session.c */
rtmi_span session_secret(const rtmi_session *session);
uint64_t session_random(rtmi_session *session);

/* pending.c */

/** Encode and queue one quest; returns its sequence number through ret_seq. */
int session_send_quest(rtmi_session *session, rtmi_span method, uint32_t entry_count,
                       rtmi_span entries, rtmi_time now, uint32_t *ret_seq);
uint32_t session_take_seq(rtmi_session *session);
/** An answer has come. */
void session_take_answer(rtmi_session *session, const rtmi_package *package, rtmi_time now);
/** End a call by itself: its callback runs now (inside a driver's call only). */
void session_end_call(rtm_call *call, const rtm_error *err, rtmi_span answer);
/** End it later, in the next tick, with a local error. */
void session_end_call_later(rtm_call *call, int local);
void session_run_ending(rtmi_session *session);
void session_expire_calls(rtmi_session *session, rtmi_time now);
void session_fail_all(rtmi_session *session, int reason);
/** For a session that goes: all calls end, and nobody is told. */
void session_drop_all(rtmi_session *session);
rtm_call *session_call_new(rtmi_session *session, rtmi_call_fn *fn, void *userdata, bool is_held);
/** Nobody needs it any more, unless the user holds a handle. */
void session_call_release(rtm_call *call);

/* listen_flow.c */
int listen_flow_init(listen_flow *flow);
void listen_flow_deinit(listen_flow *flow);
void listen_flow_opened(rtmi_session *session, rtmi_time now);
void listen_flow_closed(rtmi_session *session, int reason, bool will_retry);
/** Send what may be sent. */
void listen_flow_pump(rtmi_session *session, rtmi_time now);
/** The answer of the listen quest in flight; err NULL: confirmed. */
void listen_flow_answered(rtmi_session *session, const rtm_error *err, rtmi_span answer,
                          rtmi_time now);
/** The call's time is over, sent or not. */
void listen_flow_timed_out(rtmi_session *session, rtm_call *call, rtmi_time now);
/** When it wants to be pumped; INT64_MAX for never. */
int64_t listen_flow_deadline(const rtmi_session *session);
void listen_flow_tick(rtmi_session *session, rtmi_time now);
/** The confirmed value, shared; NULL when it is empty. To be given back. */
shared_value *listen_flow_share_confirmed(const rtmi_session *session);
const rtmi_listen_value *listen_flow_value_of(const shared_value *shared);
void listen_flow_unshare(shared_value *shared);

/* push.c */

/** Handle the packages in the input: 0, or the error to close with. */
int session_take_packages(rtmi_session *session, rtmi_time now);
/** The empty answer of a push. */
void session_answer_push(rtmi_session *session, uint32_t seq);

/* secure.c */
session_secure *secure_new(const rtmi_session_config *config, size_t max_input);
void secure_free(session_secure *secure);
void secure_opened(rtmi_session *session);
void secure_closed(session_secure *secure);
/** The gate has answered `*key` well. */
bool secure_is_agreed(const session_secure *secure);
/** Why the connection is to be closed; 0: it is not. */
int secure_get_error(const session_secure *secure);
/** Where what is read goes instead of session->in. */
rtmi_buf *secure_input(session_secure *secure);
/** Decrypt what is there into session->in: 0, or the error to close with. */
int secure_open(rtmi_session *session);
/** The bytes to send: encrypts what stands in session->out when all before was sent. */
rtmi_span secure_output(rtmi_session *session);
bool secure_has_unsent(const session_secure *secure);
void secure_sent(session_secure *secure, size_t len);
bool secure_is_key_answer(const session_secure *secure, uint32_t seq);
void secure_take_answer(rtmi_session *session, const rtm_error *err);

/* receipt.c */
void receipts_expire(rtmi_session *session, rtmi_time now);
int64_t receipts_deadline(const rtmi_session *session);
/** The connection has ended: nothing is owed any more. */
void receipts_closed(rtmi_session *session);
/** The session goes: receipts stay with their owners. */
void receipts_orphan(rtmi_session *session);

/* resume.c */
void resume_closed(rtmi_session *session);
void resume_opened(rtmi_session *session);
/** A listen quest was agreed to with this answer. */
void resume_confirmed(rtmi_session *session, rtmi_span answer, rtmi_time now);
void resume_deinit(rtmi_session *session);

/* trace.c */

void session_trace_write(const rtmi_session *session, bool is_sent, const rtmi_package *package);
void session_trace_write_output(const rtmi_session *session, size_t mark);

/** Log a package at level trace. */
static inline void session_trace(const rtmi_session *session, bool is_sent,
                                 const rtmi_package *package)
{
    if (rtmi_log_wants(&session->config.log, RTMI_LOG_TRACE))
        session_trace_write(session, is_sent, package);
}

/** The same for what stands in the output from `mark` on. */
static inline void session_trace_output(const rtmi_session *session, size_t mark)
{
    if (rtmi_log_wants(&session->config.log, RTMI_LOG_TRACE))
        session_trace_write_output(session, mark);
}

#endif
