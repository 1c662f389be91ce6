/*
 * The index holds places in the ring plus one; 0 is empty. Removal shifts back, so lookups stay
 * short.
 */
#include "gate/core/mids.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"

#define RING_FIRST 1024

struct mids {
    mid_entry *ring; /* cap entries, from `first`, `count` of them */
    uint32_t *index; /* 2 * cap places */
    size_t cap;      /* a power of two */
    size_t first;
    size_t count;
    size_t max_count;
    int64_t max_age_ms;
    uint64_t seed0;
    uint64_t seed1;
};

static bool allocate(mids *self, size_t cap)
{
    mid_entry *ring = malloc(cap * sizeof *ring);
    uint32_t *index = calloc(cap * 2, sizeof *index);

    if (ring == NULL || index == NULL) {
        free(ring);
        free(index);
        return false;
    }
    self->ring = ring;
    self->index = index;
    self->cap = cap;
    self->first = 0;
    return true;
}

mids *mids_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1)
{
    mids *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->max_count = max_count;
    self->max_age_ms = max_age_ms;
    self->seed0 = seed0;
    self->seed1 = seed1;
    if (!allocate(self, RING_FIRST)) {
        free(self);
        return NULL;
    }
    return self;
}

void mids_free(mids *self)
{
    if (self == NULL)
        return;
    free(self->ring);
    free(self->index);
    free(self);
}

/* Eight bytes a step; not for hostile tables but for equality of contents under a secret seed. */
static uint64_t hash_bytes(uint64_t h, const uint8_t *data, size_t len)
{
    h = rtmi_mix64(h ^ len);
    while (len >= 8) {
        h = rtmi_mix64(h ^ rtmi_load_le64(data)) * UINT64_C(0x9e3779b97f4a7c15);
        data += 8;
        len -= 8;
    }
    uint64_t last = 0;
    if (len > 0)
        memcpy(&last, data, len);
    return rtmi_mix64(h ^ last);
}

void mids_entry_of(const mids *self, const store_record *record, const uint8_t *bytes,
                   mid_entry *ret)
{
    static const uint8_t nothing[1];
    const uint64_t from = (uint64_t)record->from;
    const uint64_t to = (uint64_t)record->to;
    const uint64_t mid = (uint64_t)record->mid;
    uint64_t a = rtmi_mix64((self->seed0 ^ record->kind) + mid);
    uint64_t b = rtmi_mix64(self->seed1 + mid * UINT64_C(0x9e3779b97f4a7c15));

    a = rtmi_mix64(a ^ (to + self->seed1));
    b = rtmi_mix64((b ^ to) + a);
    a = rtmi_mix64((a + from) ^ b);
    b = rtmi_mix64((b ^ from) + a);
    ret->key[0] = a;
    ret->key[1] = b;
    ret->content = self->seed0 ^ ((uint64_t)record->mtype << 1 | record->is_binary);
    if (bytes == NULL)
        bytes = nothing; /* of a batch without any */
    ret->content = hash_bytes(ret->content, bytes + record->msg_at, record->msg_len);
    ret->content = hash_bytes(ret->content, bytes + record->attrs_at, record->attrs_len);
}

static size_t home_of(const mids *self, const mid_entry *entry)
{
    return (size_t)entry->key[1] & (self->cap * 2 - 1);
}

/* The place in the index that points at the key, or the empty one where it would. */
static size_t find_place(const mids *self, const mid_entry *entry)
{
    size_t at = home_of(self, entry);

    while (self->index[at] != 0) {
        const mid_entry *held = &self->ring[self->index[at] - 1];
        if (held->key[0] == entry->key[0] && held->key[1] == entry->key[1])
            break;
        at = (at + 1) & (self->cap * 2 - 1);
    }
    return at;
}

/* Take a place out of the index and pull back what may stand in the hole. */
static void close_hole(mids *self, size_t hole)
{
    const size_t mask = self->cap * 2 - 1;
    size_t at = hole;

    for (;;) {
        at = (at + 1) & mask;
        if (self->index[at] == 0)
            break;
        const size_t home = home_of(self, &self->ring[self->index[at] - 1]);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            self->index[hole] = self->index[at];
            hole = at;
        }
    }
    self->index[hole] = 0;
}

static void drop_oldest(mids *self)
{
    const size_t place = find_place(self, &self->ring[self->first]);

    /* The index may point at a newer entry of the same key, or at none: then leave it. */
    if (self->index[place] == self->first + 1)
        close_hole(self, place);
    self->first = (self->first + 1) & (self->cap - 1);
    self->count--;
}

const mid_entry *mids_find(mids *self, const mid_entry *entry, int64_t now_ms)
{
    while (self->count > 0 && self->ring[self->first].mtime_ms < now_ms - self->max_age_ms)
        drop_oldest(self);
    const uint32_t place = self->index[find_place(self, entry)];
    return place == 0 ? NULL : &self->ring[place - 1];
}

static bool grow(mids *self)
{
    mids bigger = *self;

    if (!allocate(&bigger, self->cap * 2))
        return false;
    for (size_t i = 0; i < self->count; i++) {
        bigger.ring[i] = self->ring[(self->first + i) & (self->cap - 1)];
        const size_t old = find_place(self, &bigger.ring[i]);
        if (self->index[old] == ((self->first + i) & (self->cap - 1)) + 1)
            bigger.index[find_place(&bigger, &bigger.ring[i])] = (uint32_t)i + 1;
    }
    free(self->ring);
    free(self->index);
    *self = bigger;
    return true;
}

bool mids_add(mids *self, const mid_entry *entry)
{
    while (self->count > 0 && self->count >= self->max_count)
        drop_oldest(self);
    if (self->max_count == 0)
        return true;
    if (self->count == self->cap && !grow(self))
        return false;
    const size_t at = (self->first + self->count) & (self->cap - 1);
    self->ring[at] = *entry;
    self->count++;
    self->index[find_place(self, entry)] = (uint32_t)at + 1;
    return true;
}

void mids_remove(mids *self, const mid_entry *entry)
{
    const size_t place = find_place(self, entry);

    /* Its ring entry stays until its turn; without a place in the index nobody finds it. */
    if (self->index[place] != 0 && self->ring[self->index[place] - 1].offset == entry->offset)
        close_hole(self, place);
}
