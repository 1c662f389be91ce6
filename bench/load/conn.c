/*
 * Sockets. All reads go into one buffer, with the begin of a package that the last read has left
 * in front, so that a thousand connections do not need a thousand large buffers in the cache.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "lib/base/num.h"

enum { EVENTS_MAX = 256, PATIENCE_MS = 60000 };

static uint8_t space[LOAD_CARRY_MAX + LOAD_READ_BYTES];

void load_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("bench_load: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;

    if (clock_gettime(id, &t) != 0)
        load_fail("a clock cannot be read: %s", strerror(errno));
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t load_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t load_own_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t load_server_cpu_ns(const load *self)
{
    clockid_t id;

    if (self->server == 0)
        return 0;
    /* The same sum as in /proc/PID/stat, in nanoseconds instead of ticks of 10 ms. */
    if (clock_getcpuclockid(self->server, &id) != 0)
        load_fail("process %d is not there", (int)self->server);
    return clock_ns(id);
}

static void watch(load *self, conn *c, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    if (epoll_ctl(self->epoll_fd, operation, c->fd, &event) != 0)
        load_fail("epoll_ctl: %s", strerror(errno));
}

void load_flush(load *self, conn *c)
{
    if (c->out.error != 0)
        load_fail("more than %u bytes wait on one connection", LOAD_OUT_MAX);
    while (rtmi_buf_len(&c->out) > 0) {
        const rtmi_span rest = rtmi_buf_span(&c->out);
        const ssize_t sent = send(c->fd, rest.data, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            if (!c->waits)
                watch(self, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            c->waits = true;
            return;
        }
        if (sent < 0 && errno != EINTR)
            load_fail("send: %s", strerror(errno));
        if (sent > 0)
            rtmi_buf_consume(&c->out, (size_t)sent);
    }
    if (c->waits)
        watch(self, c, EPOLL_CTL_MOD, EPOLLIN);
    c->waits = false;
}

/* One read and all that is whole in it. */
static void read_once(load *self, conn *c)
{
    const size_t old = rtmi_buf_len(&c->carry);
    const uint64_t got = c->got;
    const uint64_t answers = c->answers;

    if (old > 0)
        memcpy(space, rtmi_buf_span(&c->carry).data, old);
    const ssize_t len = recv(c->fd, space + old, LOAD_READ_BYTES, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0)
        load_fail("the server has closed a connection: %s", len == 0 ? "end" : strerror(errno));
    const rtmi_span in = {space, old + (size_t)len};
    const size_t taken = self->wire->take(self, c, in);
    rtmi_buf_clear(&c->carry);
    rtmi_buf_append(&c->carry, in.data + taken, in.len - taken);
    if (c->carry.error != 0)
        load_fail("a package of more than %u bytes", LOAD_CARRY_MAX);
    self->got += c->got - got;
    self->answers += c->answers - answers;
}

void load_turn(load *self, load_after_fn *after)
{
    load_turn_until(self, after, INT64_MAX);
}

void load_turn_until(load *self, load_after_fn *after, int64_t end_ns)
{
    struct epoll_event events[EVENTS_MAX];
    const bool is_short = end_ns != INT64_MAX;
    const int64_t left_ns =
        is_short ? rtmi_max_i64(end_ns - load_now_ns(), 0) : (int64_t)PATIENCE_MS * 1000000;
    const struct timespec wait = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
    const int count = epoll_pwait2(self->epoll_fd, events, EVENTS_MAX, &wait, NULL);

    if ((count < 0 && errno == EINTR) || (count == 0 && is_short))
        return;
    if (count <= 0)
        load_fail("nothing has come for %d s: %llu deliveries and %llu answers are there",
                  PATIENCE_MS / 1000, (unsigned long long)self->got,
                  (unsigned long long)self->answers);
    for (int i = 0; i < count; i++) {
        conn *c = events[i].data.ptr;
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
            read_once(self, c);
            if (after != NULL)
                after(self, c);
        }
        load_flush(self, c);
    }
}

conn *load_open(load *self, size_t at, bool is_listener)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(self->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int one = 1;
    conn *c = &self->conns[at];

    *c = (conn){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .is_listener = is_listener};
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0)
        load_fail("127.0.0.1:%u: %s", (unsigned)self->port, strerror(errno));
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    rtmi_buf_init(&c->carry, LOAD_CARRY_MAX);
    rtmi_buf_init(&c->out, LOAD_OUT_MAX);
    watch(self, c, EPOLL_CTL_ADD, EPOLLIN);
    self->wire->join(self, c);
    load_flush(self, c);
    while (!c->is_ready)
        load_turn(self, NULL);
    return c;
}

void load_close_all(load *self)
{
    for (size_t i = 0; i <= self->conn_count; i++) {
        conn *c = &self->conns[i];
        if (c->fd < 0)
            continue;
        (void)close(c->fd);
        rtmi_buf_deinit(&c->carry);
        rtmi_buf_deinit(&c->out);
        c->fd = -1;
    }
}

void load_settle(load *self, size_t conn_count)
{
    const uint64_t got = self->got;
    const uint64_t end = self->answers + conn_count;

    for (size_t i = 0; i < conn_count; i++) {
        self->wire->write_echo(self, &self->conns[i]);
        load_flush(self, &self->conns[i]);
    }
    while (self->answers < end)
        load_turn(self, NULL);
    if (self->got != got || self->answers != end)
        load_fail("%llu deliveries and %llu answers too much",
                  (unsigned long long)(self->got - got), (unsigned long long)(self->answers - end));
}
