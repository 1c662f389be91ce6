/*
 * Quests of the session: signed, matched with their answers in any order and at every cut of
 * the stream, ended by time or with the connection, and the handles that the user holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "lib/session/session_impl.h"
#include "tests/support/alloc_fail.h"
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

static void answers_are_matched_at_every_cut(void **state)
{
    world *w = *state;

    for (size_t cut = 1; cut <= 120; cut++) {
        world_call calls[4];
        uint32_t seqs[4];
        w->cut = cut;
        for (int i = 0; i < 4; i++)
            assert_int_equal(world_call_start(w, &calls[i], i, "getusers", 0, false), 0);
        for (int i = 0; i < 4; i++) {
            rtmi_payload params;
            seqs[i] = world_next_params(w, "getusers", &params);
            assert_int_equal(world_param_int(&params, "n"), i);
        }
        world_answer_ok(w, seqs[2]);
        world_answer_error(w, seqs[0], RTMI_RC_INVALID_PARAMETER, "no");
        world_answer_int(w, seqs[3], "mtime", INT64_MAX);
        world_answer_ok(w, seqs[1]);
        assert_int_equal(world_deliver(w), 0);
        world_expect(w, "c2=ok c0=200034/0 c3=ok c1=ok");
    }
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_matched, 480);
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_late, 0);
}

static void a_quest_leaves_whole_however_it_is_written(void **state)
{
    world *w = *state;

    for (size_t part = 1; part < 40; part++) {
        world_call call;
        assert_int_equal(world_call_start(w, &call, 1, "getusers", 0, false), 0);
        while (rtmi_session_get_output(w->session).len > 0)
            world_take_output_of(w, part);
        world_agree(w, "getusers");
        world_expect(w, "c1=ok");
    }
}

static void calls_need_a_connection_under_way(void **state)
{
    world *w = *state;
    world_call call;

    world_cut(w, RTM_E_LOST, true);
    assert_int_equal(world_call_start(w, &call, 1, "x", 0, true), RTM_E_NOT_CONNECTED);
    assert_null(call.handle);
    rtmi_session_opening(w->session, w->now);
    assert_int_equal(world_call_start(w, &call, 1, "x", 0, false), 0);
    assert_int_equal(world_waiting(w), 0); /* nothing leaves before it is there */
    rtmi_session_opened(w->session, w->now);
    world_agree(w, "x");
    world_expect(w, "c1=ok");
}

static void a_call_ends_when_its_time_is_over(void **state)
{
    world *w = *state;
    world_call a;
    world_call b;

    assert_int_equal(world_call_start(w, &a, 1, "x", 300, false), 0);
    assert_int_equal(world_call_start(w, &b, 2, "x", 0, false), 0); /* the client's 5000 */
    assert_int_equal(rtmi_session_get_deadline(w->session), WORLD_START_MS + 300);
    world_tick(w, 299);
    world_expect(w, "");
    world_tick(w, 1);
    world_expect(w, "c1=20003/-7");
    assert_int_equal(rtmi_session_get_deadline(w->session), WORLD_START_MS + 5000);
    world_tick(w, 4700);
    world_expect(w, "c2=20003/-7");
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MAX);

    /* Their answers come late, and others for quests that never were. */
    const rtmi_session_stats *stats = rtmi_session_get_stats(w->session);
    world_answer_ok(w, 1);
    world_answer_ok(w, 2);
    world_answer_ok(w, 3);
    world_answer_ok(w, 0);
    world_answer_ok(w, UINT32_MAX);
    assert_int_equal(world_deliver(w), 0);
    assert_int_equal(stats->answers_late, 2);
    assert_int_equal(stats->answers_unknown, 3);
    assert_int_equal(stats->quests_timed_out, 2);
    assert_int_equal(stats->quests_sent, 2);
    world_expect(w, "");
}

static void numbers_go_round_and_spare_what_is_under_way(void **state)
{
    world *w = *state;
    world_call calls[5];

    assert_int_equal(world_call_start(w, &calls[0], 0, "x", 0, false), 0); /* has 1 */
    assert_int_equal(world_next(w, "x"), 1);
    w->session->next_seq = UINT32_MAX - 1;
    for (int i = 1; i < 5; i++)
        assert_int_equal(world_call_start(w, &calls[i], i, "x", 0, false), 0);
    assert_int_equal(world_next(w, "x"), UINT32_MAX - 1);
    assert_int_equal(world_next(w, "x"), UINT32_MAX);
    assert_int_equal(world_next(w, "x"), 2); /* 0 is none, 1 is under way */
    assert_int_equal(world_next(w, "x"), 3);
    world_answer_ok(w, 2);
    world_answer_ok(w, UINT32_MAX);
    world_answer_ok(w, 1);
    world_answer_ok(w, UINT32_MAX - 1);
    world_answer_ok(w, 3);
    world_answer_ok(w, UINT32_MAX); /* again: late, although it is above the next number */
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c3=ok c2=ok c0=ok c1=ok c4=ok");
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_late, 1);
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_unknown, 0);
}

static void a_lost_connection_is_told_in_the_next_tick_only(void **state)
{
    world *w = *state;
    world_call calls[3];

    for (int i = 0; i < 3; i++)
        assert_int_equal(world_call_start(w, &calls[i], i, "x", 0, false), 0);
    world_cut(w, RTM_E_LOST, true);
    world_expect(w, "");
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MIN);
    assert_int_equal(rtmi_session_get_output(w->session).len, 0);
    world_tick(w, 0);
    world_expect(w, "c0=20002/-8 c1=20002/-8 c2=20002/-8");
    assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MAX);
    world_connect(w);
    assert_int_equal(world_waiting(w), 0); /* nothing is sent again in silence */
}

static void a_freed_handle_means_no_callback(void **state)
{
    world *w = *state;
    world_call before;
    world_call ending;
    world_call told;
    world_call inside;

    assert_int_equal(world_call_start(w, &before, 1, "x", 0, true), 0);
    rtmi_call_free(before.handle);
    world_agree(w, "x");
    world_expect(w, "");
    assert_int_equal(rtmi_session_get_stats(w->session)->answers_late, 1);

    assert_int_equal(world_call_start(w, &told, 2, "x", 0, true), 0);
    world_agree(w, "x");
    world_expect(w, "c2=ok");
    rtmi_call_free(told.handle);

    assert_int_equal(world_call_start(w, &inside, 3, "x", 0, true), 0);
    inside.frees_itself = true;
    world_agree(w, "x");
    world_expect(w, "c3=ok");

    assert_int_equal(world_call_start(w, &ending, 4, "x", 0, true), 0);
    assert_int_equal(world_call_start(w, &inside, 5, "x", 0, true), 0);
    inside.frees_itself = true;
    world_cut(w, RTM_E_LOST, false);
    rtmi_call_free(ending.handle);
    world_tick(w, 0);
    world_expect(w, "c5=20002/-8");
    rtmi_call_free(NULL);
}

static void handles_outlive_the_session(void **state)
{
    world *w = *state;
    world_call under_way;
    world_call ending;
    world_call listen;
    world_call waiting;

    assert_int_equal(world_call_start(w, &ending, 1, "x", 0, true), 0);
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    assert_int_equal(world_call_start(w, &under_way, 2, "x", 0, true), 0);
    assert_int_equal(world_listen(w, &listen, 3, RTMI_LISTEN_ADD, "g1", 0, true), 0);
    assert_int_equal(world_listen(w, &waiting, 4, RTMI_LISTEN_ADD, "g2", 0, true), 0);
    rtmi_session_free(w->session);
    w->session = NULL;
    world_expect(w, "");
    rtmi_call_free(ending.handle);
    rtmi_call_free(under_way.handle);
    rtmi_call_free(listen.handle);
    rtmi_call_free(waiting.handle);
}

static void limits_refuse_and_leave_nothing_behind(void **state)
{
    world *w = *state;
    world_call call;
    uint8_t big[70000] = {0};
    rtm_call *handle = NULL;

    /* More than a package may have. */
    rtmi_buf entries;
    rtmi_buf_init(&entries, SIZE_MAX / 2);
    rtmi_pack_key_str(&entries, "big", (rtmi_span){big, sizeof big});
    assert_int_equal(rtmi_session_call(w->session, rtmi_span_of_text("x"), 1,
                                       rtmi_buf_span(&entries), 0, w->now, NULL, NULL, &handle),
                     RTM_E_TOO_BIG);
    rtmi_buf_deinit(&entries);
    assert_null(handle);
    assert_int_equal(world_waiting(w), 0);

    /* More than may be under way. */
    for (int i = 0; i < 16; i++)
        assert_int_equal(world_call_start(w, &call, i, "x", 0, false), 0);
    assert_int_equal(world_call_start(w, &call, 17, "x", 0, false), RTM_E_FULL);
    for (int i = 0; i < 16; i++)
        world_answer_ok(w, world_next(w, "x"));
    assert_int_equal(world_deliver(w), 0);

    /* More than the output may hold. */
    size_t sent = 0;
    rtmi_buf_init(&entries, SIZE_MAX / 2);
    rtmi_pack_key_str(&entries, "big", (rtmi_span){big, 60000});
    int r;
    while ((r = rtmi_session_call(w->session, rtmi_span_of_text("y"), 1, rtmi_buf_span(&entries), 0,
                                  w->now, NULL, NULL, NULL)) == 0)
        sent++;
    rtmi_buf_deinit(&entries);
    assert_int_equal(r, RTM_E_FULL);
    assert_in_range(sent, 7, 8);
    assert_int_equal(rtmi_session_get_stats(w->session)->quests_sent, 16 + sent);
    /* Whole packages only, and the session goes on. */
    const rtmi_span out = rtmi_session_get_output(w->session);
    rtmi_package package;
    size_t at = 0;
    for (size_t i = 0; i < sent; i++) {
        assert_int_equal(
            rtmi_frame_decode((rtmi_span){out.data + at, out.len - at}, SIZE_MAX, &package), 1);
        at += package.size;
    }
    assert_int_equal(at, out.len);
    rtmi_session_sent(w->session, out.len);
    w->told[0] = '\0';
    assert_int_equal(world_call_start(w, &call, 18, "z", 0, false), 0);
    world_agree(w, "z");
    world_expect(w, "c18=ok");
}

static void quests_of_fpnn_itself_are_not_signed(void **state)
{
    world *w = *state;
    world_call call;

    assert_int_equal(world_call_start(w, &call, 1, "*ping", 0, false), 0);
    world_agree(w, "*ping"); /* world checks that there is no sign */
    world_expect(w, "c1=ok");
}

static void a_broken_answer_is_an_error(void **state)
{
    static const uint8_t reserved[] = {0xc1};
    world *w = *state;
    world_call call;

    assert_int_equal(world_call_start(w, &call, 1, "x", 0, false), 0);
    size_t mark = rtmi_frame_begin_answer(&w->wire, world_next(w, "x"), false);
    rtmi_buf_append(&w->wire, reserved, 1);
    rtmi_frame_end(&w->wire, mark);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c1=20009/-12");

    /* An error answer without a code. */
    assert_int_equal(world_call_start(w, &call, 2, "x", 0, false), 0);
    mark = rtmi_frame_begin_answer(&w->wire, world_next(w, "x"), true);
    rtmi_pack_map(&w->wire, 0);
    rtmi_frame_end(&w->wire, mark);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c2=20001/0");
}

static void a_stream_that_is_not_ours_ends_it(void **state)
{
    world *w = *state;

    rtmi_buf_append(&w->wire, "HTTP/1.1 400", 12);
    assert_int_equal(world_deliver(w), RTM_E_PROTO);
    world_cut(w, RTM_E_PROTO, true);
    world_connect(w);
    static const uint8_t huge[12] = {'F', 'P', 'N', 'N', 1, 0x80, 1, 4, 0, 0, 0, 1};
    rtmi_buf_append(&w->wire, huge, sizeof huge);
    assert_int_equal(world_deliver(w), RTM_E_TOO_BIG);
}

static void silence_is_asked_and_then_ends_it(void **state)
{
    world *w = *state;

    world_close(w);
    w->config.keepalive_ms = 1000;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    const int64_t start = w->now.mono_ms;
    assert_int_equal(rtmi_session_get_deadline(w->session), start + 1000);
    world_tick(w, 999);
    assert_int_equal(world_waiting(w), 0);
    world_tick(w, 1);
    world_agree(w, "*ping");
    assert_int_equal(rtmi_session_get_deadline(w->session), w->now.mono_ms + 1000);
    world_tick(w, 1000);
    (void)world_next(w, "*ping");
    /* Any byte is a sign of life. */
    world_push_ping(w, 1);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "p");
    world_tick(w, 1000);
    (void)world_next(w, "*ping");
    assert_int_equal(rtmi_session_get_deadline(w->session), w->now.mono_ms + 1000);
    world_tick(w, 999);
    assert_false(rtmi_session_wants_close(w->session));
    world_tick(w, 1);
    assert_true(rtmi_session_wants_close(w->session));
    world_cut(w, RTM_E_LOST, true);
    world_connect(w);
    assert_false(rtmi_session_wants_close(w->session));
}

static void silence_ends_it_also_with_a_full_output(void **state)
{
    world *w = *state;
    uint8_t big[60000] = {0};
    rtmi_buf entries;

    world_close(w);
    w->config.keepalive_ms = 1000;
    w->config.quest_timeout_ms = 60000;
    w->config.max_output_bytes = 60300;
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    rtmi_buf_init(&entries, SIZE_MAX / 2);
    rtmi_pack_key_str(&entries, "big", (rtmi_span){big, sizeof big});
    assert_int_equal(rtmi_session_call(w->session, rtmi_span_of_text("x"), 1,
                                       rtmi_buf_span(&entries), 0, w->now, NULL, NULL, NULL),
                     0);
    rtmi_buf_deinit(&entries);
    w->session->out.max = rtmi_buf_len(&w->session->out); /* not a byte more */
    world_tick(w, 1000);
    /* It must not want a tick at once, again and again. */
    assert_int_equal(rtmi_session_get_deadline(w->session), w->now.mono_ms + 1000);
    world_tick(w, 1000);
    assert_true(rtmi_session_wants_close(w->session));
}

static void mids_rise_and_stay_below_2_to_the_53(void **state)
{
    world *w = *state;
    int64_t last = 0;

    for (int i = 0; i < 10000; i++) {
        const int64_t mid = rtmi_session_next_mid(w->session, w->now);
        assert_true(mid > last && mid < (INT64_C(1) << 53));
        last = mid;
        if (i % 100 == 0)
            w->now.wall_ms += i % 300 == 0 ? -50 : 20; /* a clock that is put back */
    }
    w->now.wall_ms = INT64_C(2199023255551); /* the last ms whose number fits: in 2039 */
    assert_true(rtmi_session_next_mid(w->session, w->now) < (INT64_C(1) << 53));
}

/* Callbacks that call. */

typedef struct busy {
    world *world;
    world_call calls[64];
    int count;
    bool abandons;
} busy;

static void call_again(const rtm_error *err, rtmi_span answer, void *userdata)
{
    busy *b = userdata;

    (void)err;
    (void)answer;
    if (b->abandons)
        rtmi_session_abandon(b->world->session);
    else if (b->count < 10)
        (void)rtmi_session_call(b->world->session, rtmi_span_of_text("x"), 0, (rtmi_span){NULL, 0},
                                0, b->world->now, call_again, b, NULL);
    b->count++;
}

static void callbacks_may_call(void **state)
{
    world *w = *state;
    busy b = {.world = w};

    call_again(NULL, (rtmi_span){NULL, 0}, &b);
    for (int i = 0; i < 10; i++)
        world_agree(w, "x");
    assert_int_equal(b.count, 11);
    assert_int_equal(world_waiting(w), 0);
}

static void after_abandoning_nothing_more_is_told(void **state)
{
    world *w = *state;
    busy b = {.world = w};
    world_call calls[3];

    assert_int_equal(world_call_start(w, &calls[0], 0, "x", 0, false), 0);
    call_again(NULL, (rtmi_span){NULL, 0}, &b);
    b.abandons = true;
    assert_int_equal(world_call_start(w, &calls[1], 1, "x", 0, false), 0);
    for (int i = 0; i < 3; i++)
        world_answer_ok(w, world_next(w, "x"));
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "hi");
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "c0=ok");
    /* The client closes then; the call that was not reached is told of that. */
    world_cut(w, RTM_E_CLOSED, false);
    world_tick(w, 0);
    world_expect(w, "c1=20002/-9");

    /* In a tick: time-outs, then ends. */
    world_connect(w);
    b.count = 0;
    b.abandons = false;
    call_again(NULL, (rtmi_span){NULL, 0}, &b);
    b.abandons = true;
    assert_int_equal(world_call_start(w, &calls[2], 2, "x", 0, false), 0);
    world_tick(w, 5000);
    world_expect(w, "");
    assert_int_equal(b.count, 2);
}

static void a_failed_answer_is_not_covered_up_by_a_call(void **state)
{
    world *w = *state;
    world_call call;

    /* The output is full in the middle of an answer: what follows must not repair it. */
    w->session->out.max = 20;
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "hi");
    world_push(w, 2, RTM_KIND_GROUP, 1, 2, 4, "hi");
    assert_int_equal(world_deliver(w), RTM_E_FULL);
    assert_int_equal(world_call_start(w, &call, 1, "x", 0, false), RTM_E_FULL);
    assert_int_equal(w->session->out.error, RTM_E_LIMIT);
    world_cut(w, RTM_E_FULL, true);
    w->session->out.max = 1 << 19;
    world_connect(w);
    w->told[0] = '\0';
    assert_int_equal(world_call_start(w, &call, 2, "x", 0, false), 0);
    world_agree(w, "x");
    world_expect(w, "c2=ok");
}

static void a_call_that_finds_no_memory_was_never_made(void **state)
{
    static uint8_t big[9000]; /* more than a stranger may send: a proof goes in front */
    static const uint8_t text[8500];
    world *w = *state;
    rtmi_buf entries = {.data = big, .cap = sizeof big, .max = sizeof big};
    int r = RTM_E_NOMEM;

    rtmi_pack_key_str(&entries, "k", (rtmi_span){text, sizeof text});
    for (size_t nth = 1; r == RTM_E_NOMEM; nth++) {
        alloc_fail_at(nth);
        r = rtmi_session_call(w->session, rtmi_span_of_text("x"), 1, rtmi_buf_span(&entries), 0,
                              w->now, NULL, NULL, NULL);
        assert_true(r == 0 || alloc_fail_hit());
        if (r == 0)
            break;
        assert_int_equal(r, RTM_E_NOMEM);
        assert_int_equal(rtmi_session_get_output(w->session).len, 0);
        assert_int_equal(rtmi_session_get_stats(w->session)->quests_sent, 0);
        assert_int_equal(rtmi_session_get_deadline(w->session), INT64_MAX);
        assert_int_equal(w->session->proof_seq, 0);
    }
    alloc_fail_reset();
    assert_int_equal(rtmi_session_get_stats(w->session)->quests_sent, 2);
    world_close(w);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(answers_are_matched_at_every_cut),
        CASE(a_quest_leaves_whole_however_it_is_written),
        CASE(calls_need_a_connection_under_way),
        CASE(a_call_ends_when_its_time_is_over),
        CASE(numbers_go_round_and_spare_what_is_under_way),
        CASE(a_lost_connection_is_told_in_the_next_tick_only),
        CASE(a_freed_handle_means_no_callback),
        CASE(handles_outlive_the_session),
        CASE(limits_refuse_and_leave_nothing_behind),
        CASE(quests_of_fpnn_itself_are_not_signed),
        CASE(a_broken_answer_is_an_error),
        CASE(a_stream_that_is_not_ours_ends_it),
        CASE(silence_is_asked_and_then_ends_it),
        CASE(silence_ends_it_also_with_a_full_output),
        CASE(mids_rise_and_stay_below_2_to_the_53),
        CASE(callbacks_may_call),
        CASE(after_abandoning_nothing_more_is_told),
        CASE(a_failed_answer_is_not_covered_up_by_a_call),
        CASE(a_call_that_finds_no_memory_was_never_made),
    };

    return cmocka_run_group_tests_name("session.calls", tests, NULL, NULL);
}
