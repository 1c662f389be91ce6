/*
 * Thin calls over epoll, eventfd and poll. Every descriptor is close-on-exec from birth.
 */
#include "lib/net/poller.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rtm/error.h>

int rtmi_poller_open(int *ret_fd)
{
    const int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0)
        return RTM_E_SYSTEM;
    *ret_fd = fd;
    return 0;
}

int rtmi_poller_watch(int poller, int fd, unsigned what, uint64_t tag)
{
    struct epoll_event event = {.data.u64 = tag};

    if (what == 0) {
        if (epoll_ctl(poller, EPOLL_CTL_DEL, fd, &event) < 0 && errno != ENOENT)
            return RTM_E_SYSTEM;
        return 0;
    }
    if ((what & RTMI_POLL_READ) != 0)
        event.events |= EPOLLIN;
    if ((what & RTMI_POLL_WRITE) != 0)
        event.events |= EPOLLOUT;
    if (epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (errno == ENOENT && epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    return RTM_E_SYSTEM;
}

/* Longer waits than an int of milliseconds (24 days) end early; callers look again. */
static int int_of_ms(int64_t ms)
{
    if (ms < 0)
        return -1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

int rtmi_poller_wait(int poller, rtmi_poll_event events[RTMI_POLL_EVENT_COUNT], int64_t timeout_ms)
{
    struct epoll_event found[RTMI_POLL_EVENT_COUNT];
    const int n = epoll_wait(poller, found, RTMI_POLL_EVENT_COUNT, int_of_ms(timeout_ms));

    if (n < 0)
        return RTM_E_SYSTEM;
    for (int i = 0; i < n; i++) {
        events[i] = (rtmi_poll_event){.tag = found[i].data.u64};
        if ((found[i].events & (EPOLLIN | EPOLLRDHUP)) != 0)
            events[i].what |= RTMI_POLL_READ;
        if ((found[i].events & EPOLLOUT) != 0)
            events[i].what |= RTMI_POLL_WRITE;
        if ((found[i].events & (EPOLLERR | EPOLLHUP)) != 0)
            events[i].what |= RTMI_POLL_FAILED;
    }
    return n;
}

int rtmi_poller_wait_one(int fd, int64_t timeout_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    const int n = poll(&one, 1, int_of_ms(timeout_ms));

    return n < 0 ? RTM_E_SYSTEM : n;
}

int rtmi_wake_open(int *ret_fd)
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return RTM_E_SYSTEM;
    *ret_fd = fd;
    return 0;
}

void rtmi_wake_signal(int fd)
{
    const uint64_t one = 1;
    const int saved = errno;

    /* Fails only when the counter is full: then it is readable already. */
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    errno = saved;
}

void rtmi_wake_drain(int fd)
{
    uint64_t count;

    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

void rtmi_fd_close(int *fd)
{
    if (*fd < 0)
        return;
    (void)close(*fd); /* Linux gives the descriptor back even with an error */
    *fd = -1;
}
