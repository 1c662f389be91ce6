/*
 * What the SQLite store writes, on one connection and one thread. Nothing here knows of queues.
 */
#ifndef GATE_STORE_SQLITE_WRITER_H
#define GATE_STORE_SQLITE_WRITER_H

#include "gate/store/batch_codec.h"
#include "gate/store/index.h"
#include "gate/store/parts.h"
#include "gate/store/recent.h"
#include "gate/store/run_split.h"
#include "gate/store/sqlite_reader.h"

#include <sqlite3.h>

enum sqlite_command {
    COMMAND_BEGIN,
    COMMAND_COMMIT,
    COMMAND_INSERT_RUN,
    COMMAND_INSERT_EPOCH,
    COMMAND_FIND_EPOCH,
    COMMAND_FORGET_EPOCHS,
    COMMAND_DELETE_RUNS,
    COMMAND_PUT_ENTRY,
    COMMAND_REMOVE_ENTRY,
    COMMAND_PUT_BLOCK,
    COMMAND_DELETE_BLOCKS,
    COMMAND_EXPIRE_BLOCKS,
    COMMAND_SET_PROGRESS,
    COMMAND_COUNT
};

/** Their texts, for the test that looks at their plans. */
extern const char *const sqlite_writer_texts[COMMAND_COUNT];

typedef struct sqlite_writer {
    sqlite3 *db; /* borrowed */
    sqlite3_stmt *commands[COMMAND_COUNT];
    sqlite_reader view; /* of the same connection */
    recent_log *recent; /* borrowed: gets what was committed */
    store_durability durability;
    pid_table projects;
    uint64_t transaction; /* number of the one under way or of the last */
    run_split split;
    batch_buffer buffer; /* a run encoded */
} sqlite_writer;

/** Prepare on a connection that outlives the writer, as does `recent`. 0 or -1. */
int sqlite_writer_init(sqlite_writer *self, sqlite3 *db, recent_log *recent,
                       store_durability durability, char *reterr_text, size_t text_size);

/** Safe on one that is all zero or half made. */
void sqlite_writer_deinit(sqlite_writer *self);

/**
 * Commit a list of batches, in one transaction if all goes well, and end each with its `done`,
 * in order. When it fails each is tried alone, so that a bad one takes no other with it.
 */
void sqlite_writer_commit(sqlite_writer *self, store_batch *batches);

/** As store_ops.open_project. */
int sqlite_writer_open_project(sqlite_writer *self, int32_t pid, uint64_t epoch, int64_t now_ms,
                               store_state *ret_state, char *reterr_text, size_t text_size);

/** Delete the runs that begin before an offset. 0 or -1. */
int sqlite_writer_delete_before(sqlite_writer *self, int32_t pid, int64_t first_offset,
                                char *reterr_text, size_t text_size);

/** As index_storage_ops.apply. */
int sqlite_writer_apply_index(sqlite_writer *self, int32_t pid, const index_change *changes,
                              size_t count, int64_t indexed_until, char *reterr_text,
                              size_t text_size);

/** Delete some of the blocks that a tail has passed: 1 when there may be more, 0, or -1. */
int sqlite_writer_expire_blocks(sqlite_writer *self, int32_t pid, int64_t tail, char *reterr_text,
                                size_t text_size);

#endif
