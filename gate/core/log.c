/*
 * Gathering, numbering and handing over; no I/O and no thread is seen from here: the store
 * tells of a commit by putting the batch into the owner's mailbox.
 */
#include "gate/core/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/core/admit.h"
#include "gate/core/feed.h"
#include "gate/core/mail.h"
#include "gate/core/presence.h"
#include "gate/core/times.h"
#include "lib/base/num.h"
#include "lib/rtm/codes.h"

struct gate_log {
    const gate_config *config;
    size_t project;
    uint64_t epoch;
    int64_t next_offset;
    int64_t last_mtime_ms;
    feed_pool *pool;
    feed_item *gathering; /* NULL: nothing waits */
    bool is_committing;
    size_t pending_bytes; /* in both */
    size_t committing_bytes;
    size_t asked_count; /* questions under way */
    size_t asked_bytes; /* of their parameters */
    gate_time opened;
    bool has_old_sessions; /* of the last run: to be ended before anything is begun */
    mids *mids;
    times times;
    directory *directory;
    dir_key swept;
    gate_log_stats stats;
    log_metrics metrics;
};

/* The store's thread, or ours: only the bus is touched. */
static void store_done(store_batch *batch, int result, const char *text, void *userdata)
{
    feed_item *feed = userdata;

    (void)batch;
    if (feed->mono_us != NULL)
        feed->stored_us = feed->mono_us();
    feed->result = result;
    if (result < 0)
        (void)snprintf(feed->text, sizeof feed->text, "%s", text);
    bus_send(feed->bus, feed->owner, &feed->committed);
}

static bool is_message(const store_record *record)
{
    return record->kind <= STORE_BROADCAST;
}

/* A batch may be without any bytes. */
static rtmi_span span_at(const uint8_t *bytes, size_t at, size_t len)
{
    return (rtmi_span){len == 0 ? NULL : bytes + at, len};
}

static bool refill_visit(const store_record *record, const uint8_t *bytes, void *userdata)
{
    gate_log *self = userdata;
    mid_entry entry;

    if (!is_message(record))
        return true;
    const store_conversation where = store_conversation_of(record->kind, record->from, record->to);
    mids_key_of(self->mids, record->kind, record->from, record->to, record->mid, &entry);
    entry.content = mids_content_of(self->mids, record->mtype, record->is_binary,
                                    span_at(bytes, record->msg_at, record->msg_len),
                                    span_at(bytes, record->attrs_at, record->attrs_len));
    entry.mtime_ms = record->mtime_ms + record->ahead_ms;
    entry.offset = record->offset;
    if (entry.mtime_ms >= self->last_mtime_ms)
        times_seen(&self->times, &where, entry.mtime_ms);
    return mids_add(self->mids, &entry);
}

static int refill_mids(gate_log *self, gate_time now, char *reterr_text, size_t text_size)
{
    const gate_config *config = self->config;
    const gate_project *project = &config->projects[self->project];
    int64_t from = 0;

    if (project->state.head < project->state.tail)
        return 0;
    if (config->store->ops->seek_time(config->store, project->pid, now.wall_ms - config->mid_ms,
                                      &from, reterr_text, text_size) < 0)
        return -1;
    return config->store->ops->read(config->store, project->pid, from, INT64_MAX, refill_visit,
                                    self, reterr_text, text_size);
}

static bool load_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *userdata)
{
    return directory_load(userdata, (rtmi_span){key, key_len}, (rtmi_span){value, value_len});
}

static bool begin(gate_log *self, log_mark *ret_mark);

/* What is decided from here on must not take users of the last run for being there. */
static bool end_old_sessions(gate_log *self)
{
    log_mark mark;

    if (!begin(self, &mark))
        return false;
    if (presence_end_all(self, "gate restart", self->opened) != 0) {
        log_rewind(self, &mark);
        return false;
    }
    log_end(self, &mark);
    self->gathering->ends_old_sessions = true;
    self->has_old_sessions = false;
    return true;
}

/* The directory as it was stored; what it holds of sessions has ended meanwhile. */
static int load_directory(gate_log *self, char *reterr_text, size_t text_size)
{
    store *from = self->config->store;
    const gate_project *project = &self->config->projects[self->project];

    if (from->ops->read_entries(from, project->pid, load_entry, self->directory, reterr_text,
                                text_size) < 0)
        return -1;
    const dir_key sessions = dir_key_of(DIR_SESSION);
    if (directory_count(self->directory, &sessions) == 0)
        return 0;
    (void)snprintf(reterr_text, text_size, "out of memory");
    return end_old_sessions(self) ? 0 : -1;
}

static uint64_t random64(const gate_config *config)
{
    return config->random64(config->random_userdata);
}

gate_log *log_new(const gate_config *config, size_t project, gate_time now, char *reterr_text,
                  size_t text_size)
{
    const store_state *state = &config->projects[project].state;
    gate_log *self = calloc(1, sizeof *self);

    (void)snprintf(reterr_text, text_size, "out of memory");
    if (self == NULL)
        return NULL;
    self->config = config;
    self->project = project;
    self->epoch = state->epoch;
    self->opened = now;
    self->next_offset = state->head + 1;
    self->last_mtime_ms = state->last_mtime_ms;
    atomic_store(&config->projects[project].live->tail, state->tail);
    self->pool = feed_pool_new();
    self->mids = mids_new(config->mid_count, config->mid_ms, random64(config), random64(config));
    times_init(&self->times, random64(config));
    self->directory = directory_new(config->directory_bytes);
    if (self->pool == NULL || self->mids == NULL || self->directory == NULL ||
        refill_mids(self, now, reterr_text, text_size) < 0 ||
        load_directory(self, reterr_text, text_size) < 0) {
        log_free(self);
        return NULL;
    }
    return self;
}

void log_free(gate_log *self)
{
    if (self == NULL)
        return;
    feed_item_unref(self->gathering);
    feed_pool_unref(self->pool);
    mids_free(self->mids);
    times_deinit(&self->times);
    directory_free(self->directory);
    free(self);
}

static feed_item *gathering_of(gate_log *self)
{
    if (self->gathering == NULL)
        self->gathering =
            feed_item_new(self->pool, self->config, self->project, self->epoch, store_done);
    return self->gathering;
}

static bool grow_records(feed_item *feed, size_t records)
{
    size_t cap = feed->record_cap < 16 ? 16 : feed->record_cap * 2;

    while (cap - feed->batch.record_count < records)
        cap *= 2;
    store_record *grown = realloc(feed->batch.records, cap * sizeof *grown);
    if (grown == NULL)
        return false;
    feed->batch.records = grown;
    feed->record_cap = cap;
    return true;
}

static bool grow_replies(feed_item *feed)
{
    const size_t cap = feed->reply_cap < 16 ? 16 : feed->reply_cap * 2;
    feed_reply *grown = realloc(feed->replies, cap * sizeof *grown);

    if (grown == NULL)
        return false;
    feed->replies = grown;
    feed->reply_cap = cap;
    return true;
}

/* Room for the records and the reply of one request. */
static inline bool reserve(feed_item *feed, size_t records)
{
    return (feed->record_cap - feed->batch.record_count >= records ||
            grow_records(feed, records)) &&
           (feed->reply_count < feed->reply_cap || grow_replies(feed));
}

/* A request as it is being taken in. */
typedef struct taking {
    const log_request *request;
    size_t count; /* of records */
    size_t msg_at;
    int64_t mtime_ms;
    mid_entry first; /* of the first record */
} taking;

static int64_t target_of(const log_request *request, size_t target)
{
    return request->targets == NULL ? 0 : request->targets[target];
}

static void key_of(const gate_log *self, const log_request *request, size_t target, mid_entry *ret)
{
    mids_key_of(self->mids, request->kind, request->from, target_of(request, target), request->mid,
                ret);
}

void log_expect(const gate_log *self, uint8_t kind, int64_t from, int64_t to, int64_t mid)
{
    mid_entry entry;

    mids_key_of(self->mids, kind, from, to, mid, &entry);
}

/* The entry of one of its records. Their content is the same, so it is hashed once. */
static mid_entry *entry_of(const gate_log *self, taking *what, size_t target, mid_entry *ret_later)
{
    enum { AHEAD = 8 };

    if (target + AHEAD < what->count)
        key_of(self, what->request, target + AHEAD, ret_later); /* fetches what it will need */
    if (target == 0)
        return &what->first;
    ret_later->content = what->first.content;
    key_of(self, what->request, target, ret_later);
    return ret_later;
}

/* Judge one message id: 1 when it is new, 0 for a repeat, -1 when it was used for something else.
 */
static int judge_one(gate_log *self, const taking *what, const mid_entry *entry,
                     int64_t *ret_stored_ms, mid_place *ret_place)
{
    const mid_entry *known = mids_find(self->mids, entry, what->mtime_ms, ret_place);

    if (known == NULL)
        return 1;
    if (known->content != entry->content)
        return -1;
    *ret_stored_ms = known->mtime_ms;
    return 0;
}

/*
 * Judge the message ids of all records: returns how many are new, with the stored time for
 * repeats, or -1. The place is that of the last.
 */
static int64_t judge(gate_log *self, taking *what, int64_t *ret_stored_ms, mid_place *ret_place)
{
    mid_entry later;
    int64_t fresh = 0;

    if (what->count == 1)
        return judge_one(self, what, &what->first, ret_stored_ms, ret_place);
    for (size_t i = 0; i < what->count; i++) {
        const int r =
            judge_one(self, what, entry_of(self, what, i, &later), ret_stored_ms, ret_place);
        if (r < 0)
            return -1;
        fresh += r;
    }
    return fresh;
}

/* A record that is new, to a target, and its entry at the place that was found for it. */
static int64_t add_record(gate_log *self, const taking *what, size_t target, mid_entry *entry,
                          const mid_place *place)
{
    const log_request *request = what->request;
    store_batch *batch = &self->gathering->batch;
    store_record *record = &batch->records[batch->record_count++];
    const int64_t to = target_of(request, target);
    const store_conversation where = store_conversation_of(request->kind, request->from, to);
    const uint32_t ahead_ms = times_take(&self->times, &where, what->mtime_ms);
    const size_t attrs_at = what->msg_at + request->msg.len;

    /* All fields are named: zeros that are written first cost more than they do. */
    *record = (store_record){
        .offset = self->next_offset++,
        .mtime_ms = what->mtime_ms,
        .from = request->from,
        .to = to,
        .mid = request->mid,
        .msg_at = (uint32_t)what->msg_at,
        .msg_len = (uint32_t)request->msg.len,
        .attrs_at = (uint32_t)attrs_at,
        .attrs_len = (uint32_t)request->attrs.len,
        .ahead_ms = ahead_ms,
        .kind = request->kind,
        .mtype = request->mtype,
        .is_binary = request->is_binary,
    };
    entry->mtime_ms = what->mtime_ms + ahead_ms;
    entry->offset = record->offset;
    (void)mids_add_at(self->mids, entry, place); /* unremembered at worst: out of memory */
    self->stats.records++;
    return entry->mtime_ms;
}

/* Those of a request to many that are new; the newest time that one got goes to *ret_time_ms. */
static void add_records(gate_log *self, taking *what, int64_t *ret_time_ms)
{
    mid_entry later;
    mid_place place;

    for (size_t i = 0; i < what->count; i++) {
        mid_entry *entry = entry_of(self, what, i, &later);
        if (mids_find(self->mids, entry, what->mtime_ms, &place) == NULL)
            *ret_time_ms = rtmi_max_i64(*ret_time_ms, add_record(self, what, i, entry, &place));
    }
}

/* Whether the project may send `count` messages more in this second. */
static bool has_quota(gate_log *self, size_t count)
{
    const gate_project *project = &self->config->projects[self->project];

    if (project->message_rate <= 0 || quota_take(&project->live->messages, project->message_rate,
                                                 count, gate_now_us(self->config)))
        return true;
    self->metrics.limited += count;
    return false;
}

static bool has_room(const gate_log *self, size_t cost)
{
    const size_t fed_bytes = atomic_load(&self->config->projects[self->project].live->fed_bytes);

    return self->pending_bytes + fed_bytes + cost <= self->config->log_pending_bytes;
}

/* There is room for it. */
static feed_reply *next_reply(gate_log *self)
{
    self->pending_bytes += sizeof(feed_reply);
    return &self->gathering->replies[self->gathering->reply_count++];
}

/* What is new becomes records, and the request gets its reply; the body is in the batch. */
static void take(gate_log *self, feed_item *feed, taking *what, size_t cost)
{
    const log_request *request = what->request;
    const size_t first = feed->batch.record_count;
    int64_t mtime_ms = what->mtime_ms;
    mid_place place;

    if (what->count > 0)
        what->first.content = mids_content_of(self->mids, request->mtype, request->is_binary,
                                              request->msg, request->attrs);
    const int64_t fresh = judge(self, what, &mtime_ms, &place);
    if (fresh <= 0) {
        rtmi_buf_rewind(&feed->bytes, what->msg_at);
        self->stats.repeats_refused += fresh < 0;
        self->stats.repeats += fresh == 0;
    } else {
        self->last_mtime_ms = what->mtime_ms;
        self->pending_bytes += cost;
        if (what->count == 1)
            mtime_ms = add_record(self, what, 0, &what->first, &place);
        else
            add_records(self, what, &mtime_ms);
    }
    *next_reply(self) = (feed_reply){
        .sender = request->sender,
        .mtime_ms = mtime_ms,
        .code = fresh < 0 ? RTMI_RC_DUPLICATED_MID : 0,
        .is_repeat = fresh >= 0 && (size_t)fresh < what->count,
        .is_client = request->is_client,
        .first = (uint32_t)first,
        .count = (uint32_t)(feed->batch.record_count - first),
    };
}

int log_append(gate_log *self, const log_request *request, gate_time now)
{
    const size_t body = request->msg.len + request->attrs.len;
    taking what = {
        .request = request,
        .count = request->targets == NULL ? 1 : request->target_count,
        .mtime_ms = rtmi_max_i64(now.wall_ms, self->last_mtime_ms),
    };
    const size_t cost = body + what.count * sizeof(store_record);

    if (!has_room(self, cost)) {
        self->metrics.full += what.count;
        return RTMI_EC_CORE_WORK_QUEUE_FULL;
    }
    if (what.count > 0)
        key_of(self, request, 0, &what.first); /* early, since its memory is far away */
    if (!has_quota(self, what.count))
        return RTMI_RC_FREQUENCY_LIMITED;
    feed_item *feed = gathering_of(self);
    if (feed == NULL || !reserve(feed, what.count))
        return RTMI_RC_UNKNOWN_ERROR;
    const int refused = admit_message(self, request, now);
    if (refused != 0) {
        (void)log_refuse(self, &request->sender, refused); /* there is room for it */
        return 0;
    }

    what.msg_at = rtmi_buf_len(&feed->bytes);
    rtmi_buf_append_span(&feed->bytes, request->msg);
    rtmi_buf_append_span(&feed->bytes, request->attrs);
    if (feed->bytes.error != 0) {
        rtmi_buf_rewind(&feed->bytes, what.msg_at);
        return RTMI_RC_UNKNOWN_ERROR;
    }
    take(self, feed, &what, cost);
    return 0;
}

bool log_refuse(gate_log *self, const log_sender *sender, int code)
{
    feed_item *feed = gathering_of(self);
    if (feed == NULL || !reserve(feed, 0))
        return false;
    *next_reply(self) =
        (feed_reply){.sender = *sender, .code = code, .first = (uint32_t)feed->batch.record_count};
    return true;
}

/* ---- for handlers -------------------------------------------------------------------------- */

static bool begin(gate_log *self, log_mark *ret_mark)
{
    feed_item *feed = gathering_of(self);

    if (feed == NULL || !reserve(feed, 0))
        return false;
    *ret_mark = (log_mark){
        .records = feed->batch.record_count,
        .bytes = rtmi_buf_len(&feed->bytes),
        .notices = rtmi_buf_len(&feed->notices),
        .answers = rtmi_buf_len(&feed->answers),
        .replies = feed->reply_count,
        .next_offset = self->next_offset,
        .last_mtime_ms = self->last_mtime_ms,
        .pending_bytes = self->pending_bytes,
        .changes = change_set_mark(&feed->changes),
    };
    return true;
}

bool log_begin(gate_log *self, log_mark *ret_mark)
{
    return (!self->has_old_sessions || end_old_sessions(self)) && begin(self, ret_mark);
}

bool log_is_full(const gate_log *self)
{
    return !has_room(self, 0);
}

void log_end(gate_log *self, const log_mark *mark)
{
    const feed_item *feed = self->gathering;
    const change_mark changes = change_set_mark(&feed->changes);

    self->pending_bytes += (feed->batch.record_count - mark->records) * sizeof(store_record) +
                           (rtmi_buf_len(&feed->bytes) - mark->bytes) +
                           (rtmi_buf_len(&feed->notices) - mark->notices) +
                           (rtmi_buf_len(&feed->answers) - mark->answers) +
                           (changes.rows - mark->changes.rows) +
                           (changes.bytes - mark->changes.bytes) +
                           (changes.undo - mark->changes.undo) * CHANGE_UNDO_BYTES;
}

static void rewind_batch(gate_log *self, const log_mark *mark)
{
    feed_item *feed = self->gathering;

    feed->batch.record_count = mark->records;
    feed->reply_count = mark->replies;
    rtmi_buf_rewind(&feed->bytes, mark->bytes);
    rtmi_buf_rewind(&feed->notices, mark->notices);
    rtmi_buf_rewind(&feed->answers, mark->answers);
}

void log_rewind(gate_log *self, const log_mark *mark)
{
    rewind_batch(self, mark);
    directory_rewind(self->directory, &self->gathering->changes, mark->changes);
    self->pending_bytes = mark->pending_bytes;
    self->next_offset = mark->next_offset;
    self->last_mtime_ms = mark->last_mtime_ms;
}

const directory *log_directory(const gate_log *self)
{
    return self->directory;
}

int log_put(gate_log *self, const dir_key *key, rtmi_span value)
{
    return directory_put(self->directory, &self->gathering->changes, key, value);
}

int log_remove(gate_log *self, const dir_key *key)
{
    return directory_remove(self->directory, &self->gathering->changes, key);
}

int log_clear(gate_log *self, const dir_key *prefix)
{
    return directory_clear(self->directory, &self->gathering->changes, prefix);
}

int log_record(gate_log *self, const store_record *record, rtmi_span msg, rtmi_span attrs,
               gate_time now)
{
    feed_item *feed = self->gathering;
    const size_t at = rtmi_buf_len(&feed->bytes);

    rtmi_buf_append_span(&feed->bytes, msg);
    rtmi_buf_append_span(&feed->bytes, attrs);
    if (feed->bytes.error != 0 || !reserve(feed, 1)) {
        rtmi_buf_rewind(&feed->bytes, at);
        return RTMI_RC_UNKNOWN_ERROR;
    }
    store_record *added = &feed->batch.records[feed->batch.record_count++];
    *added = *record;
    added->offset = self->next_offset++;
    added->mtime_ms = self->last_mtime_ms = rtmi_max_i64(now.wall_ms, self->last_mtime_ms);
    added->ahead_ms = 0;
    added->msg_at = (uint32_t)at;
    added->msg_len = (uint32_t)msg.len;
    added->attrs_at = (uint32_t)(at + msg.len);
    added->attrs_len = (uint32_t)attrs.len;
    self->stats.records++;
    return 0;
}

int log_notify(gate_log *self, const feed_notice *notice)
{
    feed_item *feed = self->gathering;
    const size_t at = rtmi_buf_len(&feed->notices);
    feed_notice added = *notice;

    added.record = feed->batch.record_count;
    rtmi_buf_append(&feed->notices, &added, sizeof added);
    if (feed->notices.error == 0)
        return 0;
    rtmi_buf_rewind(&feed->notices, at);
    return RTMI_RC_UNKNOWN_ERROR;
}

dir_key *log_sweep_place(gate_log *self)
{
    return &self->swept;
}

rtmi_buf *log_answers(gate_log *self)
{
    return &self->gathering->answers;
}

void log_set_answer_code(gate_log *self, int code)
{
    feed_item *feed = self->gathering;

    feed->replies[feed->reply_count - 1].answer_code = code;
}

int log_answered(gate_log *self, const log_sender *sender, size_t at)
{
    feed_item *feed = self->gathering;

    if (feed->answers.error != 0 || !reserve(feed, 0)) {
        rtmi_buf_rewind(&feed->answers, at);
        return RTMI_RC_UNKNOWN_ERROR;
    }
    *next_reply(self) = (feed_reply){.sender = *sender,
                                     .first = (uint32_t)feed->batch.record_count,
                                     .answer_at = at,
                                     .answer_len = rtmi_buf_len(&feed->answers) - at};
    return 0;
}

bool log_may_ask(const gate_log *self, size_t bytes)
{
    return self->asked_count < LOG_ASKED_MAX &&
           self->asked_bytes + bytes <= self->config->log_pending_bytes;
}

void log_asked(gate_log *self, size_t bytes, bool has_come_back)
{
    if (has_come_back) {
        self->asked_count--;
        self->asked_bytes -= bytes;
    } else {
        self->asked_count++;
        self->asked_bytes += bytes;
    }
}

void log_keep_end(gate_log *self, rtmi_link *end)
{
    rtmi_list_push(&self->gathering->ends, end);
}

bool log_has_old_sessions(const gate_log *self)
{
    return self->has_old_sessions;
}

const gate_project *log_project(const gate_log *self)
{
    return &self->config->projects[self->project];
}

const gate_config *log_config(const gate_log *self)
{
    return self->config;
}

/* ---- commits ------------------------------------------------------------------------------- */

void log_submit(gate_log *self)
{
    feed_item *feed = self->gathering;

    if (self->is_committing || feed == NULL)
        return;
    self->gathering = NULL;
    self->is_committing = true;
    self->committing_bytes = self->pending_bytes;
    feed->batch.bytes = feed->bytes.data;
    feed->batch.byte_count = rtmi_buf_len(&feed->bytes);
    feed->submitted_us = gate_now_us(self->config);
    const rtmi_span changes = rtmi_buf_span(&feed->changes.rows);
    const rtmi_span change_bytes = rtmi_buf_span(&feed->changes.bytes);
    feed->batch.changes = (const store_change *)(const void *)changes.data;
    feed->batch.change_count = changes.len / sizeof(store_change);
    feed->batch.change_bytes = change_bytes.data;
    feed->batch.change_byte_count = change_bytes.len;
    if (feed->batch.record_count > 0 || feed->batch.change_count > 0)
        self->config->store->ops->append(self->config->store, &feed->batch);
    else
        store_done(&feed->batch, 0, NULL, feed); /* only answers: nothing to write */
}

static void count_commit(gate_log *self, const feed_item *feed)
{
    const int64_t took_us = rtmi_max_i64(feed->stored_us - feed->submitted_us, 0);
    log_metrics *to = &self->metrics;

    if (feed->batch.record_count == 0 && feed->batch.change_count == 0)
        return; /* only answers: the store has not seen it */
    to->commits++;
    to->commits_failed += feed->result < 0;
    to->is_failing = feed->result < 0;
    for (size_t i = 0; feed->result == 0 && i < feed->batch.record_count; i++)
        to->messages[metrics_kind(feed->batch.records[i].kind)]++;
    metrics_observe(&to->records, metrics_count_bounds, feed->batch.record_count, 1);
    metrics_observe(&to->commit_us, metrics_time_bounds_us, (uint64_t)took_us, 1);
}

/*
 * The senders are told; a second try must not count as a repeat. The offsets are gone. Sessions
 * are open again whose connections are not there any more: they have to be ended once more.
 */
static void undo_batch(gate_log *self, feed_item *feed, rtmi_list *ret_late)
{
    rtmi_link *end;

    while ((end = rtmi_list_first(&feed->ends)) != NULL) {
        rtmi_list_remove(end);
        rtmi_list_push(ret_late, end);
    }
    self->has_old_sessions |= feed->ends_old_sessions;
    feed->ends_old_sessions = false;
    for (size_t i = 0; i < feed->batch.record_count; i++) {
        const store_record *record = &feed->batch.records[i];
        mid_entry entry;
        if (!is_message(record))
            continue;
        mids_key_of(self->mids, record->kind, record->from, record->to, record->mid, &entry);
        entry.offset = record->offset;
        mids_remove(self->mids, &entry);
    }
    directory_rewind(self->directory, &feed->changes, (change_mark){0, 0, 0});
}

/*
 * What gathered behind a batch that failed. What was taken for a repeat may repeat what has not
 * been stored; and where the directory was changed, all of it may have been decided wrongly.
 */
static void undo_gathering(gate_log *self, bool is_all, rtmi_list *ret_late)
{
    feed_item *feed = self->gathering;

    if (feed == NULL)
        return;
    for (size_t i = 0; i < feed->reply_count; i++) {
        feed_reply *reply = &feed->replies[i];
        if (is_all || reply->is_repeat)
            reply->answer_len = 0;
        if (is_all || (reply->is_repeat && reply->code == 0))
            reply->code = RTMI_RC_UNKNOWN_ERROR;
    }
    if (!is_all)
        return;
    feed->batch.bytes = rtmi_buf_span(&feed->bytes).data;
    undo_batch(self, feed, ret_late);
    feed->batch.record_count = 0;
    for (size_t i = 0; i < feed->reply_count; i++)
        feed->replies[i].first = feed->replies[i].count = 0;
    rtmi_buf_rewind(&feed->notices, 0);
}

void log_committed(gate_log *self, feed_item *feed, rtmi_list *ret_late)
{
    assert(self->is_committing);
    self->is_committing = false;
    /* From here until the last shard has taken it, it counts as fed. */
    feed->fed_bytes = &self->config->projects[self->project].live->fed_bytes;
    feed->cost = self->committing_bytes;
    atomic_fetch_add(feed->fed_bytes, feed->cost);
    self->pending_bytes -= self->committing_bytes;
    self->committing_bytes = 0;
    count_commit(self, feed);
    if (feed->result < 0) {
        undo_gathering(self, feed->changes.undo_count > 0, ret_late);
        undo_batch(self, feed, ret_late);
    }
}

bool log_is_idle(const gate_log *self)
{
    return !self->is_committing && self->gathering == NULL && self->asked_count == 0;
}

const gate_log_stats *log_get_stats(const gate_log *self)
{
    return &self->stats;
}

uint64_t log_get_limited(const gate_log *self)
{
    return self->metrics.limited;
}

void log_set_config(gate_log *self, const gate_config *config)
{
    self->config = config;
}

void log_publish(gate_log *self)
{
    self->metrics.repeats = self->stats.repeats;
    self->metrics.repeats_refused = self->stats.repeats_refused;
    self->metrics.head = (uint64_t)self->next_offset - 1;
    self->metrics.pending_bytes = self->pending_bytes;
    log_cell_publish(&self->config->projects[self->project].live->metrics, &self->metrics);
}
