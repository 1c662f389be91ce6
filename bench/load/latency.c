/*
 * Latency from an open-loop schedule: the k-th message is due at k / rate, whether or not those
 * before it have come. A delivery counts from when its message was due, not from when it was sent:
 * so a server, or a generator, that is late is late for all that had to wait (no coordinated
 * omission). The deliveries of one sender come in order, so the k-th on a connection is message k.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

#include "bench/load/load.h"

/* Buckets of a histogram: 64 for each power of two of nanoseconds, so within 1.6 per cent. */
enum { SUB_BITS = 6, BUCKETS = (65 - SUB_BITS) << SUB_BITS };

static uint64_t histogram[BUCKETS];
static uint64_t most_ns;
static uint64_t seen_count;
static int64_t start_ns;
static int64_t first_counted; /* messages before it warm up */

static size_t bucket_of(uint64_t ns)
{
    if (ns < 1u << SUB_BITS)
        return (size_t)ns;
    const unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - SUB_BITS;
    return ((size_t)(shift + 1) << SUB_BITS) + (size_t)((ns >> shift) & ((1u << SUB_BITS) - 1));
}

/* The upper end of a bucket. */
static uint64_t end_of(size_t bucket)
{
    const unsigned shift = (unsigned)(bucket >> SUB_BITS);

    if (shift == 0)
        return bucket;
    return (((bucket & ((1u << SUB_BITS) - 1)) + (1u << SUB_BITS) + 1) << (shift - 1)) - 1;
}

static double percentile_us(double share)
{
    const uint64_t wanted = (uint64_t)(share * (double)seen_count);
    uint64_t sum = 0;

    for (size_t i = 0; i < BUCKETS; i++) {
        sum += histogram[i];
        if (sum > wanted)
            return (double)end_of(i) / 1e3;
    }
    return (double)most_ns / 1e3;
}

static int64_t due_ns(const load *self, uint64_t message)
{
    return start_ns + (int64_t)((double)message * 1e9 / (double)self->rate);
}

/* The deliveries of this read: conn.seen of them have been noted before. */
static void note(load *self, conn *c)
{
    const int64_t now = load_now_ns();

    for (; c->is_listener && c->seen < c->got; c->seen++) {
        const int64_t late = now - due_ns(self, c->seen);
        const uint64_t ns = late > 0 ? (uint64_t)late : 0;
        if ((int64_t)c->seen < first_counted)
            continue;
        histogram[bucket_of(ns)]++;
        seen_count++;
        most_ns = ns > most_ns ? ns : most_ns;
    }
}

static void print_latency(const load *self, uint64_t messages, int64_t server_ns, int64_t own_ns,
                          int64_t elapsed_ns)
{
    (void)printf("{\"form\": \"latency\", \"wire\": \"%s\", \"conns\": %zu, \"rate\": %" PRId64
                 ", \"bytes\": %zu, \"messages\": %" PRIu64 ", \"deliveries\": %" PRIu64
                 ", \"seconds\": %.6f, \"server_cpu_s\": %.6f, \"load_cpu_s\": %.6f, "
                 "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, "
                 "\"max_us\": %.1f, \"histogram_ns\": [",
                 self->wire->name, self->conn_count, self->rate, self->text_len, messages,
                 self->got, (double)elapsed_ns / 1e9, (double)server_ns / 1e9, (double)own_ns / 1e9,
                 percentile_us(0.5), percentile_us(0.9), percentile_us(0.99), percentile_us(0.999),
                 (double)most_ns / 1e3);
    const char *between = "";
    for (size_t i = 0; i < BUCKETS; i++) {
        if (histogram[i] == 0)
            continue;
        (void)printf("%s[%" PRIu64 ", %" PRIu64 "]", between, end_of(i), histogram[i]);
        between = ", ";
    }
    (void)printf("]}\n");
    (void)fflush(stdout);
}

void scenario_latency(load *self)
{
    load_open_all(self);
    conn *sender = &self->conns[self->conn_count];
    const uint64_t messages = (uint64_t)(self->rate * self->run_ms / 1000) + 1;
    const uint64_t answers = self->wire->answers_sender ? messages : 0;
    uint64_t sent = 0;

    self->got = self->answers = 0;
    first_counted = (int64_t)(messages / 10);
    const int64_t server_ns = load_server_cpu_ns(self);
    const int64_t own_ns = load_own_cpu_ns();
    start_ns = load_now_ns();
    while (self->got < messages * self->conn_count || self->answers < answers) {
        const int64_t now = load_now_ns();
        while (sent < messages && due_ns(self, sent) <= now) {
            load_write_message(self, sender);
            sent++;
        }
        load_flush(self, sender);
        load_turn_until(self, note, sent < messages ? due_ns(self, sent) : INT64_MAX);
    }
    print_latency(self, messages, load_server_cpu_ns(self) - server_ns, load_own_cpu_ns() - own_ns,
                  load_now_ns() - start_ns);
    load_settle(self, self->conn_count + 1);
    load_check_listeners(self);
}
