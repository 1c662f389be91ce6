/*
 * Is a text UTF-8? Strict: no over-long forms, no surrogates, nothing above 10FFFF.
 */
#ifndef RTMI_FPNN_UTF8_H
#define RTMI_FPNN_UTF8_H

#include "lib/base/num.h"
#include "lib/base/span.h"

/** The length of the UTF-8 sequence at `p`, or 0 if it is none (RFC 3629). */
static inline size_t rtmi_utf8_len(const uint8_t *p, size_t left)
{
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t len;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        len = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        len = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        len = 4;
    else
        return 0;
    if (left < len)
        return 0;

    /* The second byte says the rest: no over-long form, no surrogate, nothing above 10FFFF. */
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

/* Whether eight bytes are of ASCII. */
static inline bool rtmi_utf8_is_ascii8(const uint8_t *p)
{
    return (rtmi_load_le64(p) & UINT64_C(0x8080808080808080)) == 0;
}

/** Is it UTF-8 from the first byte to the last? */
static inline bool rtmi_utf8_is_valid(rtmi_span text)
{
    size_t at = 0;

    while (at < text.len) {
        const uint8_t *p = text.data + at;
        const size_t left = text.len - at;
        /* Many of ASCII at once: most text is nothing else. */
        if (left >= 32 && ((rtmi_load_le64(p) | rtmi_load_le64(p + 8) | rtmi_load_le64(p + 16) |
                            rtmi_load_le64(p + 24)) &
                           UINT64_C(0x8080808080808080)) == 0) {
            at += 32;
            continue;
        }
        if (left >= 8 && rtmi_utf8_is_ascii8(p)) {
            at += 8;
            continue;
        }
        /* The last eight: what of them stands before is looked at twice. */
        if (left < 8 && text.len >= 8 && rtmi_utf8_is_ascii8(text.data + text.len - 8))
            return true;
        const size_t len = rtmi_utf8_len(p, left);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

#endif
