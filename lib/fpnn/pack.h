/*
 * MessagePack: a bounded reader over borrowed bytes, and a writer into a buffer.
 *
 * The reader never believes a count: a string must fit into the bytes left, an array needs one
 * byte an element and a map two an entry. Nesting is capped and walked without recursion. Map
 * keys may be anything here; who looks for a key compares texts.
 *
 * Protocol: FPNN section 3; every legal form is read, the shortest is written.
 */
#ifndef RTMI_FPNN_PACK_H
#define RTMI_FPNN_PACK_H

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "lib/base/span.h"

#define RTMI_PACK_DEPTH_MAX 32

typedef enum rtmi_pack_type {
    RTMI_PACK_NIL,
    RTMI_PACK_BOOL,
    RTMI_PACK_INT,  /* fits int64 */
    RTMI_PACK_UINT, /* above INT64_MAX */
    RTMI_PACK_FLOAT,
    RTMI_PACK_STR,
    RTMI_PACK_BIN,
    RTMI_PACK_EXT,
    RTMI_PACK_ARRAY,
    RTMI_PACK_MAP
} rtmi_pack_type;

/** One value, or the head of an array or map. */
typedef struct rtmi_token {
    rtmi_pack_type type;
    int8_t ext_type;
    uint32_t count; /* of an array its elements, of a map its entries */
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double real;
        rtmi_span bytes; /* STR, BIN, EXT */
    };
} rtmi_token;

typedef struct rtmi_cursor {
    const uint8_t *at;
    const uint8_t *end;
} rtmi_cursor;

typedef enum rtmi_pack_error {
    RTMI_PACK_E_SHORT = -111,    /* ends inside a value, or counts more than is there */
    RTMI_PACK_E_RESERVED = -112, /* the byte c1 */
    RTMI_PACK_E_DEPTH = -113,    /* nested deeper than RTMI_PACK_DEPTH_MAX */
    RTMI_PACK_E_NOT_MAP = -114   /* the root is no map */
} rtmi_pack_error;

static inline rtmi_cursor rtmi_cursor_of(rtmi_span span)
{
    return (rtmi_cursor){span.data, span.len == 0 ? span.data : span.data + span.len};
}

/** Read one token: 0, or a rtmi_pack_error. The cursor moves only on 0. */
int rtmi_pack_read(rtmi_cursor *in, rtmi_token *ret);

/**
 * rtmi_pack_read() of the usual forms (small and sized integers, short texts), read in place: for
 * hot paths. False, and the cursor stays: another form, or an end too near to tell.
 */
static inline bool rtmi_pack_read_usual(rtmi_cursor *in, rtmi_token *ret)
{
    const uint8_t *at = in->at;
    const size_t left = (size_t)(in->end - at);

    if (left == 0)
        return false;
    const uint8_t first = *at;
    if (first < 0x80) {
        ret->type = RTMI_PACK_INT;
        ret->integer = first;
        in->at = at + 1;
        return true;
    }
    if ((first & 0xe0) == 0xa0) {
        const size_t len = first & 0x1f;
        if (len > left - 1)
            return false;
        ret->type = RTMI_PACK_STR;
        ret->bytes = (rtmi_span){at + 1, len};
        in->at = at + 1 + len;
        return true;
    }
    if (left < 9)
        return false;
    if (first == 0xce) { /* by itself: the width is known before the byte is */
        ret->type = RTMI_PACK_INT;
        ret->integer = rtmi_load_be32(at + 1);
        in->at = at + 5;
        return true;
    }
    if (first == 0xcf || first == 0xd3) {
        const uint64_t value = rtmi_load_be64(at + 1);
        if (value > INT64_MAX)
            return false;
        ret->type = RTMI_PACK_INT;
        ret->integer = (int64_t)value;
        in->at = at + 9;
        return true;
    }
    if (first == 0xd9) {
        const size_t len = at[1];
        if (len > left - 2)
            return false;
        ret->type = RTMI_PACK_STR;
        ret->bytes = (rtmi_span){at + 2, len};
        in->at = at + 2 + len;
        return true;
    }
    if (first == 0xcc || first == 0xcd) {
        const unsigned width = 1u << (first - 0xcc);
        ret->type = RTMI_PACK_INT;
        ret->integer = (int64_t)(rtmi_load_be64(at + 1) >> (64 - 8 * width));
        in->at = at + 1 + width;
        return true;
    }
    return false;
}

/** rtmi_pack_read(), which looks for the usual forms first. */
static inline int rtmi_pack_read_fast(rtmi_cursor *in, rtmi_token *ret)
{
    if (rtmi_pack_read_usual(in, ret))
        return 0;
    /* A cursor of its own, so that the caller's may stay in registers. */
    rtmi_cursor slow = *in;
    const int r = rtmi_pack_read(&slow, ret);
    *in = slow;
    return r;
}

/** Pass over one whole value, whatever it holds: 0, or a rtmi_pack_error. */
int rtmi_pack_skip(rtmi_cursor *in);

/** Pass over the rest of an array or map whose head was read as `head`. */
int rtmi_pack_skip_content(rtmi_cursor *in, const rtmi_token *head);

/** The text of a rtmi_pack_error, static. */
const char *rtmi_pack_error_text(int error);

/* Readings of a token that accept every form a peer may choose. False: not such a value. */

/** Any integer that fits, or a float without a fraction. */
bool rtmi_token_get_int(const rtmi_token *token, int64_t *ret);
/** Text or bytes. */
bool rtmi_token_get_bytes(const rtmi_token *token, rtmi_span *ret);
bool rtmi_token_get_double(const rtmi_token *token, double *ret);

/* Writing: shortest forms; errors are sticky in the buffer. */

void rtmi_pack_nil(rtmi_buf *out);
void rtmi_pack_bool(rtmi_buf *out, bool value);
void rtmi_pack_int(rtmi_buf *out, int64_t value);
void rtmi_pack_uint(rtmi_buf *out, uint64_t value);
void rtmi_pack_double(rtmi_buf *out, double value);
void rtmi_pack_str(rtmi_buf *out, rtmi_span text);
void rtmi_pack_bin(rtmi_buf *out, rtmi_span bytes);
void rtmi_pack_array(rtmi_buf *out, uint32_t count);
void rtmi_pack_map(rtmi_buf *out, uint32_t count);

/** A key or other constant text of at most 31 bytes. */
static inline void rtmi_pack_key(rtmi_buf *out, const char *key)
{
    const size_t len = strlen(key);

    assert(len <= 31);
    if (!rtmi_buf_reserve(out, len + 1))
        return;
    uint8_t *p = rtmi_buf_tail(out);
    p[0] = (uint8_t)(0xa0 | len);
    memcpy(p + 1, key, len);
    rtmi_buf_commit(out, len + 1);
}

static inline void rtmi_pack_key_int(rtmi_buf *out, const char *key, int64_t value)
{
    rtmi_pack_key(out, key);
    rtmi_pack_int(out, value);
}

static inline void rtmi_pack_key_bool(rtmi_buf *out, const char *key, bool value)
{
    rtmi_pack_key(out, key);
    rtmi_pack_bool(out, value);
}

static inline void rtmi_pack_key_str(rtmi_buf *out, const char *key, rtmi_span text)
{
    rtmi_pack_key(out, key);
    rtmi_pack_str(out, text);
}

#endif
