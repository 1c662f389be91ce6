/*
 * The header is judged byte by byte as it arrives, so that a wrong peer fails at once and a
 * huge length fails before anything is stored for it. All lengths are added in 64 bits.
 */
#include "lib/fpnn/frame.h"

#include <assert.h>

#include <rtm/error.h>

#include "lib/base/num.h"

enum { AT_VERSION = 4, AT_FLAG = 5, AT_KIND = 6, AT_SS = 7, AT_PSIZE = 8, AT_SEQ = 12 };

static const uint8_t magic[4] = {'F', 'P', 'N', 'N'};

/* As much of the rules as the bytes of a header tell that are there. */
static int judge(rtmi_span in)
{
    if (memcmp(in.data, magic, rtmi_min_size(in.len, sizeof magic)) != 0)
        return RTMI_FRAME_E_MAGIC;
    if (in.len > AT_FLAG) {
        const uint8_t encoding = in.data[AT_FLAG] & (RTMI_FLAG_MSGPACK | RTMI_FLAG_JSON);
        if (encoding != RTMI_FLAG_MSGPACK && encoding != RTMI_FLAG_JSON)
            return RTMI_FRAME_E_ENCODING;
    }
    if (in.len > AT_KIND && in.data[AT_KIND] > RTMI_FRAME_ANSWER)
        return RTMI_FRAME_E_KIND;
    if (in.len > AT_SS && in.data[AT_KIND] != RTMI_FRAME_ANSWER && in.data[AT_SS] == 0)
        return RTMI_FRAME_E_METHOD;
    return 0;
}

/* A whole header without a fault, of MessagePack: nearly every one, told at once. */
static inline bool is_usual(const uint8_t *head)
{
    return memcmp(head, magic, sizeof magic) == 0 &&
           (head[AT_FLAG] & (RTMI_FLAG_MSGPACK | RTMI_FLAG_JSON)) == RTMI_FLAG_MSGPACK &&
           head[AT_KIND] <= RTMI_FRAME_TWOWAY && head[AT_SS] != 0;
}

static inline int decode(rtmi_span in, size_t max_bytes, bool needs_payload, rtmi_package *ret)
{
    assert(ret != NULL);
    if (in.len == 0)
        return 0;
    if (in.len < RTMI_FRAME_HEAD_SIZE || !is_usual(in.data)) {
        const int r = judge(in);
        if (r < 0 || in.len < RTMI_FRAME_HEAD_SIZE)
            return r;
    }

    const uint8_t kind = in.data[AT_KIND];
    const uint8_t ss = in.data[AT_SS];
    const uint32_t psize = rtmi_load_le32(in.data + AT_PSIZE);
    const size_t seq_len = kind == RTMI_FRAME_ONEWAY ? 0 : RTMI_FRAME_SEQ_SIZE;
    const size_t method_len = kind == RTMI_FRAME_ANSWER ? 0 : ss;
    const uint64_t size = (uint64_t)RTMI_FRAME_HEAD_SIZE + seq_len + method_len + psize;

    if (size > max_bytes)
        return RTMI_FRAME_E_TOO_BIG;
    if (psize == 0 && (kind == RTMI_FRAME_ANSWER || (in.data[AT_FLAG] & RTMI_FLAG_JSON) != 0))
        return RTMI_FRAME_E_EMPTY;
    if (in.len < (needs_payload ? size : size - psize))
        return 0;

    const uint8_t *body = in.data + RTMI_FRAME_HEAD_SIZE + seq_len;
    *ret = (rtmi_package){
        .version = in.data[AT_VERSION],
        .flag = in.data[AT_FLAG],
        .kind = kind,
        .status = kind == RTMI_FRAME_ANSWER ? ss : 0,
        .seq = seq_len == 0 ? 0 : rtmi_load_le32(in.data + AT_SEQ),
        .method = {body, method_len},
        .payload = {needs_payload ? body + method_len : NULL, psize},
        .size = (size_t)size,
    };
    return 1;
}

int rtmi_frame_decode(rtmi_span in, size_t max_bytes, rtmi_package *ret)
{
    return decode(in, max_bytes, true, ret);
}

int rtmi_frame_decode_head(rtmi_span in, size_t max_bytes, rtmi_package *ret)
{
    return decode(in, max_bytes, false, ret);
}

const char *rtmi_frame_error_text(int error)
{
    switch (error) {
    case RTMI_FRAME_E_MAGIC:
        return "does not begin with FPNN";
    case RTMI_FRAME_E_ENCODING:
        return "flag byte must name exactly one of msgpack and JSON";
    case RTMI_FRAME_E_KIND:
        return "message type above 2";
    case RTMI_FRAME_E_METHOD:
        return "quest without a method name";
    case RTMI_FRAME_E_EMPTY:
        return "empty payload";
    case RTMI_FRAME_E_TOO_BIG:
        return "package over the size limit";
    default:
        return "unknown framing error";
    }
}

static size_t begin(rtmi_buf *out, uint8_t kind, uint8_t ss, uint32_t seq, rtmi_span method)
{
    const size_t mark = rtmi_buf_len(out);
    const size_t seq_len = kind == RTMI_FRAME_ONEWAY ? 0 : RTMI_FRAME_SEQ_SIZE;
    const size_t len = RTMI_FRAME_HEAD_SIZE + seq_len + method.len;

    if (!rtmi_buf_reserve(out, len))
        return mark;
    uint8_t *p = rtmi_buf_tail(out);
    memcpy(p, magic, sizeof magic);
    p[AT_VERSION] = 1;
    p[AT_FLAG] = RTMI_FLAG_MSGPACK;
    p[AT_KIND] = kind;
    p[AT_SS] = ss;
    rtmi_store_le32(p + AT_PSIZE, 0);
    if (seq_len > 0)
        rtmi_store_le32(p + AT_SEQ, seq);
    if (method.len > 0)
        memcpy(p + RTMI_FRAME_HEAD_SIZE + seq_len, method.data, method.len);
    rtmi_buf_commit(out, len);
    return mark;
}

size_t rtmi_frame_begin_quest(rtmi_buf *out, bool is_twoway, uint32_t seq, rtmi_span method)
{
    assert(method.len >= 1 && method.len <= RTMI_FRAME_METHOD_MAX);
    return begin(out, is_twoway ? RTMI_FRAME_TWOWAY : RTMI_FRAME_ONEWAY, (uint8_t)method.len, seq,
                 method);
}

size_t rtmi_frame_begin_answer(rtmi_buf *out, uint32_t seq, bool is_error)
{
    return begin(out, RTMI_FRAME_ANSWER, is_error ? 1 : 0, seq, (rtmi_span){0});
}

void rtmi_frame_mark_json(rtmi_buf *out, size_t mark)
{
    if (out->error == 0)
        out->data[out->start + mark + AT_FLAG] = RTMI_FLAG_JSON;
}

void rtmi_frame_end(rtmi_buf *out, size_t mark)
{
    if (out->error != 0)
        return;
    uint8_t *head = out->data + out->start + mark;
    const size_t written = rtmi_buf_len(out) - mark;
    const size_t method_len = head[AT_KIND] == RTMI_FRAME_ANSWER ? 0 : head[AT_SS];
    const size_t seq_len = head[AT_KIND] == RTMI_FRAME_ONEWAY ? 0 : RTMI_FRAME_SEQ_SIZE;
    const size_t psize = written - RTMI_FRAME_HEAD_SIZE - seq_len - method_len;

    if (psize > UINT32_MAX) {
        out->error = RTM_E_LIMIT;
        return;
    }
    rtmi_store_le32(head + AT_PSIZE, (uint32_t)psize);
}
