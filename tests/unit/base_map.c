/*
 * The map against a table that is searched from end to end, and with keys chosen to collide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/map.h"
#include "lib/base/num.h"
#include "tests/support/alloc_fail.h"

#define MODEL_MAX 600

typedef struct model {
    uint64_t keys[MODEL_MAX];
    void *values[MODEL_MAX];
    size_t count;
} model;

static char things[MODEL_MAX * 4]; /* places that values point to */

static size_t model_find(const model *m, uint64_t key)
{
    size_t i = 0;

    while (i < m->count && m->keys[i] != key)
        i++;
    return i;
}

static void check_all(const rtmi_map *map, const model *m)
{
    size_t at = 0;
    size_t seen = 0;
    uint64_t key;
    void *value;

    assert_int_equal(map->count, m->count);
    for (size_t i = 0; i < m->count; i++)
        assert_ptr_equal(rtmi_map_get(map, m->keys[i]), m->values[i]);
    while ((value = rtmi_map_next(map, &at, &key)) != NULL) {
        const size_t i = model_find(m, key);
        assert_true(i < m->count);
        assert_ptr_equal(m->values[i], value);
        seen++;
    }
    assert_int_equal(seen, m->count);
}

static uint64_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *random >> 33;
}

/* The inverse of rtmi_mix64(): a key for a wanted hash. */
static uint64_t unmix64(uint64_t x)
{
    uint64_t inverse = 1;

    for (int i = 0; i < 6; i++) /* Newton: the inverse of an odd number modulo 2^64 */
        inverse *= 2 - UINT64_C(0xd6e8feb86659fd93) * inverse;
    x ^= x >> 32;
    x *= inverse;
    x ^= x >> 32;
    x *= inverse;
    x ^= x >> 32;
    return x;
}

enum { KEYS_SMALL, KEYS_SPREAD, KEYS_ONE_SLOT, KEYS_LAST_SLOTS };

static uint64_t key_of(int kind, uint64_t seed, uint64_t number)
{
    switch (kind) {
    case KEYS_SMALL:
        return number;
    case KEYS_SPREAD:
        return number * UINT64_C(0x9e3779b97f4a7c15);
    case KEYS_ONE_SLOT: /* the same low bits, whatever the capacity */
        return unmix64(number << 32) ^ seed;
    default: /* around the end of the table, so that runs wrap */
        return unmix64(number << 32 | (0xffffffff - number % 3)) ^ seed;
    }
}

static void random_use_agrees_with_the_model(void **state)
{
    const uint64_t seed = UINT64_C(0x1234567812345678);

    (void)state;
    for (int kind = KEYS_SMALL; kind <= KEYS_LAST_SLOTS; kind++) {
        uint64_t random = 99;
        model m = {.count = 0};
        rtmi_map map;

        rtmi_map_init(&map, seed);
        for (int step = 0; step < 12000; step++) {
            /* In turns growing and shrinking. */
            const bool shrinking = step / 1500 % 2 == 1;
            const uint64_t key = key_of(kind, seed, next_random(&random) % 500);
            const size_t i = model_find(&m, key);
            void *held = i < m.count ? m.values[i] : NULL;

            assert_ptr_equal(rtmi_map_get(&map, key), held);
            if (next_random(&random) % 4 == 0 ? shrinking : !shrinking) {
                void *value = &things[next_random(&random) % sizeof things];
                assert_true(rtmi_map_put(&map, key, value));
                m.keys[i] = key;
                m.values[i] = value;
                m.count += i == m.count;
            } else {
                assert_ptr_equal(rtmi_map_remove(&map, key), held);
                if (held != NULL) {
                    m.count--;
                    m.keys[i] = m.keys[m.count];
                    m.values[i] = m.values[m.count];
                }
            }
            if (step % 100 == 0)
                check_all(&map, &m);
        }
        check_all(&map, &m);
        rtmi_map_deinit(&map);
    }
}

static void colliding_keys_do_collide(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(rtmi_mix64(unmix64(i * 77)) == i * 77);
        assert_int_equal((uint32_t)rtmi_mix64(key_of(KEYS_ONE_SLOT, 5, i) ^ 5), 0);
    }
}

static void extreme_keys_are_keys(void **state)
{
    static const uint64_t keys[] = {0, 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX};
    rtmi_map map;

    (void)state;
    rtmi_map_init(&map, 0);
    for (size_t i = 0; i < 5; i++)
        assert_true(rtmi_map_put(&map, keys[i], &things[i]));
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(rtmi_map_get(&map, keys[i]), &things[i]);
    assert_null(rtmi_map_get(&map, 2));
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(rtmi_map_remove(&map, keys[i]), &things[i]);
    assert_int_equal(map.count, 0);
    rtmi_map_deinit(&map);
}

static void empty_map_answers(void **state)
{
    rtmi_map map;
    size_t at = 0;

    (void)state;
    alloc_fail_reset();
    rtmi_map_init(&map, 3);
    assert_null(rtmi_map_get(&map, 1));
    assert_null(rtmi_map_remove(&map, 1));
    assert_null(rtmi_map_next(&map, &at, NULL));
    assert_int_equal(alloc_fail_requests(), 0);
    rtmi_map_deinit(&map);

    /* Empty, but with a table. */
    assert_true(rtmi_map_put(&map, 1, things));
    assert_ptr_equal(rtmi_map_remove(&map, 1), things);
    assert_null(rtmi_map_get(&map, 1));
    assert_null(rtmi_map_remove(&map, 1));
    at = 0;
    assert_null(rtmi_map_next(&map, &at, NULL));
    assert_true(rtmi_map_put(&map, 1, things));
    rtmi_map_deinit(&map);
    rtmi_map_deinit(&map);
}

static void coming_and_going_does_not_grow_it(void **state)
{
    rtmi_map map;

    (void)state;
    rtmi_map_init(&map, 42);
    for (uint64_t i = 0; i < 8; i++)
        assert_true(rtmi_map_put(&map, i, things));
    for (uint64_t i = 8; i < 100000; i++) {
        assert_ptr_equal(rtmi_map_remove(&map, i - 8), things);
        assert_true(rtmi_map_put(&map, i, things));
    }
    assert_int_equal(map.cap, 16);
    rtmi_map_deinit(&map);
}

static void table_stays_at_most_half_full(void **state)
{
    rtmi_map map;

    (void)state;
    rtmi_map_init(&map, 42);
    for (uint64_t i = 0; i < 5000; i++) {
        assert_true(rtmi_map_put(&map, i, things));
        assert_true(map.count * 2 <= map.cap);
    }
    rtmi_map_deinit(&map);
}

static bool put_many(void *userdata)
{
    bool done = true;
    uint64_t held = 0;
    rtmi_map map;

    (void)userdata;
    rtmi_map_init(&map, 1);
    while (done && held < 1000) {
        done = rtmi_map_put(&map, held, &things[held]);
        held += done;
    }
    assert_int_equal(map.count, held); /* a failed put changes nothing */
    for (uint64_t i = 0; i < 1000; i++)
        assert_ptr_equal(rtmi_map_get(&map, i), i < held ? &things[i] : NULL);
    rtmi_map_deinit(&map);
    return done;
}

static void out_of_memory_keeps_what_was_there(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(put_many, NULL) > 3);
}

static void replacing_needs_no_memory(void **state)
{
    rtmi_map map;

    (void)state;
    rtmi_map_init(&map, 1);
    for (uint64_t i = 0; i < 8; i++)
        assert_true(rtmi_map_put(&map, i, things));
    alloc_fail_from(1);
    assert_true(rtmi_map_put(&map, 7, &things[1]));
    assert_false(rtmi_map_put(&map, 8, &things[1]));
    alloc_fail_reset();
    assert_ptr_equal(rtmi_map_get(&map, 7), &things[1]);
    rtmi_map_deinit(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_use_agrees_with_the_model),
        cmocka_unit_test(colliding_keys_do_collide),
        cmocka_unit_test(extreme_keys_are_keys),
        cmocka_unit_test(empty_map_answers),
        cmocka_unit_test(coming_and_going_does_not_grow_it),
        cmocka_unit_test(table_stays_at_most_half_full),
        cmocka_unit_test(out_of_memory_keeps_what_was_there),
        cmocka_unit_test(replacing_needs_no_memory),
    };

    return cmocka_run_group_tests_name("base.map", tests, NULL, NULL);
}
