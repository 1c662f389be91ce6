/*
 * The receive path of the SDK, in memory and on one thread: pushes a second and nanoseconds a
 * stage. Stages add up: split into packages, answer, decode, filter. Then the whole session with
 * a callback: every push new, in windows of 65,536 and of 10,000,000 keys with both generations
 * full; and the sizes of a real chat. A read is 256 KiB of group messages, copied into the
 * session's buffer as a socket would; what it costs to number them anew is not counted.
 *
 *   bench_receive [LENGTHS]      a file of text lengths, one a line, instead of the real chat
 */
#include <stdio.h>

#include "bench/clock.h"
#include "bench/pushes.h"
#include "lib/fpnn/answer.h"
#include "lib/net/memory.h"
#include "lib/rtm/message.h"
#include "lib/session/dedup.h"
#include "lib/session/session.h"

enum { RUNS = 5, ROUNDS = 800, WINDOW = 65536, WIDE_WINDOW = 10000000 };

static uint64_t seen;

typedef enum stage { STAGE_SPLIT, STAGE_ANSWER, STAGE_DECODE, STAGE_FILTER } stage;

static const rtm_message model = {.kind = RTM_KIND_GROUP,
                                  .mtype = 51,
                                  .from = 100123,
                                  .to = 77,
                                  .mtime_ms = 1795478135997,
                                  .attrs = {"", 0}};

static double run_stage(pushes *run, stage last)
{
    rtmi_dedup *dedup = rtmi_dedup_new(WINDOW, 1000000, 1, 2, 0);
    rtmi_buf out;
    int64_t mid_base = 0;

    rtmi_buf_init(&out, 64u * 1024 * 1024);
    const double start = bench_cpu_ns();
    for (size_t round = 0; round < ROUNDS; round++) {
        rtmi_span rest = rtmi_buf_span(&run->bytes);
        rtmi_package package;
        while (rtmi_frame_decode(rest, PUSHES_BYTES, &package) == 1) {
            rest.data += package.size;
            rest.len -= package.size;
            seen += package.seq;
            if (last >= STAGE_DECODE) {
                const rtmi_push_method *what = rtmi_push_method_of(package.method);
                rtm_message message;
                rtmi_push_flaw flaw;
                (void)rtmi_message_decode(what, package.payload, &message, &flaw);
                seen += (uint64_t)message.mid;
                message.mid += mid_base;
                if (last >= STAGE_FILTER)
                    seen += rtmi_dedup_enter(dedup, rtmi_dedup_key_of(dedup, &message), 0);
            }
            if (last >= STAGE_ANSWER)
                rtmi_answer_empty(&out, package.seq);
        }
        rtmi_buf_clear(&out);
        mid_base += (int64_t)run->count;
    }
    const double end = bench_cpu_ns();
    rtmi_buf_deinit(&out);
    rtmi_dedup_free(dedup);
    return (end - start) / (double)(ROUNDS * run->count);
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

static rtmi_session *new_session(size_t dedup_count)
{
    static uint64_t state = 1;
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
                                        .expect_random = rtmi_memory_expect_random,
                                        .random64 = fixed_random,
                                        .random_userdata = &state};
    const rtmi_session_callbacks callbacks = {.message = on_message};
    rtmi_session *session;

    if (rtmi_session_new(&config, &session) < 0)
        exit(1);
    rtmi_session_set_callbacks(session, &callbacks);
    rtmi_session_opening(session, now);
    rtmi_session_opened(session, now);
    return session;
}

/* One read of the whole run, and its answers taken away. */
static void read_once(rtmi_session *session, const pushes *run)
{
    const rtmi_time now = {.mono_ms = 1000, .wall_ms = 1795478135997};
    const rtmi_span bytes = rtmi_buf_span(&run->bytes);

    for (size_t done = 0; done < bytes.len;) {
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

/* Nanoseconds a push over so many reads; the longest read goes into `*ret_longest`. */
static double run_reads(rtmi_session *session, pushes *run, uint64_t *next, size_t reads,
                        double *ret_longest)
{
    double sum = 0;

    for (size_t i = 0; i < reads; i++) {
        if (next != NULL)
            pushes_number(run, 0, next);
        const double start = bench_cpu_ns();
        read_once(session, run);
        const double took = bench_cpu_ns() - start;
        sum += took;
        if (took > *ret_longest)
            *ret_longest = took;
    }
    return sum / (double)(reads * run->count);
}

static void report(const char *name, double *runs)
{
    const double ns = bench_median(runs, RUNS);

    printf("%-48s %8.1f ns %8.1f M/s   [%.1f to %.1f]", name, ns, 1e3 / ns, runs[0],
           runs[RUNS - 1]);
}

/* All pushes new, behind so many that both generations are full; or all known. */
static void measure_session(const char *name, pushes *run, size_t window, bool are_known)
{
    rtmi_session *session = new_session(window);
    uint64_t next = 0;
    double runs[RUNS];
    double longest_warm = 0;
    double longest = 0;

    (void)run_reads(session, run, &next, 2 * window / run->count + 2, &longest_warm);
    for (size_t r = 0; r < RUNS; r++)
        runs[r] = run_reads(session, run, are_known ? NULL : &next, ROUNDS, &longest);
    report(name, runs);
    printf("  longest read %.2f ms", longest / 1e6);
    if (window > 0)
        printf(", while it grew %.2f", longest_warm / 1e6);
    printf("\n");
    (void)fflush(stdout);
    rtmi_session_free(session);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"split into packages", "+ answer", "+ decode",
                                        "+ filter, window 65,536, all new"};
    static pushes run;
    lengths texts = lengths_chat;
    double runs[RUNS];

    if (argc > 2) {
        (void)fprintf(stderr, "usage: bench_receive [LENGTHS]\n");
        return 2;
    }
    if (argc == 2)
        texts = lengths_read(argv[1]);
    pushes_make(&run, &model, &lengths_100);
    printf("%zu pushes of %zu bytes a read; per push, one thread, in memory; median of %d\n",
           run.count, rtmi_buf_len(&run.bytes) / run.count, RUNS);
    for (int s = STAGE_SPLIT; s <= STAGE_FILTER; s++) {
        for (size_t r = 0; r < RUNS; r++)
            runs[r] = run_stage(&run, (stage)s);
        report(names[s], runs);
        printf("\n");
    }
    measure_session("whole session, no filter", &run, 0, false);
    measure_session("the same, window 65,536, all known", &run, WINDOW, true);
    measure_session("the same, all new", &run, WINDOW, false);
    measure_session("the same, window 10,000,000", &run, WIDE_WINDOW, false);
    pushes_free(&run);
    pushes_make(&run, &model, &texts);
    printf("%zu pushes of %zu bytes a read: %s\n", run.count, rtmi_buf_len(&run.bytes) / run.count,
           texts.name);
    measure_session("whole session, window 65,536, all new", &run, WINDOW, false);
    pushes_free(&run);
    return seen == 0; /* so that nothing above is left out by the compiler */
}
