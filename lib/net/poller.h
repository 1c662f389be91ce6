/*
 * A set of descriptors that is one descriptor itself (epoll), and a wake-up for it (eventfd).
 */
#ifndef RTMI_NET_POLLER_H
#define RTMI_NET_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTMI_POLL_READ = 1, RTMI_POLL_WRITE = 2, RTMI_POLL_FAILED = 4 };

typedef struct rtmi_poll_event {
    uint64_t tag;
    unsigned what; /* RTMI_POLL_READ … */
} rtmi_poll_event;

/** Most events of one rtmi_poller_wait(); the rest stays for the next. */
#define RTMI_POLL_EVENT_COUNT 16

/** A new poller's descriptor in `*ret_fd`: 0 or RTM_E_SYSTEM (errno tells). */
int rtmi_poller_open(int *ret_fd);

/**
 * Watch `fd` for RTMI_POLL_READ, RTMI_POLL_WRITE or both under `tag`, instead of what it was
 * watched for; 0 ends it. Level-triggered. 0 or RTM_E_SYSTEM.
 */
int rtmi_poller_watch(int poller, int fd, unsigned what, uint64_t tag);

/**
 * Wait for events: how many, 0 at the end of the time, RTM_E_SYSTEM (errno tells, EINTR
 * too). timeout_ms -1: without end.
 */
int rtmi_poller_wait(int poller, rtmi_poll_event events[RTMI_POLL_EVENT_COUNT], int64_t timeout_ms);

/** Wait for one descriptor to be readable: 1, 0 at the end of the time, RTM_E_SYSTEM. */
int rtmi_poller_wait_one(int fd, int64_t timeout_ms);

/** A wake-up, not signalled: 0 or RTM_E_SYSTEM. */
int rtmi_wake_open(int *ret_fd);

/** Make it readable. From any thread, also from a signal handler. */
void rtmi_wake_signal(int fd);

/** Make it unreadable again. */
void rtmi_wake_drain(int fd);

/** Close a descriptor and set it to -1; nothing if it is -1. */
void rtmi_fd_close(int *fd);

#endif
