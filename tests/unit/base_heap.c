/*
 * The heap against a list that is searched for its smallest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/heap.h"
#include "tests/support/alloc_fail.h"

#define TIMER_COUNT 300

static uint64_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *random >> 33;
}

static void check_places(const rtmi_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++) {
        assert_int_equal(heap->timers[i]->place, i + 1);
        if (i > 0)
            assert_true(heap->timers[(i - 1) / 2]->at_ms <= heap->timers[i]->at_ms);
    }
}

static void random_use_agrees_with_the_model(void **state)
{
    static rtmi_timer timers[TIMER_COUNT];
    static const int64_t spans[] = {1, 5, 1000, INT64_MAX};
    uint64_t random = 5;

    (void)state;
    for (size_t s = 0; s < 4; s++) {
        size_t waiting = 0;
        rtmi_heap heap;

        rtmi_heap_init(&heap);
        for (int step = 0; step < 20000; step++) {
            rtmi_timer *timer = &timers[next_random(&random) % TIMER_COUNT];
            if (timer->place == 0) {
                const int64_t at = (int64_t)(next_random(&random) << 31) % spans[s];
                assert_true(rtmi_heap_add(&heap, timer, step % 2 == 0 ? at : -at));
                waiting++;
            } else {
                rtmi_heap_remove(&heap, timer);
                waiting--;
            }
            assert_int_equal(heap.count, waiting);
            if (step % 50 != 0)
                continue;
            check_places(&heap);
            int64_t least = INT64_MAX;
            for (size_t i = 0; i < TIMER_COUNT; i++) {
                if (timers[i].place != 0 && timers[i].at_ms < least)
                    least = timers[i].at_ms;
            }
            if (waiting > 0)
                assert_true(rtmi_heap_first(&heap)->at_ms == least);
        }
        /* All come out in order. */
        int64_t last = INT64_MIN;
        while (heap.count > 0) {
            rtmi_timer *timer = rtmi_heap_first(&heap);
            assert_true(timer->at_ms >= last);
            last = timer->at_ms;
            rtmi_heap_remove(&heap, timer);
            assert_int_equal(timer->place, 0);
        }
        rtmi_heap_deinit(&heap);
    }
}

static void empty_heap_answers(void **state)
{
    rtmi_timer timer = {0};
    rtmi_heap heap;

    (void)state;
    rtmi_heap_init(&heap);
    assert_null(rtmi_heap_first(&heap));
    rtmi_heap_remove(&heap, &timer);
    assert_true(rtmi_heap_add(&heap, &timer, 7));
    assert_ptr_equal(rtmi_heap_first(&heap), &timer);
    rtmi_heap_remove(&heap, &timer);
    rtmi_heap_remove(&heap, &timer);
    assert_null(rtmi_heap_first(&heap));
    rtmi_heap_deinit(&heap);
    rtmi_heap_deinit(&heap);
}

static bool add_many(void *userdata)
{
    static rtmi_timer timers[TIMER_COUNT];
    size_t added = 0;
    rtmi_heap heap;

    (void)userdata;
    rtmi_heap_init(&heap);
    while (added < TIMER_COUNT && rtmi_heap_add(&heap, &timers[added], -(int64_t)added))
        added++;
    if (added < TIMER_COUNT)
        assert_int_equal(timers[added].place, 0); /* a failed one does not wait */
    assert_int_equal(heap.count, added);
    check_places(&heap);
    while (heap.count > 0)
        rtmi_heap_remove(&heap, rtmi_heap_first(&heap));
    rtmi_heap_deinit(&heap);
    return added == TIMER_COUNT;
}

static void out_of_memory_keeps_what_was_there(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(add_many, NULL) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_use_agrees_with_the_model),
        cmocka_unit_test(empty_heap_answers),
        cmocka_unit_test(out_of_memory_keeps_what_was_there),
    };

    return cmocka_run_group_tests_name("base.heap", tests, NULL, NULL);
}
