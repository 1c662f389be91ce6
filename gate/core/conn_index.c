/*
 * Sets are plain arrays: walked for every message. Each connection's own map has, by id, its place
 * in the set, counted from 1; so to leave costs nothing that grows with the set, however many end
 * at once.
 */
#include "gate/core/conn_index.h"

#include <assert.h>
#include <stdlib.h>

#include "gate/core/conn.h"

bool conn_set_add(conn_set *set, conn *who)
{
    if (set->count == set->cap) {
        const size_t cap = set->cap == 0 ? 2 : set->cap * 2;
        conn **conns = realloc(set->conns, cap * sizeof *conns);
        if (conns == NULL)
            return false;
        set->conns = conns;
        set->cap = cap;
    }
    set->conns[set->count++] = who;
    return true;
}

void conn_set_remove(conn_set *set, const conn *who)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->conns[i] == who) {
            set->conns[i] = set->conns[--set->count];
            return;
        }
    }
}

conn *conn_set_remove_at(conn_set *set, size_t at)
{
    assert(at < set->count);
    set->conns[at] = set->conns[--set->count];
    return at < set->count ? set->conns[at] : NULL;
}

void conn_set_deinit(conn_set *set)
{
    free(set->conns);
    *set = (conn_set){NULL, 0, 0};
}

void conn_index_deinit(rtmi_map *index)
{
    size_t at = 0;
    conn_set *set;

    while ((set = rtmi_map_next(index, &at, NULL)) != NULL) {
        conn_set_deinit(set);
        free(set);
    }
    rtmi_map_deinit(index);
}

static void drop_if_empty(rtmi_map *index, uint64_t key, conn_set *set)
{
    if (set->count > 0)
        return;
    (void)rtmi_map_remove(index, key);
    conn_set_deinit(set);
    free(set);
}

/* The same numbers as those of listeners.h. */
static_assert((int)CONN_GIDS == LISTEN_GIDS && (int)CONN_RIDS == LISTEN_RIDS &&
                  (int)CONN_UIDS == LISTEN_UIDS,
              "classes of ids are lists of a connection");

static rtmi_map *own_of(conn *who, conn_list list)
{
    switch (list) {
    case CONN_SESSION_UID:
        return &who->session->users;
    case CONN_SESSION_GROUPS:
        return &who->session->groups;
    case CONN_SESSION_ROOMS:
        return &who->session->rooms;
    default:
        return &who->listening.ids[list];
    }
}

/* What a connection's own map holds for a place. */
static void *place(size_t at)
{
    return (void *)(uintptr_t)(at + 1);
}

bool conn_index_add(rtmi_map *index, conn_list list, conn *who, int64_t id)
{
    rtmi_map *own = own_of(who, list);
    const uint64_t key = (uint64_t)id;

    if (rtmi_map_get(own, key) != NULL)
        return true;
    conn_set *set = rtmi_map_get(index, key);
    if (set == NULL) {
        set = calloc(1, sizeof *set);
        if (set == NULL)
            return false;
        if (!rtmi_map_put(index, key, set)) {
            free(set);
            return false;
        }
    }
    if (rtmi_map_put(own, key, place(set->count))) {
        if (conn_set_add(set, who))
            return true;
        (void)rtmi_map_remove(own, key);
    }
    drop_if_empty(index, key, set);
    return false;
}

/* Out of the index only, where it stands at `held`. */
static void leave(rtmi_map *index, conn_list list, uint64_t key, const void *held)
{
    conn_set *set = rtmi_map_get(index, key);
    const size_t at = (size_t)(uintptr_t)held - 1;
    conn *moved = conn_set_remove_at(set, at);

    if (moved != NULL) /* to replace needs no memory */
        (void)rtmi_map_put(own_of(moved, list), key, place(at));
    drop_if_empty(index, key, set);
}

void conn_index_remove(rtmi_map *index, conn_list list, conn *who, int64_t id)
{
    const void *held = rtmi_map_remove(own_of(who, list), (uint64_t)id);

    if (held != NULL)
        leave(index, list, (uint64_t)id, held);
}

void conn_index_clear(rtmi_map *index, conn_list list, conn *who)
{
    rtmi_map *own = own_of(who, list);
    size_t at = 0;
    uint64_t key;
    const void *held;

    while ((held = rtmi_map_next(own, &at, &key)) != NULL)
        leave(index, list, key, held);
    rtmi_map_deinit(own);
}

const conn_set *conn_index_of(const rtmi_map *index, int64_t id)
{
    return rtmi_map_get(index, (uint64_t)id);
}
