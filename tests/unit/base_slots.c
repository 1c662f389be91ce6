/*
 * The index against a table of what it has been told, through several growths, with hashes that
 * collide in all that the slots know of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/base/slots.h"
#include "tests/support/alloc_fail.h"

enum { COUNT = 20000 };

static uint64_t hashes[COUNT];
static bool is_there[COUNT];

/* How often a number is found under its hash. */
static size_t times_found(const rtmi_slots *slots, uint32_t number)
{
    rtmi_slots_at at;
    size_t times = 0;

    for (bool is_more = rtmi_slots_seek(slots, hashes[number], &at); is_more;
         is_more = rtmi_slots_next(slots, &at))
        times += at.slot->number == number;
    return times;
}

/* Behind a search that has not found it, or without one. */
static void put(rtmi_slots *slots, uint32_t number, bool is_sought)
{
    rtmi_slots_at at;

    if (!is_sought) {
        assert_true(rtmi_slots_put(slots, hashes[number], number));
        return;
    }
    for (bool is_more = rtmi_slots_seek(slots, hashes[number], &at); is_more;
         is_more = rtmi_slots_next(slots, &at))
        continue;
    assert_true(rtmi_slots_put_at(slots, hashes[number], number, &at));
}

static void check_all(const rtmi_slots *slots, uint32_t count)
{
    size_t there = 0;

    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(times_found(slots, i), is_there[i]);
        there += is_there[i];
    }
    assert_int_equal(slots->count, there);
}

/* Numbers come and go at random; every so often all are looked up. */
static void run_model(uint64_t seed, uint64_t hash_mask, uint32_t count)
{
    rtmi_slots slots = {0};
    uint64_t random = seed;

    for (uint32_t i = 0; i < count; i++) {
        random = rtmi_mix64(random + 1);
        hashes[i] = random & hash_mask;
        is_there[i] = true;
        put(&slots, i, random >> 61 & 1);
        rtmi_slots_prefetch(&slots, hashes[i]);
        const uint32_t other = (uint32_t)(rtmi_mix64(random) % (i + 1));
        if (random >> 62 == 0) {
            assert_int_equal(rtmi_slots_remove(&slots, hashes[other], other), is_there[other]);
            is_there[other] = false;
        }
        if (i % 1021 == 0)
            check_all(&slots, i + 1);
    }
    check_all(&slots, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(rtmi_slots_remove(&slots, hashes[i], i), is_there[i]);
    assert_int_equal(slots.count, 0);
    rtmi_slots_deinit(&slots);
}

static void it_agrees_with_a_model(void **state)
{
    (void)state;
    run_model(1, UINT64_MAX, COUNT);
    run_model(2, UINT64_C(0x0f0f000000000000), 1500); /* some six of each hash, in few lines */
}

/* A number that is changed in its slot, before and after that has moved. */
static void a_number_may_be_changed(void **state)
{
    rtmi_slots slots = {0};
    rtmi_slots_at at;
    uint32_t number = 0;

    (void)state;
    assert_false(rtmi_slots_seek(&slots, 77, &at));
    assert_false(rtmi_slots_remove(&slots, 77, 0));
    rtmi_slots_prefetch(&slots, 77);
    assert_true(rtmi_slots_put(&slots, 77, number));
    for (uint32_t i = 0; i < 3000; i++) {
        assert_true(rtmi_slots_put(&slots, rtmi_mix64(i + 1), 1000000 + i));
        assert_true(rtmi_slots_seek(&slots, 77, &at));
        assert_int_equal(at.slot->number, number);
        at.slot->number = ++number;
    }
    rtmi_slots_deinit(&slots);
}

/* What could not be put is not there, and all else is. */
static bool put_some(void *userdata)
{
    rtmi_slots slots = {0};
    bool is_whole = true;

    (void)userdata;
    for (uint32_t i = 0; i < 300; i++) {
        hashes[i] = rtmi_mix64(i + 1);
        is_there[i] = rtmi_slots_put(&slots, hashes[i], i);
        is_whole = is_whole && is_there[i];
    }
    check_all(&slots, 300);
    rtmi_slots_deinit(&slots);
    return is_whole;
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(put_some, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_a_model),
        cmocka_unit_test(a_number_may_be_changed),
        cmocka_unit_test(without_memory_nothing_changes),
    };

    return cmocka_run_group_tests_name("base.slots", tests, NULL, NULL);
}
