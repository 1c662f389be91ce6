/*
 * The extension module rtm._core: a client of librtm for Python.
 *
 * Three kinds of threads meet here. The loop's thread runs all clients of the process and never
 * takes the interpreter's lock, so no handler can hold up a connection. Each client has worker
 * threads, which run the handlers of messages and events, and one teller, which runs all other
 * callbacks: ends of calls, connections, pings, gaps, lines of the log. Threads of the program
 * make calls; they wait without the interpreter's lock.
 *
 * A core lives as long as its threads; the Python object is only a handle to it.
 */
#ifndef RTMPY_CORE_H
#define RTMPY_CORE_H

/* The limited interface of CPython 3.11: one binary for it and all later ones. */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <rtm/rtm.h>

/* Five families of three kinds, then the rest; _handlers.py names them in the same order. */
#define FAMILY_COUNT 5
#define KIND_COUNT 3
enum {
    SLOT_EVENT = KIND_COUNT * FAMILY_COUNT,
    SLOT_PING,
    SLOT_TAP,       /* every message, for streams */
    SLOT_TAP_EVENT, /* every event, for streams */
    SLOT_DROPPED,   /* what a policy has dropped */
    SLOT_CONNECTION,
    SLOT_GAP,
    SLOT_LISTENING,
    SLOT_LOG,
    SLOT_ERROR, /* an exception in any of the others */
    SLOT_COUNT
};

/* Whoever waits looks for signals so often, microseconds. */
#define WAIT_SLICE_US ((PY_TIMEOUT_T)100000)

typedef struct core core;
typedef struct quest quest;

/* Something to be told in Python, by the teller. The first member of what it belongs to. */
typedef struct notice {
    struct notice *next;
    /* With the interpreter's lock; frees the notice. */
    void (*tell)(core *self, struct notice *notice);
} notice;

struct core {
    rtm_client *client;
    /*
     * A connection of its own for calls made in handlers and callbacks: while these run, the
     * client may have stopped reading, and answers would wait behind the pushes.
     */
    rtm_client *helper;
    rtm_workers *workers;
    pid_t pid;               /* of the process that made it */
    atomic_bool may_connect; /* calls connect by themselves */
    bool is_gone;            /* destroyed, or being so; guarded by the interpreter's lock */
    core *next;              /* of all whose end is not over; guarded by the interpreter's lock */

    atomic_int refs; /* the Python object, the end of it, and each quest */

    PyObject *slots[SLOT_COUNT]; /* guarded by the interpreter's lock */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t has_notice;
    notice *notices;
    notice **notices_end;
    size_t notice_count;
    bool is_teller_ending;
    quest *quests; /* under way */
    uint64_t notices_lost;

    pthread_t teller;
    bool has_teller;

    /* The loop's thread only. */
    int64_t connection_id;
    bool is_ready;

    PyThread_type_lock gone; /* held until all threads have ended */
};

/* core.c: the life of a core. */

/* Make one and start its threads; NULL with an exception. */
core *core_new(const rtm_client_options *options, const rtm_workers_options *workers,
               bool may_connect);
void core_ref(core *self);
void core_unref(core *self);
/* Begin the end, once. With the interpreter's lock; never waits. */
void core_begin_end(core *self);
/* Wait until it is over; false with an exception of a signal's handler, or after so long (-1:
   never) without one. */
bool core_wait_end(core *self, int64_t timeout_us);
/* End all cores and the loop; how many are still busy after so long, -1 with an exception. */
int core_end_all(int64_t timeout_us);
/* Whether the calling thread runs the callbacks of this core. */
bool core_is_own_thread(const core *self);
/* Set which callbacks the client has, by the slots that are set. 0 or an RTM_E_…. */
int core_apply_slots(core *self);

/* gil.c: the interpreter's lock on threads that are not Python's. */

int gil_init(void);
void gil_enter(void *core_of_thread);
void gil_leave(void *core_of_thread);
/* Let others have a turn. */
void gil_yield(void);
extern _Thread_local core *gil_core;

/* notice.c: what the teller tells. */

void *teller_run(void *userdata);
/* The text of the first log line that waits, or what the error says. */
void notice_take_reason(core *self, int error, char *ret_text, size_t size);
/* Forget all that wait; nobody will be told. */
void notice_free_all(core *self);
/* Queue a notice, from any thread. */
void notice_push(core *self, notice *what);
void notice_on_state(rtm_client *client, rtm_state old_state, rtm_state new_state, int reason,
                     void *userdata);
void notice_on_ping(rtm_client *client, void *userdata);
void notice_on_gap(rtm_client *client, const rtm_gap *gap, void *userdata);
void notice_on_listening(rtm_client *client, bool is_listening, void *userdata);
void notice_on_dropped(rtm_client *client, const rtm_message *message, const rtm_event *event,
                       void *userdata);
void notice_on_log(rtm_log_level level, const char *text, void *userdata);

/* deliver.c: messages and events. */

void deliver_message(rtm_client *client, const rtm_message *message, void *userdata);
void deliver_event(rtm_client *client, const rtm_event *event, void *userdata);
/* Hand the exception that is set to the hook; `where` names the callback. */
void deliver_exception(core *self, const char *where);
/* str if it is UTF-8, else bytes. */
PyObject *deliver_text(rtm_bytes bytes);

/* convert.c: values both ways. */

/* A dict as parameters; NULL with an exception. */
rtm_params *convert_params(PyObject *dict);
PyObject *convert_value(rtm_value value);
/* An array of 64-bit integers from any iterable; NULL with an exception. At least one cell. */
int64_t *convert_ids(PyObject *ids, size_t *ret_count);

/* quest.c: calls. */

/* Runs on the loop's thread; 0, or what has prevented it. */
typedef int quest_begin_fn(quest *q, rtm_client *client);

#define OWNED_COUNT 5

typedef enum quest_result { RESULT_NONE, RESULT_ANSWER, RESULT_SENT, RESULT_STATS } quest_result;

struct quest {
    notice notice; /* how the end of an asynchronous one is told */
    quest *prev;   /* among those under way */
    quest *next;
    bool is_under_way;
    bool is_begun; /* the loop's */
    core *core;
    atomic_int refs;
    quest_begin_fn *begin;
    bool needs_connection;
    int64_t timeout_ms;
    rtm_call *handle; /* of listen calls, which outlive a failed attempt */

    /* What is asked. */
    char *method;
    rtm_params *params;
    rtm_listen listen;
    rtm_listen_all listen_all;
    int verb;
    rtm_outgoing_file file;
    void *owned[OWNED_COUNT]; /* what the structs above point to */

    /* What came of it. */
    int code; /* 0, a code of the gate, or an RTM_E_… */
    char text[RTM_ERROR_TEXT_SIZE];
    quest_result kind;
    unsigned char *answer;
    size_t answer_len;
    rtm_sent sent;
    rtm_stats stats;

    PyThread_type_lock done; /* of one that is waited for */
    PyObject *on_done;       /* of an asynchronous one: called with code, text, value */
};

quest *quest_new(core *self, quest_begin_fn *begin, quest_result kind, int64_t timeout_ms);
/* Start and wait, or start only if `on_done` is not None; takes the quest. */
PyObject *quest_run(quest *q, PyObject *on_done);
void quest_free(quest *q);
/* On the loop's thread: an attempt to connect has failed; or ready, with 0. */
void quest_connection_changed(core *self, int reason);
/* End all that are under way. */
void quest_fail_all(core *self, int reason);

extern quest_begin_fn quest_begin_call;
extern quest_begin_fn quest_begin_listen;
extern quest_begin_fn quest_begin_file;
extern quest_begin_fn quest_begin_stats;
extern quest_begin_fn quest_begin_connect;
extern quest_begin_fn quest_begin_close;

/* What a listen quest does. */
enum { VERB_ADD, VERB_REMOVE, VERB_SET, VERB_SET_ALL };

/* client.c: the type. */

extern PyType_Spec client_spec;
/* False with an exception in a child of the process that made the client, or after its end. */
bool client_check(core *self);

#endif
