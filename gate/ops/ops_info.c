/*
 * Information on users, groups and rooms: two texts each, an open and a private one. What is set
 * to the empty text is as what was never set.
 *
 * A group that nobody is in has no information to be set (200046). What it had stays until
 * delgroup, so that a group which is emptied and filled again keeps it; users and rooms have
 * theirs whether anybody is there or not.
 *
 * Protocol: RTM sections 2.3, 2.9, 2.10 and 5.1.
 */
#include <stdlib.h>

#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/rtm/codes.h"

typedef struct half {
    const char *param;
    const char *name; /* behind the id, in the directory */
} half;

static const half halves[2] = {{"oinfo", "o"}, {"pinfo", "p"}};

static dir_key key_of(dir_space space, int64_t id, const half *which)
{
    return dir_key_name(space, id, rtmi_span_of_text(which->name));
}

static rtmi_span get(const op *quest, dir_space space, int64_t id, const half *which)
{
    const dir_key key = key_of(space, id, which);
    rtmi_span text = {NULL, 0};

    (void)directory_get(log_directory(quest->log), &key, &text);
    return text;
}

static void set(op *quest, dir_space space, int64_t id)
{
    int code = op_has(quest, "oinfo") || op_has(quest, "pinfo") ? 0 : RTMI_RC_EMPTY_PARAMETER;

    for (size_t i = 0; code == 0 && i < 2; i++) {
        const dir_key key = key_of(space, id, &halves[i]);
        const rtmi_span text = op_bytes(quest, halves[i].param);
        if (op_has(quest, halves[i].param))
            code = text.len == 0 ? log_remove(quest->log, &key) : log_put(quest->log, &key, text);
    }
    ops_answer_did(quest, code);
}

static void answer(op *quest, dir_space space, int64_t id)
{
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 2);
    for (size_t i = 0; i < 2; i++)
        op_pack_text(out, halves[i].param, get(quest, space, id, &halves[i]));
    op_answer_end(quest);
}

void ops_setuserinfo(op *quest)
{
    set(quest, DIR_USER_INFO, op_int(quest, "uid"));
}

void ops_getuserinfo(op *quest)
{
    answer(quest, DIR_USER_INFO, op_int(quest, "uid"));
}

/* LIMIT: 100 users with 65535 bytes each are 6.3 MiB; where max-package is less, 200035. */
void ops_getuseropeninfo(op *quest)
{
    int64_t *uids;
    size_t count;

    if (!ops_read_ids(quest, "uids", RTMI_RC_INVALID_PID_OR_UID, &uids, &count))
        return;
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_pack_map(out, 1);
    rtmi_pack_key(out, "info");
    rtmi_pack_map(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        ops_pack_id(out, uids[i]);
        ops_pack_text(out, get(quest, DIR_USER_INFO, uids[i], &halves[0]));
    }
    op_answer_end(quest);
    free(uids);
}

void ops_setgroupinfo(op *quest)
{
    const int64_t gid = op_int(quest, "gid");
    const dir_key members = dir_key_id(DIR_GROUP_MEMBER, gid);

    if (directory_count(log_directory(quest->log), &members) == 0)
        ops_refuse(quest, RTMI_RC_EMPTY_GROUP);
    else
        set(quest, DIR_GROUP_INFO, gid);
}

void ops_getgroupinfo(op *quest)
{
    answer(quest, DIR_GROUP_INFO, op_int(quest, "gid"));
}

void ops_setroominfo(op *quest)
{
    set(quest, DIR_ROOM_INFO, op_int(quest, "rid"));
}

void ops_getroominfo(op *quest)
{
    answer(quest, DIR_ROOM_INFO, op_int(quest, "rid"));
}
