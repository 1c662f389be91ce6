/*
 * A growing buffer, and numbers written into it.
 */
#include "cli/buffer.h"

#include <stdlib.h>

#include "cli/digits.h"
#include "cli/memory.h"

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_grow(struct buffer *buffer, size_t more)
{
    size_t cap = buffer->cap < 256 ? 256 : buffer->cap;

    while (cap - buffer->len < more)
        cap *= 2;
    buffer->data = memory_grow(buffer->data, cap, 1);
    buffer->cap = cap;
}

void buffer_append_uint(struct buffer *buffer, uint64_t value)
{
    char *at = buffer_reserve(buffer, DIGITS_MAX);

    buffer->len += (size_t)(digits_write_uint(at, value) - at);
}

void buffer_append_int(struct buffer *buffer, int64_t value)
{
    char *at = buffer_reserve(buffer, DIGITS_MAX);

    buffer->len += (size_t)(digits_write_int(at, value) - at);
}
