/*
 * The waits between attempts: where they lie, and that no policy or attempt breaks them.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/session/backoff.h"

static const rtmi_backoff_policy usual = {.first_ms = 200, .ceiling_ms = 30000, .percent = 200};

/* The longest wait of an attempt: `random` is taken modulo the ceiling and one. */
static int64_t longest(const rtmi_backoff_policy *policy, uint32_t attempt)
{
    int64_t low = 0;
    int64_t high = policy->ceiling_ms;

    while (low < high) {
        const int64_t middle = low + (high - low + 1) / 2;
        if (rtmi_backoff_delay(policy, attempt, (uint64_t)middle) == middle)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void ceiling_doubles_up_to_the_policy_s(void **state)
{
    (void)state;
    assert_int_equal(longest(&usual, 0), 200);
    assert_int_equal(longest(&usual, 1), 400);
    assert_int_equal(longest(&usual, 7), 25600);
    assert_int_equal(longest(&usual, 8), 30000);
    assert_int_equal(longest(&usual, 9), 30000);
    assert_int_equal(longest(&usual, UINT32_MAX), 30000);
}

static void waits_spread_over_the_whole_range(void **state)
{
    uint64_t sum = 0;
    int64_t least = INT64_MAX;
    int64_t most = -1;

    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        const int64_t wait = rtmi_backoff_delay(&usual, 3, rtmi_mix64(i + 1));
        assert_in_range(wait, 0, 1600);
        least = rtmi_min_i64(least, wait);
        most = rtmi_max_i64(most, wait);
        sum += (uint64_t)wait;
    }
    assert_int_equal(least, 0);
    assert_int_equal(most, 1600);
    assert_in_range(sum / 100000, 780, 820);
}

static void small_growth_is_not_lost(void **state)
{
    const rtmi_backoff_policy slow = {.first_ms = 1, .ceiling_ms = 1000, .percent = 110};

    (void)state;
    assert_int_equal(longest(&slow, 0), 1);
    assert_int_equal(longest(&slow, 10), 2);
    assert_int_equal(longest(&slow, 100), 1000);
}

static void growth_of_at_most_100_percent_stays_at_the_first(void **state)
{
    rtmi_backoff_policy flat = {.first_ms = 50, .ceiling_ms = 1000, .percent = 100};

    (void)state;
    assert_int_equal(longest(&flat, UINT32_MAX), 50);
    flat.percent = 0;
    assert_int_equal(longest(&flat, 5), 50);
}

static void extremes_stay_in_range(void **state)
{
    const rtmi_backoff_policy huge = {
        .first_ms = INT64_MAX - 1, .ceiling_ms = INT64_MAX, .percent = UINT32_MAX};
    const rtmi_backoff_policy none = {.first_ms = 0, .ceiling_ms = 1000, .percent = 200};
    const rtmi_backoff_policy capped = {.first_ms = 5000, .ceiling_ms = 10, .percent = 200};

    (void)state;
    for (uint32_t attempt = 0; attempt < 70; attempt++) {
        assert_true(rtmi_backoff_delay(&huge, attempt, UINT64_MAX) >= 0);
        assert_true(rtmi_backoff_delay(&huge, attempt, INT64_MAX) >= 0);
        assert_int_equal(rtmi_backoff_delay(&none, attempt, UINT64_MAX), 0);
        assert_in_range(rtmi_backoff_delay(&capped, attempt, UINT64_MAX - attempt), 0, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceiling_doubles_up_to_the_policy_s),
        cmocka_unit_test(waits_spread_over_the_whole_range),
        cmocka_unit_test(small_growth_is_not_lost),
        cmocka_unit_test(growth_of_at_most_100_percent_stays_at_the_first),
        cmocka_unit_test(extremes_stay_in_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
