/*
 * What the SQLite store reads, on one connection. Functions lock themselves, so that any thread
 * may call them, and hold the lock and the database's snapshot only while they fetch: long
 * snapshots would keep the WAL from being emptied.
 */
#ifndef GATE_STORE_SQLITE_READER_H
#define GATE_STORE_SQLITE_READER_H

#include "gate/store/store.h"

#include <pthread.h>
#include <sqlite3.h>

enum sqlite_query {
    QUERY_BEGIN,
    QUERY_END,
    QUERY_RUN_BEFORE,
    QUERY_RUNS_AFTER,
    QUERY_DATA,
    QUERY_NEWEST_EPOCH,
    QUERY_EPOCHS,
    QUERY_ENTRIES,
    QUERY_COUNT
};

/** Their texts, for the test that looks at their plans. */
extern const char *const sqlite_reader_texts[QUERY_COUNT];

typedef struct sqlite_reader {
    sqlite3 *db; /* borrowed */
    pthread_mutex_t mutex;
    bool is_mutex_made;
    sqlite3_stmt *queries[QUERY_COUNT];
} sqlite_reader;

/** Where a project's log stands on disk. */
typedef struct sqlite_position {
    int64_t head;
    int64_t tail;
    int64_t last_mtime_ms; /* INT64_MIN without runs */
    int64_t end_bytes;     /* of all runs ever stored */
    int64_t epoch_count;   /* ever opened */
    bool has_runs;
} sqlite_position;

/** Prepare the statements on a connection that outlives the reader. 0 or -1. */
int sqlite_reader_init(sqlite_reader *self, sqlite3 *db, char *reterr_text, size_t text_size);

/** Safe on one that is all zero or half made. */
void sqlite_reader_deinit(sqlite_reader *self);

int sqlite_reader_position(sqlite_reader *self, int32_t pid, sqlite_position *ret_position,
                           char *reterr_text, size_t text_size);

/** As store_ops.read. */
int sqlite_reader_read(sqlite_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                       store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size);

/** Likewise; but damaged runs are passed over, and `note` tells of the last of them. */
int sqlite_reader_read_past(sqlite_reader *self, int32_t pid, int64_t from_offset,
                            int64_t until_offset, store_visit_fn *visit, void *userdata, char *note,
                            size_t note_size, char *reterr_text, size_t text_size);

/** As store_ops.read_entries; the visitor must not call the store. */
int sqlite_reader_entries(sqlite_reader *self, int32_t pid, store_entry_fn *visit, void *userdata,
                          char *reterr_text, size_t text_size);

/** As store_ops.seek_time. */
int sqlite_reader_seek_time(sqlite_reader *self, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                            char *reterr_text, size_t text_size);

/** As store_ops.read_epochs. */
int sqlite_reader_epochs(sqlite_reader *self, int32_t pid, store_epoch_fn *visit, void *userdata,
                         char *reterr_text, size_t text_size);

/** The first offset that retention keeps: where a run begins, or INT64_MIN when all stay. */
int sqlite_reader_trim_point(sqlite_reader *self, int32_t pid, const store_retention *keep,
                             int64_t now_ms, int64_t *ret_first_offset, char *reterr_text,
                             size_t text_size);

/**
 * The end of one step towards a trim point: a run's first offset, with not too much before
 * it. 1, 0 when nothing lies before the point, or -1.
 */
int sqlite_reader_trim_step(sqlite_reader *self, int32_t pid, int64_t first_offset,
                            int64_t *ret_step_offset, char *reterr_text, size_t text_size);

#endif
