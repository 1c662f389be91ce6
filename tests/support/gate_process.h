/*
 * Starts rtmd for a test in C: a free port, a folder of its own, no sleeps.
 *
 * The program is the one that the variable RTMD names. Everything that goes wrong fails the
 * running cmocka test and shows what the gate has logged. A gate dies with the test's process.
 */
#ifndef TESTS_SUPPORT_GATE_PROCESS_H
#define TESTS_SUPPORT_GATE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GATE_PID 11000001
#define GATE_SECRET "not-a-real-secret"

/** GATE_SQLITE is what RTMKIT_TEST_STORE_URI names, if it is set: one for all gates of a program.
 */
typedef enum gate_store { GATE_MEMORY, GATE_SQLITE } gate_store;

typedef struct gate_process {
    char folder[256]; /* configuration, secret, store and log */
    char endpoint[64];
    pid_t process; /* 0: not running */
    int shards;
    gate_store store;
} gate_process;

/** Make a folder and start a gate. `more` are further lines of section [gate], or NULL. */
void gate_init(gate_process *gate, int shards, gate_store store, const char *more);

/** The same with further lines of the project's section. */
void gate_init_project(gate_process *gate, int shards, gate_store store, const char *more,
                       const char *project);

/** Start again, after gate_stop(), with the same configuration and store; the port is new. */
void gate_start(gate_process *gate);

/** SIGTERM, and wait: it has to end with 0. */
void gate_stop(gate_process *gate);

/** SIGKILL, at once. gate_start() may follow. */
void gate_kill(gate_process *gate);

/** Start it and kill it when it is ready, or after so many ms. True: it was ready. */
bool gate_start_and_kill(gate_process *gate, int after_ms);

/** Stop it if it runs, and remove the folder. */
void gate_deinit(gate_process *gate);

/*
 * Which event loop of the gate serves a connection: look at its sockets before the connection
 * is made, and ask after the gate has answered on it.
 */
#define GATE_FDS_MAX 1024

typedef struct gate_sockets {
    bool is_socket[GATE_FDS_MAX];
} gate_sockets;

void gate_look_at_sockets(const gate_process *gate, gate_sockets *ret);

/** The epoll descriptor, in the gate, that watches the one new socket; -1 if there is none. */
int gate_get_loop_of_new(const gate_process *gate, const gate_sockets *before);

#endif
