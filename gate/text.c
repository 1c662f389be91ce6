/*
 * What a terminal would obey (C0, DEL, C1) is never let through, nor what is no UTF-8.
 */
#include "gate/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/fpnn/utf8.h"

size_t text_char_len(const char *text, size_t len)
{
    return len == 0 ? 0 : rtmi_utf8_len((const uint8_t *)text, len);
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
