/*
 * Listening and what follows from it: who gets which message, once, in the order of the log, on
 * one shard and on two, and what happens to those that do not keep up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fpnn/json.h"
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

/* A listen quest from words: "gids=[1] group=true". 0 or its code. */
static int listen(gate_peer *peer, const char *method, const char *words)
{
    char text[200];

    (void)snprintf(text, sizeof text, "%s", words);
    for (char *at = text; *at != '\0';) {
        char *equals = strchr(at, '=');
        char *end = strchr(at, ' ');
        *equals = '\0';
        if (end != NULL)
            *end = '\0';
        if (strcmp(equals + 1, "false") == 0)
            gate_bool(peer->world, at, false);
        else
            gate_value(peer->world, at, equals + 1);
        at = end == NULL ? equals + 1 + strlen(equals + 1) : end + 1;
    }
    return gate_call(peer, method);
}

/* What the gate says it holds for a peer, as JSON; valid until the next call. */
static const char *held(gate_peer *peer)
{
    static char text[1000];
    rtmi_package answer;
    rtmi_buf json;

    (void)gate_quest(peer, "rkgetlisten", true);
    gate_turns(peer->world);
    assert_true(gate_peer_next(peer, &answer));
    assert_int_equal(answer.status, 0);
    rtmi_buf_init(&json, sizeof text - 1);
    assert_int_equal(rtmi_pack_to_json(answer.payload, &json), 0);
    (void)snprintf(text, sizeof text, "%.*s", (int)rtmi_buf_span(&json).len,
                   (const char *)rtmi_buf_span(&json).data);
    rtmi_buf_deinit(&json);
    return text;
}

/* One message of each kind to 1, from 5: mids 1 to 4, 100 times `round` added. */
static void send_each(gate_peer *sender, int64_t round)
{
    gate_world *w = sender->world;

    gate_message(w, 5, "to", 1, 100 * round + 1, "p2p");
    assert_int_equal(gate_call(sender, "sendmsg"), 0);
    gate_message(w, 5, "gid", 1, 100 * round + 2, "group");
    assert_int_equal(gate_call(sender, "sendgroupmsg"), 0);
    gate_message(w, 5, "rid", 1, 100 * round + 3, "room");
    assert_int_equal(gate_call(sender, "sendroommsg"), 0);
    gate_message(w, 5, NULL, 0, 100 * round + 4, "broadcast");
    assert_int_equal(gate_call(sender, "broadcastmsg"), 0);
}

static void each_listens_to_what_it_named(void **state)
{
    static const struct {
        const char *words;
        const char *expected;
    } cases[] = {
        {"gids=[1]", "2"},
        {"gids=[7,1]", "2"},
        {"gids={1:0,9:0}", "2"}, /* a map's keys, as one SDK restores */
        {"gids=1", "2"},
        {"gids=['1']", "2"},
        {"gids={'1':0}", "2"},
        {"rids=[1]", "3"},
        {"uids=[1]", "1"},   /* the receiver */
        {"uids=[5]", "1"},   /* the sender */
        {"uids=[1,5]", "1"}, /* once */
        {"gids=[2]", ""},
        {"uids=[2]", ""},
        {"p2p=true", "1"},
        {"group=true", "2"},
        {"room=true", "3"},
        {"ev=true", ""},
        {"events=['login','logout']", ""},
        {"p2p=true group=true room=true gids=[1] uids=[1,5]", "1 2 3"},
    };
    gate_world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gate_world_close(w);
        assert_true(gate_world_open(w));
        gate_peer *sender = gate_connect(w, i % 2);
        gate_peer *listener = gate_connect(w, i / 2 % 2);
        if (listen(listener, "setlisten", cases[i].words) != 0)
            fail_msg("%s: %s", cases[i].words, w->text);
        send_each(sender, 0);
        if (strcmp(gate_mids(listener), cases[i].expected) != 0)
            fail_msg("%s", cases[i].words);
    }
}

static void the_two_blocks_do_not_touch(void **state)
{
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 0);
    gate_peer *sender = gate_connect(w, 1);
    int64_t round = 0;

    assert_int_equal(listen(a, "setlisten", "gids=[1] uids=[1]"), 0);
    assert_int_equal(listen(a, "setlisten", "room=true"), 0); /* lists stay */
    send_each(sender, round++);
    assert_string_equal(gate_mids(a), "1 2 3");
    assert_int_equal(listen(a, "setlisten", "uids=[]"), 0); /* absent lists become empty */
    send_each(sender, round++);
    assert_string_equal(gate_mids(a), "103");
    assert_int_equal(listen(a, "setlisten", "group=true"), 0); /* absent switches become false */
    send_each(sender, round++);
    assert_string_equal(gate_mids(a), "202");
    assert_int_equal(listen(a, "addlisten", "rids=[1]"), 0);
    assert_int_equal(listen(a, "addlisten", ""), 0); /* nothing named: nothing done */
    assert_int_equal(listen(a, "addlisten", "gids=[]"), 0);
    send_each(sender, round++);
    assert_string_equal(gate_mids(a), "302 303");
    assert_int_equal(listen(a, "removelisten", "rids=[1,77] uids=[3]"), 0);
    send_each(sender, round++);
    assert_string_equal(gate_mids(a), "402");
    assert_int_equal(listen(a, "addlisten", "rids=[1]"), 0);
    assert_int_equal(listen(a, "setlisten", ""), 0); /* nothing named: both cleared */
    send_each(sender, round++);
    assert_string_equal(gate_mids(a), "");
}

static void the_set_can_be_read(void **state)
{
    static const char empty[] = "{\"gids\":[],\"rids\":[],\"uids\":[],\"events\":[],\"p2p\":false,"
                                "\"group\":false,\"room\":false,\"ev\":false}";
    static const char full[] =
        "{\"gids\":[-3,1,9],\"rids\":[9223372036854775807],\"uids\":[5],"
        "\"events\":[\"login\",\"logout\"],\"p2p\":true,\"group\":false,\"room\":true,"
        "\"ev\":true}";
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 0);
    gate_peer *b = gate_connect(w, 1);

    assert_string_equal(held(a), empty);
    assert_int_equal(listen(a, "setlisten",
                            "gids=[9,1,-3,1] rids=[9223372036854775807] uids=[5] "
                            "events=['logout','login'] p2p=true room=true ev=true"),
                     0);
    assert_string_equal(held(a), full);
    assert_int_equal(listen(a, "removelisten", "gids=[1] events=['login']"), 0);
    assert_string_equal(held(a), "{\"gids\":[-3,9],\"rids\":[9223372036854775807],\"uids\":[5],"
                                 "\"events\":[\"logout\"],\"p2p\":true,\"group\":false,"
                                 "\"room\":true,\"ev\":true}");
    assert_string_equal(held(b), empty); /* each reads its own */
}

static void a_refused_change_changes_nothing(void **state)
{
    static const struct {
        const char *method;
        const char *words;
        const char *text;
    } cases[] = {
        {"setlisten", "rids=[1] events=['nosuch']", "events: only login and logout"},
        {"setlisten", "rids=[1] gids=[1,'x']", "gids: element 1"},
        {"setlisten", "rids=[1] p2p=1", "p2p must be true or false"},
        {"setlisten", "rids=[1] rk={'v':1,'offsets':true}", "four lists and four switches"},
        {"setlisten", "rids=[1] rk={}", "rk.v"},
        {"setlisten", "rids=[1] rk=[]", "rk must be a map"},
        {"setlisten",
         "gids=[] rids=[1] uids=[] events=[] p2p=false group=false room=false ev=false "
         "rk={'v':1,'from':7}",
         "rk.from"},
        {"setlisten",
         "gids=[] rids=[1] uids=[] events=[] p2p=false group=false room=false ev=false "
         "rk={'v':1,'from':'0:7'}",
         "rk.from"},
        {"setlisten",
         "gids=[] rids=[1] uids=[] events=[] p2p=false group=false room=false ev=false "
         "rk={'v':1,'offsets':7}",
         "rk.offsets"},
        {"addlisten", "rids=[1] rk={'v':1,'offsets':true}", "setlisten"},
        {"addlisten", "rids=[1] gids=[nil]", "gids: element 0"},
        {"removelisten", "gids=[1] events=[7]", "events"},
    };
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 0);
    gate_peer *sender = gate_connect(w, 0);

    assert_int_equal(listen(a, "setlisten", "gids=[1]"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(listen(a, cases[i].method, cases[i].words), RTMI_RC_INVALID_PARAMETER);
        if (strstr(w->text, cases[i].text) == NULL)
            fail_msg("%s: %s", cases[i].words, w->text);
        char expected[20];
        send_each(sender, (int64_t)i);
        (void)snprintf(expected, sizeof expected, "%zu", 100 * i + 2);
        assert_string_equal(gate_mids(a), expected);
    }
}

static void offsets_go_to_those_who_asked(void **state)
{
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 0);
    gate_peer *b = gate_connect(w, 0);
    gate_peer *sender = gate_connect(w, 1);
    rtmi_payload rk;
    rtmi_span raw;
    int64_t head = -1;

    send_each(sender, 0);
    assert_int_equal(listen(a, "setlisten",
                            "gids=[1] rids=[] uids=[] events=[] p2p=false group=false room=true "
                            "ev=false rk={'v':1,'offsets':true,'from':'head'}"),
                     0);
    assert_true(rtmi_payload_find(&w->answer, "rk", &raw));
    assert_int_equal(rtmi_payload_open(raw, &rk), 0);
    assert_int_equal(rtmi_payload_get_int(&rk, "head", &head), 1);
    assert_int_equal(head, 4);
    assert_int_equal(listen(b, "setlisten", "gids=[1] room=true"), 0);
    assert_false(rtmi_payload_find(&w->answer, "rk", &raw));
    send_each(sender, 1);
    assert_string_equal(gate_mids(a), "102@6 103@7");
    assert_string_equal(gate_mids(b), "102 103");
}

static void own_messages_come_back_unless_excluded(void **state)
{
    gate_world *w = *state;

    for (int exclude = 0; exclude < 2; exclude++) {
        gate_world_close(w);
        w->config.exclude_own = exclude != 0;
        assert_true(gate_world_open(w));
        gate_peer *self = gate_connect(w, 1);
        gate_peer *other = gate_connect(w, 1);
        assert_int_equal(listen(self, "setlisten", "group=true"), 0);
        assert_int_equal(listen(other, "setlisten", "group=true"), 0);
        for (int64_t mid = 1; mid <= 3; mid++) {
            gate_message(w, 5, "gid", 1, mid, "x");
            (void)gate_quest(mid == 2 ? other : self, "sendgroupmsg", true);
        }
        gate_turns(w);
        assert_string_equal(gate_mids(self), exclude ? "2" : "1 2 3");
        assert_string_equal(gate_mids(other), exclude ? "1 3" : "1 2 3");
    }
    w->config.exclude_own = false;
}

static void repeats_are_answered_with_the_stored_time(void **state)
{
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 1);
    int64_t first = 0;
    int64_t again = 0;

    assert_int_equal(listen(a, "setlisten", "group=true p2p=true"), 0);
    gate_message(w, 5, "gid", 1, 7, "hi");
    assert_int_equal(gate_call(a, "sendgroupmsg"), 0);
    assert_int_equal(rtmi_payload_get_int(&w->answer, "mtime", &first), 1);
    gate_tick(w, 100);
    gate_message(w, 5, "gid", 1, 7, "hi");
    assert_int_equal(gate_call(a, "sendgroupmsg"), 0);
    assert_int_equal(rtmi_payload_get_int(&w->answer, "mtime", &again), 1);
    assert_int_equal(first, again);
    gate_message(w, 5, "gid", 1, 7, "ho");
    assert_int_equal(gate_call(a, "sendgroupmsg"), RTMI_RC_DUPLICATED_MID);
    gate_message(w, 5, "gid", 2, 7, "ho"); /* elsewhere: another message */
    assert_int_equal(gate_call(a, "sendgroupmsg"), 0);
    assert_int_equal(shard_get_stats(w->shards[0])->repeats, 1);
    assert_int_equal(shard_get_stats(w->shards[0])->repeats_refused, 1);
    assert_int_equal(shard_get_stats(w->shards[0])->records, 2);

    /* To several at once: a record each, also when some are known. */
    gate_value(w, "tos", "[3,1,2,2]");
    gate_message(w, 5, NULL, 0, 8, "all");
    assert_int_equal(gate_call(a, "sendmsgs"), 0);
    gate_value(w, "tos", "[2,4]");
    gate_message(w, 5, NULL, 0, 8, "all");
    assert_int_equal(gate_call(a, "sendmsgs"), 0);
    assert_int_equal(shard_get_stats(w->shards[0])->records, 6);

    /* The ids of the last minutes are known after a restart too. */
    for (size_t i = 0; i < 2; i++) {
        const shard_driver driver = {.userdata = w};
        char text[200];
        shard_free(w->shards[i]);
        if (i == 0)
            assert_int_equal(w->config.store->ops->open_project(w->config.store, GATE_PID, 77,
                                                                w->now.wall_ms,
                                                                &w->projects[0].state, text, 200),
                             0);
        assert_int_equal(shard_new(&w->config, i, &driver, w->now, &w->shards[i], text, 200), 0);
    }
    w->peer_count = 0;
    a = gate_connect(w, 1);
    gate_message(w, 5, "gid", 1, 7, "ho");
    assert_int_equal(gate_call(a, "sendgroupmsg"), RTMI_RC_DUPLICATED_MID);
}

/* Many senders on both shards: each listener sees the same order, with both strings. */
static void the_order_is_the_same_everywhere(void **state)
{
    gate_world *w = *state;
    gate_peer *peers[6];
    char seen[2][8192];
    int64_t mid = 0;

    for (size_t i = 0; i < 6; i++) {
        peers[i] = gate_connect(w, i % 2);
        assert_int_equal(listen(peers[i], "setlisten",
                                i < 2 ? "gids=[] rids=[] uids=[] events=[] p2p=true group=true "
                                        "room=true ev=false rk={'v':1,'offsets':true}"
                                      : "p2p=true group=true room=true"),
                         0);
    }
    for (int turn = 0; turn < 40; turn++) {
        for (size_t i = 0; i < 6; i++) {
            gate_message(w, 5, "gid", 1, ++mid, "x");
            (void)gate_quest(peers[(i * 7 + (size_t)turn) % 6], "sendgroupmsg", turn % 2 == 0);
        }
        if (turn % 3 == 0)
            gate_turns(w);
    }
    gate_turns(w);
    (void)snprintf(seen[0], sizeof seen[0], "%s", gate_mids(peers[0]));
    assert_string_equal(gate_mids(peers[1]), seen[0]);
    (void)snprintf(seen[1], sizeof seen[1], "%s", gate_mids(peers[2]));
    for (size_t i = 3; i < 6; i++)
        assert_string_equal(gate_mids(peers[i]), seen[1]);
    assert_int_equal(shard_get_stats(w->shards[0])->records, 240);
}

static void projects_are_apart(void **state)
{
    gate_world *w = *state;
    gate_peer *a = gate_connect(w, 0);
    gate_peer *b = gate_connect(w, 0);

    assert_int_equal(listen(a, "setlisten", "group=true"), 0);
    w->pid = GATE_PID_2;
    w->secret = GATE_SECRET_2;
    assert_int_equal(listen(b, "setlisten", "group=true"), 0);
    gate_message(w, 5, "gid", 1, 7, "x");
    assert_int_equal(gate_call(b, "sendgroupmsg"), 0);
    w->pid = GATE_PID;
    w->secret = GATE_SECRET;
    assert_string_equal(gate_mids(a), "");
}

static void those_who_leave_are_forgotten(void **state)
{
    gate_world *w = *state;
    gate_peer *sender = gate_connect(w, 0);
    gate_peer *a = gate_connect(w, 0);

    assert_int_equal(listen(a, "setlisten", "group=true gids=[1] uids=[5]"), 0);
    gate_message(w, 5, "gid", 1, 7, "x");
    (void)gate_quest(a, "sendgroupmsg", true); /* its answer finds nobody */
    gate_leave(a);
    send_each(sender, 1);
    assert_int_equal(shard_connection_count(w->shards[0]), 1);
}

/* A listener that does not read, under each policy: answers stay, counters are exact. */
static void slow_listeners_lose_pushes_by_policy(void **state)
{
    static const gate_slow policies[] = {GATE_SLOW_DROP_OLDEST, GATE_SLOW_DROP_NEWEST,
                                         GATE_SLOW_DISCONNECT};
    gate_world *w = *state;

    for (size_t i = 0; i < 3; i++) {
        gate_world_close(w);
        w->config.slow = policies[i];
        w->config.queue_pushes = 40;
        assert_true(gate_world_open(w));
        gate_peer *sender = gate_connect(w, 0);
        gate_peer *slow = gate_connect(w, 0);
        assert_int_equal(listen(slow, "setlisten", "group=true"), 0);
        slow->reads = 0;
        for (int64_t mid = 1; mid <= 200; mid++) {
            gate_message(w, 5, "gid", 1, mid, "some text");
            assert_int_equal(gate_call(sender, "sendgroupmsg"), 0);
            if (mid % 50 == 25)
                (void)gate_quest(slow, "addlisten", true);
            if (mid == 100) { /* a part of a package */
                slow->reads = 33;
                gate_turns(w);
                slow->reads = 0;
            }
        }
        const shard_stats *stats = shard_get_stats(w->shards[0]);
        if (policies[i] == GATE_SLOW_DISCONNECT) {
            assert_true(slow->was_cut);
            assert_int_equal(stats->cut, 1);
            continue;
        }
        slow->reads = SIZE_MAX;
        gate_turns(w);
        rtmi_package package;
        size_t answers = 0;
        size_t pushes = 0;
        while (gate_peer_next(slow, &package)) {
            answers += package.kind == RTMI_FRAME_ANSWER;
            pushes += package.kind != RTMI_FRAME_ANSWER;
        }
        assert_int_equal(answers, 4);
        assert_in_range(pushes, 20, 42);
        assert_int_equal(pushes + stats->pushes_dropped, 200);
        /* It keeps up again: nothing more is lost. */
        gate_message(w, 5, "gid", 1, 999, "x");
        assert_int_equal(gate_call(sender, "sendgroupmsg"), 0);
        assert_string_equal(gate_mids(slow), "999");
        shard_metrics figures; /* followed the queue up and down */
        gate_tick(w, 1);
        shard_cell_read(shard_get_metrics(w->shards[0]), &figures);
        assert_int_equal(figures.queue_bytes, 0);
        assert_int_equal(figures.queue_pushes, 0);
    }
}

static void who_reads_no_answers_is_cut(void **state)
{
    gate_world *w = *state;
    gate_peer *peer;

    gate_world_close(w);
    w->config.queue_bytes = 1000;
    assert_true(gate_world_open(w));
    peer = gate_connect(w, 0);
    peer->reads = 0;
    for (int i = 0; i < 200 && !peer->was_cut; i++) {
        (void)gate_quest(peer, "addlisten", true);
        gate_turns(w);
    }
    assert_true(peer->was_cut);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(each_listens_to_what_it_named),
        CASE(the_two_blocks_do_not_touch),
        CASE(the_set_can_be_read),
        CASE(a_refused_change_changes_nothing),
        CASE(offsets_go_to_those_who_asked),
        CASE(own_messages_come_back_unless_excluded),
        CASE(repeats_are_answered_with_the_stored_time),
        CASE(the_order_is_the_same_everywhere),
        CASE(projects_are_apart),
        CASE(those_who_leave_are_forgotten),
        CASE(slow_listeners_lose_pushes_by_policy),
        CASE(who_reads_no_answers_is_cut),
    };

    return cmocka_run_group_tests_name("gate_core.shard_feed", tests, NULL, NULL);
}
