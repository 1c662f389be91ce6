/*
 * A log in PostgreSQL. As with SQLite, a thread of its own takes all that waits and commits it
 * at once, so the busier the gate, the more records a commit holds; a commit is one round trip.
 * Reading goes over other connections and waits for nothing.
 *
 * No process owns the database: a gate that opens a project takes it from the one that had it,
 * and that one's next batch fails (postgres_schema.c says how).
 */
#include "gate/store/asker.h"
#include "gate/store/parts.h"
#include "gate/store/postgres_index.h"
#include "gate/store/postgres_reader.h"
#include "gate/store/postgres_writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* How long a store that is closed goes on trying to learn what became of its last batches. */
#define CLOSING_MS INT64_C(10000)

/* A project that someone waits to have opened. Lives on the caller's stack. */
typedef struct opening {
    struct opening *next;
    int32_t pid;
    uint64_t epoch;
    int64_t now_ms;
    store_state *ret_state;
    char *reterr_text;
    size_t text_size;
    int result;
    bool is_done;
} opening;

typedef struct postgres_store {
    store base;
    pg_target target;
    pg_writer writer; /* its thread's, once that runs */
    pg_reader reader;
    asker asker;
    pg_index index; /* the asker's, once that runs */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t write_cond;
    pthread_cond_t open_cond;
    store_batch *first_batch;
    store_batch *last_batch;
    opening *first_opening;
    opening *last_opening;
    pid_table epochs; /* the open epoch of each project, a uint64_t on the heap */
    bool is_writing;
    bool is_closing;
    int64_t closing_until_ms;

    int made; /* how far the opening came */
    pthread_t write_thread;
} postgres_store;

enum { MADE_MUTEX = 1, MADE_WRITE_COND, MADE_OPEN_COND, MADE_WRITE_THREAD };

static void lock(postgres_store *self)
{
    (void)pthread_mutex_lock(&self->mutex);
}

static void unlock(postgres_store *self)
{
    (void)pthread_mutex_unlock(&self->mutex);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the writer's thread ------------------------------------------------------------------- */

/* Locked. */
static bool is_out_of_time(const postgres_store *self)
{
    return self->is_closing && monotonic_ms() >= self->closing_until_ms;
}

static bool give_up(void *userdata)
{
    postgres_store *self = userdata;

    lock(self);

    const bool is_over = is_out_of_time(self);

    unlock(self);
    return is_over;
}

/* As pg_pause_fn: close() ends it early, so that what can still be done is tried at once. */
static bool pause_writer(void *userdata, int64_t pause_ms)
{
    postgres_store *self = userdata;
    struct timespec until;
    int r = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(pause_ms / 1000);
    until.tv_nsec += (long)(pause_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    lock(self);

    const bool was_closing = self->is_closing;

    while (r != ETIMEDOUT && self->is_closing == was_closing)
        r = pthread_cond_timedwait(&self->write_cond, &self->mutex, &until);

    const bool is_over = is_out_of_time(self);

    unlock(self);
    return !is_over;
}

static opening *take_opening(postgres_store *self)
{
    opening *taken = self->first_opening;

    if (taken != NULL) {
        self->first_opening = taken->next;
        if (self->first_opening == NULL)
            self->last_opening = NULL;
    }
    return taken;
}

/* Note the open epoch, which retention needs. Locked. */
static int note_epoch(postgres_store *self, int32_t pid, uint64_t epoch)
{
    uint64_t *noted = pid_table_get(&self->epochs, pid);

    if (noted == NULL) {
        noted = malloc(sizeof *noted);
        if (noted == NULL)
            return -1;
        if (pid_table_add(&self->epochs, pid, noted) < 0) {
            free(noted);
            return -1;
        }
    }
    *noted = epoch;
    return 0;
}

static void end_opening(postgres_store *self, opening *ended)
{
    if (ended->result == 0 && note_epoch(self, ended->pid, ended->epoch) < 0) {
        store_text_set(ended->reterr_text, ended->text_size, "out of memory");
        ended->result = -1;
    }
    ended->is_done = true;
    (void)pthread_cond_broadcast(&self->open_cond);
}

static void commit_batches(postgres_store *self, store_batch *batches)
{
    size_t record_count = 0;

    for (const store_batch *batch = batches; batch != NULL; batch = batch->next)
        record_count += batch->record_count;
    pg_writer_commit(&self->writer, batches);
    asker_note_commit(&self->asker, record_count);
}

static void *write_loop(void *userdata)
{
    postgres_store *self = userdata;

    lock(self);
    for (;;) {
        while (self->first_batch == NULL && self->first_opening == NULL && !self->is_closing)
            (void)pthread_cond_wait(&self->write_cond, &self->mutex);
        if (self->first_batch == NULL && self->first_opening == NULL)
            break; /* closing, and all is written */

        store_batch *batches = self->first_batch;
        opening *taken = take_opening(self);

        self->first_batch = self->last_batch = NULL;
        self->is_writing = true;
        unlock(self);

        if (batches != NULL)
            commit_batches(self, batches);
        if (taken != NULL)
            taken->result =
                pg_writer_open_project(&self->writer, taken->pid, taken->epoch, taken->now_ms,
                                       taken->ret_state, taken->reterr_text, taken->text_size);

        lock(self);
        self->is_writing = false;
        if (taken != NULL)
            end_opening(self, taken);
    }
    unlock(self);
    return NULL;
}

/* ---- operations ---------------------------------------------------------------------------- */

static void stop_threads(postgres_store *self)
{
    asker_stop(&self->asker);
    if (self->made < MADE_WRITE_THREAD)
        return;
    lock(self);
    self->is_closing = true;
    self->closing_until_ms = monotonic_ms() + CLOSING_MS;
    (void)pthread_cond_broadcast(&self->write_cond);
    unlock(self);
    (void)pthread_join(self->write_thread, NULL);
}

static void postgres_store_close(store *base)
{
    postgres_store *self = (postgres_store *)base;

    stop_threads(self);
    if (self->made >= MADE_OPEN_COND)
        (void)pthread_cond_destroy(&self->open_cond);
    if (self->made >= MADE_WRITE_COND)
        (void)pthread_cond_destroy(&self->write_cond);
    if (self->made >= MADE_MUTEX)
        (void)pthread_mutex_destroy(&self->mutex);
    asker_deinit(&self->asker);
    pg_index_deinit(&self->index);
    pg_reader_deinit(&self->reader);
    pg_writer_deinit(&self->writer);
    pid_table_deinit(&self->epochs, free);
    pg_target_deinit(&self->target);
    free(self);
}

static int postgres_store_open_project(store *base, int32_t pid, uint64_t epoch, int64_t now_ms,
                                       store_state *ret_state, char *reterr_text, size_t text_size)
{
    postgres_store *self = (postgres_store *)base;
    opening queued = {
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
    lock(self);
    if (self->last_opening != NULL)
        self->last_opening->next = &queued;
    else
        self->first_opening = &queued;
    self->last_opening = &queued;
    (void)pthread_cond_signal(&self->write_cond);
    while (!queued.is_done)
        (void)pthread_cond_wait(&self->open_cond, &self->mutex);
    unlock(self);
    return queued.result;
}

static void postgres_store_append(store *base, store_batch *batch)
{
    postgres_store *self = (postgres_store *)base;

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

static int postgres_store_read(store *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                               store_visit_fn *visit, void *userdata, char *reterr_text,
                               size_t text_size)
{
    return pg_reader_read(&((postgres_store *)base)->reader, pid, from_offset, until_offset, visit,
                          userdata, reterr_text, text_size);
}

static int postgres_store_read_entries(store *base, int32_t pid, store_entry_fn *visit,
                                       void *userdata, char *reterr_text, size_t text_size)
{
    return pg_reader_entries(&((postgres_store *)base)->reader, pid, visit, userdata, reterr_text,
                             text_size);
}

static void postgres_store_ask(store *base, store_ask *ask)
{
    asker_ask(&((postgres_store *)base)->asker, ask);
}

static int postgres_store_seek_time(store *base, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                                    char *reterr_text, size_t text_size)
{
    return pg_reader_seek_time(&((postgres_store *)base)->reader, pid, mtime_ms, ret_offset,
                               reterr_text, text_size);
}

static int postgres_store_trim(store *base, int32_t pid, const store_retention *keep,
                               int64_t now_ms, int64_t *ret_tail, char *reterr_text,
                               size_t text_size)
{
    postgres_store *self = (postgres_store *)base;

    lock(self);

    const uint64_t *noted = pid_table_get(&self->epochs, pid);
    const uint64_t epoch = noted != NULL ? *noted : 0;

    unlock(self);
    /* The index first, so that ids go on from what was there. Should it fail, then runs go all
       the same: a bound is a bound. */
    (void)asker_catch_up(&self->asker, pid, NULL, 0);
    return pg_reader_trim(&self->reader, pid, epoch, keep, now_ms, ret_tail, reterr_text,
                          text_size);
}

static int postgres_store_read_epochs(store *base, int32_t pid, store_epoch_fn *visit,
                                      void *userdata, char *reterr_text, size_t text_size)
{
    return pg_reader_epochs(&((postgres_store *)base)->reader, pid, visit, userdata, reterr_text,
                            text_size);
}

static const store_ops postgres_ops = {
    .name = "postgres",
    .close = postgres_store_close,
    .open_project = postgres_store_open_project,
    .append = postgres_store_append,
    .read = postgres_store_read,
    .read_entries = postgres_store_read_entries,
    .ask = postgres_store_ask,
    .seek_time = postgres_store_seek_time,
    .trim = postgres_store_trim,
    .read_epochs = postgres_store_read_epochs,
};

/* ---- opening ------------------------------------------------------------------------------- */

static int catch_up_index(void *userdata, int32_t pid, char *reterr_text, size_t text_size)
{
    postgres_store *self = userdata;

    return pg_index_catch_up(&self->index, pid, reterr_text, text_size);
}

static void answer_ask(void *userdata, store_ask *ask)
{
    postgres_store *self = userdata;

    pg_index_answer(&self->index, ask);
}

/* Conditions that wait by the clock that nobody sets. */
static int make_locks(postgres_store *self)
{
    pthread_cond_t *const conds[] = {&self->write_cond, &self->open_cond};
    pthread_condattr_t about;
    int r = pthread_mutex_init(&self->mutex, NULL);

    if (r != 0)
        return -1;
    self->made = MADE_MUTEX;
    if (pthread_condattr_init(&about) != 0)
        return -1;
    r = pthread_condattr_setclock(&about, CLOCK_MONOTONIC);
    for (size_t i = 0; r == 0 && i < sizeof conds / sizeof conds[0]; i++) {
        r = pthread_cond_init(conds[i], &about);
        if (r == 0)
            self->made++;
    }
    (void)pthread_condattr_destroy(&about);
    return r == 0 ? 0 : -1;
}

/* The threads take no signals: those are the program's own business. */
static int start_threads(postgres_store *self)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);

    int r = pthread_create(&self->write_thread, NULL, write_loop, self);

    if (r == 0) {
        self->made = MADE_WRITE_THREAD;
        r = asker_start(&self->asker);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r == 0 ? 0 : -1;
}

int store_open_postgres(const char *conninfo, const store_options *options, store **ret_store,
                        char *reterr_text, size_t text_size)
{
    char text[256] = "out of memory";
    asker_work work = {catch_up_index, answer_ask, NULL};
    postgres_store *self = calloc(1, sizeof *self);

    if (self == NULL) {
        store_text_set(reterr_text, text_size, "%s", text);
        return -1;
    }
    self->base.ops = &postgres_ops;
    if (PQisthreadsafe() == 0) {
        store_text_set(text, sizeof text, "PostgreSQL's library is built without threads");
        goto fail;
    }
    work.userdata = self;
    if (make_locks(self) < 0 || asker_init(&self->asker, &work) < 0 ||
        pg_target_init(&self->target, conninfo, text, sizeof text) < 0 ||
        pg_reader_init(&self->reader, &self->target) < 0 ||
        pg_index_init(&self->index, &self->target, &self->reader, &self->asker) < 0 ||
        pg_writer_init(&self->writer, &self->target, options->durability, pause_writer, give_up,
                       self, text, sizeof text) < 0)
        goto fail;
    if (start_threads(self) < 0) {
        store_text_set(text, sizeof text, "no thread can be started");
        goto fail;
    }
    *ret_store = &self->base;
    return 0;

fail:
    store_text_set(reterr_text, text_size, "%s: %s",
                   self->target.shown[0] != '\0' ? self->target.shown : "postgres:", text);
    postgres_store_close(&self->base);
    return -1;
}
