/*
 * The program of README.md, which shows it from the first #include on (tools/check_docs).
 *
 *   RTM_GATE=localhost:13321 RTM_PID=11000001 RTM_SECRET=... readme_listen
 */
#include <stdio.h>
#include <stdlib.h>

#include <rtm/rtm.h>

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)client;
    (void)userdata;
    printf("group %lld, user %lld: %.*s\n", (long long)message->to, (long long)message->from,
           (int)message->msg.len, message->msg.data);
}

int main(void)
{
    const rtm_monitor monitor = {
        .size = sizeof monitor,
        .push_group_chat = on_message,    /* mtype 30: what people type */
        .push_group_message = on_message, /* mtypes without a callback of their own */
    };
    const rtm_listen_all what = {.group = RTM_SWITCH_ON};
    const char *pid = getenv("RTM_PID");
    rtm_client_options options;
    rtm_client *client = NULL;
    rtm_error error = {0};

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
        r = rtm_client_set_all_listen_wait(client, &what, 0, &error);
    if (r == 0)
        r = rtm_client_run(client, -1); /* the callback runs in here */
    fprintf(stderr, "%s %s\n", rtm_strerror(r), error.text);
    rtm_client_free(client);
    return r == 0 ? 0 : 1;
}
