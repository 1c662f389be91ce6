/*
 * System calls on one socket. Options are set on each new one: close-on-exec,
 * non-blocking, no delay of small packages. Writing never raises SIGPIPE.
 */
#include "lib/net/socket.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/net/poller.h"

/* Names may hold more than letters and digits (underscores, IDN bytes); blanks never. */
static bool host_is_possible(const char *host, size_t len, bool is_bracketed)
{
    if (len == 0 || len >= RTMI_HOST_SIZE)
        return false;
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)host[i];
        if (c <= ' ' || c == 0x7f || c == '/' || c == '[' || c == ']' || c == '@')
            return false;
        if (c == ':' && !is_bracketed)
            return false; /* an IPv6 address without brackets: where would its port begin? */
    }
    return true;
}

static int parse_path(const char *path, rtmi_endpoint *ret)
{
    const size_t len = strlen(path);
    rtmi_endpoint out = {.is_unix = true};

    if (len == 0 || len > RTMI_UNIX_PATH_MAX)
        return RTM_E_INVAL;
    memcpy(out.host, path, len);
    *ret = out;
    return 0;
}

int rtmi_endpoint_parse(const char *text, rtmi_endpoint *ret)
{
    const char *host = text;
    const char *host_end;
    const char *port;
    const bool is_bracketed = text[0] == '[';
    struct in6_addr unused;
    int64_t number;
    rtmi_endpoint out = {.port = 0};

    if (strncmp(text, "unix:", 5) == 0)
        return parse_path(text + 5, ret);
    if (is_bracketed) {
        host = text + 1;
        host_end = strchr(host, ']');
        if (host_end == NULL || host_end[1] != ':')
            return RTM_E_INVAL;
        port = host_end + 2;
    } else {
        host_end = strrchr(text, ':');
        if (host_end == NULL)
            return RTM_E_INVAL;
        port = host_end + 1;
    }
    const size_t len = (size_t)(host_end - host);
    if (!host_is_possible(host, len, is_bracketed))
        return RTM_E_INVAL;
    if (!isdigit((unsigned char)port[0]) || !rtmi_int_parse(port, strlen(port), &number) ||
        number < 1 || number > UINT16_MAX)
        return RTM_E_INVAL;
    memcpy(out.host, host, len);
    /* LIMIT: no scope ids ("fe80::1%eth0"); link-local gates need a name or another address. */
    if (is_bracketed && inet_pton(AF_INET6, out.host, &unused) != 1)
        return RTM_E_INVAL;
    out.port = (uint16_t)number;
    *ret = out;
    return 0;
}

void rtmi_address_of_path(const rtmi_endpoint *endpoint, rtmi_address *ret)
{
    *ret = (rtmi_address){.len = sizeof ret->path};
    ret->path.sun_family = AF_UNIX;
    memcpy(ret->path.sun_path, endpoint->host, strlen(endpoint->host));
}

void rtmi_address_print(const rtmi_address *address, char text[RTMI_ADDRESS_TEXT_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->any.sa_family == AF_UNIX) {
        (void)snprintf(text, RTMI_ADDRESS_TEXT_SIZE, "unix:%s", address->path.sun_path);
    } else if (address->any.sa_family == AF_INET6) {
        (void)inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
        (void)snprintf(text, RTMI_ADDRESS_TEXT_SIZE, "[%s]:%u", host,
                       (unsigned)ntohs(address->v6.sin6_port));
    } else {
        (void)inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
        (void)snprintf(text, RTMI_ADDRESS_TEXT_SIZE, "%s:%u", host,
                       (unsigned)ntohs(address->v4.sin_port));
    }
}

int rtmi_socket_connect(const rtmi_address *address, int *ret_fd)
{
    const int on = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return errno == EAFNOSUPPORT ? RTM_E_CONNECT : RTM_E_SYSTEM;
    /* Answers leave in one write a turn anyway: waiting to join them would only cost time. */
    if (address->any.sa_family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* EINTR: the attempt goes on by itself, as after EINPROGRESS. */
    if (connect(fd, &address->any, address->len) == 0) {
        if (rtmi_socket_finish_connect(fd) == 0) {
            *ret_fd = fd;
            return 1;
        }
    } else if (errno == EINPROGRESS || errno == EINTR) {
        *ret_fd = fd;
        return 0;
    }
    const int saved = errno;
    rtmi_fd_close(&fd);
    errno = saved;
    return RTM_E_CONNECT;
}

/*
 * Who tries again and again to reach a port of his own machine where nobody listens is given
 * that very port as his own one day, and is then connected with himself.
 */
static bool is_own_peer(int fd)
{
    rtmi_address own = {.len = 0};
    rtmi_address peer = {.len = 0};

    own.len = sizeof own.v6;
    peer.len = sizeof peer.v6;
    return getsockname(fd, &own.any, &own.len) == 0 && own.any.sa_family != AF_UNIX &&
           getpeername(fd, &peer.any, &peer.len) == 0 && own.len == peer.len &&
           memcmp(&own.any, &peer.any, own.len) == 0;
}

int rtmi_socket_finish_connect(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return RTM_E_CONNECT;
    if (error != 0) {
        errno = error;
        return RTM_E_CONNECT;
    }
    if (is_own_peer(fd)) {
        errno = ECONNREFUSED;
        return RTM_E_CONNECT;
    }
    return 0;
}

int rtmi_socket_receive(int fd, uint8_t *data, size_t len, size_t *ret_len)
{
    ssize_t n;

    do
        n = recv(fd, data, len, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        *ret_len = (size_t)n;
        return 1;
    }
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n == 0)
        errno = 0;
    return RTM_E_LOST;
}

int rtmi_socket_send(int fd, const uint8_t *data, size_t len, size_t *ret_len)
{
    ssize_t n;

    do
        n = send(fd, data, len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        *ret_len = 0;
        return 0;
    }
    if (n < 0)
        return RTM_E_LOST;
    *ret_len = (size_t)n;
    return (size_t)n == len ? 1 : 0;
}
