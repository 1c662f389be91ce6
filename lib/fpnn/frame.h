/*
 * FPNN packages: from bytes to a view, and the headers of those that we send.
 *
 * Protocol: FPNN sections 2 and 4.
 */
#ifndef RTMI_FPNN_FRAME_H
#define RTMI_FPNN_FRAME_H

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "lib/base/span.h"

#define RTMI_FRAME_HEAD_SIZE 12 /* up to and with psize */
#define RTMI_FRAME_SEQ_SIZE 4
#define RTMI_FRAME_METHOD_MAX 255
#define RTMI_FRAME_MAX_DEFAULT (8u * 1024 * 1024) /* of a whole package */

#define RTMI_FLAG_MSGPACK 0x80
#define RTMI_FLAG_JSON 0x40

/** The `mtype` byte of the header. */
typedef enum rtmi_frame_kind {
    RTMI_FRAME_ONEWAY = 0,
    RTMI_FRAME_TWOWAY = 1,
    RTMI_FRAME_ANSWER = 2
} rtmi_frame_kind;

/** The rule that a stream has broken; each means: close the connection. */
typedef enum rtmi_frame_error {
    RTMI_FRAME_E_MAGIC = -101,    /* does not begin with FPNN */
    RTMI_FRAME_E_ENCODING = -102, /* not exactly one of msgpack and JSON */
    RTMI_FRAME_E_KIND = -103,     /* mtype above 2 */
    RTMI_FRAME_E_METHOD = -104,   /* a quest without a method name */
    RTMI_FRAME_E_EMPTY = -105,    /* an answer, or JSON, without a payload */
    RTMI_FRAME_E_TOO_BIG = -106   /* over the limit for a whole package */
} rtmi_frame_error;

/** One package; method and payload borrow from the input. */
typedef struct rtmi_package {
    uint8_t version;
    uint8_t flag;
    uint8_t kind;   /* rtmi_frame_kind */
    uint8_t status; /* of an answer: 0 is success */
    uint32_t seq;   /* of a two-way quest or an answer, else 0 */
    rtmi_span method;
    rtmi_span payload;
    size_t size; /* bytes of the whole package */
} rtmi_package;

/**
 * Look at the first package of `in`.
 *
 * A total function: no memory, no state. 1: `*ret` is set. 0: more bytes are needed. Negative:
 * the rule that is broken (rtmi_frame_error), found as early as its bytes are there. `*ret`
 * changes only on 1.
 */
int rtmi_frame_decode(rtmi_span in, size_t max_bytes, rtmi_package *ret);

/**
 * The same as soon as header, sequence number and method are there: of the payload only the
 * length is set, and `size` of the whole.
 */
int rtmi_frame_decode_head(rtmi_span in, size_t max_bytes, rtmi_package *ret);

/**
 * A whole two-way quest of MessagePack at the front of `in`, which is what nearly all pushes are,
 * told by one comparison. False: anything else, for rtmi_frame_decode(). What this takes, that
 * takes too, with the same result.
 */
static inline bool rtmi_frame_decode_usual(rtmi_span in, size_t max_bytes, rtmi_package *ret)
{
    /* Of the first eight bytes all but version, spare flags, and the method's length. */
    const uint64_t fixed = UINT64_C(0x00ffc000ffffffff);
    const uint64_t wanted = UINT64_C(0x000180004e4e5046); /* "FPNN", MessagePack, two-way */
    const size_t head_size = RTMI_FRAME_HEAD_SIZE + RTMI_FRAME_SEQ_SIZE;

    if (in.len < head_size)
        return false;
    const uint64_t head = rtmi_load_le64(in.data);
    const size_t method_len = (size_t)(head >> 56);
    const size_t payload_len = rtmi_load_le32(in.data + 8);
    const uint64_t size = (uint64_t)head_size + method_len + payload_len;

    if ((head & fixed) != wanted || method_len == 0 || size > max_bytes || size > in.len)
        return false;
    *ret = (rtmi_package){.version = (uint8_t)(head >> 32),
                          .flag = (uint8_t)(head >> 40),
                          .kind = RTMI_FRAME_TWOWAY,
                          .seq = rtmi_load_le32(in.data + RTMI_FRAME_HEAD_SIZE),
                          .method = {in.data + head_size, method_len},
                          .payload = {in.data + head_size + method_len, payload_len},
                          .size = (size_t)size};
    return true;
}

/** rtmi_frame_decode(), quicker for what is usual. */
static inline int rtmi_frame_decode_quick(rtmi_span in, size_t max_bytes, rtmi_package *ret)
{
    return rtmi_frame_decode_usual(in, max_bytes, ret) ? 1 : rtmi_frame_decode(in, max_bytes, ret);
}

/** The text of a rtmi_frame_error, static. */
const char *rtmi_frame_error_text(int error);

/**
 * Begin a package in `out`: header, sequence number and method, payload length left open.
 * Returns the length of `out` before it, for rtmi_frame_end(). Errors are sticky in `out`.
 */
size_t rtmi_frame_begin_quest(rtmi_buf *out, bool is_twoway, uint32_t seq, rtmi_span method);
size_t rtmi_frame_begin_answer(rtmi_buf *out, uint32_t seq, bool is_error);

/** Header and sequence number of a package that has one. */
#define RTMI_FRAME_FRONT_SIZE (RTMI_FRAME_HEAD_SIZE + RTMI_FRAME_SEQ_SIZE)

/** Write them to memory with room for RTMI_FRAME_FRONT_SIZE bytes; returns what follows. */
static inline uint8_t *rtmi_frame_put_front(uint8_t *at, rtmi_frame_kind kind, uint8_t ss,
                                            uint32_t psize, uint32_t seq)
{
    memcpy(at, "FPNN\1", 5);
    at[5] = RTMI_FLAG_MSGPACK;
    at[6] = (uint8_t)kind;
    at[7] = ss;
    rtmi_store_le32(at + 8, psize);
    rtmi_store_le32(at + RTMI_FRAME_HEAD_SIZE, seq);
    return at + RTMI_FRAME_FRONT_SIZE;
}

/** Fill the payload length in later. */
static inline void rtmi_frame_put_psize(uint8_t *front, uint32_t psize)
{
    rtmi_store_le32(front + 8, psize);
}

/** Say that the payload of the package begun at `mark` is JSON. */
void rtmi_frame_mark_json(rtmi_buf *out, size_t mark);

/** Fill in the payload length of the package begun at `mark`; the caller rewinds a failed one. */
void rtmi_frame_end(rtmi_buf *out, size_t mark);

#endif
