/*
 * Bytes between sockets and the shard.
 *
 * Reading: one recv for each readiness, into room that the shard gives, so that a busy peer
 * does not starve the others. The first bytes are only looked at (MSG_PEEK), so that a socket
 * that speaks something else could be handed on untouched.
 *
 * With TLS nothing can be looked at beforehand, and over Unix sockets the mark below which a
 * socket is not readable does not exist: there, what is not FPNN is the shard's to refuse.
 *
 * Writing: at the end of a turn, up to WRITE_MAX bytes a connection; what the socket does not
 * take waits for EPOLLOUT, which is watched only then.
 *
 * Ending: when the shard has done with a connection, what it still owes is written for
 * ENDING_MS at most. Then our side is shut and the rest of what the peer sends is thrown away
 * for as long, since closing a socket with unread bytes could destroy the last answer.
 */
#include "gate/io/tcp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/num.h"

#define WRITE_MAX ((size_t)1 << 20)
#define PIECES_MAX 64
#define ENDING_MS 1000

static const uint8_t fpnn_magic[] = {'F', 'P', 'N', 'N'};

tcp_speech tcp_sniff(const uint8_t *bytes, size_t len)
{
    const size_t n = len < sizeof fpnn_magic ? len : sizeof fpnn_magic;

    if (n > 0 && memcmp(bytes, fpnn_magic, n) != 0)
        return TCP_OTHER;
    return n == sizeof fpnn_magic ? TCP_FPNN : TCP_WAIT;
}

void tcp_hub_init(tcp_hub *hub, int epoll_fd, admission *keeper, const rtmi_log *log)
{
    *hub = (tcp_hub){.epoll_fd = epoll_fd, .admission = keeper, .log = log};
    rtmi_list_init(&hub->open);
    rtmi_list_init(&hub->ending);
    rtmi_list_init(&hub->gone);
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

gate_time tcp_hub_now(tcp_hub *hub)
{
    if (!hub->now_is_read) {
        hub->now.mono_ms = clock_ms(CLOCK_MONOTONIC);
        hub->now.wall_ms = clock_ms(CLOCK_REALTIME);
        hub->now_is_read = true;
    }
    return hub->now;
}

static void print_address(const struct sockaddr *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *const v4 = (const void *)address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        (void)snprintf(text, size, "%s:%u", host, (unsigned)ntohs(v4->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *const v6 = (const void *)address;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        (void)snprintf(text, size, "[%s]:%u", host, (unsigned)ntohs(v6->sin6_port));
    } else {
        (void)snprintf(text, size, "unix");
    }
}

/* Who is at the other end of a Unix socket. */
static void print_unix_peer(int fd, char *text, size_t size)
{
    struct ucred who;
    socklen_t len = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
        (void)snprintf(text, size, "unix:pid=%ld,uid=%lu", (long)who.pid, (unsigned long)who.uid);
}

tcp_conn *tcp_conn_new(int fd, const struct sockaddr *address, admission_source source,
                       const gate_door *door, tls_context *secrets)
{
    const bool is_unix = address->sa_family == AF_UNIX;
    char peer[64];

    print_address(address, peer, sizeof peer);
    if (is_unix)
        print_unix_peer(fd, peer, sizeof peer);
    const size_t peer_size = strlen(peer) + 1;
    tcp_conn *const self = calloc(1, sizeof *self + peer_size);
    if (self == NULL)
        return NULL;
    memcpy(self->peer, peer, peer_size);
    self->fd = fd;
    self->source = source;
    self->door = door;
    self->is_fpnn = is_unix || secrets != NULL;
    if (secrets != NULL) {
        self->tls = tls_new(secrets, fd);
        if (self->tls == NULL) {
            free(self);
            return NULL;
        }
    }
    return self;
}

void tcp_discard(tcp_conn *self, admission *keeper)
{
    tls_free(self->tls);
    (void)close(self->fd);
    admission_leave(keeper, self->source, self->is_proved);
    free(self);
}

static void tell_shard_of_end(tcp_conn *self)
{
    tcp_hub *const hub = self->hub;

    if (self->core == NULL)
        return;
    conn *const core = self->core;
    self->core = NULL;
    shard_closed(hub->shard, core, tcp_hub_now(hub));
    hub->has_closed = true;
}

static bool is_holding(const tcp_conn *self)
{
    return self->tls != NULL && tls_is_holding(self->tls);
}

static void end_tls(tcp_conn *self)
{
    self->hub->holding -= is_holding(self);
    tls_free(self->tls);
    self->tls = NULL;
}

/* The memory lives on: epoll may have told of it already. */
static void close_now(tcp_conn *self)
{
    assert(self->fd >= 0);
    tell_shard_of_end(self);
    rtmi_list_remove(&self->link);
    rtmi_list_push(&self->hub->gone, &self->link);
    end_tls(self);
    (void)close(self->fd); /* which ends the watch */
    self->fd = -1;
    admission_leave(self->hub->admission, self->source, self->is_proved);
}

/* Watch for `events`; false when that failed and the connection is closed. */
static bool watch(tcp_conn *self, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = self};
    const int what = self->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (events == self->events)
        return true;
    self->events = events;
    if (epoll_ctl(self->hub->epoll_fd, what, self->fd, &event) == 0)
        return true;
    close_now(self);
    return false;
}

/* From now on it has ENDING_MS to live. */
static void set_deadline(tcp_conn *self)
{
    rtmi_list_remove(&self->link);
    rtmi_list_push(&self->hub->ending, &self->link);
    self->ends_at_ms = tcp_hub_now(self->hub).mono_ms + ENDING_MS;
}

void tcp_start(tcp_conn *self, tcp_hub *hub)
{
    assert(!rtmi_list_holds(&self->link));
    self->hub = hub;
    rtmi_list_push(&hub->open, &self->link);
    self->core = shard_opened(hub->shard, self, self->door, self->peer, tcp_hub_now(hub));
    if (self->core == NULL) {
        close_now(self);
        return;
    }
    if (self->source.family != 0) /* Unix sockets have no address to be limited by */
        conn_set_source(self->core, self->source.key ^ self->source.family);
    (void)watch(self, EPOLLIN);
}

void tcp_prove(tcp_conn *self)
{
    if (self->is_proved)
        return;
    self->is_proved = true;
    admission_prove(self->hub->admission, self->source);
}

/*
 * Wait until there are more than `len` bytes: with fewer the socket would be readable all the
 * time, and the loop would spin.
 */
static void set_low_water(tcp_conn *self, size_t len)
{
    const int value = (int)len + 1;

    (void)setsockopt(self->fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
}

/* Look at the first bytes. True: they are the shard's to read. */
static bool sniff(tcp_conn *self)
{
    uint8_t bytes[sizeof fpnn_magic];
    const ssize_t n = recv(self->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        close_now(self);
        return false;
    }
    switch (tcp_sniff(bytes, (size_t)n)) {
    case TCP_FPNN:
        self->is_fpnn = true;
        if (self->sniffed > 0)
            set_low_water(self, 0);
        return true;
    case TCP_WAIT:
        if ((size_t)n > self->sniffed) {
            self->sniffed = (uint8_t)n;
            set_low_water(self, self->sniffed);
            return false;
        }
        break; /* readable and yet no more: these bytes are all there will ever be */
    case TCP_OTHER:
        rtmi_log_line(self->hub->log, RTMI_LOG_DEBUG, "peer=%s does not speak FPNN: closed",
                      self->peer);
        break;
    }
    close_now(self);
    return false;
}

/* As recv(): with errno EAGAIN to wait, and 0 for an end. */
static ssize_t take_bytes(tcp_conn *self, uint8_t *space, size_t room)
{
    if (self->tls == NULL)
        return recv(self->fd, space, room, MSG_DONTWAIT);
    const int n = tls_receive(self->tls, space, room);
    if (n > 0)
        return n;
    if (n < 0) {
        if (*tls_get_error_text(self->tls) != '\0')
            rtmi_log_line(self->hub->log, RTMI_LOG_INFO, "peer=%s TLS: %s", self->peer,
                          tls_get_error_text(self->tls));
        return 0;
    }
    errno = EAGAIN;
    return -1;
}

/* One recv. True when there may be more. */
static bool receive_once(tcp_conn *self)
{
    tcp_hub *const hub = self->hub;
    size_t room = 0;

    if (!self->is_fpnn && !sniff(self))
        return false;
    uint8_t *const space = conn_read_space(hub->shard, self->core, &room);
    if (space == NULL) {
        close_now(self);
        return false;
    }
    const ssize_t n = take_bytes(self, space, room);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        close_now(self);
        return false;
    }
    hub->received += (size_t)n;
    shard_bytes(hub->shard, self->core, (size_t)n, tcp_hub_now(hub));
    return !conn_wants_close(self->core);
}

/* And what libssl keeps back of a record, since the socket does not tell of that. */
static bool receive(tcp_conn *self)
{
    bool more;

    do
        more = receive_once(self);
    while (more && self->tls != NULL && tls_has_pending(self->tls));
    if (self->tls != NULL && tls_wants_write(self->tls))
        (void)watch(self, EPOLLIN | EPOLLOUT); /* for the handshake */
    return more;
}

/* Bytes behind the end: thrown away unseen. */
static void throw_away(tcp_conn *self)
{
    uint8_t sink[16 * 1024]; /* to read into no memory at all is for TCP only */
    const ssize_t n = recv(self->fd, sink, sizeof sink, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_now(self);
}

void tcp_ready(tcp_conn *self, uint32_t events)
{
    if (self->fd < 0)
        return; /* closed since epoll told of it */
    if ((events & EPOLLHUP) != 0)
        events |= self->events; /* to find out by trying */
    if (self->core == NULL) {
        if ((events & EPOLLERR) != 0)
            close_now(self);
        else
            throw_away(self);
        return;
    }
    if ((events & EPOLLERR) != 0) {
        /* Broken, but what came before is still to be had. */
        while (!conn_wants_close(self->core) && receive(self))
            ;
        if (self->fd >= 0)
            close_now(self);
        return;
    }
    const bool wants_write = self->tls != NULL && tls_wants_write(self->tls);
    if (((events & EPOLLIN) != 0 || wants_write) && !conn_wants_close(self->core))
        (void)receive(self);
    if ((events & EPOLLOUT) != 0 && self->fd >= 0)
        tcp_flush(self);
}

/* Write pieces until the socket is full or there are none: 1, or 0 when it is broken. */
static bool write_pieces(tcp_conn *self)
{
    tcp_hub *const hub = self->hub;
    size_t total = 0;

    while (total < WRITE_MAX) {
        rtmi_span pieces[PIECES_MAX];
        struct iovec vectors[PIECES_MAX];
        size_t wanted = 0;
        const size_t count = conn_get_output(hub->shard, self->core, pieces, PIECES_MAX);

        if (count == 0)
            return true;
        for (size_t i = 0; i < count; i++) {
            vectors[i] = (struct iovec){(void *)(uintptr_t)pieces[i].data, pieces[i].len};
            wanted += pieces[i].len;
        }
        const struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
        const ssize_t n = sendmsg(self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        conn_sent(hub->shard, self->core, (size_t)n);
        total += (size_t)n;
        if ((size_t)n < wanted)
            return true; /* full: to try again would only cost a call */
    }
    return true;
}

/* The same through TLS: copied into records. */
static bool write_records(tcp_conn *self)
{
    tcp_hub *const hub = self->hub;
    uint8_t record[TLS_SEND_MAX];

    hub->holding -= is_holding(self);
    bool good = tls_flush(self->tls) == 0;
    for (size_t total = 0; good && !is_holding(self) && total < WRITE_MAX;) {
        rtmi_span pieces[PIECES_MAX];
        size_t len = 0;
        const size_t count = conn_get_output(hub->shard, self->core, pieces, PIECES_MAX);
        for (size_t i = 0; i < count && len < sizeof record; i++) {
            const size_t part = rtmi_min_size(pieces[i].len, sizeof record - len);
            memcpy(record + len, pieces[i].data, part);
            len += part;
        }
        if (len == 0)
            break;
        conn_sent(hub->shard, self->core, len);
        good = tls_send(self->tls, record, len) == 0;
        total += len;
    }
    hub->holding += is_holding(self);
    return good;
}

/* All is written that the shard wanted: shut our side, wait for the peer's. */
static void linger(tcp_conn *self)
{
    tell_shard_of_end(self);
    end_tls(self);
    if (shutdown(self->fd, SHUT_WR) < 0) {
        close_now(self);
        return;
    }
    set_deadline(self);
    (void)watch(self, EPOLLIN);
}

void tcp_flush(tcp_conn *self)
{
    assert(self->core != NULL);
    if (!(self->tls != NULL ? write_records(self) : write_pieces(self))) {
        close_now(self);
        return;
    }
    const bool has_output = conn_has_output(self->core) || is_holding(self);
    if (!conn_wants_close(self->core)) {
        (void)watch(self, EPOLLIN | (has_output ? EPOLLOUT : 0u));
    } else if (!has_output) {
        linger(self);
    } else {
        if (self->ends_at_ms == 0)
            set_deadline(self);
        (void)watch(self, EPOLLOUT);
    }
}

bool tcp_hub_is_flushed(const tcp_hub *hub)
{
    return hub->holding == 0;
}

void tcp_hub_tick(tcp_hub *hub)
{
    const int64_t now_ms = tcp_hub_now(hub).mono_ms;

    for (;;) {
        rtmi_link *const link = rtmi_list_first(&hub->ending);
        if (link == NULL)
            return;
        tcp_conn *const first = RTMI_CONTAINER(link, tcp_conn, link);
        if (first->ends_at_ms > now_ms)
            return;
        close_now(first);
    }
}

void tcp_hub_close(tcp_hub *hub)
{
    rtmi_list *const lists[] = {&hub->open, &hub->ending};

    for (size_t i = 0; i < 2; i++) {
        rtmi_link *link;
        while ((link = rtmi_list_first(lists[i])) != NULL)
            close_now(RTMI_CONTAINER(link, tcp_conn, link));
    }
}

void tcp_hub_sweep(tcp_hub *hub)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(&hub->gone)) != NULL) {
        rtmi_list_remove(link);
        free(RTMI_CONTAINER(link, tcp_conn, link));
    }
}
