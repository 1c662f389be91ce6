/*
 * JSON, read in place: a cursor over one text, strict as RFC 8259 says, without a tree.
 */
#ifndef CLI_JSON_READ_H
#define CLI_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buffer.h"

struct json_in {
    const char *at;
    const char *end;
};

enum json_next { JSON_ENTRY, JSON_END, JSON_BAD };

void json_skip_blanks(struct json_in *in);

/* Pass over one checked value, at most 64 levels deep; false when it is none. */
bool json_skip_value(struct json_in *in);

/* Append the text of the string at the cursor; false when there is none. */
bool json_read_text(struct json_in *in, struct buffer *out);

/* An integer, as a number or in a string; false when there is none or it does not fit. */
bool json_read_int(struct json_in *in, int64_t *ret_value);

/* The character at the cursor, 0 at the end. */
char json_peek(const struct json_in *in);

/* Step into an object; then json_next_key() until it says JSON_END. */
bool json_enter_object(struct json_in *in);

/*
 * The next key, its text in `key` (emptied first), the cursor before its value, which must be
 * read or skipped. `*is_first` is true before the first call.
 */
enum json_next json_next_key(struct json_in *in, bool *is_first, struct buffer *key);

#endif
