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

/* ops_message.c */
void ops_sendmsg(op *quest);
void ops_sendmsgs(op *quest);
void ops_sendgroupmsg(op *quest);
void ops_sendroommsg(op *quest);
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

/* ops_client.c */
void ops_client_bye(op *quest);
void ops_client_ping(op *quest);
void ops_client_getservertime(op *quest);
void ops_client_enterroom(op *quest);
void ops_client_leaveroom(op *quest);
void ops_client_getuserrooms(op *quest);
void ops_client_getusergroups(op *quest);

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
