/*
 * The session with its first request for memory failing, then its second, and so on until none
 * does: nothing crashes or leaks, a call that is refused leaves the listen value as it was, and
 * with memory again the session goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/alloc_fail.h"
#include "tests/support/session_world.h"

static bool make(void *userdata)
{
    world *w = userdata;
    const int r = world_open(w);

    assert_true(r == 0 || r == RTM_E_NOMEM || r == RTM_E_SYSTEM);
    world_close(w);
    return r == 0;
}

/* Listen; refused for want of memory: the desired value stays. */
static bool try_listen(world *w, world_call *call, int number, rtmi_listen_verb verb,
                       const char *lists)
{
    const rtmi_listen_value *desired;
    const rtmi_listen_value *confirmed;
    char before[500] = "";
    bool agrees;

    if (rtmi_session_get_listen(w->session, &desired, &confirmed, &agrees) == 0)
        (void)snprintf(before, sizeof before, "%s", world_value_text(desired));
    const int r = world_listen(w, call, number, verb, lists, 0, false);
    assert_true(r == 0 || r == RTM_E_NOMEM);
    if (r < 0 && before[0] != '\0' &&
        rtmi_session_get_listen(w->session, &desired, &confirmed, &agrees) == 0)
        assert_string_equal(world_value_text(desired), before);
    return r == 0;
}

/* The gate agrees to whatever was asked. */
static int agree_to_all(world *w)
{
    world_take_output(w);
    for (size_t i = 0; i < w->quest_count; i++)
        world_answer_ok(w, w->quests[i].seq);
    w->quest_count = 0;
    return world_deliver(w);
}

static bool live(world *w)
{
    static world_call calls[8];
    bool ok = world_open(w) == 0;

    if (!ok)
        return false;
    w->told[0] = '\0';
    world_connect(w);
    ok = try_listen(w, &calls[0], 0, RTMI_LISTEN_ADD, "g1,2 u3 elogin") && ok;
    ok = try_listen(w, &calls[1], 1, RTMI_LISTEN_ADD, "r5") && ok;
    ok = try_listen(w, &calls[2], 2, RTMI_LISTEN_REMOVE, "g2") && ok;
    ok = world_call_start(w, &calls[3], 3, "getusers", 0, false) == 0 && ok;
    for (int i = 0; i < 4; i++)
        ok = agree_to_all(w) == 0 && ok;
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "hi");
    world_push_event(w, 2, "login", 7);
    world_push(w, 1, RTM_KIND_GROUP, 1, 2, 3, "hi");
    ok = world_deliver(w) == 0 && ok;
    ok = try_listen(w, &calls[4], 4, RTMI_LISTEN_SET, "g9") && ok;
    ok = world_call_start(w, &calls[5], 5, "getusers", 0, true) == 0 && ok;
    world_tick(w, 10);
    world_cut(w, RTM_E_LOST, true);
    world_tick(w, 10);
    rtmi_call_free(calls[5].handle);
    world_connect(w);
    for (int i = 0; i < 4; i++) {
        ok = agree_to_all(w) == 0 && ok;
        world_tick(w, 1500);
    }
    return ok;
}

static bool live_once(void *userdata)
{
    world *w = userdata;
    const bool ok = live(w);

    if (w->session == NULL)
        return false;
    if (!alloc_fail_hit()) {
        world_expect(w, "c0=ok c3=ok c1=ok c2=ok L1 m3 e:login L0 c5=20002/-8 c4=20002/-8 L1");
    } else {
        /* With memory again: whatever failed, desired and confirmed come to agree. */
        const rtmi_listen_value *desired;
        const rtmi_listen_value *confirmed;
        bool agrees = false;
        world_cut(w, RTM_E_LOST, true);
        world_tick(w, 10);
        world_connect(w);
        for (int i = 0; i < 8 && !agrees; i++) {
            assert_int_equal(agree_to_all(w), 0);
            world_tick(w, 1500);
            assert_int_equal(rtmi_session_get_listen(w->session, &desired, &confirmed, &agrees), 0);
        }
        assert_true(agrees);
        assert_string_equal(world_value_text(desired), world_value_text(confirmed));
    }
    world_close(w);
    return ok;
}

static void making_a_session_survives_every_failure(void **state)
{
    world *w = world_new();

    (void)state;
    print_message("%zu requests\n", alloc_fail_sweep(make, w));
    world_free(w);
}

static void a_life_survives_every_failure(void **state)
{
    world *w = world_new();

    (void)state;
    print_message("%zu requests\n", alloc_fail_sweep(live_once, w));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_a_session_survives_every_failure),
        cmocka_unit_test(a_life_survives_every_failure),
    };

    return cmocka_run_group_tests_name("session.scenarios", tests, NULL, NULL);
}
