/*
 * Peers that mean harm, and a store that fails or stands still at the worst moment: what they
 * may not bring about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/directory.h"
#include "gate/core/times.h"
#include "lib/rtm/codes.h"
#include "lib/rtm/methods.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/gate_words.h"

static int open_world(void **state)
{
    *state = gate_world_new(2);
    return *state == NULL ? -1 : 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

/* ---- a store that stands still ------------------------------------------------------------- */

static const store_ops *moving_ops;
static store_ops still_ops;
static store_batch *held;
static store_ask *asked[64];
static size_t asked_count;

static void hold_append(store *self, store_batch *batch)
{
    (void)self;
    assert_null(held);
    held = batch;
}

static void hold_ask(store *self, store_ask *ask)
{
    (void)self;
    assert_true(asked_count < sizeof asked / sizeof asked[0]);
    asked[asked_count++] = ask;
}

static void stand_still(gate_world *w)
{
    moving_ops = w->config.store->ops;
    still_ops = *moving_ops;
    still_ops.append = hold_append;
    still_ops.ask = hold_ask;
    w->config.store->ops = &still_ops;
}

/* Go on with what was held. */
static void move_on(gate_world *w)
{
    store_batch *batch = held;

    w->config.store->ops = moving_ops;
    held = NULL;
    if (batch != NULL)
        moving_ops->append(w->config.store, batch);
    for (size_t i = 0; i < asked_count; i++)
        moving_ops->ask(w->config.store, asked[i]);
    asked_count = 0;
    gate_turns(w);
}

/* ---- words --------------------------------------------------------------------------------- */

/* The parameters of auth; the token is a good one, or not. */
static void auth_words(gate_peer *server, int64_t uid, bool is_good)
{
    gate_world *w = server->world;
    const char *token = is_good ? gate_token(server, uid) : "0123456789ABCDEF0123456789ABCDEF";

    gate_int(w, "pid", GATE_PID);
    gate_int(w, "uid", uid);
    gate_text(w, "token", token);
}

/* A quest of a user, no turn yet. */
static void user_quest(gate_peer *user, const char *method)
{
    user->world->is_unsigned = true;
    (void)gate_quest(user, method, true);
    user->world->is_unsigned = false;
}

/* The codes of all answers not looked at: "0 200023"; valid until the next call. */
static const char *codes(gate_peer *peer)
{
    static char text[4000];
    rtmi_package package;
    size_t len = 0;

    text[0] = '\0';
    while (gate_peer_next(peer, &package)) {
        rtmi_payload payload;
        int64_t code = 0;
        if (package.kind != RTMI_FRAME_ANSWER)
            continue;
        assert_int_equal(rtmi_payload_open(package.payload, &payload), 0);
        if (package.status != 0)
            assert_int_equal(rtmi_payload_get_int(&payload, "code", &code), 1);
        len += (size_t)snprintf(text + len, sizeof text - len, len > 0 ? " %lld" : "%lld",
                                (long long)code);
        assert_true(len < sizeof text);
    }
    return text;
}

static const char *online(gate_peer *server, const char *uids)
{
    char words[64];

    (void)snprintf(words, sizeof words, "uids=%s", uids);
    return gate_says(server, "getonlineusers", words);
}

/* ---- logins -------------------------------------------------------------------------------- */

/* A signed quest behind an auth would make the connection one of both sides. */
static void nothing_signed_while_logging_in(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    for (size_t at = 0; at < 2; at++) {
        gate_peer *server = gate_connect(w, 0);
        gate_peer *user = gate_connect(w, at);
        auth_words(server, 11, true);
        user_quest(user, "auth");
        w->pid = GATE_PID_2;
        w->secret = GATE_SECRET_2;
        gate_value(w, "gids", "[1]");
        (void)gate_quest(user, "addlisten", true);
        gate_value(w, "uids", "[1]");
        (void)gate_quest(user, "getonlineusers", true);
        w->pid = GATE_PID;
        w->secret = GATE_SECRET;
        gate_turns(w);
        assert_string_equal(codes(user), "200020 200020 0");
        assert_string_equal(online(server, "[11]"), "{\"uids\":[11]}");
        gate_tick(w, 20000);
        assert_string_equal(gate_pushes(user), "ping");
        gate_leave(user);
        gate_leave(server);
        /* Who sends to that group finds nobody who has gone. */
        gate_peer *other = gate_connect(w, at);
        w->pid = GATE_PID_2;
        w->secret = GATE_SECRET_2;
        gate_message(w, 5, "gid", 1, (int64_t)at + 1, "x");
        assert_int_equal(gate_call(other, "sendgroupmsg"), 0);
        w->pid = GATE_PID;
        w->secret = GATE_SECRET;
    }
}

/* The answer to a login that failed does not let in a third one while the second is on its way. */
static void one_login_at_a_time(void **state)
{
    static const int64_t uids[3] = {13, 11, 12}; /* 13 is on the blacklist */
    gate_world *w = *state;
    uint8_t auths[3][400];
    size_t lens[3];

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 1);
    gate_peer *user = gate_connect(w, 0);
    assert_string_equal(gate_says(server, "addprojectblack", "uid=13 btime=0"), "{}");
    for (size_t i = 0; i < 3; i++) {
        auth_words(server, uids[i], true);
        w->is_unsigned = true;
        const rtmi_span wire = gate_encode(w, "auth", true, (uint32_t)i + 1);
        w->is_unsigned = false;
        lens[i] = wire.len;
        memcpy(auths[i], wire.data, wire.len);
    }
    gate_send(user, (rtmi_span){auths[0], lens[0]});
    shard_end_turn(w->shards[0], w->now);
    gate_send(user, (rtmi_span){auths[1], lens[1]});
    shard_take_mail(w->shards[0], w->now);
    gate_send(user, (rtmi_span){auths[2], lens[2]});
    gate_turns(w);
    assert_string_equal(codes(user), "200023 200024 0");
    assert_string_equal(online(server, "[11,12,13]"), "{\"uids\":[12]}");
    gate_tick(w, 20000);
    assert_string_equal(gate_pushes(user), "ping");
    gate_leave(user);
    gate_turns(w);
    assert_string_equal(online(server, "[11,12,13]"), "{\"uids\":[]}");
}

/* Who has been kicked out is told so and closed a second later; he says nothing meanwhile. */
static void the_last_second_is_silent(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    for (size_t at = 0; at < 2; at++) {
        gate_peer *server = gate_connect(w, 0);
        gate_peer *user = gate_login(server, at, 11);
        assert_string_equal(gate_says(server, "kickout", "uid=11"), "{}");
        assert_string_equal(gate_pushes(user), "kickout");
        gate_int(w, "to", 12);
        gate_int(w, "mtype", 51);
        gate_int(w, "mid", 1 + (int64_t)at);
        gate_text(w, "msg", "x");
        assert_int_equal(gate_user_call(user, "sendmsg"), RTMI_RC_UNAUTHORIZED);
        auth_words(server, 11, true);
        assert_int_equal(gate_user_call(user, "auth"), RTMI_RC_DUPLICATED_AUTH);
        gate_tick(w, 1100);
        assert_null(user->conn);
        gate_leave(server);
    }
}

/* ---- commits that fail --------------------------------------------------------------------- */

/* A user whose end could not be stored is not there for ever. */
static void an_end_that_was_not_stored_is_told_again(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    for (size_t at = 0; at < 2; at++) {
        gate_peer *server = gate_connect(w, 0);
        gate_peer *user = gate_login(server, at, 11);
        gate_value(w, "events", "['logout']");
        assert_int_equal(gate_call(server, "setlisten"), 0);
        gate_fail_appends(w, true);
        gate_leave(user);
        gate_turns(w);
        for (int i = 0; i < 3; i++)
            gate_tick(w, 1000);
        assert_string_equal(gate_pushes(server), "");
        gate_fail_appends(w, false);
        gate_tick(w, 1000);
        assert_string_equal(gate_pushes(server), "pushevent");
        assert_string_equal(online(server, "[11]"), "{\"uids\":[]}");
        gate_tick(w, 1000);
        assert_string_equal(gate_pushes(server), "");
        gate_leave(server);
    }
}

/* The same where it had gathered behind the batch that failed. */
static void an_end_behind_a_batch_that_fails(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    gate_peer *user = gate_login(server, 1, 11);
    stand_still(w);
    gate_value(w, "uid", "7");
    gate_text(w, "oinfo", "x");
    (void)gate_quest(server, "setuserinfo", true);
    gate_turns(w);
    assert_non_null(held);
    gate_leave(user);
    gate_turns(w);
    store_batch *failed = held;
    held = NULL;
    w->config.store->ops = moving_ops;
    failed->done(failed, -1, "the disk is full", failed->userdata);
    gate_turns(w);
    assert_string_equal(codes(server), "200999");
    gate_tick(w, 1000);
    assert_string_equal(online(server, "[11]"), "{\"uids\":[]}");
}

/* Sessions that a gate's end has cut are over, also where that cannot be stored at first. */
static void sessions_of_the_last_run_never_come_back(void **state)
{
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    (void)gate_login(server, 0, 11);
    gate_fail_appends(w, true);
    gate_restart(w);
    gate_turns(w);
    gate_tick(w, 1000);
    server = gate_connect(w, 1);
    assert_string_equal(online(server, "[11]"), "200999"); /* with that batch, too */
    gate_fail_appends(w, false);
    gate_peer *listener = gate_connect(w, 1);
    gate_value(w, "events", "['logout']");
    assert_int_equal(gate_call(listener, "setlisten"), 0);
    (void)gate_connect(w, 0);
    gate_peer *user = gate_login(server, 0, 12); /* the number of that connection was 11's */
    assert_string_equal(online(server, "[11,12]"), "{\"uids\":[12]}");
    assert_string_equal(gate_pushes(listener), "pushevent");
    assert_string_equal(gate_says(server, "kickout", "uid=11"), "{}");
    gate_tick(w, 2000);
    assert_non_null(user->conn);
    assert_string_equal(gate_pushes(listener), "");
}

/* Undoing without memory leaves a directory that is known to be broken, and nothing else. */
static void undoing_without_memory(void **state)
{
    const dir_key key = dir_key_id(DIR_USER_INFO, 1);
    change_set set;
    directory *dir = directory_new(1 << 20);

    (void)state;
    assert_non_null(dir);
    change_set_init(&set);
    assert_int_equal(directory_put(dir, &set, &key, (rtmi_span){(const uint8_t *)"a", 1}), 0);
    assert_int_equal(directory_put(dir, &set, &key, (rtmi_span){(const uint8_t *)"b", 1}), 0);
    assert_int_equal(directory_remove(dir, &set, &key), 0);
    alloc_fail_from(1);
    directory_rewind(dir, &set, (change_mark){0, 0, 0});
    alloc_fail_reset();
    assert_true(directory_is_broken(dir));
    change_set_deinit(&set);
    directory_free(dir);
}

/* ---- what grows ---------------------------------------------------------------------------- */

/* While the disk stands still, refusals do not wait for it: they would grow without bound. */
static void refusals_do_not_wait_for_the_disk(void **state)
{
    gate_world *w = *state;

    w->config.log_pending_bytes = 20000;
    assert_true(gate_world_open(w));
    gate_peer *peers[2] = {gate_connect(w, 0), gate_connect(w, 1)};
    for (size_t at = 0; at < 2; at++) { /* they are proved */
        gate_value(w, "uids", "[11]");
        assert_int_equal(gate_call(peers[at], "getonlineusers"), 0);
    }
    stand_still(w);
    for (int64_t mid = 1; mid <= 200; mid++) {
        gate_message(w, 5, "gid", 1, mid, "0123456789");
        (void)gate_quest(peers[mid & 1], "sendgroupmsg", true);
        gate_turns(w);
    }
    for (size_t at = 0; at < 2; at++) {
        (void)codes(peers[at]);
        gate_message(w, 5, "gid", 1, 1000 + (int64_t)at, "0123456789");
        (void)gate_quest(peers[at], "sendgroupmsg", true);
        gate_value(w, "uids", "[11]");
        (void)gate_quest(peers[at], "getonlineusers", true);
        gate_turns(w);
        assert_string_equal(codes(peers[at]), "20011 20011");
    }
    move_on(w);
    for (size_t at = 0; at < 2; at++)
        shard_drain(w->shards[at]);
    gate_turns(w);
    for (size_t at = 0; at < 2; at++)
        assert_true(shard_is_drained(w->shards[at]));
}

/* A clock that was put back stops log time: all conversations of an hour are ahead of it. */
static void conversations_ahead_of_the_clock_are_bounded(void **state)
{
    times of;
    int64_t before_ms = 0;

    (void)state;
    times_init(&of, 5);
    for (int64_t id = 1; id <= 2500000; id++) {
        const store_conversation other = {.kind = STORE_GROUP, .a = id};
        const store_conversation own = {.kind = STORE_GROUP, .a = 0};
        (void)times_take(&of, &other, 1000);
        assert_true(of.last.count <= TIMES_MAX);
        if (id % 100000 != 0)
            continue;
        const int64_t time_ms = 1000 + (int64_t)times_take(&of, &own, 1000);
        assert_true(time_ms > before_ms); /* it rises all the same */
        before_ms = time_ms;
    }
    assert_in_range(before_ms, 1001, 1200); /* and not faster than it must */
    times_deinit(&of);
}

/* What a quest has in its parameters is kept while the store is asked. */
static void questions_are_bounded_in_bytes(void **state)
{
    static char junk[200001];
    gate_world *w = *state;

    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    assert_string_equal(online(server, "[]"), "200033");
    stand_still(w);
    memset(junk, 'j', sizeof junk - 1);
    for (int i = 0; i < 8; i++) {
        gate_int(w, "gid", 1);
        gate_bool(w, "desc", true);
        gate_int(w, "num", 1);
        gate_text(w, "junk", junk);
        (void)gate_quest(server, "getgroupmsg", true);
        gate_turns(w);
    }
    assert_int_equal(asked_count, 5); /* of 1 MiB */
    assert_string_equal(codes(server), "20011 20011 20011");
    move_on(w);
    assert_string_equal(codes(server), "0 0 0 0 0");
}

static void put_page(gate_world *w)
{
    gate_int(w, "gid", 1);
    gate_bool(w, "desc", true);
    gate_int(w, "num", 2);
}

/* The store may answer faster than the owner looks: what waits for it is bounded. */
static void answers_of_the_store_are_bounded_in_bytes(void **state)
{
    static char text[10001];
    gate_world *w = *state;

    w->config.log_pending_bytes = 60000;
    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 1);
    memset(text, 't', sizeof text - 1);
    for (int64_t mid = 1; mid <= 2; mid++) {
        gate_message(w, 5, "gid", 1, mid, text);
        assert_int_equal(gate_call(server, "sendgroupmsg"), 0);
    }
    assert_int_equal((put_page(w), gate_call(server, "getgroupmsg")),
                     0); /* the store has made its index */
    stand_still(w);
    for (int i = 0; i < 10; i++) {
        put_page(w);
        (void)gate_quest(server, "getgroupmsg", true);
        gate_turns(w);
    }
    assert_int_equal(asked_count, 10);
    w->config.store->ops = moving_ops;
    alloc_fail_reset();
    for (size_t i = 0; i < asked_count; i++)
        moving_ops->ask(w->config.store, asked[i]);
    asked_count = 0;
    assert_int_equal(alloc_fail_live(), 4); /* two blocks each */
    gate_turns(w);
    assert_string_equal(codes(server), "20011 20011 20011 20011 20011 20011 20011 20011 0 0");
    /* And when they are gone there is room again. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal((put_page(w), gate_call(server, "getgroupmsg")), 0);
    }
}

/* ---- memory that runs out ------------------------------------------------------------------ */

/* Every quest ends, whatever request for memory fails on its way, and with a text of its own. */
static void every_quest_ends_without_memory(void **state)
{
    static char info[60001];
    gate_world *w = *state;
    bool was_hit = true;

    memset(info, 'i', sizeof info - 1);
    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 1);
    assert_string_equal(online(server, "[11]"), "{\"uids\":[]}");
    gate_int(w, "uid", 11);
    gate_text(w, "oinfo", info);
    assert_int_equal(gate_call(server, "setuserinfo"), 0);
    for (size_t i = 1; was_hit; i++) {
        if (server->conn == NULL)
            server = (w->peer_count = 0, gate_connect(w, 1));
        gate_int(w, "uid", 11);
        alloc_fail_at(i);
        const int code = gate_call(server, "getuserinfo");
        was_hit = alloc_fail_hit();
        alloc_fail_reset();
        if (server->conn == NULL)
            continue;
        assert_true(code == 0 || code == 200999 || code == 20011);
        if (code == 200999 && strcmp(w->text, "unknown error") != 0)
            assert_string_equal(w->text, "out of memory");
    }
    for (size_t at = 0; at < 2; at++)
        shard_drain(w->shards[at]);
    gate_turns(w);
    for (size_t at = 0; at < 2; at++)
        assert_true(shard_is_drained(w->shards[at]));
}

/* The pass over parameters relies on it. */
static void no_row_of_the_server_side_names_a_part_of_the_signature(void **state)
{
    static const char *const names[] = {"pid", "salt", "ts", "sign"};

    (void)state;
    for (size_t i = 0; i < rtmi_method_count(); i++) {
        const rtmi_method *method = rtmi_method_at(i);
        for (size_t n = 0; method->side == RTMI_SERVER && n < method->param_count; n++) {
            for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
                assert_string_not_equal(method->params[n].key, names[k]);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_signed_while_logging_in),
        TEST(one_login_at_a_time),
        TEST(the_last_second_is_silent),
        TEST(an_end_that_was_not_stored_is_told_again),
        TEST(an_end_behind_a_batch_that_fails),
        TEST(sessions_of_the_last_run_never_come_back),
        cmocka_unit_test(undoing_without_memory),
        TEST(refusals_do_not_wait_for_the_disk),
        TEST(questions_are_bounded_in_bytes),
        TEST(every_quest_ends_without_memory),
        TEST(answers_of_the_store_are_bounded_in_bytes),
        cmocka_unit_test(conversations_ahead_of_the_clock_are_bounded),
        cmocka_unit_test(no_row_of_the_server_side_names_a_part_of_the_signature),
    };

    return cmocka_run_group_tests_name("gate_core.hostile", tests, NULL, NULL);
}
