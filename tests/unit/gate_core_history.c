/*
 * History through the gate: pages in both directions, single messages, counting, hiding.
 * What the store does with questions is tested with it; here are the methods.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/gate_words.h"

static int open_world(void **state)
{
    gate_world *w = gate_world_new(2);

    *state = w;
    return w == NULL || !gate_world_open(w) ? -1 : 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

static int send_to(gate_peer *peer, const char *method, const char *key, int64_t from, int64_t to,
                   int64_t mid, const char *text)
{
    gate_message(peer->world, from, key, to, mid, text);
    return gate_call(peer, method);
}

static int64_t number_of(const gate_world *w, const char *key)
{
    int64_t number = -1;

    assert_int_equal(rtmi_payload_get_int(&w->answer, key, &number), 1);
    return number;
}

/* The rows of the last answer as "id,second,mtype,mid,msg,mtime …", times from GATE_WALL_MS on. */
static const char *rows_of(const gate_world *w)
{
    static char text[4000];
    rtmi_span raw;
    rtmi_token token;
    size_t len = 0;

    text[0] = '\0';
    assert_true(rtmi_payload_find(&w->answer, "msgs", &raw));
    rtmi_cursor in = rtmi_cursor_of(raw);
    assert_int_equal(rtmi_pack_read(&in, &token), 0);
    const uint32_t count = token.count;
    assert_int_equal(number_of(w, "num"), count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t numbers[8] = {0};
        rtmi_span msg = {NULL, 0};
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        assert_int_equal(token.type, RTMI_PACK_ARRAY);
        assert_int_equal(token.count, 8);
        for (size_t c = 0; c < 8; c++) {
            assert_int_equal(rtmi_pack_read(&in, &token), 0);
            if (c == 4)
                assert_true(token.type == RTMI_PACK_BOOL && !token.boolean);
            else if (c == 5)
                assert_true(rtmi_token_get_bytes(&token, &msg));
            else if (c == 6)
                assert_int_equal(token.type, RTMI_PACK_STR);
            else
                assert_true(rtmi_token_get_int(&token, &numbers[c]));
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld,%lld,%lld,%lld,%.*s,%lld",
                                i > 0 ? " " : "", (long long)numbers[0], (long long)numbers[1],
                                (long long)numbers[2], (long long)numbers[3], (int)msg.len,
                                (const char *)msg.data, (long long)(numbers[7] - GATE_WALL_MS));
    }
    return text;
}

static int page(gate_peer *peer, const char *method, const char *key, int64_t id, bool desc,
                int64_t num)
{
    gate_int(peer->world, key, id);
    gate_bool(peer->world, "desc", desc);
    gate_int(peer->world, "num", num);
    return gate_call(peer, method);
}

static void groups_are_paged_in_both_directions(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 1);

    for (int64_t i = 1; i <= 5; i++) {
        w->now.wall_ms = GATE_WALL_MS + (i <= 3 ? 0 : i); /* three in one millisecond */
        assert_int_equal(send_to(peer, "sendgroupmsg", "gid", 10 + i, 7, i, "m"), 0);
        assert_int_equal(send_to(peer, "sendgroupmsg", "gid", 1, 8, i, "other group"), 0);
    }
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 3), 0);
    assert_string_equal(rows_of(w), "1,11,51,1,m,0 2,12,51,2,m,1 3,13,51,3,m,2");
    assert_int_equal(number_of(w, "lastid"), 3);
    assert_int_equal(number_of(w, "begin"), GATE_WALL_MS + 2);
    gate_int(w, "lastid", 3);
    gate_int(w, "begin", GATE_WALL_MS + 2);
    gate_int(w, "end", 0);
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 3), 0);
    assert_string_equal(rows_of(w), "4,14,51,4,m,4 5,15,51,5,m,5");

    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, true, 2), 0);
    assert_string_equal(rows_of(w), "5,15,51,5,m,5 4,14,51,4,m,4");
    assert_int_equal(number_of(w, "end"), GATE_WALL_MS + 4);
    gate_int(w, "lastid", number_of(w, "lastid"));
    gate_int(w, "end", number_of(w, "end"));
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, true, 20), 0);
    assert_string_equal(rows_of(w), "3,13,51,3,m,2 2,12,51,2,m,1 1,11,51,1,m,0");
    gate_int(w, "begin", GATE_WALL_MS + 1);
    gate_int(w, "end", GATE_WALL_MS + 4);
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 20), 0);
    assert_string_equal(rows_of(w), "2,12,51,2,m,1 3,13,51,3,m,2 4,14,51,4,m,4");
    assert_int_equal(page(peer, "getgroupmsg", "gid", 99, false, 20), 0);
    assert_string_equal(rows_of(w), "");
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 21), 200032);
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 0), 200034);
}

static void of_p2p_the_second_column_is_the_direction(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    assert_int_equal(send_to(peer, "sendmsg", "to", 5, 6, 1, "hello"), 0);
    w->now.wall_ms++;
    assert_int_equal(send_to(peer, "sendmsg", "to", 6, 5, 1, "hello, you"), 0);
    for (int64_t uid = 5; uid <= 6; uid++) {
        gate_int(w, "ouid", 11 - uid);
        assert_int_equal(page(peer, "getp2pmsg", "uid", uid, false, 20), 0);
        assert_string_equal(rows_of(w), uid == 5 ? "1,1,51,1,hello,0 2,2,51,1,hello, you,1"
                                                 : "1,2,51,1,hello,0 2,1,51,1,hello, you,1");
    }
}

static void types_are_chosen_under_either_name(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    static const char *const keys[] = {"mtypes", "mtype"};

    for (int64_t mtype = 30; mtype <= 33; mtype++) {
        gate_int(w, "mtype", mtype);
        gate_int(w, "from", 1);
        gate_int(w, "mid", mtype);
        gate_text(w, "msg", "x");
        assert_int_equal(gate_call(peer, "broadcastmsg"), 0);
    }
    for (int i = 0; i < 2; i++) {
        gate_value(w, keys[i], "[30,32,127]");
        gate_bool(w, "desc", false);
        gate_int(w, "num", 20);
        assert_int_equal(gate_call(peer, "getbroadcastmsg"), 0);
        assert_string_equal(rows_of(w), "1,1,30,30,x,0 3,1,32,32,x,2");
    }
    gate_value(w, "mtypes", "[]");
    gate_bool(w, "desc", true);
    gate_int(w, "num", 1);
    assert_int_equal(gate_call(peer, "getbroadcastmsg"), 0);
    assert_string_equal(rows_of(w), "4,1,33,33,x,3");
    gate_value(w, "mtypes", "[128]");
    gate_bool(w, "desc", true);
    gate_int(w, "num", 1);
    assert_int_equal(gate_call(peer, "getbroadcastmsg"), 200005);
}

static int about(gate_peer *peer, const char *method, int64_t mid, int64_t from, int64_t xid,
                 int64_t type)
{
    gate_int(peer->world, "mid", mid);
    gate_int(peer->world, "from", from);
    gate_int(peer->world, "xid", xid);
    gate_int(peer->world, "type", type);
    return gate_call(peer, method);
}

static void one_message_is_found_hidden_and_changed(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 1);
    rtmi_span text;

    assert_int_equal(send_to(peer, "sendroommsg", "rid", 3, 9, 41, "first"), 0);
    w->now.wall_ms++;
    assert_int_equal(send_to(peer, "sendroommsg", "rid", 3, 9, 42, "second"), 0);
    assert_int_equal(about(peer, "getmsg", 42, 3, 9, 3), 0);
    assert_int_equal(number_of(w, "id"), 2);
    assert_int_equal(number_of(w, "mtype"), 51);
    assert_int_equal(number_of(w, "mtime"), GATE_WALL_MS + 1);
    assert_int_equal(rtmi_payload_get_bytes(&w->answer, "msg", &text), 1);
    assert_memory_equal(text.data, "second", 6);
    assert_int_equal(about(peer, "getmsg", 43, 3, 9, 3), 200070);
    assert_int_equal(about(peer, "getmsg", 42, 4, 9, 3), 200070);
    assert_int_equal(about(peer, "getmsg", 42, 3, 9, 2), 200070);
    assert_int_equal(about(peer, "getmsg", 42, 3, 0, 3), 200034);
    assert_int_equal(about(peer, "getmsg", 42, 3, 9, 5), 200034);

    w->now.wall_ms += 1000;
    gate_text(w, "msg", "changed");
    gate_text(w, "attrs", "{}");
    gate_int(w, "timeLimit", 999);
    assert_int_equal(about(peer, "editmsg", 42, 3, 9, 3), 200021);
    gate_text(w, "msg", "changed");
    gate_text(w, "attrs", "{}");
    gate_int(w, "timeLimit", 1000);
    assert_int_equal(about(peer, "editmsg", 42, 3, 9, 3), 0);
    gate_text(w, "msg", "changed");
    gate_text(w, "attrs", "{}");
    gate_int(w, "timeLimit", 0);
    assert_int_equal(about(peer, "editmsg", 44, 3, 9, 3), 200070);
    assert_int_equal(page(peer, "getroommsg", "rid", 9, false, 20), 0);
    assert_string_equal(rows_of(w), "1,3,51,41,first,0 2,3,51,42,changed,1");

    assert_int_equal(about(peer, "delmsg", 41, 3, 9, 3), 0);
    assert_int_equal(about(peer, "delmsg", 41, 3, 9, 3), 0); /* again: no error */
    assert_int_equal(page(peer, "getroommsg", "rid", 9, false, 20), 0);
    assert_string_equal(rows_of(w), "2,3,51,42,changed,1");
    assert_int_equal(about(peer, "getmsg", 41, 3, 9, 3), 200070);
}

static int count(gate_peer *peer, int64_t type, int64_t xid)
{
    gate_int(peer->world, "type", type);
    gate_int(peer->world, "xid", xid);
    return gate_call(peer, "getmsgnum");
}

static void many_are_counted_and_erased(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    for (int64_t i = 1; i <= 6; i++) {
        w->now.wall_ms = GATE_WALL_MS + i;
        assert_int_equal(send_to(peer, "sendgroupmsg", "gid", i % 3 + 1, 7, i, "m"), 0);
        assert_int_equal(send_to(peer, "sendmsg", "to", 1, 2, i, "m"), 0);
    }
    assert_int_equal(count(peer, 2, 7), 0);
    assert_int_equal(number_of(w, "num"), 6);
    assert_int_equal(number_of(w, "sender"), 3);
    gate_int(w, "begin", GATE_WALL_MS + 2);
    gate_int(w, "end", GATE_WALL_MS + 3);
    assert_int_equal(count(peer, 2, 7), 0);
    assert_int_equal(number_of(w, "num"), 2);
    assert_int_equal(number_of(w, "sender"), 2);
    assert_int_equal(count(peer, 1, 7), 200034); /* groups and rooms only */

    gate_int(w, "begin", GATE_WALL_MS + 1);
    gate_int(w, "end", GATE_WALL_MS + 2);
    gate_int(w, "from", 1);
    gate_int(w, "xid", 7);
    gate_int(w, "type", 2);
    assert_int_equal(gate_call(peer, "cleanmsg"), 0);
    assert_int_equal(count(peer, 2, 7), 0);
    assert_int_equal(number_of(w, "num"), 4);
    gate_int(w, "uid", 3);
    assert_int_equal(gate_call(peer, "clearusermsg"), 0);
    assert_int_equal(count(peer, 2, 7), 0);
    assert_int_equal(number_of(w, "num"), 3);
    gate_int(w, "from", 1);
    gate_int(w, "xid", 7);
    gate_int(w, "type", 2);
    assert_int_equal(gate_call(peer, "delconversationmsgs"), 0);
    assert_int_equal(count(peer, 2, 7), 0);
    assert_int_equal(number_of(w, "num"), 0);
    gate_int(w, "ouid", 2);
    assert_int_equal(page(peer, "getp2pmsg", "uid", 1, false, 20), 0);
    assert_int_equal(number_of(w, "num"), 6);
    gate_int(w, "type", 0);
    assert_int_equal(gate_call(peer, "clearprojectmsg"), 0);
    gate_int(w, "ouid", 2);
    assert_int_equal(page(peer, "getp2pmsg", "uid", 1, false, 20), 0);
    assert_int_equal(number_of(w, "num"), 0);
    gate_int(w, "from", 1);
    gate_int(w, "xid", 7);
    gate_int(w, "type", 2);
    gate_int(w, "begin", 5);
    gate_int(w, "end", 4);
    assert_int_equal(gate_call(peer, "cleanmsg"), 200034);
}

static void a_named_reader_must_be_a_member(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    gate_int(w, "uid", 5);
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 20), 200041);
    gate_int(w, "uid", 5);
    assert_int_equal(page(peer, "getroommsg", "rid", 7, false, 20), 200040);
    gate_int(w, "uid", 0);
    assert_int_equal(page(peer, "getgroupmsg", "gid", 7, false, 20), 0);
}

static void sessions_that_a_restart_has_cut_are_told_as_ended(void **state)
{
    gate_world *w = *state;
    rtmi_package package;
    rtmi_span text;
    char token[40];

    gate_peer *server = gate_connect(w, 0);
    (void)snprintf(token, sizeof token, "%s", gate_token(server, 11));
    assert_int_equal(gate_auth(gate_connect(w, 1), 11, token, NULL), 1);

    store *kept = w->config.store;
    w->config.store = NULL;
    gate_world_close(w);
    w->config.store = kept;
    assert_true(gate_world_open(w));
    server = gate_connect(w, 1);
    gate_value(w, "events", "['login','logout']");
    (void)gate_quest(server, "addlisten", true); /* before the first turn */
    gate_turns(w);
    gate_value(w, "uids", "[11]");
    bool heard = false;
    while (gate_peer_next(server, &package)) {
        rtmi_payload payload;
        if (!rtmi_span_is(package.method, "pushevent"))
            continue;
        heard = true;
        assert_int_equal(rtmi_payload_open(package.payload, &payload), 0);
        assert_int_equal(rtmi_payload_get_bytes(&payload, "event", &text), 1);
        assert_memory_equal(text.data, "logout", 6);
        assert_int_equal(rtmi_payload_get_bytes(&payload, "endpoint", &text), 1);
        assert_memory_equal(text.data, "gate.example:13321", text.len);
        assert_int_equal(rtmi_payload_get_bytes(&payload, "data", &text), 1);
        assert_memory_equal(text.data, "gate restart", text.len);
    }
    assert_true(heard);
    assert_int_equal(gate_call(server, "getonlineusers"), 0);
    assert_true(rtmi_payload_find(&w->answer, "uids", &text));
    assert_memory_equal(text.data, "\x90", 1);
    /* The token was stored. */
    assert_int_equal(gate_auth(gate_connect(w, 1), 11, token, NULL), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(groups_are_paged_in_both_directions),
        TEST(of_p2p_the_second_column_is_the_direction),
        TEST(types_are_chosen_under_either_name),
        TEST(one_message_is_found_hidden_and_changed),
        TEST(many_are_counted_and_erased),
        TEST(a_named_reader_must_be_a_member),
        TEST(sessions_that_a_restart_has_cut_are_told_as_ended),
    };

    return cmocka_run_group_tests_name("gate_core.history", tests, NULL, NULL);
}
