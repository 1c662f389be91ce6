/*
 * The SQLite store for tools. Looking reads in one transaction, beside a gate that goes on
 * writing; its WAL grows until the tool has ended. Owning takes the gate's lock.
 */
#include "gate/store/maintenance.h"

#include "gate/store/parts.h"
#include "gate/store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum tool_query {
    QUERY_PIDS,
    QUERY_PROGRESS,
    QUERY_EPOCHS,
    QUERY_ENTRIES,
    QUERY_RUNS,
    QUERY_BLOCKS,
    QUERY_PUT_EPOCH,
    QUERY_PUT_ENTRY,
    QUERY_PUT_RUN,
    QUERY_COUNT
};

static const char *const query_texts[QUERY_COUNT] = {
    [QUERY_PIDS] = "SELECT pid FROM epoch UNION SELECT pid FROM run UNION SELECT pid FROM entry"
                   " UNION SELECT pid FROM block UNION SELECT pid FROM progress ORDER BY pid",
    [QUERY_PROGRESS] = "SELECT indexed_until FROM progress WHERE pid = ?1",
    [QUERY_EPOCHS] = "SELECT number, epoch, first_offset, opened_ms FROM epoch WHERE pid = ?1"
                     " ORDER BY number",
    [QUERY_ENTRIES] = "SELECT key, value FROM entry WHERE pid = ?1 ORDER BY key",
    [QUERY_RUNS] = "SELECT first_offset, last_offset, last_ms, before_bytes, data FROM run"
                   " WHERE pid = ?1 AND first_offset >= coalesce((SELECT first_offset FROM run"
                   " WHERE pid = ?1 AND first_offset <= ?2 ORDER BY first_offset DESC LIMIT 1), ?2)"
                   " AND first_offset <= ?3 ORDER BY first_offset",
    [QUERY_BLOCKS] = "SELECT kind, a, b, first_id, keep_offset, data FROM block WHERE pid = ?1"
                     " ORDER BY kind, a, b, first_id",
    [QUERY_PUT_EPOCH] = "INSERT INTO epoch VALUES(?1, ?2, ?3, ?4, ?5)",
    [QUERY_PUT_ENTRY] = "INSERT INTO entry VALUES(?1, ?2, ?3)",
    [QUERY_PUT_RUN] = "INSERT INTO run VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
};

typedef struct sqlite_tool {
    store_tool base;
    char path[PATH_MAX];
    sqlite_file file; /* owned, unless it only looks */
    sqlite3 *db;
    sqlite3_stmt *queries[QUERY_COUNT];
} sqlite_tool;

static void tool_close(store_tool *base)
{
    sqlite_tool *self = (sqlite_tool *)base;

    for (int i = 0; i < QUERY_COUNT; i++)
        (void)sqlite3_finalize(self->queries[i]);
    (void)sqlite3_close(self->db); /* rolls back what was not committed */
    sqlite_file_disown(&self->file);
    free(self);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* One row of a query, told on. False: stop. */
typedef bool row_fn(sqlite3_stmt *row, void *userdata);

/* Step through a query whose parameters are bound. */
static int each_row(sqlite_tool *self, enum tool_query query, row_fn *tell, void *userdata,
                    char *text, size_t text_size)
{
    sqlite3_stmt *statement = self->queries[query];
    int code;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!tell(statement, userdata))
            break;
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        sqlite_text_set(text, text_size, self->db, "cannot be read");
    (void)sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

/* A visitor of any kind with what belongs to it. */
typedef struct telling {
    union {
        store_pid_fn *pid;
        store_epoch_row_fn *epoch;
        store_entry_fn *entry;
        store_run_fn *run;
        store_block_fn *block;
    } visit;
    void *userdata;
    int64_t from_offset;
} telling;

static bool tell_pid(sqlite3_stmt *row, void *userdata)
{
    telling *self = userdata;

    return self->visit.pid((int32_t)sqlite3_column_int64(row, 0), self->userdata);
}

static int tool_read_pids(store_tool *base, store_pid_fn *visit, void *userdata, char *reterr_text,
                          size_t text_size)
{
    telling told = {.visit.pid = visit, .userdata = userdata};

    return each_row((sqlite_tool *)base, QUERY_PIDS, tell_pid, &told, reterr_text, text_size);
}

static bool take_number(sqlite3_stmt *row, void *userdata)
{
    *(int64_t *)userdata = sqlite3_column_int64(row, 0);
    return false;
}

static int tool_read_project(store_tool *base, int32_t pid, store_project_row *ret_row,
                             char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;

    *ret_row = (store_project_row){0};
    (void)sqlite3_bind_int64(self->queries[QUERY_PROGRESS], 1, pid);
    return each_row(self, QUERY_PROGRESS, take_number, &ret_row->indexed_until, reterr_text,
                    text_size);
}

static bool tell_epoch(sqlite3_stmt *row, void *userdata)
{
    const store_epoch_row epoch = {
        .number = sqlite3_column_int64(row, 0),
        .epoch = (uint64_t)sqlite3_column_int64(row, 1),
        .first_offset = sqlite3_column_int64(row, 2),
        .opened_ms = sqlite3_column_int64(row, 3),
    };
    telling *self = userdata;

    return self->visit.epoch(&epoch, self->userdata);
}

static int tool_read_epochs(store_tool *base, int32_t pid, store_epoch_row_fn *visit,
                            void *userdata, char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    telling told = {.visit.epoch = visit, .userdata = userdata};

    (void)sqlite3_bind_int64(self->queries[QUERY_EPOCHS], 1, pid);
    return each_row(self, QUERY_EPOCHS, tell_epoch, &told, reterr_text, text_size);
}

/* Bytes of a column; never NULL. */
static const uint8_t *bytes_of(sqlite3_stmt *row, int column, size_t *ret_len)
{
    const uint8_t *bytes = sqlite3_column_blob(row, column);

    *ret_len = bytes != NULL ? (size_t)sqlite3_column_bytes(row, column) : 0;
    return bytes != NULL ? bytes : (const uint8_t *)"";
}

static bool tell_entry(sqlite3_stmt *row, void *userdata)
{
    telling *self = userdata;
    size_t key_len, value_len;
    const uint8_t *key = bytes_of(row, 0, &key_len);
    const uint8_t *value = bytes_of(row, 1, &value_len);

    return self->visit.entry(key, key_len, value, value_len, self->userdata);
}

static int tool_read_entries(store_tool *base, int32_t pid, store_entry_fn *visit, void *userdata,
                             char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    telling told = {.visit.entry = visit, .userdata = userdata};

    (void)sqlite3_bind_int64(self->queries[QUERY_ENTRIES], 1, pid);
    return each_row(self, QUERY_ENTRIES, tell_entry, &told, reterr_text, text_size);
}

static bool tell_run(sqlite3_stmt *row, void *userdata)
{
    telling *self = userdata;
    store_run_row run = {
        .first_offset = sqlite3_column_int64(row, 0),
        .last_offset = sqlite3_column_int64(row, 1),
        .last_ms = sqlite3_column_int64(row, 2),
        .before_bytes = sqlite3_column_int64(row, 3),
    };

    run.data = bytes_of(row, 4, &run.len);
    if (run.last_offset < self->from_offset && run.first_offset < self->from_offset)
        return true; /* the one before a hole */
    return self->visit.run(&run, self->userdata);
}

static int tool_read_runs(store_tool *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                          store_run_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    telling told = {.visit.run = visit, .userdata = userdata, .from_offset = from_offset};

    (void)sqlite3_bind_int64(self->queries[QUERY_RUNS], 1, pid);
    (void)sqlite3_bind_int64(self->queries[QUERY_RUNS], 2, from_offset);
    (void)sqlite3_bind_int64(self->queries[QUERY_RUNS], 3, until_offset);
    return each_row(self, QUERY_RUNS, tell_run, &told, reterr_text, text_size);
}

static bool tell_block(sqlite3_stmt *row, void *userdata)
{
    telling *self = userdata;
    index_row block = {
        .conversation = {.kind = (uint8_t)sqlite3_column_int64(row, 0),
                         .a = sqlite3_column_int64(row, 1),
                         .b = sqlite3_column_int64(row, 2)},
        .first_id = sqlite3_column_int64(row, 3),
        .keep_offset = sqlite3_column_int64(row, 4),
    };

    block.data = bytes_of(row, 5, &block.len);
    return self->visit.block(&block, self->userdata);
}

static int tool_read_blocks(store_tool *base, int32_t pid, store_block_fn *visit, void *userdata,
                            char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    telling told = {.visit.block = visit, .userdata = userdata};

    (void)sqlite3_bind_int64(self->queries[QUERY_BLOCKS], 1, pid);
    return each_row(self, QUERY_BLOCKS, tell_block, &told, reterr_text, text_size);
}

static int tool_check_database(store_tool *base, store_finding_fn *found, void *userdata,
                               char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    sqlite3_stmt *statement = NULL;
    int code;

    if (sqlite_statement_new(self->db, "PRAGMA integrity_check", &statement, reterr_text,
                             text_size) < 0)
        return -1;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(statement, 0);

        if (line != NULL && strcmp(line, "ok") != 0)
            found(0, 0, line, userdata);
    }
    if (code != SQLITE_DONE)
        sqlite_text_set(reterr_text, text_size, self->db, "cannot be read");
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? 0 : -1;
}

/* ---- vacuum and backup --------------------------------------------------------------------- */

static int execute(sqlite_tool *self, const char *sql, char *text, size_t text_size)
{
    if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    sqlite_text_set(text, text_size, self->db, "cannot be written");
    return -1;
}

static int tool_vacuum(store_tool *base, char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;

    if (execute(self, "PRAGMA wal_checkpoint(TRUNCATE)", reterr_text, text_size) < 0 ||
        execute(self, "VACUUM", reterr_text, text_size) < 0)
        return -1;
    return execute(self, "PRAGMA wal_checkpoint(TRUNCATE)", reterr_text, text_size);
}

static int sync_path(const char *path, int flags)
{
    const int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    const int r = fd >= 0 ? fsync(fd) : -1;

    if (fd >= 0)
        (void)close(fd);
    return r;
}

static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        (void)snprintf(folder, sizeof folder, ".");
    else
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    return sync_path(folder, O_DIRECTORY);
}

/* In one step, so in one state: a step that ends early would begin anew with each commit. */
static int copy_pages(sqlite_tool *self, const char *path, char *text, size_t text_size)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    sqlite3_backup *copying = NULL;
    sqlite3 *to = NULL;
    int code = sqlite3_open_v2(path, &to, flags, NULL);

    if (code == SQLITE_OK) {
        copying = sqlite3_backup_init(to, "main", self->db, "main");
        code = copying != NULL ? sqlite3_backup_step(copying, -1) : sqlite3_errcode(to);
        (void)sqlite3_backup_finish(copying);
    }
    if (code != SQLITE_DONE)
        store_text_set(text, text_size, "%s: %s", path, sqlite3_errstr(code));
    (void)sqlite3_close(to);
    return code == SQLITE_DONE ? 0 : -1;
}

/* The name appears when all is there and on the disk. */
static int tool_backup(store_tool *base, const char *path, char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    char part[PATH_MAX];
    int fd = -1;

    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part) {
        store_text_set(reterr_text, text_size, "%s: %s", path, strerror(ENAMETOOLONG));
        return -1;
    }
    if (access(path, F_OK) == 0) {
        store_text_set(reterr_text, text_size, "%s: is there already", path);
        return -1;
    }
    fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        store_text_set(reterr_text, text_size, "%s: %s", part, strerror(errno));
        return -1;
    }
    (void)close(fd);
    if (copy_pages(self, part, reterr_text, text_size) < 0)
        goto fail;
    if (sync_path(part, 0) < 0 || link(part, path) < 0) { /* never over another file */
        store_text_set(reterr_text, text_size, "%s: %s", path, strerror(errno));
        goto fail;
    }
    (void)unlink(part);
    if (sync_folder_of(path) < 0) {
        store_text_set(reterr_text, text_size, "%s: its folder: %s", path, strerror(errno));
        return -1;
    }
    return 0;

fail:
    (void)unlink(part);
    return -1;
}

/* ---- import -------------------------------------------------------------------------------- */

static int put_row(sqlite_tool *self, enum tool_query query, char *text, size_t text_size)
{
    sqlite3_stmt *statement = self->queries[query];
    const int code = sqlite3_step(statement);

    if (code != SQLITE_DONE)
        sqlite_text_set(text, text_size, self->db, "cannot be written");
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement); /* the bytes are the caller's */
    return code == SQLITE_DONE ? 0 : -1;
}

static void bind_bytes(sqlite3_stmt *statement, int at, const uint8_t *bytes, size_t len)
{
    (void)sqlite3_bind_blob64(statement, at, len > 0 ? bytes : (const uint8_t *)"", len,
                              SQLITE_STATIC);
}

static int tool_put_epoch(store_tool *base, int32_t pid, const store_epoch_row *row,
                          char *reterr_text, size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    sqlite3_stmt *statement = self->queries[QUERY_PUT_EPOCH];

    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, row->number);
    (void)sqlite3_bind_int64(statement, 3, (int64_t)row->epoch);
    (void)sqlite3_bind_int64(statement, 4, row->first_offset);
    (void)sqlite3_bind_int64(statement, 5, row->opened_ms);
    return put_row(self, QUERY_PUT_EPOCH, reterr_text, text_size);
}

static int tool_put_entry(store_tool *base, int32_t pid, const uint8_t *key, size_t key_len,
                          const uint8_t *value, size_t value_len, char *reterr_text,
                          size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    sqlite3_stmt *statement = self->queries[QUERY_PUT_ENTRY];

    (void)sqlite3_bind_int64(statement, 1, pid);
    bind_bytes(statement, 2, key, key_len);
    bind_bytes(statement, 3, value, value_len);
    return put_row(self, QUERY_PUT_ENTRY, reterr_text, text_size);
}

static int tool_put_run(store_tool *base, int32_t pid, const store_run_row *row, char *reterr_text,
                        size_t text_size)
{
    sqlite_tool *self = (sqlite_tool *)base;
    sqlite3_stmt *statement = self->queries[QUERY_PUT_RUN];

    (void)sqlite3_bind_int64(statement, 1, pid);
    (void)sqlite3_bind_int64(statement, 2, row->first_offset);
    (void)sqlite3_bind_int64(statement, 3, row->last_offset);
    (void)sqlite3_bind_int64(statement, 4, row->last_ms);
    (void)sqlite3_bind_int64(statement, 5, row->before_bytes);
    bind_bytes(statement, 6, row->data, row->len);
    return put_row(self, QUERY_PUT_RUN, reterr_text, text_size);
}

static int tool_commit(store_tool *base, char *reterr_text, size_t text_size)
{
    return execute((sqlite_tool *)base, "COMMIT", reterr_text, text_size);
}

static const store_tool_ops sqlite_tool_ops = {
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

static int own(sqlite_tool *self, store_access how, char *text, size_t text_size)
{
    if (how == STORE_OWN && access(self->path, F_OK) < 0) {
        store_text_set(text, text_size, "%s", strerror(errno));
        return -1;
    }
    if (sqlite_file_own(self->path, &self->file, text, text_size) < 0 ||
        sqlite_file_connect(&self->file, STORE_DURABLE_FULL, &self->db, text, text_size) < 0)
        return -1;
    return sqlite_file_prepare(self->db, text, text_size);
}

static bool is_not_empty(int32_t pid, void *userdata)
{
    (void)pid;
    *(bool *)userdata = true;
    return false;
}

/* What is read, or written, from here on is one transaction. */
static int begin(sqlite_tool *self, store_access how, char *text, size_t text_size)
{
    bool has_projects = false;

    for (int i = 0; i < QUERY_COUNT; i++) {
        if (sqlite_statement_new(self->db, query_texts[i], &self->queries[i], text, text_size) < 0)
            return -1;
    }
    if (how == STORE_OWN)
        return 0;
    if (execute(self, how == STORE_LOOK ? "BEGIN" : "BEGIN IMMEDIATE", text, text_size) < 0)
        return -1;
    if (tool_read_pids(&self->base, is_not_empty, &has_projects, text, text_size) < 0)
        return -1;
    if (how == STORE_IMPORT && has_projects) {
        store_text_set(text, text_size, "is not empty");
        return -1;
    }
    return 0;
}

int store_tool_open_sqlite(const char *path, store_access how, store_tool **ret_tool,
                           char *reterr_text, size_t text_size)
{
    char text[256] = "out of memory";
    sqlite_tool *self = calloc(1, sizeof *self);
    int r = -1;

    if (self == NULL)
        goto fail;
    self->base.ops = &sqlite_tool_ops;
    self->file = SQLITE_FILE_NONE;
    if ((size_t)snprintf(self->path, sizeof self->path, "%s", path) >= sizeof self->path) {
        store_text_set(text, sizeof text, "%s", strerror(ENAMETOOLONG));
        goto fail;
    }
    r = how == STORE_LOOK ? sqlite_file_look(path, &self->db, text, sizeof text)
                          : own(self, how, text, sizeof text);
    if (r < 0 || begin(self, how, text, sizeof text) < 0)
        goto fail;
    *ret_tool = &self->base;
    return 0;

fail:
    store_text_set(reterr_text, text_size, "%s: %s", path, text);
    if (self != NULL)
        tool_close(&self->base);
    return -1;
}
