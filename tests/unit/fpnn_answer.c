/*
 * Answers: the empty one byte by byte, errors written and read, also those of careless peers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/fpnn/answer.h"
#include "lib/fpnn/code.h"
#include "tests/support/heap_copy.h"

static void empty_answer_is_these_bytes(void **state)
{
    static const uint8_t expected[] = {'F', 'P', 'N', 'N',  1,    0x80, 2,    0,   1,
                                       0,   0,   0,   0xd2, 0xc3, 0xb4, 0xa5, 0x80};
    uint8_t *at = heap_copy(expected, RTMI_ANSWER_EMPTY_SIZE);
    rtmi_buf out;

    (void)state;
    memset(at, 0, RTMI_ANSWER_EMPTY_SIZE);
    rtmi_answer_write_empty(at, 0xa5b4c3d2);
    assert_memory_equal(at, expected, sizeof expected);
    free(at);

    rtmi_buf_init(&out, 2 * RTMI_ANSWER_EMPTY_SIZE);
    rtmi_answer_empty(&out, 1);
    rtmi_answer_empty(&out, 0xa5b4c3d2);
    assert_int_equal(rtmi_buf_len(&out), 2 * sizeof expected);
    assert_memory_equal(out.data + sizeof expected, expected, sizeof expected);
    rtmi_answer_empty(&out, 3);
    assert_int_equal(out.error, RTM_E_LIMIT);
    assert_int_equal(rtmi_buf_len(&out), 2 * sizeof expected);
    rtmi_buf_deinit(&out);
}

static void written_errors_are_read_back(void **state)
{
    static const int codes[] = {RTMI_EC_CORE_UNKNOWN_METHOD, 200034, 1, -1, INT32_MAX};
    static const char *const texts[] = {"no such method: nope", "", "x", "naïve", "\xff"};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        rtmi_package package;
        rtmi_span text;
        rtmi_buf out;
        int code;

        rtmi_buf_init(&out, 1000);
        rtmi_answer_error(&out, 0xffffffff, codes[i], rtmi_span_of_text(texts[i]));
        const rtmi_span bytes = heap_copy_span(rtmi_buf_span(&out));
        assert_int_equal(rtmi_frame_decode(bytes, RTMI_FRAME_MAX_DEFAULT, &package), 1);
        assert_int_equal(package.kind, RTMI_FRAME_ANSWER);
        assert_int_equal(package.status, 1);
        assert_true(package.seq == 0xffffffff);
        rtmi_answer_read_error(package.payload, &code, &text);
        assert_int_equal(code, codes[i]);
        assert_true(rtmi_span_is(text, texts[i]));
        heap_copy_free(bytes);
        rtmi_buf_deinit(&out);
    }
}

static void careless_errors_are_read_as_far_as_they_go(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int code;
        const char *text;
    } rows[] = {
        {"", 0, 20001, ""},
        {"\x80", 1, 20001, ""},
        {"\x90", 1, 20001, ""},
        {"\xc1", 1, 20001, ""},
        {"\xa2no", 3, 20001, ""},
        {"\x81\xa4"
         "code\x05",
         7, 5, ""},
        {"\x81\xa4"
         "code\x00",
         7, 20001, ""}, /* an error that says success */
        {"\x81\xa4"
         "code\xcd\x4e\x24",
         9, 20004, ""},
        {"\x81\xa4"
         "code\xa1"
         "5",
         8, 20001, ""},
        {"\x82\xa4"
         "code\x05\xa2"
         "ex\x06",
         11, 5, ""}, /* the number in ex as well */
        {"\x82\xa4"
         "code\x05\xa2"
         "ex\xc4\x02no",
         14, 5, "no"},
        {"\x81\xa2"
         "ex\xa2no",
         7, 20001, "no"},
        {"\x82\xa4"
         "code\x05\xa2"
         "ex",
         10, 20001, ""}, /* cut off: nothing is believed */
        {"\x81\xa4"
         "code\xcf\x00\x00\x00\x01\x00\x00\x00\x00",
         15, 20001, ""},
        {"\x81\xa4"
         "code\xd2\x80\x00\x00\x00",
         11, 20001, ""},
        {"\x81\xa4"
         "code\xcb\x40\xd3\x89\x00\x00\x00\x00\x00",
         15, 20004, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const rtmi_span bytes =
            heap_copy_span((rtmi_span){(const uint8_t *)rows[i].bytes, rows[i].len});
        rtmi_span text = {0};
        int code = 77;
        rtmi_answer_read_error(bytes, &code, &text);
        assert_int_equal(code, rows[i].code);
        assert_non_null(text.data);
        assert_true(rtmi_span_is(text, rows[i].text));
        heap_copy_free(bytes);
    }
}

/* The same count with the general decoder, one package after the other. */
static size_t count_decoded(rtmi_span in, uint32_t seq, bool *has_seq)
{
    size_t count = 0;
    rtmi_package package;

    while (rtmi_frame_decode(in, SIZE_MAX, &package) == 1 && package.kind == RTMI_FRAME_ANSWER &&
           package.status == 0 && package.version == 1 && package.flag == RTMI_FLAG_MSGPACK &&
           package.payload.len == 1 && package.payload.data[0] == 0x80) {
        *has_seq |= package.seq == seq;
        in = (rtmi_span){in.data + package.size, in.len - package.size};
        count++;
    }
    return count;
}

static void check_count(const uint8_t *bytes, size_t len, uint32_t seq)
{
    const rtmi_span in = heap_copy_span((rtmi_span){bytes, len});
    bool has_seq = false;
    bool decoded_seq = false;
    const size_t count = rtmi_answer_count_empty(in, seq, &has_seq);

    assert_int_equal(count, count_decoded(in, seq, &decoded_seq));
    assert_int_equal(has_seq, decoded_seq);
    heap_copy_free(in);
}

/* Cut anywhere, and with any one byte another: counted is what the decoder takes for the same. */
static void empty_answers_are_counted_as_they_are_decoded(void **state)
{
    enum { COUNT = 4, SIZE = COUNT * RTMI_ANSWER_EMPTY_SIZE };
    uint8_t bytes[SIZE];

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++)
        rtmi_answer_write_empty(bytes + (size_t)i * RTMI_ANSWER_EMPTY_SIZE, 0x01020300u + i);
    for (uint32_t seq = 0x01020300u - 1; seq <= 0x01020300u + COUNT; seq++) {
        for (size_t len = 0; len <= SIZE; len++)
            check_count(bytes, len, seq);
    }
    for (size_t at = 0; at < SIZE; at++) {
        const uint8_t was = bytes[at];
        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            bytes[at] = (uint8_t)value;
            check_count(bytes, SIZE, 0x01020301u);
        }
        bytes[at] = was;
    }
}

/* Told before, it stays told. */
static void a_number_that_was_seen_stays_seen(void **state)
{
    uint8_t bytes[RTMI_ANSWER_EMPTY_SIZE];
    bool has_seq = true;

    (void)state;
    rtmi_answer_write_empty(bytes, 7);
    assert_int_equal(rtmi_answer_count_empty((rtmi_span){bytes, sizeof bytes}, 8, &has_seq), 1);
    assert_true(has_seq);
    assert_int_equal(rtmi_answer_count_empty((rtmi_span){NULL, 0}, 8, &has_seq), 0);
    assert_true(has_seq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_answer_is_these_bytes),
        cmocka_unit_test(empty_answers_are_counted_as_they_are_decoded),
        cmocka_unit_test(a_number_that_was_seen_stays_seen),
        cmocka_unit_test(written_errors_are_read_back),
        cmocka_unit_test(careless_errors_are_read_as_far_as_they_go),
    };

    return cmocka_run_group_tests_name("fpnn.answer", tests, NULL, NULL);
}
