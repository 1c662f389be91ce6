/*
 * Sets are plain arrays: walked for every message, changed seldom. LIMIT: leaving a set costs a
 * walk over it, so a connection that ends costs the sum of its sets' sizes.
 */
#include "gate/core/listeners.h"

#include <stdlib.h>

#include "gate/core/conn.h"

void listeners_init(listeners *self, uint64_t seed)
{
    *self = (listeners){.all = {{NULL, 0, 0}}};
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        rtmi_map_init(&self->ids[i], seed + i);
}

static void set_deinit(conn_set *set)
{
    free(set->conns);
    *set = (conn_set){NULL, 0, 0};
}

void listeners_deinit(listeners *self)
{
    for (size_t i = 0; i < LISTEN_CLASSES; i++) {
        size_t at = 0;
        conn_set *set;
        while ((set = rtmi_map_next(&self->ids[i], &at, NULL)) != NULL) {
            set_deinit(set);
            free(set);
        }
        rtmi_map_deinit(&self->ids[i]);
    }
    for (size_t i = 0; i < LISTEN_ALLS; i++)
        set_deinit(&self->all[i]);
    for (size_t i = 0; i < LISTEN_EVENTS; i++)
        set_deinit(&self->events[i]);
}

void listening_init(listening *self, uint64_t seed)
{
    *self = (listening){.all = 0};
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        rtmi_map_init(&self->ids[i], seed + i);
}

void listening_deinit(listening *self)
{
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        rtmi_map_deinit(&self->ids[i]);
}

static bool set_add(conn_set *set, conn *who)
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

static void set_remove(conn_set *set, const conn *who)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->conns[i] == who) {
            set->conns[i] = set->conns[--set->count];
            return;
        }
    }
}

bool listeners_add(listeners *self, conn *who, size_t listen_class, int64_t id)
{
    rtmi_map *own = &who->listening.ids[listen_class];
    rtmi_map *index = &self->ids[listen_class];
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
        if (set_add(set, who))
            return true;
        (void)rtmi_map_remove(own, key);
    }
    if (set->count == 0) {
        (void)rtmi_map_remove(index, key);
        set_deinit(set);
        free(set);
    }
    return false;
}

/* Out of the index only. */
static void leave(listeners *self, const conn *who, size_t listen_class, uint64_t key)
{
    conn_set *set = rtmi_map_get(&self->ids[listen_class], key);

    set_remove(set, who);
    if (set->count > 0)
        return;
    (void)rtmi_map_remove(&self->ids[listen_class], key);
    set_deinit(set);
    free(set);
}

void listeners_remove(listeners *self, conn *who, size_t listen_class, int64_t id)
{
    if (rtmi_map_remove(&who->listening.ids[listen_class], (uint64_t)id) != NULL)
        leave(self, who, listen_class, (uint64_t)id);
}

void listeners_clear(listeners *self, conn *who, size_t listen_class)
{
    rtmi_map *own = &who->listening.ids[listen_class];
    size_t at = 0;
    uint64_t key;

    while (rtmi_map_next(own, &at, &key) != NULL)
        leave(self, who, listen_class, key);
    rtmi_map_deinit(own);
}

/* Make membership in `count` sets follow the bits of `wanted`. */
static bool follow_bits(conn_set *sets, size_t count, conn *who, unsigned *held, unsigned wanted)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned bit = 1u << i;
        if ((wanted & bit) != 0 && (*held & bit) == 0) {
            if (!set_add(&sets[i], who))
                return false;
            *held |= bit;
        } else if ((wanted & bit) == 0 && (*held & bit) != 0) {
            set_remove(&sets[i], who);
            *held &= ~bit;
        }
    }
    return true;
}

bool listeners_set_all(listeners *self, conn *who, unsigned all)
{
    return follow_bits(self->all, LISTEN_ALLS, who, &who->listening.all, all);
}

bool listeners_set_events(listeners *self, conn *who, unsigned events)
{
    return follow_bits(self->events, LISTEN_EVENTS, who, &who->listening.events, events);
}

void listeners_drop(listeners *self, conn *who)
{
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        listeners_clear(self, who, i);
    (void)listeners_set_all(self, who, 0);
    (void)listeners_set_events(self, who, 0);
}

const conn_set *listeners_of(const listeners *self, size_t listen_class, int64_t id)
{
    return rtmi_map_get(&self->ids[listen_class], (uint64_t)id);
}
