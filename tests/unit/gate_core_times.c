/*
 * Times of messages: strictly rising in a conversation, whatever the clock and the load do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/core/times.h"
#include "lib/base/num.h"
#include "tests/support/alloc_fail.h"

static const int64_t now_ms = INT64_C(1700000000000);

static void a_second_message_of_a_millisecond_gets_ahead(void **state)
{
    const store_conversation one = store_conversation_of(STORE_GROUP, 5, 1);
    const store_conversation other = store_conversation_of(STORE_ROOM, 5, 1);
    times all;

    (void)state;
    times_init(&all, 1);
    assert_int_equal(times_take(&all, &one, now_ms), 0);
    assert_int_equal(times_take(&all, &one, now_ms), 1);
    assert_int_equal(times_take(&all, &one, now_ms), 2);
    assert_int_equal(times_take(&all, &other, now_ms), 0);
    assert_int_equal(times_take(&all, &one, now_ms + 1), 2);
    assert_int_equal(times_take(&all, &one, now_ms + 3), 1);
    assert_int_equal(times_take(&all, &one, now_ms + 5), 0);
    times_deinit(&all);
}

static void both_ends_of_p2p_share_a_conversation(void **state)
{
    const store_conversation there = store_conversation_of(STORE_P2P, 1, 2);
    const store_conversation back = store_conversation_of(STORE_P2P, 2, 1);
    times all;

    (void)state;
    times_init(&all, 1);
    assert_int_equal(times_take(&all, &there, now_ms), 0);
    assert_int_equal(times_take(&all, &back, now_ms), 1);
    times_deinit(&all);
}

static void what_is_stored_counts(void **state)
{
    const store_conversation one = store_conversation_of(STORE_BROADCAST, 5, 0);
    times all;

    (void)state;
    times_init(&all, 1);
    times_seen(&all, &one, now_ms + 7);
    times_seen(&all, &one, now_ms + 3);
    assert_int_equal(times_take(&all, &one, now_ms), 8);
    times_deinit(&all);
}

/* Thousands of conversations at random, against an array of their last times. */
static void times_rise_in_each_of_many_conversations(void **state)
{
    enum { CONVERSATIONS = 20000 };
    static int64_t last[CONVERSATIONS];
    times all;
    int64_t clock_ms = now_ms;
    uint64_t random = 1;

    (void)state;
    times_init(&all, 99);
    for (int i = 0; i < 300000; i++) {
        const uint64_t drawn = rtmi_mix64(++random);
        /* One in ten goes to a few that are busy. */
        const uint64_t which = drawn % 10 == 0 ? drawn / 16 % 3 : drawn / 16 % CONVERSATIONS;
        const store_conversation to = store_conversation_of(STORE_GROUP, 1, (int64_t)which + 1);
        clock_ms += drawn >> 60 == 0 ? 5 : 0;
        const int64_t time_ms = clock_ms + times_take(&all, &to, clock_ms);
        assert_true(time_ms > last[which]);
        if (last[which] < clock_ms)
            assert_int_equal(time_ms, clock_ms); /* and no more ahead than it needs to be */
        else
            assert_int_equal(time_ms, last[which] + 1);
        last[which] = time_ms;
    }
    times_deinit(&all);
}

static void what_has_passed_is_forgotten(void **state)
{
    times all;

    (void)state;
    times_init(&all, 5);
    for (int64_t i = 0; i < 200000; i++) {
        const store_conversation to = store_conversation_of(STORE_GROUP, 1, i + 1);
        assert_int_equal(times_take(&all, &to, now_ms + i), 0);
        assert_true(all.last.count <= 2 * 4096);
    }
    times_deinit(&all);
}

static bool life(void *userdata)
{
    times all;

    (void)userdata;
    times_init(&all, 5);
    for (int64_t i = 0; i < 9000; i++) {
        const store_conversation to = store_conversation_of(STORE_GROUP, 1, i + 1);
        (void)times_take(&all, &to, now_ms + i / 3000);
    }
    times_deinit(&all);
    return !alloc_fail_hit();
}

static void memory_may_run_out(void **state)
{
    (void)state;
    (void)alloc_fail_sweep(life, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_message_of_a_millisecond_gets_ahead),
        cmocka_unit_test(both_ends_of_p2p_share_a_conversation),
        cmocka_unit_test(what_is_stored_counts),
        cmocka_unit_test(times_rise_in_each_of_many_conversations),
        cmocka_unit_test(what_has_passed_is_forgotten),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests_name("gate_core.times", tests, NULL, NULL);
}
