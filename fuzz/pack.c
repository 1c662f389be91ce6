/*
 * Any bytes as one MessagePack value: what can be skipped can be read token by token, and
 * written again with the same meaning.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/fpnn/pack.h"

static uint64_t children(const rtmi_token *token)
{
    switch (token->type) {
    case RTMI_PACK_ARRAY:
        return token->count;
    case RTMI_PACK_MAP:
        return (uint64_t)token->count * 2;
    default:
        return 0;
    }
}

static void write_token(const rtmi_token *token, rtmi_buf *out)
{
    switch (token->type) {
    case RTMI_PACK_NIL:
        rtmi_pack_nil(out);
        break;
    case RTMI_PACK_BOOL:
        rtmi_pack_bool(out, token->boolean);
        break;
    case RTMI_PACK_INT:
        rtmi_pack_int(out, token->integer);
        break;
    case RTMI_PACK_UINT:
        rtmi_pack_uint(out, token->natural);
        break;
    case RTMI_PACK_FLOAT:
        rtmi_pack_double(out, token->real);
        break;
    case RTMI_PACK_STR:
        rtmi_pack_str(out, token->bytes);
        break;
    case RTMI_PACK_BIN:
    case RTMI_PACK_EXT: /* never written: stands for itself as bin */
        rtmi_pack_bin(out, token->bytes);
        break;
    case RTMI_PACK_ARRAY:
        rtmi_pack_array(out, token->count);
        break;
    case RTMI_PACK_MAP:
        rtmi_pack_map(out, token->count);
        break;
    }
}

static void check_same(const rtmi_token *a, const rtmi_token *b)
{
    const rtmi_pack_type type = a->type == RTMI_PACK_EXT ? RTMI_PACK_BIN : a->type;

    FUZZ_CHECK(type == b->type);
    switch (type) {
    case RTMI_PACK_BOOL:
        FUZZ_CHECK(a->boolean == b->boolean);
        break;
    case RTMI_PACK_INT:
        FUZZ_CHECK(a->integer == b->integer);
        break;
    case RTMI_PACK_UINT:
        FUZZ_CHECK(a->natural == b->natural && a->natural > INT64_MAX);
        break;
    case RTMI_PACK_FLOAT:
        FUZZ_CHECK(memcmp(&a->real, &b->real, sizeof a->real) == 0);
        break;
    case RTMI_PACK_STR:
    case RTMI_PACK_BIN:
        FUZZ_CHECK(rtmi_span_equal(a->bytes, b->bytes));
        break;
    case RTMI_PACK_ARRAY:
    case RTMI_PACK_MAP:
        FUZZ_CHECK(a->count == b->count);
        break;
    default:
        break;
    }
}

/* Read the value token by token and write it; ends where the skip has ended. */
static void copy_value(rtmi_cursor in, const uint8_t *end, rtmi_buf *out)
{
    for (uint64_t left = 1; left > 0; left--) {
        rtmi_token token;
        const uint8_t *before = in.at;
        FUZZ_CHECK(rtmi_pack_read(&in, &token) == 0);
        FUZZ_CHECK(in.at > before && in.at <= end);
        FUZZ_CHECK(children(&token) <= (uint64_t)(end - in.at));
        left += children(&token);
        write_token(&token, out);
    }
    FUZZ_CHECK(in.at == end);
    FUZZ_CHECK(out->error == 0);
}

static void compare_values(rtmi_cursor a, rtmi_cursor b)
{
    for (uint64_t left = 1; left > 0; left--) {
        rtmi_token from_a;
        rtmi_token from_b;
        FUZZ_CHECK(rtmi_pack_read(&a, &from_a) == 0);
        FUZZ_CHECK(rtmi_pack_read(&b, &from_b) == 0);
        check_same(&from_a, &from_b);
        left += children(&from_a);
    }
    FUZZ_CHECK(b.at == b.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rtmi_span bytes = {data, size};
    rtmi_cursor in = rtmi_cursor_of(bytes);
    rtmi_buf out;
    const int r = rtmi_pack_skip(&in);

    if (r < 0) {
        FUZZ_CHECK(in.at == data);
        FUZZ_CHECK(rtmi_pack_error_text(r) != NULL);
        return 0;
    }
    /* Nested within the limit, float32 grows by 4 of 5 bytes, fixext to bin never by more. */
    rtmi_buf_init(&out, size * 2 + 16);
    copy_value(rtmi_cursor_of(bytes), in.at, &out);
    compare_values(rtmi_cursor_of(bytes), rtmi_cursor_of(rtmi_buf_span(&out)));
    rtmi_buf_deinit(&out);

    /* One byte less is short. */
    rtmi_cursor cut = rtmi_cursor_of((rtmi_span){data, (size_t)(in.at - data) - 1});
    FUZZ_CHECK(rtmi_pack_skip(&cut) == RTMI_PACK_E_SHORT);
    return 0;
}
