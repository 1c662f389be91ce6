#include "gate/store/run_read.h"

#include <inttypes.h>

#include "gate/store/parts.h"

int run_open(const uint8_t *data, size_t len, int32_t pid, const run_columns *columns,
             batch_reader *ret_reader)
{
    if (batch_reader_init(ret_reader, data, len, BATCH_VERIFY) < 0)
        return -1;
    if (ret_reader->pid != pid || ret_reader->first_offset != columns->first_offset ||
        ret_reader->last_offset != columns->last_offset ||
        ret_reader->last_mtime_ms != columns->last_ms)
        return -1;
    return 0;
}

int run_visit(batch_reader *run, int64_t from, int64_t until, store_visit_fn *visit, void *userdata)
{
    store_record record;
    int r;

    while ((r = batch_reader_next(run, &record)) > 0) {
        if (record.offset < from)
            continue;
        if (record.offset > until || !visit(&record, run->bytes, userdata))
            return 0;
    }
    return r < 0 ? -1 : 1;
}

void run_text_damaged(char *text, size_t text_size, int32_t pid, const run_columns *columns)
{
    store_text_set(text, text_size,
                   "project %" PRId32 ": the records of offsets %" PRId64 " to %" PRId64
                   " are damaged",
                   pid, columns->first_offset, columns->last_offset);
}

bool run_is_before_time(const store_record *record, const uint8_t *bytes, void *userdata)
{
    run_time_seek *seek = userdata;

    (void)bytes;
    if (record->mtime_ms < seek->mtime_ms)
        return true;
    seek->offset = record->offset;
    return false;
}
