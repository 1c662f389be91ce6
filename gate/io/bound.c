/*
 * From an address to a socket that is bound to it.
 *
 * The file of a Unix socket outlives a gate that is killed: one that nobody serves any more is
 * replaced, and ours is removed only while it is still ours.
 */
#include "gate/io/bound.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

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

static int open_unix_socket(bound *self, const char *path, char *reterr_text, size_t text_size)
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

int bound_open(bound *self, const char *path, const char *host, uint16_t port, char *reterr_text,
               size_t text_size)
{
    *self = (bound){.fd = -1};
    if (path != NULL) {
        self->fd = open_unix_socket(self, path, reterr_text, text_size);
        return self->fd < 0 ? -1 : 0;
    }
    self->fd = open_tcp_socket(host, port, reterr_text, text_size);
    if (self->fd < 0)
        return -1;
    if (print_bound_address(self->fd, self->address, sizeof self->address) == 0)
        return 0;
    (void)snprintf(reterr_text, text_size, "its own address is unknown");
    bound_close(self);
    return -1;
}

/* Remove the socket's file, unless another gate has put its own there. */
static void remove_file(const bound *self)
{
    const char *const path = self->address + strlen("unix:");
    struct stat about;

    if (self->has_file && lstat(path, &about) == 0 && about.st_dev == self->file.st_dev &&
        about.st_ino == self->file.st_ino)
        (void)unlink(path);
}

void bound_close(bound *self)
{
    remove_file(self);
    self->has_file = false;
    if (self->fd >= 0)
        (void)close(self->fd);
    self->fd = -1;
}
