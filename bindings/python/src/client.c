/*
 * The type rtm._core.Client: arguments of Python made into what the core and its quests take.
 */
#include "bindings/python/src/core.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct client_object {
    PyObject_HEAD core *core; /* NULL before __new__ has ended well */
} client_object;

bool client_check(core *self)
{
    if (self != NULL && self->pid != getpid()) {
        PyErr_SetString(PyExc_RuntimeError,
                        "this client was made by a parent process: after fork(), make a new one");
        return false;
    }
    if (self == NULL || self->is_gone) {
        PyErr_SetString(PyExc_ConnectionError, "the client was destroyed");
        return false;
    }
    return true;
}

/* Copy bytes that a quest or an option points to. */
static void *copy_of(const void *data, size_t len)
{
    char *copy = malloc(len + 1);

    if (copy == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

/* What the constructor is given, as far as it is not in the two structs of options. */
static bool parse_options(PyObject *args, PyObject *kwargs, rtm_client_options *o,
                          rtm_workers_options *w, bool *ret_reconnect)
{
    static char *names[] = {"endpoint",
                            "pid",
                            "secret",
                            "reconnect",
                            "connect_timeout_ms",
                            "quest_timeout_ms",
                            "ask_offsets",
                            "security",
                            "tls_ca_file",
                            "tls_host",
                            "encryption_key",
                            "encryption_curve",
                            "encryption_bits",
                            "max_package_bytes",
                            "log_level",
                            "workers",
                            "max_messages",
                            "max_bytes",
                            "policy",
                            "answer_on_receipt",
                            NULL};
    int reconnect = 1;
    int ask_offsets = 0;
    int security = RTM_SECURITY_NONE;
    int bits = 128;
    int log_level = RTM_LOG_WARN;
    int threads = 1;
    int policy = RTM_SLOW_WAIT;
    int on_receipt = 0;
    int pid = 0;
    long long connect_ms = 10000;
    long long quest_ms = 30000;
    Py_ssize_t max_package = 8 << 20;
    Py_ssize_t max_messages = 0;
    Py_ssize_t max_bytes = 0;
    Py_ssize_t key_len = 0;
    const char *key = NULL;

    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "sis|$pLLpizzz#ziniinnip:Client", names, &o->endpoint, &pid, &o->secret,
            &reconnect, &connect_ms, &quest_ms, &ask_offsets, &security, &o->tls_ca_file,
            &o->tls_host, &key, &key_len, &o->encryption_curve, &bits, &max_package, &log_level,
            &threads, &max_messages, &max_bytes, &policy, &on_receipt))
        return false;
    if (threads < 1 || max_package < 0 || max_messages < 0 || max_bytes < 0) {
        PyErr_SetString(PyExc_ValueError, "workers is 1 or more, and no limit is negative");
        return false;
    }
    o->pid = pid;
    o->connect_timeout_ms = connect_ms;
    o->quest_timeout_ms = quest_ms;
    o->auto_reconnect = reconnect != 0;
    o->ask_offsets = ask_offsets != 0;
    o->security = (rtm_security)security;
    o->encryption_key = key;
    o->encryption_key_len = (size_t)key_len;
    o->encryption_bits = bits;
    o->max_package_bytes = (size_t)max_package;
    o->log_level = (rtm_log_level)log_level;
    o->answer_mode = on_receipt ? RTM_ANSWER_ON_RECEIPT : RTM_ANSWER_ON_RETURN;
    w->thread_count = (unsigned)threads;
    w->max_messages = (size_t)max_messages;
    w->max_bytes = (size_t)max_bytes;
    w->policy = (rtm_slow_policy)policy;
    *ret_reconnect = reconnect != 0;
    return true;
}

static PyObject *client_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    rtm_client_options o;
    rtm_workers_options w = {.size = sizeof w};
    const allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    bool reconnect;

    rtm_client_options_init(&o);
    if (!parse_options(args, kwargs, &o, &w, &reconnect))
        return NULL;
    client_object *object = (client_object *)alloc(type, 0);
    if (object == NULL)
        return NULL;
    object->core = core_new(&o, &w, reconnect);
    if (object->core == NULL) {
        Py_DECREF(object);
        return NULL;
    }
    return (PyObject *)object;
}

static core *core_of(PyObject *object)
{
    core *self = ((client_object *)object)->core;

    return client_check(self) ? self : NULL;
}

static int client_traverse(PyObject *object, visitproc visit, void *arg)
{
    const core *self = ((client_object *)object)->core;

    Py_VISIT(Py_TYPE(object));
    for (int i = 0; self != NULL && i < SLOT_COUNT; i++)
        Py_VISIT(self->slots[i]);
    return 0;
}

static int client_clear(PyObject *object)
{
    core *self = ((client_object *)object)->core;

    for (int i = 0; self != NULL && i < SLOT_COUNT; i++)
        Py_CLEAR(self->slots[i]);
    return 0;
}

static void client_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    const freefunc free_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    core *self = ((client_object *)object)->core;

    PyObject_GC_UnTrack(object);
    if (self != NULL) {
        (void)client_clear(object);
        core_begin_end(self);
        core_unref(self);
    }
    free_object(object);
    Py_DECREF(type);
}

/* Methods. Each call ends with timeout_ms and on_done: None waits and returns (code, text, value);
 * a callable gets the same three as arguments, on the teller's thread. */

static PyObject *client_call(PyObject *object, PyObject *args)
{
    core *self = core_of(object);
    const char *method;
    PyObject *params;
    long long timeout_ms;
    PyObject *on_done;

    if (self == NULL || !PyArg_ParseTuple(args, "sO!LO:call", &method, &PyDict_Type, &params,
                                          &timeout_ms, &on_done))
        return NULL;
    quest *q = quest_new(self, quest_begin_call, RESULT_ANSWER, timeout_ms);
    if (q == NULL)
        return NULL;
    q->needs_connection = true;
    q->method = copy_of(method, strlen(method));
    q->params = q->method == NULL ? NULL : convert_params(params);
    if (q->params == NULL) {
        quest_free(q);
        return NULL;
    }
    return quest_run(q, on_done);
}

/* Event names: an array of texts in one block. NULL with an exception. */
static const char **take_events(PyObject *events, size_t *ret_count)
{
    PyObject *list = PySequence_List(events);
    const char **names = NULL;
    size_t size;

    if (list == NULL)
        return NULL;
    const size_t count = (size_t)PyList_Size(list);
    size = (count + 1) * sizeof *names;
    for (int round = 0; round < 2; round++) {
        char *at = names == NULL ? NULL : (char *)(names + count + 1);
        for (size_t i = 0; i < count; i++) {
            Py_ssize_t len;
            const char *text = PyUnicode_AsUTF8AndSize(PyList_GetItem(list, (Py_ssize_t)i), &len);
            if (text == NULL)
                goto fail;
            if (names == NULL) {
                size += (size_t)len + 1;
                continue;
            }
            names[i] = at;
            memcpy(at, text, (size_t)len + 1);
            at += len + 1;
        }
        if (names == NULL && (names = malloc(size)) == NULL) {
            PyErr_NoMemory();
            goto fail;
        }
    }
    Py_DECREF(list);
    *ret_count = count;
    return names;

fail:
    Py_DECREF(list);
    free(names);
    return NULL;
}

static bool take_ids(quest *q, int place, PyObject *ids, const int64_t **ret_ids, size_t *ret_count)
{
    if (ids == Py_None)
        return true; /* absent */
    q->owned[place] = convert_ids(ids, ret_count);
    *ret_ids = q->owned[place];
    return *ret_ids != NULL;
}

static PyObject *client_listen(PyObject *object, PyObject *args)
{
    core *self = core_of(object);
    int verb;
    PyObject *gids;
    PyObject *rids;
    PyObject *uids;
    PyObject *events;
    long long timeout_ms;
    PyObject *on_done;

    if (self == NULL || !PyArg_ParseTuple(args, "iOOOOLO:listen", &verb, &gids, &rids, &uids,
                                          &events, &timeout_ms, &on_done))
        return NULL;
    quest *q = quest_new(self, quest_begin_listen, RESULT_NONE, timeout_ms);
    if (q == NULL)
        return NULL;
    q->needs_connection = true;
    q->verb = verb;
    if (!take_ids(q, 0, gids, &q->listen.gids, &q->listen.gid_count) ||
        !take_ids(q, 1, rids, &q->listen.rids, &q->listen.rid_count) ||
        !take_ids(q, 2, uids, &q->listen.uids, &q->listen.uid_count))
        goto fail;
    if (events != Py_None) {
        const char **names = take_events(events, &q->listen.event_count);
        if (names == NULL)
            goto fail;
        q->owned[3] = names;
        q->listen.events = names;
    }
    return quest_run(q, on_done);

fail:
    quest_free(q);
    return NULL;
}

/* None is absent. False with an exception. */
static bool take_switch(PyObject *value, rtm_switch *ret)
{
    if (value == Py_None)
        return true;
    const int is_on = PyObject_IsTrue(value);
    *ret = is_on ? RTM_SWITCH_ON : RTM_SWITCH_OFF;
    return is_on >= 0;
}

static PyObject *client_listen_all(PyObject *object, PyObject *args)
{
    core *self = core_of(object);
    PyObject *flags[4];
    long long timeout_ms;
    PyObject *on_done;

    if (self == NULL || !PyArg_ParseTuple(args, "OOOOLO:listen_all", &flags[0], &flags[1],
                                          &flags[2], &flags[3], &timeout_ms, &on_done))
        return NULL;
    quest *q = quest_new(self, quest_begin_listen, RESULT_NONE, timeout_ms);
    if (q == NULL)
        return NULL;
    q->needs_connection = true;
    q->verb = VERB_SET_ALL;
    if (!take_switch(flags[0], &q->listen_all.p2p) ||
        !take_switch(flags[1], &q->listen_all.group) ||
        !take_switch(flags[2], &q->listen_all.room) ||
        !take_switch(flags[3], &q->listen_all.event)) {
        quest_free(q);
        return NULL;
    }
    return quest_run(q, on_done);
}

static PyObject *client_send_file(PyObject *object, PyObject *args)
{
    core *self = core_of(object);
    rtm_outgoing_file f = {.size = sizeof f};
    int how;
    long long from;
    PyObject *to;
    const char *content;
    Py_ssize_t len;
    const char *name;
    long long timeout_ms;
    PyObject *on_done;

    if (self == NULL || !PyArg_ParseTuple(args, "iLOiy#sLO:send_file", &how, &from, &to, &f.mtype,
                                          &content, &len, &name, &timeout_ms, &on_done))
        return NULL;
    quest *q = quest_new(self, quest_begin_file, RESULT_SENT, timeout_ms);
    if (q == NULL)
        return NULL;
    q->needs_connection = true;
    q->verb = how;
    f.from = from;
    if (!take_ids(q, 0, to, &f.tos, &f.to_count))
        goto fail;
    if (how != 1 && f.to_count > 0)
        f.to = f.tos[0];
    q->owned[1] = copy_of(content, (size_t)len);
    q->owned[2] = q->owned[1] == NULL ? NULL : copy_of(name, strlen(name));
    if (q->owned[2] == NULL)
        goto fail;
    f.content = q->owned[1];
    f.content_len = (size_t)len;
    f.name = q->owned[2];
    q->file = f;
    return quest_run(q, on_done);

fail:
    quest_free(q);
    return NULL;
}

/* A quest about the client itself: no arguments but on_done. */
static PyObject *run_plain(PyObject *object, quest_begin_fn *begin, quest_result kind,
                           PyObject *on_done)
{
    core *self = core_of(object);
    quest *q = self == NULL ? NULL : quest_new(self, begin, kind, 0);

    return q == NULL ? NULL : quest_run(q, on_done);
}

static PyObject *client_stats(PyObject *object, PyObject *on_done)
{
    return run_plain(object, quest_begin_stats, RESULT_STATS, on_done);
}

static PyObject *client_connect(PyObject *object, PyObject *on_done)
{
    return run_plain(object, quest_begin_connect, RESULT_NONE, on_done);
}

static PyObject *client_close(PyObject *object, PyObject *on_done)
{
    return run_plain(object, quest_begin_close, RESULT_NONE, on_done);
}

static PyObject *client_set_slots(PyObject *object, PyObject *dict)
{
    core *self = core_of(object);
    Py_ssize_t at = 0;
    PyObject *key;
    PyObject *value;

    if (self == NULL)
        return NULL;
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "a dict of slot numbers and callables");
        return NULL;
    }
    while (PyDict_Next(dict, &at, &key, &value)) {
        const long slot = PyLong_AsLong(key);
        if (slot < 0 || slot >= SLOT_COUNT) {
            if (PyErr_Occurred() == NULL)
                PyErr_SetString(PyExc_ValueError, "no such slot");
            return NULL;
        }
        PyObject *old = self->slots[slot];
        if (value == Py_None) {
            self->slots[slot] = NULL;
        } else {
            Py_INCREF(value);
            self->slots[slot] = value;
        }
        Py_XDECREF(old);
    }
    const int r = core_apply_slots(self);
    if (r < 0) {
        PyErr_SetString(PyExc_RuntimeError, rtm_strerror(r));
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *client_destroy(PyObject *object, PyObject *wait)
{
    core *self = ((client_object *)object)->core;
    const int must_wait = PyObject_IsTrue(wait);

    if (must_wait < 0)
        return NULL;
    if (self->pid != getpid()) {
        (void)client_check(self);
        return NULL;
    }
    core_begin_end(self);
    if (must_wait && !core_is_own_thread(self) && !core_wait_end(self, -1))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *client_is_own_thread(PyObject *object, PyObject *unused)
{
    (void)unused;
    return PyBool_FromLong(core_is_own_thread(((client_object *)object)->core));
}

static PyMethodDef methods[] = {
    {"call", client_call, METH_VARARGS, "call(method, params, timeout_ms, on_done)"},
    {"listen", client_listen, METH_VARARGS,
     "listen(verb, gids, rids, uids, events, timeout_ms, on_done)"},
    {"listen_all", client_listen_all, METH_VARARGS,
     "listen_all(p2p, group, room, event, timeout_ms, on_done)"},
    {"send_file", client_send_file, METH_VARARGS,
     "send_file(how, from_uid, to, mtype, content, name, timeout_ms, on_done)"},
    {"stats", client_stats, METH_O, "stats(on_done)"},
    {"connect", client_connect, METH_O, "connect(on_done): close, connect, and say how it went"},
    {"close", client_close, METH_O, "close(on_done)"},
    {"set_slots", client_set_slots, METH_O, "set_slots({number: callable or None})"},
    {"destroy", client_destroy, METH_O, "destroy(wait): end everything; not waited in a handler"},
    {"is_own_thread", client_is_own_thread, METH_NOARGS,
     "is_own_thread(): whether this thread runs the client's callbacks"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "A client of librtm with the threads that serve it. See rtm.RTMServerClient."},
    {Py_tp_new, client_new},
    {Py_tp_dealloc, client_dealloc},
    {Py_tp_traverse, client_traverse},
    {Py_tp_clear, client_clear},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec client_spec = {
    .name = "rtm._core.Client",
    .basicsize = sizeof(client_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};
