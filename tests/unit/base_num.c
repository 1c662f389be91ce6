/*
 * Numbers as bytes and as text; the small neighbours list, log and span.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/list.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/base/span.h"
#include "tests/support/heap_copy.h"

static void loads_and_stores_know_their_order(void **state)
{
    static const uint8_t bytes[] = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};
    uint8_t *p = heap_copy(bytes, sizeof bytes);

    (void)state;
    assert_int_equal(rtmi_load_be16(p), 0x0182);
    assert_int_equal(rtmi_load_be32(p), 0x01820384);
    assert_true(rtmi_load_be64(p) == UINT64_C(0x0182038405860788));
    assert_int_equal(rtmi_load_le32(p), 0x84038201);
    assert_true(rtmi_load_le64(p) == UINT64_C(0x8807860584038201));
    assert_int_equal(rtmi_load_be32(p + 3), 0x84058607); /* anywhere */

    rtmi_store_be16(p + 6, 0x1234);
    assert_memory_equal(p + 6, "\x12\x34", 2);
    rtmi_store_be32(p + 4, 0x12345678);
    assert_memory_equal(p + 4, "\x12\x34\x56\x78", 4);
    rtmi_store_be64(p, UINT64_C(0x123456789abcdef0));
    assert_memory_equal(p, "\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8);
    rtmi_store_le32(p + 1, 0x12345678);
    assert_memory_equal(p, "\x12\x78\x56\x34\x12\xbc\xde\xf0", 8);
    free(p);
}

static void expect_printed(int64_t value)
{
    char expected[32];
    char *text = malloc(RTMI_INT_TEXT_SIZE); /* exactly that: nothing is written behind it */
    int64_t read = 77;

    const size_t len = rtmi_int_print(value, text);
    (void)snprintf(expected, sizeof expected, "%lld", (long long)value);
    assert_string_equal(text, expected);
    assert_int_equal(len, strlen(expected));
    assert_true(rtmi_int_parse(text, len, &read));
    assert_true(read == value);
    free(text);
}

static void printed_integers_are_read_back(void **state)
{
    static const int64_t values[] = {
        0, 1, -1, 9, 10, -10, 99, 100, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1 - INT64_MAX};
    int64_t power = 1;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect_printed(values[i]);
    for (size_t i = 0; i < 18; i++, power *= 10) {
        for (int64_t digit = 1; digit < 10; digit++) {
            for (int64_t near = -2; near < 3; near++) {
                expect_printed(digit * power + near);
                expect_printed(-digit * power + near);
            }
        }
    }
    for (int64_t value = 0; value < 20000; value++) /* all halves of eight digits */
        expect_printed(value * 10000 + value % 10000);
    for (uint64_t x = 1; x < 20000; x++) /* every length */
        expect_printed((int64_t)rtmi_mix64(x) >> x % 64);
}

static void integers_are_read_strictly(void **state)
{
    static const char *const wrong[] = {"",
                                        "-",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "--1",
                                        "0x1",
                                        "1e3",
                                        "a",
                                        "1a",
                                        "-a",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "18446744073709551616",
                                        "99999999999999999999999",
                                        "92233720368547758070"};
    int64_t value = 77;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const size_t len = strlen(wrong[i]);
        char *text = (char *)heap_copy(wrong[i], len); /* no NUL behind */
        assert_false(rtmi_int_parse(text, len, &value));
        assert_int_equal(value, 77);
        free(text);
    }
    assert_false(rtmi_int_parse("1\0", 2, &value));
    assert_true(rtmi_int_parse("007", 3, &value));
    assert_int_equal(value, 7);
    assert_true(rtmi_int_parse("12x", 2, &value));
    assert_int_equal(value, 12);
    assert_true(rtmi_int_parse("-0", 2, &value));
    assert_int_equal(value, 0);
    assert_true(rtmi_int_parse("-9223372036854775808", 20, &value));
    assert_true(value == INT64_MIN);
}

static void bounds_are_what_they_say(void **state)
{
    (void)state;
    assert_int_equal(rtmi_min_size(3, 4), 3);
    assert_int_equal(rtmi_min_size(SIZE_MAX, 4), 4);
    assert_true(rtmi_max_i64(INT64_MIN, INT64_MAX) == INT64_MAX);
    assert_true(rtmi_min_i64(INT64_MIN, INT64_MAX) == INT64_MIN);
}

static void mixing_moves_every_bit(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        int moved = 0;
        for (uint64_t i = 0; i < 1000; i++) {
            const uint64_t x = i * UINT64_C(0x9e3779b97f4a7c15);
            moved += __builtin_popcountll(rtmi_mix64(x) ^ rtmi_mix64(x ^ UINT64_C(1) << bit));
        }
        assert_in_range(moved, 28000, 36000); /* about half of 64 bits, a thousand times */
    }
}

static void sorting_keeps_each_number_once(void **state)
{
    int64_t numbers[] = {5, INT64_MAX, -1, 5, INT64_MIN, 0, -1, INT64_MAX, 5};
    static const int64_t expected[] = {INT64_MIN, -1, 0, 5, INT64_MAX};

    (void)state;
    assert_int_equal(rtmi_sort_unique(NULL, 0), 0);
    assert_int_equal(rtmi_sort_unique(numbers, 1), 1);
    assert_int_equal(rtmi_sort_unique(numbers, 9), 5);
    assert_memory_equal(numbers, expected, sizeof expected);
    assert_int_equal(rtmi_sort_unique(numbers, 5), 5);
}

typedef struct item {
    int number;
    rtmi_link link;
} item;

static void list_keeps_order_and_lets_go_anywhere(void **state)
{
    item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    rtmi_list list;

    (void)state;
    rtmi_list_init(&list);
    assert_true(rtmi_list_is_empty(&list));
    assert_null(rtmi_list_first(&list));
    rtmi_list_remove(&items[0].link); /* in no list */
    for (int i = 0; i < 4; i++)
        rtmi_list_push(&list, &items[i].link);
    rtmi_list_remove(&items[2].link);
    rtmi_list_remove(&items[2].link);
    assert_false(rtmi_list_holds(&items[2].link));
    assert_true(rtmi_list_holds(&items[3].link));

    int numbers = 0;
    for (rtmi_link *at = rtmi_list_first(&list); at != NULL; at = rtmi_list_next(&list, at))
        numbers = numbers * 10 + RTMI_CONTAINER(at, item, link)->number;
    assert_int_equal(numbers, 13); /* 0, 1, 3 */

    rtmi_list_push(&list, &items[2].link);
    rtmi_list_remove(&items[0].link);
    assert_int_equal(RTMI_CONTAINER(rtmi_list_first(&list), item, link)->number, 1);
    rtmi_list_remove(&items[1].link);
    rtmi_list_remove(&items[2].link);
    rtmi_list_remove(&items[3].link);
    assert_true(rtmi_list_is_empty(&list));
}

static void span_compares_bytes(void **state)
{
    (void)state;
    assert_true(rtmi_span_is((rtmi_span){0}, ""));
    assert_true(rtmi_span_equal((rtmi_span){0}, rtmi_span_of_text("")));
    assert_true(rtmi_span_is(rtmi_span_of_text("abc"), "abc"));
    assert_false(rtmi_span_is(rtmi_span_of_text("abc"), "abd"));
    assert_false(rtmi_span_is(rtmi_span_of_text("abc"), "ab"));
    assert_false(rtmi_span_is((rtmi_span){(const uint8_t *)"ab", 3}, "ab")); /* its NUL counts */
}

static int logged_level;
static char logged_text[RTMI_LOG_LINE_SIZE];

static void keep_line(int level, const char *text, void *userdata)
{
    assert_ptr_equal(userdata, &logged_level);
    logged_level = level;
    (void)snprintf(logged_text, sizeof logged_text, "%s", text);
}

static void log_formats_only_what_is_wanted(void **state)
{
    char longest[2 * RTMI_LOG_LINE_SIZE];
    const rtmi_log nobody = {.level = RTMI_LOG_TRACE};
    const rtmi_log log = {.write = keep_line, .userdata = &logged_level, .level = RTMI_LOG_INFO};

    (void)state;
    rtmi_log_line(&nobody, RTMI_LOG_ERROR, "%s", "never");
    logged_level = -1;
    rtmi_log_line(&log, RTMI_LOG_DEBUG, "%s", "not wanted");
    assert_int_equal(logged_level, -1);
    rtmi_log_line(&log, RTMI_LOG_INFO, "%s and %d", "wanted", 7);
    assert_int_equal(logged_level, RTMI_LOG_INFO);
    assert_string_equal(logged_text, "wanted and 7");

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    rtmi_log_line(&log, RTMI_LOG_ERROR, "%s", longest);
    assert_int_equal(strlen(logged_text), RTMI_LOG_LINE_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_and_stores_know_their_order),
        cmocka_unit_test(printed_integers_are_read_back),
        cmocka_unit_test(integers_are_read_strictly),
        cmocka_unit_test(bounds_are_what_they_say),
        cmocka_unit_test(mixing_moves_every_bit),
        cmocka_unit_test(sorting_keeps_each_number_once),
        cmocka_unit_test(list_keeps_order_and_lets_go_anywhere),
        cmocka_unit_test(span_compares_bytes),
        cmocka_unit_test(log_formats_only_what_is_wanted),
    };

    return cmocka_run_group_tests_name("base.num", tests, NULL, NULL);
}
