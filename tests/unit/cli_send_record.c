/*
 * Lines to send: which are messages, which are passed over, which are bad; and lines from a
 * stream, at every split.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/send_lines.h"
#include "cli/send_record.h"

static enum send_verdict read_line(struct send_record *record, const char *text)
{
    const size_t len = strlen(text);
    char *copy = malloc(len + 1); /* exact but for the block of size 0 */

    assert_non_null(copy);
    memcpy(copy, text, len);
    char *line = realloc(copy, len == 0 ? 1 : len);
    assert_non_null(line);
    const enum send_verdict verdict = send_record_read(record, (rtm_bytes){line, len}, 0);
    free(line);
    return verdict;
}

static void records_of_the_chat_file_are_messages(void **state)
{
    struct send_record r = {0};

    (void)state;
    assert_int_equal(read_line(&r, "{\"at\":44280,\"kind\":\"group\",\"from\":1001,\"to\":1,"
                                   "\"mtype\":30,\"text\":\"hi :)\"}"),
                     SEND_THIS);
    assert_int_equal(r.kind, RTM_KIND_GROUP);
    assert_true(r.message.from == 1001 && r.message.to == 1 && r.message.mid == 0);
    assert_int_equal(r.message.mtype, 30);
    assert_false(r.message.is_binary);
    assert_int_equal(r.message.msg_len, 5);
    assert_memory_equal(r.message.msg, "hi :)", 5);
    assert_int_equal(r.message.attrs_len, 0);
    send_record_deinit(&r);
}

static void records_of_listen_are_messages(void **state)
{
    struct send_record r = {0};

    (void)state;
    assert_int_equal(
        read_line(&r, "{\"v\":1,\"ev\":\"message\",\"kind\":\"p2p\",\"type\":\"msg\",\"mtype\":127,"
                      "\"from\":\"-9223372036854775808\",\"to\":\"9223372036854775807\","
                      "\"mid\":\"77\",\"time\":\"2025-05-01T10:00:00.123Z\",\"mtime_ms\":5,"
                      "\"data_b64\":\"AP8=\",\"attrs\":{\"a\": [1]},\"offset\":\"9\"}"),
        SEND_THIS);
    assert_int_equal(r.kind, RTM_KIND_P2P);
    assert_true(r.message.from == INT64_MIN && r.message.to == INT64_MAX && r.message.mid == 77);
    assert_int_equal(r.message.mtype, 127);
    assert_true(r.message.is_binary);
    assert_int_equal(r.message.msg_len, 2);
    assert_memory_equal(r.message.msg, "\0\xff", 2);
    assert_int_equal(r.message.attrs_len, 10);
    assert_memory_equal(r.message.attrs, "{\"a\": [1]}", 10);
    send_record_deinit(&r);
}

/* What one line left behind must not reach the next. */
static void lines_do_not_leak_into_each_other(void **state)
{
    struct send_record r = {0};

    (void)state;
    assert_int_equal(read_line(&r,
                               "{\"kind\":\"room\",\"from\":1,\"to\":2,\"mid\":3,\"text\":\"long "
                               "text\",\"attrs\":{\"a\":1}}"),
                     SEND_THIS);
    assert_int_equal(read_line(&r, "{\"kind\":\"room\",\"from\":1,\"to\":2,\"text\":\"\"}"),
                     SEND_THIS);
    assert_int_equal(r.message.msg_len, 0);
    assert_non_null(r.message.msg);
    assert_int_equal(r.message.attrs_len, 0);
    assert_true(r.message.mid == 0);
    assert_int_equal(read_line(&r, "{\"kind\":\"room\",\"from\":1,\"to\":2}"), SEND_BAD);
    send_record_deinit(&r);
}

static void types_stand_in_for_mtypes(void **state)
{
    static const struct {
        const char *extra;
        int mtype;
    } cases[] = {
        {"", 51},
        {",\"type\":\"chat\"", 30},
        {",\"type\":\"audio\"", 31},
        {",\"type\":\"cmd\"", 32},
        {",\"type\":\"msg\"", 51},
        {",\"type\":\"chat\",\"mtype\":77", 77},
        {",\"mtype\":\"78\",\"type\":\"cmd\"", 78},
    };
    struct send_record r = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer line = {0};

        buffer_append_string(&line, "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\"");
        buffer_append_string(&line, cases[i].extra);
        buffer_append_string(&line, "}");
        buffer_append_byte(&line, '\0');
        assert_int_equal(read_line(&r, line.data), SEND_THIS);
        assert_int_equal(r.message.mtype, cases[i].mtype);
        buffer_deinit(&line);
    }
    send_record_deinit(&r);
}

static void events_and_control_records_are_passed_over(void **state)
{
    static const char *const lines[] = {
        "{\"at\":1,\"kind\":\"event\",\"event\":\"login\",\"uid\":5}",
        "{\"v\":1,\"ev\":\"event\",\"event\":\"login\",\"uid\":\"5\"}",
        "{\"v\":1,\"ev\":\"state\",\"state\":\"live\"}",
        "{\"v\":1,\"ev\":\"gap\",\"from\":\"9f86:43\",\"to\":\"9f86:57\",\"count\":15}",
    };
    struct send_record r = {0};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(read_line(&r, lines[i]), SEND_PASS);
    send_record_deinit(&r);
}

static void bad_lines_have_a_reason(void **state)
{
    static const char *const lines[] = {
        "",
        "x",
        "[]",
        "1",
        "{",
        "{}",
        "{} x",
        "{\"kind\":\"group\"}",
        "{\"kind\":\"club\",\"from\":1,\"to\":2,\"text\":\"x\"}",
        "{\"kind\":7,\"from\":1,\"to\":2,\"text\":\"x\"}",
        "{\"kind\":\"group\",\"to\":2,\"text\":\"x\"}",
        "{\"kind\":\"group\",\"from\":1,\"text\":\"x\"}",
        "{\"kind\":\"group\",\"from\":1.5,\"to\":2,\"text\":\"x\"}",
        "{\"kind\":\"group\",\"from\":\"a\",\"to\":2,\"text\":\"x\"}",
        "{\"kind\":\"group\",\"from\":9223372036854775808,\"to\":2,\"text\":\"x\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":7}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"\\ud800\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"\xff\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"data_b64\":\"AA==\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"text\":\"y\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"data_b64\":\"A\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"mtype\":128}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"mtype\":0}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"attrs\":[1]}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"attrs\":{\"a\":}}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\",\"attrs\":{},\"attrs_text\":\"\"}",
        "{\"kind\":\"group\",\"from\":1,\"to\":2,\"text\":\"x\"} {}",
    };
    struct send_record r = {0};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (read_line(&r, lines[i]) != SEND_BAD)
            fail_msg("not bad: %s", lines[i]);
        assert_non_null(r.why);
    }
    send_record_deinit(&r);
}

static void a_sender_may_come_from_outside(void **state)
{
    static const char line[] = "{\"kind\":\"broadcast\",\"text\":\"x\"}";
    struct send_record r = {0};

    (void)state;
    assert_int_equal(send_record_read(&r, (rtm_bytes){line, sizeof line - 1}, 42), SEND_THIS);
    assert_int_equal(r.kind, RTM_KIND_BROADCAST);
    assert_true(r.message.from == 42);
    send_record_deinit(&r);
}

/* "one\n\ntwo" written in two parts, cut at every place. */
static void lines_come_out_at_every_split(void **state)
{
    static const char text[] = "one\n\ntwo";
    static const char *const expected[] = {"one", "", "two"};
    const size_t len = sizeof text - 1;

    (void)state;
    for (size_t cut = 0; cut <= len; cut++) {
        struct lines lines;
        int fds[2];
        size_t count = 0;

        assert_int_equal(pipe(fds), 0);
        lines_init(&lines, fds[0]);
        for (size_t part = 0; part < 3; part++) {
            rtm_bytes line;
            enum lines_next next;

            if (part == 0 && cut > 0)
                assert_true(write(fds[1], text, cut) == (ssize_t)cut);
            if (part == 1 && cut < len)
                assert_true(write(fds[1], text + cut, len - cut) == (ssize_t)(len - cut));
            if (part == 2)
                (void)close(fds[1]);
            if (part == 2 || (part == 0 ? cut > 0 : cut < len))
                lines_read(&lines);
            while ((next = lines_next(&lines, &line)) == LINES_ONE) {
                assert_true(count < 3);
                assert_int_equal(line.len, strlen(expected[count]));
                if (line.len > 0)
                    assert_memory_equal(line.data, expected[count], line.len);
                count++;
                assert_int_equal(lines.number, count);
            }
            assert_int_equal(next, part == 2 ? LINES_END : LINES_MORE);
        }
        assert_int_equal(count, 3);
        lines_deinit(&lines);
        (void)close(fds[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_the_chat_file_are_messages),
        cmocka_unit_test(records_of_listen_are_messages),
        cmocka_unit_test(lines_do_not_leak_into_each_other),
        cmocka_unit_test(types_stand_in_for_mtypes),
        cmocka_unit_test(events_and_control_records_are_passed_over),
        cmocka_unit_test(bad_lines_have_a_reason),
        cmocka_unit_test(a_sender_may_come_from_outside),
        cmocka_unit_test(lines_come_out_at_every_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
