/*
 * What every store needs. The check of a batch lives here so that all stores refuse the same
 * things: a log whose offsets or times fall could not be searched by either.
 */
#include "gate/store/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void store_text_set(char *text, size_t size, const char *format, ...)
{
    va_list args;

    if (size == 0)
        return;
    va_start(args, format);
    (void)vsnprintf(text, size, format, args);
    va_end(args);
}

static bool is_inside(uint32_t at, uint32_t len, size_t byte_count)
{
    return at <= byte_count && len <= byte_count - at;
}

static const char *fault_of_record(const store_record *record, int64_t last_offset,
                                   int64_t last_mtime_ms, size_t byte_count)
{
    if (record->offset < 1 || record->offset == INT64_MAX)
        return "its offset is out of range";
    if (record->offset <= last_offset)
        return "its offset does not rise";
    if (record->mtime_ms < last_mtime_ms)
        return "its log time falls";
    if (record->kind == 0 || record->kind > STORE_KIND_MAX)
        return "its kind is unknown";
    if (!is_inside(record->msg_at, record->msg_len, byte_count) ||
        !is_inside(record->attrs_at, record->attrs_len, byte_count))
        return "its bytes lie outside of the batch";
    return NULL;
}

static int check_changes(const store_batch *batch, char *text, size_t text_size)
{
    for (size_t i = 0; i < batch->change_count; i++) {
        const store_change *change = &batch->changes[i];
        const char *fault = NULL;

        if (change->key_len < 1 || change->key_len > STORE_KEY_MAX)
            fault = "its key is empty or too long";
        else if (!change->is_removal && change->value_len > STORE_VALUE_MAX)
            fault = "its value is too long";
        else if (!is_inside(change->key_at, change->key_len, batch->change_byte_count) ||
                 (!change->is_removal &&
                  !is_inside(change->value_at, change->value_len, batch->change_byte_count)))
            fault = "its bytes lie outside of the batch";
        if (fault != NULL) {
            store_text_set(text, text_size, "project %" PRId32 ": change %zu is refused: %s",
                           batch->pid, i, fault);
            return -1;
        }
    }
    return 0;
}

int store_batch_check(const store_batch *batch, const store_position *after, char *reterr_text,
                      size_t text_size)
{
    if (batch->epoch == 0 || batch->epoch != after->epoch) {
        store_text_set(reterr_text, text_size,
                       "project %" PRId32 ": epoch %016" PRIx64 " is not the open one", batch->pid,
                       batch->epoch);
        return -1;
    }

    int64_t last_offset = after->head;
    int64_t last_mtime_ms = after->last_mtime_ms;

    for (size_t i = 0; i < batch->record_count; i++) {
        const store_record *record = &batch->records[i];
        const char *fault = fault_of_record(record, last_offset, last_mtime_ms, batch->byte_count);

        if (fault != NULL) {
            store_text_set(reterr_text, text_size,
                           "project %" PRId32 ": record %" PRId64 " is refused: %s", batch->pid,
                           record->offset, fault);
            return -1;
        }
        last_offset = record->offset;
        last_mtime_ms = record->mtime_ms;
    }
    return check_changes(batch, reterr_text, text_size);
}

void store_answer_deinit(store_answer *answer)
{
    free(answer->rows);
    free(answer->bytes);
    *answer = (store_answer){0};
}

/* The place of a pid in the table, or where it belongs. */
static size_t place_of(const pid_table *self, int32_t pid)
{
    size_t low = 0;
    size_t high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->entries[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void *pid_table_get(const pid_table *self, int32_t pid)
{
    const size_t place = place_of(self, pid);

    if (place == self->count || self->entries[place].pid != pid)
        return NULL;
    return self->entries[place].value;
}

int pid_table_add(pid_table *self, int32_t pid, void *value)
{
    if (self->count == self->cap) {
        const size_t cap = self->cap == 0 ? 8 : self->cap * 2;
        pid_entry *entries = realloc(self->entries, cap * sizeof *entries);

        if (entries == NULL)
            return -1;
        self->entries = entries;
        self->cap = cap;
    }

    const size_t place = place_of(self, pid);

    assert(place == self->count || self->entries[place].pid != pid);
    memmove(self->entries + place + 1, self->entries + place,
            (self->count - place) * sizeof *self->entries);
    self->entries[place] = (pid_entry){.pid = pid, .value = value};
    self->count++;
    return 0;
}

void pid_table_deinit(pid_table *self, void (*free_value)(void *value))
{
    for (size_t i = 0; i < self->count; i++)
        free_value(self->entries[i].value);
    free(self->entries);
    *self = (pid_table){0};
}
