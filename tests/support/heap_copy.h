/*
 * Bytes in a heap block of exactly their size, so that the sanitizer sees one byte over.
 */
#ifndef TEST_HEAP_COPY_H
#define TEST_HEAP_COPY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/span.h"

/** A copy for free(); never NULL, also for no bytes (a block of size 0). */
uint8_t *heap_copy(const void *data, size_t len);

/** The same as a span over the copy; free((void *)span.data). */
rtmi_span heap_copy_span(rtmi_span span);

/** Frees what heap_copy_span() made. */
void heap_copy_free(rtmi_span span);

#endif
