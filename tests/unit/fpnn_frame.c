/*
 * Framing: each rule alone, found at the byte that breaks it; limits; what we write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/fpnn/frame.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/heap_copy.h"

#define MAX RTMI_FRAME_MAX_DEFAULT

/* Two-way quest, method "echo", sequence 7, payload {"a":1}. */
static const uint8_t echo[] = {'F', 'P', 'N', 'N', 1,   0x80, 1,   4,   4,    0,    0,   0,
                               7,   0,   0,   0,   'e', 'c',  'h', 'o', 0x81, 0xa1, 'a', 1};
enum { AT_VERSION = 4, AT_FLAG = 5, AT_KIND = 6, AT_SS = 7, AT_PSIZE = 8 };

/* Decode the first `len` bytes from a block of that size; outputs must stay unless it is 1. */
static int decode(const uint8_t *data, size_t len, size_t max, rtmi_package *ret)
{
    uint8_t *part = heap_copy(data, len);
    rtmi_package package = {.seq = 4242, .size = 77, .version = 99};
    const int r = rtmi_frame_decode((rtmi_span){part, len}, max, &package);

    if (r != 1) {
        assert_int_equal(package.seq, 4242);
        assert_int_equal(package.size, 77);
        assert_int_equal(package.version, 99);
    } else {
        /* Views lie within the input. */
        assert_true(package.size <= len);
        assert_true(package.method.data >= part);
        assert_ptr_equal(package.method.data + package.method.len, package.payload.data);
        assert_ptr_equal(package.payload.data + package.payload.len, part + package.size);
    }
    if (ret != NULL)
        *ret = package;
    free(part);
    return r;
}

static void decode_needs_every_byte(void **state)
{
    rtmi_package package;

    (void)state;
    for (size_t n = 0; n < sizeof echo; n++)
        assert_int_equal(decode(echo, n, MAX, NULL), 0);
    assert_int_equal(decode(echo, sizeof echo, MAX, &package), 1);
    assert_int_equal(package.version, 1);
    assert_int_equal(package.flag, 0x80);
    assert_int_equal(package.kind, RTMI_FRAME_TWOWAY);
    assert_int_equal(package.status, 0);
    assert_int_equal(package.seq, 7);
    assert_int_equal(package.method.len, 4);
    assert_int_equal(package.payload.len, 4);
    assert_int_equal(package.size, sizeof echo);
}

static void bytes_behind_the_package_do_not_matter(void **state)
{
    uint8_t two[sizeof echo + 5];
    rtmi_package package;

    (void)state;
    memcpy(two, echo, sizeof echo);
    memset(two + sizeof echo, 0xff, 5);
    assert_int_equal(decode(two, sizeof two, MAX, &package), 1);
    assert_int_equal(package.size, sizeof echo);
}

static void nothing_at_all_is_not_an_error(void **state)
{
    rtmi_package package;

    (void)state;
    assert_int_equal(rtmi_frame_decode((rtmi_span){0}, MAX, &package), 0);
}

/* A change of one byte is refused as soon as that byte is there, not before. */
static void check_refused_at(size_t at, uint8_t byte, int rule)
{
    uint8_t bytes[sizeof echo];

    memcpy(bytes, echo, sizeof echo);
    bytes[at] = byte;
    for (size_t n = 0; n <= sizeof bytes; n++)
        assert_int_equal(decode(bytes, n, MAX, NULL), n > at ? rule : 0);
}

static void wrong_magic_is_refused_at_its_first_wrong_byte(void **state)
{
    (void)state;
    for (size_t at = 0; at < 4; at++) {
        for (int byte = 0; byte < 256; byte++) {
            if (byte != echo[at])
                check_refused_at(at, (uint8_t)byte, RTMI_FRAME_E_MAGIC);
        }
    }
}

static void http_is_no_package(void **state)
{
    static const char *const requests[] = {"GET / HTTP/1.1\r\n\r\n", "POST /x HTTP/1.1\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(decode((const uint8_t *)requests[i], strlen(requests[i]), MAX, NULL),
                         RTMI_FRAME_E_MAGIC);
}

static void every_version_is_accepted(void **state)
{
    uint8_t bytes[sizeof echo];
    rtmi_package package;

    (void)state;
    memcpy(bytes, echo, sizeof echo);
    for (int version = 0; version < 256; version++) {
        bytes[AT_VERSION] = (uint8_t)version;
        assert_int_equal(decode(bytes, sizeof bytes, MAX, &package), 1);
        assert_int_equal(package.version, version);
    }
}

static void exactly_one_encoding_is_wanted(void **state)
{
    uint8_t bytes[sizeof echo];
    rtmi_package package;

    (void)state;
    memcpy(bytes, echo, sizeof echo);
    for (int flag = 0; flag < 256; flag++) {
        if ((flag & 0xc0) == 0 || (flag & 0xc0) == 0xc0) {
            check_refused_at(AT_FLAG, (uint8_t)flag, RTMI_FRAME_E_ENCODING);
            continue;
        }
        bytes[AT_FLAG] = (uint8_t)flag;
        assert_int_equal(decode(bytes, sizeof bytes, MAX, &package), 1);
        assert_int_equal(package.flag, flag); /* the other bits are handed on */
    }
}

static void unknown_kinds_are_refused(void **state)
{
    (void)state;
    for (int kind = 3; kind < 256; kind++)
        check_refused_at(AT_KIND, (uint8_t)kind, RTMI_FRAME_E_KIND);
}

static void quest_needs_a_method(void **state)
{
    uint8_t bytes[sizeof echo];

    (void)state;
    check_refused_at(AT_SS, 0, RTMI_FRAME_E_METHOD);
    memcpy(bytes, echo, sizeof echo);
    bytes[AT_KIND] = RTMI_FRAME_ONEWAY;
    bytes[AT_SS] = 0;
    assert_int_equal(decode(bytes, AT_SS, MAX, NULL), 0);
    assert_int_equal(decode(bytes, AT_SS + 1, MAX, NULL), RTMI_FRAME_E_METHOD);
}

/* A header with these fields, and `body` bytes of 0x80 behind. */
static uint8_t *package_of(uint8_t flag, uint8_t kind, uint8_t ss, uint32_t psize, size_t body)
{
    uint8_t *bytes = malloc(RTMI_FRAME_HEAD_SIZE + body);

    assert_non_null(bytes);
    memcpy(bytes, echo, RTMI_FRAME_HEAD_SIZE);
    bytes[AT_FLAG] = flag;
    bytes[AT_KIND] = kind;
    bytes[AT_SS] = ss;
    rtmi_store_le32(bytes + AT_PSIZE, psize);
    memset(bytes + RTMI_FRAME_HEAD_SIZE, 0x80, body);
    return bytes;
}

static int decode_of(uint8_t flag, uint8_t kind, uint8_t ss, uint32_t psize, size_t body,
                     size_t max, rtmi_package *ret)
{
    uint8_t *bytes = package_of(flag, kind, ss, psize, body);
    const int r = decode(bytes, RTMI_FRAME_HEAD_SIZE + body, max, ret);

    free(bytes);
    return r;
}

static void every_method_length_fits(void **state)
{
    rtmi_package package;

    (void)state;
    for (int kind = RTMI_FRAME_ONEWAY; kind <= RTMI_FRAME_TWOWAY; kind++) {
        const size_t seq = kind == RTMI_FRAME_TWOWAY ? 4 : 0;
        for (int ss = 1; ss < 256; ss++) {
            const size_t body = seq + (size_t)ss + 3;
            assert_int_equal(decode_of(0x80, (uint8_t)kind, (uint8_t)ss, 3, body, MAX, &package),
                             1);
            assert_int_equal(package.method.len, ss);
            assert_int_equal(package.payload.len, 3);
            assert_int_equal(package.seq, kind == RTMI_FRAME_TWOWAY ? 0x80808080 : 0);
            assert_int_equal(decode_of(0x80, (uint8_t)kind, (uint8_t)ss, 3, body - 1, MAX, NULL),
                             0);
        }
    }
}

static void status_of_an_answer_is_no_length(void **state)
{
    rtmi_package package;

    (void)state;
    for (int ss = 0; ss < 256; ss++) {
        assert_int_equal(decode_of(0x80, RTMI_FRAME_ANSWER, (uint8_t)ss, 1, 5, MAX, &package), 1);
        assert_int_equal(package.status, ss);
        assert_int_equal(package.method.len, 0);
        assert_int_equal(package.payload.len, 1);
        assert_int_equal(package.size, 17);
    }
}

static void empty_payload_is_refused_where_it_cannot_be_a_map(void **state)
{
    rtmi_package package;

    (void)state;
    assert_int_equal(decode_of(0x80, RTMI_FRAME_ANSWER, 0, 0, 0, MAX, NULL), RTMI_FRAME_E_EMPTY);
    assert_int_equal(decode_of(0x40, RTMI_FRAME_ANSWER, 0, 0, 0, MAX, NULL), RTMI_FRAME_E_EMPTY);
    assert_int_equal(decode_of(0x40, RTMI_FRAME_TWOWAY, 4, 0, 0, MAX, NULL), RTMI_FRAME_E_EMPTY);
    assert_int_equal(decode_of(0x40, RTMI_FRAME_ONEWAY, 4, 0, 0, MAX, NULL), RTMI_FRAME_E_EMPTY);
    /* A quest's may be: *ping is answered whatever it carries. */
    assert_int_equal(decode_of(0x80, RTMI_FRAME_TWOWAY, 4, 0, 8, MAX, &package), 1);
    assert_int_equal(package.payload.len, 0);
    assert_int_equal(decode_of(0x80, RTMI_FRAME_ONEWAY, 4, 0, 4, MAX, &package), 1);
    assert_int_equal(package.payload.len, 0);
}

static void limit_is_for_the_whole_package_and_inclusive(void **state)
{
    static const uint8_t kinds[] = {RTMI_FRAME_ONEWAY, RTMI_FRAME_TWOWAY, RTMI_FRAME_ANSWER};
    static const uint32_t besides[] = {12 + 200, 12 + 4 + 200, 12 + 4};
    static const size_t limits[] = {300, 16 * 1024, MAX};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        for (size_t l = 0; l < 3; l++) {
            const uint32_t room = (uint32_t)limits[l] - besides[k];
            rtmi_package package;
            /* With the header alone: exactly the limit needs more, one over is refused. */
            assert_int_equal(decode_of(0x80, kinds[k], 200, room - 1, 0, limits[l], NULL), 0);
            assert_int_equal(decode_of(0x80, kinds[k], 200, room, 0, limits[l], NULL), 0);
            assert_int_equal(decode_of(0x80, kinds[k], 200, room + 1, 0, limits[l], NULL),
                             RTMI_FRAME_E_TOO_BIG);
            assert_int_equal(
                decode_of(0x80, kinds[k], 200, room, limits[l] - 12, limits[l], &package), 1);
            assert_int_equal(package.size, limits[l]);
        }
    }
}

static void lengths_do_not_wrap(void **state)
{
    static const uint32_t sizes[] = {0x7fffffff, 0x80000000, 0xffffff00, 0xffffffef, 0xfffffff0,
                                     0xfffffff3, 0xfffffff4, 0xfffffffe, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint8_t kind = 0; kind <= 2; kind++) {
            assert_int_equal(decode_of(0x80, kind, 255, sizes[i], 300, MAX, NULL),
                             RTMI_FRAME_E_TOO_BIG);
            /* A limit above 32 bits: then it is long, and waits. */
            assert_int_equal(decode_of(0x80, kind, 255, sizes[i], 300, SIZE_MAX, NULL), 0);
        }
    }
}

static void header_is_judged_before_its_length_is(void **state)
{
    uint8_t *bytes = package_of(0xc0, 9, 0, 0xffffffff, 0);

    (void)state;
    assert_int_equal(decode(bytes, 12, MAX, NULL), RTMI_FRAME_E_ENCODING);
    bytes[AT_FLAG] = 0x80;
    assert_int_equal(decode(bytes, 12, MAX, NULL), RTMI_FRAME_E_KIND);
    bytes[AT_KIND] = 1;
    assert_int_equal(decode(bytes, 12, MAX, NULL), RTMI_FRAME_E_METHOD);
    bytes[AT_SS] = 1;
    assert_int_equal(decode(bytes, 11, MAX, NULL), 0);
    assert_int_equal(decode(bytes, 12, MAX, NULL), RTMI_FRAME_E_TOO_BIG);
    free(bytes);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int error = RTMI_FRAME_E_TOO_BIG; error <= RTMI_FRAME_E_MAGIC; error++)
        assert_string_not_equal(rtmi_frame_error_text(error), rtmi_frame_error_text(-1));
    assert_non_null(rtmi_frame_error_text(0));
}

static void check_written(rtmi_frame_kind kind, uint32_t seq, size_t method_len, size_t payload_len,
                          size_t before)
{
    uint8_t name[RTMI_FRAME_METHOD_MAX];
    rtmi_package package;
    rtmi_buf out;

    memset(name, 0xff, sizeof name);
    rtmi_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < before; i++)
        rtmi_buf_append(&out, "-", 1);
    if (before > 3) /* marks count from the first byte not consumed */
        rtmi_buf_consume(&out, 3);
    const size_t mark = kind == RTMI_FRAME_ANSWER
                            ? rtmi_frame_begin_answer(&out, seq, method_len % 2 == 1)
                            : rtmi_frame_begin_quest(&out, kind == RTMI_FRAME_TWOWAY, seq,
                                                     (rtmi_span){name, method_len});
    for (size_t i = 0; i < payload_len; i++)
        rtmi_buf_append(&out, "p", 1);
    rtmi_frame_end(&out, mark);
    assert_int_equal(out.error, 0);
    assert_int_equal(mark, before > 3 ? before - 3 : before);

    rtmi_buf_consume(&out, mark);
    const rtmi_span bytes = rtmi_buf_span(&out);
    assert_int_equal(decode(bytes.data, bytes.len, MAX, &package), 1);
    assert_int_equal(package.size, bytes.len);
    assert_int_equal(package.version, 1);
    assert_int_equal(package.flag, 0x80);
    assert_int_equal(package.kind, kind);
    assert_int_equal(package.payload.len, payload_len);
    assert_int_equal(package.seq, kind == RTMI_FRAME_ONEWAY ? 0 : seq);
    assert_int_equal(package.status, kind == RTMI_FRAME_ANSWER ? method_len % 2 : 0);
    assert_int_equal(package.method.len, kind == RTMI_FRAME_ANSWER ? 0 : method_len);
    rtmi_buf_deinit(&out);
}

static void written_packages_are_read_back(void **state)
{
    static const uint32_t seqs[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    static const size_t methods[] = {1, 4, 254, 255};
    static const size_t payloads[] = {1, 255, 256, 70000};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 4; j++) {
            for (int kind = 0; kind <= 2; kind++)
                check_written((rtmi_frame_kind)kind, seqs[i], methods[j], payloads[(i + j) % 4],
                              i * 3);
        }
    }
}

static void package_can_be_marked_as_json(void **state)
{
    rtmi_package package;
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1000);
    rtmi_buf_append(&out, "xyz", 3);
    rtmi_buf_consume(&out, 1);
    const size_t mark = rtmi_frame_begin_answer(&out, 1, false);
    rtmi_frame_mark_json(&out, mark);
    rtmi_buf_append(&out, "{}", 2);
    rtmi_frame_end(&out, mark);
    rtmi_buf_consume(&out, mark);
    assert_int_equal(decode(out.data + out.start, rtmi_buf_len(&out), MAX, &package), 1);
    assert_int_equal(package.flag, RTMI_FLAG_JSON);
    assert_int_equal(package.payload.len, 2);
    rtmi_buf_deinit(&out);

    rtmi_buf_init(&out, 10);
    rtmi_frame_mark_json(&out, rtmi_frame_begin_answer(&out, 1, false));
    assert_int_equal(out.error, RTM_E_LIMIT);
    rtmi_buf_deinit(&out);
}

static void failed_writing_leaves_no_half_length(void **state)
{
    static const uint8_t big[100];
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 50);
    rtmi_buf_append(&out, "kept", 4);
    const size_t mark = rtmi_frame_begin_quest(&out, true, 1, rtmi_span_of_text("echo"));
    rtmi_buf_append(&out, big, sizeof big);
    rtmi_frame_end(&out, mark);
    assert_int_equal(out.error, RTM_E_LIMIT);
    rtmi_buf_rewind(&out, mark);
    assert_true(rtmi_span_is(rtmi_buf_span(&out), "kept"));
    rtmi_buf_deinit(&out);

    /* Not even room for the header. */
    rtmi_buf_init(&out, 15);
    const size_t none = rtmi_frame_begin_answer(&out, 1, false);
    rtmi_frame_end(&out, none);
    assert_int_equal(out.error, RTM_E_LIMIT);
    assert_int_equal(rtmi_buf_len(&out), 0);
    rtmi_buf_deinit(&out);
}

static void a_head_is_decoded_before_its_payload(void **state)
{
    static const uint8_t payload[300];
    rtmi_package head;
    rtmi_package whole;
    rtmi_buf out;

    (void)state;
    for (int is_twoway = 0; is_twoway < 2; is_twoway++) {
        rtmi_buf_init(&out, MAX);
        const size_t mark =
            rtmi_frame_begin_quest(&out, is_twoway != 0, 9, rtmi_span_of_text("echo"));
        const size_t head_len = rtmi_buf_len(&out);
        rtmi_buf_append(&out, payload, sizeof payload);
        rtmi_frame_end(&out, mark);
        for (size_t len = 0; len <= rtmi_buf_len(&out); len++) {
            uint8_t *part = heap_copy(rtmi_buf_span(&out).data, len);
            const int r = rtmi_frame_decode_head((rtmi_span){part, len}, MAX, &head);
            assert_int_equal(r, len >= head_len);
            if (r == 1) {
                assert_true(rtmi_span_is(head.method, "echo"));
                assert_int_equal(head.size, rtmi_buf_len(&out));
                assert_int_equal(head.payload.len, sizeof payload);
                assert_null(head.payload.data);
            }
            free(part);
        }
        assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&out), MAX, &whole), 1);
        assert_int_equal(rtmi_frame_decode_head(rtmi_buf_span(&out), MAX, &head), 1);
        assert_int_equal(head.seq, whole.seq);
        assert_int_equal(head.kind, whole.kind);
        assert_int_equal(rtmi_frame_decode_head(rtmi_buf_span(&out), 300, &head),
                         RTMI_FRAME_E_TOO_BIG);
        rtmi_buf_deinit(&out);
    }
}

static bool write_one(void *userdata)
{
    static const uint8_t payload[1000];
    rtmi_buf out;

    (void)userdata;
    rtmi_buf_init(&out, MAX);
    const size_t mark = rtmi_frame_begin_quest(&out, true, 1, rtmi_span_of_text("echo"));
    rtmi_buf_append(&out, payload, sizeof payload);
    rtmi_frame_end(&out, mark);
    const bool done = out.error == 0;
    rtmi_buf_deinit(&out);
    return done;
}

static void out_of_memory_is_an_ordinary_error(void **state)
{
    (void)state;
    assert_int_equal(alloc_fail_sweep(write_one, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_needs_every_byte),
        cmocka_unit_test(a_head_is_decoded_before_its_payload),
        cmocka_unit_test(bytes_behind_the_package_do_not_matter),
        cmocka_unit_test(nothing_at_all_is_not_an_error),
        cmocka_unit_test(wrong_magic_is_refused_at_its_first_wrong_byte),
        cmocka_unit_test(http_is_no_package),
        cmocka_unit_test(every_version_is_accepted),
        cmocka_unit_test(exactly_one_encoding_is_wanted),
        cmocka_unit_test(unknown_kinds_are_refused),
        cmocka_unit_test(quest_needs_a_method),
        cmocka_unit_test(every_method_length_fits),
        cmocka_unit_test(status_of_an_answer_is_no_length),
        cmocka_unit_test(empty_payload_is_refused_where_it_cannot_be_a_map),
        cmocka_unit_test(limit_is_for_the_whole_package_and_inclusive),
        cmocka_unit_test(lengths_do_not_wrap),
        cmocka_unit_test(header_is_judged_before_its_length_is),
        cmocka_unit_test(every_error_has_a_text),
        cmocka_unit_test(written_packages_are_read_back),
        cmocka_unit_test(package_can_be_marked_as_json),
        cmocka_unit_test(failed_writing_leaves_no_half_length),
        cmocka_unit_test(out_of_memory_is_an_ordinary_error),
    };

    return cmocka_run_group_tests_name("fpnn.frame", tests, NULL, NULL);
}
