/*
 * The client in a libuv loop: a poll handle for its descriptor, a timer for its deadline.
 */
#include <uv.h>

#include "example.h"

typedef struct bridge {
    rtm_client *client;
    uv_poll_t poll;
    uv_timer_t timer;
} bridge;

static void on_timer(uv_timer_t *timer);

/* To be done after every turn: what the client waits for has changed. */
static void arm(bridge *b)
{
    const int64_t wait_ms = rtm_client_get_deadline(b->client);

    if (wait_ms < 0)
        uv_timer_stop(&b->timer);
    else
        uv_timer_start(&b->timer, on_timer, (uint64_t)wait_ms, 0);
}

static void turn(bridge *b)
{
    if (rtm_client_process(b->client) == 0 && example_left != 0) {
        arm(b);
        return;
    }
    uv_close((uv_handle_t *)&b->poll, NULL); /* the loop ends without handles */
    uv_close((uv_handle_t *)&b->timer, NULL);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    turn(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

int main(int argc, char **argv)
{
    bridge b = {.client = example_listener(argc, argv)};
    uv_loop_t *loop = uv_default_loop();

    if (b.client == NULL)
        return 1;
    b.poll.data = b.timer.data = &b;
    uv_timer_init(loop, &b.timer);
    uv_poll_init(loop, &b.poll, rtm_client_get_fd(b.client));
    uv_poll_start(&b.poll, UV_READABLE, on_readable);
    arm(&b);
    uv_run(loop, UV_RUN_DEFAULT);
    rtm_client_free(b.client);
    return uv_loop_close(loop) == 0 ? 0 : 1;
}
