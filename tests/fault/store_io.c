/*
 * A disk that fails and a disk that loses power, at each operation of a small life of a store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <cmocka.h>

#include "tests/fault/fault_vfs.h"
#include "tests/support/store_batches.h"
#include "tests/support/store_folder.h"
#include "tests/support/store_questions.h"

enum { PID = 7, BATCHES = 30, BATCH_LEN = 4 };

/* Every operation of the opening, then some: STORE_IO_ALL=1 takes all. */
static long after(long nth)
{
    return nth + 1 + (getenv("STORE_IO_ALL") == NULL ? nth / 8 : 0);
}

/* What a life of the store has achieved. */
typedef struct life {
    store_durability durability;
    bool is_opened;
    uint64_t epochs[2];
    size_t epoch_count; /* that were opened */
    int64_t stored[BATCHES];
    size_t stored_count; /* first offsets of the batches that were acknowledged */
    int64_t tail;        /* what a trim may have deleted lies before it */
    int last_result;
} life;

static store *open_store(store_durability durability)
{
    const store_options options = {.durability = durability, .checkpoint_bytes = 24 << 10};
    store *opened = NULL;

    if (store_open_sqlite(store_folder_log, &options, &opened, test_text, sizeof test_text) < 0)
        return NULL;
    return opened;
}

static test_plan plan_at(uint64_t epoch, int64_t first_offset)
{
    return (test_plan){.pid = PID,
                       .epoch = epoch,
                       .first_offset = first_offset,
                       .count = BATCH_LEN,
                       .body_max = 600,
                       .mtime_step = 1};
}

static bool open_epoch(life *self, store *tested, store_state *ret_state)
{
    const uint64_t epoch = 1 + self->epoch_count;

    if (tested->ops->open_project(tested, PID, epoch, 0, ret_state, test_text, sizeof test_text) <
        0)
        return false;
    self->epochs[self->epoch_count++] = epoch;
    return true;
}

static void append_some(life *self, store *tested, int64_t *next, size_t count)
{
    for (size_t i = 0; i < count; i++, *next += BATCH_LEN) {
        const test_plan plan = plan_at(self->epoch_count, *next);

        self->last_result = test_append(tested, &plan);
        if (self->last_result == 0)
            self->stored[self->stored_count++] = *next;
    }
}

/* Open, append, trim, append, a new epoch, append; going on after whatever fails. */
static void live(life *self)
{
    store *tested = open_store(self->durability);
    const store_retention keep = {.max_bytes = 8 << 10};
    store_state state;
    int64_t next = 1;
    int64_t tail = 0;

    self->tail = 1;
    self->is_opened = tested != NULL;
    if (tested == NULL)
        return;
    if (open_epoch(self, tested, &state)) {
        append_some(self, tested, &next, BATCHES / 3);
        /* Even one that failed half-way may have deleted so much. */
        self->tail = next - BATCH_LEN * 4;
        (void)tested->ops->trim(tested, PID, &keep, 0, &tail, test_text, sizeof test_text);
        append_some(self, tested, &next, BATCHES / 3);
        (void)test_check_index(tested, PID); /* it may fail, or be caught up */
        if (open_epoch(self, tested, &state)) {
            assert_true(state.head < next);
            append_some(self, tested, &next, BATCHES / 3);
        }
    }
    tested->ops->close(tested);
}

typedef struct epoch_check {
    const life *of;
    size_t found;
    int64_t last_first_offset;
} epoch_check;

static bool check_epoch(uint64_t epoch, int64_t first_offset, void *userdata)
{
    epoch_check *self = userdata;

    for (size_t i = 0; i < self->of->epoch_count; i++)
        self->found += self->of->epochs[i] == epoch;
    assert_true(first_offset >= self->last_first_offset);
    self->last_first_offset = first_offset;
    return true;
}

/* Open again, on a disk that works, and compare. */
static void check_log(const life *self, bool is_record_kept)
{
    store *tested = open_store(STORE_DURABLE_MEMORY);
    const test_plan any = plan_at(1, 1);
    epoch_check epochs = {.of = self};
    store_state state;

    assert_non_null(tested);
    assert_int_equal(
        tested->ops->open_project(tested, PID, 99, 0, &state, test_text, sizeof test_text), 0);
    assert_int_equal(
        tested->ops->read_epochs(tested, PID, check_epoch, &epochs, test_text, sizeof test_text),
        0);
    assert_int_equal(epochs.found, self->epoch_count);
    assert_true(test_count_records(tested, &any, 1, INT64_MAX) >= 0);
    assert_true(test_check_index(tested, PID) >= 0);
    /* Records and entries come together, however it ended. */
    const int64_t last = test_last_entry(tested, PID);

    assert_true(last == 0 || test_count_records(tested, &any, last, INT64_MAX) == 1);
    if (is_record_kept && self->stored_count > 0)
        assert_true(last >= self->stored[self->stored_count - 1] + BATCH_LEN - 1);
    for (size_t i = 0; is_record_kept && i < self->stored_count; i++) {
        const int64_t first = self->stored[i];

        if (first >= self->tail)
            assert_int_equal(test_count_records(tested, &any, first, first + BATCH_LEN - 1),
                             BATCH_LEN);
        assert_true(state.head >= first + BATCH_LEN - 1);
    }

    /* And it goes on. */
    const test_plan plan = plan_at(99, state.head + 1);

    assert_int_equal(test_append(tested, &plan), 0);
    tested->ops->close(tested);
}

static void an_error_of_the_disk_is_survived(void **state)
{
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR};

    (void)state;
    for (int c = 0; c < 2; c++) {
        bool is_hit = true;

        for (long nth = 1; is_hit; nth = after(nth)) {
            life self = {.durability = nth % 2 == 0 ? STORE_DURABLE_NORMAL : STORE_DURABLE_FULL};

            fault_vfs_reset();
            fault_vfs_fail_at(nth, codes[c], false);
            live(&self);
            is_hit = fault_vfs_is_hit();
            if (self.epoch_count == 2) /* the trouble was over in time */
                assert_true(self.stored_count >= BATCHES - 3);
            if (!is_hit)
                assert_int_equal(self.stored_count, BATCHES);
            fault_vfs_reset();
            check_log(&self, true);
            store_folder_clear();
        }
    }
}

static void a_dead_disk_refuses_everything(void **state)
{
    (void)state;
    for (long nth = 1; nth < 120; nth = after(nth)) {
        life self = {.durability = STORE_DURABLE_NORMAL};

        fault_vfs_reset();
        fault_vfs_fail_at(nth, SQLITE_IOERR, true);
        live(&self);
        if (self.is_opened && self.epoch_count > 0 && fault_vfs_is_hit())
            assert_int_equal(self.last_result, -1);
        fault_vfs_reset();
        check_log(&self, true);
        store_folder_clear();
    }
}

/* `full` keeps what was acknowledged, `normal` the epochs; both leave a log that can be read. */
static void a_power_cut_loses_only_what_it_may(void **state)
{
    static const store_durability levels[] = {STORE_DURABLE_NORMAL, STORE_DURABLE_FULL};

    (void)state;
    for (size_t l = 0; l < 2; l++) {
        bool is_hit = true;

        for (long nth = 1; is_hit; nth = after(nth)) {
            life self = {.durability = levels[l]};

            fault_vfs_reset();
            fault_vfs_cut_at(nth);
            live(&self);
            is_hit = fault_vfs_is_hit();
            fault_vfs_lose_power((uint64_t)nth);
            check_log(&self, levels[l] == STORE_DURABLE_FULL || !is_hit);
            store_folder_clear();
        }
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(an_error_of_the_disk_is_survived, store_folder_make,
                                        store_folder_remove),
        cmocka_unit_test_setup_teardown(a_dead_disk_refuses_everything, store_folder_make,
                                        store_folder_remove),
        cmocka_unit_test_setup_teardown(a_power_cut_loses_only_what_it_may, store_folder_make,
                                        store_folder_remove),
    };

    fault_vfs_register();
    return cmocka_run_group_tests(cases, NULL, NULL);
}
