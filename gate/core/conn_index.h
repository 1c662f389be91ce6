/*
 * From an id to the connections that go with it, and back: who listens to a group, whose user is
 * in it. One rtmi_map of sets for all, one rtmi_map of ids for each connection, which knows the
 * connection's place in each set.
 */
#ifndef GATE_CORE_CONN_INDEX_H
#define GATE_CORE_CONN_INDEX_H

#include "lib/base/map.h"

struct conn;

/** Connections in no order. */
typedef struct conn_set {
    struct conn **conns;
    size_t count;
    size_t cap;
} conn_set;

bool conn_set_add(conn_set *set, struct conn *who);
/** By a walk over the set. */
void conn_set_remove(conn_set *set, const struct conn *who);
/** The one at a place; returns who stands there now, NULL if that was the last. */
struct conn *conn_set_remove_at(conn_set *set, size_t at);
void conn_set_deinit(conn_set *set);

/** Free all sets of an index. */
void conn_index_deinit(rtmi_map *index);

/** Which of a connection's own maps goes with an index; the first are those of listeners.h. */
typedef enum conn_list {
    CONN_GIDS,
    CONN_RIDS,
    CONN_UIDS,
    CONN_SESSION_UID,
    CONN_SESSION_GROUPS,
    CONN_SESSION_ROOMS
} conn_list;

/** Put a connection under an id, unless it is there already. False: out of memory. */
bool conn_index_add(rtmi_map *index, conn_list list, struct conn *who, int64_t id);
void conn_index_remove(rtmi_map *index, conn_list list, struct conn *who, int64_t id);
/** Out of all that its own map names, which is empty then. */
void conn_index_clear(rtmi_map *index, conn_list list, struct conn *who);

/** The connections of an id; NULL if there are none. */
const conn_set *conn_index_of(const rtmi_map *index, int64_t id);

#endif
