/*
 * The ordered map against a sorted array that is searched from its start, with random keys that
 * often share prefixes and are sometimes empty or all ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/ordered.h"
#include "lib/base/num.h"
#include "tests/support/alloc_fail.h"

enum { MODEL_MAX = 5000, KEY_MAX = 6 };

typedef struct pair {
    uint8_t key[KEY_MAX];
    size_t len;
    uint32_t value;
} pair;

typedef struct model {
    ordered *map;
    pair pairs[MODEL_MAX]; /* sorted */
    size_t count;
    uint64_t random;
} model;

static uint64_t draw(model *m, uint64_t below)
{
    m->random += UINT64_C(0x9e3779b97f4a7c15);
    return rtmi_mix64(m->random) % below;
}

/* Few different bytes, so that keys meet, and prefixes have many. */
static pair draw_key(model *m, uint64_t alphabet)
{
    static const uint8_t letters[] = {0, 1, 0x61, 0x62, 0x7f, 0x80, 0xfe, 0xff};
    pair drawn = {.len = (size_t)draw(m, KEY_MAX + 1), .value = (uint32_t)draw(m, UINT32_MAX)};

    for (size_t i = 0; i < drawn.len; i++)
        drawn.key[i] = letters[draw(m, alphabet)];
    return drawn;
}

static rtmi_span key_of(const pair *p)
{
    return (rtmi_span){p->key, p->len};
}

static rtmi_span value_of(const pair *p)
{
    return (rtmi_span){(const uint8_t *)&p->value, sizeof p->value};
}

static int compare(const pair *a, const pair *b)
{
    const int r = memcmp(a->key, b->key, rtmi_min_size(a->len, b->len));

    return r != 0 ? r : (a->len > b->len) - (a->len < b->len);
}

/* The first that is not below. */
static size_t place_of(const model *m, const pair *key)
{
    size_t at = 0;

    while (at < m->count && compare(&m->pairs[at], key) < 0)
        at++;
    return at;
}

static bool is_at(const model *m, size_t at, const pair *key)
{
    return at < m->count && compare(&m->pairs[at], key) == 0;
}

static void assert_entry(const ordered_entry *entry, const pair *expected)
{
    assert_non_null(entry);
    const rtmi_span key = ordered_entry_key(entry);
    const rtmi_span value = ordered_entry_value(entry);
    assert_int_equal(key.len, expected->len);
    assert_memory_equal(key.data, expected->key, key.len);
    assert_int_equal(value.len, sizeof expected->value);
    assert_memory_equal(value.data, &expected->value, value.len);
}

static void put(model *m, const pair *drawn)
{
    const size_t at = place_of(m, drawn);
    ordered_entry *entry = ordered_entry_new(key_of(drawn), value_of(drawn));
    ordered_entry *old = NULL;

    assert_non_null(entry);
    if (!is_at(m, at, drawn) && m->count == MODEL_MAX) {
        free(entry);
        return;
    }
    assert_true(ordered_put(m->map, entry, &old));
    if (is_at(m, at, drawn)) {
        assert_entry(old, &m->pairs[at]);
    } else {
        assert_null(old);
        memmove(&m->pairs[at + 1], &m->pairs[at], (m->count - at) * sizeof(pair));
        m->count++;
    }
    m->pairs[at] = *drawn;
    free(old);
}

static void take(model *m, const pair *drawn)
{
    const size_t at = place_of(m, drawn);
    ordered_entry *taken = ordered_take(m->map, key_of(drawn));

    if (!is_at(m, at, drawn)) {
        assert_null(taken);
        return;
    }
    assert_entry(taken, &m->pairs[at]);
    free(taken);
    m->count--;
    memmove(&m->pairs[at], &m->pairs[at + 1], (m->count - at) * sizeof(pair));
}

static bool begins_with(const pair *p, const pair *prefix)
{
    return p->len >= prefix->len && memcmp(p->key, prefix->key, prefix->len) == 0;
}

static void look(const model *m, const pair *drawn)
{
    const size_t at = place_of(m, drawn);
    const ordered_entry *found = ordered_get(m->map, key_of(drawn));
    ordered_at walk = ordered_seek(m->map, key_of(drawn));
    size_t count = 0;

    if (is_at(m, at, drawn))
        assert_entry(found, &m->pairs[at]);
    else
        assert_null(found);
    for (size_t i = 0; i < m->count; i++)
        count += begins_with(&m->pairs[i], drawn);
    assert_int_equal(ordered_count(m->map, key_of(drawn)), count);
    for (size_t i = at; i < m->count && i < at + 200; i++)
        assert_entry(ordered_next(m->map, &walk), &m->pairs[i]);
    if (m->count - at <= 200)
        assert_null(ordered_next(m->map, &walk));
}

/* Some entries from a place on, without a search for each. */
static void take_some(model *m, const pair *from)
{
    const size_t at = place_of(m, from);
    ordered_at place = ordered_seek(m->map, key_of(from));

    for (uint64_t left = draw(m, 150); left > 0; left--) {
        ordered_entry *taken = ordered_take_at(m->map, &place);
        if (at == m->count) {
            assert_null(taken);
            return;
        }
        assert_entry(taken, &m->pairs[at]);
        free(taken);
        m->count--;
        memmove(&m->pairs[at], &m->pairs[at + 1], (m->count - at) * sizeof(pair));
    }
    ordered_at next = place;
    const ordered_entry *entry = ordered_next(m->map, &next);
    if (at == m->count)
        assert_null(entry);
    else
        assert_entry(entry, &m->pairs[at]);
}

static void run(uint64_t seed, uint64_t alphabet, uint64_t puts_of_ten)
{
    model *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->random = seed;
    m->map = ordered_new();
    assert_non_null(m->map);
    for (int step = 0; step < 20000; step++) {
        const pair drawn = draw_key(m, alphabet);
        if (draw(m, 10) < puts_of_ten)
            put(m, &drawn);
        else
            take(m, &drawn);
        if (step % 16 == 0) {
            const pair other = draw_key(m, alphabet);
            look(m, &drawn);
            look(m, &other);
        }
        if (step % 500 == 499)
            take_some(m, &drawn);
        if (step % 5000 == 4999) /* all of it goes, from one end or the other */
            while (m->count > 0 && step % 10000 == 9999) {
                const pair first = m->pairs[draw(m, 2) == 0 ? 0 : m->count - 1];
                take(m, &first);
            }
    }
    const pair all = {.len = 0};
    assert_int_equal(ordered_count(m->map, key_of(&all)), m->count);
    ordered_free(m->map);
    free(m);
}

static void the_map_is_as_a_sorted_array(void **state)
{
    (void)state;
    run(1, 8, 6);
    run(2, 8, 9);
    run(3, 3, 5);
    run(4, 2, 7);
}

/* Keys in rising and in falling order: leaves are split at their ends. */
static void keys_may_come_in_order(void **state)
{
    (void)state;
    for (int falls = 0; falls < 2; falls++) {
        ordered *map = ordered_new();
        ordered_entry *old;
        uint8_t key[2];
        const rtmi_span span = {key, 2};
        for (int i = 0; i < 10000; i++) {
            rtmi_store_be16(key, (uint16_t)(falls ? 9999 - i : i));
            ordered_entry *entry = ordered_entry_new(span, (rtmi_span){NULL, 0});
            assert_true(ordered_put(map, entry, &old));
            assert_null(old);
        }
        assert_int_equal(ordered_count(map, (rtmi_span){key, 0}), 10000);
        key[0] = 1;
        assert_int_equal(ordered_count(map, (rtmi_span){key, 1}), 256);
        ordered_at at = ordered_seek(map, (rtmi_span){key, 0});
        for (int i = 0; i < 10000; i++)
            assert_int_equal(rtmi_load_be16(ordered_entry_key(ordered_next(map, &at)).data), i);
        assert_null(ordered_next(map, &at));
        ordered_free(map);
    }
}

static bool fill(void *userdata)
{
    ordered *map = ordered_new();
    bool ok = map != NULL;
    size_t count = 0;

    (void)userdata;
    for (uint16_t i = 0; ok && i < 300; i++) {
        uint8_t key[2];
        ordered_entry *old;
        rtmi_store_be16(key, (uint16_t)(i * 7919));
        ordered_entry *entry = ordered_entry_new((rtmi_span){key, 2}, (rtmi_span){key, 2});
        ok = entry != NULL && ordered_put(map, entry, &old);
        if (!ok)
            free(entry);
        count += ok;
    }
    if (map != NULL)
        assert_int_equal(ordered_count(map, (rtmi_span){NULL, 0}), count);
    ordered_free(map);
    return ok;
}

static void a_failed_put_changes_nothing(void **state)
{
    (void)state;
    assert_true(alloc_fail_sweep(fill, NULL) > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_is_as_a_sorted_array),
        cmocka_unit_test(keys_may_come_in_order),
        cmocka_unit_test(a_failed_put_changes_nothing),
    };

    return cmocka_run_group_tests_name("gate_core.ordered", tests, NULL, NULL);
}
