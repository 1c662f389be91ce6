/*
 * MessagePack: what each first byte means, nothing believed that is not there, shortest forms
 * written.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/fpnn/pack.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/heap_copy.h"

/* Read one token from a block of exactly these bytes; the cursor moves only on success. */
static int read_one(const void *data, size_t len, rtmi_token *ret, size_t *ret_used)
{
    uint8_t *part = heap_copy(data, len);
    rtmi_cursor in = rtmi_cursor_of((rtmi_span){part, len});
    rtmi_token token = {0};
    const int r = rtmi_pack_read(&in, &token);

    assert_ptr_equal(in.end, part + len);
    assert_true(r == 0 ? in.at > part && in.at <= in.end : in.at == part);
    if (ret_used != NULL)
        *ret_used = (size_t)(in.at - part);
    if (ret != NULL)
        *ret = token; /* its bytes are gone with the block: only their length counts */
    free(part);
    return r;
}

static int skip_one(const void *data, size_t len, size_t *ret_used)
{
    uint8_t *part = heap_copy(data, len);
    rtmi_cursor in = rtmi_cursor_of((rtmi_span){part, len});
    const int r = rtmi_pack_skip(&in);

    assert_true(r == 0 ? in.at > part && in.at <= in.end : in.at == part);
    if (ret_used != NULL)
        *ret_used = (size_t)(in.at - part);
    free(part);
    return r;
}

/* The form of each first byte, from the MessagePack specification. */
typedef struct form {
    uint8_t first;
    uint8_t last;
    rtmi_pack_type type;
    uint8_t width; /* bytes of the length, the count or the value behind the first byte */
    uint8_t fixed; /* fixext: bytes of data */
} form;

static const form forms[] = {
    {0x00, 0x7f, RTMI_PACK_INT, 0, 0},   {0x80, 0x8f, RTMI_PACK_MAP, 0, 0},
    {0x90, 0x9f, RTMI_PACK_ARRAY, 0, 0}, {0xa0, 0xbf, RTMI_PACK_STR, 0, 0},
    {0xc0, 0xc0, RTMI_PACK_NIL, 0, 0},   {0xc2, 0xc3, RTMI_PACK_BOOL, 0, 0},
    {0xc4, 0xc4, RTMI_PACK_BIN, 1, 0},   {0xc5, 0xc5, RTMI_PACK_BIN, 2, 0},
    {0xc6, 0xc6, RTMI_PACK_BIN, 4, 0},   {0xc7, 0xc7, RTMI_PACK_EXT, 1, 0},
    {0xc8, 0xc8, RTMI_PACK_EXT, 2, 0},   {0xc9, 0xc9, RTMI_PACK_EXT, 4, 0},
    {0xca, 0xca, RTMI_PACK_FLOAT, 4, 0}, {0xcb, 0xcb, RTMI_PACK_FLOAT, 8, 0},
    {0xcc, 0xcc, RTMI_PACK_INT, 1, 0},   {0xcd, 0xcd, RTMI_PACK_INT, 2, 0},
    {0xce, 0xce, RTMI_PACK_INT, 4, 0},   {0xcf, 0xcf, RTMI_PACK_INT, 8, 0},
    {0xd0, 0xd0, RTMI_PACK_INT, 1, 0},   {0xd1, 0xd1, RTMI_PACK_INT, 2, 0},
    {0xd2, 0xd2, RTMI_PACK_INT, 4, 0},   {0xd3, 0xd3, RTMI_PACK_INT, 8, 0},
    {0xd4, 0xd4, RTMI_PACK_EXT, 0, 1},   {0xd5, 0xd5, RTMI_PACK_EXT, 0, 2},
    {0xd6, 0xd6, RTMI_PACK_EXT, 0, 4},   {0xd7, 0xd7, RTMI_PACK_EXT, 0, 8},
    {0xd8, 0xd8, RTMI_PACK_EXT, 0, 16},  {0xd9, 0xd9, RTMI_PACK_STR, 1, 0},
    {0xda, 0xda, RTMI_PACK_STR, 2, 0},   {0xdb, 0xdb, RTMI_PACK_STR, 4, 0},
    {0xdc, 0xdc, RTMI_PACK_ARRAY, 2, 0}, {0xdd, 0xdd, RTMI_PACK_ARRAY, 4, 0},
    {0xde, 0xde, RTMI_PACK_MAP, 2, 0},   {0xdf, 0xdf, RTMI_PACK_MAP, 4, 0},
    {0xe0, 0xff, RTMI_PACK_INT, 0, 0},
};

static const form *form_of(int first)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (first >= forms[i].first && first <= forms[i].last)
            return &forms[i];
    }
    return NULL;
}

/* Bytes that a first byte needs when what follows is all zeros or all ones; 0: too many. */
static size_t bytes_needed(int first, uint8_t filler, size_t have, rtmi_token *ret)
{
    const form *f = form_of(first);
    uint64_t number = 0; /* what the length field says */

    for (int i = 0; i < f->width; i++)
        number = number << 8 | filler;
    if (f->width == 0)
        number = f->type == RTMI_PACK_STR ? (uint64_t)first & 0x1f : (uint64_t)first & 0x0f;
    ret->type = f->type;
    switch (f->type) {
    case RTMI_PACK_STR:
    case RTMI_PACK_BIN:
    case RTMI_PACK_EXT:
        if (f->fixed > 0)
            number = f->fixed;
        number += f->type == RTMI_PACK_EXT ? 1 : 0;
        return 1 + f->width + number <= have ? (size_t)(1 + f->width + number) : 0;
    case RTMI_PACK_ARRAY:
    case RTMI_PACK_MAP:
        ret->count = (uint32_t)number;
        number *= f->type == RTMI_PACK_MAP ? 2 : 1;
        return 1 + f->width + number <= have ? 1 + (size_t)f->width : 0;
    default:
        return 1 + (size_t)f->width <= have ? 1 + (size_t)f->width : 0;
    }
}

static void every_first_byte_means_what_is_specified(void **state)
{
    static const uint8_t fillers[] = {0x00, 0xff};
    static const size_t behind[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 18, 40, 300, 70000};
    static uint8_t bytes[70001];

    (void)state;
    for (int first = 0; first < 256; first++) {
        for (size_t f = 0; f < 2; f++) {
            for (size_t b = 0; b < sizeof behind / sizeof behind[0]; b++) {
                rtmi_token expected = {0};
                rtmi_token token;
                size_t used;

                memset(bytes, fillers[f], behind[b] + 1);
                bytes[0] = (uint8_t)first;
                const int r = read_one(bytes, behind[b] + 1, &token, &used);
                if (first == 0xc1) {
                    assert_int_equal(r, RTMI_PACK_E_RESERVED);
                    continue;
                }
                const size_t need = bytes_needed(first, fillers[f], behind[b] + 1, &expected);
                assert_int_equal(r, need == 0 ? RTMI_PACK_E_SHORT : 0);
                if (r < 0)
                    continue;
                assert_int_equal(used, need);
                if (token.type == RTMI_PACK_UINT)
                    assert_true(first == 0xcf && fillers[f] == 0xff && token.natural == UINT64_MAX);
                else
                    assert_int_equal(token.type, expected.type);
                assert_int_equal(token.count, expected.count);
            }
        }
    }
}

static void named_hostile_beginnings_are_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int error;
    } rows[] = {
        {"\xdf\x80\x00\x00\x00", 5, RTMI_PACK_E_SHORT},
        {"\xdf\xff\xff\xff\xff", 5, RTMI_PACK_E_SHORT},
        {"\xdd\xff\xff\xff\xff", 5, RTMI_PACK_E_SHORT},
        {"\xdd\x80\x00\x00\x00", 5, RTMI_PACK_E_SHORT},
        {"\xdd\xff\x00\x00\x00", 5, RTMI_PACK_E_SHORT},
        {"\xdf\x80\x00\x00\x00\x01\x02", 7, RTMI_PACK_E_SHORT}, /* twice the count wraps to 0 */
        {"\xdf\x80\x00\x00\x01\x01\x02", 7, RTMI_PACK_E_SHORT}, /* and to 2 */
        {"\xc6\xff\xff\xff\xff", 5, RTMI_PACK_E_SHORT},
        {"\xdb\xff\xff\xff\xfb", 5, RTMI_PACK_E_SHORT},
        {"\xc9\xff\xff\xff\xff\x01", 6, RTMI_PACK_E_SHORT},
        {"\xc9\x00\x00\x00\x00", 5, RTMI_PACK_E_SHORT}, /* even an empty ext has a type */
        {"\xc1", 1, RTMI_PACK_E_RESERVED},
        {"", 0, RTMI_PACK_E_SHORT},
    };

    (void)state;
    alloc_fail_reset();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_one(rows[i].bytes, rows[i].len, NULL, NULL), rows[i].error);
        assert_int_equal(skip_one(rows[i].bytes, rows[i].len, NULL), rows[i].error);
    }
    /* The copies of these two lines above, and nothing that a count has sized. */
    assert_int_equal(alloc_fail_requests(), 2 * sizeof rows / sizeof rows[0]);
    assert_true(alloc_fail_bytes() < 200);
    assert_int_equal(skip_one("\x91\xc1", 2, NULL), RTMI_PACK_E_RESERVED);
    assert_int_equal(skip_one("\x81\xc1\x01", 3, NULL), RTMI_PACK_E_RESERVED);
}

/* `count` containers in each other around one value. */
static int skip_nested(const char *head, size_t count, const char *inside)
{
    const size_t head_len = strlen(head);
    const size_t inside_len = strlen(inside);
    uint8_t *bytes = malloc(count * head_len + inside_len);

    assert_non_null(bytes);
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * head_len, head, head_len);
    memcpy(bytes + count * head_len, inside, inside_len);
    const int r = skip_one(bytes, count * head_len + inside_len, NULL);
    free(bytes);
    return r;
}

static void nesting_ends_at_the_limit(void **state)
{
    static const char *const heads[] = {"\x91", "\x81\xa0", "\x92\x07"};

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        assert_int_equal(skip_nested(heads[i], 31, "\x01"), 0);
        assert_int_equal(skip_nested(heads[i], 32, "\x01"), 0);
        assert_int_equal(skip_nested(heads[i], 33, "\x01"), RTMI_PACK_E_DEPTH);
        assert_int_equal(skip_nested(heads[i], 100000, "\x01"), RTMI_PACK_E_DEPTH);
        assert_int_equal(skip_nested(heads[i], 100000, ""), RTMI_PACK_E_DEPTH);
        assert_int_equal(skip_nested(heads[i], 32, ""), RTMI_PACK_E_SHORT);
        /* An empty one inside holds nothing, so it is no level. */
        assert_int_equal(skip_nested(heads[i], 32, "\x90"), 0);
        assert_int_equal(skip_nested(heads[i], 33, "\x90"), RTMI_PACK_E_DEPTH);
    }
    /* As a key as well: {[[…]]: 1}. */
    assert_int_equal(skip_nested("\x81", 100000, ""), RTMI_PACK_E_DEPTH);
}

static void wide_is_not_deep(void **state)
{
    /* 65,535 arrays of one nil each: two levels. */
    const size_t len = 3 + 65535 * 2;
    uint8_t *bytes = malloc(len);
    size_t used;

    (void)state;
    assert_non_null(bytes);
    memcpy(bytes, "\xdc\xff\xff", 3);
    for (size_t i = 3; i < len; i += 2) {
        bytes[i] = 0x91;
        bytes[i + 1] = 0xc0;
    }
    assert_int_equal(skip_one(bytes, len, &used), 0);
    assert_int_equal(used, len);
    assert_int_equal(skip_one(bytes, len - 1, NULL), RTMI_PACK_E_SHORT);
    free(bytes);
}

/* A head, then so many bytes of nil. */
static int read_head(const char *head, size_t head_len, size_t behind, rtmi_token *ret)
{
    uint8_t *bytes = malloc(head_len + behind);

    assert_non_null(bytes);
    memcpy(bytes, head, head_len);
    memset(bytes + head_len, 0xc0, behind);
    const int r = read_one(bytes, head_len + behind, ret, NULL);
    const int s = skip_one(bytes, head_len + behind, NULL);
    assert_int_equal(r, s);
    free(bytes);
    return r;
}

static void counts_are_checked_to_the_byte(void **state)
{
    static const struct {
        const char *head;
        size_t head_len;
        size_t least; /* bytes that must follow */
        rtmi_pack_type type;
    } rows[] = {
        {"\x9f", 1, 15, RTMI_PACK_ARRAY},
        {"\xdc\xff\xff", 3, 65535, RTMI_PACK_ARRAY},
        {"\xdd\x00\x01\x00\x00", 5, 65536, RTMI_PACK_ARRAY},
        {"\xdd\x00\x00\x00\x00", 5, 0, RTMI_PACK_ARRAY},
        {"\x8f", 1, 30, RTMI_PACK_MAP},
        {"\xde\xff\xff", 3, 131070, RTMI_PACK_MAP},
        {"\xdf\x00\x01\x00\x00", 5, 131072, RTMI_PACK_MAP},
        {"\xbf", 1, 31, RTMI_PACK_STR},
        {"\xd9\xff", 2, 255, RTMI_PACK_STR},
        {"\xda\xff\xff", 3, 65535, RTMI_PACK_STR},
        {"\xdb\x00\x01\x00\x00", 5, 65536, RTMI_PACK_STR},
        {"\xc4\xff", 2, 255, RTMI_PACK_BIN},
        {"\xc5\xff\xff", 3, 65535, RTMI_PACK_BIN},
        {"\xc6\x00\x01\x00\x00", 5, 65536, RTMI_PACK_BIN},
        {"\xc7\xff\x05", 3, 255, RTMI_PACK_EXT},
        {"\xc8\xff\xff\x05", 4, 65535, RTMI_PACK_EXT},
        {"\xc9\x00\x01\x00\x00\x05", 6, 65536, RTMI_PACK_EXT},
        {"\xd4\xff", 2, 1, RTMI_PACK_EXT},
        {"\xd8\x80", 2, 16, RTMI_PACK_EXT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *head = rows[i].head;
        const size_t head_len = rows[i].head_len;
        const size_t least = rows[i].least;
        rtmi_token token;

        if (least > 0)
            assert_int_equal(read_head(head, head_len, least - 1, NULL), RTMI_PACK_E_SHORT);
        assert_int_equal(read_head(head, head_len, least, &token), 0);
        assert_int_equal(token.type, rows[i].type);
        assert_int_equal(read_head(head, head_len, least + 1, &token), 0);
        /* The head itself cut. */
        for (size_t n = 0; n < head_len; n++)
            assert_int_equal(read_one(head, n, NULL, NULL), RTMI_PACK_E_SHORT);
    }
}

static void ext_type_is_signed(void **state)
{
    rtmi_token token;

    (void)state;
    assert_int_equal(read_one("\xd4\xff\x01", 3, &token, NULL), 0);
    assert_int_equal(token.ext_type, -1);
    assert_int_equal(token.bytes.len, 1);
    assert_int_equal(read_one("\xc7\x00\x7f", 3, &token, NULL), 0);
    assert_int_equal(token.ext_type, 127);
    assert_int_equal(token.bytes.len, 0);
}

static void one_integer_in_every_form_is_the_same(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } one[] = {
        {"\x01", 1},
        {"\xcc\x01", 2},
        {"\xcd\x00\x01", 3},
        {"\xce\x00\x00\x00\x01", 5},
        {"\xcf\x00\x00\x00\x00\x00\x00\x00\x01", 9},
        {"\xd0\x01", 2},
        {"\xd1\x00\x01", 3},
        {"\xd2\x00\x00\x00\x01", 5},
        {"\xd3\x00\x00\x00\x00\x00\x00\x00\x01", 9},
        {"\xca\x3f\x80\x00\x00", 5},
        {"\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", 9},
    };
    static const struct {
        const char *bytes;
        size_t len;
    } minus_one[] = {
        {"\xff", 1},
        {"\xd0\xff", 2},
        {"\xd1\xff\xff", 3},
        {"\xd2\xff\xff\xff\xff", 5},
        {"\xd3\xff\xff\xff\xff\xff\xff\xff\xff", 9},
        {"\xca\xbf\x80\x00\x00", 5},
        {"\xcb\xbf\xf0\x00\x00\x00\x00\x00\x00", 9},
    };
    rtmi_token token;
    int64_t value;
    double real;

    (void)state;
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        assert_int_equal(read_one(one[i].bytes, one[i].len, &token, NULL), 0);
        assert_true(rtmi_token_get_int(&token, &value));
        assert_int_equal(value, 1);
        assert_true(rtmi_token_get_double(&token, &real));
        assert_true(real == 1.0);
    }
    for (size_t i = 0; i < sizeof minus_one / sizeof minus_one[0]; i++) {
        assert_int_equal(read_one(minus_one[i].bytes, minus_one[i].len, &token, NULL), 0);
        assert_true(rtmi_token_get_int(&token, &value));
        assert_int_equal(value, -1);
        assert_true(rtmi_token_get_double(&token, &real));
        assert_true(real == -1.0);
    }
}

static bool int_of_double(double real, int64_t *ret)
{
    const rtmi_token token = {.type = RTMI_PACK_FLOAT, .real = real};

    return rtmi_token_get_int(&token, ret);
}

static void floats_are_integers_only_when_they_are(void **state)
{
    static const double no[] = {
        0.5,   -0.5,   1.5,      1e-300,    0x1p63, 1e19, -0x1.0000000000001p63,
        1e300, -1e300, INFINITY, -INFINITY, NAN};
    static const double yes[] = {0.0,    -0.0,    1.0,          -1.0,    0x1p52,
                                 0x1p53, -0x1p62, 4294967296.0, -0x1p63, 0x1.fffffffffffffp62};
    int64_t value = 77;

    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        assert_false(int_of_double(no[i], &value));
        assert_int_equal(value, 77);
    }
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        assert_true(int_of_double(yes[i], &value));
        assert_true((double)value == yes[i]);
        value = 77;
    }
}

static void natural_above_int64_is_no_int64(void **state)
{
    rtmi_token token;
    int64_t value = 77;
    double real;

    (void)state;
    assert_int_equal(read_one("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9, &token, NULL), 0);
    assert_int_equal(token.type, RTMI_PACK_INT);
    assert_true(rtmi_token_get_int(&token, &value));
    assert_true(value == INT64_MAX);
    value = 77;
    assert_int_equal(read_one("\xcf\x80\x00\x00\x00\x00\x00\x00\x00", 9, &token, NULL), 0);
    assert_int_equal(token.type, RTMI_PACK_UINT);
    assert_false(rtmi_token_get_int(&token, &value));
    assert_int_equal(value, 77);
    assert_true(rtmi_token_get_double(&token, &real));
    assert_true(real == 0x1p63);
}

static void readings_refuse_other_types(void **state)
{
    static const char *const others[] = {"\xc0", "\xc3", "\x90", "\x80", "\xd4\x01\x01"};
    rtmi_token token;
    int64_t value;
    rtmi_span bytes;
    double real;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(read_one(others[i], strlen(others[i]), &token, NULL), 0);
        assert_false(rtmi_token_get_int(&token, &value));
        assert_false(rtmi_token_get_bytes(&token, &bytes));
        assert_false(rtmi_token_get_double(&token, &real));
    }
    assert_int_equal(read_one("\xa1\x31", 2, &token, NULL), 0);
    assert_false(rtmi_token_get_int(&token, &value));
    assert_false(rtmi_token_get_double(&token, &real));
    assert_true(rtmi_token_get_bytes(&token, &bytes));
    assert_int_equal(read_one("\xc4\x01\x31", 3, &token, NULL), 0);
    assert_true(rtmi_token_get_bytes(&token, &bytes));
    assert_int_equal(read_one("\x01", 1, &token, NULL), 0);
    assert_false(rtmi_token_get_bytes(&token, &bytes));
}

static size_t int_size(int64_t v)
{
    if (v >= -32 && v <= 127)
        return 1;
    if (v >= -128 && v <= 255)
        return 2;
    if (v >= -32768 && v <= 65535)
        return 3;
    return v >= INT32_MIN && v <= UINT32_MAX ? 5 : 9;
}

static void integers_are_written_shortest(void **state)
{
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 100);
    for (int bit = 0; bit < 63; bit++) {
        for (int64_t near = -2; near <= 2; near++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                const int64_t v = (INT64_C(1) << bit) * sign + near;
                rtmi_token token;
                size_t used;
                rtmi_buf_clear(&out);
                rtmi_pack_int(&out, v);
                assert_int_equal(rtmi_buf_len(&out), int_size(v));
                assert_int_equal(read_one(out.data, rtmi_buf_len(&out), &token, &used), 0);
                assert_int_equal(used, rtmi_buf_len(&out));
                assert_int_equal(token.type, RTMI_PACK_INT);
                assert_true(token.integer == v);
            }
        }
    }
    static const uint64_t naturals[] = {INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        rtmi_token token;
        rtmi_buf_clear(&out);
        rtmi_pack_uint(&out, naturals[i]);
        assert_int_equal(read_one(out.data, rtmi_buf_len(&out), &token, NULL), 0);
        assert_int_equal(rtmi_buf_len(&out), 9);
        assert_true(token.natural == naturals[i]);
    }
    rtmi_buf_clear(&out);
    rtmi_pack_int(&out, INT64_MIN);
    assert_true(rtmi_span_equal(rtmi_buf_span(&out),
                                (rtmi_span){(const uint8_t *)"\xd3\x80\0\0\0\0\0\0\0", 9}));
    rtmi_buf_deinit(&out);
}

static void lengths_are_written_shortest(void **state)
{
    static const struct {
        size_t len;
        size_t str_head;
        size_t bin_head;
        size_t count_head;
    } rows[] = {
        {0, 1, 2, 1},   {15, 1, 2, 1},  {16, 1, 2, 3},    {31, 1, 2, 3},    {32, 2, 2, 3},
        {255, 2, 2, 3}, {256, 3, 3, 3}, {65535, 3, 3, 3}, {65536, 5, 5, 5}, {70000, 5, 5, 5},
    };
    static uint8_t bytes[70000];
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t len = rows[i].len;
        rtmi_token token;

        rtmi_buf_clear(&out);
        rtmi_pack_str(&out, (rtmi_span){bytes, len});
        assert_int_equal(rtmi_buf_len(&out), rows[i].str_head + len);
        assert_int_equal(read_one(out.data, rtmi_buf_len(&out), &token, NULL), 0);
        assert_int_equal(token.type, RTMI_PACK_STR);
        assert_int_equal(token.bytes.len, len);

        rtmi_buf_clear(&out);
        rtmi_pack_bin(&out, (rtmi_span){bytes, len});
        assert_int_equal(rtmi_buf_len(&out), rows[i].bin_head + len);
        assert_int_equal(read_one(out.data, rtmi_buf_len(&out), &token, NULL), 0);
        assert_int_equal(token.type, RTMI_PACK_BIN);
        assert_int_equal(token.bytes.len, len);

        rtmi_buf_clear(&out);
        rtmi_pack_array(&out, (uint32_t)len);
        assert_int_equal(rtmi_buf_len(&out), rows[i].count_head);
        rtmi_buf_append(&out, bytes, len);
        assert_int_equal(read_one(out.data, rtmi_buf_len(&out), &token, NULL), 0);
        assert_int_equal(token.type, RTMI_PACK_ARRAY);
        assert_int_equal(token.count, len);

        rtmi_buf_clear(&out);
        rtmi_pack_map(&out, (uint32_t)len);
        assert_int_equal(rtmi_buf_len(&out), rows[i].count_head);
        rtmi_buf_append(&out, bytes, len);
        rtmi_buf_append(&out, bytes, len);
        assert_int_equal(read_one(out.data, rtmi_buf_len(&out), &token, NULL), 0);
        assert_int_equal(token.type, RTMI_PACK_MAP);
        assert_int_equal(token.count, len);
    }
    rtmi_buf_deinit(&out);
}

static void keys_and_words_are_written(void **state)
{
    static const uint8_t expected[] = {0x85, 0xa0, 0xc0, 0xa1, 'i', 0xff, 0xa1, 'b', 0xc3,
                                       0xa1, 'n',  0xc2, 0xa1, 's', 0xa2, 'o',  'k'};
    static const char longest[] = "0123456789012345678901234567890";
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 100);
    rtmi_pack_map(&out, 5);
    rtmi_pack_key(&out, "");
    rtmi_pack_nil(&out);
    rtmi_pack_key_int(&out, "i", -1);
    rtmi_pack_key_bool(&out, "b", true);
    rtmi_pack_key_bool(&out, "n", false);
    rtmi_pack_key_str(&out, "s", rtmi_span_of_text("ok"));
    assert_true(rtmi_span_equal(rtmi_buf_span(&out), (rtmi_span){expected, sizeof expected}));
    rtmi_buf_clear(&out);
    rtmi_pack_key(&out, longest);
    assert_int_equal(rtmi_buf_len(&out), 32);
    assert_int_equal(out.data[0], 0xbf);
    rtmi_buf_deinit(&out);
}

static void doubles_keep_every_bit(void **state)
{
    static const double values[] = {0.0,      -0.0,     1.5, 5e-324, 1.7976931348623157e308,
                                    INFINITY, -INFINITY};
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 100);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        rtmi_token token;
        rtmi_buf_clear(&out);
        rtmi_pack_double(&out, values[i]);
        assert_int_equal(rtmi_buf_len(&out), 9);
        assert_int_equal(read_one(out.data, 9, &token, NULL), 0);
        assert_memory_equal(&token.real, &values[i], sizeof token.real);
    }
    rtmi_buf_deinit(&out);
}

static void ceiling_of_the_buffer_is_used_to_the_last_byte(void **state)
{
    static const struct {
        int64_t value;
        size_t size;
    } rows[] = {{127, 1}, {-33, 2}, {128, 2}, {256, 3}, {65536, 5}, {INT64_MAX, 9}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rtmi_buf out;

        rtmi_buf_init(&out, rows[i].size);
        rtmi_pack_int(&out, rows[i].value);
        assert_int_equal(out.error, 0);
        assert_int_equal(rtmi_buf_len(&out), rows[i].size);
        rtmi_buf_deinit(&out);

        rtmi_buf_init(&out, rows[i].size - 1);
        rtmi_pack_int(&out, rows[i].value);
        rtmi_pack_nil(&out); /* sticky: nothing after a hole */
        assert_int_equal(out.error, RTM_E_LIMIT);
        assert_int_equal(rtmi_buf_len(&out), 0);
        rtmi_buf_deinit(&out);
    }
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int error = RTMI_PACK_E_NOT_MAP; error <= RTMI_PACK_E_SHORT; error++)
        assert_string_not_equal(rtmi_pack_error_text(error), rtmi_pack_error_text(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_first_byte_means_what_is_specified),
        cmocka_unit_test(named_hostile_beginnings_are_refused),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(wide_is_not_deep),
        cmocka_unit_test(counts_are_checked_to_the_byte),
        cmocka_unit_test(ext_type_is_signed),
        cmocka_unit_test(one_integer_in_every_form_is_the_same),
        cmocka_unit_test(floats_are_integers_only_when_they_are),
        cmocka_unit_test(natural_above_int64_is_no_int64),
        cmocka_unit_test(readings_refuse_other_types),
        cmocka_unit_test(integers_are_written_shortest),
        cmocka_unit_test(lengths_are_written_shortest),
        cmocka_unit_test(keys_and_words_are_written),
        cmocka_unit_test(doubles_keep_every_bit),
        cmocka_unit_test(ceiling_of_the_buffer_is_used_to_the_last_byte),
        cmocka_unit_test(every_error_has_a_text),
    };

    return cmocka_run_group_tests_name("fpnn.pack", tests, NULL, NULL);
}
