/*
 * The duplicates filter alone: nanoseconds a key and memory, at windows of 1 k to 1 M entries,
 * new keys only (the usual case), with and without fetching slots ahead.
 */
#include <stdio.h>

#include "bench/clock.h"
#include "lib/session/dedup.h"

#define RUNS 5
#define BATCH 64

static double run(size_t window, bool ahead)
{
    const size_t keys = window * 4 < 2000000 ? 2000000 : window * 4;
    rtmi_dedup *dedup = rtmi_dedup_new(window, 1000000, 1, 2, 0);
    rtm_message message = {.kind = RTM_KIND_GROUP, .from = 1001, .to = 77};
    rtmi_dedup_key batch[BATCH];
    size_t fresh = 0;

    /* Warm: both generations filled. */
    for (size_t i = 0; i < 2 * window; i++) {
        message.mid = (int64_t)i;
        (void)rtmi_dedup_enter(dedup, rtmi_dedup_key_of(dedup, &message), 0);
    }
    const double start = bench_cpu_ns();
    for (size_t i = 0; i < keys; i += BATCH) {
        for (size_t n = 0; n < BATCH; n++) {
            message.mid = (int64_t)(2 * window + i + n);
            batch[n] = rtmi_dedup_key_of(dedup, &message);
            if (ahead)
                rtmi_dedup_prefetch(dedup, batch[n]);
        }
        for (size_t n = 0; n < BATCH; n++)
            fresh += rtmi_dedup_enter(dedup, batch[n], 0);
    }
    const double end = bench_cpu_ns();
    rtmi_dedup_free(dedup);
    if (fresh < keys)
        printf("LOST %zu keys\n", keys - fresh);
    return (end - start) / (double)keys;
}

int main(void)
{
    static const size_t windows[] = {1000, 16000, 65536, 262144, 1000000};

    printf("%10s %14s %16s %14s\n", "window", "ns a key", "ns, not ahead", "memory at most");
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        double ahead[RUNS];
        double plain[RUNS];
        for (size_t r = 0; r < RUNS; r++) {
            ahead[r] = run(windows[i], true);
            plain[r] = run(windows[i], false);
        }
        printf("%10zu %14.1f %16.1f %12.1f MiB\n", windows[i], bench_median(ahead, RUNS),
               bench_median(plain, RUNS), (double)windows[i] * 64 / 1048576);
    }
    return 0;
}
