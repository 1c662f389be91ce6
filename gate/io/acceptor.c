/*
 * Accepting in bounded runs. When descriptors or memory are short, connections wait in the
 * system's queue and we look again after PAUSE_MS, so that a full table neither spins the loop
 * nor fills the log.
 */
#include "gate/io/acceptor.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
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
    int fd;
    bool has_file; /* a Unix socket: to be removed while it is still ours */
    struct stat file;
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
    char address[ACCEPTOR_ADDRESS_SIZE];
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
    case ADMISSION_YES:
    case ADMISSION_NO_MEMORY:
        break;
    }
}

static void take(acceptor *self, int fd, const struct sockaddr *address)
{
    const int on = 1;
    const admission_source source = admission_source_of(address);

    const admission_answer answer = admission_enter(self->keeper, source);
    tcp_conn *const connection = tcp_conn_new(fd, address, source, self->door,
                                              answer == ADMISSION_YES ? self->secrets : NULL);
    if (answer == ADMISSION_YES && connection != NULL) {
        if (address->sa_family != AF_UNIX)
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
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
            accept4(self->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
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

static int bind_to(const struct addrinfo *info)
{
    const int on = 1;
    const int off = 0;

    const int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, info->ai_addr, info->ai_addrlen) < 0) {
        const int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Whether a gate listens there: a socket file outlives its gate when that is killed. */
static bool is_served(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool served = true;

    if (fd < 0)
        return true;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        served = errno != ECONNREFUSED && errno != ENOENT;
    (void)close(fd);
    return served;
}

static int open_unix_socket(acceptor *self, const char *path, char *reterr_text, size_t text_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat about;

    if (strlen(path) >= sizeof address.sun_path) {
        (void)snprintf(reterr_text, text_size, "the path is longer than %zu bytes",
                       sizeof address.sun_path - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (lstat(path, &about) == 0) {
        if (!S_ISSOCK(about.st_mode) || is_served(&address)) {
            (void)snprintf(reterr_text, text_size, "%s",
                           S_ISSOCK(about.st_mode) ? strerror(EADDRINUSE)
                                                   : "there is a file that is no socket");
            return -1;
        }
        (void)unlink(path);
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        (void)snprintf(reterr_text, text_size, "%s", strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    self->has_file = lstat(path, &self->file) == 0;
    (void)snprintf(self->address, sizeof self->address, "unix:%s", path);
    return fd;
}

/* Remove the socket's file, unless another gate has put its own there. */
static void remove_file(const acceptor *self)
{
    const char *const path = self->address + strlen("unix:");
    struct stat about;

    if (self->has_file && lstat(path, &about) == 0 && about.st_dev == self->file.st_dev &&
        about.st_ino == self->file.st_ino)
        (void)unlink(path);
}

/* A bound socket, or -1 with a text. */
static int open_tcp_socket(const char *host, uint16_t port, char *reterr_text, size_t text_size)
{
    /* IPv6 first: `::` takes both families, where the machine has it. */
    const char *const every[] = {"::", "0.0.0.0"};
    const char *const given[] = {host};
    const bool is_every = host[0] == '\0';
    const char *const *const hosts = is_every ? every : given;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    char service[8];
    int fd = -1;

    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    for (size_t i = 0; fd < 0 && i < (is_every ? 2U : 1U); i++) {
        struct addrinfo *found = NULL;
        const int r = getaddrinfo(hosts[i], service, &hints, &found);
        if (r != 0) {
            (void)snprintf(reterr_text, text_size, "%s", gai_strerror(r));
            continue;
        }
        for (const struct addrinfo *info = found; fd < 0 && info != NULL; info = info->ai_next) {
            fd = bind_to(info);
            if (fd < 0)
                (void)snprintf(reterr_text, text_size, "%s", strerror(errno));
        }
        freeaddrinfo(found);
    }
    return fd;
}

static int print_bound_address(int fd, char *text, size_t size)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char host[48];
    char service[8];

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
        getnameinfo((struct sockaddr *)&address, len, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return -1;
    (void)snprintf(text, size, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, service);
    return 0;
}

static int open_socket(acceptor *self, const acceptor_options *options, char *reterr_text,
                       size_t text_size)
{
    if (options->path != NULL) {
        self->fd = open_unix_socket(self, options->path, reterr_text, text_size);
        return self->fd < 0 ? -1 : 0;
    }
    self->fd = open_tcp_socket(options->host, options->port, reterr_text, text_size);
    if (self->fd < 0)
        return -1;
    if (print_bound_address(self->fd, self->address, sizeof self->address) == 0)
        return 0;
    (void)snprintf(reterr_text, text_size, "its own address is unknown");
    return -1;
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
    self->fd = -1;
    if (open_socket(self, options, reterr_text, text_size) < 0)
        goto fail;
    self->poll.data = self->timer.data = self;
    int r = uv_poll_init(uv, &self->poll, self->fd);
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
    return self->address;
}

int acceptor_start(acceptor *self, admission *keeper, loop *const *loops, size_t loop_count,
                   char *reterr_text, size_t text_size)
{
    assert(loop_count > 0);
    self->keeper = keeper;
    self->loops = loops;
    self->loop_count = loop_count;
    if (listen(self->fd, BACKLOG) < 0) {
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
    const int fd = self->fd;
    remove_file(self);
    tls_context_free(self->secrets);
    if (handles >= 1)
        uv_close((uv_handle_t *)&self->poll, on_handle_closed);
    if (handles >= 2)
        uv_close((uv_handle_t *)&self->timer, on_handle_closed);
    if (fd >= 0)
        (void)close(fd);
    if (handles == 0)
        free(self);
}
