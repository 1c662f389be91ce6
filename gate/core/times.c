/*
 * A conversation is known by a 64-bit hash: two that share one only get ahead a little sooner.
 */
#include "gate/core/times.h"

#include "lib/base/num.h"

enum { SWEEP_MIN = 4096 };

void times_init(times *self, uint64_t seed)
{
    *self = (times){.seed = seed | 1};
    rtmi_map_init(&self->last, seed);
}

void times_deinit(times *self)
{
    rtmi_map_deinit(&self->last);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static uint64_t key_of(const times *self, const store_conversation *conversation)
{
    uint64_t hash = mix(self->seed, conversation->kind);

    hash = mix(hash, (uint64_t)conversation->a);
    return mix(hash, (uint64_t)conversation->b);
}

/* Times are kept in place of pointers: they are positive, so never NULL. */
static int64_t get(const times *self, uint64_t key)
{
    return (int64_t)(intptr_t)rtmi_map_get(&self->last, key);
}

static void put(times *self, uint64_t key, int64_t time_ms)
{
    if (time_ms > 0)
        (void)rtmi_map_put(&self->last, key, (void *)(intptr_t)time_ms);
}

/* Forget what has passed; at most once for each doubling, so cheap for each message. */
static void sweep(times *self, int64_t now_ms)
{
    rtmi_map kept;
    uint64_t key;
    void *value;
    size_t at = 0;
    int64_t latest_ms = 0;

    rtmi_map_init(&kept, self->seed ^ (uint64_t)now_ms);
    while ((value = rtmi_map_next(&self->last, &at, &key)) != NULL) {
        latest_ms = rtmi_max_i64(latest_ms, (int64_t)(intptr_t)value);
        if ((int64_t)(intptr_t)value >= now_ms && !rtmi_map_put(&kept, key, value)) {
            rtmi_map_deinit(&kept);
            return;
        }
    }
    if (kept.count > TIMES_MAX / 2) {
        rtmi_map_deinit(&kept);
        self->floor_ms = rtmi_max_i64(self->floor_ms, latest_ms);
    }
    rtmi_map_deinit(&self->last);
    self->last = kept;
    self->swept_count = kept.count;
}

/* Another conversation: the one before goes back into the map. */
static void turn_to(times *self, const store_conversation *conversation)
{
    put(self, self->recent_key, self->recent_ms);
    self->recent = *conversation;
    self->recent_key = key_of(self, conversation);
    self->recent_ms = get(self, self->recent_key);
}

/* Messages come in runs to one conversation. */
static bool is_recent(const times *self, const store_conversation *conversation)
{
    return self->recent.a == conversation->a && self->recent.b == conversation->b &&
           self->recent.kind == conversation->kind;
}

uint32_t times_take(times *self, const store_conversation *conversation, int64_t now_ms)
{
    if (!is_recent(self, conversation)) {
        if (self->last.count >= SWEEP_MIN && self->last.count >= 2 * self->swept_count)
            sweep(self, now_ms);
        turn_to(self, conversation);
    }

    const int64_t last = rtmi_max_i64(self->recent_ms, self->floor_ms);
    int64_t ahead = last >= now_ms ? last - now_ms + 1 : 0;

    if (ahead > UINT32_MAX)
        ahead = UINT32_MAX; /* LIMIT: 49 days ahead: times stop rising */
    self->recent_ms = now_ms + ahead;
    return (uint32_t)ahead;
}

void times_seen(times *self, const store_conversation *conversation, int64_t time_ms)
{
    if (!is_recent(self, conversation))
        turn_to(self, conversation);
    self->recent_ms = rtmi_max_i64(self->recent_ms, time_ms);
}
