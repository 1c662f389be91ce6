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
#include "tests/support/store_questions.h"
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

/* The oldest go, also those of conversations that never come again; ids go on. */
static void the_index_drops_what_the_ring_drops(void **state)
{
    enum { COUNT = 40000, ROOM = 60000 };
    const store_options options = {.memory_max_bytes = ROOM};
    test_records records = {.count = 0};
    store_ask ask = {.pid = PID,
                     .question = STORE_ASK_PAGE,
                     .conversation = {.kind = STORE_GROUP, .a = 1},
                     .is_descending = true,
                     .num = STORE_PAGE_MAX};
    store_state opened;
    store *tested;
    long blocks = 0;

    (void)state;
    assert_int_equal(store_open_memory(&options, &tested, test_text, sizeof test_text), 0);
    assert_int_equal(
        tested->ops->open_project(tested, PID, 1, 0, &opened, test_text, sizeof test_text), 0);
    alloc_fail_reset();
    for (int64_t i = 1; i <= COUNT; i++) { /* each second message is the only one of its group */
        const store_record record = {
            .offset = i, .mtime_ms = i, .kind = STORE_GROUP, .to = i % 2 == 0 ? 1 : i + 1};

        test_records_add(&records, record, "x", 1, "", 0);
        if (i % 10 == 0)
            assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
        if (i == COUNT / 2)
            blocks = alloc_fail_live();
    }
    assert_true(alloc_fail_live() < blocks + blocks / 2); /* no more than half-way */
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_true(ask.answer.row_count > 100);
    for (size_t i = 0; i < ask.answer.row_count; i++) {
        assert_int_equal(ask.answer.rows[i].id, COUNT / 2 - (int64_t)i);
        assert_int_equal(ask.answer.rows[i].offset, COUNT - 2 * (int64_t)i);
    }
    store_answer_deinit(&ask.answer);
    ask.conversation.a = 4;
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 0);
    store_answer_deinit(&ask.answer);
    test_records_deinit(&records);
    tested->ops->close(tested);
}

static bool count_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                        void *userdata)
{
    int *count = userdata;

    (void)key;
    (void)key_len;
    (void)value;
    (void)value_len;
    (*count)++;
    return true;
}

static void count_failed_answer(store_ask *ask, void *userdata)
{
    int *failed = userdata;

    *failed += ask->answer.result < 0;
    store_answer_deinit(&ask->answer);
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
    store_change change = {.key_len = 1, .value_at = 1, .value_len = 4};
    int entry_count = 0;
    int failed = 0;
    store_batch batch = {
        .epoch = 1,
        .records = &record,
        .record_count = 1,
        .bytes = (const uint8_t *)"hello",
        .byte_count = 5,
        .changes = &change,
        .change_count = 1,
        .change_bytes = (const uint8_t *)"hello",
        .change_byte_count = 5,
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
        const bool is_edit = offset % 5 == 4;

        record.offset = offset;
        record.kind = is_edit ? STORE_EDIT : STORE_ROOM;
        record.mtype = is_edit ? STORE_ROOM : 30;
        record.to = offset % 3;
        change.key_at = (uint32_t)offset % 4;
        change.is_removal = offset % 7 == 0;
        tested->ops->append(tested, &batch);
        if (offset % 10 == 0) {
            store_ask ask = {.question = (store_question)(offset / 10 % 3),
                             .conversation = {.kind = STORE_ROOM, .a = 1},
                             .num = 10,
                             .done = count_failed_answer,
                             .userdata = &failed};

            tested->ops->ask(tested, &ask);
        }
    }
    failed += tested->ops->read_entries(tested, 0, count_entry, &entry_count, test_text,
                                        sizeof test_text) < 0;
    if (failed == 0 && entry_count != 3)
        failed++; /* "l" was removed with offset 35, and came again with 39; "e" is gone */
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
        cmocka_unit_test(the_index_drops_what_the_ring_drops),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    int failed = store_cases_run();

    failed += cmocka_run_group_tests_name("the ring", cases, NULL, NULL);
    return failed;
}
