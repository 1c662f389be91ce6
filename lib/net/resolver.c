/*
 * One c-ares channel per lookup, so that each sees the system's configuration as it is then.
 *
 * c-ares calls back inside its own functions; here a callback only takes notes, and the client
 * asks for them afterwards. The sockets are made by functions of ours: close-on-exec from
 * birth, and no SIGPIPE when a name server closes a TCP connection.
 */
#include "lib/net/resolver.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rtm/error.h>

#include "lib/net/poller.h"

struct rtmi_resolver {
    ares_channel channel; /* NULL until made */
    int poller;
    uint32_t tag;
    bool is_mute; /* being freed in a child process: the poller is the parent's too */
    bool is_done;
    int status; /* of c-ares */
    uint16_t port;
    int count;
    rtmi_address addresses[RTMI_ADDRESS_COUNT];
};

static ares_socket_t open_socket(int domain, int type, int protocol, void *userdata)
{
    (void)userdata;
    return socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

static int close_socket(ares_socket_t fd, void *userdata)
{
    (void)userdata;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len,
                          void *userdata)
{
    (void)userdata;
    return connect(fd, address, len);
}

static ares_ssize_t receive_from(ares_socket_t fd, void *data, size_t len, int flags,
                                 struct sockaddr *address, ares_socklen_t *address_len,
                                 void *userdata)
{
    (void)userdata;
    return recvfrom(fd, data, len, flags, address, address_len);
}

static ares_ssize_t send_vector(ares_socket_t fd, const struct iovec *vector, int count,
                                void *userdata)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)vector,
                             .msg_iovlen = (size_t)count};

    (void)userdata;
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {
    .asocket = open_socket,
    .aclose = close_socket,
    .aconnect = connect_socket,
    .arecvfrom = receive_from,
    .asendv = send_vector,
};

static void on_socket_state(void *userdata, ares_socket_t fd, int readable, int writable)
{
    rtmi_resolver *resolver = userdata;
    unsigned what = 0;

    if (resolver->is_mute)
        return;
    if (readable)
        what |= RTMI_POLL_READ;
    if (writable)
        what |= RTMI_POLL_WRITE;
    /* A socket that cannot be watched is as one that is never answered: the time-out helps. */
    (void)rtmi_poller_watch(resolver->poller, fd, what, (uint64_t)fd << 32 | resolver->tag);
}

static void take_address(rtmi_resolver *resolver, const struct ares_addrinfo_node *node)
{
    rtmi_address *to = &resolver->addresses[resolver->count];

    if (resolver->count == RTMI_ADDRESS_COUNT)
        return;
    if (node->ai_family == AF_INET && node->ai_addrlen == sizeof to->v4) {
        memcpy(&to->v4, node->ai_addr, sizeof to->v4);
        to->v4.sin_port = htons(resolver->port);
    } else if (node->ai_family == AF_INET6 && node->ai_addrlen == sizeof to->v6) {
        memcpy(&to->v6, node->ai_addr, sizeof to->v6);
        to->v6.sin6_port = htons(resolver->port);
    } else {
        return;
    }
    to->len = node->ai_addrlen;
    resolver->count++;
}

static void on_addresses(void *userdata, int status, int timeouts, struct ares_addrinfo *found)
{
    rtmi_resolver *resolver = userdata;

    (void)timeouts;
    resolver->is_done = true;
    resolver->status = status;
    if (found == NULL)
        return;
    if (status == ARES_SUCCESS) {
        for (const struct ares_addrinfo_node *node = found->nodes; node != NULL;
             node = node->ai_next)
            take_address(resolver, node);
        if (resolver->count == 0)
            resolver->status = ARES_ENODATA;
    }
    ares_freeaddrinfo(found);
}

static int error_of_status(int status, int otherwise)
{
    return status == ARES_ENOMEM ? RTM_E_NOMEM : otherwise;
}

int rtmi_resolver_init_library(void)
{
    const int status = ares_library_init(ARES_LIB_INIT_ALL);

    return status == ARES_SUCCESS ? 0 : error_of_status(status, RTM_E_SYSTEM);
}

int rtmi_resolver_new(int poller, uint32_t tag, const char *servers, int query_timeout_ms,
                      rtmi_resolver **ret_resolver)
{
    char lookups[] = "fb"; /* the hosts file, then DNS, whatever nsswitch.conf has */
    rtmi_resolver *resolver = calloc(1, sizeof *resolver);
    int status;

    if (resolver == NULL)
        return RTM_E_NOMEM;
    resolver->poller = poller;
    resolver->tag = tag;

    struct ares_options options = {
        .timeout = query_timeout_ms,
        .lookups = lookups,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = resolver,
    };
    status = ares_init_options(&resolver->channel, &options,
                               ARES_OPT_TIMEOUTMS | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
        resolver->channel = NULL;
        goto fail;
    }
    ares_set_socket_functions(resolver->channel, &socket_functions, NULL);
    if (servers != NULL) {
        status = ares_set_servers_ports_csv(resolver->channel, servers);
        if (status != ARES_SUCCESS)
            goto fail;
    }
    *ret_resolver = resolver;
    return 0;

fail:
    rtmi_resolver_free(resolver, false);
    return error_of_status(status, RTM_E_SYSTEM);
}

void rtmi_resolver_free(rtmi_resolver *resolver, bool is_forked)
{
    if (resolver == NULL)
        return;
    resolver->is_mute = is_forked;
    if (resolver->channel != NULL)
        ares_destroy(resolver->channel); /* ends lookups: on_addresses() runs in here */
    free(resolver);
}

void rtmi_resolver_start(rtmi_resolver *resolver, const rtmi_endpoint *endpoint)
{
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct in_addr unused;

    /* c-ares 1.18 takes a numeric IPv4 address for a name when any family is asked for. */
    if (inet_pton(AF_INET, endpoint->host, &unused) == 1)
        hints.ai_family = AF_INET;
    resolver->port = endpoint->port;
    ares_getaddrinfo(resolver->channel, endpoint->host, NULL, &hints, on_addresses, resolver);
}

void rtmi_resolver_event(rtmi_resolver *resolver, int fd, unsigned what)
{
    const bool failed = (what & RTMI_POLL_FAILED) != 0;
    const bool reads = failed || (what & RTMI_POLL_READ) != 0;
    const bool writes = failed || (what & RTMI_POLL_WRITE) != 0;

    ares_process_fd(resolver->channel, reads ? fd : ARES_SOCKET_BAD, writes ? fd : ARES_SOCKET_BAD);
}

void rtmi_resolver_tick(rtmi_resolver *resolver)
{
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

int64_t rtmi_resolver_get_timeout(const rtmi_resolver *resolver)
{
    struct timeval unused;
    const struct timeval *left = ares_timeout(resolver->channel, NULL, &unused);

    if (left == NULL)
        return -1;
    return (int64_t)left->tv_sec * 1000 + (left->tv_usec + 999) / 1000;
}

int rtmi_resolver_get_result(const rtmi_resolver *resolver, const rtmi_address **ret_addresses)
{
    if (!resolver->is_done)
        return 0;
    if (resolver->status != ARES_SUCCESS)
        return error_of_status(resolver->status, RTM_E_RESOLVE);
    *ret_addresses = resolver->addresses;
    return resolver->count;
}

const char *rtmi_resolver_get_error_text(const rtmi_resolver *resolver)
{
    return resolver->is_done && resolver->status != ARES_SUCCESS ? ares_strerror(resolver->status)
                                                                 : "";
}
