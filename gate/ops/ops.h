/*
 * The handlers of all methods: one file a family, one row a method.
 */
#ifndef GATE_OPS_OPS_H
#define GATE_OPS_OPS_H

#include "gate/core/dispatch.h"

/** The table for gate_config.ops, indexed by rtmi_method_id. */
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

#endif
