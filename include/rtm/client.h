/*
 * The client: one connection of a server end to an RTM gate, kept alive.
 *
 * It belongs to one thread at a time and runs no thread of its own. Everything that happens,
 * happens inside rtm_client_process(): sockets are read there and callbacks run there, never
 * inside the call that caused them. Four functions fit it into any event loop:
 * rtm_client_get_fd(), _get_events(), _get_deadline() and _process(). Programs without a loop
 * use rtm_client_run(), or the thread of <rtm/loop.h>.
 *
 * Inside a callback every call that does not block is legal, rtm_client_free() included.
 * After fork() a client of the parent answers RTM_E_FORKED to every call but rtm_client_free().
 */
#ifndef RTM_CLIENT_H
#define RTM_CLIENT_H

#include <rtm/error.h>
#include <rtm/export.h>
#include <rtm/message.h>
#include <rtm/value.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rtm_client rtm_client;

/** A quest under way; freeing the handle cancels the wait. */
typedef struct rtm_call rtm_call;

/** Where a connection stands. */
typedef enum rtm_state {
    RTM_STATE_IDLE = 0,    /* made, or closed by rtm_client_close(): nothing under way */
    RTM_STATE_RESOLVING,   /* looking up the endpoint's name */
    RTM_STATE_CONNECTING,  /* TCP, or a Unix socket */
    RTM_STATE_SECURING,    /* agreeing on keys: FPNN encryption or TLS */
    RTM_STATE_READY,       /* quests go out at once */
    RTM_STATE_BACKING_OFF, /* lost; waits before the next attempt */
    RTM_STATE_CLOSING,     /* rtm_client_close() was called: what is answered still goes out */
    RTM_STATE_CLOSED       /* lost, and no further attempt will be made */
} rtm_state;

/** How a connection is protected. */
typedef enum rtm_security {
    RTM_SECURITY_NONE = 0,
    RTM_SECURITY_TLS,          /* certificate and host name are checked */
    RTM_SECURITY_FPNN_PACKAGE, /* FPNN encryption: hides data, does not authenticate it */
    RTM_SECURITY_FPNN_STREAM
} rtm_security;

/** When the push of a message or event is answered: from then on the gate will not repeat it. */
typedef enum rtm_answer_mode {
    RTM_ANSWER_ON_RETURN = 0, /* when its callback has returned; at the latest after answer_by_ms */
    RTM_ANSWER_ON_RECEIPT = 1, /* before its callback */
    RTM_ANSWER_MANUAL = 2      /* as on return, but for those kept: see rtm_message_keep() */
} rtm_answer_mode;

/** Severity of a line of the log callback. */
typedef enum rtm_log_level {
    RTM_LOG_ERROR = 0,
    RTM_LOG_WARN,
    RTM_LOG_INFO,
    RTM_LOG_DEBUG, /* states, quests and answers by name */
    RTM_LOG_TRACE  /* every package both ways, decoded; signs are masked, long lines cut */
} rtm_log_level;

/** Told of each state change; `reason` is 0 or the RTM_E_… that caused it. */
typedef void rtm_state_fn(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                          void *userdata);

/**
 * Gets each log line: UTF-8, without a line end, borrowed for the call. No call on the client is
 * legal inside it: lines are written in the middle of its work.
 */
typedef void rtm_log_fn(rtm_log_level level, const char *text, void *userdata);

/** What a client is made from. rtm_client_options_init() fills the defaults; zero is none. */
typedef struct rtm_client_options {
    size_t size;          /* set by rtm_client_options_init() */
    const char *endpoint; /* "host:port", "1.2.3.4:port", "[::1]:port", "unix:PATH"; copied */
    int32_t pid;          /* project id */
    const char *secret;   /* the project's secret; copied, and wiped when the client goes */

    int64_t connect_timeout_ms; /* resolve, connect and secure together; default 10,000 */
    int64_t quest_timeout_ms;   /* for calls that give 0; default 10,000 */
    int64_t keepalive_ms;       /* *ping after so long without a byte; default 20,000; 0 = never */

    bool auto_reconnect;        /* default true */
    bool restore_listen;        /* state the listen set again after a reconnect; default true */
    int64_t backoff_first_ms;   /* ceiling of the first wait; default 200 */
    int64_t backoff_ceiling_ms; /* default 30,000 */
    uint32_t backoff_percent;   /* growth per attempt; default 200 */
    uint32_t backoff_attempts;  /* give up after so many in a row; default 0 = never */

    size_t max_package_bytes; /* refuse larger packages from the gate; default 8 MiB */
    size_t max_output_bytes;  /* unsent bytes; more: RTM_E_FULL; default 64 MiB */
    size_t max_pending_calls; /* quests without an answer; more: RTM_E_FULL; default 65,536 */
    size_t max_listen_ids;    /* of each class; more: RTM_E_LIMIT; default 100,000 */

    /*
     * The duplicates filter remembers a message for `dedup_ms` at least unless `dedup_count`
     * newer ones came in between, and for twice that at most. At most 42 bytes a key, 55 while
     * it grows; 2 MiB at the default of 65,536. 0 turns it off.
     */
    size_t dedup_count;
    int64_t dedup_ms; /* default 300,000 */

    bool ask_offsets; /* ask a gate that speaks our extensions for log offsets; default false */

    rtm_log_fn *log; /* NULL: silent */
    void *log_userdata;
    rtm_log_level log_level; /* default RTM_LOG_INFO */

    /* Protection of the connection; all strings and bytes are copied. */
    rtm_security security;      /* default RTM_SECURITY_NONE */
    const char *tls_ca_file;    /* certificates to trust, PEM; NULL: the system's */
    const char *tls_host;       /* the name to check; NULL: the endpoint's host */
    const void *encryption_key; /* FPNN: the gate's public key: PEM, DER, or raw X and Y */
    size_t encryption_key_len;
    const char *encryption_curve; /* for a raw key: "secp256k1", "secp256r1" … */
    int encryption_bits;          /* 128 (default) or 256 */

    rtm_answer_mode answer_mode; /* default RTM_ANSWER_ON_RETURN */
    /*
     * Pushes that wait in the queue of workers are answered after so long, because a hosted
     * gate gives up on a push after 5 s; not if the gate speaks our extensions. Default 3,000;
     * 0 = never.
     */
    int64_t answer_by_ms;
    size_t max_unanswered; /* so many pushes kept unanswered: reading stops; default 65,536 */
} rtm_client_options;

/**
 * Fill in the defaults of the release that the caller was compiled against.
 *
 * Thread: any. Since: 0.1
 */
#define rtm_client_options_init(options) rtm_client_options_init_sized((options), sizeof *(options))

/**
 * What the macro rtm_client_options_init() calls; `size` is the caller's sizeof.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API void rtm_client_options_init_sized(rtm_client_options *options, size_t size);

/**
 * Make a client. Nothing is resolved or connected yet.
 *
 * @param options     Copied. `endpoint`, `pid` and `secret` are required.
 * @param ret_client  Receives the client; rtm_client_free() it.
 *
 * @retval 0              Made.
 * @retval RTM_E_INVAL    An argument is NULL, or an option is missing or out of range.
 * @retval RTM_E_NOMEM    Out of memory.
 * @retval RTM_E_SYSTEM   No descriptor could be made; errno tells.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_new(const rtm_client_options *options, rtm_client **ret_client);

/**
 * Close and free; a ready client writes once what fits without waiting. Pending calls are dropped:
 * their callbacks do not run. Posted functions run once, told RTM_E_CLOSED. NULL is allowed. In a
 * child after fork(): releases memory and descriptors, without a byte on the wire. On the thread of
 * one of its workers nothing is done.
 *
 * Thread: the client's own; never while another thread uses it or an rtm_loop runs it.
 * Inside a callback: allowed; the client is gone when the callback returns. Since: 0.1
 */
RTM_API void rtm_client_free(rtm_client *client);

/**
 * Told of state changes. `fn` may be NULL.
 *
 * @retval 0              Set.
 * @retval RTM_E_INVAL    `client` is NULL.
 * @retval RTM_E_FORKED   Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_set_state_callback(rtm_client *client, rtm_state_fn *fn, void *userdata);

/**
 * Begin to connect. The state callback tells how it goes; calls made meanwhile wait for the
 * connection, within their time-outs.
 *
 * @retval 0              On its way.
 * @retval RTM_E_INVAL    `client` is NULL.
 * @retval RTM_E_BUSY     Connected or connecting already.
 * @retval RTM_E_SYSTEM   The resolver could not be started.
 * @retval RTM_E_NOMEM    Out of memory.
 * @retval RTM_E_FORKED   Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_connect(rtm_client *client);

/**
 * Connect, and run the client until it is ready or has failed; other callbacks run meanwhile.
 * With auto_reconnect off, one attempt; with it on, attempts until connect_timeout_ms is over.
 *
 * @retval 0                 Ready (also when it was).
 * @retval RTM_E_TIMEOUT     Not ready in time; the client goes on trying if it may reconnect.
 * @retval RTM_E_RESOLVE, RTM_E_CONNECT, RTM_E_SECURITY, RTM_E_LOST, RTM_E_PROTO  The attempt
 *                           failed so.
 * @retval RTM_E_REENTRANT   Inside a callback, or on the thread of its rtm_loop.
 * @retval RTM_E_INVAL, RTM_E_NOMEM, RTM_E_SYSTEM, RTM_E_FORKED  As rtm_client_connect().
 *
 * Thread: the client's own, or any other thread when an rtm_loop owns it. Since: 0.1
 */
RTM_API int rtm_client_connect_wait(rtm_client *client);

/**
 * Close the connection and stay idle. A ready client is RTM_STATE_CLOSING until the next
 * rtm_client_process(), which writes once what fits without waiting, so the answers of pushes that
 * were handled; what does not fit is dropped. Pending calls end with RTM_E_CLOSED. From other
 * states it closes at once. The desired listen set stays if restore_listen is on.
 * rtm_client_connect() meanwhile takes effect behind the close.
 *
 * @retval 0              Closed (also when it was idle).
 * @retval RTM_E_INVAL    `client` is NULL.
 * @retval RTM_E_FORKED   Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_close(rtm_client *client);

/** The state now; RTM_STATE_CLOSED for NULL. Thread: the client's own. Since: 0.1 */
RTM_API rtm_state rtm_client_get_state(const rtm_client *client);

/** The name of a state, as "ready". Thread: any. Since: 0.1 */
RTM_API const char *rtm_state_name(rtm_state state);

/**
 * The one descriptor to poll, the same for the client's whole life: it becomes readable when
 * there is something to process. Do not read, write or close it. RTM_E_INVAL for NULL,
 * RTM_E_FORKED in a child.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_get_fd(const rtm_client *client);

/** The poll(2) events to wait for on that descriptor: POLLIN. Thread: the client's own. Since: 0.1
 */
RTM_API int rtm_client_get_events(const rtm_client *client);

/**
 * Milliseconds until rtm_client_process() must run even without an event: 0 for now, -1 for
 * never. To be asked again after every rtm_client_process() and every other call.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int64_t rtm_client_get_deadline(const rtm_client *client);

/**
 * Do what can be done without waiting: read, run callbacks, write. Never blocks.
 *
 * @retval 0                Done; also when there was nothing to do.
 * @retval 1                A callback freed the client: do not touch it again.
 * @retval RTM_E_INVAL      `client` is NULL.
 * @retval RTM_E_REENTRANT  Inside a callback.
 * @retval RTM_E_FORKED     Made by a parent process.
 *
 * Thread: the client's own. Since: 0.1
 */
RTM_API int rtm_client_process(rtm_client *client);

/**
 * Run the client for a program without a loop: until rtm_client_stop(), until it is closed
 * for good, or until `for_ms` have passed (-1 = no such end).
 *
 * @retval 0                Stopped, or the time is over.
 * @retval 1                A callback freed the client: do not touch it again.
 * @retval RTM_E_CLOSED     The connection was lost, no attempt will follow, and all that this
 *                          ends has been told.
 * @retval RTM_E_REENTRANT, RTM_E_INVAL, RTM_E_FORKED  As rtm_client_process().
 * @retval RTM_E_SYSTEM     poll(2) failed; errno tells. (EINTR is an end too: 0.)
 *
 * Thread: the client's own. Since: 0.1
 */
RTM_API int rtm_client_run(rtm_client *client, int64_t for_ms);

/** Make rtm_client_run() return soon. Thread: any. Inside a callback: allowed. Since: 0.1 */
RTM_API void rtm_client_stop(rtm_client *client);

/** Make the descriptor readable, and so the loop call rtm_client_process(). Thread: any. Since: 0.1
 */
RTM_API void rtm_client_wakeup(rtm_client *client);

/** Runs on the client's thread: `err` is 0, or RTM_E_CLOSED when the client goes first. */
typedef void rtm_post_fn(rtm_client *client, int err, void *userdata);

/**
 * Have `fn` run exactly once on the client's own thread, in order of posting.
 *
 * @retval 0             It will run.
 * @retval RTM_E_INVAL   An argument is NULL.
 * @retval RTM_E_FULL    max_pending_calls functions wait already; it will not run.
 * @retval RTM_E_NOMEM   Out of memory; it will not run.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_post(rtm_client *client, rtm_post_fn *fn, void *userdata);

/** Counters since the client was made. Later releases add fields at the end. */
typedef struct rtm_stats {
    size_t size; /* set by the caller: sizeof(rtm_stats) */
    uint64_t bytes_received;
    uint64_t bytes_sent;
    uint64_t pushes_seen;      /* quests from the gate, of any method */
    uint64_t pushes_delivered; /* messages and events handed to a callback */
    uint64_t pushes_duplicate; /* answered, and not handed over again */
    uint64_t pushes_unknown;   /* of unknown methods: answered 20004 */
    uint64_t pushes_malformed; /* without a needed value: answered 200034 */
    uint64_t answers_matched;
    uint64_t answers_late;    /* after the time-out, or after its handle was freed */
    uint64_t answers_unknown; /* to no quest of this connection */
    uint64_t quests_sent;
    uint64_t quests_timed_out;
    uint64_t connects;
    uint64_t dedup_forgotten; /* how often the filter forgot early for want of memory */

    /* At every moment: received = delivered + duplicate + dropped + queued. */
    uint64_t pushes_received;   /* messages and events */
    uint64_t pushes_dropped;    /* by the policy of the workers, or left when these were freed */
    uint64_t pushes_queued;     /* now: waiting for a worker, or in its callback */
    uint64_t pushes_unanswered; /* now */
    uint64_t answers_early;     /* given because answer_by_ms was over */
    uint64_t gaps;              /* told to the callback `gap` */
} rtm_stats;

/**
 * Copy the counters.
 *
 * @retval 0             `*ret_stats` is filled as far as its `size` goes.
 * @retval RTM_E_INVAL   An argument is NULL, or `size` is too small.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_get_stats(const rtm_client *client, rtm_stats *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
