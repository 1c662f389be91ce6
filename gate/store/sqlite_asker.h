/*
 * Who answers questions of the SQLite store: a thread that takes them one after another, and
 * brings the index up to date in between, when much has gathered or nothing came for a second.
 */
#ifndef GATE_STORE_SQLITE_ASKER_H
#define GATE_STORE_SQLITE_ASKER_H

#include "gate/store/sqlite_index.h"

#include <pthread.h>

typedef struct sqlite_asker {
    sqlite_index index; /* work_mutex */
    sqlite_apply_fn *apply;
    void *userdata;
    pthread_mutex_t work_mutex; /* whoever works with the index; taken before the other */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t cond;
    store_ask *first_ask;
    store_ask *last_ask;
    int32_t *pids; /* of the open projects */
    size_t pid_count;
    size_t pid_cap;
    int64_t lag; /* records that were committed and perhaps not indexed, about */
    bool is_closing;
    bool is_in_background; /* catching up because nobody asked */

    int made; /* how far the opening came */
    pthread_t thread;
} sqlite_asker;

/** On a connection that outlives it; changes of the index go through `apply`. 0 or -1. */
int sqlite_asker_init(sqlite_asker *self, sqlite3 *db, sqlite_apply_fn *apply, void *userdata,
                      char *reterr_text, size_t text_size);

/** Start the thread. 0 or -1. */
int sqlite_asker_start(sqlite_asker *self);

/** Answer what waits and end the thread. Safe on one that is all zero or half made. */
void sqlite_asker_stop(sqlite_asker *self);

/** After sqlite_asker_stop(). Safe on one that is all zero or half made. */
void sqlite_asker_deinit(sqlite_asker *self);

/** A project was opened; its index is brought up to date. 0, or -1 when out of memory. */
int sqlite_asker_add_project(sqlite_asker *self, int32_t pid);

/** Any thread. */
void sqlite_asker_ask(sqlite_asker *self, store_ask *ask);

/** So many records were committed. Any thread. */
void sqlite_asker_note_commit(sqlite_asker *self, size_t record_count);

/** Bring a project's index up to date, on the caller's thread. 0 or -1. */
int sqlite_asker_catch_up(sqlite_asker *self, int32_t pid, char *reterr_text, size_t text_size);

#endif
