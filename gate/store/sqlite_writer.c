/*
 * What the SQLite store writes. One transaction holds all batches at hand; what a project's log
 * will end with is noted aside and becomes true when the transaction is committed, so that after
 * a rollback the next batch is checked against what is really there.
 */
#include "gate/store/sqlite_writer.h"

#include "gate/store/sqlite_file.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    SPLIT_KEPT = 4 << 20, /* more room is given back after its batch */
    EXPIRED_AT_ONCE = 512
};

/* Where a project's log ends. */
typedef struct log_end {
    store_position position;
    int64_t end_bytes;
} log_end;

typedef struct project {
    log_end committed;
    log_end pending;      /* valid in the transaction of that number */
    uint64_t transaction; /* 0: in none */
} project;

const char *const sqlite_writer_texts[COMMAND_COUNT] = {
    [COMMAND_BEGIN] = "BEGIN IMMEDIATE",
    [COMMAND_COMMIT] = "COMMIT",
    [COMMAND_INSERT_RUN] = "INSERT INTO run VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [COMMAND_INSERT_EPOCH] = "INSERT INTO epoch VALUES(?1, ?2, ?3, ?4, ?5)",
    [COMMAND_FIND_EPOCH] = "SELECT 1 FROM epoch WHERE pid = ?1 AND epoch = ?2",
    [COMMAND_FORGET_EPOCHS] = "DELETE FROM epoch WHERE pid = ?1 AND number <= ?2",
    [COMMAND_DELETE_RUNS] = "DELETE FROM run WHERE pid = ?1 AND first_offset < ?2",
    [COMMAND_PUT_ENTRY] = "INSERT INTO entry VALUES(?1, ?2, ?3)"
                          " ON CONFLICT(pid, key) DO UPDATE SET value = excluded.value",
    [COMMAND_REMOVE_ENTRY] = "DELETE FROM entry WHERE pid = ?1 AND key = ?2",
    [COMMAND_PUT_BLOCK] = "INSERT INTO block VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                          " ON CONFLICT(pid, kind, a, b, first_id) DO UPDATE"
                          " SET keep_offset = excluded.keep_offset, data = excluded.data",
    [COMMAND_DELETE_BLOCKS] = "DELETE FROM block WHERE pid = ?1 AND kind = ?2 AND a = ?3"
                              " AND b = ?4 AND first_id BETWEEN ?5 AND ?6",
    [COMMAND_EXPIRE_BLOCKS] = "DELETE FROM block WHERE rowid IN (SELECT rowid FROM block"
                              " WHERE pid = ?1 AND keep_offset < ?2 LIMIT ?3)",
    [COMMAND_SET_PROGRESS] =
        "INSERT INTO progress VALUES(?1, ?2)"
        " ON CONFLICT(pid) DO UPDATE SET indexed_until = excluded.indexed_until",
};

int sqlite_writer_init(sqlite_writer *self, sqlite3 *db, recent_log *recent,
                       store_durability durability, char *reterr_text, size_t text_size)
{
    *self = (sqlite_writer){.db = db, .recent = recent, .durability = durability};
    if (sqlite_reader_init(&self->view, db, reterr_text, text_size) < 0)
        return -1;
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (sqlite_statement_new(db, sqlite_writer_texts[i], &self->commands[i], reterr_text,
                                 text_size) < 0)
            goto fail;
    }
    return 0;

fail:
    sqlite_writer_deinit(self);
    return -1;
}

void sqlite_writer_deinit(sqlite_writer *self)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        (void)sqlite3_finalize(self->commands[i]);
    sqlite_reader_deinit(&self->view);
    pid_table_deinit(&self->projects, free);
    run_split_deinit(&self->split);
    batch_buffer_deinit(&self->buffer);
    *self = (sqlite_writer){0};
}

/* ---- transactions -------------------------------------------------------------------------- */

/* Run a command whose numbers are bound. 0 or -1 with the connection's text. */
static int run(sqlite_writer *self, enum sqlite_command command, char *text, size_t text_size)
{
    sqlite3_stmt *statement = self->commands[command];
    int r = 0;

    while (sqlite3_step(statement) == SQLITE_ROW)
        continue;
    if (sqlite3_reset(statement) != SQLITE_OK) {
        sqlite_text_set(text, text_size, self->db, "the log cannot be written");
        r = -1;
    }
    return r;
}

/* Some errors have rolled back already, and then there is nothing left to do. */
static void roll_back(sqlite_writer *self)
{
    if (sqlite3_get_autocommit(self->db) == 0)
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
}

static int begin(sqlite_writer *self, char *text, size_t text_size)
{
    roll_back(self); /* of one whose rollback failed */
    self->transaction++;
    return run(self, COMMAND_BEGIN, text, text_size);
}

static int commit(sqlite_writer *self, char *text, size_t text_size)
{
    const int r = run(self, COMMAND_COMMIT, text, text_size);

    if (r < 0)
        roll_back(self);
    return r;
}

/* ---- batches ------------------------------------------------------------------------------- */

static void give_back_buffer(sqlite_writer *self)
{
    batch_buffer_shed(&self->buffer);
    if (self->split.byte_cap > SPLIT_KEPT)
        run_split_deinit(&self->split);
}

/* The end of a project's log as the transaction under way sees it. */
static log_end *pending_end(sqlite_writer *self, project *owner)
{
    if (owner->transaction != self->transaction) {
        owner->pending = owner->committed;
        owner->transaction = self->transaction;
    }
    return &owner->pending;
}

/* An empty one too: that is not NULL. */
static int bind_bytes(sqlite_writer *self, sqlite3_stmt *statement, int place, const uint8_t *bytes,
                      size_t len, char *text, size_t text_size)
{
    if ((len > 0 ? sqlite3_bind_blob64(statement, place, bytes, len, SQLITE_STATIC)
                 : sqlite3_bind_zeroblob(statement, place, 0)) == SQLITE_OK)
        return 0;
    sqlite_text_set(text, text_size, self->db, "the log cannot be written");
    return -1;
}

static int insert_run(sqlite_writer *self, const batch_run *part, log_end *end, char *text,
                      size_t text_size)
{
    const store_record *last = &part->records[part->record_count - 1];
    sqlite3_stmt *insert = self->commands[COMMAND_INSERT_RUN];
    size_t len;

    if (batch_buffer_encode(&self->buffer, part, &len) < 0) {
        store_text_set(text, text_size, "out of memory");
        return -1;
    }
    (void)sqlite3_bind_int64(insert, 1, part->pid);
    (void)sqlite3_bind_int64(insert, 2, part->records[0].offset);
    (void)sqlite3_bind_int64(insert, 3, last->offset);
    (void)sqlite3_bind_int64(insert, 4, last->mtime_ms);
    (void)sqlite3_bind_int64(insert, 5, end->end_bytes);
    if (bind_bytes(self, insert, 6, self->buffer.bytes, len, text, text_size) < 0)
        return -1;

    const int r = run(self, COMMAND_INSERT_RUN, text, text_size);

    (void)sqlite3_bind_null(insert, 6); /* the buffer may go before the next one */
    if (r < 0)
        return -1;
    end->position.head = last->offset;
    end->position.last_mtime_ms = last->mtime_ms;
    end->end_bytes += (int64_t)len;
    return 0;
}

static int make_change(sqlite_writer *self, const store_batch *batch, const store_change *change,
                       char *text, size_t text_size)
{
    const enum sqlite_command command =
        change->is_removal ? COMMAND_REMOVE_ENTRY : COMMAND_PUT_ENTRY;
    sqlite3_stmt *statement = self->commands[command];
    int r;

    (void)sqlite3_bind_int64(statement, 1, batch->pid);
    r = bind_bytes(self, statement, 2, batch->change_bytes + change->key_at, change->key_len, text,
                   text_size);
    if (r == 0 && !change->is_removal)
        r = bind_bytes(self, statement, 3,
                       change->value_len > 0 ? batch->change_bytes + change->value_at : NULL,
                       change->value_len, text, text_size);
    if (r == 0)
        r = run(self, command, text, text_size);
    (void)sqlite3_clear_bindings(statement); /* the bytes are the caller's */
    return r;
}

static int insert_batch(sqlite_writer *self, const store_batch *batch, char *text, size_t text_size)
{
    project *owner = pid_table_get(&self->projects, batch->pid);
    batch_run part;
    int r;

    if (owner == NULL) {
        store_text_set(text, text_size, "project %" PRId32 " is not open", batch->pid);
        return -1;
    }

    log_end *end = pending_end(self, owner);

    if (store_batch_check(batch, &end->position, text, text_size) < 0)
        return -1;
    run_split_begin(&self->split, batch);
    while ((r = run_split_next(&self->split, &part)) > 0) {
        if (insert_run(self, &part, end, text, text_size) < 0)
            return -1;
    }
    if (r < 0) {
        store_text_set(text, text_size, "out of memory");
        return -1;
    }
    for (size_t i = 0; i < batch->change_count; i++) {
        if (make_change(self, batch, &batch->changes[i], text, text_size) < 0)
            return -1;
    }
    return 0;
}

/* Insert `count` batches from the list and commit: 0, or -1 with nothing stored. */
static int write_batches(sqlite_writer *self, const store_batch *first, size_t count, char *text,
                         size_t text_size)
{
    const store_batch *batch = first;

    if (begin(self, text, text_size) < 0)
        return -1;
    for (size_t i = 0; i < count; i++, batch = batch->next) {
        if ((batch->record_count > 0 || batch->change_count > 0) &&
            insert_batch(self, batch, text, text_size) < 0) {
            roll_back(self);
            return -1;
        }
    }
    if (commit(self, text, text_size) < 0)
        return -1;

    batch = first;
    for (size_t i = 0; i < count; i++, batch = batch->next) {
        project *owner = pid_table_get(&self->projects, batch->pid);

        if (owner != NULL && owner->transaction == self->transaction)
            owner->committed = owner->pending;
    }
    return 0;
}

void sqlite_writer_commit(sqlite_writer *self, store_batch *batches)
{
    char text[256] = "";
    size_t count = 0;

    for (const store_batch *batch = batches; batch != NULL; batch = batch->next)
        count++;

    const bool is_alone = count == 1;
    int r = write_batches(self, batches, count, text, sizeof text);
    const bool is_whole = r == 0;
    store_batch *next;

    for (store_batch *batch = batches; batch != NULL; batch = next) {
        next = batch->next; /* `done` may free the batch */
        if (!is_whole && !is_alone)
            r = write_batches(self, batch, 1, text, sizeof text);
        if (r == 0)
            recent_add(self->recent, batch);
        batch->done(batch, r, r < 0 ? text : NULL, batch->userdata);
    }
    give_back_buffer(self);
}

/* ---- projects ------------------------------------------------------------------------------ */

static int find_epoch(sqlite_writer *self, int32_t pid, uint64_t epoch, char *text,
                      size_t text_size)
{
    sqlite3_stmt *statement = self->commands[COMMAND_FIND_EPOCH];

    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, (int64_t)epoch);

    const int code = sqlite3_step(statement);

    if (code != SQLITE_ROW && code != SQLITE_DONE)
        sqlite_text_set(text, text_size, self->db, "the epochs cannot be read");
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

static int insert_epoch(sqlite_writer *self, int32_t pid, uint64_t epoch, int64_t now_ms,
                        const sqlite_position *position, char *text, size_t text_size)
{
    sqlite3_stmt *insert = self->commands[COMMAND_INSERT_EPOCH];
    sqlite3_stmt *forget = self->commands[COMMAND_FORGET_EPOCHS];

    (void)sqlite3_bind_int64(insert, 1, pid);
    (void)sqlite3_bind_int64(insert, 2, position->epoch_count + 1);
    (void)sqlite3_bind_int64(insert, 3, (int64_t)epoch);
    (void)sqlite3_bind_int64(insert, 4, position->head + 1);
    (void)sqlite3_bind_int64(insert, 5, now_ms);
    (void)sqlite3_bind_int64(forget, 1, pid);
    (void)sqlite3_bind_int64(forget, 2, position->epoch_count + 1 - STORE_EPOCHS_KEPT);

    if (begin(self, text, text_size) < 0)
        return -1;
    if (run(self, COMMAND_INSERT_EPOCH, text, text_size) < 0 ||
        run(self, COMMAND_FORGET_EPOCHS, text, text_size) < 0) {
        roll_back(self);
        return -1;
    }
    return commit(self, text, text_size);
}

/* Not a kept statement: this takes effect when it is prepared. */
static int set_synchronous(sqlite_writer *self, const char *sql, char *text, size_t text_size)
{
    if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    sqlite_text_set(text, text_size, self->db, "the log cannot be written");
    return -1;
}

/* Whatever the level above `memory`, an epoch is on the disk before its first record. */
static int insert_epoch_synced(sqlite_writer *self, int32_t pid, uint64_t epoch, int64_t now_ms,
                               const sqlite_position *position, char *text, size_t text_size)
{
    if (self->durability != STORE_DURABLE_NORMAL)
        return insert_epoch(self, pid, epoch, now_ms, position, text, text_size);

    if (set_synchronous(self, "PRAGMA synchronous = FULL", text, text_size) < 0)
        return -1;

    const int r = insert_epoch(self, pid, epoch, now_ms, position, text, text_size);

    /* Should this fail, then each commit is synced: slower, and right. */
    (void)set_synchronous(self, "PRAGMA synchronous = NORMAL", NULL, 0);
    return r;
}

static project *add_project(sqlite_writer *self, int32_t pid)
{
    project *added = calloc(1, sizeof *added);

    if (added == NULL)
        return NULL;
    if (pid_table_add(&self->projects, pid, added) < 0) {
        free(added);
        return NULL;
    }
    return added;
}

int sqlite_writer_open_project(sqlite_writer *self, int32_t pid, uint64_t epoch, int64_t now_ms,
                               store_state *ret_state, char *reterr_text, size_t text_size)
{
    sqlite_position position;
    project *opened = pid_table_get(&self->projects, pid);
    int r = epoch == 0 ? 1 : find_epoch(self, pid, epoch, reterr_text, text_size);

    if (r > 0)
        store_text_set(reterr_text, text_size,
                       "project %" PRId32 ": epoch %016" PRIx64 " cannot be opened twice", pid,
                       epoch);
    if (r != 0)
        return -1;
    if (sqlite_reader_position(&self->view, pid, &position, reterr_text, text_size) < 0)
        return -1;

    if (opened == NULL)
        opened = add_project(self, pid);
    if (opened == NULL || recent_open(self->recent, pid, position.head) < 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    if (insert_epoch_synced(self, pid, epoch, now_ms, &position, reterr_text, text_size) < 0)
        return -1;

    opened->committed = (log_end){
        .position = {.epoch = epoch,
                     .head = position.head,
                     .last_mtime_ms = position.last_mtime_ms},
        .end_bytes = position.end_bytes,
    };
    opened->transaction = 0;
    *ret_state = (store_state){
        .epoch = epoch,
        .head = position.head,
        .tail = position.tail,
        .last_mtime_ms = position.has_runs ? position.last_mtime_ms : 0,
    };
    return 0;
}

int sqlite_writer_delete_before(sqlite_writer *self, int32_t pid, int64_t first_offset,
                                char *reterr_text, size_t text_size)
{
    sqlite3_stmt *statement = self->commands[COMMAND_DELETE_RUNS];

    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, first_offset);
    if (begin(self, reterr_text, text_size) < 0)
        return -1;
    if (run(self, COMMAND_DELETE_RUNS, reterr_text, text_size) < 0) {
        roll_back(self);
        return -1;
    }
    return commit(self, reterr_text, text_size);
}

/* ---- the index ----------------------------------------------------------------------------- */

static int apply_change(sqlite_writer *self, int32_t pid, const index_change *change, char *text,
                        size_t text_size)
{
    const enum sqlite_command command =
        change->is_range ? COMMAND_DELETE_BLOCKS : COMMAND_PUT_BLOCK;
    const index_row *row = &change->row;
    sqlite3_stmt *statement = self->commands[command];
    int r = 0;

    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, row->conversation.kind);
    (void)sqlite3_bind_int64(statement, 3, row->conversation.a);
    (void)sqlite3_bind_int64(statement, 4, row->conversation.b);
    (void)sqlite3_bind_int64(statement, 5, row->first_id);
    (void)sqlite3_bind_int64(statement, 6, change->is_range ? change->until_id : row->keep_offset);
    if (!change->is_range)
        r = bind_bytes(self, statement, 7, row->data, row->len, text, text_size);
    if (r == 0)
        r = run(self, command, text, text_size);
    if (!change->is_range)
        (void)sqlite3_bind_null(statement, 7); /* the bytes are the caller's */
    return r;
}

int sqlite_writer_apply_index(sqlite_writer *self, int32_t pid, const index_change *changes,
                              size_t count, int64_t indexed_until, char *reterr_text,
                              size_t text_size)
{
    sqlite3_stmt *progress = self->commands[COMMAND_SET_PROGRESS];
    int r = begin(self, reterr_text, text_size);

    if (r < 0)
        return -1;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = apply_change(self, pid, &changes[i], reterr_text, text_size);
    if (r == 0) {
        (void)sqlite3_bind_int64(progress, 1, pid);
        (void)sqlite3_bind_int64(progress, 2, indexed_until);
        r = run(self, COMMAND_SET_PROGRESS, reterr_text, text_size);
    }
    if (r < 0) {
        roll_back(self);
        return -1;
    }
    return commit(self, reterr_text, text_size);
}

int sqlite_writer_expire_blocks(sqlite_writer *self, int32_t pid, int64_t tail, char *reterr_text,
                                size_t text_size)
{
    sqlite3_stmt *statement = self->commands[COMMAND_EXPIRE_BLOCKS];

    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, tail);
    (void)sqlite3_bind_int64(statement, 3, EXPIRED_AT_ONCE);
    if (begin(self, reterr_text, text_size) < 0)
        return -1;
    if (run(self, COMMAND_EXPIRE_BLOCKS, reterr_text, text_size) < 0) {
        roll_back(self);
        return -1;
    }

    const bool is_more = sqlite3_changes(self->db) == EXPIRED_AT_ONCE;

    return commit(self, reterr_text, text_size) < 0 ? -1 : is_more;
}
