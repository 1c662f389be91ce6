/*
 * Methods that change the directory, with memory running out at each place in turn: a quest is
 * done whole or not at all, and both sides of what has two always agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/directory.h"
#include "gate/core/shard_impl.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/gate_world.h"

/* A method and what sets its parameters; some set more than it takes. */
typedef struct quest {
    const char *method;
    void (*put)(gate_world *w);
} quest;

static void put_members(gate_world *w)
{
    gate_int(w, "gid", 7);
    gate_value(w, "uids", "[1,2,3]");
}

static void put_other_members(gate_world *w)
{
    gate_int(w, "gid", 7);
    gate_value(w, "uids", "[2,4,5]");
}

static void put_group(gate_world *w)
{
    gate_int(w, "gid", 7);
    gate_text(w, "oinfo", "open");
    gate_text(w, "pinfo", "private");
    gate_int(w, "uid", 1);
    gate_int(w, "btime", 100);
}

static void put_friends(gate_world *w)
{
    gate_int(w, "uid", 1);
    gate_value(w, "friends", "[2,3]");
    gate_value(w, "uids", "[2,3]");
    gate_value(w, "blacks", "[2,3]");
    gate_value(w, "fuids", "[2,3]");
}

static void put_user(gate_world *w)
{
    gate_int(w, "uid", 1);
    gate_int(w, "type", 1);
    gate_int(w, "xid", 7);
    gate_int(w, "btime", 100);
    gate_value(w, "mtypes", "[1,2,3]");
    gate_text(w, "key", "k");
    gate_text(w, "val", "v");
    gate_text(w, "apptype", "fcm");
    gate_text(w, "devicetoken", "d");
    gate_value(w, "rids", "[1,2]");
    gate_value(w, "uids", "[1,2]");
}

static const quest quests[] = {
    {"addgroupmembers", put_members},
    {"setgroupinfo", put_group},
    {"addgroupban", put_group},
    {"delgroupmembers", put_other_members},
    {"addgroupmembers", put_other_members},
    {"getgroupmembers", put_group},
    {"isbanofgroup", put_group},
    {"addfriends", put_friends},
    {"addblacks", put_friends},
    {"addsessions", put_friends},
    {"isfriends", put_friends},
    {"delfriends", put_friends},
    {"removesessions", put_friends},
    {"addoption", put_user},
    {"getoption", put_user},
    {"removeoption", put_user},
    {"dataset", put_user},
    {"dataget", put_user},
    {"datadel", put_user},
    {"adddevice", put_user},
    {"getroomcount", put_user},
    {"getuseropeninfo", put_user},
    {"addprojectblack", put_user},
    {"isprojectblack", put_user},
    {"removegroupban", put_group},
    {"delgroup", put_group},
    {"addgroupmembers", put_members},
    {"clearprojectgroup", put_group},
};

/* Entries that come in pairs do so. */
static void assert_pairs(const directory *dir)
{
    static const dir_space pairs[][2] = {{DIR_GROUP_MEMBER, DIR_USER_GROUP},
                                         {DIR_FRIEND, DIR_FRIEND},
                                         {DIR_CONVERSATION, DIR_CONVERSATION}};

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const dir_key all = dir_key_of(pairs[i][0]);
        dir_walk walk = directory_walk(dir, &all);
        rtmi_span key;
        rtmi_span value;
        while (dir_walk_next(&walk, &key, &value)) {
            const dir_key back =
                dir_key_pair(pairs[i][1], dir_key_get_id(key, 1), dir_key_get_id(key, 0));
            assert_true(directory_has(dir, &back));
        }
        assert_int_equal(directory_space_count(dir, pairs[i][0]),
                         directory_space_count(dir, pairs[i][1]));
    }
}

static bool live(void *userdata)
{
    gate_world *w = userdata;
    bool ok = gate_world_open(w);
    gate_peer *server = ok ? gate_connect(w, 1) : NULL;

    ok = server != NULL;
    for (size_t i = 0; ok && i < sizeof quests / sizeof quests[0]; i++) {
        const directory *dir = log_directory(w->shards[0]->projects[0].log);
        const size_t bytes = directory_bytes(dir);
        quests[i].put(w);
        const int code = gate_call(server, quests[i].method);
        ok = code == 0;
        if (directory_is_broken(dir))
            continue; /* it refuses everything from here on */
        assert_pairs(dir);
        if (code > 0) /* an answer may be lost on its way: then it was done, or was not */
            assert_int_equal(directory_bytes(dir), bytes);
    }
    gate_world_close(w);
    return ok;
}

static void a_quest_is_done_whole_or_not_at_all(void **state)
{
    gate_world *w = gate_world_new(2);

    (void)state;
    print_message("%zu requests\n", alloc_fail_sweep(live, w));
    gate_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quest_is_done_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("gate_ops", tests, NULL, NULL);
}
