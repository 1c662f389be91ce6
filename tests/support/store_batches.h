/*
 * Batches for tests of the store. What a record holds follows from its project and offset, so
 * that a log read back can be judged without keeping what was written.
 */
#ifndef TEST_STORE_BATCHES_H
#define TEST_STORE_BATCHES_H

#include "gate/store/store.h"

/** What test_batch_new() fills in. All zero but pid, epoch, offset, count is fine. */
typedef struct test_plan {
    int32_t pid;
    uint64_t epoch;
    int64_t first_offset;
    size_t count;
    size_t body_max;    /* bodies have 0 to so many bytes */
    bool is_shared;     /* one body for all */
    int64_t mtime_step; /* log time is offset times this */
} test_plan;

/** A batch on the heap, its arrays in blocks of exact size, with how it ended. */
typedef struct test_batch {
    store_batch batch;
    test_plan plan;
    store_change change;
    char change_bytes[30];
    int result; /* 1 until it is done */
    char text[200];
} test_batch;

test_batch *test_batch_new(const test_plan *plan);
void test_batch_free(test_batch *self);

/** Hand it over. */
void test_batch_append(store *tested, test_batch *batch);

/** Wait until it is done: its result. Fails the test after a long time. */
int test_batch_wait(test_batch *batch);

/** Make, append, wait and free: the result, with its text in test_text. */
int test_append(store *tested, const test_plan *plan);

/** The last text that a function of the store gave to a helper here. */
extern char test_text[200];

/** Is this what the plan's batch held at that offset? */
bool test_record_is_as_planned(const test_plan *plan, const store_record *record,
                               const uint8_t *bytes);

/** Read all of [from, until]; each record must be as planned, and rise. The count, or -1. */
int64_t test_count_records(store *tested, const test_plan *plan, int64_t from, int64_t until);

/**
 * The directory of a project holds the offset of the last batch's last record: that, 0 when it is
 * empty, or -1.
 */
int64_t test_last_entry(store *tested, int32_t pid);

/** A number that follows from a seed: the tests' only dice. */
uint64_t test_dice(uint64_t *seed);

#endif
