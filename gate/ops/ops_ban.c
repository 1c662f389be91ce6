/*
 * Bans with an end: in a group or room or in all of them, in the whole project, and the project's
 * blacklist, which also keeps a user from logging in.
 *
 * A ban's value is the second at which it ends, or 0: never. One that has ended counts as none.
 * It is removed when somebody asks for it, and by a sweep: each quest that sets a ban looks at the
 * next SWEEP_STEP bans of the project, of whatever kind. So all of them are looked at while an
 * eighth as many are set, and bans that have ended never become many beside those that hold.
 *
 * Protocol: RTM sections 2.3, 2.9, 2.10 and 5.1.
 */
#include "gate/core/presence.h"
#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/base/num.h"

enum { SWEEP_STEP = 8 };

static const dir_space ban_spaces[] = {DIR_GROUP_BAN, DIR_ROOM_BAN, DIR_PROJECT_BLACK,
                                       DIR_PROJECT_BAN};

enum { BAN_SPACES = sizeof ban_spaces / sizeof ban_spaces[0] };

/* The space where the sweep stands; at first, the first. */
static size_t swept_space(dir_key *place)
{
    for (size_t i = 0; i < BAN_SPACES; i++) {
        if (place->len > 0 && place->bytes[0] == ban_spaces[i])
            return i;
    }
    *place = dir_key_of(ban_spaces[0]);
    return 0;
}

static int sweep(op *quest)
{
    const directory *dir = log_directory(quest->log);
    dir_key *place = log_sweep_place(quest->log);
    size_t space = swept_space(place);
    int code = 0;

    for (int i = 0; code == 0 && i < SWEEP_STEP; i++) {
        const dir_key all = dir_key_of(ban_spaces[space]);
        dir_walk walk = directory_walk_from(dir, &all, place);
        rtmi_span key;
        rtmi_span value;
        if (!dir_walk_next(&walk, &key, &value)) {
            space = (space + 1) % BAN_SPACES;
            *place = dir_key_of(ban_spaces[space]);
            continue;
        }
        *place = dir_key_copy(key);
        if (!directory_is_until(dir, place, quest->now.wall_ms / 1000))
            code = log_remove(quest->log, place);
        place->bytes[place->len++] = 0; /* the first key behind this one */
    }
    return code;
}

/* The ban holds for `btime` seconds from now; not positive: for ever. 0 or a code. */
static int put(op *quest, const dir_key *key)
{
    const int64_t now_s = quest->now.wall_ms / 1000;
    const int64_t btime = op_int(quest, "btime");
    int64_t until_s = 0;

    if (btime > 0)
        until_s = btime > INT64_MAX - now_s ? INT64_MAX : now_s + btime;
    const dir_int value = dir_int_of(until_s);
    const int code = sweep(quest);
    return code != 0 ? code : log_put(quest->log, key, (rtmi_span){value.bytes, 8});
}

/* Whether a ban holds; one that has ended is removed. 0 or a code. */
static int get(op *quest, const dir_key *key, bool *ret_holds)
{
    *ret_holds = directory_is_until(log_directory(quest->log), key, quest->now.wall_ms / 1000);
    return *ret_holds ? 0 : log_remove(quest->log, key);
}

/* In one group or room, or in all: then `id` is 0. */
static dir_key key_of(const op *quest, dir_space space, const char *id_key)
{
    return dir_key_pair(space, rtmi_max_i64(op_int(quest, id_key), 0), op_int(quest, "uid"));
}

static void add_ban(op *quest, dir_space space, const char *id_key)
{
    const dir_key key = key_of(quest, space, id_key);

    ops_answer_did(quest, put(quest, &key));
}

static void remove_ban(op *quest, dir_space space, const char *id_key)
{
    const dir_key key = key_of(quest, space, id_key);

    ops_answer_did(quest, log_remove(quest->log, &key));
}

static void answer_ban(op *quest, dir_space space, const char *id_key)
{
    const dir_key one = key_of(quest, space, id_key);
    const dir_key all = dir_key_pair(space, 0, op_int(quest, "uid"));
    bool in_one = false;
    bool in_all = false;

    if (ops_did(quest, get(quest, &one, &in_one)) && ops_did(quest, get(quest, &all, &in_all)))
        ops_answer_flag(quest, "ok", in_one || in_all);
}

void ops_addgroupban(op *quest)
{
    add_ban(quest, DIR_GROUP_BAN, "gid");
}

void ops_removegroupban(op *quest)
{
    remove_ban(quest, DIR_GROUP_BAN, "gid");
}

void ops_isbanofgroup(op *quest)
{
    answer_ban(quest, DIR_GROUP_BAN, "gid");
}

void ops_addroomban(op *quest)
{
    add_ban(quest, DIR_ROOM_BAN, "rid");
}

void ops_removeroomban(op *quest)
{
    remove_ban(quest, DIR_ROOM_BAN, "rid");
}

void ops_isbanofroom(op *quest)
{
    answer_ban(quest, DIR_ROOM_BAN, "rid");
}

/* ---- in the project ------------------------------------------------------------------------ */

static void answer_project(op *quest, dir_space space)
{
    const dir_key key = dir_key_id(space, op_int(quest, "uid"));
    bool holds = false;

    if (ops_did(quest, get(quest, &key, &holds)))
        ops_answer_flag(quest, "ok", holds);
}

void ops_addprojectban(op *quest)
{
    const dir_key key = dir_key_id(DIR_PROJECT_BAN, op_int(quest, "uid"));

    ops_answer_did(quest, put(quest, &key));
}

void ops_removeprojectban(op *quest)
{
    const dir_key key = dir_key_id(DIR_PROJECT_BAN, op_int(quest, "uid"));

    ops_answer_did(quest, log_remove(quest->log, &key));
}

void ops_isprojectban(op *quest)
{
    answer_project(quest, DIR_PROJECT_BAN);
}

/* Who is on-line is put out at once. */
void ops_addprojectblack(op *quest)
{
    const int64_t uid = op_int(quest, "uid");
    const dir_key key = dir_key_id(DIR_PROJECT_BLACK, uid);
    int code = put(quest, &key);

    if (code == 0)
        code = presence_kickout(quest->log, uid, (rtmi_span){NULL, 0}, quest->now);
    ops_answer_did(quest, code);
}

void ops_removeprojectblack(op *quest)
{
    const dir_key key = dir_key_id(DIR_PROJECT_BLACK, op_int(quest, "uid"));

    ops_answer_did(quest, log_remove(quest->log, &key));
}

void ops_isprojectblack(op *quest)
{
    answer_project(quest, DIR_PROJECT_BLACK);
}
