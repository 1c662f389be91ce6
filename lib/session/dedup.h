/*
 * The filter of repeated messages: key (kind, from, to, mid), bounded by count and by age.
 *
 * Two generations of a hash table. Keys enter the current one; when it holds `max_count` keys,
 * or has been open for `max_age_ms`, it becomes the previous one and an empty one is opened.
 * So a key is remembered for max_age_ms at least, unless max_count newer ones came in between,
 * and for twice that at most. Nothing ever scans: a slot carries the number of its generation,
 * and belongs to nobody once that has passed.
 *
 * A slot is 16 bytes: 112 bits of a keyed hash, 16 of the generation. Tables begin small, are
 * at most half full and grow to 2 * max_count slots, so memory is at most 64 * max_count bytes.
 * LIMIT: two keys in the window are taken for one with a chance of 2^-112 a pair.
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

/** The hash of a message's key; made first for a whole read, so that slots can be fetched ahead. */
typedef struct rtmi_dedup_key {
    uint64_t high;
    uint64_t low; /* its low 16 bits are replaced by the generation */
} rtmi_dedup_key;

/** NULL when out of memory. `seed0` and `seed1` key the hash. */
rtmi_dedup *rtmi_dedup_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1,
                           int64_t now_ms);
void rtmi_dedup_free(rtmi_dedup *dedup);

rtmi_dedup_key rtmi_dedup_key_of(const rtmi_dedup *dedup, const rtm_message *message);

/** Ask the memory for the slots of a key that is looked up soon. */
void rtmi_dedup_prefetch(const rtmi_dedup *dedup, rtmi_dedup_key key);

/** Whether the key is new; it is remembered then. */
bool rtmi_dedup_enter(rtmi_dedup *dedup, rtmi_dedup_key key, int64_t now_ms);

/** Take a key out again: its message was not delivered after all. */
void rtmi_dedup_leave(rtmi_dedup *dedup, rtmi_dedup_key key);

/** Forget everything. */
void rtmi_dedup_clear(rtmi_dedup *dedup);

/** Generations that ended early because a table could not grow. */
uint64_t rtmi_dedup_get_forgotten(const rtmi_dedup *dedup);

#endif
