/*
 * An encrypted session and a gate made of the same ciphers: the key quest goes first and in
 * clear, quests right behind it, everything can be opened at any split, and what a false or
 * broken gate does ends the connection.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fpnn/answer.h"
#include "lib/fpnn/cipher.h"
#include "lib/fpnn/frame.h"
#include "lib/rtm/message.h"
#include "lib/session/session.h"
#include "tests/support/alloc_fail.h"

#define ROOM ((size_t)1 << 20)

static const rtmi_time start = {1000, INT64_C(1700000000000)};

typedef struct gate {
    rtmi_private_key key;
    rtmi_public_key public_key;
    bool has_keys; /* `*key` has come on this connection */
    uint32_t key_seq;
    rtmi_key_quest asked;
    uint8_t asked_xy[RTMI_PUBLIC_KEY_MAX];
    rtmi_cipher *opening;
    rtmi_cipher *sealing;
    rtmi_buf raw;
    rtmi_buf plain; /* from the session */
    rtmi_buf wire;  /* to the session */
} gate;

typedef struct world {
    gate gate;
    rtmi_session *session;
    rtmi_session_config config;
    rtmi_time now;
    uint64_t random;
    int calls_ok;
    int calls_failed;
    int last_local;
    int messages;
    rtm_bytes last_text;
    char text[64];
} world;

static uint64_t next_random(void *userdata)
{
    uint64_t *state = userdata;

    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state;
}

static void on_end(const rtm_error *err, rtmi_span answer, void *userdata)
{
    world *w = userdata;

    (void)answer;
    w->calls_ok += err == NULL;
    w->calls_failed += err != NULL;
    w->last_local = err == NULL ? 0 : err->local;
}

static void on_message(const rtm_message *message, void *userdata)
{
    world *w = userdata;

    w->messages++;
    (void)snprintf(w->text, sizeof w->text, "%.*s", (int)message->msg.len, message->msg.data);
}

static void gate_new_connection(gate *g)
{
    rtmi_cipher_free(g->opening);
    rtmi_cipher_free(g->sealing);
    g->opening = g->sealing = NULL;
    g->has_keys = false;
    rtmi_buf_clear(&g->raw);
    rtmi_buf_clear(&g->plain);
    rtmi_buf_clear(&g->wire);
}

static world *world_new(rtmi_curve curve, int bits, bool is_stream)
{
    static const char secret[] = "not-a-real-secret";
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->now = start;
    w->random = 7;
    assert_int_equal(rtmi_key_pair_generate(curve, &w->gate.key, &w->gate.public_key), 0);
    rtmi_buf_init(&w->gate.raw, ROOM);
    rtmi_buf_init(&w->gate.plain, ROOM);
    rtmi_buf_init(&w->gate.wire, ROOM);
    w->config = (rtmi_session_config){
        .pid = 90000001,
        .secret = {(const uint8_t *)secret, sizeof secret - 1},
        .quest_timeout_ms = 10000,
        .keepalive_ms = 0,
        .restore_listen = true,
        .max_package_bytes = 65536,
        .max_output_bytes = 65536,
        .max_pending_calls = 100,
        .max_listen_ids = 100,
        .dedup_count = 100,
        .dedup_ms = 1000,
        .random64 = next_random,
        .random_userdata = &w->random,
        .encryption = {true, is_stream, bits, w->gate.public_key},
    };
    return w;
}

static int world_open(world *w)
{
    const rtmi_session_callbacks callbacks = {.userdata = w, .message = on_message};
    const int r = rtmi_session_new(&w->config, &w->session);

    if (r == 0)
        rtmi_session_set_callbacks(w->session, &callbacks);
    return r;
}

static void connect_to(world *w)
{
    rtmi_session_opening(w->session, w->now);
    rtmi_session_opened(w->session, w->now);
}

static void world_free(world *w)
{
    rtmi_session_free(w->session);
    gate_new_connection(&w->gate);
    rtmi_buf_deinit(&w->gate.raw);
    rtmi_buf_deinit(&w->gate.plain);
    rtmi_buf_deinit(&w->gate.wire);
    free(w);
}

/* Take `*key` from the front of the raw bytes, once all of it is there. */
static void take_key(gate *g)
{
    rtmi_package package;
    rtmi_cipher_keys keys;

    if (rtmi_frame_decode(rtmi_buf_span(&g->raw), ROOM, &package) != 1)
        return;
    assert_int_equal(package.kind, RTMI_FRAME_TWOWAY);
    assert_int_equal(package.method.len, 4);
    assert_memory_equal(package.method.data, "*key", 4);
    assert_int_equal(rtmi_key_quest_decode(package.payload, &g->asked), 0);
    assert_int_equal(rtmi_key_agree(&g->key, g->asked.public_key, g->asked.bits, &keys), 0);
    memcpy(g->asked_xy, g->asked.public_key.data, g->asked.public_key.len);
    assert_int_equal(rtmi_cipher_new(&keys, g->asked.is_stream, false, &g->opening), 0);
    assert_int_equal(rtmi_cipher_new(&keys, g->asked.is_stream, true, &g->sealing), 0);
    g->key_seq = package.seq;
    g->has_keys = true;
    rtmi_buf_consume(&g->raw, package.size);
}

/* The gate hears what the session writes, at most `step` bytes at a time. */
static void hear(world *w, size_t step)
{
    gate *g = &w->gate;

    for (;;) {
        const rtmi_span out = rtmi_session_get_output(w->session);
        const size_t len = out.len < step ? out.len : step;
        if (len == 0)
            return;
        rtmi_buf_append(&g->raw, out.data, len);
        rtmi_session_sent(w->session, len);
        if (!g->has_keys)
            take_key(g);
        if (g->has_keys)
            assert_int_equal(rtmi_cipher_open(g->opening, &g->raw, ROOM, &g->plain), 0);
    }
}

/* The sequence number of the next quest heard, which must be of this method. */
static uint32_t next_quest(world *w, const char *method)
{
    rtmi_package package;

    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&w->gate.plain), ROOM, &package), 1);
    assert_int_equal(package.method.len, strlen(method));
    assert_memory_equal(package.method.data, method, package.method.len);
    rtmi_buf_consume(&w->gate.plain, package.size);
    return package.seq;
}

static void seal_answer(world *w, uint32_t seq)
{
    rtmi_buf plain;

    rtmi_buf_init(&plain, ROOM);
    rtmi_answer_empty(&plain, seq);
    assert_int_equal(rtmi_cipher_seal(w->gate.sealing, rtmi_buf_span(&plain), &w->gate.wire), 0);
    rtmi_buf_deinit(&plain);
}

static void seal_push(world *w, uint32_t seq, int64_t mid, const char *text)
{
    const rtm_message message = {
        .kind = RTM_KIND_GROUP,
        .mtype = 51,
        .from = 7,
        .to = 3,
        .mid = mid,
        .mtime_ms = 1700000000123,
        .msg = {text, strlen(text)},
        .attrs = {"", 0},
    };
    rtmi_buf plain;

    rtmi_buf_init(&plain, ROOM);
    rtmi_message_encode(&plain, seq, &message, 0);
    assert_int_equal(rtmi_cipher_seal(w->gate.sealing, rtmi_buf_span(&plain), &w->gate.wire), 0);
    rtmi_buf_deinit(&plain);
}

/* Bytes for the session, `step` at a time; what it says last. */
static int tell_bytes(world *w, rtmi_span bytes, size_t step)
{
    int r = 0;

    while (bytes.len > 0 && r == 0) {
        size_t room;
        uint8_t *space = rtmi_session_read_space(w->session, &room);
        const size_t len = bytes.len < step ? bytes.len : step;
        if (room < len)
            return RTM_E_NOMEM;
        memcpy(space, bytes.data, len);
        r = rtmi_session_read_done(w->session, len, w->now);
        bytes = (rtmi_span){bytes.data + len, bytes.len - len};
    }
    return r;
}

static int tell(world *w, size_t step)
{
    const int r = tell_bytes(w, rtmi_buf_span(&w->gate.wire), step);

    rtmi_buf_clear(&w->gate.wire);
    return r;
}

static int call(world *w)
{
    return rtmi_session_call(w->session, rtmi_span_of_text("anything"), 0, (rtmi_span){NULL, 0}, 0,
                             w->now, on_end, w, NULL);
}

/* A connection from the key to a push and its answer. */
static void check_connection(world *w, size_t step)
{
    const int ok = w->calls_ok;
    const int messages = w->messages;

    assert_false(rtmi_session_is_ready(w->session));
    assert_int_equal(call(w), 0); /* goes out behind `*key`, before its answer */
    hear(w, step);
    assert_true(w->gate.has_keys);
    assert_int_equal(w->gate.asked.bits, w->config.encryption.bits);
    assert_int_equal(w->gate.asked.is_stream, w->config.encryption.is_stream);
    const uint32_t seq = next_quest(w, "anything");
    assert_false(rtmi_session_is_ready(w->session));
    seal_answer(w, w->gate.key_seq);
    seal_push(w, 900, 1 + w->messages, "over the wall");
    seal_answer(w, seq);
    assert_int_equal(tell(w, step), 0);
    assert_true(rtmi_session_is_ready(w->session));
    /* The push waits until the driver goes on; answers do not. */
    assert_int_equal(w->calls_ok, ok + 1);
    assert_int_equal(w->messages, messages);
    rtmi_session_set_paused(w->session, false);
    assert_true(rtmi_session_get_deadline(w->session) <= w->now.mono_ms);
    assert_int_equal(rtmi_session_tick(w->session, w->now), 0);
    assert_int_equal(w->messages, messages + 1);
    assert_string_equal(w->text, "over the wall");
    hear(w, step);
    rtmi_package package;
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&w->gate.plain), ROOM, &package), 1);
    assert_int_equal(package.kind, RTMI_FRAME_ANSWER);
    assert_int_equal(package.seq, 900);
}

static void test_every_way(void **state)
{
    (void)state;
    for (int curve = RTMI_CURVE_SECP256K1; curve <= RTMI_CURVE_SECP192R1; curve++) {
        for (int way = 0; way < 4; way++) {
            const size_t steps[] = {1, 7, ROOM};
            for (size_t i = 0; i < 3; i++) {
                world *w = world_new((rtmi_curve)curve, way < 2 ? 128 : 256, way % 2 == 1);
                assert_int_equal(world_open(w), 0);
                connect_to(w);
                check_connection(w, steps[i]);
                world_free(w);
            }
        }
    }
}

static void test_new_pair_after_a_cut(void **state)
{
    uint8_t first[RTMI_PUBLIC_KEY_MAX];
    world *w = world_new(RTMI_CURVE_SECP256K1, 128, true);

    (void)state;
    assert_int_equal(world_open(w), 0);
    connect_to(w);
    check_connection(w, ROOM);
    memcpy(first, w->gate.asked_xy, sizeof first);
    assert_int_equal(call(w), 0);
    rtmi_session_closed(w->session, RTM_E_LOST, true, w->now);
    assert_int_equal(rtmi_session_tick(w->session, w->now), 0);
    assert_int_equal(w->calls_failed, 1);
    assert_int_equal(w->last_local, RTM_E_LOST);
    assert_false(rtmi_session_is_ready(w->session));
    gate_new_connection(&w->gate);
    connect_to(w);
    check_connection(w, ROOM);
    assert_memory_not_equal(first, w->gate.asked_xy, sizeof first);
    world_free(w);
}

/* A refusal, which a gate may send, also ends the connection. */
static void test_refused(void **state)
{
    rtmi_buf plain;
    world *w = world_new(RTMI_CURVE_SECP256R1, 128, false);

    (void)state;
    assert_int_equal(world_open(w), 0);
    connect_to(w);
    hear(w, ROOM);
    rtmi_buf_init(&plain, ROOM);
    rtmi_answer_error(&plain, w->gate.key_seq, 20001, rtmi_span_of_text("no"));
    assert_int_equal(rtmi_cipher_seal(w->gate.sealing, rtmi_buf_span(&plain), &w->gate.wire), 0);
    rtmi_buf_deinit(&plain);
    assert_int_equal(tell(w, ROOM), RTM_E_SECURITY);
    assert_true(rtmi_session_wants_close(w->session));
    assert_int_equal(rtmi_session_get_failure(w->session), RTM_E_SECURITY);
    rtmi_session_closed(w->session, RTM_E_SECURITY, true, w->now);
    assert_false(rtmi_session_wants_close(w->session));
    world_free(w);
}

/* A gate without the private key can answer nothing that opens to a package. */
static void test_false_gate(void **state)
{
    (void)state;
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        world *w = world_new(RTMI_CURVE_SECP256K1, 128, is_stream == 1);
        rtmi_buf plain;
        const rtmi_cipher_keys wrong = {.key_len = 16};
        assert_int_equal(world_open(w), 0);
        connect_to(w);
        hear(w, ROOM);
        rtmi_buf_init(&plain, ROOM);
        rtmi_answer_empty(&plain, w->gate.key_seq);
        /* In clear. */
        assert_true(tell_bytes(w, rtmi_buf_span(&plain), ROOM) < 0);
        assert_false(rtmi_session_is_ready(w->session));
        rtmi_session_closed(w->session, RTM_E_SECURITY, true, w->now);
        /* With another key. */
        gate_new_connection(&w->gate);
        connect_to(w);
        hear(w, ROOM);
        rtmi_cipher_free(w->gate.sealing);
        assert_int_equal(rtmi_cipher_new(&wrong, is_stream == 1, true, &w->gate.sealing), 0);
        assert_int_equal(rtmi_cipher_seal(w->gate.sealing, rtmi_buf_span(&plain), &w->gate.wire),
                         0);
        assert_true(tell(w, ROOM) < 0);
        assert_false(rtmi_session_is_ready(w->session));
        rtmi_buf_deinit(&plain);
        world_free(w);
    }
}

/* The ceiling of the output holds; what does not fit is refused and nothing is torn. */
static void test_output_is_bounded(void **state)
{
    size_t sent = 0;
    int r = 0;
    world *w = world_new(RTMI_CURVE_SECP256K1, 128, false);

    (void)state;
    w->config.max_output_bytes = 4096;
    w->config.max_pending_calls = 1000;
    assert_int_equal(world_open(w), 0);
    connect_to(w);
    /* The peer takes nothing: half of it is sealed, the rest waits in clear. */
    while ((r = call(w)) == 0) {
        sent++;
        (void)rtmi_session_get_output(w->session);
    }
    assert_int_equal(r, RTM_E_FULL);
    assert_true(sent > 10 && sent < 100);
    hear(w, ROOM);
    for (size_t i = 0; i < sent; i++)
        (void)next_quest(w, "anything");
    assert_int_equal(rtmi_buf_len(&w->gate.plain), 0);
    assert_int_equal(call(w), 0);
    world_free(w);
}

/* The next read takes exactly `room`, and brings as much; returns what is left. */
static rtmi_span read_full(world *w, rtmi_span bytes, size_t room)
{
    size_t there;
    uint8_t *space = rtmi_session_read_space(w->session, &there);

    assert_int_equal(there, room);
    assert_true(bytes.len >= room);
    memcpy(space, bytes.data, room);
    assert_int_equal(rtmi_session_read_done(w->session, room, w->now), 0);
    return (rtmi_span){bytes.data + room, bytes.len - room};
}

/* Answers that are sealed have not left, either: reads grow only when they have. */
static void test_sealed_answers_hold_reads_small(void **state)
{
    enum { LEAST = 256 * 1024 };
    static char text[1001];
    size_t room;
    world *w = world_new(RTMI_CURVE_SECP256K1, 128, true);

    (void)state;
    w->config.max_output_bytes = (size_t)64 << 20;
    assert_int_equal(world_open(w), 0);
    connect_to(w);
    check_connection(w, ROOM);
    memset(text, 'x', sizeof text - 1);
    for (uint32_t n = 0; rtmi_buf_len(&w->gate.wire) < 3 * LEAST; n++)
        seal_push(w, n, 1000 + n, text);
    rtmi_span bytes = read_full(w, rtmi_buf_span(&w->gate.wire), LEAST);
    rtmi_session_sent(w->session, rtmi_session_get_output(w->session).len - 1);
    (void)read_full(w, bytes, 2 * LEAST);
    assert_non_null(rtmi_session_read_space(w->session, &room));
    assert_int_equal(room, LEAST);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way),
        cmocka_unit_test(test_new_pair_after_a_cut),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_false_gate),
        cmocka_unit_test(test_output_is_bounded),
        cmocka_unit_test(test_sealed_answers_hold_reads_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
