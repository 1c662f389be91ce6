/*
 * Files in the core: tokens and their time, memory that is set aside and given back, stores that
 * fail, connections that end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/file_tokens.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/pack.h"
#include "lib/rtm/codes.h"
#include "tests/support/gate_world.h"
#include "tests/support/held_files.h"

#define MEMORY ((size_t)2 << 20)

static const gate_door file_door = {.takes_files = true};

typedef struct world {
    gate_world *w;
    held_files store;
    gate_files files;
    gate_peer *server;
    gate_peer *sender; /* a stranger */
    char token[64];
    uint8_t content[100 * 1024 + 1];
} world;

static world *world_new(size_t shards)
{
    world *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->w = gate_world_new(shards);
    held_files_init(&f->store);
    held_files_fill(&f->store, &f->files, MEMORY);
    f->w->config.files = &f->files;
    f->w->config.directory_bytes = 16 << 20;
    assert_true(gate_world_open(f->w));
    f->server = gate_connect(f->w, 0);
    f->w->door = &file_door;
    f->sender = gate_connect(f->w, shards - 1);
    for (size_t i = 0; i < sizeof f->content; i++)
        f->content[i] = (uint8_t)(i * 11 + i / 97);
    return f;
}

static void world_free(world *f)
{
    gate_world_free(f->w);
    assert_int_equal(atomic_load(&f->files.memory), 0); /* all was given back */
    free(f);
}

/* A token into f->token: 0 or the code. */
static int take_leave(world *f, int64_t from, const char *cmd, const char *key, int64_t target)
{
    rtmi_span token;

    gate_int(f->w, "from", from);
    gate_text(f->w, "cmd", cmd);
    if (key != NULL)
        gate_int(f->w, key, target);
    const int code = gate_call(f->server, "filetoken");
    if (code == 0) {
        assert_int_equal(rtmi_payload_get_bytes(&f->w->answer, "token", &token), 1);
        assert_int_equal(token.len, FILE_TOKEN_LEN);
        (void)snprintf(f->token, sizeof f->token, "%.*s", (int)token.len, (const char *)token.data);
    }
    return code;
}

/* The parameters of a file of user 1. */
static void put_file(world *f, int64_t mid, size_t len, const char *key, int64_t target)
{
    gate_text(f->w, "token", f->token);
    gate_int(f->w, "mtype", 50);
    gate_int(f->w, "from", 1);
    gate_int(f->w, "mid", mid);
    rtmi_pack_key(&f->w->entries, "file");
    rtmi_pack_bin(&f->w->entries, (rtmi_span){f->content, len});
    f->w->entry_count++;
    gate_text(f->w, "attrs", "");
    if (key != NULL)
        gate_int(f->w, key, target);
}

static int send_file(world *f, int64_t mid, size_t len)
{
    put_file(f, mid, len, "to", 2);
    return gate_call(f->sender, "sendfile");
}

static int leave_and_send(world *f, int64_t mid, size_t len)
{
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    return send_file(f, mid, len);
}

/* ---- tokens -------------------------------------------------------------------------------- */

static void a_token_is_good_for_its_time_and_once(void **state)
{
    (void)state;
    for (size_t shards = 1; shards <= 2; shards++) {
        world *f = world_new(shards);
        assert_int_equal(leave_and_send(f, 1, 10), 0);
        assert_int_equal(send_file(f, 2, 10), RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN);

        assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
        gate_tick(f->w, FILE_TOKEN_MS / 4); /* in steps: the stranger may not wait for so long */
        for (int i = 0; i < 2; i++) {
            gate_leave(f->sender);
            f->sender = gate_connect(f->w, shards - 1);
            gate_tick(f->w, FILE_TOKEN_MS / 4);
        }
        gate_leave(f->sender);
        f->w->now.wall_ms += FILE_TOKEN_MS / 4 - 1;
        f->sender = gate_connect(f->w, shards - 1);
        assert_int_equal(send_file(f, 3, 10), 0);

        assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
        f->w->now.wall_ms += FILE_TOKEN_MS;
        assert_int_equal(send_file(f, 4, 10), RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN);
        assert_int_equal(f->store.put_count, 2);
        world_free(f);
    }
}

static void tokens_of_a_project_have_a_bound(void **state)
{
    world *f = world_new(1);

    (void)state;
    for (int i = 0; i < FILE_TOKENS_MAX; i++) {
        f->w->now.wall_ms += i % 2;
        assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    }
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), RTMI_RC_FREQUENCY_LIMITED);
    f->w->now.wall_ms += FILE_TOKEN_MS - FILE_TOKENS_MAX / 4; /* half of them have expired */
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    assert_int_equal(send_file(f, 1, 10), 0);
    world_free(f);
}

static void a_token_of_another_project_is_none(void **state)
{
    world *f = world_new(2);

    (void)state;
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    f->w->pid = GATE_PID_2;
    f->w->secret = GATE_SECRET_2;
    assert_int_equal(send_file(f, 1, 10), RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN);
    f->w->pid = GATE_PID;
    f->w->secret = GATE_SECRET;
    assert_int_equal(send_file(f, 1, 10), 0);
    world_free(f);
}

/* ---- memory and limits --------------------------------------------------------------------- */

static void large_files_come_in_at_every_cut(void **state)
{
    static const size_t cuts[] = {0, 1, 13, 1000, 16 * 1024, 65536};
    int64_t mid = 1;
    world *f = world_new(2);

    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        f->w->cut = cuts[i];
        const size_t len = cuts[i] == 1 ? 30000 : 100 * 1024;
        assert_int_equal(leave_and_send(f, mid++, len), 0);
        assert_int_equal(f->store.last_len, len);
        assert_int_equal(f->store.last_sum, held_files_sum(f->content, len));
        assert_int_equal(atomic_load(&f->files.memory), 0);
    }
    assert_false(f->sender->is_proved); /* a signature proves, a file does not */
    assert_int_equal(leave_and_send(f, mid++, 100 * 1024 + 1), RTMI_RC_LARGE_FILE_OR_ATTRS);
    world_free(f);
}

/* The head of a package that says it is so large. */
static void send_head(world *f, gate_peer *peer, const char *method, size_t payload_len)
{
    rtmi_buf head;

    rtmi_buf_init(&head, 1024);
    (void)rtmi_frame_begin_quest(&head, true, 7, rtmi_span_of_text(method));
    rtmi_store_le32(head.data + 8, (uint32_t)payload_len);
    for (size_t i = 0; i < rtmi_buf_len(&head) && peer->conn != NULL; i++)
        gate_send(peer, (rtmi_span){head.data + i, 1});
    rtmi_buf_deinit(&head);
    gate_turns(f->w);
}

static int code_of_next(gate_peer *peer)
{
    rtmi_package package;
    rtmi_span text;
    int code = 0;

    assert_true(gate_peer_next(peer, &package));
    assert_int_equal(package.kind, RTMI_FRAME_ANSWER);
    assert_int_equal(package.seq, 7);
    rtmi_answer_read_error(package.payload, &code, &text);
    return code;
}

static void what_is_too_large_is_answered_at_its_head(void **state)
{
    world *f = world_new(1);

    (void)state;
    send_head(f, f->sender, "sendfile", 164 * 1024);
    assert_true(f->sender->was_cut);
    assert_int_equal(code_of_next(f->sender), RTMI_RC_LARGE_FILE_OR_ATTRS);

    gate_peer *other = gate_connect(f->w, 0);
    send_head(f, other, "sendfile", UINT32_MAX);
    assert_true(other->was_cut);
    assert_int_equal(code_of_next(other), RTMI_RC_LARGE_FILE_OR_ATTRS);

    /* Other quests are small, and small quests of strangers are as before. */
    other = gate_connect(f->w, 0);
    send_head(f, other, "sendmsg", 17 * 1024);
    assert_true(other->was_cut);
    f->w->door = NULL;
    other = gate_connect(f->w, 0);
    send_head(f, other, "sendfile", 17 * 1024);
    assert_true(other->was_cut);
    world_free(f);
}

static void memory_is_bounded_and_given_back(void **state)
{
    enum { COUNT = 7 }; /* of 2 * 150 KiB: six find room in 2 MiB */
    world *f = world_new(2);
    gate_peer *peers[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        peers[i] = gate_connect(f->w, i % 2);
        send_head(f, peers[i], "sendfile", 150 * 1024);
        assert_int_equal(peers[i]->was_cut, i == COUNT - 1);
    }
    assert_int_equal(code_of_next(peers[COUNT - 1]), RTMI_EC_CORE_WORK_QUEUE_FULL);
    gate_leave(peers[0]);
    peers[0] = gate_connect(f->w, 0);
    send_head(f, peers[0], "sendfile", 150 * 1024);
    assert_false(peers[0]->was_cut);
    gate_tick(f->w, 59999);
    assert_false(peers[0]->was_cut);
    gate_tick(f->w, 1);
    for (size_t i = 0; i + 1 < COUNT; i++)
        assert_true(peers[i]->was_cut);
    assert_int_equal(atomic_load(&f->files.memory), 0);
    world_free(f);
}

static void files_that_wait_for_the_disk_count(void **state)
{
    world *f = world_new(1);

    (void)state;
    f->store.is_holding = true;
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    put_file(f, 1, 50000, "to", 2);
    (void)gate_quest(f->sender, "sendfile", true);
    gate_turns(f->w);
    assert_true(atomic_load(&f->files.memory) > 50000);
    assert_int_equal(f->store.put_count, 1);
    /* A token is used up with the first try, though that has not ended. */
    assert_int_equal(send_file(f, 2, 10), RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN);
    held_files_release(&f->store);
    gate_turns(f->w);
    assert_int_equal(atomic_load(&f->files.memory), 0);
    world_free(f);
}

static void a_stranger_may_take_his_time_between_files(void **state)
{
    world *f = world_new(1);

    (void)state;
    gate_peer *idle = gate_connect(f->w, 0);
    gate_tick(f->w, 10000);
    assert_int_equal(leave_and_send(f, 1, 10), 0);
    gate_tick(f->w, 59000);
    assert_true(idle->was_cut); /* after 15 s: it brought no file */
    assert_false(f->sender->was_cut);
    assert_int_equal(leave_and_send(f, 2, 10), 0);
    gate_tick(f->w, 60000);
    assert_true(f->sender->was_cut);
    world_free(f);
}

/* ---- what goes wrong ----------------------------------------------------------------------- */

static void a_store_that_fails_is_told(void **state)
{
    world *f = world_new(2);

    (void)state;
    f->store.result = FILES_FAILED;
    assert_int_equal(leave_and_send(f, 1, 10), RTMI_RC_UNKNOWN_ERROR);
    assert_string_equal(f->w->text, "the disk is gone");
    f->store.result = FILES_FULL;
    assert_int_equal(leave_and_send(f, 1, 10), RTMI_RC_UNKNOWN_ERROR);
    f->store.result = FILES_STORED;
    assert_int_equal(leave_and_send(f, 1, 10), 0);
    world_free(f);
}

static void a_sender_that_goes_has_sent(void **state)
{
    world *f = world_new(2);

    (void)state;
    gate_peer *listener = gate_connect(f->w, 0);
    gate_bool(f->w, "p2p", true);
    assert_int_equal(gate_call(listener, "setlisten"), 0);
    f->store.is_holding = true;
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    put_file(f, 77, 50000, "to", 2);
    (void)gate_quest(f->sender, "sendfile", true);
    gate_turns(f->w);
    gate_leave(f->sender);
    gate_turns(f->w);
    held_files_release(&f->store);
    gate_turns(f->w);
    assert_string_equal(gate_mids(listener), "77");
    world_free(f);
}

/* The store has ended all of it; what it said is left in the mailboxes. */
static void a_gate_that_ends_gives_all_back(void **state)
{
    world *f = world_new(2);

    (void)state;
    f->store.is_holding = true;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
        put_file(f, i, 1000, "to", 2);
        (void)gate_quest(f->sender, "sendfile", true);
        gate_turns(f->w);
    }
    send_head(f, gate_connect(f->w, 0), "sendfile", 100 * 1024);
    held_files_release(&f->store);
    world_free(f);
}

static void a_gate_that_drains_waits_for_files(void **state)
{
    world *f = world_new(2);

    (void)state;
    f->store.is_holding = true;
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    put_file(f, 1, 1000, "to", 2);
    (void)gate_quest(f->sender, "sendfile", true);
    gate_turns(f->w);
    for (size_t i = 0; i < 2; i++)
        shard_drain(f->w->shards[i]);
    assert_false(shard_is_drained(f->w->shards[0]) && shard_is_drained(f->w->shards[1]));
    held_files_release(&f->store);
    gate_turns(f->w);
    assert_true(shard_is_drained(f->w->shards[0]) && shard_is_drained(f->w->shards[1]));
    world_free(f);
}

static void what_stands_behind_a_large_file_is_handled(void **state)
{
    world *f = world_new(1);
    rtmi_buf wire;

    (void)state;
    rtmi_buf_init(&wire, 1 << 20);
    assert_int_equal(take_leave(f, 1, "sendfile", "to", 2), 0);
    put_file(f, 1, 90000, "to", 2);
    rtmi_buf_append_span(&wire, gate_encode(f->w, "sendfile", true, 7));
    const size_t first = rtmi_buf_len(&wire);
    rtmi_buf_append_span(&wire, gate_encode(f->w, "*ping", true, 8));
    for (size_t cut = first - 3; cut < rtmi_buf_len(&wire); cut += 5) {
        rtmi_package package;
        size_t answers = 0;
        gate_peer *peer = gate_connect(f->w, 0);
        gate_send(peer, (rtmi_span){wire.data, cut});
        gate_turns(f->w);
        assert_true(cut < first || atomic_load(&f->files.memory) == 0);
        gate_send(peer, (rtmi_span){wire.data + cut, rtmi_buf_len(&wire) - cut});
        gate_turns(f->w);
        while (gate_peer_next(peer, &package))
            answers++;
        assert_int_equal(answers, 2); /* the token is good once only, and each is answered */
        gate_leave(peer);
        f->w->peer_count--;
    }
    rtmi_buf_deinit(&wire);
    world_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_good_for_its_time_and_once),
        cmocka_unit_test(tokens_of_a_project_have_a_bound),
        cmocka_unit_test(a_token_of_another_project_is_none),
        cmocka_unit_test(large_files_come_in_at_every_cut),
        cmocka_unit_test(what_is_too_large_is_answered_at_its_head),
        cmocka_unit_test(memory_is_bounded_and_given_back),
        cmocka_unit_test(files_that_wait_for_the_disk_count),
        cmocka_unit_test(a_stranger_may_take_his_time_between_files),
        cmocka_unit_test(a_store_that_fails_is_told),
        cmocka_unit_test(a_sender_that_goes_has_sent),
        cmocka_unit_test(a_gate_that_ends_gives_all_back),
        cmocka_unit_test(a_gate_that_drains_waits_for_files),
        cmocka_unit_test(what_stands_behind_a_large_file_is_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
