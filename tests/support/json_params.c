#include "tests/support/json_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fpnn/json.h"

enum { SIZE_LIMIT = 64 << 20 };

static void put(rtm_params *params, const char *key, rtm_value value);

static void put_entries(rtm_params *params, rtm_value value)
{
    rtm_value_iter iter;
    rtm_value name = {NULL, 0};
    rtm_value entry;

    rtm_value_iter_init(&iter, value);
    while (rtm_value_iter_next(&iter, &name, &entry)) {
        rtm_bytes bytes;
        char key[64];
        const bool is_named = rtm_value_get_bytes(name, &bytes) == 0;
        if (is_named)
            (void)snprintf(key, sizeof key, "%.*s", (int)bytes.len, (const char *)bytes.data);
        put(params, is_named ? key : NULL, entry);
    }
}

/* A value again, through the calls of the SDK. */
static void put(rtm_params *params, const char *key, rtm_value value)
{
    rtm_bytes bytes;
    int64_t integer;
    bool boolean;

    switch (rtm_value_get_type(value)) {
    case RTM_VALUE_BOOL:
        assert_int_equal(rtm_value_get_bool(value, &boolean), 0);
        rtm_params_put_bool(params, key, boolean);
        break;
    case RTM_VALUE_INT:
        assert_int_equal(rtm_value_get_int(value, &integer), 0);
        rtm_params_put_int(params, key, integer);
        break;
    case RTM_VALUE_TEXT:
        assert_int_equal(rtm_value_get_bytes(value, &bytes), 0);
        rtm_params_put_text(params, key, (const char *)bytes.data, bytes.len);
        break;
    case RTM_VALUE_ARRAY:
        rtm_params_begin_array(params, key, rtm_value_get_count(value));
        put_entries(params, value);
        break;
    case RTM_VALUE_MAP:
        rtm_params_begin_map(params, key, rtm_value_get_count(value));
        put_entries(params, value);
        break;
    default:
        fail_msg("%s: no parameter has such a value", key == NULL ? "" : key);
    }
}

rtm_params *json_params_new(const char *object)
{
    rtm_params *params = rtm_params_new();
    rtmi_buf pack;

    assert_non_null(params);
    rtmi_buf_init(&pack, SIZE_LIMIT);
    if (rtmi_json_to_pack(rtmi_span_of_text(object), &pack) != 0)
        fail_msg("this is no JSON object: %.200s", object);
    put_entries(params, (rtm_value){rtmi_buf_span(&pack).data, rtmi_buf_len(&pack)});
    rtmi_buf_deinit(&pack);
    assert_int_equal(rtm_params_get_error(params), 0);
    return params;
}

char *json_params_of_value(rtm_value value)
{
    rtmi_buf json;
    char *text;

    rtmi_buf_init(&json, SIZE_LIMIT);
    assert_int_equal(rtmi_pack_to_json((rtmi_span){value.data, value.len}, &json), 0);
    rtmi_buf_append(&json, "", 1);
    text = strdup((const char *)rtmi_buf_span(&json).data);
    assert_non_null(text);
    rtmi_buf_deinit(&json);
    return text;
}
