/*
 * One conversation in a pass: its newest block is read, messages are added to it and to blocks
 * after it, and deletions, edits and clears change entries in it or before. Blocks that were
 * changed are kept aside until the end, and cover those of the storage.
 *
 * The newest block is never dropped, and its keep_offset is the highest, so that it goes with
 * retention last of all: it tells the next id.
 */
#include "gate/store/index_pass.h"

#include "gate/store/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A block of the conversation as this pass has it. */
typedef struct edited {
    int64_t first_id;
    int64_t keep_offset;
    index_block *block; /* NULL: it is dropped */
    bool is_changed;
} edited;

typedef struct group_edit {
    index_pass *pass;
    index_storage *storage;
    int32_t pid;
    store_conversation conversation;
    int64_t tail;
    edited *blocks; /* by first_id, rising */
    size_t count;
    size_t cap;
    int64_t floor_id; /* blocks of the storage that begin below it are gone … */
    bool drops_floor; /* … and are to be deleted */
    bool has_marks;
    index_marks marks;
    char *text;
    size_t text_size;
} group_edit;

static int fail_memory(group_edit *self)
{
    store_text_set(self->text, self->text_size, "out of memory");
    return -1;
}

/* ---- blocks -------------------------------------------------------------------------------- */

/* How many of the edited blocks begin at or before an id. */
static size_t count_until(const group_edit *self, int64_t id)
{
    size_t low = 0;
    size_t high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->blocks[middle].first_id <= id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Keep a copy of a block that is not there yet; NULL when out of memory. */
static edited *keep(group_edit *self, const index_block *block, int64_t keep_offset)
{
    if (self->count == self->cap) {
        const size_t cap = self->cap == 0 ? 4 : self->cap * 2;
        edited *blocks = realloc(self->blocks, cap * sizeof *blocks);

        if (blocks == NULL)
            return NULL;
        self->blocks = blocks;
        self->cap = cap;
    }

    index_block *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return NULL;
    *copy = *block;

    const size_t place = count_until(self, block->first_id);

    memmove(self->blocks + place + 1, self->blocks + place,
            (self->count - place) * sizeof *self->blocks);
    self->count++;
    self->blocks[place] =
        (edited){.first_id = block->first_id, .keep_offset = keep_offset, .block = copy};
    return &self->blocks[place];
}

static edited *newest(group_edit *self)
{
    return self->count > 0 ? &self->blocks[self->count - 1] : NULL;
}

static void drop(edited *dropped)
{
    free(dropped->block);
    dropped->block = NULL;
    dropped->is_changed = true;
}

/* Where a block of the pass is: among the edited, or read into the pass's scratch. */
typedef struct found {
    edited *edited; /* NULL: in the scratch */
    index_block *block;
    int64_t keep_offset;
} found;

/* A block that cannot be read is passed over; its messages are hidden until it is trimmed. */
static bool read_scratch(group_edit *self, const index_row *row)
{
    if (index_row_decode(self->storage, self->pid, row, &self->pass->scratch) == 0)
        return true;
    store_text_set(self->storage->note, sizeof self->storage->note,
                   "project %" PRId32 ": a block of the index is damaged at offset %" PRId64,
                   self->pid, row->keep_offset);
    return false;
}

/* The last block that begins at or before an id: 1, 0 or -1. */
static int find_before(group_edit *self, int64_t id, found *ret_found)
{
    for (;;) {
        const size_t until = count_until(self, id);
        edited *own = until > 0 ? &self->blocks[until - 1] : NULL;
        index_row row = {0};
        int r = 0;

        if ((own == NULL || own->first_id < id) && id >= self->floor_id)
            r = self->storage->ops->find_block(self->storage, self->pid, &self->conversation,
                                               INDEX_AT_OR_BEFORE, id, &row, self->text,
                                               self->text_size);
        if (r < 0)
            return -1;
        if (r > 0 && row.first_id >= self->floor_id &&
            (own == NULL || row.first_id > own->first_id)) {
            if (read_scratch(self, &row)) {
                *ret_found = (found){.block = &self->pass->scratch, .keep_offset = row.keep_offset};
                return 1;
            }
            id = row.first_id - 1;
            continue;
        }
        if (own == NULL)
            return 0;
        if (own->block != NULL) {
            *ret_found =
                (found){.edited = own, .block = own->block, .keep_offset = own->keep_offset};
            return 1;
        }
        id = own->first_id - 1;
    }
}

/* Keep what was found, to change it. */
static edited *touch(group_edit *self, const found *what)
{
    edited *touched =
        what->edited != NULL ? what->edited : keep(self, what->block, what->keep_offset);

    if (touched != NULL)
        touched->is_changed = true;
    return touched;
}

/*
 * Read the newest block. When retention has passed it there is none: the conversation begins
 * anew at the tail. One that is damaged had no more than so many ids.
 */
static int read_newest(group_edit *self)
{
    index_row row = {0};
    const int r = self->storage->ops->find_block(self->storage, self->pid, &self->conversation,
                                                 INDEX_AT_OR_BEFORE, INT64_MAX, &row, self->text,
                                                 self->text_size);

    if (r <= 0)
        return r;
    if (row.keep_offset < self->tail) {
        self->floor_id = INT64_MAX;
        return 0;
    }

    index_block *block = &self->pass->scratch;

    if (!read_scratch(self, &row)) {
        if (row.first_id < 1 || row.first_id > INT64_MAX - 2 * INDEX_BLOCK_IDS)
            return 0;
        *block = (index_block){.first_id = row.first_id + INDEX_BLOCK_IDS,
                               .next_id = row.first_id + INDEX_BLOCK_IDS,
                               .first_ms = INT64_MIN,
                               .last_ms = INT64_MIN};
    }
    return keep(self, block, row.keep_offset) != NULL ? 0 : fail_memory(self);
}

/* ---- records ------------------------------------------------------------------------------- */

static edited *begin_block(group_edit *self, int64_t ms)
{
    const edited *last = newest(self);
    const int64_t first_id = last != NULL ? last->block->next_id : self->tail;
    index_block *block = &self->pass->scratch;

    if (first_id > INT64_MAX - INDEX_BLOCK_IDS) {
        store_text_set(self->text, self->text_size, "project %" PRId32 ": no more ids", self->pid);
        return NULL;
    }
    block->first_id = block->next_id = first_id;
    block->first_ms = block->last_ms = ms;
    block->entry_count = 0;

    edited *begun = keep(self, block, 0);

    if (begun == NULL)
        (void)fail_memory(self);
    return begun;
}

static int add_message(group_edit *self, const pass_item *item)
{
    edited *last = newest(self);
    int64_t ms = item->ms;

    if (last != NULL && last->block->last_ms > ms)
        ms = last->block->last_ms; /* should it fall, pages could not be found by time */
    if (last == NULL || last->block->next_id - last->first_id == INDEX_BLOCK_IDS) {
        last = begin_block(self, ms);
        if (last == NULL)
            return -1;
    }

    index_block *block = last->block;

    if (block->next_id == block->first_id)
        block->first_ms = ms;
    block->entries[block->entry_count++] = (index_entry){.id = block->next_id++,
                                                         .ms = ms,
                                                         .offset = item->offset,
                                                         .from = item->from,
                                                         .mid = item->mid,
                                                         .mtype = item->mtype};
    block->last_ms = ms;
    last->keep_offset = item->offset;
    last->is_changed = true;
    return 0;
}

static int64_t mark_in_pass(const group_edit *self, uint8_t kind, int64_t a)
{
    const pass_group *group =
        index_pass_group(self->pass, &(store_conversation){.kind = kind, .a = a});

    return group != NULL ? self->pass->items[group->last - 1].offset : 0;
}

/*
 * Whether a mark hides an entry. It does not matter here whether the mark comes before or after
 * the record that acts: what a later one hides is hidden, whatever happened to it before.
 */
static int is_hidden(group_edit *self, const index_entry *entry)
{
    if (!self->has_marks) {
        if (index_marks_read(&self->marks, self->storage, self->pid, self->conversation.kind,
                             self->text, self->text_size) < 0)
            return -1;
        self->has_marks = true;
    }
    if (entry->offset < mark_in_pass(self, INDEX_KIND_MARK, MARK_OF_ALL) ||
        entry->offset < mark_in_pass(self, INDEX_KIND_MARK, self->conversation.kind) ||
        entry->offset < mark_in_pass(self, INDEX_KIND_SENDER, entry->from))
        return 1;
    return index_marks_hide(&self->marks, self->storage, self->pid, entry, self->text,
                            self->text_size);
}

/* The place + 1 of the last visible entry (from, mid) in a block, 0, or -1. */
static int find_entry(group_edit *self, const index_block *block, const pass_item *item)
{
    for (size_t i = block->entry_count; i > 0; i--) {
        const index_entry *entry = &block->entries[i - 1];

        if (entry->mid == item->mid && entry->from == item->from && entry->offset >= self->tail) {
            const int r = is_hidden(self, entry);

            if (r <= 0)
                return r < 0 ? -1 : (int)i;
        }
    }
    return 0;
}

static void take_entry(index_block *block, size_t place)
{
    block->entry_count--;
    memmove(block->entries + place, block->entries + place + 1,
            (block->entry_count - place) * sizeof block->entries[0]);
}

static int act(group_edit *self, const pass_item *item)
{
    int64_t id = INT64_MAX;
    found at;
    int r;

    for (int i = 0; i < INDEX_FIND_BLOCKS_MAX; i++) {
        r = find_before(self, id, &at);
        if (r <= 0)
            return r;

        const int place = find_entry(self, at.block, item);

        if (place < 0)
            return -1;
        id = at.block->first_id - 1;
        if (place == 0)
            continue;

        edited *touched = touch(self, &at);

        if (touched == NULL)
            return fail_memory(self);
        if (item->kind == STORE_EDIT) {
            touched->block->entries[place - 1].offset = item->offset;
            touched->keep_offset = item->offset;
            newest(self)->keep_offset = item->offset;
            newest(self)->is_changed = true;
        } else {
            take_entry(touched->block, (size_t)place - 1);
            if (touched->block->entry_count == 0 && touched != newest(self))
                drop(touched);
        }
        return 0;
    }
    return 0;
}

static void clear_all(group_edit *self)
{
    edited *last = newest(self);

    if (last == NULL)
        return;
    for (size_t i = 0; i + 1 < self->count; i++)
        free(self->blocks[i].block);
    self->blocks[0] = *last;
    self->count = 1;
    last = newest(self);
    last->block->entry_count = 0;
    last->is_changed = true;
    self->floor_id = last->first_id;
    self->drops_floor = true;
}

/* How many entries lie between the times; they are taken out if asked. */
static size_t clear_entries(index_block *block, int64_t begin_ms, int64_t end_ms, bool takes)
{
    size_t kept = 0;
    size_t count = block->entry_count;

    for (size_t i = 0; i < count; i++) {
        const index_entry entry = block->entries[i];

        if (entry.ms >= begin_ms && entry.ms <= end_ms)
            continue;
        if (takes)
            block->entries[kept] = entry;
        kept++;
    }
    if (takes)
        block->entry_count = kept;
    return count - kept;
}

static int clear_between(group_edit *self, int64_t begin_ms, int64_t end_ms)
{
    int64_t id = INT64_MAX;
    found at;
    int r;

    while ((r = find_before(self, id, &at)) > 0 && at.block->last_ms >= begin_ms) {
        id = at.block->first_id - 1;
        if (clear_entries(at.block, begin_ms, end_ms, false) == 0)
            continue;

        edited *touched = touch(self, &at);

        if (touched == NULL)
            return fail_memory(self);
        (void)clear_entries(touched->block, begin_ms, end_ms, true);
        if (touched->block->entry_count == 0 && touched != newest(self))
            drop(touched);
    }
    return r < 0 ? -1 : 0;
}

static int take_item(group_edit *self, const pass_item *item)
{
    if (item->kind == STORE_DELETE || item->kind == STORE_EDIT)
        return act(self, item);
    if (item->kind != STORE_CLEAR)
        return add_message(self, item);
    if (item->is_bounded)
        return clear_between(self, item->ms, item->mid);
    clear_all(self);
    return 0;
}

/* ---- the end ------------------------------------------------------------------------------- */

static int put_range(group_edit *self, int64_t first_id, int64_t until_id)
{
    const index_change change = {
        .row = {.conversation = self->conversation, .first_id = first_id},
        .is_range = true,
        .until_id = until_id,
    };

    return index_pass_change(self->pass, &change, NULL, self->pid);
}

static int put_changes(group_edit *self)
{
    if (self->drops_floor && put_range(self, INT64_MIN, self->floor_id - 1) < 0)
        return fail_memory(self);
    for (size_t i = 0; i < self->count; i++) {
        const edited *block = &self->blocks[i];
        const index_change change = {.row = {.conversation = self->conversation,
                                             .first_id = block->first_id,
                                             .keep_offset = block->keep_offset}};

        if (!block->is_changed)
            continue;
        if ((block->block == NULL
                 ? put_range(self, block->first_id, block->first_id)
                 : index_pass_change(self->pass, &change, block->block, self->pid)) < 0)
            return fail_memory(self);
    }
    return 0;
}

int index_group_build(index_pass *pass, index_storage *storage, int32_t pid,
                      const pass_group *group, int64_t tail, char *reterr_text, size_t text_size)
{
    group_edit self = {
        .pass = pass,
        .storage = storage,
        .pid = pid,
        .conversation = group->conversation,
        .tail = tail,
        .floor_id = INT64_MIN,
        .text = reterr_text,
        .text_size = text_size,
    };
    int r = read_newest(&self);

    for (uint32_t place = group->first; r == 0 && place != 0; place = pass->items[place - 1].next)
        r = take_item(&self, &pass->items[place - 1]);
    if (r == 0)
        r = put_changes(&self);
    for (size_t i = 0; i < self.count; i++)
        free(self.blocks[i].block);
    free(self.blocks);
    return r;
}
