/*
 * A set of numbers: open addressing, half full at most. `count` includes 0.
 */
#include "gate/store/int_set.h"

#include <stdlib.h>

enum { CAP_MIN = 64 };

static size_t slot_of(const int64_t *slots, size_t cap, int64_t number)
{
    uint64_t hash = (uint64_t)number * 0x9E3779B97F4A7C15U;
    size_t slot = (size_t)(hash ^ hash >> 32) & (cap - 1);

    while (slots[slot] != 0 && slots[slot] != number)
        slot = (slot + 1) & (cap - 1);
    return slot;
}

static int grow(int_set *self)
{
    const size_t cap = self->cap == 0 ? CAP_MIN : self->cap * 2;
    int64_t *slots = calloc(cap, sizeof *slots);

    if (slots == NULL)
        return -1;
    for (size_t i = 0; i < self->cap; i++) {
        if (self->slots[i] != 0)
            slots[slot_of(slots, cap, self->slots[i])] = self->slots[i];
    }
    free(self->slots);
    self->slots = slots;
    self->cap = cap;
    return 0;
}

int int_set_add(int_set *self, int64_t number)
{
    if (number == 0) {
        self->count += !self->has_zero;
        self->has_zero = true;
        return 0;
    }
    if (self->count * 2 >= self->cap && grow(self) < 0)
        return -1;

    const size_t slot = slot_of(self->slots, self->cap, number);

    if (self->slots[slot] == 0) {
        self->slots[slot] = number;
        self->count++;
    }
    return 0;
}

void int_set_deinit(int_set *self)
{
    free(self->slots);
    *self = (int_set){0};
}
