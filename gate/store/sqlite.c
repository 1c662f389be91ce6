/*
 * A log in one SQLite file, with four connections. The writer's thread takes all that waits
 * and commits it at once, so the busier the gate, the more records a commit holds. Checkpoints
 * run on a thread of their own, beside the writer; only when the WAL has become far too long
 * is the writer held between two commits, for the little that is not copied yet. Questions have
 * a thread and a connection too.
 */
#include "gate/store/asker.h"
#include "gate/store/parts.h"
#include "gate/store/sqlite_file.h"
#include "gate/store/sqlite_index.h"
#include "gate/store/sqlite_reader.h"
#include "gate/store/sqlite_writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Something the writer's thread does for a caller who waits. Lives on the caller's stack. */
typedef struct job {
    struct job *next;
    int (*run)(struct job *self, sqlite_writer *writer);
    int32_t pid;
    uint64_t epoch;
    int64_t now_ms;
    int64_t first_offset; /* or the tail, or indexed_until */
    const index_change *changes;
    size_t change_count;
    store_state *ret_state;
    char *reterr_text;
    size_t text_size;
    int result;
    bool is_done;
} job;

typedef struct sqlite_store {
    store base;
    sqlite_file file;
    sqlite3 *write_db;
    sqlite3 *read_db;
    sqlite3 *checkpoint_db;
    sqlite3 *index_db;
    recent_log recent;
    sqlite_writer writer; /* its thread's, once that runs */
    sqlite_reader reader;
    asker asker;
    sqlite_index index; /* the asker's, once that runs */
    store_durability durability;
    int64_t page_bytes;
    int64_t commit_wal_bytes; /* the WAL after the last commit; the writer's */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t write_cond;
    pthread_cond_t checkpoint_cond;
    pthread_cond_t job_cond;
    store_batch *first_batch;
    store_batch *last_batch;
    job *first_job;
    job *last_job;
    bool is_writing;
    bool is_held; /* the writer must not begin */
    bool is_closing;
    int64_t wal_bytes;
    int64_t checkpoint_bytes;
    int64_t next_checkpoint_bytes; /* the WAL's length that wakes the checkpoint thread */

    int made; /* how far the opening came */
    pthread_t write_thread;
    pthread_t checkpoint_thread;
} sqlite_store;

enum {
    MADE_MUTEX = 1,
    MADE_WRITE_COND,
    MADE_CHECKPOINT_COND,
    MADE_JOB_COND,
    MADE_WRITE_THREAD,
    MADE_CHECKPOINT_THREAD
};

enum {
    DEFAULT_CHECKPOINT_BYTES = 16 << 20,
    FAR_OVER = 4,  /* times checkpoint_bytes: then the writer is held */
    ROUNDS_MAX = 6 /* of copying before that */
};

static void lock(sqlite_store *self)
{
    (void)pthread_mutex_lock(&self->mutex);
}

static void unlock(sqlite_store *self)
{
    (void)pthread_mutex_unlock(&self->mutex);
}

/* ---- the writer's thread ------------------------------------------------------------------- */

static int note_wal(void *userdata, sqlite3 *db, const char *name, int page_count)
{
    sqlite_store *self = userdata;

    (void)db;
    (void)name;
    self->commit_wal_bytes = page_count * self->page_bytes;
    return SQLITE_OK;
}

/* Tell the checkpoint thread how long the WAL is. Locked. */
static void publish_wal(sqlite_store *self)
{
    if (self->commit_wal_bytes < self->wal_bytes) /* it began anew */
        self->next_checkpoint_bytes = self->checkpoint_bytes;
    self->wal_bytes = self->commit_wal_bytes;
    if (self->is_held || self->wal_bytes >= self->next_checkpoint_bytes)
        (void)pthread_cond_signal(&self->checkpoint_cond);
}

static job *take_job(sqlite_store *self)
{
    job *taken = self->first_job;

    if (taken != NULL) {
        self->first_job = taken->next;
        if (self->first_job == NULL)
            self->last_job = NULL;
    }
    return taken;
}

static void commit_batches(sqlite_store *self, store_batch *batches)
{
    size_t record_count = 0;

    for (const store_batch *batch = batches; batch != NULL; batch = batch->next)
        record_count += batch->record_count;
    sqlite_writer_commit(&self->writer, batches);
    asker_note_commit(&self->asker, record_count);
}

static void *write_loop(void *userdata)
{
    sqlite_store *self = userdata;

    lock(self);
    for (;;) {
        while (self->is_held ||
               (self->first_batch == NULL && self->first_job == NULL && !self->is_closing))
            (void)pthread_cond_wait(&self->write_cond, &self->mutex);
        if (self->first_batch == NULL && self->first_job == NULL)
            break; /* closing, and all is written */

        store_batch *batches = self->first_batch;
        job *taken = take_job(self);

        self->first_batch = self->last_batch = NULL;
        self->is_writing = true;
        unlock(self);

        if (batches != NULL)
            commit_batches(self, batches);
        if (taken != NULL)
            taken->result = taken->run(taken, &self->writer);

        lock(self);
        self->is_writing = false;
        publish_wal(self);
        if (taken != NULL) {
            taken->is_done = true;
            (void)pthread_cond_broadcast(&self->job_cond);
        }
    }
    unlock(self);
    return NULL;
}

static int run_job(sqlite_store *self, job *queued)
{
    lock(self);
    if (self->last_job != NULL)
        self->last_job->next = queued;
    else
        self->first_job = queued;
    self->last_job = queued;
    (void)pthread_cond_signal(&self->write_cond);
    while (!queued->is_done)
        (void)pthread_cond_wait(&self->job_cond, &self->mutex);
    unlock(self);
    return queued->result;
}

/* ---- checkpoints --------------------------------------------------------------------------- */

/* Copy what was committed so far; how long a WAL that covers, or -1. Beside the writer. */
static int64_t checkpoint(sqlite_store *self)
{
    int copied_pages = 0;

    if (sqlite3_wal_checkpoint_v2(self->checkpoint_db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                  &copied_pages) != SQLITE_OK)
        return -1;
    return copied_pages * self->page_bytes;
}

/* SQLite syncs the file only when it has copied all, and then that is most of the time. */
static void sync_file(sqlite_store *self)
{
    sqlite3_file *file = NULL;

    if (self->durability != STORE_DURABLE_MEMORY &&
        sqlite3_file_control(self->checkpoint_db, "main", SQLITE_FCNTL_FILE_POINTER, &file) ==
            SQLITE_OK &&
        file != NULL && file->pMethods != NULL)
        (void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL); /* done again, and checked then */
}

/* Copy what is left while the writer stands between two commits. Locked; unlocks meanwhile. */
static void checkpoint_held(sqlite_store *self)
{
    self->is_held = true;
    while (self->is_writing)
        (void)pthread_cond_wait(&self->checkpoint_cond, &self->mutex);
    unlock(self);
    (void)checkpoint(self);
    lock(self);
    self->is_held = false;
    (void)pthread_cond_signal(&self->write_cond);
}

/*
 * When a checkpoint has copied all, and no reader stands in the old part, the writer begins the
 * WAL anew by itself. Under steady load something always came meanwhile, hence the hold: it
 * lasts as long as the little that remains after a few rounds, each of which leaves less. An
 * error (a full disk) is no error of an append: the thread tries again when the WAL has grown
 * by as much again.
 */
static void *checkpoint_loop(void *userdata)
{
    sqlite_store *self = userdata;

    lock(self);
    while (!self->is_closing) {
        if (self->wal_bytes < self->next_checkpoint_bytes) {
            (void)pthread_cond_wait(&self->checkpoint_cond, &self->mutex);
            continue;
        }

        const bool is_far_over = self->wal_bytes >= FAR_OVER * self->checkpoint_bytes;
        const int64_t little = self->checkpoint_bytes / 16;
        int64_t copied_bytes = 0;

        for (int round = 0; round < (is_far_over ? ROUNDS_MAX : 1); round++) {
            unlock(self);
            copied_bytes = checkpoint(self);
            if (is_far_over && copied_bytes >= 0)
                sync_file(self);
            lock(self);
            if (copied_bytes < 0 || self->wal_bytes - copied_bytes <= little)
                break;
        }
        if (is_far_over && copied_bytes >= 0)
            checkpoint_held(self);
        self->next_checkpoint_bytes = self->wal_bytes + self->checkpoint_bytes;
    }
    unlock(self);
    return NULL;
}

/* ---- operations ---------------------------------------------------------------------------- */

static void stop_threads(sqlite_store *self)
{
    asker_stop(&self->asker); /* it needs the writer */
    if (self->made < MADE_WRITE_THREAD)
        return;
    lock(self);
    self->is_closing = true;
    (void)pthread_cond_broadcast(&self->write_cond);
    (void)pthread_cond_broadcast(&self->checkpoint_cond);
    unlock(self);
    if (self->made >= MADE_CHECKPOINT_THREAD)
        (void)pthread_join(self->checkpoint_thread, NULL);
    (void)pthread_join(self->write_thread, NULL);
}

static void sqlite_store_close(store *base)
{
    sqlite_store *self = (sqlite_store *)base;

    stop_threads(self);
    if (self->made >= MADE_JOB_COND)
        (void)pthread_cond_destroy(&self->job_cond);
    if (self->made >= MADE_CHECKPOINT_COND)
        (void)pthread_cond_destroy(&self->checkpoint_cond);
    if (self->made >= MADE_WRITE_COND)
        (void)pthread_cond_destroy(&self->write_cond);
    if (self->made >= MADE_MUTEX)
        (void)pthread_mutex_destroy(&self->mutex);
    asker_deinit(&self->asker);
    sqlite_index_deinit(&self->index);
    sqlite_reader_deinit(&self->reader);
    sqlite_writer_deinit(&self->writer);
    recent_deinit(&self->recent);
    (void)sqlite3_close(self->index_db);
    (void)sqlite3_close(self->checkpoint_db);
    (void)sqlite3_close(self->read_db);
    (void)sqlite3_close(self->write_db); /* the last one empties the WAL */
    sqlite_file_disown(&self->file);
    free(self);
}

static int run_open_project(job *self, sqlite_writer *writer)
{
    return sqlite_writer_open_project(writer, self->pid, self->epoch, self->now_ms, self->ret_state,
                                      self->reterr_text, self->text_size);
}

static int sqlite_store_open_project(store *base, int32_t pid, uint64_t epoch, int64_t now_ms,
                                     store_state *ret_state, char *reterr_text, size_t text_size)
{
    sqlite_store *self = (sqlite_store *)base;
    job opening = {
        .run = run_open_project,
        .pid = pid,
        .epoch = epoch,
        .now_ms = now_ms,
        .ret_state = ret_state,
        .reterr_text = reterr_text,
        .text_size = text_size,
    };

    if (asker_add_project(&self->asker, pid) < 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    return run_job(self, &opening);
}

static void sqlite_store_append(store *base, store_batch *batch)
{
    sqlite_store *self = (sqlite_store *)base;

    batch->next = NULL;
    lock(self);
    assert(!self->is_closing);
    if (self->last_batch != NULL)
        self->last_batch->next = batch;
    else
        self->first_batch = batch;
    self->last_batch = batch;
    if (!self->is_writing)
        (void)pthread_cond_signal(&self->write_cond);
    unlock(self);
}

static int sqlite_store_read(store *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                             store_visit_fn *visit, void *userdata, char *reterr_text,
                             size_t text_size)
{
    return sqlite_reader_read(&((sqlite_store *)base)->reader, pid, from_offset, until_offset,
                              visit, userdata, reterr_text, text_size);
}

static int sqlite_store_read_entries(store *base, int32_t pid, store_entry_fn *visit,
                                     void *userdata, char *reterr_text, size_t text_size)
{
    return sqlite_reader_entries(&((sqlite_store *)base)->reader, pid, visit, userdata, reterr_text,
                                 text_size);
}

static void sqlite_store_ask(store *base, store_ask *ask)
{
    asker_ask(&((sqlite_store *)base)->asker, ask);
}

static int run_apply(job *self, sqlite_writer *writer)
{
    return sqlite_writer_apply_index(writer, self->pid, self->changes, self->change_count,
                                     self->first_offset, self->reterr_text, self->text_size);
}

/* The index's changes, between two commits of the writer. */
static int apply_index(void *userdata, int32_t pid, const index_change *changes, size_t count,
                       int64_t indexed_until, char *reterr_text, size_t text_size)
{
    sqlite_store *self = userdata;
    job applying = {
        .run = run_apply,
        .pid = pid,
        .first_offset = indexed_until,
        .changes = changes,
        .change_count = count,
        .reterr_text = reterr_text,
        .text_size = text_size,
    };

    if (asker_is_ending(&self->asker)) {
        store_text_set(reterr_text, text_size, "the store is being closed");
        return -1;
    }
    return run_job(self, &applying);
}

static int catch_up_index(void *userdata, int32_t pid, char *reterr_text, size_t text_size)
{
    sqlite_store *self = userdata;
    index_position position;

    return sqlite_index_catch_up(&self->index, pid, &position, reterr_text, text_size);
}

static void answer_ask(void *userdata, store_ask *ask)
{
    sqlite_store *self = userdata;

    sqlite_index_answer(&self->index, ask);
}

static int sqlite_store_seek_time(store *base, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                                  char *reterr_text, size_t text_size)
{
    return sqlite_reader_seek_time(&((sqlite_store *)base)->reader, pid, mtime_ms, ret_offset,
                                   reterr_text, text_size);
}

static int run_delete(job *self, sqlite_writer *writer)
{
    return sqlite_writer_delete_before(writer, self->pid, self->first_offset, self->reterr_text,
                                       self->text_size);
}

static int run_expire(job *self, sqlite_writer *writer)
{
    return sqlite_writer_expire_blocks(writer, self->pid, self->first_offset, self->reterr_text,
                                       self->text_size);
}

static int expire_blocks(sqlite_store *self, int32_t pid, int64_t tail, char *text,
                         size_t text_size)
{
    int r;

    do {
        job expiring = {
            .run = run_expire,
            .pid = pid,
            .first_offset = tail,
            .reterr_text = text,
            .text_size = text_size,
        };

        r = run_job(self, &expiring);
    } while (r > 0);
    return r;
}

/*
 * Runs go in small transactions between those of the appends. The index comes first, so that
 * ids go on from what was there, and its blocks last. In a file that is full the index may fail;
 * runs go all the same, since that makes room.
 */
static int sqlite_store_trim(store *base, int32_t pid, const store_retention *keep, int64_t now_ms,
                             int64_t *ret_tail, char *reterr_text, size_t text_size)
{
    sqlite_store *self = (sqlite_store *)base;
    sqlite_position position;
    int64_t point, step_offset;
    int r;

    (void)asker_catch_up(&self->asker, pid, NULL, 0);
    r = sqlite_reader_trim_point(&self->reader, pid, keep, now_ms, &point, reterr_text, text_size);
    if (r < 0)
        return -1;
    while ((r = sqlite_reader_trim_step(&self->reader, pid, point, &step_offset, reterr_text,
                                        text_size)) > 0) {
        job deleting = {
            .run = run_delete,
            .pid = pid,
            .first_offset = step_offset,
            .reterr_text = reterr_text,
            .text_size = text_size,
        };

        if (run_job(self, &deleting) < 0)
            return -1;
    }
    if (r < 0 ||
        sqlite_reader_position(&self->reader, pid, &position, reterr_text, text_size) < 0 ||
        expire_blocks(self, pid, position.tail, reterr_text, text_size) < 0)
        return -1;
    *ret_tail = position.tail;
    return 0;
}

static int sqlite_store_read_epochs(store *base, int32_t pid, store_epoch_fn *visit, void *userdata,
                                    char *reterr_text, size_t text_size)
{
    return sqlite_reader_epochs(&((sqlite_store *)base)->reader, pid, visit, userdata, reterr_text,
                                text_size);
}

static const store_ops sqlite_ops = {
    .name = "sqlite",
    .close = sqlite_store_close,
    .open_project = sqlite_store_open_project,
    .append = sqlite_store_append,
    .read = sqlite_store_read,
    .read_entries = sqlite_store_read_entries,
    .ask = sqlite_store_ask,
    .seek_time = sqlite_store_seek_time,
    .trim = sqlite_store_trim,
    .read_epochs = sqlite_store_read_epochs,
};

/* ---- opening ------------------------------------------------------------------------------- */

static int make_locks(sqlite_store *self)
{
    const asker_work work = {catch_up_index, answer_ask, self};
    pthread_cond_t *const conds[] = {&self->write_cond, &self->checkpoint_cond, &self->job_cond};

    if (pthread_mutex_init(&self->mutex, NULL) != 0)
        return -1;
    self->made = MADE_MUTEX;
    for (size_t i = 0; i < sizeof conds / sizeof conds[0]; i++) {
        if (pthread_cond_init(conds[i], NULL) != 0)
            return -1;
        self->made++;
    }
    return asker_init(&self->asker, &work);
}

/* The threads take no signals: those are the program's own business. */
static int start_threads(sqlite_store *self)
{
    sigset_t all, before;
    int r;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&self->write_thread, NULL, write_loop, self);
    if (r == 0) {
        self->made = MADE_WRITE_THREAD;
        r = pthread_create(&self->checkpoint_thread, NULL, checkpoint_loop, self);
        if (r == 0)
            self->made = MADE_CHECKPOINT_THREAD;
    }
    if (r == 0)
        r = asker_start(&self->asker);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : -1;
}

static int set_number(sqlite3 *db, const char *pragma, int64_t number, char *text, size_t text_size)
{
    char sql[80];

    (void)snprintf(sql, sizeof sql, "PRAGMA %s = %lld", pragma, (long long)number);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    sqlite_text_set(text, text_size, db, "cannot set up the log");
    return -1;
}

static int read_page_bytes(sqlite_store *self, char *text, size_t text_size)
{
    sqlite3_stmt *statement = NULL;
    int r = sqlite_statement_new(self->write_db, "PRAGMA page_size", &statement, text, text_size);

    if (r == 0 && sqlite3_step(statement) == SQLITE_ROW)
        self->page_bytes = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    if (r == 0 && self->page_bytes <= 0) {
        sqlite_text_set(text, text_size, self->write_db, "cannot read the log");
        r = -1;
    }
    return r;
}

static int set_bounds(sqlite_store *self, const store_options *options, char *text,
                      size_t text_size)
{
    self->checkpoint_bytes =
        options->checkpoint_bytes > 0 ? options->checkpoint_bytes : DEFAULT_CHECKPOINT_BYTES;
    self->next_checkpoint_bytes = self->checkpoint_bytes;
    if (read_page_bytes(self, text, text_size) < 0)
        return -1;
    if (options->file_max_bytes > 0 &&
        set_number(self->write_db, "max_page_count", options->file_max_bytes / self->page_bytes,
                   text, text_size) < 0)
        return -1;
    /* A file that grew beyond is cut back when the WAL begins anew; within, it is reused. */
    return set_number(self->write_db, "journal_size_limit", FAR_OVER * self->checkpoint_bytes, text,
                      text_size);
}

static int connect_all(sqlite_store *self, const store_options *options, char *text,
                       size_t text_size)
{
    const store_durability durability = options->durability;
    const sqlite_file *file = &self->file;

    if (sqlite_file_connect(file, durability, &self->write_db, text, text_size) < 0 ||
        sqlite_file_prepare(self->write_db, text, text_size) < 0 ||
        set_bounds(self, options, text, text_size) < 0 ||
        sqlite_writer_init(&self->writer, self->write_db, &self->recent, durability, text,
                           text_size) < 0 ||
        sqlite_file_connect(file, durability, &self->read_db, text, text_size) < 0 ||
        sqlite_reader_init(&self->reader, self->read_db, text, text_size) < 0 ||
        sqlite_file_connect(file, durability, &self->checkpoint_db, text, text_size) < 0 ||
        sqlite_file_connect(file, durability, &self->index_db, text, text_size) < 0 ||
        sqlite_index_init(&self->index, self->index_db, &self->recent, apply_index, self, text,
                          text_size) < 0)
        return -1;
    (void)sqlite3_wal_hook(self->write_db, note_wal, self);
    (void)sqlite3_busy_timeout(self->checkpoint_db, 0); /* it comes again instead */
    return 0;
}

int store_open_sqlite(const char *path, const store_options *options, store **ret_store,
                      char *reterr_text, size_t text_size)
{
    char text[256] = "out of memory";
    sqlite_store *self = calloc(1, sizeof *self);

    if (self == NULL)
        goto fail;
    self->base.ops = &sqlite_ops;
    self->file = SQLITE_FILE_NONE;
    self->durability = options->durability;
    if (sqlite3_threadsafe() == 0) {
        store_text_set(text, sizeof text, "this SQLite is built without threads");
        goto fail;
    }
    if (recent_init(&self->recent) < 0 ||
        sqlite_file_own(path, &self->file, text, sizeof text) < 0 ||
        connect_all(self, options, text, sizeof text) < 0 || make_locks(self) < 0)
        goto fail;
    if (start_threads(self) < 0) {
        store_text_set(text, sizeof text, "no thread can be started");
        goto fail;
    }
    *ret_store = &self->base;
    return 0;

fail:
    store_text_set(reterr_text, text_size, "%s: %s", path, text);
    if (self != NULL)
        sqlite_store_close(&self->base);
    return -1;
}
