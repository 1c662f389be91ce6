/*
 * Accepting in bounded runs. When descriptors or memory are short, connections wait in the
 * system's queue and we look again after PAUSE_MS, so that a full table neither spins the loop
 * nor fills the log.
 */
#include "gate/io/acceptor.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096
#define RUN_MAX 64 /* connections accepted in one turn */
#define PAUSE_MS 100
#define QUIET_MS 10000 /* between two log lines about one thing */

/* A line that may be due often and is written seldom. */
typedef struct seldom {
    uint64_t next_ms; /* of the loop's clock; 0: at once */
    uint64_t count;   /* since the last line */
} seldom;

struct acceptor {
    uv_poll_t poll;
    uv_timer_t timer;
    int handles; /* that libuv still knows */
    bound at;
    const gate_door *door;
    tls_context *secrets;
    const rtmi_log *log;
    admission *keeper;
    loop *const *loops;
    size_t loop_count;
    size_t next;
    seldom short_of; /* descriptors, memory */
    seldom full;
    seldom crowded;
    seldom many;
};

static void on_readable(uv_poll_t *handle, int status, int events);

/* Whether to log now; `ret_count` is how often it happened since the last line. */
static bool is_due(acceptor *self, seldom *what, uint64_t *ret_count)
{
    const uint64_t now_ms = uv_now(self->timer.loop);

    what->count++;
    if (now_ms < what->next_ms)
        return false;
    *ret_count = what->count;
    *what = (seldom){.next_ms = now_ms + QUIET_MS};
    return true;
}

static void tell_refused(acceptor *self, admission_answer answer, const tcp_conn *connection)
{
    unsigned long long times;
    uint64_t count;

    switch (answer) {
    case ADMISSION_FULL:
        if (is_due(self, &self->full, &count)) {
            times = count;
            rtmi_log_line(self->log, RTMI_LOG_WARN,
                          "peer=%s closed: max-connections is reached (%llu times since last told)",
                          connection->peer, times);
        }
        break;
    case ADMISSION_CROWDED:
        if (is_due(self, &self->crowded, &count)) {
            times = count;
            rtmi_log_line(self->log, RTMI_LOG_WARN,
                          "peer=%s closed: unproved-per-address is reached for its address "
                          "(%llu times since last told)",
                          connection->peer, times);
        }
        break;
    case ADMISSION_MANY:
        if (is_due(self, &self->many, &count)) {
            times = count;
            rtmi_log_line(self->log, RTMI_LOG_WARN,
                          "peer=%s closed: connections-per-address is reached for its address "
                          "(%llu times since last told)",
                          connection->peer, times);
        }
        break;
    case ADMISSION_YES:
    case ADMISSION_NO_MEMORY:
    case ADMISSION_ANSWERS:
        break;
    }
}

static void take(acceptor *self, int fd, const struct sockaddr *address)
{
    const admission_source source = admission_source_of(address);

    const admission_answer answer = admission_enter(self->keeper, source);
    tcp_conn *const connection = tcp_conn_new(fd, address, source, self->door,
                                              answer == ADMISSION_YES ? self->secrets : NULL);
    if (answer == ADMISSION_YES && connection != NULL) {
        loop_give(self->loops[self->next], connection);
        self->next = (self->next + 1) % self->loop_count;
        return;
    }
    if (answer == ADMISSION_YES)
        admission_leave(self->keeper, source, false);
    if (connection != NULL)
        tell_refused(self, answer, connection);
    free(connection);
    (void)close(fd);
}

static void on_pause_over(uv_timer_t *handle)
{
    acceptor *const self = handle->data;

    (void)uv_poll_start(&self->poll, UV_READABLE, on_readable);
}

static void pause_accepting(acceptor *self, int error)
{
    uint64_t count;

    (void)uv_poll_stop(&self->poll);
    (void)uv_timer_start(&self->timer, on_pause_over, PAUSE_MS, 0);
    if (is_due(self, &self->short_of, &count))
        rtmi_log_line(self->log, RTMI_LOG_ERROR,
                      "new connections have to wait: %s (%llu times since last told)",
                      strerror(error), (unsigned long long)count);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    acceptor *const self = handle->data;

    (void)events;
    if (status < 0) {
        pause_accepting(self, -status);
        return;
    }
    for (int i = 0; i < RUN_MAX; i++) {
        struct sockaddr_storage address = {0};
        socklen_t len = sizeof address;
        const int fd =
            accept4(self->at.fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take(self, fd, (const struct sockaddr *)&address);
        } else if (errno == EAGAIN) {
            return;
        } else if (is_shortage(errno)) {
            pause_accepting(self, errno);
            return;
        }
        /* Else the one connection broke before it was taken: on to the next. */
    }
}

int acceptor_open(uv_loop_t *uv, const acceptor_options *options, const rtmi_log *log,
                  acceptor **ret_acceptor, char *reterr_text, size_t text_size)
{
    acceptor *const self = calloc(1, sizeof *self);

    if (self == NULL) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        tls_context_free(options->secrets);
        return -1;
    }
    self->log = log;
    self->door = options->door;
    self->secrets = options->secrets;
    if (bound_open(&self->at, options->path, options->host, options->port, reterr_text, text_size) <
        0)
        goto fail;
    self->poll.data = self->timer.data = self;
    int r = uv_poll_init(uv, &self->poll, self->at.fd);
    if (r == 0) {
        self->handles++;
        r = uv_timer_init(uv, &self->timer);
    }
    if (r != 0) {
        (void)snprintf(reterr_text, text_size, "%s", uv_strerror(r));
        goto fail;
    }
    self->handles++;
    *ret_acceptor = self;
    return 0;

fail:
    acceptor_close(self);
    return -1;
}

void acceptor_set_tls(acceptor *self, tls_context *secrets)
{
    tls_context_free(self->secrets);
    self->secrets = secrets;
}

const char *acceptor_get_address(const acceptor *self)
{
    return self->at.address;
}

int acceptor_start(acceptor *self, admission *keeper, loop *const *loops, size_t loop_count,
                   char *reterr_text, size_t text_size)
{
    assert(loop_count > 0);
    const int on = 1;

    self->keeper = keeper;
    self->loops = loops;
    self->loop_count = loop_count;
    /* Connections inherit it; on a Unix socket it means nothing. */
    (void)setsockopt(self->at.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (listen(self->at.fd, BACKLOG) < 0) {
        (void)snprintf(reterr_text, text_size, "%s", strerror(errno));
        return -1;
    }
    const int r = uv_poll_start(&self->poll, UV_READABLE, on_readable);
    if (r != 0) {
        (void)snprintf(reterr_text, text_size, "%s", uv_strerror(r));
        return -1;
    }
    return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    acceptor *const self = handle->data;

    if (--self->handles == 0)
        free(self);
}

void acceptor_close(acceptor *self)
{
    if (self == NULL)
        return;
    const int handles = self->handles;
    bound at = self->at;
    tls_context_free(self->secrets);
    if (handles >= 1)
        uv_close((uv_handle_t *)&self->poll, on_handle_closed);
    if (handles >= 2)
        uv_close((uv_handle_t *)&self->timer, on_handle_closed);
    bound_close(&at);
    if (handles == 0)
        free(self);
}
