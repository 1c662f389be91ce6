/*
 * Three indices of connections (conn_index), kept in step with each session's own lists.
 */
#include "gate/core/members.h"

#include <stdlib.h>

#include "gate/core/conn.h"

void members_init(members *self, uint64_t seed)
{
    *self = (members){.all = {NULL, 0, 0}};
    rtmi_map_init(&self->users, seed);
    rtmi_map_init(&self->groups, seed + 1);
    rtmi_map_init(&self->rooms, seed + 2);
}

void members_deinit(members *self)
{
    conn_index_deinit(&self->users);
    conn_index_deinit(&self->groups);
    conn_index_deinit(&self->rooms);
    conn_set_deinit(&self->all);
}

session *members_session_new(int64_t uid, uint64_t seed)
{
    session *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->uid = uid;
    rtmi_map_init(&made->users, seed);
    rtmi_map_init(&made->groups, seed + 1);
    rtmi_map_init(&made->rooms, seed + 2);
    return made;
}

void members_session_free(session *gone)
{
    if (gone == NULL)
        return;
    rtmi_map_deinit(&gone->users);
    rtmi_map_deinit(&gone->groups);
    rtmi_map_deinit(&gone->rooms);
    free(gone);
}

static void leave_all(members *self, conn *who)
{
    const size_t at = who->session->all_at;

    if (at == 0)
        return;
    who->session->all_at = 0;
    conn *moved = conn_set_remove_at(&self->all, at - 1);
    if (moved != NULL)
        moved->session->all_at = at;
}

bool members_begin(members *self, conn *who)
{
    if (!conn_set_add(&self->all, who))
        return false;
    who->session->all_at = self->all.count;
    if (conn_index_add(&self->users, CONN_SESSION_UID, who, who->session->uid))
        return true;
    leave_all(self, who);
    return false;
}

void members_end(members *self, conn *who)
{
    conn_index_clear(&self->users, CONN_SESSION_UID, who);
    conn_index_clear(&self->groups, CONN_SESSION_GROUPS, who);
    conn_index_clear(&self->rooms, CONN_SESSION_ROOMS, who);
    leave_all(self, who);
}

bool members_enter_one(members *self, bool rooms, conn *who, int64_t id)
{
    return conn_index_add(rooms ? &self->rooms : &self->groups,
                          rooms ? CONN_SESSION_ROOMS : CONN_SESSION_GROUPS, who, id);
}

conn *members_enter(members *self, bool rooms, int64_t uid, int64_t id)
{
    const conn_set *sessions = conn_index_of(&self->users, uid);
    conn *failed = NULL;

    for (size_t i = 0; sessions != NULL && i < sessions->count; i++) {
        conn *who = sessions->conns[i];
        if (!members_enter_one(self, rooms, who, id))
            failed = failed == NULL ? who : failed;
    }
    return failed;
}

void members_leave(members *self, bool rooms, int64_t uid, int64_t id)
{
    const conn_set *sessions = conn_index_of(&self->users, uid);

    for (size_t i = 0; sessions != NULL && i < sessions->count; i++) {
        conn *who = sessions->conns[i];
        conn_index_remove(rooms ? &self->rooms : &self->groups,
                          rooms ? CONN_SESSION_ROOMS : CONN_SESSION_GROUPS, who, id);
    }
}
