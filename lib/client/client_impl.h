/*
 * The inside of a client, shared by the files of this folder. One file an idea:
 *
 *   client.c   options, life, the small public functions
 *   turn.c     one turn: states, resolve, secure, read, write; the deadline
 *   dial.c     from addresses to one connected socket
 *   handoff.c  what comes from other threads: posted functions, wake-ups, blocking twins
 *   listen.c   the listen calls
 *   monitor.c  callbacks for pushes
 *   delivery.c messages that outlive their callback
 *   workers.c  threads that run callbacks
 *   call.c     quests and sendings
 *   calls.c    a function for each method, made from calls.txt; typed.c runs its rows
 *   file.c     files, each on a client beside this one
 *   history.c  a walk through the pages of a history
 *   loop.c     rtm_loop
 *   fork.c     telling a child process from its parent
 *   value.c    rtm_params and rtm_value
 *   error.c    names and texts
 *
 * The session (lib/session) decides; the client opens, reads, writes and asks the clock. Three
 * flags keep callbacks and calls apart. `is_processing`: rtm_client_process() is running, so
 * every public call comes from a callback. `is_in_session`: one of the session's own functions
 * is running, so closing has to wait until it has returned. `is_deferring`: the session is
 * being closed inside a call of the user; what it tells now, the user is told in the next turn.
 */
#ifndef RTMI_CLIENT_CLIENT_IMPL_H
#define RTMI_CLIENT_CLIENT_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include <rtm/rtm.h>

#include "lib/base/list.h"
#include "lib/client/delivery.h"
#include "lib/client/dial.h"
#include "lib/net/clock.h"
#include "lib/net/memory.h"
#include "lib/net/poller.h"
#include "lib/net/resolver.h"
#include "lib/net/socket.h"
#include "lib/net/tls.h"
#include "lib/session/backoff.h"
#include "lib/session/session.h"

/** Longer times than 34 years are as good as none; sums of a few never overflow. */
#define CLIENT_MAX_MS ((int64_t)1 << 40)

/**
 * A connection that has lived so long was a good one: the next wait is the first of the
 * policy again. A peer that accepts and drops is met with growing waits.
 */
#define CLIENT_STABLE_MS 5000

/** LIMIT: more state changes than that between two turns are told as fewer, larger ones. */
#define CLIENT_CHANGE_COUNT 16

/** Ended calls whose memory is kept for the next. */
#define CLIENT_SPARE_COUNT 64

/** Why the client does not read. */
enum { CLIENT_PAUSE_WORKERS = 1, CLIENT_PAUSE_UNANSWERED = 2 };

/** Tags of the client's poller; resolver and dial put descriptors and slots above. */
enum {
    CLIENT_TAG_WAKE = 1,
    CLIENT_TAG_SOCKET = 2,
    CLIENT_TAG_RESOLVER = 3,
    CLIENT_TAG_DIAL = 4,
    CLIENT_TAG_FILE = 5
};

typedef struct client_change {
    rtm_state old_state;
    rtm_state new_state;
    int reason;
} client_change;

/** A function posted from any thread. */
typedef struct client_post {
    struct client_post *next;
    rtm_post_fn *fn;
    void *userdata;
    bool is_embedded; /* in a wait on some thread's stack: not to be freed */
} client_post;

/**
 * A quest of the user and whom to tell; its address is the public rtm_call. Lives until its
 * end was told and the handle, if the user has one, was freed.
 */
typedef struct client_call {
    rtm_client *client; /* NULL: ended, or the client is gone; the user's handle is left */
    rtmi_link link;     /* in client->calls, or ->ended */
    rtm_call *inner;    /* the session's; NULL once ended */
    bool is_held;
    int local; /* in ->ended: how it ended */
    void (*tell)(rtm_client *client, const struct client_call *call, const rtm_error *err,
                 rtmi_span answer);
    union {
        rtm_done_fn *done;
        rtm_answer_fn *answer;
        rtm_sent_fn *sent;
        void (*typed)(void); /* of calls.c, which knows its type */
    };
    void *userdata;
    struct client_wait *wait;     /* of a blocking call, or NULL */
    int64_t mid;                  /* of a sending */
    struct client_upload *upload; /* of a file, or NULL */
} client_call;

/** What a blocking call waits for; on its thread's stack. */
typedef struct client_wait {
    rtm_client *client;
    int (*begin)(struct client_wait *wait, rtm_call **ret_call);
    const void *args; /* of `begin` */
    bool is_foreign;  /* another thread than the client's waits: client->lock guards is_done */
    bool is_done;
    int result;
    rtm_error error;
    rtm_sent sent;
    rtm_answer *answer;
    bool wants_answer;
    client_post post;
    rtm_call *call;
    rtmi_link link;      /* in client->connect_waits */
    int64_t deadline_ms; /* of a connect_wait */
} client_wait;

struct rtm_client {
    unsigned fork_generation;
    rtmi_endpoint endpoint;
    rtm_security security;
    char *tls_ca_file; /* NULL: the system's */
    char *tls_host;    /* with TLS only */
    rtmi_session_encryption encryption;
    int64_t connect_timeout_ms;
    bool auto_reconnect;
    rtmi_backoff_policy backoff;
    uint32_t backoff_attempts;
    size_t max_listen_ids;
    rtm_log_fn *log_fn;
    void *log_userdata;
    rtmi_log log;

    rtmi_session *session;
    rtmi_random random;

    /* The connection. */
    int poller;
    int wake_fd;
    int socket_fd;
    unsigned socket_interest;
    bool is_output_stuck; /* the socket takes no more for now */
    rtmi_resolver *resolver;
    client_dial dial;
    rtmi_tls *tls; /* NULL: none, or not begun */
    rtm_state state;
    int last_reason;          /* of the last loss */
    int64_t attempt_deadline; /* resolving, connecting and securing */
    int64_t backoff_deadline;
    int64_t ready_since;
    uint32_t backoff_step;  /* waits since the last good connection */
    uint32_t failure_count; /* attempts since then that failed */

    /* Callbacks. */
    rtm_state_fn *state_fn;
    void *state_userdata;
    rtm_monitor monitor;
    client_change changes[CLIENT_CHANGE_COUNT];
    size_t change_first;
    size_t change_count;
    bool is_unlistened; /* listening(false) is to be told */

    /* Delivery. */
    rtm_answer_mode answer_mode;
    size_t max_unanswered;
    client_hub *hub;
    rtm_workers *workers; /* NULL: callbacks run on the client's thread */
    const void *at_hand;  /* the message or event whose callback runs on the client's thread */
    bool is_at_hand_kept;
    unsigned pause;  /* CLIENT_PAUSE_WORKERS … */
    int lose_reason; /* a callback wants the connection cut; 0: none does */
    uint64_t dropped;
    uint64_t delivered_elsewhere; /* than in callbacks that the session counts */

    bool is_processing;
    bool is_in_session;
    bool is_reading; /* in the session, and of it in rtmi_session_read_done() */
    bool is_deferring;
    bool is_close_wanted;
    bool is_connect_wanted; /* behind the close */
    bool is_free_wanted;
    bool is_freeing;

    /* Quests. */
    rtmi_list calls;
    rtmi_list ended; /* to be told in the next turn */
    rtmi_list spare;
    size_t spare_count;
    rtmi_list uploads;
    size_t upload_count;
    rtmi_buf scratch;
    const char *event_names[2][RTMI_LISTEN_EVENT_COUNT]; /* of rtm_client_get_listen() */

    /* Other threads. */
    pthread_mutex_t lock; /* guards `posts` and foreign waits */
    pthread_cond_t ended_wait;
    bool has_lock;
    client_post *posts;
    client_post **posts_end;
    size_t post_count; /* in `posts` */
    size_t max_posts;
    client_post *running_posts; /* taken out to be run */
    rtmi_list connect_waits;
    atomic_bool is_woken;
    atomic_bool is_stopped;
    _Atomic(rtm_loop *) loop;
    void *loop_entry; /* the loop's */
};

/* fork.c */

/** Made once a process, again after a failure: 0 or an error. */
int rtmi_process_init(void);
/** Another number in each child process. */
unsigned rtmi_fork_generation(void);

/* client.c */

/** What every public function asks first: 0, RTM_E_INVAL, RTM_E_FORKED or RTM_E_CLOSED. */
int rtmi_client_check(const rtm_client *client);
static inline bool rtmi_client_is_forked(const rtm_client *client)
{
    return client->fork_generation != rtmi_fork_generation();
}
/** Whether a worker of this client runs a callback on this thread. Any thread. */
static inline bool rtmi_client_is_on_worker(const rtm_client *client)
{
    return rtmi_current.hub != NULL && rtmi_current.hub == client->hub;
}
rtmi_time rtmi_client_now(void);
/**
 * A client for another endpoint, protected as this one, whose quests are not signed. It tries
 * once, for `connect_ms`.
 */
int rtmi_client_new_beside(const rtm_client *client, const char *endpoint, int64_t connect_ms,
                           rtm_client **ret_client);
/** Copy a struct of the caller's size; false if it sets something that we do not know. */
bool rtmi_copy_sized(void *to, size_t to_size, const void *from, size_t from_size);
/** Free it for good; nobody may use it any more. */
void rtmi_client_destroy(rtm_client *client);

/* turn.c */
int rtmi_client_start(rtm_client *client, rtmi_time now);
/** Begin to close, at once if nothing is to be sent before. */
void rtmi_client_begin_close(rtm_client *client, rtmi_time now);
/** Send what fits without waiting, before the end; errors are no matter any more. */
void rtmi_client_send_last(rtm_client *client);
/** Wait for at most `timeout_ms` (-1: no end) and run one turn: as rtm_client_process(), or
 * RTM_E_SYSTEM. */
int rtmi_client_step(rtm_client *client, int64_t timeout_ms);
/** Something is to be done in the next turn: make sure that there is one. */
void rtmi_client_nudge(rtm_client *client);

/* handoff.c */
int rtmi_client_await(client_wait *wait, rtm_error *reterr_error);
/** It has ended: `err` NULL is success. On the client's thread. */
void rtmi_wait_finish(client_wait *wait, int result, const rtm_error *err);
void rtmi_client_run_posts(rtm_client *client);
/** Tell all that were posted that the client is closed. */
void rtmi_client_drop_posts(rtm_client *client);
/** End the connect_waits whose time or state has come. */
void rtmi_client_check_connect_waits(rtm_client *client, rtmi_time now);
/** The earliest deadline of the connect_waits, or INT64_MAX. */
int64_t rtmi_client_connect_waits_deadline(const rtm_client *client);

/** Inside a callback of the session: cut the connection when it has returned. */
void rtmi_client_lose_later(rtm_client *client, int reason);
/** Read no further until rtmi_client_check_pause() finds that the reason is gone. */
void rtmi_client_pause(rtm_client *client, unsigned why);
void rtmi_client_check_pause(rtm_client *client);

/* listen.c */
/** A value in the public form; `names` holds the events of it. */
void rtmi_view_listen(const rtmi_listen_value *value, const char *names[RTMI_LISTEN_EVENT_COUNT],
                      rtm_listen *ret, rtm_listen_all *ret_all);

/* monitor.c */
void rtmi_client_tell_unlistened(rtm_client *client);
void rtmi_client_set_session_callbacks(rtm_client *client);

/* call.c */

/** A call object for the session, not linked yet; NULL: out of memory. */
client_call *rtmi_call_new(rtm_client *client);
/** The session has taken it, or refused it with `r`, which is returned. */
int rtmi_call_commit(client_call *call, int r, rtm_call **ret_call);
/** Send the entries in client->scratch; `shape` says whom to tell. */
int rtmi_call_send(rtm_client *client, const char *method, uint32_t entry_count, int64_t timeout_ms,
                   const client_call *shape, rtm_call **ret_call);
/** The rtmi_call_fn of all calls; userdata is the client_call. */
void rtmi_call_on_end(const rtm_error *err, rtmi_span answer, void *userdata);
/** A client_call's `tell` for blocking calls. */
void rtmi_call_tell_wait(rtm_client *client, const client_call *call, const rtm_error *err,
                         rtmi_span answer);
/** A client_call's `tell` for sendings. */
void rtmi_call_tell_sent(rtm_client *client, const client_call *call, const rtm_error *err,
                         rtmi_span answer);
/** Tell the ends that came while deferring. */
void rtmi_client_tell_ended(rtm_client *client);
void rtmi_client_drop_calls(rtm_client *client);
/** Check a time-out of the caller: 0 or RTM_E_INVAL; too long ones are cut. */
int rtmi_check_timeout(int64_t *timeout_ms);

/* file.c */
/** A turn of each file's client. */
void rtmi_client_run_uploads(rtm_client *client);
/** When the first of them must run, or INT64_MAX. */
int64_t rtmi_client_uploads_deadline(const rtm_client *client, int64_t now_ms);
/** End them without telling anybody. */
void rtmi_client_drop_uploads(rtm_client *client);
/** Nobody waits for this file any longer. */
void rtmi_upload_forget_call(struct client_upload *upload);

/* loop.c */
bool rtmi_loop_is_current(const rtm_loop *loop);
/** A client of the loop goes; on the loop's thread, or in a child process. */
void rtmi_loop_drop(rtm_loop *loop, rtm_client *client);

#endif
