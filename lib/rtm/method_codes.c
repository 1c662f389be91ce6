/*
 * What methods answer beyond what the limits of their parameters say. A test holds that each of
 * these codes, and each that a row of parameters gives, is seen.
 */
#include "lib/base/num.h"
#include "lib/rtm/codes.h"
#include "lib/rtm/methods.h"

typedef struct more_codes {
    rtmi_side side;
    const char *name;
    int codes[8]; /* up to the first 0 */
} more_codes;

/* By whom a message is refused, whatever its kind. */
#define SENDING RTMI_RC_PERMISSION_DENIED, RTMI_RC_DUPLICATED_MID
#define FILE_SENDING SENDING, RTMI_RC_ATTRS_WITHOUT_SIGN_OR_EXT

static const more_codes rows[] = {
    {RTMI_SERVER, "addblacks", {RTMI_RC_MAX_FRIEND_COUNT}},
    {RTMI_SERVER, "addfriends", {RTMI_RC_MAX_FRIEND_COUNT}},
    {RTMI_SERVER, "addgroupmembers", {RTMI_RC_INVALID_PID_OR_UID, RTMI_RC_MAX_GROUP_MEMBER_COUNT}},
    {RTMI_SERVER, "addoption", {RTMI_RC_INVALID_MTYPE}},
    {RTMI_SERVER, "addroommember", {RTMI_RC_MAX_ROOM_COUNT, RTMI_RC_NOT_ONLINE}},
    {RTMI_SERVER, "addroommembers", {RTMI_RC_INVALID_PID_OR_UID}},
    {RTMI_SERVER, "adduserrooms", {RTMI_RC_MAX_ROOM_COUNT, RTMI_RC_NOT_ONLINE}},
    {RTMI_SERVER, "broadcastmsg", {SENDING, RTMI_RC_ADMIN_ONLY}},
    {RTMI_SERVER, "delgroupmembers", {RTMI_RC_INVALID_PID_OR_UID}},
    {RTMI_SERVER, "delroommembers", {RTMI_RC_INVALID_PID_OR_UID}},
    {RTMI_SERVER, "editmsg", {RTMI_RC_PERMISSION_DENIED, RTMI_RC_MESSAGE_NOT_FOUND}},
    {RTMI_SERVER, "filetoken", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "getbroadcastmsg", {RTMI_RC_INVALID_MTYPE}},
    {RTMI_SERVER, "getgroupmsg", {RTMI_RC_INVALID_MTYPE, RTMI_RC_NOT_GROUP_MEMBER}},
    {RTMI_SERVER, "getmsg", {RTMI_RC_MESSAGE_NOT_FOUND}},
    {RTMI_SERVER, "getmsgnum", {RTMI_RC_INVALID_MTYPE}},
    {RTMI_SERVER, "getonlineusers", {RTMI_RC_INVALID_PID_OR_UID}},
    {RTMI_SERVER, "getp2pmsg", {RTMI_RC_INVALID_MTYPE}},
    {RTMI_SERVER, "getroomcount", {RTMI_RC_EMPTY_PARAMETER}},
    {RTMI_SERVER, "getroommsg", {RTMI_RC_INVALID_MTYPE, RTMI_RC_NOT_IN_ROOM}},
    {RTMI_SERVER, "getuseropeninfo", {RTMI_RC_INVALID_PID_OR_UID}},
    {RTMI_SERVER, "removeoption", {RTMI_RC_INVALID_MTYPE}},
    {RTMI_SERVER, "sendgroupmsg", {SENDING, RTMI_RC_NOT_GROUP_MEMBER, RTMI_RC_BANNED_IN_GROUP}},
    {RTMI_SERVER, "sendmsg", {SENDING, RTMI_RC_BLOCKED_USER}},
    {RTMI_SERVER, "sendmsgs", {SENDING, RTMI_RC_INVALID_PID_OR_UID, RTMI_RC_BLOCKED_USER}},
    {RTMI_SERVER, "sendroommsg", {SENDING, RTMI_RC_NOT_IN_ROOM, RTMI_RC_BANNED_IN_ROOM}},
    {RTMI_SERVER, "setgroupinfo", {RTMI_RC_EMPTY_PARAMETER, RTMI_RC_EMPTY_GROUP}},
    {RTMI_SERVER, "setroominfo", {RTMI_RC_EMPTY_PARAMETER}},
    {RTMI_SERVER, "setuserinfo", {RTMI_RC_EMPTY_PARAMETER}},

    /* No engine is there, or no such service. */
    {RTMI_SERVER, "acheck", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "icheck", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "profanity", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "speech2text", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "stranscribe", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "tcheck", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "transcribe", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "translate", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "vcheck", {RTMI_RC_NO_CONFIG_IN_CONSOLE}},
    {RTMI_SERVER, "adminCommand", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "closeRTCRoom", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "getRTCRoomList", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "getRTCRoomMemberCount", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "getRTCRoomMembers", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_addgroupmembers", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_creategroup", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_dismissgroup", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_getapplygrant", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_getgroupinfos", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_getinvitegrant", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_getuserinfos", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_setapplygrant", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_setgroupinfos", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_setinvitegrant", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "imserver_setuserinfos", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "inviteUserIntoRTCRoom", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "kickoutFromRTCRoom", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "pullIntoRTCRoom", {RTMI_RC_FORBIDDEN_METHOD}},
    {RTMI_SERVER, "setRTCRoomMicStatus", {RTMI_RC_FORBIDDEN_METHOD}},

    {RTMI_CLIENT, "auth", {RTMI_RC_DUPLICATED_AUTH, RTMI_RC_AUTH_DENIED}},
    {RTMI_CLIENT, "enterroom", {RTMI_RC_MAX_ROOM_COUNT}},
    {RTMI_CLIENT,
     "sendgroupmsg",
     {SENDING, RTMI_RC_EMPTY_PARAMETER, RTMI_RC_NOT_GROUP_MEMBER, RTMI_RC_BANNED_IN_GROUP}},
    {RTMI_CLIENT,
     "sendmsg",
     {SENDING, RTMI_RC_EMPTY_PARAMETER, RTMI_RC_NOT_FRIEND, RTMI_RC_BLOCKED_USER,
      RTMI_RC_SEND_TO_SELF}},
    {RTMI_CLIENT,
     "sendroommsg",
     {SENDING, RTMI_RC_EMPTY_PARAMETER, RTMI_RC_NOT_IN_ROOM, RTMI_RC_BANNED_IN_ROOM}},

    {RTMI_FILE, "broadcastfile", {FILE_SENDING, RTMI_RC_ADMIN_ONLY}},
    {RTMI_FILE, "sendfile", {FILE_SENDING, RTMI_RC_BLOCKED_USER}},
    {RTMI_FILE, "sendfiles", {FILE_SENDING, RTMI_RC_BLOCKED_USER}},
    {RTMI_FILE, "sendgroupfile", {FILE_SENDING, RTMI_RC_NOT_GROUP_MEMBER, RTMI_RC_BANNED_IN_GROUP}},
    {RTMI_FILE, "sendroomfile", {FILE_SENDING, RTMI_RC_NOT_IN_ROOM, RTMI_RC_BANNED_IN_ROOM}},
};

typedef struct code_set {
    int64_t codes[RTMI_METHOD_CODES_MAX * 4];
    size_t count;
} code_set;

static void add(code_set *set, int code)
{
    if (code == 0)
        return;
    set->codes[set->count++] = code;
    set->count = rtmi_sort_unique(set->codes, set->count);
}

size_t rtmi_method_codes(const rtmi_method *method, int ret_codes[RTMI_METHOD_CODES_MAX])
{
    const rtmi_span name = rtmi_span_of_text(method->name);
    code_set set = {.count = 0};

    for (size_t i = 0; i < method->param_count; i++) {
        const rtmi_param *param = &method->params[i];
        add(&set, param->min_code);
        add(&set, param->max_code);
        add(&set, RTMI_RC_INVALID_PARAMETER); /* of another type */
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].side != method->side || !rtmi_span_is(name, rows[i].name))
            continue;
        for (size_t n = 0; n < sizeof rows[i].codes / sizeof rows[i].codes[0]; n++)
            add(&set, rows[i].codes[n]);
    }
    for (size_t i = 0; i < set.count; i++)
        ret_codes[i] = (int)set.codes[i];
    return set.count;
}
