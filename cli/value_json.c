/*
 * Between JSON and the values of quests. JSON has no bytes, no 64-bit integers that every
 * reader keeps, and only strings as keys; the header says what becomes of those.
 */
#include "cli/value_json.h"

#include <math.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/base64.h"
#include "cli/json_write.h"

#define SAFE_INT 9007199254740991 /* 2^53 - 1 */
#define DEPTH_MAX 64

static void value_put(rtm_params *params, const char *key, json_t *json)
{
    const char *name;
    json_t *entry;
    size_t i;

    switch (json_typeof(json)) {
    case JSON_OBJECT:
        rtm_params_begin_map(params, key, json_object_size(json));
        json_object_foreach (json, name, entry)
            value_put(params, name, entry);
        break;
    case JSON_ARRAY:
        rtm_params_begin_array(params, key, json_array_size(json));
        json_array_foreach (json, i, entry)
            value_put(params, NULL, entry);
        break;
    case JSON_STRING:
        rtm_params_put_text(params, key, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        rtm_params_put_int(params, key, json_integer_value(json));
        break;
    case JSON_REAL:
        rtm_params_put_double(params, key, json_real_value(json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        rtm_params_put_bool(params, key, json_is_true(json));
        break;
    case JSON_NULL:
        rtm_params_put_nil(params, key);
        break;
    }
}

bool value_put_json(rtm_params *params, const char *key, const char *text, char *reason,
                    size_t reason_size)
{
    json_error_t error;
    json_t *json =
        json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (json == NULL) {
        (void)snprintf(reason, reason_size, "not JSON: %s", error.text);
        return false;
    }
    value_put(params, key, json);
    json_decref(json);
    const int r = rtm_params_get_error(params);
    if (r < 0)
        (void)snprintf(reason, reason_size, "%s",
                       r == RTM_E_INVAL ? "nested too deeply" : rtm_strerror(r));
    return r >= 0;
}

static void value_append_bytes(struct buffer *out, const char *name, const void *data, size_t len)
{
    buffer_append_string(out, "{\"");
    buffer_append_string(out, name);
    buffer_append_string(out, "\":\"");
    base64_append(out, data, len);
    buffer_append_string(out, "\"}");
}

static void value_append_number(struct buffer *out, rtm_value value, enum value_ints ints)
{
    int64_t number = INT64_MAX; /* of VALUE_UINT: beyond what is safe */
    uint64_t large = 0;
    const bool is_large = rtm_value_get_int(value, &number) < 0;
    const bool is_safe = number >= -SAFE_INT && number <= SAFE_INT;
    const bool is_quoted = ints == VALUE_INTS_STRING || (ints == VALUE_INTS_SAFE && !is_safe);

    if (is_quoted)
        buffer_append_byte(out, '"');
    if (is_large) {
        (void)rtm_value_get_uint(value, &large);
        buffer_append_uint(out, large);
    } else {
        buffer_append_int(out, number);
    }
    if (is_quoted)
        buffer_append_byte(out, '"');
}

static void value_append_double(struct buffer *out, rtm_value value)
{
    double number = 0;
    char text[40];

    (void)rtm_value_get_double(value, &number);
    if (!isfinite(number)) {
        buffer_append_string(out, "null");
        return;
    }
    (void)snprintf(text, sizeof text, "%.17g", number);
    buffer_append_string(out, text);
    if (strpbrk(text, ".e") == NULL)
        buffer_append_string(out, ".0");
}

static void value_append(struct buffer *out, rtm_value value, enum value_ints ints, int depth);

/* Keys are text nearly always; any other key is shown as the JSON text of it. */
static void value_append_key(struct buffer *out, rtm_value key, enum value_ints ints, int depth)
{
    struct buffer shown = {0};
    rtm_bytes text;

    if (rtm_value_get_bytes(key, &text) < 0 || !json_write_text(out, text.data, text.len)) {
        value_append(&shown, key, ints, depth);
        json_write_shown(out, shown.data, shown.len);
        buffer_deinit(&shown);
    }
}

static void value_append_entries(struct buffer *out, rtm_value value, enum value_ints ints,
                                 int depth)
{
    rtm_value_iter iter;
    rtm_value key, entry;
    const char *comma = "";

    rtm_value_iter_init(&iter, value);
    buffer_append_byte(out, iter.is_map ? '{' : '[');
    while (rtm_value_iter_next(&iter, &key, &entry)) {
        buffer_append_string(out, comma);
        if (iter.is_map) {
            value_append_key(out, key, ints, depth);
            buffer_append_byte(out, ':');
        }
        value_append(out, entry, ints, depth);
        comma = ",";
    }
    buffer_append_byte(out, iter.is_map ? '}' : ']');
}

static void value_append(struct buffer *out, rtm_value value, enum value_ints ints, int depth)
{
    bool truth = false;
    rtm_bytes bytes;

    switch (rtm_value_get_type(value)) {
    case RTM_VALUE_BOOL:
        (void)rtm_value_get_bool(value, &truth);
        buffer_append_string(out, truth ? "true" : "false");
        break;
    case RTM_VALUE_INT:
    case RTM_VALUE_UINT:
        value_append_number(out, value, ints);
        break;
    case RTM_VALUE_DOUBLE:
        value_append_double(out, value);
        break;
    case RTM_VALUE_TEXT:
    case RTM_VALUE_BYTES:
        (void)rtm_value_get_bytes(value, &bytes);
        if (rtm_value_get_type(value) == RTM_VALUE_BYTES ||
            !json_write_text(out, bytes.data, bytes.len))
            value_append_bytes(out, "data_b64", bytes.data, bytes.len);
        break;
    case RTM_VALUE_ARRAY:
    case RTM_VALUE_MAP:
        if (depth == DEPTH_MAX)
            value_append_bytes(out, "msgpack_b64", value.data, value.len);
        else
            value_append_entries(out, value, ints, depth + 1);
        break;
    case RTM_VALUE_EXT:
        value_append_bytes(out, "msgpack_b64", value.data, value.len);
        break;
    case RTM_VALUE_NONE:
    case RTM_VALUE_NIL:
        buffer_append_string(out, "null");
        break;
    }
}

void value_append_json(struct buffer *out, rtm_value value, enum value_ints ints)
{
    value_append(out, value, ints, 0);
}
