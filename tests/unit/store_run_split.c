/*
 * Batches cut into runs: whatever lies where in a batch, its runs read back as its records, none is
 * too large, and bytes in order are not copied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/store/run_split.h"
#include "tests/support/store_batches.h"

enum { COUNT = 3000, BYTES = 400000 };

static store_record records[COUNT];
static uint8_t bytes[BYTES];

static bool are_equal(const store_record *one, const uint8_t *ones, const store_record *other,
                      const uint8_t *others)
{
    return one->offset == other->offset && one->mtime_ms == other->mtime_ms &&
           one->from == other->from && one->to == other->to && one->mid == other->mid &&
           one->ahead_ms == other->ahead_ms && one->kind == other->kind &&
           one->mtype == other->mtype && one->is_binary == other->is_binary &&
           one->msg_len == other->msg_len && one->attrs_len == other->attrs_len &&
           memcmp(ones + one->msg_at, others + other->msg_at, one->msg_len) == 0 &&
           memcmp(ones + one->attrs_at, others + other->attrs_at, one->attrs_len) == 0;
}

/* Encode a run and read it back; how many records it has, each as in the batch. */
static size_t check_run(const batch_run *run, const store_record *expected)
{
    const size_t room = batch_encoded_max(run);
    uint8_t *encoded = malloc(room);
    batch_reader reader;
    store_record record;
    size_t count = 0;

    assert_non_null(encoded);

    const size_t len = batch_encode(run, encoded);

    assert_true(len <= room);
    assert_int_equal(batch_reader_init(&reader, encoded, len, BATCH_VERIFY), 0);
    while (batch_reader_next(&reader, &record) > 0) {
        assert_true(are_equal(&record, reader.bytes, &expected[count], bytes));
        count++;
    }
    assert_int_equal(count, run->record_count);
    assert_true(count == 1 || len < RUN_BYTES + 40 * count);
    free(encoded);
    return count;
}

/* Cut all of a batch; how many runs were parts of it as they stood. */
static size_t cut(const store_batch *batch, size_t *ret_run_count)
{
    run_split split = {0};
    batch_run run;
    size_t read = 0;
    size_t parts = 0;
    int r;

    *ret_run_count = 0;
    run_split_begin(&split, batch);
    while ((r = run_split_next(&split, &run)) > 0) {
        parts += run.records == batch->records + read;
        read += check_run(&run, batch->records + read);
        ++*ret_run_count;
    }
    assert_int_equal(r, 0);
    assert_int_equal(read, batch->record_count);
    run_split_deinit(&split);
    return parts;
}

static store_batch batch_of(size_t count, size_t byte_count)
{
    return (store_batch){.pid = 7,
                         .epoch = 1,
                         .records = records,
                         .record_count = count,
                         .bytes = bytes,
                         .byte_count = byte_count};
}

static store_record record_of(size_t place, size_t msg_at, size_t msg_len, size_t attrs_len)
{
    return (store_record){
        .offset = (int64_t)place + 1,
        .mtime_ms = 1700000000000 + (int64_t)place / 50,
        .from = 100,
        .to = place % 7 == 0 ? -5 : 8000000000000,
        .mid = (int64_t)place * 3,
        .msg_at = (uint32_t)msg_at,
        .msg_len = (uint32_t)msg_len,
        .attrs_at = (uint32_t)(msg_at + msg_len),
        .attrs_len = (uint32_t)attrs_len,
        .ahead_ms = (uint32_t)(place % 50),
        .kind = STORE_GROUP,
        .mtype = 30,
        .is_binary = place % 2 == 0,
    };
}

/* As the gate makes them: one behind the other, and some of a message to many. */
static void bytes_in_order_are_not_copied(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 50; round++) {
        size_t end = round % 3 == 0 ? 0 : 11; /* whatever stands in front of them is left out */
        size_t runs;
        size_t count = 0;

        while (count < COUNT && end < BYTES - 1000) {
            const size_t msg_len = test_dice(&seed) % (round % 2 == 0 ? 200 : 20);
            const size_t attrs_len = test_dice(&seed) % 4 == 0 ? test_dice(&seed) % 300 : 0;
            size_t targets = test_dice(&seed) % 10 == 0 ? 1 + test_dice(&seed) % 100 : 1;

            for (; targets > 0 && count < COUNT; targets--, count++)
                records[count] = record_of(count, end, msg_len, attrs_len);
            end += msg_len + attrs_len;
        }

        const store_batch batch = batch_of(count, end);

        const size_t parts = cut(&batch, &runs);

        assert_int_equal(parts, runs);
        assert_true(runs > 1);
    }
}

/* Nothing is promised about where bytes stand. */
static void bytes_may_stand_anywhere(void **state)
{
    uint64_t seed = 2;

    (void)state;
    for (int round = 0; round < 50; round++) {
        const size_t odd = 1 + test_dice(&seed) % 700; /* so rarely out of order */
        size_t end = 0;
        size_t runs;

        for (size_t i = 0; i < COUNT; i++) {
            const size_t msg_len = test_dice(&seed) % 100;
            const size_t attrs_len = test_dice(&seed) % 10;

            records[i] = record_of(i, end, msg_len, attrs_len);
            end += msg_len + attrs_len;
            if (test_dice(&seed) % odd == 0)
                records[i].msg_at = (uint32_t)(test_dice(&seed) % (BYTES - 100));
            if (test_dice(&seed) % odd == 0)
                records[i].attrs_at = (uint32_t)(test_dice(&seed) % (BYTES - 100));
        }

        const store_batch batch = batch_of(COUNT, BYTES);

        (void)cut(&batch, &runs);
        assert_true(runs > 1);
    }
}

static void a_large_record_is_a_run_of_its_own(void **state)
{
    size_t runs;

    (void)state;
    records[0] = record_of(0, 0, 10, 0);
    records[1] = record_of(1, 10, 300000, 0);
    records[2] = record_of(2, 300010, 10, 5);
    records[3] = record_of(3, 300025, 0, 0);

    const store_batch batch = batch_of(4, 300025);

    const size_t parts = cut(&batch, &runs);

    assert_int_equal(parts, 3);
    assert_int_equal(runs, 3);
}

static void a_batch_may_be_without_bytes(void **state)
{
    size_t runs;

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        records[i] = record_of(i, 0, 0, 0);

    store_batch batch = batch_of(COUNT, 0);

    batch.bytes = NULL;

    const size_t parts = cut(&batch, &runs);

    assert_int_equal(parts, 2);
    assert_int_equal(runs, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_in_order_are_not_copied),
        cmocka_unit_test(bytes_may_stand_anywhere),
        cmocka_unit_test(a_large_record_is_a_run_of_its_own),
        cmocka_unit_test(a_batch_may_be_without_bytes),
    };
    uint64_t seed = 3;

    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)test_dice(&seed);
    return cmocka_run_group_tests_name("store.run_split", tests, NULL, NULL);
}
