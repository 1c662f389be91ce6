/*
 * Open addressing with linear probing in two tables. Insert-only within a generation (a key
 * taken out leaves a tombstone), so a probe may stop at the first slot of another generation.
 */
#include "lib/session/dedup.h"

#include <stdlib.h>

#include "lib/base/num.h"

#define GENERATION_MASK UINT64_C(0xffff)
#define TABLE_SLOTS_FIRST 1024

typedef struct slot {
    uint64_t high;
    uint64_t low; /* hash bits, and the generation in the low 16 */
} slot;

typedef struct table {
    slot *slots;
    size_t cap; /* a power of two */
    size_t count;
    uint64_t generation; /* 1 … 65535 */
} table;

struct rtmi_dedup {
    table current;
    table previous;
    size_t max_count;
    int64_t max_age_ms;
    int64_t opened_ms;
    uint64_t seed0;
    uint64_t seed1;
    uint64_t forgotten;
};

static const uint64_t tombstone_high = 0;

static bool table_init(table *t, size_t cap)
{
    *t = (table){.slots = calloc(cap, sizeof *t->slots), .cap = cap, .generation = 1};
    return t->slots != NULL;
}

rtmi_dedup *rtmi_dedup_new(size_t max_count, int64_t max_age_ms, uint64_t seed0, uint64_t seed1,
                           int64_t now_ms)
{
    rtmi_dedup *dedup = calloc(1, sizeof *dedup);

    if (dedup == NULL)
        return NULL;
    *dedup = (rtmi_dedup){.max_count = max_count,
                          .max_age_ms = max_age_ms,
                          .opened_ms = now_ms,
                          .seed0 = seed0,
                          .seed1 = seed1};
    if (!table_init(&dedup->current, TABLE_SLOTS_FIRST) ||
        !table_init(&dedup->previous, TABLE_SLOTS_FIRST)) {
        rtmi_dedup_free(dedup);
        return NULL;
    }
    return dedup;
}

void rtmi_dedup_free(rtmi_dedup *dedup)
{
    if (dedup == NULL)
        return;
    free(dedup->current.slots);
    free(dedup->previous.slots);
    free(dedup);
}

rtmi_dedup_key rtmi_dedup_key_of(const rtmi_dedup *dedup, const rtm_message *message)
{
    const uint64_t from = (uint64_t)message->from;
    const uint64_t to = (uint64_t)message->to;
    const uint64_t mid = (uint64_t)message->mid;
    uint64_t a = dedup->seed0 ^ (uint64_t)message->kind;
    uint64_t b = dedup->seed1;

    a = rtmi_mix64(a + mid);
    b = rtmi_mix64(b + mid * UINT64_C(0x9e3779b97f4a7c15));
    a = rtmi_mix64(a ^ (to + dedup->seed1));
    b = rtmi_mix64((b ^ to) + a);
    a = rtmi_mix64((a + from) ^ b);
    b = rtmi_mix64((b ^ from) + a);
    /* A tombstone's high word is 0: no key has it. */
    return (rtmi_dedup_key){.high = a == tombstone_high ? 1 : a, .low = b | GENERATION_MASK};
}

static size_t home_of(const table *t, rtmi_dedup_key key)
{
    return (size_t)(key.low >> 16) & (t->cap - 1);
}

void rtmi_dedup_prefetch(const rtmi_dedup *dedup, rtmi_dedup_key key)
{
    __builtin_prefetch(&dedup->current.slots[home_of(&dedup->current, key)]);
    __builtin_prefetch(&dedup->previous.slots[home_of(&dedup->previous, key)]);
}

static uint64_t low_in(const table *t, rtmi_dedup_key key)
{
    return (key.low & ~GENERATION_MASK) | t->generation;
}

/* The slot of the key, or NULL and the free slot where it would go. */
static slot *find(const table *t, rtmi_dedup_key key, slot **ret_free)
{
    const uint64_t low = low_in(t, key);
    size_t at = home_of(t, key);

    for (;;) {
        slot *s = &t->slots[at];
        if ((s->low & GENERATION_MASK) != t->generation) {
            if (ret_free != NULL)
                *ret_free = s;
            return NULL;
        }
        if (s->high == key.high && s->low == low)
            return s;
        at = (at + 1) & (t->cap - 1);
    }
}

/* Twice the slots. Probing keeps its order: live keys of this generation are put in again. */
static bool grow(table *t)
{
    table bigger;

    if (!table_init(&bigger, t->cap * 2)) {
        free(bigger.slots);
        return false;
    }
    bigger.generation = t->generation;
    for (size_t i = 0; i < t->cap; i++) {
        const slot *s = &t->slots[i];
        slot *free_slot = NULL;
        if ((s->low & GENERATION_MASK) != t->generation || s->high == tombstone_high)
            continue;
        (void)find(&bigger, (rtmi_dedup_key){s->high, s->low}, &free_slot);
        *free_slot = *s;
        bigger.count++;
    }
    free(t->slots);
    *t = bigger;
    return true;
}

/* Make a table empty by moving on to its next generation. */
static void table_renew(table *t)
{
    t->count = 0;
    t->generation++;
    if (t->generation > GENERATION_MASK - 1) {
        /* Once in 65,534 turns: numbers are used again, so what they marked has to go. */
        memset(t->slots, 0, t->cap * sizeof *t->slots);
        t->generation = 1;
    }
}

static void turn(rtmi_dedup *dedup, int64_t now_ms)
{
    const table retired = dedup->previous;

    dedup->previous = dedup->current;
    dedup->current = retired;
    table_renew(&dedup->current);
    dedup->opened_ms = now_ms;
}

bool rtmi_dedup_enter(rtmi_dedup *dedup, rtmi_dedup_key key, int64_t now_ms)
{
    slot *free_slot = NULL;

    if (now_ms - dedup->opened_ms >= dedup->max_age_ms) {
        const int64_t due_ms = dedup->opened_ms + dedup->max_age_ms;
        if (now_ms - due_ms >= dedup->max_age_ms) {
            /* Long silence: what is in both is too old. */
            turn(dedup, now_ms);
            turn(dedup, now_ms);
        } else {
            /* As if turned when it was due: else a late turn would lengthen memories. */
            turn(dedup, due_ms);
        }
    }
    if (find(&dedup->current, key, &free_slot) != NULL || find(&dedup->previous, key, NULL) != NULL)
        return false;

    if (dedup->current.count >= dedup->max_count ||
        dedup->current.count * 2 >= dedup->current.cap) {
        if (dedup->current.count >= dedup->max_count) {
            turn(dedup, now_ms);
        } else if (!grow(&dedup->current)) {
            dedup->forgotten++;
            turn(dedup, now_ms);
        }
        (void)find(&dedup->current, key, &free_slot);
    }
    *free_slot = (slot){.high = key.high, .low = low_in(&dedup->current, key)};
    dedup->current.count++;
    return true;
}

void rtmi_dedup_leave(rtmi_dedup *dedup, rtmi_dedup_key key)
{
    slot *s = find(&dedup->current, key, NULL);

    if (s == NULL)
        s = find(&dedup->previous, key, NULL);
    if (s != NULL)
        s->high = tombstone_high;
}

void rtmi_dedup_clear(rtmi_dedup *dedup)
{
    table_renew(&dedup->current);
    table_renew(&dedup->previous);
}

uint64_t rtmi_dedup_get_forgotten(const rtmi_dedup *dedup)
{
    return dedup->forgotten;
}
