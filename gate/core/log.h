/*
 * A project's log, as its owner keeps it: the only place where offsets and log time are given.
 *
 * Requests gather in a batch while the batch before is being committed; then the batch goes to
 * the store as one, and when it is committed it becomes one item of the project's feed, which
 * every shard takes: it answers its own senders first, then routes the records, in the order of
 * their offsets. A repeat of a known message id adds an answer to the batch, and no record: so
 * it is answered after the message it repeats.
 */
#ifndef GATE_CORE_LOG_H
#define GATE_CORE_LOG_H

#include <stdatomic.h>

#include "gate/core/config.h"
#include "gate/core/mids.h"
#include "lib/base/buf.h"
#include "lib/base/span.h"

/** Who waits for a request's end. */
typedef struct log_sender {
    uint64_t conn_id;
    uint32_t shard;
    uint32_t seq;
    bool wants_answer; /* false: it was a one-way quest */
    bool is_json;      /* it came in JSON and is answered so */
    uint16_t method;   /* for the figures: as in shard_metrics.quests */
    int64_t arrived_us;
} log_sender;

/** Messages to append: one record a target, the body once. All borrowed for the call. */
typedef struct log_request {
    log_sender sender;
    int64_t from;
    int64_t mid;
    const int64_t *targets;
    size_t target_count;
    rtmi_span msg;
    rtmi_span attrs;
    uint8_t kind; /* store_kind */
    uint8_t mtype;
    bool is_binary;
} log_request;

/** How a request ended; its records are first … first + count of the batch. */
typedef struct feed_reply {
    log_sender sender;
    int64_t mtime_ms;
    int code;       /* 0, or the error to answer */
    bool is_repeat; /* stands for records of an earlier batch, too */
    uint32_t first;
    uint32_t count;
} feed_reply;

struct feed_item;

typedef struct feed_link {
    bus_item item; /* MAIL_FEED */
    struct feed_item *feed;
} feed_link;

/** One committed (or failed) batch, read by all shards, freed by the last. */
typedef struct feed_item {
    bus_item committed; /* MAIL_COMMITTED, to the owner */
    atomic_size_t refs;
    size_t project; /* index in the configuration */
    size_t owner;
    bus *bus;
    int64_t (*mono_us)(void); /* of the configuration */
    atomic_size_t *fed_bytes; /* the project's count, while it travels */
    size_t cost;              /* what it adds there */
    store_batch batch;
    size_t record_cap;
    rtmi_buf bytes;
    feed_reply *replies;
    size_t reply_count;
    size_t reply_cap;
    int64_t submitted_us;
    int64_t stored_us;
    int result; /* of the commit: 0 or -1 */
    char text[160];
    feed_link links[]; /* one a shard */
} feed_item;

void feed_item_unref(feed_item *feed);

typedef struct gate_log gate_log;

typedef struct gate_log_stats {
    uint64_t records;
    uint64_t repeats;
    uint64_t repeats_refused;
} gate_log_stats;

/** Make the log of project `project`; reads the message ids of the last minutes. NULL and text. */
gate_log *log_new(const gate_config *config, size_t project, gate_time now, char *reterr_text,
                  size_t text_size);
void log_free(gate_log *self);

/**
 * Take a request into the batch that gathers. 0; else the code to answer: 20011 when too much
 * waits for the disk, 200999 when out of memory. Message ids are judged here.
 */
int log_append(gate_log *self, const log_request *request, gate_time now);

/** Answer a request of another shard with an error, in its turn of the feed. */
void log_refuse(gate_log *self, const log_sender *sender, int code);

/** Hand the gathered batch to the store, unless one is under way. */
void log_submit(gate_log *self);

/** A batch came back: forget what failed. The caller publishes it, then calls log_submit(). */
void log_committed(gate_log *self, feed_item *feed);

bool log_is_idle(const gate_log *self);
const gate_log_stats *log_get_stats(const gate_log *self);

/** Messages refused by messages-per-second, ever. */
uint64_t log_get_limited(const gate_log *self);

/** Another configuration holds. */
void log_set_config(gate_log *self, const gate_config *config);

/** Make them known to all threads; once a tick. */
void log_publish(gate_log *self);

#endif
