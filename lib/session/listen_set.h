/*
 * The listen set as a value: three lists of ids, event names, four switches; and the changes
 * that a call makes to it.
 *
 * Pure: no time, no wire but the encoding of its parameters. Lists are sorted and hold each id
 * once, so that a change is a merge.
 */
#ifndef RTMI_SESSION_LISTEN_SET_H
#define RTMI_SESSION_LISTEN_SET_H

#include "lib/base/buf.h"
#include "lib/base/span.h"

enum { RTMI_LISTEN_GIDS, RTMI_LISTEN_RIDS, RTMI_LISTEN_UIDS, RTMI_LISTEN_LISTS };
enum {
    RTMI_LISTEN_P2P = 1 << 0,
    RTMI_LISTEN_GROUP = 1 << 1,
    RTMI_LISTEN_ROOM = 1 << 2,
    RTMI_LISTEN_EVENT = 1 << 3
};

#define RTMI_LISTEN_EVENT_SIZE 32 /* of a name, with its NUL */
#define RTMI_LISTEN_EVENT_COUNT 32

typedef struct rtmi_ids {
    int64_t *ids; /* sorted, each once */
    size_t count;
} rtmi_ids;

typedef struct rtmi_listen_value {
    rtmi_ids lists[RTMI_LISTEN_LISTS];
    char events[RTMI_LISTEN_EVENT_COUNT][RTMI_LISTEN_EVENT_SIZE];
    size_t event_count;
    unsigned all; /* RTMI_LISTEN_P2P … */
} rtmi_listen_value;

typedef enum rtmi_listen_verb {
    RTMI_LISTEN_ADD,
    RTMI_LISTEN_REMOVE,
    RTMI_LISTEN_SET,    /* replaces lists and events; absent ones become empty */
    RTMI_LISTEN_SET_ALL /* replaces the switches */
} rtmi_listen_verb;

/** One change. `has` tells which lists are present (1 << RTMI_LISTEN_GIDS …, events: bit 3). */
typedef struct rtmi_listen_op {
    rtmi_listen_verb verb;
    unsigned has;
    rtmi_listen_value value;
} rtmi_listen_op;

#define RTMI_LISTEN_HAS_EVENTS (1u << RTMI_LISTEN_LISTS)

void rtmi_listen_value_deinit(rtmi_listen_value *value);

/** Make `*ret` a copy: 0 or RTM_E_NOMEM. */
int rtmi_listen_value_copy(const rtmi_listen_value *from, rtmi_listen_value *ret);

bool rtmi_listen_value_equal(const rtmi_listen_value *a, const rtmi_listen_value *b);
bool rtmi_listen_value_is_empty(const rtmi_listen_value *value);

/** Fill a list from ids in any order, repeated or not: 0, RTM_E_LIMIT or RTM_E_NOMEM. */
int rtmi_ids_take(rtmi_ids *list, const int64_t *ids, size_t count, size_t max);

/** Add an event name: 0, RTM_E_INVAL (empty or too long) or RTM_E_LIMIT. */
int rtmi_listen_value_add_event(rtmi_listen_value *value, const char *name, size_t len);

/**
 * Apply a change. On an error (RTM_E_LIMIT: over max_ids in a list or 32 events; RTM_E_NOMEM)
 * the value is as before.
 */
int rtmi_listen_apply(rtmi_listen_value *value, const rtmi_listen_op *op, size_t max_ids);

/** The method of a change: "addlisten", "removelisten", "setlisten". */
const char *rtmi_listen_method(rtmi_listen_verb verb);

/** Append a change's parameters as map entries; returns how many. Errors are sticky in `out`. */
uint32_t rtmi_listen_encode_op(const rtmi_listen_op *op, rtmi_buf *out);

/** The same for a whole value: four lists as arrays, four switches; with rk if asked. */
uint32_t rtmi_listen_encode_value(const rtmi_listen_value *value, bool ask_offsets, rtmi_buf *out);

#endif
