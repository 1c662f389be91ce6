#include "tests/support/gate_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/mail.h"
#include "gate/ops/ops.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/message.h"

static uint64_t next_random(void *userdata)
{
    gate_world *w = userdata;

    w->random += UINT64_C(0x9e3779b97f4a7c15);
    return rtmi_mix64(w->random);
}

static void fix(rtmi_buf *buf, uint8_t *bytes, size_t size)
{
    *buf = (rtmi_buf){.data = bytes, .cap = size, .max = size};
}

static void set_secret(char *secret, size_t *len, const char *text)
{
    *len = strlen(text);
    memcpy(secret, text, *len + 1);
}

gate_world *gate_world_new(size_t shards)
{
    gate_world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    assert_true(shards <= GATE_SHARDS);
    w->signer = rtmi_signer_new();
    w->bus = bus_local_new(shards);
    assert_true(w->signer != NULL && w->bus != NULL);
    w->now = (gate_time){1000000, GATE_WALL_MS};
    w->pid = GATE_PID;
    w->secret = GATE_SECRET;
    fix(&w->entries, w->entry_bytes, sizeof w->entry_bytes);
    fix(&w->wire, w->wire_bytes, sizeof w->wire_bytes);
    w->projects[0] = (gate_project){.pid = GATE_PID, .owner = 0, .live = &w->live[0]};
    w->projects[1] = (gate_project){.pid = GATE_PID_2, .owner = shards - 1, .live = &w->live[1]};
    set_secret(w->projects[0].secret, &w->projects[0].secret_len, GATE_SECRET);
    set_secret(w->projects[0].secret_old, &w->projects[0].secret_old_len, GATE_SECRET_OLD);
    set_secret(w->projects[1].secret, &w->projects[1].secret_len, GATE_SECRET_2);
    w->config = (gate_config){.ops = gate_ops(),
                              .projects = w->projects,
                              .project_count = 2,
                              .shard_count = shards,
                              .bus = w->bus,
                              .time_window_s = 300,
                              .ping_interval_ms = 20000,
                              .max_package_bytes = 1 << 20,
                              .unproved_bytes = 16 * 1024,
                              .unproved_ms = 15000,
                              .max_listen_ids = 100,
                              .queue_bytes = 1 << 18,
                              .queue_pushes = 1000,
                              .slow = GATE_SLOW_DROP_OLDEST,
                              .log_pending_bytes = 1 << 20,
                              .directory_bytes = 1 << 20,
                              .max_rooms = 3,
                              .max_members = 5,
                              .max_friends = 4,
                              .token_ms = 86400000,
                              .mid_count = 1000,
                              .mid_ms = 600000,
                              .endpoint = "gate.example:13321",
                              .random64 = next_random,
                              .random_userdata = w};
    return w;
}

static void proved(void *io, void *userdata)
{
    (void)userdata;
    ((gate_peer *)io)->is_proved = true;
}

bool gate_world_open(gate_world *w)
{
    const shard_driver driver = {.userdata = w, .proved = proved};
    char text[200];

    if (w->config.store == NULL) {
        const store_options options = {.durability = STORE_DURABLE_MEMORY};
        if (store_open_memory(&options, &w->config.store, text, sizeof text) < 0) {
            w->config.store = NULL;
            return false;
        }
    }
    for (size_t i = 0; i < w->config.project_count; i++) {
        if (w->config.store->ops->open_project(w->config.store, w->projects[i].pid, next_random(w),
                                               w->now.wall_ms, &w->projects[i].state, text,
                                               sizeof text) < 0)
            return false;
    }
    for (size_t i = 0; i < w->config.shard_count; i++) {
        if (shard_new(&w->config, i, &driver, w->now, &w->shards[i], text, sizeof text) < 0) {
            w->shards[i] = NULL;
            return false;
        }
    }
    return true;
}

void gate_world_close(gate_world *w)
{
    for (size_t i = 0; i < GATE_SHARDS; i++) {
        shard_free(w->shards[i]);
        w->shards[i] = NULL;
    }
    if (w->config.store != NULL)
        w->config.store->ops->close(w->config.store);
    w->config.store = NULL;
    for (size_t i = 0; i < w->config.shard_count; i++) {
        bus_item *next;
        for (bus_item *item = bus_take(w->bus, i); item != NULL; item = next) {
            next = item->next;
            mail_drop(item);
        }
    }
    w->peer_count = 0;
    w->entry_count = 0;
    rtmi_buf_clear(&w->entries);
}

void gate_world_free(gate_world *w)
{
    gate_world_close(w);
    bus_free(w->bus, mail_drop);
    rtmi_signer_free(w->signer);
    free(w);
}

gate_peer *gate_connect(gate_world *w, size_t at)
{
    assert_true(w->peer_count < GATE_PEERS);
    gate_peer *peer = &w->peers[w->peer_count];

    *peer = (gate_peer){.world = w, .shard = w->shards[at], .reads = SIZE_MAX};
    fix(&peer->got, w->got_bytes[w->peer_count], sizeof w->got_bytes[0]);
    peer->conn = shard_opened(peer->shard, peer, w->door, "peer", w->now);
    if (peer->conn == NULL)
        return NULL;
    assert_ptr_equal(conn_get_io(peer->conn), peer);
    w->peer_count++;
    return peer;
}

void gate_leave(gate_peer *peer)
{
    if (peer->conn != NULL)
        shard_closed(peer->shard, peer->conn, peer->world->now);
    peer->conn = NULL;
}

void gate_send(gate_peer *peer, rtmi_span bytes)
{
    gate_world *w = peer->world;
    size_t at = 0;

    while (at < bytes.len && peer->conn != NULL && !conn_wants_close(peer->conn)) {
        size_t room = 0;
        uint8_t *space = conn_read_space(peer->shard, peer->conn, &room);
        if (space == NULL) {
            gate_leave(peer);
            peer->was_cut = true;
            return;
        }
        const size_t len =
            rtmi_min_size(rtmi_min_size(room, bytes.len - at), w->cut == 0 ? SIZE_MAX : w->cut);
        assert_true(len > 0);
        memcpy(space, bytes.data + at, len);
        at += len;
        shard_bytes(peer->shard, peer->conn, len, w->now);
    }
}

/* What tcp.c does with a dirty connection. */
static void write_out(gate_peer *peer)
{
    size_t left = peer->reads;

    while (left > 0 && conn_has_output(peer->conn)) {
        rtmi_span pieces[4];
        size_t done = 0;
        const size_t n = conn_get_output(peer->shard, peer->conn, pieces, 4);
        assert_true(n > 0);
        for (size_t i = 0; i < n && left > 0; i++) {
            const size_t len = rtmi_min_size(pieces[i].len, left);
            rtmi_buf_append(&peer->got, pieces[i].data, len);
            done += len;
            left -= len;
        }
        conn_sent(peer->shard, peer->conn, done);
    }
    assert_int_equal(peer->got.error, 0);
    if (conn_wants_close(peer->conn) && (!conn_has_output(peer->conn) || left == 0)) {
        gate_leave(peer);
        peer->was_cut = true;
    }
}

void gate_turns(gate_world *w)
{
    for (int round = 0; round < 8; round++) { /* quest, owner, commit, feed: four and to spare */
        for (size_t i = 0; i < w->config.shard_count; i++) {
            conn *connection;
            shard_take_mail(w->shards[i], w->now);
            shard_end_turn(w->shards[i], w->now);
            while ((connection = shard_next_dirty(w->shards[i])) != NULL)
                write_out(conn_get_io(connection));
            shard_written(w->shards[i]);
        }
    }
    /* A slow peer is writable again later. */
    for (size_t i = 0; i < w->peer_count; i++) {
        if (w->peers[i].conn != NULL && w->peers[i].reads > 0)
            write_out(&w->peers[i]);
    }
}

void gate_tick(gate_world *w, int64_t ms)
{
    w->now.mono_ms += ms;
    w->now.wall_ms += ms;
    for (size_t i = 0; i < w->config.shard_count; i++)
        shard_tick(w->shards[i], w->now);
    gate_turns(w);
}

void gate_int(gate_world *w, const char *key, int64_t value)
{
    rtmi_pack_key_int(&w->entries, key, value);
    w->entry_count++;
}

void gate_text(gate_world *w, const char *key, const char *text)
{
    rtmi_pack_key_str(&w->entries, key, rtmi_span_of_text(text));
    w->entry_count++;
}

void gate_bool(gate_world *w, const char *key, bool value)
{
    rtmi_pack_key_bool(&w->entries, key, value);
    w->entry_count++;
}

static const char *pack_words(rtmi_buf *out, const char *at)
{
    char *end = NULL;

    if (*at == '[' || *at == '{') {
        const bool is_map = *at == '{';
        uint32_t count = 0;
        for (const char *c = at + 1; *c != ']' && *c != '}'; c++)
            count += *c == ',';
        count += at[1] != ']' && at[1] != '}';
        if (is_map)
            rtmi_pack_map(out, count);
        else
            rtmi_pack_array(out, count);
        at++;
        while (*at != ']' && *at != '}') {
            at = pack_words(out, at);
            if (*at == ',' || *at == ':')
                at++;
        }
        return at + 1;
    }
    if (*at == '\'') {
        const size_t len = strcspn(at + 1, "'");
        rtmi_pack_str(out, (rtmi_span){(const uint8_t *)at + 1, len});
        return at + len + 2;
    }
    if (*at == 'x') {
        uint8_t bytes[64];
        size_t len = 0;
        for (at++; len < sizeof bytes && strspn(at, "0123456789abcdef") >= 2; at += 2) {
            const char digits[3] = {at[0], at[1], '\0'};
            bytes[len++] = (uint8_t)strtol(digits, NULL, 16);
        }
        rtmi_pack_bin(out, (rtmi_span){bytes, len});
        return at;
    }
    if (strncmp(at, "nil", 3) == 0) {
        rtmi_pack_nil(out);
        return at + 3;
    }
    if (strncmp(at, "true", 4) == 0) {
        rtmi_pack_bool(out, true);
        return at + 4;
    }
    if (*at == 'f') {
        rtmi_pack_double(out, strtod(at + 1, &end));
        return end;
    }
    rtmi_pack_int(out, strtoll(at, &end, 10));
    assert_ptr_not_equal(end, at);
    return end;
}

void gate_value(gate_world *w, const char *key, const char *words)
{
    rtmi_pack_key(&w->entries, key);
    (void)pack_words(&w->entries, words);
    w->entry_count++;
}

rtmi_span gate_encode(gate_world *w, const char *method, bool is_twoway, uint32_t seq)
{
    char hex[RTMI_SIGN_LEN];
    const int64_t salt = (int64_t)(next_random(w) >> 1);
    const int64_t ts = w->now.wall_ms / 1000 + w->ts_shift_s;

    assert_true(rtmi_sign(w->signer, w->pid, rtmi_span_of_text(w->secret), salt,
                          rtmi_span_of_text(method), ts, hex));
    rtmi_buf_clear(&w->wire);
    const size_t mark = rtmi_frame_begin_quest(&w->wire, is_twoway, seq, rtmi_span_of_text(method));
    rtmi_pack_map(&w->wire, w->entry_count + (w->is_unsigned ? 0 : 4));
    if (!w->is_unsigned) {
        rtmi_pack_key_int(&w->wire, "pid", w->pid);
        rtmi_pack_key_str(&w->wire, "sign", (rtmi_span){(const uint8_t *)hex, sizeof hex});
        rtmi_pack_key_int(&w->wire, "salt", salt);
        rtmi_pack_key_int(&w->wire, "ts", ts);
    }
    rtmi_buf_append_span(&w->wire, rtmi_buf_span(&w->entries));
    rtmi_frame_end(&w->wire, mark);
    assert_int_equal(w->wire.error, 0);
    assert_int_equal(w->entries.error, 0);
    rtmi_buf_clear(&w->entries);
    w->entry_count = 0;
    return rtmi_buf_span(&w->wire);
}

uint32_t gate_quest(gate_peer *peer, const char *method, bool is_twoway)
{
    gate_send(peer, gate_encode(peer->world, method, is_twoway, ++peer->seq));
    return peer->seq;
}

bool gate_peer_next(gate_peer *peer, rtmi_package *ret)
{
    gate_world *w = peer->world;
    const int r = rtmi_frame_decode(rtmi_buf_span(&peer->got), SIZE_MAX, ret);

    assert_true(r >= 0); /* never a torn package */
    if (r == 0)
        return false;
    assert_true(ret->size <= sizeof w->package);
    memcpy(w->package, rtmi_buf_span(&peer->got).data, ret->size);
    rtmi_buf_consume(&peer->got, ret->size);
    return rtmi_frame_decode((rtmi_span){w->package, ret->size}, SIZE_MAX, ret) == 1;
}

int gate_call(gate_peer *peer, const char *method)
{
    gate_world *w = peer->world;
    const uint32_t seq = gate_quest(peer, method, true);
    rtmi_package package;

    gate_turns(w);
    while (gate_peer_next(peer, &package)) {
        rtmi_span text;
        int code = 0;
        if (package.kind != RTMI_FRAME_ANSWER)
            continue;
        assert_int_equal(package.seq, seq);
        assert_int_equal(rtmi_payload_open(package.payload, &w->answer), 0);
        w->text[0] = '\0';
        if (package.status != 0) {
            rtmi_answer_read_error(package.payload, &code, &text);
            (void)snprintf(w->text, sizeof w->text, "%.*s", (int)text.len, (const char *)text.data);
        }
        return code;
    }
    return -1;
}

void gate_message(gate_world *w, int64_t from, const char *target_key, int64_t target, int64_t mid,
                  const char *text)
{
    gate_int(w, "mtype", 51);
    gate_int(w, "from", from);
    if (target_key != NULL)
        gate_int(w, target_key, target);
    gate_int(w, "mid", mid);
    gate_text(w, "msg", text);
    gate_text(w, "attrs", "");
}

const char *gate_mids(gate_peer *peer)
{
    static char text[2][8192];
    static int turn;
    char *out = text[turn = !turn];
    size_t used = 0;
    rtmi_package package;

    out[0] = '\0';
    while (gate_peer_next(peer, &package)) {
        rtm_message message;
        rtmi_push_flaw flaw = NULL;
        if (package.kind == RTMI_FRAME_ANSWER)
            continue;
        assert_int_equal(package.kind, RTMI_FRAME_TWOWAY); /* published SDKs lose one-way pushes */
        const rtmi_push_method method = *rtmi_push_method_of(package.method);
        if (method.push == RTMI_PUSH_PING) {
            used +=
                (size_t)snprintf(out + used, sizeof text[0] - used, used > 0 ? " ping" : "ping");
            continue;
        }
        assert_int_equal(method.push, RTMI_PUSH_MESSAGE);
        assert_int_equal(rtmi_message_decode(&method, package.payload, &message, &flaw), 0);
        assert_null(flaw);
        used += (size_t)snprintf(out + used, sizeof text[0] - used, used > 0 ? " %lld" : "%lld",
                                 (long long)message.mid);
        if (message.has_offset)
            used += (size_t)snprintf(out + used, sizeof text[0] - used, "@%lld",
                                     (long long)message.offset);
    }
    return out;
}
