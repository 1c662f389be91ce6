/*
 * The life of a core: its client, its workers and its teller begin together, and end in an order in
 * which nobody waits for somebody who is gone. The end runs on a thread of its own, for it may be
 * asked for anywhere: in a handler, by the garbage collector, or at the interpreter's exit.
 */
#include "bindings/python/src/core.h"

#include <signal.h>
#include <unistd.h>

/* One thread runs the connections of the process. Guarded by the interpreter's lock. */
static rtm_loop *loop;
static pid_t loop_pid;

static core *cores; /* each with a reference */

bool core_is_own_thread(const core *self)
{
    return gil_core == self;
}

void core_ref(core *self)
{
    atomic_fetch_add(&self->refs, 1);
}

void core_unref(core *self)
{
    if (atomic_fetch_sub(&self->refs, 1) != 1)
        return;
    notice_free_all(self);
    if (self->gone != NULL)
        PyThread_free_lock(self->gone);
    (void)pthread_cond_destroy(&self->has_notice);
    (void)pthread_mutex_destroy(&self->lock);
    free(self);
}

/* The loop of this process; a child of fork() gets its own. NULL with an exception. */
static rtm_loop *get_loop(void)
{
    const pid_t pid = getpid();

    if (loop != NULL && loop_pid == pid)
        return loop;
    if (loop != NULL) {
        /* Those of the parent are only memory here. */
        cores = NULL;
    }
    loop = NULL;
    const int r = rtm_loop_new(&loop);
    if (r < 0) {
        PyErr_Format(PyExc_RuntimeError, "no thread for connections: %s", rtm_strerror(r));
        return NULL;
    }
    loop_pid = pid;
    return loop;
}

static int start_thread(pthread_t *ret_thread, void *(*run)(void *), void *userdata)
{
    sigset_t all;
    sigset_t before;

    /* Signals are for the threads of the program. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(ret_thread, NULL, run, userdata);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? 0 : RTM_E_SYSTEM;
}

/* What can be undone by core_unref() alone. */
static core *make_empty(bool may_connect)
{
    core *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->pid = getpid();
    self->notices_end = &self->notices;
    atomic_init(&self->refs, 1);
    atomic_init(&self->may_connect, may_connect);
    if (pthread_mutex_init(&self->lock, NULL) != 0)
        goto fail;
    if (pthread_cond_init(&self->has_notice, NULL) != 0) {
        (void)pthread_mutex_destroy(&self->lock);
        goto fail;
    }
    self->gone = PyThread_allocate_lock();
    if (self->gone == NULL) {
        core_unref(self);
        return NULL;
    }
    (void)PyThread_acquire_lock(self->gone, NOWAIT_LOCK);
    return self;

fail:
    free(self);
    return NULL;
}

/* Take a client out of the loop and close it: what is answered goes out, and who waits is told. */
static void close_here(rtm_client *client)
{
    if (client == NULL)
        return;
    (void)rtm_loop_remove(loop, client); /* refused if it was never in it */
    (void)rtm_client_close(client);
    (void)rtm_client_process(client);
    (void)rtm_client_process(client);
}

/* Stop what start() has begun, on the calling thread; the lock of the interpreter is not held. */
static void stop(core *self)
{
    if (self->client != NULL) {
        atomic_store(&self->may_connect, false);
        close_here(self->client);
        close_here(self->helper);
        (void)rtm_workers_free(self->workers);
        rtm_client_free(self->client);
        rtm_client_free(self->helper);
        quest_fail_all(self, RTM_E_CLOSED);
    }
    if (self->has_teller) {
        (void)pthread_mutex_lock(&self->lock);
        self->is_teller_ending = true;
        (void)pthread_cond_signal(&self->has_notice);
        (void)pthread_mutex_unlock(&self->lock);
        (void)pthread_join(self->teller, NULL);
    }
}

static int start(core *self, const rtm_client_options *options, const rtm_workers_options *workers)
{
    rtm_client_options own = *options;
    rtm_workers_options own_workers = *workers;

    own.log = notice_on_log;
    own.log_userdata = self;
    own_workers.enter = gil_enter;
    own_workers.leave = gil_leave;
    own_workers.userdata = self;
    int r = rtm_client_new(&own, &self->client);
    if (r == 0)
        r = rtm_client_set_state_callback(self->client, notice_on_state, self);
    if (r == 0)
        r = rtm_workers_new(self->client, &own_workers, &self->workers);
    own.auto_reconnect = false; /* each call connects it if need be */
    own.restore_listen = false;
    own.dedup_count = 0;
    if (r == 0)
        r = rtm_client_new(&own, &self->helper);
    if (r == 0)
        r = start_thread(&self->teller, teller_run, self);
    self->has_teller = r == 0;
    if (r == 0)
        r = rtm_loop_add(loop, self->client);
    if (r == 0)
        r = rtm_loop_add(loop, self->helper);
    return r;
}

/* Let go of those whose end is over. */
static void forget_ended(void)
{
    core **at = &cores;

    while (*at != NULL) {
        core *self = *at;
        if (!self->is_gone || PyThread_acquire_lock(self->gone, NOWAIT_LOCK) == 0) {
            at = &self->next;
            continue;
        }
        PyThread_release_lock(self->gone);
        *at = self->next;
        core_unref(self);
    }
}

core *core_new(const rtm_client_options *options, const rtm_workers_options *workers,
               bool may_connect)
{
    char why[RTM_ERROR_TEXT_SIZE];
    core *self;
    int r;

    if (get_loop() == NULL)
        return NULL;
    self = make_empty(may_connect);
    if (self == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS r = start(self, options, workers);
    if (r < 0)
        stop(self);
    Py_END_ALLOW_THREADS if (r < 0)
    {
        notice_take_reason(self, r, why, sizeof why);
        PyErr_SetString(r == RTM_E_INVAL ? PyExc_ValueError : PyExc_RuntimeError, why);
        core_unref(self);
        return NULL;
    }
    core_ref(self); /* the first is the Python object's, this the end's, the next the list's */
    core_ref(self);
    forget_ended();
    self->next = cores;
    cores = self;
    return self;
}

static void *run_end(void *userdata)
{
    core *self = userdata;

    stop(self);
    PyThread_release_lock(self->gone);
    core_unref(self);
    return NULL;
}

void core_begin_end(core *self)
{
    pthread_t thread;

    if (self->is_gone)
        return;
    self->is_gone = true;
    if (self->pid != getpid())
        return; /* its threads are the parent's: what it holds stays as it is */
    if (start_thread(&thread, run_end, self) == 0)
        (void)pthread_detach(thread);
    else
        PyThread_release_lock(self->gone); /* a leak is better than a deadlock */
}

bool core_wait_end(core *self, int64_t timeout_us)
{
    PyLockStatus status;

    for (int64_t waited_us = 0;; waited_us += WAIT_SLICE_US) {
        Py_BEGIN_ALLOW_THREADS status = PyThread_acquire_lock_timed(self->gone, WAIT_SLICE_US, 1);
        Py_END_ALLOW_THREADS if (status == PY_LOCK_ACQUIRED) break;
        if (PyErr_CheckSignals() < 0 || (timeout_us >= 0 && waited_us >= timeout_us))
            return false;
    }
    PyThread_release_lock(self->gone);
    return true;
}

int core_end_all(int64_t timeout_us)
{
    int busy_count = 0;
    rtm_loop *old = loop;

    if (loop == NULL || loop_pid != getpid())
        return 0;
    for (core *self = cores; self != NULL; self = self->next)
        core_begin_end(self);
    while (cores != NULL) {
        core *self = cores; /* others may be made meanwhile */
        cores = self->next;
        core_begin_end(self);
        const bool is_over = core_wait_end(self, timeout_us);
        busy_count += !is_over;
        core_unref(self);
        if (!is_over && PyErr_Occurred() != NULL)
            return -1;
    }
    if (busy_count > 0)
        return busy_count;
    loop = NULL;
    Py_BEGIN_ALLOW_THREADS rtm_loop_free(old);
    Py_END_ALLOW_THREADS return 0;
}

/* The callbacks of the client, as the slots have it. */

typedef struct monitor_post {
    rtm_monitor monitor;
} monitor_post;

static void set_monitor(rtm_client *client, int err, void *userdata)
{
    monitor_post *post = userdata;

    if (err == 0)
        (void)rtm_client_set_monitor(client, &post->monitor);
    free(post);
}

int core_apply_slots(core *self)
{
    PyObject *const *slots = self->slots;
    monitor_post *post = calloc(1, sizeof *post);

    if (post == NULL)
        return RTM_E_NOMEM;
    rtm_monitor *m = &post->monitor;
    rtm_message_fn **const fns[KIND_COUNT * FAMILY_COUNT] = {
        &m->push_message,     &m->push_file,          &m->push_chat,         &m->push_audio,
        &m->push_cmd,         &m->push_group_message, &m->push_group_file,   &m->push_group_chat,
        &m->push_group_audio, &m->push_group_cmd,     &m->push_room_message, &m->push_room_file,
        &m->push_room_chat,   &m->push_room_audio,    &m->push_room_cmd,
    };
    m->size = sizeof *m;
    m->userdata = self;
    for (int i = 0; i < KIND_COUNT * FAMILY_COUNT; i++) {
        if (slots[i] != NULL || slots[SLOT_TAP] != NULL)
            *fns[i] = deliver_message;
    }
    if (slots[SLOT_EVENT] != NULL || slots[SLOT_TAP_EVENT] != NULL)
        m->push_event = deliver_event;
    m->ping = slots[SLOT_PING] != NULL ? notice_on_ping : NULL;
    m->gap = slots[SLOT_GAP] != NULL ? notice_on_gap : NULL;
    m->listening = slots[SLOT_LISTENING] != NULL ? notice_on_listening : NULL;
    m->dropped = slots[SLOT_DROPPED] != NULL ? notice_on_dropped : NULL;
    const int r = rtm_client_post(self->client, set_monitor, post);
    if (r < 0)
        free(post);
    return r;
}
