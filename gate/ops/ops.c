/*
 * Which handler serves which method, and where it runs. A test checks that no row is missing.
 */
#include "gate/ops/ops.h"

#include <string.h>

static const op_row rows[] = {
    {RTMI_SERVER, "addlisten", ops_addlisten, OP_HERE},
    {RTMI_SERVER, "removelisten", ops_removelisten, OP_HERE},
    {RTMI_SERVER, "setlisten", ops_setlisten, OP_HERE},
    {RTMI_SERVER, "rkgetlisten", ops_rkgetlisten, OP_HERE},

    /* Their shards put messages into the form of the log, which is the hot path. */
    {RTMI_SERVER, "sendmsg", ops_sendmsg, OP_HERE},
    {RTMI_SERVER, "sendmsgs", ops_sendmsgs, OP_HERE},
    {RTMI_SERVER, "sendgroupmsg", ops_sendgroupmsg, OP_HERE},
    {RTMI_SERVER, "sendroommsg", ops_sendroommsg, OP_HERE},
    {RTMI_SERVER, "broadcastmsg", ops_broadcastmsg, OP_HERE},
    {RTMI_CLIENT, "sendmsg", ops_client_sendmsg, OP_HERE},
    {RTMI_CLIENT, "sendgroupmsg", ops_client_sendgroupmsg, OP_HERE},
    {RTMI_CLIENT, "sendroommsg", ops_client_sendroommsg, OP_HERE},

    {RTMI_SERVER, "gettoken", ops_gettoken, OP_OWNER},
    {RTMI_SERVER, "removetoken", ops_removetoken, OP_OWNER},
    {RTMI_SERVER, "kickout", ops_kickout, OP_OWNER},
    {RTMI_SERVER, "getonlineusers", ops_getonlineusers, OP_OWNER},
    {RTMI_CLIENT, "auth", ops_client_auth, OP_OWNER},
    {RTMI_CLIENT, "bye", ops_client_bye, OP_HERE},
    {RTMI_CLIENT, "ping", ops_client_ping, OP_HERE},
    {RTMI_CLIENT, "getservertime", ops_client_getservertime, OP_HERE},
    {RTMI_CLIENT, "enterroom", ops_client_enterroom, OP_OWNER},
    {RTMI_CLIENT, "leaveroom", ops_client_leaveroom, OP_OWNER},
    {RTMI_CLIENT, "getuserrooms", ops_client_getuserrooms, OP_OWNER},
    {RTMI_CLIENT, "getusergroups", ops_client_getusergroups, OP_OWNER},

    {RTMI_SERVER, "filetoken", ops_filetoken, OP_OWNER},
    /* From the connection over the owner to the disk and back: file_quest.h. */
    {RTMI_FILE, "sendfile", ops_sendfile, OP_HERE},
    {RTMI_FILE, "sendfiles", ops_sendfiles, OP_HERE},
    {RTMI_FILE, "sendgroupfile", ops_sendgroupfile, OP_HERE},
    {RTMI_FILE, "sendroomfile", ops_sendroomfile, OP_HERE},
    {RTMI_FILE, "broadcastfile", ops_broadcastfile, OP_HERE},

    {RTMI_SERVER, "acheck", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "icheck", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "profanity", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "speech2text", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "stranscribe", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "tcheck", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "transcribe", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "translate", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "vcheck", ops_not_configured, OP_HERE},
    {RTMI_SERVER, "adminCommand", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "closeRTCRoom", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "getRTCRoomList", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "getRTCRoomMemberCount", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "getRTCRoomMembers", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "inviteUserIntoRTCRoom", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "kickoutFromRTCRoom", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "pullIntoRTCRoom", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "setRTCRoomMicStatus", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_addgroupmembers", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_creategroup", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_dismissgroup", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_getapplygrant", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_getgroupinfos", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_getinvitegrant", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_getuserinfos", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_setapplygrant", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_setgroupinfos", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_setinvitegrant", ops_forbidden, OP_HERE},
    {RTMI_SERVER, "imserver_setuserinfos", ops_forbidden, OP_HERE},
};

const op_row *gate_ops(void)
{
    static op_row table[RTMI_METHODS_MAX];

    for (size_t i = 0; table[0].name == NULL && i < sizeof rows / sizeof rows[0]; i++) {
        const rtmi_method *method = rtmi_method_find(rows[i].side, rtmi_span_of_text(rows[i].name));
        if (method != NULL)
            table[rtmi_method_index(method)] = rows[i];
    }
    return table;
}
