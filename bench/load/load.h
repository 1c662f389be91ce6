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
#define LOAD_SIZE_MAX 4096        /* of a message's text */
#define LOAD_LISTENS_MAX 20000000 /* of all listeners together */

typedef struct load load;
typedef struct veil veil;

typedef enum veil_kind { VEIL_NONE, VEIL_PACKAGE, VEIL_STREAM, VEIL_TLS } veil_kind;

typedef struct conn {
    int fd;
    bool is_listener; /* subscribes; else it sends */
    bool is_ready;    /* the server has agreed to all that join() wrote */
    size_t first;     /* of its groups */
    size_t joins;     /* answers to what join() wrote that are still to come */
    bool waits;       /* for the socket to take more */
    uint64_t got;     /* deliveries */
    uint64_t got_all; /* deliveries since it was opened; `got` may begin anew */
    uint64_t answers; /* to messages or echoes */
    uint64_t wrote;   /* messages, since it was opened */
    uint64_t seen;    /* of the deliveries, by a scenario that looks at each */
    uint32_t seq;
    int64_t last_mid; /* of a wire that numbers messages */
    rtmi_buf carry;   /* the begin of a package */
    rtmi_buf out;
    veil *veil; /* what hides its bytes on the wire; NULL: nothing */
} conn;

typedef struct wire {
    const char *name;
    bool answers_sender; /* each message is answered to who sent it */
    /** Before the first connection; false when that cannot be. */
    bool (*prepare)(load *self);
    /** Write all that makes the connection a listener or a sender. */
    void (*join)(load *self, conn *c);
    /** A message to that group. */
    void (*write_message)(load *self, conn *c, size_t group);
    void (*write_echo)(load *self, conn *c);
    /** Take whole packages off `in` and count; returns the bytes taken. Ends on what is wrong. */
    size_t (*take)(load *self, conn *c, rtmi_span in);
} wire;

extern const wire wire_rtm;
extern const wire wire_nats;
extern const wire wire_redis;
extern const wire wire_mqtt0;
extern const wire wire_mqtt1;

/** Bytes of a push of rtm, on the wire. */
size_t rtm_push_len(const char *text, size_t text_len);

struct load {
    const wire *wire;
    uint16_t port;
    pid_t server; /* whose CPU and memory is counted; 0: nobody's */
    int32_t project;
    const char *secret;
    size_t conn_count; /* listeners, or connections of an echo */
    size_t sender_count;
    /* Groups stand in a ring. Listener i listens to `each` of them from i * step on. */
    size_t group_count;
    size_t each;
    size_t step;
    size_t talk;     /* messages go to so many of a sender's groups; 0: to all */
    size_t fans;     /* so many listen to each group: the same for all */
    bool all_groups; /* listeners do not name groups: they ask for all there are (rtm) */
    size_t depth;
    size_t windows[LOAD_WINDOWS_MAX];
    size_t window_count;
    int64_t run_ms;
    int64_t rate;    /* messages a second */
    bool checks;     /* decode each delivery whole, and look at the order */
    bool listens;    /* idle connections do */
    bool again;      /* and come back when the server has been started anew */
    bool padded;     /* texts of brokers make a delivery as long as a push of rtm with --bytes */
    int64_t rest_ms; /* after a run, of which the server's CPU time counts */
    veil_kind veil_kind;
    const char *gate_key; /* path of the public key, for VEIL_PACKAGE and VEIL_STREAM */
    char text[LOAD_SIZE_MAX];
    size_t text_len;
    size_t delivery_len; /* on the wire, of one that is to group 0 */

    int epoll_fd;
    conn *conns;    /* conn_count, then the senders */
    uint64_t *sent; /* messages to each group, since load_open_all() */
    uint64_t got;   /* sums over all connections */
    uint64_t answers;
};

/** Print what is wrong and end with 1. */
_Noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Open the connection of that place, sign on, and wait until the server has agreed. */
conn *load_open(load *self, size_t at, bool is_listener);
/** The same without waiting: conn.is_ready tells. */
conn *load_begin(load *self, size_t at, bool is_listener);
/** All listeners and senders. */
void load_open_all(load *self);
void load_close_all(load *self);

/** Write the next message of that connection, to one of the groups in turn. */
void load_write_message(load *self, conn *c);

/** The connection is one of those that listen to that group. */
bool load_wants(const load *self, const conn *c, size_t group);

/** What every listener has got since load_open_all() is what was sent to its groups, else it ends.
 */
void load_check_listeners(const load *self);

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
void scenario_crowd(load *self);
void scenario_latency(load *self);

/** Before the first connection, when bytes are to be hidden. */
void veil_prepare(load *self);
/** For a connection that has not sent anything yet. */
veil *veil_new(load *self, conn *c);
void veil_free(veil *v);
/** Take from `plain` what can go, and give back all that is to be sent. */
rtmi_buf *veil_output(veil *v, rtmi_buf *plain);
/** Bytes from the wire; gives back all plain ones, from which the caller takes. */
rtmi_buf *veil_input(veil *v, rtmi_span in);

/** Serve FPNN as a program that only splits packages; returns when standard input ends. */
int split_serve(size_t text_len);

#endif
