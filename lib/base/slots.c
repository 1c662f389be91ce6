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
    MOVED_EACH = 4 /* slots: all have moved when half as many have been put as there may be */
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

/* Go on from a place, in the old table when the present one has no more. */
static bool look(const rtmi_slots *self, rtmi_slots_at *at)
{
    for (;;) {
        const rtmi_slot_table *in = at->is_old ? &self->old : &self->now;
        for (; in->slots[at->place].tag != TAG_EMPTY; at->place = (at->place + 1) & in->mask) {
            if (in->slots[at->place].tag == at->tag && (!at->is_old || at->place >= self->moved)) {
                at->slot = &in->slots[at->place];
                return true;
            }
        }
        if (at->is_old || self->old.slots == NULL)
            return false;
        at->is_old = true;
        at->place = home_of(&self->old, at->tag);
    }
}

bool rtmi_slots_seek(const rtmi_slots *self, uint64_t hash, rtmi_slots_at *ret_at)
{
    if (self->now.slots == NULL)
        return false;
    ret_at->tag = tag_of(hash);
    ret_at->is_old = false;
    ret_at->place = home_of(&self->now, ret_at->tag);
    return look(self, ret_at);
}

bool rtmi_slots_next(const rtmi_slots *self, rtmi_slots_at *at)
{
    const rtmi_slot_table *in = at->is_old ? &self->old : &self->now;

    at->place = (at->place + 1) & in->mask;
    return look(self, at);
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
    for (int i = 0; i < MOVED_EACH; i++) {
        const rtmi_slot *slot = &self->old.slots[self->moved++];
        if (slot->tag % 2 != 0)
            table_put(&self->now, slot->tag, slot->number);
    }
    if (self->moved > self->old.mask)
        table_deinit(&self->old);
}

bool rtmi_slots_put(rtmi_slots *self, uint64_t hash, uint32_t number)
{
    if ((self->now.slots == NULL || self->count * 2 > self->now.mask) && !grow(self))
        return false;
    if (self->old.slots != NULL)
        move_some(self);
    table_put(&self->now, tag_of(hash), number);
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
