/*
 * The module rtm._core: its type and a few functions. One interpreter of a process may have it, the
 * main one: handlers run on threads that know no other.
 */
#include "bindings/python/src/core.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MID_BITS 12
#define MID_MASK ((1LL << MID_BITS) - 1)

static atomic_llong last_mid;
static atomic_llong mid_seed; /* the process that drew it, and MID_BITS of luck */

/* What tells the numbers of this process from those of others; a child of fork() draws anew. */
static long long get_mid_bits(void)
{
    const long long pid = getpid();
    const long long seed = atomic_load(&mid_seed);
    unsigned short luck = 0;

    if (seed >> MID_BITS == pid)
        return seed & MID_MASK;
    if (getrandom(&luck, sizeof luck, 0) != sizeof luck)
        luck = (unsigned short)clock();
    atomic_store(&mid_seed, pid << MID_BITS | (luck & MID_MASK));
    return atomic_load(&mid_seed) & MID_MASK;
}

/* Below 2^53, so that every SDK can hold it, and rising: 41 bits of time, 12 of luck and count. */
static PyObject *gen_mid(PyObject *module, PyObject *unused)
{
    struct timespec now;
    long long last = atomic_load(&last_mid);
    long long next;

    (void)module;
    (void)unused;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const long long ms = (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    const long long fresh = (ms << MID_BITS | get_mid_bits()) & ((1LL << 53) - 1);
    do {
        next = last + 1 > fresh ? last + 1 : fresh;
    } while (!atomic_compare_exchange_weak(&last_mid, &last, next));
    return PyLong_FromLongLong(next);
}

static PyObject *end_all(PyObject *module, PyObject *seconds)
{
    const double value = PyFloat_AsDouble(seconds);

    (void)module;
    if (value == -1.0 && PyErr_Occurred() != NULL)
        return NULL;
    const int busy = core_end_all((int64_t)(value * 1e6));
    return busy < 0 ? NULL : PyLong_FromLong(busy);
}

static PyMethodDef functions[] = {
    {"gen_mid", gen_mid, METH_NOARGS, "gen_mid(): a new message number, rising in this process"},
    {"end_all", end_all, METH_O,
     "end_all(seconds): destroy all clients; how many have a handler that did not end in time"},
    {NULL, NULL, 0, NULL},
};

static int add_errors(PyObject *module)
{
    int r = 0;

#define ADD_(name, number, text)                                                                   \
    if (r == 0)                                                                                    \
        r = PyModule_AddIntConstant(module, "E_" #name, number);
    RTM_LOCAL_ERRORS(ADD_)
#undef ADD_
    return r;
}

static int exec_module(PyObject *module)
{
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
        PyErr_SetString(PyExc_ImportError, "rtm cannot be used in a sub-interpreter: its handlers "
                                           "run on threads of the main one");
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &client_spec, NULL);
    if (type == NULL)
        return -1;
    const int r = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    if (r < 0 || gil_init() < 0 || add_errors(module) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "version", rtm_version());
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "rtm._core",
    .m_doc = "The core of the package rtm: clients of librtm.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
