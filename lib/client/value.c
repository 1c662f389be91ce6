/*
 * The writer of parameters and the reader of values: the public face of lib/fpnn/pack.
 *
 * The writer counts what each open container still lacks, so that what comes out is one
 * well-formed map whatever is called in whatever order: a call out of place is an error that
 * stays, never bytes. The readers are total: bytes that are no MessagePack are no value.
 */
#include "lib/client/value.h"

#include <stdlib.h>
#include <string.h>

#include <rtm/error.h>

#include "lib/fpnn/pack.h"

#define PARAMS_MAX_BYTES ((size_t)8 * 1024 * 1024)
#define PARAMS_MAX_PAIRS 65535
#define PARAMS_MAX_DEPTH 8

/* A map or array that is being filled. */
typedef struct open_container {
    bool is_map;
    uint32_t left;
} open_container;

struct rtm_params {
    rtmi_buf entries; /* of the root map, without its head */
    int error;        /* the first; those of `entries` besides */
    uint32_t count;   /* pairs of the root map */
    size_t depth;
    open_container open[PARAMS_MAX_DEPTH];
};

rtm_params *rtm_params_new(void)
{
    rtm_params *params = calloc(1, sizeof *params);

    if (params != NULL)
        rtmi_buf_init(&params->entries, PARAMS_MAX_BYTES);
    return params;
}

void rtm_params_free(rtm_params *params)
{
    if (params == NULL)
        return;
    rtmi_buf_deinit(&params->entries);
    free(params);
}

void rtm_params_clear(rtm_params *params)
{
    if (params == NULL)
        return;
    rtmi_buf_clear(&params->entries);
    params->error = 0;
    params->count = 0;
    params->depth = 0;
}

int rtm_params_get_error(const rtm_params *params)
{
    if (params == NULL)
        return RTM_E_INVAL;
    if (params->error != 0)
        return params->error;
    if (params->entries.error != 0)
        return params->entries.error;
    return params->depth > 0 ? RTM_E_INVAL : 0; /* something is still open */
}

void rtmi_params_get_entries(const rtm_params *params, uint32_t *ret_count, rtmi_span *ret_entries)
{
    *ret_count = params == NULL ? 0 : params->count;
    *ret_entries = params == NULL ? (rtmi_span){NULL, 0} : rtmi_buf_span(&params->entries);
}

static bool fail(rtm_params *params, int error)
{
    if (params->error == 0)
        params->error = params->entries.error != 0 ? params->entries.error : error;
    return false;
}

/* Write the key of a value that follows, and count the value. False: it has no place. */
static bool begin_value(rtm_params *params, const char *key)
{
    open_container *inner;

    if (params == NULL || params->error != 0)
        return false;
    inner = params->depth == 0 ? NULL : &params->open[params->depth - 1];
    if ((key != NULL) != (inner == NULL || inner->is_map))
        return fail(params, RTM_E_INVAL);
    if (inner == NULL) {
        if (params->count == PARAMS_MAX_PAIRS)
            return fail(params, RTM_E_LIMIT);
        params->count++;
    } else {
        inner->left--;
    }
    if (key != NULL)
        rtmi_pack_str(&params->entries, rtmi_span_of_text(key));
    return true;
}

/* Behind a whole value: containers that have all of theirs are closed. */
static void end_value(rtm_params *params)
{
    while (params->depth > 0 && params->open[params->depth - 1].left == 0)
        params->depth--;
}

void rtm_params_put_int(rtm_params *params, const char *key, int64_t value)
{
    if (!begin_value(params, key))
        return;
    rtmi_pack_int(&params->entries, value);
    end_value(params);
}

void rtm_params_put_bool(rtm_params *params, const char *key, bool value)
{
    if (!begin_value(params, key))
        return;
    rtmi_pack_bool(&params->entries, value);
    end_value(params);
}

void rtm_params_put_double(rtm_params *params, const char *key, double value)
{
    if (!begin_value(params, key))
        return;
    rtmi_pack_double(&params->entries, value);
    end_value(params);
}

void rtm_params_put_nil(rtm_params *params, const char *key)
{
    if (!begin_value(params, key))
        return;
    rtmi_pack_nil(&params->entries);
    end_value(params);
}

/* Bytes of the caller that can be read and can fit. */
static bool bytes_are_possible(rtm_params *params, const void *data, size_t len)
{
    if (params == NULL || params->error != 0)
        return false;
    if (data == NULL && len > 0)
        return fail(params, RTM_E_INVAL);
    if (len > PARAMS_MAX_BYTES)
        return fail(params, RTM_E_LIMIT);
    return true;
}

void rtm_params_put_text(rtm_params *params, const char *key, const char *text, size_t len)
{
    if (!bytes_are_possible(params, text, len) || !begin_value(params, key))
        return;
    rtmi_pack_str(&params->entries, (rtmi_span){(const uint8_t *)text, len});
    end_value(params);
}

void rtm_params_put_bytes(rtm_params *params, const char *key, const void *data, size_t len)
{
    if (!bytes_are_possible(params, data, len) || !begin_value(params, key))
        return;
    rtmi_pack_bin(&params->entries, (rtmi_span){data, len});
    end_value(params);
}

void rtm_params_put_ints(rtm_params *params, const char *key, const int64_t *values, size_t count)
{
    if (!bytes_are_possible(params, values, count) || !begin_value(params, key))
        return;
    rtmi_pack_array(&params->entries, (uint32_t)count);
    for (size_t i = 0; i < count && params->entries.error == 0; i++)
        rtmi_pack_int(&params->entries, values[i]);
    end_value(params);
}

static void begin_container(rtm_params *params, const char *key, size_t count, bool is_map)
{
    if (params == NULL || params->error != 0)
        return;
    if (count > PARAMS_MAX_BYTES || params->depth == PARAMS_MAX_DEPTH) {
        (void)fail(params, RTM_E_LIMIT);
        return;
    }
    if (!begin_value(params, key))
        return;
    if (is_map)
        rtmi_pack_map(&params->entries, (uint32_t)count);
    else
        rtmi_pack_array(&params->entries, (uint32_t)count);
    params->open[params->depth++] = (open_container){is_map, (uint32_t)count};
    end_value(params); /* an empty one has all of its entries */
}

void rtm_params_begin_map(rtm_params *params, const char *key, size_t count)
{
    begin_container(params, key, count, true);
}

void rtm_params_begin_array(rtm_params *params, const char *key, size_t count)
{
    begin_container(params, key, count, false);
}

/* Read the first token of a value; the cursor stands behind it. */
static bool read_head(rtm_value value, rtmi_cursor *ret_in, rtmi_token *ret)
{
    if (value.data == NULL || value.len == 0)
        return false;
    *ret_in = (rtmi_cursor){value.data, value.data + value.len};
    return rtmi_pack_read(ret_in, ret) == 0;
}

rtm_value_type rtm_value_get_type(rtm_value value)
{
    rtmi_cursor in;
    rtmi_token token;

    if (!read_head(value, &in, &token))
        return RTM_VALUE_NONE;
    switch (token.type) {
    case RTMI_PACK_NIL:
        return RTM_VALUE_NIL;
    case RTMI_PACK_BOOL:
        return RTM_VALUE_BOOL;
    case RTMI_PACK_INT:
        return RTM_VALUE_INT;
    case RTMI_PACK_UINT:
        return RTM_VALUE_UINT;
    case RTMI_PACK_FLOAT:
        return RTM_VALUE_DOUBLE;
    case RTMI_PACK_STR:
        return RTM_VALUE_TEXT;
    case RTMI_PACK_BIN:
        return RTM_VALUE_BYTES;
    case RTMI_PACK_EXT:
        return RTM_VALUE_EXT;
    case RTMI_PACK_ARRAY:
        return RTM_VALUE_ARRAY;
    case RTMI_PACK_MAP:
        return RTM_VALUE_MAP;
    }
    return RTM_VALUE_NONE;
}

int rtm_value_get_int(rtm_value value, int64_t *ret_value)
{
    rtmi_cursor in;
    rtmi_token token;

    if (!read_head(value, &in, &token) || !rtmi_token_get_int(&token, ret_value))
        return RTM_E_TYPE;
    return 0;
}

int rtm_value_get_uint(rtm_value value, uint64_t *ret_value)
{
    rtmi_cursor in;
    rtmi_token token;
    int64_t integer;

    if (!read_head(value, &in, &token))
        return RTM_E_TYPE;
    if (token.type == RTMI_PACK_UINT) {
        *ret_value = token.natural;
        return 0;
    }
    if (rtmi_token_get_int(&token, &integer)) {
        if (integer < 0)
            return RTM_E_TYPE;
        *ret_value = (uint64_t)integer;
        return 0;
    }
    /* 2^63 up to below 2^64; floats of that size have no fraction. */
    if (token.type != RTMI_PACK_FLOAT || !(token.real >= 0x1p63 && token.real < 0x1p64))
        return RTM_E_TYPE;
    *ret_value = (uint64_t)token.real;
    return 0;
}

int rtm_value_get_bool(rtm_value value, bool *ret_value)
{
    rtmi_cursor in;
    rtmi_token token;

    if (!read_head(value, &in, &token) || token.type != RTMI_PACK_BOOL)
        return RTM_E_TYPE;
    *ret_value = token.boolean;
    return 0;
}

int rtm_value_get_double(rtm_value value, double *ret_value)
{
    rtmi_cursor in;
    rtmi_token token;

    if (!read_head(value, &in, &token) || !rtmi_token_get_double(&token, ret_value))
        return RTM_E_TYPE;
    return 0;
}

int rtm_value_get_bytes(rtm_value value, rtm_bytes *ret_value)
{
    rtmi_cursor in;
    rtmi_token token;
    rtmi_span bytes;

    if (!read_head(value, &in, &token) || !rtmi_token_get_bytes(&token, &bytes))
        return RTM_E_TYPE;
    *ret_value = (rtm_bytes){(const char *)bytes.data, bytes.len};
    return 0;
}

size_t rtm_value_get_count(rtm_value value)
{
    rtm_value_iter iter;

    rtm_value_iter_init(&iter, value);
    return iter.left;
}

void rtm_value_iter_init(rtm_value_iter *iter, rtm_value value)
{
    rtmi_cursor in;
    rtmi_token token;

    *iter = (rtm_value_iter){.left = 0};
    if (!read_head(value, &in, &token))
        return;
    if (token.type != RTMI_PACK_ARRAY && token.type != RTMI_PACK_MAP)
        return;
    *iter = (rtm_value_iter){in.at, in.end, token.count, token.type == RTMI_PACK_MAP};
}

/* Take one whole value off the front of what is left. */
static bool take_value(rtmi_cursor *in, rtm_value *ret)
{
    const uint8_t *const start = in->at;

    if (rtmi_pack_skip(in) < 0)
        return false;
    *ret = (rtm_value){start, (size_t)(in->at - start)};
    return true;
}

bool rtm_value_iter_next(rtm_value_iter *iter, rtm_value *ret_key, rtm_value *ret_value)
{
    rtm_value key = {NULL, 0};
    rtm_value value;

    if (iter->left == 0)
        return false;
    rtmi_cursor in = {iter->next, iter->end};
    if ((iter->is_map && !take_value(&in, &key)) || !take_value(&in, &value)) {
        iter->left = 0; /* bytes that nobody has checked, and that end early */
        return false;
    }
    iter->next = in.at;
    iter->left--;
    if (ret_key != NULL && iter->is_map)
        *ret_key = key;
    if (ret_value != NULL)
        *ret_value = value;
    return true;
}

int rtm_value_find(rtm_value map, const char *key, rtm_value *ret_value)
{
    rtm_value_iter iter;
    rtm_value entry_key;
    rtm_value value;
    rtm_bytes name;

    if (key == NULL || rtm_value_get_type(map) != RTM_VALUE_MAP)
        return RTM_E_TYPE;
    const size_t len = strlen(key);
    rtm_value_iter_init(&iter, map);
    while (rtm_value_iter_next(&iter, &entry_key, &value)) {
        if (rtm_value_get_bytes(entry_key, &name) == 0 && name.len == len &&
            memcmp(name.data, key, len) == 0) {
            *ret_value = value;
            return 0;
        }
    }
    return RTM_E_NOT_FOUND;
}
