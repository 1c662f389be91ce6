/*
 * The index of the PostgreSQL store: what index.h asks for, on a connection of its own.
 */
#ifndef GATE_STORE_POSTGRES_INDEX_H
#define GATE_STORE_POSTGRES_INDEX_H

#include "gate/store/asker.h"
#include "gate/store/index.h"
#include "gate/store/postgres_reader.h"
#include "gate/store/postgres_session.h"

typedef struct pg_index {
    index_storage base; /* first */
    pg_session session;
    pg_reader *reader; /* borrowed: for the log */
    asker *asker;      /* borrowed: to know when to end early */
    index_pass *pass;
    int64_t indexed_until; /* of the project that is being brought up to date */
    PGresult *block;       /* the last block that was found, and the last run */
    PGresult *run;
} pg_index;

/** Nothing is connected yet; all outlive the index. 0, or -1 when out of memory. */
int pg_index_init(pg_index *self, const pg_target *target, pg_reader *reader, asker *owner);

/** Safe on one that is all zero or half made. */
void pg_index_deinit(pg_index *self);

/** Bring a project's index up to what is committed. 0 or -1. */
int pg_index_catch_up(pg_index *self, int32_t pid, char *reterr_text, size_t text_size);

/** Catch up and answer: ask->answer is filled in. */
void pg_index_answer(pg_index *self, store_ask *ask);

#endif
