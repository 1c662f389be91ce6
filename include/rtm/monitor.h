/*
 * The monitor: callbacks for what the gate pushes. Seventeen with the documented names, one
 * for any push, one that tells when the listen set is in force, and two that tell what was
 * missed: in a gap between two connections, or dropped because handlers were slow.
 *
 * They run inside rtm_client_process(), in the order of arrival, unless <rtm/delivery.h> gives
 * those for messages and events to threads. A callback that is NULL is skipped; the push is
 * answered all the same. Messages and events are borrowed for the call.
 */
#ifndef RTM_MONITOR_H
#define RTM_MONITOR_H

#include <rtm/listen.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void rtm_message_fn(rtm_client *client, const rtm_message *message, void *userdata);
typedef void rtm_event_fn(rtm_client *client, const rtm_event *event, void *userdata);
typedef void rtm_ping_fn(rtm_client *client, void *userdata);

/**
 * Any quest of the gate, before the callback of its own: method, parameters, and whether it
 * was a duplicate. For unknown methods this is the only one.
 */
typedef void rtm_any_push_fn(rtm_client *client, rtm_bytes method, rtm_value params,
                             bool is_duplicate, void *userdata);

/** The gate has confirmed the whole desired set (true), or no longer holds it (false). */
typedef void rtm_listening_fn(rtm_client *client, bool is_listening, void *userdata);

/** What may have been missed. Borrowed for the call. */
typedef struct rtm_gap {
    int64_t from_ms; /* this machine's clock, milliseconds since 1970: all before was handled */
    int64_t to_ms;   /* the set was in force again */
    rtm_listen what; /* the part of the listen set that was in force before */
    rtm_listen_all what_all;
} rtm_gap;

/**
 * After a cut, when the restored listen set is in force: messages for `gap->what` that the gate
 * handled in that time may not have come. With restore_listen off it is not called.
 */
typedef void rtm_gap_fn(rtm_client *client, const rtm_gap *gap, void *userdata);

/**
 * The workers' policy has dropped this: one of `message` and `event` is set, the other NULL. Its
 * push is answered, unless the connection was cut for it.
 */
typedef void rtm_dropped_fn(rtm_client *client, const rtm_message *message, const rtm_event *event,
                            void *userdata);

/** Zero-initialise, set `size` to sizeof(rtm_monitor), then what you need. */
typedef struct rtm_monitor {
    size_t size;
    void *userdata; /* handed to every callback */

    rtm_ping_fn *ping;
    rtm_message_fn *push_message;
    rtm_message_fn *push_group_message;
    rtm_message_fn *push_room_message;
    rtm_event_fn *push_event;
    rtm_message_fn *push_file;
    rtm_message_fn *push_group_file;
    rtm_message_fn *push_room_file;
    rtm_message_fn *push_chat;
    rtm_message_fn *push_group_chat;
    rtm_message_fn *push_room_chat;
    rtm_message_fn *push_audio;
    rtm_message_fn *push_group_audio;
    rtm_message_fn *push_room_audio;
    rtm_message_fn *push_cmd;
    rtm_message_fn *push_group_cmd;
    rtm_message_fn *push_room_cmd;

    rtm_any_push_fn *any;
    rtm_listening_fn *listening;
    rtm_gap_fn *gap;
    rtm_dropped_fn *dropped;
} rtm_monitor;

/**
 * Set the callbacks; copied. NULL takes them all away.
 *
 * @retval 0             Set.
 * @retval RTM_E_INVAL   `client` is NULL, or `monitor->size` is 0 or larger than this
 *                       release's with something set behind.
 * @retval RTM_E_FORKED  Made by a parent process.
 *
 * Thread: the client's own. Inside a callback: allowed, from the next push on. Since: 0.1
 */
RTM_API int rtm_client_set_monitor(rtm_client *client, const rtm_monitor *monitor);

#ifdef __cplusplus
}
#endif

#endif
