/*
 * What users ask beside sending: bye, ping, rooms and groups of their own.
 *
 * Protocol: RTM section 6.3.
 */
#include "gate/core/presence.h"
#include "gate/ops/ops_tools.h"
#include "lib/rtm/codes.h"

void ops_client_bye(op *quest)
{
    op_answer_empty(quest);
    op_end_connection(quest);
}

void ops_client_ping(op *quest)
{
    op_answer_empty(quest);
}

void ops_client_getservertime(op *quest)
{
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "mts", quest->now.wall_ms);
    op_answer_end(quest);
}

void ops_client_enterroom(op *quest)
{
    ops_answer_did(quest, presence_enter_room(quest->log, op_int(quest, "rid"), quest->uid));
}

void ops_client_leaveroom(op *quest)
{
    ops_answer_did(quest, presence_leave_room(quest->log, op_int(quest, "rid"), quest->uid, false));
}

void ops_client_getuserrooms(op *quest)
{
    const dir_key rooms = dir_key_id(DIR_USER_ROOM, quest->uid);

    ops_answer_walk(quest, "rooms", &rooms, 1);
}

void ops_client_getusergroups(op *quest)
{
    const dir_key groups = dir_key_id(DIR_USER_GROUP, quest->uid);

    ops_answer_walk(quest, "gids", &groups, 1);
}
