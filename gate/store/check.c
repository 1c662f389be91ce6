/*
 * Checking a store. A project's log is read once for itself, and then, with the index, in
 * windows of so many records: the index's entries of a window are gathered in the order of
 * their offsets, and the records of the window walked along them. So the memory that is needed
 * has a bound, whatever the size of the log.
 *
 * A message without an entry must have a reason: a later record that deletes, edits or clears
 * it. Those are gathered from the log. LIMIT: beyond REASONS_MAX of them messages that are
 * missing in the index are no longer told.
 */
#include "gate/store/maintenance.h"

#include "gate/store/batch_codec.h"
#include "gate/store/parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 4 << 20, /* records, and the run that passes it */
    ENTRIES_MAX = 2 * WINDOW,
    WINDOWS_MAX = 1 << 20,
    REASONS_MAX = 4 << 20, /* deletions and edits of a project */
    CLEARS_MAX = 1 << 16,
    BAD_RUNS_MAX = 1000 /* beyond, the index is not compared: it would be blamed for the log */
};

/* A list of things of one size that grows up to a maximum. */
typedef struct list {
    void *items;
    size_t count;
    size_t cap;
    bool is_full; /* something did not find room */
} list;

/* An entry of the index. */
typedef struct entry {
    int64_t offset;
    uint64_t as_message; /* hash of what a message record must say */
    uint64_t as_edit;    /* of what an edit must say */
} entry;

typedef struct bad_run {
    int64_t first_offset;
    int64_t last_offset;
} bad_run;

typedef struct clear {
    int64_t offset;
    store_conversation conversation; /* kind 0: all kinds */
    int64_t sender;                  /* with kind 0, or 0 */
    bool is_all;                     /* of the kind */
    int64_t begin_ms;
    int64_t end_ms;
} clear;

typedef struct check {
    int32_t pid;
    store_finding_fn *found;
    void *userdata;
    store_counts *counts;
    store_project_row project;

    /* the log */
    int64_t tail; /* 0: no run yet */
    int64_t head;
    int64_t last_ms;
    int64_t end_bytes;
    list bad_runs;
    list reasons; /* uint64_t, hashes of messages that were deleted or edited */
    list clears;
    list windows;         /* int64_t, the offsets at which they begin, but the first */
    int64_t window_count; /* records of the last one so far */

    /* the epochs */
    store_epoch_row last_epoch;
    bool has_epochs;

    /* the index */
    int64_t window_from;
    int64_t window_until;
    list entries;
    size_t next_entry;
    store_conversation last_conversation;
    int64_t next_id;
    int64_t last_entry_ms;
    bool is_first_window;
} check;

static bool grow(list *self, size_t size, size_t max)
{
    size_t cap = self->cap == 0 ? 1024 : self->cap * 2;
    void *items;

    if (self->count < self->cap)
        return true;
    if (cap > max)
        cap = max;
    items = self->count < cap ? realloc(self->items, cap * size) : NULL;
    if (items == NULL) {
        self->is_full = true;
        return false;
    }
    self->items = items;
    self->cap = cap;
    return true;
}

static void tell(check *self, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(check *self, int64_t offset, const char *format, ...)
{
    char text[200];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    self->found(self->pid, offset, text, self->userdata);
}

/* ---- what records say ---------------------------------------------------------------------- */

static bool is_message(uint8_t kind)
{
    return kind >= STORE_P2P && kind <= STORE_BROADCAST;
}

static uint64_t hash_of(const int64_t *numbers, size_t count)
{
    uint8_t bytes[8 * 8];

    for (size_t i = 0; i < count; i++)
        memcpy(bytes + 8 * i, &numbers[i], 8);
    return batch_checksum(bytes, 8 * count, 1);
}

static uint64_t hash_of_message(const store_conversation *whose, int64_t from, int64_t mid,
                                uint8_t mtype, int64_t ms)
{
    return hash_of((const int64_t[]){whose->kind, whose->a, whose->b, from, mid, mtype, ms}, 7);
}

static uint64_t hash_of_edit(const store_conversation *whose, int64_t from, int64_t mid)
{
    return hash_of((const int64_t[]){whose->kind, whose->a, whose->b, from, mid}, 5);
}

/* ---- the log ------------------------------------------------------------------------------- */

static void note_bad_run(check *self, const store_run_row *row)
{
    if (grow(&self->bad_runs, sizeof(bad_run), BAD_RUNS_MAX))
        ((bad_run *)self->bad_runs.items)[self->bad_runs.count++] =
            (bad_run){row->first_offset, row->last_offset};
}

static void note_clear(check *self, const store_record *record, const uint8_t *bytes)
{
    clear noted = {.offset = record->offset, .begin_ms = INT64_MIN, .end_ms = INT64_MAX};

    if (record->mtype == 0)
        noted.sender = record->from;
    else if (record->from == 0 && record->to == 0)
        noted.is_all = true;
    noted.conversation = store_conversation_of(record->mtype, record->from, record->to);
    if (record->mtype != 0 && record->msg_len == 16) {
        memcpy(&noted.begin_ms, bytes + record->msg_at, 8);
        memcpy(&noted.end_ms, bytes + record->msg_at + 8, 8);
    }
    if (grow(&self->clears, sizeof noted, CLEARS_MAX))
        ((clear *)self->clears.items)[self->clears.count++] = noted;
}

static void note_reason(check *self, const store_record *record, const uint8_t *bytes)
{
    if (record->kind == STORE_CLEAR) {
        note_clear(self, record, bytes);
    } else if (record->kind == STORE_DELETE || record->kind == STORE_EDIT) {
        const store_conversation whose =
            store_conversation_of(record->mtype, record->from, record->to);

        if (grow(&self->reasons, sizeof(uint64_t), REASONS_MAX))
            ((uint64_t *)self->reasons.items)[self->reasons.count++] =
                hash_of_edit(&whose, record->from, record->mid);
    }
}

/* What is wrong with a run itself, or NULL. Its records are counted and their reasons noted. */
static const char *fault_of_run(check *self, const store_run_row *row)
{
    batch_reader run;
    store_record record;
    int64_t count = 0;
    int r;

    if (batch_reader_init(&run, row->data, row->len, BATCH_VERIFY) < 0)
        return "its checksum does not match, or it is no run";
    if (run.pid != self->pid)
        return "it belongs to another project";
    if (run.first_offset != row->first_offset || run.last_offset != row->last_offset ||
        run.last_mtime_ms != row->last_ms)
        return "its columns do not say what it holds";
    while ((r = batch_reader_next(&run, &record)) > 0) {
        note_reason(self, &record, run.bytes);
        count++;
    }
    if (r < 0)
        return "its records make no sense";
    if (self->tail != 0 && run.first_mtime_ms < self->last_ms)
        return "its log time falls behind the run before it";
    self->counts->records += count;
    self->window_count += count;
    return NULL;
}

static void end_window(check *self, int64_t next_offset)
{
    if (self->window_count < WINDOW || !grow(&self->windows, sizeof(int64_t), WINDOWS_MAX))
        return;
    ((int64_t *)self->windows.items)[self->windows.count++] = next_offset;
    self->window_count = 0;
}

static bool check_run(const store_run_row *row, void *userdata)
{
    check *self = userdata;
    const char *fault = fault_of_run(self, row);

    if (fault != NULL) {
        tell(self, row->first_offset, "the run of offsets %" PRId64 " to %" PRId64 ": %s",
             row->first_offset, row->last_offset, fault);
        note_bad_run(self, row);
    }
    if (self->tail != 0 && row->first_offset <= self->head)
        tell(self, row->first_offset, "the run begins before the end of the one before it");
    if (self->tail != 0 && row->before_bytes != self->end_bytes)
        tell(self, row->first_offset, "the sum of the bytes before the run is wrong");
    if (self->tail == 0)
        self->tail = row->first_offset;
    self->head = row->last_offset;
    self->last_ms = row->last_ms;
    self->end_bytes = row->before_bytes + (int64_t)row->len;
    end_window(self, row->last_offset + 1);
    return true;
}

/* ---- epochs, directory, the log's own row -------------------------------------------------- */

static bool check_epoch(const store_epoch_row *row, void *userdata)
{
    check *self = userdata;
    const store_epoch_row *last = &self->last_epoch;

    self->counts->epochs++;
    if (row->epoch == 0)
        tell(self, row->first_offset, "epoch %" PRId64 " has no name", row->number);
    if (row->first_offset < 1)
        tell(self, 0, "epoch %" PRId64 " begins before the log", row->number);
    if (self->has_epochs && row->number != last->number + 1)
        tell(self, row->first_offset, "epochs are missing before number %" PRId64, row->number);
    if (self->has_epochs && row->first_offset < last->first_offset)
        tell(self, row->first_offset, "epoch %" PRId64 " begins before the one before it",
             row->number);
    if (self->has_epochs && row->epoch == last->epoch)
        tell(self, row->first_offset, "epoch %" PRId64 " is the one before it", row->number);
    self->last_epoch = *row;
    self->has_epochs = true;
    return true;
}

static bool check_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                        void *userdata)
{
    check *self = userdata;

    (void)key;
    (void)value;
    self->counts->entries++;
    if (key_len < 1 || key_len > STORE_KEY_MAX)
        tell(self, 0, "the directory has a key of %zu bytes", key_len);
    if (value_len > STORE_VALUE_MAX)
        tell(self, 0, "the directory has a value of %zu bytes", value_len);
    return true;
}

/* The end of the log as its rows tell it: no epoch begins beyond. */
static void check_ends(check *self)
{
    const int64_t run_head = self->head;

    if (self->has_epochs && self->last_epoch.first_offset - 1 > self->head)
        self->head = self->last_epoch.first_offset - 1;
    if (self->tail == 0)
        self->tail = self->head + 1;
    if (!self->has_epochs)
        tell(self, 0, "the project was never opened: it has no epochs");
    if (self->project.indexed_until > self->head)
        tell(self, 0, "the index reaches to offset %" PRId64 ", the log to %" PRId64,
             self->project.indexed_until, self->head);
    if (!self->project.has_log)
        return;
    if (self->project.head != self->head)
        tell(self, 0, "the log's row says that it ends at offset %" PRId64 ", its runs at %" PRId64,
             self->project.head, self->head);
    if (self->has_epochs && self->project.epoch != self->last_epoch.epoch)
        tell(self, 0, "the log's row has another epoch than the newest");
    if (run_head > 0 && self->project.last_mtime_ms != self->last_ms)
        tell(self, 0, "the log's row has another time than its newest run");
}

/* ---- the index ----------------------------------------------------------------------------- */

static bool is_same(const store_conversation *a, const store_conversation *b)
{
    return a->kind == b->kind && a->a == b->a && a->b == b->b;
}

/* What a block says about itself; once, in the first window. */
static void check_block(check *self, const index_row *row, const index_block *block)
{
    const bool goes_on = is_same(&row->conversation, &self->last_conversation);

    self->counts->blocks++;
    if (goes_on && block->first_id < self->next_id)
        tell(self, 0, "index: ids of conversation %u/%" PRId64 "/%" PRId64 " are given twice",
             row->conversation.kind, row->conversation.a, row->conversation.b);
    if (goes_on && block->entry_count > 0 && block->entries[0].ms <= self->last_entry_ms)
        tell(self, block->entries[0].offset,
             "index: times of conversation %u/%" PRId64 "/%" PRId64 " do not rise",
             row->conversation.kind, row->conversation.a, row->conversation.b);
    if (!goes_on)
        self->last_entry_ms = INT64_MIN;
    self->last_conversation = row->conversation;
    self->next_id = block->next_id;
    if (block->entry_count > 0)
        self->last_entry_ms = block->entries[block->entry_count - 1].ms;
}

static bool gather_block(const index_row *row, void *userdata)
{
    check *self = userdata;
    index_block block;

    if (!is_message(row->conversation.kind))
        return true; /* a mark */
    if (index_block_decode(&block, self->pid, &row->conversation, row->first_id, row->data,
                           row->len) < 0) {
        if (self->is_first_window)
            tell(self, 0,
                 "index: the block of conversation %u/%" PRId64 "/%" PRId64 " at id %" PRId64
                 " is damaged",
                 row->conversation.kind, row->conversation.a, row->conversation.b, row->first_id);
        return true;
    }
    if (self->is_first_window)
        check_block(self, row, &block);
    for (size_t i = 0; i < block.entry_count; i++) {
        const index_entry *from = &block.entries[i];

        if (from->offset < self->window_from || from->offset > self->window_until)
            continue;
        if (!grow(&self->entries, sizeof(entry), ENTRIES_MAX))
            return false; /* more entries than records, or no memory */
        ((entry *)self->entries.items)[self->entries.count++] = (entry){
            .offset = from->offset,
            .as_message =
                hash_of_message(&row->conversation, from->from, from->mid, from->mtype, from->ms),
            .as_edit = hash_of_edit(&row->conversation, from->from, from->mid),
        };
    }
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const int64_t left = ((const entry *)a)->offset;
    const int64_t right = ((const entry *)b)->offset;

    return left < right ? -1 : left > right;
}

static int by_hash(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

static bool is_in_bad_run(const check *self, int64_t offset)
{
    const bad_run *runs = self->bad_runs.items;

    for (size_t i = 0; i < self->bad_runs.count; i++) {
        if (offset >= runs[i].first_offset && offset <= runs[i].last_offset)
            return true;
    }
    return false;
}

static bool does_clear(const clear *by, const store_record *record, const store_conversation *whose)
{
    const int64_t ms = index_time_of(record);

    if (by->offset < record->offset)
        return false;
    if (by->conversation.kind == 0)
        return by->sender == 0 || by->sender == record->from;
    if (by->conversation.kind != record->kind)
        return false;
    return by->is_all ||
           (is_same(&by->conversation, whose) && ms >= by->begin_ms && ms <= by->end_ms);
}

/* Whether something later in the log explains that a message is not in the index. */
static bool has_reason(const check *self, const store_record *record,
                       const store_conversation *whose)
{
    const uint64_t hash = hash_of_edit(whose, record->from, record->mid);
    const clear *clears = self->clears.items;

    if (self->reasons.is_full || self->clears.is_full)
        return true;
    if (self->reasons.count > 0 &&
        bsearch(&hash, self->reasons.items, self->reasons.count, sizeof hash, by_hash) != NULL)
        return true;
    for (size_t i = 0; i < self->clears.count; i++) {
        if (does_clear(&clears[i], record, whose))
            return true;
    }
    return false;
}

/* Entries that lie before an offset have no record. */
static void pass_entries(check *self, int64_t before_offset)
{
    const entry *entries = self->entries.items;

    for (; self->next_entry < self->entries.count; self->next_entry++) {
        const int64_t offset = entries[self->next_entry].offset;

        if (offset >= before_offset)
            return;
        if (!is_in_bad_run(self, offset))
            tell(self, offset, "index: an entry has no record");
    }
}

static void check_record(check *self, const store_record *record)
{
    const entry *entries = self->entries.items;
    const bool is_edit = record->kind == STORE_EDIT;
    const store_conversation whose =
        store_conversation_of(is_edit ? record->mtype : record->kind, record->from, record->to);

    if (record->offset < self->window_from || record->offset > self->window_until)
        return;
    pass_entries(self, record->offset);

    const bool has_entry = self->next_entry < self->entries.count &&
                           entries[self->next_entry].offset == record->offset;

    if (!has_entry) {
        if (is_message(record->kind) && record->offset <= self->project.indexed_until &&
            !has_reason(self, record, &whose))
            tell(self, record->offset, "index: the message is missing");
        return;
    }

    const entry *found = &entries[self->next_entry++];
    const bool is_right =
        is_edit ? found->as_edit == hash_of_edit(&whose, record->from, record->mid)
                : is_message(record->kind) &&
                      found->as_message == hash_of_message(&whose, record->from, record->mid,
                                                           record->mtype, index_time_of(record));

    if (!is_right)
        tell(self, record->offset, "index: the entry does not say what the record does");
    while (self->next_entry < self->entries.count &&
           entries[self->next_entry].offset == record->offset) {
        tell(self, record->offset, "index: the record has two entries");
        self->next_entry++;
    }
}

static bool check_run_entries(const store_run_row *row, void *userdata)
{
    check *self = userdata;
    batch_reader run;
    store_record record;

    if (is_in_bad_run(self, row->first_offset) ||
        batch_reader_init(&run, row->data, row->len, BATCH_TRUST) < 0)
        return true; /* told before */
    while (batch_reader_next(&run, &record) > 0)
        check_record(self, &record);
    return true;
}

static int check_window(check *self, store_tool *tool, char *text, size_t text_size)
{
    self->entries.count = 0;
    self->next_entry = 0;
    if (tool->ops->read_blocks(tool, self->pid, gather_block, self, text, text_size) < 0)
        return -1;
    if (self->entries.is_full) {
        if (self->entries.cap < ENTRIES_MAX) {
            store_text_set(text, text_size, "out of memory");
            return -1;
        }
        tell(self, self->window_from, "index: there are more entries than records");
        return 0;
    }
    if (self->entries.count > 0)
        qsort(self->entries.items, self->entries.count, sizeof(entry), by_offset);
    if (tool->ops->read_runs(tool, self->pid, self->window_from, self->window_until,
                             check_run_entries, self, text, text_size) < 0)
        return -1;
    pass_entries(self, INT64_MAX);
    return 0;
}

/* Entries of messages that retention has dropped may stay for a while: those before the tail. */
static int check_index(check *self, store_tool *tool, char *text, size_t text_size)
{
    if (self->bad_runs.is_full) {
        tell(self, 0, "index: not compared, since too many runs are damaged");
        return 0;
    }
    if (self->reasons.count > 0)
        qsort(self->reasons.items, self->reasons.count, sizeof(uint64_t), by_hash);
    for (size_t i = 0; i <= self->windows.count; i++) {
        const int64_t *begins = self->windows.items;

        self->is_first_window = i == 0;
        self->window_from = i == 0 ? self->tail : begins[i - 1];
        self->window_until = i == self->windows.count ? INT64_MAX : begins[i] - 1;
        if (check_window(self, tool, text, text_size) < 0)
            return -1;
    }
    return 0;
}

int store_check_project(store_tool *tool, int32_t pid, store_finding_fn *found, void *userdata,
                        store_counts *counts, char *reterr_text, size_t text_size)
{
    check self = {.pid = pid, .found = found, .userdata = userdata, .counts = counts};
    int r = tool->ops->read_project(tool, pid, &self.project, reterr_text, text_size);

    counts->projects++;
    if (r == 0)
        r = tool->ops->read_epochs(tool, pid, check_epoch, &self, reterr_text, text_size);
    if (r == 0)
        r = tool->ops->read_runs(tool, pid, INT64_MIN, INT64_MAX, check_run, &self, reterr_text,
                                 text_size);
    if (r == 0)
        r = tool->ops->read_entries(tool, pid, check_entry, &self, reterr_text, text_size);
    if (r == 0) {
        check_ends(&self);
        r = check_index(&self, tool, reterr_text, text_size);
    }
    free(self.bad_runs.items);
    free(self.reasons.items);
    free(self.clears.items);
    free(self.windows.items);
    free(self.entries.items);
    return r;
}
