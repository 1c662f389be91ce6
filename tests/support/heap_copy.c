/*
 * malloc(0) gives a block too, of which no byte may be read.
 */
#include "tests/support/heap_copy.h"

#include <stdlib.h>
#include <string.h>

uint8_t *heap_copy(const void *data, size_t len)
{
    uint8_t *copy = malloc(len);

    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

rtmi_span heap_copy_span(rtmi_span span)
{
    return (rtmi_span){heap_copy(span.data, span.len), span.len};
}

void heap_copy_free(rtmi_span span)
{
    free((void *)(uintptr_t)span.data);
}
