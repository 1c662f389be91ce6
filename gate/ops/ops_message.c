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

static rtmi_span bytes_of(const op *quest, size_t param)
{
    return quest->args[param].is_present ? quest->args[param].token.bytes : (rtmi_span){NULL, 0};
}

static void append(op *quest, store_kind kind, const int64_t *targets, size_t count)
{
    const rtmi_span msg = bytes_of(quest, RTMI_P_SEND_MSG);
    const rtmi_span attrs = bytes_of(quest, RTMI_P_SEND_ATTRS);
    log_request request = {
        .kind = (uint8_t)kind,
        .mtype = (uint8_t)quest->args[RTMI_P_SEND_MTYPE].integer,
        .from = quest->args[RTMI_P_SEND_FROM].integer,
        .mid = quest->args[RTMI_P_SEND_MID].integer,
        .targets = targets,
        .target_count = count,
        .msg = msg,
        .attrs = attrs,
        /* Listeners get text as str only if it is text: some die on anything else. */
        .is_binary =
            quest->args[RTMI_P_SEND_MSG].token.type == RTMI_PACK_BIN || !rtmi_utf8_is_valid(msg),
    };

    if (!rtmi_utf8_is_valid(attrs)) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "%s: parameter attrs is not UTF-8",
                        quest->method->name);
        return;
    }
    op_append(quest, &request);
}

static void append_to_one(op *quest, store_kind kind)
{
    append(quest, kind, &quest->args[RTMI_P_SEND_TARGET].integer, 1);
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
