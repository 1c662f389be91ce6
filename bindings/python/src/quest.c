/*
 * Calls. A quest is made with the interpreter's lock, posted to the loop's thread, begun there, and
 * ended there; then whoever waits for it is woken, or the teller tells. Each has a reference for
 * the wait and one for the way. Under way, it stands in the core's list, which is the token of its
 * end: who takes it out ends it, so it ends once, whatever comes first.
 */
#include "bindings/python/src/core.h"

#include <errno.h>
#include <stdlib.h>

quest *quest_new(core *self, quest_begin_fn *begin, quest_result kind, int64_t timeout_ms)
{
    quest *q = calloc(1, sizeof *q);

    if (q == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    core_ref(self);
    q->core = self;
    q->begin = begin;
    q->kind = kind;
    q->timeout_ms = timeout_ms;
    atomic_init(&q->refs, 1);
    return q;
}

/* The last reference. What is Python's has been given back with the interpreter's lock. */
static void destroy(quest *q)
{
    free(q->method);
    rtm_params_free(q->params);
    for (size_t i = 0; i < OWNED_COUNT; i++)
        free(q->owned[i]);
    free(q->answer);
    if (q->done != NULL)
        PyThread_free_lock(q->done);
    core_unref(q->core);
    free(q);
}

static void unref(quest *q)
{
    if (atomic_fetch_sub(&q->refs, 1) == 1)
        destroy(q);
}

void quest_free(quest *q)
{
    Py_CLEAR(q->on_done);
    unref(q);
}

/* Under way. */

static void enter_list(quest *q)
{
    core *self = q->core;

    (void)pthread_mutex_lock(&self->lock);
    q->is_under_way = true;
    q->next = self->quests;
    if (q->next != NULL)
        q->next->prev = q;
    self->quests = q;
    (void)pthread_mutex_unlock(&self->lock);
}

/* With the lock held. */
static void unlink_quest(quest *q)
{
    core *self = q->core;

    q->is_under_way = false;
    if (q->prev != NULL)
        q->prev->next = q->next;
    else
        self->quests = q->next;
    if (q->next != NULL)
        q->next->prev = q->prev;
    q->prev = q->next = NULL;
}

/* Whether it is ours to end. */
static bool leave_list(quest *q)
{
    (void)pthread_mutex_lock(&q->core->lock);
    const bool is_ours = q->is_under_way;
    if (is_ours)
        unlink_quest(q);
    (void)pthread_mutex_unlock(&q->core->lock);
    return is_ours;
}

/* Wake whoever waits, or have the teller tell; gives up the reference of the way. */
static void announce(quest *q)
{
    if (q->done == NULL) {
        notice_push(q->core, &q->notice);
        return;
    }
    PyThread_release_lock(q->done);
    unref(q);
}

static void set_local(quest *q, int error)
{
    q->code = error;
    (void)snprintf(q->text, sizeof q->text, "%s", rtm_strerror(error));
}

static void end_local(quest *q, int error)
{
    if (!leave_list(q))
        return;
    if (error < 0)
        set_local(q, error);
    announce(q);
}

static void set_error(quest *q, const rtm_error *err)
{
    q->code = err->local < 0 && err->local != RTM_E_PEER ? err->local : err->code;
    memcpy(q->text, err->text, sizeof q->text);
}

/* Callbacks of the client, on the loop's thread. */

static void on_done(rtm_client *client, const rtm_error *err, void *userdata)
{
    quest *q = userdata;

    (void)client;
    if (!leave_list(q))
        return;
    rtm_call_free(q->handle);
    q->handle = NULL;
    if (err != NULL)
        set_error(q, err);
    announce(q);
}

static void on_answer(rtm_client *client, const rtm_error *err, rtm_value answer, void *userdata)
{
    quest *q = userdata;

    (void)client;
    if (!leave_list(q))
        return;
    if (err != NULL) {
        set_error(q, err);
    } else {
        q->answer = malloc(answer.len + 1);
        if (q->answer == NULL) {
            set_local(q, RTM_E_NOMEM);
        } else {
            memcpy(q->answer, answer.data, answer.len);
            q->answer_len = answer.len;
        }
    }
    announce(q);
}

static void on_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata)
{
    quest *q = userdata;

    (void)client;
    if (!leave_list(q))
        return;
    if (err != NULL)
        set_error(q, err);
    if (sent != NULL)
        q->sent = *sent;
    announce(q);
}

/* How each kind begins. */

int quest_begin_call(quest *q, rtm_client *client)
{
    return rtm_client_call(client, q->method, q->params, q->timeout_ms, on_answer, q, NULL);
}

int quest_begin_listen(quest *q, rtm_client *client)
{
    switch (q->verb) {
    case VERB_ADD:
        return rtm_client_add_listen(client, &q->listen, q->timeout_ms, on_done, q, &q->handle);
    case VERB_REMOVE:
        return rtm_client_remove_listen(client, &q->listen, q->timeout_ms, on_done, q, &q->handle);
    case VERB_SET:
        return rtm_client_set_listen(client, &q->listen, q->timeout_ms, on_done, q, &q->handle);
    default:
        return rtm_client_set_all_listen(client, &q->listen_all, q->timeout_ms, on_done, q,
                                         &q->handle);
    }
}

int quest_begin_file(quest *q, rtm_client *client)
{
    switch (q->verb) {
    case 0:
        return rtm_client_send_file(client, &q->file, q->timeout_ms, on_sent, q, NULL);
    case 1:
        return rtm_client_send_files(client, &q->file, q->timeout_ms, on_sent, q, NULL);
    case 2:
        return rtm_client_send_group_file(client, &q->file, q->timeout_ms, on_sent, q, NULL);
    case 3:
        return rtm_client_send_room_file(client, &q->file, q->timeout_ms, on_sent, q, NULL);
    default:
        return rtm_client_broadcast_file(client, &q->file, q->timeout_ms, on_sent, q, NULL);
    }
}

/* The counters of calls are those of both connections. */
int quest_begin_stats(quest *q, rtm_client *client)
{
    rtm_stats helper = {.size = sizeof helper};

    q->stats.size = sizeof q->stats;
    int r = rtm_client_get_stats(client, &q->stats);
    if (r == 0)
        r = rtm_client_get_stats(q->core->helper, &helper);
    q->stats.bytes_received += helper.bytes_received;
    q->stats.bytes_sent += helper.bytes_sent;
    q->stats.answers_matched += helper.answers_matched;
    q->stats.answers_late += helper.answers_late;
    q->stats.answers_unknown += helper.answers_unknown;
    q->stats.quests_sent += helper.quests_sent;
    q->stats.quests_timed_out += helper.quests_timed_out;
    end_local(q, r);
    return 0;
}

/* Ends when the connection is ready, or the attempt has failed. */
int quest_begin_connect(quest *q, rtm_client *client)
{
    (void)q;
    int r = rtm_client_close(client);
    if (r == 0)
        r = rtm_client_connect(client);
    return r == RTM_E_BUSY ? 0 : r;
}

int quest_begin_close(quest *q, rtm_client *client)
{
    (void)rtm_client_close(q->core->helper);
    end_local(q, rtm_client_close(client));
    return 0;
}

static int connect_for_call(const quest *q, rtm_client *client)
{
    switch (rtm_client_get_state(client)) {
    case RTM_STATE_IDLE:
    case RTM_STATE_CLOSED:
    case RTM_STATE_BACKING_OFF: {
        /* The second connection is there while the first is. */
        if (!atomic_load(&q->core->may_connect) &&
            (client == q->core->client || !q->core->is_ready))
            return RTM_E_NOT_CONNECTED;
        const int r = rtm_client_connect(client);
        return r == RTM_E_BUSY ? 0 : r;
    }
    default:
        return 0;
    }
}

static void begin_posted(rtm_client *client, int err, void *userdata)
{
    quest *q = userdata;
    int r = err;

    /* Somebody else closes at this moment: after that, in the next turn. */
    if (r == 0 && q->needs_connection && rtm_client_get_state(client) == RTM_STATE_CLOSING) {
        r = rtm_client_post(client, begin_posted, q);
        if (r == 0)
            return;
    }
    q->is_begun = true;
    if (r == 0 && q->needs_connection)
        r = connect_for_call(q, client);
    if (r == 0)
        r = q->begin(q, client);
    if (r < 0)
        end_local(q, r);
}

void quest_connection_changed(core *self, int reason)
{
    quest *ended = NULL;
    quest *next;

    /* Listen calls would wait for the next connection; who called is told of this one. */
    (void)pthread_mutex_lock(&self->lock);
    for (quest *q = self->quests; q != NULL; q = next) {
        next = q->next;
        if (!q->is_begun)
            continue; /* its turn comes, and it may fare better */
        if (q->begin != quest_begin_connect && !(q->begin == quest_begin_listen && reason < 0))
            continue;
        unlink_quest(q);
        q->next = ended;
        ended = q;
    }
    (void)pthread_mutex_unlock(&self->lock);
    for (; ended != NULL; ended = next) {
        next = ended->next;
        ended->next = NULL;
        rtm_call_free(ended->handle);
        ended->handle = NULL;
        if (reason < 0)
            set_local(ended, reason);
        announce(ended);
    }
}

void quest_fail_all(core *self, int reason)
{
    while (true) {
        (void)pthread_mutex_lock(&self->lock);
        quest *q = self->quests;
        if (q != NULL)
            unlink_quest(q);
        (void)pthread_mutex_unlock(&self->lock);
        if (q == NULL)
            return;
        set_local(q, reason);
        announce(q);
    }
}

/* What came of it, in Python. */

static PyObject *stats_of(const rtm_stats *s)
{
    return Py_BuildValue(
        "{sK sK sK sK sK sK sK sK sK sK sK sK sK sK sK sK sK sK sK sK}", "bytes_received",
        s->bytes_received, "bytes_sent", s->bytes_sent, "pushes_seen", s->pushes_seen,
        "pushes_delivered", s->pushes_delivered, "pushes_duplicate", s->pushes_duplicate,
        "pushes_unknown", s->pushes_unknown, "pushes_malformed", s->pushes_malformed,
        "answers_matched", s->answers_matched, "answers_late", s->answers_late, "answers_unknown",
        s->answers_unknown, "quests_sent", s->quests_sent, "quests_timed_out", s->quests_timed_out,
        "connects", s->connects, "dedup_forgotten", s->dedup_forgotten, "pushes_received",
        s->pushes_received, "pushes_dropped", s->pushes_dropped, "pushes_queued", s->pushes_queued,
        "pushes_unanswered", s->pushes_unanswered, "answers_early", s->answers_early, "gaps",
        s->gaps);
}

static PyObject *value_of(const quest *q)
{
    if (q->code == 0 && q->kind == RESULT_ANSWER)
        return convert_value((rtm_value){q->answer, q->answer_len});
    if (q->code == 0 && q->kind == RESULT_SENT)
        return Py_BuildValue("(LL)", (long long)q->sent.mid, (long long)q->sent.mtime_ms);
    if (q->code == 0 && q->kind == RESULT_STATS)
        return stats_of(&q->stats);
    Py_INCREF(Py_None);
    return Py_None;
}

static PyObject *text_of(const quest *q)
{
    return PyUnicode_DecodeUTF8(q->text, (Py_ssize_t)strlen(q->text), "replace");
}

static void tell_quest(core *self, notice *what)
{
    quest *q = (quest *)what;
    PyObject *fn = q->on_done;
    PyObject *code = PyLong_FromLong(q->code);
    PyObject *text = text_of(q);
    PyObject *value = value_of(q);
    PyObject *result = NULL;

    q->on_done = NULL;
    if (code != NULL && text != NULL && value != NULL)
        result = PyObject_CallFunctionObjArgs(fn, code, text, value, NULL);
    if (result == NULL)
        deliver_exception(self, "callback of a call");
    Py_XDECREF(code);
    Py_XDECREF(text);
    Py_XDECREF(value);
    Py_XDECREF(result);
    Py_XDECREF(fn);
    quest_free(q);
}

/*
 * The lock is a semaphore here: a signal wakes the main thread out of it, so that Ctrl-C works. One
 * that comes just before the wait wakes nobody, hence the slices. False with an exception of a
 * signal's handler; the quest then goes its way alone.
 */
static bool wait_done(quest *q)
{
    PyLockStatus status;

    while (true) {
        Py_BEGIN_ALLOW_THREADS status = PyThread_acquire_lock_timed(q->done, WAIT_SLICE_US, 1);
        Py_END_ALLOW_THREADS if (status == PY_LOCK_ACQUIRED) return true;
        if (PyErr_CheckSignals() < 0)
            return false;
    }
}

/* The connection that a quest goes over, by the thread that makes it. */
static rtm_client *choose_client(const quest *q)
{
    core *self = q->core;
    const bool is_call = q->begin == quest_begin_call || q->begin == quest_begin_file;

    return is_call && core_is_own_thread(self) ? self->helper : self->client;
}

PyObject *quest_run(quest *q, PyObject *on_done_fn)
{
    PyObject *result = NULL;
    const bool is_async = on_done_fn != Py_None;

    if (is_async) {
        Py_INCREF(on_done_fn);
        q->on_done = on_done_fn;
        q->notice.tell = tell_quest;
    } else {
        q->done = PyThread_allocate_lock();
        if (q->done == NULL) {
            quest_free(q);
            return PyErr_NoMemory();
        }
        (void)PyThread_acquire_lock(q->done, NOWAIT_LOCK);
        atomic_fetch_add(&q->refs, 1);
    }
    enter_list(q);
    const int r = rtm_client_post(choose_client(q), begin_posted, q);
    if (r < 0)
        end_local(q, r);
    if (is_async)
        Py_RETURN_NONE;
    if (wait_done(q)) {
        PyObject *text = text_of(q);
        PyObject *value = value_of(q);
        if (text != NULL && value != NULL)
            result = Py_BuildValue("(iOO)", q->code, text, value);
        Py_XDECREF(text);
        Py_XDECREF(value);
    }
    unref(q);
    return result;
}
