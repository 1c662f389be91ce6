/*
 * JSON to MessagePack in one pass, without recursion: the head of a string, array or object is
 * one byte at first and is widened when it closes with more in it. So no number in the text
 * sizes anything.
 */
#include "lib/fpnn/json.h"

#include <math.h>
#include <stdlib.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/fpnn/utf8.h"

/*
 * More digits than can decide how a decimal is rounded to a double (767), one to stand for all
 * behind them, and an exponent.
 */
#define NUMBER_DIGITS_MAX 800
#define NUMBER_TEXT_SIZE (NUMBER_DIGITS_MAX + 32)
#define EXPONENT_CLAMP 100000

typedef struct level {
    size_t head; /* where its head stands, counted from the start of `out` */
    size_t count;
    bool is_object;
} level;

typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    rtmi_buf *out;
    size_t depth;
    level levels[RTMI_JSON_DEPTH_MAX];
} reader;

static void skip_blanks(reader *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r'))
        in->at++;
}

/* Pass over one given byte, blanks before it allowed. */
static int take(reader *in, char wanted)
{
    skip_blanks(in);
    if (in->at == in->end)
        return RTMI_JSON_E_SHORT;
    if (*in->at != (uint8_t)wanted)
        return RTMI_JSON_E_SYNTAX;
    in->at++;
    return 0;
}

static void put_byte(rtmi_buf *out, uint8_t byte)
{
    rtmi_buf_append(out, &byte, 1);
}

/*
 * Fill in the head at `head`, a single byte so far: `small` if it is one byte, else `first` and
 * `width` bytes of `value`, for which what stands behind is moved.
 */
static void fill_head(rtmi_buf *out, size_t head, uint8_t first, size_t width, size_t value)
{
    uint8_t bytes[9];

    if (!rtmi_buf_reserve(out, width))
        return;
    uint8_t *at = out->data + out->start + head;
    if (width > 0)
        memmove(at + 1 + width, at + 1, rtmi_buf_len(out) - head - 1);
    bytes[0] = first;
    rtmi_store_be64(bytes + 1, (uint64_t)value << (64 - 8 * width) % 64);
    memcpy(at, bytes, 1 + width);
    rtmi_buf_commit(out, width);
}

static void limit_reached(rtmi_buf *out)
{
    if (out->error == 0)
        out->error = RTM_E_LIMIT;
}

static void close_container(reader *in)
{
    const level *top = &in->levels[--in->depth];

    if (in->out->error != 0)
        return;
    if (top->count <= 15)
        fill_head(in->out, top->head, (uint8_t)((top->is_object ? 0x80 : 0x90) | top->count), 0, 0);
    else if (top->count <= UINT16_MAX)
        fill_head(in->out, top->head, top->is_object ? 0xde : 0xdc, 2, top->count);
    else if (top->count <= UINT32_MAX)
        fill_head(in->out, top->head, top->is_object ? 0xdf : 0xdd, 4, top->count);
    else
        limit_reached(in->out);
}

static void close_string(rtmi_buf *out, size_t head)
{
    if (out->error != 0)
        return;
    const size_t len = rtmi_buf_len(out) - head - 1;

    if (len <= 31)
        fill_head(out, head, (uint8_t)(0xa0 | len), 0, 0);
    else if (len <= UINT8_MAX)
        fill_head(out, head, 0xd9, 1, len);
    else if (len <= UINT16_MAX)
        fill_head(out, head, 0xda, 2, len);
    else if (len <= UINT32_MAX)
        fill_head(out, head, 0xdb, 4, len);
    else
        limit_reached(out);
}

/* Four hexadecimal digits. */
static int read_hex4(reader *in, uint32_t *ret)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        if (in->at == in->end)
            return RTMI_JSON_E_SHORT;
        const uint8_t c = *in->at++;
        if (c >= '0' && c <= '9')
            value = value * 16 + (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (uint32_t)(c - 'A' + 10);
        else
            return RTMI_JSON_E_ESCAPE;
    }
    *ret = value;
    return 0;
}

static void put_utf8(rtmi_buf *out, uint32_t point)
{
    uint8_t bytes[4];
    size_t len;

    if (point < 0x80) {
        bytes[0] = (uint8_t)point;
        len = 1;
    } else if (point < 0x800) {
        bytes[0] = (uint8_t)(0xc0 | point >> 6);
        bytes[1] = (uint8_t)(0x80 | (point & 0x3f));
        len = 2;
    } else if (point < 0x10000) {
        bytes[0] = (uint8_t)(0xe0 | point >> 12);
        bytes[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (uint8_t)(0x80 | (point & 0x3f));
        len = 3;
    } else {
        bytes[0] = (uint8_t)(0xf0 | point >> 18);
        bytes[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
        bytes[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        bytes[3] = (uint8_t)(0x80 | (point & 0x3f));
        len = 4;
    }
    rtmi_buf_append(out, bytes, len);
}

/* Behind `\u`: one code point, of one unit or of a pair. */
static int read_unicode(reader *in)
{
    uint32_t point;
    uint32_t low;
    int r = read_hex4(in, &point);

    if (r < 0)
        return r;
    if (point >= 0xdc00 && point <= 0xdfff)
        return RTMI_JSON_E_ESCAPE;
    if (point >= 0xd800 && point <= 0xdbff) {
        for (const char *mark = "\\u"; *mark != '\0'; mark++) {
            if (in->at == in->end)
                return RTMI_JSON_E_SHORT;
            if (*in->at++ != (uint8_t)*mark)
                return RTMI_JSON_E_ESCAPE;
        }
        r = read_hex4(in, &low);
        if (r < 0)
            return r;
        if (low < 0xdc00 || low > 0xdfff)
            return RTMI_JSON_E_ESCAPE;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    put_utf8(in->out, point);
    return 0;
}

/* Behind a backslash. */
static int read_escape(reader *in)
{
    static const char names[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";

    if (in->at == in->end)
        return RTMI_JSON_E_SHORT;
    const uint8_t c = *in->at++;
    if (c == 'u')
        return read_unicode(in);
    for (size_t i = 0; names[i] != '\0'; i++) {
        if (c == (uint8_t)names[i]) {
            put_byte(in->out, (uint8_t)bytes[i]);
            return 0;
        }
    }
    return RTMI_JSON_E_ESCAPE;
}

/* Behind the opening quote, to behind the closing one. */
static int read_string(reader *in)
{
    const size_t head = rtmi_buf_len(in->out);

    put_byte(in->out, 0);
    for (;;) {
        const uint8_t *from = in->at;
        while (in->at < in->end && *in->at >= 0x20 && *in->at != '"' && *in->at != '\\')
            in->at++;
        if (in->at == in->end)
            return RTMI_JSON_E_SHORT;
        /* A sequence cannot go on behind a quote or an escape: runs are judged one by one. */
        const rtmi_span run = {from, (size_t)(in->at - from)};
        if (!rtmi_utf8_is_valid(run))
            return RTMI_JSON_E_TEXT;
        rtmi_buf_append_span(in->out, run);
        const uint8_t c = *in->at++;
        if (c == '"')
            break;
        if (c != '\\')
            return RTMI_JSON_E_TEXT;
        const int r = read_escape(in);
        if (r < 0)
            return r;
    }
    close_string(in->out, head);
    return 0;
}

static int read_word(reader *in, const char *word, uint8_t byte)
{
    for (; *word != '\0'; word++, in->at++) {
        if (in->at == in->end)
            return RTMI_JSON_E_SHORT;
        if (*in->at != (uint8_t)*word)
            return RTMI_JSON_E_SYNTAX;
    }
    put_byte(in->out, byte);
    return 0;
}

/* At least one digit; the span is what was passed over. */
static int read_digits(reader *in, rtmi_span *ret)
{
    const uint8_t *from = in->at;

    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    if (in->at == from)
        return in->at == in->end ? RTMI_JSON_E_SHORT : RTMI_JSON_E_SYNTAX;
    *ret = (rtmi_span){from, (size_t)(in->at - from)};
    return 0;
}

typedef struct number {
    bool is_negative;
    bool is_integer; /* neither fraction nor exponent */
    rtmi_span whole;
    rtmi_span fraction;
    int64_t exponent; /* clamped far outside of what a text can make up for */
} number;

static int read_exponent(reader *in, int64_t *ret)
{
    rtmi_span digits;
    bool is_negative = false;
    int64_t value = 0;

    if (in->at < in->end && (*in->at == '+' || *in->at == '-'))
        is_negative = *in->at++ == '-';
    const int r = read_digits(in, &digits);
    if (r < 0)
        return r;
    for (size_t i = 0; i < digits.len && value < INT64_MAX / 100; i++)
        value = value * 10 + (digits.data[i] - '0');
    *ret = is_negative ? -value : value;
    return 0;
}

static int scan_number(reader *in, number *ret)
{
    int r;

    *ret = (number){.is_integer = true};
    if (*in->at == '-') {
        ret->is_negative = true;
        in->at++;
    }
    if (in->at < in->end && *in->at == '0') {
        ret->whole = (rtmi_span){in->at++, 1}; /* no digit may follow, and none is taken */
    } else {
        r = read_digits(in, &ret->whole);
        if (r < 0)
            return r;
    }
    if (in->at < in->end && *in->at == '.') {
        in->at++;
        ret->is_integer = false;
        r = read_digits(in, &ret->fraction);
        if (r < 0)
            return r;
    }
    if (in->at < in->end && (*in->at == 'e' || *in->at == 'E')) {
        in->at++;
        ret->is_integer = false;
        return read_exponent(in, &ret->exponent);
    }
    return 0;
}

/* False: not an integer of 64 bits. */
static bool put_integer(rtmi_buf *out, const number *value)
{
    const uint64_t max = value->is_negative ? UINT64_C(1) << 63 : UINT64_MAX;
    uint64_t natural = 0;

    for (size_t i = 0; i < value->whole.len; i++) {
        const uint64_t digit = (uint64_t)(value->whole.data[i] - '0');
        if (natural > (max - digit) / 10)
            return false;
        natural = natural * 10 + digit;
    }
    if (value->is_negative)
        rtmi_pack_int(out, (int64_t)(0 - natural));
    else
        rtmi_pack_uint(out, natural);
    return true;
}

typedef struct digits {
    char text[NUMBER_TEXT_SIZE];
    size_t len;
    int64_t passed; /* digits that were left out at the end */
    bool has_rest;  /* one of those is not 0 */
} digits;

static void gather(digits *to, rtmi_span from)
{
    for (size_t i = 0; i < from.len; i++) {
        const uint8_t c = from.data[i];
        if (to->len == 0 && c == '0')
            continue;
        if (to->len < NUMBER_DIGITS_MAX) {
            to->text[to->len++] = (char)c;
        } else {
            to->passed++;
            to->has_rest = to->has_rest || c != '0';
        }
    }
}

/*
 * Written anew as digits and an exponent, without a point, a decimal reads the same under every
 * locale, and strtod() rounds it correctly.
 */
static int put_real(rtmi_buf *out, const number *value)
{
    char exponent_text[RTMI_INT_TEXT_SIZE];
    digits all;
    double real = 0;

    all.len = 0;
    all.passed = 0;
    all.has_rest = false;
    gather(&all, value->whole);
    gather(&all, value->fraction);
    if (all.len > 0) {
        int64_t exponent = value->exponent - (int64_t)value->fraction.len + all.passed;
        if (all.has_rest) {
            all.text[all.len++] = '1';
            exponent--;
        }
        exponent = rtmi_max_i64(-EXPONENT_CLAMP, rtmi_min_i64(exponent, EXPONENT_CLAMP));
        all.text[all.len++] = 'e';
        const size_t len = rtmi_int_print(exponent, exponent_text);
        memcpy(all.text + all.len, exponent_text, len + 1);
        real = strtod(all.text, NULL);
    }
    if (isinf(real))
        return RTMI_JSON_E_NUMBER;
    rtmi_pack_double(out, value->is_negative ? -real : real);
    return 0;
}

static int read_number(reader *in)
{
    number value;
    const int r = scan_number(in, &value);

    if (r < 0)
        return r;
    if (value.is_integer && put_integer(in->out, &value))
        return 0;
    return put_real(in->out, &value);
}

/* A key and its colon. */
static int read_key(reader *in)
{
    int r = take(in, '"');

    if (r == 0)
        r = read_string(in);
    if (r == 0)
        r = take(in, ':');
    return r;
}

/* Behind a bracket. 1: a value comes next; 0: it was closed at once. */
static int open_container(reader *in, bool is_object)
{
    skip_blanks(in);
    if (in->at == in->end)
        return RTMI_JSON_E_SHORT;
    if (*in->at == (is_object ? '}' : ']')) {
        in->at++;
        put_byte(in->out, is_object ? 0x80 : 0x90); /* holds nothing: no level of its own */
        return 0;
    }
    if (in->depth == RTMI_JSON_DEPTH_MAX)
        return RTMI_JSON_E_DEPTH;
    in->levels[in->depth++] = (level){
        .head = rtmi_buf_len(in->out),
        .count = 1,
        .is_object = is_object,
    };
    put_byte(in->out, 0);
    const int r = is_object ? read_key(in) : 0;
    return r < 0 ? r : 1;
}

/* 1: a container is open and its first value comes next; 0: the value is complete. */
static int read_value(reader *in)
{
    skip_blanks(in);
    if (in->at == in->end)
        return RTMI_JSON_E_SHORT;
    switch (*in->at) {
    case '{':
    case '[':
        return open_container(in, *in->at++ == '{');
    case '"':
        in->at++;
        return read_string(in);
    case 't':
        return read_word(in, "true", 0xc3);
    case 'f':
        return read_word(in, "false", 0xc2);
    case 'n':
        return read_word(in, "null", 0xc0);
    default:
        if (*in->at == '-' || (*in->at >= '0' && *in->at <= '9'))
            return read_number(in);
        return RTMI_JSON_E_SYNTAX;
    }
}

/* Behind a value. 1: another one comes next; 0: all that was open is closed. */
static int read_behind(reader *in)
{
    while (in->depth > 0) {
        level *top = &in->levels[in->depth - 1];
        skip_blanks(in);
        if (in->at == in->end)
            return RTMI_JSON_E_SHORT;
        const uint8_t c = *in->at++;
        if (c == ',') {
            top->count++;
            const int r = top->is_object ? read_key(in) : 0;
            return r < 0 ? r : 1;
        }
        if (c != (top->is_object ? '}' : ']'))
            return RTMI_JSON_E_SYNTAX;
        close_container(in);
    }
    return 0;
}

static int read_document(reader *in)
{
    int r;

    skip_blanks(in);
    if (in->at == in->end)
        return RTMI_JSON_E_SHORT;
    if (*in->at != '{')
        return RTMI_JSON_E_NOT_OBJECT;
    do {
        r = read_value(in);
        if (r == 0)
            r = read_behind(in);
        if (in->out->error != 0)
            return in->out->error;
    } while (r == 1);
    if (r < 0)
        return r;
    skip_blanks(in);
    return in->at == in->end ? 0 : RTMI_JSON_E_TRAILING;
}

int rtmi_json_to_pack(rtmi_span text, rtmi_buf *out)
{
    const size_t mark = rtmi_buf_len(out);
    reader in;

    if (out->error != 0)
        return out->error;
    if (text.len == 0)
        return RTMI_JSON_E_SHORT;
    in.at = text.data;
    in.end = text.data + text.len;
    in.out = out;
    in.depth = 0;
    const int r = read_document(&in);
    if (r < 0)
        rtmi_buf_rewind(out, mark);
    return r;
}

const char *rtmi_json_error_text(int error)
{
    switch (error) {
    case RTMI_JSON_E_SHORT:
        return "JSON ends inside a value";
    case RTMI_JSON_E_SYNTAX:
        return "JSON has something that is not allowed there";
    case RTMI_JSON_E_TEXT:
        return "JSON string is not UTF-8 or holds a bare control character";
    case RTMI_JSON_E_ESCAPE:
        return "JSON string holds a broken escape";
    case RTMI_JSON_E_NUMBER:
        return "JSON number is out of range";
    case RTMI_JSON_E_DEPTH:
        return "JSON is nested too deep";
    case RTMI_JSON_E_NOT_OBJECT:
        return "JSON root is no object";
    case RTMI_JSON_E_TRAILING:
        return "JSON has something behind its end";
    default:
        return "unknown JSON error";
    }
}
