/*
 * The straight way to write a push against the general one: every kind and form, integers and
 * lengths on both sides of each width, buffers with any room left. The same bytes, the same error,
 * and never more than the bound that callers make room by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/rtm/message.h"

#define ROUNDS 40000

static const char texts[70000];

static const int64_t ints[] = {
    0,          1,
    127,        128,
    255,        256,
    65535,      65536,
    UINT32_MAX, INT64_C(1) << 32,
    INT64_MAX,  -1,
    -32,        -33,
    INT8_MIN,   INT8_MIN - 1,
    INT16_MIN,  INT16_MIN - 1,
    INT32_MIN,  INT64_C(-2147483649),
    INT64_MIN,
};
static const size_t lens[] = {0, 1, 31, 32, 100, 255, 256, 65535, 65536, sizeof texts};
static const int mtypes[] = {0,  1,  29,  30,  31,  32,    39,    40,        45,
                             50, 51, 127, 128, 255, 65536, -1000, INT32_MIN, INT32_MAX};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint64_t random_state = 7;

static size_t below(size_t n)
{
    random_state = rtmi_mix64(random_state + UINT64_C(0x9e3779b97f4a7c15));
    return (size_t)(random_state % n);
}

static int64_t any_int(void)
{
    return ints[below(COUNT(ints))];
}

/* Mostly short ones: what matters of the long ones is their heads. */
static rtm_bytes any_bytes(void)
{
    const size_t len = lens[below(below(4) == 0 ? COUNT(lens) : 7)];

    return (rtm_bytes){len == 0 && below(2) == 0 ? NULL : texts, len};
}

static rtm_message any_message(void)
{
    return (rtm_message){.kind = (rtm_kind)below(6), /* two of them are none */
                         .mtype = mtypes[below(COUNT(mtypes))],
                         .is_binary = below(2) == 0,
                         .has_offset = below(2) == 0,
                         .from = any_int(),
                         .to = any_int(),
                         .mid = any_int(),
                         .mtime_ms = any_int(),
                         .offset = any_int(),
                         .msg = any_bytes(),
                         .attrs = any_bytes()};
}

static void expect_same(const rtmi_buf *got, const rtmi_buf *wanted)
{
    assert_int_equal(got->error, wanted->error);
    if (wanted->error != 0)
        return; /* what was written until then is the caller's to take back */
    assert_int_equal(rtmi_buf_len(got), rtmi_buf_len(wanted));
    assert_memory_equal(rtmi_buf_span(got).data, rtmi_buf_span(wanted).data, rtmi_buf_len(wanted));
}

static void both_write_the_same_bytes(void **state)
{
    rtmi_buf got;
    rtmi_buf wanted;

    (void)state;
    rtmi_buf_init(&got, 1 << 20);
    rtmi_buf_init(&wanted, 1 << 20);
    for (int i = 0; i < ROUNDS; i++) {
        const rtm_message m = any_message();
        const unsigned forms = (unsigned)below(4);
        const uint32_t seq = (uint32_t)any_int();
        if (below(3) == 0) { /* else behind what is there */
            rtmi_buf_clear(&got);
            rtmi_buf_clear(&wanted);
        }
        if (rtmi_buf_len(&got) > 1 << 19 || below(5) == 0) {
            const size_t gone = below(rtmi_buf_len(&got) + 1);
            rtmi_buf_consume(&got, gone);
            rtmi_buf_consume(&wanted, gone);
        }
        const size_t before = rtmi_buf_len(&wanted);
        rtmi_message_encode(&got, seq, &m, forms);
        rtmi_message_encode_generally(&wanted, seq, &m, forms);
        expect_same(&got, &wanted);
        if (wanted.error == 0)
            assert_true(rtmi_buf_len(&wanted) - before <=
                        m.msg.len + m.attrs.len + RTMI_PUSH_REST_MAX);
        else
            rtmi_buf_clear(&got), rtmi_buf_clear(&wanted);
    }
    rtmi_buf_deinit(&got);
    rtmi_buf_deinit(&wanted);
}

/* A ceiling is in the way of a push that is longer than it, and of no other. */
static void the_ceiling_is_used_to_the_last_byte(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        const rtm_message m = any_message();
        const unsigned forms = (unsigned)below(4);
        rtmi_buf whole;

        rtmi_buf_init(&whole, 1 << 20);
        rtmi_message_encode_generally(&whole, 1, &m, forms);
        const size_t len = rtmi_buf_len(&whole);
        static const int around[] = {-200, -60, -1, 0, 1, 50, RTMI_PUSH_REST_MAX};
        for (size_t n = 0; n < COUNT(around); n++) {
            const size_t max = len < 200 && around[n] < 0 ? len - 1 : len + (size_t)around[n];
            rtmi_buf out;
            rtmi_buf_init(&out, max);
            rtmi_message_encode(&out, 1, &m, forms);
            assert_int_equal(out.error, max < len ? RTM_E_LIMIT : 0);
            if (max >= len)
                expect_same(&out, &whole);
            rtmi_buf_deinit(&out);
        }
        /* Memory of another, which must not be left. */
        uint8_t *memory = malloc(len);
        assert_non_null(memory);
        rtmi_buf lent = {.data = memory, .cap = len, .max = len};
        rtmi_message_encode(&lent, 1, &m, forms);
        expect_same(&lent, &whole);
        assert_ptr_equal(lent.data, memory);
        rtmi_message_encode(&lent, 2, &m, forms);
        assert_int_equal(lent.error, RTM_E_LIMIT);
        assert_ptr_equal(lent.data, memory);
        free(memory);
        rtmi_buf_deinit(&whole);
    }
}

static void after_an_error_nothing_is_written(void **state)
{
    const rtm_message m = {.kind = RTM_KIND_GROUP, .msg = {"x", 1}};
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1000);
    rtmi_message_encode(&out, 1, &m, 0);
    const size_t len = rtmi_buf_len(&out);
    out.error = RTM_E_NOMEM;
    rtmi_message_encode(&out, 2, &m, 0);
    assert_int_equal(out.error, RTM_E_NOMEM);
    assert_int_equal(rtmi_buf_len(&out), len);
    rtmi_buf_deinit(&out);
}

/* The widest of every field, in every form. */
static void no_push_is_longer_than_its_bound(void **state)
{
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1 << 20);
    for (int n = 0; n < 4 * 4 * 2; n++) {
        const rtm_message m = {.kind = (rtm_kind)(RTM_KIND_P2P + n % 4),
                               .mtype = (n / 4 & RTMI_CHAT_AS_MAP) != 0 ? RTM_MTYPE_CHAT : 40,
                               .is_binary = n / 16 != 0,
                               .has_offset = true,
                               .from = INT64_MIN,
                               .to = INT64_MIN,
                               .mid = INT64_MIN,
                               .mtime_ms = INT64_MIN,
                               .offset = INT64_MIN,
                               .msg = {texts, sizeof texts},
                               .attrs = {texts, sizeof texts}};
        rtmi_buf_clear(&out);
        rtmi_message_encode(&out, UINT32_MAX, &m, (unsigned)n / 4 % 4);
        assert_int_equal(out.error, 0);
        assert_true(rtmi_buf_len(&out) <= 2 * sizeof texts + RTMI_PUSH_REST_MAX);
    }
    const rtm_bytes bytes = {texts, sizeof texts};
    const rtm_event event = {.pid = INT64_MIN,
                             .event = bytes,
                             .uid = INT64_MIN,
                             .time_s = INT64_MIN,
                             .endpoint = bytes,
                             .data = bytes,
                             .has_offset = true,
                             .offset = INT64_MIN};
    rtmi_buf_clear(&out);
    rtmi_event_encode(&out, UINT32_MAX, &event);
    assert_int_equal(out.error, 0);
    assert_true(rtmi_buf_len(&out) <= 3 * sizeof texts + RTMI_PUSH_REST_MAX);
    rtmi_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_write_the_same_bytes),
        cmocka_unit_test(the_ceiling_is_used_to_the_last_byte),
        cmocka_unit_test(after_an_error_nothing_is_written),
        cmocka_unit_test(no_push_is_longer_than_its_bound),
    };

    return cmocka_run_group_tests_name("rtm.message_encode", tests, NULL, NULL);
}
