/*
 * JSON both ways: what is read becomes the shortest MessagePack, what is written is always
 * valid, and no text is too hostile.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/base/buf.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/utf8.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/heap_copy.h"

#define ROOM (16u * 1024 * 1024)

/* Convert a text from a block of its size; on an error `out` must be as before. */
static int to_pack(rtmi_span text, rtmi_buf *out)
{
    const rtmi_span copy = heap_copy_span(text);
    const size_t before = rtmi_buf_len(out);
    const int r = rtmi_json_to_pack(copy, out);

    assert_true(r <= 0);
    assert_int_equal(out->error, 0);
    if (r < 0)
        assert_int_equal(rtmi_buf_len(out), before);
    heap_copy_free(copy);
    return r;
}

static int read_error(const char *text, size_t len)
{
    rtmi_buf out;

    rtmi_buf_init(&out, ROOM);
    const int r = to_pack((rtmi_span){(const uint8_t *)text, len}, &out);
    rtmi_buf_deinit(&out);
    return r;
}

/* `text` gives these bytes. */
static void check_pack(const char *text, const char *pack, size_t pack_len)
{
    rtmi_buf out;

    rtmi_buf_init(&out, ROOM);
    rtmi_buf_append(&out, "kept", 4);
    const int r = to_pack(rtmi_span_of_text(text), &out);
    if (r != 0)
        fail_msg("%s: %s", text, rtmi_json_error_text(r));
    rtmi_buf_consume(&out, 4);
    if (!rtmi_span_equal(rtmi_buf_span(&out), (rtmi_span){(const uint8_t *)pack, pack_len}))
        fail_msg("%s: other bytes", text);
    rtmi_buf_deinit(&out);
}

#define CHECK_PACK(text, pack) check_pack(text, pack, sizeof(pack) - 1)

/* These bytes give `text`. */
static void check_json(const char *pack, size_t pack_len, const char *text)
{
    const rtmi_span copy = heap_copy_span((rtmi_span){(const uint8_t *)pack, pack_len});
    rtmi_buf out;

    rtmi_buf_init(&out, ROOM);
    rtmi_buf_append(&out, "kept", 4);
    assert_int_equal(rtmi_pack_to_json(copy, &out), 0);
    rtmi_buf_consume(&out, 4);
    rtmi_buf_append(&out, "", 1);
    assert_string_equal((const char *)rtmi_buf_span(&out).data, text);
    rtmi_buf_deinit(&out);
    heap_copy_free(copy);
}

#define CHECK_JSON(pack, text) check_json(pack, sizeof(pack) - 1, text)

static void every_kind_of_value_is_read(void **state)
{
    (void)state;
    CHECK_PACK("{}", "\x80");
    CHECK_PACK(" \t\r\n{ \n} ", "\x80");
    CHECK_PACK("{\"a\":1}", "\x81\xa1\x61\x01");
    CHECK_PACK("{\"a\":true,\"b\":false,\"c\":null}", "\x83\xa1\x61\xc3\xa1\x62\xc2\xa1\x63\xc0");
    CHECK_PACK("{\"\":[]}", "\x81\xa0\x90");
    CHECK_PACK(" { \"a\" : [ 1 , { \"b\" : [ ] } , \"c\" ] } ",
               "\x81\xa1\x61\x93\x01\x81\xa1\x62\x90\xa1\x63");
    /* Keys keep their order and may stand twice: who reads takes the first. */
    CHECK_PACK("{\"b\":1,\"a\":2,\"b\":3}", "\x83\xa1\x62\x01\xa1\x61\x02\xa1\x62\x03");
}

static void integers_stay_integers(void **state)
{
    (void)state;
    CHECK_PACK("{\"v\":0}", "\x81\xa1v\x00");
    CHECK_PACK("{\"v\":-0}", "\x81\xa1v\x00");
    CHECK_PACK("{\"v\":127}", "\x81\xa1v\x7f");
    CHECK_PACK("{\"v\":128}", "\x81\xa1v\xcc\x80");
    CHECK_PACK("{\"v\":-32}", "\x81\xa1v\xe0");
    CHECK_PACK("{\"v\":-33}", "\x81\xa1v\xd0\xdf");
    CHECK_PACK("{\"v\":9007199254740993}", "\x81\xa1v\xcf\x00\x20\x00\x00\x00\x00\x00\x01");
    CHECK_PACK("{\"v\":9223372036854775807}", "\x81\xa1v\xcf\x7f\xff\xff\xff\xff\xff\xff\xff");
    CHECK_PACK("{\"v\":9223372036854775808}", "\x81\xa1v\xcf\x80\x00\x00\x00\x00\x00\x00\x00");
    CHECK_PACK("{\"v\":18446744073709551615}", "\x81\xa1v\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    CHECK_PACK("{\"v\":-9223372036854775808}", "\x81\xa1v\xd3\x80\x00\x00\x00\x00\x00\x00\x00");
    /* One more, and they are doubles. */
    CHECK_PACK("{\"v\":18446744073709551616}", "\x81\xa1v\xcb\x43\xf0\x00\x00\x00\x00\x00\x00");
    CHECK_PACK("{\"v\":-9223372036854775809}", "\x81\xa1v\xcb\xc3\xe0\x00\x00\x00\x00\x00\x00");
}

/* The double that is read from a number. */
static double read_double(const char *number)
{
    char text[2048];
    rtmi_cursor in;
    rtmi_token token;
    rtmi_buf out;

    (void)snprintf(text, sizeof text, "{\"\":%s}", number);
    rtmi_buf_init(&out, ROOM);
    const int r = to_pack(rtmi_span_of_text(text), &out);
    if (r != 0)
        fail_msg("%s: %s", number, rtmi_json_error_text(r));
    in = rtmi_cursor_of(rtmi_buf_span(&out));
    for (int i = 0; i < 3; i++)
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
    assert_int_equal(token.type, RTMI_PACK_FLOAT);
    const double value = token.real;
    rtmi_buf_deinit(&out);
    return value;
}

static void doubles_are_rounded_correctly(void **state)
{
    static const char *const numbers[] = {
        "1.0",
        "0.1",
        "-0.0",
        "0e0",
        "0.000",
        "1e0",
        "1E+2",
        "1e-2",
        "123.456",
        "5e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "9007199254740993.0",
        "9007199254740992.999999999999999999999999999",
        "9007199254740993.000000000000000000001",
        "1e-400",
        "-1e-400",
        "0e999999999999999999999",
        "1e-999999999999999999999",
        "3.14159265358979",
        "100000000000000000000000000000000000000000000000000",
        "0.1e1",
        "6.02214076e23",
    };
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char longer[2000];

    (void)state;
    assert_true(c_locale != (locale_t)0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const double expected = strtod_l(numbers[i], NULL, c_locale);
        const double value = read_double(numbers[i]);
        if (memcmp(&value, &expected, sizeof value) != 0)
            fail_msg("%s: %.17g", numbers[i], value);
    }
    freelocale(c_locale);
    /* Half-way between two doubles, decided by the very last of 1500 digits. */
    (void)snprintf(longer, sizeof longer, "9007199254740993.%01500d", 0);
    assert_true(read_double(longer) == 9007199254740992.0);
    longer[strlen(longer) - 1] = '1';
    assert_true(read_double(longer) == 9007199254740994.0);
    /* Leading zeros take no room from the digits that count. */
    (void)snprintf(longer, sizeof longer, "0.%01500d1e1501", 0);
    assert_true(read_double(longer) == 1.0);
    (void)snprintf(longer, sizeof longer, "1%01500d.0e-1500", 0);
    assert_true(read_double(longer) == 1.0);
}

static void numbers_out_of_range_are_errors(void **state)
{
    static const char *const numbers[] = {
        "1e400",        "-1e400", "1.7976931348623159e308", "1e309", "1e999999999999999999999999",
        "123456789e301"};
    char text[2100];

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)snprintf(text, sizeof text, "{\"v\":%s}", numbers[i]);
        assert_int_equal(read_error(text, strlen(text)), RTMI_JSON_E_NUMBER);
    }
    (void)snprintf(text, sizeof text, "{\"v\":1%01500d}", 0);
    assert_int_equal(read_error(text, strlen(text)), RTMI_JSON_E_NUMBER);
}

static void a_megabyte_of_digits_is_one_number(void **state)
{
    const size_t len = 1 << 20;
    char *text = malloc(len + 20);
    rtmi_buf out;

    (void)state;
    assert_non_null(text);
    memcpy(text, "{\"v\":0.", 7);
    memset(text + 7, '3', len);
    text[7 + len] = '}';
    rtmi_buf_init(&out, ROOM);
    assert_int_equal(to_pack((rtmi_span){(const uint8_t *)text, len + 8}, &out), 0);
    assert_int_equal(rtmi_buf_len(&out), 12);
    memset(text + 6, '0', len); /* 0000…: no leading zeros */
    assert_int_equal(to_pack((rtmi_span){(const uint8_t *)text, len + 8}, &out),
                     RTMI_JSON_E_SYNTAX);
    rtmi_buf_deinit(&out);
    free(text);
}

static void escapes_are_read(void **state)
{
    (void)state;
    CHECK_PACK("{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\x81\xa1s\xa8\"\\/\b\f\n\r\t");
    CHECK_PACK("{\"s\":\"\\u0041\\u00e9\\u20AC\\u20ac\"}", "\x81\xa1s\xa9"
                                                           "A\xc3\xa9\xe2\x82\xac\xe2\x82\xac");
    CHECK_PACK("{\"s\":\"\\ud83d\\ude00\\uD800\\uDC00\\uDBFF\\uDFFF\"}",
               "\x81\xa1s\xac\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    CHECK_PACK("{\"s\":\"a\\u0000b\"}", "\x81\xa1s\xa3"
                                        "a\x00"
                                        "b");
    CHECK_PACK("{\"\\u0061\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"}",
               "\x81\xa1"
               "a\xaa\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f");
}

static void long_strings_and_containers_get_wide_heads(void **state)
{
    static const size_t lens[] = {31, 32, 255, 256, 65535, 65536, 1 << 20};
    char *text = malloc((1 << 20) * 2 + 100);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        const size_t n = lens[i];
        rtmi_cursor in;
        rtmi_token token;
        rtmi_buf out;

        /* As a value, and as a key of which the last character is escaped. */
        rtmi_buf_init(&out, ROOM);
        memcpy(text, "{\"k\":\"", 6);
        memset(text + 6, 'x', n);
        memcpy(text + 6 + n, "\",\"", 3);
        memset(text + 9 + n, 'y', n - 1);
        memcpy(text + 8 + 2 * n, "\\n\":7}", 6);
        assert_int_equal(to_pack((rtmi_span){(const uint8_t *)text, 14 + 2 * n}, &out), 0);
        in = rtmi_cursor_of(rtmi_buf_span(&out));
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        assert_int_equal(token.count, 2);
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        assert_int_equal(token.bytes.len, n);
        assert_int_equal(token.bytes.data[n - 1], 'x');
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        assert_int_equal(token.bytes.len, n);
        assert_int_equal(token.bytes.data[n - 1], '\n');
        assert_int_equal(rtmi_pack_read(&in, &token), 0);
        assert_int_equal(token.integer, 7);
        assert_ptr_equal(in.at, in.end);
        const size_t head = n <= 31 ? 1 : n <= 255 ? 2 : n <= 65535 ? 3 : 5;
        assert_int_equal(rtmi_buf_len(&out), 1 + 2 + 2 * (head + n) + 1);

        /* An array of n zeros between two others. */
        rtmi_buf_clear(&out);
        memcpy(text, "{\"k\":[[],[", 10);
        for (size_t j = 0; j < n; j++)
            memcpy(text + 10 + 2 * j, "0,", 2);
        memcpy(text + 9 + 2 * n, "],[]]}", 6);
        assert_int_equal(to_pack((rtmi_span){(const uint8_t *)text, 15 + 2 * n}, &out), 0);
        const size_t count_head = n <= 15 ? 1 : n <= 65535 ? 3 : 5;
        assert_int_equal(rtmi_buf_len(&out), 3 + 1 + 1 + count_head + n + 1);
        in = rtmi_cursor_of(rtmi_buf_span(&out));
        assert_int_equal(rtmi_pack_skip(&in), 0);
        assert_ptr_equal(in.at, in.end);
        rtmi_buf_deinit(&out);
    }
    free(text);
}

static void sixteen_members_need_a_wider_head(void **state)
{
    static const char fifteen[] = "{\"k\":{\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,"
                                  "\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,\"a\":1,"
                                  "\"a\":1,\"a\":1}}";
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, ROOM);
    assert_int_equal(to_pack(rtmi_span_of_text(fifteen), &out), 0);
    assert_int_equal(rtmi_buf_len(&out), 3 + 1 + 45);
    assert_int_equal(out.data[3], 0x8f);
    char text[sizeof fifteen + 6];
    (void)snprintf(text, sizeof text, "%.*s,\"a\":1}}", (int)(sizeof fifteen - 3), fifteen);
    rtmi_buf_clear(&out);
    assert_int_equal(to_pack(rtmi_span_of_text(text), &out), 0);
    assert_int_equal(rtmi_buf_len(&out), 3 + 3 + 48);
    assert_memory_equal(out.data + 3, "\xde\x00\x10", 3);
    rtmi_buf_deinit(&out);
}

#define ROW(text, error)                                                                           \
    {                                                                                              \
        text, sizeof(text) - 1, error                                                              \
    }

static void what_is_not_json_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        int error;
    } rows[] = {
        ROW("", RTMI_JSON_E_SHORT),
        ROW("   ", RTMI_JSON_E_SHORT),
        ROW("{", RTMI_JSON_E_SHORT),
        ROW("{\"a\":", RTMI_JSON_E_SHORT),
        ROW("{\"a\":1", RTMI_JSON_E_SHORT),
        ROW("{\"a\":-", RTMI_JSON_E_SHORT),
        ROW("{\"a\":1.", RTMI_JSON_E_SHORT),
        ROW("{\"a\":1e", RTMI_JSON_E_SHORT),
        ROW("{\"a\":1e+", RTMI_JSON_E_SHORT),
        ROW("{\"a\":tru", RTMI_JSON_E_SHORT),
        ROW("{\"a", RTMI_JSON_E_SHORT),
        ROW("{\"a\\", RTMI_JSON_E_SHORT),
        ROW("{\"a\\u00", RTMI_JSON_E_SHORT),
        ROW("{\"a\\ud800\\", RTMI_JSON_E_SHORT),
        ROW("[]", RTMI_JSON_E_NOT_OBJECT),
        ROW("1", RTMI_JSON_E_NOT_OBJECT),
        ROW("\"a\"", RTMI_JSON_E_NOT_OBJECT),
        ROW("null", RTMI_JSON_E_NOT_OBJECT),
        ROW("\xef\xbb\xbf{}", RTMI_JSON_E_NOT_OBJECT), /* byte order mark */
        ROW("\xff\xfe{\0}\0", RTMI_JSON_E_NOT_OBJECT), /* UTF-16 */
        ROW("\0{}", RTMI_JSON_E_NOT_OBJECT),
        ROW("/* */{}", RTMI_JSON_E_NOT_OBJECT),
        ROW("\f{}", RTMI_JSON_E_NOT_OBJECT),
        ROW("}", RTMI_JSON_E_NOT_OBJECT),
        ROW("{}x", RTMI_JSON_E_TRAILING),
        ROW("{}\0", RTMI_JSON_E_TRAILING),
        ROW("{}{}", RTMI_JSON_E_TRAILING),
        ROW("{},", RTMI_JSON_E_TRAILING),
        ROW("{} // x", RTMI_JSON_E_TRAILING),
        ROW("{]", RTMI_JSON_E_SYNTAX),
        ROW("{,}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1,}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":[1,]}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":[,1]}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":[1 2]}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":[1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":{]}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\"}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\" 1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1:2}", RTMI_JSON_E_SYNTAX),
        ROW("{a:1}", RTMI_JSON_E_SYNTAX),
        ROW("{'a':1}", RTMI_JSON_E_SYNTAX),
        ROW("{1:1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":'b'}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":01}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":-01}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":+1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":.5}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1.}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1.e1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1e}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1e+}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1e1.5}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":--1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":- 1}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":0x10}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1_000}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1,5}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":NaN}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":Infinity}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":-Infinity}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":nan}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":True}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":trueish}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":nul}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":undefined}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":1/**/}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":\xc2\xa0"
            "1}",
            RTMI_JSON_E_SYNTAX), /* no-break space */
        ROW("{\"a\":1\0}", RTMI_JSON_E_SYNTAX),
        ROW("{\"a\":\"b\nc\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"b\tc\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"b\0c\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\x1f\":1}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"\xff\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"\x80\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"\xc3\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"\xc3\\u00a9\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"\xc0\xaf\"}", RTMI_JSON_E_TEXT),         /* over-long */
        ROW("{\"a\":\"\xe0\x80\xaf\"}", RTMI_JSON_E_TEXT),     /* over-long */
        ROW("{\"a\":\"\xed\xa0\x80\"}", RTMI_JSON_E_TEXT),     /* a surrogate */
        ROW("{\"a\":\"\xf4\x90\x80\x80\"}", RTMI_JSON_E_TEXT), /* above 10FFFF */
        ROW("{\"a\":\"\xf8\x88\x80\x80\x80\"}", RTMI_JSON_E_TEXT),
        ROW("{\"a\":\"\\x41\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\'\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\\0\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\0\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\u00g0\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\u+041\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\u004\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\U00000041\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\ud800\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\udfff\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\udc00\\ud800\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\ud800x\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\ud800\\n\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\ud800\\u0041\"}", RTMI_JSON_E_ESCAPE),
        ROW("{\"a\":\"\\ud800\\ud800\"}", RTMI_JSON_E_ESCAPE),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int r = read_error(rows[i].text, rows[i].len);
        if (r != rows[i].error)
            fail_msg("%s: %d: %s", rows[i].text, r, rtmi_json_error_text(r));
    }
}

static void every_beginning_is_short(void **state)
{
    static const char text[] = " {\"a\\u00e9\":[1,-2.5e+3,true,false,null,\"\\ud83d\\ude00x\"],"
                               "\"b\":{\"c\":{},\"d\":[]}, \"e\" : 18446744073709551615 }";

    (void)state;
    assert_int_equal(read_error(text, sizeof text - 1), 0);
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_equal(read_error(text, n), RTMI_JSON_E_SHORT);
}

/* The object is the first level; `open` is repeated behind it. */
static int read_nested(const char *open, size_t times, const char *close, size_t closes)
{
    const size_t open_len = strlen(open);
    const size_t close_len = strlen(close);
    const size_t len = 4 + times * open_len + 1 + closes * close_len + 1;
    char *text = malloc(len + 1);
    size_t at = 4;

    assert_non_null(text);
    memcpy(text, "{\"\":", 4);
    for (size_t i = 0; i < times; i++, at += open_len)
        memcpy(text + at, open, open_len);
    text[at++] = '7';
    for (size_t i = 0; i < closes; i++, at += close_len)
        memcpy(text + at, close, close_len);
    text[at++] = '}';
    const int r = read_error(text, at);
    free(text);
    return r;
}

static void nesting_ends_at_the_limit(void **state)
{
    (void)state;
    assert_int_equal(read_nested("[", 30, "]", 30), 0);
    assert_int_equal(read_nested("[", 31, "]", 31), 0);
    assert_int_equal(read_nested("[", 32, "]", 32), RTMI_JSON_E_DEPTH);
    assert_int_equal(read_nested("{\"a\":", 31, "}", 31), 0);
    assert_int_equal(read_nested("{\"a\":", 32, "}", 32), RTMI_JSON_E_DEPTH);
    assert_int_equal(read_nested("[", 100000, "]", 0), RTMI_JSON_E_DEPTH);
    assert_int_equal(read_nested("{\"a\":", 100000, "}", 0), RTMI_JSON_E_DEPTH);
    /* An empty one holds nothing, so it is no level; and wide is not deep. */
    assert_int_equal(read_nested("[[],", 31, "]", 31), 0);
    assert_int_equal(read_nested("[[ ],{ },", 31, "]", 31), 0);
}

static void ceiling_of_the_output_is_an_error(void **state)
{
    static const char text[] = "{\"key\":[1,2,\"a longer text that needs a head of two bytes\"]}";
    size_t need;
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, ROOM);
    assert_int_equal(to_pack(rtmi_span_of_text(text), &out), 0);
    need = rtmi_buf_len(&out);
    rtmi_buf_deinit(&out);
    for (size_t max = 0; max <= need; max++) {
        rtmi_buf_init(&out, max);
        assert_int_equal(to_pack(rtmi_span_of_text(text), &out), max < need ? RTM_E_LIMIT : 0);
        rtmi_buf_deinit(&out);
    }
    /* An error from before is the answer, and stays. */
    rtmi_buf_init(&out, 1);
    rtmi_buf_append(&out, "xy", 2);
    assert_int_equal(rtmi_json_to_pack(rtmi_span_of_text("{}"), &out), RTM_E_LIMIT);
    assert_int_equal(rtmi_pack_to_json(rtmi_span_of_text("\x80"), &out), RTM_E_LIMIT);
    assert_int_equal(out.error, RTM_E_LIMIT);
    rtmi_buf_deinit(&out);
}

static void every_kind_of_value_is_written(void **state)
{
    (void)state;
    CHECK_JSON("\x80", "{}");
    CHECK_JSON("\x81\xa1"
               "a\x90",
               "{\"a\":[]}");
    CHECK_JSON("\x82\xa1"
               "a\x93\x01\xff\xc0\xa1"
               "b\x82\xa1"
               "c\xc3\xa1"
               "d\xc2",
               "{\"a\":[1,-1,null],\"b\":{\"c\":true,\"d\":false}}");
    CHECK_JSON("\x92\x91\x91\x01\x91\x80", "[[[1]],[{}]]");
    CHECK_JSON("\x82\xa1"
               "a\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa1"
               "b\xd3\x80\0\0\0\0\0\0\0",
               "{\"a\":18446744073709551615,\"b\":-9223372036854775808}");
    CHECK_JSON("\xcf\x80\x00\x00\x00\x00\x00\x00\x00", "9223372036854775808");
    CHECK_JSON("\x81\xa1"
               "e\xd4\x03\xaa",
               "{\"e\":null}");
    CHECK_JSON("\x81\xa1"
               "a\x01\xc1\xc1",
               "{\"a\":1}"); /* behind it: ignored */
}

static void strings_are_escaped(void **state)
{
    (void)state;
    CHECK_JSON("\xa0", "\"\"");
    CHECK_JSON("\xa9\"\\/\b\f\n\r\t\x7f", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u007f\"");
    CHECK_JSON("\xa3\x00\x01\x1f", "\"\\u0000\\u0001\\u001f\"");
    CHECK_JSON("\xa9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
               "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    CHECK_JSON("\xa5x\ny\nz", "\"x\\ny\\nz\"");
}

static void what_is_no_text_becomes_base64(void **state)
{
    (void)state;
    CHECK_JSON("\xc4\x00", "\"\"");
    CHECK_JSON("\xc4\x01"
               "f",
               "\"Zg==\"");
    CHECK_JSON("\xc4\x02"
               "fo",
               "\"Zm8=\"");
    CHECK_JSON("\xc4\x03"
               "foo",
               "\"Zm9v\"");
    CHECK_JSON("\xc4\x06"
               "foobar",
               "\"Zm9vYmFy\"");
    CHECK_JSON("\xc4\x03\xfb\xff\xbf", "\"+/+/\"");
    CHECK_JSON("\xa2\x80\xff", "\"gP8=\""); /* str, but not UTF-8 */
    CHECK_JSON("\xa3\xed\xa0\x80", "\"7aCA\"");
    CHECK_JSON("\xa2\xc3\x28", "\"wyg=\"");
}

static void keys_become_strings(void **state)
{
    (void)state;
    CHECK_JSON("\x81\x05\x01", "{\"5\":1}");
    CHECK_JSON("\x81\xff\x01", "{\"-1\":1}");
    CHECK_JSON("\x81\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x01", "{\"18446744073709551615\":1}");
    CHECK_JSON("\x81\xc3\xc2", "{\"true\":false}");
    CHECK_JSON("\x81\xc0\x01", "{\"null\":1}");
    CHECK_JSON("\x81\xcb\x3f\xf8\0\0\0\0\0\0\x01", "{\"1.5\":1}");
    CHECK_JSON("\x81\xc4\x02\"k\x01", "{\"\\\"k\":1}"); /* bin that is text */
    CHECK_JSON("\x81\xc4\x02\x80\xff\x01", "{\"gP8=\":1}");
    CHECK_JSON("\x81\xd4\x01\x02\x01", "{\"null\":1}");
    CHECK_JSON("\x82\x91\x81\x01\x02\x03\x90\x04", "{\"null\":3,\"null\":4}");
    CHECK_JSON("\x81\xca\x7f\xc0\x00\x00\x01", "{\"null\":1}");
}

static void check_double(double value, const char *text)
{
    rtmi_buf pack;

    rtmi_buf_init(&pack, 9);
    rtmi_pack_double(&pack, value);
    check_json((const char *)pack.data, 9, text);
    rtmi_buf_deinit(&pack);
}

static void doubles_have_the_fewest_digits(void **state)
{
    (void)state;
    check_double(0.0, "0.0");
    check_double(-0.0, "-0.0");
    check_double(5.0, "5.0");
    check_double(0.1, "0.1");
    check_double(-1.5, "-1.5");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(3.141592653589793, "3.141592653589793");
    check_double(123456789.5, "123456789.5");
    check_double(1e20, "1e+20");
    check_double(1e300, "1e+300");
    check_double(5e-324, "5e-324");
    check_double(1.7976931348623157e308, "1.7976931348623157e+308");
    check_double(9007199254740992.0, "9007199254740992.0");
    check_double((double)1.1f, "1.100000023841858");
    check_double(NAN, "null");
    check_double(INFINITY, "null");
    check_double(-INFINITY, "null");
}

/* Any double that is written is read back, bit by bit. */
static void check_doubles_come_back(void)
{
    uint64_t bits = 1;

    for (int i = 0; i < 20000; i++) {
        double value;
        rtmi_buf pack;
        rtmi_buf text;
        rtmi_buf again;

        bits = bits * UINT64_C(6364136223846793005) + 1442695040888963407;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        if (i % 4 == 0)
            value = (double)(int64_t)(bits >> 40) / 1000;
        rtmi_buf_init(&pack, 100);
        rtmi_buf_init(&text, 100);
        rtmi_buf_init(&again, 100);
        rtmi_pack_map(&pack, 1);
        rtmi_pack_key(&pack, "");
        rtmi_pack_double(&pack, value);
        assert_int_equal(rtmi_pack_to_json(rtmi_buf_span(&pack), &text), 0);
        assert_int_equal(rtmi_json_to_pack(rtmi_buf_span(&text), &again), 0);
        assert_true(rtmi_span_equal(rtmi_buf_span(&pack), rtmi_buf_span(&again)));
        rtmi_buf_deinit(&pack);
        rtmi_buf_deinit(&text);
        rtmi_buf_deinit(&again);
    }
}

static void doubles_come_back(void **state)
{
    (void)state;
    check_doubles_come_back();
}

static void locale_plays_no_part(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8",  "fr_FR.UTF-8",
                                        "tr_TR.UTF-8", "ps_AF.UTF-8", "ps_AF"};
    int tried = 0;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (setlocale(LC_ALL, names[i]) == NULL)
            continue;
        tried++;
        doubles_have_the_fewest_digits(state);
        doubles_are_rounded_correctly(state);
        check_doubles_come_back();
        assert_non_null(setlocale(LC_ALL, "C"));
    }
    if (tried == 0)
        print_message("no locale with another decimal point is installed: not tried\n");
}

static void malformed_pack_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int error;
    } rows[] = {
        ROW("", RTMI_PACK_E_SHORT),
        ROW("\xc1", RTMI_PACK_E_RESERVED),
        ROW("\x81\xa1"
            "a",
            RTMI_PACK_E_SHORT),
        ROW("\x81\xa1"
            "a\xc1",
            RTMI_PACK_E_RESERVED),
        ROW("\xdf\xff\xff\xff\xff", RTMI_PACK_E_SHORT),
        ROW("\xdd\x80\x00\x00\x00", RTMI_PACK_E_SHORT),
        ROW("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
            "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01",
            RTMI_PACK_E_DEPTH),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const rtmi_span copy =
            heap_copy_span((rtmi_span){(const uint8_t *)rows[i].bytes, rows[i].len});
        rtmi_buf out;
        rtmi_buf_init(&out, ROOM);
        rtmi_buf_append(&out, "kept", 4);
        assert_int_equal(rtmi_pack_to_json(copy, &out), rows[i].error);
        assert_true(rtmi_span_is(rtmi_buf_span(&out), "kept"));
        rtmi_buf_deinit(&out);
        heap_copy_free(copy);
    }
}

static void written_text_ends_at_the_ceiling(void **state)
{
    static const char pack[] = "\x82\xa1"
                               "a\x93\x01\xa2\n\n\xc0\xa1"
                               "b\xc4\x03xyz";
    const rtmi_span bytes = {(const uint8_t *)pack, sizeof pack - 1};
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, ROOM);
    assert_int_equal(rtmi_pack_to_json(bytes, &out), 0);
    const size_t need = rtmi_buf_len(&out);
    rtmi_buf_deinit(&out);
    for (size_t max = 0; max < need; max++) {
        rtmi_buf_init(&out, max);
        assert_int_equal(rtmi_pack_to_json(bytes, &out), RTM_E_LIMIT);
        assert_int_equal(rtmi_buf_len(&out), 0);
        assert_int_equal(out.error, 0);
        rtmi_buf_deinit(&out);
    }
}

static bool there_and_back(void *userdata)
{
    static char text[5000];
    bool done;
    rtmi_buf pack;
    rtmi_buf json;

    (void)userdata;
    (void)snprintf(text, sizeof text, "{\"a\":[1.5,\"%04000d\"],\"b\":{}}", 0);
    rtmi_buf_init(&pack, ROOM);
    rtmi_buf_init(&json, ROOM);
    int r = rtmi_json_to_pack(rtmi_span_of_text(text), &pack);
    if (r == 0)
        r = rtmi_pack_to_json(rtmi_buf_span(&pack), &json);
    assert_true(r == 0 || r == RTM_E_NOMEM);
    done = r == 0;
    if (done)
        assert_true(rtmi_span_is(rtmi_buf_span(&json), text));
    rtmi_buf_deinit(&pack);
    rtmi_buf_deinit(&json);
    return done;
}

static void out_of_memory_is_an_ordinary_error(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(there_and_back, NULL) >= 2);
}

static void utf8_is_told_from_other_bytes(void **state)
{
    (void)state;
    /* Every code point in its one form; surrogates in none. */
    for (uint32_t point = 0; point < 0x110000; point++) {
        uint8_t bytes[4];
        size_t len;
        if (point < 0x80) {
            bytes[0] = (uint8_t)point;
            len = 1;
        } else if (point < 0x800) {
            bytes[0] = (uint8_t)(0xc0 | point >> 6);
            len = 2;
        } else if (point < 0x10000) {
            bytes[0] = (uint8_t)(0xe0 | point >> 12);
            len = 3;
        } else {
            bytes[0] = (uint8_t)(0xf0 | point >> 18);
            len = 4;
        }
        for (size_t i = 1; i < len; i++)
            bytes[i] = (uint8_t)(0x80 | (point >> 6 * (len - 1 - i) & 0x3f));
        const bool valid = point < 0xd800 || point > 0xdfff;
        if (rtmi_utf8_len(bytes, len) != (valid ? len : 0))
            fail_msg("U+%04X", point);
        if (len > 1 && rtmi_utf8_len(bytes, len - 1) != 0)
            fail_msg("U+%04X cut", point);
    }
    /* Of all pairs of bytes: two of ASCII, or one of the two-byte forms. */
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const uint8_t pair[2] = {(uint8_t)a, (uint8_t)b};
            const bool expected =
                (a < 0x80 && b < 0x80) || (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf);
            assert_int_equal(rtmi_utf8_is_valid((rtmi_span){pair, 2}), expected);
        }
    }
    assert_true(rtmi_utf8_is_valid((rtmi_span){0}));
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int error = RTMI_JSON_E_TRAILING; error <= RTMI_JSON_E_SHORT; error++)
        assert_string_not_equal(rtmi_json_error_text(error), rtmi_json_error_text(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(integers_stay_integers),
        cmocka_unit_test(doubles_are_rounded_correctly),
        cmocka_unit_test(numbers_out_of_range_are_errors),
        cmocka_unit_test(a_megabyte_of_digits_is_one_number),
        cmocka_unit_test(escapes_are_read),
        cmocka_unit_test(long_strings_and_containers_get_wide_heads),
        cmocka_unit_test(sixteen_members_need_a_wider_head),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(every_beginning_is_short),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(ceiling_of_the_output_is_an_error),
        cmocka_unit_test(every_kind_of_value_is_written),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(what_is_no_text_becomes_base64),
        cmocka_unit_test(keys_become_strings),
        cmocka_unit_test(doubles_have_the_fewest_digits),
        cmocka_unit_test(doubles_come_back),
        cmocka_unit_test(locale_plays_no_part),
        cmocka_unit_test(malformed_pack_is_refused),
        cmocka_unit_test(written_text_ends_at_the_ceiling),
        cmocka_unit_test(out_of_memory_is_an_ordinary_error),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(every_error_has_a_text),
    };

    return cmocka_run_group_tests_name("fpnn.json", tests, NULL, NULL);
}
