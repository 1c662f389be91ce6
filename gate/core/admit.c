/*
 * Programs of the server side may send in anybody's name. Bans and blacklists hold for them too,
 * except for administrators; membership is asked of them only where the project says so. Spaces
 * of the directory that are empty cost a look at a number, since this runs for each message.
 */
#include "gate/core/admit.h"

#include "lib/rtm/codes.h"

bool admit_is_admin(const gate_project *project, int64_t uid)
{
    for (size_t i = 0; i < project->admin_count; i++) {
        if (project->admins[i] == uid)
            return true;
    }
    return false;
}

static bool is_until(const directory *dir, dir_space space, int64_t id, int64_t uid, int64_t now_s)
{
    const dir_key key = dir_key_pair(space, id, uid);

    return directory_is_until(dir, &key, now_s);
}

/* In this one, or in all. */
static bool is_banned(const directory *dir, dir_space space, int64_t id, int64_t uid, int64_t now_s)
{
    return directory_space_count(dir, space) > 0 &&
           (is_until(dir, space, id, uid, now_s) || is_until(dir, space, 0, uid, now_s));
}

static bool has_pair(const directory *dir, dir_space space, int64_t id, int64_t uid)
{
    const dir_key member = dir_key_pair(space, id, uid);

    return directory_has(dir, &member);
}

static int admit_p2p(const directory *dir, const log_request *request, bool needs_friend)
{
    const bool has_blacks = directory_space_count(dir, DIR_BLACK) > 0;

    for (size_t i = 0; (has_blacks || needs_friend) && i < request->target_count; i++) {
        const int64_t to = request->targets[i];
        if (has_blacks && has_pair(dir, DIR_BLACK, to, request->from))
            return RTMI_RC_BLOCKED_USER;
        if (needs_friend && !has_pair(dir, DIR_FRIEND, request->from, to))
            return RTMI_RC_NOT_FRIEND;
    }
    return 0;
}

static int admit_to_many(const directory *dir, const log_request *request, dir_space bans,
                         dir_space members, bool needs_member, int64_t now_s)
{
    const bool is_group = request->kind == STORE_GROUP;
    const int64_t id = request->targets[0];

    if (is_banned(dir, bans, id, request->from, now_s))
        return is_group ? RTMI_RC_BANNED_IN_GROUP : RTMI_RC_BANNED_IN_ROOM;
    if (needs_member && !has_pair(dir, members, id, request->from))
        return is_group ? RTMI_RC_NOT_GROUP_MEMBER : RTMI_RC_NOT_IN_ROOM;
    return 0;
}

int admit_message(const gate_log *log, const log_request *request, gate_time now)
{
    const directory *dir = log_directory(log);
    const gate_project *project = log_project(log);
    const int64_t now_s = now.wall_ms / 1000;

    if (directory_is_broken(dir))
        return RTMI_RC_UNKNOWN_ERROR;
    if (project->admin_count > 0 && admit_is_admin(project, request->from))
        return 0;
    if (directory_space_count(dir, DIR_PROJECT_BAN) > 0) {
        const dir_key ban = dir_key_id(DIR_PROJECT_BAN, request->from);
        if (directory_is_until(dir, &ban, now_s))
            return RTMI_RC_PERMISSION_DENIED;
    }
    const bool needs_member = request->is_client || project->checks_members;
    switch (request->kind) {
    case STORE_P2P:
        return admit_p2p(dir, request, request->is_client && project->is_friends_only);
    case STORE_GROUP:
        return admit_to_many(dir, request, DIR_GROUP_BAN, DIR_GROUP_MEMBER, needs_member, now_s);
    case STORE_ROOM:
        return admit_to_many(dir, request, DIR_ROOM_BAN, DIR_ROOM_MEMBER, needs_member, now_s);
    default:
        return project->admin_count > 0 ? RTMI_RC_ADMIN_ONLY : 0;
    }
}
