/*
 * The public writer and reader of values: what is written comes back, what is out of place is
 * an error, and no bytes whatever can lead the reader astray.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>
#include <rtm/value.h>

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "lib/client/value.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/heap_copy.h"

/* The map as it goes onto the wire, in a block of its exact size. */
typedef struct wire {
    uint8_t *bytes;
    rtm_value root;
} wire;

static wire wire_of(const rtm_params *params)
{
    uint32_t count;
    rtmi_span entries;
    wire w;

    rtmi_params_get_entries(params, &count, &entries);
    uint8_t *all = malloc(entries.len + 3);
    assert_non_null(all);
    all[0] = 0xde;
    rtmi_store_be16(all + 1, (uint16_t)count);
    if (entries.len > 0)
        memcpy(all + 3, entries.data, entries.len);
    w.bytes = heap_copy(all, entries.len + 3);
    w.root = (rtm_value){w.bytes, entries.len + 3};
    free(all);
    return w;
}

static rtm_value find(rtm_value map, const char *key)
{
    rtm_value value = {NULL, 0};

    assert_int_equal(rtm_value_find(map, key, &value), 0);
    return value;
}

static void expect_int(rtm_value map, const char *key, int64_t expected)
{
    int64_t value = 0;

    assert_int_equal(rtm_value_get_int(find(map, key), &value), 0);
    assert_true(value == expected);
}

static void values_come_back(void **state)
{
    static const int64_t ints[] = {INT64_MIN, -129, 0, 127, INT64_MAX};
    rtm_params *p = rtm_params_new();
    rtm_bytes bytes;
    double real = 0;
    bool truth = false;

    (void)state;
    rtm_params_put_int(p, "least", INT64_MIN);
    rtm_params_put_int(p, "most", INT64_MAX);
    rtm_params_put_bool(p, "yes", true);
    rtm_params_put_double(p, "real", -0.5);
    rtm_params_put_nil(p, "nil");
    rtm_params_put_text(p, "text", "a\0b", 3);
    rtm_params_put_bytes(p, "bytes", "\xff\x00", 2);
    rtm_params_put_text(p, "empty", NULL, 0);
    rtm_params_put_ints(p, "ints", ints, 5);
    rtm_params_put_text(p, "a key that is longer than thirty-one bytes", "x", 1);
    assert_int_equal(rtm_params_get_error(p), 0);

    wire w = wire_of(p);
    assert_int_equal(rtm_value_get_type(w.root), RTM_VALUE_MAP);
    assert_int_equal(rtm_value_get_count(w.root), 10);
    expect_int(w.root, "least", INT64_MIN);
    expect_int(w.root, "most", INT64_MAX);
    assert_int_equal(rtm_value_get_bool(find(w.root, "yes"), &truth), 0);
    assert_true(truth);
    assert_int_equal(rtm_value_get_double(find(w.root, "real"), &real), 0);
    assert_true(real == -0.5);
    assert_int_equal(rtm_value_get_double(find(w.root, "most"), &real), 0);
    assert_int_equal(rtm_value_get_type(find(w.root, "nil")), RTM_VALUE_NIL);
    assert_int_equal(rtm_value_get_type(find(w.root, "text")), RTM_VALUE_TEXT);
    assert_int_equal(rtm_value_get_bytes(find(w.root, "text"), &bytes), 0);
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.data, "a\0b", 3);
    assert_int_equal(rtm_value_get_type(find(w.root, "bytes")), RTM_VALUE_BYTES);
    assert_int_equal(rtm_value_get_bytes(find(w.root, "empty"), &bytes), 0);
    assert_int_equal(bytes.len, 0);
    assert_non_null(bytes.data);
    assert_int_equal(rtm_value_get_count(find(w.root, "ints")), 5);
    assert_int_equal(rtm_value_find(w.root, "none", &w.root), RTM_E_NOT_FOUND);
    assert_int_equal(rtm_value_find(find(w.root, "ints"), "x", &w.root), RTM_E_TYPE);
    free(w.bytes);
    rtm_params_free(p);
}

static void containers_close_by_themselves(void **state)
{
    rtm_params *p = rtm_params_new();

    (void)state;
    rtm_params_begin_map(p, "outer", 2);
    rtm_params_put_int(p, "a", 1);
    rtm_params_begin_array(p, "list", 3);
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL); /* not yet full */
    rtm_params_put_int(p, NULL, 10);
    rtm_params_begin_array(p, NULL, 0);
    rtm_params_begin_map(p, NULL, 1);
    rtm_params_put_bool(p, "deep", true);
    assert_int_equal(rtm_params_get_error(p), 0);
    rtm_params_put_int(p, "behind", 2);
    assert_int_equal(rtm_params_get_error(p), 0);

    wire w = wire_of(p);
    rtm_value_iter iter;
    rtm_value key;
    rtm_value value;
    rtm_bytes name;
    assert_int_equal(rtm_value_get_count(w.root), 2);
    expect_int(w.root, "behind", 2);
    rtm_value_iter_init(&iter, find(w.root, "outer"));
    assert_true(rtm_value_iter_next(&iter, &key, &value));
    assert_int_equal(rtm_value_get_bytes(key, &name), 0);
    assert_int_equal(name.data[0], 'a');
    assert_true(rtm_value_iter_next(&iter, NULL, &value));
    assert_int_equal(rtm_value_get_count(value), 3);
    assert_false(rtm_value_iter_next(&iter, &key, &value));
    rtm_value_iter_init(&iter, value);
    assert_true(rtm_value_iter_next(&iter, &key, NULL)); /* an array has no keys */
    assert_true(rtm_value_iter_next(&iter, NULL, &value));
    assert_int_equal(rtm_value_get_type(value), RTM_VALUE_ARRAY);
    assert_true(rtm_value_iter_next(&iter, NULL, &value));
    assert_int_equal(rtm_value_get_type(find(value, "deep")), RTM_VALUE_BOOL);
    assert_false(rtm_value_iter_next(&iter, NULL, NULL));
    free(w.bytes);
    rtm_params_free(p);
}

static void calls_out_of_place_are_errors_that_stay(void **state)
{
    rtm_params *p = rtm_params_new();
    const int64_t one = 1;

    (void)state;
    rtm_params_put_int(p, NULL, 1); /* no key in a map */
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL);
    rtm_params_put_int(p, "fine", 1);
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL);
    rtm_params_clear(p);
    assert_int_equal(rtm_params_get_error(p), 0);
    rtm_params_begin_array(p, "list", 1);
    rtm_params_put_int(p, "key", 1); /* a key in an array */
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL);
    rtm_params_clear(p);
    rtm_params_put_text(p, "x", NULL, 1);
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL);
    rtm_params_clear(p);
    rtm_params_put_ints(p, "x", NULL, 1);
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL);
    rtm_params_clear(p);
    rtm_params_put_ints(p, "x", &one, 0);
    assert_int_equal(rtm_params_get_error(p), 0);
    rtm_params_free(p);

    rtm_params_put_int(NULL, "x", 1);
    rtm_params_begin_map(NULL, "x", 1);
    rtm_params_clear(NULL);
    rtm_params_free(NULL);
    assert_int_equal(rtm_params_get_error(NULL), RTM_E_INVAL);
}

static void limits_are_told(void **state)
{
    rtm_params *p = rtm_params_new();
    const size_t large = (size_t)5 * 1024 * 1024;
    char *text = calloc(1, large);

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < 8; i++)
        rtm_params_begin_map(p, "m", 1);
    assert_int_equal(rtm_params_get_error(p), RTM_E_INVAL); /* open, but 8 are allowed */
    rtm_params_put_int(p, "x", 1);
    assert_int_equal(rtm_params_get_error(p), 0); /* all closed at once */
    for (int i = 0; i < 9; i++)
        rtm_params_begin_array(p, i == 0 ? "m" : NULL, 1);
    assert_int_equal(rtm_params_get_error(p), RTM_E_LIMIT);

    rtm_params_clear(p);
    for (int i = 0; i < 65535; i++)
        rtm_params_put_nil(p, "x");
    assert_int_equal(rtm_params_get_error(p), 0);
    rtm_params_put_nil(p, "x");
    assert_int_equal(rtm_params_get_error(p), RTM_E_LIMIT);

    rtm_params_clear(p);
    rtm_params_put_bytes(p, "a", text, large);
    assert_int_equal(rtm_params_get_error(p), 0);
    rtm_params_put_text(p, "b", text, large);
    assert_int_equal(rtm_params_get_error(p), RTM_E_LIMIT);
    rtm_params_clear(p);
    rtm_params_put_text(p, "b", text, SIZE_MAX);
    assert_int_equal(rtm_params_get_error(p), RTM_E_LIMIT);
    rtm_params_clear(p);
    rtm_params_begin_array(p, "b", SIZE_MAX);
    assert_int_equal(rtm_params_get_error(p), RTM_E_LIMIT);
    rtm_params_free(p);
    free(text);
}

static rtm_value value_of(const char *bytes, size_t len)
{
    return (rtm_value){(const unsigned char *)bytes, len};
}

#define VALUE(text) value_of(text, sizeof(text) - 1)

static void numbers_are_read_in_every_form(void **state)
{
    int64_t integer = 42;
    uint64_t natural = 42;
    double real = 0;

    (void)state;
    assert_int_equal(rtm_value_get_int(VALUE("\xd3\xff\xff\xff\xff\xff\xff\xff\xff"), &integer), 0);
    assert_int_equal(integer, -1);
    assert_int_equal(rtm_value_get_int(VALUE("\xca\x40\x40\x00\x00"), &integer), 0); /* 3.0f */
    assert_int_equal(integer, 3);
    assert_int_equal(rtm_value_get_int(VALUE("\xca\x3f\x00\x00\x00"), &integer), RTM_E_TYPE);
    assert_int_equal(rtm_value_get_int(VALUE("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), &integer),
                     RTM_E_TYPE);
    assert_int_equal(rtm_value_get_int(VALUE("\xa1"
                                             "1"),
                                       &integer),
                     RTM_E_TYPE);
    assert_int_equal(integer, 3); /* untouched */

    assert_int_equal(rtm_value_get_type(VALUE("\xcf\xff\xff\xff\xff\xff\xff\xff\xff")),
                     RTM_VALUE_UINT);
    assert_int_equal(rtm_value_get_uint(VALUE("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), &natural),
                     0);
    assert_true(natural == UINT64_MAX);
    assert_int_equal(rtm_value_get_uint(VALUE("\xcb\x43\xe0\x00\x00\x00\x00\x00\x00"), &natural),
                     0); /* 2^63 */
    assert_true(natural == UINT64_C(1) << 63);
    assert_int_equal(rtm_value_get_uint(VALUE("\xcb\x43\xf0\x00\x00\x00\x00\x00\x00"), &natural),
                     RTM_E_TYPE); /* 2^64 */
    assert_int_equal(rtm_value_get_uint(VALUE("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"), &natural),
                     RTM_E_TYPE); /* not a number */
    assert_int_equal(rtm_value_get_uint(VALUE("\xff"), &natural), RTM_E_TYPE);
    assert_int_equal(rtm_value_get_uint(VALUE("\x07"), &natural), 0);
    assert_int_equal(natural, 7);
    assert_int_equal(rtm_value_get_double(VALUE("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"), &real), 0);
    assert_true(isnan(real));
    assert_int_equal(rtm_value_get_type(VALUE("\xd4\x01\x02")), RTM_VALUE_EXT);
}

/* Ask everything of some bytes; whatever they are, nothing is read outside of them. */
static void ask_all(rtm_value value, int depth)
{
    rtm_value_iter iter;
    rtm_value key;
    rtm_value entry;
    int64_t integer;
    uint64_t natural;
    double real;
    bool truth;
    rtm_bytes bytes;

    (void)rtm_value_get_type(value);
    (void)rtm_value_get_int(value, &integer);
    (void)rtm_value_get_uint(value, &natural);
    (void)rtm_value_get_bool(value, &truth);
    (void)rtm_value_get_double(value, &real);
    if (rtm_value_get_bytes(value, &bytes) == 0 && bytes.len > 0)
        assert_true((const unsigned char *)bytes.data + bytes.len <= value.data + value.len);
    (void)rtm_value_find(value, "a", &entry);
    rtm_value_iter_init(&iter, value);
    while (rtm_value_iter_next(&iter, &key, &entry)) {
        assert_true(entry.data >= value.data && entry.len <= value.len);
        if (depth < 3)
            ask_all(entry, depth + 1);
    }
}

static void any_bytes_are_survived(void **state)
{
    uint64_t random = 1;

    (void)state;
    ask_all((rtm_value){NULL, 0}, 0);
    for (unsigned first = 0; first < 256; first++) {
        for (size_t len = 1; len < 24; len++) {
            uint8_t bytes[24];
            bytes[0] = (uint8_t)first;
            for (size_t i = 1; i < len; i++) {
                random = rtmi_mix64(random + i);
                bytes[i] = (uint8_t)((random >> 8) & ((random & 1) != 0 ? 0xff : 0x07));
            }
            uint8_t *copy = heap_copy(bytes, len);
            ask_all((rtm_value){copy, len}, 0);
            free(copy);
        }
    }
}

static void cut_values_end_early(void **state)
{
    /* {"a": [1, {"b": "text"}], "c": 2} */
    static const uint8_t whole[] = {0x82, 0xa1, 'a', 0x92, 0x01, 0x81, 0xa1, 'b',
                                    0xa4, 't',  'e', 'x',  't',  0xa1, 'c',  0x02};
    rtm_value value;

    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        uint8_t *part = heap_copy(whole, len);
        assert_true(rtm_value_find((rtm_value){part, len}, "c", &value) < 0);
        ask_all((rtm_value){part, len}, 0);
        free(part);
    }
    expect_int((rtm_value){whole, sizeof whole}, "c", 2);
}

static bool build(void *userdata)
{
    rtm_params *p = rtm_params_new();
    char text[600] = {0};

    (void)userdata;
    for (int i = 0; i < 4 && p != NULL; i++)
        rtm_params_put_text(p, "key", text, sizeof text);
    const int r = rtm_params_get_error(p);
    assert_true(r == 0 || r == (p == NULL ? RTM_E_INVAL : RTM_E_NOMEM));
    rtm_params_free(p);
    return r == 0;
}

static void failing_memory_is_told(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(build, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(containers_close_by_themselves),
        cmocka_unit_test(calls_out_of_place_are_errors_that_stay),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(numbers_are_read_in_every_form),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(cut_values_end_early),
        cmocka_unit_test(failing_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
