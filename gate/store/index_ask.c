/*
 * Questions. A time bound is found by bisection over the ids, since times rise with them; from
 * there blocks are walked in the direction asked for. Contents are fetched last, in the order of
 * their offsets, so that each run is read once.
 *
 * LIMIT: a page whose filter of types fits few messages, and a count, walk the conversation
 * between the bounds of time; some 50 ns a message in RAM, 200 ns in SQLite, and questions
 * behind it wait.
 */
#include "gate/store/index.h"

#include "gate/store/batch_codec.h"
#include "gate/store/int_set.h"
#include "gate/store/parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct asking {
    index_storage *storage;
    store_ask *ask;
    store_answer *answer;
    store_conversation conversation;
    int64_t tail;
    int64_t last_id; /* pages only */
    bool is_down;
    index_marks marks;
    index_block block; /* the one that was found last */
    index_row row;
    size_t row_cap;
    size_t byte_count;
    size_t byte_cap;
    int_set senders;
} asking;

static int fail_memory(asking *self)
{
    store_text_set(self->answer->text, sizeof self->answer->text, "out of memory");
    return -1;
}

/* ---- blocks -------------------------------------------------------------------------------- */

static int find(asking *self, index_find how, int64_t id)
{
    return index_block_find(self->storage, self->ask->pid, &self->conversation, how, id,
                            &self->block, &self->row, self->answer->text,
                            sizeof self->answer->text);
}

/* Times before this one; all of them rise with the ids. */
typedef struct before_time {
    int64_t ms;
    bool is_inclusive;
} before_time;

static bool begins_before(const asking *self, const before_time *bound)
{
    return self->block.first_ms < bound->ms ||
           (bound->is_inclusive && self->block.first_ms == bound->ms);
}

/* The last block that begins before a time: 1 with its first id, 0 when there is none, or -1. */
static int find_time(asking *self, const before_time *bound, int64_t *ret_id)
{
    int r = find(self, INDEX_AT_OR_AFTER, INT64_MIN);

    if (r <= 0 || !begins_before(self, bound))
        return r < 0 ? -1 : 0;

    int64_t low = self->block.first_id;

    r = find(self, INDEX_AT_OR_BEFORE, INT64_MAX);
    if (r <= 0)
        return r;

    int64_t high = self->block.first_id;

    if (begins_before(self, bound)) {
        *ret_id = high;
        return 1;
    }
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;

        r = find(self, INDEX_AT_OR_BEFORE, middle);
        if (r > 0 && self->block.first_id == low)
            r = find(self, INDEX_AT_OR_AFTER, middle + 1);
        if (r < 0)
            return -1;
        /* The block after the low one is the high one: they meet. */
        if (r == 0 || self->block.first_id <= low || self->block.first_id >= high)
            break;
        if (begins_before(self, bound))
            low = self->block.first_id;
        else
            high = self->block.first_id;
    }
    *ret_id = low;
    return 1;
}

/* The block in which a walk upwards begins: 1, 0 or -1. */
static int find_start(asking *self)
{
    const store_ask *ask = self->ask;
    const before_time bound = {.ms = ask->begin_ms};
    int64_t id = self->last_id > 0 && self->last_id < INT64_MAX ? self->last_id + 1 : INT64_MIN;
    int64_t time_id;

    if (ask->begin_ms != 0) {
        const int r = find_time(self, &bound, &time_id);

        if (r < 0)
            return -1;
        if (r > 0 && time_id > id)
            id = time_id;
    }

    const int r = find(self, INDEX_AT_OR_BEFORE, id);

    return r != 0 ? r : find(self, INDEX_AT_OR_AFTER, id);
}

/* The block in which a walk downwards begins: 1, 0 or -1. */
static int find_end(asking *self)
{
    const store_ask *ask = self->ask;
    const before_time bound = {.ms = ask->end_ms, .is_inclusive = true};
    int64_t id = self->last_id > 0 ? self->last_id - 1 : INT64_MAX;
    int64_t time_id;

    if (ask->end_ms != 0) {
        const int r = find_time(self, &bound, &time_id);

        if (r <= 0)
            return r;
        if (time_id < id)
            id = time_id;
    }
    return find(self, INDEX_AT_OR_BEFORE, id);
}

/* ---- entries ------------------------------------------------------------------------------- */

static bool is_wanted(const store_ask *ask, const index_entry *entry)
{
    if (ask->begin_ms != 0 && entry->ms < ask->begin_ms)
        return false;
    if (ask->end_ms != 0 && entry->ms > ask->end_ms)
        return false;
    if ((ask->mtypes[0] | ask->mtypes[1]) == 0)
        return true;
    return entry->mtype < 128 && (ask->mtypes[entry->mtype / 64] >> (entry->mtype & 63) & 1) != 0;
}

/* 1 when the message is there to be seen, 0, or -1. */
static int is_visible(asking *self, const index_entry *entry)
{
    if (entry->offset < self->tail)
        return 0;

    const int r = index_marks_hide(&self->marks, self->storage, self->ask->pid, entry,
                                   self->answer->text, sizeof self->answer->text);

    return r < 0 ? -1 : r == 0;
}

static int add_row(asking *self, const index_entry *entry)
{
    const store_conversation *of = &self->conversation;
    store_answer *answer = self->answer;

    if (answer->row_count == self->row_cap) {
        const size_t cap = self->row_cap == 0 ? 16 : self->row_cap * 2;
        store_row *rows = realloc(answer->rows, cap * sizeof *rows);

        if (rows == NULL)
            return fail_memory(self);
        answer->rows = rows;
        self->row_cap = cap;
    }
    answer->rows[answer->row_count++] = (store_row){
        .id = entry->id,
        .from = entry->from,
        .to = of->kind == STORE_P2P && entry->from == of->a ? of->b : of->a,
        .mid = entry->mid,
        .mtime_ms = entry->ms,
        .offset = entry->offset,
        .mtype = entry->mtype,
    };
    return 0;
}

static int count_entry(asking *self, const index_entry *entry)
{
    if (self->senders.count == INDEX_SENDERS_MAX) {
        store_text_set(self->answer->text, sizeof self->answer->text,
                       "project %" PRId32 ": more than %d senders", self->ask->pid,
                       (int)INDEX_SENDERS_MAX);
        return -1;
    }
    self->answer->message_count++;
    return int_set_add(&self->senders, entry->from) < 0 ? fail_memory(self) : 0;
}

/* Take an entry of a page or a count: 1 to go on, 0 when that is all, or -1. */
static int take_entry(asking *self, const index_entry *entry)
{
    const store_ask *ask = self->ask;

    if (self->last_id > 0 &&
        (self->is_down ? entry->id >= self->last_id : entry->id <= self->last_id))
        return 1;
    if (self->is_down ? ask->begin_ms != 0 && entry->ms < ask->begin_ms
                      : ask->end_ms != 0 && entry->ms > ask->end_ms)
        return 0; /* and all beyond it */
    if (!is_wanted(ask, entry))
        return 1;

    const int r = is_visible(self, entry);

    if (r <= 0)
        return r < 0 ? -1 : 1;
    if (ask->question == STORE_ASK_COUNT)
        return count_entry(self, entry) < 0 ? -1 : 1;
    if (add_row(self, entry) < 0)
        return -1;
    return self->answer->row_count < ask->num;
}

static int walk(asking *self)
{
    const bool is_down = self->is_down;
    int r = is_down ? find_end(self) : find_start(self);

    while (r > 0) {
        const size_t count = self->block.entry_count;

        for (size_t i = 0; r > 0 && i < count; i++)
            r = take_entry(self, &self->block.entries[is_down ? count - 1 - i : i]);
        if (r > 0)
            r = is_down
                    ? find(self, INDEX_AT_OR_BEFORE, self->block.first_id - 1)
                    : find(self, INDEX_AT_OR_AFTER,
                           self->block.next_id > self->block.first_id ? self->block.next_id
                                                                      : self->block.first_id + 1);
    }
    return r;
}

/* The newest visible message (from, mid). */
static int find_message(asking *self)
{
    int r = find(self, INDEX_AT_OR_BEFORE, INT64_MAX);

    for (int i = 0; r > 0 && i < INDEX_FIND_BLOCKS_MAX; i++) {
        for (size_t j = self->block.entry_count; j > 0; j--) {
            const index_entry *entry = &self->block.entries[j - 1];

            if (entry->mid != self->ask->mid || entry->from != self->ask->from)
                continue;
            r = is_visible(self, entry);
            if (r != 0)
                return r < 0 ? -1 : add_row(self, entry);
        }
        r = find(self, INDEX_AT_OR_BEFORE, self->block.first_id - 1);
    }
    return r < 0 ? -1 : 0;
}

/* ---- contents ------------------------------------------------------------------------------ */

static int compare_offsets(const void *a, const void *b)
{
    const store_row *one = *(store_row *const *)a;
    const store_row *other = *(store_row *const *)b;

    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

static int reserve_bytes(asking *self, size_t len)
{
    if (len > self->byte_cap - self->byte_count) {
        const size_t twice = self->byte_cap * 2;
        const size_t cap = self->byte_count + len > twice ? self->byte_count + len : twice;
        uint8_t *bytes = realloc(self->answer->bytes, cap);

        if (bytes == NULL)
            return fail_memory(self);
        self->answer->bytes = bytes;
        self->byte_cap = cap;
    }
    return 0;
}

static uint32_t put_bytes(asking *self, const uint8_t *bytes, uint32_t len)
{
    const size_t at = self->byte_count;

    if (len > 0)
        memcpy(self->answer->bytes + at, bytes, len);
    self->byte_count += len;
    return (uint32_t)at;
}

static int fail_damaged(asking *self, int64_t offset)
{
    store_text_set(self->answer->text, sizeof self->answer->text,
                   "project %" PRId32 ": the records around offset %" PRId64 " are damaged",
                   self->ask->pid, offset);
    return -1;
}

/* The run that is being read, from its front to its end. */
typedef struct open_run {
    batch_reader reader;
    store_record record; /* the last that was read */
    bool is_open;
} open_run;

/* Read on to the record of an offset: 1, 0 when it is not there, or -1. */
static int seek_record(asking *self, open_run *run, int64_t offset)
{
    const uint8_t *data;
    size_t len;
    int r = 1;

    if (!run->is_open || offset > run->reader.last_offset) {
        run->is_open = false;
        r = self->storage->ops->find_run(self->storage, self->ask->pid, offset, &data, &len,
                                         self->answer->text, sizeof self->answer->text);
        if (r <= 0)
            return r;
        if (batch_reader_init(&run->reader, data, len,
                              self->storage->is_trusted ? BATCH_TRUST : BATCH_VERIFY) < 0 ||
            run->reader.pid != self->ask->pid)
            return fail_damaged(self, offset);
        run->record.offset = INT64_MIN;
        run->is_open = true;
    }
    while (run->record.offset < offset && (r = batch_reader_next(&run->reader, &run->record)) > 0)
        continue;
    if (r < 0)
        return fail_damaged(self, offset);
    return run->record.offset == offset;
}

/* 1 when all rows have their content, 0 when that would be too much, or -1. */
static int fill_rows(asking *self, store_row **order)
{
    store_answer *answer = self->answer;
    open_run run = {.is_open = false};

    self->byte_count = 0;
    for (size_t i = 0; i < answer->row_count; i++)
        order[i] = &answer->rows[i];
    qsort(order, answer->row_count, sizeof *order, compare_offsets);
    for (size_t i = 0; i < answer->row_count; i++) {
        const store_record *record = &run.record;
        store_row *row = order[i];
        const int r = seek_record(self, &run, row->offset);

        if (r < 0)
            return -1;
        if (r == 0) { /* dropped meanwhile */
            row->id = 0;
            continue;
        }

        const size_t len = (size_t)record->msg_len + record->attrs_len;

        if (self->byte_count + len > INDEX_ANSWER_MAX && answer->row_count > 1)
            return 0;
        if (reserve_bytes(self, len + 1) < 0) /* there are bytes, be it of none */
            return -1;
        row->msg_at = put_bytes(self, run.reader.bytes + record->msg_at, record->msg_len);
        row->msg_len = record->msg_len;
        row->attrs_at = put_bytes(self, run.reader.bytes + record->attrs_at, record->attrs_len);
        row->attrs_len = record->attrs_len;
        row->is_binary = record->is_binary;
    }
    return 1;
}

static int fetch_contents(asking *self)
{
    store_answer *answer = self->answer;
    size_t kept = 0;
    int r;

    if (answer->row_count == 0)
        return 0;

    store_row **order = malloc(answer->row_count * sizeof *order);

    if (order == NULL)
        return fail_memory(self);
    while ((r = fill_rows(self, order)) == 0)
        answer->row_count = (answer->row_count + 1) / 2;
    free(order);
    for (size_t i = 0; r > 0 && i < answer->row_count; i++) {
        if (answer->rows[i].id != 0)
            answer->rows[kept++] = answer->rows[i];
    }
    answer->row_count = kept;
    return r < 0 ? -1 : 0;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static int answer_question(asking *self)
{
    store_ask *ask = self->ask;

    if (self->conversation.kind < STORE_P2P || self->conversation.kind > STORE_BROADCAST) {
        store_text_set(self->answer->text, sizeof self->answer->text,
                       "project %" PRId32 ": kind %d has no conversations", ask->pid,
                       self->conversation.kind);
        return -1;
    }
    if (ask->question == STORE_ASK_PAGE && (ask->num < 1 || ask->num > STORE_PAGE_MAX)) {
        store_text_set(self->answer->text, sizeof self->answer->text,
                       "project %" PRId32 ": a page of %" PRIu32 " rows is refused", ask->pid,
                       ask->num);
        return -1;
    }
    if (index_marks_read(&self->marks, self->storage, ask->pid, self->conversation.kind,
                         self->answer->text, sizeof self->answer->text) < 0)
        return -1;
    switch (ask->question) {
    case STORE_ASK_FIND:
        return find_message(self) < 0 ? -1 : fetch_contents(self);
    case STORE_ASK_COUNT:
        if (walk(self) < 0)
            return -1;
        self->answer->sender_count = (int64_t)self->senders.count;
        return 0;
    case STORE_ASK_PAGE:
    default:
        return walk(self) < 0 ? -1 : fetch_contents(self);
    }
}

void index_answer(index_storage *storage, store_ask *ask, int64_t tail)
{
    const store_conversation *of = &ask->conversation;
    asking self = {
        .storage = storage,
        .ask = ask,
        .answer = &ask->answer,
        .conversation = {.kind = of->kind, .a = of->a},
        .tail = tail,
        .last_id = ask->question == STORE_ASK_PAGE ? ask->last_id : 0,
        .is_down = ask->question == STORE_ASK_PAGE && ask->is_descending,
    };

    ask->answer = (store_answer){.result = -1};
    if (of->kind == STORE_P2P)
        self.conversation = store_conversation_of(STORE_P2P, of->a, of->b);
    if (answer_question(&self) == 0) {
        ask->answer.result = 0;
        memcpy(ask->answer.text, storage->note, sizeof ask->answer.text);
        storage->note[0] = '\0';
    } else {
        char text[sizeof ask->answer.text];

        memcpy(text, ask->answer.text, sizeof text);
        store_answer_deinit(&ask->answer);
        ask->answer.result = -1;
        memcpy(ask->answer.text, text, sizeof text);
    }
    int_set_deinit(&self.senders);
}
