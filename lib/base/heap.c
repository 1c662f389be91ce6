/*
 * The usual sift up and down, with the places kept true.
 */
#include "lib/base/heap.h"

#include <assert.h>
#include <stdlib.h>

#define HEAP_CAP_FIRST 16

void rtmi_heap_init(rtmi_heap *heap)
{
    *heap = (rtmi_heap){0};
}

void rtmi_heap_deinit(rtmi_heap *heap)
{
    free(heap->timers);
    *heap = (rtmi_heap){0};
}

static void put(rtmi_heap *heap, size_t at, rtmi_timer *timer)
{
    heap->timers[at] = timer;
    timer->place = at + 1;
}

static void sift_up(rtmi_heap *heap, size_t at, rtmi_timer *timer)
{
    while (at > 0) {
        const size_t parent = (at - 1) / 2;
        if (heap->timers[parent]->at_ms <= timer->at_ms)
            break;
        put(heap, at, heap->timers[parent]);
        at = parent;
    }
    put(heap, at, timer);
}

static void sift_down(rtmi_heap *heap, size_t at, rtmi_timer *timer)
{
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->timers[child + 1]->at_ms < heap->timers[child]->at_ms)
            child++;
        if (timer->at_ms <= heap->timers[child]->at_ms)
            break;
        put(heap, at, heap->timers[child]);
        at = child;
    }
    put(heap, at, timer);
}

bool rtmi_heap_add(rtmi_heap *heap, rtmi_timer *timer, int64_t at_ms)
{
    assert(timer->place == 0);
    if (heap->count == heap->cap) {
        const size_t cap = heap->cap == 0 ? HEAP_CAP_FIRST : heap->cap * 2;
        rtmi_timer **timers = realloc(heap->timers, cap * sizeof *timers);
        if (timers == NULL)
            return false;
        heap->timers = timers;
        heap->cap = cap;
    }
    timer->at_ms = at_ms;
    sift_up(heap, heap->count++, timer);
    return true;
}

void rtmi_heap_remove(rtmi_heap *heap, rtmi_timer *timer)
{
    if (timer->place == 0)
        return;
    const size_t at = timer->place - 1;
    rtmi_timer *last = heap->timers[--heap->count];

    timer->place = 0;
    if (last == timer)
        return;
    if (at > 0 && heap->timers[(at - 1) / 2]->at_ms > last->at_ms)
        sift_up(heap, at, last);
    else
        sift_down(heap, at, last);
}
