/*
 * The index of the SQLite store: what index.h asks for, on a connection of its own that only
 * reads. Changes are handed to the writer, through a function that is given here.
 */
#ifndef GATE_STORE_SQLITE_INDEX_H
#define GATE_STORE_SQLITE_INDEX_H

#include "gate/store/index.h"
#include "gate/store/recent.h"
#include "gate/store/sqlite_reader.h"

#include <sqlite3.h>

enum sqlite_index_query {
    INDEX_QUERY_BEFORE,
    INDEX_QUERY_AFTER,
    INDEX_QUERY_RUN,
    INDEX_QUERY_PROGRESS,
    INDEX_QUERY_BEGIN,
    INDEX_QUERY_END,
    INDEX_QUERY_COUNT
};

/** Their texts, for the test that looks at their plans. */
extern const char *const sqlite_index_texts[INDEX_QUERY_COUNT];

/** As index_storage_ops.apply. */
typedef int sqlite_apply_fn(void *userdata, int32_t pid, const index_change *changes, size_t count,
                            int64_t indexed_until, char *reterr_text, size_t text_size);

typedef struct sqlite_index {
    index_storage base; /* first */
    sqlite3 *db;        /* borrowed */
    sqlite_reader reader;
    sqlite3_stmt *queries[INDEX_QUERY_COUNT];
    bool is_reading; /* in a transaction that reads */
    recent_log *recent;
    recent_list at_hand;  /* of the project that is being caught up with, if they are all there */
    int64_t at_hand_tail; /* what retention has dropped is passed over: ids must not pass offsets */
    index_pass *pass;
    sqlite_apply_fn *apply;
    void *userdata;
    uint8_t *block; /* the last block that was found, and the last run */
    size_t block_cap;
    uint8_t *run;
    size_t run_cap;
} sqlite_index;

/** Prepare on a connection that outlives the index, as does `recent`. 0 or -1. */
int sqlite_index_init(sqlite_index *self, sqlite3 *db, recent_log *recent, sqlite_apply_fn *apply,
                      void *userdata, char *reterr_text, size_t text_size);

/** Safe on one that is all zero or half made. */
void sqlite_index_deinit(sqlite_index *self);

/** Bring a project's index up to what is committed, and tell where its log stands. 0 or -1. */
int sqlite_index_catch_up(sqlite_index *self, int32_t pid, index_position *ret_position,
                          char *reterr_text, size_t text_size);

/** Catch up and answer: ask->answer is filled in. */
void sqlite_index_answer(sqlite_index *self, store_ask *ask);

#endif
