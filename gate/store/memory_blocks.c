/*
 * A block is kept as it is encoded, but with its head apart, so that an entry is added by writing
 * some bytes behind the last one. Changes of passes are made in two steps: first all memory is
 * taken, then nothing can fail.
 */
#include "gate/store/memory_blocks.h"

#include <stdlib.h>
#include <string.h>

typedef struct kept_block {
    int64_t first_id;
    int64_t next_id;
    int64_t keep_offset;
    int64_t first_ms;
    int64_t last_ms;
    index_entry last; /* what the differences of the next entry refer to */
    uint32_t entry_count;
    uint32_t len;
    uint32_t cap;
    bool is_mark;
    uint8_t data[]; /* entries, as index_entry_encode() writes them */
} kept_block;

typedef struct kept_conversation {
    store_conversation key;
    kept_block *newest;
    kept_block **older; /* first_id rises */
    uint32_t older_count;
    uint32_t older_cap;
    uint32_t reserved; /* places taken for blocks to come */
    bool is_edited;    /* keep_offset may not rise with first_id any more */
} kept_conversation;

enum { CONVERSATIONS_MIN = 32, DATA_FIRST = 32 };

/* Ids come from peers: the place in memory makes it another hash in each process. */
static uint64_t hash_of(const memory_blocks *self, const store_conversation *key)
{
    uint64_t hash = (uint64_t)key->a * 0x9E3779B97F4A7C15U + (uint64_t)(uintptr_t)self;

    hash = (hash ^ hash >> 29 ^ (uint64_t)key->b) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 32 ^ key->kind) * 0x94D049BB133111EBU;
    return hash ^ hash >> 31;
}

/* ---- conversations ------------------------------------------------------------------------- */

static bool is_same(const store_conversation *one, const store_conversation *other)
{
    return one->kind == other->kind && one->a == other->a && one->b == other->b;
}

static kept_conversation *get(const memory_blocks *self, const store_conversation *key)
{
    rtmi_slots_at at;

    for (bool is_there = rtmi_slots_seek(&self->index, hash_of(self, key), &at); is_there;
         is_there = rtmi_slots_next(&self->index, &at)) {
        kept_conversation *found = self->conversations[at.slot->number];

        if (is_same(&found->key, key))
            return found;
    }
    return NULL;
}

static kept_conversation *get_or_add(memory_blocks *self, const store_conversation *key)
{
    kept_conversation *found = get(self, key);

    if (found != NULL)
        return found;
    if (self->conversation_count == self->conversation_cap) {
        const size_t cap =
            self->conversation_cap == 0 ? CONVERSATIONS_MIN : self->conversation_cap * 2;
        kept_conversation **conversations =
            realloc(self->conversations, cap * sizeof(*conversations));

        if (conversations == NULL)
            return NULL;
        self->conversations = conversations;
        self->conversation_cap = cap;
    }
    found = calloc(1, sizeof *found);
    if (found == NULL ||
        !rtmi_slots_put(&self->index, hash_of(self, key), (uint32_t)self->conversation_count)) {
        free(found);
        return NULL;
    }
    found->key = *key;
    self->conversations[self->conversation_count++] = found;
    return found;
}

static void free_conversation(kept_conversation *self)
{
    for (size_t i = 0; i < self->older_count; i++)
        free(self->older[i]);
    free(self->older);
    free(self->newest);
    free(self);
}

/* Take out the conversation of a place, which the last one gets. */
static void remove_conversation(memory_blocks *self, size_t place)
{
    kept_conversation *removed = self->conversations[place];
    const size_t last = --self->conversation_count;
    kept_conversation *moved = self->conversations[last];
    rtmi_slots_at at;

    (void)rtmi_slots_remove(&self->index, hash_of(self, &removed->key), (uint32_t)place);
    if (self->recent == removed)
        self->recent = NULL;
    free_conversation(removed);
    if (place == last)
        return;
    self->conversations[place] = moved;
    (void)rtmi_slots_seek(&self->index, hash_of(self, &moved->key), &at);
    while (at.slot->number != last)
        (void)rtmi_slots_next(&self->index, &at);
    at.slot->number = (uint32_t)place;
}

void memory_blocks_deinit(memory_blocks *self)
{
    for (size_t i = 0; i < self->conversation_count; i++)
        free_conversation(self->conversations[i]);
    free(self->conversations);
    free(self->found_data);
    rtmi_slots_deinit(&self->index);
    *self = (memory_blocks){0};
}

/* ---- blocks -------------------------------------------------------------------------------- */

static size_t count_of(const kept_conversation *self)
{
    return self->older_count + (self->newest != NULL);
}

static kept_block *block_at(const kept_conversation *self, size_t place)
{
    return place < self->older_count ? self->older[place] : self->newest;
}

/* How many blocks begin below an id. */
static size_t count_below(const kept_conversation *self, int64_t id)
{
    size_t low = 0;
    size_t high = count_of(self);

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (block_at(self, middle)->first_id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int memory_blocks_find(memory_blocks *self, const store_conversation *conversation, index_find how,
                       int64_t id, index_row *ret_row)
{
    const kept_conversation *found = get(self, conversation);

    if (found == NULL)
        return 0;

    const size_t count = count_of(found);
    size_t place = count_below(found, id);

    if (how == INDEX_AT_OR_BEFORE && (place == count || block_at(found, place)->first_id > id))
        place = place > 0 ? place - 1 : count;
    if (place == count)
        return 0;
    if (self->found_data == NULL)
        self->found_data = malloc(INDEX_BLOCK_MAX);
    if (self->found_data == NULL)
        return -1;

    const kept_block *block = block_at(found, place);
    const index_block head = {.first_id = block->first_id,
                              .next_id = block->next_id,
                              .first_ms = block->first_ms,
                              .last_ms = block->last_ms,
                              .entry_count = block->entry_count};

    *ret_row = (index_row){
        .conversation = *conversation,
        .first_id = block->first_id,
        .keep_offset = block->keep_offset,
    };
    if (!block->is_mark) {
        ret_row->data = self->found_data;
        ret_row->len = index_block_frame(&head, block->data, block->len, self->found_data);
    }
    return 1;
}

static kept_block *block_new(size_t cap)
{
    kept_block *made = malloc(sizeof *made + cap);

    if (made == NULL)
        return NULL;
    *made = (kept_block){.cap = (uint32_t)cap};
    return made;
}

/* Room for one more among the older blocks. */
static int reserve_older(kept_conversation *self)
{
    if (self->older_count + self->reserved + 1 > self->older_cap) {
        const uint32_t cap = self->older_cap == 0 ? 2 : self->older_cap * 2;
        kept_block **older = realloc(self->older, cap * sizeof(*older));

        if (older == NULL)
            return -1;
        self->older = older;
        self->older_cap = cap;
    }
    return 0;
}

/* ---- adding -------------------------------------------------------------------------------- */

static kept_block *begin_block(kept_conversation *owner, int64_t ms, int64_t tail)
{
    const kept_block *last = owner->newest;
    /* Where many have come, many will: half of what those have taken is no waste. */
    const size_t cap = last != NULL && last->len / 2 > DATA_FIRST ? last->len / 2 : DATA_FIRST;
    /* When retention has passed all of it, the conversation begins anew at the tail. */
    const bool goes_on = last != NULL && last->keep_offset >= tail;
    const int64_t first_id = goes_on ? last->next_id : tail;
    kept_block *begun;

    if (first_id > INT64_MAX - INDEX_BLOCK_IDS || (last != NULL && reserve_older(owner) < 0))
        return NULL;
    begun = block_new(cap);
    if (begun == NULL)
        return NULL;
    begun->first_id = begun->next_id = first_id;
    begun->first_ms = begun->last_ms = ms;
    begun->last = (index_entry){.id = first_id, .ms = ms};
    return begun;
}

/* It will not grow any more. */
static kept_block *shed(kept_block *full)
{
    kept_block *exact = realloc(full, sizeof *full + full->len);

    if (exact == NULL)
        return full;
    exact->cap = exact->len;
    return exact;
}

static int reserve_bytes(kept_conversation *owner, size_t len)
{
    kept_block *block = owner->newest;
    const size_t cap = 2 * (size_t)block->cap + len;

    if (block->cap - block->len >= len)
        return 0;
    block = realloc(block, sizeof *block + cap);
    if (block == NULL)
        return -1;
    block->cap = (uint32_t)cap;
    owner->newest = block;
    return 0;
}

static void put_entry(kept_block *block, const index_entry *entry, const uint8_t *bytes, size_t len)
{
    memcpy(block->data + block->len, bytes, len);
    block->len += (uint32_t)len;
    block->last = *entry;
    block->entry_count++;
}

/* 0, or -1 when out of memory. */
static int add_entry(kept_conversation *owner, const index_entry *entry)
{
    kept_block *block = owner->newest;
    uint8_t bytes[INDEX_ENTRY_MAX];

    if (block->cap - block->len >= INDEX_ENTRY_MAX) { /* mostly: then it needs no copy */
        uint8_t *end = index_entry_encode(entry, &block->last, block->data + block->len);

        block->len = (uint32_t)(end - block->data);
        block->last = *entry;
        block->entry_count++;
        return 0;
    }

    const size_t len = (size_t)(index_entry_encode(entry, &block->last, bytes) - bytes);

    if (reserve_bytes(owner, len) < 0)
        return -1;
    put_entry(owner->newest, entry, bytes, len);
    return 0;
}

/* A new block behind those of a conversation; that it is there without an entry does no harm. */
static int append_block(kept_conversation *owner, const index_entry *first, int64_t tail)
{
    kept_block *begun = begin_block(owner, first->ms, tail);

    if (begun == NULL)
        return -1;
    if (owner->newest != NULL)
        owner->older[owner->older_count++] = shed(owner->newest);
    owner->newest = begun;
    begun->keep_offset = first->offset;
    return 0;
}

int memory_blocks_add(memory_blocks *self, const store_conversation *conversation,
                      const index_entry *message, int64_t tail)
{
    kept_conversation *owner = self->recent;
    index_entry entry = *message;

    /* Messages come in runs to one conversation. */
    if (owner == NULL || !is_same(&owner->key, conversation)) {
        owner = get_or_add(self, conversation);
        if (owner == NULL)
            return -1;
        self->recent = owner;
    }

    const kept_block *last = owner->newest;
    const bool goes_on = last != NULL && last->keep_offset >= tail;

    if (goes_on && last->last_ms > entry.ms)
        entry.ms = last->last_ms; /* should it fall, pages could not be found by time */
    if ((!goes_on || last->next_id - last->first_id == INDEX_BLOCK_IDS) &&
        append_block(owner, &entry, tail) < 0)
        return -1;
    entry.id = owner->newest->next_id;
    if (add_entry(owner, &entry) < 0)
        return -1;
    owner->newest->next_id++;
    owner->newest->last_ms = entry.ms;
    owner->newest->keep_offset = entry.offset;
    return 0;
}

void memory_blocks_prefetch(const memory_blocks *self, const store_conversation *conversation,
                            int step)
{
    const uint64_t hash = hash_of(self, conversation);
    rtmi_slots_at at;

    if (step == 0) {
        rtmi_slots_prefetch(&self->index, hash);
    } else if (rtmi_slots_seek(&self->index, hash, &at)) {
        kept_conversation *const *owner = &self->conversations[at.slot->number];

        if (step == 1) {
            __builtin_prefetch(owner);
        } else if (step == 2) {
            __builtin_prefetch(*owner);
        } else if ((*owner)->newest != NULL) {
            __builtin_prefetch((*owner)->newest);
            __builtin_prefetch((uint8_t *)(*owner)->newest + 64);
        }
    }
}

/* ---- changes of passes --------------------------------------------------------------------- */

/* The block of a row, and a place for it. */
static kept_block *prepare(memory_blocks *self, const index_row *row)
{
    kept_conversation *owner = get_or_add(self, &row->conversation);
    index_block block;

    if (owner == NULL || reserve_older(owner) < 0)
        return NULL;

    kept_block *made = block_new(row->len);

    if (made == NULL)
        return NULL;
    made->first_id = row->first_id;
    made->keep_offset = row->keep_offset;
    made->is_mark = row->data == NULL;
    if (!made->is_mark) {
        if (index_block_decode_trusted(&block, row->first_id, row->data, row->len) < 0) {
            free(made);
            return NULL;
        }
        made->next_id = block.next_id;
        made->first_ms = block.first_ms;
        made->last_ms = block.last_ms;
        made->last = index_block_before(&block);
        for (size_t i = 0; i < block.entry_count; i++) {
            uint8_t bytes[INDEX_ENTRY_MAX];
            const uint8_t *end = index_entry_encode(&block.entries[i], &made->last, bytes);

            put_entry(made, &block.entries[i], bytes, (size_t)(end - bytes));
        }
    }
    owner->reserved++;
    return made;
}

static void put(kept_conversation *owner, kept_block *made)
{
    const size_t place = count_below(owner, made->first_id);
    const size_t count = count_of(owner);

    if (place < count && block_at(owner, place)->first_id == made->first_id) {
        free(block_at(owner, place));
        if (place < owner->older_count)
            owner->older[place] = made;
        else
            owner->newest = made;
        owner->is_edited = owner->is_edited || place + 1 < count;
    } else if (place == count) {
        if (owner->newest != NULL)
            owner->older[owner->older_count++] = owner->newest;
        owner->newest = made;
    } else {
        memmove(owner->older + place + 1, owner->older + place,
                (owner->older_count - place) * sizeof(*owner->older));
        owner->older[place] = made;
        owner->older_count++;
        owner->is_edited = true;
    }
}

/* The newest of those that are left among the older ones becomes the newest of all. */
static void refill_newest(kept_conversation *owner)
{
    if (owner->newest == NULL && owner->older_count > 0)
        owner->newest = owner->older[--owner->older_count];
}

/* Take out the blocks of some places. */
static void take_out(kept_conversation *owner, size_t from, size_t until)
{
    const size_t older_until = until < owner->older_count ? until : owner->older_count;

    for (size_t i = from; i < until; i++)
        free(block_at(owner, i));
    if (until > owner->older_count)
        owner->newest = NULL;
    if (from < older_until) {
        memmove(owner->older + from, owner->older + older_until,
                (owner->older_count - older_until) * sizeof(*owner->older));
        owner->older_count -= (uint32_t)(older_until - from);
    }
    refill_newest(owner);
}

static void drop_range(kept_conversation *owner, const index_change *change)
{
    const size_t from = count_below(owner, change->row.first_id);
    size_t until = count_below(owner, change->until_id);

    until += until < count_of(owner) && block_at(owner, until)->first_id == change->until_id;
    if (until > from)
        take_out(owner, from, until);
}

static kept_block **prepare_all(memory_blocks *self, const index_change *changes, size_t count)
{
    kept_block **made = calloc(count, sizeof(*made));
    bool is_done = made != NULL;

    for (size_t i = 0; is_done && i < count; i++) {
        if (!changes[i].is_range) {
            made[i] = prepare(self, &changes[i].row);
            is_done = made[i] != NULL;
        }
    }
    if (made == NULL || is_done)
        return made;
    for (size_t i = 0; i < count; i++) {
        if (made[i] != NULL)
            get(self, &changes[i].row.conversation)->reserved--;
        free(made[i]);
    }
    free(made);
    return NULL;
}

int memory_blocks_apply(memory_blocks *self, const index_change *changes, size_t count)
{
    if (count == 0)
        return 0;

    kept_block **made = prepare_all(self, changes, count);

    if (made == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        kept_conversation *owner = get(self, &changes[i].row.conversation);

        if (made[i] != NULL) {
            put(owner, made[i]);
            owner->reserved--;
        } else if (owner != NULL) {
            drop_range(owner, &changes[i]);
        }
    }
    free(made);
    return 0;
}

/* ---- retention ----------------------------------------------------------------------------- */

/* Free the old blocks of a conversation; how many were looked at. */
static size_t trim_conversation(kept_conversation *owner, int64_t tail)
{
    const size_t count = count_of(owner);
    size_t old = 0;

    while (old < count && block_at(owner, old)->keep_offset < tail)
        old++;
    if (old > 0)
        take_out(owner, 0, old);
    if (!owner->is_edited)
        return old + 1; /* those behind it are needed for longer still */

    size_t kept = 0;

    for (size_t i = 0; i < owner->older_count; i++) {
        if (owner->older[i]->keep_offset < tail)
            free(owner->older[i]);
        else
            owner->older[kept++] = owner->older[i];
    }
    owner->older_count = (uint32_t)kept;
    return count + 1;
}

void memory_blocks_trim(memory_blocks *self, int64_t tail, size_t count)
{
    size_t rest = self->conversation_count; /* none is looked at twice */

    for (size_t seen = 0; seen < count && rest > 0; rest--) {
        if (self->trimmed >= self->conversation_count)
            self->trimmed = 0;

        kept_conversation *owner = self->conversations[self->trimmed];

        seen += trim_conversation(owner, tail);
        if (count_of(owner) == 0)
            remove_conversation(self, self->trimmed); /* another is in its place now */
        else
            self->trimmed++;
    }
}
