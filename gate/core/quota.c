/*
 * The generic cell rate algorithm, counted in nanoseconds. What one costs is rounded up, so that
 * a rate is never passed.
 */
#include "gate/core/quota.h"

#include "lib/base/num.h"

#define SECOND_NS INT64_C(1000000000)
#define COUNT_MAX UINT64_C(1000000) /* of one call: beyond all that a quest can hold */

static int64_t cost_ns(int64_t rate)
{
    return (SECOND_NS + rate - 1) / rate;
}

bool quota_take(quota *self, int64_t rate, uint64_t count, int64_t now_us)
{
    if (rate <= 0)
        return true;
    const int64_t now_ns = now_us * 1000;
    const int64_t one_ns = cost_ns(rate);
    const int64_t all_ns = one_ns * (int64_t)(count < COUNT_MAX ? count : COUNT_MAX);
    long long paid_ns = atomic_load_explicit(&self->paid_ns, memory_order_relaxed);

    for (;;) {
        /* A whole second's worth passes at once, and no more. */
        if (paid_ns - now_ns > one_ns * (rate - 1))
            return false;
        const long long next_ns = rtmi_max_i64(paid_ns, now_ns) + all_ns;
        if (atomic_compare_exchange_weak_explicit(&self->paid_ns, &paid_ns, next_ns,
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    }
}

bool quota_share_take(quota_share *self, quota *from, int64_t rate, int64_t now_us)
{
    if (rate <= 0)
        return true;
    if (self->left == 0) {
        const uint64_t ahead = rate < 200 ? 1 : (uint64_t)rate / 100;
        if (!quota_take(from, rate, ahead, now_us))
            return false;
        self->left = ahead;
    }
    self->left--;
    return true;
}

bool quota_table_take(quota_table *self, uint64_t key, int64_t rate, int64_t now_us)
{
    uint64_t hash = rtmi_mix64(key ^ self->seed);
    bool taken = false;

    if (rate <= 0)
        return true;
    for (size_t i = 0; i < QUOTA_ROWS; i++) {
        /* Both are charged: who is greedy uses up both of its places. */
        taken |= quota_take(&self->rows[i][hash % QUOTA_PLACES], rate, 1, now_us);
        hash /= QUOTA_PLACES;
    }
    return taken;
}
