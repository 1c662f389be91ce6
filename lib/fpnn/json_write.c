/*
 * MessagePack to JSON in two passes, without recursion: the value is checked whole, then
 * written.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/utf8.h"

#define DOUBLE_TEXT_SIZE 64

static void put_byte(rtmi_buf *out, uint8_t byte)
{
    rtmi_buf_append(out, &byte, 1);
}

static void put_text(rtmi_buf *out, const char *text)
{
    rtmi_buf_append(out, text, strlen(text));
}

static void put_escaped(rtmi_buf *out, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    char unit[7] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15], '\0'};

    switch (c) {
    case '"':
        put_text(out, "\\\"");
        return;
    case '\\':
        put_text(out, "\\\\");
        return;
    case '\b':
        put_text(out, "\\b");
        return;
    case '\f':
        put_text(out, "\\f");
        return;
    case '\n':
        put_text(out, "\\n");
        return;
    case '\r':
        put_text(out, "\\r");
        return;
    case '\t':
        put_text(out, "\\t");
        return;
    default:
        put_text(out, unit);
    }
}

static void put_string(rtmi_buf *out, rtmi_span text)
{
    size_t from = 0;

    put_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        rtmi_buf_append(out, text.data + from, i - from);
        put_escaped(out, c);
        from = i + 1;
    }
    if (from < text.len)
        rtmi_buf_append(out, text.data + from, text.len - from);
    put_byte(out, '"');
}

static void put_base64(rtmi_buf *out, rtmi_span bytes)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    put_byte(out, '"');
    for (size_t i = 0; i < bytes.len; i += 3) {
        const size_t some = rtmi_min_size(bytes.len - i, 3);
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        if (some > 1)
            bits |= (uint32_t)bytes.data[i + 1] << 8;
        if (some > 2)
            bits |= bytes.data[i + 2];
        const char four[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                              some > 1 ? alphabet[bits >> 6 & 63] : '=',
                              some > 2 ? alphabet[bits & 63] : '='};
        rtmi_buf_append(out, four, sizeof four);
    }
    put_byte(out, '"');
}

static void put_bytes(rtmi_buf *out, rtmi_span bytes, bool as_text)
{
    if (as_text && rtmi_utf8_is_valid(bytes))
        put_string(out, bytes);
    else
        put_base64(out, bytes);
}

static void put_double(rtmi_buf *out, double value)
{
    char text[DOUBLE_TEXT_SIZE];
    bool stays_double = false;
    bool in_point = false;

    if (!isfinite(value)) {
        put_text(out, "null");
        return;
    }
    /* Fifteen digits are always kept; subnormal numbers need fewer. */
    for (int count = fpclassify(value) == FP_SUBNORMAL ? 1 : 15; count <= 17; count++) {
        (void)snprintf(text, sizeof text, "%.*g", count, value);
        if (strtod(text, NULL) == value)
            break;
    }
    /* What is neither digit, sign nor exponent is the locale's point, of one byte or more. */
    for (const char *p = text; *p != '\0'; p++) {
        if ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == 'e') {
            put_byte(out, (uint8_t)*p);
            stays_double = stays_double || *p == 'e';
            in_point = false;
        } else if (!in_point) {
            put_byte(out, '.');
            stays_double = in_point = true;
        }
    }
    if (!stays_double)
        put_text(out, ".0");
}

static void put_natural(rtmi_buf *out, uint64_t value)
{
    char text[RTMI_INT_TEXT_SIZE];

    (void)rtmi_int_print((int64_t)(value / 10), text);
    put_text(out, text);
    put_byte(out, (uint8_t)('0' + value % 10));
}

static void put_scalar(rtmi_buf *out, const rtmi_token *token, bool is_key)
{
    char text[RTMI_INT_TEXT_SIZE];

    switch (token->type) {
    case RTMI_PACK_BOOL:
        put_text(out, token->boolean ? "true" : "false");
        break;
    case RTMI_PACK_INT:
        (void)rtmi_int_print(token->integer, text);
        put_text(out, text);
        break;
    case RTMI_PACK_UINT:
        put_natural(out, token->natural);
        break;
    case RTMI_PACK_FLOAT:
        put_double(out, token->real);
        break;
    case RTMI_PACK_STR:
        put_bytes(out, token->bytes, true);
        break;
    case RTMI_PACK_BIN:
        put_bytes(out, token->bytes, is_key);
        break;
    default: /* nil, ext; as a key also arrays and maps */
        put_text(out, "null");
        break;
    }
}

static void put_key(rtmi_buf *out, const rtmi_token *token)
{
    const bool has_quotes = token->type == RTMI_PACK_STR || token->type == RTMI_PACK_BIN;

    if (!has_quotes)
        put_byte(out, '"');
    put_scalar(out, token, true);
    if (!has_quotes)
        put_byte(out, '"');
}

static bool is_container(const rtmi_token *token)
{
    return token->type == RTMI_PACK_ARRAY || token->type == RTMI_PACK_MAP;
}

typedef struct open_value {
    uint64_t left; /* values still to come: of a map its keys and values */
    bool is_map;
    bool is_first;
} open_value;

typedef struct writer {
    rtmi_cursor in;
    rtmi_buf *out;
    size_t depth;
    open_value open[RTMI_JSON_DEPTH_MAX];
} writer;

/* Comma or colon before the next value; tells whether it is a key. */
static bool begin_value(writer *to)
{
    if (to->depth == 0)
        return false;
    open_value *top = &to->open[to->depth - 1];
    const bool is_key = top->is_map && top->left % 2 == 0;

    if (top->is_map && !is_key)
        put_byte(to->out, ':');
    else if (!top->is_first)
        put_byte(to->out, ',');
    top->is_first = false;
    top->left--;
    return is_key;
}

static int write_value(writer *to)
{
    const bool is_key = begin_value(to);
    rtmi_token token;
    const int r = rtmi_pack_read(&to->in, &token);

    if (r < 0)
        return r;
    if (is_key) {
        put_key(to->out, &token);
        return rtmi_pack_skip_content(&to->in, &token);
    }
    if (!is_container(&token)) {
        put_scalar(to->out, &token, false);
        return 0;
    }
    const bool is_map = token.type == RTMI_PACK_MAP;
    if (token.count == 0) {
        put_text(to->out, is_map ? "{}" : "[]");
        return 0;
    }
    if (to->depth == RTMI_JSON_DEPTH_MAX)
        return RTMI_PACK_E_DEPTH;
    to->open[to->depth++] = (open_value){
        .left = is_map ? (uint64_t)token.count * 2 : token.count,
        .is_map = is_map,
        .is_first = true,
    };
    put_byte(to->out, is_map ? '{' : '[');
    return 0;
}

int rtmi_pack_to_json(rtmi_span pack, rtmi_buf *out)
{
    const size_t mark = rtmi_buf_len(out);
    rtmi_cursor whole;
    writer to;

    if (out->error != 0)
        return out->error;
    if (pack.len == 0)
        return RTMI_PACK_E_SHORT;
    whole = rtmi_cursor_of(pack);
    int r = rtmi_pack_skip(&whole);
    if (r < 0)
        return r;
    to.in = rtmi_cursor_of(pack);
    to.out = out;
    to.depth = 0;
    do {
        r = write_value(&to);
        while (r == 0 && to.depth > 0 && to.open[to.depth - 1].left == 0)
            put_byte(out, to.open[--to.depth].is_map ? '}' : ']');
        if (r == 0)
            r = out->error;
    } while (r == 0 && to.depth > 0);
    if (r < 0)
        rtmi_buf_rewind(out, mark);
    return r;
}
