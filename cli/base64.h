/*
 * Base64 of RFC 4648 section 4, with padding.
 */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include <stdbool.h>

#include "cli/buffer.h"

void base64_append(struct buffer *out, const void *data, size_t len);

/* Append the decoded bytes; false (and `out` as before) when `text` is not base64. */
bool base64_decode(struct buffer *out, const char *text, size_t len);

#endif
