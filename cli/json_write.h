/*
 * JSON, written: text that may hold anything, as valid JSON or not at all.
 */
#ifndef CLI_JSON_WRITE_H
#define CLI_JSON_WRITE_H

#include <stdbool.h>

#include "cli/buffer.h"

/*
 * Append `text` as a JSON string with its quotes. False when it is not UTF-8: `out` is then as
 * before, and the bytes belong into base64.
 */
bool json_write_text(struct buffer *out, const char *text, size_t len);

/* As json_write_text(), with U+FFFD for what is not UTF-8. For names and reasons, not for data. */
void json_write_shown(struct buffer *out, const char *text, size_t len);

/*
 * Append `text` when it is one JSON object, byte for byte but for line ends between its parts,
 * which become blanks. False, and `out` as before, when it is not.
 */
bool json_write_object(struct buffer *out, const char *text, size_t len);

#endif
