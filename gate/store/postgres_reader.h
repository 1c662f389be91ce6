/*
 * What the PostgreSQL store reads, and what it deletes for retention: on a few connections of
 * its own, so that nothing here waits for a commit. Functions may be called from any thread; one
 * that finds all connections in use waits for one.
 */
#ifndef GATE_STORE_POSTGRES_READER_H
#define GATE_STORE_POSTGRES_READER_H

#include "gate/store/postgres_session.h"
#include "gate/store/store.h"

#include <pthread.h>

enum { PG_READERS_MAX = 3 };

typedef struct pg_reader {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int made; /* how far the making came */
    pg_session sessions[PG_READERS_MAX];
    bool is_used[PG_READERS_MAX];
} pg_reader;

/** Nothing is connected yet. `target` outlives the reader. 0 or -1. */
int pg_reader_init(pg_reader *self, const pg_target *target);

/** Safe on one that is all zero or half made. No call may be under way. */
void pg_reader_deinit(pg_reader *self);

/** As store_ops.read. */
int pg_reader_read(pg_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                   store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size);

/** The same, but damaged runs are passed over; `note` gets the text of the last one. */
int pg_reader_read_past(pg_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                        store_visit_fn *visit, void *userdata, char *note, size_t note_size,
                        char *reterr_text, size_t text_size);

/** As store_ops.read_entries. The visitor must not call the store. */
int pg_reader_entries(pg_reader *self, int32_t pid, store_entry_fn *visit, void *userdata,
                      char *reterr_text, size_t text_size);

/** As store_ops.seek_time. */
int pg_reader_seek_time(pg_reader *self, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                        char *reterr_text, size_t text_size);

/** As store_ops.trim, for the writer of that epoch: deletes nothing when it is another. */
int pg_reader_trim(pg_reader *self, int32_t pid, uint64_t epoch, const store_retention *keep,
                   int64_t now_ms, int64_t *ret_tail, char *reterr_text, size_t text_size);

/** As store_ops.read_epochs. */
int pg_reader_epochs(pg_reader *self, int32_t pid, store_epoch_fn *visit, void *userdata,
                     char *reterr_text, size_t text_size);

#endif
