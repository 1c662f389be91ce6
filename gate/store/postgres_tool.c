/*
 * The PostgreSQL store for tools. Looking reads in one transaction, row by row, so that neither
 * end holds more than it needs. An import is one transaction too; gates that open a project
 * meanwhile wait for it.
 */
#include "gate/store/maintenance.h"

#include "gate/store/parts.h"
#include "gate/store/postgres_schema.h"

#include <inttypes.h>
#include <stdlib.h>

enum tool_query {
    QUERY_PIDS,
    QUERY_PROJECT,
    QUERY_EPOCHS,
    QUERY_ENTRIES,
    QUERY_RUNS,
    QUERY_BLOCKS,
    QUERY_PUT_LOG,
    QUERY_PUT_EPOCH,
    QUERY_PUT_ENTRY,
    QUERY_PUT_RUN,
    QUERY_MOVE_LOG,
    QUERY_COUNT
};

static const char *const query_texts[QUERY_COUNT + 1] = {
    [QUERY_PIDS] = "SELECT pid FROM rtmkit.log UNION SELECT pid FROM rtmkit.epoch"
                   " UNION SELECT pid FROM rtmkit.run UNION SELECT pid FROM rtmkit.entry"
                   " UNION SELECT pid FROM rtmkit.block UNION SELECT pid FROM rtmkit.progress"
                   " ORDER BY pid",
    [QUERY_PROJECT] = "SELECT epoch, head, last_ms, coalesce((SELECT indexed_until FROM"
                      " rtmkit.progress WHERE pid = $1::int4), 0)"
                      " FROM rtmkit.log WHERE pid = $1::int4",
    [QUERY_EPOCHS] = "SELECT number, epoch, first_offset, opened_ms FROM rtmkit.epoch"
                     " WHERE pid = $1::int4 ORDER BY number",
    [QUERY_ENTRIES] = "SELECT key, value FROM rtmkit.entry WHERE pid = $1::int4 ORDER BY key",
    [QUERY_RUNS] = "SELECT first_offset, last_offset, last_ms, before_bytes, data"
                   " FROM rtmkit.run WHERE pid = $1::int4 AND first_offset >= coalesce(("
                   " SELECT first_offset FROM rtmkit.run WHERE pid = $1::int4"
                   " AND first_offset <= $2::int8 ORDER BY first_offset DESC LIMIT 1), $2::int8)"
                   " AND first_offset <= $3::int8 ORDER BY first_offset",
    [QUERY_BLOCKS] = "SELECT kind, a, b, first_id, keep_offset, data FROM rtmkit.block"
                     " WHERE pid = $1::int4 ORDER BY kind, a, b, first_id",
    [QUERY_PUT_LOG] = "INSERT INTO rtmkit.log VALUES($1::int4, $3::int8, 0, $4::int8 - 1,"
                      " -9223372036854775808, 0, $2::int8) ON CONFLICT(pid) DO UPDATE"
                      " SET epoch = excluded.epoch, head = excluded.head,"
                      " epoch_count = excluded.epoch_count",
    [QUERY_PUT_EPOCH] = "INSERT INTO rtmkit.epoch"
                        " VALUES($1::int4, $2::int8, $3::int8, $4::int8, 0, $5::int8)",
    [QUERY_PUT_ENTRY] = "INSERT INTO rtmkit.entry VALUES($1::int4, $2::bytea, $3::bytea)",
    [QUERY_PUT_RUN] = "INSERT INTO rtmkit.run VALUES($1::int4, $2::int8, $3::int8, $4::int8,"
                      " $5::int8, $6::bytea)",
    [QUERY_MOVE_LOG] = "UPDATE rtmkit.log SET head = greatest(head, $2::int8), last_ms = $3::int8"
                       " WHERE pid = $1::int4",
};

typedef struct postgres_tool {
    store_tool base;
    pg_target target;
    pg_session session;
} postgres_tool;

static void tool_close(store_tool *base)
{
    postgres_tool *self = (postgres_tool *)base;

    pg_session_drop(&self->session); /* rolls back what was not committed */
    pg_target_deinit(&self->target);
    free(self);
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct telling telling;

/* One row, told on. False: stop. */
typedef bool row_fn(const PGresult *row, telling *self);

struct telling {
    row_fn *tell;
    union {
        store_pid_fn *pid;
        store_epoch_row_fn *epoch;
        store_entry_fn *entry;
        store_run_fn *run;
        store_block_fn *block;
    } visit;
    void *userdata;
    int64_t from_offset;
};

/* A visitor that stops makes us read the rest in vain: the transaction is needed further. */
static int each_row(postgres_tool *self, enum tool_query query, const pg_params *params,
                    telling *told, char *text, size_t text_size)
{
    bool is_stopped = false;
    bool is_ended = false;
    PGresult *row;

    if (pg_session_send(&self->session, (int)query, params) < 0 ||
        PQsetSingleRowMode(self->session.conn) != 1) {
        pg_session_text(&self->session, NULL, "cannot be read", text, text_size);
        return -1;
    }
    while ((row = pg_session_next(&self->session)) != NULL) {
        const ExecStatusType status = PQresultStatus(row);

        if (status == PGRES_SINGLE_TUPLE)
            is_stopped = is_stopped || !told->tell(row, told);
        else if (status == PGRES_TUPLES_OK)
            is_ended = true;
        else
            pg_session_text(&self->session, row, "cannot be read", text, text_size);
        PQclear(row);
    }
    if (!is_ended && !pg_session_is_up(&self->session))
        pg_session_text(&self->session, NULL, "cannot be read", text, text_size);
    return is_ended ? 0 : -1;
}

static int each_of_project(store_tool *base, enum tool_query query, int32_t pid, telling *told,
                           char *text, size_t text_size)
{
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    return each_row((postgres_tool *)base, query, &params, told, text, text_size);
}

static bool tell_pid(const PGresult *row, telling *self)
{
    return self->visit.pid(pg_get_int4(row, 0, 0), self->userdata);
}

static int tool_read_pids(store_tool *base, store_pid_fn *visit, void *userdata, char *reterr_text,
                          size_t text_size)
{
    telling told = {.tell = tell_pid, .visit.pid = visit, .userdata = userdata};

    return each_row((postgres_tool *)base, QUERY_PIDS, NULL, &told, reterr_text, text_size);
}

static bool tell_project(const PGresult *row, telling *self)
{
    *(store_project_row *)self->userdata = (store_project_row){
        .has_log = true,
        .epoch = (uint64_t)pg_get_int8(row, 0, 0),
        .head = pg_get_int8(row, 0, 1),
        .last_mtime_ms = pg_get_int8(row, 0, 2),
        .indexed_until = pg_get_int8(row, 0, 3),
    };
    return false;
}

/* A project without a row in `log` gets one that fits nothing, which a check will say. */
static int tool_read_project(store_tool *base, int32_t pid, store_project_row *ret_row,
                             char *reterr_text, size_t text_size)
{
    telling told = {.tell = tell_project, .userdata = ret_row};

    *ret_row = (store_project_row){.has_log = true};
    return each_of_project(base, QUERY_PROJECT, pid, &told, reterr_text, text_size);
}

static bool tell_epoch(const PGresult *row, telling *self)
{
    const store_epoch_row epoch = {
        .number = pg_get_int8(row, 0, 0),
        .epoch = (uint64_t)pg_get_int8(row, 0, 1),
        .first_offset = pg_get_int8(row, 0, 2),
        .opened_ms = pg_get_int8(row, 0, 3),
    };

    return self->visit.epoch(&epoch, self->userdata);
}

static int tool_read_epochs(store_tool *base, int32_t pid, store_epoch_row_fn *visit,
                            void *userdata, char *reterr_text, size_t text_size)
{
    telling told = {.tell = tell_epoch, .visit.epoch = visit, .userdata = userdata};

    return each_of_project(base, QUERY_EPOCHS, pid, &told, reterr_text, text_size);
}

static const uint8_t *bytes_of(const PGresult *row, int column, size_t *ret_len)
{
    *ret_len = (size_t)PQgetlength(row, 0, column);
    return (const uint8_t *)PQgetvalue(row, 0, column);
}

static bool tell_entry(const PGresult *row, telling *self)
{
    size_t key_len, value_len;
    const uint8_t *key = bytes_of(row, 0, &key_len);
    const uint8_t *value = bytes_of(row, 1, &value_len);

    return self->visit.entry(key, key_len, value, value_len, self->userdata);
}

static int tool_read_entries(store_tool *base, int32_t pid, store_entry_fn *visit, void *userdata,
                             char *reterr_text, size_t text_size)
{
    telling told = {.tell = tell_entry, .visit.entry = visit, .userdata = userdata};

    return each_of_project(base, QUERY_ENTRIES, pid, &told, reterr_text, text_size);
}

static bool tell_run(const PGresult *row, telling *self)
{
    store_run_row run = {
        .first_offset = pg_get_int8(row, 0, 0),
        .last_offset = pg_get_int8(row, 0, 1),
        .last_ms = pg_get_int8(row, 0, 2),
        .before_bytes = pg_get_int8(row, 0, 3),
    };

    run.data = bytes_of(row, 4, &run.len);
    if (run.last_offset < self->from_offset && run.first_offset < self->from_offset)
        return true; /* the one before a hole */
    return self->visit.run(&run, self->userdata);
}

static int tool_read_runs(store_tool *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                          store_run_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    telling told = {
        .tell = tell_run, .visit.run = visit, .userdata = userdata, .from_offset = from_offset};
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, from_offset);
    pg_params_add_int8(&params, until_offset);
    return each_row((postgres_tool *)base, QUERY_RUNS, &params, &told, reterr_text, text_size);
}

static bool tell_block(const PGresult *row, telling *self)
{
    index_row block = {
        .conversation = {.kind = (uint8_t)pg_get_int4(row, 0, 0),
                         .a = pg_get_int8(row, 0, 1),
                         .b = pg_get_int8(row, 0, 2)},
        .first_id = pg_get_int8(row, 0, 3),
        .keep_offset = pg_get_int8(row, 0, 4),
    };

    block.data = bytes_of(row, 5, &block.len);
    return self->visit.block(&block, self->userdata);
}

static int tool_read_blocks(store_tool *base, int32_t pid, store_block_fn *visit, void *userdata,
                            char *reterr_text, size_t text_size)
{
    telling told = {.tell = tell_block, .visit.block = visit, .userdata = userdata};

    return each_of_project(base, QUERY_BLOCKS, pid, &told, reterr_text, text_size);
}

/* PostgreSQL has nothing for this that needs no extension: pages are its own business. */
static int tool_check_database(store_tool *base, store_finding_fn *found, void *userdata,
                               char *reterr_text, size_t text_size)
{
    (void)base;
    (void)found;
    (void)userdata;
    (void)reterr_text;
    (void)text_size;
    return 0;
}

/* ---- vacuum and backup --------------------------------------------------------------------- */

/* One statement at a time: VACUUM takes no transaction, and several at once would be one. */
static int tool_vacuum(store_tool *base, char *reterr_text, size_t text_size)
{
    static const char *const texts[] = {
        "VACUUM (ANALYZE) rtmkit.log",   "VACUUM (ANALYZE) rtmkit.run",
        "VACUUM (ANALYZE) rtmkit.epoch", "VACUUM (ANALYZE) rtmkit.entry",
        "VACUUM (ANALYZE) rtmkit.block", "VACUUM (ANALYZE) rtmkit.progress",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (pg_session_execute(&((postgres_tool *)base)->session, texts[i], reterr_text,
                               text_size) < 0)
            return -1;
    }
    return 0;
}

static int tool_backup(store_tool *base, const char *path, char *reterr_text, size_t text_size)
{
    (void)base;
    (void)path;
    store_text_set(reterr_text, text_size,
                   "backups of a database are made with its own tools, as pg_dump --schema=rtmkit; "
                   "or export it");
    return -1;
}

/* ---- import -------------------------------------------------------------------------------- */

static int put_row(store_tool *base, enum tool_query query, const pg_params *params, char *text,
                   size_t text_size)
{
    PGresult *result =
        pg_session_run(&((postgres_tool *)base)->session, (int)query, params, text, text_size);

    PQclear(result);
    return result != NULL ? 0 : -1;
}

static int tool_put_epoch(store_tool *base, int32_t pid, const store_epoch_row *row,
                          char *reterr_text, size_t text_size)
{
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, row->number);
    pg_params_add_int8(&params, (int64_t)row->epoch);
    pg_params_add_int8(&params, row->first_offset);
    if (put_row(base, QUERY_PUT_LOG, &params, reterr_text, text_size) < 0)
        return -1;
    pg_params_add_int8(&params, row->opened_ms);
    return put_row(base, QUERY_PUT_EPOCH, &params, reterr_text, text_size);
}

static int tool_put_entry(store_tool *base, int32_t pid, const uint8_t *key, size_t key_len,
                          const uint8_t *value, size_t value_len, char *reterr_text,
                          size_t text_size)
{
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    pg_params_add_bytes(&params, key, key_len);
    pg_params_add_bytes(&params, value, value_len);
    return put_row(base, QUERY_PUT_ENTRY, &params, reterr_text, text_size);
}

static int tool_put_run(store_tool *base, int32_t pid, const store_run_row *row, char *reterr_text,
                        size_t text_size)
{
    pg_params moved = {0};
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, row->first_offset);
    pg_params_add_int8(&params, row->last_offset);
    pg_params_add_int8(&params, row->last_ms);
    pg_params_add_int8(&params, row->before_bytes);
    pg_params_add_bytes(&params, row->data, row->len);
    if (put_row(base, QUERY_PUT_RUN, &params, reterr_text, text_size) < 0)
        return -1;
    pg_params_add_int4(&moved, pid);
    pg_params_add_int8(&moved, row->last_offset);
    pg_params_add_int8(&moved, row->last_ms);
    return put_row(base, QUERY_MOVE_LOG, &moved, reterr_text, text_size);
}

static int tool_commit(store_tool *base, char *reterr_text, size_t text_size)
{
    return pg_session_execute(&((postgres_tool *)base)->session, "COMMIT", reterr_text, text_size);
}

static const store_tool_ops postgres_tool_ops = {
    .close = tool_close,
    .read_pids = tool_read_pids,
    .read_project = tool_read_project,
    .read_epochs = tool_read_epochs,
    .read_entries = tool_read_entries,
    .read_runs = tool_read_runs,
    .read_blocks = tool_read_blocks,
    .check_database = tool_check_database,
    .vacuum = tool_vacuum,
    .backup = tool_backup,
    .put_epoch = tool_put_epoch,
    .put_entry = tool_put_entry,
    .put_run = tool_put_run,
    .commit = tool_commit,
};

/* ---- opening ------------------------------------------------------------------------------- */

static bool is_not_empty(int32_t pid, void *userdata)
{
    (void)pid;
    *(bool *)userdata = true;
    return false;
}

/* What is read, or written, from here on is one transaction. */
static int begin(postgres_tool *self, store_access how, char *text, size_t text_size)
{
    static const char look[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    static const char import[] = "BEGIN; LOCK TABLE rtmkit.log IN EXCLUSIVE MODE";
    bool has_projects = false;

    if (how == STORE_OWN)
        return 0;
    if (pg_session_execute(&self->session, how == STORE_LOOK ? look : import, text, text_size) < 0)
        return -1;
    /* The first query is what settles the state that is looked at. */
    if (tool_read_pids(&self->base, is_not_empty, &has_projects, text, text_size) < 0)
        return -1;
    if (how == STORE_IMPORT && has_projects) {
        store_text_set(text, text_size, "is not empty");
        return -1;
    }
    return 0;
}

static int connect_tool(postgres_tool *self, const char *conninfo, store_access how, char *text,
                        size_t text_size)
{
    if (pg_target_init(&self->target, conninfo, text, text_size) < 0)
        return -1;
    self->session.target = &self->target;
    /* The statements can only be prepared when there are tables. */
    if (pg_session_connect(&self->session, text, text_size) < 0 ||
        (how == STORE_IMPORT ? pg_schema_prepare : pg_schema_check)(&self->session, text,
                                                                    text_size) < 0)
        return -1;
    self->session.statements = query_texts;
    if (pg_session_connect(&self->session, text, text_size) < 0)
        return -1;
    return begin(self, how, text, text_size);
}

int store_tool_open_postgres(const char *conninfo, store_access how, store_tool **ret_tool,
                             char *reterr_text, size_t text_size)
{
    char text[256] = "out of memory";
    postgres_tool *self = calloc(1, sizeof *self);

    if (self == NULL) {
        store_text_set(reterr_text, text_size, "postgres: %s", text);
        return -1;
    }
    self->base.ops = &postgres_tool_ops;
    if (connect_tool(self, conninfo, how, text, sizeof text) < 0) {
        store_text_set(reterr_text, text_size, "%s: %s",
                       self->target.shown[0] != '\0' ? self->target.shown : "postgres:", text);
        tool_close(&self->base);
        return -1;
    }
    *ret_tool = &self->base;
    return 0;
}
