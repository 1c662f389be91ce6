/*
 * Groups: members from both sides, limits, what goes with a group, who is told, and what is left
 * after a restart and after a commit that failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gate/core/directory.h"
#include "gate/core/shard_impl.h"
#include "tests/support/gate_words.h"

static void memberships(gate_peer *server)
{
    static const gate_step steps[] = {
        {"getgroupmembers", "gid=7", "{\"uids\":[]}"},
        {"getgroupcount", "gid=7", "{\"cn\":0}"},
        {"addgroupmembers", "gid=7 uids=[3,1,3,2]", "{}"},
        {"addgroupmembers", "gid=7 uids=[3,4]", "{}"}, /* he is there already */
        {"addgroupmembers", "gid=9 uids={4:0,1:0}", "{}"},
        {"getgroupmembers", "gid=7", "{\"uids\":[1,2,3,4]}"},
        {"getgroupcount", "gid=7", "{\"cn\":4}"},
        {"getusergroups", "uid=4", "{\"gids\":[7,9]}"},
        {"getusergroups", "uid=2", "{\"gids\":[7]}"},
        {"getusergroups", "uid=99", "{\"gids\":[]}"},
        {"isgroupmember", "gid=7 uid=4", "{\"ok\":true}"},
        {"isgroupmember", "gid=9 uid=2", "{\"ok\":false}"},
        {"delgroupmembers", "gid=7 uids=[4,99]", "{}"},
        {"delgroupmembers", "gid=77 uids=[4]", "{}"}, /* no such group */
        {"getgroupmembers", "gid=7", "{\"uids\":[1,2,3]}"},
        {"getusergroups", "uid=4", "{\"gids\":[9]}"},
        {"delgroupmembers", "gid=7 uids='2'", "{}"}, /* one alone, as text */
        {"getgroupmembers", "gid=7", "{\"uids\":[1,3]}"},
    };

    GATE_STEPS(server, steps);
}

static void members_are_kept_from_both_sides(void **state)
{
    (void)state;
    gate_everywhere(NULL, memberships);
}

/* The limit of the tests' gates is five. */
static void limits(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addgroupmembers", "gid=7 uids=[1,2,3]", "{}"},
        {"addgroupmembers", "gid=7 uids=[3,4,5,6]", "200042"}, /* and none of them is added */
        {"getgroupmembers", "gid=7", "{\"uids\":[1,2,3]}"},
        {"getusergroups", "uid=4", "{\"gids\":[]}"},
        {"addgroupmembers", "gid=7 uids=[1,2,4,5]", "{}"},
        {"addgroupmembers", "gid=7 uids=[1,5]", "{}"}, /* full, and nobody new */
        {"addgroupmembers", "gid=7 uids=[6]", "200042"},
        {"delgroupmembers", "gid=7 uids=[1]", "{}"},
        {"addgroupmembers", "gid=7 uids=[6]", "{}"},
    };

    GATE_STEPS(server, steps);
}

static void a_full_group_takes_nobody(void **state)
{
    (void)state;
    gate_everywhere(NULL, limits);
}

static void wrong(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addgroupmembers", "gid=0 uids=[1]", "200034"},
        {"addgroupmembers", "uids=[1]", "200034"},
        {"addgroupmembers", "gid=1", "200034"},
        {"addgroupmembers", "gid=1 uids=[]", "200033"},
        {"addgroupmembers", "gid=1 uids=[1,0]", "200001"},
        {"addgroupmembers", "gid=1 uids=[-5,1]", "200001"},
        {"addgroupmembers", "gid=1 uids=[1,'x']", "200034"},
        {"delgroupmembers", "gid=-1 uids=[1]", "200034"},
        {"delgroupmembers", "gid=1 uids=[]", "200033"},
        {"delgroupmembers", "gid=1 uids=[0]", "200001"},
        {"delgroup", "gid=0", "200034"},
        {"delgroup", "", "200034"},
        {"getgroupmembers", "gid=0", "200034"},
        {"getgroupcount", "gid='x'", "200034"},
        {"isgroupmember", "gid=1 uid=0", "200001"},
        {"isgroupmember", "gid=1", "200001"},
        {"isgroupmember", "gid=0 uid=1", "200034"},
        {"getusergroups", "uid=0", "200001"},
        {"getusergroups", "", "200001"},
        {"getgroupmembers", "gid=1", "{\"uids\":[]}"},
    };
    char many[1000];
    size_t len = 0;

    GATE_STEPS(server, steps);
    for (int i = 1; i <= 101; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, "%s%d", i == 1 ? "uids=[" : ",", i);
    (void)snprintf(many + len, sizeof many - len, "] gid=1");
    assert_string_equal(gate_says(server, "addgroupmembers", many), "200032");
    assert_string_equal(gate_says(server, "delgroupmembers", many), "200032");
}

static void wrong_parameters_have_their_codes(void **state)
{
    (void)state;
    gate_everywhere(NULL, wrong);
}

static void deleted(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addgroupmembers", "gid=7 uids=[1,2,3]", "{}"},
        {"addgroupmembers", "gid=8 uids=[1]", "{}"},
        {"setgroupinfo", "gid=7 oinfo='open' pinfo='private'", "{}"},
        {"setgroupinfo", "gid=8 oinfo='eight'", "{}"},
        {"addgroupban", "gid=7 uid=1 btime=0", "{}"},
        {"addgroupban", "gid=8 uid=1 btime=0", "{}"},
        {"addgroupban", "uid=2 btime=0", "{}"},
        {"delgroup", "gid=7", "{}"},
        {"delgroup", "gid=7", "{}"},
        {"getgroupmembers", "gid=7", "{\"uids\":[]}"},
        {"getusergroups", "uid=1", "{\"gids\":[8]}"},
        {"getgroupinfo", "gid=7", "{\"oinfo\":\"\",\"pinfo\":\"\"}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":false}"},
        {"isbanofgroup", "gid=8 uid=1", "{\"ok\":true}"},
        {"isbanofgroup", "gid=7 uid=2", "{\"ok\":true}"},
        {"getgroupinfo", "gid=8", "{\"oinfo\":\"eight\",\"pinfo\":\"\"}"},
        {"addgroupmembers", "gid=9 uids=[1,2]", "{}"},
        {"clearprojectgroup", "", "{}"},
        {"clearprojectgroup", "", "{}"},
        {"getusergroups", "uid=1", "{\"gids\":[]}"},
        {"getgroupcount", "gid=8", "{\"cn\":0}"},
        {"getgroupcount", "gid=9", "{\"cn\":0}"},
        {"getgroupinfo", "gid=8", "{\"oinfo\":\"\",\"pinfo\":\"\"}"},
        {"isbanofgroup", "gid=8 uid=1", "{\"ok\":false}"},
        {"isbanofgroup", "gid=8 uid=2", "{\"ok\":true}"}, /* of all groups: stays */
    };

    GATE_STEPS(server, steps);
}

static void a_group_goes_with_all_that_is_its(void **state)
{
    (void)state;
    gate_everywhere(NULL, deleted);
}

static void send_to_group(gate_peer *server, int64_t gid, int64_t mid)
{
    gate_message(server->world, 5, "gid", gid, mid, "hi");
    assert_int_equal(gate_call(server, "sendgroupmsg"), 0);
}

static void told(gate_peer *server)
{
    const size_t last = server->world->config.shard_count - 1;
    gate_peer *one = gate_login(server, 0, 1);
    gate_peer *two = gate_login(server, last, 2);

    send_to_group(server, 7, 1);
    assert_string_equal(gate_says(server, "addgroupmembers", "gid=7 uids=[1,2,3]"), "{}");
    send_to_group(server, 7, 2);
    assert_string_equal(gate_mids(one), "2");
    assert_string_equal(gate_mids(two), "2");
    assert_string_equal(gate_says(server, "delgroupmembers", "gid=7 uids=[1,3]"), "{}");
    send_to_group(server, 7, 3);
    assert_string_equal(gate_mids(one), "");
    assert_string_equal(gate_mids(two), "3");
    assert_string_equal(gate_says(server, "delgroup", "gid=7"), "{}");
    send_to_group(server, 7, 4);
    assert_string_equal(gate_mids(two), "");
    assert_string_equal(gate_says(server, "addgroupmembers", "gid=8 uids=[2]"), "{}");
    assert_string_equal(gate_says(server, "clearprojectgroup", ""), "{}");
    send_to_group(server, 8, 5);
    assert_string_equal(gate_mids(two), "");
    /* Who was away hears by what he was made a member of meanwhile. */
    assert_string_equal(gate_says(server, "addgroupmembers", "gid=8 uids=[3]"), "{}");
    gate_peer *three = gate_login(server, last, 3);
    send_to_group(server, 8, 6);
    assert_string_equal(gate_mids(three), "6");
}

static void members_hear_from_their_first_day_to_their_last(void **state)
{
    (void)state;
    gate_everywhere(NULL, told);
}

static void restarted(gate_peer *server)
{
    static const gate_step before[] = {
        {"addgroupmembers", "gid=7 uids=[1,2,3]", "{}"},
        {"delgroupmembers", "gid=7 uids=[2]", "{}"},
        {"addgroupmembers", "gid=8 uids=[1]", "{}"},
        {"delgroup", "gid=8", "{}"},
        {"setgroupinfo", "gid=7 oinfo='open'", "{}"},
        {"addgroupban", "gid=7 uid=1 btime=100", "{}"},
    };
    static const gate_step after[] = {
        {"getgroupmembers", "gid=7", "{\"uids\":[1,3]}"},
        {"getusergroups", "uid=1", "{\"gids\":[7]}"},
        {"getgroupinfo", "gid=7", "{\"oinfo\":\"open\",\"pinfo\":\"\"}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":true}"},
    };
    gate_world *w = server->world;
    const size_t at = w->config.shard_count - 1;

    GATE_STEPS(server, before);
    gate_restart(w);
    server = gate_connect(w, at);
    GATE_STEPS(server, after);
    gate_tick(w, 100000);
    assert_string_equal(gate_says(server, "isbanofgroup", "gid=7 uid=1"), "{\"ok\":false}");
}

static void groups_are_there_after_a_restart(void **state)
{
    (void)state;
    gate_everywhere(NULL, restarted);
}

static void undone(gate_peer *server)
{
    static const gate_step before[] = {
        {"addgroupmembers", "gid=7 uids=[1,2]", "{}"},
        {"setgroupinfo", "gid=7 oinfo='old'", "{}"},
        {"addgroupban", "gid=7 uid=2 btime=0", "{}"},
    };
    static const gate_step failing[] = {
        {"addgroupmembers", "gid=7 uids=[3]", "200999"},
        {"delgroupmembers", "gid=7 uids=[1]", "200999"},
        {"setgroupinfo", "gid=7 oinfo='new'", "200999"},
        {"removegroupban", "gid=7 uid=2", "200999"},
        {"delgroup", "gid=7", "200999"},
        {"clearprojectgroup", "", "200999"},
        {"getgroupmembers", "gid=7", "{\"uids\":[1,2]}"}, /* nothing to write */
    };
    static const gate_step after[] = {
        {"getgroupmembers", "gid=7", "{\"uids\":[1,2]}"},
        {"getusergroups", "uid=1", "{\"gids\":[7]}"},
        {"getusergroups", "uid=3", "{\"gids\":[]}"},
        {"getgroupinfo", "gid=7", "{\"oinfo\":\"old\",\"pinfo\":\"\"}"},
        {"isbanofgroup", "gid=7 uid=2", "{\"ok\":true}"},
        {"addgroupmembers", "gid=7 uids=[3]", "{}"},
        {"getgroupmembers", "gid=7", "{\"uids\":[1,2,3]}"},
    };
    gate_world *w = server->world;
    gate_peer *one = gate_login(server, 0, 1);

    GATE_STEPS(server, before);
    gate_fail_appends(w, true);
    GATE_STEPS(server, failing);
    gate_fail_appends(w, false);
    GATE_STEPS(server, after);
    send_to_group(server, 7, 9); /* no shard was told of what did not happen */
    assert_string_equal(gate_mids(one), "9");
}

static void what_could_not_be_written_did_not_happen(void **state)
{
    (void)state;
    gate_everywhere(NULL, undone);
}

/* Room for some hundred entries, and for answers of about a hundred ids. */
static void make_small(gate_world *w)
{
    w->config.max_members = 1000;
    w->config.max_package_bytes = 500;
    w->config.directory_bytes = 40000;
}

static void bounded(gate_peer *server)
{
    char words[100];
    int64_t uid = 0;
    const char *answer = "{}";

    while (strcmp(answer, "{}") == 0 && uid < 1000) {
        (void)snprintf(words, sizeof words, "gid=70000 uids=[%lld]", (long long)++uid + 1000000);
        answer = gate_says(server, "addgroupmembers", words);
    }
    assert_string_equal(answer, "200035");
    assert_int_equal(uid, 40000 / (2 * (32 + 17)) + 1);
    (void)snprintf(words, sizeof words, "uid=%lld", (long long)uid + 1000000);
    assert_string_equal(gate_says(server, "getusergroups", words), "{\"gids\":[]}");
    assert_string_equal(gate_says(server, "getgroupmembers", "gid=70000"), "200035");
    assert_non_null(strstr(gate_says(server, "getgroupcount", "gid=70000"), "408"));
    assert_string_equal(gate_says(server, "delgroup", "gid=70000"), "{}");
    assert_string_equal(gate_says(server, "addgroupmembers", "gid=70000 uids=[1]"), "{}");
    assert_string_equal(gate_says(server, "getgroupmembers", "gid=70000"), "{\"uids\":[1]}");
}

static void a_full_directory_and_a_large_answer_are_200035(void **state)
{
    (void)state;
    gate_everywhere(make_small, bounded);
}

static void make_large(gate_world *w)
{
    w->config.directory_bytes = 64 << 20;
}

/* One below the limit, put there without so many quests. */
static void joined(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addgroupmembers", "gid=7 uids=[1]", "{}"},
        {"addgroupmembers", "gid=7 uids=[1]", "{}"}, /* he is there */
        {"addgroupmembers", "gid=8 uids=[1]", "200035"},
        {"addgroupmembers", "gid=8 uids=[2]", "{}"},
        {"delgroupmembers", "gid=7 uids=[1]", "{}"},
        {"addgroupmembers", "gid=8 uids=[1]", "{}"},
    };
    directory *dir = (directory *)log_directory(server->world->shards[0]->projects[0].log);

    for (int64_t gid = 1000; gid < 1000 + 99999; gid++) {
        const dir_key key = dir_key_pair(DIR_USER_GROUP, 1, gid);
        assert_true(directory_load(dir, (rtmi_span){key.bytes, key.len}, (rtmi_span){NULL, 0}));
    }
    GATE_STEPS(server, steps);
}

static void a_user_is_in_a_hundred_thousand_groups_at_most(void **state)
{
    (void)state;
    gate_everywhere(make_large, joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_kept_from_both_sides),
        cmocka_unit_test(a_full_group_takes_nobody),
        cmocka_unit_test(wrong_parameters_have_their_codes),
        cmocka_unit_test(a_group_goes_with_all_that_is_its),
        cmocka_unit_test(members_hear_from_their_first_day_to_their_last),
        cmocka_unit_test(groups_are_there_after_a_restart),
        cmocka_unit_test(what_could_not_be_written_did_not_happen),
        cmocka_unit_test(a_full_directory_and_a_large_answer_are_200035),
        cmocka_unit_test(a_user_is_in_a_hundred_thousand_groups_at_most),
    };

    return cmocka_run_group_tests_name("gate_ops.group", tests, NULL, NULL);
}
