/*
 * A whole shard, spoken to as by peers: who is let in, what is understood, refused, answered
 * and cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/dispatch.h"
#include "lib/rtm/codes.h"
#include "lib/rtm/methods.h"
#include "tests/support/gate_world.h"

static int open_world(void **state)
{
    gate_world *w = gate_world_new(1);

    assert_true(gate_world_open(w));
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

static void reopen(gate_world *w)
{
    gate_world_close(w);
    assert_true(gate_world_open(w));
}

/* Bytes that are no signed quest: a method, a payload in words, a kind. */
static void send_plain(gate_peer *peer, const char *method, bool is_twoway, rtmi_span payload,
                       bool is_json)
{
    rtmi_buf out;

    rtmi_buf_init(&out, 1 << 20);
    const size_t mark = rtmi_frame_begin_quest(&out, is_twoway, 9, rtmi_span_of_text(method));
    rtmi_buf_append_span(&out, payload);
    rtmi_frame_end(&out, mark);
    if (is_json)
        rtmi_frame_mark_json(&out, mark);
    gate_send(peer, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
    gate_turns(peer->world);
}

static void expect_text(const gate_world *w, const char *part)
{
    if (strstr(w->text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, w->text);
}

static void signed_quests_are_let_in_at_every_cut(void **state)
{
    gate_world *w = *state;

    for (size_t cut = 0; cut < 150; cut = cut * 2 + 1) {
        reopen(w);
        w->cut = cut;
        gate_peer *peer = gate_connect(w, 0);
        assert_int_equal(gate_call(peer, "addlisten"), 0);
        assert_true(peer->is_proved);
        w->secret = GATE_SECRET_OLD; /* both while they change */
        assert_int_equal(gate_call(peer, "addlisten"), 0);
        w->secret = GATE_SECRET;
    }
}

static void strangers_are_refused_in_the_documented_order(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    w->pid = 5; /* unknown project, before the wrong sign, before the wrong time */
    w->secret = "wrong";
    w->ts_shift_s = 9999;
    assert_int_equal(gate_call(peer, "nosuch"), RTMI_RC_INVALID_PID_OR_UID);
    w->pid = GATE_PID;
    assert_int_equal(gate_call(peer, "nosuch"), RTMI_RC_INVALID_PID_OR_SIGN);
    assert_string_equal(w->text, "wrong signature");
    w->secret = GATE_SECRET;
    assert_int_equal(gate_call(peer, "nosuch"), RTMI_RC_INVALID_SERVER_TIME);
    expect_text(w, "9999 s ahead of");
    w->ts_shift_s = -301;
    assert_int_equal(gate_call(peer, "nosuch"), RTMI_RC_INVALID_SERVER_TIME);
    expect_text(w, "301 s behind");
    expect_text(w, "300 s allowed");
    assert_false(peer->is_proved);
    w->ts_shift_s = -300;
    assert_int_equal(gate_call(peer, "nosuch"), RTMI_EC_CORE_UNKNOWN_METHOD);
    expect_text(w, "nosuch");
    w->ts_shift_s = 300;
    assert_int_equal(gate_call(peer, "sendmsg"), RTMI_RC_INVALID_PARAMETER);
    assert_true(peer->is_proved); /* the quest was verified, if not understood */
    w->ts_shift_s = 0;
    w->pid = GATE_PID_2; /* this connection has its project */
    w->secret = GATE_SECRET_2;
    assert_int_equal(gate_call(peer, "addlisten"), RTMI_RC_INVALID_PID_OR_UID);
    expect_text(w, "90000001");
    assert_int_equal(gate_call(gate_connect(w, 0), "addlisten"), 0);
    assert_int_equal(shard_get_stats(w->shards[0])->refused, 7);
}

static void a_missing_part_of_the_sign_is_named(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    static const struct {
        const char *json;
        const char *expected;
    } cases[] = {
        {"{}", "200001,\"ex\":\"pid is missing"},
        {"{\"pid\":7}", "200001,\"ex\":\"unknown project"},
        {"{\"pid\":\"x\"}", "200001"},
        {"{\"pid\":9000000199999}", "200001"},
        {"{\"pid\":90000001}", "200002,\"ex\":\"sign is missing"},
        {"{\"pid\":90000001,\"sign\":\"\"}", "200002,\"ex\":\"salt is missing"},
        {"{\"pid\":90000001,\"sign\":\"\",\"salt\":1}", "200002,\"ex\":\"ts is missing"},
        {"{\"pid\":90000001,\"sign\":\"\",\"salt\":1,\"ts\":1}", "wrong signature"},
        {"{\"pid\":90000001,\"sign\":1,\"salt\":1,\"ts\":1}", "has a wrong type"},
        {"{\"pid\":90000001,\"sign\":\"\",\"salt\":[],\"ts\":1}", "has a wrong type"},
        {"{\"pid\":90000001,\"sign\":\"\",\"salt\":1,\"ts\":1.5}", "has a wrong type"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rtmi_package package;
        send_plain(peer, "addlisten", true, rtmi_span_of_text(cases[i].json), true);
        assert_true(gate_peer_next(peer, &package));
        assert_int_equal(package.flag & RTMI_FLAG_JSON, RTMI_FLAG_JSON); /* asked in JSON */
        assert_int_equal(package.seq, 9);
        assert_int_equal(package.status != 0, true);
        char text[400];
        (void)snprintf(text, sizeof text, "%.*s", (int)package.payload.len,
                       (const char *)package.payload.data);
        if (strstr(text, cases[i].expected) == NULL)
            fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].json, cases[i].expected, text);
    }
    assert_false(peer->is_proved);
    assert_non_null(peer->conn);
}

static void wrong_parameters_are_named(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    static const struct {
        const char *method;
        const char *key;   /* replaced by … */
        const char *words; /* these; NULL: left out */
        int code;
        const char *text;
    } cases[] = {
        {"sendmsg", "mtype", "0", 200005, "mtype is too small"},
        {"sendmsg", "mtype", "128", 200005, "mtype is too large"},
        {"sendmsg", "mtype", "-1", 200005, "mtype is too small"},
        {"sendmsg", "mtype", "f51", 0, ""},
        {"sendmsg", "mtype", "f51.5", 200034, "mtype must be an integer"},
        {"sendmsg", "mtype", "'51'", 200034, "mtype must be an integer"},
        {"sendmsg", "mtype", NULL, 200034, "mtype is missing"},
        {"sendmsg", "mtype", "nil", 200034, "mtype is missing"},
        {"sendmsg", "from", "0", 200001, "from is too small"},
        {"sendmsg", "from", NULL, 200001, "from is missing"},
        {"sendmsg", "to", "-5", 200001, "to is too small"},
        {"sendmsg", "mid", NULL, 200034, "mid is missing"},
        {"sendmsg", "msg", NULL, 200034, "msg is missing"},
        {"sendmsg", "msg", "[]", 200034, "msg must be text or bytes"},
        {"sendmsg", "msg", "''", 0, ""},
        {"sendmsg", "attrs", NULL, 0, ""},
        {"sendmsg", "attrs", "7", 200034, "attrs must be text or bytes"},
        {"sendgroupmsg", "gid", "0", 200034, "gid is too small"},
        {"sendroommsg", "rid", "0", 200034, "rid is too small"},
        {"sendmsgs", "tos", "[]", 200033, "tos is empty"},
        {"sendmsgs", "tos", NULL, 200034, "tos is missing"},
        {"sendmsgs", "tos", "[1,0]", 200001, "tos"},
        {"sendmsgs", "tos", "[1,'x']", 200034, "tos: element 1"},
        {"sendmsgs", "tos", "['5',6,f7]", 0, ""},
        {"sendmsgs", "tos", "9", 0, ""},
        {"sendmsgs", "tos", "true", 200034, "tos must be a list"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const char *const keys[] = {"mtype", "from", "mid", "msg", "attrs"};
        static const char *const usual[] = {"51", "1", NULL, "'hi'", "'{}'"};
        const char *target = strcmp(cases[i].method, "sendmsg") == 0        ? "to"
                             : strcmp(cases[i].method, "sendmsgs") == 0     ? "tos"
                             : strcmp(cases[i].method, "sendgroupmsg") == 0 ? "gid"
                                                                            : "rid";
        for (size_t k = 0; k < 6; k++) {
            const char *key = k < 5 ? keys[k] : target;
            char mid[20];
            (void)snprintf(mid, sizeof mid, "%zu", i + 1);
            const char *words = k == 5 ? "2" : usual[k] != NULL ? usual[k] : mid;
            if (strcmp(key, cases[i].key) == 0)
                words = cases[i].words;
            if (words != NULL)
                gate_value(w, key, words);
        }
        if (gate_call(peer, cases[i].method) != cases[i].code)
            fail_msg("%s with %s %s: %s", cases[i].method, cases[i].key,
                     cases[i].words == NULL ? "-" : cases[i].words, w->text);
        expect_text(w, cases[i].text);
        if (cases[i].code != 0)
            expect_text(w, cases[i].method);
    }
}

static void sizes_are_limited(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    char *big = calloc(1, RTMI_MESSAGE_MAX + 2);

    assert_int_equal(gate_call(peer, "addlisten"), 0); /* strangers have less */
    memset(big, 'x', RTMI_MESSAGE_MAX + 1);
    gate_message(w, 1, "to", 2, 3, big);
    assert_int_equal(gate_call(peer, "sendmsg"), RTMI_RC_LARGE_MESSAGE_OR_ATTRS);
    expect_text(w, "msg is too long");
    gate_message(w, 1, "to", 2, 3, big + 1);
    assert_int_equal(gate_call(peer, "sendmsg"), 0);
    big[RTMI_ATTRS_MAX + 1] = '\0';
    gate_text(w, "attrs", big); /* the first of a repeated key counts */
    gate_message(w, 1, "to", 2, 4, "hi");
    assert_int_equal(gate_call(peer, "sendmsg"), RTMI_RC_LARGE_MESSAGE_OR_ATTRS);
    expect_text(w, "attrs is too long");
    free(big);

    rtmi_pack_key(&w->entries, "tos");
    rtmi_pack_array(&w->entries, RTMI_RECIPIENTS_MAX + 1);
    for (int i = 1; i <= RTMI_RECIPIENTS_MAX + 1; i++)
        rtmi_pack_int(&w->entries, i);
    w->entry_count++;
    gate_message(w, 1, NULL, 0, 5, "hi");
    assert_int_equal(gate_call(peer, "sendmsgs"), RTMI_RC_TOO_MANY_ITEMS);
    expect_text(w, "tos is too long");

    rtmi_pack_key(&w->entries, "gids"); /* 100 in this gate */
    rtmi_pack_array(&w->entries, 101);
    for (int i = 0; i < 101; i++)
        rtmi_pack_int(&w->entries, i);
    w->entry_count++;
    assert_int_equal(gate_call(peer, "setlisten"), RTMI_RC_TOO_MANY_ITEMS);
    expect_text(w, "gids would hold 101 ids, more than the 100");
}

static void text_is_text_and_bytes_are_bytes(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    rtmi_pack_key_str(&w->entries, "attrs", (rtmi_span){(const uint8_t *)"\xff", 1});
    w->entry_count++;
    gate_message(w, 1, "to", 2, 4, "hi");
    assert_int_equal(gate_call(peer, "sendmsg"), RTMI_RC_INVALID_PARAMETER);
    expect_text(w, "attrs is not UTF-8");
}

static void one_way_quests_are_done_and_never_answered(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    gate_bool(w, "group", true);
    (void)gate_quest(peer, "setlisten", false);
    gate_message(w, 1, "gid", 2, 3, "hi");
    (void)gate_quest(peer, "sendgroupmsg", false);
    (void)gate_quest(peer, "nosuch", false);
    w->secret = "wrong";
    (void)gate_quest(peer, "addlisten", false);
    gate_turns(w);
    assert_string_equal(gate_mids(peer), "3");
    assert_int_equal(shard_get_stats(w->shards[0])->refused, 2);
}

static void the_builtins_of_fpnn(void **state)
{
    static const uint8_t garbage[] = {0xc1, 0xff};
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    rtmi_package package;
    rtmi_payload answer;
    int64_t ts = 0;

    send_plain(peer, "*ping", true, (rtmi_span){garbage, sizeof garbage}, false);
    assert_true(gate_peer_next(peer, &package));
    assert_int_equal(package.status, 0);
    assert_int_equal(rtmi_payload_open(package.payload, &answer), 0);
    assert_int_equal(rtmi_payload_get_int(&answer, "ts", &ts), 1);
    assert_int_equal(ts, GATE_WALL_MS);
    send_plain(peer, "*infos", true, (rtmi_span){garbage, 0}, false);
    assert_true(gate_peer_next(peer, &package));
    assert_int_equal(package.status != 0, true);
    assert_false(peer->is_proved);
    send_plain(peer, "*ping", false, (rtmi_span){garbage, 1}, false);
    assert_true(peer->was_cut);
    peer = gate_connect(w, 0);
    send_plain(peer, "*key", true, (rtmi_span){garbage, 1}, false);
    assert_true(peer->was_cut);
    assert_int_equal(shard_get_stats(w->shards[0])->cut, 2);
    assert_int_equal(shard_connection_count(w->shards[0]), 0);
}

static void what_cannot_be_read_is_cut(void **state)
{
    static const char *const streams[] = {
        "GET / HTTP/1.1\r\n",
        "FPNN\1\200\1\4\2\0\0\0\1\0\0\0ping\202\1", /* a map that ends early */
        "FPNN\1\200\1\4\1\0\0\0\1\0\0\0ping\300",   /* nil */
        "FPNN\1\100\1\4\2\0\0\0\1\0\0\0ping[]",     /* JSON, no object */
        "FPNN\1\200\3\4\1\0\0\0\1\0\0\0ping\200",   /* no such kind */
        "FPNN\1\200\1\4\0\0\0\1",                   /* 16 MiB of a stranger */
    };
    static const size_t lens[] = {16, 22, 21, 22, 21, 12};
    gate_world *w = *state;

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        gate_peer *peer = gate_connect(w, 0);
        gate_send(peer, (rtmi_span){(const uint8_t *)streams[i], lens[i]});
        gate_turns(w);
        assert_true(peer->was_cut);
    }
    assert_int_equal(shard_get_stats(w->shards[0])->cut, 6);
}

static void strangers_have_little_room_and_time(void **state)
{
    gate_world *w = *state;
    char big[17000];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    gate_peer *large = gate_connect(w, 0);
    gate_message(w, 1, "to", 2, 3, big);
    (void)gate_quest(large, "sendmsg", true);
    gate_turns(w);
    assert_true(large->was_cut);
    gate_peer *known = gate_connect(w, 0);
    assert_int_equal(gate_call(known, "addlisten"), 0);
    gate_message(w, 1, "to", 2, 3, big);
    assert_int_equal(gate_call(known, "sendmsg"), 0);

    gate_peer *slow = gate_connect(w, 0);
    gate_send(slow, rtmi_span_of_text("FPN"));
    gate_tick(w, 14999);
    assert_false(slow->was_cut);
    gate_tick(w, 1);
    assert_true(slow->was_cut);
    assert_false(known->was_cut);
}

/* So many pings at once, which need no proof. */
static void send_pings(gate_peer *peer, int count)
{
    rtmi_buf out;

    rtmi_buf_init(&out, 1 << 20);
    for (int i = 0; i < count; i++) {
        const size_t mark =
            rtmi_frame_begin_quest(&out, true, (uint32_t)i, rtmi_span_of_text("*ping"));
        rtmi_pack_map(&out, 0);
        rtmi_frame_end(&out, mark);
    }
    gate_send(peer, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
    gate_turns(peer->world);
}

/* Who does not take the answers that need no proof gets little memory for them. */
static void strangers_that_do_not_read_are_cut(void **state)
{
    gate_world *w = *state;
    gate_peer *deaf = gate_connect(w, 0);
    gate_peer *honest = gate_connect(w, 0);
    gate_peer *known = gate_connect(w, 0);

    assert_int_equal(gate_call(known, "addlisten"), 0);
    deaf->reads = 0;
    known->reads = 0;
    for (int i = 0; i < 10; i++) {
        if (deaf->conn != NULL)
            send_pings(deaf, 500);
        send_pings(honest, 500);
        send_pings(known, 500);
    }
    assert_true(deaf->was_cut);
    assert_false(honest->was_cut);
    assert_false(known->was_cut);
    assert_true(rtmi_buf_len(&honest->got) > 64 * 1024);
}

/* Memory for an unfinished package is not given away before its bytes are there. */
static void strangers_are_read_in_small_pieces(void **state)
{
    gate_world *w = *state;
    gate_peer *stranger = gate_connect(w, 0);
    gate_peer *known = gate_connect(w, 0);
    size_t len = 0;

    assert_int_equal(gate_call(known, "addlisten"), 0);
    gate_send(stranger, rtmi_span_of_text("FPN"));
    gate_send(known, rtmi_span_of_text("FPN"));
    assert_non_null(conn_read_space(stranger->shard, stranger->conn, &len));
    assert_int_equal(len, 4096);
    assert_non_null(conn_read_space(known->shard, known->conn, &len));
    assert_true(len > 4096);
}

static void pings_are_pushed_to_the_proved(void **state)
{
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 0);
    gate_peer *b = gate_connect(w, 0);
    gate_peer *stranger = gate_connect(w, 0);

    w->config.unproved_ms = 1000000;
    assert_int_equal(gate_call(a, "addlisten"), 0);
    gate_tick(w, 5000);
    assert_int_equal(gate_call(b, "addlisten"), 0);
    gate_tick(w, 14999);
    assert_string_equal(gate_mids(a), "");
    gate_tick(w, 1);
    assert_string_equal(gate_mids(a), "ping");
    assert_string_equal(gate_mids(b), "");
    gate_tick(w, 5000);
    assert_string_equal(gate_mids(b), "ping");
    gate_tick(w, 20000);
    assert_string_equal(gate_mids(a), "ping");
    assert_string_equal(gate_mids(stranger), "");
}

static void draining_refuses_and_finishes(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    gate_bool(w, "group", true);
    assert_int_equal(gate_call(peer, "setlisten"), 0);
    gate_message(w, 1, "gid", 2, 3, "hi");
    (void)gate_quest(peer, "sendgroupmsg", true);
    peer->reads = 0;
    shard_drain(w->shards[0]);
    assert_false(shard_is_drained(w->shards[0]));
    gate_turns(w);
    assert_false(shard_is_drained(w->shards[0])); /* not written yet */
    peer->reads = SIZE_MAX;
    gate_turns(w);
    assert_true(shard_is_drained(w->shards[0]));
    assert_string_equal(gate_mids(peer), "3");
    assert_int_equal(gate_call(peer, "addlisten"), RTMI_EC_CORE_SERVER_STOPPING);
}

static void a_full_log_answers_20011(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    rtmi_package package;
    int refused = 0;
    int done = 0;

    w->config.log_pending_bytes = 1500;
    for (int i = 0; i < 20; i++) { /* all in one turn */
        gate_message(w, 1, "gid", 2, i, "a text that takes some room, as texts do");
        (void)gate_quest(peer, "sendgroupmsg", true);
    }
    gate_turns(w);
    while (gate_peer_next(peer, &package)) {
        int64_t code = 0;
        rtmi_payload answer;
        assert_int_equal(rtmi_payload_open(package.payload, &answer), 0);
        if (package.status == 0) {
            done++;
            continue;
        }
        assert_int_equal(rtmi_payload_get_int(&answer, "code", &code), 1);
        assert_int_equal(code, RTMI_EC_CORE_WORK_QUEUE_FULL);
        refused++;
    }
    assert_int_equal(done + refused, 20);
    assert_true(done > 5 && refused > 5);
    gate_message(w, 1, "gid", 2, 100, "there is room again");
    assert_int_equal(gate_call(peer, "sendgroupmsg"), 0);
}

static void every_method_has_its_handler(void **state)
{
    gate_world *w = *state;

    for (size_t i = 0; i < rtmi_method_count(); i++) {
        const rtmi_method *method = rtmi_method_at(i);
        const op_row *row = &w->config.ops[i];
        if (row->handler == NULL)
            fail_msg("%s has no handler", method->name);
        assert_int_equal(row->side, method->side);
        assert_string_equal(row->name, method->name);
    }
}

static void answers_of_peers_are_counted_only(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    static const uint8_t answers[] = "FPNN\1\200\2\0\1\0\0\0\1\0\0\0\200"
                                     "FPNN\1\200\2\1\1\0\0\0\2\0\0\0\301";

    gate_send(peer, (rtmi_span){answers, sizeof answers - 1});
    gate_turns(w);
    assert_false(peer->was_cut);
    assert_int_equal(shard_get_stats(w->shards[0])->push_answers, 2);
    assert_int_equal(shard_get_stats(w->shards[0])->push_errors, 1);
}

/* What a stream of packages comes to when each is decoded by itself. */
typedef struct outcome {
    uint64_t quests;
    uint64_t answers;
    uint64_t errors;
    bool is_cut;
} outcome;

static outcome decode_all(const gate_world *w, rtmi_span in)
{
    outcome all = {0};
    rtmi_package package;
    int r;

    while ((r = rtmi_frame_decode(in, w->config.unproved_bytes, &package)) == 1) {
        all.quests += package.kind != RTMI_FRAME_ANSWER;
        all.answers += package.kind == RTMI_FRAME_ANSWER;
        all.errors += package.kind == RTMI_FRAME_ANSWER && package.status != 0;
        in = (rtmi_span){in.data + package.size, in.len - package.size};
    }
    all.is_cut = r < 0;
    return all;
}

/* A new peer sends them, `first` bytes before the rest. */
static void compare_with_decoded(gate_world *w, const uint8_t *bytes, size_t len, size_t first)
{
    const outcome wanted = decode_all(w, (rtmi_span){bytes, len});
    const shard_stats before = *shard_get_stats(w->shards[0]);
    gate_peer *peer = gate_connect(w, 0);

    gate_send(peer, (rtmi_span){bytes, first});
    gate_send(peer, (rtmi_span){bytes + first, len - first});
    gate_turns(w);
    const shard_stats *after = shard_get_stats(w->shards[0]);
    assert_int_equal(after->quests - before.quests, wanted.quests);
    assert_int_equal(after->push_answers - before.push_answers, wanted.answers);
    assert_int_equal(after->push_errors - before.push_errors, wanted.errors);
    assert_int_equal(peer->was_cut, wanted.is_cut);
    gate_leave(peer);
    w->peer_count--;
}

/* Empty answers are taken by a way of their own: with it, everything comes out as without. */
static void answers_come_out_as_if_decoded_one_by_one(void **state)
{
    static const uint8_t stream[] = "FPNN\1\200\2\0\1\0\0\0\1\0\0\0\200"
                                    "FPNN\1\200\2\0\1\0\0\0\2\0\0\0\200"
                                    "FPNN\1\200\1\5\1\0\0\0\7\0\0\0*ping\200"
                                    "FPNN\1\200\2\0\1\0\0\0\3\0\0\0\200"
                                    "FPNN\1\200\2\1\2\0\0\0\4\0\0\0\200\200"
                                    "FPNN\1\200\2\0\1\0\0\0\5\0\0\0\200"
                                    "FPNN\1\200\2\0\1\0\0\0\6\0\0\0\200";
    static const uint8_t values[] = {0, 1, 2, 3, 17, 64, 128, 192, 255};
    enum { QUEST_AT = 34, QUEST_END = 56 }; /* has rules of its own */
    const size_t len = sizeof stream - 1;
    gate_world *w = *state;
    uint8_t bytes[sizeof stream];

    for (size_t first = 0; first <= len; first++)
        compare_with_decoded(w, stream, len, first);
    for (w->cut = 1; w->cut < len; w->cut++)
        compare_with_decoded(w, stream, len, len);
    w->cut = 0;
    memcpy(bytes, stream, len);
    for (size_t at = 0; at < len; at++) {
        const bool is_quest = at >= QUEST_AT && at < QUEST_END;
        for (size_t i = 0; !is_quest && i < sizeof values; i++) {
            bytes[at] = values[i];
            compare_with_decoded(w, bytes, len, len);
            compare_with_decoded(w, bytes, len, (at * 7 + i) % len);
        }
        bytes[at] = stream[at];
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(signed_quests_are_let_in_at_every_cut),
        CASE(strangers_are_refused_in_the_documented_order),
        CASE(a_missing_part_of_the_sign_is_named),
        CASE(wrong_parameters_are_named),
        CASE(sizes_are_limited),
        CASE(text_is_text_and_bytes_are_bytes),
        CASE(one_way_quests_are_done_and_never_answered),
        CASE(the_builtins_of_fpnn),
        CASE(what_cannot_be_read_is_cut),
        CASE(strangers_have_little_room_and_time),
        CASE(strangers_that_do_not_read_are_cut),
        CASE(strangers_are_read_in_small_pieces),
        CASE(pings_are_pushed_to_the_proved),
        CASE(draining_refuses_and_finishes),
        CASE(a_full_log_answers_20011),
        CASE(every_method_has_its_handler),
        CASE(answers_of_peers_are_counted_only),
        CASE(answers_come_out_as_if_decoded_one_by_one),
    };

    return cmocka_run_group_tests_name("gate_core.shard", tests, NULL, NULL);
}
