/*
 * The receive path of the SDK, in memory and on one thread: pushes a second and nanoseconds a
 * stage. Stages add up: split into packages, answer, decode, filter, and the whole session with
 * a callback. The pushes are group messages with a text of 100 bytes, in reads of 256 KiB.
 */
#include <stdio.h>

#include "bench/clock.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/message.h"
#include "lib/session/dedup.h"
#include "lib/session/session.h"

#define RUNS 5
#define READ_SIZE (256u * 1024)
#define ROUNDS 800

static rtmi_buf stream; /* whole packages, at most a read */
static size_t push_count;
static uint64_t seen;

static void make_stream(void)
{
    static char text[100];
    rtm_message message = {.kind = RTM_KIND_GROUP,
                           .mtype = RTM_MTYPE_CHAT,
                           .from = 100123,
                           .to = 77,
                           .mtime_ms = 1795478135997,
                           .msg = {text, sizeof text},
                           .attrs = {"", 0}};

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    rtmi_buf_init(&stream, READ_SIZE);
    for (;;) {
        const size_t mark = rtmi_buf_len(&stream);
        message.mid = INT64_C(7354278445045000) + (int64_t)push_count;
        rtmi_message_encode(&stream, (uint32_t)push_count + 1, &message, 0);
        if (stream.error != 0) {
            rtmi_buf_rewind(&stream, mark);
            return;
        }
        push_count++;
    }
}

typedef enum stage { STAGE_SPLIT, STAGE_ANSWER, STAGE_DECODE, STAGE_FILTER } stage;

static double run_stage(stage last)
{
    rtmi_dedup *dedup = rtmi_dedup_new(65536, 1000000, 1, 2, 0);
    rtmi_buf out;
    int64_t mid_base = 0;

    rtmi_buf_init(&out, 64u * 1024 * 1024);
    const double start = bench_cpu_ns();
    for (size_t round = 0; round < ROUNDS; round++) {
        rtmi_span rest = rtmi_buf_span(&stream);
        rtmi_package package;
        while (rtmi_frame_decode(rest, READ_SIZE, &package) == 1) {
            rest.data += package.size;
            rest.len -= package.size;
            seen += package.seq;
            if (last >= STAGE_DECODE) {
                const rtmi_push_method what = rtmi_push_method_of(package.method);
                rtm_message message;
                rtmi_push_flaw flaw;
                (void)rtmi_message_decode(&what, package.payload, &message, &flaw);
                seen += (uint64_t)message.mid;
                message.mid += mid_base;
                if (last >= STAGE_FILTER)
                    seen += rtmi_dedup_enter(dedup, rtmi_dedup_key_of(dedup, &message), 0);
            }
            if (last >= STAGE_ANSWER)
                rtmi_answer_empty(&out, package.seq);
        }
        rtmi_buf_clear(&out);
        mid_base += (int64_t)push_count;
    }
    const double end = bench_cpu_ns();
    rtmi_buf_deinit(&out);
    rtmi_dedup_free(dedup);
    return (end - start) / (double)(ROUNDS * push_count);
}

static void on_message(const rtm_message *message, void *userdata)
{
    (void)userdata;
    seen += (uint64_t)message->mid;
}

static uint64_t fixed_random(void *userdata)
{
    return bench_next(userdata);
}

/* The whole session; with the filter off the same bytes may come again and again. */
static double run_session(size_t dedup_count)
{
    uint64_t state = 1;
    const rtmi_time now = {.mono_ms = 1000, .wall_ms = 1795478135997};
    const rtmi_session_config config = {.pid = 1,
                                        .secret = {(const uint8_t *)"s", 1},
                                        .quest_timeout_ms = 5000,
                                        .max_package_bytes = 8u << 20,
                                        .max_output_bytes = 64u << 20,
                                        .max_pending_calls = 16,
                                        .max_listen_ids = 16,
                                        .dedup_count = dedup_count,
                                        .dedup_ms = 1000000,
                                        .random64 = fixed_random,
                                        .random_userdata = &state};
    const rtmi_session_callbacks callbacks = {.message = on_message};
    rtmi_session *session;
    const rtmi_span bytes = rtmi_buf_span(&stream);

    if (rtmi_session_new(&config, &session) < 0)
        exit(1);
    rtmi_session_set_callbacks(session, &callbacks);
    rtmi_session_opening(session, now);
    rtmi_session_opened(session, now);
    const double start = bench_cpu_ns();
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t done = 0;
        while (done < bytes.len) {
            size_t len;
            uint8_t *space = rtmi_session_read_space(session, &len);
            if (len > bytes.len - done)
                len = bytes.len - done;
            memcpy(space, bytes.data + done, len);
            done += len;
            if (rtmi_session_read_done(session, len, now) < 0)
                exit(1);
        }
        rtmi_session_sent(session, rtmi_session_get_output(session).len);
    }
    const double end = bench_cpu_ns();
    rtmi_session_free(session);
    return (end - start) / (double)(ROUNDS * push_count);
}

static void report(const char *name, double *runs)
{
    const double ns = bench_median(runs, RUNS);

    printf("%-44s %8.1f ns %8.1f M/s   [%.1f to %.1f]\n", name, ns, 1e3 / ns, runs[0],
           runs[RUNS - 1]);
}

int main(void)
{
    static const char *const names[] = {"split into packages", "+ answer", "+ decode",
                                        "+ filter, window 65,536, all new"};
    double runs[RUNS];

    make_stream();
    printf("%zu pushes of %zu bytes a read; per push, one thread, in memory; median of %d\n",
           push_count, rtmi_buf_len(&stream) / push_count, RUNS);
    for (int s = STAGE_SPLIT; s <= STAGE_FILTER; s++) {
        for (size_t r = 0; r < RUNS; r++)
            runs[r] = run_stage((stage)s);
        report(names[s], runs);
    }
    for (size_t r = 0; r < RUNS; r++)
        runs[r] = run_session(0);
    report("whole session, one copy for the read, no filter", runs);
    for (size_t r = 0; r < RUNS; r++)
        runs[r] = run_session(65536);
    report("the same, filter on, all known (duplicates)", runs);
    rtmi_buf_deinit(&stream);
    return seen == 0; /* so that nothing above is left out by the compiler */
}
