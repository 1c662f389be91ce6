/*
 * Names to addresses: numeric ones, the hosts file, and a small name server of the test's own.
 * One loop plays both sides, so that nothing depends on the network of the machine.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/net/clock.h"
#include "lib/net/poller.h"
#include "lib/net/resolver.h"

#define TAG 3
#define SERVER_TAG 9
#define DEADLINE_MS 10000
#define ADDRESSES_OF_MANY 30

enum { TYPE_A = 1 };

/* A name server, and the poller that watches it beside the resolver's sockets. */
typedef struct world {
    int poller;
    int server;
    char servers[32];
    int queries;
    bool is_silent;
} world;

static int set_up(void **state)
{
    static world w;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    w = (world){.server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    *state = &w;
    if (rtmi_resolver_init_library() < 0 || rtmi_poller_open(&w.poller) < 0 ||
        bind(w.server, (struct sockaddr *)&address, len) < 0 ||
        getsockname(w.server, (struct sockaddr *)&address, &len) < 0)
        return -1;
    (void)snprintf(w.servers, sizeof w.servers, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return rtmi_poller_watch(w.poller, w.server, RTMI_POLL_READ, SERVER_TAG);
}

static int tear_down(void **state)
{
    world *w = *state;

    rtmi_fd_close(&w->server);
    rtmi_fd_close(&w->poller);
    return 0;
}

static size_t put_address(uint8_t *at, uint8_t last)
{
    /* The name of the question, A, IN, 60 s, four bytes: 10.0.0.last */
    const uint8_t record[] = {0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, last};

    memcpy(at, record, sizeof record);
    return sizeof record;
}

/* "two.test" has two addresses, "many.test" thirty; other names do not exist. */
static void serve(world *w)
{
    uint8_t message[2048];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t n = recvfrom(w->server, message, 512, 0, (struct sockaddr *)&from, &from_len);

    if (n < 12)
        return;
    w->queries++;
    if (w->is_silent)
        return;
    size_t len = 12;
    while (len < (size_t)n && message[len] != 0)
        len += 1 + (size_t)message[len];
    const uint8_t type = message[len + 2];
    const bool is_two = memcmp(message + 12, "\3two\4test", 10) == 0;
    const bool is_many = memcmp(message + 12, "\4many\4test", 11) == 0;
    const uint8_t count = type != TYPE_A ? 0 : is_two ? 2 : is_many ? ADDRESSES_OF_MANY : 0;

    len += 5;
    message[2] = 0x81;                            /* an answer */
    message[3] = is_two || is_many ? 0x80 : 0x83; /* or NXDOMAIN */
    message[7] = count;
    message[9] = message[11] = 0; /* without what EDNS may have added */
    for (uint8_t i = 0; i < count; i++)
        len += put_address(message + len, (uint8_t)(i + 1));
    (void)sendto(w->server, message, len, 0, (struct sockaddr *)&from, from_len);
}

static rtmi_resolver *start(world *w, const char *host, int query_timeout_ms)
{
    rtmi_endpoint endpoint = {.port = 13321};
    rtmi_resolver *resolver = NULL;

    (void)snprintf(endpoint.host, sizeof endpoint.host, "%s", host);
    assert_int_equal(rtmi_resolver_new(w->poller, TAG, w->servers, query_timeout_ms, &resolver), 0);
    rtmi_resolver_start(resolver, &endpoint);
    return resolver;
}

static void handle_event(world *w, rtmi_resolver *resolver, const rtmi_poll_event *event)
{
    if (event->tag == SERVER_TAG) {
        serve(w);
        return;
    }
    const int fd = (int)(event->tag >> 32);
    assert_int_equal((uint32_t)event->tag, TAG);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    rtmi_resolver_event(resolver, fd, event->what);
}

static int finish(world *w, rtmi_resolver *resolver, const rtmi_address **ret)
{
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    const int64_t end = rtmi_clock_mono_ms() + DEADLINE_MS;
    int r;

    while ((r = rtmi_resolver_get_result(resolver, ret)) == 0) {
        const int64_t wait_ms = rtmi_resolver_get_timeout(resolver);
        assert_true(wait_ms >= 0);
        assert_true(rtmi_clock_mono_ms() < end);
        const int n = rtmi_poller_wait(w->poller, events, wait_ms);
        for (int i = 0; i < n; i++)
            handle_event(w, resolver, &events[i]);
        rtmi_resolver_tick(resolver);
    }
    return r;
}

static void expect_one(world *w, const char *host, const char *text)
{
    const rtmi_address *found = NULL;
    char printed[RTMI_ADDRESS_TEXT_SIZE];
    rtmi_resolver *resolver = start(w, host, 1000);

    assert_int_equal(rtmi_resolver_get_result(resolver, &found), 1); /* at once */
    rtmi_address_print(&found[0], printed);
    assert_string_equal(printed, text);
    assert_int_equal(rtmi_resolver_get_timeout(resolver), -1);
    assert_string_equal(rtmi_resolver_get_error_text(resolver), "");
    rtmi_resolver_free(resolver, false);
    assert_int_equal(w->queries, 0);
}

static void numeric_hosts_need_no_server(void **state)
{
    expect_one(*state, "192.0.2.7", "192.0.2.7:13321");
    expect_one(*state, "::1", "[::1]:13321");
    expect_one(*state, "2001:db8::1", "[2001:db8::1]:13321");
}

static void hosts_file_needs_no_server(void **state)
{
    world *w = *state;
    const rtmi_address *found = NULL;
    rtmi_resolver *resolver = start(w, "localhost", 1000);

    assert_true(finish(w, resolver, &found) >= 1);
    if (found[0].any.sa_family == AF_INET)
        assert_int_equal(ntohl(found[0].v4.sin_addr.s_addr) >> 24, 127);
    rtmi_resolver_free(resolver, false);
    assert_int_equal(w->queries, 0);
}

static void name_server_gives_all_addresses(void **state)
{
    world *w = *state;
    const rtmi_address *found = NULL;
    unsigned seen = 0;
    rtmi_resolver *resolver = start(w, "two.test", 1000);

    assert_int_equal(rtmi_resolver_get_result(resolver, &found), 0);
    assert_int_equal(finish(w, resolver, &found), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(found[i].any.sa_family, AF_INET);
        assert_int_equal(ntohs(found[i].v4.sin_port), 13321);
        seen |= ntohl(found[i].v4.sin_addr.s_addr);
    }
    assert_int_equal(seen, 0x0a000003); /* 10.0.0.1 and 10.0.0.2 */
    rtmi_resolver_free(resolver, false);
}

static void addresses_are_bounded(void **state)
{
    world *w = *state;
    const rtmi_address *found = NULL;
    rtmi_resolver *resolver = start(w, "many.test", 1000);

    assert_int_equal(finish(w, resolver, &found), RTMI_ADDRESS_COUNT);
    rtmi_resolver_free(resolver, false);
}

static void unknown_names_fail_with_a_text(void **state)
{
    world *w = *state;
    const rtmi_address *found = NULL;
    rtmi_resolver *resolver = start(w, "missing.test", 1000);

    assert_int_equal(finish(w, resolver, &found), RTM_E_RESOLVE);
    assert_null(found);
    assert_true(strlen(rtmi_resolver_get_error_text(resolver)) > 0);
    rtmi_resolver_free(resolver, false);
}

static void silent_servers_end_in_a_failure(void **state)
{
    world *w = *state;
    const rtmi_address *found = NULL;

    w->is_silent = true;
    rtmi_resolver *resolver = start(w, "two.test", 20);
    assert_int_equal(finish(w, resolver, &found), RTM_E_RESOLVE);
    assert_true(w->queries > 0);
    rtmi_resolver_free(resolver, false);
}

static void free_in_the_middle_unwatches_its_sockets(void **state)
{
    world *w = *state;
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    rtmi_resolver *resolver = start(w, "two.test", 1000);

    rtmi_resolver_free(resolver, false);
    rtmi_resolver_free(NULL, false);
    assert_int_equal(rtmi_poller_wait(w->poller, events, 0), 1); /* the server's query is left */
    assert_int_equal(events[0].tag, SERVER_TAG);
}

static void wrong_servers_are_refused(void **state)
{
    world *w = *state;
    rtmi_resolver *resolver = NULL;

    assert_int_equal(rtmi_resolver_new(w->poller, TAG, "not an address", 100, &resolver),
                     RTM_E_SYSTEM);
    assert_null(resolver);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(numeric_hosts_need_no_server),
        CASE(hosts_file_needs_no_server),
        CASE(name_server_gives_all_addresses),
        CASE(addresses_are_bounded),
        CASE(unknown_names_fail_with_a_text),
        CASE(silent_servers_end_in_a_failure),
        CASE(free_in_the_middle_unwatches_its_sockets),
        CASE(wrong_servers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
