/*
 * All answers to a run differ in their sequence numbers only: one is encoded, and its bytes are
 * copied.
 */
#include "gate/core/pings.h"

#include "lib/base/num.h"

#define ANSWER_SIZE 29 /* while the clock takes eight bytes: since February 1970 */

/* Answers at `to`, as many as there are pings in front of `in` and as `most` allows. */
static size_t copy_answers(uint8_t *to, const uint8_t *answer, rtmi_span in, size_t most)
{
    size_t count = 0;

    for (; count < most && pings_is_usual(in); count++) {
        memcpy(to, answer, ANSWER_SIZE);
        memcpy(to + RTMI_FRAME_HEAD_SIZE, in.data + RTMI_FRAME_HEAD_SIZE, RTMI_FRAME_SEQ_SIZE);
        to += ANSWER_SIZE;
        in.data += PINGS_SIZE;
        in.len -= PINGS_SIZE;
    }
    return count;
}

void pings_encode_answer(rtmi_buf *out, uint32_t seq, gate_time now)
{
    const size_t mark = rtmi_frame_begin_answer(out, seq, false);

    rtmi_pack_map(out, 1);
    rtmi_pack_key_int(out, "ts", now.wall_ms);
    rtmi_frame_end(out, mark);
}

size_t pings_take(shard *self, conn *from, rtmi_span in, gate_time now)
{
    size_t left = shard_output_room(self, from) / ANSWER_SIZE;
    size_t taken = 0;

    rtmi_buf_clear(&self->scratch);
    pings_encode_answer(&self->scratch, 0, now);
    const rtmi_span answer = rtmi_buf_span(&self->scratch);
    if (answer.len != ANSWER_SIZE)
        return 0;
    while (left > 0 && pings_is_usual((rtmi_span){in.data + taken, in.len - taken})) {
        size_t room;
        uint8_t *const to = outq_reserve(&from->out, &self->blocks, ANSWER_SIZE, &room);
        if (to == NULL)
            break;
        const size_t count =
            copy_answers(to, answer.data, (rtmi_span){in.data + taken, in.len - taken},
                         rtmi_min_size(left, room / ANSWER_SIZE));
        outq_commit(&from->out, count * ANSWER_SIZE);
        left -= count;
        taken += count * PINGS_SIZE;
    }
    if (taken == 0)
        return 0;
    from->packages = 2;
    from->pings_unanswered = 0;
    self->stats.quests += taken / PINGS_SIZE;
    (void)shard_turn_us(self); /* for the figures: they have arrived */
    shard_count_answers(self, METRICS_METHOD_PING, 0, 0, taken / PINGS_SIZE);
    shard_mark_dirty(self, from);
    return taken;
}
