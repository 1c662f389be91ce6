/*
 * Batches for tests of the store. Nothing here knows which kind of store is tested.
 */
#include "tests/support/store_batches.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

char test_text[200];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

uint64_t test_dice(uint64_t *seed)
{
    uint64_t value = *seed += 0x9E3779B97F4A7C15U;

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9U;
    value = (value ^ value >> 27) * 0x94D049BB133111EBU;
    return value ^ value >> 31;
}

static void *allocate(size_t count, size_t size)
{
    void *block = malloc(count * size);

    if (block == NULL)
        abort();
    return block;
}

static uint64_t seed_of(const test_plan *plan, int64_t offset)
{
    return (uint64_t)offset * 1000003 + (uint64_t)(int64_t)plan->pid;
}

/* Every field of a record but where its bytes are. */
static store_record planned_record(const test_plan *plan, int64_t offset, uint64_t *ret_body_seed)
{
    const uint64_t body_max = plan->body_max;
    uint64_t seed = seed_of(plan, offset);
    store_record record = {
        .offset = offset,
        .mtime_ms = offset * plan->mtime_step,
        .from = (int64_t)test_dice(&seed),
        .to = (int64_t)test_dice(&seed),
        .mid = (int64_t)test_dice(&seed),
        .kind = (uint8_t)(1 + test_dice(&seed) % 5),
        .mtype = (uint8_t)test_dice(&seed),
        .is_binary = test_dice(&seed) % 2 == 0,
        .attrs_len = (uint32_t)(test_dice(&seed) % 3),
        .ahead_ms = offset % 3 == 0 ? (uint32_t)(seed >> 40) : 0,
    };

    if (plan->is_shared) {
        seed = (uint64_t)plan->pid;
        record.msg_len = (uint32_t)body_max;
    } else {
        record.msg_len = (uint32_t)(test_dice(&seed) % (body_max + 1));
    }
    *ret_body_seed = seed;
    return record;
}

static void put_body(uint8_t *at, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)test_dice(&seed);
}

static void is_done(store_batch *batch, int result, const char *text, void *userdata)
{
    test_batch *self = userdata;

    (void)batch;
    (void)pthread_mutex_lock(&mutex);
    self->result = result;
    (void)snprintf(self->text, sizeof self->text, "%s", text != NULL ? text : "");
    (void)pthread_cond_broadcast(&cond);
    (void)pthread_mutex_unlock(&mutex);
}

/* The entry "last" holds the offset of the batch's last record, in decimal. */
static void add_change(test_batch *self)
{
    store_batch *batch = &self->batch;

    (void)snprintf(self->change_bytes, sizeof self->change_bytes, "last%lld",
                   (long long)batch->records[batch->record_count - 1].offset);
    self->change = (store_change){
        .key_len = 4, .value_at = 4, .value_len = (uint32_t)strlen(self->change_bytes) - 4};
    batch->changes = &self->change;
    batch->change_count = 1;
    batch->change_bytes = (const uint8_t *)self->change_bytes;
    batch->change_byte_count = strlen(self->change_bytes);
}

test_batch *test_batch_new(const test_plan *plan)
{
    test_batch *self = allocate(1, sizeof *self);
    store_record *records = allocate(plan->count, sizeof *records);
    uint64_t *seeds = allocate(plan->count, sizeof *seeds);
    size_t byte_count = 0;

    for (size_t i = 0; i < plan->count; i++) {
        store_record *record = &records[i];

        *record = planned_record(plan, plan->first_offset + (int64_t)i, &seeds[i]);
        if (plan->is_shared && i > 0) {
            record->msg_at = records[0].msg_at;
        } else {
            record->msg_at = (uint32_t)byte_count;
            byte_count += record->msg_len;
        }
        record->attrs_at = (uint32_t)byte_count;
        byte_count += record->attrs_len;
    }

    uint8_t *bytes = allocate(byte_count, 1);

    for (size_t i = 0; i < plan->count; i++) {
        put_body(bytes + records[i].msg_at, records[i].msg_len, seeds[i]);
        put_body(bytes + records[i].attrs_at, records[i].attrs_len, ~seeds[i]);
    }
    free(seeds);
    *self = (test_batch){
        .batch = {.pid = plan->pid,
                  .epoch = plan->epoch,
                  .records = records,
                  .record_count = plan->count,
                  .bytes = bytes,
                  .byte_count = byte_count,
                  .done = is_done,
                  .userdata = self},
        .plan = *plan,
        .result = 1,
    };
    if (plan->count > 0)
        add_change(self);
    return self;
}

void test_batch_free(test_batch *self)
{
    if (self == NULL)
        return;
    free(self->batch.records);
    free((void *)(uintptr_t)self->batch.bytes);
    free(self);
}

void test_batch_append(store *tested, test_batch *batch)
{
    tested->ops->append(tested, &batch->batch);
}

int test_batch_wait(test_batch *batch)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    (void)pthread_mutex_lock(&mutex);
    while (batch->result == 1) {
        if (pthread_cond_timedwait(&cond, &mutex, &until) != 0 && batch->result == 1) {
            (void)fprintf(stderr, "a batch was never done\n");
            abort();
        }
    }

    const int result = batch->result;

    (void)pthread_mutex_unlock(&mutex);
    return result;
}

int test_append(store *tested, const test_plan *plan)
{
    test_batch *batch = test_batch_new(plan);

    test_batch_append(tested, batch);

    const int result = test_batch_wait(batch);

    memcpy(test_text, batch->text, sizeof test_text);
    test_batch_free(batch);
    return result;
}

static bool is_body(const uint8_t *at, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++) {
        if (at[i] != (uint8_t)test_dice(&seed))
            return false;
    }
    return true;
}

bool test_record_is_as_planned(const test_plan *plan, const store_record *record,
                               const uint8_t *bytes)
{
    uint64_t seed;
    const store_record planned = planned_record(plan, record->offset, &seed);

    return record->mtime_ms == planned.mtime_ms && record->from == planned.from &&
           record->to == planned.to && record->mid == planned.mid && record->kind == planned.kind &&
           record->ahead_ms == planned.ahead_ms && record->mtype == planned.mtype &&
           record->is_binary == planned.is_binary && record->msg_len == planned.msg_len &&
           record->attrs_len == planned.attrs_len &&
           is_body(bytes + record->msg_at, record->msg_len, seed) &&
           is_body(bytes + record->attrs_at, record->attrs_len, ~seed);
}

typedef struct reading {
    const test_plan *plan;
    int64_t last_offset;
    int64_t until;
    int64_t count;
    bool is_wrong;
} reading;

static bool count_record(const store_record *record, const uint8_t *bytes, void *userdata)
{
    reading *self = userdata;

    if (record->offset <= self->last_offset || record->offset > self->until ||
        !test_record_is_as_planned(self->plan, record, bytes))
        self->is_wrong = true;
    self->last_offset = record->offset;
    self->count++;
    return true;
}

int64_t test_count_records(store *tested, const test_plan *plan, int64_t from, int64_t until)
{
    reading self = {.plan = plan, .last_offset = from - 1, .until = until};

    if (tested->ops->read(tested, plan->pid, from, until, count_record, &self, test_text,
                          sizeof test_text) < 0)
        return -1;
    return self.is_wrong ? -1 : self.count;
}

static bool take_last(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                      void *userdata)
{
    int64_t *last = userdata;
    char text[30];

    (void)snprintf(text, sizeof text, "%.*s", (int)value_len, (const char *)value);
    *last = key_len == 4 && memcmp(key, "last", 4) == 0 ? strtoll(text, NULL, 10) : -1;
    return *last >= 0;
}

int64_t test_last_entry(store *tested, int32_t pid)
{
    int64_t last = 0;

    if (tested->ops->read_entries(tested, pid, take_last, &last, test_text, sizeof test_text) < 0)
        return -1;
    return last;
}
