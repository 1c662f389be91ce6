/*
 * The one table of methods: what a quest is called, who may send it, and what parameters it
 * takes with types and limits. The gate checks by it, the documentation is printed from it.
 *
 * A row for each method that this release serves or calls; families follow as they are built.
 *
 * Protocol: RTM sections 2, 3 and 5.2.
 */
#ifndef RTMI_RTM_METHODS_H
#define RTMI_RTM_METHODS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/span.h"

typedef enum rtmi_method_id {
    RTMI_M_ADDLISTEN,
    RTMI_M_REMOVELISTEN,
    RTMI_M_SETLISTEN,
    RTMI_M_RKGETLISTEN,
    RTMI_M_SENDMSG,
    RTMI_M_SENDMSGS,
    RTMI_M_SENDGROUPMSG,
    RTMI_M_SENDROOMMSG,
    RTMI_M_BROADCASTMSG,
    RTMI_METHOD_COUNT
} rtmi_method_id;

typedef enum rtmi_param_type {
    RTMI_PARAM_INT,   /* any integer form, or a float without a fraction */
    RTMI_PARAM_TEXT,  /* str or bin */
    RTMI_PARAM_BOOL,  /* a real bool */
    RTMI_PARAM_IDS,   /* integers: an array, a map's keys, or one alone; also decimal text */
    RTMI_PARAM_NAMES, /* texts: an array, a map's keys, or one alone */
    RTMI_PARAM_MAP
} rtmi_param_type;

typedef struct rtmi_param {
    const char *key;
    rtmi_param_type type;
    bool is_required;
    int64_t min;  /* INT: least value; TEXT, IDS, NAMES: least length */
    int64_t max;  /* INT: largest value; TEXT: bytes; IDS, NAMES: entries */
    int min_code; /* what is answered below min */
    int max_code; /* and above max */
    const char *help;
} rtmi_param;

/** The parameters of one method, at most. */
#define RTMI_PARAM_MAX 12

typedef struct rtmi_method {
    rtmi_method_id id;
    const char *name;
    const rtmi_param *params;
    size_t param_count;
    const char *answer; /* keys of the answer, for people */
    const char *help;
} rtmi_method;

/** The row of a method, by its number. */
const rtmi_method *rtmi_method_get(rtmi_method_id id);

/** The row of a method, by its name on the wire; NULL if there is none. */
const rtmi_method *rtmi_method_find(rtmi_span name);

/* Positions in the parameter arrays of the rows, for those who read what was decoded. */
enum {
    RTMI_P_LISTEN_GIDS,
    RTMI_P_LISTEN_RIDS,
    RTMI_P_LISTEN_UIDS,
    RTMI_P_LISTEN_EVENTS,
    RTMI_P_LISTEN_RK,
    RTMI_P_LISTEN_P2P,
    RTMI_P_LISTEN_GROUP,
    RTMI_P_LISTEN_ROOM,
    RTMI_P_LISTEN_EV
};
enum {
    RTMI_P_SEND_MTYPE,
    RTMI_P_SEND_FROM,
    RTMI_P_SEND_MID,
    RTMI_P_SEND_MSG,
    RTMI_P_SEND_ATTRS,
    RTMI_P_SEND_TARGET /* to, tos, gid or rid; none for broadcasts */
};

#define RTMI_MESSAGE_MAX 20480
#define RTMI_ATTRS_MAX 2048
#define RTMI_RECIPIENTS_MAX 2000
#define RTMI_LISTEN_IDS_MAX 100000
#define RTMI_EVENT_NAME_MAX 31

#endif
