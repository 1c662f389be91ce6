/*
 * The log in RAM: what every store does, and the bound of its ring.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/alloc_fail.h"
#include "tests/support/store_batches.h"
#include "tests/unit/store_cases.h"

enum { PID = 7 };

int store_case_setup(void **state)
{
    const store_options options = {.memory_max_bytes = 256 << 20};

    return store_open_memory(&options, (store **)state, test_text, sizeof test_text);
}

int store_case_teardown(void **state)
{
    store *tested = *state;

    tested->ops->close(tested);
    return 0;
}

int store_case_reopen(void **state)
{
    (void)state;
    return 0;
}

static void the_ring_drops_the_oldest(void **state)
{
    const store_options options = {.memory_max_bytes = 20000};
    test_plan plan = {.pid = PID, .epoch = 1, .count = 1, .body_max = 1000, .is_shared = true};
    store_state opened;
    store *tested;

    (void)state;
    assert_int_equal(store_open_memory(&options, &tested, test_text, sizeof test_text), 0);
    assert_int_equal(
        tested->ops->open_project(tested, PID, 1, 0, &opened, test_text, sizeof test_text), 0);
    for (plan.first_offset = 1; plan.first_offset <= 100; plan.first_offset++) {
        assert_int_equal(test_append(tested, &plan), 0);

        const int64_t kept = test_count_records(tested, &plan, 1, INT64_MAX);

        /* A record costs some bytes beside its body, so 17 or 18 fit, not 20. */
        assert_int_equal(kept, plan.first_offset < 17 ? plan.first_offset : kept);
        assert_true(kept <= 19 && (plan.first_offset < 17 || kept >= 17));
    }
    /* One that is larger than the ring is all that stays. */
    plan.body_max = 50000;
    assert_int_equal(test_append(tested, &plan), 0);
    assert_int_equal(test_count_records(tested, &plan, 1, INT64_MAX), 1);
    assert_int_equal(
        tested->ops->open_project(tested, PID, 2, 0, &opened, test_text, sizeof test_text), 0);
    assert_int_equal(opened.head, 101);
    assert_int_equal(opened.tail, 101);
    tested->ops->close(tested);
}

static void count_failure(store_batch *batch, int result, const char *text, void *userdata)
{
    int *failed = userdata;

    (void)batch;
    (void)text;
    *failed += result < 0;
}

/* A small life of a store; true when all of it went well. */
static bool live(void *userdata)
{
    const store_options options = {.memory_max_bytes = 20000};
    store_record record = {.kind = STORE_ROOM, .msg_len = 5};
    int failed = 0;
    store_batch batch = {
        .epoch = 1,
        .records = &record,
        .record_count = 1,
        .bytes = (const uint8_t *)"hello",
        .byte_count = 5,
        .done = count_failure,
        .userdata = &failed,
    };
    store_state opened;
    store *tested;

    (void)userdata;
    if (store_open_memory(&options, &tested, test_text, sizeof test_text) < 0)
        return false;
    for (int32_t pid = 0; pid < 10; pid++)
        failed +=
            tested->ops->open_project(tested, pid, 1, 0, &opened, test_text, sizeof test_text) < 0;
    for (int64_t offset = 1; offset <= 40; offset++) {
        record.offset = offset;
        tested->ops->append(tested, &batch);
    }
    tested->ops->close(tested);
    return failed == 0;
}

static void running_out_of_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(live, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(the_ring_drops_the_oldest),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    int failed = store_cases_run();

    failed += cmocka_run_group_tests_name("the ring", cases, NULL, NULL);
    return failed;
}
