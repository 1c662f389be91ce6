/*
 * The page /metrics: the gate's figures in the OpenMetrics text format.
 */
#ifndef GATE_METRICS_PAGE_H
#define GATE_METRICS_PAGE_H

#include "gate/watch.h"

#define METRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** Write the page; the lock of `from` is held. */
void metrics_print(const watch *from, bool is_ready, rtmi_buf *out);

#endif
