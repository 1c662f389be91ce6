/*
 * Who listens to what, against a table of bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/conn.h"
#include "lib/base/num.h"
#include "tests/support/alloc_fail.h"

#define CONNS 12
#define IDS 40

static bool holds(const conn_set *set, const conn *who)
{
    bool found = false;

    for (size_t i = 0; set != NULL && i < set->count; i++) {
        if (set->conns[i] == who) {
            assert_false(found); /* once */
            found = true;
        }
    }
    return found;
}

static void check(const listeners *all, conn *conns, bool (*bits)[LISTEN_CLASSES][IDS])
{
    for (size_t class = 0; class < LISTEN_CLASSES; class ++) {
        for (int64_t id = 0; id < IDS; id++) {
            const conn_set *set = listeners_of(all, class, id - IDS / 2);
            size_t count = 0;
            for (size_t c = 0; c < CONNS; c++) {
                assert_int_equal(holds(set, &conns[c]), bits[c][class][id]);
                count += bits[c][class][id];
            }
            assert_int_equal(set == NULL ? 0 : set->count, count);
            assert_true(set == NULL || count > 0); /* empty sets do not stay */
        }
    }
}

static void random_changes_agree_with_a_table(void **state)
{
    static conn conns[CONNS];
    static bool bits[CONNS][LISTEN_CLASSES][IDS];
    static unsigned held[CONNS][2];
    listeners all;
    uint64_t random = 5;

    (void)state;
    listeners_init(&all, 7);
    for (size_t c = 0; c < CONNS; c++)
        listening_init(&conns[c].listening, c);
    for (int step = 0; step < 20000; step++) {
        random = rtmi_mix64(random + 1);
        const size_t c = random % CONNS;
        const size_t class = (random >> 8) % LISTEN_CLASSES;
        const size_t id = (random >> 16) % IDS;
        const unsigned what = (unsigned)(random >> 32) % 100;
        if (what < 50) {
            assert_true(listeners_add(&all, &conns[c], class, (int64_t)id - IDS / 2));
            bits[c][class][id] = true;
        } else if (what < 85) {
            listeners_remove(&all, &conns[c], class, (int64_t)id - IDS / 2);
            bits[c][class][id] = false;
        } else if (what < 88) {
            listeners_clear(&all, &conns[c], class);
            memset(bits[c][class], 0, sizeof bits[c][class]);
        } else if (what < 94) {
            held[c][0] = (unsigned)id & 15;
            assert_true(listeners_set_all(&all, &conns[c], held[c][0]));
        } else if (what < 99) {
            held[c][1] = (unsigned)id & 3;
            assert_true(listeners_set_events(&all, &conns[c], held[c][1]));
        } else {
            listeners_drop(&all, &conns[c]);
            memset(bits[c], 0, sizeof bits[c]);
            held[c][0] = held[c][1] = 0;
        }
        for (unsigned i = 0; i < LISTEN_ALLS; i++)
            assert_int_equal(holds(&all.all[i], &conns[c]), held[c][0] >> i & 1);
        for (unsigned i = 0; i < LISTEN_EVENTS; i++)
            assert_int_equal(holds(&all.events[i], &conns[c]), held[c][1] >> i & 1);
        if (step % 100 == 0)
            check(&all, conns, bits);
    }
    for (size_t c = 0; c < CONNS; c++) {
        if (c % 2 == 0) /* the others are still in when the project goes */
            listeners_drop(&all, &conns[c]);
        listening_deinit(&conns[c].listening);
    }
    listeners_deinit(&all);
}

static bool add_some(void *userdata)
{
    static conn who;
    listeners all;
    bool ok = true;

    (void)userdata;
    memset(&who, 0, sizeof who);
    listeners_init(&all, 7);
    listening_init(&who.listening, 1);
    for (int64_t id = 0; ok && id < 20; id++) {
        ok = listeners_add(&all, &who, LISTEN_GIDS, id);
        /* Both sides say the same, also about what failed. */
        assert_int_equal(holds(listeners_of(&all, LISTEN_GIDS, id), &who), ok);
        assert_int_equal(rtmi_map_get(&who.listening.ids[LISTEN_GIDS], (uint64_t)id) != NULL, ok);
    }
    ok = ok && listeners_set_all(&all, &who, 15) && listeners_set_events(&all, &who, 3);
    listeners_drop(&all, &who);
    assert_null(listeners_of(&all, LISTEN_GIDS, 0));
    listening_deinit(&who.listening);
    listeners_deinit(&all);
    return ok;
}

static void without_memory_both_sides_agree(void **state)
{
    (void)state;
    (void)alloc_fail_sweep(add_some, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_agree_with_a_table),
        cmocka_unit_test(without_memory_both_sides_agree),
    };

    return cmocka_run_group_tests_name("gate_core.listeners", tests, NULL, NULL);
}
