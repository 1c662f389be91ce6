/*
 * Information on users, groups and rooms: what is given changes, text stays text, bytes stay
 * bytes, and sizes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/gate_words.h"

static const char *const kinds[3][4] = {{"setuserinfo", "getuserinfo", "uid=", "200001"},
                                        {"setgroupinfo", "getgroupinfo", "gid=", "200034"},
                                        {"setroominfo", "getroominfo", "rid=", "200034"}};

static const char *with(const char *key, const char *more)
{
    static char words[200];

    (void)snprintf(words, sizeof words, "%s5%s%s", key, more[0] == '\0' ? "" : " ", more);
    return words;
}

static void set(gate_peer *server)
{
    static const char *const cases[][2] = {
        {"oinfo='open'", "{\"oinfo\":\"open\",\"pinfo\":\"\"}"},
        {"pinfo='private'", "{\"oinfo\":\"open\",\"pinfo\":\"private\"}"},
        {"oinfo='o' pinfo='p'", "{\"oinfo\":\"o\",\"pinfo\":\"p\"}"},
        {"oinfo=nil pinfo='q'", "{\"oinfo\":\"o\",\"pinfo\":\"q\"}"}, /* nil is as absent */
        {"oinfo=''", "{\"oinfo\":\"\",\"pinfo\":\"q\"}"},
        {"oinfo=x6869", "{\"oinfo\":\"hi\",\"pinfo\":\"q\"}"}, /* bytes that are text */
        {"pinfo=''", "{\"oinfo\":\"hi\",\"pinfo\":\"\"}"},
    };

    assert_string_equal(gate_says(server, "addgroupmembers", "gid=5 uids=[1]"), "{}");
    for (size_t k = 0; k < 3; k++) {
        assert_string_equal(gate_says(server, kinds[k][1], with(kinds[k][2], "")),
                            "{\"oinfo\":\"\",\"pinfo\":\"\"}");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            assert_string_equal(gate_says(server, kinds[k][0], with(kinds[k][2], cases[i][0])),
                                "{}");
            assert_string_equal(gate_says(server, kinds[k][1], with(kinds[k][2], "")), cases[i][1]);
        }
    }
}

static void what_is_given_changes(void **state)
{
    (void)state;
    gate_everywhere(NULL, set);
}

/* What a key of the last answer holds is of this type. */
static void assert_type(const gate_world *w, const char *key, rtmi_pack_type type)
{
    rtmi_span raw;
    rtmi_token token;

    assert_true(rtmi_payload_find(&w->answer, key, &raw));
    rtmi_cursor in = rtmi_cursor_of(raw);
    assert_int_equal(rtmi_pack_read(&in, &token), 0);
    assert_int_equal(token.type, type);
}

static void typed(gate_peer *server)
{
    for (size_t k = 0; k < 3; k++) {
        (void)gate_says(server, "addgroupmembers", "gid=5 uids=[1]");
        assert_string_equal(
            gate_says(server, kinds[k][0], with(kinds[k][2], "oinfo=xff00fe pinfo=xc3a4")), "{}");
        (void)gate_says(server, kinds[k][1], with(kinds[k][2], ""));
        assert_type(server->world, "oinfo", RTMI_PACK_BIN);
        assert_type(server->world, "pinfo", RTMI_PACK_STR);
    }
}

static void text_is_text_and_bytes_are_bytes(void **state)
{
    (void)state;
    gate_everywhere(NULL, typed);
}

static void wrong(gate_peer *server)
{
    char *long_text = malloc(65537);

    assert_non_null(long_text);
    memset(long_text, 'x', 65536);
    long_text[65536] = '\0';
    (void)gate_says(server, "addgroupmembers", "gid=5 uids=[1]");
    for (size_t k = 0; k < 3; k++) {
        assert_string_equal(gate_says(server, kinds[k][0], with(kinds[k][2], "")), "200033");
        assert_string_equal(gate_says(server, kinds[k][0], with(kinds[k][2], "oinfo=5")), "200034");
        assert_string_equal(gate_says(server, kinds[k][0], "oinfo='x'"), kinds[k][3]);
        assert_string_equal(gate_says(server, kinds[k][1], ""), kinds[k][3]);
        for (int which = 0; which < 2; which++) {
            long_text[65535] = '\0';
            gate_text(server->world, which == 0 ? "oinfo" : "pinfo", long_text);
            assert_string_equal(gate_says(server, kinds[k][0], with(kinds[k][2], "")), "{}");
            long_text[65535] = 'x';
            gate_text(server->world, which == 0 ? "oinfo" : "pinfo", long_text);
            assert_string_equal(gate_says(server, kinds[k][0], with(kinds[k][2], "")), "200035");
        }
        (void)gate_says(server, kinds[k][1], with(kinds[k][2], ""));
        rtmi_span text;
        assert_int_equal(rtmi_payload_get_bytes(&server->world->answer, "pinfo", &text), 1);
        assert_int_equal(text.len, 65535);
    }
    free(long_text);
}

static void wrong_parameters_have_their_codes(void **state)
{
    (void)state;
    gate_everywhere(NULL, wrong);
}

static void empty(gate_peer *server)
{
    static const gate_step steps[] = {
        {"setgroupinfo", "gid=5 oinfo='x'", "200046"},
        {"getgroupinfo", "gid=5", "{\"oinfo\":\"\",\"pinfo\":\"\"}"},
        {"addgroupmembers", "gid=5 uids=[1]", "{}"},
        {"setgroupinfo", "gid=5 oinfo='x'", "{}"},
        {"delgroupmembers", "gid=5 uids=[1]", "{}"},
        {"setgroupinfo", "gid=5 oinfo='y'", "200046"},
        {"getgroupinfo", "gid=5", "{\"oinfo\":\"x\",\"pinfo\":\"\"}"}, /* it stays */
        {"setroominfo", "rid=5 oinfo='x'", "{}"},
        {"setuserinfo", "uid=5 oinfo='x'", "{}"},
    };

    GATE_STEPS(server, steps);
}

static void a_group_without_members_cannot_be_described(void **state)
{
    (void)state;
    gate_everywhere(NULL, empty);
}

static void open(gate_peer *server)
{
    static const gate_step steps[] = {
        {"setuserinfo", "uid=2 oinfo='two' pinfo='secret'", "{}"},
        {"setuserinfo", "uid=3 pinfo='secret'", "{}"},
        {"getuseropeninfo", "uids=[2,3,4,2]", "{\"info\":{\"2\":\"two\",\"3\":\"\",\"4\":\"\"}}"},
        {"getuseropeninfo", "uids=[]", "200033"},
        {"getuseropeninfo", "uids=[0,2]", "200001"},
        {"getuseropeninfo", "", "200034"},
    };
    char many[1000];
    size_t len = 0;

    GATE_STEPS(server, steps);
    for (int i = 1; i <= 101; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, "%s%d", i == 1 ? "uids=[" : ",", i);
    (void)snprintf(many + len, sizeof many - len, "]");
    assert_string_equal(gate_says(server, "getuseropeninfo", many), "200032");
}

static void open_information_of_many_is_a_map(void **state)
{
    (void)state;
    gate_everywhere(NULL, open);
}

static void make_small(gate_world *w)
{
    w->config.max_package_bytes = 100000;
    w->config.directory_bytes = 150000;
}

static void large(gate_peer *server)
{
    char *text = calloc(1, 65001);

    assert_non_null(text);
    memset(text, 'x', 65000);
    (void)gate_says(server, "getuserinfo", "uid=1"); /* only who is proved may say so much */
    gate_text(server->world, "oinfo", text);
    assert_string_equal(gate_says(server, "setuserinfo", "uid=1"), "{}");
    gate_text(server->world, "oinfo", text);
    assert_string_equal(gate_says(server, "setuserinfo", "uid=2"), "{}");
    gate_text(server->world, "oinfo", text);
    assert_string_equal(gate_says(server, "setuserinfo", "uid=3"), "200035"); /* no more room */
    assert_string_equal(gate_says(server, "getuseropeninfo", "uids=[1,2]"), "200035");
    assert_int_equal(strlen(gate_says(server, "getuseropeninfo", "uids=[3]")), 17);
    assert_string_equal(gate_says(server, "setuserinfo", "uid=1 oinfo=''"), "{}"); /* gives room */
    gate_text(server->world, "oinfo", text);
    assert_string_equal(gate_says(server, "setuserinfo", "uid=3"), "{}");
    free(text);
}

static void what_does_not_fit_is_200035(void **state)
{
    (void)state;
    gate_everywhere(make_small, large);
}

static void kept(gate_peer *server)
{
    static const gate_step steps[] = {
        {"getuserinfo", "uid=5", "{\"oinfo\":\"o\",\"pinfo\":\"p\"}"},
        {"getroominfo", "rid=5", "{\"oinfo\":\"\",\"pinfo\":\"r\"}"},
    };
    gate_world *w = server->world;
    const size_t at = w->config.shard_count - 1;

    assert_string_equal(gate_says(server, "setuserinfo", "uid=5 oinfo='o' pinfo='p'"), "{}");
    assert_string_equal(gate_says(server, "setroominfo", "rid=5 pinfo='r' oinfo='gone'"), "{}");
    assert_string_equal(gate_says(server, "setroominfo", "rid=5 oinfo=''"), "{}");
    gate_fail_appends(w, true);
    assert_string_equal(gate_says(server, "setuserinfo", "uid=5 oinfo='new' pinfo=''"), "200999");
    assert_string_equal(gate_says(server, "setroominfo", "rid=5 oinfo='new'"), "200999");
    gate_fail_appends(w, false);
    GATE_STEPS(server, steps);
    gate_restart(w);
    server = gate_connect(w, at);
    GATE_STEPS(server, steps);
}

static void it_is_kept_and_what_failed_is_not(void **state)
{
    (void)state;
    gate_everywhere(NULL, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_changes),
        cmocka_unit_test(text_is_text_and_bytes_are_bytes),
        cmocka_unit_test(wrong_parameters_have_their_codes),
        cmocka_unit_test(a_group_without_members_cannot_be_described),
        cmocka_unit_test(open_information_of_many_is_a_map),
        cmocka_unit_test(what_does_not_fit_is_200035),
        cmocka_unit_test(it_is_kept_and_what_failed_is_not),
    };

    return cmocka_run_group_tests_name("gate_ops.info", tests, NULL, NULL);
}
