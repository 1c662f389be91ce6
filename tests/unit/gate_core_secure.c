/*
 * Encrypted connections of the gate: the published sessions against a shard, at every cut, and
 * what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/fpnn/cipher.h"
#include "lib/fpnn/pack.h"
#include "tests/support/encryption_vectors.h"
#include "tests/support/gate_world.h"
#include "tests/support/held_files.h"

#define STREAM_MAX ((size_t)4 << 20)

/* A peer that encrypts; what it sends and gets is plain on this side. */
typedef struct secret_peer {
    gate_peer *peer;
    rtmi_cipher *sealing;
    rtmi_cipher *opening;
    rtmi_buf got;
    rtmi_buf wire;
} secret_peer;

static gate_door door_of(const session_vector *v, gate_encryption encryption)
{
    return (gate_door){.encryption = encryption,
                       .key = vector_private_key(v->curve, &v->server_private)};
}

static void secret_init(secret_peer *self, const session_vector *v, gate_peer *peer)
{
    const rtmi_private_key client = vector_private_key(v->curve, &v->client_private);
    rtmi_cipher_keys keys;

    *self = (secret_peer){.peer = peer};
    assert_int_equal(rtmi_key_agree(&client, vector_span(&v->server_public), v->bits, &keys), 0);
    assert_int_equal(rtmi_cipher_new(&keys, v->is_stream, true, &self->sealing), 0);
    assert_int_equal(rtmi_cipher_new(&keys, v->is_stream, false, &self->opening), 0);
    rtmi_buf_init(&self->got, STREAM_MAX);
    rtmi_buf_init(&self->wire, STREAM_MAX);
}

static void secret_deinit(secret_peer *self)
{
    rtmi_cipher_free(self->sealing);
    rtmi_cipher_free(self->opening);
    rtmi_buf_deinit(&self->got);
    rtmi_buf_deinit(&self->wire);
}

/* Open all that came. */
static void secret_take(secret_peer *self)
{
    assert_int_equal(rtmi_cipher_open(self->opening, &self->peer->got, STREAM_MAX, &self->got), 0);
}

/* The next package, which must be a good answer with this number and payload. */
static void expect_empty_answer(secret_peer *self, uint32_t seq)
{
    rtmi_package package;

    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&self->got), STREAM_MAX, &package), 1);
    assert_int_equal(package.kind, RTMI_FRAME_ANSWER);
    assert_int_equal(package.status, 0);
    assert_int_equal(package.seq, seq);
    assert_int_equal(package.payload.len, 1);
    rtmi_buf_consume(&self->got, package.size);
}

/* All quests of a session: the first answer to the byte, then one for each two-way quest. */
static void check_session(gate_world *w, const session_vector *v, size_t cut)
{
    secret_peer self;
    size_t answers = 0;
    size_t expected = 0;
    rtmi_package package;
    rtmi_buf up;

    w->cut = cut;
    w->peer_count = 0;
    secret_init(&self, v, gate_connect(w, 0));
    rtmi_buf_init(&up, STREAM_MAX);
    for (size_t i = 0; i < v->up.count; i++) {
        rtmi_buf_append_span(&up, vector_span(&v->up.wire[i]));
        assert_int_equal(rtmi_frame_decode(vector_span(&v->up.plain[i]), STREAM_MAX, &package), 1);
        expected += package.kind == RTMI_FRAME_TWOWAY;
    }
    gate_send(self.peer, rtmi_buf_span(&up));
    gate_turns(w);
    assert_false(self.peer->was_cut);
    assert_true(rtmi_buf_len(&self.peer->got) >= v->down.wire[0].len);
    assert_memory_equal(rtmi_buf_span(&self.peer->got).data, v->down.wire[0].data,
                        v->down.wire[0].len);
    secret_take(&self);
    while (rtmi_frame_decode(rtmi_buf_span(&self.got), STREAM_MAX, &package) == 1) {
        assert_int_equal(package.kind, RTMI_FRAME_ANSWER);
        answers++;
        rtmi_buf_consume(&self.got, package.size);
    }
    assert_int_equal(rtmi_buf_len(&self.got), 0);
    assert_int_equal(answers, expected);
    gate_leave(self.peer);
    rtmi_buf_deinit(&up);
    secret_deinit(&self);
}

static void test_published_sessions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ENCRYPTION_SESSIONS; i++) {
        const session_vector *v = &encryption_sessions[i];
        const gate_door door =
            door_of(v, i % 2 == 0 ? GATE_ENCRYPTION_ALLOWED : GATE_ENCRYPTION_REQUIRED);
        gate_world *w = gate_world_new(1);
        assert_true(gate_world_open(w));
        w->door = &door;
        for (size_t cut = 0; cut < 64; cut++)
            check_session(w, v, cut);
        check_session(w, v, v->up.wire[0].len);
        check_session(w, v, v->up.wire[0].len + 1);
        check_session(w, v, v->up.wire[0].len + 5);
        gate_world_free(w);
    }
}

/* Listen and be pushed to, more than is sealed at a time, by a peer that reads slowly. */
static void check_pushes(const session_vector *v)
{
    enum { COUNT = 600 };
    static char text[1500];
    const gate_door door = door_of(v, GATE_ENCRYPTION_REQUIRED);
    gate_world *w = gate_world_new(1);
    secret_peer self;
    rtmi_package package;
    uint64_t pushes = 0;

    memset(text, 'x', sizeof text - 1);
    w->config.queue_bytes = 1 << 21;
    assert_true(gate_world_open(w));
    gate_peer *sender = gate_connect(w, 0);
    w->door = &door;
    secret_init(&self, v, gate_connect(w, 0));

    /* The quest that the world encodes is sealed here, behind *key. */
    gate_send(self.peer, vector_span(&v->up.wire[0]));
    gate_bool(w, "group", true);
    gate_bool(w, "p2p", false);
    gate_bool(w, "room", false);
    gate_bool(w, "ev", false);
    const rtmi_span quest = gate_encode(w, "setlisten", true, 77);
    assert_int_equal(rtmi_cipher_seal(self.sealing, quest, &self.wire), 0);
    gate_send(self.peer, rtmi_buf_span(&self.wire));
    gate_turns(w);
    assert_true(self.peer->is_proved);
    secret_take(&self);
    assert_int_equal(rtmi_frame_decode(vector_span(&v->up.plain[0]), STREAM_MAX, &package), 1);
    expect_empty_answer(&self, package.seq);
    expect_empty_answer(&self, 77);

    self.peer->reads = 0;
    for (int64_t mid = 1; mid <= COUNT; mid++) {
        gate_message(w, 5, "gid", 9, mid, text);
        assert_int_equal(gate_call(sender, "sendgroupmsg"), 0);
    }
    self.peer->reads = 1000;
    for (int64_t turn = 0; turn < 2000 && pushes < COUNT; turn++) {
        gate_turns(w);
        secret_take(&self);
        while (rtmi_frame_decode(rtmi_buf_span(&self.got), STREAM_MAX, &package) == 1) {
            assert_true(rtmi_span_is(package.method, "pushgroupmsg"));
            pushes++;
            rtmi_buf_consume(&self.got, package.size);
        }
    }
    assert_int_equal(pushes, COUNT);
    gate_leave(self.peer);
    secret_deinit(&self);
    gate_world_free(w);
}

static void test_pushes_are_sealed(void **state)
{
    (void)state;
    check_pushes(&encryption_sessions[0]);
    for (size_t i = 0; i < ENCRYPTION_SESSIONS; i++) {
        if (encryption_sessions[i].is_stream) {
            check_pushes(&encryption_sessions[i]);
            return;
        }
    }
}

/* The slow policy drops what is not sealed yet, and what arrives can be opened. */
static void test_slow_peers_lose_whole_pushes(void **state)
{
    const session_vector *v = &encryption_sessions[0];
    const gate_door door = door_of(v, GATE_ENCRYPTION_ALLOWED);
    gate_world *w = gate_world_new(1);
    secret_peer self;
    rtmi_package package;
    size_t pushes = 0;

    (void)state;
    w->config.queue_pushes = 16;
    assert_true(gate_world_open(w));
    gate_peer *sender = gate_connect(w, 0);
    w->door = &door;
    secret_init(&self, v, gate_connect(w, 0));
    gate_send(self.peer, vector_span(&v->up.wire[0]));
    gate_value(w, "gids", "[9]");
    const rtmi_span quest = gate_encode(w, "addlisten", true, 5);
    assert_int_equal(rtmi_cipher_seal(self.sealing, quest, &self.wire), 0);
    gate_send(self.peer, rtmi_buf_span(&self.wire));
    gate_turns(w);
    self.peer->reads = 3; /* something is sealed and begun */
    for (int64_t mid = 1; mid <= 100; mid++) {
        gate_message(w, 5, "gid", 9, mid, "hello");
        assert_int_equal(gate_call(sender, "sendgroupmsg"), 0);
        self.peer->reads = 0;
    }
    self.peer->reads = SIZE_MAX;
    gate_turns(w);
    secret_take(&self);
    while (rtmi_frame_decode(rtmi_buf_span(&self.got), STREAM_MAX, &package) == 1) {
        pushes += package.kind != RTMI_FRAME_ANSWER;
        rtmi_buf_consume(&self.got, package.size);
    }
    assert_int_equal(rtmi_buf_len(&self.got), 0);
    assert_true(pushes >= 1 && pushes < 100);
    assert_int_equal(pushes + shard_get_stats(w->shards[0])->pushes_dropped, 100);
    gate_leave(self.peer);
    secret_deinit(&self);
    gate_world_free(w);
}

/* A peer sends `bytes` first; it must be cut without an answer. */
static void expect_cut(gate_world *w, rtmi_span bytes)
{
    w->peer_count = 0;
    gate_peer *peer = gate_connect(w, 0);

    gate_send(peer, bytes);
    gate_turns(w);
    assert_true(peer->was_cut);
    assert_int_equal(rtmi_buf_len(&peer->got), 0);
}

/* A *key quest with these parameters. */
static rtmi_span key_quest(const vector_bytes *key, int bits, bool is_twoway)
{
    static uint8_t bytes[1024];
    rtmi_buf out = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    const size_t mark = rtmi_frame_begin_quest(&out, is_twoway, 1, rtmi_span_of_text("*key"));

    rtmi_pack_map(&out, key != NULL ? 2 : 1);
    if (key != NULL) {
        rtmi_pack_key(&out, "publicKey");
        rtmi_pack_bin(&out, vector_span(key));
    }
    rtmi_pack_key_int(&out, "bits", bits);
    rtmi_frame_end(&out, mark);
    assert_int_equal(out.error, 0);
    return rtmi_buf_span(&out);
}

static void test_refusals(void **state)
{
    const session_vector *v = &encryption_sessions[0];
    gate_door door = door_of(v, GATE_ENCRYPTION_ALLOWED);
    gate_world *w = gate_world_new(1);
    vector_bytes key = v->client_public;

    (void)state;
    assert_true(gate_world_open(w));
    expect_cut(w, vector_span(&v->up.wire[0])); /* no door: not configured */
    w->door = &door;
    door.encryption = GATE_ENCRYPTION_OFF;
    expect_cut(w, vector_span(&v->up.wire[0]));
    door.encryption = GATE_ENCRYPTION_ALLOWED;
    expect_cut(w, key_quest(&key, 128, false));
    expect_cut(w, key_quest(&key, 127, true));
    expect_cut(w, key_quest(&key, 0, true));
    expect_cut(w, key_quest(NULL, 128, true));
    key.len--;
    expect_cut(w, key_quest(&key, 128, true));
    key.len += 2;
    expect_cut(w, key_quest(&key, 128, true));
    key = v->client_public;
    key.data[63] ^= 1; /* beside the curve */
    expect_cut(w, key_quest(&key, 128, true));
    memset(key.data, 0, sizeof key.data);
    expect_cut(w, key_quest(&key, 128, true));
    gate_world_free(w);
}

/* Not first, twice, garbage behind it, and plain where encryption is required. */
static void test_order(void **state)
{
    const session_vector *v = &encryption_sessions[0];
    gate_door door = door_of(v, GATE_ENCRYPTION_ALLOWED);
    gate_world *w = gate_world_new(1);
    secret_peer self;
    uint8_t garbage[64];

    (void)state;
    assert_true(gate_world_open(w));
    w->door = &door;
    gate_peer *peer = gate_connect(w, 0);
    assert_int_equal(gate_call(peer, "addlisten"), 0); /* plain is allowed */
    gate_send(peer, vector_span(&v->up.wire[0]));
    gate_turns(w);
    assert_true(peer->was_cut);

    w->peer_count = 0;
    secret_init(&self, v, gate_connect(w, 0));
    gate_send(self.peer, vector_span(&v->up.wire[0]));
    assert_int_equal(rtmi_cipher_seal(self.sealing, vector_span(&v->up.plain[0]), &self.wire), 0);
    gate_send(self.peer, rtmi_buf_span(&self.wire));
    gate_turns(w);
    assert_true(self.peer->was_cut);
    secret_deinit(&self);

    for (unsigned fill = 0; fill < 256; fill++) {
        w->peer_count = 0;
        peer = gate_connect(w, 0);
        memset(garbage, (int)fill, sizeof garbage);
        garbage[0] = 40;
        garbage[1] = garbage[2] = garbage[3] = 0;
        gate_send(peer, vector_span(&v->up.wire[0]));
        gate_send(peer, (rtmi_span){garbage, sizeof garbage});
        gate_turns(w);
        assert_true(peer->was_cut);
    }

    door.encryption = GATE_ENCRYPTION_REQUIRED;
    const rtmi_span plain = gate_encode(w, "addlisten", true, 1);
    expect_cut(w, plain);
    gate_world_free(w);
}

/* A quest that is too large for a stranger, in the same bytes as the one that proves him. */
static void test_limit_grows_within_a_read(void **state)
{
    const session_vector *v = &encryption_sessions[0];
    const gate_door door = door_of(v, GATE_ENCRYPTION_REQUIRED);
    gate_world *w = gate_world_new(1);
    secret_peer self;
    rtmi_package package;
    static char text[9000];

    (void)state;
    w->config.unproved_bytes = 4096;
    assert_true(gate_world_open(w));
    w->door = &door;
    secret_init(&self, v, gate_connect(w, 0));
    rtmi_buf_append_span(&self.wire, vector_span(&v->up.wire[0]));
    assert_int_equal(
        rtmi_cipher_seal(self.sealing, gate_encode(w, "addlisten", true, 2), &self.wire), 0);
    memset(text, 'y', sizeof text - 1);
    gate_message(w, 5, "gid", 9, 1, text);
    assert_int_equal(
        rtmi_cipher_seal(self.sealing, gate_encode(w, "sendgroupmsg", true, 3), &self.wire), 0);
    gate_send(self.peer, rtmi_buf_span(&self.wire));
    gate_turns(w);
    assert_false(self.peer->was_cut);
    secret_take(&self);
    assert_int_equal(rtmi_frame_decode(vector_span(&v->up.plain[0]), STREAM_MAX, &package), 1);
    expect_empty_answer(&self, package.seq);
    expect_empty_answer(&self, 2);
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&self.got), STREAM_MAX, &package), 1);
    assert_int_equal(package.seq, 3);
    assert_int_equal(package.status, 0);
    gate_leave(self.peer);

    /* And without the proof he is cut. */
    secret_deinit(&self);
    w->peer_count = 0;
    secret_init(&self, v, gate_connect(w, 0));
    rtmi_buf_append_span(&self.wire, vector_span(&v->up.wire[0]));
    gate_message(w, 5, "gid", 9, 2, text);
    assert_int_equal(
        rtmi_cipher_seal(self.sealing, gate_encode(w, "sendgroupmsg", true, 3), &self.wire), 0);
    gate_send(self.peer, rtmi_buf_span(&self.wire));
    gate_turns(w);
    assert_true(self.peer->was_cut);
    secret_deinit(&self);
    gate_world_free(w);
}

/* A file of a stranger who encrypts, in pieces of `cut` bytes; true: it was taken. */
static bool sends_file(gate_world *w, gate_peer *server, const session_vector *v, size_t len,
                       size_t cut)
{
    static uint8_t content[200 * 1024];
    secret_peer self;
    rtmi_package package;
    rtmi_span token;
    char text[64];

    w->cut = 0;
    gate_int(w, "from", 1);
    gate_text(w, "cmd", "sendfile");
    assert_int_equal(gate_call(server, "filetoken"), 0);
    assert_int_equal(rtmi_payload_get_bytes(&w->answer, "token", &token), 1);
    (void)snprintf(text, sizeof text, "%.*s", (int)token.len, (const char *)token.data);
    gate_peer *peer = gate_connect(w, 0);
    secret_init(&self, v, peer);
    gate_text(w, "token", text);
    gate_int(w, "mtype", 50);
    gate_int(w, "from", 1);
    gate_int(w, "to", 2);
    gate_int(w, "mid", (int64_t)(len + cut));
    rtmi_pack_key(&w->entries, "file");
    rtmi_pack_bin(&w->entries, (rtmi_span){content, len});
    w->entry_count++;
    rtmi_buf_append_span(&self.wire, vector_span(&v->up.wire[0]));
    assert_int_equal(
        rtmi_cipher_seal(self.sealing, gate_encode(w, "sendfile", true, 3), &self.wire), 0);
    w->cut = cut;
    gate_send(peer, rtmi_buf_span(&self.wire));
    gate_turns(w);
    const bool was_cut = peer->was_cut;
    if (!was_cut) {
        secret_take(&self);
        assert_int_equal(rtmi_frame_decode(vector_span(&v->up.plain[0]), STREAM_MAX, &package), 1);
        expect_empty_answer(&self, package.seq);
        assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&self.got), STREAM_MAX, &package), 1);
        assert_int_equal(package.status, 0);
        gate_leave(peer);
    }
    w->peer_count--;
    secret_deinit(&self);
    return !was_cut;
}

static void test_strangers_send_large_files(void **state)
{
    static const size_t cuts[] = {0, 100, 5000};
    held_files kept;
    gate_files files;

    (void)state;
    for (size_t i = 0; i < ENCRYPTION_SESSIONS; i++) {
        const session_vector *v = &encryption_sessions[i];
        gate_door door = door_of(v, GATE_ENCRYPTION_REQUIRED);
        gate_world *w = gate_world_new(1);
        door.takes_files = true;
        held_files_init(&kept);
        held_files_fill(&kept, &files, (size_t)4 << 20);
        w->config.files = &files;
        assert_true(gate_world_open(w));
        gate_peer *server = gate_connect(w, 0);
        w->door = &door;
        for (size_t n = 0; n < sizeof cuts / sizeof cuts[0]; n++) {
            assert_true(sends_file(w, server, v, 100 * 1024, cuts[n]));
            assert_int_equal(kept.last_len, 100 * 1024);
            assert_int_equal(atomic_load(&files.memory), 0);
            assert_false(sends_file(w, server, v, 190 * 1024, cuts[n]));
            assert_int_equal(atomic_load(&files.memory), 0);
        }
        gate_world_free(w);
    }
}

static int load(void **state)
{
    (void)state;
    encryption_vectors_load();
    return 0;
}

static int unload(void **state)
{
    (void)state;
    encryption_vectors_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_sessions),
        cmocka_unit_test(test_pushes_are_sealed),
        cmocka_unit_test(test_slow_peers_lose_whole_pushes),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limit_grows_within_a_read),
        cmocka_unit_test(test_strangers_send_large_files),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
