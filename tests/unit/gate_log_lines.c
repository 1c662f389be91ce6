/*
 * Log lines: each is one line of the promised form, whatever the text holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate/log_lines.h"
#include "gate/text.h"

/* Log one text, and read what came out. */
static void log_one(log_lines_format format, int shard, int level, const char *text, char *ret_line,
                    size_t size)
{
    int fds[2];
    log_lines lines;

    assert_int_equal(pipe(fds), 0);
    log_lines_init(&lines, fds[1], format);
    const rtmi_log log = log_lines_as_log(&lines, RTMI_LOG_INFO);
    log_lines_set_shard(shard);
    if (rtmi_log_wants(&log, level)) /* as others than our own log call may do it */
        log.write(level, text, log.userdata);
    log_lines_set_shard(-1);
    assert_int_equal(close(fds[1]), 0);
    const ssize_t len = read(fds[0], ret_line, size - 1);
    assert_true(len >= 0);
    ret_line[len] = '\0';
    assert_int_equal(close(fds[0]), 0);
}

static void text_lines_have_time_level_and_shard(void **state)
{
    char line[4096];

    (void)state;
    log_one(LOG_LINES_TEXT, 3, RTMI_LOG_WARN, "hello", line, sizeof line);
    assert_true(strlen(line) > 24);
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[23], 'Z');
    assert_string_equal(line + 24, " warn shard=3 hello\n");
    log_one(LOG_LINES_TEXT, -1, RTMI_LOG_INFO, "hello", line, sizeof line);
    assert_string_equal(line + 24, " info hello\n");
}

static void lines_above_the_level_are_not_written(void **state)
{
    char line[4096];

    (void)state;
    log_one(LOG_LINES_TEXT, 0, RTMI_LOG_DEBUG, "hello", line, sizeof line);
    assert_string_equal(line, "");
}

static void what_peers_send_stays_one_line_of_utf8(void **state)
{
    char line[4096];

    (void)state;
    log_one(LOG_LINES_TEXT, -1, RTMI_LOG_INFO, "a\nb\x1b[0m\xff\xc3\xa9\xc2\x85", line,
            sizeof line);
    assert_string_equal(line + 24, " info a\\x0ab\\x1b[0m\\xff\xc3\xa9\\xc2\\x85\n");
}

static void json_lines_are_json(void **state)
{
    char line[8192];
    char worst[RTMI_LOG_LINE_SIZE];

    (void)state;
    log_one(LOG_LINES_JSON, 2, RTMI_LOG_ERROR, "say \"hi\"\n", line, sizeof line);
    assert_memory_equal(line, "{\"time\": \"", 10);
    assert_string_equal(line + 10 + 24, "\", \"level\": \"error\", \"shard\": 2, "
                                        "\"text\": \"say \\\"hi\\\"\\\\x0a\"}\n");

    /* Each byte becomes \xff, and its backslash is doubled: still whole. */
    memset(worst, 0xff, sizeof worst - 1);
    worst[sizeof worst - 1] = '\0';
    log_one(LOG_LINES_JSON, -1, RTMI_LOG_INFO, worst, line, sizeof line);
    const char *at = strstr(line, "\"text\": \"");
    assert_non_null(at);
    assert_null(strstr(line, "shard"));
    at += 9;
    for (size_t i = 0; i < sizeof worst - 1; i++, at += 5)
        assert_memory_equal(at, "\\\\xff", 5);
    assert_string_equal(at, "\"}\n");
}

static void lost_lines_are_told(void **state)
{
    int fds[2];
    char line[4096];
    log_lines lines;

    (void)state;
    log_lines_init(&lines, -1, LOG_LINES_TEXT);
    const rtmi_log log = log_lines_as_log(&lines, RTMI_LOG_INFO);
    rtmi_log_line(&log, RTMI_LOG_INFO, "one");
    rtmi_log_line(&log, RTMI_LOG_INFO, "two");
    assert_int_equal(pipe(fds), 0);
    lines.fd = fds[1];
    rtmi_log_line(&log, RTMI_LOG_INFO, "three");
    assert_int_equal(close(fds[1]), 0);
    const ssize_t len = read(fds[0], line, sizeof line - 1);
    assert_true(len > 0);
    line[len] = '\0';
    assert_non_null(strstr(line, " warn log: 2 lines could not be written\n"));
    assert_non_null(strstr(line, " info three\n"));
    assert_int_equal(close(fds[0]), 0);
}

static void shown_text_is_cut_at_a_character(void **state)
{
    char shown[6];

    (void)state;
    assert_int_equal(text_show("ab\xf0\x9f\x98\x80", 6, shown, sizeof shown), 2);
    assert_string_equal(shown, "ab");
    assert_int_equal(text_show("\xf0\x9f\x98\x80z", 5, shown, sizeof shown), 5);
    assert_int_equal(text_show("\n\n", 2, shown, sizeof shown), 4);
    assert_string_equal(shown, "\\x0a");
    assert_int_equal(text_show("", 0, shown, 1), 0);
    assert_string_equal(shown, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines_have_time_level_and_shard),
        cmocka_unit_test(lines_above_the_level_are_not_written),
        cmocka_unit_test(what_peers_send_stays_one_line_of_utf8),
        cmocka_unit_test(json_lines_are_json),
        cmocka_unit_test(lost_lines_are_told),
        cmocka_unit_test(shown_text_is_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
