/*
 * A project's log and directory, as its owner keeps them: the only place where offsets and log
 * time are given, and where groups, bans, sessions and the rest are changed.
 *
 * What is to be done gathers in a batch while the batch before is being committed; then the
 * batch goes to the store as one, and when it is committed it becomes one item of the project's
 * feed, which every shard takes: it answers its own senders first, then routes the records and
 * follows the notices, in their order. A repeat of a known message id adds an answer to the
 * batch, and no record: so it is answered after the message it repeats. A quest that only reads
 * is answered through the batch, too: what it has read is durable when its answer leaves.
 *
 * When a commit fails, everything that the batch has changed is undone, and with it what has
 * gathered meanwhile, since that may have been decided by what is not so now.
 */
#ifndef GATE_CORE_LOG_H
#define GATE_CORE_LOG_H

#include <stdatomic.h>

#include "gate/core/config.h"
#include "gate/core/directory.h"
#include "gate/core/mids.h"
#include "gate/core/notice.h"
#include "lib/base/buf.h"
#include "lib/base/list.h"
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
    bool is_client; /* of a user's session: stricter rules */
} log_request;

/** How a request ended; its records are first … first + count of the batch. */
typedef struct feed_reply {
    log_sender sender;
    int64_t mtime_ms;
    int code;        /* 0, or the error to answer */
    int answer_code; /* of the answer at answer_at, for the figures */
    bool is_repeat;  /* stands for records of an earlier batch, too */
    bool is_client;  /* the sender is a user's session */
    uint32_t first;
    uint32_t count;
    size_t answer_at; /* a whole answer in feed_item.answers, instead of mtime and code */
    size_t answer_len;
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
    struct feed_pool *pool;
    size_t project; /* index in the configuration */
    size_t owner;
    bus *bus;
    int64_t (*mono_us)(void); /* of the configuration */
    atomic_size_t *fed_bytes; /* the project's count, while it travels */
    size_t cost;              /* what it adds there */
    store_batch batch;
    size_t record_cap;
    rtmi_buf bytes;
    change_set changes;
    rtmi_buf notices; /* feed_notice, in the order of the records that they stand before */
    rtmi_buf answers;
    feed_reply *replies;
    size_t reply_count;
    size_t reply_cap;
    int64_t submitted_us;
    int64_t stored_us;
    int result; /* of the commit: 0 or -1 */
    char text[160];
    rtmi_list ends;         /* session_end: kept until it is known whether they are stored */
    bool ends_old_sessions; /* those that the last run has left open */
    feed_link links[];      /* one a shard */
} feed_item;

void feed_item_unref(feed_item *feed);

typedef struct gate_log gate_log;

enum { LOG_ASKED_MAX = 10000 };

typedef struct gate_log_stats {
    uint64_t records;
    uint64_t repeats;
    uint64_t repeats_refused;
} gate_log_stats;

/**
 * Make the log of project `project`: reads its directory, and the message ids of the last
 * minutes. Sessions that the directory has open have ended with the gate that wrote them: the
 * first batch says so, and if it fails the next. NULL and text.
 */
gate_log *log_new(const gate_config *config, size_t project, gate_time now, char *reterr_text,
                  size_t text_size);
void log_free(gate_log *self);

/**
 * Take a request into the batch that gathers. 0; else the code to answer: 20011 when too much
 * waits for the disk, 200999 when out of memory. Message ids are judged here.
 */
int log_append(gate_log *self, const log_request *request, gate_time now);

/** Such a message may come soon: fetch the memory in which its id is looked for. */
void log_expect(const gate_log *self, uint8_t kind, int64_t from, int64_t to, int64_t mid);

/**
 * Answer a request with an error, in its turn of the feed. After log_begin() there is memory for
 * it; else false: out of memory.
 */
bool log_refuse(gate_log *self, const log_sender *sender, int code);

/* ---- for handlers that run on the owner ---------------------------------------------------- */

/** A place in the batch that gathers, to come back to. */
typedef struct log_mark {
    size_t records;
    size_t bytes;
    size_t notices;
    size_t answers;
    size_t replies;
    int64_t next_offset;
    int64_t last_mtime_ms;
    size_t pending_bytes;
    change_mark changes;
} log_mark;

/**
 * Begin something that may be taken back; room for one reply is there from now on. False: out of
 * memory.
 */
bool log_begin(gate_log *self, log_mark *ret_mark);
/** Take back all that was done since. */
void log_rewind(gate_log *self, const log_mark *mark);
/** It is done: what it has added counts as waiting for the disk. */
void log_end(gate_log *self, const log_mark *mark);
/** Whether too much waits for the disk to begin anything. */
bool log_is_full(const gate_log *self);

const directory *log_directory(const gate_log *self);
/* Change the directory, after log_begin(). 0, or the code to answer. */
int log_put(gate_log *self, const dir_key *key, rtmi_span value);
int log_remove(gate_log *self, const dir_key *key);
int log_clear(gate_log *self, const dir_key *prefix);

/**
 * Add a record that is no message, after log_begin(): kind, mtype, is_binary, from, to and mid
 * are taken from `record`. 0, or the code to answer.
 */
int log_record(gate_log *self, const store_record *record, rtmi_span msg, rtmi_span attrs,
               gate_time now);

/** Tell the shards, in the order of the records. 0, or the code to answer. */
int log_notify(gate_log *self, const feed_notice *notice);

/** Where those who sweep the directory bit by bit have come to; theirs to move. */
dir_key *log_sweep_place(gate_log *self);

/** Where an answer is to be encoded, after log_begin(); then log_answered(). */
rtmi_buf *log_answers(gate_log *self);
/** For the figures: the answer that log_answered() has just taken is an error. */
void log_set_answer_code(gate_log *self, int code);

/** What stands in log_answers() from `at` on is the answer. 0, or 200999: out of memory. */
int log_answered(gate_log *self, const log_sender *sender, size_t at);

/**
 * Whether the store may be asked: LOG_ASKED_MAX questions are under way at most, with as many
 * bytes of parameters as may wait for the disk.
 */
bool log_may_ask(const gate_log *self, size_t bytes);
/** A question to the store is under way, or has come back: until then the log is not idle. */
void log_asked(gate_log *self, size_t bytes, bool has_come_back);

/** A session_end, by its `link`, whose session has been ended in the batch that gathers. */
void log_keep_end(gate_log *self, rtmi_link *end);
/** Sessions of the last run are open again, since ending them could not be stored. */
bool log_has_old_sessions(const gate_log *self);

const gate_project *log_project(const gate_log *self);
const gate_config *log_config(const gate_log *self);

/* ---- commits ------------------------------------------------------------------------------- */

/** Hand the gathered batch to the store, unless one is under way. */
void log_submit(gate_log *self);

/**
 * A batch came back: undo what failed. Ends of sessions that were undone are pushed to
 * `ret_late`. The caller publishes the batch, then calls log_submit().
 */
void log_committed(gate_log *self, feed_item *feed, rtmi_list *ret_late);

bool log_is_idle(const gate_log *self);
const gate_log_stats *log_get_stats(const gate_log *self);

/** Messages refused by messages-per-second, ever. */
uint64_t log_get_limited(const gate_log *self);

/** Another configuration holds. */
void log_set_config(gate_log *self, const gate_config *config);

/** Make them known to all threads; once a tick. */
void log_publish(gate_log *self);

#endif
