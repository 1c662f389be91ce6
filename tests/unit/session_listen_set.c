/*
 * The listen set as a value: merges compared with a model, limits, absent and empty lists, and
 * that a failed change leaves the value as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/session_world.h"

#define UNIVERSE 64

/* The model: a bit an id and list. */
typedef struct model {
    uint64_t lists[RTMI_LISTEN_LISTS];
    uint64_t events;
    unsigned all;
} model;

static void model_apply(model *m, const model *op, unsigned has, rtmi_listen_verb verb)
{
    if (verb == RTMI_LISTEN_SET_ALL) {
        m->all = op->all;
        return;
    }
    for (size_t i = 0; i <= RTMI_LISTEN_LISTS; i++) {
        uint64_t *to = i < RTMI_LISTEN_LISTS ? &m->lists[i] : &m->events;
        const uint64_t from = i < RTMI_LISTEN_LISTS ? op->lists[i] : op->events;
        const bool is_there = (has & (1u << i)) != 0;
        if (verb == RTMI_LISTEN_SET)
            *to = is_there ? from : 0;
        else if (is_there)
            *to = verb == RTMI_LISTEN_ADD ? *to | from : *to & ~from;
    }
}

static void fill(rtmi_listen_value *value, const model *m)
{
    *value = (rtmi_listen_value){.all = m->all};
    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++) {
        int64_t ids[2 * UNIVERSE];
        size_t count = 0;
        for (int64_t id = UNIVERSE - 1; id >= 0; id--) {
            if (m->lists[i] >> id & 1) {
                ids[count++] = id - UNIVERSE / 2;
                if (id % 5 == 0)
                    ids[count++] = id - UNIVERSE / 2; /* repeated */
            }
        }
        assert_int_equal(rtmi_ids_take(&value->lists[i], ids, count, UNIVERSE), 0);
    }
    for (unsigned e = 0; e < 8; e++) {
        char name[4];
        if (m->events >> e & 1) {
            (void)snprintf(name, sizeof name, "e%u", e);
            assert_int_equal(rtmi_listen_value_add_event(value, name, 2), 0);
        }
    }
}

static void random_changes_agree_with_a_model(void **state)
{
    uint64_t random = 1;
    model m = {.all = 0};
    rtmi_listen_value value = {.all = 0};

    (void)state;
    for (int i = 0; i < 5000; i++) {
        model change;
        rtmi_listen_op op;
        rtmi_listen_value expected;
        for (size_t l = 0; l < RTMI_LISTEN_LISTS; l++) {
            random = rtmi_mix64(random + 1);
            change.lists[l] = random & rtmi_mix64(random + 7);
        }
        random = rtmi_mix64(random + 1);
        change.events = random & 0xff;
        change.all = (unsigned)(random >> 8) & 15;
        const unsigned has = (unsigned)(random >> 16) & 15;
        const unsigned verb = (unsigned)(random >> 24) % 20;
        op.verb = verb < 9    ? RTMI_LISTEN_ADD
                  : verb < 18 ? RTMI_LISTEN_REMOVE
                  : verb < 19 ? RTMI_LISTEN_SET
                              : RTMI_LISTEN_SET_ALL;
        op.has = has;
        fill(&op.value, &change);
        assert_int_equal(rtmi_listen_apply(&value, &op, UNIVERSE), 0);
        model_apply(&m, &change, has, op.verb);
        fill(&expected, &m);
        assert_true(rtmi_listen_value_equal(&value, &expected));
        assert_true(rtmi_listen_value_equal(&expected, &value));
        assert_int_equal(rtmi_listen_value_is_empty(&value),
                         m.all == 0 && m.events == 0 && m.lists[0] == 0 && m.lists[1] == 0 &&
                             m.lists[2] == 0);
        rtmi_listen_value_deinit(&expected);
        rtmi_listen_value_deinit(&op.value);
    }
    rtmi_listen_value_deinit(&value);
}

static void apply(rtmi_listen_value *value, rtmi_listen_verb verb, const char *lists, size_t max,
                  int expected)
{
    rtmi_listen_op op;

    assert_true(world_op(&op, verb, lists, 0));
    assert_int_equal(rtmi_listen_apply(value, &op, max), expected);
    rtmi_listen_value_deinit(&op.value);
}

static void absent_and_empty_differ(void **state)
{
    rtmi_listen_value value = {.all = 0};

    (void)state;
    apply(&value, RTMI_LISTEN_ADD, "g1,2 r3 elogin", 9, 0);
    apply(&value, RTMI_LISTEN_ADD, "", 9, 0);
    apply(&value, RTMI_LISTEN_ADD, "g", 9, 0);
    apply(&value, RTMI_LISTEN_REMOVE, "g r", 9, 0);
    assert_string_equal(world_value_text(&value), "g1,2 r3 u elogin all=0");
    apply(&value, RTMI_LISTEN_SET, "g1", 9, 0); /* absent lists become empty */
    assert_string_equal(world_value_text(&value), "g1 r u e all=0");
    apply(&value, RTMI_LISTEN_SET, "", 9, 0);
    assert_true(rtmi_listen_value_is_empty(&value));
    rtmi_listen_value_deinit(&value);
}

static void limits_leave_the_value(void **state)
{
    rtmi_listen_value value = {.all = 0};
    rtmi_ids ids;
    char name[40];

    (void)state;
    apply(&value, RTMI_LISTEN_ADD, "g1,2,3", 3, 0);
    apply(&value, RTMI_LISTEN_ADD, "u9 g3,4", 3, RTM_E_LIMIT);
    assert_string_equal(world_value_text(&value), "g1,2,3 r u e all=0");
    apply(&value, RTMI_LISTEN_SET, "u1,2,3,4", 3, RTM_E_LIMIT);
    assert_string_equal(world_value_text(&value), "g1,2,3 r u e all=0");
    assert_int_equal(rtmi_ids_take(&ids, (int64_t[]){3, 1, 3, 1}, 4, 2), 0);
    assert_int_equal(ids.count, 2);
    free(ids.ids);
    assert_int_equal(rtmi_ids_take(&ids, (int64_t[]){3, 1, 2}, 3, 2), RTM_E_LIMIT);

    assert_int_equal(rtmi_listen_value_add_event(&value, "", 0), RTM_E_INVAL);
    assert_int_equal(rtmi_listen_value_add_event(&value, "a\0b", 3), RTM_E_INVAL);
    memset(name, 'x', sizeof name);
    assert_int_equal(rtmi_listen_value_add_event(&value, name, 32), RTM_E_INVAL);
    assert_int_equal(rtmi_listen_value_add_event(&value, name, 31), 0);
    for (int i = 1; i < RTMI_LISTEN_EVENT_COUNT; i++) {
        (void)snprintf(name, sizeof name, "e%d", i);
        assert_int_equal(rtmi_listen_value_add_event(&value, name, strlen(name)), 0);
    }
    assert_int_equal(rtmi_listen_value_add_event(&value, "e1", 2), 0); /* is there */
    assert_int_equal(rtmi_listen_value_add_event(&value, "one", 3), RTM_E_LIMIT);
    apply(&value, RTMI_LISTEN_ADD, "g2 eone", 3, RTM_E_LIMIT);
    assert_int_equal(value.event_count, RTMI_LISTEN_EVENT_COUNT);
    rtmi_listen_value_deinit(&value);
}

static bool change_each_way(void *userdata)
{
    rtmi_listen_value *value = userdata;
    rtmi_listen_op op;
    bool ok = true;

    for (int verb = RTMI_LISTEN_ADD; ok && verb <= RTMI_LISTEN_SET; verb++) {
        rtmi_listen_value copy;
        ok = rtmi_listen_value_copy(value, &copy) == 0;
        if (!ok)
            break;
        ok = world_op(&op, (rtmi_listen_verb)verb, "g2,3 r1 u7 elogin", 0);
        if (ok) {
            ok = rtmi_listen_apply(&copy, &op, 10) == 0;
            if (!ok) /* as it was */
                assert_true(rtmi_listen_value_equal(&copy, value));
            rtmi_listen_value_deinit(&op.value);
        }
        rtmi_listen_value_deinit(&copy);
    }
    return ok;
}

static void without_memory_the_value_stays(void **state)
{
    rtmi_listen_value value = {.all = 0};

    (void)state;
    apply(&value, RTMI_LISTEN_ADD, "g1,2 r1,2 u1 elogout", 9, 0);
    (void)alloc_fail_sweep(change_each_way, &value);
    assert_string_equal(world_value_text(&value), "g1,2 r1,2 u1 elogout all=0");
    rtmi_listen_value_deinit(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_agree_with_a_model),
        cmocka_unit_test(absent_and_empty_differ),
        cmocka_unit_test(limits_leave_the_value),
        cmocka_unit_test(without_memory_the_value_stays),
    };

    return cmocka_run_group_tests_name("session.listen_set", tests, NULL, NULL);
}
