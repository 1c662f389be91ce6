/*
 * A binary heap of deadlines, threaded through the things that wait: each knows its place, so
 * that it can leave from the middle.
 */
#ifndef RTMI_BASE_HEAP_H
#define RTMI_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rtmi_timer {
    int64_t at_ms;
    size_t place; /* 1 + its index; 0: not waiting */
} rtmi_timer;

typedef struct rtmi_heap {
    rtmi_timer **timers;
    size_t count;
    size_t cap;
} rtmi_heap;

void rtmi_heap_init(rtmi_heap *heap);
void rtmi_heap_deinit(rtmi_heap *heap);

/** Add a timer that is not waiting. False: out of memory. */
bool rtmi_heap_add(rtmi_heap *heap, rtmi_timer *timer, int64_t at_ms);

/** Take a timer out; nothing if it is not waiting. */
void rtmi_heap_remove(rtmi_heap *heap, rtmi_timer *timer);

/** The earliest timer, or NULL. */
static inline rtmi_timer *rtmi_heap_first(const rtmi_heap *heap)
{
    return heap->count == 0 ? NULL : heap->timers[0];
}

#endif
