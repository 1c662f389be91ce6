/*
 * The directory: keys, counts and bounds; sets of changes that are undone as a whole, in part,
 * and several of them in the reverse of their order, against copies made before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/directory.h"
#include "lib/base/num.h"
#include "lib/rtm/codes.h"
#include "tests/support/alloc_fail.h"

static rtmi_span text(const char *words)
{
    return rtmi_span_of_text(words);
}

static rtmi_span key_span(const dir_key *key)
{
    return (rtmi_span){key->bytes, key->len};
}

static void keys_say_what_they_are_made_of(void **state)
{
    static const int64_t ids[] = {INT64_MIN, -1, 0, 1, 255, 256, INT64_MAX};
    dir_key before = {.len = 0};

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const dir_key key = dir_key_triple(DIR_SESSION, ids[i], 7, ids[i]);
        assert_int_equal(dir_key_get_id(key_span(&key), 0), ids[i]);
        assert_int_equal(dir_key_get_id(key_span(&key), 1), 7);
        assert_int_equal(dir_key_get_id(key_span(&key), 2), ids[i]);
        assert_true(memcmp(before.bytes, key.bytes, rtmi_min_size(before.len, key.len)) < 0 ||
                    i == 0); /* bytes are in the order of ids */
        const dir_key copy = dir_key_copy(key_span(&key));
        assert_int_equal(copy.len, key.len);
        assert_memory_equal(copy.bytes, key.bytes, key.len);
        before = key;
        assert_int_equal(dir_int_get((rtmi_span){dir_int_of(ids[i]).bytes, sizeof(dir_int)}),
                         ids[i]);
    }
    const dir_key named = dir_key_name(DIR_DATA, 5, text("name"));
    assert_int_equal(dir_key_get_name(key_span(&named), 1).len, 4);
    assert_memory_equal(dir_key_get_name(key_span(&named), 1).data, "name", 4);
    const dir_key unnamed = dir_key_name(DIR_DATA, 5, (rtmi_span){NULL, 0});
    assert_int_equal(dir_key_get_name(key_span(&unnamed), 1).len, 0);
    assert_int_equal(dir_int_get(text("seven")), 0);
}

static void put(directory *dir, change_set *set, const dir_key *key, const char *value)
{
    assert_int_equal(directory_put(dir, set, key, text(value)), 0);
}

static void entries_are_counted_and_walked(void **state)
{
    directory *dir = directory_new(1 << 20);
    change_set set;

    (void)state;
    change_set_init(&set);
    for (int64_t gid = 1; gid <= 3; gid++) {
        for (int64_t uid = 1; uid <= 100 * gid; uid++) {
            const dir_key key = dir_key_pair(DIR_GROUP_MEMBER, gid, uid);
            put(dir, &set, &key, "");
        }
    }
    const dir_key two = dir_key_id(DIR_GROUP_MEMBER, 2);
    const dir_key all = dir_key_of(DIR_GROUP_MEMBER);
    const dir_key from = dir_key_pair(DIR_GROUP_MEMBER, 2, 150);
    assert_int_equal(directory_count(dir, &two), 200);
    assert_int_equal(directory_count(dir, &all), 600);
    assert_int_equal(directory_space_count(dir, DIR_GROUP_MEMBER), 600);
    assert_int_equal(directory_space_count(dir, DIR_USER_GROUP), 0);
    dir_walk walk = directory_walk_from(dir, &two, &from);
    rtmi_span key;
    rtmi_span value;
    int64_t uid = 150;
    while (dir_walk_next(&walk, &key, &value))
        assert_int_equal(dir_key_get_id(key, 1), uid++);
    assert_int_equal(uid, 201);
    assert_int_equal(directory_clear(dir, &set, &two), 0);
    assert_int_equal(directory_count(dir, &two), 0);
    assert_int_equal(directory_count(dir, &all), 400);
    assert_int_equal(directory_clear(dir, &set, &all), 0);
    assert_int_equal(directory_bytes(dir), 0);
    change_set_deinit(&set);
    directory_free(dir);
}

static void times_pass(void **state)
{
    static const struct {
        int64_t until_s;
        bool holds;
    } cases[] = {{0, true}, {99, false}, {100, false}, {101, true}, {INT64_MAX, true}};
    directory *dir = directory_new(1 << 20);
    change_set set;
    const dir_key key = dir_key_id(DIR_PROJECT_BAN, 5);

    (void)state;
    change_set_init(&set);
    assert_false(directory_is_until(dir, &key, 100));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const dir_int value = dir_int_of(cases[i].until_s);
        assert_int_equal(directory_put(dir, &set, &key, (rtmi_span){value.bytes, 8}), 0);
        assert_int_equal(directory_is_until(dir, &key, 100), cases[i].holds);
    }
    change_set_deinit(&set);
    directory_free(dir);
}

static void a_full_directory_says_so(void **state)
{
    directory *dir = directory_new(3 * (32 + 9 + 10));
    change_set set;

    (void)state;
    change_set_init(&set);
    for (int64_t id = 1; id <= 4; id++) {
        const dir_key key = dir_key_id(DIR_ROOM_INFO, id);
        assert_int_equal(directory_put(dir, &set, &key, text("0123456789")),
                         id < 4 ? 0 : RTMI_RC_LARGE_DATA);
    }
    assert_int_equal(directory_bytes(dir), 3 * (32 + 9 + 10));
    const dir_key key = dir_key_id(DIR_ROOM_INFO, 1);
    /* A shorter value needs room beside the old one, too. */
    assert_int_equal(directory_put(dir, &set, &key, text("0")), RTMI_RC_LARGE_DATA);
    assert_int_equal(directory_remove(dir, &set, &key), 0);
    assert_int_equal(directory_put(dir, &set, &key, text("0")), 0);
    assert_int_equal(directory_bytes(dir), 3 * (32 + 9 + 10) - 9);
    change_set_deinit(&set);
    directory_free(dir);
}

static void rows_are_what_is_to_be_stored(void **state)
{
    directory *dir = directory_new(1 << 20);
    change_set set;
    const dir_key info = dir_key_name(DIR_USER_INFO, 5, text("o"));
    const dir_key room = dir_key_pair(DIR_ROOM_MEMBER, 1, 2);

    (void)state;
    change_set_init(&set);
    put(dir, &set, &info, "text");
    put(dir, &set, &room, ""); /* volatile */
    const change_mark mark = change_set_mark(&set);
    assert_int_equal(directory_remove(dir, &set, &info), 0);
    assert_int_equal(directory_remove(dir, &set, &info), 0); /* no change: it is not there */
    assert_int_equal(rtmi_buf_len(&set.rows), 2 * sizeof(store_change));
    store_change rows[2];
    memcpy(rows, rtmi_buf_span(&set.rows).data, sizeof rows);
    const uint8_t *bytes = rtmi_buf_span(&set.bytes).data;
    assert_false(rows[0].is_removal);
    assert_int_equal(rows[0].key_len, info.len);
    assert_memory_equal(bytes + rows[0].key_at, info.bytes, info.len);
    assert_int_equal(rows[0].value_len, 4);
    assert_memory_equal(bytes + rows[0].value_at, "text", 4);
    assert_true(rows[1].is_removal);
    assert_memory_equal(bytes + rows[1].key_at, info.bytes, info.len);
    directory_rewind(dir, &set, mark);
    assert_int_equal(rtmi_buf_len(&set.rows), sizeof(store_change));
    assert_true(directory_has(dir, &info));
    change_set_deinit(&set);
    directory_free(dir);
}

/* ---- undoing ------------------------------------------------------------------------------- */

enum { IDS = 40, SETS = 3, MARKS = 4 };

/* What each of some keys holds, as a number; -1: nothing. And what all of it costs. */
typedef struct picture {
    int64_t values[IDS];
    size_t bytes;
    size_t counts[2];
} picture;

static dir_key key_of(uint64_t id)
{
    return dir_key_id(id % 2 == 0 ? DIR_FRIEND : DIR_ROOM_MEMBER, (int64_t)id);
}

static picture take_picture(const directory *dir)
{
    picture made = {.bytes = directory_bytes(dir),
                    .counts = {directory_space_count(dir, DIR_FRIEND),
                               directory_space_count(dir, DIR_ROOM_MEMBER)}};

    for (uint64_t id = 0; id < IDS; id++) {
        const dir_key key = key_of(id);
        rtmi_span value;
        made.values[id] = directory_get(dir, &key, &value) ? dir_int_get(value) : -1;
    }
    return made;
}

static void assert_picture(const directory *dir, const picture *expected)
{
    const picture now = take_picture(dir);

    assert_memory_equal(&now, expected, sizeof now);
}

static void change(directory *dir, change_set *set, uint64_t *random, int times)
{
    for (int i = 0; i < times; i++) {
        const uint64_t drawn = rtmi_mix64(++*random);
        const dir_key key = key_of(drawn % IDS);
        const dir_int value = dir_int_of((int64_t)(drawn >> 40));
        const dir_key space = dir_key_of(DIR_FRIEND);
        if (drawn >> 20 & 1)
            assert_int_equal(directory_put(dir, set, &key, (rtmi_span){value.bytes, 8}), 0);
        else if (drawn >> 21 & 15)
            assert_int_equal(directory_remove(dir, set, &key), 0);
        else
            assert_int_equal(directory_clear(dir, set, &space), 0);
    }
}

/*
 * Several batches one after the other, each with places to come back to. They are undone from
 * the newest on, each in pieces or at once; after each piece it is as it was.
 */
static void sets_are_undone_in_reverse(uint64_t seed)
{
    directory *dir = directory_new(1 << 20);
    change_set sets[SETS];
    change_mark marks[SETS][MARKS];
    picture pictures[SETS][MARKS];
    uint64_t random = seed << 32;

    for (size_t s = 0; s < SETS; s++) {
        change_set_init(&sets[s]);
        for (size_t n = 0; n < MARKS; n++) {
            marks[s][n] = change_set_mark(&sets[s]);
            pictures[s][n] = take_picture(dir);
            change(dir, &sets[s], &random, (int)(rtmi_mix64(++random) % 20));
        }
    }
    const size_t kept = (size_t)(seed % (SETS + 1)); /* so many were committed */
    for (size_t s = SETS; s-- > kept;) {
        for (size_t n = MARKS; n-- > 0;) {
            if (n > 0 && rtmi_mix64(++random) % 2 == 0)
                continue;
            directory_rewind(dir, &sets[s], marks[s][n]);
            assert_picture(dir, &pictures[s][n]);
        }
        assert_int_equal(sets[s].undo_count, 0);
        assert_int_equal(rtmi_buf_len(&sets[s].rows), 0);
        assert_int_equal(rtmi_buf_len(&sets[s].bytes), 0);
    }
    for (size_t s = 0; s < SETS; s++)
        change_set_deinit(&sets[s]);
    directory_free(dir);
}

static void what_was_changed_can_be_undone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++)
        sets_are_undone_in_reverse(seed);
}

/* What is committed is forgotten oldest first, while newer sets can still be undone. */
static void what_was_committed_stays_when_newer_changes_go(void **state)
{
    directory *dir = directory_new(1 << 20);
    change_set first;
    change_set second;
    uint64_t random = 7;

    (void)state;
    change_set_init(&first);
    change_set_init(&second);
    change(dir, &first, &random, 100);
    const picture committed = take_picture(dir);
    change(dir, &second, &random, 100);
    change_set_deinit(&first);
    directory_rewind(dir, &second, (change_mark){0, 0, 0});
    assert_picture(dir, &committed);
    change_set_deinit(&second);
    directory_free(dir);
}

/* ---- memory -------------------------------------------------------------------------------- */

/* Each change works or leaves all as it was; and undoing works even then, or says that not. */
static bool live(void *userdata)
{
    directory *dir = directory_new(1 << 20);
    change_set set;
    picture before;
    bool ok = dir != NULL;

    (void)userdata;
    if (dir == NULL)
        return false;
    change_set_init(&set);
    before = take_picture(dir);
    for (uint64_t id = 0; ok && id < IDS; id++) {
        const dir_key key = key_of(id);
        const dir_int value = dir_int_of((int64_t)id);
        const picture was = take_picture(dir);
        ok = directory_put(dir, &set, &key, (rtmi_span){value.bytes, 8}) == 0;
        if (!ok)
            assert_picture(dir, &was);
    }
    for (uint64_t id = 0; ok && id < IDS; id += 3) {
        const dir_key key = key_of(id);
        const picture was = take_picture(dir);
        ok = directory_remove(dir, &set, &key) == 0;
        if (!ok)
            assert_picture(dir, &was);
    }
    directory_rewind(dir, &set, (change_mark){0, 0, 0});
    if (directory_is_broken(dir)) {
        const dir_key key = key_of(1);
        assert_int_equal(directory_put(dir, &set, &key, text("")), RTMI_RC_UNKNOWN_ERROR);
        assert_int_equal(directory_remove(dir, &set, &key), RTMI_RC_UNKNOWN_ERROR);
        ok = false;
    } else {
        assert_picture(dir, &before);
    }
    change_set_deinit(&set);
    directory_free(dir);
    return ok;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    (void)alloc_fail_sweep(live, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_say_what_they_are_made_of),
        cmocka_unit_test(entries_are_counted_and_walked),
        cmocka_unit_test(times_pass),
        cmocka_unit_test(a_full_directory_says_so),
        cmocka_unit_test(rows_are_what_is_to_be_stored),
        cmocka_unit_test(what_was_changed_can_be_undone),
        cmocka_unit_test(what_was_committed_stays_when_newer_changes_go),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests_name("gate_core.directory", tests, NULL, NULL);
}
