/*
 * The client in a loop of one's own around poll(2): one descriptor, one deadline, one function.
 */
#include <errno.h>
#include <poll.h>

#include "example.h"

int main(int argc, char **argv)
{
    rtm_client *client = example_listener(argc, argv);
    int r = client == NULL ? RTM_E_INVAL : 0;

    while (r == 0 && example_left != 0) {
        struct pollfd fd = {
            .fd = rtm_client_get_fd(client), /* the same for the client's whole life */
            .events = (short)rtm_client_get_events(client),
        };
        const int64_t wait_ms = rtm_client_get_deadline(client);
        if (poll(&fd, 1, (int)wait_ms) < 0 && errno != EINTR)
            break;
        /* Whether the descriptor is ready or the time is over: process finds out. */
        r = rtm_client_process(client);
    }
    rtm_client_free(client);
    return r < 0 ? 1 : 0;
}
