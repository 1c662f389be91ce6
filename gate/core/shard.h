/*
 * A shard: the gate's brain on one core. A function of bytes, mailbox items and time; it opens
 * nothing, waits for nothing and reads no clock. A driver (gate/io/loop) runs it:
 *
 *   on a new connection   shard_opened()
 *   on readable           conn_read_space(), recv, shard_bytes()
 *   on end or error       shard_closed()
 *   on a bus wake-up      shard_take_mail()
 *   every 250 ms or so    shard_tick()
 *   at the end of a turn  shard_end_turn(), then for each shard_next_dirty(): write
 *                         conn_get_output() and tell conn_sent(); when conn_wants_close() and
 *                         nothing is left to write (or the peer does not take it), close the
 *                         socket and call shard_closed()
 *
 * One thread runs a shard and everything of it.
 */
#ifndef GATE_CORE_SHARD_H
#define GATE_CORE_SHARD_H

#include "gate/core/config.h"
#include "lib/base/span.h"

typedef struct shard shard;
typedef struct conn conn;

/** Counters, all rising. */
typedef struct shard_stats {
    uint64_t connections;
    uint64_t quests;
    uint64_t records;         /* appended by this shard as owner */
    uint64_t repeats;         /* repeated mids answered with the stored time */
    uint64_t repeats_refused; /* 200053 */
    uint64_t pushes;          /* put into output queues */
    uint64_t pushes_dropped;  /* by the slow policy */
    uint64_t push_answers;
    uint64_t push_errors; /* pushes that peers answered with an error */
    uint64_t refused;     /* quests answered with an error */
    uint64_t cut;         /* connections closed for breaking a rule or a limit */
} shard_stats;

/** What the core tells its driver at once. */
typedef struct shard_driver {
    void *userdata;
    /** The connection has proved itself with a verified quest: the limits of strangers end. */
    void (*proved)(void *io, void *userdata);
} shard_driver;

/**
 * Make shard `index`. Reads the end of the logs that it owns, to know the message ids of the
 * last minutes: before any shard runs. 0, or -1 with a text.
 */
int shard_new(const gate_config *config, size_t index, const shard_driver *driver, gate_time now,
              shard **ret_shard, char *reterr_text, size_t text_size);

/** Free it and its connections (their sockets are the driver's). After its thread has ended. */
void shard_free(shard *self);

/**
 * A socket was accepted; `peer` is its address as text and must outlive it, as must `door`, which
 * asks nothing when it is NULL. NULL: out of memory.
 */
conn *shard_opened(shard *self, void *io, const gate_door *door, const char *peer, gate_time now);

/** The driver's pointer given to shard_opened(). */
void *conn_get_io(const conn *connection);

/**
 * Where to receive into. With an unfinished package that is the connection's own buffer, else
 * one that the whole shard shares: what was received must be handed over before the next call.
 * NULL: out of memory, close it.
 */
uint8_t *conn_read_space(shard *self, conn *connection, size_t *ret_len);

/** `len` bytes were received there. The connection may want to be closed afterwards. */
void shard_bytes(shard *self, conn *connection, size_t len, gate_time now);

/** The socket is closed: forget and free the connection. */
void shard_closed(shard *self, conn *connection, gate_time now);

/** Take what other shards and the store have sent. */
void shard_take_mail(shard *self, gate_time now);

void shard_tick(shard *self, gate_time now);

/** Hand the records of this turn to their owners, and begin commits. */
void shard_end_turn(shard *self, gate_time now);

/** The next connection with something to write or to close, taken off the list; or NULL. */
conn *shard_next_dirty(shard *self);

/**
 * What to write now, as up to `max` pieces in order; returns how many. The pieces are valid
 * until the next call on the shard.
 */
size_t conn_get_output(shard *self, conn *connection, rtmi_span *ret_pieces, size_t max);

/** `len` bytes of it were written. */
void conn_sent(shard *self, conn *connection, size_t len);

/** Whether something waits to be written. */
bool conn_has_output(const conn *connection);

/** Whether the core has done with it. */
bool conn_wants_close(const conn *connection);

/** Stop serving: new quests are answered 20014; records under way are finished. */
void shard_drain(shard *self);

/** Draining, and every answer and push that was owed has been written. */
bool shard_is_drained(const shard *self);

/**
 * The driver has written what it could of this turn's output: the answers of this turn have
 * left. Once a turn, behind the writes.
 */
void shard_written(shard *self);

/** Where it logs now; valid until it takes its mail again. */
const rtmi_log *shard_get_log(const shard *self);

/**
 * Where the connection comes from, for limits of an address: any number that is the same for the
 * same address. Without it none holds.
 */
void conn_set_source(conn *connection, uint64_t source);

const shard_stats *shard_get_stats(const shard *self);

/** Figures as of the last tick, shard_metrics. Any thread, while the shard lives. */
const shard_cell *shard_get_metrics(const shard *self);
size_t shard_connection_count(const shard *self);

#endif
