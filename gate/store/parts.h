/*
 * What every store needs: texts of errors, the rules a batch must keep, projects by their id.
 */
#ifndef GATE_STORE_PARTS_H
#define GATE_STORE_PARTS_H

#include "gate/store/store.h"

/** Write a text of an error, cut to `size`; `text` may be NULL when `size` is 0. */
void store_text_set(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Where one project's log stands while the store is open. */
typedef struct store_position {
    uint64_t epoch;
    int64_t head;
    int64_t last_mtime_ms; /* INT64_MIN before the first record */
} store_position;

/** Kinds of records that there can be; the codec has six bits for it. */
enum { STORE_KIND_MAX = 63 };

/**
 * Whether a batch may follow what the log holds: its epoch is the open one, offsets rise, log
 * time does not fall, positions lie within the bytes, keys and values of changes are not too
 * long. 0 or -1.
 */
int store_batch_check(const store_batch *batch, const store_position *after, char *reterr_text,
                      size_t text_size);

/** Projects by pid: a sorted array, since projects are few and opened before the load. */
typedef struct pid_table {
    struct pid_entry *entries;
    size_t count;
    size_t cap;
} pid_table;

typedef struct pid_entry {
    int32_t pid;
    void *value;
} pid_entry;

void *pid_table_get(const pid_table *self, int32_t pid);

/** Add a project that is not there yet. 0, or -1 when out of memory. */
int pid_table_add(pid_table *self, int32_t pid, void *value);

/** Free the table; each value is handed to `free_value`. */
void pid_table_deinit(pid_table *self, void (*free_value)(void *value));

#endif
