/*
 * Attributes of files: one form for all, whatever comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/ops/file_attrs.h"
#include "lib/base/num.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/payload.h"
#include "lib/rtm/methods.h"
#include "tests/support/heap_copy.h"

typedef struct expectation {
    const char *text;
    const char *normal;
    const char *name;
    const char *sign; /* NULL: none */
} expectation;

static const expectation table[] = {
    {"", "{\"rtm\":{\"type\":\"\"},\"custom\":\"\"}", "file", NULL},
    {"{}", "{\"rtm\":{\"type\":\"\"},\"custom\":\"\"}", "file", NULL},
    {"{\"rtm\":{\"sign\":\"s\"},\"sign\":\"t\"}", "{\"rtm\":{\"type\":\"\"},\"custom\":\"\"}",
     "file", "s"},
    {"{\"sign\":\"t\",\"ext\":\"txt\"}",
     "{\"rtm\":{\"ext\":\"txt\",\"type\":\"\"},\"custom\":\"\"}", "file.txt", "t"},
    {"{\"rtm\":{\"ext\":\"a\"},\"ext\":\"b\"}",
     "{\"rtm\":{\"ext\":\"a\",\"type\":\"\"},\"custom\":\"\"}", "file.a", NULL},
    {"{\"ext\":\"a/b\"}", "{\"rtm\":{\"ext\":\"a/b\",\"type\":\"\"},\"custom\":\"\"}", "file",
     NULL},
    {"{\"rtm\":{\"sign\":\"a\",\"sign\":\"b\",\"type\":\"x\",\"type\":\"y\"}}",
     "{\"rtm\":{\"type\":\"x\"},\"custom\":\"\"}", "file", "a"},
    {"{\"custom\":null}", "{\"rtm\":{\"type\":\"\"},\"custom\":\"\"}", "file", NULL},
    {"{\"custom\":[1,{\"a\":2}],\"x\":3}",
     "{\"rtm\":{\"type\":\"\"},\"custom\":[1,{\"a\":2}],\"x\":3}", "file", NULL},
    {"{\"rtm\":[],\"sign\":7}", "{\"rtm\":{\"type\":\"\"},\"custom\":\"\"}", "file", ""},
    {"[1]", "{\"rtm\":{\"type\":\"\"},\"custom\":\"[1]\"}", "file", NULL},
    {"a \"b\"", "{\"rtm\":{\"type\":\"\"},\"custom\":\"a \\\"b\\\"\"}", "file", NULL},
    {"\xff", "{\"rtm\":{\"type\":\"\"},\"custom\":\"\"}", "file", NULL},
    {"{\"rtm\":{\"filename\":\"\\u0000a/\\\\b\"}}",
     "{\"rtm\":{\"filename\":\"\\u0000a/\\\\b\",\"type\":\"\"},\"custom\":\"\"}", "_a__b", NULL},
};

static void check_span(rtmi_span got, const char *wanted)
{
    if (!rtmi_span_is(got, wanted))
        fail_msg("%.*s, not %s", (int)got.len, (const char *)got.data, wanted);
}

static void attributes_take_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const size_t len = strlen(table[i].text);
        uint8_t *text = heap_copy(table[i].text, len);
        file_attrs attrs;
        assert_int_equal(file_attrs_read(&attrs, (rtmi_span){text, len}), 0);
        check_span(rtmi_buf_span(&attrs.normal), table[i].normal);
        check_span(rtmi_buf_span(&attrs.name), table[i].name);
        assert_int_equal(attrs.has_sign, table[i].sign != NULL);
        check_span(attrs.sign, table[i].sign == NULL ? "" : table[i].sign);
        file_attrs_deinit(&attrs);
        free(text);
    }
}

/* Whatever comes, readers find the three that they need. */
static void check_form(const char *bytes, size_t len)
{
    uint8_t *text = heap_copy(bytes, len);
    rtmi_payload root;
    rtmi_payload rtm;
    rtmi_span value;
    file_attrs attrs;
    rtmi_buf pack;

    assert_int_equal(file_attrs_read(&attrs, (rtmi_span){text, len}), 0);
    rtmi_buf_init(&pack, 1 << 20);
    assert_int_equal(rtmi_json_to_pack(rtmi_buf_span(&attrs.normal), &pack), 0);
    assert_int_equal(rtmi_payload_open(rtmi_buf_span(&pack), &root), 0);
    assert_true(rtmi_payload_find(&root, "custom", &value));
    assert_true(rtmi_payload_find(&root, "rtm", &value));
    assert_int_equal(rtmi_payload_open(value, &rtm), 0);
    assert_int_equal(rtmi_payload_get_bytes(&rtm, "type", &value), 1);
    assert_false(rtmi_payload_find(&rtm, "sign", &value));
    assert_true(rtmi_buf_len(&attrs.name) > 0);
    rtmi_buf_deinit(&pack);
    file_attrs_deinit(&attrs);
    free(text);
}

static void any_text_ends_in_that_form(void **state)
{
    static const char whole[] =
        "{\"rtm\":{\"sign\":\"0123\",\"type\":\"audiomsg\",\"duration\":1e9,\"x\":[1.5,{\"a\":null}"
        "],"
        "\"filename\":\"\\ud83d\\ude00.txt\"},\"custom\":{\"k\":[true,-1]},\"sign\":\"s\",\"o\":0}";
    const size_t len = sizeof whole - 1;
    uint64_t random = 1;
    char changed[sizeof whole];

    (void)state;
    for (size_t i = 0; i <= len; i++)
        check_form(whole, i);
    for (int i = 0; i < 20000; i++) {
        memcpy(changed, whole, sizeof whole);
        for (int n = 0; n < 1 + i % 3; n++) {
            random = rtmi_mix64(random + UINT64_C(0x9e3779b97f4a7c15));
            changed[random % len] = (char)(random >> 32 & 0x7f);
        }
        check_form(changed, len);
    }
}

/* The most that the row of the method lets through, in its most costly forms. */
static void the_longest_text_fits(void **state)
{
    static const char *const elements[] = {"1e9,", "1.5,", "[[]],", "{},", "\"\\u0001\",", "null,"};
    char text[RTMI_FILE_ATTRS_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "{\"custom\":[");
        while (len + strlen(elements[i]) + 4 < RTMI_FILE_ATTRS_MAX)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s", elements[i]);
        len += (size_t)snprintf(text + len, sizeof text - len, "0]}");
        check_form(text, len);
    }
    memset(text, 1, RTMI_FILE_ATTRS_MAX);
    check_form(text, RTMI_FILE_ATTRS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_take_one_form),
        cmocka_unit_test(any_text_ends_in_that_form),
        cmocka_unit_test(the_longest_text_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
