/*
 * Send one message to a group, and wait until the gate has stored it.
 *
 *   RTM_GATE=localhost:13321 RTM_PID=1 RTM_SECRET=... send FROM GROUP TEXT
 */
#include <string.h>

#include "example.h"

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: send FROM GROUP TEXT\n");
        return 2;
    }
    const rtm_outgoing message = {
        .size = sizeof message,
        .from = strtoll(argv[1], NULL, 10),
        .to = strtoll(argv[2], NULL, 10),
        .mtype = 51, /* 51 to 127 are yours */
        .msg = argv[3],
        .msg_len = strlen(argv[3]),
    };
    rtm_client *client = example_client();
    rtm_error error = {0};
    rtm_sent sent;

    if (client == NULL)
        return 2;
    int r = rtm_client_connect_wait(client);
    if (r == 0)
        r = rtm_client_send_group_message_wait(client, &message, 0, &sent, &error);
    if (r == 0)
        printf("mid %lld, stored at %lld\n", (long long)sent.mid, (long long)sent.mtime_ms);
    else if (r == RTM_E_PEER)
        fprintf(stderr, "send: %d %s\n", error.code, error.text);
    else
        fprintf(stderr, "send: %s\n", rtm_strerror(r));
    rtm_client_free(client);
    return r == 0 ? 0 : 1;
}
