/*
 * What is told outside the workers: ends of asynchronous calls, connections, pings, gaps, dropped
 * messages, lines of the log. It happens on the loop's thread, which only queues it; the client's
 * teller runs the callbacks, in order, and takes the interpreter's lock once for all that wait.
 *
 * LIMIT: pings, drops and log lines are let go when 10,000 notices wait, and counted. The rest is
 * bounded by what causes it: calls by max_pending_calls, connections by their attempts.
 */
#include "bindings/python/src/core.h"

#include <stddef.h>

#define NOTICES_MAX 10000

void notice_push(core *self, notice *what)
{
    what->next = NULL;
    (void)pthread_mutex_lock(&self->lock);
    *self->notices_end = what;
    self->notices_end = &what->next;
    self->notice_count++;
    (void)pthread_cond_signal(&self->has_notice);
    (void)pthread_mutex_unlock(&self->lock);
}

/* Memory for a notice that may be let go; NULL: it is. */
static void *new_optional(core *self, size_t size)
{
    (void)pthread_mutex_lock(&self->lock);
    const bool is_full = self->notice_count >= NOTICES_MAX;
    self->notices_lost += is_full;
    (void)pthread_mutex_unlock(&self->lock);
    return is_full ? NULL : calloc(1, size);
}

/* Wait for notices and take them all; NULL at the end. */
static notice *take_notices(core *self)
{
    notice *first;

    (void)pthread_mutex_lock(&self->lock);
    while (self->notices == NULL && !self->is_teller_ending)
        (void)pthread_cond_wait(&self->has_notice, &self->lock);
    first = self->notices;
    self->notices = NULL;
    self->notices_end = &self->notices;
    (void)pthread_mutex_unlock(&self->lock);
    return first;
}

static void tell_all(core *self, notice *first)
{
    while (first != NULL) {
        notice *next = first->next;
        first->tell(self, first);
        (void)pthread_mutex_lock(&self->lock);
        self->notice_count--;
        (void)pthread_mutex_unlock(&self->lock);
        first = next;
    }
}

void *teller_run(void *userdata)
{
    core *self = userdata;
    notice *first;

    while ((first = take_notices(self)) != NULL) {
        gil_enter(self);
        tell_all(self, first);
        gil_leave(self);
    }
    /* The last thread of the core that knows Python. */
    gil_enter(self);
    for (int i = 0; i < SLOT_COUNT; i++)
        Py_CLEAR(self->slots[i]);
    gil_leave(self);
    return NULL;
}

/* Call a slot with new references, which are taken; any of them NULL: an exception is set. */
static void call_slot(core *self, int slot, const char *where, PyObject *a, PyObject *b,
                      PyObject *c)
{
    PyObject *fn = self->slots[slot];
    PyObject *result = NULL;

    Py_XINCREF(fn);
    if (fn != NULL && PyErr_Occurred() == NULL) {
        result = PyObject_CallFunctionObjArgs(fn, a, b, c, NULL);
        Py_XDECREF(result);
    }
    if (PyErr_Occurred() != NULL)
        deliver_exception(self, where);
    Py_XDECREF(fn);
    Py_XDECREF(a);
    Py_XDECREF(b);
    Py_XDECREF(c);
}

/* Connections. */

typedef struct connection_notice {
    notice notice;
    int64_t id;
    int reason;
    bool is_ready;
} connection_notice;

static void tell_connection(core *self, notice *what)
{
    const connection_notice n = *(connection_notice *)what;

    free(what);
    call_slot(self, SLOT_CONNECTION, "ConnectionCallback", PyBool_FromLong(n.is_ready),
              PyLong_FromLongLong(n.id), PyLong_FromLong(n.reason));
}

static void push_connection(core *self, bool is_ready, int reason)
{
    connection_notice *n = calloc(1, sizeof *n);

    if (n == NULL)
        return;
    *n = (connection_notice){{.tell = tell_connection}, self->connection_id, reason, is_ready};
    notice_push(self, &n->notice);
}

void notice_on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata)
{
    core *self = userdata;

    (void)client;
    (void)old_state;
    if (self->is_ready && new_state != RTM_STATE_READY) {
        self->is_ready = false;
        push_connection(self, false, reason);
    }
    if (new_state == RTM_STATE_READY) {
        self->is_ready = true;
        self->connection_id++;
        push_connection(self, true, 0);
        quest_connection_changed(self, 0);
    } else if (new_state == RTM_STATE_BACKING_OFF || new_state == RTM_STATE_CLOSED) {
        quest_connection_changed(self, reason == 0 ? RTM_E_CLOSED : reason);
    }
}

/* Pings. */

static void tell_ping(core *self, notice *what)
{
    free(what);
    call_slot(self, SLOT_PING, "ping", NULL, NULL, NULL);
}

void notice_on_ping(rtm_client *client, void *userdata)
{
    notice *n = new_optional(userdata, sizeof *n);

    (void)client;
    if (n == NULL)
        return;
    n->tell = tell_ping;
    notice_push(userdata, n);
}

/* Whether the listen set is in force. */

typedef struct listening_notice {
    notice notice;
    bool is_listening;
} listening_notice;

static void tell_listening(core *self, notice *what)
{
    const bool is_listening = ((listening_notice *)what)->is_listening;

    free(what);
    call_slot(self, SLOT_LISTENING, "listening callback", PyBool_FromLong(is_listening), NULL,
              NULL);
}

void notice_on_listening(rtm_client *client, bool is_listening, void *userdata)
{
    listening_notice *n = calloc(1, sizeof *n);

    (void)client;
    if (n == NULL)
        return;
    n->notice.tell = tell_listening;
    n->is_listening = is_listening;
    notice_push(userdata, &n->notice);
}

/* Gaps. The lists are copied behind the notice. */

#define EVENTS_MAX 32
#define EVENT_SIZE 32

typedef struct gap_notice {
    notice notice;
    rtm_gap gap;
    char events[EVENTS_MAX][EVENT_SIZE];
    int64_t ids[];
} gap_notice;

static PyObject *list_of_ids(const int64_t *ids, size_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);

    for (size_t i = 0; list != NULL && i < count; i++) {
        PyObject *number = PyLong_FromLongLong(ids[i]);
        if (number == NULL || PyList_SetItem(list, (Py_ssize_t)i, number) < 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyObject *list_of_events(const gap_notice *n)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list != NULL && i < n->gap.what.event_count; i++) {
        PyObject *name = PyUnicode_FromString(n->events[i]);
        if (name == NULL || PyList_Append(list, name) < 0) {
            Py_DECREF(list);
            list = NULL;
        }
        Py_XDECREF(name);
    }
    return list;
}

static void tell_gap(core *self, notice *what)
{
    const gap_notice *n = (gap_notice *)what;
    const rtm_listen *sets = &n->gap.what;
    const rtm_listen_all *all = &n->gap.what_all;
    PyObject *gids = list_of_ids(sets->gids, sets->gid_count);
    PyObject *rids = list_of_ids(sets->rids, sets->rid_count);
    PyObject *uids = list_of_ids(sets->uids, sets->uid_count);
    PyObject *events = list_of_events(n);
    PyObject *lists = NULL;
    PyObject *flags = NULL;
    PyObject *times = NULL;

    if (gids != NULL && rids != NULL && uids != NULL && events != NULL) {
        lists = PyTuple_Pack(4, gids, rids, uids, events);
        flags = Py_BuildValue("(iiii)", all->p2p == RTM_SWITCH_ON, all->group == RTM_SWITCH_ON,
                              all->room == RTM_SWITCH_ON, all->event == RTM_SWITCH_ON);
        times = Py_BuildValue("(LL)", (long long)n->gap.from_ms, (long long)n->gap.to_ms);
    }
    Py_XDECREF(gids);
    Py_XDECREF(rids);
    Py_XDECREF(uids);
    Py_XDECREF(events);
    free(what);
    call_slot(self, SLOT_GAP, "gap callback", times, lists, flags);
}

static const int64_t *copy_ids(int64_t **at, const int64_t *ids, size_t count)
{
    int64_t *copy = *at;

    if (count > 0)
        memcpy(copy, ids, count * sizeof *ids);
    *at += count;
    return copy;
}

void notice_on_gap(rtm_client *client, const rtm_gap *gap, void *userdata)
{
    const rtm_listen *what = &gap->what;
    const size_t count = what->gid_count + what->rid_count + what->uid_count;
    gap_notice *n = calloc(1, sizeof *n + count * sizeof n->ids[0]);

    (void)client;
    if (n == NULL)
        return;
    int64_t *at = n->ids;
    n->notice.tell = tell_gap;
    n->gap = *gap;
    n->gap.what.gids = copy_ids(&at, what->gids, what->gid_count);
    n->gap.what.rids = copy_ids(&at, what->rids, what->rid_count);
    n->gap.what.uids = copy_ids(&at, what->uids, what->uid_count);
    n->gap.what.event_count = 0;
    for (size_t i = 0; i < what->event_count && i < EVENTS_MAX; i++) {
        (void)snprintf(n->events[i], EVENT_SIZE, "%s", what->events[i]);
        n->gap.what.event_count++;
    }
    notice_push(userdata, &n->notice);
}

/* What the policy of the workers has dropped. */

typedef struct dropped_notice {
    notice notice;
    bool is_event;
    int64_t kind;
    int64_t from; /* uid of an event */
    int64_t to;
    int64_t mid;
} dropped_notice;

static void tell_dropped(core *self, notice *what)
{
    const dropped_notice n = *(dropped_notice *)what;
    PyObject *kind;

    free(what);
    if (n.is_event) {
        Py_INCREF(Py_None);
        kind = Py_None;
    } else {
        kind = PyLong_FromLongLong(n.kind);
    }
    call_slot(self, SLOT_DROPPED, "dropped callback", kind, PyLong_FromLongLong(n.from),
              Py_BuildValue("(LL)", (long long)n.to, (long long)n.mid));
}

void notice_on_dropped(rtm_client *client, const rtm_message *message, const rtm_event *event,
                       void *userdata)
{
    dropped_notice *n = new_optional(userdata, sizeof *n);

    (void)client;
    if (n == NULL)
        return;
    n->notice.tell = tell_dropped;
    n->is_event = message == NULL;
    if (message != NULL) {
        n->kind = (int64_t)message->kind;
        n->from = message->from;
        n->to = message->to;
        n->mid = message->mid;
    } else {
        n->from = event->uid;
    }
    notice_push(userdata, &n->notice);
}

/* Lines of the log. */

typedef struct log_notice {
    notice notice;
    int level;
    char text[];
} log_notice;

static void tell_log(core *self, notice *what)
{
    log_notice *n = (log_notice *)what;
    PyObject *level = PyLong_FromLong(n->level);
    PyObject *text = PyUnicode_DecodeUTF8(n->text, (Py_ssize_t)strlen(n->text), "replace");

    free(n);
    call_slot(self, SLOT_LOG, "logging", level, text, NULL);
}

void notice_on_log(rtm_log_level level, const char *text, void *userdata)
{
    log_notice *n = new_optional(userdata, sizeof *n + strlen(text) + 1);

    if (n == NULL)
        return;
    n->notice.tell = tell_log;
    n->level = (int)level;
    memcpy(n->text, text, strlen(text) + 1);
    notice_push(userdata, &n->notice);
}

void notice_free_all(core *self)
{
    notice *next;

    for (notice *n = self->notices; n != NULL; n = next) {
        next = n->next;
        free(n);
    }
    self->notices = NULL;
    self->notices_end = &self->notices;
}

void notice_take_reason(core *self, int error, char *ret_text, size_t size)
{
    const notice *first = self->notices;

    if (first != NULL && first->tell == tell_log)
        (void)snprintf(ret_text, size, "%s", ((const log_notice *)first)->text);
    else
        (void)snprintf(ret_text, size, "%s", rtm_strerror(error));
    notice_free_all(self);
}
