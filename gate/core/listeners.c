/*
 * The classes of ids are conn_index; switches and events are sets of their own. LIMIT: to leave one
 * of these six costs a walk over it.
 */
#include "gate/core/listeners.h"

#include "gate/core/conn.h"

void listeners_init(listeners *self, uint64_t seed)
{
    *self = (listeners){.all = {{NULL, 0, 0}}};
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        rtmi_map_init(&self->ids[i], seed + i);
}

void listeners_deinit(listeners *self)
{
    for (size_t i = 0; i < LISTEN_CLASSES; i++)
        conn_index_deinit(&self->ids[i]);
    for (size_t i = 0; i < LISTEN_ALLS; i++)
        conn_set_deinit(&self->all[i]);
    for (size_t i = 0; i < LISTEN_EVENTS; i++)
        conn_set_deinit(&self->events[i]);
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

bool listeners_add(listeners *self, conn *who, size_t listen_class, int64_t id)
{
    return conn_index_add(&self->ids[listen_class], (conn_list)listen_class, who, id);
}

void listeners_remove(listeners *self, conn *who, size_t listen_class, int64_t id)
{
    conn_index_remove(&self->ids[listen_class], (conn_list)listen_class, who, id);
}

void listeners_clear(listeners *self, conn *who, size_t listen_class)
{
    conn_index_clear(&self->ids[listen_class], (conn_list)listen_class, who);
}

/* Make membership in `count` sets follow the bits of `wanted`. */
static bool follow_bits(conn_set *sets, size_t count, conn *who, uint8_t *held, unsigned wanted)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned bit = 1u << i;
        if ((wanted & bit) != 0 && (*held & bit) == 0) {
            if (!conn_set_add(&sets[i], who))
                return false;
            *held |= (uint8_t)bit;
        } else if ((wanted & bit) == 0 && (*held & bit) != 0) {
            conn_set_remove(&sets[i], who);
            *held &= (uint8_t)~bit;
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
    return conn_index_of(&self->ids[listen_class], id);
}
