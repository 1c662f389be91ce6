/*
 * Text that comes from outside: is it UTF-8, and how is it shown in one line.
 */
#ifndef GATE_TEXT_H
#define GATE_TEXT_H

#include <stddef.h>

/** Length of the well-formed UTF-8 character at the start of `text`; 0 when there is none. */
size_t text_char_len(const char *text, size_t len);

/**
 * Copy so that it is one line of valid UTF-8: control characters and bytes that are no UTF-8
 * become \xNN. Cut at a character to fit `size`, NUL included; returns the length.
 */
size_t text_show(const char *text, size_t len, char *ret_shown, size_t size);

#endif
