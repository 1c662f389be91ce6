/*
 * Words of the command line and of strangers: ids, numbers, durations, base64, and text made
 * safe for a terminal.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/base64.h"
#include "cli/digits.h"
#include "cli/ids.h"
#include "cli/number.h"
#include "cli/visible.h"

static void assert_ids(const char *text, const int64_t *expected, size_t count)
{
    struct ids ids = {0};
    const char *reason = NULL;

    assert_true(ids_parse(&ids, text, &reason));
    assert_int_equal(ids.count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(ids.values[i] == expected[i]);
    ids_deinit(&ids);
}

static void lists_have_ids_and_ranges(void **state)
{
    (void)state;
    assert_ids("7", (const int64_t[]){7}, 1);
    assert_ids("1,5,10-12", (const int64_t[]){1, 5, 10, 11, 12}, 5);
    assert_ids("-3--1,0", (const int64_t[]){-3, -2, -1, 0}, 4);
    assert_ids("-1-1", (const int64_t[]){-1, 0, 1}, 3);
    assert_ids("9223372036854775806-9223372036854775807",
               (const int64_t[]){INT64_MAX - 1, INT64_MAX}, 2);
    assert_ids("-9223372036854775808", (const int64_t[]){INT64_MIN}, 1);
}

static void lists_with_a_mistake_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        ",",
        "1,",
        ",1",
        "1,,2",
        "a",
        "1a",
        "1-",
        "--1",
        "5-1",
        "1 2",
        " 1",
        "+1",
        "1.5",
        "9223372036854775808",
        "0-100000",
        "-9223372036854775808-9223372036854775807",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ids ids = {0};
        const char *reason = NULL;

        if (ids_parse(&ids, bad[i], &reason))
            fail_msg("taken: \"%s\"", bad[i]);
        assert_non_null(reason);
        ids_deinit(&ids);
    }
}

static void lists_have_a_limit(void **state)
{
    struct ids ids = {0};
    const char *reason = NULL;

    (void)state;
    assert_true(ids_parse(&ids, "1-99999", &reason));
    assert_true(ids_parse(&ids, "100000", &reason));
    assert_int_equal(ids.count, IDS_MAX);
    assert_false(ids_parse(&ids, "100001", &reason));
    ids_deinit(&ids);
}

static void durations_have_units(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"10s", 10000}, {"500ms", 500}, {"2m", 120000}, {"1h", 3600000},
                {"1.5s", 1500}, {"3", 3000},    {"0s", 0},      {".5s", 500}};
    static const char *const bad[] = {"", "s", "10 s", "-1s", "1d", "1e3s", "999999999h", "1ss"};
    int64_t ms = -1;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(number_parse_duration(good[i].text, &ms));
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(number_parse_duration(bad[i], &ms));
}

static void rates_are_positive(void **state)
{
    double rate = 0;

    (void)state;
    assert_true(number_parse_rate("0.5", &rate));
    assert_true(rate > 0.49 && rate < 0.51);
    assert_true(number_parse_rate("20000", &rate));
    assert_false(number_parse_rate("0", &rate));
    assert_false(number_parse_rate("-1", &rate));
    assert_false(number_parse_rate("5/s", &rate));
}

static void assert_visible(const char *text, size_t len, const char *expected)
{
    struct buffer out = {0};

    visible_append(&out, text, len);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, expected);
    buffer_deinit(&out);
}

static void terminals_get_nothing_to_act_on(void **state)
{
    (void)state;
    assert_visible("h\xc3\xa9llo \xf0\x9f\x98\x85", 11, "h\xc3\xa9llo \xf0\x9f\x98\x85");
    assert_visible("a\nb\rc\td", 7, "a\\nb\\rc\\td");
    assert_visible("\x1b[31m\x07\x7f\0", 8, "\\x1b[31m\\x07\\x7f\\x00");
    assert_visible("\xc2\x9b", 2, "\\u009b");     /* CSI of C1 */
    assert_visible("\xe2\x80\xae", 3, "\\u202e"); /* right-to-left override */
    assert_visible("\xe2\x81\xa6\xe2\x81\xa9", 6, "\\u2066\\u2069");
    assert_visible("\xe2\x80\xa8\xd8\x9c", 5, "\\u2028\\u061c");
    assert_visible("\xf3\xa0\x81\x81", 4, "\\ue0041"); /* a tag character */
    assert_visible("\xff\xc3", 2, "\\xff\\xc3");
}

static void base64_comes_back(void **state)
{
    (void)state;
    for (size_t len = 0; len < 70; len++) {
        struct buffer text = {0}, back = {0};
        unsigned char bytes[70];

        for (size_t i = 0; i < len; i++)
            bytes[i] = (unsigned char)(i * 37 + len * 11);
        base64_append(&text, bytes, len);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_true(base64_decode(&back, text.data, text.len));
        assert_int_equal(back.len, len);
        if (len > 0)
            assert_memory_equal(back.data, bytes, len);
        buffer_deinit(&text);
        buffer_deinit(&back);
    }
}

static void base64_is_strict(void **state)
{
    static const char *const bad[] = {
        "A", "AB", "ABC", "A===", "AB=C", "====", "AB==AAAA", "AAA-", "AB\n=", "AR==", "AAB="};
    struct buffer out = {0};

    (void)state;
    assert_true(base64_decode(&out, "/+8=", 4));
    assert_int_equal(out.len, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (base64_decode(&out, bad[i], strlen(bad[i])))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(out.len, 2);
    }
    buffer_deinit(&out);
}

static void numbers_are_written_whole(void **state)
{
    struct buffer out = {0};

    (void)state;
    buffer_append_int(&out, INT64_MIN);
    buffer_append_byte(&out, ' ');
    buffer_append_int(&out, INT64_MAX);
    buffer_append_byte(&out, ' ');
    buffer_append_uint(&out, UINT64_MAX);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, "-9223372036854775808 9223372036854775807 18446744073709551615");
    buffer_deinit(&out);
}

/* Into a block of just that size, beside what printf makes of it. */
static void assert_digits(uint64_t value)
{
    char expected[DIGITS_MAX + 2];
    const size_t len = (size_t)snprintf(expected, sizeof expected, "%" PRIu64, value);
    char *text = malloc(len);

    assert_non_null(text);
    assert_ptr_equal(digits_write_uint(text, value), text + len);
    assert_memory_equal(text, expected, len);
    free(text);
    if (value > INT64_MAX)
        return;
    const size_t signed_len =
        (size_t)snprintf(expected, sizeof expected, "%" PRId64, -(int64_t)value);
    text = malloc(signed_len);
    assert_non_null(text);
    assert_ptr_equal(digits_write_int(text, -(int64_t)value), text + signed_len);
    assert_memory_equal(text, expected, signed_len);
    free(text);
}

static void digits_are_those_of_printf(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 20000; value++)
        assert_digits(value);
    for (uint64_t power = 10000; power < UINT64_MAX / 10; power *= 10) {
        for (uint64_t value = power - 2; value <= power + 2; value++) {
            assert_digits(value);
            assert_digits(value * 9);
            assert_digits(value + power / 7);
        }
    }
    assert_digits((uint64_t)INT64_MAX);
    assert_digits(UINT64_MAX);
}

static void padded_digits_have_their_zeros(void **state)
{
    char text[4] = "";
    char expected[4];

    (void)state;
    for (unsigned value = 0; value < 1000; value++) {
        (void)snprintf(expected, sizeof expected, "%03u", value);
        assert_ptr_equal(digits_write_three(text, value), text + 3);
        assert_memory_equal(text, expected, 3);
        if (value < 100) {
            assert_ptr_equal(digits_write_two(text, value), text + 2);
            assert_memory_equal(text, expected + 1, 2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_have_ids_and_ranges),
        cmocka_unit_test(lists_with_a_mistake_are_refused),
        cmocka_unit_test(lists_have_a_limit),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(rates_are_positive),
        cmocka_unit_test(terminals_get_nothing_to_act_on),
        cmocka_unit_test(base64_comes_back),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(numbers_are_written_whole),
        cmocka_unit_test(digits_are_those_of_printf),
        cmocka_unit_test(padded_digits_have_their_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
