/*
 * Entries have numbers in order of arrival and stand in pieces of 1024. The index is a table of
 * slots of 8 bytes: the low half of an entry's number, and 31 bits of its key, which tell its home
 * and nearly always whether it is worth a look at the entry. A home is the first slot of a line of
 * the processor's cache. So what is new costs one line that is far away, and so does what leaves,
 * whose line is asked for some entries ahead.
 *
 * Removal shifts back, so lookups stay short. A table that is half full is followed by one of twice
 * the size: new entries go into that, and each takes two of the old ones along, newest first. Until
 * that is done those before `moved` are looked up in the old table, which nothing is taken out of.
 */
#include "gate/core/mids.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"

enum {
    PIECE_ENTRIES = 1024,
    PIECES_FIRST = 4,
    LINE_BYTES = 64,
    LINE_SLOTS = 8,
    LINES_FIRST = 256,
    MOVED_EACH = 2,   /* entries that come along with a new one */
    DROPPED_EACH = 4, /* too old ones that go with a lookup */
    AHEAD = 8         /* entries between asking for the line of one and its turn */
};

typedef struct slot {
    uint32_t tag; /* 0: empty */
    uint32_t number;
} slot;

typedef struct table {
    void *room;
    slot *slots; /* in the room, where a line begins; NULL: no table */
    size_t mask;
} table;

struct mids {
    mid_entry **pieces; /* entry n is in piece n / PIECE_ENTRIES & piece_mask */
    size_t piece_mask;
    mid_entry *spare;
    uint64_t first; /* entries first … next - 1 */
    uint64_t next;
    uint64_t moved; /* while there is an old table */
    table now;
    table old;
    size_t max_count;
    int64_t max_age_ms;
    uint64_t seed0;
    uint64_t seed1;
};

/* ---- entries ------------------------------------------------------------------------------- */

static mid_entry *entry_at(const mids *self, uint64_t number)
{
    return &self->pieces[number / PIECE_ENTRIES & self->piece_mask][number % PIECE_ENTRIES];
}

static size_t count_of(const mids *self)
{
    return (size_t)(self->next - self->first);
}

/* It is not remembered any more, though its place is not free yet. */
static void bury(mid_entry *entry)
{
    entry->offset = 0;
}

static bool is_buried(const mid_entry *entry)
{
    return entry->offset == 0;
}

static bool grow_pieces(mids *self)
{
    const size_t mask = self->piece_mask * 2 + 1;
    mid_entry **pieces = calloc(mask + 1, sizeof(*pieces));

    if (pieces == NULL)
        return false;
    for (uint64_t at = self->first / PIECE_ENTRIES; at < self->next / PIECE_ENTRIES; at++)
        pieces[at & mask] = self->pieces[at & self->piece_mask];
    free(self->pieces);
    self->pieces = pieces;
    self->piece_mask = mask;
    return true;
}

/* A place for entry `next`. */
static bool reserve_entry(mids *self)
{
    const uint64_t at = self->next / PIECE_ENTRIES;

    if (self->next % PIECE_ENTRIES != 0)
        return true;
    if (at - self->first / PIECE_ENTRIES > self->piece_mask && !grow_pieces(self))
        return false;
    mid_entry *piece = self->spare != NULL ? self->spare : malloc(PIECE_ENTRIES * sizeof *piece);
    if (piece == NULL)
        return false;
    self->spare = NULL;
    self->pieces[at & self->piece_mask] = piece;
    return true;
}

static void free_piece(mids *self, uint64_t at)
{
    mid_entry **piece = &self->pieces[at & self->piece_mask];

    if (self->spare == NULL)
        self->spare = *piece;
    else
        free(*piece);
    *piece = NULL;
}

/* ---- tables -------------------------------------------------------------------------------- */

static bool table_init(table *self, size_t lines)
{
    /* A large one comes as pages that are made when they are touched, so that takes no time. */
    self->room = calloc(lines + 1, LINE_BYTES);
    if (self->room == NULL)
        return false;
    const size_t beyond = (uintptr_t)self->room % LINE_BYTES;
    self->slots = (slot *)(void *)((uint8_t *)self->room + (beyond == 0 ? 0 : LINE_BYTES - beyond));
    self->mask = lines * LINE_SLOTS - 1;
    return true;
}

static void table_deinit(table *self)
{
    free(self->room);
    *self = (table){NULL, NULL, 0};
}

static uint32_t tag_of(const mid_entry *entry)
{
    return (uint32_t)(entry->key[1] >> 32) | 1;
}

static size_t home_of(const table *self, uint32_t tag)
{
    return (size_t)(tag >> 1) * LINE_SLOTS & self->mask;
}

static void ask_for(const table *self, const mid_entry *entry)
{
    __builtin_prefetch(&self->slots[home_of(self, tag_of(entry))]);
}

static void put_number(table *self, uint32_t tag, uint64_t number)
{
    size_t at = home_of(self, tag);

    while (self->slots[at].tag != 0)
        at = (at + 1) & self->mask;
    self->slots[at] = (slot){.tag = tag, .number = (uint32_t)number};
}

/* Take a slot out and pull back what may stand in the hole. */
static void close_hole(table *self, size_t hole)
{
    for (size_t at = hole;;) {
        at = (at + 1) & self->mask;
        if (self->slots[at].tag == 0)
            break;
        const size_t home = home_of(self, self->slots[at].tag);
        if (((at - home) & self->mask) >= ((at - hole) & self->mask)) {
            self->slots[hole] = self->slots[at];
            hole = at;
        }
    }
    self->slots[hole].tag = 0;
}

/* The number of a slot with its upper half; one that has left the row comes out too large. */
static uint64_t number_of(const mids *self, const slot *of)
{
    return self->first + (uint32_t)(of->number - (uint32_t)self->first);
}

/* The slot of an entry's key, of the entries before `end`; or the empty one where it would be. */
static slot *find_slot(const mids *self, const table *in, const mid_entry *entry, uint64_t end)
{
    const uint32_t tag = tag_of(entry);
    size_t at = home_of(in, tag);

    for (; in->slots[at].tag != 0; at = (at + 1) & in->mask) {
        if (in->slots[at].tag != tag)
            continue;
        const uint64_t number = number_of(self, &in->slots[at]);
        if (number >= end)
            continue;
        const mid_entry *held = entry_at(self, number);
        if (held->key[0] == entry->key[0] && held->key[1] == entry->key[1] && !is_buried(held))
            break;
    }
    return &in->slots[at];
}

/* The entry of a key, and its slot if that is in the table that is not the old one; or NULL. */
static mid_entry *find_key(const mids *self, const mid_entry *entry, slot **ret_slot)
{
    const slot *old;

    *ret_slot = find_slot(self, &self->now, entry, self->next);
    if ((*ret_slot)->tag != 0)
        return entry_at(self, number_of(self, *ret_slot));
    if (self->old.slots == NULL)
        return NULL;
    old = find_slot(self, &self->old, entry, self->moved);
    return old->tag != 0 ? entry_at(self, number_of(self, old)) : NULL;
}

/* ---- growth, and the end of entries -------------------------------------------------------- */

static bool grow_table(mids *self)
{
    table bigger;

    assert(self->old.slots == NULL); /* all have been moved when half as many more have come */
    if (!table_init(&bigger, (self->now.mask + 1) / LINE_SLOTS * 2))
        return false;
    self->old = self->now;
    self->now = bigger;
    self->moved = self->next;
    return true;
}

static void move_some(mids *self)
{
    for (int i = 0; i < MOVED_EACH && self->moved > self->first; i++) {
        const mid_entry *entry = entry_at(self, --self->moved);
        if (!is_buried(entry))
            put_number(&self->now, tag_of(entry), self->moved);
        if (self->moved >= self->first + AHEAD)
            ask_for(&self->now, entry_at(self, self->moved - AHEAD));
    }
    if (self->moved == self->first)
        table_deinit(&self->old);
}

static void drop_oldest(mids *self)
{
    const mid_entry *entry = entry_at(self, self->first);
    const bool is_in_old = self->old.slots != NULL && self->first < self->moved;

    if (!is_buried(entry) && !is_in_old) {
        size_t at = home_of(&self->now, tag_of(entry));
        while (self->now.slots[at].number != (uint32_t)self->first)
            at = (at + 1) & self->now.mask;
        close_hole(&self->now, at);
    }
    if (count_of(self) > AHEAD)
        ask_for(&self->now, entry_at(self, self->first + AHEAD));
    if (++self->first % PIECE_ENTRIES == 0)
        free_piece(self, self->first / PIECE_ENTRIES - 1);
    if (self->old.slots != NULL && self->first >= self->moved)
        table_deinit(&self->old);
}

/* ---- operations ---------------------------------------------------------------------------- */

mids *mids_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1)
{
    mids *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->max_count = max_count;
    self->max_age_ms = max_age_ms;
    self->seed0 = seed0;
    self->seed1 = seed1;
    self->pieces = calloc(PIECES_FIRST, sizeof(*self->pieces));
    self->piece_mask = PIECES_FIRST - 1;
    if (self->pieces == NULL || !table_init(&self->now, LINES_FIRST)) {
        mids_free(self);
        return NULL;
    }
    return self;
}

void mids_free(mids *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; self->pieces != NULL && i <= self->piece_mask; i++)
        free(self->pieces[i]);
    free(self->pieces);
    free(self->spare);
    table_deinit(&self->now);
    table_deinit(&self->old);
    free(self);
}

void mids_key_of(const mids *self, uint8_t kind, int64_t from_uid, int64_t to_id, int64_t message,
                 mid_entry *ret)
{
    const uint64_t from = (uint64_t)from_uid;
    const uint64_t to = (uint64_t)to_id;
    const uint64_t mid = (uint64_t)message;
    uint64_t a = rtmi_mix64((self->seed0 ^ kind) + mid);
    uint64_t b = rtmi_mix64(self->seed1 + mid * UINT64_C(0x9e3779b97f4a7c15));

    a = rtmi_mix64(a ^ (to + self->seed1));
    b = rtmi_mix64((b ^ to) + a);
    a = rtmi_mix64((a + from) ^ b);
    b = rtmi_mix64((b ^ from) + a);
    ret->key[0] = a;
    ret->key[1] = b;
    ask_for(&self->now, ret);
    if (self->old.slots != NULL)
        ask_for(&self->old, ret);
}

/* All 128 bits of the product count. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Up to eight bytes. */
static uint64_t load_some(const uint8_t *data, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, data, len < sizeof word ? len : sizeof word);
    return word;
}

/* Sixteen bytes a step, for equality of contents under a secret seed. */
static uint64_t hash_bytes(uint64_t h, uint64_t seed, const uint8_t *data, size_t len)
{
    h = rtmi_mix64(h ^ len);
    for (; len >= 16; data += 16, len -= 16)
        h = fold(rtmi_load_le64(data) ^ seed, rtmi_load_le64(data + 8) ^ h);
    if (len > 0)
        h = fold(load_some(data, len) ^ seed, (len > 8 ? load_some(data + 8, len - 8) : 0) ^ h);
    return rtmi_mix64(h);
}

uint64_t mids_content_of(const mids *self, const store_record *record, const uint8_t *bytes)
{
    static const uint8_t nothing[1];
    uint64_t hash = self->seed0 ^ ((uint64_t)record->mtype << 1 | record->is_binary);

    if (bytes == NULL)
        bytes = nothing; /* of a batch without any */
    hash = hash_bytes(hash, self->seed1, bytes + record->msg_at, record->msg_len);
    return hash_bytes(hash, self->seed1, bytes + record->attrs_at, record->attrs_len);
}

const mid_entry *mids_find(mids *self, const mid_entry *entry, int64_t now_ms)
{
    const int64_t oldest_ms = now_ms - self->max_age_ms;
    slot *unused;

    for (int i = 0; i < DROPPED_EACH && count_of(self) > 0 &&
                    entry_at(self, self->first)->mtime_ms < oldest_ms;
         i++)
        drop_oldest(self);
    const mid_entry *held = find_key(self, entry, &unused);
    return held != NULL && held->mtime_ms >= oldest_ms ? held : NULL;
}

bool mids_add(mids *self, const mid_entry *entry)
{
    slot *into;

    assert(entry->offset > 0);
    while (count_of(self) > 0 && count_of(self) >= self->max_count)
        drop_oldest(self);
    if (self->max_count == 0)
        return true;
    if (!reserve_entry(self) || (count_of(self) * 2 > self->now.mask && !grow_table(self)))
        return false;
    if (self->old.slots != NULL)
        move_some(self);
    mid_entry *before = find_key(self, entry, &into);
    if (before != NULL)
        bury(before);
    *into = (slot){.tag = tag_of(entry), .number = (uint32_t)self->next};
    *entry_at(self, self->next++) = *entry;
    return true;
}

void mids_remove(mids *self, const mid_entry *entry)
{
    slot *of;
    mid_entry *held = find_key(self, entry, &of);

    if (held == NULL || held->offset != entry->offset)
        return;
    bury(held);
    if (of->tag != 0)
        close_hole(&self->now, (size_t)(of - self->now.slots));
}
