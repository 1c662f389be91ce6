/*
 * A set of numbers, for counting different ones. It grows to a bound.
 */
#ifndef GATE_STORE_INT_SET_H
#define GATE_STORE_INT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero is an empty one. */
typedef struct int_set {
    int64_t *slots;
    size_t cap; /* a power of two */
    size_t count;
    bool has_zero; /* which marks an empty slot */
} int_set;

/** Add a number, if it is not there. 0, or -1 when out of memory. */
int int_set_add(int_set *self, int64_t number);

/** Safe on one that is all zero. */
void int_set_deinit(int_set *self);

#endif
