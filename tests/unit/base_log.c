/*
 * Log lines: cut to their room, plain text whatever a peer has put into them, and nothing at all
 * when nobody listens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/log.h"

typedef struct heard {
    int count;
    int level;
    char text[RTMI_LOG_LINE_SIZE];
} heard;

static void hear(int level, const char *text, void *userdata)
{
    heard *h = userdata;

    h->count++;
    h->level = level;
    assert_true(strlen(text) < sizeof h->text);
    memcpy(h->text, text, strlen(text) + 1);
    rtmi_log_make_plain(h->text);
}

static void only_what_is_wanted_is_written(void **state)
{
    heard h = {.count = 0};
    const rtmi_log log = {hear, &h, RTMI_LOG_INFO};
    const rtmi_log nobody = {NULL, NULL, RTMI_LOG_TRACE};

    (void)state;
    rtmi_log_line(&nobody, RTMI_LOG_ERROR, "x");
    rtmi_log_line(&log, RTMI_LOG_DEBUG, "x");
    assert_int_equal(h.count, 0);
    rtmi_log_line(&log, RTMI_LOG_INFO, "%d of %s", 3, "four");
    assert_int_equal(h.count, 1);
    assert_int_equal(h.level, RTMI_LOG_INFO);
    assert_string_equal(h.text, "3 of four");
}

static void what_is_no_plain_text_is_shown_as_such(void **state)
{
    static const char *const cases[][2] = {
        {"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
         "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"a\nb\rc\td\x1b[2Je\x7f", "a?b?c?d?[2Je?"}, /* lines and terminals are not forged */
        {"\xc2\x9b"
         "2J \xc2\xa0",
         "??2J \xc2\xa0"}, /* CSI in one character */
        {"\xff\xfe \xc3", "?? ?"},
        {"\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", "?? ??? ????"}, /* overlong */
        {"\xed\xa0\x80 \xf4\x90\x80\x80 \xf8", "??? ???? ?"},      /* surrogate, too high */
        {"\xe2\x82", "??"},
        {"", ""},
    };
    heard h = {.count = 0};
    const rtmi_log log = {hear, &h, RTMI_LOG_TRACE};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rtmi_log_line(&log, RTMI_LOG_INFO, "%s", cases[i][0]);
        assert_string_equal(h.text, cases[i][1]);
    }
}

static void a_long_line_is_cut_between_characters_or_marked(void **state)
{
    char text[2 * RTMI_LOG_LINE_SIZE];
    heard h = {.count = 0};
    const rtmi_log log = {hear, &h, RTMI_LOG_TRACE};

    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        memset(text, 'x', sizeof text);
        for (size_t i = shift; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xc3\xa9", 2);
        text[sizeof text - 1] = '\0';
        rtmi_log_line(&log, RTMI_LOG_INFO, "%s", text);
        assert_int_equal(strlen(h.text), RTMI_LOG_LINE_SIZE - 1);
        /* 511 bytes: with an even begin the last character is halved. */
        assert_int_equal(h.text[RTMI_LOG_LINE_SIZE - 2] == '?', shift == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_wanted_is_written),
        cmocka_unit_test(what_is_no_plain_text_is_shown_as_such),
        cmocka_unit_test(a_long_line_is_cut_between_characters_or_marked),
    };

    return cmocka_run_group_tests_name("base.log", tests, NULL, NULL);
}
