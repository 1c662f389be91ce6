/*
 * Most batches are one run, or parts of one, and are passed on as they are. Where bytes do not
 * stand in the order of the records, those are copied run by run, with the bytes they need.
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

static bool is_one_run(const store_batch *batch)
{
    return batch->record_count == 1 ||
           (batch->byte_count <= RUN_BYTES &&
            batch->record_count <= (RUN_BYTES - batch->byte_count) / RECORD_BYTES);
}

/*
 * The next records as they stand, if the bytes of each lie behind those before it or among them.
 * False: they do not, and nothing is taken.
 */
static bool take_part(run_split *self, batch_run *ret_run)
{
    const store_batch *batch = self->batch;
    const store_record *records = batch->records + self->next;
    const size_t left = batch->record_count - self->next;
    const size_t begin = records[0].msg_at;
    size_t end = begin;
    size_t count = 0;

    for (; count < left; count++) {
        const store_record *record = &records[count];
        const size_t msg_end = (size_t)record->msg_at + record->msg_len;
        const size_t record_end = msg_end + record->attrs_len;

        if (record->attrs_at != msg_end ||
            (record->msg_at != end && (record->msg_at < begin || record_end > end)))
            return false;
        if (count > 0 && record_end - begin + (count + 1) * RECORD_BYTES > RUN_BYTES)
            break;
        if (record_end > end)
            end = record_end;
    }
    *ret_run = (batch_run){
        .pid = batch->pid,
        .records = records,
        .record_count = count,
        .bytes = end > begin ? batch->bytes + begin : NULL,
        .byte_count = end - begin,
        .bytes_at = begin,
    };
    self->next += count;
    return true;
}

/* The next records, copied. 0, or -1 when out of memory. */
static int copy_part(run_split *self, batch_run *ret_run)
{
    filling run = {.count = 0};

    if (fill(self, &run) < 0)
        return -1;
    *ret_run = (batch_run){
        .pid = self->batch->pid,
        .records = self->records,
        .record_count = run.count,
        .bytes = self->bytes,
        .byte_count = run.byte_count,
    };
    return 0;
}

int run_split_next(run_split *self, batch_run *ret_run)
{
    const store_batch *batch = self->batch;

    if (self->next == batch->record_count)
        return 0;
    if (self->next == 0 && is_one_run(batch)) {
        *ret_run = batch_run_of(batch);
        self->next = batch->record_count;
        return 1;
    }
    return take_part(self, ret_run) || copy_part(self, ret_run) == 0 ? 1 : -1;
}
