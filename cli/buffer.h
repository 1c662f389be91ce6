/*
 * Bytes that grow at the end. Zero-initialised is empty.
 */
#ifndef CLI_BUFFER_H
#define CLI_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
    char *data;
    size_t len;
    size_t cap;
};

void buffer_deinit(struct buffer *buffer);
void buffer_grow(struct buffer *buffer, size_t more); /* the slow half of buffer_reserve() */

/* Room for `more` bytes behind the end; returns the end. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->cap - buffer->len < more)
        buffer_grow(buffer, more);
    return buffer->data + buffer->len;
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (len == 0)
        return;
    memcpy(buffer_reserve(buffer, len), data, len);
    buffer->len += len;
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
    *buffer_reserve(buffer, 1) = byte;
    buffer->len++;
}

static inline void buffer_append_string(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_int(struct buffer *buffer, int64_t value);   /* decimal */
void buffer_append_uint(struct buffer *buffer, uint64_t value); /* decimal */

#endif
