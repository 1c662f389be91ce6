/*
 * The gate's log: one line for each event to a descriptor, as text or as JSON.
 *
 *   2026-11-23T22:17:00.123Z info shard=0 text
 *   {"time": "2026-11-23T22:17:00.123Z", "level": "info", "shard": 0, "text": "text"}
 */
#ifndef GATE_LOG_LINES_H
#define GATE_LOG_LINES_H

#include <stdatomic.h>

#include "lib/base/log.h"

typedef enum log_lines_format { LOG_LINES_TEXT, LOG_LINES_JSON } log_lines_format;

typedef struct log_lines {
    int fd;
    atomic_int format; /* log_lines_format; may be changed at any time */
    atomic_ulong lost; /* lines that could not be written since the last that could */
} log_lines;

void log_lines_init(log_lines *self, int fd, log_lines_format format);

/** A log that writes there, up to `level`. Any thread may use it; `self` must outlive it. */
rtmi_log log_lines_as_log(log_lines *self, int level);

/** Lines of the calling thread are shard `index`'s from here on; -1: nobody's. */
void log_lines_set_shard(int index);

#endif
