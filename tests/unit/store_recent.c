/*
 * Records that are kept for the index: what is taken is all that was committed behind a place, or
 * nothing; and there are never more than so many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/store/recent.h"
#include "tests/support/alloc_fail.h"

enum { BATCH_MAX = 5000, ALL = RECENT_CHUNKS_MAX * RECENT_CHUNK_RECORDS };

static store_record records[BATCH_MAX];

/* Offsets have gaps, where batches have failed. */
static int64_t add(recent_log *log, int32_t pid, int64_t head, size_t count)
{
    const store_batch batch = {.pid = pid, .records = records, .record_count = count};

    for (size_t i = 0; i < count; i++) {
        head++;
        records[i] = (store_record){.offset = head, .kind = STORE_GROUP, .mid = 3 * head};
    }
    recent_add(log, &batch);
    return head + (head % 3 == 0);
}

typedef struct seen {
    size_t count;
    int64_t last;
    size_t most; /* then it has enough */
} seen;

static bool see(const store_record *record, const uint8_t *bytes, void *userdata)
{
    seen *self = userdata;

    assert_null(bytes);
    assert_true(record->offset > self->last);
    assert_int_equal(record->mid, 3 * record->offset);
    self->last = record->offset;
    self->count++;
    return self->count < self->most;
}

static size_t count_of(const recent_list *list, int64_t from, int64_t until)
{
    seen all = {.most = SIZE_MAX};

    recent_visit(list, from, until, see, &all);
    return all.count;
}

static void all_that_was_committed_is_taken(void **state)
{
    recent_log log;

    (void)state;
    assert_int_equal(recent_init(&log), 0);
    assert_int_equal(recent_open(&log, 5, 100), 0);
    assert_int_equal(recent_open(&log, 6, 0), 0);

    int64_t head = 100;
    int64_t other = 0;
    size_t count = 0;

    for (size_t size = 1; size < BATCH_MAX; size += 611) {
        head = add(&log, 5, head, size);
        other = add(&log, 6, other, size / 3);
        count += size;
    }
    head = add(&log, 5, head, 7);

    recent_list taken = recent_take(&log, 5);

    assert_int_equal(taken.after, 100);
    assert_int_equal(count_of(&taken, 0, INT64_MAX), count + 7);
    assert_int_equal(count_of(&taken, taken.last - 6, INT64_MAX), 7);
    assert_int_equal(count_of(&taken, taken.last - 6, taken.last - 1), 6);
    assert_int_equal(count_of(&taken, taken.last + 1, INT64_MAX), 0);

    seen some = {.most = 3};

    recent_visit(&taken, 0, INT64_MAX, see, &some);
    assert_int_equal(some.count, 3);

    /* What comes meanwhile goes on where that ends. */
    (void)add(&log, 5, head, 10);

    recent_list next = recent_take(&log, 5);

    assert_int_equal(next.after, taken.last);
    assert_int_equal(count_of(&next, 0, INT64_MAX), 10);
    recent_give_back(&log, &next);
    recent_give_back(&log, &taken);
    assert_null(recent_take(&log, 5).first);
    assert_null(recent_take(&log, 77).first);
    recent_deinit(&log);
}

static void there_is_a_bound(void **state)
{
    recent_log log;
    int64_t head = 0;

    (void)state;
    assert_int_equal(recent_init(&log), 0);
    assert_int_equal(recent_open(&log, 5, 0), 0);
    for (int i = 0; i < 1000; i++) {
        head = add(&log, 5, head, 1 + (size_t)i * 7 % BATCH_MAX);
        assert_true(log.chunk_count <= RECENT_CHUNKS_MAX);
    }

    /* Some were forgotten, and of the others none is missing. */
    recent_list taken = recent_take(&log, 5);

    assert_true(taken.after > 0);
    head = taken.last;
    if (taken.first != NULL)
        assert_true(taken.first->records[0].offset > taken.after);
    recent_give_back(&log, &taken);

    /* What was taken counts, too. */
    for (size_t i = 0; i < ALL / 1024; i++)
        head = add(&log, 5, head, 1000);
    taken = recent_take(&log, 5);
    assert_non_null(taken.first);
    for (size_t i = 0; i < ALL / 1024; i++)
        head = add(&log, 5, head, 1000);
    assert_true(log.chunk_count <= RECENT_CHUNKS_MAX);
    recent_give_back(&log, &taken);
    recent_deinit(&log);
}

/* A clear's times are among the bytes, which are not kept. */
static void what_needs_its_bytes_is_not_kept(void **state)
{
    recent_log log;
    store_record clear = {.offset = 21, .kind = STORE_CLEAR, .msg_len = 16};
    const store_batch batch = {.pid = 5, .records = &clear, .record_count = 1};

    (void)state;
    assert_int_equal(recent_init(&log), 0);
    assert_int_equal(recent_open(&log, 5, 0), 0);
    (void)add(&log, 5, 0, 20);
    recent_add(&log, &batch);

    recent_list taken = recent_take(&log, 5);

    assert_null(taken.first);
    assert_int_equal(taken.after, 21);
    (void)add(&log, 5, 21, 4);
    taken = recent_take(&log, 5);
    assert_int_equal(taken.after, 21);
    assert_int_equal(count_of(&taken, 0, INT64_MAX), 4);
    recent_give_back(&log, &taken);
    recent_deinit(&log);
}

static bool life(void *userdata)
{
    recent_log log;
    int64_t head = 0;

    (void)userdata;
    assert_int_equal(recent_init(&log), 0);
    if (recent_open(&log, 5, 0) == 0) {
        for (int i = 0; i < 5; i++)
            head = add(&log, 5, head, 1500);

        recent_list taken = recent_take(&log, 5);

        assert_true(taken.last >= 7500);
        if (taken.after == 0)
            assert_int_equal(count_of(&taken, 0, INT64_MAX), 7500);
        else
            assert_true(alloc_fail_hit());
        recent_give_back(&log, &taken);
    }
    recent_deinit(&log);
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
        cmocka_unit_test(all_that_was_committed_is_taken),
        cmocka_unit_test(there_is_a_bound),
        cmocka_unit_test(what_needs_its_bytes_is_not_kept),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests_name("store.recent", tests, NULL, NULL);
}
