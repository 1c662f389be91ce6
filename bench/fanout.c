/*
 * Three ways to queue one push for many connections, with the write to a socket:
 *
 *   runs    the push lies once in an arena; a run of pushes is one piece of the queue (ours)
 *   copies  each connection has its own copy
 *   pieces  each push is a piece of its own, sent by one vectored write
 *
 * B pushes for N connections a turn, then one write a connection; the sockets are UNIX stream
 * pairs that are emptied outside the clock. CPU nanoseconds a delivery, of one thread.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/clock.h"
#include "gate/core/fanout.h"
#include "lib/rtm/message.h"

#define RUNS 5
#define CONNS_MAX 1000
#define PIECES_MAX 64

typedef enum form { FORM_RUNS, FORM_COPIES, FORM_PIECES, FORM_COUNT } form;

static int pairs[CONNS_MAX][2];
static outq queues[CONNS_MAX];
static block_pool pool;
static arena shared;
static rtmi_buf scratch;
static char text[100];

static void queue_one(form how, size_t conns, uint32_t seq)
{
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = RTM_MTYPE_CHAT,
                                 .from = 100123,
                                 .to = 77,
                                 .mid = INT64_C(7354278445045000) + seq,
                                 .mtime_ms = 1795478135997,
                                 .msg = {text, sizeof text},
                                 .attrs = {"", 0}};
    piece push;

    rtmi_buf_clear(&scratch);
    rtmi_message_encode(&scratch, seq, &message, 0);
    if (how != FORM_COPIES && !arena_put(&shared, rtmi_buf_span(&scratch), &push))
        exit(1);
    /* What one piece must not touch: a gap keeps runs from forming. */
    piece gap;
    if (how == FORM_PIECES && !arena_put(&shared, (rtmi_span){(const uint8_t *)text, 1}, &gap))
        exit(1);
    for (size_t i = 0; i < conns; i++) {
        const bool ok = how == FORM_COPIES ? outq_put(&queues[i], &pool, rtmi_buf_span(&scratch))
                                           : outq_push(&queues[i], &pool, &push, 1);
        if (!ok)
            exit(1);
    }
}

static void write_all(size_t conns)
{
    for (size_t i = 0; i < conns; i++) {
        rtmi_span pieces[PIECES_MAX];
        size_t count;
        while ((count = outq_peek(&queues[i], pieces, PIECES_MAX)) > 0) {
            struct iovec iov[PIECES_MAX];
            struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
            for (size_t n = 0; n < count; n++)
                iov[n] = (struct iovec){(void *)(uintptr_t)pieces[n].data, pieces[n].len};
            const ssize_t sent = sendmsg(pairs[i][0], &message, MSG_NOSIGNAL);
            if (sent < 0) {
                perror("sendmsg");
                exit(1);
            }
            outq_sent(&queues[i], &pool, (size_t)sent);
        }
    }
}

static void empty_all(size_t conns)
{
    static char sink[256 * 1024];

    for (size_t i = 0; i < conns; i++) {
        while (recv(pairs[i][1], sink, sizeof sink, MSG_DONTWAIT) > 0)
            continue;
    }
}

static double run(form how, size_t conns, size_t batch)
{
    const size_t rounds = 1 + 400000 / (conns * batch);
    double spent = 0;

    for (size_t round = 0; round < rounds + 1; round++) {
        const double start = bench_cpu_ns();
        for (size_t i = 0; i < batch; i++)
            queue_one(how, conns, (uint32_t)(i + 1));
        write_all(conns);
        if (round > 0) /* the first warms up */
            spent += bench_cpu_ns() - start;
        empty_all(conns);
    }
    return spent / (double)(rounds * conns * batch);
}

int main(void)
{
    static const size_t conn_counts[] = {1, 10, 100, 1000};
    static const size_t batches[] = {1, 10, 100, 400};

    rtmi_buf_init(&scratch, 1 << 20);
    arena_init(&shared, &pool);
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < CONNS_MAX; i++) {
        const int size = 4 << 20;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]) < 0) {
            perror("socketpair");
            return 1;
        }
        (void)setsockopt(pairs[i][0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        outq_init(&queues[i]);
    }
    printf("%8s %8s %10s %10s %10s   ns a delivery; %% of the cheapest other\n", "conns", "batch",
           "runs", "copies", "pieces");
    for (size_t c = 0; c < 4; c++) {
        for (size_t b = 0; b < 4; b++) {
            double ns[FORM_COUNT][RUNS];
            double median[FORM_COUNT];
            /* In turn, so that the machine's moods fall on all. */
            for (size_t r = 0; r < RUNS; r++) {
                for (int how = 0; how < FORM_COUNT; how++)
                    ns[how][r] = run((form)how, conn_counts[c], batches[b]);
            }
            for (int how = 0; how < FORM_COUNT; how++)
                median[how] = bench_median(ns[how], RUNS);
            const double best = median[FORM_COPIES] < median[FORM_PIECES] ? median[FORM_COPIES]
                                                                          : median[FORM_PIECES];
            printf("%8zu %8zu %10.1f %10.1f %10.1f   %.0f %%\n", conn_counts[c], batches[b],
                   median[FORM_RUNS], median[FORM_COPIES], median[FORM_PIECES],
                   100 * median[FORM_RUNS] / best);
        }
    }
    for (size_t i = 0; i < CONNS_MAX; i++) {
        outq_deinit(&queues[i], &pool);
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    arena_deinit(&shared);
    block_pool_deinit(&pool);
    rtmi_buf_deinit(&scratch);
    return 0;
}
