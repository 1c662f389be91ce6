/*
 * A batch cut into runs, the rows of a store: none is much larger than RUN_BYTES unless it is one
 * record, so that one record out of a batch of thousands is found by reading little. Bytes that
 * records share are shared within a run.
 *
 * A batch of the gate has the bytes of its records one behind the other, and a run of it is a part
 * of both, as they stand. Of other batches what goes into a run is copied.
 */
#ifndef GATE_STORE_RUN_SPLIT_H
#define GATE_STORE_RUN_SPLIT_H

#include "gate/store/batch_codec.h"

enum { RUN_BYTES = 64 << 10 };

/** A batch being cut. The batch is borrowed; the buffers serve one after another. */
typedef struct run_split {
    const store_batch *batch;
    size_t next; /* the first record of the next run */
    store_record *records;
    size_t record_cap;
    uint8_t *bytes;
    size_t byte_cap;
} run_split;

/** Begin with a batch that store_batch_check() has passed. All zero before the first time. */
void run_split_begin(run_split *self, const store_batch *batch);

/**
 * The next run, which borrows from `self` until the next call, and from the batch: 1, 0 after the
 * last, or -1 when out of memory.
 */
int run_split_next(run_split *self, batch_run *ret_run);

/** Safe on one that is all zero. */
void run_split_deinit(run_split *self);

#endif
