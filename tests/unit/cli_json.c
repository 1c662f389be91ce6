/*
 * The JSON of the command line: what it writes is always valid, what it reads is strict, and
 * what goes out and comes back is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json_read.h"
#include "cli/json_write.h"
#include "cli/utf8.h"

/* Exact size, so that the sanitizer sees one byte over. */
static char *exact(const char *text, size_t len)
{
    char *copy = malloc(len == 0 ? 1 : len);

    assert_non_null(copy);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

static bool writes(const char *text, size_t len, struct buffer *out)
{
    char *copy = exact(text, len);
    const bool ok = json_write_text(out, copy, len);

    free(copy);
    return ok;
}

static void assert_written(const char *text, size_t len, const char *expected)
{
    struct buffer out = {0};

    assert_true(writes(text, len, &out));
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    buffer_deinit(&out);
}

static void escapes_are_those_of_rfc_8259(void **state)
{
    (void)state;
    assert_written("", 0, "\"\"");
    assert_written("plain", 5, "\"plain\"");
    assert_written("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    assert_written("\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"");
    assert_written("\0\v\x1f\x7f", 4, "\"\\u0000\\u000b\\u001f\x7f\"");
    assert_written("0123456789abcdef\"", 17, "\"0123456789abcdef\\\"\"");
}

/* A special byte at each place of the eight that are looked at together. */
static void special_bytes_are_seen_at_every_place(void **state)
{
    static const char specials[] = {0, 1, 31, '"', '\\', (char)0x80, (char)0xff};

    (void)state;
    for (size_t len = 1; len <= 24; len++) {
        for (size_t at = 0; at < len; at++) {
            for (size_t k = 0; k < sizeof specials; k++) {
                struct buffer out = {0};
                char text[24];

                memset(text, 'x', sizeof text);
                text[at] = specials[k];
                const bool is_ascii = ((unsigned char)specials[k] & 0x80) == 0;
                assert_int_equal(writes(text, len, &out), is_ascii);
                assert_int_equal(out.len == 0, !is_ascii);
                if (is_ascii)
                    assert_true(out.len > len + 2);
                buffer_deinit(&out);
            }
        }
    }
}

static void every_code_point_comes_back(void **state)
{
    struct buffer text = {0}, line = {0}, back = {0};

    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        char bytes[4];

        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        buffer_append(&text, bytes, utf8_encode(point, bytes));
    }
    assert_true(json_write_text(&line, text.data, text.len));
    struct json_in in = {.at = line.data, .end = line.data + line.len};
    assert_true(json_read_text(&in, &back));
    assert_ptr_equal(in.at, in.end);
    assert_int_equal(back.len, text.len);
    assert_memory_equal(back.data, text.data, text.len);
    assert_null(memchr(line.data, '\n', line.len));
    buffer_deinit(&text);
    buffer_deinit(&line);
    buffer_deinit(&back);
}

/* Room is made for one piece of a long text after the other. */
static void long_texts_are_written_whole(void **state)
{
    static const struct {
        const char *part;
        const char *written;
    } parts[] = {
        {"\x01", "\\u0001"}, {"\"", "\\\""}, {"\xf0\x9f\x98\x80", NULL}, {"\xe4\xbd\xa0", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (size_t before = 0; before < 9; before++) {
            const char *written = parts[i].written != NULL ? parts[i].written : parts[i].part;
            struct buffer text = {0}, expected = {0};

            buffer_append_byte(&expected, '"');
            for (size_t k = 0; k < before; k++) {
                buffer_append_byte(&text, 'x');
                buffer_append_byte(&expected, 'x');
            }
            for (size_t k = 0; k < 2000; k++) {
                buffer_append_string(&text, parts[i].part);
                buffer_append_string(&expected, written);
            }
            buffer_append(&expected, "\"", 2);
            assert_written(text.data, text.len, expected.data);
            buffer_append_byte(&text, '\xe4'); /* cut short */
            struct buffer out = {0};
            assert_false(writes(text.data, text.len, &out));
            assert_int_equal(out.len, 0);
            buffer_deinit(&out);
            buffer_deinit(&text);
            buffer_deinit(&expected);
        }
    }
}

static void what_is_not_utf8_is_not_written(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xef\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xfe",
        "\xe2\x28\xa1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        for (size_t before = 0; before < 10; before++) {
            struct buffer text = {0}, out = {0};

            for (size_t k = 0; k < before; k++)
                buffer_append_byte(&text, 'x');
            buffer_append_string(&text, bad[i]);
            buffer_append_string(&out, "kept");
            assert_false(writes(text.data, text.len, &out));
            assert_int_equal(out.len, 4);
            assert_false(utf8_is_valid(text.data, text.len));
            buffer_deinit(&text);
            buffer_deinit(&out);
        }
    }
}

static bool skips(const char *text)
{
    const size_t len = strlen(text);
    char *copy = exact(text, len);
    struct json_in in = {.at = copy, .end = copy + len};
    const bool ok = json_skip_value(&in) && in.at == in.end;

    free(copy);
    return ok;
}

static void values_are_judged_as_rfc_8259_does(void **state)
{
    static const char *const good[] = {
        "0",
        "-0",
        "10",
        "-1.5e+10",
        "1E5",
        "0.1",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "true",
        "false",
        "null",
        "[]",
        "[ ]",
        "{}",
        "{ }",
        "[1,[2,{\"a\":[]}]]",
        "{\"a\":1,\"a\":2}",
        "{\"a\" : [ 1 , 2 ] }",
        "[[[[[[[[]]]]]]]]",
    };
    static const char *const bad[] = {
        "",         "01",        "-",         "1.",          ".5",          "1e",
        "+1",       "0x1",       "NaN",       "tru",         "nul",         "'a'",
        "\"",       "\"\\x\"",   "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"a\nb\"", "[",         "[1",        "[1,",         "[1,]",        "[,1]",
        "{",        "{\"a\"",    "{\"a\":",   "{\"a\":1,}",  "{a:1}",       "{1:1}",
        "[1}",      "{\"a\":1]", "[1 2]",     "{\"a\" 1}",   "\"\xff\"",    "]",
        "}",        ",",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!skips(good[i]))
            fail_msg("refused: %s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (skips(bad[i]))
            fail_msg("taken: %s", bad[i]);
    }
}

static void depth_has_an_end(void **state)
{
    char text[200];

    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    assert_true(skips(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    assert_false(skips(text));
}

static void objects_are_kept_as_they_are_written(void **state)
{
    static const char *const not_objects[] = {"", "[]", "1", "\"{}\"", "{", "{}x", "{} {}"};
    const char *text = " {\"b\" : 1,\n\"a\":[1.0, 2e3]}\n";
    struct buffer out = {0};

    (void)state;
    assert_true(json_write_object(&out, text, strlen(text)));
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, "{\"b\" : 1, \"a\":[1.0, 2e3]}");
    for (size_t i = 0; i < sizeof not_objects / sizeof not_objects[0]; i++) {
        out.len = 0;
        assert_false(json_write_object(&out, not_objects[i], strlen(not_objects[i])));
        assert_int_equal(out.len, 0);
    }
    buffer_deinit(&out);
}

static bool reads_int(const char *text, int64_t *ret_value)
{
    const size_t len = strlen(text);
    char *copy = exact(text, len);
    struct json_in in = {.at = copy, .end = copy + len};
    const bool ok = json_read_int(&in, ret_value);

    free(copy);
    return ok;
}

static void ids_are_numbers_or_strings(void **state)
{
    int64_t value = 0;

    (void)state;
    assert_true(reads_int("-9223372036854775808", &value));
    assert_true(value == INT64_MIN);
    assert_true(reads_int("\"9223372036854775807\"", &value));
    assert_true(value == INT64_MAX);
    assert_true(reads_int("7,", &value));
    assert_int_equal(value, 7);
    assert_false(reads_int("9223372036854775808", &value));
    assert_false(reads_int("-9223372036854775809", &value));
    assert_false(reads_int("1.5", &value));
    assert_false(reads_int("1e3", &value));
    assert_false(reads_int("\"7", &value));
    assert_false(reads_int("\"7x\"", &value));
    assert_false(reads_int("\"\"", &value));
    assert_false(reads_int("true", &value));
    assert_int_equal(value, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_those_of_rfc_8259),
        cmocka_unit_test(special_bytes_are_seen_at_every_place),
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(long_texts_are_written_whole),
        cmocka_unit_test(what_is_not_utf8_is_not_written),
        cmocka_unit_test(values_are_judged_as_rfc_8259_does),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(objects_are_kept_as_they_are_written),
        cmocka_unit_test(ids_are_numbers_or_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
