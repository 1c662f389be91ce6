/*
 * Questions to a store, and records for them, for tests.
 */
#include "tests/support/store_questions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/store_batches.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

/* What waits for `done`. */
typedef struct waiter {
    bool is_done;
    int result;
} waiter;

static void wake(waiter *self, int result)
{
    (void)pthread_mutex_lock(&mutex);
    self->result = result;
    self->is_done = true;
    (void)pthread_cond_broadcast(&cond);
    (void)pthread_mutex_unlock(&mutex);
}

static int await(waiter *self)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    (void)pthread_mutex_lock(&mutex);
    while (!self->is_done) {
        if (pthread_cond_timedwait(&cond, &mutex, &until) != 0 && !self->is_done) {
            (void)fprintf(stderr, "the store never called back\n");
            abort();
        }
    }
    (void)pthread_mutex_unlock(&mutex);
    return self->result;
}

static void is_asked(store_ask *ask, void *userdata)
{
    wake(userdata, ask->answer.result);
}

int test_ask(store *tested, store_ask *ask)
{
    waiter waiting = {.is_done = false};

    ask->done = is_asked;
    ask->userdata = &waiting;
    tested->ops->ask(tested, ask);

    const int result = await(&waiting);

    (void)snprintf(test_text, sizeof test_text, "%s", ask->answer.text);
    return result;
}

static void is_appended(store_batch *batch, int result, const char *text, void *userdata)
{
    (void)batch;
    if (result < 0)
        (void)snprintf(test_text, sizeof test_text, "%s", text);
    wake(userdata, result);
}

static void *grow(void *block, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return block;
    *cap = need * 2;
    block = realloc(block, *cap * size);
    if (block == NULL)
        abort();
    return block;
}

static uint32_t put(uint8_t **bytes, size_t *count, size_t *cap, const void *data, size_t len)
{
    const size_t at = *count;

    *bytes = grow(*bytes, cap, at + len + 1, 1);
    if (len > 0)
        memcpy(*bytes + at, data, len);
    *count += len;
    return (uint32_t)at;
}

void test_records_add(test_records *self, store_record record, const void *msg, size_t msg_len,
                      const void *attrs, size_t attrs_len)
{
    self->records = grow(self->records, &self->cap, self->count + 1, sizeof record);
    record.msg_at = put(&self->bytes, &self->byte_count, &self->byte_cap, msg, msg_len);
    record.msg_len = (uint32_t)msg_len;
    record.attrs_at = put(&self->bytes, &self->byte_count, &self->byte_cap, attrs, attrs_len);
    record.attrs_len = (uint32_t)attrs_len;
    self->records[self->count++] = record;
}

void test_records_change(test_records *self, const void *key, size_t key_len, const void *value,
                         size_t value_len)
{
    store_change change = {.is_removal = value == NULL};

    self->changes = grow(self->changes, &self->change_cap, self->change_count + 1, sizeof change);
    change.key_at =
        put(&self->change_bytes, &self->change_byte_count, &self->change_byte_cap, key, key_len);
    change.key_len = (uint32_t)key_len;
    change.value_at = put(&self->change_bytes, &self->change_byte_count, &self->change_byte_cap,
                          value, value_len);
    change.value_len = (uint32_t)value_len;
    self->changes[self->change_count++] = change;
}

int test_records_append(test_records *self, store *tested, int32_t pid, uint64_t epoch)
{
    waiter waiting = {.is_done = false};
    store_batch batch = {
        .pid = pid,
        .epoch = epoch,
        .records = self->records,
        .record_count = self->count,
        .bytes = self->bytes,
        .byte_count = self->byte_count,
        .changes = self->changes,
        .change_count = self->change_count,
        .change_bytes = self->change_bytes,
        .change_byte_count = self->change_byte_count,
        .done = is_appended,
        .userdata = &waiting,
    };

    tested->ops->append(tested, &batch);

    const int result = await(&waiting);

    self->count = self->byte_count = self->change_count = self->change_byte_count = 0;
    return result;
}

void test_records_deinit(test_records *self)
{
    free(self->records);
    free(self->bytes);
    free(self->changes);
    free(self->change_bytes);
    *self = (test_records){0};
}

typedef struct checking {
    store *tested;
    int32_t pid;
    int64_t count;
} checking;

static bool is_found(const checking *self, const store_record *record, const uint8_t *bytes)
{
    store_ask ask = {
        .pid = self->pid,
        .question = STORE_ASK_FIND,
        .conversation = store_conversation_of(record->kind, record->from, record->to),
        .from = record->from,
        .mid = record->mid,
    };

    if (test_ask(self->tested, &ask) != 0)
        return false;

    const store_answer *answer = &ask.answer;
    const store_row *row = answer->rows;
    const bool is_same =
        answer->row_count == 1 && row->offset == record->offset && row->to == record->to &&
        row->msg_len == record->msg_len && row->mtime_ms == record->mtime_ms + record->ahead_ms &&
        memcmp(answer->bytes + row->msg_at, bytes + record->msg_at, row->msg_len) == 0;

    store_answer_deinit(&ask.answer);
    return is_same;
}

static bool check_message(const store_record *record, const uint8_t *bytes, void *userdata)
{
    checking *self = userdata;

    if (record->kind > STORE_BROADCAST)
        return true;
    if (!is_found(self, record, bytes)) {
        self->count = -1;
        return false;
    }
    self->count++;
    return true;
}

int64_t test_check_index(store *tested, int32_t pid)
{
    checking self = {.tested = tested, .pid = pid};

    if (tested->ops->read(tested, pid, 1, INT64_MAX, check_message, &self, test_text,
                          sizeof test_text) < 0)
        return -1;
    return self.count;
}
