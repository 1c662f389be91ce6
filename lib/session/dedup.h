/*
 * The filter of repeated messages: key (kind, from, to, mid), bounded by count and by age.
 *
 * The last `max_count` keys are known, and none for longer than two times `max_age_ms`: each time
 * that max_age_ms are over, what was there when they began is forgotten. So a key is remembered
 * for max_age_ms at least, unless max_count newer ones came in between, and for twice that at most.
 * Nothing ever scans, clears, or copies all it has: an index that is too small is replaced by a
 * larger one, into which entries move bit by bit.
 *
 * A key takes 16 bytes, 128 bits of a keyed hash, in a log in the order of their coming; and
 * 8 bytes of an index with lines of 64, which are a third to five eighths full. So memory is at
 * most 42 * max_count bytes, 55 while it grows, and what a new key touches is a line and the log's
 * end. LIMIT: two keys in the window are taken for one with a chance of 2^-127 a pair.
 *
 * Protocol: RTM section 3.7.
 */
#ifndef RTMI_SESSION_DEDUP_H
#define RTMI_SESSION_DEDUP_H

#include <rtm/message.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rtmi_dedup rtmi_dedup;

/** The hash of a message's key; made first for a whole read, so that lines can be fetched ahead. */
typedef struct rtmi_dedup_key {
    uint64_t high;
    uint64_t low;
} rtmi_dedup_key;

/** NULL when out of memory. `seed0` and `seed1` key the hash. */
rtmi_dedup *rtmi_dedup_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1,
                           int64_t now_ms);
void rtmi_dedup_free(rtmi_dedup *dedup);

rtmi_dedup_key rtmi_dedup_key_of(const rtmi_dedup *dedup, const rtm_message *message);

/** Ask the memory for the line of a key that is looked up soon. */
void rtmi_dedup_prefetch(const rtmi_dedup *dedup, rtmi_dedup_key key);

/** Whether the key is new; it is remembered then. */
bool rtmi_dedup_enter(rtmi_dedup *dedup, rtmi_dedup_key key, int64_t now_ms);

/** Take a key out again: its message was not delivered after all. */
void rtmi_dedup_leave(rtmi_dedup *dedup, rtmi_dedup_key key);

/** Forget everything. */
void rtmi_dedup_clear(rtmi_dedup *dedup);

/** How often keys were forgotten early for want of memory. */
uint64_t rtmi_dedup_get_forgotten(const rtmi_dedup *dedup);

#endif
