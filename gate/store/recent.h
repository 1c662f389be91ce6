/*
 * Records that were committed and that the index has not taken yet, as they were handed over, so
 * that it needs not read them back. Only a short cut: where some are missing, as after a start or
 * when too many have come, the index reads the log.
 *
 * There are RECENT_CHUNKS_MAX pieces of 64 KiB at most for all projects of a store, 8 MiB in all.
 */
#ifndef GATE_STORE_RECENT_H
#define GATE_STORE_RECENT_H

#include "gate/store/parts.h"

#include <pthread.h>

enum { RECENT_CHUNK_RECORDS = 1024, RECENT_CHUNKS_MAX = 128 };

typedef struct recent_chunk {
    struct recent_chunk *next;
    size_t count;
    store_record records[RECENT_CHUNK_RECORDS]; /* without their bytes */
} recent_chunk;

/** Records of a project, in order: all that were committed behind `after`, until `last`. */
typedef struct recent_list {
    int64_t after;
    int64_t last;
    recent_chunk *first;
    recent_chunk *newest;
} recent_list;

typedef struct recent_log {
    pthread_mutex_t mutex; /* guards all below */
    pid_table lists;
    recent_chunk *spare;
    size_t chunk_count; /* with those that are spare or were taken */
    bool is_made;
} recent_log;

/** 0 or -1. */
int recent_init(recent_log *self);

/** Safe on one that is all zero. What was taken has been given back. */
void recent_deinit(recent_log *self);

/** A project was opened, its log ends at `head`. 0, or -1 when out of memory. */
int recent_open(recent_log *self, int32_t pid, int64_t head);

/** A batch was committed, behind those before it. Before anybody is told. */
void recent_add(recent_log *self, const store_batch *batch);

/** Take all that is there of a project; the caller's until recent_give_back(). */
recent_list recent_take(recent_log *self, int32_t pid);
void recent_give_back(recent_log *self, recent_list *list);

/** As store_ops.read, of what was taken; bytes are NULL. */
void recent_visit(const recent_list *list, int64_t from_offset, int64_t until_offset,
                  store_visit_fn *visit, void *userdata);

#endif
