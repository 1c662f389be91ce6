/*
 * A store of files for tests in one thread: it keeps nothing, numbers what it is given, and ends a
 * put at once, later or badly.
 */
#ifndef TEST_HELD_FILES_H
#define TEST_HELD_FILES_H

#include "gate/core/config.h"

typedef struct held_files {
    files_store base;
    bool is_holding; /* puts wait for held_files_release() */
    files_result result;
    files_put *first;
    files_put *last;
    size_t put_count;
    size_t last_len;   /* of the last content stored */
    uint64_t last_sum; /* of its bytes */
} held_files;

void held_files_init(held_files *self);

/** What a gate needs, of files up to 100 KiB, with so much memory for them. */
void held_files_fill(held_files *self, gate_files *ret_files, size_t memory_bytes);

/** End all puts that wait. */
void held_files_release(held_files *self);

uint64_t held_files_sum(const uint8_t *bytes, size_t len);

#endif
