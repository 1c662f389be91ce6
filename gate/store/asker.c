/*
 * The thread that answers questions. It may wait for the writer, which takes its changes between
 * two commits; the writer never waits for it.
 */
#include "gate/store/asker.h"

#include "gate/store/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum {
    MADE_WORK_MUTEX = 1,
    MADE_MUTEX,
    MADE_COND,
    MADE_THREAD,

    LAG_MAX = 65536, /* records that gather before the index is brought up to date */
    IDLE_S = 1       /* or so long without any more */
};

static void lock(asker *self)
{
    (void)pthread_mutex_lock(&self->mutex);
}

static void unlock(asker *self)
{
    (void)pthread_mutex_unlock(&self->mutex);
}

/* A long way to catch up ends early when the store closes: it is gone on with at the next start. */
bool asker_is_ending(asker *self)
{
    lock(self);

    const bool is_ending = self->is_closing && self->is_in_background;

    unlock(self);
    return is_ending;
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* Wait for a question, for the end or for a reason to catch up. Locked. */
static void await_work(asker *self)
{
    while (self->first_ask == NULL && !self->is_closing && self->lag < LAG_MAX) {
        const int64_t seen = self->lag;
        struct timespec until;

        if (seen == 0) {
            (void)pthread_cond_wait(&self->cond, &self->mutex);
            continue;
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += IDLE_S;
        if (pthread_cond_timedwait(&self->cond, &self->mutex, &until) == ETIMEDOUT &&
            self->lag == seen)
            break;
    }
}

/* Locked; unlocks meanwhile. An error comes again when somebody asks, and is told then. */
static void catch_up_all(asker *self)
{
    char text[160];

    self->lag = 0;
    self->is_in_background = true;
    for (size_t i = 0; i < self->pid_count && !self->is_closing; i++) {
        const int32_t pid = self->pids[i];

        unlock(self);
        (void)pthread_mutex_lock(&self->work_mutex);
        (void)self->work.catch_up(self->work.userdata, pid, text, sizeof text);
        (void)pthread_mutex_unlock(&self->work_mutex);
        lock(self);
    }
    self->is_in_background = false;
}

static bool has_project(asker *self, int32_t pid)
{
    bool is_there = false;

    lock(self);
    for (size_t i = 0; i < self->pid_count; i++)
        is_there = is_there || self->pids[i] == pid;
    unlock(self);
    return is_there;
}

static void answer(asker *self, store_ask *ask)
{
    ask->answer = (store_answer){.result = -1};
    if (has_project(self, ask->pid)) {
        (void)pthread_mutex_lock(&self->work_mutex);
        self->work.answer(self->work.userdata, ask);
        (void)pthread_mutex_unlock(&self->work_mutex);
    } else {
        store_text_set(ask->answer.text, sizeof ask->answer.text, "project %" PRId32 " is not open",
                       ask->pid);
    }
    ask->done(ask, ask->userdata);
}

static void *run_loop(void *userdata)
{
    asker *self = userdata;

    lock(self);
    for (;;) {
        await_work(self);

        store_ask *ask = self->first_ask;

        /* Questions about one project keep none of the others behind. */
        if (self->lag >= LAG_MAX && !self->is_closing) {
            catch_up_all(self);
        } else if (ask != NULL) {
            self->first_ask = ask->next;
            unlock(self);
            answer(self, ask);
            lock(self);
        } else if (self->is_closing) {
            break;
        } else {
            catch_up_all(self);
        }
    }
    unlock(self);
    return NULL;
}

/* ---- operations ---------------------------------------------------------------------------- */

static int make_cond(asker *self)
{
    pthread_condattr_t attributes;
    int r;

    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (r == 0)
        r = pthread_cond_init(&self->cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return r == 0 ? 0 : -1;
}

int asker_init(asker *self, const asker_work *work)
{
    *self = (asker){.work = *work};
    if (pthread_mutex_init(&self->work_mutex, NULL) != 0)
        return -1;
    self->made = MADE_WORK_MUTEX;
    if (pthread_mutex_init(&self->mutex, NULL) != 0)
        return -1;
    self->made = MADE_MUTEX;
    if (make_cond(self) < 0)
        return -1;
    self->made = MADE_COND;
    return 0;
}

int asker_start(asker *self)
{
    if (pthread_create(&self->thread, NULL, run_loop, self) != 0)
        return -1;
    self->made = MADE_THREAD;
    return 0;
}

void asker_stop(asker *self)
{
    if (self->made < MADE_THREAD)
        return;
    lock(self);
    self->is_closing = true;
    (void)pthread_cond_signal(&self->cond);
    unlock(self);
    (void)pthread_join(self->thread, NULL);
    self->made = MADE_COND;
}

void asker_deinit(asker *self)
{
    if (self->made >= MADE_COND)
        (void)pthread_cond_destroy(&self->cond);
    if (self->made >= MADE_MUTEX)
        (void)pthread_mutex_destroy(&self->mutex);
    if (self->made >= MADE_WORK_MUTEX)
        (void)pthread_mutex_destroy(&self->work_mutex);
    free(self->pids);
    *self = (asker){0};
}

/* Room is made first, so that a project which is open is always here. */
int asker_add_project(asker *self, int32_t pid)
{
    int r = 0;

    if (has_project(self, pid))
        return 0;
    lock(self);
    if (self->pid_count == self->pid_cap) {
        const size_t cap = self->pid_cap == 0 ? 8 : self->pid_cap * 2;
        int32_t *pids = realloc(self->pids, cap * sizeof *pids);

        if (pids != NULL) {
            self->pids = pids;
            self->pid_cap = cap;
        } else {
            r = -1;
        }
    }
    if (r == 0) {
        self->pids[self->pid_count++] = pid;
        self->lag = LAG_MAX;
        (void)pthread_cond_signal(&self->cond);
    }
    unlock(self);
    return r;
}

void asker_ask(asker *self, store_ask *ask)
{
    ask->next = NULL;
    lock(self);
    if (self->first_ask != NULL)
        self->last_ask->next = ask;
    else
        self->first_ask = ask;
    self->last_ask = ask;
    (void)pthread_cond_signal(&self->cond);
    unlock(self);
}

void asker_note_commit(asker *self, size_t record_count)
{
    lock(self);

    const bool was_idle = self->lag == 0;

    self->lag += (int64_t)record_count;
    /* The first begins the wait for a pause; each would cost a wake-up. */
    if (self->lag > 0 && (was_idle || self->lag >= LAG_MAX))
        (void)pthread_cond_signal(&self->cond);
    unlock(self);
}

int asker_catch_up(asker *self, int32_t pid, char *reterr_text, size_t text_size)
{
    int r;

    (void)pthread_mutex_lock(&self->work_mutex);
    r = self->work.catch_up(self->work.userdata, pid, reterr_text, text_size);
    (void)pthread_mutex_unlock(&self->work_mutex);
    return r;
}
