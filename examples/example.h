/*
 * What the examples have in common: a client from the environment, and messages on stdout.
 *
 *   RTM_GATE=localhost:13321 RTM_PID=1 RTM_SECRET=... <example> [count]
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include <rtm/rtm.h>

static int example_left = -1; /* messages to print; below 0: no end */

static inline void example_print(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)client;
    (void)userdata;
    if (example_left == 0)
        return;
    printf("%lld -> %lld: %.*s\n", (long long)message->from, (long long)message->to,
           (int)message->msg.len, message->msg.data);
    if (example_left > 0)
        example_left--;
}

static inline void example_tell_listening(rtm_client *client, bool is_listening, void *userdata)
{
    (void)client;
    (void)userdata;
    fprintf(stderr, "%s\n", is_listening ? "listening" : "not listening");
}

static inline void example_tell_done(rtm_client *client, const rtm_error *err, void *userdata)
{
    (void)client;
    (void)userdata;
    if (err != NULL)
        fprintf(stderr, "listen refused: %d %s\n", err->code, err->text);
}

/* A client that is not connected yet; NULL with a line on stderr. */
static inline rtm_client *example_client(void)
{
    const char *pid = getenv("RTM_PID");
    rtm_client_options options;
    rtm_client *client = NULL;

    rtm_client_options_init(&options);
    options.endpoint = getenv("RTM_GATE");
    options.pid = pid == NULL ? 0 : (int32_t)strtol(pid, NULL, 10);
    options.secret = getenv("RTM_SECRET");
    const int r = rtm_client_new(&options, &client);
    if (r < 0)
        fprintf(stderr, "RTM_GATE, RTM_PID, RTM_SECRET: %s\n", rtm_strerror(r));
    return client;
}

/*
 * A client that connects and will listen to everything, without waiting for any of it: what
 * follows happens in rtm_client_process().
 */
static inline rtm_client *example_listener(int argc, char **argv)
{
    const rtm_monitor monitor = {
        .size = sizeof monitor,
        .push_message = example_print,
        .push_group_message = example_print,
        .push_room_message = example_print,
        .push_chat = example_print,
        .push_group_chat = example_print,
        .push_room_chat = example_print,
        .listening = example_tell_listening,
    };
    const rtm_listen_all all = {
        .p2p = RTM_SWITCH_ON, .group = RTM_SWITCH_ON, .room = RTM_SWITCH_ON};
    rtm_client *client = example_client();

    if (argc > 1)
        example_left = (int)strtol(argv[1], NULL, 10);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (client == NULL)
        return NULL;
    int r = rtm_client_set_monitor(client, &monitor);
    if (r == 0)
        r = rtm_client_set_all_listen(client, &all, 0, example_tell_done, NULL, NULL);
    if (r == 0)
        r = rtm_client_connect(client);
    if (r == 0)
        return client;
    fprintf(stderr, "cannot start: %s\n", rtm_strerror(r));
    rtm_client_free(client);
    return NULL;
}

#endif
