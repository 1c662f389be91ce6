/*
 * Non-blocking TCP and Unix sockets: connect, receive, send; and the text of an endpoint.
 */
#ifndef RTMI_NET_SOCKET_H
#define RTMI_NET_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define RTMI_HOST_SIZE 256 /* a name of DNS has 253 characters at most */

/** Bytes of the longest path of a Unix socket. */
#define RTMI_UNIX_PATH_MAX (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/** A host, without the brackets of an IPv6 address, and a port; or the path of a Unix socket. */
typedef struct rtmi_endpoint {
    char host[RTMI_HOST_SIZE];
    uint16_t port; /* 0 with is_unix */
    bool is_unix;  /* `host` is the path */
} rtmi_endpoint;

/**
 * Read "name:port", "1.2.3.4:port", "[::1]:port" or "unix:PATH". 0, or RTM_E_INVAL: no host or
 * port, a port outside 1 to 65535, characters that no host has, a bare IPv6 address, or a path
 * that is empty or longer than RTMI_UNIX_PATH_MAX. All of "unix:…" is a path: a host of that
 * name needs a final full stop.
 */
int rtmi_endpoint_parse(const char *text, rtmi_endpoint *ret);

/** An address to connect to. */
typedef struct rtmi_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un path;
    };
    socklen_t len;
} rtmi_address;

/** The address of an endpoint that is a path. */
void rtmi_address_of_path(const rtmi_endpoint *endpoint, rtmi_address *ret);

/** Room for "[address]:port" or "unix:PATH", and the NUL. */
#define RTMI_ADDRESS_TEXT_SIZE 128

void rtmi_address_print(const rtmi_address *address, char text[RTMI_ADDRESS_TEXT_SIZE]);

/**
 * Begin to connect. 1: connected. 0: under way; when `*ret_fd` becomes writable,
 * rtmi_socket_finish_connect() tells. Negative: RTM_E_CONNECT or RTM_E_SYSTEM, errno tells.
 */
int rtmi_socket_connect(const rtmi_address *address, int *ret_fd);

/** How a connect ended: 0, or RTM_E_CONNECT, errno tells. */
int rtmi_socket_finish_connect(int fd);

/** 1: `*ret_len` bytes were read. 0: none now. RTM_E_LOST: closed (errno 0) or broken. */
int rtmi_socket_receive(int fd, uint8_t *data, size_t len, size_t *ret_len);

/** 1: all was sent. 0: `*ret_len` bytes were, the rest not now. RTM_E_LOST, errno tells. */
int rtmi_socket_send(int fd, const uint8_t *data, size_t len, size_t *ret_len);

#endif
