/*
 * Messages and events on a worker's thread, which holds the interpreter's lock for a whole run of
 * them. The handlers are bound methods that were looked up when they were set.
 */
#include "bindings/python/src/core.h"

/* Handlers written in C never look whether others wait for the lock: after so many, let them. */
#define YIELD_EVERY 64

static const char *const slot_names[SLOT_COUNT] = {
    "push_message",
    "push_file",
    "push_chat",
    "push_audio",
    "push_cmd",
    "push_group_message",
    "push_group_file",
    "push_group_chat",
    "push_group_audio",
    "push_group_cmd",
    "push_room_message",
    "push_room_file",
    "push_room_chat",
    "push_room_audio",
    "push_room_cmd",
    "push_event",
    "ping",
    "stream",
    "stream",
    "dropped",
};

PyObject *deliver_text(rtm_bytes bytes)
{
    PyObject *text = PyUnicode_DecodeUTF8(bytes.data, (Py_ssize_t)bytes.len, NULL);

    if (text != NULL || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        return text;
    PyErr_Clear();
    return PyBytes_FromStringAndSize(bytes.data, (Py_ssize_t)bytes.len);
}

void deliver_exception(core *self, const char *where)
{
    PyObject *hook = self->slots[SLOT_ERROR];
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    PyObject *result = NULL;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value != NULL && traceback != NULL)
        (void)PyException_SetTraceback(value, traceback);
    if (hook != NULL && value != NULL) {
        Py_INCREF(hook);
        PyObject *name = PyUnicode_FromString(where);
        if (name != NULL)
            result = PyObject_CallFunctionObjArgs(hook, value, name, NULL);
        Py_XDECREF(name);
        if (result == NULL)
            PyErr_WriteUnraisable(hook);
        Py_DECREF(hook);
    } else {
        PyErr_Restore(type, value, traceback);
        PyErr_WriteUnraisable(NULL);
        return;
    }
    Py_XDECREF(result);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static void end_call(core *self, PyObject *result, int slot)
{
    if (result != NULL)
        Py_DECREF(result);
    else
        deliver_exception(self, slot_names[slot]);
}

/* What of a message becomes Python objects. */
typedef struct values {
    PyObject *from;
    PyObject *to;
    PyObject *mtype;
    PyObject *mid;
    PyObject *msg;
    PyObject *attrs;
    PyObject *mtime;
} values;

static bool make_values(const rtm_message *m, values *v)
{
    v->from = PyLong_FromLongLong(m->from);
    v->to = PyLong_FromLongLong(m->to);
    v->mtype = PyLong_FromLong(m->mtype);
    v->mid = PyLong_FromLongLong(m->mid);
    v->msg = m->is_binary ? PyBytes_FromStringAndSize(m->msg.data, (Py_ssize_t)m->msg.len)
                          : deliver_text(m->msg);
    v->attrs = deliver_text(m->attrs);
    v->mtime = PyLong_FromLongLong(m->mtime_ms);
    return v->from != NULL && v->to != NULL && v->mtype != NULL && v->mid != NULL &&
           v->msg != NULL && v->attrs != NULL && v->mtime != NULL;
}

static void drop_values(values *v)
{
    Py_XDECREF(v->from);
    Py_XDECREF(v->to);
    Py_XDECREF(v->mtype);
    Py_XDECREF(v->mid);
    Py_XDECREF(v->msg);
    Py_XDECREF(v->attrs);
    Py_XDECREF(v->mtime);
}

static PyObject *call_handler(PyObject *fn, rtm_family family, const values *v)
{
    if (family == RTM_FAMILY_MESSAGE || family == RTM_FAMILY_FILE)
        return PyObject_CallFunctionObjArgs(fn, v->from, v->to, v->mtype, v->mid, v->msg, v->attrs,
                                            v->mtime, NULL);
    return PyObject_CallFunctionObjArgs(fn, v->from, v->to, v->mid, v->msg, v->attrs, v->mtime,
                                        NULL);
}

static PyObject *offset_of(bool has_offset, int64_t offset)
{
    if (has_offset)
        return PyLong_FromLongLong(offset);
    Py_INCREF(Py_None);
    return Py_None;
}

static PyObject *call_tap(PyObject *fn, const rtm_message *m, const values *v)
{
    PyObject *offset = offset_of(m->has_offset, m->offset);
    PyObject *kind = PyLong_FromLong((long)m->kind);
    PyObject *family = PyLong_FromLong((long)m->family);
    PyObject *result = NULL;

    if (offset != NULL && kind != NULL && family != NULL)
        result = PyObject_CallFunctionObjArgs(fn, kind, family, v->from, v->to, v->mtype, v->mid,
                                              v->msg, v->attrs, v->mtime, offset, NULL);
    Py_XDECREF(offset);
    Py_XDECREF(kind);
    Py_XDECREF(family);
    return result;
}

static int slot_of(const rtm_message *m)
{
    const int kind = (int)m->kind - 1;

    if (kind < 0 || kind >= KIND_COUNT || (int)m->family < 0 || (int)m->family >= FAMILY_COUNT)
        return -1;
    return kind * FAMILY_COUNT + (int)m->family;
}

static void yield_now_and_then(void)
{
    static _Thread_local unsigned count;

    if (++count % YIELD_EVERY == 0)
        gil_yield();
}

void deliver_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    core *self = userdata;
    const int slot = slot_of(message);
    PyObject *fn = slot < 0 ? NULL : self->slots[slot];
    PyObject *tap = self->slots[SLOT_TAP];
    values v;

    (void)client;
    if (fn == NULL && tap == NULL)
        return;
    Py_XINCREF(fn); /* a handler may set others */
    Py_XINCREF(tap);
    if (!make_values(message, &v)) {
        deliver_exception(self, slot_names[slot < 0 ? SLOT_TAP : slot]);
    } else {
        if (fn != NULL)
            end_call(self, call_handler(fn, message->family, &v), slot);
        if (tap != NULL)
            end_call(self, call_tap(tap, message, &v), SLOT_TAP);
    }
    drop_values(&v);
    Py_XDECREF(fn);
    Py_XDECREF(tap);
    yield_now_and_then();
}

static void call_event(core *self, int slot, const rtm_event *e, PyObject *const args[6])
{
    PyObject *fn = self->slots[slot];
    PyObject *offset;
    PyObject *result = NULL;

    if (fn == NULL)
        return;
    Py_INCREF(fn);
    if (slot == SLOT_EVENT) {
        result = PyObject_CallFunctionObjArgs(fn, args[0], args[1], args[2], args[3], args[4],
                                              args[5], NULL);
    } else {
        offset = offset_of(e->has_offset, e->offset);
        if (offset != NULL)
            result = PyObject_CallFunctionObjArgs(fn, args[0], args[1], args[2], args[3], args[4],
                                                  args[5], offset, NULL);
        Py_XDECREF(offset);
    }
    end_call(self, result, slot);
    Py_DECREF(fn);
}

void deliver_event(rtm_client *client, const rtm_event *event, void *userdata)
{
    core *self = userdata;
    PyObject *args[6] = {
        PyLong_FromLongLong(event->pid), deliver_text(event->event),
        PyLong_FromLongLong(event->uid), PyLong_FromLongLong(event->time_s),
        deliver_text(event->endpoint),   deliver_text(event->data),
    };
    bool is_complete = true;

    (void)client;
    for (int i = 0; i < 6; i++)
        is_complete = is_complete && args[i] != NULL;
    if (is_complete) {
        call_event(self, SLOT_EVENT, event, args);
        call_event(self, SLOT_TAP_EVENT, event, args);
    } else {
        deliver_exception(self, slot_names[SLOT_EVENT]);
    }
    for (int i = 0; i < 6; i++)
        Py_XDECREF(args[i]);
    yield_now_and_then();
}
