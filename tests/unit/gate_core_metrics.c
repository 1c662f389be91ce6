/*
 * Figures: each code has its class, each value its bucket, and what is read was published as a
 * whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "gate/core/metrics.h"
#include "lib/rtm/codes.h"

static void every_code_has_the_class_of_its_meaning(void **state)
{
    static const struct {
        int code;
        metrics_result result;
    } rows[] = {
        {0, METRICS_OK},           {200001, METRICS_AUTH},    {200002, METRICS_AUTH},
        {200008, METRICS_AUTH},    {200022, METRICS_AUTH},    {200034, METRICS_INVALID},
        {200005, METRICS_INVALID}, {200053, METRICS_INVALID}, {20004, METRICS_INVALID},
        {200010, METRICS_LIMITED}, {200030, METRICS_LIMITED}, {200032, METRICS_LIMITED},
        {20011, METRICS_LIMITED},  {200021, METRICS_DENIED},  {200041, METRICS_DENIED},
        {200044, METRICS_DENIED},  {200070, METRICS_DENIED},  {200999, METRICS_FAILED},
        {20014, METRICS_FAILED},   {20001, METRICS_FAILED},   {700008, METRICS_DENIED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(metrics_result_of(rows[i].code), rows[i].result);

    size_t count;
    const rtmi_code *const codes = rtmi_codes(&count);
    for (size_t i = 0; i < count; i++) {
        const metrics_result result = metrics_result_of(codes[i].number);
        assert_true((result == METRICS_OK) == (codes[i].number == 0) && result < METRICS_RESULTS);
    }
}

static void a_value_is_in_the_first_bucket_that_bounds_it(void **state)
{
    const uint64_t *const bounds = metrics_time_bounds_us;
    metrics_histogram all = {.sum = 0};
    uint64_t sum = 0;

    (void)state;
    for (size_t i = 0; i < METRICS_BOUNDS; i++) {
        assert_true(i == 0 || bounds[i] > bounds[i - 1]);
        metrics_observe(&all, bounds, bounds[i], 2);
        metrics_observe(&all, bounds, bounds[i] + 1, 1);
        sum += 3 * bounds[i] + 1;
    }
    assert_int_equal(all.buckets[0], 2);
    for (size_t i = 1; i < METRICS_BOUNDS; i++)
        assert_int_equal(all.buckets[i], 3);
    assert_int_equal(all.buckets[METRICS_BOUNDS], 1);
    assert_int_equal(all.sum, sum);
}

static void runs_keep_the_times_of_answers(void **state)
{
    metrics_runs runs = {.count = 0};
    metrics_histogram took = {.sum = 0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        metrics_runs_add(&runs, 5000, 1);
    metrics_runs_add(&runs, 5900, 1);
    metrics_runs_end(&runs, &took, 6000);
    assert_int_equal(took.sum, 1000 * 1000 + 100);
    assert_int_equal(took.buckets[0], 1);    /* 100 us */
    assert_int_equal(took.buckets[3], 1000); /* 1 ms */
    assert_int_equal(runs.count, 0);

    /* More different times than runs: all are counted. */
    memset(&took, 0, sizeof took);
    for (int i = 0; i < 10 * METRICS_RUNS; i++)
        metrics_runs_add(&runs, i, 1);
    metrics_runs_end(&runs, &took, 0); /* a clock that stands still or goes back gives 0 */
    assert_int_equal(took.buckets[0], 10 * METRICS_RUNS);
    assert_int_equal(took.sum, 0);
}

static void sums_add_word_by_word(void **state)
{
    log_metrics a = {.head = 1, .commits = 2};
    log_metrics b = {.head = 10, .commits = 20};

    (void)state;
    b.commit_us.sum = 7;
    metrics_add(&a, &b, sizeof a);
    assert_int_equal(a.head, 11);
    assert_int_equal(a.commits, 22);
    assert_int_equal(a.commit_us.sum, 7);
}

/* --- from one thread to another --- */

#define ROUNDS 20000

/* A value all of whose words are that number. */
static void fill(log_metrics *what, uint64_t number)
{
    uint64_t *const words = (uint64_t *)(void *)what;

    for (size_t i = 0; i < METRICS_WORDS(log_metrics); i++)
        words[i] = number;
}

static void *publish_all(void *userdata)
{
    log_metrics what;

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        fill(&what, round);
        log_cell_publish(userdata, &what);
    }
    return NULL;
}

static void a_copy_is_never_torn(void **state)
{
    log_cell *const cell = calloc(1, sizeof *cell);
    log_metrics got;
    log_metrics wanted;
    uint64_t last = 0;
    pthread_t writer;

    (void)state;
    assert_non_null(cell);
    log_cell_read(cell, &got);
    assert_int_equal(got.head, 0);
    assert_int_equal(pthread_create(&writer, NULL, publish_all, cell), 0);
    while (last < ROUNDS) {
        log_cell_read(cell, &got);
        assert_true(got.head >= last);
        last = got.head;
        fill(&wanted, last);
        assert_memory_equal(&got, &wanted, sizeof got);
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    free(cell);
}

static void a_shard_is_published_whole(void **state)
{
    shard_cell *const cell = calloc(1, sizeof *cell);
    shard_metrics *const what = calloc(2, sizeof *what);

    (void)state;
    assert_true(cell != NULL && what != NULL);
    what[0].quests[METRICS_METHODS - 1][METRICS_FAILED] = 7;
    what[0].is_draining = 1;
    shard_cell_publish(cell, &what[0]);
    shard_cell_read(cell, &what[1]);
    assert_memory_equal(&what[0], &what[1], sizeof *what);
    free(cell);
    free(what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_the_class_of_its_meaning),
        cmocka_unit_test(a_value_is_in_the_first_bucket_that_bounds_it),
        cmocka_unit_test(runs_keep_the_times_of_answers),
        cmocka_unit_test(sums_add_word_by_word),
        cmocka_unit_test(a_copy_is_never_torn),
        cmocka_unit_test(a_shard_is_published_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
