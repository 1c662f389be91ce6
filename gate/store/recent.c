/*
 * A list that cannot go on, for want of memory or because of a record that needs its bytes, is
 * emptied, and begins anew behind what it has missed.
 */
#include "gate/store/recent.h"

#include <stdlib.h>
#include <string.h>

int recent_init(recent_log *self)
{
    *self = (recent_log){0};
    if (pthread_mutex_init(&self->mutex, NULL) != 0)
        return -1;
    self->is_made = true;
    return 0;
}

/* Free, or keep for others. */
static void put_aside(recent_log *self, recent_list *list)
{
    while (list->first != NULL) {
        recent_chunk *chunk = list->first;

        list->first = chunk->next;
        chunk->next = self->spare;
        self->spare = chunk;
    }
    list->newest = NULL;
}

static void free_list(void *value)
{
    recent_list *list = value;

    while (list->first != NULL) {
        recent_chunk *chunk = list->first;

        list->first = chunk->next;
        free(chunk);
    }
    free(list);
}

void recent_deinit(recent_log *self)
{
    if (!self->is_made)
        return;
    pid_table_deinit(&self->lists, free_list);
    while (self->spare != NULL) {
        recent_chunk *chunk = self->spare;

        self->spare = chunk->next;
        free(chunk);
    }
    (void)pthread_mutex_destroy(&self->mutex);
    *self = (recent_log){.is_made = false};
}

static void begin_behind(recent_log *self, recent_list *list, int64_t offset)
{
    put_aside(self, list);
    list->after = list->last = offset;
}

int recent_open(recent_log *self, int32_t pid, int64_t head)
{
    int r = 0;

    (void)pthread_mutex_lock(&self->mutex);

    recent_list *list = pid_table_get(&self->lists, pid);

    if (list == NULL) {
        list = calloc(1, sizeof *list);
        if (list == NULL || pid_table_add(&self->lists, pid, list) < 0) {
            free(list);
            list = NULL;
            r = -1;
        }
    }
    if (list != NULL)
        begin_behind(self, list, head);
    (void)pthread_mutex_unlock(&self->mutex);
    return r;
}

/* The index reads the times of a clear, which are its bytes. */
static bool needs_bytes(const store_record *record)
{
    return record->kind == STORE_CLEAR && record->msg_len > 0;
}

static bool add_chunk(recent_log *self, recent_list *list)
{
    recent_chunk *chunk = self->spare;

    if (chunk != NULL) {
        self->spare = chunk->next;
    } else if (self->chunk_count < RECENT_CHUNKS_MAX) {
        chunk = malloc(sizeof *chunk);
        self->chunk_count += chunk != NULL;
    }
    if (chunk == NULL)
        return false;
    chunk->next = NULL;
    chunk->count = 0;
    if (list->newest != NULL)
        list->newest->next = chunk;
    else
        list->first = chunk;
    list->newest = chunk;
    return true;
}

static bool add_records(recent_log *self, recent_list *list, const store_batch *batch)
{
    for (size_t i = 0; i < batch->record_count; i++) {
        recent_chunk *into = list->newest;

        if (needs_bytes(&batch->records[i]))
            return false;
        if (into == NULL || into->count == RECENT_CHUNK_RECORDS) {
            if (!add_chunk(self, list))
                return false;
            into = list->newest;
        }
        into->records[into->count++] = batch->records[i];
    }
    return true;
}

void recent_add(recent_log *self, const store_batch *batch)
{
    if (batch->record_count == 0)
        return;
    (void)pthread_mutex_lock(&self->mutex);

    recent_list *list = pid_table_get(&self->lists, batch->pid);

    if (list != NULL) {
        list->last = batch->records[batch->record_count - 1].offset;
        if (!add_records(self, list, batch))
            begin_behind(self, list, list->last);
    }
    (void)pthread_mutex_unlock(&self->mutex);
}

recent_list recent_take(recent_log *self, int32_t pid)
{
    recent_list taken = {0};

    (void)pthread_mutex_lock(&self->mutex);

    recent_list *list = pid_table_get(&self->lists, pid);

    if (list != NULL) {
        taken = *list;
        *list = (recent_list){.after = taken.last, .last = taken.last};
    }
    (void)pthread_mutex_unlock(&self->mutex);
    return taken;
}

void recent_give_back(recent_log *self, recent_list *list)
{
    (void)pthread_mutex_lock(&self->mutex);
    put_aside(self, list);
    (void)pthread_mutex_unlock(&self->mutex);
}

void recent_visit(const recent_list *list, int64_t from_offset, int64_t until_offset,
                  store_visit_fn *visit, void *userdata)
{
    for (const recent_chunk *chunk = list->first; chunk != NULL; chunk = chunk->next) {
        if (chunk->count == 0 || chunk->records[chunk->count - 1].offset < from_offset)
            continue;
        for (size_t i = 0; i < chunk->count; i++) {
            const store_record *record = &chunk->records[i];

            if (record->offset < from_offset)
                continue;
            if (record->offset > until_offset || !visit(record, NULL, userdata))
                return;
        }
    }
}
