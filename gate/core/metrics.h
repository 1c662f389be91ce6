/*
 * Figures of a shard and of a project's log, for whoever watches the gate.
 *
 * Who counts owns what it counts in: plain numbers of one thread. Once a tick the owner copies
 * them as a whole into a cell, from which any thread may copy them out again. No lock is taken
 * and nothing waits; a reader that meets a copy under way tries again.
 */
#ifndef GATE_CORE_METRICS_H
#define GATE_CORE_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rtm/methods.h"

/** Addresses that are told apart: as many [listen] sections as there may be, and the short form. */
#define METRICS_DOORS 17

/** Methods that are told apart: those of the table by their index, and three more. */
enum {
    METRICS_METHOD_UNKNOWN = RTMI_METHODS_MAX,
    METRICS_METHOD_PING, /* *ping */
    METRICS_METHOD_KEY,  /* *key */
    METRICS_METHODS
};

/** How a quest ended. */
typedef enum metrics_result {
    METRICS_OK,
    METRICS_AUTH,    /* who it is from was not shown */
    METRICS_INVALID, /* parameters, or a method that there is not */
    METRICS_DENIED,  /* not allowed, or not possible as things are */
    METRICS_LIMITED, /* too many, too much, too large */
    METRICS_FAILED,  /* the gate's own trouble, or its end */
    METRICS_RESULTS
} metrics_result;

/** The class of a code that is answered; 0 is success. */
metrics_result metrics_result_of(int code);

/** Messages and pushes by kind: the numbers of store_kind, then what is none of the known. */
enum { METRICS_KIND_OTHER = 14, METRICS_KIND_PING = 15, METRICS_KINDS = 16 };

static inline size_t metrics_kind(uint8_t kind)
{
    return kind < METRICS_KIND_OTHER ? kind : METRICS_KIND_OTHER;
}

/** Why a quest was answered 200010. */
enum { METRICS_LIMIT_ADDRESS, METRICS_LIMIT_PROJECT, METRICS_LIMITS };

/** By the gate_slow that was at work. */
enum { METRICS_POLICIES = 3 };

enum { METRICS_BOUNDS = 16 };

/** Upper bounds of the buckets, inclusive: of durations in us, and of counts. */
extern const uint64_t metrics_time_bounds_us[METRICS_BOUNDS];
extern const uint64_t metrics_count_bounds[METRICS_BOUNDS];

/** Each value is in one bucket; the last holds what is beyond all bounds. */
typedef struct metrics_histogram {
    uint64_t buckets[METRICS_BOUNDS + 1];
    uint64_t sum;
} metrics_histogram;

/** `count` observations of one value. */
void metrics_observe(metrics_histogram *to, const uint64_t *bounds, uint64_t value, uint64_t count);

/** Add the second to the first. Both are made of nothing but uint64_t. */
void metrics_add(void *to, const void *what, size_t size);

/** Of one shard. Nothing but uint64_t: it is copied word by word. */
typedef struct shard_metrics {
    uint64_t quests[METRICS_METHODS][METRICS_RESULTS];
    uint64_t quests_limited[METRICS_LIMITS];
    metrics_histogram answer_us[2]; /* answered in the turn of the quest; later */
    uint64_t opened[METRICS_DOORS]; /* connections, ever */
    uint64_t open[METRICS_DOORS];   /* now */
    uint64_t proved;                /* now */
    uint64_t cut;
    uint64_t pushes[METRICS_KINDS]; /* put into output queues */
    uint64_t dropped[METRICS_POLICIES];
    uint64_t push_answers;
    uint64_t push_errors;
    uint64_t queue_bytes; /* now */
    uint64_t queue_pushes;
    uint64_t owed;        /* answers that wait for a commit, now */
    uint64_t ticked_ms;   /* monotonic: when it was published */
    uint64_t is_draining; /* 0 or 1 */
} shard_metrics;

/** Of one project's log, counted by its owner. Nothing but uint64_t. */
typedef struct log_metrics {
    uint64_t messages[METRICS_KINDS]; /* records committed */
    uint64_t repeats;                 /* mids that repeat a message: answered with its time */
    uint64_t repeats_refused;         /* 200053 */
    uint64_t limited;                 /* messages answered 200010 */
    uint64_t full;                    /* messages answered 20011: log-pending */
    uint64_t head;
    uint64_t pending_bytes;
    uint64_t commits;
    uint64_t commits_failed;
    uint64_t is_failing;       /* the last commit failed: 0 or 1 */
    metrics_histogram records; /* of a commit */
    metrics_histogram commit_us;
} log_metrics;

#define METRICS_WORDS(type) (sizeof(type) / sizeof(uint64_t))

/** What was published last. All zeros is an empty one. */
typedef struct shard_cell {
    atomic_uint turn; /* odd while words are written */
    atomic_uint_least64_t words[METRICS_WORDS(shard_metrics)];
} shard_cell;

typedef struct log_cell {
    atomic_uint turn;
    atomic_uint_least64_t words[METRICS_WORDS(log_metrics)];
} log_cell;

/** Copy in; one thread at a time. */
void shard_cell_publish(shard_cell *to, const shard_metrics *what);
void log_cell_publish(log_cell *to, const log_metrics *what);

/** Copy out; any thread. All zeros before it was first published. */
void shard_cell_read(const shard_cell *from, shard_metrics *ret_what);
void log_cell_read(const log_cell *from, log_metrics *ret_what);

/**
 * When quests arrived whose answers leave in this turn: runs of equal times, since all quests of
 * a turn arrive at once. When more runs are needed than there are, times are rounded to the run
 * before.
 */
enum { METRICS_RUNS = 64 };

typedef struct metrics_runs {
    struct {
        int64_t arrived_us;
        uint64_t count;
    } runs[METRICS_RUNS];
    size_t count;
} metrics_runs;

void metrics_runs_add(metrics_runs *self, int64_t arrived_us, uint64_t count);

/** They have left: into the histogram, and begin anew. */
void metrics_runs_end(metrics_runs *self, metrics_histogram *to, int64_t now_us);

#endif
