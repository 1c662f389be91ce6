/*
 * Limits of rate: so many a second, with one second's worth at once.
 *
 * A quota is one number, the time until which what was taken is paid for; each one taken moves
 * it on by the time that one costs. It may run ahead of the clock by one second; when it has, the
 * answer is no until the clock has caught up. So there is nothing to refill, and several threads
 * can share a quota by exchanging one number.
 *
 * Pure: time is given. A rate of 0 is no limit.
 */
#ifndef GATE_CORE_QUOTA_H
#define GATE_CORE_QUOTA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUOTA_RATE_MAX 100000000 /* a second */

/** All zeros is a full one. */
typedef struct quota {
    atomic_llong paid_ns; /* monotonic */
} quota;

/**
 * Take `count` at `now_us`. Yes as long as less than one second's worth is owed, so that a count
 * larger than that passes too, and is then paid for by waiting. Any thread.
 */
bool quota_take(quota *self, int64_t rate, uint64_t count, int64_t now_us);

/**
 * A thread's own share of a quota: what it has taken ahead, so that the common number is touched
 * once for many. At most a hundredth of a second's worth.
 */
typedef struct quota_share {
    uint64_t left;
} quota_share;

/** Take one. */
bool quota_share_take(quota_share *self, quota *from, int64_t rate, int64_t now_us);

/**
 * Quotas of addresses, in a room that does not grow: each address has a place in each of two
 * rows, and is refused when both are empty. LIMIT: addresses whose two places are both used up
 * by others are refused with them, with a chance of 2^-30 for each pair of greedy ones.
 */
enum { QUOTA_ROWS = 2, QUOTA_PLACES = 32768 };

typedef struct quota_table {
    uint64_t seed; /* so that nobody can choose whose place is his */
    quota rows[QUOTA_ROWS][QUOTA_PLACES];
} quota_table;

/** Take one for the address with that key. Any thread. */
bool quota_table_take(quota_table *self, uint64_t key, int64_t rate, int64_t now_us);

#endif
