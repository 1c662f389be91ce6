/*
 * What the SQLite store reads. Runs are found by bisection over their offsets (run_search.h), and
 * read a chunk at a time: the bytes are copied out under the lock, decoded and visited outside of
 * it.
 */
#include "gate/store/sqlite_reader.h"

#include "gate/store/parts.h"
#include "gate/store/run_read.h"
#include "gate/store/run_search.h"
#include "gate/store/sqlite_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_RUNS = 256,
    CHUNK_BYTES = 256 << 10, /* a larger run is a chunk of its own */
    STEP_RUNS = 256,
    STEP_BYTES = 1 << 20
};

#define RUN_COLUMNS "first_offset, last_offset, last_ms, before_bytes, length(data)"

const char *const sqlite_reader_texts[QUERY_COUNT] = {
    [QUERY_BEGIN] = "BEGIN",
    [QUERY_END] = "COMMIT",
    [QUERY_RUN_BEFORE] = "SELECT " RUN_COLUMNS " FROM run WHERE pid = ?1 AND first_offset <= ?2"
                         " ORDER BY first_offset DESC LIMIT 1",
    [QUERY_RUNS_AFTER] = "SELECT " RUN_COLUMNS " FROM run WHERE pid = ?1 AND first_offset >= ?2"
                         " ORDER BY first_offset",
    [QUERY_DATA] = "SELECT first_offset, last_offset, last_ms, data FROM run"
                   " WHERE pid = ?1 AND first_offset BETWEEN ?2 AND ?3 ORDER BY first_offset",
    [QUERY_NEWEST_EPOCH] = "SELECT number, first_offset FROM epoch WHERE pid = ?1"
                           " ORDER BY number DESC LIMIT 1",
    [QUERY_ENTRIES] = "SELECT key, value FROM entry WHERE pid = ?1 ORDER BY key",
    [QUERY_EPOCHS] = "SELECT epoch, first_offset FROM epoch WHERE pid = ?1 ORDER BY number",
};

int sqlite_reader_init(sqlite_reader *self, sqlite3 *db, char *reterr_text, size_t text_size)
{
    *self = (sqlite_reader){.db = db};
    if (pthread_mutex_init(&self->mutex, NULL) != 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    self->is_mutex_made = true;
    for (int i = 0; i < QUERY_COUNT; i++) {
        if (sqlite_statement_new(db, sqlite_reader_texts[i], &self->queries[i], reterr_text,
                                 text_size) < 0)
            goto fail;
    }
    return 0;

fail:
    sqlite_reader_deinit(self);
    return -1;
}

void sqlite_reader_deinit(sqlite_reader *self)
{
    for (int i = 0; i < QUERY_COUNT; i++)
        (void)sqlite3_finalize(self->queries[i]);
    if (self->is_mutex_made)
        (void)pthread_mutex_destroy(&self->mutex);
    *self = (sqlite_reader){0};
}

static void lock(sqlite_reader *self)
{
    (void)pthread_mutex_lock(&self->mutex);
}

static void unlock(sqlite_reader *self)
{
    (void)pthread_mutex_unlock(&self->mutex);
}

/* ---- rows, under the lock ------------------------------------------------------------------ */

static sqlite3_stmt *ask(sqlite_reader *self, enum sqlite_query query, int32_t pid)
{
    sqlite3_stmt *statement = self->queries[query];

    (void)sqlite3_bind_int64(statement, 1, pid);
    return statement;
}

/* 1 with a row, 0 at the end, -1 when it failed. */
static int step(sqlite_reader *self, sqlite3_stmt *statement, char *text, size_t text_size)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        sqlite_text_set(text, text_size, self->db, "cannot read the log");
        return -1;
    }
}

/* Pages of a query in one snapshot need a transaction; -1 when it does not begin. */
static int begin(sqlite_reader *self, char *text, size_t text_size)
{
    sqlite3_stmt *statement = self->queries[QUERY_BEGIN];

    if (sqlite3_get_autocommit(self->db) == 0) /* an end that failed */
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);

    const int r = step(self, statement, text, text_size);

    (void)sqlite3_reset(statement);
    return r;
}

static void end(sqlite_reader *self)
{
    sqlite3_stmt *statement = self->queries[QUERY_END];

    (void)sqlite3_step(statement); /* ends a read: nothing can be lost */
    (void)sqlite3_reset(statement);
}

static run_row get_run(sqlite3_stmt *statement)
{
    return (run_row){
        .first_offset = sqlite3_column_int64(statement, 0),
        .last_offset = sqlite3_column_int64(statement, 1),
        .last_ms = sqlite3_column_int64(statement, 2),
        .before_bytes = sqlite3_column_int64(statement, 3),
        .data_bytes = sqlite3_column_int64(statement, 4),
    };
}

/* QUERY_RUN_BEFORE: the last run that begins at or before an offset; QUERY_RUNS_AFTER: the
   first at or after it. 1, 0 when there is none, or -1. */
static int find_run(sqlite_reader *self, enum sqlite_query query, int32_t pid, int64_t offset,
                    run_row *ret_run, char *text, size_t text_size)
{
    sqlite3_stmt *statement = ask(self, query, pid);

    (void)sqlite3_bind_int64(statement, 2, offset);

    const int r = step(self, statement, text, text_size);

    if (r > 0)
        *ret_run = get_run(statement);
    (void)sqlite3_reset(statement);
    return r;
}

static int read_position(sqlite_reader *self, int32_t pid, sqlite_position *ret_position,
                         char *text, size_t text_size)
{
    sqlite_position position = {.last_mtime_ms = INT64_MIN};
    run_row run = {0};
    int64_t tail = 0;
    int r = find_run(self, QUERY_RUNS_AFTER, pid, INT64_MIN, &run, text, text_size);

    if (r > 0) {
        tail = run.first_offset;
        r = find_run(self, QUERY_RUN_BEFORE, pid, INT64_MAX, &run, text, text_size);
    }
    if (r > 0) {
        position.has_runs = true;
        position.head = run.last_offset;
        position.last_mtime_ms = run.last_ms;
        position.end_bytes = run.before_bytes + run.data_bytes;
    }
    if (r < 0)
        return -1;

    sqlite3_stmt *statement = ask(self, QUERY_NEWEST_EPOCH, pid);

    r = step(self, statement, text, text_size);
    if (r > 0) {
        const int64_t before = sqlite3_column_int64(statement, 1) - 1;

        position.epoch_count = sqlite3_column_int64(statement, 0);
        if (before > position.head)
            position.head = before;
    }
    (void)sqlite3_reset(statement);
    if (r < 0)
        return -1;
    if (position.head < 0 || position.head == INT64_MAX) {
        store_text_set(text, text_size, "project %" PRId32 ": the end of its log is damaged", pid);
        return -1;
    }
    position.tail = position.has_runs ? tail : position.head + 1;
    *ret_position = position;
    return 0;
}

int sqlite_reader_position(sqlite_reader *self, int32_t pid, sqlite_position *ret_position,
                           char *reterr_text, size_t text_size)
{
    lock(self);

    const int r = read_position(self, pid, ret_position, reterr_text, text_size);

    unlock(self);
    return r;
}

/* ---- reading records ----------------------------------------------------------------------- */

/* A run's row in a chunk; its data is at `at`. */
typedef struct chunk_run {
    run_columns columns;
    size_t at;
    size_t len;
} chunk_run;

typedef struct chunk {
    chunk_run runs[CHUNK_RUNS];
    size_t run_count;
    uint8_t *data;
    size_t len;
    size_t cap;
} chunk;

static int add_to_chunk(chunk *self, sqlite3_stmt *statement)
{
    const void *data = sqlite3_column_blob(statement, 3);
    const size_t len = (size_t)sqlite3_column_bytes(statement, 3);

    if (data == NULL && len > 0)
        return -1;
    if (len > self->cap - self->len) {
        const size_t cap = self->len + len > CHUNK_BYTES ? self->len + len : CHUNK_BYTES;
        uint8_t *grown = realloc(self->data, cap);

        if (grown == NULL)
            return -1;
        self->data = grown;
        self->cap = cap;
    }
    if (len > 0)
        memcpy(self->data + self->len, data, len);
    self->runs[self->run_count++] = (chunk_run){
        .columns.first_offset = sqlite3_column_int64(statement, 0),
        .columns.last_offset = sqlite3_column_int64(statement, 1),
        .columns.last_ms = sqlite3_column_int64(statement, 2),
        .at = self->len,
        .len = len,
    };
    self->len += len;
    return 0;
}

/* Fill the chunk with runs that begin in [from, until]. */
static int fetch(sqlite_reader *self, int32_t pid, int64_t from, int64_t until, chunk *filled,
                 char *text, size_t text_size)
{
    sqlite3_stmt *statement = ask(self, QUERY_DATA, pid);
    int r;

    filled->run_count = 0;
    filled->len = 0;
    (void)sqlite3_bind_int64(statement, 2, from);
    (void)sqlite3_bind_int64(statement, 3, until);
    do {
        r = step(self, statement, text, text_size);
        if (r > 0 && add_to_chunk(filled, statement) < 0) {
            store_text_set(text, text_size, "out of memory");
            r = -1;
        }
    } while (r > 0 && filled->run_count < CHUNK_RUNS && filled->len < CHUNK_BYTES);
    (void)sqlite3_reset(statement);
    return r < 0 ? -1 : 0;
}

/* The first chunk begins with the run that the offset falls into. */
static int fetch_first(sqlite_reader *self, int32_t pid, int64_t from, int64_t until, chunk *filled,
                       char *text, size_t text_size)
{
    run_row run = {0};
    int r = begin(self, text, text_size);

    if (r < 0)
        return -1;
    r = find_run(self, QUERY_RUN_BEFORE, pid, from, &run, text, text_size);
    if (r >= 0)
        r = fetch(self, pid, r > 0 ? run.first_offset : from, until, filled, text, text_size);
    end(self);
    return r;
}

/* As sqlite_reader_read(); with a note it passes damaged runs over. */
static int read_runs(sqlite_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                     store_visit_fn *visit, void *userdata, char *note, size_t note_size,
                     char *reterr_text, size_t text_size)
{
    chunk *filled = calloc(1, sizeof *filled);
    int64_t next = from_offset;
    bool is_first = true;
    int r = 1;

    if (filled == NULL) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    while (r > 0 && next <= until_offset) {
        lock(self);
        r = (is_first ? fetch_first : fetch)(self, pid, next, until_offset, filled, reterr_text,
                                             text_size);
        unlock(self);
        is_first = false;
        if (r < 0 || filled->run_count == 0)
            break;

        r = 1;
        for (size_t i = 0; r > 0 && i < filled->run_count; i++) {
            const chunk_run *run = &filled->runs[i];
            batch_reader reader;

            r = run_open(filled->data + run->at, run->len, pid, &run->columns, &reader);
            if (r == 0)
                r = run_visit(&reader, from_offset, until_offset, visit, userdata);
            if (r >= 0) {
                next = run->columns.last_offset + 1;
            } else if (note != NULL) {
                run_text_damaged(note, note_size, pid, &run->columns);
                next = run->columns.first_offset + 1; /* its end may be damaged too */
                r = 1;
            } else {
                run_text_damaged(reterr_text, text_size, pid, &run->columns);
            }
        }
    }
    free(filled->data);
    free(filled);
    return r < 0 ? -1 : 0;
}

int sqlite_reader_read(sqlite_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                       store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    return read_runs(self, pid, from_offset, until_offset, visit, userdata, NULL, 0, reterr_text,
                     text_size);
}

int sqlite_reader_read_past(sqlite_reader *self, int32_t pid, int64_t from_offset,
                            int64_t until_offset, store_visit_fn *visit, void *userdata, char *note,
                            size_t note_size, char *reterr_text, size_t text_size)
{
    return read_runs(self, pid, from_offset, until_offset, visit, userdata, note, note_size,
                     reterr_text, text_size);
}

/* ---- times --------------------------------------------------------------------------------- */

/* Where runs are looked for, and where what goes wrong is said. In a transaction. */
typedef struct run_place {
    sqlite_reader *reader;
    int32_t pid;
    char *text;
    size_t text_size;
} run_place;

static int find_before(void *userdata, int64_t offset, run_row *ret_run)
{
    const run_place *place = userdata;

    return find_run(place->reader, QUERY_RUN_BEFORE, place->pid, offset, ret_run, place->text,
                    place->text_size);
}

static int find_after(void *userdata, int64_t offset, run_row *ret_run)
{
    const run_place *place = userdata;

    return find_run(place->reader, QUERY_RUNS_AFTER, place->pid, offset, ret_run, place->text,
                    place->text_size);
}

static run_source source_of(run_place *place)
{
    return (run_source){.find_before = find_before, .find_after = find_after, .userdata = place};
}

int sqlite_reader_seek_time(sqlite_reader *self, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                            char *reterr_text, size_t text_size)
{
    run_place place = {self, pid, reterr_text, text_size};
    const run_source source = source_of(&place);
    const run_wanted what = {.min_ms = mtime_ms, .min_before_bytes = INT64_MIN};
    run_time_seek seek = {.mtime_ms = mtime_ms};
    sqlite_position position = {0};
    run_row run = {0};

    lock(self);

    int r = begin(self, reterr_text, text_size);

    if (r == 0) {
        r = run_search_first(&source, &what, &run);
        if (r == 0)
            r = read_position(self, pid, &position, reterr_text, text_size);
        end(self);
    }
    unlock(self);
    if (r < 0)
        return -1;
    if (r == 0) {
        *ret_offset = position.head + 1;
        return 0;
    }
    r = sqlite_reader_read(self, pid, run.first_offset, run.last_offset, run_is_before_time, &seek,
                           reterr_text, text_size);
    if (r < 0)
        return -1;
    *ret_offset = seek.offset != 0 ? seek.offset : run.last_offset + 1; /* deleted meanwhile */
    return 0;
}

int sqlite_reader_epochs(sqlite_reader *self, int32_t pid, store_epoch_fn *visit, void *userdata,
                         char *reterr_text, size_t text_size)
{
    int r;

    lock(self);

    sqlite3_stmt *statement = ask(self, QUERY_EPOCHS, pid);

    while ((r = step(self, statement, reterr_text, text_size)) > 0) {
        if (!visit((uint64_t)sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                   userdata))
            break;
    }
    (void)sqlite3_reset(statement);
    unlock(self);
    return r < 0 ? -1 : 0;
}

int sqlite_reader_entries(sqlite_reader *self, int32_t pid, store_entry_fn *visit, void *userdata,
                          char *reterr_text, size_t text_size)
{
    int r;

    lock(self);

    sqlite3_stmt *statement = ask(self, QUERY_ENTRIES, pid);

    while ((r = step(self, statement, reterr_text, text_size)) > 0) {
        static const uint8_t nothing[1];
        const uint8_t *key = sqlite3_column_blob(statement, 0);
        const uint8_t *value = sqlite3_column_blob(statement, 1);
        const size_t value_len = (size_t)sqlite3_column_bytes(statement, 1);

        if (key == NULL || (value == NULL && value_len > 0)) {
            store_text_set(reterr_text, text_size, "project %" PRId32 ": its directory %s", pid,
                           sqlite3_errcode(self->db) == SQLITE_NOMEM ? "needs more memory"
                                                                     : "is damaged");
            r = -1;
            break;
        }
        if (!visit(key, (size_t)sqlite3_column_bytes(statement, 0), value != NULL ? value : nothing,
                   value_len, userdata))
            break;
    }
    (void)sqlite3_reset(statement);
    unlock(self);
    return r < 0 ? -1 : 0;
}

/* ---- retention ----------------------------------------------------------------------------- */

int sqlite_reader_trim_point(sqlite_reader *self, int32_t pid, const store_retention *keep,
                             int64_t now_ms, int64_t *ret_first_offset, char *reterr_text,
                             size_t text_size)
{
    run_place place = {self, pid, reterr_text, text_size};
    const run_source source = source_of(&place);
    run_row first;

    lock(self);

    int r = begin(self, reterr_text, text_size);

    if (r == 0) {
        r = run_search_kept(&source, keep, now_ms, &first);
        if (r >= 0)
            *ret_first_offset = r > 0 ? first.first_offset : INT64_MIN;
        end(self);
    }
    unlock(self);
    return r < 0 ? -1 : 0;
}

int sqlite_reader_trim_step(sqlite_reader *self, int32_t pid, int64_t first_offset,
                            int64_t *ret_step_offset, char *reterr_text, size_t text_size)
{
    int64_t step_offset = INT64_MIN;
    int64_t begin_offset = INT64_MIN;
    int64_t begin_bytes = 0;
    int run_count = 0;
    int r;

    lock(self);

    sqlite3_stmt *statement = ask(self, QUERY_RUNS_AFTER, pid);

    (void)sqlite3_bind_int64(statement, 2, INT64_MIN);
    while ((r = step(self, statement, reterr_text, text_size)) > 0) {
        const run_row run = get_run(statement);

        if (run_count == 0) {
            begin_bytes = run.before_bytes;
            begin_offset = run.first_offset;
        }
        step_offset = run.first_offset;
        if (step_offset >= first_offset || run_count >= STEP_RUNS ||
            (run_count > 0 && run.before_bytes - begin_bytes >= STEP_BYTES))
            break;
        run_count++;
    }
    (void)sqlite3_reset(statement);
    unlock(self);
    if (r < 0)
        return -1;
    if (run_count == 0 || step_offset == begin_offset)
        return 0;
    *ret_step_offset = step_offset;
    return 1;
}
