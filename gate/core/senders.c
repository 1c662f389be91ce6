/*
 * Answers to those who have sent, when the feed brings the end of their requests. Nearly all are
 * the time of a message to one that sends many at once: those are counted and written together,
 * straight into its queue. answer_one() does the same for any.
 */
#include "gate/core/shard_impl.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/put.h"
#include "lib/rtm/codes.h"

/* Answers that are written together. */
#define TIMES_MAX 64

/* The connection that waits for the ends of `count` requests, which are now with `code`; NULL: it
 * has gone. */
static conn *take_sender(shard *self, const log_sender *sender, int code, size_t count)
{
    conn *to = rtmi_map_get(&self->conns, sender->conn_id);

    self->owed -= count;
    shard_count_answers(self, sender->method, code, sender->arrived_us, count);
    if (to != NULL)
        to->is_authenticating = false; /* if it was, this is the answer */
    return to;
}

static void put_error(shard *self, conn *to, const log_sender *sender, int code, const char *text)
{
    self->stats.refused++;
    rtmi_buf_clear(&self->scratch);
    rtmi_answer_error(&self->scratch, sender->seq, code, rtmi_span_of_text(text));
    shard_put_answer(self, to, sender->is_json);
}

static const char *text_of(int code)
{
    const rtmi_code *row = rtmi_code_find(code);

    return row == NULL ? "" : row->text;
}

void senders_refuse(shard *self, const log_sender *sender, int code)
{
    conn *to = take_sender(self, sender, code, 1);

    if (to != NULL && sender->wants_answer)
        put_error(self, to, sender, code, text_of(code));
}

static void answer_one(shard *self, const feed_item *feed, const feed_reply *reply)
{
    conn *to = take_sender(self, &reply->sender,
                           feed->result < 0   ? RTMI_RC_UNKNOWN_ERROR
                           : reply->code != 0 ? reply->code
                                              : reply->answer_code,
                           1);

    if (to == NULL || !reply->sender.wants_answer)
        return;
    if (feed->result < 0) {
        put_error(self, to, &reply->sender, RTMI_RC_UNKNOWN_ERROR, feed->text);
        return;
    }
    if (reply->answer_len == 0 && reply->code != 0) {
        put_error(self, to, &reply->sender, reply->code, text_of(reply->code));
        return;
    }
    rtmi_buf_clear(&self->scratch);
    if (reply->answer_len > 0) {
        const rtmi_span answers = rtmi_buf_span(&feed->answers);
        rtmi_buf_append(&self->scratch, answers.data + reply->answer_at, reply->answer_len);
    } else {
        const size_t mark = rtmi_frame_begin_answer(&self->scratch, reply->sender.seq, false);
        rtmi_pack_map(&self->scratch, 1);
        rtmi_pack_key_int(&self->scratch, "mtime", reply->mtime_ms);
        rtmi_frame_end(&self->scratch, mark);
    }
    shard_put_answer(self, to, reply->sender.is_json);
}

/* The answer {mtime}, when the time is a number of more than 32 bits: always as long. */
#define TIME_SIZE (RTMI_FRAME_FRONT_SIZE + 16)

static void write_time(uint8_t *at, const feed_reply *reply)
{
    at = rtmi_frame_put_front(at, RTMI_FRAME_ANSWER, 0, TIME_SIZE - RTMI_FRAME_FRONT_SIZE,
                              reply->sender.seq);
    at = rtmi_put_map(at, 1);
    at = rtmi_put_key(at, "mtime");
    (void)rtmi_put_64(at, 0xcf, (uint64_t)reply->mtime_ms);
}

static bool is_time(const feed_item *feed, const feed_reply *reply)
{
    return feed->result >= 0 && reply->code == 0 && reply->answer_len == 0 &&
           reply->mtime_ms > UINT32_MAX && reply->sender.wants_answer && !reply->sender.is_json;
}

/* How many of the replies from `first` on, `most` at most, are times for one connection. */
static size_t count_times(const feed_item *feed, const feed_reply *first, size_t most)
{
    size_t count = 0;

    while (count < most && is_time(feed, &first[count]) &&
           first[count].sender.conn_id == first->sender.conn_id &&
           first[count].sender.shard == first->sender.shard &&
           first[count].sender.method == first->sender.method &&
           first[count].sender.arrived_us == first->sender.arrived_us)
        count++;
    return count;
}

/* Into the queue at once. False: there is no room for all of them, and nothing has changed. */
static bool put_times(shard *self, conn *to, const feed_reply *replies, size_t count)
{
    const size_t len = count * TIME_SIZE;
    size_t room;

    if (to->wants_close || len > shard_output_room(self, to))
        return false;
    uint8_t *const at = outq_reserve(&to->out, &self->blocks, len, &room);
    if (at == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        write_time(at + i * TIME_SIZE, &replies[i]);
    outq_commit(&to->out, len);
    shard_mark_dirty(self, to);
    return true;
}

static void answer_times(shard *self, const feed_reply *replies, size_t count)
{
    conn *to = take_sender(self, &replies->sender, 0, count);

    if (to == NULL || put_times(self, to, replies, count))
        return;
    for (size_t i = 0; i < count; i++) { /* as many as there is room for; the next cuts it */
        uint8_t one[TIME_SIZE];
        write_time(one, &replies[i]);
        shard_put(self, to, (rtmi_span){one, sizeof one});
    }
}

void senders_answer(shard *self, const feed_item *feed)
{
    for (size_t i = 0; i < feed->reply_count;) {
        const feed_reply *reply = &feed->replies[i];
        size_t count = 0;
        if (reply->sender.shard == self->index) {
            count = count_times(feed, reply, rtmi_min_size(feed->reply_count - i, TIMES_MAX));
            if (count > 0)
                answer_times(self, reply, count);
            else
                answer_one(self, feed, reply);
        }
        i += count > 0 ? count : 1;
    }
}
