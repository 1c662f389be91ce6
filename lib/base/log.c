/*
 * One line into a fixed room, then to the callback. Names and texts of a peer come through here,
 * and may be anything: what is no text, or would move a terminal's cursor, is shown as a question
 * mark.
 */
#include "lib/base/log.h"

#include <stdarg.h>
#include <stdio.h>

/* The bytes of the character at `s`, which ends with NUL; 0: it is none, or a control character. */
static size_t measure(const unsigned char *s)
{
    static const struct {
        unsigned char mask, mark;
        unsigned least; /* shorter forms are wrong */
    } forms[] = {{0xe0, 0xc0, 0xa0}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((s[0] & forms[i].mask) != forms[i].mark)
            continue;
        unsigned code = s[0] & (unsigned char)~forms[i].mask;
        for (size_t at = 1; at <= i + 1; at++) {
            if ((s[at] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (s[at] & 0x3f);
        }
        /* From U+0080 to U+009F there are control characters too. */
        const bool is_good =
            code >= forms[i].least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        return is_good ? i + 2 : 0;
    }
    return 0;
}

void rtmi_log_make_plain(char *line)
{
    for (unsigned char *s = (unsigned char *)line; *s != '\0';) {
        const size_t len = measure(s);
        if (len == 0)
            *s = '?';
        s += len == 0 ? 1 : len;
    }
}

void rtmi_log_line(const rtmi_log *log, int level, const char *format, ...)
{
    char line[RTMI_LOG_LINE_SIZE];
    va_list args;

    if (!rtmi_log_wants(log, level))
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log->write(level, line, log->userdata);
}
