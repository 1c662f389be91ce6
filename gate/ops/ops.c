/*
 * Which handler serves which method. A test checks that no row is missing.
 */
#include "gate/ops/ops.h"

static const op_row rows[RTMI_METHOD_COUNT] = {
    [RTMI_M_ADDLISTEN] = {RTMI_M_ADDLISTEN, ops_addlisten},
    [RTMI_M_REMOVELISTEN] = {RTMI_M_REMOVELISTEN, ops_removelisten},
    [RTMI_M_SETLISTEN] = {RTMI_M_SETLISTEN, ops_setlisten},
    [RTMI_M_RKGETLISTEN] = {RTMI_M_RKGETLISTEN, ops_rkgetlisten},
    [RTMI_M_SENDMSG] = {RTMI_M_SENDMSG, ops_sendmsg},
    [RTMI_M_SENDMSGS] = {RTMI_M_SENDMSGS, ops_sendmsgs},
    [RTMI_M_SENDGROUPMSG] = {RTMI_M_SENDGROUPMSG, ops_sendgroupmsg},
    [RTMI_M_SENDROOMMSG] = {RTMI_M_SENDROOMMSG, ops_sendroommsg},
    [RTMI_M_BROADCASTMSG] = {RTMI_M_BROADCASTMSG, ops_broadcastmsg},
};

const op_row *gate_ops(void)
{
    return rows;
}
