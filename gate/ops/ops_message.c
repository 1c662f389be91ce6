/*
 * Sending: sendmsg, sendmsgs, sendgroupmsg, sendroommsg, broadcastmsg.
 *
 * The row has checked types and limits; here the message takes its stored form and goes to the
 * project's owner. The answer {mtime} follows the commit.
 *
 * Protocol: RTM sections 2.5 and 4.
 */
#include <stdlib.h>

#include "gate/ops/ops.h"
#include "lib/fpnn/utf8.h"
#include "lib/rtm/codes.h"

/* Parameters of users' sends stand one place further up: theirs have no `from`. */
static const op_arg *arg_of(const op *quest, size_t param)
{
    return &quest->args[quest->uid != 0 && param > RTMI_P_SEND_FROM ? param - 1 : param];
}

static rtmi_span bytes_of(const op *quest, size_t param)
{
    const op_arg *arg = arg_of(quest, param);

    return arg->is_present ? arg->token.bytes : (rtmi_span){NULL, 0};
}

static void append(op *quest, store_kind kind, const int64_t *targets, size_t count)
{
    const bool is_client = quest->uid != 0;
    const rtmi_span msg = bytes_of(quest, RTMI_P_SEND_MSG);
    const rtmi_span attrs = bytes_of(quest, RTMI_P_SEND_ATTRS);
    /* All fields are named: zeros that are written first cost more than they do. */
    log_request request = {
        .sender = quest->sender,
        .kind = (uint8_t)kind,
        .mtype = (uint8_t)arg_of(quest, RTMI_P_SEND_MTYPE)->integer,
        .from = is_client ? quest->uid : quest->args[RTMI_P_SEND_FROM].integer,
        .mid = arg_of(quest, RTMI_P_SEND_MID)->integer,
        .targets = targets,
        .target_count = count,
        .msg = msg,
        .attrs = attrs,
        /* Listeners get text as str only if it is text: some die on anything else. */
        .is_binary =
            arg_of(quest, RTMI_P_SEND_MSG)->token.type == RTMI_PACK_BIN || !rtmi_utf8_is_valid(msg),
        .is_client = is_client,
    };

    if (!rtmi_utf8_is_valid(attrs)) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "%s: parameter attrs is not UTF-8",
                        quest->method->name);
        return;
    }
    if (is_client && msg.len == 0) {
        op_answer_error(quest, RTMI_RC_EMPTY_PARAMETER, "%s: parameter msg is empty",
                        quest->method->name);
        return;
    }
    op_append(quest, &request);
}

static void append_to_one(op *quest, store_kind kind)
{
    append(quest, kind, &arg_of(quest, RTMI_P_SEND_TARGET)->integer, 1);
}

void ops_client_sendmsg(op *quest)
{
    if (arg_of(quest, RTMI_P_SEND_TARGET)->integer == quest->uid)
        op_answer_error(quest, RTMI_RC_SEND_TO_SELF, "sendmsg: to oneself");
    else
        append_to_one(quest, STORE_P2P);
}

void ops_client_sendgroupmsg(op *quest)
{
    append_to_one(quest, STORE_GROUP);
}

void ops_client_sendroommsg(op *quest)
{
    append_to_one(quest, STORE_ROOM);
}

static void expect(const gate_log *log, store_kind kind, const op_arg *args)
{
    const op_arg *from = &args[RTMI_P_SEND_FROM];
    const op_arg *to = &args[RTMI_P_SEND_TARGET];
    const op_arg *mid = &args[RTMI_P_SEND_MID];

    if (from->is_present && from->token.type == RTMI_PACK_INT && to->is_present &&
        to->token.type == RTMI_PACK_INT && mid->is_present && mid->token.type == RTMI_PACK_INT)
        log_expect(log, (uint8_t)kind, from->token.integer, to->token.integer, mid->token.integer);
}

void ops_expect_msg(const gate_log *log, const op_arg *args)
{
    expect(log, STORE_P2P, args);
}

void ops_expect_groupmsg(const gate_log *log, const op_arg *args)
{
    expect(log, STORE_GROUP, args);
}

void ops_expect_roommsg(const gate_log *log, const op_arg *args)
{
    expect(log, STORE_ROOM, args);
}

void ops_sendmsg(op *quest)
{
    append_to_one(quest, STORE_P2P);
}

void ops_sendgroupmsg(op *quest)
{
    append_to_one(quest, STORE_GROUP);
}

void ops_sendroommsg(op *quest)
{
    append_to_one(quest, STORE_ROOM);
}

void ops_broadcastmsg(op *quest)
{
    append(quest, STORE_BROADCAST, NULL, 0);
}

void ops_sendmsgs(op *quest)
{
    int64_t *uids;
    size_t count;

    if (!op_read_ids(quest, RTMI_P_SEND_TARGET, &uids, &count))
        return;
    if (count > 0 && uids[0] <= 0)
        op_answer_error(quest, RTMI_RC_INVALID_PID_OR_UID, "sendmsgs: tos holds %lld",
                        (long long)uids[0]);
    else
        append(quest, STORE_P2P, uids, count);
    free(uids);
}
