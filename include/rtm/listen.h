/*
 * What to listen to. The client holds one value, the desired set: explicit ids and events, and
 * four switches for everything of a class. A message is delivered once if either part wants
 * it. The gate keeps the set for the connection; the client states the whole of it again
 * after a reconnect (option restore_listen).
 *
 * A call changes the desired set when it is accepted here. Refused by the gate: that change is
 * taken back, later ones stay, and the whole set is stated again. Timed out or lost: the
 * change stays, the caller gets the error, and the whole set is stated again until the gate
 * has confirmed it. One listen quest is under way at a time; later ones wait behind it.
 *
 * Protocol: RTM addlisten, removelisten, setlisten.
 */
#ifndef RTM_LISTEN_H
#define RTM_LISTEN_H

#include <rtm/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Ids and events. A list is absent when its pointer is NULL, and empty when the pointer is
 * set and the count is 0. Zero-initialise, then set what you need.
 */
typedef struct rtm_listen {
    const int64_t *gids; /* group messages */
    size_t gid_count;
    const int64_t *rids; /* room messages */
    size_t rid_count;
    const int64_t *uids; /* P2P messages that such a user sends or receives */
    size_t uid_count;
    const char *const *events; /* "login", "logout"; at most 31 bytes each */
    size_t event_count;
} rtm_listen;

/** A switch of rtm_listen_all; zero is absent. */
typedef enum rtm_switch { RTM_SWITCH_ABSENT = 0, RTM_SWITCH_OFF = 1, RTM_SWITCH_ON = 2 } rtm_switch;

/** Everything of a class. Absent counts as off, as the document has it. */
typedef struct rtm_listen_all {
    rtm_switch p2p;
    rtm_switch group;
    rtm_switch room;
    rtm_switch event;
} rtm_listen_all;

/** Told how a call ended: `err` is NULL on success, else borrowed for the call. */
typedef void rtm_done_fn(rtm_client *client, const rtm_error *err, void *userdata);

/**
 * Add to what the gate pushes to this client. Incremental: ids already listened to stay.
 * Returns at once; `done` runs inside rtm_client_process() when the gate has answered or the
 * call has failed. Legal in every state; without a connection it waits for one.
 *
 * @param what        Copied. At least one list present.
 * @param timeout_ms  Time for the answer; 0 takes quest_timeout_ms.
 * @param done        May be NULL.
 * @param ret_call    Receives a handle for rtm_call_free(): freeing it before `done` has run
 *                    means `done` is never called; the listen set keeps the change. NULL: the
 *                    call lives until it ends.
 *
 * @retval 0              On its way.
 * @retval RTM_E_INVAL    `client` or `what` is NULL, every list is absent, or an event name
 *                        is empty or too long.
 * @retval RTM_E_LIMIT    The set would pass max_listen_ids, or 32 events.
 * @retval RTM_E_FULL     max_pending_calls listen calls wait already.
 * @retval RTM_E_NOMEM    Out of memory; the set is unchanged.
 * @retval RTM_E_FORKED   Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_add_listen(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                                  rtm_done_fn *done, void *userdata, rtm_call **ret_call);

/**
 * Take ids and events out of the set; those not in it are ignored. After the answer no message
 * arrives that only they wanted. Otherwise as rtm_client_add_listen().
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_remove_listen(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                                     rtm_done_fn *done, void *userdata, rtm_call **ret_call);

/**
 * Replace all ids and events: lists that are absent become empty. The switches stay as they
 * are. Otherwise as rtm_client_add_listen().
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_set_listen(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                                  rtm_done_fn *done, void *userdata, rtm_call **ret_call);

/**
 * Replace the four switches: those that are absent become off. Ids and events stay as they
 * are. Refused with RTM_E_INVAL when all four are absent. Otherwise as
 * rtm_client_add_listen().
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_set_all_listen(rtm_client *client, const rtm_listen_all *what,
                                      int64_t timeout_ms, rtm_done_fn *done, void *userdata,
                                      rtm_call **ret_call);

/**
 * rtm_client_add_listen(), awaited. Runs the client until the call has ended; other callbacks
 * run meanwhile. On a client that an rtm_loop owns, called from another thread, it posts and
 * waits.
 *
 * @param reterr_error  Filled when the result is RTM_E_PEER (the gate refused), RTM_E_TIMEOUT
 *                      (code 20003), RTM_E_LOST or RTM_E_CLOSED (20002); may be NULL.
 *
 * @retval 0                Confirmed by the gate.
 * @retval RTM_E_REENTRANT  Inside a callback, or on the thread of its rtm_loop.
 * @retval others           As the call without _wait, and those above.
 *
 * Thread: the client's own, or any other thread when an rtm_loop owns it. Since: 0.1
 */
RTM_API int rtm_client_add_listen_wait(rtm_client *client, const rtm_listen *what,
                                       int64_t timeout_ms, rtm_error *reterr_error);
/** rtm_client_remove_listen(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since:
 * 0.1 */
RTM_API int rtm_client_remove_listen_wait(rtm_client *client, const rtm_listen *what,
                                          int64_t timeout_ms, rtm_error *reterr_error);
/** rtm_client_set_listen(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since: 0.1
 */
RTM_API int rtm_client_set_listen_wait(rtm_client *client, const rtm_listen *what,
                                       int64_t timeout_ms, rtm_error *reterr_error);
/** rtm_client_set_all_listen(), awaited as rtm_client_add_listen_wait(). Thread: as there. Since:
 * 0.1 */
RTM_API int rtm_client_set_all_listen_wait(rtm_client *client, const rtm_listen_all *what,
                                           int64_t timeout_ms, rtm_error *reterr_error);

/** The listen set as the client sees it; borrowed until the next call on the client. */
typedef struct rtm_listen_view {
    rtm_listen desired;
    rtm_listen_all desired_all;
    rtm_listen confirmed; /* what the gate has last confirmed on this connection */
    rtm_listen_all confirmed_all;
    bool agrees; /* connected, confirmed equals desired, and nothing is under way */
} rtm_listen_view;

/**
 * Look at the listen set.
 *
 * @retval 0             `*ret_view` is set.
 * @retval RTM_E_INVAL   An argument is NULL.
 * @retval RTM_E_NOMEM   Out of memory.
 * @retval RTM_E_FORKED  Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed. Since: 0.1
 */
RTM_API int rtm_client_get_listen(rtm_client *client, rtm_listen_view *ret_view);

#ifdef __cplusplus
}
#endif

#endif
