/*
 * An index of things that are kept elsewhere, by their hash: 32-bit numbers in slots of 8 bytes
 * that hold 31 bits of the hash, too, so what is not there is hardly ever looked at elsewhere. Open
 * addressing, at most half full; a hash leads to the first slot of a line of the processor's cache,
 * and mostly that line is all that is read.
 *
 * It grows by doubling, bit by bit: old slots move over with each number that is put, so no call
 * takes long however many there are. Hashes have to be keyed where they come from peers.
 */
#ifndef RTMI_BASE_SLOTS_H
#define RTMI_BASE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rtmi_slot {
    uint32_t tag;
    uint32_t number;
} rtmi_slot;

typedef struct rtmi_slot_table {
    void *room;
    rtmi_slot *slots; /* in the room, where a line begins; NULL: no table */
    size_t mask;
} rtmi_slot_table;

/** All zero is an empty one. */
typedef struct rtmi_slots {
    rtmi_slot_table now;
    rtmi_slot_table old; /* while it grows: what stands before `moved` has gone over */
    size_t moved;
    size_t count;
} rtmi_slots;

/** Safe on one that is all zero. */
void rtmi_slots_deinit(rtmi_slots *self);

/** Fetch the memory that looking up a hash will need. */
void rtmi_slots_prefetch(const rtmi_slots *self, uint64_t hash);

/** A slot that may be the one that is looked for. Valid until something is put or removed. */
typedef struct rtmi_slots_at {
    rtmi_slot *slot;
    size_t place;
    size_t end; /* where the search of the present table has ended, if it has */
    uint32_t tag;
    bool is_old;
} rtmi_slots_at;

/**
 * The first slot whose hash seems to be this one; false when there is none. Whether it is it has to
 * be looked up with its number, slot->number, which may be changed.
 */
bool rtmi_slots_seek(const rtmi_slots *self, uint64_t hash, rtmi_slots_at *ret_at);
/** The next one. */
bool rtmi_slots_next(const rtmi_slots *self, rtmi_slots_at *at);

/** Put a number, also if one of the same hash is there. False: out of memory. */
bool rtmi_slots_put(rtmi_slots *self, uint64_t hash, uint32_t number);

/**
 * The same as rtmi_slots_put(), where a search for the hash has just ended that has found nothing,
 * or not what was looked for: it need not search again.
 */
bool rtmi_slots_put_at(rtmi_slots *self, uint64_t hash, uint32_t number, const rtmi_slots_at *at);

/** Take out the slot that was found. */
void rtmi_slots_remove_at(rtmi_slots *self, const rtmi_slots_at *at);
/** Take out the slot of a hash and a number; false when there is none. */
bool rtmi_slots_remove(rtmi_slots *self, uint64_t hash, uint32_t number);

#endif
