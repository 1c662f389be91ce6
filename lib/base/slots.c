/*
 * Removal shifts back in the present table, so lookups stay short. The old one is read only, but
 * for slots that are taken out before they have moved; it moves from its front to its end, which
 * keeps both tables' memory in sequence.
 */
#include "lib/base/slots.h"

#include <stdlib.h>

enum {
    LINE_BYTES = 64,
    LINE_SLOTS = 8,
    LINES_FIRST = 8,
    MOVED_EACH = 32 /* slots: few searches see two tables, and moving some takes no time */
};

/* Tags are odd. */
enum { TAG_EMPTY = 0, TAG_GONE = 2 };

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | 1;
}

static size_t home_of(const rtmi_slot_table *self, uint32_t tag)
{
    return (size_t)(tag >> 1) * LINE_SLOTS & self->mask;
}

static bool table_init(rtmi_slot_table *self, size_t lines)
{
    /* A large one comes as pages that are made when they are touched, so that takes no time. */
    self->room = calloc(lines + 1, LINE_BYTES);
    if (self->room == NULL)
        return false;
    const size_t beyond = (uintptr_t)self->room % LINE_BYTES;
    uint8_t *line = (uint8_t *)self->room + (beyond == 0 ? 0 : LINE_BYTES - beyond);
    self->slots = (rtmi_slot *)(void *)line;
    self->mask = lines * LINE_SLOTS - 1;
    return true;
}

static void table_deinit(rtmi_slot_table *self)
{
    free(self->room);
    *self = (rtmi_slot_table){NULL, NULL, 0};
}

static void table_put(rtmi_slot_table *self, uint32_t tag, uint32_t number)
{
    size_t place = home_of(self, tag);

    while (self->slots[place].tag != TAG_EMPTY)
        place = (place + 1) & self->mask;
    self->slots[place] = (rtmi_slot){.tag = tag, .number = number};
}

/* Pull back what may stand in the hole. */
static void close_hole(rtmi_slot_table *self, size_t hole)
{
    for (size_t place = hole;;) {
        place = (place + 1) & self->mask;
        if (self->slots[place].tag == TAG_EMPTY)
            break;
        const size_t home = home_of(self, self->slots[place].tag);
        if (((place - home) & self->mask) >= ((place - hole) & self->mask)) {
            self->slots[hole] = self->slots[place];
            hole = place;
        }
    }
    self->slots[hole].tag = TAG_EMPTY;
}

void rtmi_slots_deinit(rtmi_slots *self)
{
    table_deinit(&self->now);
    table_deinit(&self->old);
    self->count = 0;
}

void rtmi_slots_prefetch(const rtmi_slots *self, uint64_t hash)
{
    const uint32_t tag = tag_of(hash);

    if (self->now.slots != NULL)
        __builtin_prefetch(&self->now.slots[home_of(&self->now, tag)]);
    if (self->old.slots != NULL)
        __builtin_prefetch(&self->old.slots[home_of(&self->old, tag)]);
}

/* From a place on: the slot of a tag, or the empty one behind those that may be it. */
static size_t find_place(const rtmi_slot_table *in, size_t place, uint32_t tag)
{
    const rtmi_slot *slots = in->slots;

    while (slots[place].tag != tag && slots[place].tag != TAG_EMPTY)
        place = (place + 1) & in->mask;
    return place;
}

/* What stands in front of `moved` has gone over, and is no longer true. */
static bool look_in_old(const rtmi_slots *self, rtmi_slots_at *at, size_t place)
{
    const rtmi_slot_table *old = &self->old;

    while (old->slots[place].tag != TAG_EMPTY) {
        if (old->slots[place].tag == at->tag && place >= self->moved) {
            at->place = place;
            at->slot = &old->slots[place];
            return true;
        }
        place = (place + 1) & old->mask;
    }
    return false;
}

/* Go on from a place of the present table, then in the old one. */
static inline bool look(const rtmi_slots *self, rtmi_slots_at *at, size_t place)
{
    const rtmi_slot_table *now = &self->now;

    place = find_place(now, place, at->tag);
    if (now->slots[place].tag != TAG_EMPTY) {
        at->place = place;
        at->slot = &now->slots[place];
        return true;
    }
    at->end = place;
    if (self->old.slots == NULL)
        return false;
    at->is_old = true;
    return look_in_old(self, at, home_of(&self->old, at->tag));
}

bool rtmi_slots_seek(const rtmi_slots *self, uint64_t hash, rtmi_slots_at *ret_at)
{
    if (self->now.slots == NULL)
        return false;
    ret_at->tag = tag_of(hash);
    ret_at->is_old = false;
    return look(self, ret_at, home_of(&self->now, ret_at->tag));
}

bool rtmi_slots_next(const rtmi_slots *self, rtmi_slots_at *at)
{
    if (at->is_old)
        return look_in_old(self, at, (at->place + 1) & self->old.mask);
    return look(self, at, (at->place + 1) & self->now.mask);
}

static bool grow(rtmi_slots *self)
{
    const size_t lines = self->now.slots == NULL ? 0 : (self->now.mask + 1) / LINE_SLOTS;
    rtmi_slot_table bigger;

    if (!table_init(&bigger, lines == 0 ? LINES_FIRST : lines * 2))
        return false;
    self->old = self->now;
    self->now = bigger;
    self->moved = 0;
    return true;
}

static void move_some(rtmi_slots *self)
{
    for (int i = 0; i < MOVED_EACH && self->moved <= self->old.mask; i++) {
        const rtmi_slot *slot = &self->old.slots[self->moved++];
        if (slot->tag % 2 != 0)
            table_put(&self->now, slot->tag, slot->number);
    }
    if (self->moved > self->old.mask)
        table_deinit(&self->old);
}

/* Half full, or none at all. */
static bool is_full(const rtmi_slots *self)
{
    return self->now.slots == NULL || self->count * 2 > self->now.mask;
}

bool rtmi_slots_put(rtmi_slots *self, uint64_t hash, uint32_t number)
{
    if (is_full(self) && !grow(self))
        return false;
    if (self->old.slots != NULL)
        move_some(self);
    table_put(&self->now, tag_of(hash), number);
    self->count++;
    return true;
}

bool rtmi_slots_put_at(rtmi_slots *self, uint64_t hash, uint32_t number, const rtmi_slots_at *at)
{
    /* What moves may take the place. */
    if (is_full(self) || self->old.slots != NULL)
        return rtmi_slots_put(self, hash, number);
    self->now.slots[at->end] = (rtmi_slot){.tag = at->tag, .number = number};
    self->count++;
    return true;
}

void rtmi_slots_remove_at(rtmi_slots *self, const rtmi_slots_at *at)
{
    if (at->is_old)
        at->slot->tag = TAG_GONE;
    else
        close_hole(&self->now, at->place);
    self->count--;
}

bool rtmi_slots_remove(rtmi_slots *self, uint64_t hash, uint32_t number)
{
    rtmi_slots_at at;
    bool is_there = rtmi_slots_seek(self, hash, &at);

    while (is_there && at.slot->number != number)
        is_there = rtmi_slots_next(self, &at);
    if (is_there)
        rtmi_slots_remove_at(self, &at);
    return is_there;
}
