/*
 * Entries have numbers in order of arrival and stand in pieces of 1024; `lib/base/slots` finds the
 * lower halves of their numbers by their keys. What is new costs one line of cache that is far
 * away, which is asked for when the key is made, and so does what leaves, asked for some entries
 * ahead.
 */
#include "gate/core/mids.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/base/slots.h"

enum {
    PIECE_ENTRIES = 1024,
    PIECES_FIRST = 4,
    DROPPED_EACH = 4, /* too old ones that go with a lookup */
    AHEAD = 8         /* entries between asking for the line of one and its leaving */
};

/* Between the numbers that secrets are made of: 2^64 divided by the golden ratio. */
static const uint64_t STEP = UINT64_C(0x9e3779b97f4a7c15);

struct mids {
    mid_entry **pieces; /* entry n is in piece n / PIECE_ENTRIES & piece_mask */
    size_t piece_mask;
    mid_entry *spare;
    uint64_t first; /* entries first … next - 1 */
    uint64_t next;
    mid_entry *end; /* where entry `next` will stand, unless that begins a piece */
    rtmi_slots index;
    size_t max_count;
    int64_t max_age_ms;
    uint64_t secrets[8];
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

/* The piece that entry `next` is the first of. */
static bool begin_piece(mids *self)
{
    const uint64_t at = self->next / PIECE_ENTRIES;

    if (at - self->first / PIECE_ENTRIES > self->piece_mask && !grow_pieces(self))
        return false;
    mid_entry **piece = &self->pieces[at & self->piece_mask];
    if (*piece == NULL) {
        *piece = self->spare != NULL ? self->spare : malloc(PIECE_ENTRIES * sizeof(mid_entry));
        self->spare = NULL;
    }
    self->end = *piece;
    return *piece != NULL;
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

/* ---- the index ----------------------------------------------------------------------------- */

static uint64_t hash_of(const mid_entry *entry)
{
    return entry->key[1];
}

/* The entry of a key, and the slot that leads to it; or NULL. */
static inline const mid_entry *find(const mids *self, const mid_entry *entry, rtmi_slots_at *ret_at)
{
    for (bool is_there = rtmi_slots_seek(&self->index, hash_of(entry), ret_at); is_there;
         is_there = rtmi_slots_next(&self->index, ret_at)) {
        const uint32_t beyond = ret_at->slot->number - (uint32_t)self->first;
        const mid_entry *held = entry_at(self, self->first + beyond);
        if (held->key[0] == entry->key[0] && held->key[1] == entry->key[1])
            return held;
    }
    return NULL;
}

/* Nothing may lead to it any more: it was removed, or its key has a newer one. */
static void drop_oldest(mids *self)
{
    const mid_entry *entry = entry_at(self, self->first);

    (void)rtmi_slots_remove(&self->index, hash_of(entry), (uint32_t)self->first);
    if (count_of(self) > AHEAD)
        rtmi_slots_prefetch(&self->index, hash_of(entry_at(self, self->first + AHEAD)));
    if (++self->first % PIECE_ENTRIES == 0)
        free_piece(self, self->first / PIECE_ENTRIES - 1);
}

/* ---- operations ---------------------------------------------------------------------------- */

mids *mids_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1)
{
    mids *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->max_count = max_count;
    self->max_age_ms = max_age_ms;
    for (size_t i = 0; i < sizeof self->secrets / sizeof self->secrets[0]; i++)
        self->secrets[i] = rtmi_mix64((i % 2 == 0 ? seed0 : seed1) + (i + 1) * STEP);
    self->pieces = calloc(PIECES_FIRST, sizeof(*self->pieces));
    self->piece_mask = PIECES_FIRST - 1;
    if (self->pieces == NULL) {
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
    rtmi_slots_deinit(&self->index);
    free(self);
}

/*
 * All 128 bits of the product count. Of the two, one is made with ^ and the other with +: turning
 * all bits of both would leave the product the same modulo 2^64 - 1, and often the result with it.
 */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Both halves have secrets of their own: what collides in one does not in the other. The second is
 * mixed once more, since neighbours may be neighbours in a product, and it leads into the index.
 */
void mids_key_of(const mids *self, uint8_t kind, int64_t from_uid, int64_t to_id, int64_t message,
                 mid_entry *ret)
{
    const uint64_t *secrets = self->secrets;
    const uint64_t from = (uint64_t)from_uid;
    const uint64_t to = (uint64_t)to_id;
    const uint64_t mid = (uint64_t)message;
    const uint64_t a = fold(from ^ secrets[0], mid + secrets[1]);
    const uint64_t b = fold(from ^ secrets[2], mid + secrets[3]);

    ret->key[0] = fold((a ^ secrets[4]) + kind, to + secrets[5]);
    ret->key[1] = rtmi_mix64(fold((b ^ secrets[6]) + kind, to + secrets[7]));
    rtmi_slots_prefetch(&self->index, hash_of(ret));
}

/*
 * Sixteen bytes a step; the last sixteen may have been in the step before, too. Lengths are hashed
 * by the caller.
 */
static inline uint64_t hash_bytes(uint64_t h, uint64_t secret, rtmi_span bytes)
{
    const uint8_t *at = bytes.data;
    uint64_t few = 0;

    if (bytes.len >= 16) {
        const uint8_t *last = at + bytes.len - 16;
        for (; at < last; at += 16)
            h = fold(rtmi_load_le64(at) ^ secret, rtmi_load_le64(at + 8) + h);
        return fold(rtmi_load_le64(last) ^ secret, rtmi_load_le64(last + 8) + h);
    }
    if (bytes.len >= 8)
        return fold(rtmi_load_le64(at) ^ secret, rtmi_load_le64(at + bytes.len - 8) + h);
    if (bytes.len > 0)
        memcpy(&few, at, bytes.len);
    return fold(few ^ secret, h);
}

uint64_t mids_content_of(const mids *self, uint8_t mtype, bool is_binary, rtmi_span msg,
                         rtmi_span attrs)
{
    const uint64_t *secrets = self->secrets;
    uint64_t hash = fold(secrets[0] ^ ((uint64_t)mtype << 1 | is_binary),
                         secrets[1] ^ ((uint64_t)msg.len << 32 | attrs.len));

    hash = hash_bytes(hash, secrets[2], msg);
    return attrs.len == 0 ? hash : hash_bytes(hash, secrets[3], attrs);
}

const mid_entry *mids_find(mids *self, const mid_entry *entry, int64_t now_ms, mid_place *ret_place)
{
    const int64_t oldest_ms = now_ms - self->max_age_ms;

    for (int i = 0; i < DROPPED_EACH && count_of(self) > 0 &&
                    entry_at(self, self->first)->mtime_ms < oldest_ms;
         i++)
        drop_oldest(self);
    const mid_entry *held = find(self, entry, &ret_place->at);
    ret_place->is_taken = held != NULL;
    return held != NULL && held->mtime_ms >= oldest_ms ? held : NULL;
}

bool mids_add_at(mids *self, const mid_entry *entry, const mid_place *place)
{
    const uint32_t number = (uint32_t)self->next;

    if (self->max_count == 0)
        return true;
    if (self->next % PIECE_ENTRIES == 0 && !begin_piece(self))
        return false;
    if (place->is_taken)
        place->at.slot->number = number;
    else if (!rtmi_slots_put_at(&self->index, hash_of(entry), number, &place->at))
        return false;
    *self->end++ = *entry;
    self->next++;
    while (count_of(self) > self->max_count)
        drop_oldest(self);
    return true;
}

bool mids_add(mids *self, const mid_entry *entry)
{
    mid_place place;

    place.is_taken = find(self, entry, &place.at) != NULL;
    return mids_add_at(self, entry, &place);
}

void mids_remove(mids *self, const mid_entry *entry)
{
    rtmi_slots_at at;
    const mid_entry *held = find(self, entry, &at);

    if (held != NULL && held->offset == entry->offset)
        rtmi_slots_remove_at(&self->index, &at);
}
