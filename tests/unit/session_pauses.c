/*
 * A session that is paused, as by handlers that are slower than the wire: pushes stay where they
 * are, answers are taken all the same, reading stops when enough waits, and nothing is told
 * twice, out of order or not at all when it goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/session_world.h"

#define KEEPALIVE_MS 20000

static int open_world(void **state)
{
    world *w = world_new();

    w->config.keepalive_ms = KEEPALIVE_MS;
    w->config.quest_timeout_ms = 50000;
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

/* The handler of message 2 is slow. */
static void pause_at_two(world *w, const rtm_message *message)
{
    if (message != NULL && message->mid == 2)
        rtmi_session_set_paused(w->session, true);
}

static void pause_at_each(world *w, const rtm_message *message)
{
    (void)message;
    rtmi_session_set_paused(w->session, true);
}

static void push(world *w, int64_t mid)
{
    world_push(w, (uint32_t)mid, RTM_KIND_GROUP, 1, 2, mid, "text");
}

static void go_on(world *w)
{
    rtmi_session_set_paused(w->session, false);
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MIN);
    world_tick(w, 0);
}

static void answers_overtake_pushes_at_every_cut(void **state)
{
    world *w = *state;
    world_call call;

    w->at_push = pause_at_two;
    for (size_t cut = 0; cut < 400; cut++) {
        world_close(w);
        assert_int_equal(world_open(w), 0);
        world_connect(w);
        w->cut = cut;
        assert_int_equal(world_call_start(w, &call, 1, "getusers", 0, false), 0);
        const uint32_t seq = world_next(w, "getusers");
        for (int64_t mid = 1; mid <= 3; mid++)
            push(w, mid);
        world_answer_ok(w, seq);
        push(w, 4);
        assert_int_equal(world_deliver(w), 0);
        world_expect(w, "m1 m2 c1=ok");
        assert_int_equal(rtmi_session_get_deadline(w->session),
                         WORLD_START_MS + w->config.keepalive_ms);
        go_on(w);
        world_expect(w, "m3 m4");
        world_take_output(w);
        assert_int_equal(w->answer_count, 4);
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(w->answers[i].seq, i + 1);
        const rtmi_session_stats *stats = rtmi_session_get_stats(w->session);
        assert_int_equal(stats->answers_matched, 1);
        assert_int_equal(stats->answers_late + stats->answers_unknown, 0);
        assert_int_equal(stats->pushes_received, 4);
        assert_int_equal(stats->pushes_delivered, 4);
    }
}

static void each_tick_tells_one_when_each_pauses(void **state)
{
    world *w = *state;
    char expected[16];

    w->at_push = pause_at_each;
    for (int64_t mid = 1; mid <= 130; mid++) /* more than two batches */
        push(w, mid);
    assert_int_equal(world_deliver(w), 0);
    for (int i = 1; i <= 130; i++) {
        (void)snprintf(expected, sizeof expected, "m%d", i);
        world_expect(w, expected);
        world_tick(w, 0); /* still paused */
        world_expect(w, "");
        go_on(w);
    }
    world_expect(w, "");
}

static void reading_stops_when_enough_waits(void **state)
{
    static char text[4000];
    world *w = *state;
    int64_t mid = 0;

    memset(text, 'x', sizeof text - 1);
    rtmi_session_set_paused(w->session, true);
    while (rtmi_session_wants_read(w->session)) {
        mid++;
        world_push(w, (uint32_t)mid, RTM_KIND_GROUP, 1, 2, mid, text);
        assert_int_equal(world_deliver(w), 0);
        assert_true(mid < 100);
    }
    /* 256 KiB, and one push above them at most. */
    assert_in_range(rtmi_session_get_stats(w->session)->bytes_received, 256 * 1024,
                    256 * 1024 + 4200);
    world_expect(w, "");
    /* The end of a pause makes no room yet: the tick does, which goes on with what waits. */
    rtmi_session_set_paused(w->session, false);
    assert_false(rtmi_session_wants_read(w->session));
    go_on(w);
    assert_true(rtmi_session_wants_read(w->session));
    assert_int_equal(rtmi_session_get_stats(w->session)->pushes_delivered, mid);
}

static void the_gate_is_not_silent_while_we_do_not_read(void **state)
{
    world *w = *state;

    rtmi_session_set_paused(w->session, true);
    for (int64_t mid = 1; rtmi_session_wants_read(w->session); mid++) {
        for (int i = 0; i < 100; i++)
            push(w, mid * 100 + i);
        assert_int_equal(world_deliver(w), 0);
    }
    for (int i = 0; i < 10; i++) {
        world_tick(w, KEEPALIVE_MS);
        assert_false(rtmi_session_wants_close(w->session));
    }
    world_take_output(w);
    assert_int_equal(w->quest_count, 0);

    /* As soon as it is read from again, its silence counts, from then on. */
    go_on(w);
    world_tick(w, KEEPALIVE_MS - 1);
    assert_int_equal(world_waiting(w), 0);
    world_tick(w, 1);
    (void)world_next(w, "*ping");
    world_tick(w, KEEPALIVE_MS);
    assert_true(rtmi_session_wants_close(w->session));
}

static void a_pause_with_little_waiting_still_watches_the_gate(void **state)
{
    world *w = *state;

    rtmi_session_set_paused(w->session, true);
    push(w, 1);
    assert_int_equal(world_deliver(w), 0);
    world_tick(w, KEEPALIVE_MS);
    (void)world_next(w, "*ping");
    world_tick(w, KEEPALIVE_MS);
    assert_true(rtmi_session_wants_close(w->session));
}

static void time_and_the_listen_set_go_on_in_a_pause(void **state)
{
    world *w = *state;
    world_call calls[3];

    rtmi_session_set_paused(w->session, true);
    push(w, 1);
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(world_call_start(w, &calls[0], 1, "getusers", 100, false), 0);
    assert_int_equal(world_listen(w, &calls[1], 2, RTMI_LISTEN_ADD, "g1", 0, false), 0);
    world_agree(w, "getusers"); /* the first of the two */
    world_expect(w, "c1=ok");
    world_agree(w, "addlisten");
    world_expect(w, "c2=ok L1");
    assert_int_equal(world_call_start(w, &calls[2], 3, "getusers", 100, false), 0);
    world_tick(w, 100);
    world_expect(w, "c3=20003/-7");
    go_on(w);
    world_expect(w, "m1");
}

static void a_fault_is_met_in_its_turn(void **state)
{
    world *w = *state;
    world_call call;

    assert_int_equal(world_call_start(w, &call, 1, "getusers", 0, false), 0);
    const uint32_t seq = world_next(w, "getusers");
    rtmi_session_set_paused(w->session, true);
    push(w, 1);
    world_answer_ok(w, seq);
    rtmi_buf_append(&w->wire, "HTTP", 4);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c1=ok");
    rtmi_session_set_paused(w->session, false);
    assert_int_equal(rtmi_session_tick(w->session, w->now), RTM_E_PROTO);
    world_expect(w, "m1");
}

static void what_waited_ends_with_its_connection(void **state)
{
    world *w = *state;

    rtmi_session_set_paused(w->session, true);
    push(w, 1);
    assert_int_equal(world_deliver(w), 0);
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    /* The pause is the handlers' and holds on the next connection. */
    push(w, 2);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "");
    go_on(w);
    world_expect(w, "m2");
    /* It was never told: repeated, it is no duplicate. */
    push(w, 1);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "m1");
}

static void on_any_counts(rtmi_span method, rtmi_span params, bool is_duplicate, void *userdata)
{
    world *w = userdata;

    (void)method;
    (void)params;
    (void)is_duplicate;
    ++*(int *)w->hook_data;
}

static void nobody_sees_a_push_before_its_turn(void **state)
{
    world *w = *state;
    rtmi_session_callbacks callbacks = w->callbacks;
    int seen = 0;

    w->hook_data = &seen;
    callbacks.any = on_any_counts;
    rtmi_session_set_callbacks(w->session, &callbacks);
    rtmi_session_set_paused(w->session, true);
    push(w, 1);
    world_push_ping(w, 2);
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(seen, 0);
    assert_int_equal(rtmi_session_get_stats(w->session)->pushes_seen, 0);
    go_on(w);
    assert_int_equal(seen, 2);
    world_expect(w, "m1 p");
}

/* Inside an answer's callback during a pause: the client is closed. */
static void abandon(const rtm_error *err, rtmi_span answer, void *userdata)
{
    (void)err;
    (void)answer;
    rtmi_session_abandon(userdata);
}

static void abandoned_in_a_pause_nothing_more_is_told(void **state)
{
    world *w = *state;
    world_call call;

    rtmi_session_set_paused(w->session, true);
    assert_int_equal(rtmi_session_call(w->session, rtmi_span_of_text("getusers"), 0,
                                       (rtmi_span){NULL, 0}, 0, w->now, abandon, w->session, NULL),
                     0);
    assert_int_equal(world_call_start(w, &call, 2, "getgroups", 0, false), 0);
    push(w, 1);
    world_answer_ok(w, world_next(w, "getusers"));
    world_answer_ok(w, world_next(w, "getgroups"));
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "");
    world_cut(w, RTM_E_CLOSED, false);
    world_tick(w, 0);
    world_expect(w, "c2=20002/-9");
}

static void keep_and_pause(world *w, const rtm_message *message)
{
    (void)message;
    rtmi_session_keep(w->session, w->hook_data, false);
    rtmi_session_set_paused(w->session, true);
}

static void an_answer_without_room_ends_the_connection_in_a_pause_too(void **state)
{
    world *w = *state;
    rtmi_receipt kept;
    world_call call;

    world_close(w);
    w->config.max_output_bytes = 1024;
    w->config.max_pending_calls = 100;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    w->hook_data = &kept;
    w->at_push = keep_and_pause;
    while (world_call_start(w, &call, 1, "q", 0, false) == 0)
        continue;
    for (int64_t mid = 1; mid <= 10; mid++) {
        push(w, mid);
        assert_int_equal(world_deliver(w), 0);
        rtmi_receipt_done(&kept, RTMI_RECEIPT_HANDLED);
        if (rtmi_session_wants_close(w->session))
            break;
        rtmi_session_set_paused(w->session, false);
    }
    assert_true(rtmi_session_wants_close(w->session));
    assert_int_equal(rtmi_session_get_failure(w->session), RTM_E_FULL);
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MIN);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(answers_overtake_pushes_at_every_cut),
        CASE(each_tick_tells_one_when_each_pauses),
        CASE(reading_stops_when_enough_waits),
        CASE(the_gate_is_not_silent_while_we_do_not_read),
        CASE(a_pause_with_little_waiting_still_watches_the_gate),
        CASE(time_and_the_listen_set_go_on_in_a_pause),
        CASE(a_fault_is_met_in_its_turn),
        CASE(what_waited_ends_with_its_connection),
        CASE(nobody_sees_a_push_before_its_turn),
        CASE(abandoned_in_a_pause_nothing_more_is_told),
        CASE(an_answer_without_room_ends_the_connection_in_a_pause_too),
    };

    return cmocka_run_group_tests_name("session.pauses", tests, NULL, NULL);
}
