/*
 * Counting is done where things happen; here is what is common: classes, buckets, and the copy
 * from the thread that counts to those who read.
 */
#include "gate/core/metrics.h"

#include "lib/rtm/codes.h"

#define MS UINT64_C(1000)
#define SECOND (1000 * MS)

const uint64_t metrics_time_bounds_us[METRICS_BOUNDS] = {
    100,     250,      500,      1 * MS,   2500,       5 * MS,    10 * MS,    25 * MS,
    50 * MS, 100 * MS, 250 * MS, 500 * MS, 1 * SECOND, 2500 * MS, 5 * SECOND, 10 * SECOND};

const uint64_t metrics_count_bounds[METRICS_BOUNDS] = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

metrics_result metrics_result_of(int code)
{
    switch (code) {
    case 0:
        return METRICS_OK;
    case RTMI_RC_INVALID_PID_OR_UID:
    case RTMI_RC_INVALID_PID_OR_SIGN:
    case RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN:
    case RTMI_RC_SAME_SIGN:
    case RTMI_RC_INVALID_SERVER_TIME:
    case RTMI_RC_UNAUTHORIZED:
    case RTMI_RC_AUTH_DENIED:
    case RTMI_RC_INVALID_AUTH_TOKEN:
        return METRICS_AUTH;
    case RTMI_RC_ATTRS_WITHOUT_SIGN_OR_EXT:
    case RTMI_RC_INVALID_MTYPE:
    case RTMI_RC_INVALID_FILE_MTYPE:
    case RTMI_RC_EMPTY_PARAMETER:
    case RTMI_RC_INVALID_PARAMETER:
    case RTMI_RC_DUPLICATED_MID:
    case RTMI_EC_CORE_UNKNOWN_METHOD:
        return METRICS_INVALID;
    case RTMI_RC_FREQUENCY_LIMITED:
    case RTMI_RC_REFRESH_SCREEN_LIMITED:
    case RTMI_RC_LARGE_MESSAGE_OR_ATTRS:
    case RTMI_RC_LARGE_FILE_OR_ATTRS:
    case RTMI_RC_TOO_MANY_ITEMS:
    case RTMI_RC_LARGE_DATA:
    case RTMI_RC_MAX_GROUP_MEMBER_COUNT:
    case RTMI_RC_MAX_ROOM_COUNT:
    case RTMI_RC_MAX_FRIEND_COUNT:
    case RTMI_EC_CORE_WORK_QUEUE_FULL:
        return METRICS_LIMITED;
    case RTMI_RC_UNKNOWN_2018:
    case RTMI_RC_UNKNOWN_ERROR:
        return METRICS_FAILED;
    default:
        /* RTM's other refusals are about rights and circumstances; FPNN's are the gate's. */
        return code >= RTMI_RC_INVALID_PID_OR_UID ? METRICS_DENIED : METRICS_FAILED;
    }
}

void metrics_observe(metrics_histogram *to, const uint64_t *bounds, uint64_t value, uint64_t count)
{
    size_t at = 0;

    while (at < METRICS_BOUNDS && value > bounds[at])
        at++;
    to->buckets[at] += count;
    to->sum += value * count;
}

void metrics_add(void *to, const void *what, size_t size)
{
    uint64_t *const sum = to;
    const uint64_t *const more = what;

    for (size_t i = 0; i < size / sizeof *sum; i++)
        sum[i] += more[i];
}

/*
 * The words are atomics too, without order among themselves, so that a torn copy is not an
 * undefined one; the turn tells whether it was torn.
 */
static void publish(atomic_uint *turn, atomic_uint_least64_t *to, const uint64_t *from,
                    size_t words)
{
    const unsigned before = atomic_load_explicit(turn, memory_order_relaxed);

    atomic_store_explicit(turn, before + 1, memory_order_relaxed);
    for (size_t i = 0; i < words; i++) {
        /* Release: who sees one of these words sees the odd turn before it. */
        atomic_store_explicit(&to[i], from[i], memory_order_release);
    }
    atomic_store_explicit(turn, before + 2, memory_order_release);
}

static void read_words(const atomic_uint *turn, const atomic_uint_least64_t *from, uint64_t *to,
                       size_t words)
{
    unsigned before;
    unsigned after;

    do {
        before = atomic_load_explicit(turn, memory_order_acquire);
        for (size_t i = 0; i < words; i++)
            to[i] = atomic_load_explicit(&from[i], memory_order_acquire);
        after = atomic_load_explicit(turn, memory_order_relaxed);
    } while (before != after || before % 2 != 0);
}

void shard_cell_publish(shard_cell *to, const shard_metrics *what)
{
    publish(&to->turn, to->words, (const uint64_t *)(const void *)what,
            METRICS_WORDS(shard_metrics));
}

void log_cell_publish(log_cell *to, const log_metrics *what)
{
    publish(&to->turn, to->words, (const uint64_t *)(const void *)what, METRICS_WORDS(log_metrics));
}

void shard_cell_read(const shard_cell *from, shard_metrics *ret_what)
{
    read_words(&from->turn, from->words, (uint64_t *)(void *)ret_what,
               METRICS_WORDS(shard_metrics));
}

void log_cell_read(const log_cell *from, log_metrics *ret_what)
{
    read_words(&from->turn, from->words, (uint64_t *)(void *)ret_what, METRICS_WORDS(log_metrics));
}

void metrics_runs_add(metrics_runs *self, int64_t arrived_us, uint64_t count)
{
    if (self->count > 0 &&
        (self->runs[self->count - 1].arrived_us == arrived_us || self->count == METRICS_RUNS)) {
        self->runs[self->count - 1].count += count;
        return;
    }
    self->runs[self->count].arrived_us = arrived_us;
    self->runs[self->count].count = count;
    self->count++;
}

void metrics_runs_end(metrics_runs *self, metrics_histogram *to, int64_t now_us)
{
    for (size_t i = 0; i < self->count; i++) {
        const int64_t took_us = now_us - self->runs[i].arrived_us;
        metrics_observe(to, metrics_time_bounds_us, took_us < 0 ? 0 : (uint64_t)took_us,
                        self->runs[i].count);
    }
    self->count = 0;
}
