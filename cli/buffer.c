/*
 * A growing buffer, and numbers written into it: ids are half of what `rtm listen` prints, so
 * they do not go through printf.
 */
#include "cli/buffer.h"

#include <stdlib.h>

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
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_append(buffer, digits + at, sizeof digits - at);
}

void buffer_append_int(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_append_byte(buffer, '-');
    buffer_append_uint(buffer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buffer_append_digits(struct buffer *buffer, unsigned value, int digits)
{
    char *end = buffer_reserve(buffer, (size_t)digits) + digits;

    for (int i = 0; i < digits; i++, value /= 10)
        *--end = (char)('0' + value % 10);
    buffer->len += (size_t)digits;
}
