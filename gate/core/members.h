/*
 * Users on one shard: whose sessions are here, and which groups and rooms they are in. Follows
 * the notices of the feed.
 */
#ifndef GATE_CORE_MEMBERS_H
#define GATE_CORE_MEMBERS_H

#include "gate/core/conn_index.h"

struct session;

typedef struct members {
    rtmi_map users; /* uid -> its sessions */
    rtmi_map groups;
    rtmi_map rooms;
    conn_set all;
} members;

void members_init(members *self, uint64_t seed);
void members_deinit(members *self);

/** A session of no group and room yet. NULL: out of memory. */
struct session *members_session_new(int64_t uid, uint64_t seed);
void members_session_free(struct session *session);

/** The session of `who` begins. False: out of memory. */
bool members_begin(members *self, struct conn *who);
/** It ends: out of everything. */
void members_end(members *self, struct conn *who);

/** One session is in a group (`rooms` false) or room from now on. False: out of memory. */
bool members_enter_one(members *self, bool rooms, struct conn *who, int64_t id);

/**
 * All sessions of a user here are in a group (`rooms` false) or room from now on. Returns the
 * first that could not be noted for want of memory; NULL: all could.
 */
struct conn *members_enter(members *self, bool rooms, int64_t uid, int64_t id);
void members_leave(members *self, bool rooms, int64_t uid, int64_t id);

#endif
