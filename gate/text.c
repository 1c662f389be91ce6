/*
 * UTF-8 by the letter of its standard: no overlong forms, no surrogates, nothing above
 * U+10FFFF. What a terminal would obey (C0, DEL, C1) is never let through.
 */
#include "gate/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t text_char_len(const char *text, size_t len)
{
    const uint8_t *const p = (const uint8_t *)text;

    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return len >= 2 && is_tail(p[1]) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        if (len < 3 || !is_tail(p[1]) || !is_tail(p[2]))
            return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (len < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
            return 0;
        if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

static bool is_control(const char *text, size_t char_len)
{
    const uint8_t *const p = (const uint8_t *)text;

    if (char_len == 1)
        return p[0] < 0x20 || p[0] == 0x7f;
    return char_len == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

size_t text_show(const char *text, size_t len, char *ret_shown, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    size_t used = 0;

    assert(size > 0);
    while (len > 0) {
        size_t n = text_char_len(text, len);
        if (n > 0 && !is_control(text, n)) {
            if (used + n >= size)
                break;
            memcpy(ret_shown + used, text, n);
            used += n;
        } else {
            const uint8_t byte = (uint8_t)*text;
            n = 1;
            if (used + 4 >= size)
                break;
            memcpy(ret_shown + used, "\\x", 2);
            ret_shown[used + 2] = hex[byte >> 4];
            ret_shown[used + 3] = hex[byte & 15];
            used += 4;
        }
        text += n;
        len -= n;
    }
    ret_shown[used] = '\0';
    return used;
}
