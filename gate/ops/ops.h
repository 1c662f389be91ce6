/*
 * The handlers of all methods: one file a family, one row a method.
 */
#ifndef GATE_OPS_OPS_H
#define GATE_OPS_OPS_H

#include "gate/core/dispatch.h"

/**
 * The table for gate_config.ops: a row for each method of lib/rtm/methods, in its order. Made at
 * the first call, which is to come before there are threads.
 */
const op_row *gate_ops(void);

/* ops_listen.c */
void ops_addlisten(op *quest);
void ops_removelisten(op *quest);
void ops_setlisten(op *quest);
void ops_rkgetlisten(op *quest);

/* ops_who.c */
void ops_rkwho(op *quest);

/* ops_message.c */
void ops_sendmsg(op *quest);
void ops_sendmsgs(op *quest);
void ops_sendgroupmsg(op *quest);
void ops_sendroommsg(op *quest);
void ops_expect_msg(const gate_log *log, const op_arg *args);
void ops_expect_groupmsg(const gate_log *log, const op_arg *args);
void ops_expect_roommsg(const gate_log *log, const op_arg *args);
void ops_broadcastmsg(op *quest);
void ops_client_sendmsg(op *quest);
void ops_client_sendgroupmsg(op *quest);
void ops_client_sendroommsg(op *quest);

/* ops_session.c */
void ops_gettoken(op *quest);
void ops_removetoken(op *quest);
void ops_kickout(op *quest);
void ops_getonlineusers(op *quest);
void ops_client_auth(op *quest);

/* ops_group.c */
void ops_addgroupmembers(op *quest);
void ops_delgroupmembers(op *quest);
void ops_delgroup(op *quest);
void ops_clearprojectgroup(op *quest);
void ops_getgroupmembers(op *quest);
void ops_getgroupcount(op *quest);
void ops_isgroupmember(op *quest);
void ops_getusergroups(op *quest);

/* ops_room.c */
void ops_addroommember(op *quest);
void ops_delroommember(op *quest);
void ops_addroommembers(op *quest);
void ops_delroommembers(op *quest);
void ops_adduserrooms(op *quest);
void ops_deleteuserrooms(op *quest);
void ops_getroommembers(op *quest);
void ops_getroomcount(op *quest);

/* ops_ban.c */
void ops_addgroupban(op *quest);
void ops_removegroupban(op *quest);
void ops_isbanofgroup(op *quest);
void ops_addroomban(op *quest);
void ops_removeroomban(op *quest);
void ops_isbanofroom(op *quest);
void ops_addprojectban(op *quest);
void ops_removeprojectban(op *quest);
void ops_isprojectban(op *quest);
void ops_addprojectblack(op *quest);
void ops_removeprojectblack(op *quest);
void ops_isprojectblack(op *quest);

/* ops_info.c */
void ops_setuserinfo(op *quest);
void ops_getuserinfo(op *quest);
void ops_getuseropeninfo(op *quest);
void ops_setgroupinfo(op *quest);
void ops_getgroupinfo(op *quest);
void ops_setroominfo(op *quest);
void ops_getroominfo(op *quest);

/* ops_friend.c */
void ops_addfriends(op *quest);
void ops_delfriends(op *quest);
void ops_getfriends(op *quest);
void ops_isfriend(op *quest);
void ops_isfriends(op *quest);
void ops_addblacks(op *quest);
void ops_delblacks(op *quest);
void ops_getblacks(op *quest);
void ops_isblack(op *quest);
void ops_isblacks(op *quest);
void ops_addsessions(op *quest);
void ops_removesessions(op *quest);

/* ops_data.c */
void ops_dataset(op *quest);
void ops_dataget(op *quest);
void ops_datadel(op *quest);

/* ops_device.c */
void ops_adddevice(op *quest);
void ops_removedevice(op *quest);
void ops_addoption(op *quest);
void ops_removeoption(op *quest);
void ops_getoption(op *quest);

/* ops_client.c */
void ops_client_bye(op *quest);
void ops_client_ping(op *quest);
void ops_client_getservertime(op *quest);
void ops_client_enterroom(op *quest);
void ops_client_leaveroom(op *quest);
void ops_client_getuserrooms(op *quest);
void ops_client_getusergroups(op *quest);

/* ops_history.c */
void ops_getgroupmsg(op *quest);
void ops_getroommsg(op *quest);
void ops_getbroadcastmsg(op *quest);
void ops_getp2pmsg(op *quest);
void ops_getmsg(op *quest);
void ops_delmsg(op *quest);
void ops_editmsg(op *quest);
void ops_cleanmsg(op *quest);
void ops_delconversationmsgs(op *quest);
void ops_clearprojectmsg(op *quest);
void ops_clearusermsg(op *quest);
void ops_getmsgnum(op *quest);

/* ops_file.c */
void ops_filetoken(op *quest);
void ops_sendfile(op *quest);
void ops_sendfiles(op *quest);
void ops_sendgroupfile(op *quest);
void ops_sendroomfile(op *quest);
void ops_broadcastfile(op *quest);

/* ops_refused.c */
void ops_not_configured(op *quest);
void ops_forbidden(op *quest);

#endif
