/*
 * An ordered map from bytes to bytes: what a project's directory is kept in.
 *
 * A row of leaves, each a sorted array of entries. Finding is two bisections; counting a range
 * adds up whole leaves. Keys are in the order of memcmp(), shorter ones first.
 */
#ifndef GATE_CORE_ORDERED_H
#define GATE_CORE_ORDERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/span.h"

/** A key with its value; on the heap, owned by the map or by who took it out. */
typedef struct ordered_entry {
    uint32_t key_len;
    uint32_t value_len;
    uint8_t bytes[]; /* the key, then the value */
} ordered_entry;

typedef struct ordered ordered;

/** A copy of both; NULL: out of memory. Freed with free(). */
ordered_entry *ordered_entry_new(rtmi_span key, rtmi_span value);
rtmi_span ordered_entry_key(const ordered_entry *entry);
rtmi_span ordered_entry_value(const ordered_entry *entry);

ordered *ordered_new(void);
void ordered_free(ordered *self);

/** The entry of a key, or NULL. */
const ordered_entry *ordered_get(const ordered *self, rtmi_span key);

/**
 * Put an entry, which becomes the map's; the one that it replaces, or NULL, goes to the caller.
 * False: out of memory, nothing has changed; never when the key is there already.
 */
bool ordered_put(ordered *self, ordered_entry *entry, ordered_entry **ret_old);

/** Take an entry out; NULL if there is none. */
ordered_entry *ordered_take(ordered *self, rtmi_span key);

/** A place between entries; any change of the map makes it invalid. */
typedef struct ordered_at {
    size_t leaf;
    size_t slot;
} ordered_at;

/** In front of the first entry whose key is not below `key`. */
ordered_at ordered_seek(const ordered *self, rtmi_span key);

/** The entry behind the place, which moves on; NULL at the end. */
const ordered_entry *ordered_next(const ordered *self, ordered_at *at);

/**
 * Take out the entry behind the place, which then stands in front of the one after it; NULL at
 * the end. For removing many without a search for each.
 */
ordered_entry *ordered_take_at(ordered *self, ordered_at *at);

/** How many keys begin with `prefix`. */
size_t ordered_count(const ordered *self, rtmi_span prefix);

#endif
