/*
 * The file of the SQLite store.
 *
 * The schema, version 1. A project's batches ("runs") are rows of `run`, in the order of their
 * offsets. Log time (last_ms) and the sum of the bytes of all earlier runs (before_bytes) never
 * fall along that order, so the ends that retention asks for are found by bisection over the
 * offsets: no other index, and nothing is counted at start. Sums go on when old runs are deleted.
 *
 * `run` has rowids: without them a run of 1 KiB and more leaves its page for one of its own,
 * which made runs of ten records four times as dear (bench/store.c).
 *
 * Version 2 adds the directory (`entry`), the index (`block`, see index.h) and how far each
 * project is indexed (`progress`). Nothing is converted: an index that is missing is made in the
 * background.
 */
#include "gate/store/sqlite_file.h"

#include "gate/store/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x72746d6b, /* "rtmk" */
    SCHEMA_VERSION = 2,
    BUSY_TIMEOUT_MS = 5000 /* for tools that look into the file while the gate runs */
};

/* What makes version n + 1 out of version n. Never changed once released. */
static const char *const migrations[SCHEMA_VERSION] = {
    "CREATE TABLE run("
    " pid INTEGER NOT NULL,"
    " first_offset INTEGER NOT NULL,"
    " last_offset INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL,"
    " before_bytes INTEGER NOT NULL,"
    " data BLOB NOT NULL,"
    " UNIQUE(pid, first_offset));"
    "CREATE TABLE epoch("
    " pid INTEGER NOT NULL,"
    " number INTEGER NOT NULL," /* 1, 2, 3 … in the order of opening */
    " epoch INTEGER NOT NULL,"
    " first_offset INTEGER NOT NULL,"
    " opened_ms INTEGER NOT NULL,"
    " PRIMARY KEY(pid, number)) WITHOUT ROWID;",

    "CREATE TABLE entry("
    " pid INTEGER NOT NULL,"
    " key BLOB NOT NULL,"
    " value BLOB NOT NULL,"
    " PRIMARY KEY(pid, key)) WITHOUT ROWID;"
    "CREATE TABLE block("
    " pid INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " a INTEGER NOT NULL,"
    " b INTEGER NOT NULL,"
    " first_id INTEGER NOT NULL,"
    " keep_offset INTEGER NOT NULL,"
    " data BLOB NOT NULL,"
    " UNIQUE(pid, kind, a, b, first_id));"
    "CREATE INDEX block_by_keep_offset ON block(pid, keep_offset);"
    "CREATE TABLE progress("
    " pid INTEGER PRIMARY KEY,"
    " indexed_until INTEGER NOT NULL);",
};

void sqlite_text_set(char *text, size_t text_size, sqlite3 *db, const char *what)
{
    const int system_error = sqlite3_system_errno(db);
    const int code = sqlite3_errcode(db);
    const bool is_of_system = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;

    if (is_of_system && system_error != 0)
        store_text_set(text, text_size, "%s: %s (%s)", what, sqlite3_errmsg(db),
                       strerror(system_error));
    else
        store_text_set(text, text_size, "%s: %s", what, sqlite3_errmsg(db));
}

int sqlite_statement_new(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement,
                         char *reterr_text, size_t text_size)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement, NULL) !=
        SQLITE_OK) {
        sqlite_text_set(reterr_text, text_size, db, "cannot prepare a statement");
        return -1;
    }
    return 0;
}

/* ---- owning -------------------------------------------------------------------------------- */

/* The folder a path names, cut to the room: "." when it names none. */
static void put_folder(char *folder, size_t size, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        (void)snprintf(folder, size, ".");
    else if (slash == path)
        (void)snprintf(folder, size, "/");
    else
        (void)snprintf(folder, size, "%.*s", (int)(slash - path), path);
}

/* The one name of a file that may not exist yet, so that its lock has one name too. */
static int put_real_path(char *real, size_t size, const char *path)
{
    char folder[PATH_MAX];
    char real_folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (strlen(path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (path[0] == '\0') {
        errno = ENOENT;
        return -1;
    }
    if (slash != NULL && slash[1] == '\0') {
        errno = EISDIR;
        return -1;
    }
    if (realpath(path, real) != NULL)
        return 0;
    if (errno != ENOENT)
        return -1;
    put_folder(folder, sizeof folder, path);
    if (realpath(folder, real_folder) == NULL)
        return -1;
    if ((size_t)snprintf(real, size, "%s/%s", strcmp(real_folder, "/") == 0 ? "" : real_folder,
                         slash != NULL ? slash + 1 : path) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

/* Say who holds the lock, if its file tells. */
static void tell_owner(int lock_fd, char *text, size_t text_size)
{
    char owner[24] = "";
    const ssize_t len = pread(lock_fd, owner, sizeof owner - 1, 0);

    if (len > 0)
        owner[strcspn(owner, "\n")] = '\0';
    store_text_set(text, text_size, "is in use by %s%s",
                   owner[0] != '\0' ? "process " : "another process", owner);
}

/* Take the lock and write this process into it, for the one who is refused. */
static int take_lock(const char *path, int *ret_fd, char *text, size_t text_size)
{
    char lock_path[PATH_MAX + 8];
    struct stat about;

    (void)snprintf(lock_path, sizeof lock_path, "%s-lock", path);

    const int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        store_text_set(text, text_size, "its lock cannot be opened: %s", strerror(errno));
        return -1;
    }
    /* A tool that root runs must not leave a lock that the gate's own user cannot open. */
    if (geteuid() == 0 && stat(path, &about) == 0)
        (void)fchown(fd, about.st_uid, about.st_gid); /* else the gate will say so */
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            tell_owner(fd, text, text_size);
        else
            store_text_set(text, text_size, "cannot be locked: %s", strerror(errno));
        (void)close(fd);
        return -1;
    }
    if (ftruncate(fd, 0) == 0)
        (void)dprintf(fd, "%ld\n", (long)getpid()); /* only a hint */
    *ret_fd = fd;
    return 0;
}

/* Make the file if it is missing, and its entry in the folder durable. */
static int make_file(const char *path, char *text, size_t text_size)
{
    char folder[PATH_MAX];
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        if (errno == EEXIST)
            return 0;
        store_text_set(text, text_size, "%s", strerror(errno));
        return -1;
    }
    (void)close(fd);

    put_folder(folder, sizeof folder, path);

    const int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int r = folder_fd >= 0 ? fsync(folder_fd) : -1;

    if (r < 0)
        store_text_set(text, text_size, "its folder cannot be synced: %s", strerror(errno));
    if (folder_fd >= 0)
        (void)close(folder_fd);
    return r;
}

int sqlite_file_own(const char *path, sqlite_file *ret_file, char *reterr_text, size_t text_size)
{
    sqlite_file file = SQLITE_FILE_NONE;

    if (put_real_path(file.path, sizeof file.path, path) < 0) {
        store_text_set(reterr_text, text_size, "%s", strerror(errno));
        return -1;
    }
    /* The lock first: closing a descriptor of the file would drop the locks of an owner in
       this very process, so nothing opens it before. */
    if (take_lock(file.path, &file.lock_fd, reterr_text, text_size) < 0)
        return -1;
    if (make_file(file.path, reterr_text, text_size) < 0) {
        sqlite_file_disown(&file);
        return -1;
    }
    *ret_file = file;
    return 0;
}

void sqlite_file_disown(sqlite_file *self)
{
    if (self->lock_fd >= 0)
        (void)close(self->lock_fd);
    *self = SQLITE_FILE_NONE;
}

/* ---- connections --------------------------------------------------------------------------- */

static int execute(sqlite3 *db, const char *sql, char *text, size_t text_size)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    sqlite_text_set(text, text_size, db, "cannot set up the log");
    return -1;
}

int sqlite_file_connect(const sqlite_file *self, store_durability durability, sqlite3 **ret_db,
                        char *reterr_text, size_t text_size)
{
    static const char *const synchronous[] = {
        [STORE_DURABLE_MEMORY] = "PRAGMA synchronous = OFF",
        [STORE_DURABLE_NORMAL] = "PRAGMA synchronous = NORMAL",
        [STORE_DURABLE_FULL] = "PRAGMA synchronous = FULL",
    };
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(self->path, &db, flags, NULL) != SQLITE_OK) {
        if (db != NULL)
            sqlite_text_set(reterr_text, text_size, db, "cannot be opened");
        else
            store_text_set(reterr_text, text_size, "out of memory");
        goto fail;
    }
    (void)sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    (void)sqlite3_wal_autocheckpoint(db, 0);
    if (execute(db, synchronous[durability], reterr_text, text_size) < 0)
        goto fail;
    *ret_db = db;
    return 0;

fail:
    (void)sqlite3_close(db);
    return -1;
}

static int ask_number(sqlite3 *db, const char *sql, int64_t *ret_number, char *text,
                      size_t text_size)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite_statement_new(db, sql, &statement, text, text_size);

    if (r == 0 && sqlite3_step(statement) == SQLITE_ROW) {
        *ret_number = sqlite3_column_int64(statement, 0);
    } else if (r == 0) {
        sqlite_text_set(text, text_size, db, "cannot read the log");
        r = -1;
    }
    (void)sqlite3_finalize(statement);
    return r;
}

static int switch_to_wal(sqlite3 *db, char *text, size_t text_size)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite_statement_new(db, "PRAGMA journal_mode = WAL", &statement, text, text_size);

    if (r == 0) {
        const bool is_answered = sqlite3_step(statement) == SQLITE_ROW;
        const char *mode = is_answered ? (const char *)sqlite3_column_text(statement, 0) : NULL;

        if (mode == NULL || strcmp(mode, "wal") != 0) {
            if (is_answered)
                store_text_set(text, text_size, "the file system cannot hold a write-ahead log");
            else
                sqlite_text_set(text, text_size, db, "cannot switch to a write-ahead log");
            r = -1;
        }
    }
    (void)sqlite3_finalize(statement);
    return r;
}

/* All in one transaction, so that a file has one version or the other. */
static int migrate(sqlite3 *db, int version, char *text, size_t text_size)
{
    char sql[100];

    if (version == SCHEMA_VERSION)
        return 0;
    (void)snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                   (int)APPLICATION_ID, (int)SCHEMA_VERSION);
    if (execute(db, "BEGIN IMMEDIATE", text, text_size) < 0)
        return -1;
    for (int i = version; i < SCHEMA_VERSION; i++) {
        if (execute(db, migrations[i], text, text_size) < 0)
            goto fail;
    }
    if (execute(db, sql, text, text_size) < 0)
        goto fail;
    return 0;

fail:
    (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int sqlite_file_prepare(sqlite3 *db, char *reterr_text, size_t text_size)
{
    int64_t application, version, table_count;

    if (ask_number(db, "PRAGMA application_id", &application, reterr_text, text_size) < 0 ||
        ask_number(db, "PRAGMA user_version", &version, reterr_text, text_size) < 0 ||
        ask_number(db, "SELECT count(*) FROM sqlite_schema", &table_count, reterr_text, text_size) <
            0)
        return -1;

    if (application != APPLICATION_ID && (application != 0 || version != 0 || table_count != 0)) {
        store_text_set(reterr_text, text_size, "is a database of another program");
        return -1;
    }
    if (version > SCHEMA_VERSION) {
        store_text_set(reterr_text, text_size,
                       "was written by a newer release (schema %" PRId64 ", this one knows %d)",
                       version, (int)SCHEMA_VERSION);
        return -1;
    }
    if (switch_to_wal(db, reterr_text, text_size) < 0)
        return -1;
    /* Overwriting all that retention deletes would double its writes. */
    if (execute(db, "PRAGMA secure_delete = FAST", reterr_text, text_size) < 0)
        return -1;
    return migrate(db, (int)version, reterr_text, text_size);
}

static int check_version(sqlite3 *db, char *text, size_t text_size)
{
    int64_t application, version;

    if (ask_number(db, "PRAGMA application_id", &application, text, text_size) < 0 ||
        ask_number(db, "PRAGMA user_version", &version, text, text_size) < 0)
        return -1;
    if (application != APPLICATION_ID) {
        store_text_set(text, text_size, "is no store of rtmd");
        return -1;
    }
    if (version != SCHEMA_VERSION) {
        store_text_set(text, text_size,
                       version > SCHEMA_VERSION
                           ? "was written by a newer release (schema %" PRId64
                             ", this one knows %d)"
                           : "was written by an earlier release (schema %" PRId64
                             ", this one %d); rtmd brings it up to date when it starts",
                       version, (int)SCHEMA_VERSION);
        return -1;
    }
    return 0;
}

int sqlite_file_look(const char *path, sqlite3 **ret_db, char *reterr_text, size_t text_size)
{
    /* To write is needed where nobody else has the file open: for the memory that readers and
       writers share. */
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    sqlite3 *db = NULL;

    if (access(path, R_OK) < 0) {
        store_text_set(reterr_text, text_size, "%s", strerror(errno));
        return -1;
    }
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        if (db != NULL)
            sqlite_text_set(reterr_text, text_size, db, "cannot be opened");
        else
            store_text_set(reterr_text, text_size, "out of memory");
        goto fail;
    }
    (void)sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    (void)sqlite3_wal_autocheckpoint(db, 0);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (execute(db, "PRAGMA query_only = 1", reterr_text, text_size) < 0 ||
        check_version(db, reterr_text, text_size) < 0)
        goto fail;
    *ret_db = db;
    return 0;

fail:
    (void)sqlite3_close(db);
    return -1;
}
