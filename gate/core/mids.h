/*
 * The message ids that a project has seen lately: a repeat with the same content is answered
 * with the stored time, one with other content is refused (200053).
 *
 * Key (kind, from, target, mid), as a keyed 128-bit hash. A row of entries in order of arrival
 * with an open-addressed index: bounded by count and by age, the oldest leave without a scan. Both
 * grow on demand and bit by bit: 40 bytes an entry and 16 to 32 in the index, about 54 MiB at the
 * default of 1 M. No call takes longer than some microseconds, however many there are, but for
 * those after which the index has to grow and those that the system clears pages for: a
 * millisecond.
 */
#ifndef GATE_CORE_MIDS_H
#define GATE_CORE_MIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/store/store.h"
#include "lib/base/slots.h"
#include "lib/base/span.h"

typedef struct mids mids;

typedef struct mid_entry {
    uint64_t key[2];
    uint64_t content; /* hash of mtype, form, message and attributes */
    int64_t mtime_ms;
    int64_t offset; /* from 1 */
} mid_entry;

mids *mids_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1);
void mids_free(mids *self);

/**
 * The key of a message, into `ret->key`; the memory that looking it up needs is asked for, so there
 * should be something else to do before.
 */
void mids_key_of(const mids *self, uint8_t kind, int64_t from, int64_t to, int64_t mid,
                 mid_entry *ret);

/** The hash of a message's content, the same for all who get it. */
uint64_t mids_content_of(const mids *self, uint8_t mtype, bool is_binary, rtmi_span msg,
                         rtmi_span attrs);

/** Where a search has ended; it holds until anything is added, found or removed. */
typedef struct mid_place {
    rtmi_slots_at at;
    bool is_taken; /* by an entry with the same key */
} mid_place;

/** The entry with the same key that is not too old at log time `now_ms`; NULL if none. */
const mid_entry *mids_find(mids *self, const mid_entry *entry, int64_t now_ms,
                           mid_place *ret_place);

/** Remember an entry; the oldest leaves when it is full. False: out of memory, not remembered. */
bool mids_add(mids *self, const mid_entry *entry);

/** The same with an entry that was just searched for: it stands where that has ended. */
bool mids_add_at(mids *self, const mid_entry *entry, const mid_place *place);

/** Forget an entry whose record was not stored after all; compared by key and offset. */
void mids_remove(mids *self, const mid_entry *entry);

#endif
