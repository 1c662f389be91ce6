/*
 * The poller and its wake-up; the clocks and the random numbers.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/net/clock.h"
#include "lib/net/poller.h"

static void wake_up_makes_the_poller_readable(void **state)
{
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    int poller = -1;
    int wake = -1;

    (void)state;
    assert_int_equal(rtmi_poller_open(&poller), 0);
    assert_int_equal(rtmi_wake_open(&wake), 0);
    assert_int_equal(fcntl(poller, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(wake, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(rtmi_poller_watch(poller, wake, RTMI_POLL_READ, UINT64_C(7) << 40), 0);
    assert_int_equal(rtmi_poller_wait(poller, events, 0), 0);
    assert_int_equal(rtmi_poller_wait_one(poller, 0), 0);

    rtmi_wake_signal(wake);
    rtmi_wake_signal(wake);
    assert_int_equal(rtmi_poller_wait_one(poller, -1), 1); /* as one descriptor of another loop */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rtmi_poller_wait(poller, events, -1), 1); /* level-triggered */
        assert_true(events[0].tag == UINT64_C(7) << 40);
        assert_int_equal(events[0].what, RTMI_POLL_READ);
    }
    rtmi_wake_drain(wake);
    assert_int_equal(rtmi_poller_wait_one(poller, 0), 0);
    rtmi_wake_drain(wake); /* does not block */
    rtmi_fd_close(&wake);
    rtmi_fd_close(&poller);
}

static void watch_replaces_and_ends(void **state)
{
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    int poller = -1;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(rtmi_poller_open(&poller), 0);
    assert_int_equal(rtmi_poller_watch(poller, pair[0], 0, 1), 0); /* was not watched at all */
    assert_int_equal(rtmi_poller_watch(poller, pair[0], RTMI_POLL_READ, 1), 0);
    assert_int_equal(rtmi_poller_wait(poller, events, 0), 0);
    assert_int_equal(rtmi_poller_watch(poller, pair[0], RTMI_POLL_READ | RTMI_POLL_WRITE, 2), 0);
    assert_int_equal(rtmi_poller_wait(poller, events, 0), 1);
    assert_int_equal(events[0].tag, 2);
    assert_int_equal(events[0].what, RTMI_POLL_WRITE);
    close(pair[1]);
    assert_int_equal(rtmi_poller_wait(poller, events, 0), 1);
    assert_int_equal(events[0].what & RTMI_POLL_FAILED, RTMI_POLL_FAILED);
    assert_int_equal(rtmi_poller_watch(poller, pair[0], 0, 2), 0);
    assert_int_equal(rtmi_poller_wait(poller, events, 0), 0);
    assert_int_equal(rtmi_poller_watch(poller, -1, RTMI_POLL_READ, 0), RTM_E_SYSTEM);
    close(pair[0]);
    rtmi_fd_close(&poller);
}

static void waits_end_with_the_time(void **state)
{
    rtmi_poll_event events[RTMI_POLL_EVENT_COUNT];
    int poller = -1;

    (void)state;
    assert_int_equal(rtmi_poller_open(&poller), 0);
    const int64_t before = rtmi_clock_mono_ms();
    assert_int_equal(rtmi_poller_wait(poller, events, 15), 0);
    assert_int_equal(rtmi_poller_wait_one(poller, 15), 0);
    assert_true(rtmi_clock_mono_ms() - before >= 29); /* each may end within a millisecond */
    rtmi_fd_close(&poller);
}

static void wall_clock_is_the_system_s(void **state)
{
    const int64_t now = (int64_t)time(NULL) * 1000;

    (void)state;
    const int64_t ours = rtmi_clock_wall_ms();
    /* time() may be a tick behind. */
    assert_true(ours >= now && ours < ((int64_t)time(NULL) + 2) * 1000);
}

static void random_numbers_differ_and_are_wiped(void **state)
{
    enum { COUNT = 3 * RTMI_RANDOM_COUNT };
    static const rtmi_random zero;
    uint64_t seen[COUNT];
    rtmi_random random;

    (void)state;
    assert_int_equal(rtmi_random_init(&random), 0);
    for (size_t i = 0; i < COUNT; i++) {
        seen[i] = rtmi_random_next(&random);
        for (size_t j = 0; j < i; j++)
            assert_true(seen[i] != seen[j]);
    }
    rtmi_random_deinit(&random);
    assert_memory_equal(&random, &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wake_up_makes_the_poller_readable),
        cmocka_unit_test(watch_replaces_and_ends),
        cmocka_unit_test(waits_end_with_the_time),
        cmocka_unit_test(wall_clock_is_the_system_s),
        cmocka_unit_test(random_numbers_differ_and_are_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
