/*
 * The directory: what every kind of store must do with its entries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/store_batches.h"
#include "tests/support/store_questions.h"
#include "tests/unit/store_cases.h"

enum { PID = 7, OTHER_PID = -8 };

static void open_project(store *tested, int32_t pid, uint64_t epoch)
{
    store_state opened;

    assert_int_equal(
        tested->ops->open_project(tested, pid, epoch, 0, &opened, test_text, sizeof test_text), 0);
}

/* Close the store and open it again, with its project. */
static store *reopen(void **state, uint64_t epoch)
{
    assert_int_equal(store_case_reopen(state), 0);
    open_project(*state, PID, epoch);
    return *state;
}

/* The directory as one string, "key=value;…". */
typedef struct listing {
    char text[4096];
    size_t len;
    size_t count;
    size_t stop_at; /* 0: never */
} listing;

static bool list_entry(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *userdata)
{
    listing *self = userdata;

    self->count++;
    if (key_len < 40 && value_len < 40 && self->len + 100 < sizeof self->text)
        self->len +=
            (size_t)snprintf(self->text + self->len, sizeof self->text - self->len, "%.*s=%.*s;",
                             (int)key_len, (const char *)key, (int)value_len, (const char *)value);
    return self->count != self->stop_at;
}

static const char *list(store *tested, int32_t pid)
{
    static listing self;

    self = (listing){.len = 0};
    assert_int_equal(
        tested->ops->read_entries(tested, pid, list_entry, &self, test_text, sizeof test_text), 0);
    return self.text;
}

static void change(test_records *records, const char *key, const char *value)
{
    test_records_change(records, key, strlen(key), value, value != NULL ? strlen(value) : 0);
}

static void entries_are_kept_in_order(void **state)
{
    test_records records = {.count = 0};
    store *tested = *state;

    open_project(tested, PID, 1);
    open_project(tested, OTHER_PID, 1);
    assert_string_equal(list(tested, PID), "");
    change(&records, "b", "2");
    change(&records, "a", "1");
    change(&records, "ab", "");
    change(&records, "\xff", "x");
    assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    change(&records, "z", "other");
    assert_int_equal(test_records_append(&records, tested, OTHER_PID, 1), 0);
    assert_string_equal(list(tested, PID), "a=1;ab=;b=2;\xff=x;");
    assert_string_equal(list(tested, OTHER_PID), "z=other;");
    tested = reopen(state, 2);
    assert_string_equal(list(tested, PID), "a=1;ab=;b=2;\xff=x;");
    test_records_deinit(&records);
}

static void changes_of_a_batch_follow_each_other(void **state)
{
    test_records records = {.count = 0};
    store *tested = *state;

    open_project(tested, PID, 1);
    change(&records, "a", "1");
    change(&records, "a", "2");
    change(&records, "b", "1");
    change(&records, "b", NULL);
    change(&records, "c", NULL); /* was never there */
    change(&records, "d", "1");
    assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    assert_string_equal(list(tested, PID), "a=2;d=1;");
    change(&records, "d", NULL);
    change(&records, "d", "3");
    change(&records, "a", NULL);
    assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    assert_string_equal(list(tested, PID), "d=3;");
    test_records_deinit(&records);
}

static void keys_and_values_are_bytes_of_any_length(void **state)
{
    static uint8_t key[STORE_KEY_MAX + 1];
    static uint8_t value[STORE_VALUE_MAX + 1];
    test_records records = {.count = 0};
    store *tested = *state;
    listing self = {.len = 0};

    open_project(tested, PID, 1);
    test_records_change(&records, key, STORE_KEY_MAX, value, STORE_VALUE_MAX);
    test_records_change(&records, "\0a", 2, "\0", 1);
    test_records_change(&records, "\0", 1, "", 0);
    assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    tested = reopen(state, 2);
    assert_int_equal(
        tested->ops->read_entries(tested, PID, list_entry, &self, test_text, sizeof test_text), 0);
    assert_int_equal(self.count, 3);

    test_records_change(&records, key, STORE_KEY_MAX + 1, "x", 1);
    assert_int_equal(test_records_append(&records, tested, PID, 2), -1);
    assert_non_null(strstr(test_text, "project 7: change 0 is refused: its key"));
    test_records_change(&records, "", 0, "x", 1);
    assert_int_equal(test_records_append(&records, tested, PID, 2), -1);
    test_records_change(&records, key, 1, "x", 1);
    test_records_change(&records, key, 1, value, STORE_VALUE_MAX + 1);
    assert_int_equal(test_records_append(&records, tested, PID, 2), -1);
    assert_non_null(strstr(test_text, "change 1 is refused: its value"));
    test_records_change(&records, key, 1, "x", 1);
    records.changes[0].value_at = 2;
    assert_int_equal(test_records_append(&records, tested, PID, 2), -1);
    assert_non_null(strstr(test_text, "outside"));

    self = (listing){.stop_at = 2};
    assert_int_equal(
        tested->ops->read_entries(tested, PID, list_entry, &self, test_text, sizeof test_text), 0);
    assert_int_equal(self.count, 2);
    test_records_deinit(&records);
}

static int64_t count_records(store *tested)
{
    const test_plan plan = {.pid = PID, .mtime_step = 1};

    return test_count_records(tested, &plan, 1, INT64_MAX);
}

/* Records and changes are stored together, or neither. */
static void a_batch_that_fails_changes_nothing(void **state)
{
    test_records records = {.count = 0};
    store *tested = *state;
    const store_record good = {.offset = 1, .kind = STORE_GROUP};

    open_project(tested, PID, 1);
    change(&records, "a", "1");
    test_records_add(&records, good, "", 0, "", 0);
    test_records_add(&records, good, "", 0, "", 0); /* its offset does not rise */
    assert_int_equal(test_records_append(&records, tested, PID, 1), -1);
    assert_string_equal(list(tested, PID), "");

    test_records_add(&records, good, "", 0, "", 0);
    change(&records, "a", "1");
    test_records_change(&records, "", 0, "x", 1);
    assert_int_equal(test_records_append(&records, tested, PID, 1), -1);
    assert_string_equal(list(tested, PID), "");
    assert_int_equal(count_records(tested), 0);

    change(&records, "a", "1");
    assert_int_equal(test_records_append(&records, tested, PID, 9), -1); /* no such epoch */
    change(&records, "a", "1");
    assert_int_equal(test_records_append(&records, tested, OTHER_PID, 1), -1); /* not open */

    change(&records, "a", "1");
    test_records_add(&records, good, "", 0, "", 0);
    assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    assert_string_equal(list(tested, PID), "a=1;");
    test_records_deinit(&records);
}

static void many_entries_are_kept(void **state)
{
    test_records records = {.count = 0};
    store *tested = *state;
    listing self = {.len = 0};
    char key[20];

    open_project(tested, PID, 1);
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(key, sizeof key, "k%d", i * 7919 % 3000);
        change(&records, key, key);
        if (i % 100 == 99)
            assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    }
    for (int i = 0; i < 3000; i += 2) {
        (void)snprintf(key, sizeof key, "k%d", i);
        change(&records, key, NULL);
    }
    assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    assert_int_equal(
        tested->ops->read_entries(tested, PID, list_entry, &self, test_text, sizeof test_text), 0);
    assert_int_equal(self.count, 1500);
    test_records_deinit(&records);
}

int store_cases_run_entries(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_setup, store_case_teardown)
    const struct CMUnitTest cases[] = {
        CASE(entries_are_kept_in_order),
        CASE(changes_of_a_batch_follow_each_other),
        CASE(keys_and_values_are_bytes_of_any_length),
        CASE(a_batch_that_fails_changes_nothing),
        CASE(many_entries_are_kept),
    };
#undef CASE

    return cmocka_run_group_tests_name("entries of every store", cases, NULL, NULL);
}
