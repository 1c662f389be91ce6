/*
 * The filter of repeated messages: its window by count and by age, compared with a model; keys
 * taken out; growth, with and without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/session/dedup.h"
#include "tests/support/alloc_fail.h"

static rtmi_dedup_key key_of(const rtmi_dedup *dedup, int64_t mid)
{
    return rtmi_dedup_key_of(dedup,
                             &(rtm_message){.kind = RTM_KIND_P2P, .from = 1, .to = 2, .mid = mid});
}

static bool enter(rtmi_dedup *dedup, int64_t mid, int64_t now_ms)
{
    return rtmi_dedup_enter(dedup, key_of(dedup, mid), now_ms);
}

static void each_field_of_the_key_counts(void **state)
{
    rtmi_dedup *dedup = rtmi_dedup_new(100, 1000, 1, 2, 0);
    const rtm_message base = {.kind = RTM_KIND_P2P, .from = 1, .to = 2, .mid = 3};
    rtm_message others[5] = {base, base, base, base, base};

    (void)state;
    others[0].kind = RTM_KIND_GROUP;
    others[1].from = 9;
    others[2].to = 9;
    others[3].mid = 9;
    others[4].from = 2; /* from and to changed round */
    others[4].to = 1;
    assert_true(rtmi_dedup_enter(dedup, rtmi_dedup_key_of(dedup, &base), 0));
    for (size_t i = 0; i < 5; i++)
        assert_true(rtmi_dedup_enter(dedup, rtmi_dedup_key_of(dedup, &others[i]), 0));
    rtm_message same = base;
    same.mtype = 7; /* not of the key */
    same.mtime_ms = 8;
    assert_false(rtmi_dedup_enter(dedup, rtmi_dedup_key_of(dedup, &same), 0));
    rtmi_dedup_free(dedup);
    rtmi_dedup_free(NULL);
}

/* Without age: the last max_count at least are known, those before the last two times no more. */
static void the_window_by_count_is_exact(void **state)
{
    const int64_t counts[] = {1, 2, 3, 511, 512, 513, 1000, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const int64_t max = counts[i];
        rtmi_dedup *dedup = rtmi_dedup_new((size_t)max, INT64_MAX / 4, 3, 4, 0);
        for (int64_t mid = 0; mid < 3 * max + 7; mid++)
            assert_true(enter(dedup, mid, 5));
        const int64_t last = 3 * max + 6;
        for (int64_t back = 0; back < max; back++)
            assert_false(enter(dedup, last - back, 5));
        assert_true(enter(dedup, last - 2 * max, 5));
        assert_int_equal(rtmi_dedup_get_forgotten(dedup), 0);
        rtmi_dedup_free(dedup);
    }
}

/* Every age of a key, every place of the one turn between: known for one age, never for two. */
static void the_window_by_age_is_one_to_two_ages(void **state)
{
    enum { AGE = 20 };

    (void)state;
    for (int64_t at = 0; at < 2 * AGE; at++) {
        for (int64_t other = at; other <= at + 3 * AGE; other++) {
            for (int64_t later = other; later <= at + 3 * AGE; later++) {
                rtmi_dedup *dedup = rtmi_dedup_new(100, AGE, 3, 4, 0);
                assert_true(enter(dedup, 1, at));
                assert_true(enter(dedup, 2, other));
                const bool is_new = enter(dedup, 1, later);
                if (later - at < AGE)
                    assert_false(is_new);
                if (later - at >= 2 * AGE)
                    assert_true(is_new);
                rtmi_dedup_free(dedup);
            }
            other += other % 3; /* a third of them */
        }
        at += at % 3;
    }
}

static void a_key_taken_out_is_new_again(void **state)
{
    rtmi_dedup *dedup = rtmi_dedup_new(700, 1000, 5, 6, 0);

    (void)state;
    for (int64_t mid = 0; mid < 2000; mid++) {
        assert_true(enter(dedup, mid, 0));
        if (mid % 3 == 0)
            rtmi_dedup_leave(dedup, key_of(dedup, mid));
        if (mid % 3 == 1)
            assert_false(enter(dedup, mid, 0));
    }
    assert_true(enter(dedup, 1998, 0));
    assert_false(enter(dedup, 1997, 0));
    rtmi_dedup_leave(dedup, key_of(dedup, 1300)); /* of the generation before */
    assert_true(enter(dedup, 1300, 0));
    rtmi_dedup_leave(dedup, key_of(dedup, 424242)); /* never there */
    rtmi_dedup_clear(dedup);
    assert_true(enter(dedup, 1997, 0));
    rtmi_dedup_free(dedup);
}

/* Keys are numbered by 32 bits, which come round after the first 65,536: nothing is lost there. */
static void numbers_come_round(void **state)
{
    enum { MAX = 3000 };
    rtmi_dedup *dedup = rtmi_dedup_new(MAX, 1000, 5, 6, 0);

    (void)state;
    for (int64_t mid = 0; mid < 80000; mid++) {
        assert_true(enter(dedup, mid, 0));
        if (mid < 65000 || mid > 70000)
            continue;
        assert_false(enter(dedup, mid, 0));
        assert_false(enter(dedup, mid - MAX / 3, 0));
        assert_true(enter(dedup, mid - 2 * MAX, 0));
        rtmi_dedup_leave(dedup, key_of(dedup, mid - 2 * MAX));
    }
    assert_int_equal(rtmi_dedup_get_forgotten(dedup), 0);
    rtmi_dedup_free(dedup);
}

/* Ages of a few keys each, many times: a large index that is nearly empty stays right. */
static void few_keys_follow_many(void **state)
{
    rtmi_dedup *dedup = rtmi_dedup_new(20000, 10, 5, 6, 0);

    (void)state;
    for (int64_t mid = 0; mid < 20000; mid++)
        assert_true(enter(dedup, mid, 0));
    for (int64_t now = 20; now < 200000; now += 2) {
        assert_true(enter(dedup, now % 50, now));
        assert_false(enter(dedup, now % 50, now));
        assert_true(now < 28 || !enter(dedup, (now - 8) % 50, now));
    }
    rtmi_dedup_free(dedup);
}

/* While an index grows, what it held is known, moved or not; and a key taken out is out of both. */
static void growing_loses_nothing(void **state)
{
    enum { COUNT = 30000 };
    rtmi_dedup *dedup = rtmi_dedup_new(COUNT, 1000, 5, 6, 0);

    (void)state;
    for (int64_t mid = 0; mid < COUNT; mid++) {
        assert_true(enter(dedup, mid, 0));
        assert_false(enter(dedup, mid, 0));
        assert_false(enter(dedup, mid / 2, 0));
        assert_false(enter(dedup, mid * 7 / 8, 0));
        if (mid % 5 == 0) {
            rtmi_dedup_leave(dedup, key_of(dedup, mid / 3));
            assert_true(enter(dedup, mid / 3, 0));
        }
    }
    rtmi_dedup_free(dedup);
}

/* Random keys and times against a list that remembers everything. */
static void it_agrees_with_a_model(void **state)
{
    enum { KEYS = 600, MAX = 100, AGE = 1000 };
    static int64_t entered_at[KEYS];
    static int64_t entered_as[KEYS];
    uint64_t random = 7;
    int64_t now = 0;
    int64_t count = 0;
    rtmi_dedup *dedup = rtmi_dedup_new(MAX, AGE, 8, 9, 0);

    (void)state;
    for (int i = 0; i < KEYS; i++)
        entered_as[i] = INT64_MIN / 2;
    for (int i = 0; i < 200000; i++) {
        random = rtmi_mix64(random + 1);
        const int64_t key = (int64_t)(random % KEYS);
        now += (int64_t)(random >> 32) % 23;
        const bool is_new = enter(dedup, key, now);
        const int64_t newer = count - entered_as[key] - 1;
        const int64_t age = now - entered_at[key];
        if (newer < MAX && age < AGE)
            assert_false(is_new);
        if (newer >= 2 * MAX || age >= 2 * AGE)
            assert_true(is_new);
        if (is_new) {
            entered_at[key] = now;
            entered_as[key] = count++;
        }
        if (random % 11 == 0) {
            rtmi_dedup_leave(dedup, key_of(dedup, key));
            entered_as[key] = INT64_MIN / 2;
        }
    }
    rtmi_dedup_free(dedup);
}

/*
 * Keys that all belong to the same three lines, at the index's end and front, many with the same
 * tag: rows of full lines, where each key gives up another's place.
 */
static void crowded_lines_lose_nothing(void **state)
{
    enum { KEYS = 1600, MAX = 500 };
    static int64_t entered_as[KEYS];
    uint64_t random = 11;
    int64_t count = 0;
    rtmi_dedup *dedup = rtmi_dedup_new(MAX, INT64_MAX / 4, 8, 9, 0);

    (void)state;
    for (int i = 0; i < KEYS; i++)
        entered_as[i] = INT64_MIN / 2;
    for (int i = 0; i < 120000; i++) {
        random = rtmi_mix64(random + 1);
        const unsigned which = (unsigned)(random % KEYS);
        const rtmi_dedup_key key = {.high = which + 1,
                                    .low = (uint64_t)(which % 7) << 32 | (0xfffeu + which % 3)};
        const int64_t behind = count - entered_as[which];
        const bool is_new = rtmi_dedup_enter(dedup, key, 0);
        if (behind < MAX)
            assert_false(is_new);
        if (behind > MAX + 1)
            assert_true(is_new);
        if (is_new)
            entered_as[which] = count++;
        if (random >> 60 == 0) {
            rtmi_dedup_leave(dedup, key);
            entered_as[which] = INT64_MIN / 2;
        }
    }
    assert_true(count > 30 * MAX);
    rtmi_dedup_free(dedup);
}

static void without_memory_it_forgets_and_counts(void **state)
{
    rtmi_dedup *dedup = rtmi_dedup_new(100000, INT64_MAX / 4, 5, 6, 0);

    (void)state;
    alloc_fail_from(1);
    for (int64_t mid = 0; mid < 3000; mid++)
        assert_true(enter(dedup, mid, 0));
    alloc_fail_reset();
    /* The first index, of 320 keys, goes down to 160; so does the log's only chunk, of 1024. */
    const uint64_t forgotten = rtmi_dedup_get_forgotten(dedup);
    assert_int_equal(forgotten, 16);
    for (int64_t mid = 2999; mid > 2999 - 160; mid--)
        assert_false(enter(dedup, mid, 0));
    assert_true(enter(dedup, 0, 0));
    for (int64_t mid = 3000; mid < 100000; mid++) /* and grows when there is memory again */
        assert_true(enter(dedup, mid, 0));
    assert_int_equal(rtmi_dedup_get_forgotten(dedup), forgotten);
    assert_false(enter(dedup, 3000, 0));
    rtmi_dedup_free(dedup);
}

static size_t advised_count;
static size_t advised_size;

static void take_advice(void *memory, size_t size)
{
    /* Before it is used: it is all zeros still. */
    for (size_t at = 0; at < size; at += 4096)
        assert_int_equal(((const uint8_t *)memory)[at], 0);
    advised_count++;
    advised_size = size;
}

static void large_indexes_are_told_of(void **state)
{
    rtmi_dedup *dedup = rtmi_dedup_new(400000, 1000, 5, 6, 0);

    (void)state;
    advised_count = 0;
    rtmi_dedup_set_advice(dedup, take_advice);
    for (int64_t mid = 0; mid < 400000; mid++)
        assert_true(enter(dedup, mid, 0));
    assert_int_equal(advised_count, 2); /* of 4 and of 8 MiB; the ones before are small */
    assert_int_equal(advised_size, (size_t)8 << 20);
    for (int64_t mid = 0; mid < 400000; mid += 7)
        assert_false(enter(dedup, mid, 0));
    rtmi_dedup_free(dedup);
}

static bool make(void *userdata)
{
    rtmi_dedup *dedup = rtmi_dedup_new(10, 10, 1, 1, 0);

    (void)userdata;
    rtmi_dedup_free(dedup);
    return dedup != NULL;
}

static void making_one_survives_every_failure(void **state)
{
    (void)state;
    assert_int_equal(alloc_fail_sweep(make, NULL), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_of_the_key_counts),
        cmocka_unit_test(the_window_by_count_is_exact),
        cmocka_unit_test(the_window_by_age_is_one_to_two_ages),
        cmocka_unit_test(a_key_taken_out_is_new_again),
        cmocka_unit_test(numbers_come_round),
        cmocka_unit_test(few_keys_follow_many),
        cmocka_unit_test(growing_loses_nothing),
        cmocka_unit_test(it_agrees_with_a_model),
        cmocka_unit_test(crowded_lines_lose_nothing),
        cmocka_unit_test(without_memory_it_forgets_and_counts),
        cmocka_unit_test(large_indexes_are_told_of),
        cmocka_unit_test(making_one_survives_every_failure),
    };

    return cmocka_run_group_tests_name("session.dedup", tests, NULL, NULL);
}
