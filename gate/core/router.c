/*
 * The feed arrives: first the answers to this shard's own senders, then the records, each to
 * every connection that wants it, once, encoded once.
 */
#include "gate/core/shard_impl.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/codes.h"

static void answer_sender(shard *self, const feed_item *feed, const feed_reply *reply)
{
    conn *to = rtmi_map_get(&self->conns, reply->sender.conn_id);

    self->owed--;
    shard_count_answer(self, reply->sender.method,
                       feed->result < 0 ? RTMI_RC_UNKNOWN_ERROR : reply->code,
                       reply->sender.arrived_us);
    if (to == NULL || !reply->sender.wants_answer)
        return;
    rtmi_buf_clear(&self->scratch);
    if (feed->result < 0) {
        rtmi_answer_error(&self->scratch, reply->sender.seq, RTMI_RC_UNKNOWN_ERROR,
                          rtmi_span_of_text(feed->text));
    } else if (reply->code != 0) {
        const rtmi_code *row = rtmi_code_find(reply->code);
        rtmi_answer_error(&self->scratch, reply->sender.seq, reply->code,
                          rtmi_span_of_text(row == NULL ? "" : row->text));
    } else {
        const size_t mark = rtmi_frame_begin_answer(&self->scratch, reply->sender.seq, false);
        rtmi_pack_map(&self->scratch, 1);
        rtmi_pack_key_int(&self->scratch, "mtime", reply->mtime_ms);
        rtmi_frame_end(&self->scratch, mark);
    }
    if (feed->result < 0 || reply->code != 0)
        self->stats.refused++;
    shard_put_answer(self, to, reply->sender.is_json);
}

/* One record on its way to those who want it. */
typedef struct routing {
    shard *self;
    const feed_item *feed;
    const store_record *record;
    const feed_reply *origin; /* whose request it came from */
    bool is_encoded[2];       /* without and with the offset */
    bool is_failed;           /* out of memory: counted as dropped for all who wanted it */
    piece encoded[2];
} routing;

static rtm_bytes bytes_at(const feed_item *feed, uint32_t at, uint32_t len)
{
    return (rtm_bytes){len == 0 ? "" : (const char *)feed->batch.bytes + at, len};
}

static void encode(routing *route, bool has_offset)
{
    shard *self = route->self;
    const store_record *record = route->record;
    const rtm_message message = {
        .kind = (rtm_kind)record->kind,
        .mtype = record->mtype,
        .is_binary = record->is_binary,
        .has_offset = has_offset,
        .from = record->from,
        .to = record->to,
        .mid = record->mid,
        .mtime_ms = record->mtime_ms,
        .offset = record->offset,
        .msg = bytes_at(route->feed, record->msg_at, record->msg_len),
        .attrs = bytes_at(route->feed, record->attrs_at, record->attrs_len),
    };

    rtmi_buf_clear(&self->scratch);
    rtmi_message_encode(&self->scratch, shard_next_push_seq(self), &message);
    route->is_encoded[has_offset] = true;
    if (self->scratch.error != 0 ||
        !arena_put(has_offset ? &self->arena_offsets : &self->arena, rtmi_buf_span(&self->scratch),
                   &route->encoded[has_offset]))
        route->is_failed = true;
}

static void give(routing *route, conn *to)
{
    shard *self = route->self;
    const bool has_offset = to->listening.wants_offsets;

    if (to->stamp == self->stamp || to->wants_close)
        return;
    to->stamp = self->stamp;
    if (self->config->exclude_own && route->origin != NULL &&
        route->origin->sender.shard == self->index && route->origin->sender.conn_id == to->id)
        return;
    if (!route->is_encoded[has_offset])
        encode(route, has_offset);
    if (route->is_failed) {
        shard_cut(self, to, "out of memory for a push");
        return;
    }
    const uint64_t before = self->stats.pushes;
    shard_push(self, to, &route->encoded[has_offset]);
    self->metrics.pushes[metrics_kind(route->record->kind)] += self->stats.pushes - before;
}

static void give_all(routing *route, const conn_set *set)
{
    for (size_t i = 0; set != NULL && i < set->count; i++)
        give(route, set->conns[i]);
}

static void route_record(routing *route, const listeners *who)
{
    const store_record *record = route->record;

    route->self->stamp++;
    switch (record->kind) {
    case STORE_P2P:
        give_all(route, &who->all[LISTEN_ALL_P2P]);
        give_all(route, listeners_of(who, LISTEN_UIDS, record->from));
        give_all(route, listeners_of(who, LISTEN_UIDS, record->to));
        break;
    case STORE_GROUP:
        give_all(route, &who->all[LISTEN_ALL_GROUP]);
        give_all(route, listeners_of(who, LISTEN_GIDS, record->to));
        break;
    case STORE_ROOM:
        give_all(route, &who->all[LISTEN_ALL_ROOM]);
        give_all(route, listeners_of(who, LISTEN_RIDS, record->to));
        break;
    default:
        break; /* broadcasts have no listeners */
    }
}

void router_feed(shard *self, const feed_item *feed, gate_time now)
{
    shard_project *project = &self->projects[feed->project];
    size_t reply = 0;

    (void)now;
    for (size_t i = 0; i < feed->reply_count; i++) {
        if (feed->replies[i].sender.shard == self->index)
            answer_sender(self, feed, &feed->replies[i]);
    }
    if (feed->result < 0)
        return;
    for (size_t i = 0; i < feed->batch.record_count; i++) {
        routing route = {.self = self, .feed = feed, .record = &feed->batch.records[i]};
        while (reply < feed->reply_count &&
               i >= (size_t)feed->replies[reply].first + feed->replies[reply].count)
            reply++;
        route.origin = reply < feed->reply_count ? &feed->replies[reply] : NULL;
        route_record(&route, &project->listeners);
        project->fed_offset = route.record->offset;
    }
}
