/*
 * What the PostgreSQL store reads. Runs are read a chunk at a time, so that no snapshot is held
 * while records are visited; the few queries that must agree with each other share one
 * transaction. A connection that turns out to be lost is made again once: nothing was visited
 * or changed then, so the caller need not know.
 */
#include "gate/store/postgres_reader.h"

#include "gate/store/parts.h"
#include "gate/store/run_read.h"
#include "gate/store/run_search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    CHUNK_BYTES = 256 << 10, /* a larger run is a chunk of its own; with 256 runs at most */
    STEP_RUNS = 256
};

enum pg_query {
    QUERY_BEGIN,
    QUERY_END,
    QUERY_RUN_BEFORE,
    QUERY_RUN_AFTER,
    QUERY_CHUNK,
    QUERY_LOG,
    QUERY_EPOCHS,
    QUERY_ENTRIES,
    QUERY_TRIM_STEP,
    QUERY_EXPIRE_STEP,
    QUERY_COUNT
};

#define RUN_COLUMNS "first_offset, last_offset, last_ms, before_bytes, octet_length(data)::int8"

static const char *const query_texts[QUERY_COUNT + 1] = {
    [QUERY_BEGIN] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [QUERY_END] = "COMMIT",
    [QUERY_RUN_BEFORE] = "SELECT " RUN_COLUMNS " FROM rtmkit.run WHERE pid = $1::int4"
                         " AND first_offset <= $2::int8 ORDER BY first_offset DESC LIMIT 1",
    [QUERY_RUN_AFTER] = "SELECT " RUN_COLUMNS " FROM rtmkit.run WHERE pid = $1::int4"
                        " AND first_offset >= $2::int8 ORDER BY first_offset LIMIT 1",
    /* The runs that hold offsets of [$2, $3], no more of them than a chunk holds. */
    [QUERY_CHUNK] =
        "SELECT first_offset, last_offset, last_ms, data FROM ("
        " SELECT *, min(before_bytes) OVER () AS base FROM ("
        "  SELECT * FROM rtmkit.run WHERE pid = $1::int4 AND first_offset >= coalesce(("
        "   SELECT first_offset FROM rtmkit.run WHERE pid = $1::int4 AND first_offset <= $2::int8"
        "   ORDER BY first_offset DESC LIMIT 1), $2::int8)"
        "  AND first_offset <= $3::int8 AND last_offset >= $2::int8"
        "  ORDER BY first_offset LIMIT 256) AS page) AS sized"
        " WHERE before_bytes < base + $4::int8 ORDER BY first_offset",
    [QUERY_LOG] = "SELECT head, coalesce((SELECT first_offset FROM rtmkit.run"
                  " WHERE pid = $1::int4 ORDER BY first_offset LIMIT 1), head + 1)"
                  " FROM rtmkit.log WHERE pid = $1::int4",
    [QUERY_EPOCHS] = "SELECT epoch, first_offset FROM rtmkit.epoch WHERE pid = $1::int4"
                     " ORDER BY number",
    [QUERY_ENTRIES] = "SELECT key, value FROM rtmkit.entry WHERE pid = $1::int4 ORDER BY key",
    [QUERY_TRIM_STEP] =
        "DELETE FROM rtmkit.run WHERE pid = $1::int4 AND first_offset IN ("
        " SELECT first_offset FROM rtmkit.run WHERE pid = $1::int4 AND first_offset < $2::int8"
        " ORDER BY first_offset LIMIT $4::int8)"
        " AND EXISTS(SELECT 1 FROM rtmkit.log WHERE pid = $1::int4 AND epoch = $3::int8)"
        " RETURNING 1",
    [QUERY_EXPIRE_STEP] =
        "DELETE FROM rtmkit.block WHERE ctid = ANY(ARRAY("
        " SELECT ctid FROM rtmkit.block WHERE pid = $1::int4 AND keep_offset < $2::int8"
        " LIMIT $4::int8))"
        " AND EXISTS(SELECT 1 FROM rtmkit.log WHERE pid = $1::int4 AND epoch = $3::int8)"
        " RETURNING 1",
};

enum { MADE_MUTEX = 1, MADE_ALL };

/* ---- connections --------------------------------------------------------------------------- */

int pg_reader_init(pg_reader *self, const pg_target *target)
{
    *self = (pg_reader){0};
    for (int i = 0; i < PG_READERS_MAX; i++) {
        self->sessions[i].target = target;
        self->sessions[i].statements = query_texts;
        /* Only retention writes here, and what it deletes may come back in a crash. */
        (void)snprintf(self->sessions[i].setup, sizeof self->sessions[i].setup,
                       "SET synchronous_commit = off");
    }
    if (pthread_mutex_init(&self->mutex, NULL) != 0)
        return -1;
    self->made = MADE_MUTEX;
    if (pthread_cond_init(&self->cond, NULL) != 0)
        return -1;
    self->made = MADE_ALL;
    return 0;
}

void pg_reader_deinit(pg_reader *self)
{
    for (int i = 0; i < PG_READERS_MAX; i++)
        pg_session_drop(&self->sessions[i]);
    if (self->made >= MADE_ALL)
        (void)pthread_cond_destroy(&self->cond);
    if (self->made >= MADE_MUTEX)
        (void)pthread_mutex_destroy(&self->mutex);
    *self = (pg_reader){0};
}

/* A session that nobody uses: one that is connected if there is one. Locked. */
static int find_free(const pg_reader *self)
{
    int found = -1;

    for (int i = 0; i < PG_READERS_MAX; i++) {
        if (self->is_used[i])
            continue;
        if (pg_session_is_up(&self->sessions[i]))
            return i;
        found = i;
    }
    return found;
}

static pg_session *take_session(pg_reader *self)
{
    int found;

    (void)pthread_mutex_lock(&self->mutex);
    while ((found = find_free(self)) < 0)
        (void)pthread_cond_wait(&self->cond, &self->mutex);
    self->is_used[found] = true;
    (void)pthread_mutex_unlock(&self->mutex);
    return &self->sessions[found];
}

static void give_session(pg_reader *self, pg_session *session)
{
    (void)pthread_mutex_lock(&self->mutex);
    self->is_used[session - self->sessions] = false;
    (void)pthread_cond_signal(&self->cond);
    (void)pthread_mutex_unlock(&self->mutex);
}

/* Something that is done with a session: 0 or -1. May be begun twice. */
typedef int work_fn(pg_session *session, void *work, char *text, size_t text_size);

/* Take a session, do the work, and once more on a new connection when the old one was lost. */
static int work_with(pg_reader *self, work_fn *work_on, void *work, char *text, size_t text_size)
{
    pg_session *session = take_session(self);
    bool is_new = !pg_session_is_up(session);
    int r = is_new ? pg_session_connect(session, text, text_size) : 0;

    if (r == 0)
        r = work_on(session, work, text, text_size);
    if (r < 0 && !is_new && !pg_session_is_up(session)) {
        r = pg_session_connect(session, text, text_size);
        if (r == 0)
            r = work_on(session, work, text, text_size);
    }
    /* A transaction that an error has left open, or half a result: begin anew next time. */
    if (session->conn != NULL && PQtransactionStatus(session->conn) != PQTRANS_IDLE)
        pg_session_drop(session);
    give_session(self, session);
    return r;
}

/* ---- rows ---------------------------------------------------------------------------------- */

typedef struct run_place {
    pg_session *session;
    int32_t pid;
    char *text;
    size_t text_size;
} run_place;

static int find_run(void *userdata, enum pg_query query, int64_t offset, run_row *ret_run)
{
    run_place *place = userdata;
    pg_params params = {0};

    pg_params_add_int4(&params, place->pid);
    pg_params_add_int8(&params, offset);

    PGresult *result =
        pg_session_run(place->session, (int)query, &params, place->text, place->text_size);

    if (result == NULL)
        return -1;

    const int count = PQntuples(result);

    if (count > 0)
        *ret_run = (run_row){
            .first_offset = pg_get_int8(result, 0, 0),
            .last_offset = pg_get_int8(result, 0, 1),
            .last_ms = pg_get_int8(result, 0, 2),
            .before_bytes = pg_get_int8(result, 0, 3),
            .data_bytes = pg_get_int8(result, 0, 4),
        };
    PQclear(result);
    return count > 0 ? 1 : 0;
}

static int find_before(void *userdata, int64_t offset, run_row *ret_run)
{
    return find_run(userdata, QUERY_RUN_BEFORE, offset, ret_run);
}

static int find_after(void *userdata, int64_t offset, run_row *ret_run)
{
    return find_run(userdata, QUERY_RUN_AFTER, offset, ret_run);
}

static run_source source_of(run_place *place)
{
    return (run_source){.find_before = find_before, .find_after = find_after, .userdata = place};
}

/* A statement without parameters or result. */
static int run_plain(pg_session *session, enum pg_query query, char *text, size_t text_size)
{
    PGresult *result = pg_session_run(session, (int)query, NULL, text, text_size);

    PQclear(result);
    return result != NULL ? 0 : -1;
}

/* ---- reading records ----------------------------------------------------------------------- */

typedef struct chunk_work {
    int32_t pid;
    int64_t from;
    int64_t until;
    PGresult *rows;
} chunk_work;

static int fetch_chunk(pg_session *session, void *userdata, char *text, size_t text_size)
{
    chunk_work *work = userdata;
    pg_params params = {0};

    pg_params_add_int4(&params, work->pid);
    pg_params_add_int8(&params, work->from);
    pg_params_add_int8(&params, work->until);
    pg_params_add_int8(&params, CHUNK_BYTES);
    work->rows = pg_session_run(session, QUERY_CHUNK, &params, text, text_size);
    return work->rows != NULL ? 0 : -1;
}

static run_columns columns_of(const PGresult *rows, int row)
{
    return (run_columns){
        .first_offset = pg_get_int8(rows, row, 0),
        .last_offset = pg_get_int8(rows, row, 1),
        .last_ms = pg_get_int8(rows, row, 2),
    };
}

/* `note` is NULL where damage ends the reading. */
static int read_runs(pg_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                     store_visit_fn *visit, void *userdata, char *note, size_t note_size,
                     char *reterr_text, size_t text_size)
{
    chunk_work work = {.pid = pid, .from = from_offset, .until = until_offset};
    int r = 1;

    while (r > 0 && work.from <= until_offset) {
        if (work_with(self, fetch_chunk, &work, reterr_text, text_size) < 0)
            return -1;
        if (PQntuples(work.rows) == 0)
            r = 0;
        for (int row = 0; r > 0 && row < PQntuples(work.rows); row++) {
            const run_columns columns = columns_of(work.rows, row);
            batch_reader reader;

            r = run_open((const uint8_t *)PQgetvalue(work.rows, row, 3),
                         (size_t)PQgetlength(work.rows, row, 3), pid, &columns, &reader);
            if (r == 0)
                r = run_visit(&reader, from_offset, until_offset, visit, userdata);
            if (r < 0) {
                run_text_damaged(note != NULL ? note : reterr_text,
                                 note != NULL ? note_size : text_size, pid, &columns);
                r = note != NULL ? 1 : -1;
            }
            work.from = columns.last_offset + 1;
        }
        PQclear(work.rows);
        work.rows = NULL;
    }
    return r < 0 ? -1 : 0;
}

int pg_reader_read(pg_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                   store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    return read_runs(self, pid, from_offset, until_offset, visit, userdata, NULL, 0, reterr_text,
                     text_size);
}

int pg_reader_read_past(pg_reader *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                        store_visit_fn *visit, void *userdata, char *note, size_t note_size,
                        char *reterr_text, size_t text_size)
{
    return read_runs(self, pid, from_offset, until_offset, visit, userdata, note, note_size,
                     reterr_text, text_size);
}

/* ---- the directory and the epochs ---------------------------------------------------------- */

typedef struct entries_work {
    int32_t pid;
    store_entry_fn *visit;
    void *userdata;
    bool is_begun; /* an entry was visited: it cannot be begun again */
} entries_work;

/* One row of a result that comes row by row. False: no more. */
static bool visit_entry(entries_work *work, const PGresult *row)
{
    work->is_begun = true;
    return work->visit((const uint8_t *)PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0),
                       (const uint8_t *)PQgetvalue(row, 0, 1), (size_t)PQgetlength(row, 0, 1),
                       work->userdata);
}

static int fetch_entries(pg_session *session, void *userdata, char *text, size_t text_size)
{
    entries_work *work = userdata;
    pg_params params = {0};
    PGresult *result;
    bool is_ended = false;

    if (work->is_begun) {
        store_text_set(text, text_size, "PostgreSQL cannot be asked: the connection is lost");
        return -1;
    }
    pg_params_add_int4(&params, work->pid);
    if (pg_session_send(session, QUERY_ENTRIES, &params) < 0 ||
        PQsetSingleRowMode(session->conn) != 1) {
        pg_session_text(session, NULL, "PostgreSQL cannot be asked", text, text_size);
        return -1;
    }
    while ((result = pg_session_next(session)) != NULL) {
        const ExecStatusType status = PQresultStatus(result);

        if (status == PGRES_SINGLE_TUPLE && !visit_entry(work, result)) {
            PQclear(result);
            pg_session_drop(session); /* rather than read all that is left */
            return 0;
        }
        if (status == PGRES_TUPLES_OK)
            is_ended = true;
        else if (status != PGRES_SINGLE_TUPLE)
            pg_session_text(session, result, "the directory cannot be read", text, text_size);
        PQclear(result);
    }
    if (!is_ended && !pg_session_is_up(session))
        pg_session_text(session, NULL, "the directory cannot be read", text, text_size);
    return is_ended ? 0 : -1;
}

int pg_reader_entries(pg_reader *self, int32_t pid, store_entry_fn *visit, void *userdata,
                      char *reterr_text, size_t text_size)
{
    entries_work work = {.pid = pid, .visit = visit, .userdata = userdata};

    return work_with(self, fetch_entries, &work, reterr_text, text_size);
}

typedef struct epochs_work {
    int32_t pid;
    PGresult *rows;
} epochs_work;

static int fetch_epochs(pg_session *session, void *userdata, char *text, size_t text_size)
{
    epochs_work *work = userdata;
    pg_params params = {0};

    pg_params_add_int4(&params, work->pid);
    work->rows = pg_session_run(session, QUERY_EPOCHS, &params, text, text_size);
    return work->rows != NULL ? 0 : -1;
}

int pg_reader_epochs(pg_reader *self, int32_t pid, store_epoch_fn *visit, void *userdata,
                     char *reterr_text, size_t text_size)
{
    epochs_work work = {.pid = pid};

    if (work_with(self, fetch_epochs, &work, reterr_text, text_size) < 0)
        return -1;
    for (int row = 0; row < PQntuples(work.rows); row++) {
        if (!visit((uint64_t)pg_get_int8(work.rows, row, 0), pg_get_int8(work.rows, row, 1),
                   userdata))
            break;
    }
    PQclear(work.rows);
    return 0;
}

/* ---- times --------------------------------------------------------------------------------- */

/* Head and tail of a project; 0 and 1 of one that was never opened. */
static int read_log_row(pg_session *session, int32_t pid, int64_t *ret_head, int64_t *ret_tail,
                        char *text, size_t text_size)
{
    pg_params params = {0};

    pg_params_add_int4(&params, pid);

    PGresult *result = pg_session_run(session, QUERY_LOG, &params, text, text_size);

    if (result == NULL)
        return -1;
    *ret_head = PQntuples(result) > 0 ? pg_get_int8(result, 0, 0) : 0;
    *ret_tail = PQntuples(result) > 0 ? pg_get_int8(result, 0, 1) : 1;
    PQclear(result);
    return 0;
}

typedef struct seek_work {
    int32_t pid;
    int64_t mtime_ms;
    bool is_found;
    run_row run;
    int64_t head;
} seek_work;

static int seek_run(pg_session *session, void *userdata, char *text, size_t text_size)
{
    seek_work *work = userdata;
    run_place place = {session, work->pid, text, text_size};
    const run_source source = source_of(&place);
    const run_wanted what = {.min_ms = work->mtime_ms, .min_before_bytes = INT64_MIN};
    int64_t tail;

    if (run_plain(session, QUERY_BEGIN, text, text_size) < 0)
        return -1;

    const int r = run_search_first(&source, &what, &work->run);

    if (r < 0 || read_log_row(session, work->pid, &work->head, &tail, text, text_size) < 0)
        return -1; /* and the session is dropped in its transaction */
    work->is_found = r > 0;
    return run_plain(session, QUERY_END, text, text_size);
}

int pg_reader_seek_time(pg_reader *self, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                        char *reterr_text, size_t text_size)
{
    seek_work work = {.pid = pid, .mtime_ms = mtime_ms};
    run_time_seek seek = {.mtime_ms = mtime_ms};

    if (work_with(self, seek_run, &work, reterr_text, text_size) < 0)
        return -1;
    if (!work.is_found) {
        *ret_offset = work.head + 1;
        return 0;
    }
    if (pg_reader_read(self, pid, work.run.first_offset, work.run.last_offset, run_is_before_time,
                       &seek, reterr_text, text_size) < 0)
        return -1;
    *ret_offset = seek.offset != 0 ? seek.offset : work.run.last_offset + 1; /* deleted meanwhile */
    return 0;
}

/* ---- retention ----------------------------------------------------------------------------- */

typedef struct trim_work {
    int32_t pid;
    uint64_t epoch;
    const store_retention *keep;
    int64_t now_ms;
    int64_t tail;
} trim_work;

/* Delete some of the oldest runs before an offset, or of the index's blocks: how many, or -1. */
static int trim_step(pg_session *session, enum pg_query query, const trim_work *work,
                     int64_t before_offset, char *text, size_t text_size)
{
    pg_params params = {0};

    pg_params_add_int4(&params, work->pid);
    pg_params_add_int8(&params, before_offset);
    pg_params_add_int8(&params, (int64_t)work->epoch);
    pg_params_add_int8(&params, STEP_RUNS);

    PGresult *result = pg_session_run(session, (int)query, &params, text, text_size);
    const int count = result != NULL ? PQntuples(result) : -1;

    PQclear(result);
    return count;
}

static int trim_log(pg_session *session, void *userdata, char *text, size_t text_size)
{
    trim_work *work = userdata;
    run_place place = {session, work->pid, text, text_size};
    const run_source source = source_of(&place);
    run_row first;
    int64_t head;
    int r;

    if (run_plain(session, QUERY_BEGIN, text, text_size) < 0)
        return -1;
    r = run_search_kept(&source, work->keep, work->now_ms, &first);
    if (r < 0 || run_plain(session, QUERY_END, text, text_size) < 0)
        return -1;
    if (r > 0) {
        while ((r = trim_step(session, QUERY_TRIM_STEP, work, first.first_offset, text,
                              text_size)) > 0)
            continue;
        if (r < 0)
            return -1;
    }
    if (read_log_row(session, work->pid, &head, &work->tail, text, text_size) < 0)
        return -1;
    while ((r = trim_step(session, QUERY_EXPIRE_STEP, work, work->tail, text, text_size)) > 0)
        continue;
    return r;
}

int pg_reader_trim(pg_reader *self, int32_t pid, uint64_t epoch, const store_retention *keep,
                   int64_t now_ms, int64_t *ret_tail, char *reterr_text, size_t text_size)
{
    trim_work work = {.pid = pid, .epoch = epoch, .keep = keep, .now_ms = now_ms};

    if (work_with(self, trim_log, &work, reterr_text, text_size) < 0)
        return -1;
    *ret_tail = work.tail;
    return 0;
}
