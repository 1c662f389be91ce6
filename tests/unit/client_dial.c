/*
 * Dialling: the order of addresses, when each is begun, and who wins. Time is an argument; a
 * listening socket whose queue is full plays the address that never answers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/client/dial.h"

#define TAG 4

static const rtmi_log quiet;

static rtmi_address v4(uint32_t host, uint16_t port)
{
    rtmi_address address = {.len = sizeof address.v4};

    address.v4.sin_family = AF_INET;
    address.v4.sin_addr.s_addr = htonl(host);
    address.v4.sin_port = htons(port);
    return address;
}

static rtmi_address v6(uint16_t port)
{
    rtmi_address address = {.len = sizeof address.v6};

    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_addr = in6addr_loopback;
    address.v6.sin6_port = htons(port);
    return address;
}

static int open_listener(int backlog, rtmi_address *ret_address)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *ret_address = v4(INADDR_LOOPBACK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &ret_address->any, ret_address->len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, &ret_address->any, &ret_address->len), 0);
    return fd;
}

/* An address where connecting neither works nor fails. */
typedef struct dead {
    int listener;
    int fillers[8];
    rtmi_address address;
} dead;

static void make_dead(dead *it)
{
    it->listener = open_listener(0, &it->address);
    for (size_t i = 0; i < 8; i++) {
        it->fillers[i] = -1;
        assert_true(rtmi_socket_connect(&it->address, &it->fillers[i]) >= 0);
    }
}

static void free_dead(dead *it)
{
    for (size_t i = 0; i < 8; i++)
        rtmi_fd_close(&it->fillers[i]);
    rtmi_fd_close(&it->listener);
}

static void tell_events(client_dial *dial, int timeout_ms)
{
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    const int n = rtmi_poller_wait(dial->poller, events, timeout_ms);

    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        assert_int_equal((uint32_t)events[i].tag, TAG);
        rtmi_dial_event(dial, (uint32_t)(events[i].tag >> 32));
    }
}

static int count_under_way(const client_dial *dial)
{
    int count = 0;

    for (size_t i = 0; i < DIAL_SLOT_COUNT; i++)
        count += dial->slots[i].fd >= 0;
    return count;
}

static void begin(client_dial *dial, int *ret_poller)
{
    assert_int_equal(rtmi_poller_open(ret_poller), 0);
    rtmi_dial_init(dial, *ret_poller, TAG, &quiet);
}

static void end(client_dial *dial, int *poller)
{
    rtmi_dial_stop(dial, false);
    assert_int_equal(count_under_way(dial), 0);
    rtmi_fd_close(poller);
}

static void families_take_turns(void **state)
{
    const rtmi_address given[] = {v6(1), v6(2), v6(3), v4(1, 4), v4(1, 5)};
    static const uint16_t ports[] = {1, 4, 2, 5, 3};
    client_dial dial;
    int poller;

    (void)state;
    begin(&dial, &poller);
    rtmi_dial_begin(&dial, given, 5, 10000, 0);
    for (size_t i = 0; i < 5; i++) /* the port stands at one place in both */
        assert_int_equal(ntohs(dial.addresses[i].v4.sin_port), ports[i]);
    end(&dial, &poller);
}

static void the_next_begins_after_a_step_and_wins(void **state)
{
    rtmi_address addresses[2];
    client_dial dial;
    dead first;
    int poller;
    int fd = -1;

    (void)state;
    make_dead(&first);
    addresses[0] = first.address;
    int listener = open_listener(8, &addresses[1]);
    begin(&dial, &poller);
    rtmi_dial_begin(&dial, addresses, 2, 10000, 1000);
    assert_int_equal(rtmi_dial_deadline(&dial), 1000);
    assert_int_equal(rtmi_dial_step(&dial, 1000, &fd), 0);
    assert_int_equal(count_under_way(&dial), 1);
    assert_int_equal(rtmi_dial_deadline(&dial), 1000 + DIAL_STEP_MS);
    assert_int_equal(rtmi_dial_step(&dial, 1000 + DIAL_STEP_MS - 1, &fd), 0);
    assert_int_equal(count_under_way(&dial), 1);
    int r = rtmi_dial_step(&dial, 1000 + DIAL_STEP_MS, &fd);
    assert_true(rtmi_dial_deadline(&dial) == INT64_MAX);
    if (r == 0) {
        assert_int_equal(count_under_way(&dial), 2); /* the first goes on */
        tell_events(&dial, 10000);
        r = rtmi_dial_step(&dial, 1000 + DIAL_STEP_MS, &fd);
    }
    assert_int_equal(r, 1);
    assert_true(fd >= 0);
    assert_int_equal(rtmi_dial_winner(&dial)->v4.sin_port, addresses[1].v4.sin_port);
    assert_int_equal(count_under_way(&dial), 0);
    rtmi_fd_close(&fd);
    rtmi_fd_close(&listener);
    end(&dial, &poller);
    free_dead(&first);
}

static void a_failure_begins_the_next_at_once(void **state)
{
    rtmi_address addresses[3];
    client_dial dial;
    int poller;
    int fd = -1;
    int r = 0;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        int closed = open_listener(1, &addresses[i]);
        rtmi_fd_close(&closed);
    }
    int listener = open_listener(8, &addresses[2]);
    begin(&dial, &poller);
    rtmi_dial_begin(&dial, addresses, 3, 10000, 5);
    r = rtmi_dial_step(&dial, 5, &fd);
    while (r == 0) {
        tell_events(&dial, 10000);
        r = rtmi_dial_step(&dial, 5, &fd); /* the clock stands still */
    }
    assert_int_equal(r, 1);
    assert_int_equal(rtmi_dial_winner(&dial)->v4.sin_port, addresses[2].v4.sin_port);
    rtmi_fd_close(&fd);
    rtmi_fd_close(&listener);
    end(&dial, &poller);
}

static void all_refused_is_told(void **state)
{
    rtmi_address addresses[2];
    client_dial dial;
    int poller;
    int fd = -1;
    int r = 0;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        int closed = open_listener(1, &addresses[i]);
        rtmi_fd_close(&closed);
    }
    begin(&dial, &poller);
    rtmi_dial_begin(&dial, addresses, 2, 10000, 5);
    while ((r = rtmi_dial_step(&dial, 5, &fd)) == 0)
        tell_events(&dial, 10000);
    assert_int_equal(r, RTM_E_CONNECT);
    assert_int_equal(fd, -1);
    end(&dial, &poller);
}

static void at_most_four_are_under_way_and_all_get_a_turn(void **state)
{
    rtmi_address addresses[RTMI_ADDRESS_COUNT];
    client_dial dial;
    dead it;
    int poller;
    int fd = -1;
    int64_t now = 0;

    (void)state;
    make_dead(&it);
    for (size_t i = 0; i < RTMI_ADDRESS_COUNT; i++)
        addresses[i] = it.address;
    begin(&dial, &poller);
    rtmi_dial_begin(&dial, addresses, RTMI_ADDRESS_COUNT, 10000, now);
    while (dial.next < RTMI_ADDRESS_COUNT) {
        now = rtmi_dial_deadline(&dial);
        assert_in_range(now, 0, 10000);
        assert_int_equal(rtmi_dial_step(&dial, now, &fd), 0);
        assert_in_range(count_under_way(&dial), 1, DIAL_SLOT_COUNT);
    }
    assert_int_equal(count_under_way(&dial), DIAL_SLOT_COUNT);
    end(&dial, &poller);
    free_dead(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_take_turns),
        cmocka_unit_test(the_next_begins_after_a_step_and_wins),
        cmocka_unit_test(a_failure_begins_the_next_at_once),
        cmocka_unit_test(all_refused_is_told),
        cmocka_unit_test(at_most_four_are_under_way_and_all_get_a_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
