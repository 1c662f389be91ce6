/*
 * Listen to every group message of a project, in a program without an event loop.
 *
 *   RTM_GATE=localhost:13321 RTM_PID=1 RTM_SECRET=... listen [count]
 */
#include <stdio.h>
#include <stdlib.h>

#include <rtm/rtm.h>

static int left = -1; /* messages to print; below 0: no end */

static void on_group_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)userdata;
    printf("group %lld, user %lld: %.*s\n", (long long)message->to, (long long)message->from,
           (int)message->msg.len, message->msg.data);
    if (left > 0 && --left == 0)
        rtm_client_stop(client);
}

int main(int argc, char **argv)
{
    const char *pid = getenv("RTM_PID");
    const rtm_monitor monitor = {.size = sizeof monitor,
                                 .push_group_message = on_group_message,
                                 .push_group_chat = on_group_message};
    const rtm_listen_all all = {.group = RTM_SWITCH_ON};
    rtm_client_options options;
    rtm_client *client = NULL;
    rtm_error error = {0};

    if (argc > 1)
        left = (int)strtol(argv[1], NULL, 10);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    rtm_client_options_init(&options);
    options.endpoint = getenv("RTM_GATE");
    options.pid = pid == NULL ? 0 : (int32_t)strtol(pid, NULL, 10);
    options.secret = getenv("RTM_SECRET");

    int r = rtm_client_new(&options, &client);
    if (r == 0)
        r = rtm_client_set_monitor(client, &monitor);
    if (r == 0)
        r = rtm_client_connect_wait(client);
    if (r == 0)
        r = rtm_client_set_all_listen_wait(client, &all, 0, &error);
    if (r == 0)
        r = rtm_client_run(client, -1); /* reconnects and restores the listen set by itself */
    if (r < 0)
        fprintf(stderr, "listen: %s %s\n", rtm_strerror(r), error.text);
    rtm_client_free(client);
    return r < 0 ? 1 : 0;
}
