/*
 * Bans: who may not speak where and until when, what sends and logins meet, and that those which
 * have ended go.
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

static void spoken(gate_peer *server)
{
    static const gate_step steps[] = {
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":false}"},
        {"addgroupban", "gid=7 uid=1 btime=100", "{}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":true}"},
        {"isbanofgroup", "gid=8 uid=1", "{\"ok\":false}"},
        {"isbanofgroup", "gid=7 uid=2", "{\"ok\":false}"},
        {"isbanofroom", "rid=7 uid=1", "{\"ok\":false}"},
        {"removegroupban", "gid=7 uid=1", "{}"},
        {"removegroupban", "gid=7 uid=1", "{}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":false}"},
        /* In all of them: no gid, or one that is not positive. */
        {"addgroupban", "uid=1 btime=0", "{}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":true}"},
        {"removegroupban", "gid=7 uid=1", "{}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":true}"},
        {"removegroupban", "gid=-3 uid=1", "{}"},
        {"isbanofgroup", "gid=7 uid=1", "{\"ok\":false}"},
        {"addroomban", "rid=-1 uid=1 btime=-1", "{}"},
        {"isbanofroom", "rid=9 uid=1", "{\"ok\":true}"},
        {"removeroomban", "uid=1", "{}"},
        {"isbanofroom", "rid=9 uid=1", "{\"ok\":false}"},
        {"addroomban", "rid=9 uid=1 btime=5", "{}"},
        {"isbanofroom", "rid=9 uid=1", "{\"ok\":true}"},
        {"removeroomban", "rid=9 uid=1", "{}"},
        {"isbanofroom", "rid=9 uid=1", "{\"ok\":false}"},
        {"addprojectban", "uid=1 btime=5", "{}"},
        {"isprojectban", "uid=1", "{\"ok\":true}"},
        {"isprojectblack", "uid=1", "{\"ok\":false}"},
        {"removeprojectban", "uid=1", "{}"},
        {"isprojectban", "uid=1", "{\"ok\":false}"},
        {"addprojectblack", "uid=1 btime=5", "{}"},
        {"isprojectblack", "uid=1", "{\"ok\":true}"},
        {"isprojectban", "uid=1", "{\"ok\":false}"},
        {"removeprojectblack", "uid=1", "{}"},
        {"isprojectblack", "uid=1", "{\"ok\":false}"},
    };

    GATE_STEPS(server, steps);
}

static void bans_are_set_and_lifted(void **state)
{
    (void)state;
    gate_everywhere(NULL, spoken);
}

static const char *const kinds[4][3] = {{"addgroupban", "isbanofgroup", "gid=7 uid=1"},
                                        {"addroomban", "isbanofroom", "rid=7 uid=1"},
                                        {"addprojectban", "isprojectban", "uid=1"},
                                        {"addprojectblack", "isprojectblack", "uid=1"}};

static void ended(gate_peer *server)
{
    gate_world *w = server->world;
    char words[100];

    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(words, sizeof words, "%s btime=100", kinds[i][2]);
        assert_string_equal(gate_says(server, kinds[i][0], words), "{}");
    }
    gate_tick(w, 99999);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(gate_says(server, kinds[i][1], kinds[i][2]), "{\"ok\":true}");
    gate_tick(w, 1);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(gate_says(server, kinds[i][1], kinds[i][2]), "{\"ok\":false}");
    /* For ever: not positive, or farther off than time goes. */
    static const char *const for_ever[] = {"0", "-9223372036854775808", "9223372036854775807"};
    for (size_t n = 0; n < 3; n++) {
        for (size_t i = 0; i < 4; i++) {
            (void)snprintf(words, sizeof words, "%s btime=%s", kinds[i][2], for_ever[n]);
            assert_string_equal(gate_says(server, kinds[i][0], words), "{}");
        }
        gate_tick(w, INT64_C(1000000000000));
        for (size_t i = 0; i < 4; i++)
            assert_string_equal(gate_says(server, kinds[i][1], kinds[i][2]), "{\"ok\":true}");
    }
    /* The last one counts, also when it is shorter. */
    assert_string_equal(gate_says(server, "addgroupban", "gid=7 uid=1 btime=1"), "{}");
    gate_tick(w, 1000);
    assert_string_equal(gate_says(server, "isbanofgroup", "gid=7 uid=1"), "{\"ok\":false}");
}

static void bans_end_at_their_second(void **state)
{
    (void)state;
    gate_everywhere(NULL, ended);
}

static void wrong(gate_peer *server)
{
    static const gate_step steps[] = {
        {"addgroupban", "gid=1 uid=0 btime=1", "200001"},
        {"addgroupban", "gid=1 uid=1", "200034"},
        {"addgroupban", "gid='x' uid=1 btime=1", "200034"},
        {"addgroupban", "gid=1 uid=1 btime='x'", "200034"},
        {"removegroupban", "gid=1 uid=0", "200001"},
        {"isbanofgroup", "gid=1 uid=0", "200001"},
        {"isbanofgroup", "gid=0 uid=1", "200034"},
        {"isbanofgroup", "uid=1", "200034"},
        {"addroomban", "rid=1 uid=0 btime=1", "200001"},
        {"addroomban", "rid=1 uid=1", "200034"},
        {"removeroomban", "rid=1", "200001"},
        {"isbanofroom", "rid=1 uid=0", "200001"},
        {"isbanofroom", "rid=0 uid=1", "200034"},
        {"addprojectban", "uid=0 btime=1", "200001"},
        {"addprojectban", "uid=1", "200034"},
        {"removeprojectban", "uid=0", "200001"},
        {"isprojectban", "uid=0", "200001"},
        {"addprojectblack", "uid=0 btime=1", "200001"},
        {"addprojectblack", "uid=1", "200034"},
        {"removeprojectblack", "uid=0", "200001"},
        {"isprojectblack", "uid=0", "200001"},
    };

    GATE_STEPS(server, steps);
}

static void wrong_parameters_have_their_codes(void **state)
{
    (void)state;
    gate_everywhere(NULL, wrong);
}

static int send_one(gate_peer *server, const char *method, const char *key, int64_t mid)
{
    gate_message(server->world, 1, key, 7, mid, "hi");
    return gate_call(server, method);
}

static void silent(gate_peer *server)
{
    assert_string_equal(gate_says(server, "addgroupban", "gid=7 uid=1 btime=10"), "{}");
    assert_int_equal(send_one(server, "sendgroupmsg", "gid", 1), RTMI_RC_BANNED_IN_GROUP);
    assert_int_equal(send_one(server, "sendroommsg", "rid", 2), 0);
    gate_tick(server->world, 10000);
    assert_int_equal(send_one(server, "sendgroupmsg", "gid", 3), 0);
    assert_string_equal(gate_says(server, "addroomban", "uid=1 btime=10"), "{}");
    assert_int_equal(send_one(server, "sendroommsg", "rid", 4), RTMI_RC_BANNED_IN_ROOM);
    assert_string_equal(gate_says(server, "addprojectban", "uid=1 btime=10"), "{}");
    assert_int_equal(send_one(server, "sendmsg", "to", 5), RTMI_RC_PERMISSION_DENIED);
    assert_string_equal(gate_says(server, "removeprojectban", "uid=1"), "{}");
    assert_int_equal(send_one(server, "sendmsg", "to", 6), 0);
}

static void banned_users_cannot_speak(void **state)
{
    (void)state;
    gate_everywhere(NULL, silent);
}

static void shut_out(gate_peer *server)
{
    gate_world *w = server->world;
    gate_peer *one = gate_login(server, w->config.shard_count - 1, 1);
    gate_peer *stranger = gate_connect(w, 0);

    assert_string_equal(gate_says(server, "addprojectblack", "uid=1 btime=10"), "{}");
    assert_string_equal(gate_says(server, "getonlineusers", "uids=[1]"), "{\"uids\":[]}");
    assert_string_equal(gate_pushes(one), "kickout");
    const char *token = gate_token(server, 1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(gate_auth(stranger, 1, token, NULL), round == 0 ? RTMI_RC_AUTH_DENIED : 1);
        gate_tick(w, 10000);
    }
    assert_string_equal(gate_says(server, "getonlineusers", "uids=[1]"), "{\"uids\":[1]}");
}

static void who_is_shut_out_is_put_out_and_stays_out(void **state)
{
    (void)state;
    gate_everywhere(NULL, shut_out);
}

/* How many bans of all kinds the owner holds. */
static size_t held(const gate_world *w)
{
    static const dir_space spaces[] = {DIR_GROUP_BAN, DIR_ROOM_BAN, DIR_PROJECT_BLACK,
                                       DIR_PROJECT_BAN};
    size_t count = 0;

    for (size_t i = 0; i < 4; i++)
        count += directory_space_count(log_directory(w->shards[0]->projects[0].log), spaces[i]);
    return count;
}

static void swept(gate_peer *server)
{
    gate_world *w = server->world;
    char words[100];

    for (int i = 1; i <= 400; i++) {
        (void)snprintf(words, sizeof words, "%s=%d uid=%d btime=%d", i % 2 == 0 ? "gid" : "rid", i,
                       i, i % 4 < 2 ? 10 : 0);
        assert_string_equal(gate_says(server, i % 2 == 0 ? "addgroupban" : "addroomban", words),
                            "{}");
        (void)snprintf(words, sizeof words, "uid=%d btime=10", i);
        assert_string_equal(gate_says(server, "addprojectban", words), "{}");
    }
    assert_int_equal(held(w), 800);
    gate_tick(w, 10000);
    /* A round, of 800 bans and the ends of four kinds, takes 101 quests that set one. */
    for (int i = 0; i < 102; i++)
        assert_string_equal(gate_says(server, "addprojectblack", "uid=1 btime=0"), "{}");
    assert_int_equal(held(w), 200 + 1);
    assert_string_equal(gate_says(server, "isbanofgroup", "gid=2 uid=2"), "{\"ok\":true}");
    assert_string_equal(gate_says(server, "isbanofgroup", "gid=4 uid=4"), "{\"ok\":false}");
}

static void bans_that_have_ended_do_not_pile_up(void **state)
{
    (void)state;
    gate_everywhere(NULL, swept);
}

static void asked(gate_peer *server)
{
    assert_string_equal(gate_says(server, "addgroupban", "gid=7 uid=1 btime=1"), "{}");
    assert_string_equal(gate_says(server, "addgroupban", "uid=1 btime=1"), "{}");
    gate_tick(server->world, 1000);
    assert_int_equal(held(server->world), 2);
    assert_string_equal(gate_says(server, "isbanofgroup", "gid=7 uid=1"), "{\"ok\":false}");
    assert_int_equal(held(server->world), 0);
}

static void a_ban_that_has_ended_goes_when_asked_for(void **state)
{
    (void)state;
    gate_everywhere(NULL, asked);
}

static void undone(gate_peer *server)
{
    gate_world *w = server->world;
    gate_peer *one = gate_login(server, w->config.shard_count - 1, 1);
    char words[100];

    gate_fail_appends(w, true);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(words, sizeof words, "%s btime=100", kinds[i][2]);
        assert_string_equal(gate_says(server, kinds[i][0], words), "200999");
    }
    gate_fail_appends(w, false);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(gate_says(server, kinds[i][1], kinds[i][2]), "{\"ok\":false}");
    assert_string_equal(gate_pushes(one), ""); /* and nobody was put out */
    assert_string_equal(gate_says(server, "getonlineusers", "uids=[1]"), "{\"uids\":[1]}");
}

static void what_could_not_be_written_did_not_happen(void **state)
{
    (void)state;
    gate_everywhere(NULL, undone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bans_are_set_and_lifted),
        cmocka_unit_test(bans_end_at_their_second),
        cmocka_unit_test(wrong_parameters_have_their_codes),
        cmocka_unit_test(banned_users_cannot_speak),
        cmocka_unit_test(who_is_shut_out_is_put_out_and_stays_out),
        cmocka_unit_test(bans_that_have_ended_do_not_pile_up),
        cmocka_unit_test(a_ban_that_has_ended_goes_when_asked_for),
        cmocka_unit_test(what_could_not_be_written_did_not_happen),
    };

    return cmocka_run_group_tests_name("gate_ops.ban", tests, NULL, NULL);
}
