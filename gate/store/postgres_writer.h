/*
 * What the PostgreSQL store writes, on one connection and one thread. Nothing here knows of
 * queues.
 */
#ifndef GATE_STORE_POSTGRES_WRITER_H
#define GATE_STORE_POSTGRES_WRITER_H

#include "gate/store/batch_codec.h"
#include "gate/store/parts.h"
#include "gate/store/postgres_session.h"
#include "gate/store/run_split.h"

enum { PG_TRANSACTION_BATCHES = 256 }; /* in one transaction, at most */

/** How one batch of a transaction ended. */
typedef struct pg_outcome {
    int result;
    bool is_sent;           /* to PostgreSQL: not refused by ourselves */
    size_t statement_count; /* that it took */
    char text[200];
} pg_outcome;

/**
 * Pass some time before the next attempt to connect. False: the store is closing, and has
 * waited long enough.
 */
typedef bool pg_pause_fn(void *userdata, int64_t pause_ms);

typedef struct pg_writer {
    pg_session session;
    store_durability durability;
    pg_pause_fn *pause;
    void *userdata;
    pid_table projects;
    uint64_t connection;   /* number of the connection, to know whose fence is an old one */
    uint64_t transaction;  /* number of the one under way or of the last */
    int64_t down_since_ms; /* 0 while there is a connection */
    int64_t next_try_ms;
    int64_t pause_ms;
    char down_text[200];
    pg_outcome *outcomes; /* PG_TRANSACTION_BATCHES of them */
    run_split split;
    batch_buffer buffer; /* a run encoded */
} pg_writer;

/** Connect, and make or migrate the schema. 0 or -1. */
int pg_writer_init(pg_writer *self, const pg_target *target, store_durability durability,
                   pg_pause_fn *pause, pg_give_up_fn *give_up, void *userdata, char *reterr_text,
                   size_t text_size);

/** Safe on one that is all zero or half made. */
void pg_writer_deinit(pg_writer *self);

/**
 * Commit a list of batches and end each with its `done`, in order: in one transaction, unless
 * there are very many. When it fails each is tried alone, so that a bad one takes no other with
 * it. While PostgreSQL cannot be reached batches fail after a while, but one that may have been
 * committed is kept until that is known.
 */
void pg_writer_commit(pg_writer *self, store_batch *batches);

/** As store_ops.open_project. */
int pg_writer_open_project(pg_writer *self, int32_t pid, uint64_t epoch, int64_t now_ms,
                           store_state *ret_state, char *reterr_text, size_t text_size);

#endif
