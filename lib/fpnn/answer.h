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

/* Of the empty answer, up to its sequence number. */
static const uint8_t rtmi_answer_empty_head[12] = {'F', 'P', 'N', 'N', 1, RTMI_FLAG_MSGPACK,
                                                   2,   0,   1,   0,   0, 0};

/** Write the answer with an empty map (the payload is 0x80, never nothing) to 17 bytes. */
static inline void rtmi_answer_write_empty(uint8_t *at, uint32_t seq)
{
    memcpy(at, rtmi_answer_empty_head, sizeof rtmi_answer_empty_head);
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

/**
 * How many whole empty answers, in exactly the form that is written here, stand one behind the
 * other at the front of `in`. Sets `*has_seq` when one of them has the number `seq`, and leaves it
 * else. Any other form of an answer is for rtmi_frame_decode().
 */
static inline size_t rtmi_answer_count_empty(rtmi_span in, uint32_t seq, bool *has_seq)
{
    const uint8_t *at = in.data;
    size_t count = 0;

    while (in.len - count * RTMI_ANSWER_EMPTY_SIZE >= RTMI_ANSWER_EMPTY_SIZE &&
           memcmp(at, rtmi_answer_empty_head, sizeof rtmi_answer_empty_head) == 0 &&
           at[16] == 0x80) {
        *has_seq |= rtmi_load_le32(at + 12) == seq;
        at += RTMI_ANSWER_EMPTY_SIZE;
        count++;
    }
    return count;
}

/** An error answer {code, ex}. */
void rtmi_answer_error(rtmi_buf *out, uint32_t seq, int code, rtmi_span text);

/**
 * Read an error answer's payload. What is missing, of another type or 0 becomes code 20001 and an
 * empty text (some peers put the number into `ex` as well).
 */
void rtmi_answer_read_error(rtmi_span payload, int *ret_code, rtmi_span *ret_text);

#endif
