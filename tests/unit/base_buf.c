/*
 * Byte queues: order kept, ceiling exact, errors sticky, failures of memory harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/base/buf.h"
#include "tests/support/alloc_fail.h"

static void new_buffer_holds_nothing_and_no_memory(void **state)
{
    rtmi_buf buf;

    (void)state;
    alloc_fail_reset();
    rtmi_buf_init(&buf, 100);
    assert_int_equal(rtmi_buf_len(&buf), 0);
    assert_int_equal(rtmi_buf_span(&buf).len, 0);
    rtmi_buf_append(&buf, NULL, 0);
    rtmi_buf_append_span(&buf, (rtmi_span){0});
    rtmi_buf_consume(&buf, 0);
    rtmi_buf_rewind(&buf, 0);
    rtmi_buf_clear(&buf);
    assert_int_equal(buf.error, 0);
    assert_int_equal(alloc_fail_requests(), 0);
    rtmi_buf_deinit(&buf);
    rtmi_buf_deinit(&buf);
    rtmi_buf_wipe(&buf);
}

static void ceiling_is_exact(void **state)
{
    static const size_t ceilings[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 4096, 65537};
    static const uint8_t zeros[65538];

    (void)state;
    for (size_t i = 0; i < sizeof ceilings / sizeof ceilings[0]; i++) {
        const size_t max = ceilings[i];
        rtmi_buf buf;

        rtmi_buf_init(&buf, max);
        rtmi_buf_append(&buf, zeros, max);
        assert_int_equal(buf.error, 0);
        assert_int_equal(rtmi_buf_len(&buf), max);
        assert_true(buf.cap <= max);
        rtmi_buf_append(&buf, zeros, 1);
        assert_int_equal(buf.error, RTM_E_LIMIT);
        assert_int_equal(rtmi_buf_len(&buf), max);
        rtmi_buf_deinit(&buf);

        /* The same byte by byte. */
        for (size_t n = 0; n < max; n++)
            rtmi_buf_append(&buf, zeros, 1);
        assert_int_equal(buf.error, 0);
        assert_true(buf.cap <= max);
        rtmi_buf_append(&buf, zeros, 1);
        assert_int_equal(buf.error, RTM_E_LIMIT);
        rtmi_buf_deinit(&buf);
        assert_int_equal(buf.max, max);

        /* At once too much, also where sums would wrap. */
        assert_false(rtmi_buf_reserve(&buf, max + 1));
        assert_int_equal(buf.error, RTM_E_LIMIT);
        rtmi_buf_clear(&buf);
        assert_false(rtmi_buf_reserve(&buf, SIZE_MAX));
        rtmi_buf_clear(&buf);
        if (max > 0) {
            rtmi_buf_append(&buf, zeros, 1);
            assert_false(rtmi_buf_reserve(&buf, SIZE_MAX));
            assert_false(rtmi_buf_reserve(&buf, SIZE_MAX - 1));
        }
        rtmi_buf_deinit(&buf);
    }
}

static void error_sticks_until_cleared_or_rewound(void **state)
{
    rtmi_buf buf;

    (void)state;
    rtmi_buf_init(&buf, 4);
    rtmi_buf_append(&buf, "ab", 2);
    rtmi_buf_append(&buf, "xyz", 3);
    assert_int_equal(buf.error, RTM_E_LIMIT);
    rtmi_buf_append(&buf, "c", 1); /* would fit, but the text would have a hole */
    assert_false(rtmi_buf_reserve(&buf, 0));
    assert_true(rtmi_span_is(rtmi_buf_span(&buf), "ab"));

    rtmi_buf_rewind(&buf, 1);
    assert_int_equal(buf.error, 0);
    rtmi_buf_append(&buf, "cde", 3);
    assert_true(rtmi_span_is(rtmi_buf_span(&buf), "acde"));

    rtmi_buf_append(&buf, "f", 1);
    rtmi_buf_clear(&buf);
    assert_int_equal(buf.error, 0);
    rtmi_buf_append(&buf, "wxyz", 4);
    assert_true(rtmi_span_is(rtmi_buf_span(&buf), "wxyz"));
    rtmi_buf_deinit(&buf);
}

static void consumed_room_is_used_again(void **state)
{
    static const uint8_t bytes[256] = {1};
    rtmi_buf buf;

    (void)state;
    rtmi_buf_init(&buf, 256);
    rtmi_buf_append(&buf, bytes, 256);
    alloc_fail_reset();
    for (int i = 0; i < 1000; i++) {
        rtmi_buf_consume(&buf, 200); /* the rest is smaller than the hole: it moves */
        rtmi_buf_append(&buf, bytes, 200);
        assert_int_equal(buf.error, 0);
        assert_int_equal(rtmi_buf_len(&buf), 256);
    }
    assert_int_equal(alloc_fail_requests(), 0);
    rtmi_buf_consume(&buf, 256);
    assert_int_equal(buf.start, 0); /* emptied: from the front again */
    rtmi_buf_deinit(&buf);
}

static void rewind_counts_from_the_first_byte_not_consumed(void **state)
{
    rtmi_buf buf;

    (void)state;
    rtmi_buf_init(&buf, 100);
    rtmi_buf_append(&buf, "abcdef", 6);
    rtmi_buf_consume(&buf, 2);
    const size_t mark = rtmi_buf_len(&buf);
    rtmi_buf_append(&buf, "ghi", 3);
    rtmi_buf_rewind(&buf, mark);
    assert_true(rtmi_span_is(rtmi_buf_span(&buf), "cdef"));
    rtmi_buf_deinit(&buf);
}

/* A byte's value tells its place in the stream, so that a lost or doubled one shows. */
static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)(place * 31 + (place >> 8));
}

static void random_use_keeps_the_stream(void **state)
{
    static const size_t ceilings[] = {1, 100, 300, 5000, 100000};
    uint64_t random = 7;

    (void)state;
    for (size_t c = 0; c < sizeof ceilings / sizeof ceilings[0]; c++) {
        uint64_t written = 0;
        uint64_t read = 0;
        rtmi_buf buf;

        rtmi_buf_init(&buf, ceilings[c]);
        for (int step = 0; step < 20000; step++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            const size_t len = (size_t)(random >> 33) % (ceilings[c] / 3 + 2);
            if ((random >> 63) == 0) {
                const bool fits = len <= buf.max - rtmi_buf_len(&buf);
                assert_int_equal(rtmi_buf_reserve(&buf, len), fits);
                if (!fits) {
                    assert_int_equal(buf.error, RTM_E_LIMIT);
                    rtmi_buf_rewind(&buf, rtmi_buf_len(&buf));
                    continue;
                }
                for (size_t i = 0; i < len; i++)
                    rtmi_buf_tail(&buf)[i] = byte_at(written + i);
                if (len > 0)
                    rtmi_buf_commit(&buf, len);
                written += len;
            } else {
                const rtmi_span held = rtmi_buf_span(&buf);
                const size_t some = len < held.len ? len : held.len;
                for (size_t i = 0; i < some; i++)
                    assert_int_equal(held.data[i], byte_at(read + i));
                rtmi_buf_consume(&buf, some);
                read += some;
            }
            assert_int_equal(rtmi_buf_len(&buf), written - read);
            assert_true(buf.cap <= buf.max);
        }
        rtmi_buf_deinit(&buf);
    }
}

static void long_stream_through_a_small_window_takes_little_memory(void **state)
{
    static const uint8_t bytes[1000];
    rtmi_buf buf;

    (void)state;
    alloc_fail_reset();
    rtmi_buf_init(&buf, (size_t)1 << 30);
    rtmi_buf_append(&buf, bytes, 1000);
    for (int i = 0; i < 100000; i++) {
        rtmi_buf_append(&buf, bytes, 1000);
        rtmi_buf_consume(&buf, 1000);
    }
    assert_true(buf.cap <= 8192);
    assert_true(alloc_fail_requests() < 10);
    rtmi_buf_deinit(&buf);
}

static void out_of_memory_keeps_what_was_there(void **state)
{
    static const uint8_t bytes[300];
    rtmi_buf buf;

    (void)state;
    rtmi_buf_init(&buf, 1000);
    rtmi_buf_append(&buf, "kept", 4);
    alloc_fail_at(1);
    rtmi_buf_append(&buf, bytes, sizeof bytes);
    assert_true(alloc_fail_hit());
    assert_int_equal(buf.error, RTM_E_NOMEM);
    assert_true(rtmi_span_is(rtmi_buf_span(&buf), "kept"));
    alloc_fail_reset();
    rtmi_buf_append(&buf, "no", 2);
    assert_int_equal(buf.error, RTM_E_NOMEM);
    rtmi_buf_rewind(&buf, 4);
    rtmi_buf_append(&buf, bytes, sizeof bytes);
    assert_int_equal(buf.error, 0);
    assert_int_equal(rtmi_buf_len(&buf), 304);
    rtmi_buf_deinit(&buf);
}

static bool write_much(void *userdata)
{
    rtmi_buf buf;

    (void)userdata;
    rtmi_buf_init(&buf, 100000);
    for (int i = 0; i < 20000; i++)
        rtmi_buf_append(&buf, "abc", 3);
    const bool done = buf.error == 0;
    if (done)
        assert_int_equal(rtmi_buf_len(&buf), 60000);
    else
        assert_int_equal(buf.error, RTM_E_NOMEM);
    rtmi_buf_wipe(&buf);
    return done;
}

static void every_failed_request_is_reported(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(write_much, NULL) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_buffer_holds_nothing_and_no_memory),
        cmocka_unit_test(ceiling_is_exact),
        cmocka_unit_test(error_sticks_until_cleared_or_rewound),
        cmocka_unit_test(consumed_room_is_used_again),
        cmocka_unit_test(rewind_counts_from_the_first_byte_not_consumed),
        cmocka_unit_test(random_use_keeps_the_stream),
        cmocka_unit_test(long_stream_through_a_small_window_takes_little_memory),
        cmocka_unit_test(out_of_memory_keeps_what_was_there),
        cmocka_unit_test(every_failed_request_is_reported),
    };

    return cmocka_run_group_tests_name("base.buf", tests, NULL, NULL);
}
