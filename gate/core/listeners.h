/*
 * Who listens to what in a project, on one shard: from an id to the connections that named it,
 * and from a connection to its ids.
 */
#ifndef GATE_CORE_LISTENERS_H
#define GATE_CORE_LISTENERS_H

#include "gate/core/conn_index.h"

enum { LISTEN_GIDS, LISTEN_RIDS, LISTEN_UIDS, LISTEN_CLASSES };
enum { LISTEN_ALL_P2P, LISTEN_ALL_GROUP, LISTEN_ALL_ROOM, LISTEN_ALL_EVENT, LISTEN_ALLS };
enum { LISTEN_LOGIN, LISTEN_LOGOUT, LISTEN_EVENTS };

/** What a project's connections on this shard listen to. */
typedef struct listeners {
    rtmi_map ids[LISTEN_CLASSES]; /* id -> conn_set */
    conn_set all[LISTEN_ALLS];
    conn_set events[LISTEN_EVENTS];
} listeners;

/** What one connection listens to. */
typedef struct listening {
    rtmi_map ids[LISTEN_CLASSES]; /* id -> its place in the set, see conn_index.c */
    uint8_t all;                  /* 1 << LISTEN_ALL_P2P … */
    uint8_t events;               /* 1 << LISTEN_LOGIN … */
    bool wants_offsets;
} listening;

void listeners_init(listeners *self, uint64_t seed);
void listeners_deinit(listeners *self);
void listening_init(listening *self, uint64_t seed);
void listening_deinit(listening *self);

/** Add or remove one id. False: out of memory. */
bool listeners_add(listeners *self, struct conn *who, size_t listen_class, int64_t id);
void listeners_remove(listeners *self, struct conn *who, size_t listen_class, int64_t id);
/** Remove all ids of a class. */
void listeners_clear(listeners *self, struct conn *who, size_t listen_class);

/** Replace the switches, or the events. False: out of memory. */
bool listeners_set_all(listeners *self, struct conn *who, unsigned all);
bool listeners_set_events(listeners *self, struct conn *who, unsigned events);

/** The connection ends: out of everything. */
void listeners_drop(listeners *self, struct conn *who);

/** The connections that named an id; NULL if none did. */
const conn_set *listeners_of(const listeners *self, size_t listen_class, int64_t id);

#endif
