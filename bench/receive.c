/*
 * The receive path of the SDK, in memory and on one thread: pushes a second and nanoseconds a
 * stage. Stages add up: split into packages, answer, decode, filter. Then the whole session with
 * a callback: every push new, in windows of 65,536 and of 10,000,000 keys, full; and the sizes of
 * a real chat. A read is 256 KiB of group messages, copied into the session's buffer as a socket
 * would; what it costs to number them anew is not counted.
 *
 * Machines that share their processors have slow times, which last for seconds. So all rows are
 * measured in turns of some milliseconds, and before and after each a fixed loop, whose time says
 * how fast the machine was just then. Of each row are told
 *
 *   median      of all turns, slow ones too: what this machine does
 *   best        turn: what the program can do, if the machine lets it
 *   fast times  the median of those turns only beside which the loop took at most a tenth more than
 *               at its best; how many those were stands in the last line
 *
 *   bench_receive [LENGTHS]      a file of text lengths, one a line, instead of the real chat
 */
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "bench/pushes.h"
#include "lib/fpnn/answer.h"
#include "lib/net/memory.h"
#include "lib/rtm/message.h"
#include "lib/session/dedup.h"
#include "lib/session/session.h"

enum {
    TURNS = 31,
    WARM_READS = 20, /* of a turn, for the caches; not counted */
    READS = 150,
    WINDOW = 65536,
    WIDE_WINDOW = 10000000
};

static uint64_t seen;

typedef enum stage { STAGE_SPLIT, STAGE_ANSWER, STAGE_DECODE, STAGE_FILTER, STAGE_ALL } stage;

/* One row of the table. */
typedef struct row {
    const char *name;
    pushes *run;
    stage last;
    size_t window; /* of the session: 0 is no filter */
    bool are_known;
    rtmi_session *session; /* of STAGE_ALL */
    rtmi_dedup *dedup;     /* of STAGE_FILTER */
    uint64_t next;         /* number of a push */
    double turns[TURNS];   /* nanoseconds a push */
    double loops[TURNS];   /* of the loop beside it */
    double longest;        /* read */
    double longest_warm;   /* while the filter grew */
} row;

static const rtm_message model = {.kind = RTM_KIND_GROUP,
                                  .mtype = 51,
                                  .from = 100123,
                                  .to = 77,
                                  .mtime_ms = 1795478135997,
                                  .attrs = {"", 0}};

/* Always the same work on memory that is near: its time is that of the machine. */
static double run_loop(void)
{
    static uint64_t numbers[2048];
    const double start = bench_cpu_ns();

    for (int n = 0; n < 100; n++) {
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            numbers[i] = rtmi_mix64(numbers[i] + i);
    }
    seen += numbers[seen % 2048];
    return bench_cpu_ns() - start;
}

/* Some stages of a read, without the session. */
static void split_once(row *self, rtmi_buf *out)
{
    rtmi_span rest = rtmi_buf_span(&self->run->bytes);
    rtmi_package package;

    while (rtmi_frame_decode(rest, PUSHES_BYTES, &package) == 1) {
        rest.data += package.size;
        rest.len -= package.size;
        seen += package.seq;
        if (self->last >= STAGE_DECODE) {
            const rtmi_push_method *what = rtmi_push_method_of(package.method);
            rtm_message message;
            rtmi_push_flaw flaw;
            (void)rtmi_message_decode(what, package.payload, &message, &flaw);
            seen += (uint64_t)message.mid;
            if (self->last >= STAGE_FILTER)
                seen += rtmi_dedup_enter(self->dedup, rtmi_dedup_key_of(self->dedup, &message), 0);
        }
        if (self->last >= STAGE_ANSWER)
            rtmi_answer_empty(out, package.seq);
    }
    rtmi_buf_clear(out);
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

/* So many reads, each of pushes that are new, or known; nanoseconds of all, the longest apart. */
static double run_reads(row *self, rtmi_buf *out, size_t reads, double *longest)
{
    double sum = 0;

    for (size_t i = 0; i < reads; i++) {
        if (!self->are_known)
            pushes_number(self->run, 0, &self->next);
        const double start = bench_cpu_ns();
        if (self->last == STAGE_ALL)
            read_once(self->session, self->run);
        else
            split_once(self, out);
        const double took = bench_cpu_ns() - start;
        sum += took;
        if (took > *longest)
            *longest = took;
    }
    return sum;
}

/* Filters are full, and grown, before anything is measured. */
static void prepare(row *self, rtmi_buf *out)
{
    const bool are_known = self->are_known;

    if (self->last == STAGE_ALL)
        self->session = new_session(self->window);
    self->dedup = rtmi_dedup_new(WINDOW, 1000000, 1, 2, 0);
    if (self->dedup == NULL)
        exit(1);
    self->are_known = false;
    (void)run_reads(self, out, 2 * self->window / self->run->count + 2, &self->longest_warm);
    self->are_known = are_known;
}

static void take_turn(row *self, rtmi_buf *out, size_t turn)
{
    double unused = 0;

    if (self->are_known) { /* the other rows have numbered the same bytes */
        self->next -= self->run->count;
        pushes_number(self->run, 0, &self->next);
    }
    (void)run_reads(self, out, WARM_READS, &unused);
    const double before = run_loop();
    self->turns[turn] =
        run_reads(self, out, READS, &self->longest) / (double)(READS * self->run->count);
    self->loops[turn] = (before + run_loop()) / 2;
}

/* The median of the turns in fast times; how many there were. */
static size_t median_of_fast(const row *self, double best_loop, double *ret_median)
{
    double fast[TURNS];
    size_t count = 0;

    for (size_t i = 0; i < TURNS; i++) {
        if (self->loops[i] <= best_loop * 1.1)
            fast[count++] = self->turns[i];
    }
    *ret_median = count == 0 ? 0 : bench_median(fast, count);
    return count;
}

static void report(row *self, double best_loop)
{
    double fast;
    const size_t fast_count = median_of_fast(self, best_loop, &fast);
    const double median = bench_median(self->turns, TURNS); /* sorts them */

    printf("%-34s %7.1f ns %6.1f M/s %7.1f ns %6.1f M/s", self->name, median, 1e3 / median,
           self->turns[0], 1e3 / self->turns[0]);
    if (fast_count > 0)
        printf(" %7.1f ns %6.1f M/s", fast, 1e3 / fast);
    else
        printf(" %7s    %6s    ", "none", "");
    if (self->last == STAGE_ALL)
        printf("   %.2f ms", self->longest / 1e6);
    if (self->window > 0)
        printf(", grown %.2f", self->longest_warm / 1e6);
    printf("\n");
}

static void measure(row *rows, size_t count)
{
    rtmi_buf out;
    double loops[64 * TURNS];
    size_t loop_count = 0;

    rtmi_buf_init(&out, 64u * 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        prepare(&rows[i], &out);
    for (size_t turn = 0; turn < TURNS; turn++) {
        for (size_t i = 0; i < count; i++) {
            row *one = &rows[turn % 2 == 0 ? i : count - 1 - i];
            take_turn(one, &out, turn);
            loops[loop_count++] = one->loops[turn];
        }
    }
    const double median_loop = bench_median(loops, loop_count); /* sorts them */
    size_t fast_count = 0;
    while (fast_count < loop_count && loops[fast_count] <= loops[0] * 1.1)
        fast_count++;
    printf("%-34s %24s %21s %21s   longest read\n", "", "median", "best", "fast times");
    for (size_t i = 0; i < count; i++) {
        report(&rows[i], loops[0]);
        rtmi_session_free(rows[i].session);
        rtmi_dedup_free(rows[i].dedup);
    }
    printf(
        "the fixed loop: best %.0f us, median %.0f, slowest %.0f; fast times: %zu of %zu turns\n",
        loops[0] / 1e3, median_loop / 1e3, loops[loop_count - 1] / 1e3, fast_count, loop_count);
    rtmi_buf_deinit(&out);
}

int main(int argc, char **argv)
{
    static pushes same;
    static pushes chat;
    lengths texts = lengths_chat;
    row rows[] = {
        {.name = "split into packages", .run = &same, .last = STAGE_SPLIT},
        {.name = "+ answer", .run = &same, .last = STAGE_ANSWER},
        {.name = "+ decode", .run = &same, .last = STAGE_DECODE},
        {.name = "+ filter, window 65,536, all new", .run = &same, .last = STAGE_FILTER},
        {.name = "session, no filter", .run = &same, .last = STAGE_ALL},
        {.name = "the same, 65,536, all known",
         .run = &same,
         .last = STAGE_ALL,
         .window = WINDOW,
         .are_known = true},
        {.name = "the same, 65,536, all new", .run = &same, .last = STAGE_ALL, .window = WINDOW},
        {.name = "the same, 10,000,000, all new",
         .run = &same,
         .last = STAGE_ALL,
         .window = WIDE_WINDOW},
        {.name = "other sizes, 65,536, all new", .run = &chat, .last = STAGE_ALL, .window = WINDOW},
    };

    if (argc > 2) {
        (void)fprintf(stderr, "usage: bench_receive [LENGTHS]\n");
        return 2;
    }
    if (argc == 2)
        texts = lengths_read(argv[1]);
    pushes_make(&same, &model, &lengths_100);
    pushes_make(&chat, &model, &texts);
    printf("%zu pushes of %zu bytes a read; other sizes, %s: %zu of %zu\n"
           "per push, one thread, in memory; %d turns of %d reads a row\n",
           same.count, rtmi_buf_len(&same.bytes) / same.count, texts.name, chat.count,
           rtmi_buf_len(&chat.bytes) / chat.count, TURNS, READS);
    measure(rows, sizeof rows / sizeof *rows);
    pushes_free(&same);
    pushes_free(&chat);
    return seen == 0; /* so that nothing above is left out by the compiler */
}
