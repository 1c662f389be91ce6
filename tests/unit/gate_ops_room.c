/*
 * Rooms: users who are on-line enter them and are put out of them, and leave them with their
 * sessions; what single and bulk forms answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/support/gate_words.h"

static size_t other_shard(const gate_peer *server)
{
    return server->world->config.shard_count - 1;
}

static void members(gate_peer *server)
{
    static const gate_step steps[] = {
        {"getroommembers", "rid=5", "{\"uids\":[]}"},
        {"addroommember", "rid=5 uid=1", "{}"},
        {"addroommember", "rid=5 uid=1", "{}"},
        {"addroommember", "rid=5 uid=9", "200055"},
        {"addroommember", "rid=5 uid=2", "{}"},
        {"addroommember", "rid=6 uid=2", "{}"},
        {"getroommembers", "rid=5", "{\"uids\":[1,2]}"},
        {"getroomcount", "rids=[6,5,77,5]", "{\"cn\":{\"5\":2,\"6\":1,\"77\":0}}"},
        {"getroomcount", "rid=6", "{\"cn\":{\"6\":1}}"}, /* as C++ asks */
        {"getroomcount", "rids=[6] rid=5", "{\"cn\":{\"5\":2,\"6\":1}}"},
        {"getroomcount", "rids={6:0}", "{\"cn\":{\"6\":1}}"},
        {"delroommember", "rid=5 uid=1", "{}"},
        {"delroommember", "rid=5 uid=1", "{}"},
        {"delroommember", "rid=88 uid=9", "{}"},
        {"getroommembers", "rid=5", "{\"uids\":[2]}"},
    };
    gate_peer *one = gate_login(server, 0, 1);
    gate_peer *two = gate_login(server, other_shard(server), 2);

    GATE_STEPS(server, steps);
    assert_string_equal(gate_pushes(one), "kickoutroom"); /* once */
    gate_message(server->world, 7, "rid", 5, 1, "hi");
    assert_int_equal(gate_call(server, "sendroommsg"), 0);
    assert_string_equal(gate_mids(one), "");
    assert_string_equal(gate_mids(two), "1");
    gate_leave(two);
    gate_turns(server->world);
    assert_string_equal(gate_says(server, "getroomcount", "rids=[5,6]"),
                        "{\"cn\":{\"5\":0,\"6\":0}}");
}

static void rooms_hold_users_who_are_online(void **state)
{
    (void)state;
    gate_everywhere(NULL, members);
}

static void many(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addroommembers", "rid=5 uids=[3,1,9,2]", "{\"successedUids\":[1,2,3]}"},
        {"addroommembers", "rid=5 uids=[1]", "{\"successedUids\":[1]}"},
        {"addroommembers", "rid=5 uids=[9]", "{\"successedUids\":[]}"},
        {"delroommembers", "rid=5 uids=[1,9]", "{\"successedUids\":[1]}"},
        {"delroommembers", "rid=5 uids=[1]", "{\"successedUids\":[]}"},
        {"getroommembers", "rid=5", "{\"uids\":[2,3]}"},
        /* Three rooms at most, in the tests' gates. */
        {"adduserrooms", "rids=[6,7,8] uid=2", "200047"}, /* with 5 it would be four */
        {"getroomcount", "rids=[5,6,7,8]", "{\"cn\":{\"5\":2,\"6\":0,\"7\":0,\"8\":0}}"},
        {"adduserrooms", "rids=[6,7,5] uid=2", "{}"},
        {"adduserrooms", "rids=[6] uid=9", "200055"},
        {"addroommember", "rid=8 uid=2", "200047"},
        {"addroommembers", "rid=8 uids=[1,2]", "{\"successedUids\":[1]}"},
        {"deleteuserrooms", "rids=[5,6,99] uid=2", "{}"},
        {"deleteuserrooms", "rids=[5,6,99] uid=9", "{}"},
        {"getroomcount", "rids=[5,6,7,8]", "{\"cn\":{\"5\":1,\"6\":0,\"7\":1,\"8\":1}}"},
    };
    gate_peer *one = gate_login(server, 0, 1);
    gate_peer *two = gate_login(server, other_shard(server), 2);
    (void)gate_login(server, other_shard(server), 3);

    GATE_STEPS(server, steps);
    assert_string_equal(gate_pushes(one), "kickoutroom");
    assert_string_equal(gate_pushes(two), "kickoutroom kickoutroom");
}

static void bulk_forms_say_who_succeeded(void **state)
{
    (void)state;
    gate_everywhere(NULL, many);
}

static void wrong(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addroommember", "rid=0 uid=1", "200034"},
        {"addroommember", "uid=1", "200034"},
        {"addroommember", "rid=1 uid=0", "200001"},
        {"delroommember", "rid=0 uid=1", "200034"},
        {"delroommember", "rid=1", "200001"},
        {"addroommembers", "rid=0 uids=[1]", "200034"},
        {"addroommembers", "rid=1 uids=[]", "200033"},
        {"addroommembers", "rid=1 uids=[0]", "200001"},
        {"delroommembers", "rid=0 uids=[1]", "200034"},
        {"delroommembers", "rid=1 uids=[]", "200033"},
        {"delroommembers", "rid=1 uids=[0,1]", "200001"},
        {"adduserrooms", "rids=[] uid=1", "200033"},
        {"adduserrooms", "rids=[0] uid=1", "200034"},
        {"adduserrooms", "rids=[1] uid=0", "200001"},
        {"deleteuserrooms", "rids=[] uid=1", "200033"},
        {"deleteuserrooms", "rids=[-1,1] uid=1", "200034"},
        {"deleteuserrooms", "rids=[1] uid=0", "200001"},
        {"getroommembers", "rid=0", "200034"},
        {"getroomcount", "", "200033"},
        {"getroomcount", "rids=[]", "200033"},
        {"getroomcount", "rids=[0]", "200034"},
        {"getroomcount", "rid=0", "200034"},
        {"getroomcount", "rids=[1] rid=-1", "200034"},
        {"getroomcount", "rids=['x']", "200034"},
    };
    static const char *const methods[][2] = {{"addroommembers", "uids"},
                                             {"delroommembers", "uids"},
                                             {"adduserrooms", "rids"},
                                             {"deleteuserrooms", "rids"},
                                             {"getroomcount", "rids"}};
    char words[1000];

    GATE_STEPS(server, steps);
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        size_t len = (size_t)snprintf(words, sizeof words, "rid=1 uid=1 %s=", methods[m][1]);
        for (int i = 1; i <= 101; i++)
            len += (size_t)snprintf(words + len, sizeof words - len, "%c%d", i == 1 ? '[' : ',', i);
        (void)snprintf(words + len, sizeof words - len, "]");
        assert_string_equal(gate_says(server, methods[m][0], words), "200032");
    }
}

static void wrong_parameters_have_their_codes(void **state)
{
    (void)state;
    gate_everywhere(NULL, wrong);
}

static void unwritten(gate_peer *server)
{
    static const gate_step steps[] = {
        {"delroommember", "rid=5 uid=1", "{}"}, /* rooms are not stored: nothing to write */
        {"addroommember", "rid=5 uid=1", "{}"},
        {"dataset", "uid=1 key='k' val='v'", "200999"},
        {"getroommembers", "rid=5", "{\"uids\":[1]}"},
    };
    gate_world *w = server->world;
    gate_peer *one = gate_login(server, other_shard(server), 1);

    gate_fail_appends(w, true);
    GATE_STEPS(server, steps);
    gate_fail_appends(w, false);
    gate_message(w, 7, "rid", 5, 1, "hi");
    assert_int_equal(gate_call(server, "sendroommsg"), 0);
    assert_string_equal(gate_mids(one), "1");
}

static void rooms_need_no_disk(void **state)
{
    (void)state;
    gate_everywhere(NULL, unwritten);
}

/* In one batch with what cannot be written: whoever was put in is out again, and hears nothing. */
static void a_batch_that_fails_takes_its_rooms_along(void **state)
{
    gate_world *w = gate_world_new(2);

    (void)state;
    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *one = gate_login(server, 1, 1);
    gate_fail_appends(w, true);
    gate_int(w, "uid", 1);
    gate_text(w, "key", "k");
    gate_text(w, "val", "v");
    (void)gate_quest(server, "dataset", false);
    assert_string_equal(gate_says(server, "addroommember", "rid=5 uid=1"), "200999");
    gate_fail_appends(w, false);
    assert_string_equal(gate_says(server, "getroommembers", "rid=5"), "{\"uids\":[]}");
    gate_message(w, 7, "rid", 5, 1, "hi");
    assert_int_equal(gate_call(server, "sendroommsg"), 0);
    assert_string_equal(gate_mids(one), "");
    gate_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_hold_users_who_are_online),
        cmocka_unit_test(bulk_forms_say_who_succeeded),
        cmocka_unit_test(wrong_parameters_have_their_codes),
        cmocka_unit_test(rooms_need_no_disk),
        cmocka_unit_test(a_batch_that_fails_takes_its_rooms_along),
    };

    return cmocka_run_group_tests_name("gate_ops.room", tests, NULL, NULL);
}
