/*
 * Values of any quest, from JSON and to JSON.
 */
#ifndef CLI_VALUE_JSON_H
#define CLI_VALUE_JSON_H

#include <stdbool.h>

#include <rtm/error.h>
#include <rtm/value.h>

#include "cli/buffer.h"

/* How integers of an answer are printed. */
enum value_ints {
    VALUE_INTS_SAFE,   /* as numbers, and as strings beyond 2^53, where readers would round */
    VALUE_INTS_STRING, /* all as strings */
    VALUE_INTS_NUMBER  /* all as numbers */
};

/* Put the JSON `text` under `key`; false with a reason, for `reason_size` bytes, when it is none.
 */
bool value_put_json(rtm_params *params, const char *key, const char *text, char *reason,
                    size_t reason_size);

/* Append a value as JSON on one line. Bytes become {"data_b64":…}, so the line is always valid. */
void value_append_json(struct buffer *out, rtm_value value, enum value_ints ints);

#endif
