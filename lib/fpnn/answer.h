/*
 * Answers: the empty one, which is most of all bytes that a listener sends, and errors.
 *
 * Protocol: FPNN sections 4.1 and 4.2.
 */
#ifndef RTMI_FPNN_ANSWER_H
#define RTMI_FPNN_ANSWER_H

#include "lib/base/num.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/payload.h"

#define RTMI_ANSWER_EMPTY_SIZE 17

/** Write the answer with an empty map (the payload is 0x80, never nothing) to 17 bytes. */
static inline void rtmi_answer_write_empty(uint8_t *at, uint32_t seq)
{
    static const uint8_t head[12] = {'F', 'P', 'N', 'N', 1, RTMI_FLAG_MSGPACK, 2, 0, 1, 0, 0, 0};

    memcpy(at, head, sizeof head);
    rtmi_store_le32(at + 12, seq);
    at[16] = 0x80;
}

static inline void rtmi_answer_empty(rtmi_buf *out, uint32_t seq)
{
    if (!rtmi_buf_reserve(out, RTMI_ANSWER_EMPTY_SIZE))
        return;
    rtmi_answer_write_empty(rtmi_buf_tail(out), seq);
    rtmi_buf_commit(out, RTMI_ANSWER_EMPTY_SIZE);
}

/** An error answer {code, ex}. */
void rtmi_answer_error(rtmi_buf *out, uint32_t seq, int code, rtmi_span text);

/**
 * Read an error answer's payload. What is missing, of another type or 0 becomes code 20001 and an
 * empty text (some peers put the number into `ex` as well).
 */
void rtmi_answer_read_error(rtmi_span payload, int *ret_code, rtmi_span *ret_text);

#endif
