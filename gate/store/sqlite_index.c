/*
 * The index of the SQLite store. What a statement finds is copied, so that none stays open: an
 * open one would keep the connection at an old state of the file.
 */
#include "gate/store/sqlite_index.h"

#include "gate/store/parts.h"
#include "gate/store/sqlite_file.h"
#include "lib/base/num.h"

#include <stdlib.h>
#include <string.h>

#define OF_CONVERSATION "pid = ?1 AND kind = ?2 AND a = ?3 AND b = ?4"

const char *const sqlite_index_texts[INDEX_QUERY_COUNT] = {
    [INDEX_QUERY_BEFORE] = "SELECT first_id, keep_offset, data FROM block WHERE " OF_CONVERSATION
                           " AND first_id <= ?5 ORDER BY first_id DESC LIMIT 1",
    [INDEX_QUERY_AFTER] = "SELECT first_id, keep_offset, data FROM block WHERE " OF_CONVERSATION
                          " AND first_id >= ?5 ORDER BY first_id LIMIT 1",
    [INDEX_QUERY_RUN] = ("SELECT last_offset, data FROM run WHERE pid = ?1 AND first_offset <= ?2"
                         " ORDER BY first_offset DESC LIMIT 1"),
    [INDEX_QUERY_PROGRESS] = "SELECT indexed_until FROM progress WHERE pid = ?1",
    [INDEX_QUERY_BEGIN] = "BEGIN",
    [INDEX_QUERY_END] = "COMMIT",
};

/* ---- statements ---------------------------------------------------------------------------- */

/* 1 with a row, 0 without, -1 when it failed. */
static int step(sqlite_index *self, sqlite3_stmt *statement, char *text, size_t text_size)
{
    const int code = sqlite3_step(statement);

    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    sqlite_text_set(text, text_size, self->db, "cannot read the index");
    return -1;
}

static int copy(uint8_t **buffer, size_t *cap, sqlite3_stmt *statement, int column, size_t *ret_len,
                char *text, size_t text_size)
{
    const void *data = sqlite3_column_blob(statement, column);
    const size_t len = (size_t)sqlite3_column_bytes(statement, column);

    if (len > *cap) {
        uint8_t *grown = realloc(*buffer, len);

        if (grown != NULL) {
            *buffer = grown;
            *cap = len;
        }
    }
    if (len > *cap || (data == NULL && len > 0)) {
        store_text_set(text, text_size, "out of memory");
        return -1;
    }
    if (len > 0)
        memcpy(*buffer, data, len);
    *ret_len = len;
    return 0;
}

/* Run a statement without rows. */
static int run_alone(sqlite_index *self, enum sqlite_index_query query, char *text,
                     size_t text_size)
{
    sqlite3_stmt *statement = self->queries[query];
    const int r = step(self, statement, text, text_size);

    (void)sqlite3_reset(statement);
    return r < 0 ? -1 : 0;
}

/* One state of the file for many reads, which is cheaper too. */
static int begin(sqlite_index *self, char *text, size_t text_size)
{
    if (self->is_reading)
        return 0;
    if (sqlite3_get_autocommit(self->db) == 0) /* an end that failed */
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    if (run_alone(self, INDEX_QUERY_BEGIN, text, text_size) < 0)
        return -1;
    self->is_reading = true;
    return 0;
}

static void end(sqlite_index *self)
{
    if (self->is_reading)
        (void)run_alone(self, INDEX_QUERY_END, NULL, 0); /* ends a read: nothing can be lost */
    self->is_reading = false;
}

/* ---- the storage --------------------------------------------------------------------------- */

static int find_block(index_storage *base, int32_t pid, const store_conversation *conversation,
                      index_find how, int64_t id, index_row *ret_row, char *reterr_text,
                      size_t text_size)
{
    sqlite_index *self = (sqlite_index *)base;
    sqlite3_stmt *statement =
        self->queries[how == INDEX_AT_OR_BEFORE ? INDEX_QUERY_BEFORE : INDEX_QUERY_AFTER];
    index_row row = {.conversation = *conversation};
    int r;

    if (begin(self, reterr_text, text_size) < 0)
        return -1;
    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, conversation->kind);
    (void)sqlite3_bind_int64(statement, 3, conversation->a);
    (void)sqlite3_bind_int64(statement, 4, conversation->b);
    (void)sqlite3_bind_int64(statement, 5, id);
    r = step(self, statement, reterr_text, text_size);
    if (r > 0) {
        row.first_id = sqlite3_column_int64(statement, 0);
        row.keep_offset = sqlite3_column_int64(statement, 1);
        if (copy(&self->block, &self->block_cap, statement, 2, &row.len, reterr_text, text_size) <
            0)
            r = -1;
    }
    (void)sqlite3_reset(statement);
    if (r > 0) {
        row.data = self->block;
        *ret_row = row;
    }
    return r;
}

static int find_run(index_storage *base, int32_t pid, int64_t offset, const uint8_t **ret_data,
                    size_t *ret_len, char *reterr_text, size_t text_size)
{
    sqlite_index *self = (sqlite_index *)base;
    sqlite3_stmt *statement = self->queries[INDEX_QUERY_RUN];
    int r;

    if (begin(self, reterr_text, text_size) < 0)
        return -1;
    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, offset);
    r = step(self, statement, reterr_text, text_size);
    if (r > 0 && sqlite3_column_int64(statement, 0) < offset)
        r = 0;
    if (r > 0 &&
        copy(&self->run, &self->run_cap, statement, 1, ret_len, reterr_text, text_size) < 0)
        r = -1;
    (void)sqlite3_reset(statement);
    if (r > 0)
        *ret_data = self->run;
    return r;
}

static int read_log(index_storage *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                    store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    sqlite_index *self = (sqlite_index *)base;

    if (self->at_hand.first != NULL) {
        recent_visit(&self->at_hand, rtmi_max_i64(from_offset, self->at_hand_tail), until_offset,
                     visit, userdata);
        return 0;
    }
    end(self);
    return sqlite_reader_read_past(&self->reader, pid, from_offset, until_offset, visit, userdata,
                                   base->note, sizeof base->note, reterr_text, text_size);
}

static int apply(index_storage *base, int32_t pid, const index_change *changes, size_t count,
                 int64_t indexed_until, char *reterr_text, size_t text_size)
{
    sqlite_index *self = (sqlite_index *)base;

    end(self); /* what is read next has the changes */
    return self->apply(self->userdata, pid, changes, count, indexed_until, reterr_text, text_size);
}

static const index_storage_ops storage_ops = {
    .find_block = find_block,
    .find_run = find_run,
    .read = read_log,
    .apply = apply,
};

/* ---- operations ---------------------------------------------------------------------------- */

int sqlite_index_init(sqlite_index *self, sqlite3 *db, recent_log *recent,
                      sqlite_apply_fn *apply_changes, void *userdata, char *reterr_text,
                      size_t text_size)
{
    *self = (sqlite_index){
        .base = {.ops = &storage_ops},
        .db = db,
        .recent = recent,
        .apply = apply_changes,
        .userdata = userdata,
    };
    if (sqlite_reader_init(&self->reader, db, reterr_text, text_size) < 0)
        goto fail;
    self->pass = index_pass_new();
    if (self->pass == NULL) {
        store_text_set(reterr_text, text_size, "out of memory");
        goto fail;
    }
    for (int i = 0; i < INDEX_QUERY_COUNT; i++) {
        if (sqlite_statement_new(db, sqlite_index_texts[i], &self->queries[i], reterr_text,
                                 text_size) < 0)
            goto fail;
    }
    return 0;

fail:
    sqlite_index_deinit(self);
    return -1;
}

void sqlite_index_deinit(sqlite_index *self)
{
    for (int i = 0; i < INDEX_QUERY_COUNT; i++)
        (void)sqlite3_finalize(self->queries[i]);
    sqlite_reader_deinit(&self->reader);
    index_pass_free(self->pass);
    free(self->block);
    free(self->run);
    *self = (sqlite_index){0};
}

static int read_position(sqlite_index *self, int32_t pid, index_position *ret_position, char *text,
                         size_t text_size)
{
    sqlite3_stmt *statement = self->queries[INDEX_QUERY_PROGRESS];
    sqlite_position log;
    int r;

    (void)sqlite3_bind_int64(statement, 1, pid);
    r = step(self, statement, text, text_size);
    *ret_position =
        (index_position){.indexed_until = r > 0 ? sqlite3_column_int64(statement, 0) : 0};
    (void)sqlite3_reset(statement);
    if (r < 0 || sqlite_reader_position(&self->reader, pid, &log, text, text_size) < 0)
        return -1;
    ret_position->tail = log.tail;
    ret_position->head = log.head;
    return 0;
}

/*
 * What was committed lately is taken before the file is looked at, so the file has all of it, and
 * ends there or later. It serves if nothing is missing between it and what is indexed.
 */
int sqlite_index_catch_up(sqlite_index *self, int32_t pid, index_position *ret_position,
                          char *reterr_text, size_t text_size)
{
    recent_list taken = recent_take(self->recent, pid);
    int r;

    end(self);
    r = read_position(self, pid, ret_position, reterr_text, text_size);
    if (r == 0 && taken.first != NULL && ret_position->indexed_until >= taken.after) {
        self->at_hand = taken;
        self->at_hand_tail = ret_position->tail;
        ret_position->head = taken.last;
    }
    if (r == 0)
        r = index_catch_up(self->pass, &self->base, pid, ret_position, reterr_text, text_size);
    end(self);
    self->at_hand = (recent_list){0};
    recent_give_back(self->recent, &taken);
    return r;
}

void sqlite_index_answer(sqlite_index *self, store_ask *ask)
{
    char *text = ask->answer.text;
    const size_t text_size = sizeof ask->answer.text;
    index_position position;

    ask->answer = (store_answer){.result = -1};
    if (sqlite_index_catch_up(self, ask->pid, &position, text, text_size) < 0)
        return;
    /* The tail of the very state that is read: what lies behind it is all there. */
    if (begin(self, text, text_size) == 0 &&
        read_position(self, ask->pid, &position, text, text_size) == 0)
        index_answer(&self->base, ask, position.tail);
    end(self);
}
