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
    rtmi_buf *out = c->veil == NULL ? &c->out : veil_output(c->veil, &c->out);
    while (rtmi_buf_len(out) > 0) {
        const rtmi_span rest = rtmi_buf_span(out);
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
            rtmi_buf_consume(out, (size_t)sent);
    }
    if (c->waits)
        watch(self, c, EPOLL_CTL_MOD, EPOLLIN);
    c->waits = false;
}

/* Whole packages of what stands in `space`; the rest is carried to the next read. */
static void take_plain(load *self, conn *c, size_t len)
{
    const rtmi_span in = {space, len};
    const size_t taken = self->wire->take(self, c, in);

    rtmi_buf_clear(&c->carry);
    rtmi_buf_append(&c->carry, in.data + taken, in.len - taken);
    if (c->carry.error != 0)
        load_fail("a package of more than %u bytes", LOAD_CARRY_MAX);
}

static void take_veiled(load *self, conn *c, size_t len)
{
    rtmi_buf *plain = veil_input(c->veil, (rtmi_span){space, len});

    rtmi_buf_consume(plain, self->wire->take(self, c, rtmi_buf_span(plain)));
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
    if (c->veil == NULL)
        take_plain(self, c, old + (size_t)len);
    else
        take_veiled(self, c, (size_t)len);
    c->got_all += c->got - got;
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

/* An address has ports for some 28,000 connections to one server, but from the half of them on the
 * kernel looks long for a free one. So many get the next address of loopback. */
enum { CONNS_PER_ADDRESS = 5000 };

static void bind_source(const conn *c, size_t at)
{
    const struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr = {htonl(INADDR_LOOPBACK + (uint32_t)(at / CONNS_PER_ADDRESS))}};
    const int one = 1;

    (void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(c->fd, (const struct sockaddr *)&from, sizeof from) != 0)
        load_fail("bind: %s", strerror(errno));
}

conn *load_begin(load *self, size_t at, bool is_listener)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(self->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int one = 1;
    conn *c = &self->conns[at];

    *c = (conn){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                .is_listener = is_listener,
                .first = at * self->step % self->group_count,
                .joins = 1};
    if (c->fd < 0)
        load_fail("socket: %s", strerror(errno));
    if (at >= CONNS_PER_ADDRESS)
        bind_source(c, at);
    if (connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        load_fail("127.0.0.1:%u: %s", (unsigned)self->port, strerror(errno));
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    rtmi_buf_init(&c->carry, LOAD_CARRY_MAX);
    rtmi_buf_init(&c->out, LOAD_OUT_MAX);
    if (self->veil_kind != VEIL_NONE)
        c->veil = veil_new(self, c);
    self->wire->join(self, c);
    c->waits = true; /* for the connection */
    watch(self, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
    return c;
}

conn *load_open(load *self, size_t at, bool is_listener)
{
    conn *c = load_begin(self, at, is_listener);

    while (!c->is_ready)
        load_turn(self, NULL);
    return c;
}

void load_open_all(load *self)
{
    memset(self->sent, 0, self->group_count * sizeof *self->sent);
    for (size_t i = 0; i < self->conn_count + self->sender_count; i++)
        (void)load_open(self, i, i < self->conn_count);
}

void load_write_message(load *self, conn *c)
{
    /* Each sender has groups of its own, if there are enough. He goes through some of them, all
     * over the ring, or through all, by a stride that is prime to their number. */
    const size_t sender = (size_t)(c - self->conns) - self->conn_count;
    const size_t own =
        self->group_count > self->sender_count ? self->group_count / self->sender_count : 1;
    const size_t talk = self->talk > 0 ? rtmi_min_size(self->talk, own) : own;
    const size_t place = (size_t)(c->wrote++ * 7919 % talk) * (own / talk);
    const size_t group = (sender + self->sender_count * place) % self->group_count;

    self->wire->write_message(self, c, group);
    self->sent[group]++;
}

bool load_wants(const load *self, const conn *c, size_t group)
{
    const size_t behind = group >= c->first ? 0 : self->group_count;

    return group < self->group_count &&
           (self->all_groups || group + behind - c->first < self->each);
}

void load_check_listeners(const load *self)
{
    for (size_t i = 0; i < self->conn_count; i++) {
        const conn *c = &self->conns[i];
        const size_t count = self->all_groups ? self->group_count : self->each;
        uint64_t wanted = 0;
        for (size_t k = 0; k < count; k++)
            wanted += self->sent[(c->first + k) % self->group_count];
        if (c->got_all != wanted)
            load_fail("listener %zu has got %llu deliveries of %llu", i,
                      (unsigned long long)c->got_all, (unsigned long long)wanted);
    }
}

void load_close_all(load *self)
{
    for (size_t i = 0; i < self->conn_count + self->sender_count; i++) {
        conn *c = &self->conns[i];
        if (c->fd < 0)
            continue;
        (void)close(c->fd);
        veil_free(c->veil);
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
