/*
 * Limits of rate: one second's worth at once, then as time goes on; never more, and never less
 * than was promised.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/quota.h"
#include "lib/base/num.h"

#define SECOND INT64_C(1000000)

/* How many pass at that time. */
static uint64_t drain(quota *from, int64_t rate, int64_t now_us)
{
    uint64_t count = 0;

    while (quota_take(from, rate, 1, now_us))
        count++;
    return count;
}

static void one_second_passes_at_once_and_then_as_time_goes(void **state)
{
    static const int64_t rates[] = {1, 2, 3, 7, 10, 1000, 12345, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const int64_t rate = rates[i];
        quota one = {0};
        int64_t now_us = 77 * SECOND;
        assert_int_equal(drain(&one, rate, now_us), rate);
        assert_false(quota_take(&one, rate, 1, now_us + SECOND / rate - 1));
        assert_true(quota_take(&one, rate, 1, now_us + SECOND / rate + 1));
        now_us +=
            SECOND + 2 * SECOND / rate + 20; /* what one costs is rounded up to a nanosecond */
        assert_int_equal(drain(&one, rate, now_us), rate);
        now_us += 1000 * SECOND; /* what was not used is not saved up */
        assert_int_equal(drain(&one, rate, now_us), rate);
    }
}

static void no_more_than_the_rate_passes_in_any_time(void **state)
{
    quota one = {0};
    uint64_t random = 1;
    uint64_t passed = 0;
    int64_t now_us = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        random = rtmi_mix64(random);
        now_us += (int64_t)(random % 2000);
        passed += quota_take(&one, 500, 1, now_us);
    }
    /* Asked about twice as often as it gives: it gives all it has, and what stood at once. */
    assert_true(passed <= (uint64_t)(now_us / 2000) + 500);
    assert_true(passed + 5 >= (uint64_t)(now_us / 2000) + 500);
}

static void a_large_count_passes_and_is_paid_for_by_waiting(void **state)
{
    quota one = {0};

    (void)state;
    assert_true(quota_take(&one, 10, 2000, 0));
    assert_false(quota_take(&one, 10, 1, 199 * SECOND));
    assert_true(quota_take(&one, 10, 1, 200 * SECOND));
}

static void no_rate_is_no_limit(void **state)
{
    quota one = {0};
    quota_share share = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(quota_take(&one, 0, 1000000, 0));
        assert_true(quota_share_take(&share, &one, 0, 0));
    }
    assert_int_equal(atomic_load(&one.paid_ns), 0);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
    quota one = {0};

    (void)state;
    assert_int_equal(drain(&one, 5, 10 * SECOND), 5);
    assert_false(quota_take(&one, 5, 1, 9 * SECOND));
    assert_false(quota_take(&one, 5, 1, 0));
}

static void shares_pass_no_more_than_the_whole(void **state)
{
    static const int64_t rates[] = {1, 10, 199, 200, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        quota all = {0};
        quota_share shares[3] = {{0}};
        uint64_t passed = 0;
        for (int64_t n = 0; n < 6 * rates[i]; n++)
            passed += quota_share_take(&shares[n % 3], &all, rates[i], 0);
        assert_int_equal(passed, rates[i]);
    }
}

static void addresses_are_told_apart(void **state)
{
    quota_table *const table = calloc(1, sizeof *table);
    size_t refused = 0;

    (void)state;
    assert_non_null(table);
    table->seed = 42;
    for (uint64_t greedy = 0; greedy < 100; greedy++) {
        for (int i = 0; i < 10; i++)
            assert_true(quota_table_take(table, greedy, 10, 0));
        assert_false(quota_table_take(table, greedy, 10, 0));
    }
    for (uint64_t modest = 1000; modest < 11000; modest++)
        refused += !quota_table_take(table, modest, 10, 0);
    assert_int_equal(refused, 0);
    assert_true(quota_table_take(table, 0, 10, SECOND / 10));
    assert_false(quota_table_take(table, 0, 10, SECOND / 10));
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_second_passes_at_once_and_then_as_time_goes),
        cmocka_unit_test(no_more_than_the_rate_passes_in_any_time),
        cmocka_unit_test(a_large_count_passes_and_is_paid_for_by_waiting),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(shares_pass_no_more_than_the_whole),
        cmocka_unit_test(addresses_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
