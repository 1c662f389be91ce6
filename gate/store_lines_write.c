/*
 * A store to text. Keys of an object are always in the same order, so that two exports of the
 * same store are the same bytes. Bytes are text where they are UTF-8, and base64 else; which of
 * both a message was sent as is told apart from that.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "gate/store_lines.h"

typedef struct writing {
    store_tool *tool;
    FILE *out;
    store_counts *counts;
    int32_t pid;
    bool is_out_of_memory;
    int32_t *pids;
    size_t pid_count;
    size_t pid_cap;
} writing;

/* "name": text, or "name64": base64. */
static int put_bytes(json_t *line, const char *name, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    json_t *text = json_stringn((const char *)bytes, len);
    char name64[32];
    char *base64;
    size_t at = 0;
    int r;

    if (text != NULL)
        return json_object_set_new(line, name, text);
    base64 = malloc(4 * (len / 3 + 1));
    if (base64 == NULL)
        return -1;
    for (size_t i = 0; i < len; i += 3) {
        const size_t left = len - i;
        const uint32_t three = (uint32_t)bytes[i] << 16 |
                               (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? bytes[i + 2] : 0U);

        base64[at++] = digits[three >> 18];
        base64[at++] = digits[three >> 12 & 63];
        base64[at++] = digits[three >> 6 & 63];
        base64[at++] = digits[three & 63];
        if (left < 3)
            memset(base64 + at - (3 - left), '=', 3 - left);
    }
    (void)snprintf(name64, sizeof name64, "%s64", name);
    r = json_object_set_new(line, name64, json_stringn(base64, at));
    free(base64);
    return r;
}

/* Write the line and free it. False when that failed: the stream keeps its own errors. */
static bool put_line(writing *self, json_t *line)
{
    const size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER;
    char *text = line != NULL ? json_dumps(line, flags) : NULL;

    if (text != NULL)
        (void)fprintf(self->out, "%s\n", text);
    else
        self->is_out_of_memory = true;
    free(text);
    json_decref(line);
    return text != NULL && ferror(self->out) == 0;
}

static bool write_epoch(const store_epoch_row *row, void *userdata)
{
    writing *self = userdata;
    char epoch[24];

    self->counts->epochs++;
    (void)snprintf(epoch, sizeof epoch, "%016" PRIx64, row->epoch);
    return put_line(self, json_pack("{s:s, s:i, s:I, s:s, s:I, s:I}", "type", "epoch", "pid",
                                    (int)self->pid, "number", (json_int_t)row->number, "epoch",
                                    epoch, "first_offset", (json_int_t)row->first_offset,
                                    "opened_ms", (json_int_t)row->opened_ms));
}

static bool write_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                        void *userdata)
{
    writing *self = userdata;
    json_t *line = json_pack("{s:s, s:i}", "type", "entry", "pid", (int)self->pid);

    self->counts->entries++;
    if (line != NULL && (put_bytes(line, "key", key, key_len) < 0 ||
                         put_bytes(line, "value", value, value_len) < 0)) {
        json_decref(line);
        line = NULL;
    }
    return put_line(self, line);
}

static bool write_record(const store_record *record, const uint8_t *bytes, void *userdata)
{
    writing *self = userdata;
    json_t *line = json_pack(
        "{s:s, s:i, s:I, s:I, s:I, s:i, s:i, s:I, s:I, s:I, s:b}", "type", "record", "pid",
        (int)self->pid, "offset", (json_int_t)record->offset, "mtime_ms",
        (json_int_t)record->mtime_ms, "ahead_ms", (json_int_t)record->ahead_ms, "kind",
        (int)record->kind, "mtype", (int)record->mtype, "from", (json_int_t)record->from, "to",
        (json_int_t)record->to, "mid", (json_int_t)record->mid, "binary", (int)record->is_binary);

    self->counts->records++;
    if (line != NULL &&
        (put_bytes(line, "msg", bytes + record->msg_at, record->msg_len) < 0 ||
         put_bytes(line, "attrs", bytes + record->attrs_at, record->attrs_len) < 0)) {
        json_decref(line);
        line = NULL;
    }
    return put_line(self, line);
}

static bool note_pid(int32_t pid, void *userdata)
{
    writing *self = userdata;

    if (self->pid_count == self->pid_cap) {
        const size_t cap = self->pid_cap == 0 ? 64 : self->pid_cap * 2;
        int32_t *pids = realloc(self->pids, cap * sizeof *pids);

        if (pids == NULL) {
            self->is_out_of_memory = true;
            return false;
        }
        self->pids = pids;
        self->pid_cap = cap;
    }
    self->pids[self->pid_count++] = pid;
    return true;
}

static int write_project(writing *self, char *text, size_t text_size)
{
    const store_tool_ops *ops = self->tool->ops;

    self->counts->projects++;
    if (ops->read_epochs(self->tool, self->pid, write_epoch, self, text, text_size) < 0 ||
        ops->read_entries(self->tool, self->pid, write_entry, self, text, text_size) < 0)
        return -1;
    return store_tool_read(self->tool, self->pid, write_record, self, text, text_size);
}

static int write_all(writing *self, const int32_t *only_pid, char *text, size_t text_size)
{
    store_counts *counts = self->counts;
    bool is_there = only_pid == NULL;

    if (self->tool->ops->read_pids(self->tool, note_pid, self, text, text_size) < 0)
        return -1;
    for (size_t i = 0; !is_there && i < self->pid_count; i++)
        is_there = self->pids[i] == *only_pid;
    if (!is_there) {
        (void)snprintf(text, text_size, "there is no project %" PRId32, *only_pid);
        return -1;
    }
    (void)put_line(self, json_pack("{s:s, s:i}", "type", "store", "version", 1));
    for (size_t i = 0; i < self->pid_count && !self->is_out_of_memory; i++) {
        self->pid = self->pids[i];
        if ((only_pid == NULL || self->pid == *only_pid) &&
            write_project(self, text, text_size) < 0)
            return -1;
    }
    (void)put_line(self,
                   json_pack("{s:s, s:I, s:I, s:I}", "type", "end", "epochs",
                             (json_int_t)counts->epochs, "entries", (json_int_t)counts->entries,
                             "records", (json_int_t)counts->records));
    return 0;
}

int store_lines_write(store_tool *tool, const int32_t *only_pid, FILE *out,
                      store_counts *ret_counts, char *reterr_text, size_t text_size)
{
    writing self = {.tool = tool, .out = out, .counts = ret_counts};
    int r;

    *ret_counts = (store_counts){0};
    r = write_all(&self, only_pid, reterr_text, text_size);
    if (r == 0 && self.is_out_of_memory) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        r = -1;
    }
    free(self.pids);
    return r;
}
