/*
 * Catching up: records are gathered by conversation, then each conversation's blocks are changed
 * once, in the order of their keys, which the databases like.
 */
#include "gate/store/index_pass.h"

#include "gate/store/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

index_pass *index_pass_new(void)
{
    return calloc(1, sizeof(index_pass));
}

static void free_room(index_pass *self)
{
    while (self->room != NULL) {
        pass_room *next = self->room->next;

        free(self->room);
        self->room = next;
    }
}

void index_pass_free(index_pass *self)
{
    if (self == NULL)
        return;
    free_room(self);
    free(self->changes);
    free(self);
}

static void reset(index_pass *self)
{
    self->item_count = 0;
    self->act_count = 0;
    self->group_count = 0;
    self->change_count = 0;
    self->is_full = false;
    self->recent = NULL;
    memset(self->slots, 0, sizeof self->slots);
    free_room(self);
}

/* ---- gathering ----------------------------------------------------------------------------- */

static uint64_t hash_of(const store_conversation *conversation)
{
    uint64_t hash = (uint64_t)conversation->a * 0x9E3779B97F4A7C15U;

    hash = (hash ^ hash >> 29 ^ (uint64_t)conversation->b) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 32 ^ conversation->kind) * 0x94D049BB133111EBU;
    return hash ^ hash >> 31;
}

static bool is_same(const store_conversation *one, const store_conversation *other)
{
    return one->kind == other->kind && one->a == other->a && one->b == other->b;
}

/* The slot that holds a conversation's group, or the free one where it belongs. */
static size_t slot_of(const index_pass *self, const store_conversation *conversation)
{
    size_t slot = hash_of(conversation) % PASS_SLOTS;

    while (self->slots[slot] != 0 &&
           !is_same(&self->groups[self->slots[slot] - 1].conversation, conversation))
        slot = (slot + 1) % PASS_SLOTS;
    return slot;
}

const pass_group *index_pass_group(const index_pass *self, const store_conversation *conversation)
{
    const uint32_t place = self->slots[slot_of(self, conversation)];

    return place != 0 ? &self->groups[place - 1] : NULL;
}

static pass_group *group_of(index_pass *self, const store_conversation *conversation)
{
    const size_t slot = slot_of(self, conversation);

    if (self->slots[slot] == 0) {
        self->groups[self->group_count++] = (pass_group){.conversation = *conversation};
        self->slots[slot] = (uint32_t)self->group_count;
    }
    return &self->groups[self->slots[slot] - 1];
}

/* Room is there. */
static void add(index_pass *self, store_conversation conversation, pass_item item)
{
    pass_group *group = self->recent;

    /* Messages come in runs to one conversation. */
    if (group == NULL || !is_same(&group->conversation, &conversation))
        group = self->recent = group_of(self, &conversation);
    self->items[self->item_count++] = item;

    const uint32_t place = (uint32_t)self->item_count;

    if (group->last != 0)
        self->items[group->last - 1].next = place;
    else
        group->first = place;
    group->last = place;
}

static bool is_message(uint8_t kind)
{
    return kind >= STORE_P2P && kind <= STORE_BROADCAST;
}

static void add_clear(index_pass *self, const store_record *record, const uint8_t *bytes,
                      pass_item item)
{
    store_conversation of = {.kind = INDEX_KIND_MARK};

    if (is_message(record->mtype) && (record->from != 0 || record->to != 0)) {
        if (record->msg_len == 2 * sizeof(int64_t)) {
            memcpy(&item.ms, bytes + record->msg_at, sizeof item.ms);
            memcpy(&item.mid, bytes + record->msg_at + sizeof item.ms, sizeof item.mid);
            item.is_bounded = true;
        }
        of = store_conversation_of(record->mtype, record->from, record->to);
    } else if (is_message(record->mtype)) {
        of.a = record->mtype;
    } else if (record->mtype != 0) {
        return;
    } else if (record->from != 0) {
        of.a = MARK_OF_SENDERS;
        add(self, of, item);
        of = (store_conversation){.kind = INDEX_KIND_SENDER, .a = record->from};
    } else {
        of.a = MARK_OF_ALL;
    }
    add(self, of, item);
}

static bool gather(const store_record *record, const uint8_t *bytes, void *userdata)
{
    index_pass *self = userdata;
    const pass_item item = {
        .offset = record->offset,
        .ms = index_time_of(record),
        .from = record->from,
        .mid = record->mid,
        .kind = record->kind,
        .mtype = record->mtype,
    };

    /* A record takes two at most. */
    if (self->item_count + 2 > INDEX_PASS_RECORDS || self->group_count + 2 > INDEX_PASS_GROUPS ||
        self->act_count == PASS_ACTS_MAX) {
        self->is_full = true;
        return false;
    }
    if (is_message(record->kind)) {
        add(self, store_conversation_of(record->kind, record->from, record->to), item);
    } else if (record->kind == STORE_CLEAR) {
        self->act_count++;
        add_clear(self, record, bytes, item);
    } else if ((record->kind == STORE_DELETE || record->kind == STORE_EDIT) &&
               is_message(record->mtype)) {
        self->act_count++;
        add(self, store_conversation_of(record->mtype, record->from, record->to), item);
    }
    self->last_offset = record->offset;
    return true;
}

/* ---- changes ------------------------------------------------------------------------------- */

static int reserve_room(index_pass *self)
{
    if (self->room == NULL || sizeof self->room->data - self->room->len < INDEX_BLOCK_MAX) {
        pass_room *room = malloc(sizeof *room);

        if (room == NULL)
            return -1;
        room->next = self->room;
        room->len = 0;
        self->room = room;
    }
    return 0;
}

int index_pass_change(index_pass *self, const index_change *change, const index_block *block,
                      int32_t pid)
{
    if (self->change_count == self->change_cap) {
        const size_t cap = self->change_cap == 0 ? 256 : self->change_cap * 2;
        index_change *changes = realloc(self->changes, cap * sizeof *changes);

        if (changes == NULL)
            return -1;
        self->changes = changes;
        self->change_cap = cap;
    }

    index_change *added = &self->changes[self->change_count];

    *added = *change;
    if (block != NULL) {
        if (reserve_room(self) < 0)
            return -1;
        added->row.data = self->room->data + self->room->len;
        added->row.len = index_block_encode(block, pid, &added->row.conversation,
                                            self->room->data + self->room->len);
        self->room->len += added->row.len;
    }
    self->change_count++;
    return 0;
}

static int compare_groups(const void *a, const void *b)
{
    const store_conversation *one = &((const pass_group *)a)->conversation;
    const store_conversation *other = &((const pass_group *)b)->conversation;

    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    if (one->a != other->a)
        return one->a < other->a ? -1 : 1;
    return one->b < other->b ? -1 : one->b > other->b;
}

static void sort_groups(index_pass *self)
{
    qsort(self->groups, self->group_count, sizeof self->groups[0], compare_groups);
    memset(self->slots, 0, sizeof self->slots);
    for (size_t i = 0; i < self->group_count; i++)
        self->slots[slot_of(self, &self->groups[i].conversation)] = (uint32_t)(i + 1);
}

/* Of several marks of one kind the last counts. */
static int build_mark(index_pass *self, int32_t pid, const pass_group *group)
{
    const index_change change = {.row = {.conversation = group->conversation,
                                         .first_id = 1,
                                         .keep_offset = self->items[group->last - 1].offset}};

    return index_pass_change(self, &change, NULL, pid);
}

static int build(index_pass *self, index_storage *storage, int32_t pid, int64_t tail, char *text,
                 size_t text_size)
{
    sort_groups(self);
    for (size_t i = 0; i < self->group_count; i++) {
        const pass_group *group = &self->groups[i];

        if (is_message(group->conversation.kind)) {
            if (index_group_build(self, storage, pid, group, tail, text, text_size) < 0)
                return -1;
        } else if (build_mark(self, pid, group) < 0) {
            store_text_set(text, text_size, "out of memory");
            return -1;
        }
    }
    return 0;
}

/* What was gathered becomes changes, and they are made. */
static int finish(index_pass *self, index_storage *storage, int32_t pid, index_position *position,
                  char *text, size_t text_size)
{
    const int64_t until = self->is_full ? self->last_offset : position->head;

    if (build(self, storage, pid, position->tail, text, text_size) < 0 ||
        storage->ops->apply(storage, pid, self->changes, self->change_count, until, text,
                            text_size) < 0)
        return -1;
    position->indexed_until = until;
    return 0;
}

int index_catch_up(index_pass *self, index_storage *storage, int32_t pid, index_position *position,
                   char *reterr_text, size_t text_size)
{
    int r = 0;

    while (r == 0 && position->indexed_until < position->head) {
        reset(self);
        r = storage->ops->read(storage, pid, position->indexed_until + 1, position->head, gather,
                               self, reterr_text, text_size);
        if (r == 0)
            r = finish(self, storage, pid, position, reterr_text, text_size);
    }
    free_room(self);
    return r;
}

int index_catch_up_with(index_pass *self, index_storage *storage, int32_t pid,
                        index_position *position, const store_record *records, size_t count,
                        const uint8_t *bytes, char *reterr_text, size_t text_size)
{
    size_t next = 0;
    int r = 0;

    while (r == 0 && position->indexed_until < position->head) {
        reset(self);
        while (next < count && gather(&records[next], bytes, self))
            next++;
        r = finish(self, storage, pid, position, reterr_text, text_size);
    }
    free_room(self);
    return r;
}

/* ---- marks --------------------------------------------------------------------------------- */

static int read_mark(index_storage *storage, int32_t pid, uint8_t kind, int64_t a,
                     int64_t *ret_offset, char *text, size_t text_size)
{
    const store_conversation of = {.kind = kind, .a = a};
    index_row row = {0};
    const int r =
        storage->ops->find_block(storage, pid, &of, INDEX_AT_OR_BEFORE, 1, &row, text, text_size);

    *ret_offset = r > 0 ? row.keep_offset : 0;
    return r < 0 ? -1 : 0;
}

int index_marks_read(index_marks *ret_marks, index_storage *storage, int32_t pid, uint8_t kind,
                     char *reterr_text, size_t text_size)
{
    int64_t of_kind;

    *ret_marks = (index_marks){0};
    if (read_mark(storage, pid, INDEX_KIND_MARK, MARK_OF_ALL, &ret_marks->wide_offset, reterr_text,
                  text_size) < 0 ||
        read_mark(storage, pid, INDEX_KIND_MARK, kind, &of_kind, reterr_text, text_size) < 0 ||
        read_mark(storage, pid, INDEX_KIND_MARK, MARK_OF_SENDERS, &ret_marks->sender_offset_max,
                  reterr_text, text_size) < 0)
        return -1;
    if (of_kind > ret_marks->wide_offset)
        ret_marks->wide_offset = of_kind;
    return 0;
}

int index_marks_hide(index_marks *self, index_storage *storage, int32_t pid,
                     const index_entry *entry, char *reterr_text, size_t text_size)
{
    if (entry->offset < self->wide_offset)
        return 1;
    if (entry->offset >= self->sender_offset_max)
        return 0;
    if (!self->has_sender || self->sender != entry->from) {
        if (read_mark(storage, pid, INDEX_KIND_SENDER, entry->from, &self->sender_offset,
                      reterr_text, text_size) < 0)
            return -1;
        self->sender = entry->from;
        self->has_sender = true;
    }
    return entry->offset < self->sender_offset;
}

/* ---- blocks -------------------------------------------------------------------------------- */

int index_row_decode(const index_storage *storage, int32_t pid, const index_row *row,
                     index_block *ret_block)
{
    if (storage->is_trusted)
        return index_block_decode_trusted(ret_block, row->first_id, row->data, row->len);
    return index_block_decode(ret_block, pid, &row->conversation, row->first_id, row->data,
                              row->len);
}

int index_block_find(index_storage *storage, int32_t pid, const store_conversation *conversation,
                     index_find find, int64_t id, index_block *ret_block, index_row *ret_row,
                     char *reterr_text, size_t text_size)
{
    const int r = storage->ops->find_block(storage, pid, conversation, find, id, ret_row,
                                           reterr_text, text_size);

    if (r <= 0)
        return r;
    if (index_row_decode(storage, pid, ret_row, ret_block) < 0) {
        store_text_set(reterr_text, text_size,
                       "project %" PRId32 ": the index of conversation %d/%" PRId64 "/%" PRId64
                       " is damaged from id %" PRId64 ", offset %" PRId64,
                       pid, conversation->kind, conversation->a, conversation->b, ret_row->first_id,
                       ret_row->keep_offset);
        return -1;
    }
    return 1;
}
