/*
 * Users: login, events, kickout, groups and rooms, pushes to them, and their ends, on two shards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/fpnn/answer.h"
#include "tests/support/gate_words.h"

static int open_world(void **state)
{
    *state = gate_world_new(2);
    return *state == NULL ? -1 : 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

/* Everything that came and was not looked at, as "method key=value …; …". */
static const char *heard(gate_peer *peer)
{
    static char text[2000];
    static const char *const keys[] = {"event", "uid", "endpoint", "data", "from",
                                       "to",    "gid", "rid",      "mid",  "msg"};
    rtmi_package package;
    size_t len = 0;

    text[0] = '\0';
    while (gate_peer_next(peer, &package)) {
        rtmi_payload payload;
        if (package.kind == RTMI_FRAME_ANSWER)
            continue;
        assert_int_equal(rtmi_payload_open(package.payload, &payload), 0);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", len > 0 ? "; " : "",
                                (int)package.method.len, (const char *)package.method.data);
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            int64_t number;
            rtmi_span bytes;
            if (rtmi_payload_get_int(&payload, keys[i], &number) == 1)
                len += (size_t)snprintf(text + len, sizeof text - len, " %s=%lld", keys[i],
                                        (long long)number);
            else if (rtmi_payload_get_bytes(&payload, keys[i], &bytes) == 1 && bytes.len > 0)
                len += (size_t)snprintf(text + len, sizeof text - len, " %s=%.*s", keys[i],
                                        (int)bytes.len, (const char *)bytes.data);
        }
    }
    return text;
}

static gate_peer *event_listener(gate_world *w, size_t at)
{
    gate_peer *listener = gate_connect(w, at);

    gate_value(w, "events", "['login','logout']");
    assert_int_equal(gate_call(listener, "addlisten"), 0);
    return listener;
}

#define LOGIN(uid) "pushevent event=login uid=" #uid " endpoint=gate.example:13321"
#define LOGOUT(uid) "pushevent event=logout uid=" #uid " endpoint=gate.example:13321"

static void users_log_in_and_out(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *near = event_listener(w, 0);
    gate_peer *far = event_listener(w, 1);
    gate_peer *first = gate_login(near, 0, 11);
    gate_peer *second = gate_login(near, 1, 12);
    assert_string_equal(heard(far), LOGIN(11) "; " LOGIN(12));
    gate_value(w, "uids", "[10,11,12,13]");
    assert_int_equal(gate_call(near, "getonlineusers"), 0);
    gate_leave(first);
    gate_turns(w);
    assert_string_equal(heard(near), LOGOUT(11));
    assert_int_equal(gate_user_call(second, "bye"), 0);
    gate_turns(w);
    assert_null(second->conn);
    assert_string_equal(heard(far), LOGOUT(11) "; " LOGOUT(12));
    assert_string_equal(heard(near), LOGOUT(12));
}

static void only_users_who_may_log_in(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *user = gate_connect(w, 1);
    char token[64];
    (void)snprintf(token, sizeof token, "%s", gate_token(server, 11));
    assert_int_equal(gate_auth(user, 11, "00000000000000000000000000000000", NULL), 0);
    assert_int_equal(gate_auth(user, 12, token, NULL), 0);
    assert_int_equal(gate_auth(user, 0, token, NULL), 200001);
    gate_int(w, "pid", 5);
    gate_int(w, "uid", 11);
    gate_text(w, "token", token);
    assert_int_equal(gate_user_call(user, "auth"), 200001);
    gate_int(w, "rid", 1);
    assert_int_equal(gate_user_call(user, "enterroom"), 200022);
    assert_int_equal(gate_auth(user, 11, token, NULL), 1); /* none of that has done harm */
    assert_int_equal(gate_auth(user, 11, token, NULL), 200023);
    assert_int_equal(gate_user_call(user, "gettoken"), 20004); /* not a method of users */
    assert_int_equal(gate_auth(server, 11, token, NULL), 200020);
    gate_int(w, "uid", 11);
    assert_int_equal(gate_call(server, "removetoken"), 0);
    assert_int_equal(gate_auth(gate_connect(w, 0), 11, token, NULL), 0);
    assert_non_null(user->conn); /* its session goes on */
    (void)snprintf(token, sizeof token, "%s", gate_token(server, 11));
    w->now.wall_ms += 86400000; /* what it was good for */
    assert_int_equal(gate_auth(gate_connect(w, 0), 11, token, NULL), 0);
}

static void a_user_has_sixteen_tokens(void **state)
{
    gate_world *w = *state;
    char first[64];
    char second[64];

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    (void)snprintf(first, sizeof first, "%s", gate_token(server, 11));
    w->now.wall_ms++;
    (void)snprintf(second, sizeof second, "%s", gate_token(server, 11));
    for (int i = 0; i < 15; i++) {
        w->now.wall_ms++;
        (void)gate_token(server, 11);
    }
    assert_int_equal(gate_auth(gate_connect(w, 1), 11, first, NULL), 0);
    assert_int_equal(gate_auth(gate_connect(w, 1), 11, second, NULL), 1);
}

static void a_second_login_ends_the_first(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *listener = event_listener(w, 1);
    gate_peer *first = gate_login(server, 0, 11);
    gate_peer *second = gate_login(server, 1, 11);
    assert_string_equal(heard(listener), LOGIN(11) "; " LOGOUT(11) "; " LOGIN(11));
    assert_string_equal(heard(first), "kickout");
    assert_string_equal(heard(second), "");
    gate_message(w, 5, "to", 11, 1, "hello");
    assert_int_equal(gate_call(server, "sendmsg"), 0);
    assert_string_equal(heard(first), "");
    assert_string_equal(heard(second), "pushmsg from=5 to=11 mid=1 msg=hello");
    assert_non_null(first->conn); /* it may go by itself */
    gate_tick(w, 1100);
    gate_turns(w);
    assert_null(first->conn);
    assert_string_equal(heard(listener), ""); /* which is no second logout */
}

static void several_sessions_where_the_project_says_so(void **state)
{
    gate_world *w = *state;

    w->projects[0].is_multi_login = true;
    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *listener = event_listener(w, 1);
    gate_peer *first = gate_login(server, 0, 11);
    gate_peer *second = gate_login(server, 1, 11);
    gate_peer *third = gate_login(server, 1, 12);
    char endpoint[200] = "";
    const char *events = heard(listener);
    assert_int_equal(sscanf(events, "pushevent event=login uid=11 endpoint=%199[^;]", endpoint), 1);
    assert_null(strstr(strchr(events, ';'), endpoint)); /* each has a name of its own */
    gate_int(w, "mtype", 51);
    gate_int(w, "mid", 1);
    gate_text(w, "msg", "from one");
    gate_int(w, "to", 12);
    assert_int_equal(gate_user_call(first, "sendmsg"), 0);
    assert_string_equal(heard(first), "");
    assert_string_equal(heard(second), "pushmsg from=11 to=12 mid=1 msg=from one");
    assert_string_equal(heard(third), "pushmsg from=11 to=12 mid=1 msg=from one");
    gate_int(w, "uid", 11);
    gate_text(w, "ce", endpoint);
    assert_int_equal(gate_call(server, "kickout"), 0);
    assert_string_equal(heard(first), "kickout");
    assert_string_equal(heard(second), "");
    gate_int(w, "uid", 11);
    assert_int_equal(gate_call(server, "kickout"), 0);
    assert_string_equal(heard(second), "kickout");
    gate_int(w, "uid", 11);
    assert_int_equal(gate_call(server, "kickout"), 0); /* nobody there: no error */
}

static void in_rooms_users_hear_each_other(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *users[3];
    for (int i = 0; i < 3; i++)
        users[i] = gate_login(server, (size_t)i % 2, 11 + i);
    for (int i = 0; i < 2; i++) {
        gate_int(w, "rid", 7);
        assert_int_equal(gate_user_call(users[i], "enterroom"), 0);
    }
    gate_int(w, "mtype", 30);
    gate_int(w, "mid", 1);
    gate_text(w, "msg", "hi");
    gate_int(w, "rid", 7);
    assert_int_equal(gate_user_call(users[0], "sendroommsg"), 0);
    assert_string_equal(heard(users[0]), "");
    assert_string_equal(heard(users[1]), "pushroommsg from=11 to=7 rid=7 mid=1 msg=hi");
    assert_string_equal(heard(users[2]), "");
    gate_int(w, "mtype", 30);
    gate_int(w, "mid", 2);
    gate_text(w, "msg", "hi");
    gate_int(w, "rid", 7);
    assert_int_equal(gate_user_call(users[2], "sendroommsg"), 200040);
    gate_int(w, "rid", 7);
    assert_int_equal(gate_user_call(users[1], "leaveroom"), 0);
    gate_message(w, 5, "rid", 7, 3, "to those who are left");
    assert_int_equal(gate_call(server, "sendroommsg"), 0);
    assert_string_equal(heard(users[0]),
                        "pushroommsg from=5 to=7 rid=7 mid=3 msg=to those who are left");
    assert_string_equal(heard(users[1]), "");
    for (int64_t rid = 8; rid < 10; rid++) {
        gate_int(w, "rid", rid);
        assert_int_equal(gate_user_call(users[0], "enterroom"), 0);
    }
    gate_int(w, "rid", 10);
    assert_int_equal(gate_user_call(users[0], "enterroom"), 200047); /* max_rooms is 3 here */
    /* A logout leaves all rooms. */
    gate_leave(users[0]);
    gate_turns(w);
    users[0] = gate_login(server, 1, 11);
    gate_message(w, 5, "rid", 7, 4, "x");
    assert_int_equal(gate_call(server, "sendroommsg"), 0);
    assert_string_equal(heard(users[0]), "");
}

static void broadcasts_reach_all_users(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = event_listener(w, 0);
    gate_peer *near = gate_login(server, 0, 11);
    gate_peer *far = gate_login(server, 1, 12);
    gate_message(w, 5, NULL, 0, 1, "all");
    assert_int_equal(gate_call(server, "broadcastmsg"), 0);
    assert_string_equal(heard(near), "pushbroadcastmsg from=5 mid=1 msg=all");
    assert_string_equal(heard(far), "pushbroadcastmsg from=5 mid=1 msg=all");
}

static void some_users_get_chat_as_a_map(void **state)
{
    gate_world *w = *state;
    rtmi_package package;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *plain = gate_login(server, 0, 11);
    gate_peer *unity = gate_connect(w, 0);
    assert_int_equal(gate_auth(unity, 12, gate_token(server, 12), "Unity-2.7.0"), 1);
    for (int64_t to = 11; to <= 12; to++) {
        gate_int(w, "mtype", 30);
        gate_int(w, "from", 5);
        gate_int(w, "to", to);
        gate_int(w, "mid", 1);
        gate_text(w, "msg", "hello");
        assert_int_equal(gate_call(server, "sendmsg"), 0);
    }
    assert_string_equal(heard(plain), "pushmsg from=5 to=11 mid=1 msg=hello");
    assert_true(gate_peer_next(unity, &package));
    static const char map[] = "\xa3msg\x84\xa6source\xa0\xa6target\xa0\xaasourceText\xa5hello"
                              "\xaatargetText\xa0";
    assert_non_null(memmem(package.payload.data, package.payload.len, map, sizeof map - 1));
}

static void what_users_may_not_say(void **state)
{
    gate_world *w = *state;
    static const struct {
        int64_t to;
        const char *text;
        int code;
    } cases[] = {{12, "hello", 0}, {11, "hello", 200052}, {12, "", 200033}, {0, "hello", 200001}};

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *user = gate_login(server, 1, 11);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gate_int(w, "mtype", 51);
        gate_int(w, "mid", (int64_t)i);
        gate_int(w, "to", cases[i].to);
        gate_text(w, "msg", cases[i].text);
        assert_int_equal(gate_user_call(user, "sendmsg"), cases[i].code);
    }
    gate_int(w, "mtype", 51);
    gate_int(w, "mid", 9);
    gate_int(w, "gid", 3);
    gate_text(w, "msg", "x");
    assert_int_equal(gate_user_call(user, "sendgroupmsg"), 200041);
}

static void a_stranger_who_fails_to_log_in_is_cut(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *user = gate_connect(w, 1);
    assert_int_equal(gate_auth(user, 11, "00000000000000000000000000000000", NULL), 0);
    gate_tick(w, 15001);
    gate_turns(w);
    assert_null(user->conn);
}

static void a_login_whose_connection_has_gone_is_a_logout(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = event_listener(w, 0);
    const char *token = gate_token(server, 11);
    gate_peer *user = gate_connect(w, 1);
    gate_int(w, "pid", GATE_PID);
    gate_int(w, "uid", 11);
    gate_text(w, "token", token);
    w->is_unsigned = true;
    (void)gate_quest(user, "auth", true);
    w->is_unsigned = false;
    gate_leave(user); /* before the owner has seen it */
    gate_turns(w);
    assert_string_equal(heard(server), LOGIN(11) "; " LOGOUT(11));
}

static void answered_pings_are_expected(void **state)
{
    gate_world *w = *state;
    rtmi_package package;
    uint32_t seq = 0;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *answering = gate_login(server, 0, 11);
    gate_peer *silent = gate_login(server, 0, 12);
    gate_tick(w, 20001);
    gate_turns(w);
    while (gate_peer_next(answering, &package)) {
        if (rtmi_span_is(package.method, "ping"))
            seq = package.seq;
    }
    uint8_t answer[] = "FPNN\1\200\2\0\1\0\0\0\0\0\0\0\200";
    memcpy(answer + 12, &seq, sizeof seq);
    gate_send(answering, (rtmi_span){answer, sizeof answer - 1});
    gate_turns(w);
    for (int i = 0; i < 4; i++) {
        assert_non_null(answering->conn);
        gate_tick(w, 20001);
        gate_turns(w);
    }
    assert_null(answering->conn);
    assert_non_null(silent->conn); /* it never has: it may be a kind that does not */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(users_log_in_and_out),
        TEST(only_users_who_may_log_in),
        TEST(a_user_has_sixteen_tokens),
        TEST(a_second_login_ends_the_first),
        TEST(several_sessions_where_the_project_says_so),
        TEST(in_rooms_users_hear_each_other),
        TEST(broadcasts_reach_all_users),
        TEST(some_users_get_chat_as_a_map),
        TEST(what_users_may_not_say),
        TEST(a_stranger_who_fails_to_log_in_is_cut),
        TEST(a_login_whose_connection_has_gone_is_a_logout),
        TEST(answered_pings_are_expected),
    };

    return cmocka_run_group_tests_name("gate_core.sessions", tests, NULL, NULL);
}
