/*
 * Base64, strict on input: full groups, padding only at the end, no unused bits set, so that
 * every text has one meaning.
 */
#include "cli/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_append(struct buffer *out, const void *data, size_t len)
{
    const unsigned char *p = data;
    char *o = buffer_reserve(out, (len / 3 + 1) * 4);

    for (; len >= 3; len -= 3, p += 3, o += 4, out->len += 4) {
        const uint32_t bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

        o[0] = alphabet[bits >> 18];
        o[1] = alphabet[bits >> 12 & 63];
        o[2] = alphabet[bits >> 6 & 63];
        o[3] = alphabet[bits & 63];
    }
    if (len > 0) {
        const uint32_t bits = (uint32_t)p[0] << 16 | (len == 2 ? (uint32_t)p[1] << 8 : 0);

        o[0] = alphabet[bits >> 18];
        o[1] = alphabet[bits >> 12 & 63];
        o[2] = len == 2 ? alphabet[bits >> 6 & 63] : '=';
        o[3] = '=';
        out->len += 4;
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct buffer *out, const char *text, size_t len)
{
    const size_t old_len = out->len;

    if (len % 4 != 0)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        size_t padding = 0;
        uint32_t bits = 0;

        if (i + 4 == len && text[i + 3] == '=')
            padding = text[i + 2] == '=' ? 2 : 1;
        for (size_t k = 0; k < 4; k++) {
            const int value = k >= 4 - padding ? 0 : base64_value(text[i + k]);

            if (value < 0)
                goto fail;
            bits = bits << 6 | (uint32_t)value;
        }
        if ((bits & ((1U << padding * 8) - 1)) != 0)
            goto fail;
        const char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8 & 0xff), (char)(bits & 0xff)};
        buffer_append(out, bytes, 3 - padding);
    }
    return true;

fail:
    out->len = old_len;
    return false;
}
