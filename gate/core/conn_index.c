/*
 * Sets are plain arrays: walked for every message, changed seldom. LIMIT: leaving a set costs a
 * walk over it, so a connection that ends costs the sum of its sets' sizes.
 */
#include "gate/core/conn_index.h"

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

bool conn_index_add(rtmi_map *index, rtmi_map *own, conn *who, int64_t id)
{
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
    if (rtmi_map_put(own, key, who)) {
        if (conn_set_add(set, who))
            return true;
        (void)rtmi_map_remove(own, key);
    }
    drop_if_empty(index, key, set);
    return false;
}

/* Out of the index only. */
static void leave(rtmi_map *index, const conn *who, uint64_t key)
{
    conn_set *set = rtmi_map_get(index, key);

    conn_set_remove(set, who);
    drop_if_empty(index, key, set);
}

void conn_index_remove(rtmi_map *index, rtmi_map *own, conn *who, int64_t id)
{
    if (rtmi_map_remove(own, (uint64_t)id) != NULL)
        leave(index, who, (uint64_t)id);
}

void conn_index_clear(rtmi_map *index, rtmi_map *own, conn *who)
{
    size_t at = 0;
    uint64_t key;

    while (rtmi_map_next(own, &at, &key) != NULL)
        leave(index, who, key);
    rtmi_map_deinit(own);
}

const conn_set *conn_index_of(const rtmi_map *index, int64_t id)
{
    return rtmi_map_get(index, (uint64_t)id);
}
