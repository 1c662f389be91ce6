/*
 * Reading runs, for stores that keep them as rows: the columns beside a run's data, its records,
 * and the search for a time among them.
 */
#ifndef GATE_STORE_RUN_READ_H
#define GATE_STORE_RUN_READ_H

#include "gate/store/batch_codec.h"

/** The columns of a run's row. They lie outside of the data's checksum. */
typedef struct run_columns {
    int64_t first_offset;
    int64_t last_offset;
    int64_t last_ms;
} run_columns;

/** Begin to read the data of a row. 0, or -1 when data or columns are damaged. */
int run_open(const uint8_t *data, size_t len, int32_t pid, const run_columns *columns,
             batch_reader *ret_reader);

/** Visit records in [from, until]: 1 to go on, 0 when the visitor is done, -1 at damage. */
int run_visit(batch_reader *run, int64_t from, int64_t until, store_visit_fn *visit,
              void *userdata);

/** Say that a run is damaged. */
void run_text_damaged(char *text, size_t text_size, int32_t pid, const run_columns *columns);

/** A visitor: the first record at or after a time. */
typedef struct run_time_seek {
    int64_t mtime_ms;
    int64_t offset; /* 0 while it is not found */
} run_time_seek;

/** A store_visit_fn over a run_time_seek. */
bool run_is_before_time(const store_record *record, const uint8_t *bytes, void *userdata);

#endif
