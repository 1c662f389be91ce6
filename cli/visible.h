/*
 * Text of strangers, safe to show on a terminal.
 */
#ifndef CLI_VISIBLE_H
#define CLI_VISIBLE_H

#include "cli/buffer.h"

/*
 * Append text on one line with nothing in it that a terminal would act on: control characters
 * become \n, \t, \x1b…, bidirectional controls and line separators \u202e…, and bytes that are
 * not UTF-8 \xff….
 */
void visible_append(struct buffer *out, const char *text, size_t len);

#endif
