/*
 * What a cut may have cost: told once, when a complete set is confirmed again, with the time
 * since which nothing was heard and the set that was confirmed before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "tests/support/session_world.h"

static int make_world(void **state)
{
    world *w = world_new();

    world_note_gaps(w);
    *state = w;
    return 0;
}

static int free_world(void **state)
{
    world_free(*state);
    return 0;
}

static world_call call;

static void let_pass(world *w, int64_t ms)
{
    w->now.mono_ms += ms;
    w->now.wall_ms += ms;
}

/* Connected, and g1,2 and logins confirmed, at 100 ms. */
static void begin(world *w)
{
    assert_int_equal(world_open(w), 0);
    world_connect(w);
    let_pass(w, 100);
    assert_int_equal(world_listen(w, &call, 1, RTMI_LISTEN_SET, "g1,2 elogin", 0, false), 0);
    world_agree(w, "setlisten");
    world_expect(w, "c1=ok L1");
}

static void hear(world *w)
{
    world_push_ping(w, 1);
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "p");
}

static void cut_after(world *w, int64_t ms)
{
    let_pass(w, ms);
    world_cut(w, RTM_E_LOST, true);
    world_tick(w, 0);
}

static void a_gap_lasts_from_the_last_word_to_the_confirmed_set(void **state)
{
    world *w = *state;

    begin(w);
    let_pass(w, 400);
    hear(w); /* at 500 */
    cut_after(w, 1000);
    world_expect(w, "L0");
    let_pass(w, 1000);
    world_connect(w);
    let_pass(w, 500);
    world_agree(w, "setlisten"); /* at 3000 */
    world_expect(w, "G500-3000[g1,2 r u elogin all=0] L1");
    assert_int_equal(rtmi_session_get_stats(w->session)->gaps, 1);

    /* It is over: later listen quests do not tell it again. */
    assert_int_equal(world_listen(w, &call, 2, RTMI_LISTEN_ADD, "g3", 0, false), 0);
    world_agree(w, "addlisten");
    world_expect(w, "c2=ok");

    /* The next cut is a gap of its own, with the set of then. */
    cut_after(w, 0);
    world_connect(w);
    world_agree(w, "setlisten");
    world_expect(w, "L0 G3000-3000[g1,2,3 r u elogin all=0] L1");
    assert_int_equal(rtmi_session_get_stats(w->session)->gaps, 2);
}

static void who_never_listened_has_missed_nothing(void **state)
{
    world *w = *state;

    assert_int_equal(world_open(w), 0);
    world_connect(w);
    assert_int_equal(world_listen(w, &call, 1, RTMI_LISTEN_SET, "g1", 0, false), 0);
    (void)world_next(w, "setlisten"); /* no answer before the cut */
    cut_after(w, 1000);
    world_connect(w);
    world_agree(w, "setlisten");
    world_expect(w, "c1=20002/-8 L1");
    assert_int_equal(rtmi_session_get_stats(w->session)->gaps, 0);
}

static void cuts_before_the_set_stands_again_belong_to_one_gap(void **state)
{
    world *w = *state;

    begin(w);
    cut_after(w, 1000);
    world_expect(w, "L0");
    world_connect(w);
    cut_after(w, 1000); /* double cut: during the restore */
    world_connect(w);
    let_pass(w, 10);
    hear(w); /* words that are no confirmation do not end it */
    cut_after(w, 1000);
    world_connect(w);
    world_agree(w, "setlisten");
    world_expect(w, "G100-3110[g1,2 r u elogin all=0] L1");
    assert_int_equal(rtmi_session_get_stats(w->session)->gaps, 1);
}

static void a_refused_restore_lengthens_it(void **state)
{
    world *w = *state;

    begin(w);
    cut_after(w, 900);
    world_connect(w);
    world_answer_error(w, world_next(w, "setlisten"), RTMI_RC_INVALID_PARAMETER, "not now");
    assert_int_equal(world_deliver(w), 0);
    world_expect(w, "L0");
    world_tick(w, 1000);
    world_agree(w, "setlisten");
    world_expect(w, "G100-2000[g1,2 r u elogin all=0] L1");
}

static void a_restore_without_an_answer_lengthens_it(void **state)
{
    world *w = *state;

    begin(w);
    cut_after(w, 0);
    world_connect(w);
    (void)world_next(w, "setlisten");
    world_tick(w, 5000); /* quest_timeout_ms */
    world_tick(w, 1000);
    world_expect(w, "L0");
    world_agree(w, "setlisten");
    world_expect(w, "G100-6100[g1,2 r u elogin all=0] L1");
}

static void it_names_what_was_confirmed_and_not_what_is_wanted(void **state)
{
    world *w = *state;

    begin(w);
    cut_after(w, 0);
    assert_int_equal(world_listen(w, &call, 2, RTMI_LISTEN_SET, "g7", 0, false), 0);
    world_connect(w);
    world_agree(w, "setlisten"); /* the base, and then the change */
    world_agree(w, "setlisten");
    world_expect(w, "L0 G100-100[g1,2 r u elogin all=0] c2=ok L1");
}

static void who_listens_to_nothing_any_more_has_missed_nothing(void **state)
{
    world *w = *state;

    begin(w);
    assert_int_equal(world_listen(w, &call, 2, RTMI_LISTEN_SET, "g r u e", 0, false), 0);
    (void)world_next(w, "setlisten");
    cut_after(w, 0); /* the change stays, the set is empty */
    world_expect(w, "L0 c2=20002/-8");
    let_pass(w, 1000);
    world_connect(w);
    assert_int_equal(world_waiting(w), 0);
    assert_int_equal(world_listen(w, &call, 3, RTMI_LISTEN_SET, "g9", 0, false), 0);
    world_agree(w, "setlisten");
    world_expect(w, "c3=ok L1");
    assert_int_equal(rtmi_session_get_stats(w->session)->gaps, 0);
}

static void without_restoring_there_are_no_gaps(void **state)
{
    world *w = *state;

    w->config.restore_listen = false;
    begin(w);
    cut_after(w, 0);
    world_connect(w);
    assert_int_equal(world_listen(w, &call, 2, RTMI_LISTEN_SET, "g1", 0, false), 0);
    world_agree(w, "setlisten");
    world_expect(w, "L0 c2=ok L1");
}

static void a_close_by_the_user_is_a_gap_too(void **state)
{
    world *w = *state;

    begin(w);
    let_pass(w, 900);
    world_cut(w, RTM_E_CLOSED, false);
    world_tick(w, 0);
    let_pass(w, 4000);
    world_connect(w);
    world_agree(w, "setlisten");
    world_expect(w, "L0 G100-5000[g1,2 r u elogin all=0] L1");
}

static void what_a_pause_has_left_is_within_it(void **state)
{
    world *w = *state;

    begin(w);
    rtmi_session_set_paused(w->session, true);
    let_pass(w, 400);
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "never told");
    assert_int_equal(world_deliver(w), 0);
    cut_after(w, 500);
    rtmi_session_set_paused(w->session, false);
    world_connect(w);
    world_agree(w, "setlisten");
    /* From 100, and not from 500 when the bytes came. */
    world_expect(w, "L0 G100-1000[g1,2 r u elogin all=0] L1");
}

static void a_clock_that_was_set_back_makes_no_gap_of_negative_length(void **state)
{
    world *w = *state;

    begin(w);
    cut_after(w, 900);
    w->now.wall_ms -= 3000; /* wall clock only */
    world_connect(w);
    world_agree(w, "setlisten");
    world_expect(w, "L0 G-2000--2000[g1,2 r u elogin all=0] L1");
}

static void abandon_at_gap(int64_t from_ms, int64_t to_ms, const rtmi_listen_value *what,
                           void *userdata)
{
    world *w = userdata;

    (void)from_ms;
    (void)to_ms;
    assert_string_equal(world_value_text(what), "g1,2 r u elogin all=0");
    rtmi_session_abandon(w->session);
}

static void closed_inside_its_callback_nothing_more_is_told(void **state)
{
    world *w = *state;
    rtmi_session_callbacks callbacks = w->callbacks;

    begin(w);
    callbacks.gap = abandon_at_gap;
    rtmi_session_set_callbacks(w->session, &callbacks);
    cut_after(w, 0);
    world_connect(w);
    world_agree(w, "setlisten");
    world_expect(w, "L0");
    world_cut(w, RTM_E_CLOSED, false);
    world_tick(w, 0);
    world_expect(w, "");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_world, free_world)
    const struct CMUnitTest tests[] = {
        CASE(a_gap_lasts_from_the_last_word_to_the_confirmed_set),
        CASE(who_never_listened_has_missed_nothing),
        CASE(cuts_before_the_set_stands_again_belong_to_one_gap),
        CASE(a_refused_restore_lengthens_it),
        CASE(a_restore_without_an_answer_lengthens_it),
        CASE(it_names_what_was_confirmed_and_not_what_is_wanted),
        CASE(who_listens_to_nothing_any_more_has_missed_nothing),
        CASE(without_restoring_there_are_no_gaps),
        CASE(a_close_by_the_user_is_a_gap_too),
        CASE(what_a_pause_has_left_is_within_it),
        CASE(a_clock_that_was_set_back_makes_no_gap_of_negative_length),
        CASE(closed_inside_its_callback_nothing_more_is_told),
    };

    return cmocka_run_group_tests_name("session.gaps", tests, NULL, NULL);
}
