/*
 * One switch on the first byte for reading; the forms that hot paths meet (fixint, fixstr and
 * the sized integers) come out of it without a loop.
 */
#include "lib/fpnn/pack.h"

#include <assert.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/fpnn/put.h"

static size_t left(const rtmi_cursor *in)
{
    return (size_t)(in->end - in->at);
}

static void set_natural(rtmi_token *ret, uint64_t value)
{
    if (value > INT64_MAX) {
        ret->type = RTMI_PACK_UINT;
        ret->natural = value;
    } else {
        ret->type = RTMI_PACK_INT;
        ret->integer = (int64_t)value;
    }
}

static uint64_t load_natural(const uint8_t *p, size_t width)
{
    switch (width) {
    case 1:
        return *p;
    case 2:
        return rtmi_load_be16(p);
    case 4:
        return rtmi_load_be32(p);
    default:
        return rtmi_load_be64(p);
    }
}

static int64_t load_integer(const uint8_t *p, size_t width)
{
    switch (width) {
    case 1:
        return (int8_t)*p;
    case 2:
        return (int16_t)rtmi_load_be16(p);
    case 4:
        return (int32_t)rtmi_load_be32(p);
    default:
        return (int64_t)rtmi_load_be64(p);
    }
}

static double load_real(const uint8_t *p, size_t width)
{
    if (width == 4) {
        const uint32_t bits = rtmi_load_be32(p);
        float f;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    const uint64_t bits = rtmi_load_be64(p);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* A head whose length field of `width` bytes stands behind the first byte. */
static int read_bytes(rtmi_cursor *in, rtmi_token *ret, rtmi_pack_type type, size_t width)
{
    const size_t extra = type == RTMI_PACK_EXT ? 1 : 0; /* the ext type */

    if (left(in) < 1 + width + extra)
        return RTMI_PACK_E_SHORT;
    const uint64_t len = load_natural(in->at + 1, width);
    const uint8_t *body = in->at + 1 + width + extra;
    if (len > (uint64_t)(in->end - body))
        return RTMI_PACK_E_SHORT;
    ret->type = type;
    ret->ext_type = extra == 0 ? 0 : (int8_t)body[-1];
    ret->bytes = (rtmi_span){body, (size_t)len};
    in->at = body + len;
    return 0;
}

static int read_fixext(rtmi_cursor *in, rtmi_token *ret, size_t len)
{
    if (left(in) < 2 + len)
        return RTMI_PACK_E_SHORT;
    ret->type = RTMI_PACK_EXT;
    ret->ext_type = (int8_t)in->at[1];
    ret->bytes = (rtmi_span){in->at + 2, len};
    in->at += 2 + len;
    return 0;
}

static int read_container(rtmi_cursor *in, rtmi_token *ret, rtmi_pack_type type, size_t head,
                          uint64_t count)
{
    const uint64_t least = type == RTMI_PACK_MAP ? count * 2 : count;

    if (least > left(in) - head)
        return RTMI_PACK_E_SHORT;
    ret->type = type;
    ret->count = (uint32_t)count;
    in->at += head;
    return 0;
}

static int read_sized_container(rtmi_cursor *in, rtmi_token *ret, rtmi_pack_type type, size_t width)
{
    if (left(in) < 1 + width)
        return RTMI_PACK_E_SHORT;
    return read_container(in, ret, type, 1 + width, load_natural(in->at + 1, width));
}

/* 0xc0 … 0xdf: everything that has a byte of its own. */
static int read_sized(rtmi_cursor *in, rtmi_token *ret, uint8_t first)
{
    switch (first) {
    case 0xc0:
        ret->type = RTMI_PACK_NIL;
        in->at += 1;
        return 0;
    case 0xc1:
        return RTMI_PACK_E_RESERVED;
    case 0xc2:
    case 0xc3:
        ret->type = RTMI_PACK_BOOL;
        ret->boolean = first == 0xc3;
        in->at += 1;
        return 0;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return read_bytes(in, ret, RTMI_PACK_BIN, (size_t)1 << (first - 0xc4));
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return read_bytes(in, ret, RTMI_PACK_EXT, (size_t)1 << (first - 0xc7));
    case 0xca:
    case 0xcb: {
        const size_t width = first == 0xca ? 4 : 8;
        if (left(in) < 1 + width)
            return RTMI_PACK_E_SHORT;
        ret->type = RTMI_PACK_FLOAT;
        ret->real = load_real(in->at + 1, width);
        in->at += 1 + width;
        return 0;
    }
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: {
        const size_t width = (size_t)1 << (first - 0xcc);
        if (left(in) < 1 + width)
            return RTMI_PACK_E_SHORT;
        set_natural(ret, load_natural(in->at + 1, width));
        in->at += 1 + width;
        return 0;
    }
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: {
        const size_t width = (size_t)1 << (first - 0xd0);
        if (left(in) < 1 + width)
            return RTMI_PACK_E_SHORT;
        ret->type = RTMI_PACK_INT;
        ret->integer = load_integer(in->at + 1, width);
        in->at += 1 + width;
        return 0;
    }
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return read_fixext(in, ret, (size_t)1 << (first - 0xd4));
    case 0xd9:
    case 0xda:
    case 0xdb:
        return read_bytes(in, ret, RTMI_PACK_STR, (size_t)1 << (first - 0xd9));
    case 0xdc:
        return read_sized_container(in, ret, RTMI_PACK_ARRAY, 2);
    case 0xdd:
        return read_sized_container(in, ret, RTMI_PACK_ARRAY, 4);
    case 0xde:
        return read_sized_container(in, ret, RTMI_PACK_MAP, 2);
    default:
        return read_sized_container(in, ret, RTMI_PACK_MAP, 4);
    }
}

int rtmi_pack_read(rtmi_cursor *in, rtmi_token *ret)
{
    if (in->at == in->end)
        return RTMI_PACK_E_SHORT;
    const uint8_t first = *in->at;

    if (first <= 0x7f || first >= 0xe0) {
        ret->type = RTMI_PACK_INT;
        ret->integer = (int8_t)first;
        in->at += 1;
        return 0;
    }
    if (first >= 0xa0 && first <= 0xbf) {
        const size_t len = first & 0x1f;
        if (left(in) - 1 < len)
            return RTMI_PACK_E_SHORT;
        ret->type = RTMI_PACK_STR;
        ret->bytes = (rtmi_span){in->at + 1, len};
        in->at += 1 + len;
        return 0;
    }
    if (first <= 0x8f)
        return read_container(in, ret, RTMI_PACK_MAP, 1, first & 0x0f);
    if (first <= 0x9f)
        return read_container(in, ret, RTMI_PACK_ARRAY, 1, first & 0x0f);
    return read_sized(in, ret, first);
}

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

int rtmi_pack_skip_content(rtmi_cursor *in, const rtmi_token *head)
{
    uint64_t open[RTMI_PACK_DEPTH_MAX]; /* values still to come, a level each */
    size_t depth = 0;
    rtmi_cursor at = *in;
    rtmi_token token = *head;

    for (;;) {
        const uint64_t inside = children(&token);
        if (inside > 0) {
            if (depth == RTMI_PACK_DEPTH_MAX)
                return RTMI_PACK_E_DEPTH;
            open[depth++] = inside;
        }
        while (depth > 0 && open[depth - 1] == 0)
            depth--;
        if (depth == 0) {
            *in = at;
            return 0;
        }
        open[depth - 1]--;
        const int r = rtmi_pack_read(&at, &token);
        if (r < 0)
            return r;
    }
}

int rtmi_pack_skip(rtmi_cursor *in)
{
    rtmi_cursor at = *in;
    rtmi_token token;
    int r = rtmi_pack_read(&at, &token);

    if (r == 0 && children(&token) > 0)
        r = rtmi_pack_skip_content(&at, &token);
    if (r == 0)
        *in = at;
    return r;
}

const char *rtmi_pack_error_text(int error)
{
    switch (error) {
    case RTMI_PACK_E_SHORT:
        return "payload ends inside a value";
    case RTMI_PACK_E_RESERVED:
        return "payload holds the reserved byte c1";
    case RTMI_PACK_E_DEPTH:
        return "payload is nested too deep";
    case RTMI_PACK_E_NOT_MAP:
        return "payload is no map";
    default:
        return "unknown payload error";
    }
}

bool rtmi_token_get_int(const rtmi_token *token, int64_t *ret)
{
    if (token->type == RTMI_PACK_INT) {
        *ret = token->integer;
        return true;
    }
    /* JavaScript peers send integers above 32 bits as floats. 2^63 itself does not fit. */
    if (token->type == RTMI_PACK_FLOAT && token->real >= -0x1p63 && token->real < 0x1p63 &&
        (double)(int64_t)token->real == token->real) {
        *ret = (int64_t)token->real;
        return true;
    }
    return false;
}

bool rtmi_token_get_bytes(const rtmi_token *token, rtmi_span *ret)
{
    if (token->type != RTMI_PACK_STR && token->type != RTMI_PACK_BIN)
        return false;
    *ret = token->bytes;
    return true;
}

bool rtmi_token_get_double(const rtmi_token *token, double *ret)
{
    switch (token->type) {
    case RTMI_PACK_FLOAT:
        *ret = token->real;
        return true;
    case RTMI_PACK_INT:
        *ret = (double)token->integer;
        return true;
    case RTMI_PACK_UINT:
        *ret = (double)token->natural;
        return true;
    default:
        return false;
    }
}

/* What takes up to RTMI_PUT_HEAD_MAX bytes, by its value. */
typedef enum head {
    HEAD_UINT,
    HEAD_INT,
    HEAD_DOUBLE, /* its bits */
    HEAD_STR,
    HEAD_BIN,
    HEAD_ARRAY,
    HEAD_MAP
} head;

static inline uint8_t *put_head(uint8_t *at, head what, uint64_t value)
{
    switch (what) {
    case HEAD_UINT:
        return rtmi_put_uint(at, value);
    case HEAD_INT:
        return rtmi_put_int(at, (int64_t)value);
    case HEAD_DOUBLE:
        return rtmi_put_64(at, 0xcb, value);
    case HEAD_STR:
        return rtmi_put_str_head(at, (uint32_t)value);
    case HEAD_BIN:
        return rtmi_put_bin_head(at, (uint32_t)value);
    case HEAD_ARRAY:
        return rtmi_put_array(at, (uint32_t)value);
    default:
        return rtmi_put_map(at, (uint32_t)value);
    }
}

/* The buffer has to grow, or its ceiling is so near that only a short one may fit. */
static void put_exactly(rtmi_buf *out, head what, uint64_t value)
{
    uint8_t bytes[RTMI_PUT_HEAD_MAX];

    rtmi_buf_append(out, bytes, (size_t)(put_head(bytes, what, value) - bytes));
}

static inline void pack_head(rtmi_buf *out, head what, uint64_t value)
{
    if (out->error != 0 || out->cap - out->end < RTMI_PUT_HEAD_MAX) {
        put_exactly(out, what, value);
        return;
    }
    uint8_t *const at = rtmi_buf_tail(out);
    rtmi_buf_commit(out, (size_t)(put_head(at, what, value) - at));
}

static void put_byte(rtmi_buf *out, uint8_t byte)
{
    if (!rtmi_buf_reserve(out, 1))
        return;
    *rtmi_buf_tail(out) = byte;
    rtmi_buf_commit(out, 1);
}

void rtmi_pack_nil(rtmi_buf *out)
{
    put_byte(out, 0xc0);
}

void rtmi_pack_bool(rtmi_buf *out, bool value)
{
    put_byte(out, value ? 0xc3 : 0xc2);
}

void rtmi_pack_uint(rtmi_buf *out, uint64_t value)
{
    pack_head(out, HEAD_UINT, value);
}

void rtmi_pack_int(rtmi_buf *out, int64_t value)
{
    pack_head(out, HEAD_INT, (uint64_t)value);
}

void rtmi_pack_double(rtmi_buf *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    pack_head(out, HEAD_DOUBLE, bits);
}

/* A head tells at most 32 bits of length. */
static void pack_bytes(rtmi_buf *out, head what, rtmi_span bytes)
{
    if (bytes.len > UINT32_MAX) {
        out->error = out->error != 0 ? out->error : RTM_E_LIMIT;
        return;
    }
    pack_head(out, what, bytes.len);
    rtmi_buf_append_span(out, bytes);
}

void rtmi_pack_str(rtmi_buf *out, rtmi_span text)
{
    pack_bytes(out, HEAD_STR, text);
}

void rtmi_pack_bin(rtmi_buf *out, rtmi_span bytes)
{
    pack_bytes(out, HEAD_BIN, bytes);
}

void rtmi_pack_array(rtmi_buf *out, uint32_t count)
{
    pack_head(out, HEAD_ARRAY, count);
}

void rtmi_pack_map(rtmi_buf *out, uint32_t count)
{
    pack_head(out, HEAD_MAP, count);
}
