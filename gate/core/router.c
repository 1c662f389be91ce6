/*
 * The feed arrives: first the answers to this shard's own senders (senders.c), then the records,
 * each to every connection that wants it, once, encoded once. Records that stand one behind the
 * other and go to the same connections are a run: looked up, encoded and queued together.
 */
#include <assert.h>

#include "gate/core/shard_impl.h"

#define RUN_RECORDS_MAX 64
/* Of messages, or a single one: a piece has one block. */
#define RUN_BYTES_MAX ((size_t)32 * 1024)

/* A run of records on its way to those who want it. */
typedef struct routing {
    shard *self;
    const shard_project *project;
    const feed_item *feed;
    const store_record *record; /* the first; what decides about receivers is the same of all */
    size_t count;
    size_t bytes;             /* of their contents */
    const feed_reply *origin; /* whose request it came from; NULL where nobody asks */
    bool is_encoded[PUSH_FORMS];
    bool is_failed; /* out of memory: counted as dropped for all who wanted it */
    piece encoded[PUSH_FORMS];
} routing;

static rtm_bytes bytes_at(const feed_item *feed, uint32_t at, uint32_t len)
{
    return (rtm_bytes){len == 0 ? "" : (const char *)feed->batch.bytes + at, len};
}

static void encode_event(routing *route, rtmi_buf *out, const store_record *record, bool has_offset)
{
    const rtm_bytes attrs = bytes_at(route->feed, record->attrs_at, record->attrs_len);
    const char *zero = memchr(attrs.data, 0, attrs.len);
    const size_t endpoint_len = zero == NULL ? attrs.len : (size_t)(zero - attrs.data);
    const rtm_event event = {
        .event = bytes_at(route->feed, record->msg_at, record->msg_len),
        .pid = route->feed->batch.pid,
        .uid = record->from,
        .time_s = record->mtime_ms / 1000,
        .endpoint = {attrs.data, endpoint_len},
        .data =
            zero == NULL ? (rtm_bytes){"", 0} : (rtm_bytes){zero + 1, attrs.len - endpoint_len - 1},
        .has_offset = has_offset,
        .offset = record->offset,
    };

    rtmi_event_encode(out, shard_next_push_seq(route->self), &event);
}

static void encode_message(routing *route, rtmi_buf *out, const store_record *record,
                           bool has_offset, unsigned form)
{
    const rtm_message message = {
        .kind = (rtm_kind)record->kind,
        .mtype = record->mtype,
        .is_binary = record->is_binary,
        .has_offset = has_offset,
        .from = record->from,
        .to = record->to,
        .mid = record->mid,
        .mtime_ms = record->mtime_ms + record->ahead_ms,
        .offset = record->offset,
        .msg = bytes_at(route->feed, record->msg_at, record->msg_len),
        .attrs = bytes_at(route->feed, record->attrs_at, record->attrs_len),
    };

    rtmi_message_encode(out, shard_next_push_seq(route->self), &message, form);
}

static unsigned listener_forms(const gate_project *conf)
{
    return (conf->is_chat_map ? RTMI_CHAT_AS_MAP : 0u) |
           (conf->is_old_file ? RTMI_FILE_AS_OLD : 0u);
}

static void encode(routing *route, size_t form)
{
    shard *self = route->self;
    arena *const where = &self->arenas[form];
    const unsigned wanted = form == PUSH_CHAT_MAP ? RTMI_CHAT_AS_MAP
                            : form == PUSH_USER   ? 0u
                                                  : listener_forms(route->project->conf);
    rtmi_buf out;

    route->is_encoded[form] = true;
    if (!arena_begin(where, route->bytes + route->count * RTMI_PUSH_REST_MAX, &out)) {
        route->is_failed = true;
        return;
    }
    for (size_t i = 0; i < route->count; i++) {
        const store_record *record = &route->record[i];
        if (record->kind == STORE_EVENT)
            encode_event(route, &out, record, form == PUSH_OFFSET);
        else
            encode_message(route, &out, record, form == PUSH_OFFSET, wanted);
    }
    assert(out.error == 0); /* there is room for all */
    if (out.error != 0)
        route->is_failed = true;
    else
        route->encoded[form] = arena_end(where, &out);
}

static bool is_origin(const routing *route, const conn *to)
{
    return route->origin != NULL && route->origin->sender.shard == route->self->index &&
           route->origin->sender.conn_id == to->id;
}

static void give_as(routing *route, conn *to, size_t form)
{
    if (!route->is_encoded[form])
        encode(route, form);
    if (route->is_failed) {
        shard_cut(route->self, to, "out of memory for a push");
        return;
    }
    shard_push(route->self, to, &route->encoded[form], route->count);
}

/* To a listener, once however many ways it wants the record. */
static void give(routing *route, conn *to)
{
    if (to->stamp == route->self->stamp || to->wants_close)
        return;
    to->stamp = route->self->stamp;
    if (route->self->config->exclude_own && is_origin(route, to))
        return;
    give_as(route, to, to->listening.wants_offsets ? PUSH_OFFSET : PUSH_LISTENER);
}

static void give_all(routing *route, const conn_set *set)
{
    for (size_t i = 0; set != NULL && i < set->count; i++)
        give(route, set->conns[i]);
}

/* To users' sessions; not to the one that has sent it. */
static void give_users(routing *route, const conn_set *set)
{
    const bool is_chat = route->record->mtype == RTM_MTYPE_CHAT;
    /* Bytes that are the same for listeners and users are encoded once. */
    const size_t plain = listener_forms(route->project->conf) == 0 ? PUSH_LISTENER : PUSH_USER;

    for (size_t i = 0; set != NULL && i < set->count; i++) {
        conn *to = set->conns[i];
        if (to->stamp == route->self->stamp || to->wants_close || is_origin(route, to))
            continue;
        to->stamp = route->self->stamp;
        const bool wants_map = is_chat && (to->session->flags & SESSION_CHAT_IS_MAP) != 0;
        give_as(route, to, wants_map ? PUSH_CHAT_MAP : plain);
    }
}

static void route_p2p(routing *route, const listeners *who, const members *users)
{
    const store_record *record = route->record;
    const bool is_of_user = route->origin != NULL && route->origin->is_client;

    give_all(route, &who->all[LISTEN_ALL_P2P]);
    give_all(route, listeners_of(who, LISTEN_UIDS, record->from));
    give_all(route, listeners_of(who, LISTEN_UIDS, record->to));
    give_users(route, conn_index_of(&users->users, record->to));
    if (is_of_user) /* the sender's other sessions */
        give_users(route, conn_index_of(&users->users, record->from));
}

static void route_event(routing *route, const listeners *who)
{
    const rtm_bytes name = bytes_at(route->feed, route->record->msg_at, route->record->msg_len);
    const bool is_login = name.len == 5;

    give_all(route, &who->all[LISTEN_ALL_EVENT]);
    give_all(route, &who->events[is_login ? LISTEN_LOGIN : LISTEN_LOGOUT]);
}

static void route_run(routing *route)
{
    const store_record *record = route->record;
    const listeners *who = &route->project->listeners;
    const members *users = &route->project->members;
    const uint64_t before = route->self->stats.pushes;

    route->self->stamp++;
    switch (record->kind) {
    case STORE_P2P:
        route_p2p(route, who, users);
        break;
    case STORE_GROUP:
        give_all(route, &who->all[LISTEN_ALL_GROUP]);
        give_all(route, listeners_of(who, LISTEN_GIDS, record->to));
        give_users(route, conn_index_of(&users->groups, record->to));
        break;
    case STORE_ROOM:
        give_all(route, &who->all[LISTEN_ALL_ROOM]);
        give_all(route, listeners_of(who, LISTEN_RIDS, record->to));
        give_users(route, conn_index_of(&users->rooms, record->to));
        break;
    case STORE_BROADCAST:
        give_users(route, &users->all); /* and no listeners: they have no push for it */
        break;
    case STORE_EVENT:
        route_event(route, who);
        break;
    default:
        break; /* what hides and changes messages is not pushed */
    }
    /* Once for all its pushes: they are the hottest place. */
    route->self->metrics.pushes[metrics_kind(record->kind)] += route->self->stats.pushes - before;
}

/* The notices that stand before a record. */
static size_t follow_notices(shard *self, const feed_item *feed, size_t next, size_t record,
                             gate_time now)
{
    const rtmi_span rows = rtmi_buf_span(&feed->notices);
    feed_notice notice;

    for (; next < rows.len / sizeof notice; next++) {
        memcpy(&notice, rows.data + next * sizeof notice, sizeof notice);
        if (notice.record > record)
            break;
        sessions_notice(self, &self->projects[feed->project], &notice, now);
    }
    return next;
}

/* Whose request the record came from; asked in the order of records, from *reply = 0 on. */
static const feed_reply *origin_of(const feed_item *feed, size_t record, size_t *reply)
{
    while (*reply < feed->reply_count &&
           record >= (size_t)feed->replies[*reply].first + feed->replies[*reply].count)
        (*reply)++;
    return *reply < feed->reply_count && record >= feed->replies[*reply].first
               ? &feed->replies[*reply]
               : NULL;
}

static bool is_same_origin(const feed_reply *a, const feed_reply *b)
{
    return a == b || (a != NULL && b != NULL && a->sender.shard == b->sender.shard &&
                      a->sender.conn_id == b->sender.conn_id && a->is_client == b->is_client);
}

/* Whether it matters where records come from: else nobody is passed over for it. */
static bool has_origins(const shard *self, const shard_project *project)
{
    return self->config->exclude_own || project->members.all.count > 0;
}

/* Whether a later record goes to just whom the run goes to. */
static bool goes_along(const store_record *first, const store_record *record)
{
    return record->kind == first->kind && record->to == first->to && record->kind != STORE_EVENT &&
           (record->kind != STORE_P2P || record->from == first->from);
}

/* `reply` is where origin_of() stands; NULL: origins, and with them forms by type, do not matter.
 */
static void extend_run(routing *route, size_t records_left, size_t at, const size_t *reply)
{
    const store_record *const first = route->record;
    const size_t most = rtmi_min_size(records_left, RUN_RECORDS_MAX);
    size_t from = reply == NULL ? 0 : *reply;

    for (; route->count < most; route->count++) {
        const store_record *next = &first[route->count];
        const size_t bytes = route->bytes + next->msg_len + next->attrs_len;
        if (bytes > RUN_BYTES_MAX || !goes_along(first, next))
            return;
        if (reply != NULL &&
            (next->mtype != first->mtype ||
             !is_same_origin(origin_of(route->feed, at + route->count, &from), route->origin)))
            return;
        route->bytes = bytes;
    }
}

static void route_records(shard *self, const feed_item *feed, gate_time now)
{
    shard_project *project = &self->projects[feed->project];
    const bool has_notices = rtmi_buf_len(&feed->notices) > 0;
    const size_t count = feed->batch.record_count;
    size_t reply = 0;
    size_t notice = 0;

    for (size_t i = 0; i < count;) {
        const store_record *record = &feed->batch.records[i];
        routing route = {.self = self,
                         .project = project,
                         .feed = feed,
                         .record = record,
                         .count = 1,
                         .bytes = (size_t)record->msg_len + record->attrs_len};
        if (has_notices)
            notice = follow_notices(self, feed, notice, i, now);
        const bool is_from_somewhere = has_origins(self, project);
        if (is_from_somewhere)
            route.origin = origin_of(feed, i, &reply);
        if (!has_notices) /* between records they change who gets what */
            extend_run(&route, count - i, i, is_from_somewhere ? &reply : NULL);
        route_run(&route);
        i += route.count;
        project->fed_offset = feed->batch.records[i - 1].offset;
    }
    (void)follow_notices(self, feed, notice, SIZE_MAX, now);
}

void router_feed(shard *self, const feed_item *feed, gate_time now)
{
    senders_answer(self, feed);
    if (feed->result >= 0)
        route_records(self, feed, now);
}
