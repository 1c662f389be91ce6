/*
 * Answers to senders, of which many are written together: byte for byte what the general writer
 * says, to each in the order of its quests, with the time that listeners are told; and whose queue
 * is full is cut at the very answer that is too much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/json.h"
#include "lib/rtm/message.h"
#include "tests/support/gate_words.h"

#define MESSAGES 400
#define SENDERS 3

static uint64_t random_state = 3;

static size_t below(size_t n)
{
    random_state = rtmi_mix64(random_state + UINT64_C(0x9e3779b97f4a7c15));
    return (size_t)(random_state % n);
}

/* Which quest of whom has which message, and what is known of its time. */
typedef struct sent {
    size_t by;
    uint32_t seq;
    bool is_json;
    int64_t mtime_ms;
} sent;

/* The quest that gate_encode() makes, its parameters in JSON. */
static void send_json(gate_peer *peer, const char *method)
{
    static uint8_t bytes[4096];
    rtmi_buf out = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    rtmi_package package;

    assert_int_equal(
        rtmi_frame_decode(gate_encode(peer->world, method, true, ++peer->seq), SIZE_MAX, &package),
        1);
    const size_t mark = rtmi_frame_begin_quest(&out, true, peer->seq, rtmi_span_of_text(method));
    assert_int_equal(rtmi_pack_to_json(package.payload, &out), 0);
    rtmi_frame_end(&out, mark);
    rtmi_frame_mark_json(&out, mark);
    assert_int_equal(out.error, 0);
    gate_send(peer, rtmi_buf_span(&out));
}

/* Mids count from `first`; all in one turn, by several in turns of random length. */
static void send_many(gate_world *w, gate_peer **senders, sent *log, int64_t first)
{
    size_t by = 0;

    for (int i = 0; i < MESSAGES; i++) {
        if (below(40) == 0)
            by = below(SENDERS);
        const bool is_json = below(25) == 0;
        const bool is_twoway = is_json || below(25) > 0;
        gate_message(w, 5, "gid", 1, first + i, "x");
        if (is_json)
            send_json(senders[by], "sendgroupmsg");
        else
            (void)gate_quest(senders[by], "sendgroupmsg", is_twoway);
        log[i] = (sent){.by = by, .seq = is_twoway ? senders[by]->seq : 0, .is_json = is_json};
    }
}

/* What a listener is told of them. */
static void hear(gate_peer *listener, sent *log, int64_t first)
{
    rtmi_package package;
    int count = 0;

    while (gate_peer_next(listener, &package)) {
        const rtmi_push_method *method = rtmi_push_method_of(package.method);
        rtm_message message;
        rtmi_push_flaw flaw;
        assert_int_equal(rtmi_message_decode(method, package.payload, &message, &flaw), 0);
        assert_null(flaw);
        assert_in_range(message.mid, first, first + MESSAGES - 1);
        log[message.mid - first].mtime_ms = message.mtime_ms;
        count++;
    }
    assert_int_equal(count, MESSAGES);
}

static void expect_answer(gate_peer *sender, const sent *message)
{
    uint8_t bytes[256];
    rtmi_buf wanted = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    rtmi_package package;

    const size_t mark = rtmi_frame_begin_answer(&wanted, message->seq, false);
    if (message->is_json) {
        char text[64];
        const int len =
            snprintf(text, sizeof text, "{\"mtime\":%lld}", (long long)message->mtime_ms);
        rtmi_buf_append(&wanted, text, (size_t)len);
    } else {
        rtmi_pack_map(&wanted, 1);
        rtmi_pack_key_int(&wanted, "mtime", message->mtime_ms);
    }
    rtmi_frame_end(&wanted, mark);
    if (message->is_json)
        rtmi_frame_mark_json(&wanted, mark);
    assert_int_equal(wanted.error, 0);
    assert_true(gate_peer_next(sender, &package));
    assert_int_equal(package.size, rtmi_buf_len(&wanted));
    assert_memory_equal(sender->world->package, bytes, package.size);
}

/* Two shards, a sender on each and one more, and one who listens. */
static void check_times(int64_t wall_ms)
{
    gate_world *w = gate_world_new(2);
    gate_peer *senders[SENDERS];
    rtmi_package package;
    static sent log[MESSAGES];

    w->now.wall_ms = wall_ms;
    assert_true(gate_world_open(w));
    for (size_t i = 0; i < SENDERS; i++)
        senders[i] = gate_connect(w, i % 2);
    gate_peer *listener = gate_connect(w, 0);
    assert_string_equal(gate_says(listener, "addlisten", "gids=[1]"), "{}");
    for (int64_t first = 1; first < 4 * MESSAGES; first += MESSAGES) {
        send_many(w, senders, log, first);
        gate_turns(w);
        hear(listener, log, first);
        for (size_t i = 0; i < MESSAGES; i++) {
            if (log[i].seq != 0)
                expect_answer(senders[log[i].by], &log[i]);
        }
        for (size_t i = 0; i < SENDERS; i++)
            assert_false(gate_peer_next(senders[i], &package));
    }
    gate_world_free(w);
}

static void times_are_what_the_general_writer_says(void **state)
{
    (void)state;
    check_times(GATE_WALL_MS);
    check_times(INT64_C(1000)); /* of another width: with each message another, then */
    check_times((INT64_C(1) << 32) - MESSAGES);
}

/* Each of its quests asks for 32 bytes, and twice the queue may wait. */
static void who_reads_no_answers_gets_those_that_fit(void **state)
{
    for (size_t fit = 1; fit < 150; fit += fit < 62 || fit > 66 ? 7 : 1) {
        gate_world *w = gate_world_new(1);
        rtmi_package package;
        size_t count = 0;

        (void)state;
        w->config.queue_bytes = fit * 16;
        assert_true(gate_world_open(w));
        gate_peer *sender = gate_connect(w, 0);
        gate_peer *other = gate_connect(w, 0);
        for (size_t i = 0; i < fit + 40; i++) {
            gate_message(w, 5, "gid", 1, 1 + (int64_t)i, "x");
            (void)gate_quest(sender, "sendgroupmsg", true);
        }
        gate_message(w, 5, "gid", 1, 1000, "x");
        (void)gate_quest(other, "sendgroupmsg", true);
        gate_turns(w);
        while (gate_peer_next(sender, &package)) {
            assert_int_equal(package.size, 32);
            assert_int_equal(package.seq, ++count);
        }
        assert_int_equal(count, fit);
        assert_true(sender->was_cut);
        assert_true(gate_peer_next(other, &package)); /* is not concerned */
        assert_false(other->was_cut);
        gate_world_free(w);
    }
}

/* Nothing is owed to who has gone: the gate does not wait for it when it ends. */
static void who_has_gone_is_owed_nothing(void **state)
{
    gate_world *w = gate_world_new(1);
    rtmi_package package;
    size_t count = 0;

    (void)state;
    assert_true(gate_world_open(w));
    gate_peer *gone = gate_connect(w, 0);
    gate_peer *stays = gate_connect(w, 0);
    for (int i = 0; i < 100; i++) {
        gate_message(w, 5, "gid", 1, 1 + i, "x");
        (void)gate_quest(i % 10 < 5 ? gone : stays, "sendgroupmsg", true);
    }
    gate_leave(gone);
    gate_turns(w);
    while (gate_peer_next(stays, &package))
        assert_int_equal(package.seq, ++count);
    assert_int_equal(count, 50);
    shard_drain(w->shards[0]);
    gate_turns(w);
    assert_true(shard_is_drained(w->shards[0]));
    gate_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_what_the_general_writer_says),
        cmocka_unit_test(who_reads_no_answers_gets_those_that_fit),
        cmocka_unit_test(who_has_gone_is_owed_nothing),
    };

    return cmocka_run_group_tests_name("gate_core.senders", tests, NULL, NULL);
}
