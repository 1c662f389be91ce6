/*
 * What users are to each other: friends, which is mutual; blocked ones, which is not; and
 * conversations in their lists, of which either may drop his side.
 *
 * LIMIT: friends and blocked users are max-friends at most, each; conversations are bounded by
 * the directory's size only (200035).
 *
 * Protocol: RTM sections 2.3, 2.8 and 5.1.
 */
#include <stdlib.h>

#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/rtm/codes.h"

/* One entry of one user. 0, or a code. */
static int add(op *quest, dir_space space, int64_t uid, int64_t other, size_t most)
{
    const dir_key key = dir_key_pair(space, uid, other);
    const dir_key all = dir_key_id(space, uid);

    if (directory_has(log_directory(quest->log), &key))
        return 0;
    if (most != SIZE_MAX && directory_count(log_directory(quest->log), &all) >= most)
        return RTMI_RC_MAX_FRIEND_COUNT;
    return log_put(quest->log, &key, (rtmi_span){NULL, 0});
}

static void add_all(op *quest, dir_space space, const char *key, bool is_mutual, size_t most)
{
    const int64_t uid = op_int(quest, "uid");
    int64_t *others;
    size_t count;
    int code = 0;

    if (!ops_read_ids(quest, key, RTMI_RC_INVALID_PID_OR_UID, &others, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++) {
        code = add(quest, space, uid, others[i], most);
        if (code == 0 && is_mutual)
            code = add(quest, space, others[i], uid, most);
    }
    free(others);
    ops_answer_did(quest, code);
}

static void remove_all(op *quest, dir_space space, const char *key, bool is_mutual)
{
    const int64_t uid = op_int(quest, "uid");
    int64_t *others;
    size_t count;
    int code = 0;

    if (!ops_read_ids(quest, key, RTMI_RC_INVALID_PID_OR_UID, &others, &count))
        return;
    for (size_t i = 0; code == 0 && i < count; i++) {
        const dir_key there = dir_key_pair(space, uid, others[i]);
        const dir_key back = dir_key_pair(space, others[i], uid);
        code = log_remove(quest->log, &there);
        if (code == 0 && is_mutual)
            code = log_remove(quest->log, &back);
    }
    free(others);
    ops_answer_did(quest, code);
}

static void answer_all(op *quest, dir_space space)
{
    const dir_key all = dir_key_id(space, op_int(quest, "uid"));

    ops_answer_walk(quest, "uids", &all, 1);
}

/* Which of them have `uid` as theirs. */
static void answer_some(op *quest, dir_space space, const char *key)
{
    const int64_t uid = op_int(quest, "uid");
    int64_t *others;
    size_t count;
    size_t kept = 0;

    if (!ops_read_ids(quest, key, RTMI_RC_INVALID_PID_OR_UID, &others, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        const dir_key back = dir_key_pair(space, others[i], uid);
        if (directory_has(log_directory(quest->log), &back))
            others[kept++] = others[i];
    }
    ops_answer_ids(quest, key, others, kept);
    free(others);
}

static void answer_one(op *quest, dir_space space, const char *key)
{
    const dir_key back = dir_key_pair(space, op_int(quest, key), op_int(quest, "uid"));

    ops_answer_flag(quest, "ok", directory_has(log_directory(quest->log), &back));
}

void ops_addfriends(op *quest)
{
    add_all(quest, DIR_FRIEND, "friends", true, log_config(quest->log)->max_friends);
}

void ops_delfriends(op *quest)
{
    remove_all(quest, DIR_FRIEND, "friends", true);
}

void ops_getfriends(op *quest)
{
    answer_all(quest, DIR_FRIEND);
}

void ops_isfriend(op *quest)
{
    answer_one(quest, DIR_FRIEND, "fuid");
}

void ops_isfriends(op *quest)
{
    answer_some(quest, DIR_FRIEND, "fuids");
}

void ops_addblacks(op *quest)
{
    add_all(quest, DIR_BLACK, "blacks", false, log_config(quest->log)->max_friends);
}

void ops_delblacks(op *quest)
{
    remove_all(quest, DIR_BLACK, "blacks", false);
}

void ops_getblacks(op *quest)
{
    answer_all(quest, DIR_BLACK);
}

/* Whether uid stands in the list of buid, not the reverse. */
void ops_isblack(op *quest)
{
    answer_one(quest, DIR_BLACK, "buid");
}

void ops_isblacks(op *quest)
{
    answer_some(quest, DIR_BLACK, "buids");
}

void ops_addsessions(op *quest)
{
    add_all(quest, DIR_CONVERSATION, "uids", true, SIZE_MAX);
}

void ops_removesessions(op *quest)
{
    remove_all(quest, DIR_CONVERSATION, "uids", !op_flag(quest, "oneway"));
}
