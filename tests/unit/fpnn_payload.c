/*
 * Payloads: getters by key, tolerant of every legal form, and sure of nothing but the bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/fpnn/payload.h"
#include "tests/support/heap_copy.h"

/* Open a payload from a block of exactly its size, which the caller frees. */
static int open_copy(const void *data, size_t len, rtmi_payload *ret, rtmi_span *ret_copy)
{
    *ret_copy = heap_copy_span((rtmi_span){data, len});
    return rtmi_payload_open(*ret_copy, ret);
}

/* {n: nil, t: true, f: false, i: 42, g: -3e9, u: 2^64-1, d: 1.5, w: 7.0, s: "text", b: bin,
 *  a: [1, {"x": 2}], m: {"i": 9}, "": 1} */
static void write_sample(rtmi_buf *out)
{
    rtmi_buf_init(out, 1000);
    rtmi_pack_map(out, 13);
    rtmi_pack_key(out, "n");
    rtmi_pack_nil(out);
    rtmi_pack_key_bool(out, "t", true);
    rtmi_pack_key_bool(out, "f", false);
    rtmi_pack_key_int(out, "i", 42);
    rtmi_pack_key_int(out, "g", INT64_C(-3000000000));
    rtmi_pack_key(out, "u");
    rtmi_pack_uint(out, UINT64_MAX);
    rtmi_pack_key(out, "d");
    rtmi_pack_double(out, 1.5);
    rtmi_pack_key(out, "w");
    rtmi_pack_double(out, 7.0);
    rtmi_pack_key_str(out, "s", rtmi_span_of_text("text"));
    rtmi_pack_key(out, "b");
    rtmi_pack_bin(out, rtmi_span_of_text("bytes"));
    rtmi_pack_key(out, "a");
    rtmi_pack_array(out, 2);
    rtmi_pack_int(out, 1);
    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "x", 2);
    rtmi_pack_key(out, "m");
    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "i", 9);
    rtmi_pack_key_int(out, "", 1);
}

static void getters_find_values_of_their_type(void **state)
{
    /* What each getter says to each key: 1 there, -1 another type. */
    static const struct {
        const char *key;
        int as_int, as_bool, as_double, as_bytes;
    } rows[] = {
        {"n", -1, -1, -1, -1}, {"t", -1, 1, -1, -1}, {"f", -1, 1, -1, -1},  {"i", 1, -1, 1, -1},
        {"g", 1, -1, 1, -1},   {"u", -1, -1, 1, -1}, {"d", -1, -1, 1, -1},  {"w", 1, -1, 1, -1},
        {"s", -1, -1, -1, 1},  {"b", -1, -1, -1, 1}, {"a", -1, -1, -1, -1}, {"m", -1, -1, -1, -1},
        {"", 1, -1, 1, -1},    {"x", 0, 0, 0, 0},    {"ii", 0, 0, 0, 0},    {"I", 0, 0, 0, 0},
    };
    rtmi_buf out;
    rtmi_payload map;
    rtmi_span copy;

    (void)state;
    write_sample(&out);
    assert_int_equal(open_copy(out.data, rtmi_buf_len(&out), &map, &copy), 0);
    assert_int_equal(map.count, 13);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t integer = 77;
        double real = 77;
        bool boolean = true;
        rtmi_span bytes = {0};
        rtmi_span value = {0};
        assert_int_equal(rtmi_payload_get_int(&map, rows[i].key, &integer), rows[i].as_int);
        assert_int_equal(rtmi_payload_get_bool(&map, rows[i].key, &boolean), rows[i].as_bool);
        assert_int_equal(rtmi_payload_get_double(&map, rows[i].key, &real), rows[i].as_double);
        assert_int_equal(rtmi_payload_get_bytes(&map, rows[i].key, &bytes), rows[i].as_bytes);
        assert_int_equal(rtmi_payload_find(&map, rows[i].key, &value), rows[i].as_int != 0);
        /* Written only on success. */
        assert_true(rows[i].as_int == 1 || integer == 77);
        assert_true(rows[i].as_double == 1 || real == 77);
        assert_true(rows[i].as_bytes == 1 || bytes.data == NULL);
        assert_true(rows[i].as_int != 0 || value.data == NULL);
    }
    heap_copy_free(copy);
    rtmi_buf_deinit(&out);
}

static void getters_read_the_value(void **state)
{
    rtmi_buf out;
    rtmi_payload map;
    rtmi_span copy;
    rtmi_span bytes;
    int64_t integer;
    double real;
    bool boolean;

    (void)state;
    write_sample(&out);
    assert_int_equal(open_copy(out.data, rtmi_buf_len(&out), &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "i", &integer), 1);
    assert_int_equal(integer, 42); /* not the one inside "m" */
    assert_int_equal(rtmi_payload_get_int(&map, "g", &integer), 1);
    assert_true(integer == INT64_C(-3000000000));
    assert_int_equal(rtmi_payload_get_int(&map, "w", &integer), 1);
    assert_int_equal(integer, 7);
    assert_int_equal(rtmi_payload_get_bool(&map, "t", &boolean), 1);
    assert_true(boolean);
    assert_int_equal(rtmi_payload_get_bool(&map, "f", &boolean), 1);
    assert_false(boolean);
    assert_int_equal(rtmi_payload_get_double(&map, "d", &real), 1);
    assert_true(real == 1.5);
    assert_int_equal(rtmi_payload_get_double(&map, "i", &real), 1);
    assert_true(real == 42);
    assert_int_equal(rtmi_payload_get_bytes(&map, "s", &bytes), 1);
    assert_true(rtmi_span_is(bytes, "text"));
    assert_int_equal(rtmi_payload_get_bytes(&map, "b", &bytes), 1);
    assert_true(rtmi_span_is(bytes, "bytes"));
    assert_true(rtmi_payload_find(&map, "a", &bytes));
    assert_true(rtmi_span_is(bytes, "\x92\x01\x81\xa1x\x02"));
    heap_copy_free(copy);
    rtmi_buf_deinit(&out);
}

static void map_inside_is_opened_like_a_payload(void **state)
{
    rtmi_buf out;
    rtmi_payload map;
    rtmi_payload inside;
    rtmi_span copy;
    rtmi_span value;
    int64_t integer;

    (void)state;
    write_sample(&out);
    assert_int_equal(open_copy(out.data, rtmi_buf_len(&out), &map, &copy), 0);
    assert_true(rtmi_payload_find(&map, "m", &value));
    assert_int_equal(rtmi_payload_open(value, &inside), 0);
    assert_int_equal(rtmi_payload_get_int(&inside, "i", &integer), 1);
    assert_int_equal(integer, 9);
    assert_true(rtmi_payload_find(&map, "a", &value));
    assert_int_equal(rtmi_payload_open(value, &inside), RTMI_PACK_E_NOT_MAP);
    heap_copy_free(copy);
    rtmi_buf_deinit(&out);
}

static void every_beginning_is_short(void **state)
{
    rtmi_buf out;

    (void)state;
    write_sample(&out);
    for (size_t n = 0; n < rtmi_buf_len(&out); n++) {
        rtmi_payload map = {.count = 77};
        rtmi_span copy;
        assert_int_equal(open_copy(out.data, n, &map, &copy), RTMI_PACK_E_SHORT);
        assert_int_equal(map.count, 77);
        heap_copy_free(copy);
    }
    rtmi_buf_deinit(&out);
}

static void check_open(const char *bytes, size_t len, int expected)
{
    rtmi_payload map = {.count = 77};
    rtmi_span copy;

    assert_int_equal(open_copy(bytes, len, &map, &copy), expected);
    heap_copy_free(copy);
}

static void root_must_be_a_map(void **state)
{
    (void)state;
    check_open("", 0, RTMI_PACK_E_SHORT);
    check_open("\x80", 1, 0);
    check_open("\xde\x00\x00", 3, 0);
    check_open("\xdf\x00\x00\x00\x00", 5, 0);
    check_open("\x90", 1, RTMI_PACK_E_NOT_MAP);
    check_open("\xa1x", 2, RTMI_PACK_E_NOT_MAP);
    check_open("\xc0", 1, RTMI_PACK_E_NOT_MAP);
    check_open("\x01", 1, RTMI_PACK_E_NOT_MAP);
    check_open("\xc7\x00\x01", 3, RTMI_PACK_E_NOT_MAP);
    check_open("\xc1", 1, RTMI_PACK_E_RESERVED);
    check_open("\x81\xa1x\xc1", 4, RTMI_PACK_E_RESERVED);
    check_open("\xdf\x80\x00\x00\x00", 5, RTMI_PACK_E_SHORT);
    check_open("\xdf\xff\xff\xff\xff", 5, RTMI_PACK_E_SHORT);
    assert_int_equal(rtmi_payload_open((rtmi_span){0}, &(rtmi_payload){0}), RTMI_PACK_E_SHORT);
}

static void bytes_behind_the_map_are_ignored(void **state)
{
    static const uint8_t bytes[] = {0x81, 0xa1, 'a', 0x05, 0xc1, 0xa1, 'b', 0x06};
    rtmi_payload map;
    rtmi_span copy;
    int64_t value;

    (void)state;
    assert_int_equal(open_copy(bytes, sizeof bytes, &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "a", &value), 1);
    assert_int_equal(value, 5);
    assert_int_equal(rtmi_payload_get_int(&map, "b", &value), 0);
    heap_copy_free(copy);
}

static void depth_is_capped(void **state)
{
    uint8_t bytes[200];

    (void)state;
    for (size_t depth = 1; depth <= 40; depth++) { /* the map is the first level */
        bytes[0] = 0x81;
        bytes[1] = 0xa0;
        memset(bytes + 2, 0x91, depth - 1);
        bytes[1 + depth] = 0x07;
        check_open((const char *)bytes, depth + 2, depth <= 32 ? 0 : RTMI_PACK_E_DEPTH);
    }
}

static void keys_may_be_bin_and_others_are_passed_over(void **state)
{
    static const uint8_t bytes[] = {
        0x88,                               /* */
        0x01, 0xa1, 'x',                    /* 1: "x" */
        0xc0, 0x02,                         /* nil: 2 */
        0x92, 0xa1, 'k',  0xa1, 'k',  0x03, /* ["k", "k"]: 3 */
        0x81, 0xa1, 'k',  0x04, 0x04,       /* {"k": 4}: 4 */
        0xd4, 0x01, 'k',  0x05,             /* ext "k": 5 */
        0xc4, 0x01, 'k',  0x06,             /* bin "k": 6 */
        0xa1, 'k',  0x07,                   /* "k": 7, a second time */
        0xd9, 0x01, 'l',  0x08,             /* "l" in a longer form: 8 */
    };
    rtmi_payload map;
    rtmi_span copy;
    int64_t value;

    (void)state;
    assert_int_equal(open_copy(bytes, sizeof bytes, &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "k", &value), 1);
    assert_int_equal(value, 6);
    assert_int_equal(rtmi_payload_get_int(&map, "l", &value), 1);
    assert_int_equal(value, 8);
    assert_int_equal(rtmi_payload_get_int(&map, "x", &value), 0);
    heap_copy_free(copy);

    /* {1: "k", [2]: "k", "k": 5}: what is passed over is passed over whole. */
    static const uint8_t values[] = {0x83, 0x01, 0xa1, 'k', 0x91, 0x02, 0xa1, 'k', 0xa1, 'k', 0x05};
    assert_int_equal(open_copy(values, sizeof values, &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "k", &value), 1);
    assert_int_equal(value, 5);
    heap_copy_free(copy);
}

static void first_of_two_counts_also_when_its_type_is_wrong(void **state)
{
    static const uint8_t bytes[] = {0x82, 0xa1, 'k', 0xc0, 0xa1, 'k', 0x05};
    rtmi_payload map;
    rtmi_span copy;
    int64_t value;

    (void)state;
    assert_int_equal(open_copy(bytes, sizeof bytes, &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "k", &value), -1);
    heap_copy_free(copy);
}

static void key_with_a_nul_is_not_its_beginning(void **state)
{
    static const uint8_t bytes[] = {0x81, 0xa2, 'k', 0x00, 0x05};
    rtmi_payload map;
    rtmi_span copy;
    int64_t value;

    (void)state;
    assert_int_equal(open_copy(bytes, sizeof bytes, &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "k", &value), 0);
    heap_copy_free(copy);
}

static void empty_payload_has_no_keys(void **state)
{
    rtmi_payload map;
    rtmi_span copy;
    int64_t value;

    (void)state;
    assert_int_equal(open_copy("\x80", 1, &map, &copy), 0);
    assert_int_equal(rtmi_payload_get_int(&map, "", &value), 0);
    heap_copy_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(getters_find_values_of_their_type),
        cmocka_unit_test(getters_read_the_value),
        cmocka_unit_test(map_inside_is_opened_like_a_payload),
        cmocka_unit_test(every_beginning_is_short),
        cmocka_unit_test(root_must_be_a_map),
        cmocka_unit_test(bytes_behind_the_map_are_ignored),
        cmocka_unit_test(depth_is_capped),
        cmocka_unit_test(keys_may_be_bin_and_others_are_passed_over),
        cmocka_unit_test(first_of_two_counts_also_when_its_type_is_wrong),
        cmocka_unit_test(key_with_a_nul_is_not_its_beginning),
        cmocka_unit_test(empty_payload_has_no_keys),
    };

    return cmocka_run_group_tests_name("fpnn.payload", tests, NULL, NULL);
}
