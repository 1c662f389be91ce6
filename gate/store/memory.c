/*
 * A log in RAM: one ring of encoded runs a project, the oldest of which go when it is full. Runs
 * are counted, so that a reader visits them without holding the lock: an append never waits for
 * somebody's replay. Nothing survives the process, which the next epoch tells.
 *
 * Each append adds its messages to the index, at once. Only when memory was short the index lags
 * behind, and is brought up to date by a later append, before records go, or before a question is
 * answered, which is at once, too.
 */
#include "gate/store/batch_codec.h"
#include "gate/store/directory.h"
#include "gate/store/index.h"
#include "gate/store/memory_blocks.h"
#include "gate/store/parts.h"
#include "gate/store/run_split.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A run in its ring. Immutable; `ref_count` is guarded by the store's mutex. */
typedef struct kept_run {
    size_t ref_count;
    int64_t first_offset;
    int64_t last_offset;
    int64_t last_mtime_ms;
    size_t len;
    uint8_t data[];
} kept_run;

typedef struct kept_epoch {
    uint64_t epoch;
    int64_t first_offset;
} kept_epoch;

typedef struct project {
    index_storage index; /* first */
    int32_t pid;
    store_position position;
    directory entries;
    memory_blocks blocks;
    int64_t indexed_until;
    int64_t dropped_count; /* of offsets whose blocks may not have been freed yet */
    kept_run **ring;       /* cap is a power of two */
    size_t cap;
    size_t first;
    size_t count;
    size_t ring_bytes; /* with what each run costs beside its data */
    int64_t data_bytes;
    kept_epoch *epochs;
    size_t epoch_count;
} project;

typedef struct memory_store {
    store base;
    pthread_mutex_t mutex; /* guards all below */
    size_t max_bytes;
    pid_table projects;
    index_pass *pass;
    run_split split;
} memory_store;

enum {
    DEFAULT_MAX_BYTES = 64 << 20,
    RING_MIN = 16,
    LAG_MAX = 4096,           /* offsets that the index may lag behind */
    DROPPED_ENOUGH = 1 << 30, /* offsets that are counted, at most */
    TRIMMED_EACH = 4,         /* blocks that are looked at for each */
    TRIMMED_MIN = 256,        /* dropped offsets that are worked off by one append, or more */
    AHEAD = 4,                /* records between the steps of fetching memory ahead */
    AHEAD_STEPS = 4
};

static void unref_run(kept_run *batch)
{
    if (batch != NULL && --batch->ref_count == 0)
        free(batch);
}

static kept_run *run_at(const project *self, size_t i)
{
    return self->ring[(self->first + i) & (self->cap - 1)];
}

static void drop_oldest(project *self)
{
    kept_run *run = run_at(self, 0);

    self->first = (self->first + 1) & (self->cap - 1);
    self->count--;
    self->ring_bytes -= sizeof *run + run->len;
    self->data_bytes -= (int64_t)run->len;
    if (self->dropped_count < DROPPED_ENOUGH)
        self->dropped_count += run->last_offset - run->first_offset < DROPPED_ENOUGH
                                   ? run->last_offset - run->first_offset + 1
                                   : DROPPED_ENOUGH;
    unref_run(run);
}

static void free_project(void *value)
{
    project *self = value;

    while (self->count > 0)
        drop_oldest(self);
    free(self->ring);
    free(self->epochs);
    directory_deinit(&self->entries);
    memory_blocks_deinit(&self->blocks);
    free(self);
}

static int64_t tail_of(const project *self)
{
    return self->count > 0 ? run_at(self, 0)->first_offset : self->position.head + 1;
}

/* The first batch whose last record is at or after an offset, or the count. */
static size_t find_offset(const project *self, int64_t offset)
{
    size_t low = 0;
    size_t high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (run_at(self, middle)->last_offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first batch whose last record is at or after a log time, or the count. */
static size_t find_time(const project *self, int64_t mtime_ms)
{
    size_t low = 0;
    size_t high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (run_at(self, middle)->last_mtime_ms < mtime_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static project *find_project(memory_store *self, int32_t pid, char *reterr_text, size_t text_size)
{
    project *found = pid_table_get(&self->projects, pid);

    if (found == NULL)
        store_text_set(reterr_text, text_size, "project %" PRId32 " is not open", pid);
    return found;
}

/* ---- the index, under the lock -------------------------------------------------------------- */

/* Visit the records of one run: 1 to go on, 0 to stop, -1 when it is damaged. */
static int visit_run(const kept_run *run, int64_t from_offset, int64_t until_offset,
                     store_visit_fn *visit, void *userdata)
{
    batch_reader reader;
    store_record record;
    int r = batch_reader_init(&reader, run->data, run->len, BATCH_TRUST);

    if (r < 0)
        return -1;
    while ((r = batch_reader_next(&reader, &record)) > 0) {
        if (record.offset < from_offset)
            continue;
        if (record.offset > until_offset || !visit(&record, reader.bytes, userdata))
            return 0;
    }
    return r < 0 ? -1 : 1;
}

static int index_find_block(index_storage *base, int32_t pid,
                            const store_conversation *conversation, index_find how, int64_t id,
                            index_row *ret_row, char *reterr_text, size_t text_size)
{
    const int r = memory_blocks_find(&((project *)base)->blocks, conversation, how, id, ret_row);

    (void)pid;
    if (r < 0)
        store_text_set(reterr_text, text_size, "out of memory");
    return r;
}

static int index_find_run(index_storage *base, int32_t pid, int64_t offset,
                          const uint8_t **ret_data, size_t *ret_len, char *reterr_text,
                          size_t text_size)
{
    const project *self = (project *)base;
    const size_t place = find_offset(self, offset);

    (void)pid;
    (void)reterr_text;
    (void)text_size;
    if (place == self->count || run_at(self, place)->first_offset > offset)
        return 0;
    *ret_data = run_at(self, place)->data;
    *ret_len = run_at(self, place)->len;
    return 1;
}

static int index_read(index_storage *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                      store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    const project *self = (project *)base;
    int r = 1;

    for (size_t i = find_offset(self, from_offset); r > 0 && i < self->count; i++)
        r = visit_run(run_at(self, i), from_offset, until_offset, visit, userdata);
    if (r < 0)
        store_text_set(reterr_text, text_size, "project %" PRId32 ": records are damaged", pid);
    return r < 0 ? -1 : 0;
}

static int index_apply(index_storage *base, int32_t pid, const index_change *changes, size_t count,
                       int64_t indexed_until, char *reterr_text, size_t text_size)
{
    project *self = (project *)base;

    (void)pid;
    if (memory_blocks_apply(&self->blocks, changes, count) < 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    self->indexed_until = indexed_until;
    return 0;
}

static const index_storage_ops index_ops = {
    .find_block = index_find_block,
    .find_run = index_find_run,
    .read = index_read,
    .apply = index_apply,
};

static int catch_up(memory_store *self, project *owner, char *reterr_text, size_t text_size)
{
    index_position position = {
        .tail = tail_of(owner),
        .head = owner->position.head,
        .indexed_until = owner->indexed_until,
    };

    return index_catch_up(self->pass, &owner->index, owner->pid, &position, reterr_text, text_size);
}

/*
 * Each dropped offset pays for a look at some blocks, so that all have been looked at before as
 * many have come anew. What many have left behind at once is spread over what comes later.
 */
static void free_blocks(project *self, size_t record_count)
{
    const int64_t most = TRIMMED_MIN + (int64_t)record_count;
    const int64_t count = self->dropped_count < most ? self->dropped_count : most;

    if (count > 0)
        memory_blocks_trim(&self->blocks, tail_of(self), (size_t)count * TRIMMED_EACH);
    self->dropped_count -= count;
}

static bool is_message(const store_record *record)
{
    return record->kind >= STORE_P2P && record->kind <= STORE_BROADCAST;
}

static store_conversation conversation_of(const store_record *record)
{
    return store_conversation_of(record->kind, record->from, record->to);
}

/* What will be needed to add the records behind this one: each step needs what the last fetched. */
static void fetch_ahead(const project *self, const store_batch *batch, size_t place)
{
    for (int step = 0; step < AHEAD_STEPS; step++) {
        const size_t later = place + (size_t)(AHEAD_STEPS - step) * AHEAD;

        if (later < batch->record_count && is_message(&batch->records[later])) {
            const store_conversation of = conversation_of(&batch->records[later]);

            memory_blocks_prefetch(&self->blocks, &of, step);
        }
    }
}

/* Records from a place on that act on others: the index takes them in a pass. How many, or -1. */
static int64_t add_acts(memory_store *self, project *owner, const store_batch *batch, size_t place)
{
    size_t count = 0;

    while (place + count < batch->record_count && !is_message(&batch->records[place + count]))
        count++;

    index_position position = {
        .tail = tail_of(owner),
        .head = batch->records[place + count - 1].offset,
        .indexed_until = owner->indexed_until,
    };

    if (index_catch_up_with(self->pass, &owner->index, owner->pid, &position,
                            batch->records + place, count, batch->bytes, NULL, 0) < 0)
        return -1;
    return (int64_t)count;
}

static int add_message(project *owner, const store_record *record, int64_t tail)
{
    const store_conversation of = conversation_of(record);
    const index_entry message = {
        .ms = index_time_of(record),
        .offset = record->offset,
        .from = record->from,
        .mid = record->mid,
        .mtype = record->mtype,
    };

    if (memory_blocks_add(&owner->blocks, &of, &message, tail) < 0)
        return -1;
    owner->indexed_until = record->offset;
    return 0;
}

/* A batch that is kept goes into the index. When memory is short, that stays behind. */
static void index_batch(memory_store *self, project *owner, const store_batch *batch)
{
    const int64_t tail = tail_of(owner);
    const bool is_wide = owner->blocks.conversation_count > 1000; /* more than caches hold */
    size_t i = 0;

    while (i < batch->record_count) {
        if (is_wide)
            fetch_ahead(owner, batch, i);
        if (is_message(&batch->records[i])) {
            if (add_message(owner, &batch->records[i], tail) < 0)
                return;
            i++;
        } else {
            const int64_t count = add_acts(self, owner, batch, i);

            if (count < 0)
                return;
            i += (size_t)count;
        }
    }
    owner->indexed_until = owner->position.head;
}

/* ---- operations ---------------------------------------------------------------------------- */

static void memory_close(store *base)
{
    memory_store *self = (memory_store *)base;

    pid_table_deinit(&self->projects, free_project);
    index_pass_free(self->pass);
    run_split_deinit(&self->split);
    (void)pthread_mutex_destroy(&self->mutex);
    free(self);
}

static project *add_project(memory_store *self, int32_t pid)
{
    project *added = calloc(1, sizeof *added);

    if (added == NULL)
        return NULL;
    added->pid = pid;
    added->index.ops = &index_ops;
    added->index.is_trusted = true;
    added->position.last_mtime_ms = INT64_MIN;
    if (pid_table_add(&self->projects, pid, added) < 0) {
        free(added);
        return NULL;
    }
    return added;
}

/* Open an epoch in a project that is there. */
static int add_epoch(project *self, uint64_t epoch)
{
    if (self->epoch_count == STORE_EPOCHS_KEPT) {
        memmove(self->epochs, self->epochs + 1, (self->epoch_count - 1) * sizeof *self->epochs);
        self->epoch_count--;
    } else {
        kept_epoch *epochs = realloc(self->epochs, (self->epoch_count + 1) * sizeof *epochs);

        if (epochs == NULL)
            return -1;
        self->epochs = epochs;
    }
    self->epochs[self->epoch_count++] =
        (kept_epoch){.epoch = epoch, .first_offset = self->position.head + 1};
    self->position.epoch = epoch;
    return 0;
}

static bool has_epoch(const project *self, uint64_t epoch)
{
    for (size_t i = 0; i < self->epoch_count; i++) {
        if (self->epochs[i].epoch == epoch)
            return true;
    }
    return false;
}

static int memory_open_project(store *base, int32_t pid, uint64_t epoch, int64_t now_ms,
                               store_state *ret_state, char *reterr_text, size_t text_size)
{
    memory_store *self = (memory_store *)base;
    int r = -1;

    (void)now_ms;
    (void)pthread_mutex_lock(&self->mutex);

    project *opened = pid_table_get(&self->projects, pid);

    if (epoch == 0 || (opened != NULL && has_epoch(opened, epoch))) {
        store_text_set(reterr_text, text_size,
                       "project %" PRId32 ": epoch %016" PRIx64 " cannot be opened twice", pid,
                       epoch);
        goto end;
    }
    if (opened == NULL)
        opened = add_project(self, pid);
    if (opened == NULL || add_epoch(opened, epoch) < 0) {
        store_text_set(reterr_text, text_size, "out of memory");
        goto end;
    }
    *ret_state = (store_state){
        .epoch = epoch,
        .head = opened->position.head,
        .tail = tail_of(opened),
        .last_mtime_ms = opened->count > 0 ? opened->position.last_mtime_ms : 0,
    };
    r = 0;

end:
    (void)pthread_mutex_unlock(&self->mutex);
    return r;
}

static kept_run *keep_run(const batch_run *run)
{
    const size_t room = batch_encoded_max(run);

    if (room == 0 || room > SIZE_MAX - sizeof(kept_run))
        return NULL;

    kept_run *kept = malloc(sizeof *kept + room);

    if (kept == NULL)
        return NULL;

    const store_record *last = &run->records[run->record_count - 1];

    kept->ref_count = 1;
    kept->first_offset = run->records[0].offset;
    kept->last_offset = last->offset;
    kept->last_mtime_ms = last->mtime_ms;
    kept->len = batch_encode_trusted(run, kept->data);

    kept_run *exact = realloc(kept, sizeof *kept + kept->len);

    return exact != NULL ? exact : kept;
}

/* Make the ring larger; it holds `more` runs behind those that count. */
static int grow_ring_by(project *self, size_t more)
{
    const size_t cap = self->cap == 0 ? RING_MIN : self->cap * 2;
    kept_run **ring = malloc(cap * sizeof(*ring));

    if (ring == NULL)
        return -1;
    for (size_t i = 0; i < self->count + more; i++)
        ring[i] = run_at(self, i);
    free(self->ring);
    self->ring = ring;
    self->cap = cap;
    self->first = 0;
    return 0;
}

/* Put the runs of a batch behind those that count: 0, or -1 with none there. */
static int keep_runs(memory_store *self, project *owner, const store_batch *batch,
                     size_t *ret_run_count)
{
    size_t run_count = 0;
    batch_run part;
    int r;

    run_split_begin(&self->split, batch);
    while ((r = run_split_next(&self->split, &part)) > 0) {
        kept_run *kept = NULL;

        if (owner->count + run_count < owner->cap || grow_ring_by(owner, run_count) == 0)
            kept = keep_run(&part);
        if (kept == NULL) {
            r = -1;
            break;
        }
        owner->ring[(owner->first + owner->count + run_count++) & (owner->cap - 1)] = kept;
    }
    for (size_t i = 0; r < 0 && i < run_count; i++)
        free(owner->ring[(owner->first + owner->count + i) & (owner->cap - 1)]);
    *ret_run_count = run_count;
    return r;
}

static void count_runs(project *self, size_t run_count)
{
    for (size_t i = 0; i < run_count; i++) {
        const kept_run *kept = run_at(self, self->count);

        self->count++;
        self->ring_bytes += sizeof *kept + kept->len;
        self->data_bytes += (int64_t)kept->len;
        self->position.head = kept->last_offset;
        self->position.last_mtime_ms = kept->last_mtime_ms;
    }
}

static int add_batch(memory_store *self, const store_batch *batch, char *text, size_t text_size)
{
    project *owner = find_project(self, batch->pid, text, text_size);
    directory_plan plan = {NULL};
    size_t run_count = 0;

    if (owner == NULL || store_batch_check(batch, &owner->position, text, text_size) < 0)
        return -1;
    if (directory_prepare(&owner->entries, batch, &plan) < 0 ||
        keep_runs(self, owner, batch, &run_count) < 0) {
        directory_plan_deinit(&plan, batch);
        store_text_set(text, text_size, "out of memory");
        return -1;
    }

    const bool is_indexed = owner->indexed_until == owner->position.head;

    directory_change(&owner->entries, batch, &plan);
    count_runs(owner, run_count);
    if (is_indexed)
        index_batch(self, owner, batch);
    else if (owner->position.head - owner->indexed_until >= LAG_MAX)
        (void)catch_up(self, owner, NULL, 0);
    while (owner->ring_bytes > self->max_bytes && owner->count > 1) {
        /* Before all that is indexed is gone, so that ids go on from it. */
        if (owner->position.head - owner->indexed_until >
            owner->indexed_until - run_at(owner, 0)->last_offset)
            (void)catch_up(self, owner, NULL, 0);
        drop_oldest(owner);
    }
    free_blocks(owner, batch->record_count);
    return 0;
}

static void memory_append(store *base, store_batch *batch)
{
    memory_store *self = (memory_store *)base;
    char text[160] = "";
    int r = 0;

    if (batch->record_count > 0 || batch->change_count > 0) {
        (void)pthread_mutex_lock(&self->mutex);
        r = add_batch(self, batch, text, sizeof text);
        (void)pthread_mutex_unlock(&self->mutex);
    }
    batch->done(batch, r, r < 0 ? text : NULL, batch->userdata);
}

static int memory_read(store *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                       store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    memory_store *self = (memory_store *)base;
    kept_run *batch = NULL;
    int64_t next = from_offset;
    int r;

    do {
        (void)pthread_mutex_lock(&self->mutex);
        unref_run(batch);
        batch = NULL;

        const project *found = find_project(self, pid, reterr_text, text_size);

        r = found == NULL ? -1 : 0;
        if (found != NULL) {
            const size_t i = find_offset(found, next);

            if (i < found->count && run_at(found, i)->first_offset <= until_offset) {
                batch = run_at(found, i);
                batch->ref_count++;
            }
        }
        (void)pthread_mutex_unlock(&self->mutex);

        if (batch != NULL) {
            next = batch->last_offset + 1;
            r = visit_run(batch, from_offset, until_offset, visit, userdata);
            if (r < 0)
                store_text_set(reterr_text, text_size,
                               "project %" PRId32 ": the records from offset %" PRId64
                               " are damaged",
                               pid, batch->first_offset);
        }
    } while (r > 0);

    (void)pthread_mutex_lock(&self->mutex);
    unref_run(batch);
    (void)pthread_mutex_unlock(&self->mutex);
    return r;
}

/* The first record of a batch at or after a log time; its last record is. */
static int64_t offset_at_time(const kept_run *batch, int64_t mtime_ms)
{
    batch_reader reader;
    store_record record;

    if (batch_reader_init(&reader, batch->data, batch->len, BATCH_TRUST) == 0) {
        while (batch_reader_next(&reader, &record) > 0) {
            if (record.mtime_ms >= mtime_ms)
                return record.offset;
        }
    }
    return batch->last_offset;
}

static int memory_seek_time(store *base, int32_t pid, int64_t mtime_ms, int64_t *ret_offset,
                            char *reterr_text, size_t text_size)
{
    memory_store *self = (memory_store *)base;

    (void)pthread_mutex_lock(&self->mutex);

    const project *found = find_project(self, pid, reterr_text, text_size);

    if (found != NULL) {
        const size_t i = find_time(found, mtime_ms);

        *ret_offset = i < found->count ? offset_at_time(run_at(found, i), mtime_ms)
                                       : found->position.head + 1;
    }
    (void)pthread_mutex_unlock(&self->mutex);
    return found != NULL ? 0 : -1;
}

static bool is_kept(const project *self, const store_retention *keep, int64_t now_ms)
{
    if (keep->max_bytes > 0 && self->data_bytes > keep->max_bytes)
        return false;
    if (keep->max_age_ms > 0 && now_ms >= INT64_MIN + keep->max_age_ms &&
        run_at(self, 0)->last_mtime_ms < now_ms - keep->max_age_ms)
        return false;
    return true;
}

static int memory_trim(store *base, int32_t pid, const store_retention *keep, int64_t now_ms,
                       int64_t *ret_tail, char *reterr_text, size_t text_size)
{
    memory_store *self = (memory_store *)base;

    (void)pthread_mutex_lock(&self->mutex);

    project *found = find_project(self, pid, reterr_text, text_size);

    if (found != NULL) {
        (void)catch_up(self, found, NULL, 0); /* ids go on from what was there */
        while (found->count > 1 && !is_kept(found, keep, now_ms))
            drop_oldest(found);
        free_blocks(found, TRIMMED_MIN);
        *ret_tail = tail_of(found);
    }
    (void)pthread_mutex_unlock(&self->mutex);
    return found != NULL ? 0 : -1;
}

static int memory_read_entries(store *base, int32_t pid, store_entry_fn *visit, void *userdata,
                               char *reterr_text, size_t text_size)
{
    memory_store *self = (memory_store *)base;
    int r = -1;

    (void)pthread_mutex_lock(&self->mutex);

    const project *found = find_project(self, pid, reterr_text, text_size);

    if (found != NULL) {
        r = directory_visit(&found->entries, visit, userdata);
        if (r < 0)
            store_text_set(reterr_text, text_size, "out of memory");
    }
    (void)pthread_mutex_unlock(&self->mutex);
    return r;
}

static void memory_ask(store *base, store_ask *ask)
{
    memory_store *self = (memory_store *)base;

    ask->answer = (store_answer){.result = -1};
    (void)pthread_mutex_lock(&self->mutex);

    project *found = find_project(self, ask->pid, ask->answer.text, sizeof ask->answer.text);

    if (found != NULL && catch_up(self, found, ask->answer.text, sizeof ask->answer.text) == 0)
        index_answer(&found->index, ask, tail_of(found));
    (void)pthread_mutex_unlock(&self->mutex);
    ask->done(ask, ask->userdata);
}

static int memory_read_epochs(store *base, int32_t pid, store_epoch_fn *visit, void *userdata,
                              char *reterr_text, size_t text_size)
{
    memory_store *self = (memory_store *)base;

    (void)pthread_mutex_lock(&self->mutex);

    const project *found = find_project(self, pid, reterr_text, text_size);

    for (size_t i = 0; found != NULL && i < found->epoch_count; i++) {
        if (!visit(found->epochs[i].epoch, found->epochs[i].first_offset, userdata))
            break;
    }
    (void)pthread_mutex_unlock(&self->mutex);
    return found != NULL ? 0 : -1;
}

static const store_ops memory_ops = {
    .name = "memory",
    .close = memory_close,
    .open_project = memory_open_project,
    .append = memory_append,
    .read = memory_read,
    .read_entries = memory_read_entries,
    .ask = memory_ask,
    .seek_time = memory_seek_time,
    .trim = memory_trim,
    .read_epochs = memory_read_epochs,
};

int store_open_memory(const store_options *options, store **ret_store, char *reterr_text,
                      size_t text_size)
{
    memory_store *self = calloc(1, sizeof *self);

    if (self == NULL)
        goto fail;
    self->pass = index_pass_new();
    if (self->pass == NULL || pthread_mutex_init(&self->mutex, NULL) != 0)
        goto fail;
    self->base.ops = &memory_ops;
    self->max_bytes = options->memory_max_bytes > 0 ? options->memory_max_bytes : DEFAULT_MAX_BYTES;
    *ret_store = &self->base;
    return 0;

fail:
    if (self != NULL)
        index_pass_free(self->pass);
    free(self);
    store_text_set(reterr_text, text_size, "out of memory");
    return -1;
}
