/*
 * Values both ways: Python's objects as parameters of a quest, and answers as Python's objects.
 */
#include "bindings/python/src/core.h"

#define DEPTH_MAX 8
#define IDS_MAX 1000000

static bool put(rtm_params *params, const char *key, PyObject *value, int depth);

/* A key of a map; NULL with an exception. */
static const char *key_of(PyObject *key)
{
    Py_ssize_t len;
    const char *text;

    if (!PyUnicode_Check(key)) {
        PyErr_Format(PyExc_TypeError, "a key is a str, not %R", key);
        return NULL;
    }
    text = PyUnicode_AsUTF8AndSize(key, &len);
    if (text != NULL && strlen(text) != (size_t)len) {
        PyErr_SetString(PyExc_ValueError, "a key holds a NUL");
        return NULL;
    }
    return text;
}

static bool put_entries(rtm_params *params, PyObject *dict, int depth)
{
    Py_ssize_t at = 0;
    PyObject *key;
    PyObject *value;

    while (PyDict_Next(dict, &at, &key, &value)) {
        const char *name = key_of(key);
        if (name == NULL || !put(params, name, value, depth))
            return false;
    }
    return true;
}

static bool put_map(rtm_params *params, const char *key, PyObject *dict, int depth)
{
    rtm_params_begin_map(params, key, (size_t)PyDict_Size(dict));
    return put_entries(params, dict, depth + 1);
}

static bool put_items(rtm_params *params, const char *key, PyObject *value, int depth)
{
    PyObject *items = PySequence_List(value); /* sets and other iterables too */
    bool is_good = items != NULL;

    if (!is_good)
        return false;
    const Py_ssize_t count = PyList_Size(items);
    rtm_params_begin_array(params, key, (size_t)count);
    for (Py_ssize_t i = 0; is_good && i < count; i++)
        is_good = put(params, NULL, PyList_GetItem(items, i), depth + 1);
    Py_DECREF(items);
    return is_good;
}

static bool put_int(rtm_params *params, const char *key, PyObject *value)
{
    const long long number = PyLong_AsLongLong(value);

    if (number == -1 && PyErr_Occurred() != NULL)
        return false;
    rtm_params_put_int(params, key, number);
    return true;
}

static bool put_text(rtm_params *params, const char *key, PyObject *value)
{
    Py_ssize_t len;
    const char *text = PyUnicode_AsUTF8AndSize(value, &len);

    if (text == NULL)
        return false;
    rtm_params_put_text(params, key, text, (size_t)len);
    return true;
}

static bool put_bytes(rtm_params *params, const char *key, PyObject *value)
{
    PyObject *bytes = PyBytes_FromObject(value); /* the same one if it is bytes */
    char *data;
    Py_ssize_t len;

    if (bytes == NULL)
        return false;
    const bool is_good = PyBytes_AsStringAndSize(bytes, &data, &len) == 0;
    if (is_good)
        rtm_params_put_bytes(params, key, data, (size_t)len);
    Py_DECREF(bytes);
    return is_good;
}

static bool put_number_or_refuse(rtm_params *params, const char *key, PyObject *value)
{
    PyObject *number = PyNumber_Index(value); /* those of numpy, say */

    if (number == NULL)
        return false;
    const bool is_good = put_int(params, key, number);
    Py_DECREF(number);
    return is_good;
}

static bool put(rtm_params *params, const char *key, PyObject *value, int depth)
{
    if (depth >= DEPTH_MAX) {
        PyErr_Format(PyExc_ValueError, "nested deeper than %d", DEPTH_MAX);
        return false;
    }
    if (value == Py_None)
        rtm_params_put_nil(params, key);
    else if (PyBool_Check(value))
        rtm_params_put_bool(params, key, value == Py_True);
    else if (PyLong_Check(value))
        return put_int(params, key, value);
    else if (PyFloat_Check(value))
        rtm_params_put_double(params, key, PyFloat_AsDouble(value));
    else if (PyUnicode_Check(value))
        return put_text(params, key, value);
    else if (PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value))
        return put_bytes(params, key, value);
    else if (PyDict_Check(value))
        return put_map(params, key, value, depth);
    else if (PyList_Check(value) || PyTuple_Check(value) || PyAnySet_Check(value) ||
             PyIter_Check(value) || PyObject_HasAttrString(value, "__iter__"))
        return put_items(params, key, value, depth);
    else
        return put_number_or_refuse(params, key, value);
    return true;
}

rtm_params *convert_params(PyObject *dict)
{
    rtm_params *params = rtm_params_new();

    if (params == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    if (!put_entries(params, dict, 0)) {
        rtm_params_free(params);
        return NULL;
    }
    const int error = rtm_params_get_error(params);
    if (error < 0) {
        rtm_params_free(params);
        PyErr_Format(error == RTM_E_NOMEM ? PyExc_MemoryError : PyExc_ValueError,
                     "the arguments: %s", rtm_strerror(error));
        return NULL;
    }
    return params;
}

int64_t *convert_ids(PyObject *ids, size_t *ret_count)
{
    PyObject *items = PySequence_List(ids);
    int64_t *cells = NULL;

    if (items == NULL)
        return NULL;
    const Py_ssize_t count = PyList_Size(items);
    if (count > IDS_MAX) {
        PyErr_Format(PyExc_ValueError, "more than %d ids", IDS_MAX);
        goto end;
    }
    cells = malloc(((size_t)count + 1) * sizeof *cells);
    if (cells == NULL) {
        PyErr_NoMemory();
        goto end;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *number = PyNumber_Index(PyList_GetItem(items, i));
        cells[i] = number == NULL ? -1 : PyLong_AsLongLong(number);
        Py_XDECREF(number);
        if (cells[i] == -1 && PyErr_Occurred() != NULL) {
            free(cells);
            cells = NULL;
            goto end;
        }
    }
    *ret_count = (size_t)count;
end:
    Py_DECREF(items);
    return cells;
}

static PyObject *list_of(rtm_value value)
{
    rtm_value_iter iter;
    rtm_value item;
    PyObject *list = PyList_New(0);

    rtm_value_iter_init(&iter, value);
    while (list != NULL && rtm_value_iter_next(&iter, NULL, &item)) {
        PyObject *object = convert_value(item);
        if (object == NULL || PyList_Append(list, object) < 0) {
            Py_DECREF(list);
            list = NULL;
        }
        Py_XDECREF(object);
    }
    return list;
}

static PyObject *dict_of(rtm_value value)
{
    rtm_value_iter iter;
    rtm_value key;
    rtm_value item;
    PyObject *dict = PyDict_New();

    rtm_value_iter_init(&iter, value);
    while (dict != NULL && rtm_value_iter_next(&iter, &key, &item)) {
        const rtm_value_type type = rtm_value_get_type(key);
        if (type == RTM_VALUE_ARRAY || type == RTM_VALUE_MAP)
            continue; /* no key for Python, and none of the protocol */
        PyObject *name = convert_value(key);
        PyObject *object = name == NULL ? NULL : convert_value(item);
        if (object == NULL || PyDict_SetItem(dict, name, object) < 0) {
            Py_DECREF(dict);
            dict = NULL;
        }
        Py_XDECREF(name);
        Py_XDECREF(object);
    }
    return dict;
}

PyObject *convert_value(rtm_value value)
{
    bool truth = false;
    int64_t number = 0;
    uint64_t large = 0;
    double real = 0;
    rtm_bytes bytes = {"", 0};

    switch (rtm_value_get_type(value)) {
    case RTM_VALUE_BOOL:
        (void)rtm_value_get_bool(value, &truth);
        return PyBool_FromLong(truth);
    case RTM_VALUE_INT:
        (void)rtm_value_get_int(value, &number);
        return PyLong_FromLongLong(number);
    case RTM_VALUE_UINT:
        (void)rtm_value_get_uint(value, &large);
        return PyLong_FromUnsignedLongLong(large);
    case RTM_VALUE_DOUBLE:
        (void)rtm_value_get_double(value, &real);
        return PyFloat_FromDouble(real);
    case RTM_VALUE_TEXT:
        (void)rtm_value_get_bytes(value, &bytes);
        return deliver_text(bytes);
    case RTM_VALUE_BYTES:
        (void)rtm_value_get_bytes(value, &bytes);
        return PyBytes_FromStringAndSize(bytes.data, (Py_ssize_t)bytes.len);
    case RTM_VALUE_ARRAY:
        return list_of(value);
    case RTM_VALUE_MAP:
        return dict_of(value);
    case RTM_VALUE_EXT:
        return PyBytes_FromStringAndSize((const char *)value.data, (Py_ssize_t)value.len);
    case RTM_VALUE_NONE:
    case RTM_VALUE_NIL:
        break;
    }
    Py_INCREF(Py_None);
    return Py_None;
}
