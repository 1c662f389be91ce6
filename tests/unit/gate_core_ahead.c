/*
 * Signatures that are checked before their turn: a read full of quests, good and bad ones in any
 * order, must end as if each had come alone, wherever the read is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/auth.h"
#include "gate/core/shard_impl.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "tests/support/gate_world.h"

enum { STREAM_MAX = 1 << 18, PACKAGES_MAX = 90 };

/* Packages one behind the other, as one peer sends them. */
typedef struct script {
    uint8_t bytes[STREAM_MAX];
    size_t len;
    size_t ends[PACKAGES_MAX];
    size_t count;
    uint64_t random;
} script;

/* How a quest differs from a good one. */
typedef struct quest {
    const char *method;
    const char *secret;
    int32_t pid;
    int64_t ts_shift_s;
    bool is_oneway;
    bool is_json;
    bool has_auth_last;   /* and an unknown map in front */
    bool has_float_salt;  /* as JavaScript sends it */
    bool has_text_salt;   /* of a wrong type */
    bool has_binary_keys; /* legal, and unusual */
    bool has_pid_twice;   /* the first counts */
    bool lacks_ts;
    bool is_torn;         /* a payload that ends inside a value: the connection is cut */
    bool is_signed_twice; /* two signs, of which the first is wrong */
    size_t text_len;
} quest;

typedef struct outcome {
    uint8_t sent[1 << 18];
    size_t len;
    shard_stats stats;
    bool was_cut;
} outcome;

static uint64_t draw(script *s, uint64_t below)
{
    s->random += UINT64_C(0x9e3779b97f4a7c15);
    return rtmi_mix64(s->random) % below;
}

static int open_world(void **state)
{
    *state = gate_world_new(1);
    return 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

static void add(script *s, rtmi_span package)
{
    assert_true(s->count < PACKAGES_MAX && s->len + package.len <= STREAM_MAX);
    memcpy(s->bytes + s->len, package.data, package.len);
    s->len += package.len;
    s->ends[s->count++] = s->len;
}

static void put_key(rtmi_buf *out, const quest *how, const char *key)
{
    if (how->has_binary_keys)
        rtmi_pack_bin(out, rtmi_span_of_text(key));
    else
        rtmi_pack_key(out, key);
}

static uint32_t put_auth(rtmi_buf *out, const quest *how, int64_t salt, int64_t ts, rtmi_span sign)
{
    uint32_t count = 3;

    put_key(out, how, "pid");
    rtmi_pack_int(out, how->pid);
    if (how->has_pid_twice) {
        put_key(out, how, "pid");
        rtmi_pack_int(out, 5);
        count++;
    }
    if (how->is_signed_twice) {
        put_key(out, how, "sign");
        rtmi_pack_str(out, rtmi_span_of_text("00000000000000000000000000000000"));
        count++;
    }
    put_key(out, how, "sign");
    rtmi_pack_str(out, sign);
    put_key(out, how, "salt");
    if (how->has_float_salt)
        rtmi_pack_double(out, (double)salt);
    else if (how->has_text_salt)
        rtmi_pack_str(out, rtmi_span_of_text("7"));
    else
        rtmi_pack_int(out, salt);
    if (!how->lacks_ts) {
        put_key(out, how, "ts");
        rtmi_pack_int(out, ts);
        count++;
    }
    return count;
}

static uint32_t put_message(script *s, rtmi_buf *out, const quest *how)
{
    static uint8_t text[20000];

    memset(text, 'x', sizeof text);
    rtmi_pack_key_int(out, "mtype", 51);
    rtmi_pack_key_int(out, "from", 7);
    rtmi_pack_key_int(out, "gid", 1);
    rtmi_pack_key_int(out, "mid", 1 + (int64_t)draw(s, 1000)); /* repeats are likely */
    rtmi_pack_key_str(out, "msg", (rtmi_span){text, how->text_len});
    rtmi_pack_key_str(out, "attrs", rtmi_span_of_text(""));
    return 6;
}

static void put_json(script *s, gate_world *w, const quest *how, int64_t salt, const char *sign)
{
    char text[400];
    rtmi_buf out;

    (void)snprintf(
        text, sizeof text, "{\"pid\":%d,\"sign\":\"%.32s\",\"salt\":%lld,\"ts\":%lld,\"gids\":[1]}",
        (int)how->pid, sign, (long long)salt, (long long)(w->now.wall_ms / 1000 + how->ts_shift_s));
    rtmi_buf_init(&out, 1 << 12);
    const size_t mark = rtmi_frame_begin_quest(&out, !how->is_oneway, (uint32_t)s->count + 1,
                                               rtmi_span_of_text("addlisten"));
    rtmi_buf_append_span(&out, rtmi_span_of_text(text));
    rtmi_frame_end(&out, mark);
    rtmi_frame_mark_json(&out, mark);
    add(s, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
}

static void put(script *s, gate_world *w, const quest *how)
{
    const int64_t salt = 1 + (int64_t)draw(s, UINT64_C(1) << (how->has_float_salt ? 50 : 62));
    const int64_t ts = w->now.wall_ms / 1000 + how->ts_shift_s;
    const rtmi_span method = rtmi_span_of_text(how->is_json ? "addlisten" : how->method);
    rtmi_buf out;
    rtmi_buf auth;
    char hex[RTMI_SIGN_LEN];

    assert_true(
        rtmi_sign(w->signer, how->pid, rtmi_span_of_text(how->secret), salt, method, ts, hex));
    if (how->is_json) {
        put_json(s, w, how, salt, hex);
        return;
    }
    rtmi_buf_init(&out, 1 << 16);
    rtmi_buf_init(&auth, 1 << 10);
    uint32_t count = put_auth(&auth, how, salt, ts, (rtmi_span){(const uint8_t *)hex, sizeof hex});
    const size_t mark =
        rtmi_frame_begin_quest(&out, !how->is_oneway, (uint32_t)s->count + 1, method);
    rtmi_pack_map(&out, count + 6 + (how->has_auth_last ? 1 : 0));
    if (how->has_auth_last) {
        rtmi_pack_key(&out, "unknown");
        rtmi_pack_map(&out, 1);
        rtmi_pack_key_int(&out, "pid", 7);
        (void)put_message(s, &out, how);
    }
    rtmi_buf_append_span(&out, rtmi_buf_span(&auth));
    if (!how->has_auth_last)
        (void)put_message(s, &out, how);
    if (how->is_torn)
        rtmi_buf_rewind(&out, rtmi_buf_len(&out) - 1);
    rtmi_frame_end(&out, mark);
    add(s, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
    rtmi_buf_deinit(&auth);
}

static void put_other(script *s, bool is_answer)
{
    rtmi_buf out;

    rtmi_buf_init(&out, 256);
    if (is_answer) {
        rtmi_answer_empty(&out, 1);
    } else {
        const size_t mark =
            rtmi_frame_begin_quest(&out, true, (uint32_t)s->count + 1, rtmi_span_of_text("*ping"));
        rtmi_pack_map(&out, 0);
        rtmi_frame_end(&out, mark);
    }
    add(s, rtmi_buf_span(&out));
    rtmi_buf_deinit(&out);
}

/* Mostly good quests; `may_end`: some break the connection. */
static void put_any(script *s, gate_world *w, bool may_end)
{
    /* Of another row than most, of another side, of none. */
    static const char *const others[] = {"nosuch", "sendroommsg", "broadcastmsg",
                                         "auth",   "ping",        "sendgroupfile"};
    quest how = {
        .method = "sendgroupmsg", .secret = GATE_SECRET, .pid = GATE_PID, .text_len = draw(s, 120)};

    switch (draw(s, may_end ? 36 : 34)) {
    case 0:
        how.is_oneway = true;
        break;
    case 1:
        how.secret = "wrong";
        break;
    case 2:
    case 3:
        how.secret = GATE_SECRET_OLD;
        break;
    case 4:
        how.pid = GATE_PID_2;
        how.secret = GATE_SECRET_2;
        break;
    case 5:
        how.ts_shift_s = draw(s, 2) == 0 ? -301 : 9999;
        break;
    case 6:
    case 32:
    case 33:
        how.method = others[draw(s, sizeof others / sizeof others[0])];
        break;
    case 7:
        put_other(s, draw(s, 2) == 0);
        return;
    case 8:
        how.is_json = true;
        break;
    case 9:
        how.has_auth_last = true;
        break;
    case 10:
        how.has_float_salt = true;
        break;
    case 11:
        how.has_text_salt = true;
        break;
    case 12:
        how.has_binary_keys = true;
        break;
    case 13:
        how.has_pid_twice = true;
        break;
    case 14:
        how.lacks_ts = true;
        break;
    case 15:
        how.is_signed_twice = true;
        break;
    case 16:
        how.text_len = 17000; /* more than a stranger may send */
        break;
    case 17:
        how.pid = 5;
        break;
    case 34:
        how.is_torn = true;
        break;
    default:
        break;
    }
    put(s, w, &how);
}

static void make_script(script *s, gate_world *w, uint64_t seed, size_t count, bool may_end)
{
    s->len = s->count = 0;
    s->random = seed;
    while (s->count < count)
        put_any(s, w, may_end);
}

/* One peer sends the script in parts: those that end at `cuts`, and the rest. */
static void play(gate_world *w, const script *s, const size_t *cuts, size_t cut_count, outcome *ret)
{
    size_t at = 0;

    gate_world_close(w);
    w->random = 1;
    assert_true(gate_world_open(w));
    gate_peer *peer = gate_connect(w, 0);
    for (size_t i = 0; i <= cut_count; i++) {
        const size_t end = i < cut_count ? cuts[i] : s->len;
        if (peer->conn != NULL)
            gate_send(peer, (rtmi_span){s->bytes + at, end - at});
        at = end;
    }
    gate_turns(w);
    const rtmi_span got = rtmi_buf_span(&peer->got);
    assert_true(got.len <= sizeof ret->sent);
    if (got.len > 0)
        memcpy(ret->sent, got.data, got.len);
    ret->len = got.len;
    ret->was_cut = peer->was_cut;
    ret->stats = *shard_get_stats(w->shards[0]);
}

static void expect_same(const outcome *got, const outcome *expected)
{
    assert_int_equal(got->was_cut, expected->was_cut);
    assert_int_equal(got->len, expected->len);
    assert_memory_equal(got->sent, expected->sent, expected->len);
    assert_memory_equal(&got->stats, &expected->stats, sizeof expected->stats);
}

static void a_read_ends_as_its_quests_alone_would(void **state)
{
    gate_world *w = *state;
    script *s = calloc(1, sizeof *s);
    outcome *alone = calloc(1, sizeof *alone);
    outcome *together = calloc(1, sizeof *together);
    uint64_t refused = 0;
    uint64_t records = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        make_script(s, w, seed << 20, 2 + seed % 80, seed % 3 == 0);
        play(w, s, s->ends, s->count - 1, alone);
        play(w, s, NULL, 0, together);
        expect_same(together, alone);
        refused += alone->stats.refused;
        records += alone->stats.records;
    }
    assert_true(refused > 200 && records > 400); /* both have been there */
    free(s);
    free(alone);
    free(together);
}

static void it_does_not_matter_where_a_read_is_cut(void **state)
{
    gate_world *w = *state;
    script *s = calloc(1, sizeof *s);
    outcome *alone = calloc(1, sizeof *alone);
    outcome *parts = calloc(1, sizeof *parts);

    make_script(s, w, 77, 36, false);
    play(w, s, s->ends, s->count - 1, alone);
    for (size_t cut = 1; cut < s->len; cut += 23) {
        const size_t cuts[2] = {cut, cut + (s->len - cut) / 2};
        play(w, s, cuts, 2, parts);
        expect_same(parts, alone);
    }
    for (size_t i = 0; i + 1 < s->count; i++) { /* just behind a package */
        play(w, s, &s->ends[i], 1, parts);
        expect_same(parts, alone);
    }
    free(s);
    free(alone);
    free(parts);
}

/* Reads go to the same memory: what was right there says nothing about what comes next. */
static void what_a_read_knew_is_forgotten(void **state)
{
    gate_world *w = *state;
    const quest good = {.method = "sendgroupmsg", .secret = GATE_SECRET, .pid = GATE_PID};
    script *s = calloc(1, sizeof *s);
    quest_params params;
    rtmi_package package;

    s->random = 5;
    while (s->count < 12)
        put(s, w, &good);
    gate_world_close(w);
    assert_true(gate_world_open(w));
    /* One is cut at its third quest: what stands behind is known to be right, and not asked for. */
    uint8_t *const last = &s->bytes[s->ends[2] - 1];
    assert_int_equal(*last, 0xa0);
    *last = 0xc1;
    gate_peer *one = gate_connect(w, 0);
    gate_send(one, (rtmi_span){s->bytes, s->len});
    assert_true(conn_wants_close(one->conn));
    assert_int_equal(shard_get_stats(w->shards[0])->refused, 0);
    /* Another sends the same, but for the signatures from there on. */
    *last = 0xa0;
    for (size_t i = 3; i < s->count; i++) {
        const rtmi_span rest = {s->bytes + s->ends[i - 1], s->ends[i] - s->ends[i - 1]};
        assert_int_equal(rtmi_frame_decode(rest, SIZE_MAX, &package), 1);
        assert_int_equal(params_read(&w->shards[0]->known, NULL, package.payload, &params), 0);
        s->bytes[params.auth.sign.data - s->bytes] ^= 1;
    }
    gate_send(gate_connect(w, 0), (rtmi_span){s->bytes, s->len});
    assert_int_equal(shard_get_stats(w->shards[0])->refused, s->count - 3);
    free(s);
}

static void sixteen_are_known_when_one_is_asked_for(void **state)
{
    gate_world *w = *state;
    const quest good = {.method = "sendgroupmsg", .secret = GATE_SECRET, .pid = GATE_PID};
    const quest old = {.method = "sendgroupmsg", .secret = GATE_SECRET_OLD, .pid = GATE_PID};
    const quest wrong = {.method = "sendgroupmsg", .secret = "wrong", .pid = GATE_PID};
    const quest other = {.method = "sendgroupmsg", .secret = GATE_SECRET_2, .pid = GATE_PID_2};
    const rtmi_method *method = rtmi_method_find(RTMI_SERVER, rtmi_span_of_text("sendgroupmsg"));
    script *s = calloc(1, sizeof *s);
    quest_params own;
    rtmi_package package;
    size_t at = 0;

    s->random = 9;
    for (size_t i = 0; i < 20; i++) { /* all that can be told apart, and one that is passed over */
        put(s, w, i % 4 == 1 ? &old : i % 4 == 3 ? &wrong : &good);
        if (i == 5) {
            put(s, w, &other);
            put_other(s, true);
        }
    }
    gate_world_close(w);
    assert_true(gate_world_open(w));
    shard *on = w->shards[0];
    for (size_t i = 0; i < s->count; i++, at += package.size) {
        const rtmi_span rest = {s->bytes + at, s->len - at};
        assert_int_equal(rtmi_frame_decode(rest, SIZE_MAX, &package), 1);
        on->ahead.behind = (rtmi_span){rest.data + package.size, rest.len - package.size};
        assert_int_equal(params_read(&on->known, method, package.payload, &own), 0);
        if (own.auth.pid != GATE_PID)
            continue;
        const size_t nth = i < 6 ? i : i - 2;
        /* The first and the seventeenth are read alone, and what is behind them with them. */
        const quest_params *known = ahead_find(&on->ahead, package.payload.data, method);
        assert_int_equal(known != NULL, nth % RTMI_SIGN_RUN != 0);
        assert_null(ahead_find(&on->ahead, package.payload.data, NULL)); /* another row */
        if (known != NULL) {
            assert_int_equal(known->auth.salt, own.auth.salt);
            assert_int_equal(known->args[RTMI_P_SEND_MID].token.integer,
                             own.args[RTMI_P_SEND_MID].token.integer);
        }
        assert_int_equal(ahead_is_signed(on, &w->projects[0], &own.auth, package.method),
                         nth % 4 != 3);
        assert_int_equal(on->ahead.count, nth < RTMI_SIGN_RUN ? AHEAD_MAX : 20 - RTMI_SIGN_RUN - 1);
        assert_int_equal(on->ahead.next, nth % RTMI_SIGN_RUN == 0 ? 0 : nth % RTMI_SIGN_RUN - 1);
    }
    ahead_forget(&on->ahead);
    assert_int_equal(on->ahead.count, 0);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_read_ends_as_its_quests_alone_would, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(it_does_not_matter_where_a_read_is_cut, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(what_a_read_knew_is_forgotten, open_world, close_world),
        cmocka_unit_test_setup_teardown(sixteen_are_known_when_one_is_asked_for, open_world,
                                        close_world),
    };

    return cmocka_run_group_tests_name("gate_core.ahead", tests, NULL, NULL);
}
