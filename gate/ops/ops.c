/*
 * Which handler serves which method, and where it runs. A test checks that no row is missing.
 */
#include "gate/ops/ops.h"

#include <string.h>

typedef struct row {
    rtmi_side side;
    const char *name;
    op_handler *handler;
    op_where where;
} row;

static const row rows[] = {
    {RTMI_SERVER, "addlisten", ops_addlisten, OP_HERE},
    {RTMI_SERVER, "removelisten", ops_removelisten, OP_HERE},
    {RTMI_SERVER, "setlisten", ops_setlisten, OP_HERE},
    {RTMI_SERVER, "rkgetlisten", ops_rkgetlisten, OP_HERE},
    {RTMI_SERVER, "rkwho", ops_rkwho, OP_HERE},

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

    {RTMI_SERVER, "addgroupmembers", ops_addgroupmembers, OP_OWNER},
    {RTMI_SERVER, "delgroupmembers", ops_delgroupmembers, OP_OWNER},
    {RTMI_SERVER, "delgroup", ops_delgroup, OP_OWNER},
    {RTMI_SERVER, "clearprojectgroup", ops_clearprojectgroup, OP_OWNER},
    {RTMI_SERVER, "getgroupmembers", ops_getgroupmembers, OP_OWNER},
    {RTMI_SERVER, "getgroupcount", ops_getgroupcount, OP_OWNER},
    {RTMI_SERVER, "isgroupmember", ops_isgroupmember, OP_OWNER},
    {RTMI_SERVER, "getusergroups", ops_getusergroups, OP_OWNER},

    {RTMI_SERVER, "addroommember", ops_addroommember, OP_OWNER},
    {RTMI_SERVER, "delroommember", ops_delroommember, OP_OWNER},
    {RTMI_SERVER, "addroommembers", ops_addroommembers, OP_OWNER},
    {RTMI_SERVER, "delroommembers", ops_delroommembers, OP_OWNER},
    {RTMI_SERVER, "adduserrooms", ops_adduserrooms, OP_OWNER},
    {RTMI_SERVER, "deleteuserrooms", ops_deleteuserrooms, OP_OWNER},
    {RTMI_SERVER, "getroommembers", ops_getroommembers, OP_OWNER},
    {RTMI_SERVER, "getroomcount", ops_getroomcount, OP_OWNER},

    {RTMI_SERVER, "addgroupban", ops_addgroupban, OP_OWNER},
    {RTMI_SERVER, "removegroupban", ops_removegroupban, OP_OWNER},
    {RTMI_SERVER, "isbanofgroup", ops_isbanofgroup, OP_OWNER},
    {RTMI_SERVER, "addroomban", ops_addroomban, OP_OWNER},
    {RTMI_SERVER, "removeroomban", ops_removeroomban, OP_OWNER},
    {RTMI_SERVER, "isbanofroom", ops_isbanofroom, OP_OWNER},
    {RTMI_SERVER, "addprojectban", ops_addprojectban, OP_OWNER},
    {RTMI_SERVER, "removeprojectban", ops_removeprojectban, OP_OWNER},
    {RTMI_SERVER, "isprojectban", ops_isprojectban, OP_OWNER},
    {RTMI_SERVER, "addprojectblack", ops_addprojectblack, OP_OWNER},
    {RTMI_SERVER, "removeprojectblack", ops_removeprojectblack, OP_OWNER},
    {RTMI_SERVER, "isprojectblack", ops_isprojectblack, OP_OWNER},

    {RTMI_SERVER, "setuserinfo", ops_setuserinfo, OP_OWNER},
    {RTMI_SERVER, "getuserinfo", ops_getuserinfo, OP_OWNER},
    {RTMI_SERVER, "getuseropeninfo", ops_getuseropeninfo, OP_OWNER},
    {RTMI_SERVER, "setgroupinfo", ops_setgroupinfo, OP_OWNER},
    {RTMI_SERVER, "getgroupinfo", ops_getgroupinfo, OP_OWNER},
    {RTMI_SERVER, "setroominfo", ops_setroominfo, OP_OWNER},
    {RTMI_SERVER, "getroominfo", ops_getroominfo, OP_OWNER},

    {RTMI_SERVER, "addfriends", ops_addfriends, OP_OWNER},
    {RTMI_SERVER, "delfriends", ops_delfriends, OP_OWNER},
    {RTMI_SERVER, "getfriends", ops_getfriends, OP_OWNER},
    {RTMI_SERVER, "isfriend", ops_isfriend, OP_OWNER},
    {RTMI_SERVER, "isfriends", ops_isfriends, OP_OWNER},
    {RTMI_SERVER, "addblacks", ops_addblacks, OP_OWNER},
    {RTMI_SERVER, "delblacks", ops_delblacks, OP_OWNER},
    {RTMI_SERVER, "getblacks", ops_getblacks, OP_OWNER},
    {RTMI_SERVER, "isblack", ops_isblack, OP_OWNER},
    {RTMI_SERVER, "isblacks", ops_isblacks, OP_OWNER},
    {RTMI_SERVER, "addsessions", ops_addsessions, OP_OWNER},
    {RTMI_SERVER, "removesessions", ops_removesessions, OP_OWNER},

    {RTMI_SERVER, "dataset", ops_dataset, OP_OWNER},
    {RTMI_SERVER, "dataget", ops_dataget, OP_OWNER},
    {RTMI_SERVER, "datadel", ops_datadel, OP_OWNER},

    {RTMI_SERVER, "adddevice", ops_adddevice, OP_OWNER},
    {RTMI_SERVER, "removedevice", ops_removedevice, OP_OWNER},
    {RTMI_SERVER, "addoption", ops_addoption, OP_OWNER},
    {RTMI_SERVER, "removeoption", ops_removeoption, OP_OWNER},
    {RTMI_SERVER, "getoption", ops_getoption, OP_OWNER},

    {RTMI_SERVER, "getgroupmsg", ops_getgroupmsg, OP_OWNER},
    {RTMI_SERVER, "getroommsg", ops_getroommsg, OP_OWNER},
    {RTMI_SERVER, "getbroadcastmsg", ops_getbroadcastmsg, OP_OWNER},
    {RTMI_SERVER, "getp2pmsg", ops_getp2pmsg, OP_OWNER},
    {RTMI_SERVER, "getmsg", ops_getmsg, OP_OWNER},
    {RTMI_SERVER, "delmsg", ops_delmsg, OP_OWNER},
    {RTMI_SERVER, "editmsg", ops_editmsg, OP_OWNER},
    {RTMI_SERVER, "cleanmsg", ops_cleanmsg, OP_OWNER},
    {RTMI_SERVER, "delconversationmsgs", ops_delconversationmsgs, OP_OWNER},
    {RTMI_SERVER, "clearprojectmsg", ops_clearprojectmsg, OP_OWNER},
    {RTMI_SERVER, "clearusermsg", ops_clearusermsg, OP_OWNER},
    {RTMI_SERVER, "getmsgnum", ops_getmsgnum, OP_OWNER},

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

/* Those of the server side that are worth preparing for. */
static const struct {
    const char *name;
    op_expect *expect;
} expected[] = {
    {"sendmsg", ops_expect_msg},
    {"sendgroupmsg", ops_expect_groupmsg},
    {"sendroommsg", ops_expect_roommsg},
};

static void fill(op_row *table)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const row *from = &rows[i];
        const rtmi_method *method = rtmi_method_find(from->side, rtmi_span_of_text(from->name));
        if (method != NULL)
            table[rtmi_method_index(method)] =
                (op_row){from->side, from->name, from->handler, from->where, NULL};
    }
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const rtmi_span name = rtmi_span_of_text(expected[i].name);
        table[rtmi_method_index(rtmi_method_find(RTMI_SERVER, name))].expect = expected[i].expect;
    }
}

const op_row *gate_ops(void)
{
    static op_row table[RTMI_METHODS_MAX];
    static bool is_made;

    if (!is_made)
        fill(table);
    is_made = true;
    return table;
}
