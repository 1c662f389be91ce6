/*
 * Life of a shard and its connections: they come and go, bytes become packages, and what is queued
 * for them is bounded and handed to the driver.
 */
#include "gate/core/shard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/core/pings.h"
#include "gate/core/secure.h"
#include "gate/core/shard_impl.h"
#include "gate/core/uploads.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"

#define READ_SIZE (256u * 1024)
#define OWN_READ_SIZE (64u * 1024) /* with an unfinished package, at least */
/* Of a peer that has not proved itself: memory grows with what it has really sent, and little
 * waits for it. */
#define STRANGER_READ_SIZE 4096u
#define STRANGER_OUTPUT (64u * 1024)
#define SCRATCH_MAX (64u * 1024 * 1024)
#define LEAVE_MS 1000 /* who is told to go may close the connection itself */

static uint64_t random64(const gate_config *config)
{
    return config->random64(config->random_userdata);
}

void shard_project_init(shard *self, shard_project *project, size_t at)
{
    project->conf = &self->config->projects[at];
    project->index = at;
    project->fed_offset = project->conf->state.head;
    listeners_init(&project->listeners, random64(self->config));
    members_init(&project->members, random64(self->config));
}

static int make_projects(shard *self, gate_time now, char *reterr_text, size_t text_size)
{
    const gate_config *config = self->config;

    for (size_t i = 0; i < config->project_count; i++) {
        shard_project *project = &self->projects[i];
        shard_project_init(self, project, i);
        project->is_open = !project->conf->is_removed;
        if (project->conf->owner != self->index)
            continue;
        project->log = log_new(config, i, now, reterr_text, text_size);
        if (project->log == NULL)
            return -1;
        if (!log_is_idle(project->log)) /* sessions that the last run left open have ended */
            shard_touch(self, project);
    }
    return 0;
}

int shard_new(const gate_config *config, size_t index, const shard_driver *driver, gate_time now,
              shard **ret_shard, char *reterr_text, size_t text_size)
{
    shard *self = calloc(1, sizeof *self);

    (void)snprintf(reterr_text, text_size, "out of memory");
    if (self == NULL)
        return -1;
    self->config = config;
    self->index = index;
    self->driver = *driver;
    self->seed = random64(config);
    rtmi_map_init(&self->conns, random64(config));
    rtmi_list_init(&self->dirty);
    rtmi_list_init(&self->touched);
    rtmi_list_init(&self->strangers);
    rtmi_list_init(&self->pings);
    rtmi_list_init(&self->leaving);
    rtmi_list_init(&self->uploads);
    rtmi_list_init(&self->late_ends);
    rtmi_buf_init(&self->scratch, SCRATCH_MAX);
    rtmi_buf_init(&self->json, SCRATCH_MAX);
    for (size_t i = 0; i < PUSH_FORMS; i++)
        arena_init(&self->arenas[i], &self->blocks);
    self->read_space = malloc(READ_SIZE);
    self->signer = rtmi_signer_new();
    const size_t room =
        config->project_cap > config->project_count ? config->project_cap : config->project_count;
    self->projects = calloc(room + 1, sizeof *self->projects);
    if (self->read_space == NULL || self->signer == NULL || self->projects == NULL ||
        make_projects(self, now, reterr_text, text_size) < 0) {
        shard_free(self);
        return -1;
    }
    shard_publish(self, now);
    *ret_shard = self;
    return 0;
}

static void drop_input(conn *connection)
{
    if (connection->in == NULL)
        return;
    rtmi_buf_deinit(connection->in);
    free(connection->in);
    connection->in = NULL;
}

static size_t door_of(const conn *connection)
{
    return connection->door == NULL ? 0 : connection->door->index;
}

static void conn_free(shard *self, conn *connection)
{
    rtmi_list_remove(&connection->dirty_link);
    rtmi_list_remove(&connection->due_link);
    upload_end(self, connection);
    sessions_drop(connection);
    if (connection->project != NULL)
        listeners_drop(&connection->project->listeners, connection);
    listening_deinit(&connection->listening);
    outq_deinit(&connection->out, &self->blocks);
    shard_count_queue(self, connection);
    self->metrics.open[door_of(connection)]--;
    self->metrics.proved -= connection->project != NULL;
    conn_secure_free(connection->secure);
    drop_input(connection);
    free(connection);
}

void shard_free(shard *self)
{
    size_t at = 0;
    conn *connection;
    rtmi_link *link;

    if (self == NULL)
        return;
    while ((connection = rtmi_map_next(&self->conns, &at, NULL)) != NULL)
        conn_free(self, connection);
    for (size_t i = 0; self->projects != NULL && i < self->config->project_count; i++) {
        listeners_deinit(&self->projects[i].listeners);
        members_deinit(&self->projects[i].members);
        log_free(self->projects[i].log);
        append_mail_free(self->projects[i].mail);
    }
    free(self->projects);
    while ((link = rtmi_list_first(&self->late_ends)) != NULL) {
        rtmi_list_remove(link);
        free(RTMI_CONTAINER(link, session_end, link));
    }
    for (size_t i = 0; i < PUSH_FORMS; i++)
        arena_deinit(&self->arenas[i]);
    block_pool_deinit(&self->blocks);
    rtmi_map_deinit(&self->conns);
    rtmi_buf_deinit(&self->scratch);
    rtmi_buf_deinit(&self->json);
    rtmi_signer_free(self->signer);
    free(self->read_space);
    free(self);
}

void shard_set_input_limit(shard *self, conn *connection)
{
    if (connection->in != NULL)
        connection->in->max = self->config->max_package_bytes + READ_SIZE;
}

/* Where unfinished packages are kept, made when there is one. NULL: out of memory. */
static rtmi_buf *input_of(shard *self, conn *connection)
{
    if (connection->in == NULL) {
        connection->in = malloc(sizeof *connection->in);
        if (connection->in == NULL)
            return NULL;
        rtmi_buf_init(connection->in, 0);
        shard_set_input_limit(self, connection);
    }
    return connection->in;
}

conn *shard_opened(shard *self, void *io, const gate_door *door, const char *peer, gate_time now)
{
    conn *connection = calloc(1, sizeof *connection);

    if (connection == NULL)
        return NULL;
    connection->id = ++self->next_conn_id;
    connection->io = io;
    connection->door = door;
    connection->opened_ms = now.mono_ms;
    connection->peer = peer;
    listening_init(&connection->listening, rtmi_mix64(self->seed + connection->id));
    outq_init(&connection->out);
    self->metrics.open[door_of(connection)]++;
    if (!rtmi_map_put(&self->conns, connection->id, connection)) {
        conn_free(self, connection);
        return NULL;
    }
    rtmi_list_push(&self->strangers, &connection->due_link);
    self->stats.connections++;
    self->metrics.opened[door_of(connection)]++;
    return connection;
}

void *conn_get_io(const conn *connection)
{
    return connection->io;
}

static size_t package_limit(const shard *self, const conn *connection)
{
    const size_t limit = connection->project == NULL ? self->config->unproved_bytes
                                                     : self->config->max_package_bytes;

    return connection->upload_bytes > limit ? connection->upload_bytes : limit;
}

uint8_t *conn_read_space(shard *self, conn *connection, size_t *ret_len)
{
    connection->is_reading_own = connection->secure != NULL || connection->in != NULL;
    if (!connection->is_reading_own) {
        /* A stranger's bytes are kept only as far as his limit goes. */
        *ret_len = READ_SIZE;
        return self->read_space;
    }
    *ret_len = connection->project == NULL && connection->upload_bytes == 0
                   ? rtmi_min_size(STRANGER_READ_SIZE, self->config->unproved_bytes)
                   : OWN_READ_SIZE;
    if (connection->secure != NULL)
        return conn_secure_read_space(connection->secure, *ret_len);
    return rtmi_buf_reserve(connection->in, *ret_len) ? rtmi_buf_tail(connection->in) : NULL;
}

/*
 * Whether packages of `size` bytes are nothing but themselves. The first package of a connection
 * and what an upload may come in are left to the general way.
 */
static bool may_take_runs(const shard *self, const conn *connection, size_t size)
{
    return connection->packages > 0 && connection->upload_bytes == 0 &&
           package_limit(self, connection) >= size;
}

/*
 * Most of what listeners send is empty answers to pushes. Those at the front are taken together,
 * to the same end as dispatch_package() would one by one; returns the bytes they took.
 */
static size_t take_answers(shard *self, conn *connection, rtmi_span in)
{
    if (!may_take_runs(self, connection, RTMI_ANSWER_EMPTY_SIZE))
        return 0;
    const size_t count =
        rtmi_answer_count_empty(in, connection->ping_seq, &connection->has_answered_ping);
    if (count > 0) {
        connection->packages = 2;
        connection->pings_unanswered = 0;
        self->stats.push_answers += count;
    }
    return count * RTMI_ANSWER_EMPTY_SIZE;
}

/* The same of pings, which are answered. */
static size_t take_pings(shard *self, conn *connection, rtmi_span in, gate_time now)
{
    if (!pings_is_usual(in) || self->is_draining || !may_take_runs(self, connection, PINGS_SIZE))
        return 0;
    return pings_take(self, connection, in, now);
}

/*
 * Handle whole packages at the front of `in`; returns the bytes they took. What stands behind a
 * `*key` is left, since it means something else.
 */
static size_t take_packages(shard *self, conn *connection, rtmi_span in, gate_time now)
{
    const conn_secure *const secure = connection->secure;
    size_t used = 0;

    while (!connection->wants_close && connection->secure == secure) {
        rtmi_package package;
        used += take_answers(self, connection, (rtmi_span){in.data + used, in.len - used});
        used += take_pings(self, connection, (rtmi_span){in.data + used, in.len - used}, now);
        const rtmi_span rest = {in.data + used, in.len - used};
        const int r = rtmi_frame_decode_quick(rest, package_limit(self, connection), &package);
        if (r == RTMI_FRAME_E_TOO_BIG) {
            const upload_answer may = upload_begin(self, connection, rest, now);
            if (may == UPLOAD_YES)
                continue;
            if (may == UPLOAD_WAIT)
                break;
        }
        if (r == 0)
            break;
        if (r < 0) {
            shard_cut(self, connection, rtmi_frame_error_text(r));
            break;
        }
        self->ahead.behind = (rtmi_span){rest.data + package.size, rest.len - package.size};
        dispatch_package(self, connection, &package, now);
        upload_end(self, connection);
        used += package.size;
    }
    ahead_forget(&self->ahead);
    return used;
}

/* What came behind a large file stays, without the room that the file took. */
static void keep_rest(shard *self, conn *connection)
{
    rtmi_buf kept;

    if (!connection->has_uploaded)
        return;
    connection->has_uploaded = false;
    rtmi_buf_init(&kept, connection->in->max);
    rtmi_buf_append_span(&kept, rtmi_buf_span(connection->in));
    if (kept.error != 0)
        shard_cut(self, connection, "out of memory for an unfinished package");
    rtmi_buf_deinit(connection->in);
    *connection->in = kept;
    if (connection->secure != NULL)
        conn_secure_shed(connection->secure);
}

/* The same for what was sealed. */
static void take_opened(shard *self, conn *connection, gate_time now)
{
    rtmi_buf_consume(connection->in,
                     take_packages(self, connection, rtmi_buf_span(connection->in), now));
    keep_rest(self, connection);
    if (rtmi_buf_len(connection->in) == 0)
        rtmi_buf_deinit(connection->in); /* an idle connection keeps nothing */
}

/* Open what was received and handle it. */
static void take_sealed(shard *self, conn *connection, gate_time now)
{
    size_t limit;
    int r;

    do {
        limit = package_limit(self, connection);
        r = conn_secure_open(connection, limit);
        take_opened(self, connection, now);
        /* A package that is too large for a stranger may stand behind the one that proves him. */
    } while (r == RTMI_FRAME_E_TOO_BIG && !connection->wants_close &&
             (package_limit(self, connection) > limit ||
              upload_begin_sealed(self, connection, now) == UPLOAD_YES));
    if (r < 0)
        shard_cut(self, connection, "what it sends cannot be decrypted");
}

/* What came right behind `*key` is sealed already. */
static void begin_sealed(shard *self, conn *connection, rtmi_span rest, gate_time now)
{
    if (!conn_secure_put_raw(connection->secure, rest) || input_of(self, connection) == NULL) {
        shard_cut(self, connection, "out of memory for what follows *key");
        return;
    }
    rtmi_buf_deinit(connection->in);
    take_sealed(self, connection, now);
}

void shard_bytes(shard *self, conn *connection, size_t len, gate_time now)
{
    rtmi_span in = {self->read_space, len};

    if (connection->wants_close)
        return;
    if (connection->secure != NULL) {
        conn_secure_received(connection->secure, len);
        take_sealed(self, connection, now);
        return;
    }
    if (connection->is_reading_own) {
        rtmi_buf_commit(connection->in, len);
        in = rtmi_buf_span(connection->in);
    }
    const size_t used = take_packages(self, connection, in, now);
    const rtmi_span rest = {in.data + used, in.len - used};
    if (connection->secure != NULL) {
        begin_sealed(self, connection, rest, now);
    } else if (connection->is_reading_own) {
        rtmi_buf_consume(connection->in, used);
        keep_rest(self, connection);
        if (rest.len == 0)
            drop_input(connection); /* an idle connection keeps nothing */
    } else if (!connection->wants_close && rest.len > 0) {
        rtmi_buf *const kept = input_of(self, connection);
        if (kept != NULL)
            rtmi_buf_append_span(kept, rest);
        if (kept == NULL || kept->error != 0)
            shard_cut(self, connection, "out of memory for an unfinished package");
    }
}

void shard_closed(shard *self, conn *connection, gate_time now)
{
    if (connection->dropped > 0)
        rtmi_log_line(&self->config->log, RTMI_LOG_WARN, "%s: ended; %llu pushes were dropped",
                      connection->peer, (unsigned long long)connection->dropped);
    (void)rtmi_map_remove(&self->conns, connection->id);
    sessions_closed(self, connection, now);
    conn_free(self, connection);
}

void shard_mark_dirty(shard *self, conn *connection)
{
    if (connection->is_dirty)
        return;
    connection->is_dirty = true;
    rtmi_list_push(&self->dirty, &connection->dirty_link);
}

void shard_cut(shard *self, conn *connection, const char *why)
{
    if (connection->wants_close)
        return;
    connection->wants_close = true;
    self->stats.cut++;
    self->metrics.cut++;
    rtmi_log_line(&self->config->log, RTMI_LOG_INFO, "%s: cut: %s", connection->peer, why);
    shard_mark_dirty(self, connection);
}

void shard_leave(shard *self, conn *connection, bool waits, gate_time now)
{
    if (!waits) {
        connection->wants_close = true;
        shard_mark_dirty(self, connection);
    } else if (!connection->is_leaving) {
        connection->is_leaving = true;
        connection->due_ms = now.mono_ms + LEAVE_MS;
        rtmi_list_remove(&connection->due_link);
        rtmi_list_push(&self->leaving, &connection->due_link);
    }
}

size_t shard_output_room(const shard *self, const conn *to)
{
    const size_t most = to->project == NULL
                            ? rtmi_min_size(STRANGER_OUTPUT, self->config->queue_bytes)
                            : 2 * self->config->queue_bytes;

    return to->out.bytes < most ? most - to->out.bytes : 0;
}

void shard_put(shard *self, conn *to, rtmi_span bytes)
{
    if (to->wants_close)
        return;
    if (bytes.len > shard_output_room(self, to)) {
        shard_cut(self, to, "it does not read its answers");
        return;
    }
    if (!outq_put(&to->out, &self->blocks, bytes))
        shard_cut(self, to, "out of memory for an answer");
    shard_mark_dirty(self, to);
}

/* Make room by the slow policy: false if the push is not to be queued. */
static bool make_room(shard *self, conn *to, size_t len)
{
    const gate_config *config = self->config;
    size_t gone = 0;

    switch (config->slow) {
    case GATE_SLOW_DISCONNECT:
        self->metrics.dropped[GATE_SLOW_DISCONNECT]++;
        shard_cut(self, to, "its output queue is full");
        return false;
    case GATE_SLOW_DROP_NEWEST:
        gone = 1;
        break;
    default:
        /* A quarter at a time: shedding copies what it keeps of the front. */
        gone = outq_shed(&to->out, &self->blocks, config->queue_bytes / 4 + len,
                         config->queue_pushes / 4 + 1);
        break;
    }
    self->metrics.dropped[config->slow] += gone;
    to->dropped += gone;
    self->stats.pushes_dropped += gone;
    if (!to->is_dropping) {
        to->is_dropping = true;
        rtmi_log_line(&config->log, RTMI_LOG_WARN,
                      "%s: does not keep up: pushes are dropped (%s), %zu bytes queued", to->peer,
                      config->slow == GATE_SLOW_DROP_NEWEST ? "newest" : "oldest", to->out.bytes);
    }
    if (config->slow == GATE_SLOW_DROP_NEWEST)
        return false;
    if (to->out.bytes + len <= config->queue_bytes && to->out.pushes < config->queue_pushes)
        return true;
    self->metrics.dropped[config->slow]++;
    to->dropped++;
    self->stats.pushes_dropped++;
    return false;
}

static void queue_pushes(shard *self, conn *to, const piece *pushes, size_t count)
{
    if (!outq_push(&to->out, &self->blocks, pushes, count)) {
        shard_cut(self, to, "out of memory for a push");
        return;
    }
    self->stats.pushes += count;
    shard_mark_dirty(self, to);
}

/* Not all of a run fits: the policy judges each push for itself. */
static void push_each(shard *self, conn *to, const piece *pushes)
{
    piece one = {.block = pushes->block, .from = pushes->from};
    rtmi_package package;

    for (; one.from < pushes->to && !to->wants_close; one.from = one.to) {
        const rtmi_span rest = {one.block->data + one.from, pushes->to - one.from};
        const int r = rtmi_frame_decode(rest, SIZE_MAX, &package);
        assert(r == 1); /* we have written it */
        if (r != 1)
            return;
        one.to = one.from + package.size;
        if ((to->out.bytes + package.size <= self->config->queue_bytes &&
             to->out.pushes < self->config->queue_pushes) ||
            make_room(self, to, package.size))
            queue_pushes(self, to, &one, 1);
    }
}

void shard_push(shard *self, conn *to, const piece *pushes, size_t count)
{
    if (to->out.bytes + (pushes->to - pushes->from) > self->config->queue_bytes ||
        to->out.pushes + count > self->config->queue_pushes)
        push_each(self, to, pushes);
    else
        queue_pushes(self, to, pushes, count);
}

conn *shard_next_dirty(shard *self)
{
    rtmi_link *link = rtmi_list_first(&self->dirty);

    if (link == NULL)
        return NULL;
    conn *connection = RTMI_CONTAINER(link, conn, dirty_link);
    rtmi_list_remove(link);
    connection->is_dirty = false;
    shard_count_queue(self, connection);
    return connection;
}

size_t conn_get_output(shard *self, conn *connection, rtmi_span *ret_pieces, size_t max)
{
    if (connection->secure != NULL) {
        ret_pieces[0] = conn_secure_get_output(self, connection);
        return ret_pieces[0].len > 0 ? 1 : 0;
    }
    return outq_peek(&connection->out, ret_pieces, max);
}

void conn_sent(shard *self, conn *connection, size_t len)
{
    if (connection->secure != NULL)
        conn_secure_sent(connection->secure, len);
    else
        outq_sent(&connection->out, &self->blocks, len);
    shard_count_queue(self, connection);
    if (connection->out.bytes == 0)
        connection->is_dropping = false;
}

bool conn_has_output(const conn *connection)
{
    return connection->out.bytes > 0 ||
           (connection->secure != NULL && conn_secure_has_output(connection->secure));
}

bool conn_wants_close(const conn *connection)
{
    return connection->wants_close;
}

void shard_drain(shard *self)
{
    self->is_draining = true;
}

bool shard_is_drained(const shard *self)
{
    size_t at = 0;
    const conn *connection;

    if (!self->is_draining || self->owed > 0)
        return false;
    for (size_t i = 0; i < self->config->project_count; i++) {
        if (self->projects[i].log != NULL && !log_is_idle(self->projects[i].log))
            return false;
    }
    while ((connection = rtmi_map_next(&self->conns, &at, NULL)) != NULL) {
        if (conn_has_output(connection))
            return false;
    }
    return true;
}

const shard_stats *shard_get_stats(const shard *self)
{
    shard_stats *stats = &((shard *)self)->stats;

    stats->records = stats->repeats = stats->repeats_refused = 0;
    for (size_t i = 0; i < self->config->project_count; i++) {
        if (self->projects[i].log == NULL)
            continue;
        const gate_log_stats *log = log_get_stats(self->projects[i].log);
        stats->records += log->records;
        stats->repeats += log->repeats;
        stats->repeats_refused += log->repeats_refused;
    }
    return stats;
}

const rtmi_log *shard_get_log(const shard *self)
{
    return &self->config->log;
}

void conn_set_source(conn *connection, uint64_t source)
{
    connection->source = source;
    connection->has_source = true;
}

const shard_cell *shard_get_metrics(const shard *self)
{
    return &self->published;
}

int64_t shard_turn_us(shard *self)
{
    if (self->turn_us == 0)
        self->turn_us = gate_now_us(self->config);
    return self->turn_us;
}

void shard_count_answers(shard *self, size_t method, int code, int64_t arrived_us, size_t count)
{
    self->metrics.quests[method][metrics_result_of(code)] += count;
    if (arrived_us == 0)
        self->answered_now += count;
    else
        metrics_runs_add(&self->answered_later, arrived_us, count);
}

void shard_count_answer(shard *self, size_t method, int code, int64_t arrived_us)
{
    shard_count_answers(self, method, code, arrived_us, 1);
}

void shard_count_queue(shard *self, conn *connection)
{
    /* Unsigned, and as wide as the sum: what is less wraps round, and the sum is right. */
    self->metrics.queue_bytes += (uint64_t)connection->out.bytes - connection->counted_bytes;
    self->metrics.queue_pushes += (uint64_t)connection->out.pushes - connection->counted_pushes;
    connection->counted_bytes = connection->out.bytes;
    connection->counted_pushes = connection->out.pushes;
}

void shard_written(shard *self)
{
    if (self->answered_now > 0 || self->answered_later.count > 0) {
        const int64_t now_us = gate_now_us(self->config);
        const int64_t took_us = rtmi_max_i64(now_us - shard_turn_us(self), 0);
        metrics_observe(&self->metrics.answer_us[0], metrics_time_bounds_us, (uint64_t)took_us,
                        self->answered_now);
        metrics_runs_end(&self->answered_later, &self->metrics.answer_us[1], now_us);
        self->answered_now = 0;
    }
    self->turn_us = 0;
}

size_t shard_connection_count(const shard *self)
{
    return self->conns.count;
}
