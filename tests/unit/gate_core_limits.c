/*
 * Limits of rate in a whole gate of two shards: who is over one is answered 200010, stays
 * connected, and is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/quota.h"
#include "lib/rtm/codes.h"
#include "tests/support/gate_world.h"

static gate_world *world; /* whose clock it is */
static quota_table table;
static char lines[16384];

static int64_t clock_us(void)
{
    return world->now.mono_ms * 1000;
}

static void hear(int level, const char *text, void *userdata)
{
    const size_t len = strlen(lines);

    (void)userdata;
    if (level <= RTMI_LOG_WARN)
        (void)snprintf(lines + len, sizeof lines - len, "%s\n", text);
}

static int open_world(void **state)
{
    world = gate_world_new(2);
    memset(&table, 0, sizeof table);
    lines[0] = '\0';
    world->config.mono_us = clock_us;
    world->config.addresses = &table;
    world->config.log = (rtmi_log){.write = hear, .level = RTMI_LOG_INFO};
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

static shard_metrics figures(size_t at)
{
    shard_metrics metrics;

    shard_cell_read(shard_get_metrics(world->shards[at]), &metrics);
    return metrics;
}

static size_t method_of(const char *name)
{
    return rtmi_method_index(rtmi_method_find(RTMI_SERVER, rtmi_span_of_text(name)));
}

/* How many of `count` quests are answered well; the others with 200010. */
static int pass(gate_peer *peer, int count)
{
    int good = 0;

    for (int i = 0; i < count; i++) {
        const int code = gate_call(peer, "addlisten");
        assert_true(code == 0 || code == RTMI_RC_FREQUENCY_LIMITED);
        good += code == 0;
    }
    return good;
}

static void a_project_has_so_many_quests_on_all_shards_together(void **state)
{
    gate_world *w = *state;

    w->projects[0].quest_rate = 10;
    assert_true(gate_world_open(w));
    gate_peer *here = gate_connect(w, 0);
    gate_peer *there = gate_connect(w, 1);
    assert_int_equal(pass(here, 6) + pass(there, 20), 10);
    assert_non_null(strstr(w->text, "than the project may send"));
    w->now.mono_ms += 300;
    assert_int_equal(pass(here, 10), 3);
    gate_tick(w, 0);
    assert_int_equal(figures(0).quests_limited[METRICS_LIMIT_PROJECT], 7);
    assert_int_equal(figures(1).quests_limited[METRICS_LIMIT_PROJECT], 16);
    assert_int_equal(figures(1).quests[method_of("addlisten")][METRICS_LIMITED], 16);
    assert_true(here->conn != NULL && there->conn != NULL);

    /* Others are not concerned. */
    w->pid = GATE_PID_2;
    w->secret = GATE_SECRET_2;
    assert_int_equal(pass(gate_connect(w, 0), 50), 50);
}

static void the_first_quest_of_a_connection_may_be_refused(void **state)
{
    gate_world *w = *state;

    w->projects[0].quest_rate = 1;
    assert_true(gate_world_open(w));
    assert_int_equal(pass(gate_connect(w, 0), 1), 1);
    gate_peer *late = gate_connect(w, 0);
    assert_int_equal(gate_call(late, "addlisten"), RTMI_RC_FREQUENCY_LIMITED);
    assert_true(late->is_proved); /* it is who it says */
    w->now.mono_ms += 1000;
    assert_int_equal(gate_call(late, "addlisten"), 0);
}

static void an_address_has_so_many_quests_good_or_not(void **state)
{
    gate_world *w = *state;

    w->config.address_rate = 5;
    assert_true(gate_world_open(w));
    gate_peer *guesser = gate_connect(w, 0);
    gate_peer *neighbour = gate_connect(w, 1);
    gate_peer *other = gate_connect(w, 0);
    gate_peer *local = gate_connect(w, 1); /* without an address */
    conn_set_source(guesser->conn, 1);
    conn_set_source(neighbour->conn, 1);
    conn_set_source(other->conn, 2);
    w->secret = "guessed";
    for (int i = 0; i < 5; i++)
        assert_int_equal(gate_call(guesser, "addlisten"), RTMI_RC_INVALID_PID_OR_SIGN);
    assert_int_equal(gate_call(guesser, "addlisten"), RTMI_RC_FREQUENCY_LIMITED);
    w->secret = GATE_SECRET;
    assert_int_equal(gate_call(neighbour, "addlisten"), RTMI_RC_FREQUENCY_LIMITED);
    assert_int_equal(pass(other, 10), 5);
    assert_int_equal(pass(local, 100), 100);
    gate_tick(w, 0);
    assert_int_equal(figures(0).quests_limited[METRICS_LIMIT_ADDRESS], 6);
    assert_int_equal(figures(1).quests_limited[METRICS_LIMIT_ADDRESS], 1);
    assert_non_null(strstr(lines, "peer=peer quests-per-address is reached: 6 quests"));
}

static int send_message(gate_peer *peer, int64_t mid)
{
    gate_message(peer->world, 1, "gid", 7, mid, "x");
    return gate_call(peer, "sendgroupmsg");
}

static void a_project_has_so_many_messages_wherever_they_come_from(void **state)
{
    gate_world *w = *state;
    int good = 0;

    w->projects[0].message_rate = 4; /* its owner is shard 0 */
    assert_true(gate_world_open(w));
    gate_peer *here = gate_connect(w, 0);
    gate_peer *there = gate_connect(w, 1);
    for (int mid = 1; mid <= 6; mid++) {
        const int code = send_message(mid % 2 == 0 ? here : there, mid);
        assert_true(code == 0 || code == RTMI_RC_FREQUENCY_LIMITED);
        good += code == 0;
    }
    assert_int_equal(good, 4);
    assert_int_equal(pass(here, 10), 10); /* only messages are counted */
    w->now.mono_ms += 250;
    assert_int_equal(send_message(there, 5), 0); /* the refused one, again */
    assert_int_equal(send_message(here, 6), RTMI_RC_FREQUENCY_LIMITED);

    /* A list counts by its receivers, passes, and is paid for. */
    w->now.mono_ms += 1000;
    gate_value(w, "tos", "[1,2,3,4,5,6,7,8]");
    gate_message(w, 1, "to", 0, 7, "x");
    assert_int_equal(gate_call(here, "sendmsgs"), 0);
    w->now.mono_ms += 1000;
    assert_int_equal(send_message(here, 8), RTMI_RC_FREQUENCY_LIMITED);
    w->now.mono_ms += 250;
    assert_int_equal(send_message(here, 8), 0);

    gate_tick(w, 0);
    log_metrics log;
    log_cell_read(&w->live[0].metrics, &log);
    assert_int_equal(log.limited, 4);
    assert_int_equal(log.messages[STORE_GROUP], 6);
    assert_int_equal(log.messages[STORE_P2P], 8);
    assert_non_null(strstr(lines, "messages-per-second is reached: 4 messages"));
}

static void the_log_tells_of_it_seldom(void **state)
{
    gate_world *w = *state;
    size_t told = 0;

    w->projects[0].quest_rate = 1;
    assert_true(gate_world_open(w));
    gate_peer *peer = gate_connect(w, 0);
    for (int i = 0; i < 100; i++) { /* 25 s */
        (void)gate_call(peer, "addlisten");
        gate_tick(w, 250);
    }
    for (const char *at = lines; (at = strstr(at, "quests-per-second is reached")) != NULL; at++)
        told++;
    assert_int_equal(told, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        CASE(a_project_has_so_many_quests_on_all_shards_together),
        CASE(the_first_quest_of_a_connection_may_be_refused),
        CASE(an_address_has_so_many_quests_good_or_not),
        CASE(a_project_has_so_many_messages_wherever_they_come_from),
        CASE(the_log_tells_of_it_seldom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
