/*
 * The client in an epoll loop, beside another descriptor: here one for SIGINT and SIGTERM.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "example.h"

static int watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return fd < 0 ? -1 : epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_signals(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) < 0)
        return -1;
    return signalfd(-1, &ends, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
    rtm_client *client = example_listener(argc, argv);
    const int signals = open_signals();
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    int r = client == NULL ? RTM_E_INVAL : 0;

    if (r == 0 && (watch(epoll, rtm_client_get_fd(client)) < 0 || watch(epoll, signals) < 0)) {
        perror("listen_epoll");
        r = RTM_E_SYSTEM;
    }
    while (r == 0 && example_left != 0) {
        struct epoll_event events[8];
        const int n = epoll_wait(epoll, events, 8, (int)rtm_client_get_deadline(client));
        if (n < 0 && errno != EINTR)
            break;
        bool is_ended = false;
        for (int i = 0; i < n; i++)
            is_ended = is_ended || events[i].data.fd == signals;
        if (is_ended)
            break;
        /* Needed too when only the deadline has passed; cheap when there is nothing to do. */
        r = rtm_client_process(client);
    }
    rtm_client_free(client);
    close(epoll);
    close(signals);
    return r < 0 ? 1 : 0;
}
