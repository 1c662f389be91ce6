/*
 * Endpoints as text, and one TCP connection over the loopback: connect, receive, send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/net/poller.h"
#include "lib/net/socket.h"

#define DEADLINE_MS 10000

static void expect_endpoint(const char *text, const char *host, uint16_t port)
{
    rtmi_endpoint endpoint;

    assert_int_equal(rtmi_endpoint_parse(text, &endpoint), 0);
    assert_string_equal(endpoint.host, host);
    assert_int_equal(endpoint.port, port);
}

static void endpoints_of_all_kinds_are_read(void **state)
{
    (void)state;
    expect_endpoint("rtm.example.com:13321", "rtm.example.com", 13321);
    expect_endpoint("gate_1:1", "gate_1", 1);
    expect_endpoint("1.2.3.4:65535", "1.2.3.4", 65535);
    expect_endpoint("[::1]:80", "::1", 80);
    expect_endpoint("[2001:db8::7]:443", "2001:db8::7", 443);
    expect_endpoint("b\xc3\xbc"
                    "cher.example:80",
                    "b\xc3\xbc"
                    "cher.example",
                    80);
}

static void paths_of_unix_sockets_are_read(void **state)
{
    char text[5 + RTMI_UNIX_PATH_MAX + 2] = "unix:";
    char printed[RTMI_ADDRESS_TEXT_SIZE];
    rtmi_endpoint endpoint;
    rtmi_address address;

    (void)state;
    expect_endpoint("unix:/run/rtmd", "/run/rtmd", 0);
    expect_endpoint("unix:a b:80", "a b:80", 0);
    memset(text + 5, 'p', RTMI_UNIX_PATH_MAX);
    assert_int_equal(rtmi_endpoint_parse(text, &endpoint), 0);
    assert_true(endpoint.is_unix);
    rtmi_address_of_path(&endpoint, &address);
    rtmi_address_print(&address, printed);
    assert_string_equal(printed, text);
    text[5 + RTMI_UNIX_PATH_MAX] = 'p';
    assert_int_equal(rtmi_endpoint_parse(text, &endpoint), RTM_E_INVAL);
    assert_int_equal(rtmi_endpoint_parse("unix:", &endpoint), RTM_E_INVAL);
}

static void what_is_no_endpoint_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",           ":",        "host",    "host:",    ":80",       "host:0",
        "host:65536", "host:8x",  "::1:80",  "[::1]",    "[::1]80",   "[::1]:",
        "[zz]:80",    "ho st:80", "host:+8", "host: 80", "h\x7f:1",   "[1.2.3.4]:80",
        "[]:80",      "host:-1",  "a/b:80",  "u@h:80",   "host:80\n", "host:9999999999999999999999",
    };
    rtmi_endpoint endpoint = {.port = 42};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (rtmi_endpoint_parse(wrong[i], &endpoint) != RTM_E_INVAL)
            fail_msg("accepted: \"%s\"", wrong[i]);
        assert_int_equal(endpoint.port, 42);
    }
}

static void too_long_hosts_are_refused(void **state)
{
    char text[RTMI_HOST_SIZE + 8];
    rtmi_endpoint endpoint;

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text + RTMI_HOST_SIZE - 1, ":80", 4);
    assert_int_equal(rtmi_endpoint_parse(text, &endpoint), 0);
    assert_int_equal(strlen(endpoint.host), RTMI_HOST_SIZE - 1);
    memset(text, 'a', sizeof text);
    memcpy(text + RTMI_HOST_SIZE, ":80", 4);
    assert_int_equal(rtmi_endpoint_parse(text, &endpoint), RTM_E_INVAL);
}

static rtmi_address loopback(uint16_t port)
{
    rtmi_address address = {.len = sizeof address.v4};

    address.v4.sin_family = AF_INET;
    address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.v4.sin_port = htons(port);
    return address;
}

static int listen_on_loopback(rtmi_address *ret_address)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rtmi_address address = loopback(0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &address.any, address.len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, &address.any, &address.len), 0);
    *ret_address = address;
    return fd;
}

static void wait_for(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};

    assert_int_equal(poll(&one, 1, DEADLINE_MS), 1);
}

/* Both ends of one connection. */
static void make_pair(int *ret_ours, int *ret_theirs)
{
    rtmi_address address;
    int listener = listen_on_loopback(&address);
    const int r = rtmi_socket_connect(&address, ret_ours);

    assert_true(r >= 0);
    if (r == 0) {
        wait_for(*ret_ours, POLLOUT);
        assert_int_equal(rtmi_socket_finish_connect(*ret_ours), 0);
    }
    *ret_theirs = accept(listener, NULL, NULL);
    assert_true(*ret_theirs >= 0);
    rtmi_fd_close(&listener);
}

static void sockets_are_nonblocking_and_close_on_exec(void **state)
{
    int ours;
    int theirs;

    (void)state;
    make_pair(&ours, &theirs);
    assert_int_equal(fcntl(ours, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(ours, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    rtmi_fd_close(&ours);
    rtmi_fd_close(&theirs);
    assert_int_equal(ours, -1);
    rtmi_fd_close(&ours); /* once more does nothing */
}

static void receive_tells_bytes_none_and_the_end(void **state)
{
    uint8_t data[16];
    size_t len = 42;
    int ours;
    int theirs;

    (void)state;
    make_pair(&ours, &theirs);
    assert_int_equal(rtmi_socket_receive(ours, data, sizeof data, &len), 0);
    assert_int_equal(len, 42);
    assert_int_equal(send(theirs, "hello", 5, 0), 5);
    wait_for(ours, POLLIN);
    assert_int_equal(rtmi_socket_receive(ours, data, 3, &len), 1);
    assert_int_equal(len, 3);
    assert_int_equal(rtmi_socket_receive(ours, data, sizeof data, &len), 1);
    assert_int_equal(len, 2);
    rtmi_fd_close(&theirs);
    wait_for(ours, POLLIN);
    errno = 42;
    assert_int_equal(rtmi_socket_receive(ours, data, sizeof data, &len), RTM_E_LOST);
    assert_int_equal(errno, 0);
    rtmi_fd_close(&ours);
}

static void send_stops_when_the_peer_does_not_read(void **state)
{
    const size_t size = (size_t)32 * 1024 * 1024; /* more than two socket buffers hold */
    uint8_t *data = calloc(1, size);
    size_t sent = 0;
    int ours;
    int theirs;

    (void)state;
    assert_non_null(data);
    make_pair(&ours, &theirs);
    assert_int_equal(rtmi_socket_send(ours, data, 100, &sent), 1);
    assert_int_equal(sent, 100);
    assert_int_equal(rtmi_socket_send(ours, data, size, &sent), 0);
    assert_true(sent > 0 && sent < size);
    for (int i = 0; i < 1000 && sent > 0; i++)
        assert_int_equal(rtmi_socket_send(ours, data, size, &sent), 0);
    assert_int_equal(sent, 0);
    rtmi_fd_close(&ours);
    rtmi_fd_close(&theirs);
    free(data);
}

static void send_to_a_closed_peer_is_an_error_and_no_signal(void **state)
{
    const uint8_t byte = 1;
    size_t sent = 0;
    int ours;
    int theirs;
    int r = 1;

    (void)state;
    make_pair(&ours, &theirs);
    rtmi_fd_close(&theirs);
    for (int i = 0; i < 1000 && r == 1; i++)
        r = rtmi_socket_send(ours, &byte, 1, &sent); /* SIGPIPE would end the test */
    assert_int_equal(r, RTM_E_LOST);
    rtmi_fd_close(&ours);
}

static void connect_to_nobody_is_refused(void **state)
{
    rtmi_address address;
    int listener = listen_on_loopback(&address);
    int fd = -1;

    (void)state;
    rtmi_fd_close(&listener); /* a port that was free a moment ago */
    int r = rtmi_socket_connect(&address, &fd);
    if (r == 0) {
        wait_for(fd, POLLOUT);
        r = rtmi_socket_finish_connect(fd);
    }
    assert_int_equal(r, RTM_E_CONNECT);
    assert_int_equal(errno, ECONNREFUSED);
    rtmi_fd_close(&fd);
}

static void connect_to_itself_is_refused(void **state)
{
    /* A socket that is bound to the port it connects to is connected with itself. */
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rtmi_address address = loopback(0);

    (void)state;
    assert_int_equal(bind(fd, &address.any, address.len), 0);
    assert_int_equal(getsockname(fd, &address.any, &address.len), 0);
    assert_int_equal(connect(fd, &address.any, address.len), 0);
    assert_int_equal(rtmi_socket_finish_connect(fd), RTM_E_CONNECT);
    assert_int_equal(errno, ECONNREFUSED);
    close(fd);
}

static void addresses_are_printed_with_their_port(void **state)
{
    char text[RTMI_ADDRESS_TEXT_SIZE];
    rtmi_address address = loopback(13321);

    (void)state;
    rtmi_address_print(&address, text);
    assert_string_equal(text, "127.0.0.1:13321");
    address = (rtmi_address){.len = sizeof address.v6};
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(65535);
    memset(&address.v6.sin6_addr, 0xab, sizeof address.v6.sin6_addr);
    rtmi_address_print(&address, text);
    assert_string_equal(text, "[abab:abab:abab:abab:abab:abab:abab:abab]:65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_of_all_kinds_are_read),
        cmocka_unit_test(paths_of_unix_sockets_are_read),
        cmocka_unit_test(what_is_no_endpoint_is_refused),
        cmocka_unit_test(too_long_hosts_are_refused),
        cmocka_unit_test(sockets_are_nonblocking_and_close_on_exec),
        cmocka_unit_test(receive_tells_bytes_none_and_the_end),
        cmocka_unit_test(send_stops_when_the_peer_does_not_read),
        cmocka_unit_test(send_to_a_closed_peer_is_an_error_and_no_signal),
        cmocka_unit_test(connect_to_nobody_is_refused),
        cmocka_unit_test(connect_to_itself_is_refused),
        cmocka_unit_test(addresses_are_printed_with_their_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
