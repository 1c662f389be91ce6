/*
 * The quick decoder of a message against the general one: on every form that a peer may choose
 * for each value, fields in any order, missing, twice, of wrong types, with unknown ones between,
 * cut anywhere and with any byte wrong. Where the quick one has an opinion it is the same one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/rtm/message_fields.h"
#include "tests/support/heap_copy.h"
#include "tests/support/odd_values.h"

#define ROUNDS 60000

static void expect_same_view(rtm_bytes got, rtm_bytes wanted, rtmi_span payload)
{
    assert_non_null(got.data);
    assert_int_equal(got.len, wanted.len);
    if (got.len == 0)
        return;
    assert_ptr_equal(got.data, wanted.data);
    assert_in_range((uintptr_t)got.data, (uintptr_t)payload.data,
                    (uintptr_t)payload.data + payload.len - got.len);
}

/* Decode by both; whether the quick one took it. */
static bool both_agree(const rtmi_push_method *method, rtmi_span payload)
{
    const rtmi_span copy = heap_copy_span(payload);
    rtm_message got;
    rtm_message wanted;
    rtmi_push_flaw flaw = "untouched";
    rtmi_push_flaw wanted_flaw = "untouched";
    const bool is_quick = rtmi_message_decode_quickly(method, copy, &got);
    const int r = rtmi_message_decode(method, copy, &got, &flaw);

    assert_int_equal(rtmi_message_decode_generally(method, copy, &wanted, &wanted_flaw), r);
    assert_ptr_equal(flaw, wanted_flaw);
    if (is_quick) {
        assert_int_equal(r, 0);
        assert_null(flaw);
    }
    if (r == 0 && flaw == NULL) {
        assert_int_equal(got.kind, wanted.kind);
        assert_int_equal(got.family, wanted.family);
        assert_int_equal(got.mtype, wanted.mtype);
        assert_int_equal(got.is_binary, wanted.is_binary);
        assert_int_equal(got.has_offset, wanted.has_offset);
        assert_int_equal(got.offset, wanted.offset);
        assert_int_equal(got.from, wanted.from);
        assert_int_equal(got.to, wanted.to);
        assert_int_equal(got.mid, wanted.mid);
        assert_int_equal(got.mtime_ms, wanted.mtime_ms);
        expect_same_view(got.msg, wanted.msg, copy);
        expect_same_view(got.attrs, wanted.attrs, copy);
    }
    heap_copy_free(copy);
    return is_quick;
}

static void put_key(rtmi_buf *out, uint64_t *state, const char *key)
{
    static const char with_nul[] = {(char)0xa2, 'o', '\0'};
    const size_t odd = odd_next(state, 60);

    if (odd == 0)
        rtmi_pack_bin(out, rtmi_span_of_text(key));
    else if (odd == 1)
        rtmi_pack_int(out, 5);
    else if (odd == 2)
        rtmi_buf_append(out, with_nul, sizeof with_nul);
    else
        rtmi_pack_key(out, key);
}

static void put_payload(rtmi_buf *out, uint64_t *state)
{
    static const char *const keys[] = {"from",        "gid",
                                       "rid",         "to",
                                       "mtype",       "mid",
                                       "msg",         "o",
                                       "attrs",       "mtime",
                                       "x",           "unknown",
                                       "another_key", "a_key_as_long_as_short_texts_go"};
    enum { COUNT = sizeof keys / sizeof *keys };
    size_t order[COUNT];
    const size_t strangeness = odd_next(state, 3) == 0 ? 8 : 1000;
    size_t count = 0;

    for (size_t i = 0; i < COUNT; i++) {
        if (odd_next(state, i < 10 ? 40 : 4) == 0 || (i >= 10 && odd_next(state, 2) == 0))
            continue;
        const size_t to = odd_next(state, count + 1);
        order[count++] = order[to];
        order[to] = i;
    }
    if (odd_next(state, 20) == 0 && count > 0 && count < COUNT)
        order[count] = order[odd_next(state, count)], count++;
    rtmi_buf_clear(out);
    rtmi_pack_map(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_key(out, state, keys[order[i]]);
        if (odd_next(state, strangeness) == 0 || order[i] >= 10)
            odd_put(out, state);
        else if (order[i] == 6 || order[i] == 8)
            odd_put_text(out, state);
        else if (order[i] == 4 && odd_next(state, 20) != 0)
            rtmi_pack_int(out, (int64_t)odd_next(state, 128));
        else
            odd_put_int(out, state);
    }
    if (odd_next(state, 10) == 0)
        rtmi_pack_nil(out); /* bytes behind the map are nobody's */
}

/* The gate's own order of keys, with one key or the count wrong now and then. */
static void put_in_order(rtmi_buf *out, uint64_t *state, rtm_kind kind)
{
    static const char *const others[] = {"from", "gid", "rid", "to", "mtype", "mid", "mxg", "o"};
    const char *keys[9] = {"from"};
    size_t count = 1;

    if (kind != RTM_KIND_P2P)
        keys[count++] = kind == RTM_KIND_GROUP ? "gid" : "rid";
    if (kind == RTM_KIND_P2P || odd_next(state, 2) == 0)
        keys[count++] = "to";
    keys[count++] = "mtype";
    keys[count++] = "mid";
    const size_t msg = count++;
    keys[msg] = "msg";
    keys[count++] = "attrs";
    keys[count++] = "mtime";
    if (count < sizeof keys / sizeof *keys && odd_next(state, 2) == 0)
        keys[count++] = "o";
    if (odd_next(state, 4) == 0)
        keys[odd_next(state, count)] = others[odd_next(state, sizeof others / sizeof *others)];
    rtmi_buf_clear(out);
    rtmi_pack_map(out, (uint32_t)(count - (odd_next(state, 20) == 0) + (odd_next(state, 20) == 0)));
    for (size_t i = 0; i < count; i++) {
        put_key(out, state, keys[i]);
        if (odd_next(state, 60) == 0)
            odd_put(out, state);
        else if (i == msg || i == msg + 1)
            odd_put_text(out, state);
        else if (i + 2 == msg && odd_next(state, 20) != 0)
            rtmi_pack_int(out, (int64_t)odd_next(state, 128));
        else
            odd_put_int(out, state);
    }
}

static void both_agree_on_payloads_of_every_form(void **state)
{
    static const char *const names[] = {"pushmsg", "pushgroupmsg", "pushroommsg", "pushgroupcmd"};
    uint64_t random = 1;
    size_t quick_count = 0;
    size_t count = 0;
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1 << 20);
    for (size_t round = 0; round < ROUNDS; round++) {
        const rtmi_push_method method =
            *rtmi_push_method_of(rtmi_span_of_text(names[odd_next(&random, 4)]));
        if (round % 2 == 0)
            put_payload(&out, &random);
        else
            put_in_order(&out, &random, method.kind);
        assert_int_equal(out.error, 0);
        const rtmi_span whole = rtmi_buf_span(&out);
        quick_count += both_agree(&method, whole);
        count++;
        (void)both_agree(&method,
                         (rtmi_span){whole.data, (size_t)odd_next(&random, whole.len + 1)});
        out.data[out.start + odd_next(&random, whole.len)] = (uint8_t)odd_next(&random, 256);
        (void)both_agree(&method, whole);
    }
    /* Both kinds have come, or nothing was compared. */
    assert_in_range(quick_count, count / 20, count - count / 20);
    rtmi_buf_deinit(&out);
}

static void agree_with_any_bit_wrong(const rtmi_push_method *method, rtmi_span payload)
{
    uint8_t *bytes = malloc(payload.len);

    assert_non_null(bytes);
    memcpy(bytes, payload.data, payload.len);
    for (size_t bit = 0; bit < 8 * payload.len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        (void)both_agree(method, (rtmi_span){bytes, payload.len});
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(bytes);
}

static void what_gates_write_is_taken_quickly(void **state)
{
    static const char text[300];
    rtmi_buf out;
    rtmi_package package;

    (void)state;
    rtmi_buf_init(&out, 1 << 20);
    for (int kind = RTM_KIND_P2P; kind <= RTM_KIND_ROOM; kind++) {
        for (size_t n = 0; n < 64; n++) {
            const rtm_message m = {.kind = (rtm_kind)kind,
                                   .mtype = 1 + (int)(n % 127),
                                   .is_binary = n % 2,
                                   .has_offset = n / 2 % 2,
                                   .from = INT64_C(1) << n % 63,
                                   .to = 77,
                                   .mid = -(INT64_C(1) << n % 63),
                                   .mtime_ms = 1795478135997,
                                   .offset = INT64_C(1) << n % 63,
                                   .msg = {text, n * 4},
                                   .attrs = {text, n % 40}};
            rtmi_buf_clear(&out);
            rtmi_message_encode(&out, 1, &m, 0);
            assert_int_equal(rtmi_frame_decode(rtmi_buf_span(&out), SIZE_MAX, &package), 1);
            const rtmi_push_method method = *rtmi_push_method_of(package.method);
            assert_true(both_agree(&method, package.payload));
            for (size_t len = 0; len < package.payload.len; len++)
                assert_false(both_agree(&method, (rtmi_span){package.payload.data, len}));
            if (n % 8 == 1)
                agree_with_any_bit_wrong(&method, package.payload);
        }
    }
    rtmi_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_agree_on_payloads_of_every_form),
        cmocka_unit_test(what_gates_write_is_taken_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
