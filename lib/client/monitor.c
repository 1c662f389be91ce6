/*
 * The monitor: which of the seventeen callbacks a push belongs to, and where it runs: here, or
 * on a worker's thread.
 */
#include <stddef.h>

#include "lib/client/client_impl.h"
#include "lib/client/value.h"
#include "lib/client/workers.h"

/* The first release's rtm_monitor ends here. */
#define MONITOR_SIZE_V1 (offsetof(rtm_monitor, listening) + sizeof(rtm_listening_fn *))

static void on_ping(void *userdata)
{
    rtm_client *client = userdata;

    client->monitor.ping(client, client->monitor.userdata);
}

static rtm_message_fn *fn_of(rtm_kind kind, rtm_message_fn *p2p, rtm_message_fn *group,
                             rtm_message_fn *room)
{
    return kind == RTM_KIND_GROUP ? group : kind == RTM_KIND_ROOM ? room : p2p;
}

/* The callback for a message; a broadcast arrives like a message to oneself. */
static rtm_message_fn *message_fn(const rtm_monitor *m, rtm_family family, rtm_kind kind)
{
    switch (family) {
    case RTM_FAMILY_FILE:
        return fn_of(kind, m->push_file, m->push_group_file, m->push_room_file);
    case RTM_FAMILY_CHAT:
        return fn_of(kind, m->push_chat, m->push_group_chat, m->push_room_chat);
    case RTM_FAMILY_AUDIO:
        return fn_of(kind, m->push_audio, m->push_group_audio, m->push_room_audio);
    case RTM_FAMILY_CMD:
        return fn_of(kind, m->push_cmd, m->push_group_cmd, m->push_room_cmd);
    default:
        return fn_of(kind, m->push_message, m->push_group_message, m->push_room_message);
    }
}

/* A callback for a message or event has returned, on this thread. */
static void after_callback(rtm_client *client)
{
    client->at_hand = NULL;
    if (!client->is_at_hand_kept)
        return;
    client->is_at_hand_kept = false;
    client->delivered_elsewhere++;
    if (rtmi_session_get_unanswered(client->session) >= client->max_unanswered)
        rtmi_client_pause(client, CLIENT_PAUSE_UNANSWERED);
}

static void on_message(const rtm_message *message, void *userdata)
{
    rtm_client *client = userdata;
    rtm_message_fn *fn = message_fn(&client->monitor, message->family, message->kind);

    if (fn == NULL)
        return;
    if (client->workers != NULL) {
        rtmi_workers_take_message(client->workers, message, fn);
        return;
    }
    client->at_hand = message;
    fn(client, message, client->monitor.userdata);
    after_callback(client);
}

static void on_event(const rtm_event *event, void *userdata)
{
    rtm_client *client = userdata;

    if (client->workers != NULL) {
        rtmi_workers_take_event(client->workers, event, client->monitor.push_event);
        return;
    }
    client->at_hand = event;
    client->monitor.push_event(client, event, client->monitor.userdata);
    after_callback(client);
}

static void on_any(rtmi_span method, rtmi_span params, bool is_duplicate, void *userdata)
{
    rtm_client *client = userdata;

    client->monitor.any(client, (rtm_bytes){(const char *)method.data, method.len},
                        rtmi_value_of_span(params), is_duplicate, client->monitor.userdata);
}

static void on_listening(bool is_listening, void *userdata)
{
    rtm_client *client = userdata;

    if (client->is_deferring)
        client->is_unlistened = !is_listening;
    else if (client->monitor.listening != NULL)
        client->monitor.listening(client, is_listening, client->monitor.userdata);
}

static void on_gap(int64_t from_ms, int64_t to_ms, const rtmi_listen_value *what, void *userdata)
{
    rtm_client *client = userdata;
    const char *names[RTMI_LISTEN_EVENT_COUNT];
    rtm_gap gap = {.from_ms = from_ms, .to_ms = to_ms};

    rtmi_view_listen(what, names, &gap.what, &gap.what_all);
    if (client->monitor.gap != NULL)
        client->monitor.gap(client, &gap, client->monitor.userdata);
}

void rtmi_client_tell_unlistened(rtm_client *client)
{
    if (!client->is_unlistened)
        return;
    client->is_unlistened = false;
    if (client->monitor.listening != NULL)
        client->monitor.listening(client, false, client->monitor.userdata);
}

static bool has_message_fn(const rtm_monitor *monitor)
{
    for (int family = RTM_FAMILY_MESSAGE; family <= RTM_FAMILY_CMD; family++) {
        for (int kind = RTM_KIND_P2P; kind <= RTM_KIND_ROOM; kind++) {
            if (message_fn(monitor, (rtm_family)family, (rtm_kind)kind) != NULL)
                return true;
        }
    }
    return false;
}

void rtmi_client_set_session_callbacks(rtm_client *client)
{
    const rtm_monitor *monitor = &client->monitor;
    const rtmi_session_callbacks callbacks = {
        .userdata = client,
        .ping = monitor->ping != NULL ? on_ping : NULL,
        .message = has_message_fn(monitor) ? on_message : NULL,
        .event = monitor->push_event != NULL ? on_event : NULL,
        .any = monitor->any != NULL ? on_any : NULL,
        .listening = on_listening,
        .gap = on_gap,
    };

    rtmi_session_set_callbacks(client->session, &callbacks);
}

int rtm_client_set_monitor(rtm_client *client, const rtm_monitor *monitor)
{
    rtm_monitor own = {.size = 0};
    const int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (monitor != NULL && (monitor->size < MONITOR_SIZE_V1 ||
                            !rtmi_copy_sized(&own, sizeof own, monitor, monitor->size)))
        return RTM_E_INVAL;
    client->monitor = own;
    rtmi_client_set_session_callbacks(client);
    return 0;
}
