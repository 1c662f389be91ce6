/*
 * Rows. Names of parameters that many methods share stand above; a row says the rest.
 */
#include "lib/rtm/methods.h"

#include "lib/rtm/codes.h"

/* One parameter: key, type, required, least, most, codes below and above, help. */
/* A key and its length. */
#define KEY(key) key, sizeof(key) - 1
#define INT_IN(key, least, most, help)                                                             \
    {                                                                                              \
        KEY(key), RTMI_PARAM_INT, true, least, most, RTMI_RC_INVALID_PARAMETER,                    \
            RTMI_RC_INVALID_PARAMETER, help                                                        \
    }
#define OPTIONAL_INT(key, help)                                                                    \
    {                                                                                              \
        KEY(key), RTMI_PARAM_INT, false, INT64_MIN, INT64_MAX, 0, 0, help                          \
    }
#define UID_OF(key, help)                                                                          \
    {                                                                                              \
        KEY(key), RTMI_PARAM_INT, true, 1, INT64_MAX, RTMI_RC_INVALID_PID_OR_UID, 0, help          \
    }
#define ID_OF(key, help)                                                                           \
    {                                                                                              \
        KEY(key), RTMI_PARAM_INT, true, 1, INT64_MAX, RTMI_RC_INVALID_PARAMETER, 0, help           \
    }
#define OPTIONAL_ID(key, help)                                                                     \
    {                                                                                              \
        KEY(key), RTMI_PARAM_INT, false, INT64_MIN, INT64_MAX, 0, 0, help                          \
    }
#define IDS_TO(key, most, help)                                                                    \
    {                                                                                              \
        KEY(key), RTMI_PARAM_IDS, true, 1, most, RTMI_RC_EMPTY_PARAMETER, RTMI_RC_TOO_MANY_ITEMS,  \
            help                                                                                   \
    }
#define OPTIONAL_IDS(key, most, help)                                                              \
    {                                                                                              \
        KEY(key), RTMI_PARAM_IDS, false, 0, most, 0, RTMI_RC_TOO_MANY_ITEMS, help                  \
    }
#define FLAG(key, help)                                                                            \
    {                                                                                              \
        KEY(key), RTMI_PARAM_BOOL, false, 0, 0, 0, 0, help                                         \
    }
#define NAME(key, most, help)                                                                      \
    {                                                                                              \
        KEY(key), RTMI_PARAM_TEXT, true, 1, most, RTMI_RC_EMPTY_PARAMETER,                         \
            RTMI_RC_INVALID_PARAMETER, help                                                        \
    }
#define OPTIONAL_TEXT(key, most, help)                                                             \
    {                                                                                              \
        KEY(key), RTMI_PARAM_TEXT, false, 0, most, 0, RTMI_RC_INVALID_PARAMETER, help              \
    }
#define LARGE_TEXT(key, is_required, help)                                                         \
    {                                                                                              \
        KEY(key), RTMI_PARAM_TEXT, is_required, 0, RTMI_VALUE_MAX, 0, RTMI_RC_LARGE_DATA, help     \
    }
#define STRING_MAP(key, help)                                                                      \
    {                                                                                              \
        KEY(key), RTMI_PARAM_MAP, false, 0, 0, 0, 0, help                                          \
    }

/* Parameters of several methods. */
#define UID UID_OF("uid", "the user")
#define GID ID_OF("gid", "the group")
#define RID ID_OF("rid", "the room")
#define PID INT_IN("pid", 1, INT32_MAX, "the project")
#define FROM UID_OF("from", "uid in whose name it is sent")
#define GROUP_OR_ALL OPTIONAL_ID("gid", "the group; absent or not positive: all groups")
#define ROOM_OR_ALL OPTIONAL_ID("rid", "the room; absent or not positive: all rooms")
#define BTIME INT_IN("btime", INT64_MIN, INT64_MAX, "for how long, s; not positive: for ever")
#define INFO(key, help) LARGE_TEXT(key, false, help)
#define EVENTS                                                                                     \
    {                                                                                              \
        KEY("events"), RTMI_PARAM_NAMES, false, 0, 32, 0, RTMI_RC_TOO_MANY_ITEMS,                  \
            "event names: login, logout"                                                           \
    }
#define LISTS                                                                                      \
    OPTIONAL_IDS("gids", RTMI_LISTEN_IDS_MAX, "groups"),                                           \
        OPTIONAL_IDS("rids", RTMI_LISTEN_IDS_MAX, "rooms"),                                        \
        OPTIONAL_IDS("uids", RTMI_LISTEN_IDS_MAX,                                                  \
                     "users: P2P messages that such a user sends or receives"),                    \
        EVENTS, STRING_MAP("rk", "our extensions, see extensions.md")
#define MTYPE                                                                                      \
    {                                                                                              \
        KEY("mtype"), RTMI_PARAM_INT, true, 1, 127, RTMI_RC_INVALID_MTYPE, RTMI_RC_INVALID_MTYPE,  \
            "message type, 1 to 127"                                                               \
    }
#define MID                                                                                        \
    {                                                                                              \
        KEY("mid"), RTMI_PARAM_INT, true, INT64_MIN, INT64_MAX, 0, 0,                              \
            "the sender's number for it, unique in the conversation"                               \
    }
#define MSG                                                                                        \
    {                                                                                              \
        KEY("msg"), RTMI_PARAM_TEXT, true, 0, RTMI_MESSAGE_MAX, 0, RTMI_RC_LARGE_MESSAGE_OR_ATTRS, \
            "the message, text or bytes"                                                           \
    }
#define ATTRS                                                                                      \
    {                                                                                              \
        KEY("attrs"), RTMI_PARAM_TEXT, false, 0, RTMI_ATTRS_MAX, 0,                                \
            RTMI_RC_LARGE_MESSAGE_OR_ATTRS, "attributes, JSON by convention"                       \
    }
/* What comes with each file. */
#define FILE_                                                                                      \
    PID,                                                                                           \
        {KEY("token"),                                                                             \
         RTMI_PARAM_TEXT,                                                                          \
         true,                                                                                     \
         1,                                                                                        \
         RTMI_FILE_TOKEN_MAX,                                                                      \
         RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN,                                                    \
         RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN,                                                    \
         "from filetoken, for this sender and receiver; good once"},                               \
        {KEY("mtype"),                                                                             \
         RTMI_PARAM_INT,                                                                           \
         true,                                                                                     \
         40,                                                                                       \
         50,                                                                                       \
         RTMI_RC_INVALID_FILE_MTYPE,                                                               \
         RTMI_RC_INVALID_FILE_MTYPE,                                                               \
         "40 image, 41 audio, 42 video, 50 other"},                                                \
        FROM, MID,                                                                                 \
        {KEY("file"),                                                                              \
         RTMI_PARAM_TEXT,                                                                          \
         true,                                                                                     \
         0,                                                                                        \
         RTMI_FILE_MAX,                                                                            \
         0,                                                                                        \
         RTMI_RC_LARGE_FILE_OR_ATTRS,                                                              \
         "the content; the gate's files-max holds, 5 MiB if it says nothing"},                     \
    {                                                                                              \
        KEY("attrs"), RTMI_PARAM_TEXT, false, 0, RTMI_FILE_ATTRS_MAX, 0,                           \
            RTMI_RC_LARGE_FILE_OR_ATTRS,                                                           \
            "JSON: the signature, name and so on in rtm, the sender's own in custom"               \
    }
#define OPTION_TYPE INT_IN("type", 0, 1, "0: of a user, 1: of a group")
#define XID ID_OF("xid", "that user or group")
#define MTYPES                                                                                     \
    OPTIONAL_IDS("mtypes", 128, "message types; none: all"),                                       \
        OPTIONAL_IDS("mtype", 128, "the same, as a published SDK says it")
#define CONVERSATION                                                                               \
    INT_IN("xid", INT64_MIN, INT64_MAX, "the receiver, group or room"),                            \
        INT_IN("type", 1, 4, "1 P2P, 2 group, 3 room, 4 broadcast")
#define CONVERSATION_OF_MANY XID, INT_IN("type", 2, 3, "2 group, 3 room")
#define BEGIN_MS INT_IN("begin", INT64_MIN, INT64_MAX, "from this time on, ms")
#define END_MS INT_IN("end", INT64_MIN, INT64_MAX, "to this time, ms")
#define BEGIN_OPTIONAL OPTIONAL_INT("begin", "from this time on, ms")
#define END_OPTIONAL OPTIONAL_INT("end", "to this time, ms")
#define READER OPTIONAL_INT("uid", "the reader, who must be a member; absent or 0: none")
#define ROWS                                                                                       \
    {                                                                                              \
        KEY("num"), RTMI_PARAM_INT, true, 1, RTMI_PAGE_MAX, RTMI_RC_INVALID_PARAMETER,             \
            RTMI_RC_TOO_MANY_ITEMS, "rows; fewer come when there are no more"                      \
    }
#define PAGE                                                                                       \
    FLAG("desc", "the newest first"), ROWS, BEGIN_OPTIONAL, END_OPTIONAL,                          \
        OPTIONAL_INT("lastid", "of the page before"), MTYPES

#define PARAMS(...)                                                                                \
    (const rtmi_param[]){__VA_ARGS__},                                                             \
        sizeof((const rtmi_param[]){__VA_ARGS__}) / sizeof(rtmi_param)
/* Methods that a gate without such engines refuses, whatever their parameters. */
#define NOT_CONFIGURED(name, help)                                                                 \
    {                                                                                              \
        RTMI_SERVER, name, NULL, 0, "nothing: 200060", help                                        \
    }
#define FORBIDDEN(name, help)                                                                      \
    {                                                                                              \
        RTMI_SERVER, name, NULL, 0, "nothing: 200020", help                                        \
    }

#define ITEMS RTMI_ITEMS_MAX
#define ONLINE_ITEMS RTMI_ONLINE_ITEMS_MAX
#define SENT "mtime: the gate's time, ms"
#define PAGE_ANSWER "num, lastid, begin, end: for the next page; msgs: the rows"

/* By side, then by name: they are found by bisection. */
static const rtmi_method methods[] = {
    NOT_CONFIGURED("acheck", "judge audio"),
    {RTMI_SERVER, "addblacks", PARAMS(UID, IDS_TO("blacks", ITEMS, "users whom uid blocks")), "",
     "add to a user's blacklist"},
    {RTMI_SERVER, "adddevice",
     PARAMS(UID, NAME("apptype", 64, "apns, fcm or another service"),
            NAME("devicetoken", RTMI_DEVICE_TOKEN_MAX, "the device's name there")),
     "", "keep a device of a user"},
    {RTMI_SERVER, "addfriends", PARAMS(UID, IDS_TO("friends", ITEMS, "users to add")), "",
     "make users friends, in both directions"},
    {RTMI_SERVER, "addgroupban", PARAMS(GROUP_OR_ALL, UID, BTIME), "",
     "mute a user in a group, or in all"},
    {RTMI_SERVER, "addgroupmembers", PARAMS(GID, IDS_TO("uids", ITEMS, "users to add")), "",
     "add members; makes the group"},
    {RTMI_SERVER, "addlisten", PARAMS(LISTS), "", "add to what this connection listens to"},
    {RTMI_SERVER, "addoption", PARAMS(UID, OPTION_TYPE, XID, MTYPES), "",
     "no pushes to devices from a user or group"},
    {RTMI_SERVER, "addprojectban", PARAMS(UID, BTIME), "", "forbid a user to send"},
    {RTMI_SERVER, "addprojectblack", PARAMS(UID, BTIME), "", "shut a user out; a session is ended"},
    {RTMI_SERVER, "addroomban", PARAMS(ROOM_OR_ALL, UID, BTIME), "",
     "mute a user in a room, or in all"},
    {RTMI_SERVER, "addroommember", PARAMS(RID, UID), "", "put a user who is on-line into a room"},
    {RTMI_SERVER, "addroommembers",
     PARAMS(RID, IDS_TO("uids", ITEMS, "users to put into the room")),
     "successedUids: those who are in the room now", "put users into a room"},
    {RTMI_SERVER, "addsessions", PARAMS(UID, IDS_TO("uids", ITEMS, "the other users")), "",
     "add conversations to a user's list"},
    {RTMI_SERVER, "adduserrooms", PARAMS(IDS_TO("rids", ITEMS, "rooms"), UID), "",
     "put a user into rooms"},
    FORBIDDEN("adminCommand", "real-time rooms: an administrator's command"),
    {RTMI_SERVER, "broadcastmsg", PARAMS(MTYPE, FROM, MID, MSG, ATTRS), SENT,
     "send to all users of the project"},
    {RTMI_SERVER, "cleanmsg", PARAMS(FROM, CONVERSATION, BEGIN_MS, END_MS), "",
     "erase a time of a conversation"},
    {RTMI_SERVER, "clearprojectgroup", NULL, 0, "", "delete all groups of the project"},
    {RTMI_SERVER, "clearprojectmsg",
     PARAMS(INT_IN("type", 0, 4, "0 P2P, 1 rooms, 2 groups, 3 broadcasts, 4 all")), "",
     "erase all messages of a kind"},
    {RTMI_SERVER, "clearusermsg", PARAMS(UID), "", "erase all messages that a user has sent"},
    FORBIDDEN("closeRTCRoom", "real-time rooms: close a room"),
    {RTMI_SERVER, "datadel", PARAMS(UID, NAME("key", 128, "name of the value")), "",
     "delete a value of a user"},
    {RTMI_SERVER, "dataget", PARAMS(UID, NAME("key", 128, "name of the value")),
     "val: the value; absent if there is none", "a value of a user"},
    {RTMI_SERVER, "dataset",
     PARAMS(UID, NAME("key", 128, "name of the value"), LARGE_TEXT("val", true, "the value")), "",
     "store a value of a user"},
    {RTMI_SERVER, "delblacks",
     PARAMS(UID, IDS_TO("blacks", ITEMS, "users whom uid no longer blocks")), "",
     "take out of a user's blacklist"},
    {RTMI_SERVER, "delconversationmsgs", PARAMS(FROM, CONVERSATION), "", "erase a conversation"},
    {RTMI_SERVER, "deleteuserrooms", PARAMS(IDS_TO("rids", ITEMS, "rooms"), UID), "",
     "take a user out of rooms"},
    {RTMI_SERVER, "delfriends", PARAMS(UID, IDS_TO("friends", ITEMS, "users to remove")), "",
     "end friendships"},
    {RTMI_SERVER, "delgroup", PARAMS(GID), "", "delete a group"},
    {RTMI_SERVER, "delgroupmembers", PARAMS(GID, IDS_TO("uids", ITEMS, "users to remove")), "",
     "remove members of a group"},
    {RTMI_SERVER, "delmsg", PARAMS(MID, FROM, CONVERSATION), "", "hide a message from history"},
    {RTMI_SERVER, "delroommember", PARAMS(RID, UID), "", "take a user out of a room"},
    {RTMI_SERVER, "delroommembers", PARAMS(RID, IDS_TO("uids", ITEMS, "users to take out")),
     "successedUids: those who were in the room", "take users out of a room"},
    {RTMI_SERVER, "editmsg",
     PARAMS(MID, FROM, CONVERSATION, MSG, ATTRS,
            INT_IN("timeLimit", 0, INT64_MAX, "how old the message may be, ms; 0: any age")),
     "", "change a message in history"},
    {RTMI_SERVER, "filetoken",
     PARAMS(FROM,
            NAME("cmd", 64, "sendfile, sendfiles, sendgroupfile, sendroomfile or broadcastfile"),
            OPTIONAL_ID("to", "the receiver"),
            OPTIONAL_IDS("tos", RTMI_RECIPIENTS_MAX, "the receivers"),
            OPTIONAL_ID("gid", "the group"), OPTIONAL_ID("rid", "the room")),
     "token: leave to send one file; endpoint: of the file gate", "leave to send one file"},
    FORBIDDEN("getRTCRoomList", "real-time rooms: all rooms"),
    FORBIDDEN("getRTCRoomMemberCount", "real-time rooms: how many are in a room"),
    FORBIDDEN("getRTCRoomMembers", "real-time rooms: who is in a room"),
    {RTMI_SERVER, "getblacks", PARAMS(UID), "uids: whom the user blocks", "a user's blacklist"},
    {RTMI_SERVER, "getbroadcastmsg", PARAMS(READER, PAGE), PAGE_ANSWER, "a page of the broadcasts"},
    {RTMI_SERVER, "getfriends", PARAMS(UID), "uids: the friends", "a user's friends"},
    {RTMI_SERVER, "getgroupcount", PARAMS(GID), "cn: how many members", "the size of a group"},
    {RTMI_SERVER, "getgroupinfo", PARAMS(GID), "oinfo, pinfo: open and private text",
     "the information of a group"},
    {RTMI_SERVER, "getgroupmembers", PARAMS(GID), "uids: the members", "the members of a group"},
    {RTMI_SERVER, "getgroupmsg", PARAMS(READER, PAGE, GID), PAGE_ANSWER,
     "a page of a group's messages"},
    {RTMI_SERVER, "getmsg", PARAMS(MID, FROM, CONVERSATION), "id, mtype, msg, attrs, mtime",
     "one message"},
    {RTMI_SERVER, "getmsgnum", PARAMS(CONVERSATION_OF_MANY, MTYPES, BEGIN_OPTIONAL, END_OPTIONAL),
     "sender: how many senders; num: how many messages", "count the messages of a group or room"},
    {RTMI_SERVER, "getonlineusers", PARAMS(IDS_TO("uids", ONLINE_ITEMS, "users asked for")),
     "uids: those who are on-line", "who of these is on-line"},
    {RTMI_SERVER, "getoption", PARAMS(UID), "p2p, group: maps of id to mtypes",
     "what a user's devices are not told of"},
    {RTMI_SERVER, "getp2pmsg", PARAMS(UID, PAGE, UID_OF("ouid", "the other user")), PAGE_ANSWER,
     "a page of the messages of two users"},
    {RTMI_SERVER, "getroomcount",
     PARAMS(OPTIONAL_IDS("rids", ITEMS, "rooms"),
            OPTIONAL_ID("rid", "one room, as a published SDK says it")),
     "cn: map of rid to count", "how many users are in rooms"},
    {RTMI_SERVER, "getroominfo", PARAMS(RID), "oinfo, pinfo: open and private text",
     "the information of a room"},
    {RTMI_SERVER, "getroommembers", PARAMS(RID), "uids: who is in it", "the users in a room"},
    {RTMI_SERVER, "getroommsg", PARAMS(READER, PAGE, RID), PAGE_ANSWER,
     "a page of a room's messages"},
    {RTMI_SERVER, "gettoken", PARAMS(UID, OPTIONAL_TEXT("version", 128, "of the SDK; not used")),
     "token: for the user's login", "make a login token for a user"},
    {RTMI_SERVER, "getusergroups", PARAMS(UID), "gids: the groups", "the groups that a user is in"},
    {RTMI_SERVER, "getuserinfo", PARAMS(UID), "oinfo, pinfo: open and private text",
     "the information of a user"},
    {RTMI_SERVER, "getuseropeninfo", PARAMS(IDS_TO("uids", ITEMS, "users")),
     "info: map of uid to open text", "the open information of users"},
    NOT_CONFIGURED("icheck", "judge an image"),
    FORBIDDEN("imserver_addgroupmembers", "the IM library of one published SDK"),
    FORBIDDEN("imserver_creategroup", "the IM library of one published SDK"),
    FORBIDDEN("imserver_dismissgroup", "the IM library of one published SDK"),
    FORBIDDEN("imserver_getapplygrant", "the IM library of one published SDK"),
    FORBIDDEN("imserver_getgroupinfos", "the IM library of one published SDK"),
    FORBIDDEN("imserver_getinvitegrant", "the IM library of one published SDK"),
    FORBIDDEN("imserver_getuserinfos", "the IM library of one published SDK"),
    FORBIDDEN("imserver_setapplygrant", "the IM library of one published SDK"),
    FORBIDDEN("imserver_setgroupinfos", "the IM library of one published SDK"),
    FORBIDDEN("imserver_setinvitegrant", "the IM library of one published SDK"),
    FORBIDDEN("imserver_setuserinfos", "the IM library of one published SDK"),
    FORBIDDEN("inviteUserIntoRTCRoom", "real-time rooms: invite users"),
    {RTMI_SERVER, "isbanofgroup", PARAMS(GID, UID), "ok", "whether a user is muted in a group"},
    {RTMI_SERVER, "isbanofroom", PARAMS(RID, UID), "ok", "whether a user is muted in a room"},
    {RTMI_SERVER, "isblack", PARAMS(UID, UID_OF("buid", "who may have blocked")),
     "ok: buid blocks uid", "whether a user is blocked by another"},
    {RTMI_SERVER, "isblacks", PARAMS(UID, IDS_TO("buids", ITEMS, "who may have blocked")),
     "buids: those who block uid", "by whom of these a user is blocked"},
    {RTMI_SERVER, "isfriend", PARAMS(UID, UID_OF("fuid", "the other user")), "ok",
     "whether two users are friends"},
    {RTMI_SERVER, "isfriends", PARAMS(UID, IDS_TO("fuids", ITEMS, "users asked for")),
     "fuids: the friends among them", "who of these is a friend"},
    {RTMI_SERVER, "isgroupmember", PARAMS(GID, UID), "ok", "whether a user is in a group"},
    {RTMI_SERVER, "isprojectban", PARAMS(UID), "ok", "whether a user is forbidden to send"},
    {RTMI_SERVER, "isprojectblack", PARAMS(UID), "ok", "whether a user is shut out"},
    {RTMI_SERVER, "kickout",
     PARAMS(UID, OPTIONAL_TEXT("ce", 128, "endpoint of one session; absent: all")), "",
     "end a user's sessions"},
    FORBIDDEN("kickoutFromRTCRoom", "real-time rooms: put a user out"),
    NOT_CONFIGURED("profanity", "filter a text"),
    FORBIDDEN("pullIntoRTCRoom", "real-time rooms: put users into a room"),
    {RTMI_SERVER, "removedevice",
     PARAMS(UID, NAME("devicetoken", RTMI_DEVICE_TOKEN_MAX, "the device's name")), "",
     "forget a device"},
    {RTMI_SERVER, "removegroupban", PARAMS(GROUP_OR_ALL, UID), "", "let a user speak again"},
    {RTMI_SERVER, "removelisten", PARAMS(LISTS), "", "take out of what this connection listens to"},
    {RTMI_SERVER, "removeoption", PARAMS(UID, OPTION_TYPE, XID, MTYPES), "",
     "pushes to devices again"},
    {RTMI_SERVER, "removeprojectban", PARAMS(UID), "", "let a user send again"},
    {RTMI_SERVER, "removeprojectblack", PARAMS(UID), "", "let a user in again"},
    {RTMI_SERVER, "removeroomban", PARAMS(ROOM_OR_ALL, UID), "", "let a user speak again"},
    {RTMI_SERVER, "removesessions",
     PARAMS(UID, IDS_TO("uids", ITEMS, "the other users"),
            FLAG("oneway", "only out of uid's list")),
     "", "take conversations out of lists"},
    {RTMI_SERVER, "removetoken", PARAMS(UID), "", "make a user's tokens invalid"},
    {RTMI_SERVER, "rkgetlisten", NULL, 0,
     "gids, rids, uids, events: arrays; p2p, group, room, ev: booleans",
     "what this connection listens to; an extension of ours, see extensions.md"},
    {RTMI_SERVER, "rkwho",
     PARAMS(OPTIONAL_TEXT("from", 41, "next of the page before; absent: the first page"),
            {KEY("num"), RTMI_PARAM_INT, false, 1, 200, RTMI_RC_INVALID_PARAMETER,
             RTMI_RC_TOO_MANY_ITEMS, "rows of a page; absent: 100"}),
     "rows: array of maps; next, if there may be more",
     "who is connected and listens to what; an extension of ours, see extensions.md"},
    {RTMI_SERVER, "sendgroupmsg", PARAMS(MTYPE, FROM, MID, MSG, ATTRS, GID), SENT,
     "send to a group"},
    {RTMI_SERVER, "sendmsg",
     PARAMS(MTYPE, FROM, MID, MSG, ATTRS, UID_OF("to", "uid of the receiver")), SENT,
     "send to one user"},
    {RTMI_SERVER, "sendmsgs",
     PARAMS(MTYPE, FROM, MID, MSG, ATTRS,
            IDS_TO("tos", RTMI_RECIPIENTS_MAX, "uids of the receivers")),
     SENT, "send to several users"},
    {RTMI_SERVER, "sendroommsg", PARAMS(MTYPE, FROM, MID, MSG, ATTRS, RID), SENT, "send to a room"},
    FORBIDDEN("setRTCRoomMicStatus", "real-time rooms: the default of microphones"),
    {RTMI_SERVER, "setgroupinfo",
     PARAMS(GID, INFO("oinfo", "open text"), INFO("pinfo", "private text")), "",
     "set what is given of a group's information"},
    {RTMI_SERVER, "setlisten",
     PARAMS(LISTS, FLAG("p2p", "all P2P messages"), FLAG("group", "all group messages"),
            FLAG("room", "all room messages"), FLAG("ev", "all events")),
     "", "replace the lists, the switches, or both: each block that is present; both if none is"},
    {RTMI_SERVER, "setroominfo",
     PARAMS(RID, INFO("oinfo", "open text"), INFO("pinfo", "private text")), "",
     "set what is given of a room's information"},
    {RTMI_SERVER, "setuserinfo",
     PARAMS(UID, INFO("oinfo", "open text"), INFO("pinfo", "private text")), "",
     "set what is given of a user's information"},
    NOT_CONFIGURED("speech2text", "the text of speech"),
    NOT_CONFIGURED("stranscribe", "the text of a stored audio message"),
    NOT_CONFIGURED("tcheck", "judge a text"),
    NOT_CONFIGURED("transcribe", "the text of audio"),
    NOT_CONFIGURED("translate", "translate a text"),
    NOT_CONFIGURED("vcheck", "judge a video"),
    {RTMI_CLIENT, "auth",
     PARAMS(PID, UID, NAME("token", 128, "from gettoken"),
            OPTIONAL_TEXT("version", 128, "of the SDK: tells what form chat must have"),
            OPTIONAL_TEXT("lang", 32, "not used"), STRING_MAP("attrs", "of this session, texts")),
     "ok: false if the token is not good", "log in"},
    {RTMI_CLIENT, "bye", NULL, 0, "", "log out; the connection is closed"},
    {RTMI_CLIENT, "enterroom", PARAMS(RID), "", "go into a room"},
    {RTMI_CLIENT, "getservertime", NULL, 0, "mts: the gate's time, ms", "what time it is"},
    {RTMI_CLIENT, "getusergroups", NULL, 0, "gids: the groups", "the groups that one is in"},
    {RTMI_CLIENT, "getuserrooms", NULL, 0, "rooms: the rooms", "the rooms that one is in"},
    {RTMI_CLIENT, "leaveroom", PARAMS(RID), "", "leave a room"},
    {RTMI_CLIENT, "ping", NULL, 0, "", "nothing; keeps the connection alive"},
    {RTMI_CLIENT, "sendgroupmsg", PARAMS(MTYPE, MID, MSG, ATTRS, GID), SENT, "send to a group"},
    {RTMI_CLIENT, "sendmsg", PARAMS(MTYPE, MID, MSG, ATTRS, UID_OF("to", "uid of the receiver")),
     SENT, "send to one user"},
    {RTMI_CLIENT, "sendroommsg", PARAMS(MTYPE, MID, MSG, ATTRS, RID), SENT, "send to a room"},
    {RTMI_FILE, "broadcastfile", PARAMS(FILE_), SENT, "send a file to all users"},
    {RTMI_FILE, "sendfile", PARAMS(FILE_, UID_OF("to", "uid of the receiver")), SENT,
     "send a file to one user"},
    {RTMI_FILE, "sendfiles",
     PARAMS(FILE_, IDS_TO("tos", RTMI_RECIPIENTS_MAX, "uids of the receivers")), SENT,
     "send a file to several users"},
    {RTMI_FILE, "sendgroupfile", PARAMS(FILE_, GID), SENT, "send a file to a group"},
    {RTMI_FILE, "sendroomfile", PARAMS(FILE_, RID), SENT, "send a file to a room"},
};

#define METHOD_COUNT (sizeof methods / sizeof methods[0])

_Static_assert(METHOD_COUNT <= RTMI_METHODS_MAX, "tables of methods have room");

size_t rtmi_method_count(void)
{
    return METHOD_COUNT;
}

const rtmi_method *rtmi_method_at(size_t index)
{
    return &methods[index];
}

size_t rtmi_method_index(const rtmi_method *method)
{
    return (size_t)(method - methods);
}

static int compare(rtmi_side side, rtmi_span name, const rtmi_method *row)
{
    const size_t len = strlen(row->name);

    if (side != row->side)
        return side < row->side ? -1 : 1;
    const int r = memcmp(name.data, row->name, name.len < len ? name.len : len);
    return r != 0 ? r : (name.len > len) - (name.len < len);
}

const rtmi_method *rtmi_method_find(rtmi_side side, rtmi_span name)
{
    size_t low = 0;
    size_t high = METHOD_COUNT;

    if (name.len == 0)
        return NULL;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int r = compare(side, name, &methods[middle]);
        if (r == 0)
            return &methods[middle];
        if (r < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
