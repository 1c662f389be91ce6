/*
 * The physical limit: the bytes of the gate's fan-out through the same sockets, by a program that
 * only splits packages. No signature is looked at, no quest is decoded, nothing is kept; a run of
 * quests becomes one run of pushes, and the same memory is sent to every listener. Answers are
 * read and thrown away.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/message.h"

enum { EVENTS_MAX = 256, LISTENERS_MAX = 20000 };

typedef struct peer {
    int fd;
    bool listens;
    bool waits;
    rtmi_buf in;
    rtmi_buf out;
} peer;

static int epoll_fd;
static peer *listeners[LISTENERS_MAX];
static size_t listener_count;
static rtmi_buf run;
static uint32_t push_seq;
static char text[LOAD_SIZE_MAX];
static size_t text_len;

static void watch(peer *p, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = p};

    if (epoll_ctl(epoll_fd, operation, p->fd, &event) != 0)
        load_fail("epoll_ctl: %s", strerror(errno));
}

/* Bytes to a connection: what the socket does not take waits. */
static void give(peer *p, rtmi_span bytes)
{
    if (!p->waits && bytes.len > 0) {
        const ssize_t sent = send(p->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes.data += sent;
            bytes.len -= (size_t)sent;
        }
    }
    if (bytes.len == 0)
        return;
    rtmi_buf_append_span(&p->out, bytes);
    if (!p->waits)
        watch(p, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    p->waits = true;
}

static void flush(peer *p)
{
    const rtmi_span rest = rtmi_buf_span(&p->out);
    const ssize_t sent = send(p->fd, rest.data, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent > 0)
        rtmi_buf_consume(&p->out, (size_t)sent);
    if (rtmi_buf_len(&p->out) > 0)
        return;
    watch(p, EPOLL_CTL_MOD, EPOLLIN);
    p->waits = false;
}

static void add_push(void)
{
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = 51,
                                 .from = 100123,
                                 .to = 1,
                                 .mid = INT64_C(1795478135997000000) + push_seq,
                                 .mtime_ms = 1795478135997,
                                 .msg = {text, text_len},
                                 .attrs = {"", 0}};

    rtmi_message_encode(&run, ++push_seq, &message, 0);
}

static void add_answer(rtmi_buf *out, uint32_t seq)
{
    const size_t mark = rtmi_frame_begin_answer(out, seq, false);

    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "mtime", 1795478135997);
    rtmi_frame_end(out, mark);
}

/* The list that a connection wants is of one group, and of none for a sender. */
static bool wants_group(rtmi_span payload)
{
    static const uint8_t one[] = {0xa4, 'g', 'i', 'd', 's', 0x91};

    return memmem(payload.data, payload.len, one, sizeof one) != NULL;
}

static void take_packages(peer *p)
{
    static rtmi_buf answers = {.max = LOAD_OUT_MAX};
    rtmi_package package;

    rtmi_buf_clear(&run);
    rtmi_buf_clear(&answers);
    while (rtmi_frame_decode(rtmi_buf_span(&p->in), LOAD_CARRY_MAX, &package) == 1) {
        if (package.kind == RTMI_FRAME_TWOWAY && package.method.len == 12) {
            add_answer(&answers, package.seq);
            add_push();
        } else if (package.kind == RTMI_FRAME_TWOWAY) {
            if (rtmi_span_is(package.method, "addlisten") && wants_group(package.payload) &&
                listener_count < LISTENERS_MAX) {
                listeners[listener_count++] = p;
                p->listens = true;
            }
            rtmi_answer_empty(&answers, package.seq);
        }
        rtmi_buf_consume(&p->in, package.size);
    }
    if (answers.error != 0 || run.error != 0)
        load_fail("out of memory");
    give(p, rtmi_buf_span(&answers));
    for (size_t i = 0; i < listener_count && rtmi_buf_len(&run) > 0; i++)
        give(listeners[i], rtmi_buf_span(&run));
}

static void end(peer *p)
{
    for (size_t i = 0; i < listener_count; i++) {
        if (listeners[i] == p)
            listeners[i--] = listeners[--listener_count];
    }
    (void)close(p->fd);
    rtmi_buf_deinit(&p->in);
    rtmi_buf_deinit(&p->out);
    free(p);
}

static void serve(peer *p, uint32_t events)
{
    if ((events & EPOLLOUT) != 0)
        flush(p);
    if ((events & ~(uint32_t)EPOLLOUT) == 0)
        return;
    if (!rtmi_buf_reserve(&p->in, LOAD_READ_BYTES))
        load_fail("out of memory");
    const ssize_t len = recv(p->fd, rtmi_buf_tail(&p->in), LOAD_READ_BYTES, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        end(p);
        return;
    }
    rtmi_buf_commit(&p->in, (size_t)len);
    take_packages(p);
}

static void take_in(int listener)
{
    const int one = 1;
    peer *p = calloc(1, sizeof *p);

    if (p == NULL)
        load_fail("out of memory");
    p->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (p->fd < 0)
        load_fail("accept: %s", strerror(errno));
    (void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    rtmi_buf_init(&p->in, LOAD_READ_BYTES + LOAD_CARRY_MAX);
    rtmi_buf_init(&p->out, LOAD_OUT_MAX);
    watch(p, EPOLL_CTL_ADD, EPOLLIN);
}

int split_serve(size_t len)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct epoll_event events[EVENTS_MAX];
    static peer standard_input;
    peer door = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    text_len = len;
    memset(text, 'x', text_len);
    rtmi_buf_init(&run, LOAD_OUT_MAX);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 || door.fd < 0 || bind(door.fd, (struct sockaddr *)&address, size) != 0 ||
        listen(door.fd, 1024) != 0 || getsockname(door.fd, (struct sockaddr *)&address, &size) != 0)
        load_fail("listen: %s", strerror(errno));
    watch(&door, EPOLL_CTL_ADD, EPOLLIN);
    watch(&standard_input, EPOLL_CTL_ADD, EPOLLIN);
    (void)printf("ready 127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    (void)fflush(stdout);
    for (;;) {
        const int count = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            peer *p = events[i].data.ptr;
            if (p == &standard_input)
                return 0; /* the system closes the rest */
            if (p == &door)
                take_in(door.fd);
            else
                serve(p, events[i].events);
        }
    }
}
