/*
 * Shards with their first request for memory failing, then their second, and so on until none
 * does: nothing crashes or leaks, and when it is over the gate serves again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/alloc_fail.h"
#include "tests/support/gate_world.h"

static bool make(void *userdata)
{
    gate_world *w = userdata;
    const bool ok = gate_world_open(w);

    gate_world_close(w);
    return ok;
}

static bool call(gate_peer *peer, const char *method)
{
    gate_world *w = peer->world;

    if (peer->conn == NULL) {
        rtmi_buf_clear(&w->entries);
        w->entry_count = 0;
        return false;
    }
    return gate_call(peer, method) == 0;
}

/* Two listeners and a sender, on both shards. */
static bool live(gate_world *w, bool *ret_is_open)
{
    gate_peer *peers[3];
    bool ok = true;

    *ret_is_open = gate_world_open(w);
    if (!*ret_is_open)
        return false;
    for (size_t i = 0; i < 3; i++) {
        peers[i] = gate_connect(w, i % 2);
        if (peers[i] == NULL)
            return false;
    }
    gate_value(w, "gids", "[1,2,3]");
    gate_value(w, "events", "['login']");
    ok = call(peers[0], "addlisten") && ok;
    gate_bool(w, "group", true);
    ok = call(peers[1], "setlisten") && ok;
    w->cut = 50; /* unfinished packages */
    for (int64_t mid = 1; mid <= 3; mid++) {
        gate_message(w, 5, "gid", 1, mid, "hi");
        ok = call(peers[mid - 1], "sendgroupmsg") && ok;
    }
    w->cut = 0;
    gate_value(w, "tos", "[1,2,3]");
    gate_message(w, 5, NULL, 0, 9, "hi");
    ok = call(peers[1], "sendmsgs") && ok;
    gate_int(w, "num", 2);
    ok = call(peers[0], "rkwho") && ok;
    gate_tick(w, 20000);
    gate_leave(peers[2]);
    return ok;
}

/* Whatever has failed: no request is without an end. */
static void drain(gate_world *w)
{
    for (size_t i = 0; i < 2; i++)
        shard_drain(w->shards[i]);
    gate_turns(w);
    for (size_t i = 0; i < 2; i++)
        assert_true(shard_is_drained(w->shards[i]));
}

static bool live_once(void *userdata)
{
    gate_world *w = userdata;
    bool is_open;
    const bool ok = live(w, &is_open);

    w->cut = 0;
    if (is_open && alloc_fail_hit()) {
        /* Memory is there again: so is the gate. */
        gate_peer *peer = gate_connect(w, 1);
        assert_non_null(peer);
        gate_bool(w, "group", true);
        assert_int_equal(gate_call(peer, "setlisten"), 0);
        gate_message(w, 5, "gid", 1, 77, "hi");
        assert_int_equal(gate_call(peer, "sendgroupmsg"), 0);
        drain(w);
    }
    gate_world_close(w);
    return ok;
}

static bool user_call(gate_peer *peer, const char *method)
{
    peer->world->is_unsigned = true;
    const bool ok = call(peer, method);
    peer->world->is_unsigned = false;
    return ok;
}

static bool login(gate_peer *server, gate_peer *user, int64_t uid)
{
    gate_world *w = server->world;
    char token[64] = "";
    rtmi_span text;

    gate_int(w, "uid", uid);
    if (!call(server, "gettoken") || rtmi_payload_get_bytes(&w->answer, "token", &text) != 1)
        return false;
    memcpy(token, text.data, text.len < sizeof token ? text.len : sizeof token - 1);
    gate_int(w, "pid", GATE_PID);
    gate_int(w, "uid", uid);
    gate_text(w, "token", token);
    return user_call(user, "auth");
}

/* Two users, of whom one logs in twice, a room, history, ends. */
static bool live_as_users(gate_world *w)
{
    gate_peer *peers[4];
    bool ok = true;

    for (size_t i = 0; i < 4; i++) {
        peers[i] = gate_connect(w, i % 2);
        if (peers[i] == NULL)
            return false;
    }
    for (size_t i = 1; i < 4; i++)
        ok = login(peers[0], peers[i], i == 3 ? 11 : 10 + (int64_t)i) && ok;
    for (size_t i = 2; i < 4; i++) {
        gate_int(w, "rid", 7);
        ok = user_call(peers[i], "enterroom") && ok;
    }
    gate_int(w, "mtype", 51);
    gate_int(w, "mid", 1);
    gate_text(w, "msg", "x");
    gate_int(w, "rid", 7);
    ok = user_call(peers[2], "sendroommsg") && ok;
    gate_int(w, "rid", 7);
    gate_bool(w, "desc", true);
    gate_int(w, "num", 10);
    ok = call(peers[0], "getroommsg") && ok;
    gate_int(w, "mid", 1);
    gate_int(w, "from", 12);
    gate_int(w, "xid", 7);
    gate_int(w, "type", 3);
    ok = call(peers[0], "delmsg") && ok;
    gate_tick(w, 1100);
    for (size_t i = 1; i < 4; i++)
        gate_leave(peers[i]);
    gate_turns(w);
    return ok;
}

static bool users_once(void *userdata)
{
    gate_world *w = userdata;
    const bool is_open = gate_world_open(w);
    const bool ok = is_open && live_as_users(w);

    if (is_open && alloc_fail_hit()) {
        /* Memory is there again: users can come, and who has gone is not there. */
        for (size_t i = 0; i < w->peer_count; i++)
            gate_leave(&w->peers[i]);
        gate_tick(w, 1000);
        gate_turns(w);
        gate_peer *server = gate_connect(w, 1);
        gate_peer *user = gate_connect(w, 0);
        assert_true(server != NULL && user != NULL && login(server, user, 12));
        gate_value(w, "uids", "[12]");
        assert_int_equal(gate_call(server, "getonlineusers"), 0);
        rtmi_span uids;
        assert_true(rtmi_payload_find(&w->answer, "uids", &uids));
        assert_memory_equal(uids.data, "\x91\x0c", 2);
        drain(w);
    }
    gate_world_close(w);
    return ok;
}

static void users_survive_every_failure(void **state)
{
    gate_world *w = gate_world_new(2);

    (void)state;
    print_message("%zu requests\n", alloc_fail_sweep(users_once, w));
    gate_world_free(w);
}

static void making_shards_survives_every_failure(void **state)
{
    gate_world *w = gate_world_new(2);

    (void)state;
    print_message("%zu requests\n", alloc_fail_sweep(make, w));
    gate_world_free(w);
}

static void a_life_survives_every_failure(void **state)
{
    gate_world *w = gate_world_new(2);

    (void)state;
    print_message("%zu requests\n", alloc_fail_sweep(live_once, w));
    gate_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_shards_survives_every_failure),
        cmocka_unit_test(a_life_survives_every_failure),
        cmocka_unit_test(users_survive_every_failure),
    };

    return cmocka_run_group_tests_name("gate_core.shard", tests, NULL, NULL);
}
