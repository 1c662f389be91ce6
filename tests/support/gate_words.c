#include "tests/support/gate_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/fpnn/json.h"

/* The value of a parameter ends at a blank that stands outside of quotes. */
static const char *end_of(const char *value)
{
    bool is_quoted = false;

    while (*value != '\0' && (is_quoted || *value != ' ')) {
        is_quoted ^= *value == '\'';
        value++;
    }
    return value;
}

static void put_words(gate_world *w, const char *words)
{
    while (*words != '\0') {
        const char *equals = strchr(words, '=');
        char key[32];
        char value[2000];
        assert_non_null(equals);
        const char *end = end_of(equals + 1);
        (void)snprintf(key, sizeof key, "%.*s", (int)(equals - words), words);
        (void)snprintf(value, sizeof value, "%.*s", (int)(end - equals - 1), equals + 1);
        if (strcmp(value, "false") == 0)
            gate_bool(w, key, false);
        else
            gate_value(w, key, value);
        words = *end == ' ' ? end + 1 : end;
    }
}

const char *gate_says(gate_peer *peer, const char *method, const char *words)
{
    static char text[20000];
    rtmi_buf json;

    put_words(peer->world, words);
    const uint32_t seq = gate_quest(peer, method, true);
    rtmi_package package;

    gate_turns(peer->world);
    (void)snprintf(text, sizeof text, "nothing");
    while (gate_peer_next(peer, &package)) {
        if (package.kind != RTMI_FRAME_ANSWER)
            continue;
        assert_int_equal(package.seq, seq);
        assert_int_equal(rtmi_payload_open(package.payload, &peer->world->answer), 0);
        if (package.status != 0) {
            int64_t code = 0;
            assert_int_equal(rtmi_payload_get_int(&peer->world->answer, "code", &code), 1);
            (void)snprintf(text, sizeof text, "%lld", (long long)code);
            return text;
        }
        rtmi_buf_init(&json, 4 << 20);
        assert_int_equal(rtmi_pack_to_json(package.payload, &json), 0);
        (void)snprintf(text, sizeof text, "%.*s", (int)rtmi_buf_len(&json),
                       (const char *)rtmi_buf_span(&json).data);
        rtmi_buf_deinit(&json);
        return text;
    }
    return text;
}

void gate_take_steps(gate_peer *peer, const gate_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *answer = gate_says(peer, steps[i].method, steps[i].words);
        if (strcmp(answer, steps[i].expected) != 0)
            fail_msg("step %zu: %s %s: %s, not %s", i, steps[i].method, steps[i].words, answer,
                     steps[i].expected);
    }
}

void gate_everywhere(void (*prepare)(gate_world *w), void (*test)(gate_peer *peer))
{
    for (size_t place = 0; place < 3; place++) {
        gate_world *w = gate_world_new(place == 0 ? 1 : 2);
        if (prepare != NULL)
            prepare(w);
        assert_true(gate_world_open(w));
        test(gate_connect(w, place == 2 ? 1 : 0));
        gate_world_free(w);
    }
}

void gate_restart(gate_world *w)
{
    const shard_driver driver = {.userdata = w};
    char text[200];

    for (size_t i = 0; i < w->config.shard_count; i++)
        shard_free(w->shards[i]);
    for (size_t i = 0; i < w->config.project_count; i++)
        assert_int_equal(w->config.store->ops->open_project(w->config.store, w->projects[i].pid,
                                                            ++w->random, w->now.wall_ms,
                                                            &w->projects[i].state, text, 200),
                         0);
    for (size_t i = 0; i < w->config.shard_count; i++)
        assert_int_equal(shard_new(&w->config, i, &driver, w->now, &w->shards[i], text, 200), 0);
    w->peer_count = 0;
}

/* ---- a store that fails -------------------------------------------------------------------- */

static const store_ops *real_ops;
static store_ops failing_ops;

static void fail_append(store *self, store_batch *batch)
{
    (void)self;
    batch->done(batch, -1, "the disk is full", batch->userdata);
}

void gate_fail_appends(gate_world *w, bool fails)
{
    if (fails) {
        real_ops = w->config.store->ops;
        failing_ops = *real_ops;
        failing_ops.append = fail_append;
    }
    w->config.store->ops = fails ? &failing_ops : real_ops;
}

/* ---- users --------------------------------------------------------------------------------- */

int gate_user_call(gate_peer *user, const char *method)
{
    user->world->is_unsigned = true;
    const int code = gate_call(user, method);
    user->world->is_unsigned = false;
    return code;
}

const char *gate_token(gate_peer *server, int64_t uid)
{
    static char token[64];
    rtmi_span text;

    gate_int(server->world, "uid", uid);
    assert_int_equal(gate_call(server, "gettoken"), 0);
    assert_int_equal(rtmi_payload_get_bytes(&server->world->answer, "token", &text), 1);
    (void)snprintf(token, sizeof token, "%.*s", (int)text.len, (const char *)text.data);
    assert_int_equal(strlen(token), 32);
    return token;
}

int gate_auth(gate_peer *user, int64_t uid, const char *token, const char *version)
{
    gate_world *w = user->world;
    bool ok = false;

    gate_int(w, "pid", w->pid);
    gate_int(w, "uid", uid);
    gate_text(w, "token", token);
    if (version != NULL)
        gate_text(w, "version", version);
    const int code = gate_user_call(user, "auth");
    if (code != 0)
        return code;
    assert_int_equal(rtmi_payload_get_bool(&w->answer, "ok", &ok), 1);
    return ok ? 1 : 0;
}

gate_peer *gate_login(gate_peer *server, size_t at, int64_t uid)
{
    gate_peer *user = gate_connect(server->world, at);

    assert_non_null(user);
    assert_int_equal(gate_auth(user, uid, gate_token(server, uid), NULL), 1);
    return user;
}

const char *gate_pushes(gate_peer *peer)
{
    static char text[2000];
    rtmi_package package;
    size_t len = 0;

    text[0] = '\0';
    while (gate_peer_next(peer, &package)) {
        if (package.kind != RTMI_FRAME_ANSWER)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", len > 0 ? " " : "",
                                    (int)package.method.len, (const char *)package.method.data);
        assert_true(len < sizeof text);
    }
    return text;
}
