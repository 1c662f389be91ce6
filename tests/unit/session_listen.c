/*
 * The listen set over time: every rule at the top of lib/session/listen_flow.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "lib/session/session_impl.h"
#include "tests/support/session_world.h"

static int open_world(void **state)
{
    world *w = world_new();

    assert_int_equal(world_open(w), 0);
    world_connect(w);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world_free(*state);
    return 0;
}

static void add(world *w, world_call *call, int number, const char *lists)
{
    assert_int_equal(world_listen(w, call, number, RTMI_LISTEN_ADD, lists, 0, false), 0);
}

/* Desired, confirmed, and whether they agree. */
static void expect_set(world *w, const char *desired, const char *confirmed, bool agrees)
{
    const rtmi_listen_value *want;
    const rtmi_listen_value *have;
    bool same;

    assert_int_equal(rtmi_session_get_listen(w->session, &want, &have, &same), 0);
    assert_string_equal(world_value_text(want), desired);
    assert_string_equal(world_value_text(have), confirmed);
    assert_int_equal(same, agrees);
}

/* The next quest states a whole value: four lists and four switches. Its number. */
static uint32_t next_statement(world *w, const char *gids, const char *p2p)
{
    rtmi_payload params;
    const uint32_t seq = world_next_params(w, "setlisten", &params);

    assert_string_equal(world_param_text(&params, "gids"), gids);
    assert_string_equal(world_param_text(&params, "p2p"), p2p);
    const char *keys[] = {"rids", "uids", "events", "group", "room", "ev"};
    for (size_t i = 0; i < 6; i++)
        assert_string_not_equal(world_param_text(&params, keys[i]), "absent");
    return seq;
}

#define EMPTY "g r u e all=0"

static void a_change_is_desired_then_confirmed(void **state)
{
    world *w = *state;
    world_call call;
    rtmi_payload params;

    expect_set(w, EMPTY, EMPTY, true);
    add(w, &call, 1, "g2,1 elogin");
    expect_set(w, "g1,2 r u elogin all=0", EMPTY, false);
    const uint32_t seq = world_next_params(w, "addlisten", &params);
    assert_string_equal(world_param_text(&params, "gids"), "[1,2]");
    assert_string_equal(world_param_text(&params, "events"), "[login]");
    assert_string_equal(world_param_text(&params, "uids"), "absent");
    assert_string_equal(world_param_text(&params, "rk"), "absent");
    world_answer_ok(w, seq);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c1=ok L1");
    expect_set(w, "g1,2 r u elogin all=0", "g1,2 r u elogin all=0", true);

    /* A replacement names all four lists; switches are apart. */
    assert_int_equal(world_listen(w, &call, 2, RTMI_LISTEN_SET, "u7", 0, false), 0);
    const uint32_t set = world_next_params(w, "setlisten", &params);
    assert_string_equal(world_param_text(&params, "gids"), "[]");
    assert_string_equal(world_param_text(&params, "rids"), "[]");
    assert_string_equal(world_param_text(&params, "uids"), "[7]");
    assert_string_equal(world_param_text(&params, "events"), "[]");
    assert_string_equal(world_param_text(&params, "p2p"), "absent");
    world_answer_ok(w, set);
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(world_listen(w, &call, 3, RTMI_LISTEN_SET_ALL, "", RTMI_LISTEN_GROUP, false),
                     0);
    const uint32_t all = world_next_params(w, "setlisten", &params);
    assert_string_equal(world_param_text(&params, "group"), "true");
    assert_string_equal(world_param_text(&params, "p2p"), "false");
    assert_string_equal(world_param_text(&params, "uids"), "absent");
    world_answer_ok(w, all);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c2=ok c3=ok");
    assert_int_equal(world_listen(w, &call, 4, RTMI_LISTEN_REMOVE, "u7", 0, false), 0);
    world_agree(w, "removelisten");
    expect_set(w, "g r u e all=2", "g r u e all=2", true);
}

static void one_quest_is_under_way_at_a_time_in_order(void **state)
{
    world *w = *state;
    world_call calls[4];

    for (int i = 0; i < 4; i++) {
        const char *lists[] = {"g1", "g2", "r3", "g4"};
        add(w, &calls[i], i, lists[i]);
    }
    expect_set(w, "g1,2,4 r3 u e all=0", EMPTY, false);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(world_waiting(w), 1);
        world_agree(w, "addlisten");
    }
    assert_int_equal(world_waiting(w), 0);
    world_expect(w, "c0=ok c1=ok c2=ok c3=ok L1");
    expect_set(w, "g1,2,4 r3 u e all=0", "g1,2,4 r3 u e all=0", true);
}

static void a_refused_change_is_undone_and_later_ones_kept(void **state)
{
    world *w = *state;
    world_call calls[3];

    add(w, &calls[0], 0, "g1");
    world_agree(w, "addlisten");
    add(w, &calls[1], 1, "g2 u5");
    add(w, &calls[2], 2, "g3");
    expect_set(w, "g1,2,3 r u5 e all=0", "g1 r u e all=0", false);
    world_answer_error(w, world_next(w, "addlisten"), RTMI_RC_TOO_MANY_ITEMS, "no");
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c0=ok L1 c1=200032/0");
    expect_set(w, "g1,3 r u e all=0", "g1 r u e all=0", false);
    /* The whole value is stated again before the next change goes out. */
    world_answer_ok(w, next_statement(w, "[1]", "false"));
    assert_int_equal(world_deliver(w), 0);
    world_agree(w, "addlisten");
    world_expect(w, "c2=ok");
    expect_set(w, "g1,3 r u e all=0", "g1,3 r u e all=0", true);
}

static void a_timed_out_change_stays_and_is_stated_again(void **state)
{
    world *w = *state;
    world_call calls[2];

    add(w, &calls[0], 0, "g1");
    add(w, &calls[1], 1, "g2");
    const uint32_t late = world_next(w, "addlisten");
    world_tick(w, 5000);
    /* Both had the same time: one statement holds both changes. */
    world_expect(w, "c0=20003/-7 c1=20003/-7");
    expect_set(w, "g1,2 r u e all=0", EMPTY, false);
    const uint32_t seq = next_statement(w, "[1,2]", "false");
    world_answer_ok(w, late); /* too late: counted, no more */
    world_answer_ok(w, seq);
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_late, 1);
    assert_int_equal(world_waiting(w), 0);
    world_expect(w, "L1");
    expect_set(w, "g1,2 r u e all=0", "g1,2 r u e all=0", true);
}

/* A change of nobody's is in no quest of its own, whose loss nobody would notice. */
static void what_timed_out_waiting_survives_lost_answers(void **state)
{
    world *w = *state;
    world_call calls[3];

    add(w, &calls[0], 0, "g1");
    add(w, &calls[1], 1, "g2");
    (void)world_next(w, "addlisten");
    world_tick(w, 5000);
    world_expect(w, "c0=20003/-7 c1=20003/-7");
    add(w, &calls[2], 2, "g3");
    (void)next_statement(w, "[1,2]", "false");
    world_tick(w, 5000);
    world_expect(w, "c2=20003/-7");
    world_tick(w, 1000);
    (void)next_statement(w, "[1,2,3]", "false");
    world_tick(w, 5000);
    world_tick(w, 2000);
    world_answer_ok(w, next_statement(w, "[1,2,3]", "false"));
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "L1");
    expect_set(w, "g1,2,3 r u e all=0", "g1,2,3 r u e all=0", true);
}

static void a_time_out_after_agreement_is_told(void **state)
{
    world *w = *state;
    world_call calls[2];

    add(w, &calls[0], 0, "g1");
    world_agree(w, "addlisten");
    add(w, &calls[1], 1, "g2");
    (void)world_next(w, "addlisten");
    world_tick(w, 5000);
    world_expect(w, "c0=ok L1 c1=20003/-7 L0");
    world_answer_ok(w, next_statement(w, "[1,2]", "false"));
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "L1");
}

static void a_loss_restores_the_whole_value_at_once(void **state)
{
    world *w = *state;
    world_call calls[4];

    add(w, &calls[0], 0, "g1 r2 u3 elogin");
    world_agree(w, "addlisten");
    assert_int_equal(world_listen(w, &calls[1], 1, RTMI_LISTEN_SET_ALL, "", RTMI_LISTEN_P2P, false),
                     0);
    world_agree(w, "setlisten");
    add(w, &calls[2], 2, "g4");
    add(w, &calls[3], 3, "g5");
    (void)world_next(w, "addlisten");
    world_expect(w, "c0=ok L1 c1=ok");
    world_cut(w, RTM_E_LOST, true);
    expect_set(w, "g1,4,5 r2 u3 elogin all=1", EMPTY, false);
    world_expect(w, "");
    world_tick(w, 10);
    world_expect(w, "L0 c2=20002/-8"); /* under way: unknown; the change stays */
    world_connect(w);
    assert_int_equal(world_waiting(w), 1);
    world_answer_ok(w, next_statement(w, "[1,4]", "true"));
    assert_int_equal(world_deliver(w), 0);
    world_agree(w, "addlisten"); /* what waited had kept waiting */
    world_expect(w, "c3=ok L1");
    expect_set(w, "g1,4,5 r2 u3 elogin all=1", "g1,4,5 r2 u3 elogin all=1", true);
}

static void without_hope_waiting_calls_are_told_and_changes_kept(void **state)
{
    world *w = *state;
    world_call calls[2];

    add(w, &calls[0], 0, "g1");
    add(w, &calls[1], 1, "g2");
    world_cut(w, RTM_E_CLOSED, false);
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MIN);
    world_tick(w, 0);
    world_expect(w, "c1=20002/-9 c0=20002/-9");
    world_connect(w);
    world_answer_ok(w, next_statement(w, "[1,2]", "false"));
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(world_waiting(w), 0);
    world_expect(w, "L1");
    expect_set(w, "g1,2 r u e all=0", "g1,2 r u e all=0", true);
}

static void with_restoring_off_a_loss_empties_the_set(void **state)
{
    world *w = *state;
    world_call calls[3];

    world_close(w);
    w->config.restore_listen = false;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    add(w, &calls[0], 0, "g1");
    world_agree(w, "addlisten");
    add(w, &calls[1], 1, "g2");
    add(w, &calls[2], 2, "g3");
    world_expect(w, "c0=ok L1");
    world_cut(w, RTM_E_LOST, true);
    world_tick(w, 0);
    world_expect(w, "L0 c1=20002/-8 c2=20002/-8");
    expect_set(w, EMPTY, EMPTY, false);
    world_connect(w);
    assert_int_equal(world_waiting(w), 0);
    expect_set(w, EMPTY, EMPTY, true);
}

static void changes_while_offline_go_out_with_the_connection(void **state)
{
    world *w = *state;
    world_call call;

    world_cut(w, RTM_E_LOST, true);
    add(w, &call, 1, "g9");
    expect_set(w, "g9 r u e all=0", EMPTY, false);
    rtmi_session_opening(w->session, w->now);
    assert_int_equal(world_waiting(w), 0);
    rtmi_session_opened(w->session, w->now);
    world_agree(w, "addlisten");
    world_expect(w, "c1=ok L1");
}

static void a_refused_statement_is_tried_again_less_and_less(void **state)
{
    world *w = *state;
    world_call call;

    add(w, &call, 0, "g1");
    world_agree(w, "addlisten");
    world_cut(w, RTM_E_LOST, true);
    world_tick(w, 0);
    world_connect(w);
    int64_t wait_ms = 1000;
    for (int i = 0; i < 8; i++) {
        world_answer_error(w, next_statement(w, "[1]", "false"), RTMI_RC_FREQUENCY_LIMITED, "");
        assert_int_equal(world_deliver(w), 0);
        assert_int_equal(rtmi_session_get_deadline(w->session), w->now.mono_ms + wait_ms);
        world_tick(w, wait_ms - 1);
        assert_int_equal(world_waiting(w), 0);
        world_tick(w, 1);
        wait_ms = wait_ms * 2 > 30000 ? 30000 : wait_ms * 2;
    }
    /* A statement that is not answered at all. */
    (void)next_statement(w, "[1]", "false");
    world_tick(w, 5000);
    assert_int_equal(rtmi_session_get_stats(w->session)->quests_timed_out, 1);
    world_tick(w, 30000);
    world_answer_ok(w, next_statement(w, "[1]", "false"));
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c0=ok L1 L0 L1");
}

static void a_freed_handle_leaves_the_change(void **state)
{
    world *w = *state;
    world_call calls[2];

    assert_int_equal(world_listen(w, &calls[0], 0, RTMI_LISTEN_ADD, "g1", 0, true), 0);
    assert_int_equal(world_listen(w, &calls[1], 1, RTMI_LISTEN_ADD, "g2", 0, true), 0);
    rtmi_call_free(calls[0].handle);
    rtmi_call_free(calls[1].handle);
    world_agree(w, "addlisten");
    world_agree(w, "addlisten");
    world_expect(w, "L1");
    expect_set(w, "g1,2 r u e all=0", "g1,2 r u e all=0", true);

    /* Freed in its own callback: answered, timed out in flight, timed out waiting. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(world_listen(w, &calls[i], i, RTMI_LISTEN_ADD, "g3", 0, true), 0);
        calls[i].frees_itself = true;
    }
    (void)world_next(w, "addlisten");
    world_tick(w, 5000);
    world_expect(w, "c0=20003/-7 L0 c1=20003/-7");
    assert_null(calls[1].handle);
    world_answer_ok(w, next_statement(w, "[1,2,3]", "false"));
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "L1");
    assert_int_equal(world_listen(w, &calls[0], 0, RTMI_LISTEN_ADD, "g4", 0, true), 0);
    calls[0].frees_itself = true;
    world_agree(w, "addlisten");
    world_expect(w, "c0=ok");
}

static void a_refused_call_leaves_the_value(void **state)
{
    world *w = *state;
    world_call call;
    char lists[400] = "g1";
    size_t used = 2;

    for (int i = 2; i <= 100; i++)
        used += (size_t)snprintf(lists + used, sizeof lists - used, ",%d", i);
    add(w, &call, 0, lists); /* 100 are allowed */
    world_agree(w, "addlisten");
    assert_int_equal(world_listen(w, &call, 1, RTMI_LISTEN_ADD, "g101", 0, true), RTM_E_LIMIT);
    assert_null(call.handle);
    add(w, &call, 2, "g100 u1"); /* those that are there count once */
    world_agree(w, "addlisten");
    world_expect(w, "c0=ok L1 c2=ok");
}

static void offsets_are_asked_for_in_a_whole_statement(void **state)
{
    world *w = *state;
    world_call calls[2];
    rtmi_payload params;
    rtmi_payload rk;
    rtmi_span raw;
    bool offsets = false;

    world_close(w);
    w->config.ask_offsets = true;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    add(w, &calls[0], 0, "g1");
    add(w, &calls[1], 1, "g2");
    const uint32_t seq = world_next_params(w, "setlisten", &params);
    assert_true(rtmi_payload_find(&params, "rk", &raw));
    assert_int_equal(rtmi_payload_open(raw, &rk), 0);
    assert_int_equal(world_param_int(&rk, "v"), 1);
    assert_int_equal(rtmi_payload_get_bool(&rk, "offsets", &offsets), 1);
    assert_true(offsets);
    assert_string_equal(world_param_text(&params, "gids"), "[1]");
    world_answer_ok(w, seq);
    assert_int_equal(world_deliver(w), 0);
    world_agree(w, "addlisten"); /* asked once a connection */
    world_expect(w, "c0=ok c1=ok L1");
}

/* A callback that listens again and gives up after a while. */
static void listen_again(const rtm_error *err, rtmi_span answer, void *userdata)
{
    world_call *call = userdata;
    world *w = call->world;
    rtmi_listen_op op;

    (void)err;
    (void)answer;
    if (++call->number > 3) {
        rtmi_session_abandon(w->session);
        return;
    }
    assert_true(world_op(&op, RTMI_LISTEN_ADD, call->number == 1 ? "g1" : "g2", 0));
    assert_int_equal(rtmi_session_listen(w->session, &op, 0, w->now, listen_again, call, NULL), 0);
    rtmi_listen_value_deinit(&op.value);
}

static void callbacks_may_listen_and_abandon(void **state)
{
    world *w = *state;
    world_call call = {.world = w};

    listen_again(NULL, (rtmi_span){NULL, 0}, &call);
    world_agree(w, "addlisten");
    world_agree(w, "addlisten");
    world_agree(w, "addlisten");
    assert_int_equal(call.number, 4);
    world_expect(w, ""); /* abandoned: listening is not told */
    world_cut(w, RTM_E_CLOSED, false);
    world_tick(w, 0);
    world_expect(w, "");
}

static void a_set_too_large_for_a_package_fails_its_call_only(void **state)
{
    world *w = *state;
    world_call call;
    int64_t ids[100];
    rtmi_listen_op op = {.verb = RTMI_LISTEN_ADD, .has = 1};

    world_close(w);
    w->config.max_package_bytes = 400;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    for (int i = 0; i < 100; i++)
        ids[i] = INT64_MAX - i;
    assert_int_equal(rtmi_ids_take(&op.value.lists[0], ids, 100, 100), 0);
    assert_int_equal(rtmi_session_listen(w->session, &op, 0, w->now, NULL, NULL, NULL), 0);
    rtmi_listen_value_deinit(&op.value);
    expect_set(w, EMPTY, EMPTY, true);
    world_tick(w, 0);
    add(w, &call, 1, "g1");
    world_agree(w, "addlisten");
    world_expect(w, "c1=ok L1");
}

static void a_long_outage_does_not_fill_the_queue(void **state)
{
    world *w = *state;
    static world_call calls[100];
    rtmi_payload params;
    char lists[20];

    world_cut(w, RTM_E_LOST, true);
    for (int i = 0; i < 100; i++) { /* max_pending_calls is 16 */
        (void)snprintf(lists, sizeof lists, "g%d", i % 50);
        assert_int_equal(world_listen(w, &calls[i], i, RTMI_LISTEN_ADD, lists, 0, i % 2 == 0), 0);
        world_tick(w, 5000);
    }
    w->told[0] = '\0';
    for (int i = 0; i < 100; i++)
        rtmi_call_free(calls[i].handle);
    world_connect(w);
    world_next_params(w, "setlisten", &params);
    assert_int_equal(strncmp(world_param_text(&params, "gids"), "[0,1,2,3", 8), 0);
    assert_int_equal(world_waiting(w), 0);
}

/* Changes that waited when the connection ended for good: told, and in the set. */
static void a_loss_for_good_empties_the_queue(void **state)
{
    world *w = *state;
    static world_call calls[32];
    rtmi_payload params;
    char lists[20];

    for (int i = 0; i < 16; i++) {
        (void)snprintf(lists, sizeof lists, "g%d", i + 1);
        assert_int_equal(world_listen(w, &calls[i], i, RTMI_LISTEN_ADD, lists, 0, false), 0);
    }
    world_cut(w, RTM_E_LOST, false);
    world_tick(w, 0);
    w->told[0] = '\0';
    for (int i = 16; i < 32; i++)
        assert_int_equal(world_listen(w, &calls[i], i, RTMI_LISTEN_REMOVE, "g5", 0, false), 0);
    world_connect(w);
    world_answer_ok(w, world_next_params(w, "setlisten", &params));
    assert_string_equal(world_param_text(&params, "gids"),
                        "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]");
    assert_int_equal(world_deliver(w), 0);
    for (int i = 16; i < 32; i++)
        world_agree(w, "removelisten");
    expect_set(w, "g1,2,3,4,6,7,8,9,10,11,12,13,14,15,16 r u e all=0",
               "g1,2,3,4,6,7,8,9,10,11,12,13,14,15,16 r u e all=0", true);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(a_change_is_desired_then_confirmed),
        CASE(one_quest_is_under_way_at_a_time_in_order),
        CASE(a_refused_change_is_undone_and_later_ones_kept),
        CASE(a_timed_out_change_stays_and_is_stated_again),
        CASE(what_timed_out_waiting_survives_lost_answers),
        CASE(a_time_out_after_agreement_is_told),
        CASE(a_loss_restores_the_whole_value_at_once),
        CASE(without_hope_waiting_calls_are_told_and_changes_kept),
        CASE(with_restoring_off_a_loss_empties_the_set),
        CASE(changes_while_offline_go_out_with_the_connection),
        CASE(a_refused_statement_is_tried_again_less_and_less),
        CASE(a_freed_handle_leaves_the_change),
        CASE(a_refused_call_leaves_the_value),
        CASE(offsets_are_asked_for_in_a_whole_statement),
        CASE(callbacks_may_listen_and_abandon),
        CASE(a_set_too_large_for_a_package_fails_its_call_only),
        CASE(a_long_outage_does_not_fill_the_queue),
        CASE(a_loss_for_good_empties_the_queue),
    };

    return cmocka_run_group_tests_name("session.listen", tests, NULL, NULL);
}
