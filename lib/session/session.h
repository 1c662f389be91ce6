/*
 * The SDK's brain for one client: everything between bytes and callbacks, as a function of
 * bytes and time. It opens nothing, waits for nothing, reads no clock: a driver (lib/client)
 * tells it what has happened and does what it wants done.
 *
 *   driver -> session   opened, read_space + read_done, closed, tick
 *   session -> driver   output + sent, deadline, wants_close, and the callbacks below
 *
 * Pushes are answered when their callback has returned, before it, or later by a receipt. While
 * the session is paused, pushes stay where they are and only answers are taken.
 *
 * Callbacks to the user run only inside rtmi_session_read_done() and _tick(). Inside them every
 * other function may be called, but not opening, opened, closed, tick or read_done.
 *
 * Protocol: FPNN sections 2 to 5, RTM sections 1 to 3.
 */
#ifndef RTMI_SESSION_SESSION_H
#define RTMI_SESSION_SESSION_H

#include <rtm/error.h>
#include <rtm/message.h>

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/fpnn/keyexchange.h"
#include "lib/session/dedup.h"
#include "lib/session/listen_set.h"

typedef struct rtmi_session rtmi_session;
typedef struct rtm_call rtm_call; /* the public handle */

/** Both clocks, read once per turn by the driver. */
typedef struct rtmi_time {
    int64_t mono_ms; /* never goes back: deadlines */
    int64_t wall_ms; /* since 1970, UTC: signatures, mids */
} rtmi_time;

/** FPNN encryption of the connection. */
typedef struct rtmi_session_encryption {
    bool is_on;
    bool is_stream;
    int bits; /* 128 or 256 */
    rtmi_public_key gate_key;
} rtmi_session_encryption;

/** What a session is made from; copied, `secret` too. */
typedef struct rtmi_session_config {
    int32_t pid;
    rtmi_span secret;
    int64_t quest_timeout_ms;
    int64_t keepalive_ms; /* 0: no *ping */
    bool restore_listen;
    bool ask_offsets;
    size_t max_package_bytes;
    size_t max_output_bytes;
    size_t max_pending_calls;
    size_t max_listen_ids;
    bool answers_on_receipt; /* answer a push before its callback */
    int64_t answer_by_ms;    /* receipts with a deadline are answered by then; 0: never */
    size_t dedup_count;      /* 0: no filter */
    int64_t dedup_ms;
    void (*expect_random)(void *memory, size_t size); /* told of large tables; NULL: nobody is */
    uint64_t (*random64)(void *userdata);             /* the system's CSPRNG */
    void *random_userdata;
    rtmi_log log;
    rtmi_session_encryption encryption;
    bool is_unsigned; /* quests carry no pid, sign, salt, ts: a file gate's */
} rtmi_session_config;

/** What the user sees. Any may be NULL. All data is borrowed for the call. */
typedef struct rtmi_session_callbacks {
    void *userdata;
    void (*ping)(void *userdata);
    void (*message)(const rtm_message *message, void *userdata);
    void (*event)(const rtm_event *event, void *userdata);
    void (*any)(rtmi_span method, rtmi_span params, bool is_duplicate, void *userdata);
    void (*listening)(bool is_listening, void *userdata);
    void (*gap)(int64_t from_wall_ms, int64_t to_wall_ms, const rtmi_listen_value *what,
                void *userdata);
} rtmi_session_callbacks;

/** The counters of rtm_stats that the session keeps. */
typedef struct rtmi_session_stats {
    uint64_t bytes_received;
    uint64_t bytes_sent;
    uint64_t pushes_seen;
    uint64_t pushes_received; /* messages and events, repeated ones too */
    uint64_t pushes_delivered;
    uint64_t pushes_duplicate;
    uint64_t pushes_unknown;
    uint64_t pushes_malformed;
    uint64_t answers_matched;
    uint64_t answers_late;
    uint64_t answers_unknown;
    uint64_t quests_sent;
    uint64_t quests_timed_out;
    uint64_t connects;
    uint64_t dedup_forgotten;
    uint64_t answers_early; /* because answer_by_ms was over */
    uint64_t gaps;
} rtmi_session_stats;

/**
 * A push that is answered later, or may still be dropped. The memory is the owner's, and stays
 * until rtmi_receipt_done(); private to the session otherwise.
 */
typedef struct rtmi_receipt {
    rtmi_link link;
    rtmi_session *session; /* NULL: done, or the session is gone */
    rtmi_dedup_key key;
    int64_t due_ms;
    uint32_t seq;
    bool owes; /* an answer, on the connection that it came by */
    bool has_key;
} rtmi_receipt;

typedef enum rtmi_receipt_end {
    RTMI_RECEIPT_HANDLED,  /* answered, if that is still owed */
    RTMI_RECEIPT_DROPPED,  /* the same, and a repetition is no duplicate */
    RTMI_RECEIPT_ABANDONED /* not answered, and a repetition is no duplicate */
} rtmi_receipt_end;

/** How a call ended. `err` is NULL on success; `answer` is the payload's root map, or empty. */
typedef void rtmi_call_fn(const rtm_error *err, rtmi_span answer, void *userdata);

/** What it was made with. */
int32_t rtmi_session_get_pid(const rtmi_session *session);
int64_t rtmi_session_get_quest_timeout(const rtmi_session *session);

/** 0, RTM_E_NOMEM, or RTM_E_SYSTEM when the crypto library cannot sign. */
int rtmi_session_new(const rtmi_session_config *config, rtmi_session **ret_session);

/**
 * Free it; NULL is allowed. No callback runs. Handles still held by the user stay valid for
 * rtm_call_free() only. Not inside a callback: see rtmi_session_abandon().
 */
void rtmi_session_free(rtmi_session *session);

/**
 * Inside a callback: no further callback runs, and the function that runs now returns as soon
 * as the callback has. For a client that is freed or closed in a callback.
 */
void rtmi_session_abandon(rtmi_session *session);

void rtmi_session_set_callbacks(rtmi_session *session, const rtmi_session_callbacks *callbacks);

/* What has happened. */

/** A connection is being made: calls are accepted from now on, and go out when it is there. */
void rtmi_session_opening(rtmi_session *session, rtmi_time now);

/**
 * The connection is there: what waits may go out. With encryption a `*key` quest goes first, and
 * everything behind it encrypted, without waiting for the answer.
 */
void rtmi_session_opened(rtmi_session *session, rtmi_time now);

/**
 * Whether the connection is open and, with encryption, the gate has agreed to its keys. At that
 * moment an encrypted session pauses itself, so that the driver can tell before the first push.
 */
bool rtmi_session_is_ready(const rtmi_session *session);

/** Where to read into: 1 byte at least unless out of memory (then *ret_len is 0). */
uint8_t *rtmi_session_read_space(rtmi_session *session, size_t *ret_len);

/**
 * `len` bytes were read there. Returns 0, or RTM_E_PROTO, RTM_E_TOO_BIG, RTM_E_SECURITY,
 * RTM_E_SYSTEM or RTM_E_NOMEM: the driver must close then.
 */
int rtmi_session_read_done(rtmi_session *session, size_t len, rtmi_time now);

/**
 * The connection, or the attempt, has ended: every call under way fails with `reason`
 * (RTM_E_LOST, RTM_E_CLOSED, RTM_E_CONNECT, …), which the next tick tells. `will_retry`: calls for
 * the listen set keep waiting if they had not gone out.
 */
void rtmi_session_closed(rtmi_session *session, int reason, bool will_retry, rtmi_time now);

/**
 * Time has passed: time-outs, keep-alive, listen statements, callbacks of calls that ended, and
 * pushes that a pause has left. Returns as rtmi_session_read_done().
 */
int rtmi_session_tick(rtmi_session *session, rtmi_time now);

/* What it wants. */

/** When tick must run, in mono_ms; INT64_MAX for never. */
int64_t rtmi_session_get_deadline(const rtmi_session *session);

/** The bytes to write now; empty when none, or while not opened. Encrypts if need be. */
rtmi_span rtmi_session_get_output(rtmi_session *session);
void rtmi_session_sent(rtmi_session *session, size_t len);

/**
 * Whether to close the connection: the peer has been silent for so long that the path is dead,
 * encryption has failed, or an answer found no room in the output (rtmi_session_get_failure()
 * tells).
 */
bool rtmi_session_wants_close(const rtmi_session *session);
/** Why it wants that: RTM_E_LOST for silence, else the failure. */
int rtmi_session_get_failure(const rtmi_session *session);

/* Pushes that take longer. */

/**
 * Inside the callback `message` or `event`: answer this push later, by rtmi_receipt_done().
 * With a deadline it is answered by answer_by_ms at the latest, unless the gate speaks our
 * extensions. The push no longer counts as delivered by its callback: its keeper counts.
 */
void rtmi_session_keep(rtmi_session *session, rtmi_receipt *receipt, bool has_deadline);

/** The end of a receipt; nothing if the session is gone. */
void rtmi_receipt_done(rtmi_receipt *receipt, rtmi_receipt_end end);

/** How many receipts owe an answer. */
size_t rtmi_session_get_unanswered(const rtmi_session *session);

/** Leave pushes where they are, or go on with them in the next tick. Inside callbacks too. */
void rtmi_session_set_paused(rtmi_session *session, bool is_paused);

/**
 * Whether the driver should read: false when a pause, also one that is over, has left enough that
 * waits for the next tick.
 */
bool rtmi_session_wants_read(const rtmi_session *session);

/* Calls of the user. */

/**
 * Send a quest. `entries` are `entry_count` keys and values of the parameter map; pid, sign,
 * salt and ts are added unless the method begins with '*'. `fn` may be NULL. With ret_call the
 * user holds a handle. Errors: RTM_E_NOT_CONNECTED, RTM_E_FULL, RTM_E_TOO_BIG, RTM_E_NOMEM,
 * RTM_E_SYSTEM (the crypto library failed).
 */
int rtmi_session_call(rtmi_session *session, rtmi_span method, uint32_t entry_count,
                      rtmi_span entries, int64_t timeout_ms, rtmi_time now, rtmi_call_fn *fn,
                      void *userdata, rtm_call **ret_call);

/** What rtm_call_free() does: works on calls of every kind, ended or not. */
void rtmi_call_free(rtm_call *call);

/** Change the listen set; see <rtm/listen.h>. Errors: RTM_E_LIMIT, RTM_E_FULL, RTM_E_NOMEM. */
int rtmi_session_listen(rtmi_session *session, const rtmi_listen_op *op, int64_t timeout_ms,
                        rtmi_time now, rtmi_call_fn *fn, void *userdata, rtm_call **ret_call);

/** The desired set and the confirmed one, borrowed until the next call on the session. */
int rtmi_session_get_listen(rtmi_session *session, const rtmi_listen_value **ret_desired,
                            const rtmi_listen_value **ret_confirmed, bool *ret_agrees);

/** A mid: below 2^53, rising, from the clock and 12 random bits of the process. */
int64_t rtmi_session_next_mid(rtmi_session *session, rtmi_time now);

const rtmi_session_stats *rtmi_session_get_stats(const rtmi_session *session);

/** Fill an rtm_error for something that went wrong here. */
void rtmi_error_set_local(rtm_error *error, int local);

#endif
