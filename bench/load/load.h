/*
 * The load generator: one thread, one epoll, many connections that speak one wire each.
 *
 * A wire knows bytes: how a connection signs on, how a message is written, what comes back and
 * how it is answered. A scenario knows when and how often. In between is the connection, which
 * counts. Nothing is believed: whatever is not the expected delivery byte for byte, or comes
 * once too often, ends the program with an error.
 */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"

#define LOAD_READ_BYTES (256u * 1024)
#define LOAD_CARRY_MAX (64u * 1024) /* the longest package, of which a part may wait */
#define LOAD_OUT_MAX (64u * 1024 * 1024)
#define LOAD_CONNS_MAX 100000
#define LOAD_WINDOWS_MAX 8
#define LOAD_SIZE_MAX 4096 /* of a message's text */

typedef struct load load;

typedef struct conn {
    int fd;
    bool is_listener; /* subscribes; else it sends */
    bool is_ready;    /* the server has agreed to all that join() wrote */
    bool waits;       /* for the socket to take more */
    uint64_t got;     /* deliveries */
    uint64_t answers; /* to messages or echoes */
    uint64_t seen;    /* of the deliveries, by a scenario that looks at each */
    uint32_t seq;
    int64_t last_mid; /* of a wire that numbers messages */
    rtmi_buf carry;   /* the begin of a package */
    rtmi_buf out;
} conn;

typedef struct wire {
    const char *name;
    bool answers_sender; /* each message is answered to who sent it */
    /** Before the first connection; false when that cannot be. */
    bool (*prepare)(load *self);
    /** Write all that makes the connection a listener or a sender. */
    void (*join)(load *self, conn *c);
    void (*write_message)(load *self, conn *c);
    void (*write_echo)(load *self, conn *c);
    /** Take whole packages off `in` and count; returns the bytes taken. Ends on what is wrong. */
    size_t (*take)(load *self, conn *c, rtmi_span in);
} wire;

extern const wire wire_rtm;
extern const wire wire_nats;
extern const wire wire_redis;
extern const wire wire_mqtt0;
extern const wire wire_mqtt1;

struct load {
    const wire *wire;
    uint16_t port;
    pid_t server; /* whose CPU and memory is counted; 0: nobody's */
    int32_t project;
    const char *secret;
    size_t conn_count; /* listeners, or connections of an echo */
    size_t depth;
    size_t windows[LOAD_WINDOWS_MAX];
    size_t window_count;
    int64_t run_ms;
    int64_t rate; /* messages a second */
    bool checks;  /* decode each delivery whole, and look at the order */
    bool listens; /* idle connections do */
    char text[LOAD_SIZE_MAX];
    size_t text_len;

    int epoll_fd;
    conn *conns;  /* conn_count, then the sender */
    uint64_t got; /* sums over all connections */
    uint64_t answers;
    rtmi_buf one;      /* one message of a wire whose messages are all the same */
    rtmi_buf expected; /* the same as it is delivered */
};

/** Print what is wrong and end with 1. */
_Noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Open the connection of that place, sign on, and wait until the server has agreed. */
conn *load_open(load *self, size_t at, bool is_listener);
void load_close_all(load *self);

/** Send what waits in `out`; the rest goes when the socket takes it. */
void load_flush(load *self, conn *c);

/** Wait for events and handle them; `after` is told of each connection that has read. */
typedef void load_after_fn(load *self, conn *c);
void load_turn(load *self, load_after_fn *after);
/** The same, back at that time at the latest; INT64_MAX: as load_turn(). */
void load_turn_until(load *self, load_after_fn *after, int64_t end_ns);

/** An echo on each connection; so all that was on its way has come. Then: nothing too much. */
void load_settle(load *self, size_t conn_count);

int64_t load_now_ns(void);
int64_t load_own_cpu_ns(void);
/** CPU time of the server process, all its threads; 0 when there is none to look at. */
int64_t load_server_cpu_ns(const load *self);

void scenario_fanout(load *self);
void scenario_echo(load *self);
void scenario_idle(load *self);
void scenario_latency(load *self);

/** Serve FPNN as a program that only splits packages; returns when standard input ends. */
int split_serve(size_t text_len);

#endif
