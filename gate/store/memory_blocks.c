/*
 * The blocks of one project's index, in RAM: conversations in a list with a hash table over it,
 * each with its blocks in the order of their ids. Changes are made in two steps: first all
 * memory is taken, then nothing can fail.
 */
#include "gate/store/memory_blocks.h"

#include <stdlib.h>
#include <string.h>

typedef struct kept_block {
    int64_t first_id;
    int64_t keep_offset;
    size_t len;
    uint8_t data[];
} kept_block;

typedef struct kept_conversation {
    store_conversation key;
    kept_block **blocks; /* first_id rises */
    size_t count;
    size_t cap;
    size_t reserved; /* places taken for blocks to come */
} kept_conversation;

enum { CONVERSATIONS_MIN = 32 };

static uint64_t hash_of(const store_conversation *key)
{
    uint64_t hash = (uint64_t)key->a * 0x9E3779B97F4A7C15U;

    hash = (hash ^ hash >> 29 ^ (uint64_t)key->b) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 32 ^ key->kind) * 0x94D049BB133111EBU;
    return hash ^ hash >> 31;
}

/* ---- conversations ------------------------------------------------------------------------- */

/* The slot of a conversation, or the free one where it belongs. There are slots. */
static size_t slot_of(const memory_blocks *self, const store_conversation *key)
{
    const size_t mask = 2 * self->conversation_cap - 1;
    size_t slot = (size_t)hash_of(key) & mask;

    for (; self->slots[slot] != 0; slot = (slot + 1) & mask) {
        const store_conversation *there = &self->conversations[self->slots[slot] - 1]->key;

        if (there->kind == key->kind && there->a == key->a && there->b == key->b)
            break;
    }
    return slot;
}

static kept_conversation *get(const memory_blocks *self, const store_conversation *key)
{
    if (self->conversation_cap == 0)
        return NULL;

    const uint32_t place = self->slots[slot_of(self, key)];

    return place != 0 ? self->conversations[place - 1] : NULL;
}

static void fill_slots(memory_blocks *self)
{
    memset(self->slots, 0, 2 * self->conversation_cap * sizeof *self->slots);
    for (size_t i = 0; i < self->conversation_count; i++)
        self->slots[slot_of(self, &self->conversations[i]->key)] = (uint32_t)(i + 1);
}

static int grow(memory_blocks *self)
{
    const size_t cap = self->conversation_cap == 0 ? CONVERSATIONS_MIN : self->conversation_cap * 2;
    uint32_t *slots = malloc(2 * cap * sizeof *slots);
    kept_conversation **conversations =
        slots != NULL ? realloc(self->conversations, cap * sizeof(*conversations)) : NULL;

    if (conversations == NULL) {
        free(slots);
        return -1;
    }
    free(self->slots);
    self->slots = slots;
    self->conversations = conversations;
    self->conversation_cap = cap;
    fill_slots(self);
    return 0;
}

static kept_conversation *get_or_add(memory_blocks *self, const store_conversation *key)
{
    kept_conversation *found = get(self, key);

    if (found != NULL)
        return found;
    if (self->conversation_count == self->conversation_cap && grow(self) < 0)
        return NULL;
    found = calloc(1, sizeof *found);
    if (found == NULL)
        return NULL;
    found->key = *key;
    self->conversations[self->conversation_count++] = found;
    self->slots[slot_of(self, key)] = (uint32_t)self->conversation_count;
    return found;
}

static void free_conversation(kept_conversation *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->blocks[i]);
    free(self->blocks);
    free(self);
}

void memory_blocks_deinit(memory_blocks *self)
{
    for (size_t i = 0; i < self->conversation_count; i++)
        free_conversation(self->conversations[i]);
    free(self->conversations);
    free(self->slots);
    *self = (memory_blocks){0};
}

/* ---- blocks -------------------------------------------------------------------------------- */

/* How many blocks begin below an id. */
static size_t count_below(const kept_conversation *self, int64_t id)
{
    size_t low = 0;
    size_t high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->blocks[middle]->first_id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int memory_blocks_find(const memory_blocks *self, const store_conversation *conversation,
                       index_find how, int64_t id, index_row *ret_row)
{
    const kept_conversation *found = get(self, conversation);

    if (found == NULL)
        return 0;

    size_t place = count_below(found, id);

    if (how == INDEX_AT_OR_BEFORE && (place == found->count || found->blocks[place]->first_id > id))
        place = place > 0 ? place - 1 : found->count;
    if (place == found->count)
        return 0;

    const kept_block *block = found->blocks[place];

    *ret_row = (index_row){
        .conversation = *conversation,
        .first_id = block->first_id,
        .keep_offset = block->keep_offset,
        .data = block->data,
        .len = block->len,
    };
    return 1;
}

/* A copy of the block, and a place for it. */
static kept_block *prepare(memory_blocks *self, const index_row *row)
{
    kept_conversation *owner = get_or_add(self, &row->conversation);

    if (owner == NULL)
        return NULL;
    if (owner->count + owner->reserved == owner->cap) {
        const size_t cap = owner->cap == 0 ? 2 : owner->cap * 2;
        kept_block **blocks = realloc(owner->blocks, cap * sizeof(*blocks));

        if (blocks == NULL)
            return NULL;
        owner->blocks = blocks;
        owner->cap = cap;
    }

    kept_block *made = malloc(sizeof *made + row->len);

    if (made == NULL)
        return NULL;
    owner->reserved++;
    made->first_id = row->first_id;
    made->keep_offset = row->keep_offset;
    made->len = row->len;
    if (row->len > 0)
        memcpy(made->data, row->data, row->len);
    return made;
}

static void put(memory_blocks *self, kept_conversation *owner, kept_block *made)
{
    const size_t place = count_below(owner, made->first_id);

    if (place < owner->count && owner->blocks[place]->first_id == made->first_id) {
        free(owner->blocks[place]);
    } else {
        memmove(owner->blocks + place + 1, owner->blocks + place,
                (owner->count - place) * sizeof(*owner->blocks));
        owner->count++;
        self->block_count++;
    }
    owner->blocks[place] = made;
}

static void drop_range(memory_blocks *self, kept_conversation *owner, const index_change *change)
{
    const size_t from = count_below(owner, change->row.first_id);
    size_t until = count_below(owner, change->until_id);

    until += until < owner->count && owner->blocks[until]->first_id == change->until_id;
    if (until <= from)
        return;
    for (size_t i = from; i < until; i++)
        free(owner->blocks[i]);
    memmove(owner->blocks + from, owner->blocks + until,
            (owner->count - until) * sizeof(*owner->blocks));
    owner->count -= until - from;
    self->block_count -= until - from;
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
            put(self, owner, made[i]);
            owner->reserved--;
        } else if (owner != NULL) {
            drop_range(self, owner, &changes[i]);
        }
    }
    free(made);
    return 0;
}

void memory_blocks_trim(memory_blocks *self, int64_t tail)
{
    size_t kept = 0;

    if (self->conversation_count == 0)
        return;
    self->block_count = 0;
    for (size_t i = 0; i < self->conversation_count; i++) {
        kept_conversation *owner = self->conversations[i];
        size_t count = 0;

        for (size_t j = 0; j < owner->count; j++) {
            if (owner->blocks[j]->keep_offset < tail)
                free(owner->blocks[j]);
            else
                owner->blocks[count++] = owner->blocks[j];
        }
        owner->count = count;
        self->block_count += count;
        if (count == 0)
            free_conversation(owner);
        else
            self->conversations[kept++] = owner;
    }
    self->conversation_count = kept;
    fill_slots(self);
}
