/*
 * Borrowed bytes: where they are and how many.
 */
#ifndef RTMI_BASE_SPAN_H
#define RTMI_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct rtmi_span {
    const uint8_t *data;
    size_t len;
} rtmi_span;

static inline rtmi_span rtmi_span_of_text(const char *text)
{
    return (rtmi_span){(const uint8_t *)text, strlen(text)};
}

static inline bool rtmi_span_equal(rtmi_span a, rtmi_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool rtmi_span_is(rtmi_span a, const char *text)
{
    return rtmi_span_equal(a, rtmi_span_of_text(text));
}

#endif
