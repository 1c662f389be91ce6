/*
 * Finding runs by bisection over their offsets.
 *
 * A project's batches lie in the order of their offsets, and along that order neither log time
 * nor the sum of the bytes of all earlier runs ever falls. So the runs that a time or a number
 * of bytes asks for are always the log's end, and where that begins is found with no other index
 * than that of the offsets.
 */
#ifndef GATE_STORE_RUN_SEARCH_H
#define GATE_STORE_RUN_SEARCH_H

#include "gate/store/store.h"

/** A run without its data. */
typedef struct run_row {
    int64_t first_offset;
    int64_t last_offset;
    int64_t last_ms;
    int64_t before_bytes; /* of all runs before it, those that are gone included */
    int64_t data_bytes;
} run_row;

/** How the runs of one project are reached: both 1, 0 when there is none, or -1. */
typedef struct run_source {
    /** The last run that begins at or before an offset. */
    int (*find_before)(void *userdata, int64_t offset, run_row *ret_run);
    /** The first run that begins at or after an offset. */
    int (*find_after)(void *userdata, int64_t offset, run_row *ret_run);
    void *userdata;
} run_source;

/** Which runs are wanted: those that reach both numbers. */
typedef struct run_wanted {
    int64_t min_ms;
    int64_t min_before_bytes;
} run_wanted;

/** The first wanted run: 1, 0 when there is none, or -1. In one snapshot of the log. */
int run_search_first(const run_source *source, const run_wanted *wanted, run_row *ret_run);

/** The first run that retention keeps, the newest always: 1, 0 in an empty log, or -1. */
int run_search_kept(const run_source *source, const store_retention *keep, int64_t now_ms,
                    run_row *ret_run);

#endif
