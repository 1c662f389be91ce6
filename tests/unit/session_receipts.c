/*
 * When a push is answered: before its callback, when that has returned, when its receipt is
 * given back, or when the time for it is over; on its own connection only, and once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/fpnn/frame.h"
#include "lib/rtm/message.h"
#include "tests/support/session_world.h"

#define ANSWER_BY_MS 3000
#define KEPT_MAX 8

/* What the hook is to do, and what it has done. */
typedef struct keeper {
    bool has_deadline;
    size_t count;
    rtmi_receipt kept[KEPT_MAX];
    size_t output_seen; /* bytes of output inside the callback */
} keeper;

static keeper *keeper_of(world *w)
{
    return w->hook_data;
}

static void look(world *w, const rtm_message *message)
{
    (void)message;
    keeper_of(w)->output_seen = rtmi_session_get_output(w->session).len;
}

static void keep(world *w, const rtm_message *message)
{
    keeper *own = keeper_of(w);

    (void)message;
    assert_true(own->count < KEPT_MAX);
    rtmi_session_keep(w->session, &own->kept[own->count++], own->has_deadline);
}

static int make_world(void **state)
{
    world *w = world_new();

    w->hook_data = calloc(1, sizeof(keeper));
    assert_non_null(w->hook_data);
    w->config.answer_by_ms = ANSWER_BY_MS;
    *state = w;
    return 0;
}

static int free_world(void **state)
{
    world *w = *state;

    world_close(w); /* before the receipts that a failed case has left */
    free(w->hook_data);
    world_free(w);
    return 0;
}

static void begin(world *w, void (*hook)(world *, const rtm_message *))
{
    assert_int_equal(world_open(w), 0);
    w->at_push = hook;
    world_connect(w);
}

/* The answers since the last time: their numbers, in order. */
static void expect_answers(world *w, size_t count, const uint32_t *seqs)
{
    world_take_output(w);
    assert_int_equal(w->answer_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(w->answers[i].seq, seqs[i]);
        assert_int_equal(w->answers[i].status, 0);
    }
    w->answer_count = 0;
}

static void push(world *w, uint32_t seq, int64_t mid)
{
    world_push(w, seq, RTM_KIND_GROUP, 1, 2, mid, "text");
    assert_int_equal(world_deliver(w), 0);
}

static void on_return_the_answer_follows_the_callback(void **state)
{
    world *w = *state;

    begin(w, look);
    push(w, 9, 11);
    assert_int_equal(keeper_of(w)->output_seen, 0);
    expect_answers(w, 1, (uint32_t[]){9});
    assert_int_equal(rtmi_session_get_stats(w->session)->pushes_delivered, 1);
}

static void on_receipt_the_answer_goes_first(void **state)
{
    world *w = *state;

    w->config.answers_on_receipt = true;
    begin(w, look);
    push(w, 9, 11);
    assert_true(keeper_of(w)->output_seen > 0);
    expect_answers(w, 1, (uint32_t[]){9});

    /* A receipt owes nothing then, and nothing comes due. */
    w->at_push = keep;
    keeper_of(w)->has_deadline = true;
    push(w, 10, 12);
    expect_answers(w, 1, (uint32_t[]){10});
    assert_int_equal(rtmi_session_get_unanswered(w->session), 0);
    world_tick(w, ANSWER_BY_MS * 2);
    rtmi_receipt_done(&keeper_of(w)->kept[0], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 0, NULL);
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_early, 0);
}

static void a_kept_push_is_answered_when_its_receipt_is_done(void **state)
{
    world *w = *state;
    rtmi_receipt *kept = keeper_of(w)->kept;

    begin(w, keep);
    push(w, 1, 11);
    push(w, 2, 12);
    world_push_event(w, 3, "login", 7);
    assert_int_equal(world_deliver(w), 0);
    expect_answers(w, 0, NULL);
    assert_int_equal(rtmi_session_get_unanswered(w->session), 3);
    /* Their keeper counts them as delivered, not the session. */
    assert_int_equal(rtmi_session_get_stats(w->session)->pushes_received, 3);
    assert_int_equal(rtmi_session_get_stats(w->session)->pushes_delivered, 0);

    /* Without a deadline, time changes nothing. */
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MAX);
    world_tick(w, ANSWER_BY_MS * 10);
    expect_answers(w, 0, NULL);

    rtmi_receipt_done(&kept[1], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 1, (uint32_t[]){2});
    rtmi_receipt_done(&kept[1], RTMI_RECEIPT_HANDLED); /* a second time it is nothing */
    rtmi_receipt_done(&kept[2], RTMI_RECEIPT_HANDLED);
    rtmi_receipt_done(&kept[0], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 2, (uint32_t[]){3, 1});
    assert_int_equal(rtmi_session_get_unanswered(w->session), 0);
}

static void what_takes_too_long_is_answered_in_time(void **state)
{
    world *w = *state;
    rtmi_receipt *kept = keeper_of(w)->kept;

    keeper_of(w)->has_deadline = true;
    begin(w, keep);
    push(w, 1, 11);
    world_tick(w, 1000);
    push(w, 2, 12);
    push(w, 3, 13);
    assert_int_equal(rtmi_session_get_deadline(w->session), WORLD_START_MS + ANSWER_BY_MS);
    world_tick(w, ANSWER_BY_MS - 1000 - 1);
    expect_answers(w, 0, NULL);
    world_tick(w, 1);
    expect_answers(w, 1, (uint32_t[]){1});
    assert_int_equal(rtmi_session_get_deadline(w->session), WORLD_START_MS + 1000 + ANSWER_BY_MS);

    /* Done in time, it comes due no more; the other still does. */
    rtmi_receipt_done(&kept[1], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 1, (uint32_t[]){2});
    world_tick(w, 1000);
    expect_answers(w, 1, (uint32_t[]){3});
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_early, 2);
    rtmi_receipt_done(&kept[0], RTMI_RECEIPT_HANDLED);
    rtmi_receipt_done(&kept[2], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 0, NULL);
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MAX);
}

static void a_gate_with_our_extensions_waits(void **state)
{
    world *w = *state;
    world_call call;

    keeper_of(w)->has_deadline = true;
    begin(w, keep);
    assert_int_equal(world_listen(w, &call, 1, RTMI_LISTEN_SET, "g2", 0, false), 0);
    world_answer_int(w, world_next(w, "setlisten"), "rk", 1);
    push(w, 1, 11);
    world_tick(w, ANSWER_BY_MS * 2);
    expect_answers(w, 0, NULL);
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MAX);
    rtmi_receipt_done(&keeper_of(w)->kept[0], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 1, (uint32_t[]){1});

    /* It is a matter of the connection: the next gate has not said so. */
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    world_agree(w, "setlisten");
    push(w, 1, 12);
    world_tick(w, ANSWER_BY_MS);
    expect_answers(w, 1, (uint32_t[]){1});
    rtmi_receipt_done(&keeper_of(w)->kept[1], RTMI_RECEIPT_HANDLED);
}

static void each_end_of_a_receipt_means_its_own(void **state)
{
    static const struct {
        rtmi_receipt_end end;
        size_t answers;
        bool is_told_again;
    } cases[] = {
        {RTMI_RECEIPT_HANDLED, 1, false},
        {RTMI_RECEIPT_DROPPED, 1, true},
        {RTMI_RECEIPT_ABANDONED, 0, true},
    };
    world *w = *state;

    begin(w, keep);
    for (size_t i = 0; i < 3; i++) {
        keeper_of(w)->count = 0;
        push(w, 1, (int64_t)i + 1);
        rtmi_receipt_done(&keeper_of(w)->kept[0], cases[i].end);
        expect_answers(w, cases[i].answers, (uint32_t[]){1});
        assert_int_equal(rtmi_session_get_unanswered(w->session), 0);
        keeper_of(w)->count = 0;
        push(w, 2, (int64_t)i + 1);
        assert_int_equal(keeper_of(w)->count, cases[i].is_told_again);
        if (cases[i].is_told_again)
            rtmi_receipt_done(&keeper_of(w)->kept[0], RTMI_RECEIPT_HANDLED);
        expect_answers(w, 1, (uint32_t[]){2});
    }
}

static void nothing_is_owed_to_a_connection_that_has_ended(void **state)
{
    world *w = *state;
    rtmi_receipt *kept = keeper_of(w)->kept;

    keeper_of(w)->has_deadline = true;
    begin(w, keep);
    push(w, 1, 11);
    push(w, 2, 12);
    push(w, 3, 13);
    world_cut(w, RTM_E_LOST, true);
    assert_int_equal(rtmi_session_get_unanswered(w->session), 0);
    world_connect(w);
    world_tick(w, ANSWER_BY_MS * 2);
    rtmi_receipt_done(&kept[0], RTMI_RECEIPT_HANDLED);
    rtmi_receipt_done(&kept[1], RTMI_RECEIPT_ABANDONED);
    expect_answers(w, 0, NULL);
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_early, 0);

    /* The gate repeats them: handled or still at work is a duplicate, abandoned is not. */
    for (uint32_t i = 1; i <= 3; i++)
        push(w, i, 10 + i);
    world_expect(w, "m11 m12 m13 m12");
    rtmi_receipt_done(&kept[2], RTMI_RECEIPT_HANDLED);
    rtmi_receipt_done(&kept[3], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 3, (uint32_t[]){1, 3, 2});
}

static void a_receipt_outlives_its_session(void **state)
{
    world *w = *state;
    rtmi_receipt *kept = keeper_of(w)->kept;

    begin(w, keep);
    push(w, 1, 11);
    push(w, 2, 12);
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    push(w, 1, 13);
    world_close(w);
    for (size_t i = 0; i < 3; i++) {
        assert_null(kept[i].session);
        rtmi_receipt_done(&kept[i], RTMI_RECEIPT_DROPPED);
    }
}

static void a_one_way_push_owes_nothing(void **state)
{
    world *w = *state;
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = 51,
                                 .from = 1,
                                 .to = 2,
                                 .mid = 3,
                                 .msg = {"", 0},
                                 .attrs = {"", 0}};
    rtmi_package package;
    rtmi_buf copy;

    begin(w, keep);
    rtmi_message_encode(&w->wire, 1, &message, 0);
    assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&w->wire), SIZE_MAX, &package), 1);
    rtmi_buf_init(&copy, 1000);
    const size_t mark = rtmi_frame_begin_quest(&copy, false, 0, package.method);
    rtmi_buf_append_span(&copy, package.payload);
    rtmi_frame_end(&copy, mark);
    rtmi_buf_clear(&w->wire);
    rtmi_buf_append_span(&w->wire, rtmi_buf_span(&copy));
    rtmi_buf_deinit(&copy);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "m3");
    assert_int_equal(rtmi_session_get_unanswered(w->session), 0);
    rtmi_receipt_done(&keeper_of(w)->kept[0], RTMI_RECEIPT_HANDLED);
    expect_answers(w, 0, NULL);
}

static void an_answer_without_room_ends_the_connection(void **state)
{
    world *w = *state;
    world_call call;

    w->config.max_output_bytes = 1024;
    w->config.max_pending_calls = 1000;
    begin(w, keep);
    while (world_call_start(w, &call, 1, "q", 0, false) == 0)
        continue;
    for (int i = 0; i < 100 && !rtmi_session_wants_close(w->session); i++) {
        keeper_of(w)->count = 0;
        world_push(w, 2, RTM_KIND_GROUP, 1, 2, 100 + i, "");
        assert_int_equal(world_deliver(w), 0);
        rtmi_receipt_done(&keeper_of(w)->kept[0], RTMI_RECEIPT_HANDLED);
    }
    /* At once, and not only when something comes from the gate or when it is silent. */
    assert_true(rtmi_session_wants_close(w->session));
    assert_int_equal(rtmi_session_get_failure(w->session), RTM_E_FULL);
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MIN);
    world_cut(w, RTM_E_FULL, true);
    assert_false(rtmi_session_wants_close(w->session));
}

static void on_any_abandon(rtmi_span method, rtmi_span params, bool is_duplicate, void *userdata)
{
    world *w = userdata;

    (void)method;
    (void)params;
    (void)is_duplicate;
    rtmi_session_abandon(w->session);
}

static void what_was_not_told_is_no_duplicate(void **state)
{
    world *w = *state;
    rtmi_session_callbacks callbacks = w->callbacks;

    begin(w, NULL);
    callbacks.any = on_any_abandon;
    rtmi_session_set_callbacks(w->session, &callbacks);
    push(w, 1, 11);
    world_expect(w, "");
    world_cut(w, RTM_E_CLOSED, false);

    rtmi_session_set_callbacks(w->session, &w->callbacks);
    world_connect(w);
    push(w, 1, 11);
    world_expect(w, "m11");
    const rtmi_session_stats *stats = rtmi_session_get_stats(w->session);
    assert_int_equal(stats->pushes_received, 1);
    assert_int_equal(stats->pushes_duplicate, 0);
    assert_int_equal(stats->pushes_delivered, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)
    const struct CMUnitTest tests[] = {
        CASE(on_return_the_answer_follows_the_callback),
        CASE(on_receipt_the_answer_goes_first),
        CASE(a_kept_push_is_answered_when_its_receipt_is_done),
        CASE(what_takes_too_long_is_answered_in_time),
        CASE(a_gate_with_our_extensions_waits),
        CASE(each_end_of_a_receipt_means_its_own),
        CASE(nothing_is_owed_to_a_connection_that_has_ended),
        CASE(a_receipt_outlives_its_session),
        CASE(a_one_way_push_owes_nothing),
        CASE(an_answer_without_room_ends_the_connection),
        CASE(what_was_not_told_is_no_duplicate),
    };

    return cmocka_run_group_tests_name("session.receipts", tests, NULL, NULL);
}
