/*
 * Times of messages: strictly rising in each conversation, though many come in one millisecond.
 *
 * Log time only never falls. A message whose conversation has had one in this millisecond gets
 * a time that is ahead of the log's. Only conversations whose last time has not passed yet are
 * remembered, and of them half of TIMES_MAX at least: where there are more, as after the clock was
 * put back, all are forgotten and every conversation goes on behind the latest time of any.
 */
#ifndef GATE_CORE_TIMES_H
#define GATE_CORE_TIMES_H

#include "gate/store/store.h"
#include "lib/base/map.h"

enum { TIMES_MAX = 1 << 20 }; /* 32 MiB */

typedef struct times {
    rtmi_map last;             /* hash of a conversation -> its last time, as a pointer */
    store_conversation recent; /* the last that was asked for; what the map has of it is old */
    uint64_t recent_key;
    int64_t recent_ms; /* its last time; 0: none */
    size_t swept_count;
    uint64_t seed;
    int64_t floor_ms; /* of conversations that were forgotten */
} times;

void times_init(times *self, uint64_t seed);
void times_deinit(times *self);

/**
 * How far a new message of the conversation is ahead of log time `now_ms`, noted as its last.
 * LIMIT: out of memory: 0, so two of its messages may get the same time.
 */
uint32_t times_take(times *self, const store_conversation *conversation, int64_t now_ms);

/** A stored message had this time. */
void times_seen(times *self, const store_conversation *conversation, int64_t time_ms);

#endif
