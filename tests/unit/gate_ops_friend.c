/*
 * Friends, blacklists and conversations: which side of whom, limits, and what sends meet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gate/core/directory.h"
#include "gate/core/shard_impl.h"
#include "lib/rtm/codes.h"
#include "tests/support/gate_words.h"

static void friends(gate_peer *server)
{
    static const gate_step steps[] = {
        {"getfriends", "uid=1", "{\"uids\":[]}"},
        {"addfriends", "uid=1 friends=[3,2,3]", "{}"},
        {"addfriends", "uid=2 friends=[1,4]", "{}"},
        {"getfriends", "uid=1", "{\"uids\":[2,3]}"},
        {"getfriends", "uid=2", "{\"uids\":[1,4]}"},
        {"getfriends", "uid=3", "{\"uids\":[1]}"},
        {"isfriend", "uid=3 fuid=1", "{\"ok\":true}"},
        {"isfriend", "uid=3 fuid=2", "{\"ok\":false}"},
        {"isfriends", "uid=2 fuids=[4,3,1,9]", "{\"fuids\":[1,4]}"},
        {"isfriends", "uid=9 fuids=[1]", "{\"fuids\":[]}"},
        {"delfriends", "uid=1 friends=[2,9]", "{}"},
        {"getfriends", "uid=1", "{\"uids\":[3]}"},
        {"getfriends", "uid=2", "{\"uids\":[4]}"},
        {"delfriends", "uid=1 friends=[2]", "{}"},
        /* Four at most in the tests' gates, on either side; else nothing of the quest. */
        {"addfriends", "uid=1 friends=[4,5,6]", "{}"},
        {"addfriends", "uid=1 friends=[3,4]", "{}"},
        {"addfriends", "uid=1 friends=[7]", "200048"},
        {"addfriends", "uid=8 friends=[9,1]", "200048"},
        {"getfriends", "uid=8", "{\"uids\":[]}"},
        {"getfriends", "uid=1", "{\"uids\":[3,4,5,6]}"},
        {"delfriends", "uid=6 friends=[1]", "{}"},
        {"addfriends", "uid=8 friends=[9,1]", "{}"},
    };

    GATE_STEPS(server, steps);
}

static void friendship_is_mutual(void **state)
{
    (void)state;
    gate_everywhere(NULL, friends);
}

static int send_p2p(gate_peer *server, int64_t from, int64_t to, int64_t mid)
{
    gate_message(server->world, from, "to", to, mid, "hi");
    return gate_call(server, "sendmsg");
}

static void blacks(gate_peer *server)
{
    static const gate_step steps[] = {
        {"getblacks", "uid=1", "{\"uids\":[]}"},
        {"addblacks", "uid=1 blacks=[3,2]", "{}"},
        {"addblacks", "uid=1 blacks=[3]", "{}"},
        {"addblacks", "uid=4 blacks=[3]", "{}"},
        {"getblacks", "uid=1", "{\"uids\":[2,3]}"},
        {"getblacks", "uid=3", "{\"uids\":[]}"},
        {"isblack", "uid=3 buid=1", "{\"ok\":true}"}, /* 1 has blocked 3 */
        {"isblack", "uid=1 buid=3", "{\"ok\":false}"},
        {"isblacks", "uid=3 buids=[4,2,1]", "{\"buids\":[1,4]}"},
        {"isblacks", "uid=1 buids=[3]", "{\"buids\":[]}"},
    };
    static const gate_step more[] = {
        {"delblacks", "uid=1 blacks=[3,9]", "{}"},
        {"delblacks", "uid=1 blacks=[3]", "{}"},
        {"getblacks", "uid=1", "{\"uids\":[2]}"},
        {"isblack", "uid=3 buid=1", "{\"ok\":false}"},
        {"addblacks", "uid=1 blacks=[5,6,7]", "{}"},
        {"addblacks", "uid=1 blacks=[8]", "200048"},
        {"addblacks", "uid=8 blacks=[1]", "{}"}, /* his own list has room */
        {"getblacks", "uid=1", "{\"uids\":[2,5,6,7]}"},
    };

    GATE_STEPS(server, steps);
    assert_int_equal(send_p2p(server, 3, 1, 1), RTMI_RC_BLOCKED_USER);
    assert_int_equal(send_p2p(server, 1, 3, 2), 0);
    GATE_STEPS(server, more);
    assert_int_equal(send_p2p(server, 3, 1, 3), 0);
}

static void who_is_blocked_cannot_send(void **state)
{
    (void)state;
    gate_everywhere(NULL, blacks);
}

static bool has(const gate_peer *server, int64_t uid, int64_t other)
{
    const dir_key key = dir_key_pair(DIR_CONVERSATION, uid, other);

    return directory_has(log_directory(server->world->shards[0]->projects[0].log), &key);
}

static void conversations(gate_peer *server)
{
    assert_string_equal(gate_says(server, "addsessions", "uid=1 uids=[2,3]"), "{}");
    assert_true(has(server, 1, 2) && has(server, 2, 1) && has(server, 1, 3) && has(server, 3, 1));
    assert_string_equal(gate_says(server, "addsessions", "uid=1 uids=[2]"), "{}");
    assert_string_equal(gate_says(server, "removesessions", "uid=1 uids=[2,9] oneway=true"), "{}");
    assert_false(has(server, 1, 2));
    assert_true(has(server, 2, 1));
    assert_string_equal(gate_says(server, "removesessions", "uid=1 uids=[3] oneway=false"), "{}");
    assert_false(has(server, 1, 3) || has(server, 3, 1));
    assert_string_equal(gate_says(server, "removesessions", "uid=1 uids=[2]"), "{}");
    assert_false(has(server, 2, 1));
}

static void conversations_have_two_sides(void **state)
{
    (void)state;
    gate_everywhere(NULL, conversations);
}

static void wrong(gate_peer *server)
{
    static const char *const lists[][2] = {
        {"addfriends", "friends"}, {"delfriends", "friends"},  {"isfriends", "fuids"},
        {"addblacks", "blacks"},   {"delblacks", "blacks"},    {"isblacks", "buids"},
        {"addsessions", "uids"},   {"removesessions", "uids"},
    };
    static const gate_step steps[] = {
        {"getfriends", "uid=0", "200001"},
        {"getblacks", "uid=0", "200001"},
        {"getblacks", "", "200001"},
        {"isfriend", "uid=0 fuid=1", "200001"},
        {"isfriend", "uid=1 fuid=0", "200001"},
        {"isfriend", "uid=1", "200001"},
        {"isblack", "uid=0 buid=1", "200001"},
        {"isblack", "uid=1 buid=0", "200001"},
        {"removesessions", "uid=1 uids=[2] oneway=1", "200034"},
    };
    static const char *const values[][2] = {{"[]", "200033"},
                                            {"[0]", "200001"},
                                            {"[-1,5]", "200001"},
                                            {"['x']", "200034"},
                                            {"true", "200034"}};
    char words[1000];

    GATE_STEPS(server, steps);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (size_t n = 0; n < sizeof values / sizeof values[0]; n++) {
            (void)snprintf(words, sizeof words, "uid=1 %s=%s", lists[i][1], values[n][0]);
            assert_string_equal(gate_says(server, lists[i][0], words), values[n][1]);
        }
        (void)snprintf(words, sizeof words, "uid=0 %s=[1]", lists[i][1]);
        assert_string_equal(gate_says(server, lists[i][0], words), "200001");
        assert_string_equal(gate_says(server, lists[i][0], "uid=1"), "200034");
        size_t len = (size_t)snprintf(words, sizeof words, "uid=1 %s=", lists[i][1]);
        for (int uid = 1; uid <= 101; uid++)
            len += (size_t)snprintf(words + len, sizeof words - len, "%c%d", uid == 1 ? '[' : ',',
                                    uid);
        (void)snprintf(words + len, sizeof words - len, "]");
        assert_string_equal(gate_says(server, lists[i][0], words), "200032");
    }
}

static void wrong_parameters_have_their_codes(void **state)
{
    (void)state;
    gate_everywhere(NULL, wrong);
}

static void kept(gate_peer *server)
{
    static const gate_step before[] = {
        {"addfriends", "uid=1 friends=[2,3]", "{}"},
        {"addblacks", "uid=1 blacks=[4]", "{}"},
        {"addsessions", "uid=1 uids=[2]", "{}"},
    };
    static const gate_step failing[] = {
        {"addfriends", "uid=1 friends=[5]", "200999"},
        {"delfriends", "uid=1 friends=[2]", "200999"},
        {"addblacks", "uid=1 blacks=[5]", "200999"},
        {"delblacks", "uid=1 blacks=[4]", "200999"},
        {"addsessions", "uid=1 uids=[5]", "200999"},
        {"removesessions", "uid=1 uids=[2]", "200999"},
    };
    static const gate_step after[] = {
        {"getfriends", "uid=1", "{\"uids\":[2,3]}"},
        {"getfriends", "uid=2", "{\"uids\":[1]}"},
        {"getfriends", "uid=5", "{\"uids\":[]}"},
        {"getblacks", "uid=1", "{\"uids\":[4]}"},
    };
    gate_world *w = server->world;
    const size_t at = w->config.shard_count - 1;

    GATE_STEPS(server, before);
    gate_fail_appends(w, true);
    GATE_STEPS(server, failing);
    gate_fail_appends(w, false);
    for (int round = 0; round < 2; round++) {
        GATE_STEPS(server, after);
        assert_true(has(server, 1, 2) && has(server, 2, 1));
        assert_false(has(server, 1, 5) || has(server, 5, 1));
        gate_restart(w);
        server = gate_connect(w, at);
    }
}

static void they_are_kept_and_what_failed_is_not(void **state)
{
    (void)state;
    gate_everywhere(NULL, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(friendship_is_mutual),
        cmocka_unit_test(who_is_blocked_cannot_send),
        cmocka_unit_test(conversations_have_two_sides),
        cmocka_unit_test(wrong_parameters_have_their_codes),
        cmocka_unit_test(they_are_kept_and_what_failed_is_not),
    };

    return cmocka_run_group_tests_name("gate_ops.friend", tests, NULL, NULL);
}
