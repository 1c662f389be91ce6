/*
 * Rows. Lists are written out: a reader finds by the method's name what it takes.
 */
#include "lib/rtm/methods.h"

#include "lib/rtm/codes.h"

#define IDS(key, help)                                                                             \
    {                                                                                              \
        key, RTMI_PARAM_IDS, false, 0, RTMI_LISTEN_IDS_MAX, 0, RTMI_RC_TOO_MANY_ITEMS, help        \
    }
#define FLAG(key, help)                                                                            \
    {                                                                                              \
        key, RTMI_PARAM_BOOL, false, 0, 0, 0, 0, help                                              \
    }
#define EVENTS                                                                                     \
    {                                                                                              \
        "events", RTMI_PARAM_NAMES, false, 0, 32, 0, RTMI_RC_TOO_MANY_ITEMS,                       \
            "event names: login, logout"                                                           \
    }
#define RK                                                                                         \
    {                                                                                              \
        "rk", RTMI_PARAM_MAP, false, 0, 0, 0, 0, "our extensions, see extensions.md"               \
    }

static const rtmi_param listen_params[] = {
    IDS("gids", "groups"),
    IDS("rids", "rooms"),
    IDS("uids", "users: P2P messages that such a user sends or receives"),
    EVENTS,
    RK,
};

static const rtmi_param setlisten_params[] = {
    IDS("gids", "groups"),
    IDS("rids", "rooms"),
    IDS("uids", "users: P2P messages that such a user sends or receives"),
    EVENTS,
    RK,
    FLAG("p2p", "all P2P messages"),
    FLAG("group", "all group messages"),
    FLAG("room", "all room messages"),
    FLAG("ev", "all events"),
};

#define MTYPE                                                                                      \
    {                                                                                              \
        "mtype", RTMI_PARAM_INT, true, 1, 127, RTMI_RC_INVALID_MTYPE, RTMI_RC_INVALID_MTYPE,       \
            "message type, 1 to 127"                                                               \
    }
#define FROM                                                                                       \
    {                                                                                              \
        "from", RTMI_PARAM_INT, true, 1, INT64_MAX, RTMI_RC_INVALID_PID_OR_UID, 0,                 \
            "uid in whose name it is sent"                                                         \
    }
#define MID                                                                                        \
    {                                                                                              \
        "mid", RTMI_PARAM_INT, true, INT64_MIN, INT64_MAX, 0, 0,                                   \
            "the sender's number for it, unique in the conversation"                               \
    }
#define MSG                                                                                        \
    {                                                                                              \
        "msg", RTMI_PARAM_TEXT, true, 0, RTMI_MESSAGE_MAX, 0, RTMI_RC_LARGE_MESSAGE_OR_ATTRS,      \
            "the message, text or bytes"                                                           \
    }
#define ATTRS                                                                                      \
    {                                                                                              \
        "attrs", RTMI_PARAM_TEXT, false, 0, RTMI_ATTRS_MAX, 0, RTMI_RC_LARGE_MESSAGE_OR_ATTRS,     \
            "attributes, JSON by convention"                                                       \
    }
#define TARGET(key, code, help)                                                                    \
    {                                                                                              \
        key, RTMI_PARAM_INT, true, 1, INT64_MAX, code, 0, help                                     \
    }

static const rtmi_param sendmsg_params[] = {
    MTYPE, FROM, MID, MSG, ATTRS, TARGET("to", RTMI_RC_INVALID_PID_OR_UID, "uid of the receiver"),
};
static const rtmi_param sendmsgs_params[] = {
    MTYPE,
    FROM,
    MID,
    MSG,
    ATTRS,
    {"tos", RTMI_PARAM_IDS, true, 1, RTMI_RECIPIENTS_MAX, RTMI_RC_EMPTY_PARAMETER,
     RTMI_RC_TOO_MANY_ITEMS, "uids of the receivers"},
};
static const rtmi_param sendgroupmsg_params[] = {
    MTYPE, FROM, MID, MSG, ATTRS, TARGET("gid", RTMI_RC_INVALID_PARAMETER, "the group"),
};
static const rtmi_param sendroommsg_params[] = {
    MTYPE, FROM, MID, MSG, ATTRS, TARGET("rid", RTMI_RC_INVALID_PARAMETER, "the room"),
};
static const rtmi_param broadcastmsg_params[] = {MTYPE, FROM, MID, MSG, ATTRS};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SENT "mtime: the gate's time, ms"

static const rtmi_method methods[RTMI_METHOD_COUNT] = {
    {RTMI_M_ADDLISTEN, "addlisten", listen_params, COUNT(listen_params), "",
     "add to what this connection listens to"},
    {RTMI_M_REMOVELISTEN, "removelisten", listen_params, COUNT(listen_params), "",
     "take out of what this connection listens to"},
    {RTMI_M_SETLISTEN, "setlisten", setlisten_params, COUNT(setlisten_params), "",
     "replace the lists, the switches, or both: each block that is present; both if none is"},
    {RTMI_M_RKGETLISTEN, "rkgetlisten", NULL, 0,
     "gids, rids, uids, events: arrays; p2p, group, room, ev: booleans",
     "what this connection listens to; an extension of ours, see extensions.md"},
    {RTMI_M_SENDMSG, "sendmsg", sendmsg_params, COUNT(sendmsg_params), SENT, "send to one user"},
    {RTMI_M_SENDMSGS, "sendmsgs", sendmsgs_params, COUNT(sendmsgs_params), SENT,
     "send to several users"},
    {RTMI_M_SENDGROUPMSG, "sendgroupmsg", sendgroupmsg_params, COUNT(sendgroupmsg_params), SENT,
     "send to a group"},
    {RTMI_M_SENDROOMMSG, "sendroommsg", sendroommsg_params, COUNT(sendroommsg_params), SENT,
     "send to a room"},
    {RTMI_M_BROADCASTMSG, "broadcastmsg", broadcastmsg_params, COUNT(broadcastmsg_params), SENT,
     "send to all users of the project"},
};

const rtmi_method *rtmi_method_get(rtmi_method_id id)
{
    return &methods[id];
}

const rtmi_method *rtmi_method_find(rtmi_span name)
{
    for (size_t i = 0; i < RTMI_METHOD_COUNT; i++) {
        const size_t len = strlen(methods[i].name);
        if (len == name.len && memcmp(methods[i].name, name.data, len) == 0)
            return &methods[i];
    }
    return NULL;
}
