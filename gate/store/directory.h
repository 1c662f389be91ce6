/*
 * A project's directory in RAM: keys and values, both bytes.
 */
#ifndef GATE_STORE_DIRECTORY_H
#define GATE_STORE_DIRECTORY_H

#include "gate/store/store.h"

/** All zero is an empty one. */
typedef struct directory {
    struct directory_entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t count;
} directory;

/** Memory for the changes of a batch, so that making them cannot fail. */
typedef struct directory_plan {
    struct directory_entry **entries; /* one a change, NULL for removals */
} directory_plan;

/** Take the memory that the changes need, which store_batch_check() has passed. 0 or -1. */
int directory_prepare(directory *self, const store_batch *batch, directory_plan *ret_plan);

/** Make the changes in order; the plan is used up. */
void directory_change(directory *self, const store_batch *batch, directory_plan *plan);

/** Do not make them. Safe on one that is all zero. */
void directory_plan_deinit(directory_plan *self, const store_batch *batch);

/** Visit all entries, keys rising. 0, or -1 when out of memory. */
int directory_visit(const directory *self, store_entry_fn *visit, void *userdata);

/** Safe on one that is all zero. */
void directory_deinit(directory *self);

#endif
