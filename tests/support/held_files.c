/*
 * Puts in a row, each ended by a call.
 */
#include "tests/support/held_files.h"

#include <stdio.h>
#include <string.h>

uint64_t held_files_sum(const uint8_t *bytes, size_t len)
{
    uint64_t sum = len;

    for (size_t i = 0; i < len; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

static void run(held_files *self, files_put *put)
{
    put->result = self->result;
    (void)snprintf(put->text, sizeof put->text, "%s", self->result == 0 ? "" : "the disk is gone");
    if (put->check != NULL && !put->check(put)) {
        put->result = FILES_REFUSED;
    } else if (self->result == FILES_STORED) {
        self->last_len = put->content_len;
        self->last_sum = held_files_sum(put->content, put->content_len);
        /* As of a real one: it follows from what is sent. */
        (void)snprintf(put->id, sizeof put->id, "%08x%016llx%016llx", 1,
                       (unsigned long long)self->last_sum, (unsigned long long)put->mid);
    }
    put->done(put);
}

static void held_put(files_store *base, files_put *put)
{
    held_files *const self = (held_files *)(void *)base;

    self->put_count++;
    put->next = NULL;
    if (!self->is_holding) {
        run(self, put);
        return;
    }
    if (self->last != NULL)
        self->last->next = put;
    else
        self->first = put;
    self->last = put;
}

void held_files_release(held_files *self)
{
    files_put *put = self->first;

    self->first = self->last = NULL;
    while (put != NULL) {
        files_put *const next = put->next;
        run(self, put);
        put = next;
    }
}

void held_files_init(held_files *self)
{
    static const files_ops ops = {.put = held_put};

    *self = (held_files){.base = {.ops = &ops}};
}

void held_files_fill(held_files *self, gate_files *ret_files, size_t memory_bytes)
{
    memset(ret_files, 0, sizeof *ret_files);
    ret_files->content = &self->base;
    ret_files->max_bytes = 100 * 1024;
    ret_files->package_bytes = 164 * 1024;
    ret_files->memory_bytes = memory_bytes;
    ret_files->time_ms = 60000;
    atomic_init(&ret_files->memory, 0);
    (void)snprintf(ret_files->endpoint, sizeof ret_files->endpoint, "files.example:1");
    (void)snprintf(ret_files->url, sizeof ret_files->url, "http://files.example");
}
