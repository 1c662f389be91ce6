/*
 * Rooms: who is in them. Only users who are on-line can be, and a room is over with its last one;
 * its bans and its information stay.
 *
 * Protocol: RTM sections 2.10 and 5.1.
 */
#include <stdlib.h>

#include "gate/core/presence.h"
#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/base/num.h"
#include "lib/rtm/codes.h"

void ops_addroommember(op *quest)
{
    ops_answer_did(quest,
                   presence_enter_room(quest->log, op_int(quest, "rid"), op_int(quest, "uid")));
}

void ops_delroommember(op *quest)
{
    ops_answer_did(
        quest, presence_leave_room(quest->log, op_int(quest, "rid"), op_int(quest, "uid"), true));
}

/* Those who cannot enter are left out; that is what the answer is for. */
void ops_addroommembers(op *quest)
{
    int64_t *uids;
    size_t count;
    size_t done = 0;
    int code = 0;

    if (!ops_read_ids(quest, "uids", RTMI_RC_INVALID_PID_OR_UID, &uids, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++) {
        code = presence_enter_room(quest->log, op_int(quest, "rid"), uids[i]);
        if (code == 0)
            uids[done++] = uids[i];
        else if (code == RTMI_RC_NOT_ONLINE || code == RTMI_RC_MAX_ROOM_COUNT)
            code = 0;
    }
    if (ops_did(quest, code))
        ops_answer_ids(quest, "successedUids", uids, done);
    free(uids);
}

void ops_delroommembers(op *quest)
{
    const int64_t rid = op_int(quest, "rid");
    int64_t *uids;
    size_t count;
    size_t done = 0;
    int code = 0;

    if (!ops_read_ids(quest, "uids", RTMI_RC_INVALID_PID_OR_UID, &uids, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++) {
        const dir_key member = dir_key_pair(DIR_ROOM_MEMBER, rid, uids[i]);
        if (!directory_has(log_directory(quest->log), &member))
            continue;
        code = presence_leave_room(quest->log, rid, uids[i], true);
        uids[done++] = uids[i];
    }
    if (ops_did(quest, code))
        ops_answer_ids(quest, "successedUids", uids, done);
    free(uids);
}

/* All of the rooms or none: the answer cannot say which. */
void ops_adduserrooms(op *quest)
{
    int64_t *rids;
    size_t count;
    int code = 0;

    if (!ops_read_ids(quest, "rids", RTMI_RC_INVALID_PARAMETER, &rids, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++)
        code = presence_enter_room(quest->log, rids[i], op_int(quest, "uid"));
    free(rids);
    ops_answer_did(quest, code);
}

void ops_deleteuserrooms(op *quest)
{
    int64_t *rids;
    size_t count;
    int code = 0;

    if (!ops_read_ids(quest, "rids", RTMI_RC_INVALID_PARAMETER, &rids, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++)
        code = presence_leave_room(quest->log, rids[i], op_int(quest, "uid"), true);
    free(rids);
    ops_answer_did(quest, code);
}

void ops_getroommembers(op *quest)
{
    const dir_key members = dir_key_id(DIR_ROOM_MEMBER, op_int(quest, "rid"));

    ops_answer_walk(quest, "uids", &members, 1);
}

/* One room may be told in `rid`, as a published SDK does; it counts beside those in `rids`. */
static bool read_rooms(op *quest, int64_t **ret_rids, size_t *ret_count)
{
    const int64_t rid = op_int(quest, "rid");

    *ret_rids = NULL;
    *ret_count = 0;
    if (op_has(quest, "rid") && rid <= 0) {
        ops_refuse(quest, RTMI_RC_INVALID_PARAMETER);
        return false;
    }
    if (op_has(quest, "rids") &&
        !ops_read_ids(quest, "rids", RTMI_RC_INVALID_PARAMETER, ret_rids, ret_count))
        return false;
    if (op_has(quest, "rid")) {
        int64_t *grown = realloc(*ret_rids, (*ret_count + 1) * sizeof *grown);
        if (grown == NULL) {
            free(*ret_rids);
            ops_refuse(quest, RTMI_RC_UNKNOWN_ERROR);
            return false;
        }
        grown[*ret_count] = rid;
        *ret_count = rtmi_sort_unique(grown, *ret_count + 1);
        *ret_rids = grown;
    }
    if (*ret_count > 0)
        return true;
    free(*ret_rids);
    ops_refuse(quest, RTMI_RC_EMPTY_PARAMETER);
    return false;
}

void ops_getroomcount(op *quest)
{
    int64_t *rids;
    size_t count;

    if (!read_rooms(quest, &rids, &count))
        return;
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_pack_map(out, 1);
    rtmi_pack_key(out, "cn");
    rtmi_pack_map(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        const dir_key members = dir_key_id(DIR_ROOM_MEMBER, rids[i]);
        ops_pack_id(out, rids[i]);
        rtmi_pack_int(out, (int64_t)directory_count(log_directory(quest->log), &members));
    }
    op_answer_end(quest);
    free(rids);
}
