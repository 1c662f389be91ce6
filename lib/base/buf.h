/*
 * A queue of bytes in one block: written at the end, consumed at the front, with a ceiling
 * that is given when it is made.
 *
 * Errors are sticky: after a failed write all further writes do nothing, and `error` tells
 * why. So a caller writes twenty fields and checks once.
 */
#ifndef RTMI_BASE_BUF_H
#define RTMI_BASE_BUF_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/span.h"

typedef struct rtmi_buf {
    uint8_t *data;
    size_t start; /* first byte not consumed */
    size_t end;   /* behind the last byte written */
    size_t cap;
    size_t max; /* ceiling of cap */
    int error;  /* 0, RTM_E_NOMEM or RTM_E_LIMIT */
} rtmi_buf;

/** An empty buffer that may grow to `max` bytes; allocates nothing yet. */
void rtmi_buf_init(rtmi_buf *buf, size_t max);

void rtmi_buf_deinit(rtmi_buf *buf);

/** Overwrite the memory it holds, then release it: for secrets that it never outgrew. */
void rtmi_buf_wipe(rtmi_buf *buf);

static inline size_t rtmi_buf_len(const rtmi_buf *buf)
{
    return buf->end - buf->start;
}

/** What has been written and not consumed, borrowed until the next change. */
static inline rtmi_span rtmi_buf_span(const rtmi_buf *buf)
{
    /* A buffer without memory yet: an offset to NULL is undefined, also 0. */
    return (rtmi_span){buf->data == NULL ? NULL : buf->data + buf->start, rtmi_buf_len(buf)};
}

/** Empty it and forget an error; the memory is kept. */
static inline void rtmi_buf_clear(rtmi_buf *buf)
{
    buf->start = buf->end = 0;
    buf->error = 0;
}

/** Slow part of rtmi_buf_reserve(): moves to the front, or grows. */
bool rtmi_buf_grow(rtmi_buf *buf, size_t len);

/** Make room for `len` bytes behind the end; false (and sticky) when that cannot be. */
static inline bool rtmi_buf_reserve(rtmi_buf *buf, size_t len)
{
    if (buf->error == 0 && buf->cap - buf->end >= len)
        return true;
    return rtmi_buf_grow(buf, len);
}

/** Where to write next; valid for the bytes that were reserved. */
static inline uint8_t *rtmi_buf_tail(rtmi_buf *buf)
{
    return buf->data + buf->end;
}

/** Count `len` reserved bytes as written. */
static inline void rtmi_buf_commit(rtmi_buf *buf, size_t len)
{
    assert(len <= buf->cap - buf->end);
    buf->end += len;
}

static inline void rtmi_buf_append(rtmi_buf *buf, const void *data, size_t len)
{
    if (len == 0 || !rtmi_buf_reserve(buf, len))
        return;
    memcpy(buf->data + buf->end, data, len);
    buf->end += len;
}

static inline void rtmi_buf_append_span(rtmi_buf *buf, rtmi_span span)
{
    rtmi_buf_append(buf, span.data, span.len);
}

/** Take `len` bytes off the front. */
static inline void rtmi_buf_consume(rtmi_buf *buf, size_t len)
{
    assert(len <= rtmi_buf_len(buf));
    buf->start += len;
    if (buf->start == buf->end)
        buf->start = buf->end = 0;
}

/**
 * Move what is left to the front of the memory, when it is shorter than what is free there: so a
 * reader whose leftovers are small writes to the same bytes again and again, which are near.
 */
static inline void rtmi_buf_settle(rtmi_buf *buf)
{
    const size_t used = rtmi_buf_len(buf);

    if (buf->start <= used)
        return;
    memcpy(buf->data, buf->data + buf->start, used);
    buf->start = 0;
    buf->end = used;
}

/** Take back what was written behind `len` bytes (as rtmi_buf_len() told before), and an error. */
static inline void rtmi_buf_rewind(rtmi_buf *buf, size_t len)
{
    assert(buf->start + len <= buf->end);
    buf->end = buf->start + len;
    buf->error = 0;
}

#endif
