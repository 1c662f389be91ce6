/*
 * What tools do with any kind of store: open it by name, read its records, fill it.
 */
#include "gate/store/maintenance.h"

#include "gate/store/batch_codec.h"
#include "gate/store/name.h"
#include "gate/store/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILL_RECORDS = 1000,  /* in a run, at most */
    FILL_BYTES = 64 << 10 /* beyond it a run ends */
};

int store_tool_open(const char *name, store_access access, store_tool **ret_tool, char *reterr_text,
                    size_t text_size)
{
    if (store_name_path(name) != NULL)
        return store_tool_open_sqlite(store_name_path(name), access, ret_tool, reterr_text,
                                      text_size);
    if (store_name_conninfo(name) != NULL) {
#ifdef RTMKIT_POSTGRES
        return store_tool_open_postgres(store_name_conninfo(name), access, ret_tool, reterr_text,
                                        text_size);
#else
        store_text_set(reterr_text, text_size,
                       "postgres: this program was built without PostgreSQL");
        return -1;
#endif
    }
    store_text_set(reterr_text, text_size,
                   strcmp(name, "memory:") == 0 ? "memory: there is nothing beyond the process"
                                                : "no such kind of store");
    return -1;
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct reading {
    int32_t pid;
    store_visit_fn *visit;
    void *userdata;
    const char *fault;
    int64_t fault_offset;
} reading;

static bool read_run(const store_run_row *row, void *userdata)
{
    reading *self = userdata;
    batch_reader run;
    store_record record;
    int r = batch_reader_init(&run, row->data, row->len, BATCH_VERIFY);

    if (r == 0 && (run.pid != self->pid || run.first_offset != row->first_offset))
        r = -1;
    while (r == 0 && (r = batch_reader_next(&run, &record)) > 0) {
        if (!self->visit(&record, run.bytes, self->userdata))
            return false;
        r = 0;
    }
    if (r < 0) {
        self->fault = "is damaged";
        self->fault_offset = row->first_offset;
    }
    return r == 0;
}

int store_tool_read(store_tool *tool, int32_t pid, store_visit_fn *visit, void *userdata,
                    char *reterr_text, size_t text_size)
{
    reading self = {.pid = pid, .visit = visit, .userdata = userdata};

    if (tool->ops->read_runs(tool, pid, INT64_MIN, INT64_MAX, read_run, &self, reterr_text,
                             text_size) < 0)
        return -1;
    if (self.fault == NULL)
        return 0;
    store_text_set(reterr_text, text_size, "project %" PRId32 ": the run at offset %" PRId64 " %s",
                   pid, self.fault_offset, self.fault);
    return -1;
}

/* ---- filling ------------------------------------------------------------------------------- */

void store_filler_begin(store_filler *self, store_tool *tool, int32_t pid)
{
    self->tool = tool;
    self->pid = pid;
    self->head = 0;
    self->last_mtime_ms = INT64_MIN;
    self->end_bytes = 0;
    self->record_count = 0;
    self->byte_count = 0;
}

void store_filler_deinit(store_filler *self)
{
    free(self->records);
    free(self->bytes);
    free(self->encoded);
    *self = (store_filler){0};
}

static int make_room(uint8_t **bytes, size_t *cap, size_t wanted)
{
    uint8_t *grown;

    if (wanted <= *cap)
        return 0;
    grown = realloc(*bytes, wanted * 2);
    if (grown == NULL)
        return -1;
    *bytes = grown;
    *cap = wanted * 2;
    return 0;
}

int store_filler_flush(store_filler *self, char *reterr_text, size_t text_size)
{
    const store_batch batch = {
        .pid = self->pid,
        .epoch = 1, /* of no meaning in a run */
        .records = self->records,
        .record_count = self->record_count,
        .bytes = self->bytes,
        .byte_count = self->byte_count,
    };
    const store_position after = {
        .epoch = 1, .head = self->head, .last_mtime_ms = self->last_mtime_ms};
    const batch_run run = batch_run_of(&batch);
    const size_t room = self->record_count > 0 ? batch_encoded_max(&run) : 0;

    if (self->record_count == 0)
        return 0;
    if (store_batch_check(&batch, &after, reterr_text, text_size) < 0)
        return -1;
    if (room == 0 || make_room(&self->encoded, &self->encoded_cap, room) < 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }

    const store_record *last = &self->records[self->record_count - 1];
    const store_run_row row = {
        .first_offset = self->records[0].offset,
        .last_offset = last->offset,
        .last_ms = last->mtime_ms,
        .before_bytes = self->end_bytes,
        .data = self->encoded,
        .len = batch_encode(&run, self->encoded),
    };

    if (self->tool->ops->put_run(self->tool, self->pid, &row, reterr_text, text_size) < 0)
        return -1;
    self->head = last->offset;
    self->last_mtime_ms = last->mtime_ms;
    self->end_bytes += (int64_t)row.len;
    self->record_count = 0;
    self->byte_count = 0;
    return 0;
}

/* Put bytes behind the others; those that the record before had are shared. */
static uint32_t put_bytes(store_filler *self, const uint8_t *from, uint32_t len, uint32_t before_at,
                          uint32_t before_len)
{
    const uint32_t at = (uint32_t)self->byte_count;

    if (len == 0)
        return 0;
    if (len == before_len && memcmp(self->bytes + before_at, from, len) == 0)
        return before_at;
    memcpy(self->bytes + at, from, len);
    self->byte_count += len;
    return at;
}

int store_filler_add(store_filler *self, const store_record *record, const uint8_t *msg,
                     const uint8_t *attrs, char *reterr_text, size_t text_size)
{
    store_record last = {0};

    if (self->record_count == FILL_RECORDS || self->byte_count >= FILL_BYTES) {
        if (store_filler_flush(self, reterr_text, text_size) < 0)
            return -1;
    }
    if (self->records == NULL)
        self->records = calloc(FILL_RECORDS, sizeof *self->records);
    if (self->records == NULL ||
        make_room(&self->bytes, &self->byte_cap,
                  self->byte_count + record->msg_len + record->attrs_len + 1) < 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    if (self->record_count > 0)
        last = self->records[self->record_count - 1];

    store_record *added = &self->records[self->record_count];

    *added = *record;
    added->msg_at = put_bytes(self, msg, record->msg_len, last.msg_at, last.msg_len);
    added->attrs_at = put_bytes(self, attrs, record->attrs_len, last.attrs_at, last.attrs_len);
    self->record_count++;
    return 0;
}
