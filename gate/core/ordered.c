/*
 * Leaves hold up to 64 entries and are split in the middle when full; an empty one goes.
 * LIMIT: the row of leaves is one array, so a split or an end of a leaf moves 8 bytes for each
 * leaf behind it: at ten million entries some 2 MiB, once in 32 insertions.
 */
#include "gate/core/ordered.h"

#include <stdlib.h>
#include <string.h>

enum { LEAF_MAX = 64 };

typedef struct leaf {
    size_t count;
    ordered_entry *entries[LEAF_MAX];
} leaf;

struct ordered {
    leaf **leaves; /* none is empty */
    size_t count;
    size_t cap;
};

ordered_entry *ordered_entry_new(rtmi_span key, rtmi_span value)
{
    ordered_entry *entry = malloc(sizeof *entry + key.len + value.len);

    if (entry == NULL)
        return NULL;
    entry->key_len = (uint32_t)key.len;
    entry->value_len = (uint32_t)value.len;
    if (key.len > 0)
        memcpy(entry->bytes, key.data, key.len);
    if (value.len > 0)
        memcpy(entry->bytes + key.len, value.data, value.len);
    return entry;
}

rtmi_span ordered_entry_key(const ordered_entry *entry)
{
    return (rtmi_span){entry->bytes, entry->key_len};
}

rtmi_span ordered_entry_value(const ordered_entry *entry)
{
    return (rtmi_span){entry->bytes + entry->key_len, entry->value_len};
}

ordered *ordered_new(void)
{
    return calloc(1, sizeof(ordered));
}

void ordered_free(ordered *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; i < self->count; i++) {
        for (size_t n = 0; n < self->leaves[i]->count; n++)
            free(self->leaves[i]->entries[n]);
        free(self->leaves[i]);
    }
    free(self->leaves);
    free(self);
}

static int compare(const ordered_entry *entry, rtmi_span key)
{
    const size_t len = entry->key_len < key.len ? entry->key_len : key.len;
    const int r = len == 0 ? 0 : memcmp(entry->bytes, key.data, len);

    return r != 0 ? r : (entry->key_len > key.len) - (entry->key_len < key.len);
}

/* The last leaf whose first key is not above `key`; the first leaf if there is none. */
static size_t find_leaf(const ordered *self, rtmi_span key)
{
    size_t low = 0;
    size_t high = self->count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (compare(self->leaves[middle]->entries[0], key) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first entry of the leaf that is not below `key`. */
static size_t find_slot(const leaf *in, rtmi_span key)
{
    size_t low = 0;
    size_t high = in->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(in->entries[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

ordered_at ordered_seek(const ordered *self, rtmi_span key)
{
    ordered_at at = {0, 0};

    if (self->count == 0)
        return at;
    at.leaf = find_leaf(self, key);
    at.slot = find_slot(self->leaves[at.leaf], key);
    return at;
}

const ordered_entry *ordered_next(const ordered *self, ordered_at *at)
{
    while (at->leaf < self->count && at->slot >= self->leaves[at->leaf]->count)
        *at = (ordered_at){at->leaf + 1, 0};
    return at->leaf < self->count ? self->leaves[at->leaf]->entries[at->slot++] : NULL;
}

const ordered_entry *ordered_get(const ordered *self, rtmi_span key)
{
    ordered_at at = ordered_seek(self, key);
    const ordered_entry *entry = ordered_next(self, &at);

    return entry != NULL && compare(entry, key) == 0 ? entry : NULL;
}

static bool insert_leaf(ordered *self, size_t at, leaf *fresh)
{
    if (self->count == self->cap) {
        const size_t cap = self->cap == 0 ? 8 : self->cap * 2;
        leaf **grown = realloc(self->leaves, cap * sizeof(leaf *));
        if (grown == NULL)
            return false;
        self->leaves = grown;
        self->cap = cap;
    }
    memmove(self->leaves + at + 1, self->leaves + at, (self->count - at) * sizeof(leaf *));
    self->leaves[at] = fresh;
    self->count++;
    return true;
}

/* Move the upper half of a full leaf into a new one behind it. */
static bool split(ordered *self, size_t at)
{
    leaf *full = self->leaves[at];
    leaf *fresh = malloc(sizeof *fresh);

    if (fresh == NULL || !insert_leaf(self, at + 1, fresh)) {
        free(fresh);
        return false;
    }
    fresh->count = LEAF_MAX / 2;
    full->count = LEAF_MAX - fresh->count;
    memcpy(fresh->entries, full->entries + full->count, fresh->count * sizeof(ordered_entry *));
    return true;
}

bool ordered_put(ordered *self, ordered_entry *entry, ordered_entry **ret_old)
{
    const rtmi_span key = ordered_entry_key(entry);

    *ret_old = NULL;
    if (self->count == 0) {
        leaf *first = calloc(1, sizeof *first);
        if (first == NULL || !insert_leaf(self, 0, first)) {
            free(first);
            return false;
        }
        first->entries[first->count++] = entry;
        return true;
    }
    size_t index = find_leaf(self, key);
    size_t slot = find_slot(self->leaves[index], key);
    leaf *into = self->leaves[index];
    if (slot < into->count && compare(into->entries[slot], key) == 0) {
        *ret_old = into->entries[slot];
        into->entries[slot] = entry;
        return true;
    }
    if (into->count == LEAF_MAX) {
        if (!split(self, index))
            return false;
        if (slot > into->count) {
            slot -= into->count;
            into = self->leaves[index + 1];
        }
    }
    memmove(into->entries + slot + 1, into->entries + slot,
            (into->count - slot) * sizeof(ordered_entry *));
    into->entries[slot] = entry;
    into->count++;
    return true;
}

static ordered_entry *take_slot(ordered *self, size_t index, size_t slot)
{
    leaf *from = self->leaves[index];
    ordered_entry *taken = from->entries[slot];

    from->count--;
    memmove(from->entries + slot, from->entries + slot + 1,
            (from->count - slot) * sizeof(ordered_entry *));
    if (from->count == 0) {
        free(from);
        self->count--;
        memmove(self->leaves + index, self->leaves + index + 1,
                (self->count - index) * sizeof(leaf *));
    }
    return taken;
}

ordered_entry *ordered_take(ordered *self, rtmi_span key)
{
    if (self->count == 0)
        return NULL;
    const size_t index = find_leaf(self, key);
    const leaf *from = self->leaves[index];
    const size_t slot = find_slot(from, key);
    if (slot == from->count || compare(from->entries[slot], key) != 0)
        return NULL;
    return take_slot(self, index, slot);
}

ordered_entry *ordered_take_at(ordered *self, ordered_at *at)
{
    if (at->leaf < self->count && at->slot >= self->leaves[at->leaf]->count)
        *at = (ordered_at){at->leaf + 1, 0};
    /* If that empties the leaf, the next one is in its place. */
    return at->leaf < self->count ? take_slot(self, at->leaf, at->slot) : NULL;
}

/* The first key above all that begin with `prefix`; false when there is none. */
static bool after_prefix(rtmi_span prefix, uint8_t *ret_key, size_t *ret_len)
{
    size_t len = prefix.len;

    while (len > 0 && prefix.data[len - 1] == 0xff)
        len--;
    if (len == 0)
        return false;
    memcpy(ret_key, prefix.data, len);
    ret_key[len - 1]++;
    *ret_len = len;
    return true;
}

size_t ordered_count(const ordered *self, rtmi_span prefix)
{
    uint8_t end_key[512];
    size_t end_len;
    const ordered_at from = ordered_seek(self, prefix);
    ordered_at to = {self->count, 0};
    size_t count = 0;

    if (prefix.len > sizeof end_key)
        return 0;
    if (after_prefix(prefix, end_key, &end_len))
        to = ordered_seek(self, (rtmi_span){end_key, end_len});
    if (from.leaf == to.leaf)
        return to.slot - from.slot;
    for (size_t i = from.leaf; i < to.leaf && i < self->count; i++)
        count += self->leaves[i]->count;
    return count - from.slot + to.slot;
}
