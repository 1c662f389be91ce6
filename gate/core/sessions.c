/*
 * Sessions of users on this shard. They begin and end by notices of the feed, so in the same
 * order for all shards; a connection that closes tells the owner, and nothing else changes here.
 */
#include <stdlib.h>

#include "gate/core/shard_impl.h"

/* A session that has begun for the owner and cannot be here. */
static void tell_end(shard *self, session_end *end, gate_time now)
{
    const shard_project *project = &self->projects[end->project];

    if (project->log != NULL)
        owner_session_end(self, end, now);
    else
        bus_send(self->config->bus, project->conf->owner, &end->item);
}

static session_end *end_new(const shard_project *project, const feed_notice *notice)
{
    session_end *end = calloc(1, sizeof *end);

    if (end == NULL)
        return NULL;
    end->item.kind = MAIL_SESSION_END;
    end->project = project->index;
    end->session = (presence_session){notice->uid, notice->shard, notice->conn_id};
    return end;
}

static void begin(shard *self, shard_project *project, const feed_notice *notice, gate_time now)
{
    conn *who = rtmi_map_get(&self->conns, notice->conn_id);
    session_end *end = end_new(project, notice);

    if (end == NULL) {
        /* LIMIT: without memory for the news of its end, the user seems on-line until the next
           login, kickout or start. */
        rtmi_log_line(&self->config->log, RTMI_LOG_ERROR, "out of memory for a session");
        if (who != NULL)
            shard_cut(self, who, "out of memory for its session");
        return;
    }
    if (who == NULL || who->wants_close) {
        tell_end(self, end, now);
        return;
    }
    who->is_authenticating = false;
    who->session =
        members_session_new(notice->uid, self->config->random64(self->config->random_userdata));
    if (who->session != NULL) {
        who->session->flags = notice->flags;
        who->session->end = end;
        shard_prove(self, who, project, now);
    }
    if (who->session == NULL || !members_begin(&project->members, who)) {
        if (who->session != NULL)
            who->session->end = NULL;
        tell_end(self, end, now);
        shard_cut(self, who, "out of memory for its session");
    }
}

/* A one-way quest for one connection. */
static void tell(shard *self, conn *to, const char *method, const int64_t *rid)
{
    rtmi_buf_clear(&self->scratch);
    const size_t mark = rtmi_frame_begin_quest(&self->scratch, false, 0, rtmi_span_of_text(method));
    rtmi_pack_map(&self->scratch, rid != NULL ? 1 : 0);
    if (rid != NULL)
        rtmi_pack_key_int(&self->scratch, "rid", *rid);
    rtmi_frame_end(&self->scratch, mark);
    shard_put_answer(self, to, false);
}

static void kickout(shard *self, const feed_notice *notice, gate_time now)
{
    conn *who = rtmi_map_get(&self->conns, notice->conn_id);

    if (who == NULL || who->session == NULL)
        return;
    free(who->session->end); /* the owner knows */
    who->session->end = NULL;
    members_end(&who->project->members, who);
    tell(self, who, "kickout", NULL);
    shard_leave(self, who, true, now);
}

static void kickout_of_room(shard *self, shard_project *project, const feed_notice *notice)
{
    const conn_set *sessions = conn_index_of(&project->members.users, notice->uid);

    for (size_t i = 0; sessions != NULL && i < sessions->count; i++)
        tell(self, sessions->conns[i], "kickoutroom", &notice->id);
    members_leave(&project->members, true, notice->uid, notice->id);
}

static void enter_failed(shard *self, shard_project *project, conn *failed)
{
    members_end(&project->members, failed);
    shard_cut(self, failed, "out of memory for its groups and rooms");
}

/*
 * Behind a login, what its user is in already: only the new session has to be told, or many logins
 * of one user would cost their square.
 */
static void enter_one(shard *self, shard_project *project, bool rooms, const feed_notice *notice)
{
    conn *who = notice->shard == self->index ? rtmi_map_get(&self->conns, notice->conn_id) : NULL;

    if (who != NULL && who->session != NULL && who->session->end != NULL && !who->wants_close &&
        !members_enter_one(&project->members, rooms, who, notice->id))
        enter_failed(self, project, who);
}

static void enter(shard *self, shard_project *project, bool rooms, const feed_notice *notice)
{
    conn *failed;

    if (notice->conn_id != 0) {
        enter_one(self, project, rooms, notice);
        return;
    }
    /* Each round takes the one that failed out of the index, so this ends. */
    while ((failed = members_enter(&project->members, rooms, notice->uid, notice->id)) != NULL)
        enter_failed(self, project, failed);
}

void sessions_notice(shard *self, shard_project *project, const feed_notice *notice, gate_time now)
{
    switch (notice->kind) {
    case NOTICE_LOGIN:
        if (notice->shard == self->index)
            begin(self, project, notice, now);
        break;
    case NOTICE_KICKOUT:
        if (notice->shard == self->index)
            kickout(self, notice, now);
        break;
    case NOTICE_ROOM_KICKOUT:
        kickout_of_room(self, project, notice);
        break;
    case NOTICE_GROUP_ENTER:
    case NOTICE_ROOM_ENTER:
        enter(self, project, notice->kind == NOTICE_ROOM_ENTER, notice);
        break;
    default:
        members_leave(&project->members, notice->kind == NOTICE_ROOM_LEAVE, notice->uid,
                      notice->id);
        break;
    }
}

void sessions_closed(shard *self, conn *connection, gate_time now)
{
    session *ended = connection->session;

    if (ended == NULL)
        return;
    members_end(&connection->project->members, connection);
    if (ended->end != NULL)
        tell_end(self, ended->end, now);
    ended->end = NULL;
}

void sessions_drop(conn *connection)
{
    if (connection->session == NULL)
        return;
    free(connection->session->end);
    members_session_free(connection->session);
    connection->session = NULL;
}
