/*
 * Groups: who is in them. A group is there as soon as it has a member, and nobody makes it; what
 * the business system says is mirrored, so whoever is in it already may be added again.
 *
 * A membership is two entries, seen from the group and from the user. Shards are told of users
 * who are on-line only: the groups of others are told with their logins.
 *
 * Protocol: RTM sections 2.9, 5.1 and 9 (26).
 */
#include <stdlib.h>

#include "gate/core/presence.h"
#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/rtm/codes.h"

/*
 * LIMIT: groups of one user; each is told to the shard at each login, and getusergroups gives all
 * of them in one answer (900 KiB).
 */
enum { GROUPS_OF_USER_MAX = 100000 };

static int tell(op *quest, notice_kind kind, int64_t gid, int64_t uid)
{
    const feed_notice notice = {.kind = kind, .uid = uid, .id = gid};

    return presence_is_online(quest->log, uid) ? log_notify(quest->log, &notice) : 0;
}

static int enter(op *quest, int64_t gid, int64_t uid)
{
    const dir_key member = dir_key_pair(DIR_GROUP_MEMBER, gid, uid);
    const dir_key group = dir_key_pair(DIR_USER_GROUP, uid, gid);
    int code = log_put(quest->log, &member, (rtmi_span){NULL, 0});

    if (code == 0)
        code = log_put(quest->log, &group, (rtmi_span){NULL, 0});
    return code != 0 ? code : tell(quest, NOTICE_GROUP_ENTER, gid, uid);
}

static int leave(op *quest, int64_t gid, int64_t uid)
{
    const dir_key member = dir_key_pair(DIR_GROUP_MEMBER, gid, uid);
    const dir_key group = dir_key_pair(DIR_USER_GROUP, uid, gid);

    if (!directory_has(log_directory(quest->log), &member))
        return 0;
    int code = log_remove(quest->log, &member);
    if (code == 0)
        code = log_remove(quest->log, &group);
    return code != 0 ? code : tell(quest, NOTICE_GROUP_LEAVE, gid, uid);
}

void ops_addgroupmembers(op *quest)
{
    const directory *dir = log_directory(quest->log);
    const int64_t gid = op_int(quest, "gid");
    const dir_key all = dir_key_id(DIR_GROUP_MEMBER, gid);
    size_t members = directory_count(dir, &all);
    int64_t *uids;
    size_t count;
    int code = 0;

    if (!ops_read_ids(quest, "uids", RTMI_RC_INVALID_PID_OR_UID, &uids, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++) {
        const dir_key member = dir_key_pair(DIR_GROUP_MEMBER, gid, uids[i]);
        const dir_key groups = dir_key_id(DIR_USER_GROUP, uids[i]);
        if (directory_has(dir, &member))
            continue;
        if (members++ >= log_config(quest->log)->max_members)
            code = RTMI_RC_MAX_GROUP_MEMBER_COUNT;
        else if (directory_count(dir, &groups) >= GROUPS_OF_USER_MAX)
            code = RTMI_RC_LARGE_DATA;
        else
            code = enter(quest, gid, uids[i]);
    }
    free(uids);
    ops_answer_did(quest, code);
}

void ops_delgroupmembers(op *quest)
{
    int64_t *uids;
    size_t count;
    int code = 0;

    if (!ops_read_ids(quest, "uids", RTMI_RC_INVALID_PID_OR_UID, &uids, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++)
        code = leave(quest, op_int(quest, "gid"), uids[i]);
    free(uids);
    ops_answer_did(quest, code);
}

/* LIMIT: 10,000 members, as there are by default, keep the owner busy for some 40 ms. */
static int remove_members(op *quest, int64_t gid)
{
    const dir_key members = dir_key_id(DIR_GROUP_MEMBER, gid);
    rtmi_span key;
    rtmi_span value;
    int code = 0;

    while (code == 0) {
        dir_walk walk = directory_walk(log_directory(quest->log), &members);
        if (!dir_walk_next(&walk, &key, &value))
            return 0;
        code = leave(quest, gid, dir_key_get_id(key, 1));
    }
    return code;
}

/* Members, bans and information; that a user may speak in no group at all is not the group's. */
void ops_delgroup(op *quest)
{
    const int64_t gid = op_int(quest, "gid");
    const dir_key bans = dir_key_id(DIR_GROUP_BAN, gid);
    const dir_key info = dir_key_id(DIR_GROUP_INFO, gid);
    int code = remove_members(quest, gid);

    if (code == 0)
        code = log_clear(quest->log, &bans);
    if (code == 0)
        code = log_clear(quest->log, &info);
    ops_answer_did(quest, code);
}

/* Bans of single groups; those of all groups, with id 0, stand in front of them. */
static int clear_group_bans(op *quest)
{
    const dir_key all = dir_key_of(DIR_GROUP_BAN);
    const dir_key first = dir_key_id(DIR_GROUP_BAN, 1);
    rtmi_span key;
    rtmi_span value;
    int code = 0;

    while (code == 0) {
        dir_walk walk = directory_walk_from(log_directory(quest->log), &all, &first);
        if (!dir_walk_next(&walk, &key, &value))
            return 0;
        const dir_key ban = dir_key_copy(key);
        code = log_remove(quest->log, &ban);
    }
    return code;
}

/* That all who are on-line are in no group any more. */
static int tell_all(op *quest)
{
    const directory *dir = log_directory(quest->log);
    const dir_key sessions = dir_key_of(DIR_SESSION);
    dir_walk walk = directory_walk(dir, &sessions);
    feed_notice notice = {.kind = NOTICE_GROUP_LEAVE};
    rtmi_span key;
    rtmi_span value;
    int code = 0;

    while (code == 0 && dir_walk_next(&walk, &key, &value)) {
        const int64_t uid = dir_key_get_id(key, 0);
        const dir_key groups = dir_key_id(DIR_USER_GROUP, uid);
        dir_walk his = directory_walk(dir, &groups);
        if (uid == notice.uid)
            continue; /* another session of his */
        notice.uid = uid;
        while (code == 0 && dir_walk_next(&his, &key, &value)) {
            notice.id = dir_key_get_id(key, 1);
            code = log_notify(quest->log, &notice);
        }
    }
    return code;
}

/*
 * LIMIT: linear, in one batch, while the project's other quests wait: half a second for a million
 * memberships, three times that when the commit fails and it is undone, and 2 s more with a
 * `memory:` store, which has its own copy to clear.
 */
void ops_clearprojectgroup(op *quest)
{
    static const dir_space spaces[] = {DIR_GROUP_MEMBER, DIR_USER_GROUP, DIR_GROUP_INFO};
    int code = tell_all(quest);

    for (size_t i = 0; code == 0 && i < sizeof spaces / sizeof spaces[0]; i++) {
        const dir_key all = dir_key_of(spaces[i]);
        code = log_clear(quest->log, &all);
    }
    if (code == 0)
        code = clear_group_bans(quest);
    ops_answer_did(quest, code);
}

void ops_getgroupmembers(op *quest)
{
    const dir_key members = dir_key_id(DIR_GROUP_MEMBER, op_int(quest, "gid"));

    ops_answer_walk(quest, "uids", &members, 1);
}

void ops_getgroupcount(op *quest)
{
    const dir_key members = dir_key_id(DIR_GROUP_MEMBER, op_int(quest, "gid"));
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "cn", (int64_t)directory_count(log_directory(quest->log), &members));
    op_answer_end(quest);
}

void ops_isgroupmember(op *quest)
{
    const dir_key member =
        dir_key_pair(DIR_GROUP_MEMBER, op_int(quest, "gid"), op_int(quest, "uid"));

    ops_answer_flag(quest, "ok", directory_has(log_directory(quest->log), &member));
}

void ops_getusergroups(op *quest)
{
    const dir_key groups = dir_key_id(DIR_USER_GROUP, op_int(quest, "uid"));

    ops_answer_walk(quest, "gids", &groups, 1);
}
