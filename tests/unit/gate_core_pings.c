/*
 * Runs of pings: whatever a read holds must end as if each of its packages had been dispatched in
 * the general way, byte for byte and figure for figure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/pings.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/gate_world.h"
#include "tests/support/heap_copy.h"

enum { PING_SEQ = 0x01020301, SENT_MAX = 1 << 18 };

/* How bytes come to the shard. */
typedef struct way {
    bool is_general; /* each package dispatched alone; else as one read */
    size_t cut;      /* or as two, the first of so many bytes */
    bool is_proved;
    bool is_reading; /* the peer takes what is there before these bytes come */
} way;

typedef struct outcome {
    uint8_t sent[SENT_MAX];
    size_t len;
    shard_stats stats;
    uint64_t counted[METRICS_RESULTS];
    uint64_t answered_now;
    unsigned pings_unanswered;
    uint8_t packages;
    bool has_answered_ping;
    bool wants_close;
} outcome;

static outcome alone;
static outcome together;

static int open_world(void **state)
{
    gate_world *w = gate_world_new(1);

    assert_true(gate_world_open(w));
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    return 0;
}

static void put_ping(rtmi_buf *out, uint32_t seq)
{
    const size_t mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("*ping"));

    rtmi_pack_map(out, 0);
    rtmi_frame_end(out, mark);
}

static void read_bytes(shard *on, conn *from, rtmi_span in, gate_time now)
{
    while (in.len > 0 && !from->wants_close) {
        size_t room;
        uint8_t *const space = conn_read_space(on, from, &room);
        assert_non_null(space);
        const size_t len = rtmi_min_size(in.len, room);
        memcpy(space, in.data, len);
        shard_bytes(on, from, len, now);
        in = (rtmi_span){in.data + len, in.len - len};
    }
}

static void dispatch_each(shard *on, conn *from, rtmi_span in, gate_time now)
{
    rtmi_package package;

    while (!from->wants_close) {
        const size_t limit =
            from->project == NULL ? on->config->unproved_bytes : on->config->max_package_bytes;
        const int r = rtmi_frame_decode(in, limit, &package);
        if (r < 0)
            shard_cut(on, from, rtmi_frame_error_text(r));
        if (r <= 0)
            return;
        dispatch_package(on, from, &package, now);
        in = (rtmi_span){in.data + package.size, in.len - package.size};
    }
}

static void write_out(shard *on, conn *from, outcome *ret)
{
    rtmi_span part;

    while (conn_get_output(on, from, &part, 1) > 0) {
        assert_true(ret->len + part.len <= SENT_MAX);
        memcpy(ret->sent + ret->len, part.data, part.len);
        ret->len += part.len;
        conn_sent(on, from, part.len);
    }
}

static void play(gate_world *w, rtmi_span in, const way *how, outcome *ret)
{
    static const uint8_t hello[] = "FPNN\1\200\1\5\1\0\0\0\7\0\0\0*pong\200";
    static gate_peer io;
    shard *on = w->shards[0];
    const rtmi_span first = {hello, sizeof hello - 1};
    conn *from = shard_opened(on, &io, NULL, "peer", w->now);

    memset(ret, 0, sizeof *ret);
    assert_non_null(from);
    if (how->is_proved)
        shard_prove(on, from, &on->projects[0], w->now);
    read_bytes(on, from, first, w->now);
    if (how->is_reading) {
        assert_ptr_equal(shard_next_dirty(on), from);
        write_out(on, from, ret);
    }
    from->ping_seq = PING_SEQ;
    from->pings_unanswered = 2;
    const shard_stats before = *shard_get_stats(on);
    uint64_t counted[METRICS_RESULTS];
    memcpy(counted, on->metrics.quests[METRICS_METHOD_PING], sizeof counted);
    on->answered_now = 0;
    if (how->is_general) {
        dispatch_each(on, from, in, w->now);
    } else {
        read_bytes(on, from, (rtmi_span){in.data, how->cut}, w->now);
        read_bytes(on, from, (rtmi_span){in.data + how->cut, in.len - how->cut}, w->now);
    }
    const shard_stats *after = shard_get_stats(on);
    ret->stats = (shard_stats){.quests = after->quests - before.quests,
                               .push_answers = after->push_answers - before.push_answers,
                               .refused = after->refused - before.refused,
                               .cut = after->cut - before.cut};
    for (size_t i = 0; i < METRICS_RESULTS; i++)
        ret->counted[i] = on->metrics.quests[METRICS_METHOD_PING][i] - counted[i];
    ret->answered_now = on->answered_now;
    ret->pings_unanswered = from->pings_unanswered;
    ret->packages = from->packages;
    ret->has_answered_ping = from->has_answered_ping;
    ret->wants_close = from->wants_close;
    assert_int_equal(from->is_dirty, ret->wants_close || from->out.bytes > 0);
    write_out(on, from, ret);
    shard_closed(on, from, w->now);
    shard_written(on);
}

/* The general way and reads, cut in two at `cut`, have the same end. */
static void expect_same(gate_world *w, rtmi_span bytes, way how)
{
    const rtmi_span in = heap_copy_span(bytes);

    how.is_general = true;
    play(w, in, &how, &alone);
    how.is_general = false;
    play(w, in, &how, &together);
    heap_copy_free(in);
    assert_int_equal(together.len, alone.len);
    assert_memory_equal(together.sent, alone.sent, alone.len);
    assert_memory_equal(&together, &alone, sizeof alone);
}

static void an_answer_is_these_bytes(void **state)
{
    static const uint8_t expected[] = "FPNN\1\200\2\0\x0d\0\0\0\4\3\2\1\x81\xa2ts\xcf"
                                      "\0\0\1\x8b\xcf\xe5\x68\0";
    gate_world *w = *state;
    const way how = {.is_reading = true};
    rtmi_buf pings;

    assert_int_equal(GATE_WALL_MS, INT64_C(0x18bcfe56800));
    rtmi_buf_init(&pings, 1 << 10);
    put_ping(&pings, 0x01020304);
    play(w, rtmi_buf_span(&pings), &how, &together);
    const size_t hello = together.len - (sizeof expected - 1);
    assert_memory_equal(together.sent + hello, expected, sizeof expected - 1);
    rtmi_buf_deinit(&pings);
}

/* Cut anywhere, and with any one byte another. */
static void runs_end_as_their_pings_alone(void **state)
{
    enum { COUNT = 3 };
    gate_world *w = *state;
    rtmi_buf pings;

    rtmi_buf_init(&pings, 1 << 10);
    for (uint32_t i = 0; i < COUNT; i++)
        put_ping(&pings, 0x01020300u + i);
    uint8_t *const bytes = pings.data;
    for (size_t len = 0; len <= COUNT * PINGS_SIZE; len++) {
        for (size_t cut = 0; cut <= len; cut++)
            expect_same(w, (rtmi_span){bytes, len}, (way){.cut = cut});
    }
    for (size_t at = PINGS_SIZE; at < (size_t)2 * PINGS_SIZE; at++) {
        const uint8_t was = bytes[at];
        for (unsigned value = 0; value <= UINT8_MAX; value++) {
            bytes[at] = (uint8_t)value;
            expect_same(w, rtmi_buf_span(&pings), (way){.is_proved = value % 2 == 0});
        }
        bytes[at] = was;
    }
    rtmi_buf_deinit(&pings);
}

static uint64_t random_state;

static size_t random_below(size_t n)
{
    random_state = rtmi_mix64(random_state + 0x1234567);
    return (size_t)(random_state % n);
}

static void put_any(rtmi_buf *out)
{
    const uint32_t seq = (uint32_t)random_below(UINT32_MAX);
    const size_t start = rtmi_buf_len(out);
    size_t mark;

    switch (random_below(40)) {
    case 0: /* as it is pushed, and unknown as a quest */
        mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("*pine"));
        rtmi_pack_map(out, 0);
        rtmi_frame_end(out, mark);
        return;
    case 1: /* with something in it */
        mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("*ping"));
        rtmi_pack_map(out, 1);
        rtmi_pack_key_int(out, "ts", 5);
        rtmi_frame_end(out, mark);
        return;
    case 2:
        mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("*ping"));
        rtmi_buf_append_span(out, rtmi_span_of_text("{}"));
        rtmi_frame_end(out, mark);
        rtmi_frame_mark_json(out, mark);
        return;
    case 3: /* without a payload, of another version, in an odd but legal flag */
        mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("*ping"));
        rtmi_frame_end(out, mark);
        return;
    case 4:
        put_ping(out, seq);
        out->data[start + 4] = 2;
        return;
    case 5:
        put_ping(out, seq);
        out->data[start + 5] = 0x81;
        return;
    case 6:
    case 7:
        rtmi_answer_empty(out, seq);
        return;
    case 8:
        rtmi_answer_empty(out, PING_SEQ);
        return;
    case 9:
        if (random_below(20) > 0)
            return;
        mark = rtmi_frame_begin_quest(out, false, 0, rtmi_span_of_text("*ping")); /* cut */
        rtmi_pack_map(out, 0);
        rtmi_frame_end(out, mark);
        return;
    default:
        put_ping(out, seq);
        return;
    }
}

static void mixed_reads_end_as_their_packages_alone(void **state)
{
    gate_world *w = *state;
    uint64_t answered = 0;
    rtmi_buf read;

    rtmi_buf_init(&read, 1 << 20);
    for (random_state = 1; random_state < 400; random_state++) {
        const uint64_t seed = random_state;
        rtmi_buf_clear(&read);
        for (size_t count = random_below(seed % 10 == 0 ? 1200 : 40); count > 0; count--)
            put_any(&read);
        expect_same(w, rtmi_buf_span(&read),
                    (way){.cut = random_below(rtmi_buf_len(&read) + 1),
                          .is_proved = seed % 2 == 0,
                          .is_reading = seed % 3 == 0});
        answered += together.counted[METRICS_OK];
        random_state = seed;
    }
    assert_true(answered > 5000);
    rtmi_buf_deinit(&read);
}

/* Who does not read is cut at the same answer, at every bound; so is he whom no memory is for. */
static void bounds_are_those_of_single_answers(void **state)
{
    gate_world *w = *state;
    size_t cuts = 0;
    rtmi_buf pings;

    rtmi_buf_init(&pings, 1 << 20);
    for (uint32_t i = 0; i < 2500; i++)
        put_ping(&pings, i);
    expect_same(w, rtmi_buf_span(&pings), (way){.is_proved = false}); /* 64 KiB for a stranger */
    assert_true(together.wants_close);
    expect_same(w, rtmi_buf_span(&pings), (way){.is_proved = true});
    assert_false(together.wants_close);
    for (size_t most = 64; most < 700; most++) { /* the answer to the first has room */
        w->config.queue_bytes = most;
        expect_same(w, (rtmi_span){pings.data, (size_t)20 * PINGS_SIZE},
                    (way){.is_proved = most % 2 == 0, .is_reading = most % 4 < 2});
        cuts += together.wants_close;
    }
    assert_in_range(cuts, 300, 635);
    rtmi_buf_deinit(&pings);
}

static void a_clock_of_any_width_is_told(void **state)
{
    static const int64_t clocks[] = {0,        1, 127, 128, 65536, UINT32_MAX, INT64_C(1) << 32,
                                     INT64_MAX};
    gate_world *w = *state;
    rtmi_buf pings;

    rtmi_buf_init(&pings, 1 << 10);
    for (uint32_t i = 0; i < 5; i++)
        put_ping(&pings, i);
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        w->now.wall_ms = clocks[i];
        expect_same(w, rtmi_buf_span(&pings), (way){.cut = 0});
        assert_int_equal(together.counted[METRICS_OK], 5);
    }
    rtmi_buf_deinit(&pings);
}

static void limits_of_strangers_and_drains_hold(void **state)
{
    gate_world *w = *state;
    rtmi_buf pings;

    rtmi_buf_init(&pings, 1 << 10);
    for (uint32_t i = 0; i < 5; i++)
        put_ping(&pings, i);
    w->config.unproved_bytes = PINGS_SIZE - 1;
    expect_same(w, rtmi_buf_span(&pings), (way){.is_proved = true});
    assert_false(together.wants_close);
    shard_drain(w->shards[0]);
    expect_same(w, rtmi_buf_span(&pings), (way){.is_proved = true});
    assert_int_equal(together.counted[METRICS_OK], 0);
    assert_int_equal(together.stats.refused, 5);
    rtmi_buf_deinit(&pings);
}

/* What has been answered is whole, and in order. */
static size_t count_answers(const outcome *of)
{
    rtmi_span rest = {of->sent, of->len};
    rtmi_package package;
    uint32_t seq = 0;

    for (; rest.len > 0; seq++) {
        assert_int_equal(rtmi_frame_decode(rest, SIZE_MAX, &package), 1);
        assert_int_equal(package.seq, seq);
        rest = (rtmi_span){rest.data + package.size, rest.len - package.size};
    }
    return seq;
}

static bool ask(gate_world *w, rtmi_span in)
{
    conn *from = shard_opened(w->shards[0], NULL, NULL, "peer", w->now);

    if (from == NULL)
        return false;
    together.len = 0;
    read_bytes(w->shards[0], from, in, w->now);
    write_out(w->shards[0], from, &together);
    const bool is_good = !from->wants_close;
    shard_closed(w->shards[0], from, w->now);
    assert_int_equal(count_answers(&together) == in.len / PINGS_SIZE, is_good);
    return is_good;
}

static bool ask_without_memory(void *userdata)
{
    enum { COUNT = 1500 };
    static uint8_t bytes[PINGS_SIZE * COUNT];
    rtmi_buf pings = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    gate_world *w = userdata;

    for (uint32_t i = 0; i < COUNT; i++)
        put_ping(&pings, i);
    const bool is_good = gate_world_open(w) && ask(w, rtmi_buf_span(&pings));
    gate_world_close(w);
    return is_good;
}

static void without_memory_no_answer_is_torn(void **state)
{
    gate_world_close(*state);
    (void)alloc_fail_sweep(ask_without_memory, *state);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_answer_is_these_bytes),
        CASE(runs_end_as_their_pings_alone),
        CASE(mixed_reads_end_as_their_packages_alone),
        CASE(bounds_are_those_of_single_answers),
        CASE(a_clock_of_any_width_is_told),
        CASE(limits_of_strangers_and_drains_hold),
        CASE(without_memory_no_answer_is_torn),
    };

    return cmocka_run_group_tests_name("gate_core.pings", tests, NULL, NULL);
}
