/*
 * rkwho on two shards: every connection of the project is shown once, in pages that join, with
 * what is true of it; those of other projects never.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "tests/support/gate_world.h"

static int open_world(void **state)
{
    gate_world *w = gate_world_new(2);

    assert_true(gate_world_open(w));
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

/* A text of a row, as "id"; cut to `size`. */
static void get_text(const rtmi_payload *map, const char *key, char *ret, size_t size)
{
    rtmi_span text = {NULL, 0};

    assert_int_equal(rtmi_payload_get_bytes(map, key, &text), 1);
    assert_true(text.len < size);
    memcpy(ret, text.data, text.len);
    ret[text.len] = '\0';
}

/* The rows of the last answer: their ids appended to `list`; the last row is opened. */
static size_t read_rows(const gate_world *w, char *list, size_t size, rtmi_payload *ret_last)
{
    rtmi_span raw;
    rtmi_token token;

    assert_true(rtmi_payload_find(&w->answer, "rows", &raw));
    rtmi_cursor in = rtmi_cursor_of(raw);
    assert_int_equal(rtmi_pack_read(&in, &token), 0);
    assert_int_equal(token.type, RTMI_PACK_ARRAY);
    const size_t count = token.count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *const start = in.at;
        char id[64];
        const size_t used = strlen(list);
        assert_int_equal(rtmi_pack_skip(&in), 0);
        assert_int_equal(rtmi_payload_open((rtmi_span){start, (size_t)(in.at - start)}, ret_last),
                         0);
        get_text(ret_last, "id", id, sizeof id);
        (void)snprintf(list + used, size - used, "%s ", id);
    }
    return count;
}

static int64_t get_int(const rtmi_payload *map, const char *key)
{
    int64_t value = -1;

    assert_int_equal(rtmi_payload_get_int(map, key, &value), 1);
    return value;
}

static void pages_join_and_show_each_connection_once(void **state)
{
    gate_world *w = *state;
    gate_peer *peers[9];
    char whole[512] = "";
    rtmi_payload row;

    for (size_t i = 0; i < 9; i++) { /* 5 on the first shard, 4 on the second */
        peers[i] = gate_connect(w, i % 2);
        assert_int_equal(gate_call(peers[i], "addlisten"), 0);
    }
    w->pid = GATE_PID_2;
    w->secret = GATE_SECRET_2;
    gate_peer *other = gate_connect(w, 0);
    assert_int_equal(gate_call(other, "addlisten"), 0);
    (void)gate_connect(w, 1); /* a stranger */
    w->pid = GATE_PID;
    w->secret = GATE_SECRET;

    assert_int_equal(gate_call(peers[8], "rkwho"), 0);
    assert_int_equal(read_rows(w, whole, sizeof whole, &row), 9);
    assert_string_equal(whole, "0:1 0:2 0:3 0:4 0:5 1:1 1:2 1:3 1:4 ");
    rtmi_span ignored;
    assert_false(rtmi_payload_find(&w->answer, "next", &ignored));

    for (int64_t num = 1; num <= 10; num++) {
        char pages[512] = "";
        char next[64] = "";
        size_t rows = 0;
        bool has_more = true;
        while (has_more) {
            gate_int(w, "num", num);
            if (next[0] != '\0')
                gate_text(w, "from", next);
            assert_int_equal(gate_call(peers[(size_t)num % 9], "rkwho"), 0);
            const size_t count = read_rows(w, pages, sizeof pages, &row);
            assert_true(count <= (size_t)num);
            rows += count;
            has_more = rtmi_payload_find(&w->answer, "next", &ignored);
            if (has_more)
                get_text(&w->answer, "next", next, sizeof next);
        }
        assert_int_equal(rows, 9);
        assert_string_equal(pages, whole);
    }

    assert_int_equal(gate_call(other, "addlisten"), RTMI_RC_INVALID_PID_OR_UID);
    w->pid = GATE_PID_2;
    w->secret = GATE_SECRET_2;
    char own[64] = "";
    assert_int_equal(gate_call(other, "rkwho"), 0);
    assert_int_equal(read_rows(w, own, sizeof own, &row), 1);
}

static void a_row_says_what_is_true(void **state)
{
    gate_world *w = *state;
    gate_peer *asks = gate_connect(w, 0);
    gate_peer *listens = gate_connect(w, 1);
    char ids[64] = "";
    char text[64];
    rtmi_payload row;

    gate_value(w, "gids", "[1,2,3]");
    gate_value(w, "uids", "[4]");
    gate_value(w, "rids", "[]");
    gate_value(w, "events", "['login']");
    gate_bool(w, "p2p", false);
    gate_bool(w, "group", false);
    gate_bool(w, "room", true);
    gate_bool(w, "ev", true);
    assert_int_equal(gate_call(listens, "setlisten"), 0);
    listens->reads = 0; /* it reads no more: what follows waits */
    gate_message(w, 1, "gid", 2, 1, "hello");
    assert_int_equal(gate_call(asks, "sendgroupmsg"), 0);
    w->now.mono_ms += 5000;
    w->now.wall_ms += 5000;
    gate_text(w, "from", "1:0");
    assert_int_equal(gate_call(asks, "rkwho"), 0);
    assert_int_equal(read_rows(w, ids, sizeof ids, &row), 1);
    assert_string_equal(ids, "1:1 ");
    get_text(&row, "peer", text, sizeof text);
    assert_string_equal(text, "peer");
    assert_int_equal(get_int(&row, "gids"), 3);
    assert_int_equal(get_int(&row, "rids"), 0);
    assert_int_equal(get_int(&row, "uids"), 1);
    assert_int_equal(get_int(&row, "uid"), 0);
    assert_int_equal(get_int(&row, "since"), GATE_WALL_MS);
    assert_int_equal(get_int(&row, "queue_pushes"), 1);
    assert_true(get_int(&row, "queue_bytes") > 5);
    assert_int_equal(get_int(&row, "dropped"), 0);
    rtmi_span raw;
    assert_true(rtmi_payload_find(&row, "all", &raw));
    assert_int_equal(raw.len, 1 + 1 + 4 + 1 + 2); /* room, ev */
    assert_true(rtmi_payload_find(&row, "events", &raw));
    assert_int_equal(raw.len, 1 + 1 + 5);
}

static void wrong_places_are_refused_and_far_ones_empty(void **state)
{
    static const char *const wrong[] = {"1",   ":",    "1:",   ":1",    "a:1",
                                        "1:b", "-1:0", "0:-1", "1:1:1", "99999999999999999999:1"};
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    char ids[64] = "";
    rtmi_payload row;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        gate_text(w, "from", wrong[i]);
        assert_int_equal(gate_call(peer, "rkwho"), RTMI_RC_INVALID_PARAMETER);
    }
    gate_int(w, "num", 201);
    assert_int_equal(gate_call(peer, "rkwho"), RTMI_RC_TOO_MANY_ITEMS);
    gate_int(w, "num", 0);
    assert_int_equal(gate_call(peer, "rkwho"), RTMI_RC_INVALID_PARAMETER);
    gate_text(w, "from", "9223372036854775807:9223372036854775807");
    assert_int_equal(gate_call(peer, "rkwho"), 0);
    assert_int_equal(read_rows(w, ids, sizeof ids, &row), 0);
    gate_text(w, "from", "0:9223372036854775807");
    assert_int_equal(gate_call(peer, "rkwho"), 0);
    assert_int_equal(read_rows(w, ids, sizeof ids, &row), 0);
}

static void who_asks_and_leaves_keeps_nothing(void **state)
{
    gate_world *w = *state;
    gate_peer *leaves = gate_connect(w, 0);
    gate_peer *stays = gate_connect(w, 0);

    assert_int_equal(gate_call(stays, "addlisten"), 0);
    (void)gate_quest(leaves, "rkwho", true);
    gate_leave(leaves);
    gate_turns(w);
    (void)gate_quest(stays, "rkwho", false); /* one-way: nobody waits */
    gate_turns(w);
    for (size_t i = 0; i < 2; i++)
        shard_drain(w->shards[i]);
    gate_turns(w);
    assert_true(shard_is_drained(w->shards[0]));

    /* One that is under way when all ends: freed with its mailbox. */
    gate_world_close(w);
    assert_true(gate_world_open(w));
    gate_peer *last = gate_connect(w, 0);
    (void)gate_quest(last, "rkwho", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        CASE(pages_join_and_show_each_connection_once),
        CASE(a_row_says_what_is_true),
        CASE(wrong_places_are_refused_and_far_ones_empty),
        CASE(who_asks_and_leaves_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
