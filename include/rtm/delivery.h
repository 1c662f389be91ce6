/*
 * Delivery to handlers that take their time: messages that outlive their callback, and threads
 * that run the callbacks, with a bound on what may wait and a rule for when it is full.
 *
 * Without workers the callbacks run on the client's own thread; a slow one keeps the client
 * from reading, and TCP keeps the gate from sending. Nothing waits then but in the sockets.
 */
#ifndef RTM_DELIVERY_H
#define RTM_DELIVERY_H

#include <rtm/monitor.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Keep the message of the callback that runs. With answers RTM_ANSWER_MANUAL its push stays
 * unanswered until rtm_message_done(); otherwise this only makes a copy.
 *
 * @param message   What the callback was given.
 * @param ret_kept  Receives a copy that lasts until rtm_message_done().
 *
 * @retval 0             Kept.
 * @retval RTM_E_INVAL   An argument is NULL, or `message` is not that of the callback that runs.
 * @retval RTM_E_NOMEM   Out of memory; the push is answered when the callback returns.
 * @retval RTM_E_FORKED  Made by a parent process.
 *
 * Thread: that of the callback. Inside a callback: only there. Since: 0.2
 */
RTM_API int rtm_message_keep(rtm_client *client, const rtm_message *message,
                             rtm_message **ret_kept);

/**
 * Done with a kept message, well or badly: its push is answered if that is still owed, and the
 * message is freed. Also after the client is gone. NULL is allowed.
 *
 * Thread: any. Inside a callback: allowed. Since: 0.2
 */
RTM_API void rtm_message_done(rtm_message *kept);

/** As rtm_message_keep(), for an event. Thread: that of the callback. Since: 0.2 */
RTM_API int rtm_event_keep(rtm_client *client, const rtm_event *event, rtm_event **ret_kept);
/** As rtm_message_done(), for an event. Thread: any. Since: 0.2 */
RTM_API void rtm_event_done(rtm_event *kept);

/** What happens to a message when as many wait as may. */
typedef enum rtm_slow_policy {
    RTM_SLOW_WAIT = 0,        /* the client stops reading: the gate has to keep them */
    RTM_SLOW_DROP_OLDEST = 1, /* the one that has waited longest is answered and dropped */
    RTM_SLOW_DROP_NEWEST = 2, /* the one that has come is answered and dropped */
    RTM_SLOW_DISCONNECT = 3   /* the connection is cut; what came by then is still delivered */
} rtm_slow_policy;

/** Threads that run a client's callbacks for messages and events. */
typedef struct rtm_workers rtm_workers;

/** Told on a worker's thread: see rtm_workers_options.enter. */
typedef void rtm_worker_fn(void *userdata);

/** Zero-initialise, set `size` to sizeof(rtm_workers_options), then what differs. */
typedef struct rtm_workers_options {
    size_t size;
    unsigned thread_count; /* 0: one; at most 256 */
    size_t max_messages;   /* waiting or in a callback; 0: 10,000 */
    size_t max_bytes;      /* of them, in memory; 0: 16 MiB. One message may always wait. */
    rtm_slow_policy policy;

    /*
     * Around each run of callbacks that follow one another without waiting, on their thread: for
     * what is dear to take for each, as the lock of an interpreter. Either may be NULL. Since 0.2.
     */
    rtm_worker_fn *enter;
    rtm_worker_fn *leave;
    void *userdata; /* handed to both */
} rtm_workers_options;

/**
 * Have threads run the callbacks for messages and events from now on. All other callbacks stay
 * on the client's thread. Messages of one conversation (a group, a room, two users in either
 * direction) and events of one user are handled in order, one at a time; different ones at the
 * same time if they are on different threads.
 *
 * On a worker's thread the calls that any thread may make are legal, rtm_message_keep(), and,
 * when an rtm_loop runs the client, the blocking calls; without a loop these are refused there with
 * RTM_E_REENTRANT.
 *
 * With RTM_SLOW_WAIT a handler's own blocking call is answered as long as 256 KiB of pushes in
 * front of the answer suffice; bots that make calls under load do it better on a second client.
 *
 * @param ret_workers  Receives the workers; rtm_workers_free() them before the client.
 *
 * @retval 0                Running.
 * @retval RTM_E_INVAL      An argument is NULL or out of range.
 * @retval RTM_E_BUSY       The client has workers already.
 * @retval RTM_E_REENTRANT  An rtm_loop runs the client, or inside a callback.
 * @retval RTM_E_NOMEM, RTM_E_SYSTEM, RTM_E_FORKED  As they say.
 *
 * Thread: the client's own. Since: 0.2
 */
RTM_API int rtm_workers_new(rtm_client *client, const rtm_workers_options *options,
                            rtm_workers **ret_workers);

/**
 * Stop and free the workers; NULL is allowed. Callbacks that run are waited for, and the client
 * is run meanwhile, so that their blocking calls end. What waits is dropped unanswered and
 * counted. Later messages are handled on the client's thread.
 *
 * @retval 0                Stopped and freed.
 * @retval RTM_E_REENTRANT  An rtm_loop runs the client, or inside a callback: nothing is done.
 * @retval RTM_E_FORKED     Made by a parent process: nothing is done.
 *
 * Thread: the client's own. Since: 0.2
 */
RTM_API int rtm_workers_free(rtm_workers *workers);

#ifdef __cplusplus
}
#endif

#endif
