/*
 * What every kind of store must do. Each case gets an empty, open store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <stdatomic.h>
#include <cmocka.h>

#include "tests/support/store_batches.h"
#include "tests/unit/store_cases.h"

enum { PID = 7, OTHER_PID = -8 };

static store_state open_project(store *tested, int32_t pid, uint64_t epoch)
{
    store_state state;

    assert_int_equal(
        tested->ops->open_project(tested, pid, epoch, 1000, &state, test_text, sizeof test_text),
        0);
    assert_int_equal(state.epoch, epoch);
    return state;
}

static test_plan plan_at(int64_t first_offset, size_t count)
{
    return (test_plan){
        .pid = PID,
        .epoch = 1,
        .first_offset = first_offset,
        .count = count,
        .body_max = 60,
        .mtime_step = 1,
    };
}

static void append(store *tested, int64_t first_offset, size_t count)
{
    const test_plan plan = plan_at(first_offset, count);

    assert_int_equal(test_append(tested, &plan), 0);
}

static int64_t count(store *tested, int64_t from, int64_t until)
{
    const test_plan plan = plan_at(1, 1);

    return test_count_records(tested, &plan, from, until);
}

static int64_t seek(store *tested, int32_t pid, int64_t mtime_ms)
{
    int64_t offset = -1;

    assert_int_equal(
        tested->ops->seek_time(tested, pid, mtime_ms, &offset, test_text, sizeof test_text), 0);
    return offset;
}

static int64_t trim(store *tested, int64_t max_age_ms, int64_t max_bytes, int64_t now_ms)
{
    const store_retention keep = {.max_age_ms = max_age_ms, .max_bytes = max_bytes};
    int64_t tail = -1;

    assert_int_equal(
        tested->ops->trim(tested, PID, &keep, now_ms, &tail, test_text, sizeof test_text), 0);
    return tail;
}

static void an_empty_log_has_nothing(void **state)
{
    store *tested = *state;
    const store_state opened = open_project(tested, PID, 1);

    assert_int_equal(opened.head, 0);
    assert_int_equal(opened.tail, 1);
    assert_int_equal(opened.last_mtime_ms, 0);
    assert_int_equal(count(tested, 1, INT64_MAX), 0);
    assert_int_equal(count(tested, INT64_MIN + 1, INT64_MAX), 0);
    assert_int_equal(seek(tested, PID, INT64_MIN), 1);
    assert_int_equal(seek(tested, PID, INT64_MAX), 1);
    assert_int_equal(trim(tested, 1, 1, INT64_MAX), 1);
}

static void records_come_back_as_they_went(void **state)
{
    static const size_t counts[] = {1, 2, 10, 100, 1000};
    store *tested = *state;
    int64_t next = 1;

    (void)open_project(tested, PID, 1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        append(tested, next, counts[i]);
        next += (int64_t)counts[i];
        assert_int_equal(count(tested, 1, INT64_MAX), next - 1);
    }
}

typedef struct one_record {
    const store_record *want;
    const uint8_t *want_bytes;
    int seen;
} one_record;

static bool is_the_one(const store_record *record, const uint8_t *bytes, void *userdata)
{
    one_record *self = userdata;
    const store_record *want = &self->want[self->seen];

    assert_int_equal(record->offset, want->offset);
    assert_int_equal(record->mtime_ms, want->mtime_ms);
    assert_int_equal(record->from, want->from);
    assert_int_equal(record->to, want->to);
    assert_int_equal(record->mid, want->mid);
    assert_int_equal(record->kind, want->kind);
    assert_int_equal(record->ahead_ms, want->ahead_ms);
    assert_int_equal(record->mtype, want->mtype);
    assert_int_equal(record->is_binary, want->is_binary);
    assert_int_equal(record->msg_len, want->msg_len);
    assert_int_equal(record->attrs_len, want->attrs_len);
    assert_memory_equal(bytes + record->msg_at, self->want_bytes + want->msg_at, want->msg_len);
    assert_memory_equal(bytes + record->attrs_at, self->want_bytes + want->attrs_at,
                        want->attrs_len);
    self->seen++;
    return true;
}

static int append_records(store *tested, store_record *records, size_t record_count,
                          const uint8_t *bytes, size_t byte_count)
{
    const test_plan plan = {.pid = PID, .epoch = 1, .count = 0};
    test_batch *batch = test_batch_new(&plan);
    store_record *own_records = batch->batch.records;
    const uint8_t *own_bytes = batch->batch.bytes;

    batch->batch.records = records;
    batch->batch.record_count = record_count;
    batch->batch.bytes = bytes;
    batch->batch.byte_count = byte_count;
    test_batch_append(tested, batch);

    const int result = test_batch_wait(batch);

    memcpy(test_text, batch->text, sizeof test_text);
    batch->batch.records = own_records;
    batch->batch.bytes = own_bytes;
    test_batch_free(batch);
    return result;
}

static void extremes_of_every_field_survive(void **state)
{
    static const uint8_t bytes[] = "0123456789";
    store_record records[] = {
        {.offset = 1,
         .mtime_ms = INT64_MIN,
         .from = INT64_MIN,
         .to = INT64_MAX,
         .mid = INT64_MIN,
         .kind = STORE_P2P,
         .mtype = 255},
        {.offset = 2,
         .mtime_ms = 0,
         .from = INT64_MAX,
         .to = INT64_MIN,
         .mid = INT64_MAX,
         .msg_at = 4,
         .msg_len = 6,
         .attrs_at = 0, /* before the message */
         .attrs_len = 4,
         .kind = 63,
         .ahead_ms = UINT32_MAX,
         .is_binary = true},
        {.offset = INT64_MAX - 1,
         .mtime_ms = INT64_MAX,
         .from = 0,
         .to = -1,
         .mid = 1,
         .msg_at = 10,
         .attrs_at = 9,
         .attrs_len = 1,
         .kind = STORE_EVENT},
    };
    one_record seen = {.want = records, .want_bytes = bytes};
    store *tested = *state;

    (void)open_project(tested, PID, 1);
    assert_int_equal(append_records(tested, records, 3, bytes, 10), 0);
    assert_int_equal(tested->ops->read(tested, PID, 1, INT64_MAX, is_the_one, &seen, test_text,
                                       sizeof test_text),
                     0);
    assert_int_equal(seen.seen, 3);
    assert_int_equal(seek(tested, PID, 1), INT64_MAX - 1);
    assert_int_equal(seek(tested, PID, INT64_MIN), 1);
    assert_int_equal(open_project(tested, PID, 2).head, INT64_MAX - 1);
}

static void bodies_of_any_size_survive(void **state)
{
    static const struct {
        size_t count;
        size_t body_max;
        bool is_shared;
    } rows[] = {
        {3, 0, false},    {2000, 300, true},  {200, 20480, false},
        {1, 20480, true}, {1, 3 << 20, true}, {50, 1, false},
    };
    store *tested = *state;
    int64_t next = 1;

    (void)open_project(tested, PID, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const test_plan plan = {.pid = PID,
                                .epoch = 1,
                                .first_offset = next,
                                .count = rows[i].count,
                                .body_max = rows[i].body_max,
                                .is_shared = rows[i].is_shared,
                                .mtime_step = 1};

        assert_int_equal(test_append(tested, &plan), 0);
        assert_int_equal(test_count_records(tested, &plan, next, INT64_MAX), rows[i].count);
        next += (int64_t)rows[i].count;
    }
}

static void a_shared_body_is_kept_once(void **state)
{
    const test_plan plan = {.pid = PID,
                            .epoch = 1,
                            .first_offset = 1,
                            .count = 2000,
                            .body_max = 20480,
                            .is_shared = true,
                            .mtime_step = 1};
    store *tested = *state;

    (void)open_project(tested, PID, 1);
    assert_int_equal(test_append(tested, &plan), 0);
    append(tested, 2001, 1);
    /* 2000 bodies would be 40 MB; 200 KB hold one, and what is told of 2000 records. */
    assert_int_equal(trim(tested, 0, 200 << 10, 0), 1);
}

static void a_read_keeps_its_bounds(void **state)
{
    store *tested = *state;

    (void)open_project(tested, PID, 1);
    append(tested, 1, 10);
    append(tested, 11, 1);
    append(tested, 20, 10); /* nothing has 12 to 19 */
    assert_int_equal(count(tested, 1, 29), 21);
    for (int64_t from = 1; from <= 31; from++) {
        for (int64_t until = from - 1; until <= 31; until++) {
            int64_t want = 0;

            for (int64_t offset = from; offset <= until; offset++)
                want += offset <= 11 || (offset >= 20 && offset <= 29);
            assert_int_equal(count(tested, from, until), want);
        }
    }
    assert_int_equal(count(tested, 10, 1), 0);
}

static bool stop_at_third(const store_record *record, const uint8_t *bytes, void *userdata)
{
    int *seen = userdata;

    (void)record;
    (void)bytes;
    return ++*seen < 3;
}

static void a_visitor_stops_a_read(void **state)
{
    store *tested = *state;
    int seen = 0;

    (void)open_project(tested, PID, 1);
    append(tested, 1, 2);
    append(tested, 3, 5);
    append(tested, 8, 5);
    assert_int_equal(tested->ops->read(tested, PID, 1, INT64_MAX, stop_at_third, &seen, test_text,
                                       sizeof test_text),
                     0);
    assert_int_equal(seen, 3);
}

static void projects_do_not_mix(void **state)
{
    store *tested = *state;
    test_plan a = plan_at(1, 1);
    test_plan b = a;
    int64_t trimmed_tail;

    b.pid = OTHER_PID;
    b.epoch = 2;
    b.mtime_step = 1000;
    (void)open_project(tested, PID, 1);
    (void)open_project(tested, OTHER_PID, 2);
    for (int i = 0; i < 50; i++) {
        a.count = 1 + (size_t)i % 3;
        b.count = 1 + (size_t)i % 5;
        assert_int_equal(test_append(tested, &a), 0);
        assert_int_equal(test_append(tested, &b), 0);
        a.first_offset += (int64_t)a.count;
        b.first_offset += (int64_t)b.count;
    }
    assert_int_equal(test_count_records(tested, &a, 1, INT64_MAX), a.first_offset - 1);
    assert_int_equal(test_count_records(tested, &b, 1, INT64_MAX), b.first_offset - 1);
    assert_int_equal(seek(tested, OTHER_PID, 3000), 3);
    assert_int_equal(seek(tested, PID, 3000), a.first_offset);

    trimmed_tail = trim(tested, 0, 1, 0);
    assert_true(trimmed_tail > 1);
    assert_int_equal(test_count_records(tested, &a, 1, INT64_MAX), a.first_offset - trimmed_tail);
    assert_int_equal(test_count_records(tested, &b, 1, INT64_MAX), b.first_offset - 1);
}

static void seek_finds_the_first_at_or_after(void **state)
{
    store *tested = *state;
    uint64_t seed = 5;
    int64_t next = 1;

    (void)open_project(tested, PID, 1);
    while (next < 200) { /* with holes, so that bisection meets them */
        const size_t len = 1 + test_dice(&seed) % 4;

        append(tested, next, len);
        next += (int64_t)len + (int64_t)(test_dice(&seed) % 9);
    }

    const int64_t head = open_project(tested, PID, 2).head;

    for (int64_t ms = -1; ms <= head + 1; ms++) {
        const int64_t found = seek(tested, PID, ms);

        assert_true(found >= ms && found <= head + 1);
        assert_int_equal(count(tested, ms < 1 ? 1 : ms, found - 1), 0); /* none before it */
        if (found <= head)
            assert_int_equal(count(tested, found, found), 1);
    }
}

static void retention_drops_by_age(void **state)
{
    store *tested = *state;

    (void)open_project(tested, PID, 1);
    for (int64_t i = 0; i < 1000; i++)
        append(tested, 1 + i * 10, 10); /* log time equals the offset */
    assert_int_equal(trim(tested, 0, 0, 1 << 30), 1);
    assert_int_equal(trim(tested, INT64_MAX, 0, INT64_MIN), 1);
    assert_int_equal(trim(tested, 9990, 0, 10000), 1);
    assert_int_equal(trim(tested, 9989, 0, 10000), 11); /* the first batch ends at 10 */
    assert_int_equal(trim(tested, 1000, 0, 10000), 8991);
    assert_int_equal(count(tested, 1, INT64_MAX), 10000 - 8990);
    assert_int_equal(seek(tested, PID, 0), 8991);
    assert_int_equal(trim(tested, 1, 0, 1 << 30), 9991); /* the newest stays */
    assert_int_equal(trim(tested, 1, 1, INT64_MAX), 9991);
    assert_int_equal(count(tested, 1, INT64_MAX), 10);
    append(tested, 10001, 5);
    assert_int_equal(trim(tested, 4, 0, 10005 + 2), 10001);

    const store_state opened = open_project(tested, PID, 2);

    assert_int_equal(opened.head, 10005);
    assert_int_equal(opened.tail, 10001);
    assert_int_equal(opened.last_mtime_ms, 10005);
}

static void retention_drops_by_bytes(void **state)
{
    store *tested = *state;
    const int64_t body = 1000;
    test_plan plan = plan_at(1, 10);

    plan.body_max = (size_t)body;
    plan.is_shared = true;
    (void)open_project(tested, PID, 1);
    for (int64_t i = 0; i < 300; i++) {
        plan.first_offset = 1 + i * 10;
        assert_int_equal(test_append(tested, &plan), 0);
    }
    assert_int_equal(trim(tested, 0, INT64_MAX, 0), 1);

    /* A batch takes somewhat more than its body. */
    const int64_t tail = trim(tested, 0, body * 100, 0);

    assert_true(tail > 2001 && tail < 2501);
    assert_int_equal(test_count_records(tested, &plan, 1, INT64_MAX), 3001 - tail);
    assert_int_equal(trim(tested, 0, body * 100, 0), tail);
    assert_int_equal(trim(tested, 0, 1, 0), 2991);
}

typedef struct epoch_list {
    uint64_t epochs[8];
    int64_t first_offsets[8];
    size_t count;
} epoch_list;

static bool list_epoch(uint64_t epoch, int64_t first_offset, void *userdata)
{
    epoch_list *self = userdata;

    self->epochs[self->count] = epoch;
    self->first_offsets[self->count] = first_offset;
    return ++self->count < 8;
}

static void epochs_follow_each_other(void **state)
{
    static const uint64_t large = 0xfedcba9876543210U;
    store *tested = *state;
    store_state opened;
    epoch_list list = {.count = 0};
    test_plan plan = plan_at(6, 2);

    (void)open_project(tested, PID, 1);
    append(tested, 1, 5);
    assert_int_equal(open_project(tested, PID, 3).head, 5);
    opened = open_project(tested, PID, large);
    assert_int_equal(opened.head, 5);
    assert_int_equal(opened.tail, 1);

    assert_int_equal(test_append(tested, &plan), -1); /* of epoch 1 */
    assert_non_null(strstr(test_text, "epoch"));
    plan.epoch = large;
    assert_int_equal(test_append(tested, &plan), 0);

    assert_int_equal(
        tested->ops->read_epochs(tested, PID, list_epoch, &list, test_text, sizeof test_text), 0);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.epochs[0], 1);
    assert_int_equal(list.first_offsets[0], 1);
    assert_int_equal(list.epochs[1], 3);
    assert_int_equal(list.first_offsets[1], 6);
    assert_true(list.epochs[2] == large);
    assert_int_equal(list.first_offsets[2], 6);
}

static void an_epoch_is_never_given_twice(void **state)
{
    store *tested = *state;
    store_state opened = {.epoch = 42};

    (void)open_project(tested, PID, 1);
    (void)open_project(tested, OTHER_PID, 1); /* another log */
    (void)open_project(tested, PID, 2);
    assert_int_equal(
        tested->ops->open_project(tested, PID, 1, 0, &opened, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "twice"));
    assert_int_equal(
        tested->ops->open_project(tested, PID, 0, 0, &opened, test_text, sizeof test_text), -1);
    assert_int_equal(opened.epoch, 42);
}

static void old_epochs_are_forgotten(void **state)
{
    store *tested = *state;
    epoch_list list = {.count = 0};

    for (uint64_t epoch = 1; epoch <= STORE_EPOCHS_KEPT + 2; epoch++)
        (void)open_project(tested, PID, epoch);
    assert_int_equal(
        tested->ops->read_epochs(tested, PID, list_epoch, &list, test_text, sizeof test_text), 0);
    assert_int_equal(list.count, 8);
    assert_int_equal(list.epochs[0], 3);
}

static void a_bad_batch_takes_no_other_with_it(void **state)
{
    static const uint8_t bytes[] = "abc";
    static const store_record good = {
        .offset = 11, .mtime_ms = 11, .msg_len = 3, .attrs_at = 3, .kind = STORE_GROUP};
    store_record bad[7];
    store *tested = *state;

    (void)open_project(tested, PID, 1);
    append(tested, 1, 10);
    for (size_t i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].offset = 10;
    bad[1].offset = INT64_MAX;
    bad[2].mtime_ms = 9;
    bad[3].msg_len = 4;
    bad[4].attrs_at = UINT32_MAX;
    bad[5].kind = 0;
    bad[6].attrs_len = UINT32_MAX;
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(append_records(tested, &bad[i], 1, bytes, 3), -1);
        assert_non_null(strstr(test_text, "project 7"));
    }

    store_record twice[] = {good, good};

    assert_int_equal(append_records(tested, twice, 2, bytes, 3), -1);
    append(tested, 20, 10); /* offsets that failed are a hole */
    assert_int_equal(count(tested, 1, 10), 10);
    assert_int_equal(count(tested, 11, 19), 0);
    assert_int_equal(count(tested, 20, INT64_MAX), 10);
}

static void an_empty_batch_is_done_at_once(void **state)
{
    store *tested = *state;

    (void)open_project(tested, PID, 1);
    append(tested, 1, 0);
    assert_int_equal(open_project(tested, PID, 2).head, 0);
}

static void a_closed_project_is_refused(void **state)
{
    store *tested = *state;
    const test_plan plan = plan_at(1, 1);

    assert_int_equal(test_append(tested, &plan), -1);
    assert_non_null(strstr(test_text, "project 7 is not open"));
}

/* Many batches under way at once, each done in order and readable when it is done. */
typedef struct ordered_batch {
    store_batch batch;
    store_record record;
    atomic_int *done_count;
    int number;
    atomic_bool *is_wrong;
} ordered_batch;

static void is_done_in_order(store_batch *batch, int result, const char *text, void *userdata)
{
    ordered_batch *self = userdata;

    (void)batch;
    (void)text;
    if (result != 0 || atomic_fetch_add(self->done_count, 1) != self->number)
        atomic_store(self->is_wrong, true);
}

static void batches_are_done_in_order(void **state)
{
    enum { COUNT = 3000 };
    store *tested = *state;
    ordered_batch *batches = calloc(COUNT, sizeof *batches);
    atomic_int done_count = 0;
    atomic_bool is_wrong = false;

    assert_non_null(batches);
    (void)open_project(tested, PID, 1);
    for (int i = 0; i < COUNT; i++) {
        ordered_batch *batch = &batches[i];

        *batch = (ordered_batch){
            .record = {.offset = i + 1, .kind = STORE_ROOM},
            .done_count = &done_count,
            .number = i,
            .is_wrong = &is_wrong,
        };
        batch->batch = (store_batch){.pid = PID,
                                     .epoch = 1,
                                     .records = &batch->record,
                                     .record_count = 1,
                                     .done = is_done_in_order,
                                     .userdata = batch};
        tested->ops->append(tested, &batch->batch);
    }
    append(tested, COUNT + 1, 1); /* and all before it */
    assert_int_equal(done_count, COUNT);
    assert_false(is_wrong);
    free(batches);
}

typedef struct tailer {
    store *tested;
    int64_t last_offset;
    bool is_wrong;
} tailer;

static bool follow(const store_record *record, const uint8_t *bytes, void *userdata)
{
    const test_plan plan = plan_at(1, 1);
    tailer *self = userdata;

    if (record->offset != self->last_offset + 1 || !test_record_is_as_planned(&plan, record, bytes))
        self->is_wrong = true;
    self->last_offset = record->offset;
    return true;
}

static void *follow_log(void *userdata)
{
    tailer *self = userdata;
    char text[200];

    while (self->last_offset < 2000 && !self->is_wrong) {
        if (self->tested->ops->read(self->tested, PID, self->last_offset + 1, INT64_MAX, follow,
                                    self, text, sizeof text) < 0)
            self->is_wrong = true;
    }
    return NULL;
}

static void reads_run_beside_appends(void **state)
{
    store *tested = *state;
    tailer tailers[2] = {{.tested = tested}, {.tested = tested}};
    pthread_t threads[2];

    (void)open_project(tested, PID, 1);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, follow_log, &tailers[i]), 0);
    for (int64_t i = 0; i < 200; i++)
        append(tested, 1 + i * 10, 10);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_false(tailers[i].is_wrong);
        assert_int_equal(tailers[i].last_offset, 2000);
    }
}

static void reads_run_beside_trims(void **state)
{
    store *tested = *state;
    tailer follower = {.tested = tested, .last_offset = 0};
    pthread_t thread;

    (void)open_project(tested, PID, 1);
    for (int64_t i = 0; i < 190; i++)
        append(tested, 1 + i * 10, 10);
    follower.last_offset = 1000;
    assert_int_equal(pthread_create(&thread, NULL, follow_log, &follower), 0);
    for (int64_t i = 190; i < 200; i++) {
        append(tested, 1 + i * 10, 10);
        assert_true(trim(tested, 1000, 0, 1 + i * 10) > 900);
    }
    (void)pthread_join(thread, NULL);
    assert_false(follower.is_wrong);
}

int store_cases_run(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_setup, store_case_teardown)
    const struct CMUnitTest cases[] = {
        CASE(an_empty_log_has_nothing),
        CASE(records_come_back_as_they_went),
        CASE(extremes_of_every_field_survive),
        CASE(bodies_of_any_size_survive),
        CASE(a_shared_body_is_kept_once),
        CASE(a_read_keeps_its_bounds),
        CASE(a_visitor_stops_a_read),
        CASE(projects_do_not_mix),
        CASE(seek_finds_the_first_at_or_after),
        CASE(retention_drops_by_age),
        CASE(retention_drops_by_bytes),
        CASE(epochs_follow_each_other),
        CASE(an_epoch_is_never_given_twice),
        CASE(old_epochs_are_forgotten),
        CASE(a_bad_batch_takes_no_other_with_it),
        CASE(an_empty_batch_is_done_at_once),
        CASE(a_closed_project_is_refused),
        CASE(batches_are_done_in_order),
        CASE(reads_run_beside_appends),
        CASE(reads_run_beside_trims),
    };
#undef CASE

    return cmocka_run_group_tests_name("every store", cases, NULL, NULL) +
           store_cases_run_entries() + store_cases_run_index() + store_cases_run_model();
}
