/*
 * A message is written by a stranger and shown on a terminal: an escape sequence in it could
 * retitle the window or rewrite lines above, a bidirectional control could reorder what the
 * reader takes for our own words. Both are shown as escapes instead.
 */
#include "cli/visible.h"

#include <stdbool.h>

#include "cli/utf8.h"

static const char hex[] = "0123456789abcdef";

/* Beyond ASCII: C1 controls, separators of lines, everything that changes direction. */
static bool visible_is_hidden(uint32_t point)
{
    return (point >= 0x80 && point <= 0x9f) || point == 0x061c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff ||
           (point >= 0xe0000 && point <= 0xe007f);
}

static void visible_append_byte(struct buffer *out, unsigned char byte)
{
    const char escape[4] = {'\\', 'x', hex[byte >> 4], hex[byte & 15]};

    switch (byte) {
    case '\n':
        buffer_append(out, "\\n", 2);
        break;
    case '\r':
        buffer_append(out, "\\r", 2);
        break;
    case '\t':
        buffer_append(out, "\\t", 2);
        break;
    default:
        buffer_append(out, escape, sizeof escape);
    }
}

void visible_append(struct buffer *out, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const size_t n = utf8_sequence(text, end);
        const unsigned char first = (unsigned char)*text;

        if (n == 0 || first < 0x20 || first == 0x7f) {
            visible_append_byte(out, first);
            text++;
            continue;
        }
        const uint32_t point = n == 1 ? first : utf8_decode(text, n);
        if (n > 1 && visible_is_hidden(point)) {
            const int digits = point > 0xffff ? 5 : 4;

            buffer_append(out, "\\u", 2);
            for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
                buffer_append_byte(out, hex[point >> shift & 15]);
        } else {
            buffer_append(out, text, n);
        }
        text += n;
    }
}
