/*
 * What an owner tells the shards beside the records of the feed: who is on-line where, and who
 * is in which group and room. A notice stands at its place among the records, so every shard
 * sees a user's end before the next login, and a member before the first message for him.
 */
#ifndef GATE_CORE_NOTICE_H
#define GATE_CORE_NOTICE_H

#include <stddef.h>
#include <stdint.h>

typedef enum notice_kind {
    NOTICE_LOGIN,   /* the session is uid's; its groups and rooms follow as notices */
    NOTICE_KICKOUT, /* the session has ended: tell it and close it */
    /* uid is in group `id` from here on: all his sessions, or the one that has logged in */
    NOTICE_GROUP_ENTER,
    NOTICE_GROUP_LEAVE,
    NOTICE_ROOM_ENTER, /* the same of room `id` */
    NOTICE_ROOM_LEAVE,
    NOTICE_ROOM_KICKOUT /* the same, and its sessions are told */
} notice_kind;

typedef struct feed_notice {
    notice_kind kind;
    size_t record; /* stands before the record of that index */
    int64_t uid;
    int64_t id;
    uint32_t shard; /* of the session */
    uint64_t conn_id;
    uint32_t flags; /* SESSION_…, of a login */
} feed_notice;

enum { SESSION_CHAT_IS_MAP = 1 };

#endif
