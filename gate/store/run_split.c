/*
 * A batch cut into runs. Most batches are one run, and are passed on as they are; the records of
 * a larger one are copied run by run, with the bytes they need.
 */
#include "gate/store/run_split.h"

#include <stdlib.h>
#include <string.h>

enum {
    RECORD_BYTES = 24, /* of a record without its bytes, about */
    SHARED_MIN = 16,   /* shorter bytes are copied for each record */
    PLACES = 256       /* of bytes that records share, remembered; forgotten ones cost room only */
};

/* Bytes of the batch that are in the run already, at `new_at`. */
typedef struct place {
    uint32_t at;
    uint32_t len;
    uint32_t new_at;
    bool is_used;
} place;

/* A run being filled. */
typedef struct filling {
    place places[PLACES];
    size_t count;
    size_t byte_count;
} filling;

void run_split_begin(run_split *self, const store_batch *batch)
{
    self->batch = batch;
    self->next = 0;
}

void run_split_deinit(run_split *self)
{
    free(self->records);
    free(self->bytes);
    *self = (run_split){0};
}

static place *place_of(filling *run, uint32_t at, uint32_t len)
{
    return &run->places[(at * 31 + len) % PLACES];
}

static bool is_there(const place *there, uint32_t at, uint32_t len)
{
    return len >= SHARED_MIN && there->is_used && there->at == at && there->len == len;
}

/* Bytes that a record adds to the run. */
static size_t cost_of(filling *run, const store_record *record)
{
    size_t cost = 0;

    if (!is_there(place_of(run, record->msg_at, record->msg_len), record->msg_at, record->msg_len))
        cost += record->msg_len;
    if (!is_there(place_of(run, record->attrs_at, record->attrs_len), record->attrs_at,
                  record->attrs_len))
        cost += record->attrs_len;
    return cost;
}

static int reserve(run_split *self, size_t record_count, size_t byte_count)
{
    if (record_count > self->record_cap) {
        const size_t cap = record_count * 2;
        store_record *records = realloc(self->records, cap * sizeof *records);

        if (records == NULL)
            return -1;
        self->records = records;
        self->record_cap = cap;
    }
    if (byte_count > self->byte_cap) {
        const size_t cap = byte_count < RUN_BYTES ? RUN_BYTES : byte_count;
        uint8_t *bytes = realloc(self->bytes, cap);

        if (bytes == NULL)
            return -1;
        self->bytes = bytes;
        self->byte_cap = cap;
    }
    return 0;
}

static uint32_t put_bytes(run_split *self, filling *run, uint32_t at, uint32_t len)
{
    place *there = place_of(run, at, len);

    if (is_there(there, at, len))
        return there->new_at;
    if (len > 0)
        memcpy(self->bytes + run->byte_count, self->batch->bytes + at, len);
    if (len >= SHARED_MIN)
        *there =
            (place){.at = at, .len = len, .new_at = (uint32_t)run->byte_count, .is_used = true};
    run->byte_count += len;
    return (uint32_t)(run->byte_count - len);
}

static int fill(run_split *self, filling *run)
{
    const store_batch *batch = self->batch;

    for (; self->next < batch->record_count; self->next++) {
        store_record record = batch->records[self->next];
        const size_t byte_count = run->byte_count + cost_of(run, &record);

        if (run->count > 0 && byte_count + (run->count + 1) * RECORD_BYTES > RUN_BYTES)
            return 0;
        /* One of both may be forgotten for the other. */
        if (reserve(self, run->count + 1,
                    run->byte_count + record.msg_len + (size_t)record.attrs_len) < 0)
            return -1;
        record.msg_at = put_bytes(self, run, record.msg_at, record.msg_len);
        record.attrs_at = put_bytes(self, run, record.attrs_at, record.attrs_len);
        self->records[run->count++] = record;
    }
    return 0;
}

int run_split_next(run_split *self, store_batch *ret_run)
{
    const store_batch *batch = self->batch;
    filling run = {.count = 0};

    if (self->next == batch->record_count)
        return 0;
    *ret_run = *batch;
    if (self->next == 0 &&
        (batch->record_count == 1 ||
         (batch->byte_count <= RUN_BYTES &&
          batch->record_count <= (RUN_BYTES - batch->byte_count) / RECORD_BYTES))) {
        self->next = batch->record_count;
        return 1;
    }
    if (fill(self, &run) < 0)
        return -1;
    ret_run->records = self->records;
    ret_run->record_count = run.count;
    ret_run->bytes = self->bytes;
    ret_run->byte_count = run.byte_count;
    return 1;
}
