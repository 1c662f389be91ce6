/*
 * Records that go to the same connections are routed together. Two gates get the same quests, one
 * of them each in a turn of its own: what comes to each peer must be the same, whoever sends,
 * to whomever, and however slowly it is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "tests/support/gate_words.h"

/* Messages of a turn, and pushes that may be queued: only who does not read loses any. */
#define TURN_MAX 100

enum {
    SERVER,
    OTHER,    /* server side, too */
    ALL_ONE,  /* listens to everything, on the first shard */
    ALL_TWO,  /* on the second, with offsets */
    SOME,     /* listens to a group and a user */
    SLOW,     /* to everything, and does not read */
    USER,     /* 11, of group 1 and room 1 */
    USER_MAP, /* 12, of group 1 and room 1; reads chat from a map only */
    USER_TWO, /* 13, of group 1, on the second shard */
    PEERS
};

typedef struct gate {
    gate_world *w;
    gate_peer *peers[PEERS];
} gate;

static void listen_to(gate_peer *peer, const char *method, const char *words)
{
    assert_string_equal(gate_says(peer, method, words), "{}");
}

static gate_peer *log_in(gate *self, size_t at, int64_t uid, const char *version)
{
    gate_peer *user = gate_connect(self->w, at);

    assert_int_equal(gate_auth(user, uid, gate_token(self->peers[SERVER], uid), version), 1);
    return user;
}

static void open_gate(gate *self, gate_slow slow, bool exclude_own, bool has_users)
{
    gate_world *w = self->w = gate_world_new(2);
    static const char all[] = "p2p=true group=true room=true";

    w->config.slow = slow;
    w->config.queue_pushes = TURN_MAX;
    w->config.exclude_own = exclude_own;
    assert_true(gate_world_open(w));
    for (size_t i = 0; i < USER; i++)
        self->peers[i] = gate_connect(w, i == ALL_TWO);
    listen_to(self->peers[OTHER], "addlisten", "gids=[1] uids=[12]");
    listen_to(self->peers[ALL_ONE], "setlisten", all);
    assert_string_not_equal(gate_says(self->peers[ALL_TWO], "setlisten",
                                      "gids=[] rids=[] uids=[] events=[] p2p=true group=true "
                                      "room=true ev=false rk={'v':1,'offsets':true}"),
                            "{}"); /* it is told what it has */
    listen_to(self->peers[SOME], "addlisten", "gids=[2] uids=[11] rids=[1]");
    listen_to(self->peers[SLOW], "setlisten", all);
    for (size_t i = USER; i < PEERS; i++)
        self->peers[i] = NULL;
    if (!has_users)
        return;
    self->peers[USER] = log_in(self, 0, 11, NULL);
    self->peers[USER_MAP] = log_in(self, 0, 12, "C#-1.0");
    self->peers[USER_TWO] = log_in(self, 1, 13, NULL);
    assert_string_equal(gate_says(self->peers[SERVER], "addgroupmembers", "gid=1 uids=[11,12,13]"),
                        "{}");
    for (size_t i = USER; i <= USER_MAP; i++) {
        gate_int(w, "rid", 1);
        assert_int_equal(gate_user_call(self->peers[i], "enterroom"), 0);
    }
}

/* One message: all that is random in it comes from `what`. */
static void send_one(gate *self, uint64_t what, int64_t mid, bool has_users)
{
    static const char *const methods[] = {"sendgroupmsg", "sendmsg", "sendroommsg"};
    static const char *const keys[] = {"gid", "to", "rid"};
    gate_world *w = self->w;
    const size_t kind = what % 8 < 5 ? 0 : what % 8 < 7 ? 1 : 2;
    const bool is_user = has_users && (what >> 8) % 4 == 0;
    const int64_t to = kind == 1 ? 11 + (int64_t)((what >> 16) % 3) : (what >> 16) % 5 == 0 ? 2 : 1;
    /* A size now and then that ends a run. */
    static char text[9000];
    const size_t len = (what >> 40) % 32 == 0 ? 8000 : (what >> 40) % 50;

    memset(text, 'x', len);
    text[len] = '\0';
    gate_int(w, "mtype", (what >> 24) % 3 == 0 ? 30 : 51);
    if (!is_user)
        gate_int(w, "from", 5 + (int64_t)((what >> 32) % 2));
    gate_int(w, keys[kind], to);
    gate_int(w, "mid", mid);
    gate_text(w, "msg", text);
    gate_text(w, "attrs", "");
    w->is_unsigned = is_user;
    (void)gate_quest(self->peers[is_user                 ? USER
                                 : (what >> 48) % 3 == 0 ? OTHER
                                                         : SERVER],
                     methods[kind], true);
    w->is_unsigned = false;
}

/* All pushes not looked at: which message, and how many bytes, since a form is seen by them. */
static const char *heard(gate_peer *peer)
{
    static char text[2][16384];
    static int turn;
    char *out = text[turn = !turn];
    size_t used = 0;
    rtmi_package package;

    out[0] = '\0';
    while (gate_peer_next(peer, &package)) {
        rtmi_payload payload;
        int64_t mid;
        if (package.kind == RTMI_FRAME_ANSWER)
            continue;
        assert_int_equal(rtmi_payload_open(package.payload, &payload), 0);
        assert_int_equal(rtmi_payload_get_int(&payload, "mid", &mid), 1);
        used += (size_t)snprintf(out + used, sizeof text[0] - used, "%lld:%zu ", (long long)mid,
                                 package.payload.len);
        assert_true(used < sizeof text[0]);
    }
    return out;
}

static void compare(const gate *one, const gate *many)
{
    for (size_t i = 0; i < PEERS; i++) {
        if (one->peers[i] == NULL)
            continue;
        assert_int_equal(one->peers[i]->was_cut, many->peers[i]->was_cut);
        assert_string_equal(heard(one->peers[i]), heard(many->peers[i]));
    }
    for (size_t i = 0; i < 2; i++) {
        const shard_stats *a = shard_get_stats(one->w->shards[i]);
        const shard_stats *b = shard_get_stats(many->w->shards[i]);
        assert_int_equal(a->pushes, b->pushes);
        assert_int_equal(a->pushes_dropped, b->pushes_dropped);
    }
}

static void check(gate_slow slow, bool exclude_own, bool has_users)
{
    gate one;
    gate many;
    uint64_t random = 77 + (uint64_t)slow * 4 + exclude_own * 2u + has_users;
    int64_t mid = 0;

    open_gate(&one, slow, exclude_own, has_users);
    open_gate(&many, slow, exclude_own, has_users);
    compare(&one, &many);
    one.peers[SLOW]->reads = many.peers[SLOW]->reads = 0;
    for (int round = 0; round < 30; round++) {
        const size_t count = 1 + (random = rtmi_mix64(random + 1)) % TURN_MAX;
        uint64_t same = 0;
        for (size_t i = 0; i < count; i++) {
            random = rtmi_mix64(random + 1);
            if (i == 0 || random % 30 == 0)
                same = random;
            /* Mostly as the one before, so that there are runs. */
            const uint64_t what =
                (same & UINT64_C(0xff00ffffff)) | (random & ~UINT64_C(0xff00ffffff));
            mid++;
            send_one(&one, what, mid, has_users);
            gate_turns(one.w);
            send_one(&many, what, mid, has_users);
        }
        gate_turns(many.w);
        if (round % 7 == 6) { /* the slow one reads all that it has */
            one.peers[SLOW]->reads = many.peers[SLOW]->reads = SIZE_MAX;
            gate_turns(one.w);
            gate_turns(many.w);
            one.peers[SLOW]->reads = many.peers[SLOW]->reads = 0;
        }
        compare(&one, &many);
    }
    assert_true(shard_get_stats(one.w->shards[0])->pushes > 1000);
    assert_int_equal(one.peers[SLOW]->was_cut, slow == GATE_SLOW_DISCONNECT);
    assert_int_equal(shard_get_stats(one.w->shards[0])->pushes_dropped == 0,
                     slow == GATE_SLOW_DISCONNECT);
    gate_world_free(one.w);
    gate_world_free(many.w);
}

static void runs_bring_what_single_records_bring(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        check(GATE_SLOW_DROP_OLDEST, (i & 1) != 0, (i & 2) != 0);
}

static void the_slow_policies_judge_each_push_of_a_run(void **state)
{
    (void)state;
    check(GATE_SLOW_DROP_NEWEST, false, true);
    check(GATE_SLOW_DROP_NEWEST, true, false);
    check(GATE_SLOW_DISCONNECT, false, false);
}

/*
 * A push that the first of its receivers does not take stays as it is for the next, while others
 * get the same message in another form.
 */
static void forms_do_not_touch_each_other(void **state)
{
    static char text[9001];
    gate_world *w = gate_world_new(1);
    gate_peer *users[3];
    rtmi_package package;

    (void)state;
    w->config.slow = GATE_SLOW_DROP_NEWEST;
    w->config.queue_pushes = 1;
    w->projects[0].is_old_file = true; /* so users have forms of their own */
    assert_true(gate_world_open(w));
    gate_peer *server = gate_connect(w, 0);
    for (size_t i = 0; i < 3; i++) {
        const int64_t uid = 11 + (int64_t)i;
        users[i] = gate_connect(w, 0);
        assert_int_equal(
            gate_auth(users[i], uid, gate_token(server, uid), i == 1 ? "C#-1.0" : NULL), 1);
    }
    assert_string_equal(gate_says(server, "addgroupmembers", "gid=1 uids=[11,12,13]"), "{}");
    users[0]->reads = 0;
    for (int i = 0; i < 200; i++) {
        const size_t len = 1000 + (size_t)i * 977 % 8000; /* a block ends before either form */
        memset(text, 'a' + i % 26, len);
        text[len] = '\0';
        gate_int(w, "mtype", 30);
        gate_int(w, "from", 5);
        gate_int(w, "gid", 1);
        gate_int(w, "mid", 1 + i);
        gate_text(w, "msg", text);
        gate_text(w, "attrs", "");
        assert_int_equal(gate_call(server, "sendgroupmsg"), 0);
        for (size_t n = 1; n < 3; n++) {
            assert_true(gate_peer_next(users[n], &package));
            assert_true(rtmi_span_is(package.method, "pushgroupmsg"));
            assert_non_null(memmem(package.payload.data, package.payload.len, text, len));
            assert_false(gate_peer_next(users[n], &package));
        }
    }
    assert_true(shard_get_stats(w->shards[0])->pushes_dropped >= 199);
    gate_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_bring_what_single_records_bring),
        cmocka_unit_test(the_slow_policies_judge_each_push_of_a_run),
        cmocka_unit_test(forms_do_not_touch_each_other),
    };

    return cmocka_run_group_tests_name("gate_core.runs", tests, NULL, NULL);
}
