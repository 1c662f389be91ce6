/*
 * UTF-8, one sequence at a time; runs of plain ASCII go eight bytes at a time.
 */
#include "cli/utf8.h"

#include <string.h>

size_t utf8_sequence(const char *at, const char *end)
{
    const unsigned char *p = (const unsigned char *)at;
    const size_t left = (size_t)(end - at);
    unsigned low = 0x80, high = 0xbf; /* what the second byte may be */
    size_t len;

    if (left == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    if (p[0] < 0xe0) {
        len = 2;
    } else if (p[0] < 0xf0) {
        len = 3;
        low = p[0] == 0xe0 ? 0xa0 : low;   /* overlong */
        high = p[0] == 0xed ? 0x9f : high; /* surrogates */
    } else {
        len = 4;
        low = p[0] == 0xf0 ? 0x90 : low;
        high = p[0] == 0xf4 ? 0x8f : high; /* beyond 10FFFF */
    }
    if (left < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

uint32_t utf8_decode(const char *at, size_t len)
{
    static const unsigned char first_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const unsigned char *p = (const unsigned char *)at;
    uint32_t point = (uint32_t)(p[0] & first_bits[len]);

    for (size_t i = 1; i < len; i++)
        point = point << 6 | (p[i] & 0x3fU);
    return point;
}

size_t utf8_encode(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

bool utf8_is_valid(const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        uint64_t word;

        if (end - text >= 8) {
            memcpy(&word, text, 8);
            if ((word & 0x8080808080808080U) == 0) {
                text += 8;
                continue;
            }
        }
        const size_t n = utf8_sequence(text, end);
        if (n == 0)
            return false;
        text += n;
    }
    return true;
}
