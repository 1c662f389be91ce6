/*
 * The interpreter's lock on threads that librtm has made. Each gets a thread state at its first
 * callback and keeps it, so that threading.local() and the like last, until the thread ends.
 */
#include "bindings/python/src/core.h"

_Thread_local core *gil_core;
static _Thread_local PyThreadState *own_state;
static pthread_key_t ending;

/*
 * The thread ends: give its state back. No core outlives the interpreter, so the lock is there.
 * (PyGILState_Release() would look the state up in a key of the thread that may be gone already.)
 */
static void give_back(void *state)
{
    PyEval_RestoreThread(state);
    PyThreadState_Clear(state);
    (void)PyEval_SaveThread();
    PyThreadState_Delete(state); /* without the lock, which is allowed */
}

int gil_init(void)
{
    static bool is_made;

    if (!is_made && pthread_key_create(&ending, give_back) != 0)
        return -1;
    is_made = true;
    return 0;
}

void gil_enter(void *core_of_thread)
{
    if (own_state == NULL) {
        (void)PyGILState_Ensure();
        own_state = PyThreadState_Get();
        (void)pthread_setspecific(ending, own_state);
    } else {
        PyEval_RestoreThread(own_state);
    }
    gil_core = core_of_thread;
}

void gil_leave(void *core_of_thread)
{
    (void)core_of_thread;
    own_state = PyEval_SaveThread();
}

void gil_yield(void)
{
    PyEval_RestoreThread(PyEval_SaveThread());
}
