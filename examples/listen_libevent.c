/*
 * The client in a libevent loop: an event for its descriptor, with the client's deadline as the
 * event's time-out.
 */
#include <event2/event.h>

#include "example.h"

typedef struct bridge {
    rtm_client *client;
    struct event_base *base;
    struct event *event;
} bridge;

/* To be done after every turn: what the client waits for has changed. */
static void arm(bridge *b)
{
    const int64_t wait_ms = rtm_client_get_deadline(b->client);
    const struct timeval wait = {.tv_sec = (time_t)(wait_ms / 1000),
                                 .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};

    event_add(b->event, wait_ms < 0 ? NULL : &wait);
}

static void turn(evutil_socket_t fd, short events, void *userdata)
{
    bridge *b = userdata;

    (void)fd;
    (void)events;
    if (rtm_client_process(b->client) == 0 && example_left != 0)
        arm(b);
    else
        event_base_loopbreak(b->base);
}

int main(int argc, char **argv)
{
    bridge b = {.client = example_listener(argc, argv)};

    if (b.client == NULL)
        return 1;
    b.base = event_base_new();
    if (b.base != NULL)
        b.event = event_new(b.base, rtm_client_get_fd(b.client), EV_READ, turn, &b);
    if (b.event != NULL) {
        arm(&b);
        event_base_dispatch(b.base);
        event_free(b.event);
    }
    if (b.base != NULL)
        event_base_free(b.base);
    rtm_client_free(b.client);
    return b.event != NULL ? 0 : 1;
}
