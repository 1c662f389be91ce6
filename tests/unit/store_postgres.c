/*
 * The log in PostgreSQL: what every store does, then what a server adds: reopening, other gates,
 * strange schemas, connections that break, secrets that must not be told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/postgres_proxy.h"
#include "tests/support/postgres_server.h"
#include "tests/support/store_batches.h"
#include "tests/unit/store_cases.h"

enum { PID = 7 };

static store *open_at(const char *conninfo, store_durability durability)
{
    const store_options options = {.durability = durability};
    store *opened = NULL;

    if (store_open_postgres(conninfo, &options, &opened, test_text, sizeof test_text) < 0)
        return NULL;
    return opened;
}

static store *open_with(store_durability durability)
{
    return open_at(postgres_server_conninfo(), durability);
}

static store *open_store(void)
{
    store *opened = open_with(STORE_DURABLE_MEMORY);

    if (opened == NULL)
        fail_msg("%s", test_text);
    return opened;
}

static void close_store(store *opened)
{
    opened->ops->close(opened);
}

static int drop_schema(void **state)
{
    (void)state;
    (void)postgres_server_sql(
        "SET client_min_messages = warning; DROP SCHEMA IF EXISTS rtmkit CASCADE");
    return 0;
}

int store_case_setup(void **state)
{
    (void)drop_schema(NULL);
    *state = open_store();
    return *state != NULL ? 0 : -1;
}

int store_case_teardown(void **state)
{
    close_store(*state);
    return 0;
}

int store_case_reopen(void **state)
{
    close_store(*state);
    *state = open_store();
    return 0;
}

static store_state open_project(store *tested, uint64_t epoch)
{
    store_state opened;

    if (tested->ops->open_project(tested, PID, epoch, 5, &opened, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    return opened;
}

static test_plan plan_at(uint64_t epoch, int64_t first_offset, size_t count)
{
    return (test_plan){.pid = PID,
                       .epoch = epoch,
                       .first_offset = first_offset,
                       .count = count,
                       .body_max = 60,
                       .mtime_step = 1};
}

static int append(store *tested, uint64_t epoch, int64_t first_offset, size_t count)
{
    const test_plan plan = plan_at(epoch, first_offset, count);

    return test_append(tested, &plan);
}

static int64_t count(store *tested)
{
    const test_plan plan = plan_at(1, 1, 1);

    return test_count_records(tested, &plan, 1, INT64_MAX);
}

/* ---- the database -------------------------------------------------------------------------- */

static void a_log_goes_on_after_reopening(void **state)
{
    store *tested = open_store();

    (void)state;
    (void)open_project(tested, 1);
    assert_int_equal(append(tested, 1, 1, 10), 0);
    close_store(tested);

    tested = open_store();

    const store_state opened = open_project(tested, 2);

    assert_int_equal(opened.head, 10);
    assert_int_equal(opened.tail, 1);
    assert_int_equal(opened.last_mtime_ms, 10);
    assert_int_equal(append(tested, 2, 11, 5), 0);
    assert_int_equal(count(tested), 15);
    close_store(tested);
}

static void assert_refused(const char *want)
{
    assert_null(open_with(STORE_DURABLE_NORMAL));
    if (strstr(test_text, want) == NULL)
        fail_msg("\"%s\" is not in: %s", want, test_text);
}

static void a_foreign_or_newer_schema_is_refused(void **state)
{
    (void)state;
    (void)postgres_server_sql("CREATE SCHEMA rtmkit");
    (void)postgres_server_sql("CREATE TABLE rtmkit.mine(a int)");
    assert_refused("belongs to another program");
    (void)postgres_server_sql("DROP TABLE rtmkit.mine");
    close_store(open_store()); /* an empty one, made by the administrator, is used */
    (void)postgres_server_sql("UPDATE rtmkit.version SET version = 99");
    assert_refused("newer release (schema 99");
    assert_int_equal(postgres_server_sql("SELECT version FROM rtmkit.version"), 99);
}

static void a_failed_migration_leaves_nothing(void **state)
{
    (void)state;
    (void)postgres_server_sql("CREATE SCHEMA rtmkit");
    /* In the way of a function of ours; a function is no table, so the schema counts as empty. */
    (void)postgres_server_sql("CREATE FUNCTION rtmkit.advance(int4, int8, int8, int8, int8, int8)"
                              " RETURNS int LANGUAGE sql AS 'SELECT 1'");
    assert_refused("advance");
    assert_int_equal(postgres_server_sql("SELECT count(*) FROM pg_class WHERE relnamespace ="
                                         " to_regnamespace('rtmkit')"),
                     0);
}

/* ---- other gates --------------------------------------------------------------------------- */

static void a_second_gate_takes_the_log_over(void **state)
{
    store *first = open_store();
    store *second = open_store();
    const store_retention keep = {.max_bytes = 1};
    int64_t tail;

    (void)state;
    (void)open_project(first, 1);
    assert_int_equal(append(first, 1, 1, 10), 0);
    assert_int_equal(append(first, 1, 11, 10), 0);

    assert_int_equal(open_project(second, 2).head, 20);
    assert_int_equal(append(first, 1, 21, 1), -1);
    assert_non_null(strstr(test_text, "project 7: another gate has taken over its log"));
    assert_non_null(strstr(test_text, "0000000000000002"));
    assert_int_equal(append(second, 2, 21, 3), 0);
    assert_int_equal(append(first, 1, 24, 1), -1);
    assert_non_null(strstr(test_text, "another gate has taken over"));
    assert_int_equal(append(second, 2, 24, 3), 0);

    /* It deletes nothing either. */
    assert_int_equal(first->ops->trim(first, PID, &keep, 0, &tail, test_text, sizeof test_text), 0);
    assert_int_equal(tail, 1);
    assert_int_equal(count(second), 26);

    /* Opening is an explicit act: that takes it back. */
    assert_int_equal(open_project(first, 3).head, 26);
    assert_int_equal(append(first, 3, 27, 1), 0);
    assert_int_equal(append(second, 2, 28, 1), -1);
    close_store(first);
    close_store(second);
    assert_int_equal(postgres_server_sql("SELECT count(*) FROM rtmkit.run"), 5);
}

static void a_lost_project_takes_no_other_with_it(void **state)
{
    store *first = open_store();
    store *second = open_store();
    store_state opened;
    test_batch *batches[20];
    test_plan other = plan_at(1, 1, 3);

    (void)state;
    other.pid = 8;
    (void)open_project(first, 1);
    assert_int_equal(first->ops->open_project(first, 8, 1, 5, &opened, test_text, sizeof test_text),
                     0);
    (void)open_project(second, 2);
    for (int i = 0; i < 20; i++) {
        const test_plan lost = plan_at(1, 1 + i, 1);

        batches[i] = test_batch_new(i % 2 == 0 ? &lost : &other);
        other.first_offset += i % 2 == 0 ? 0 : 3;
        test_batch_append(first, batches[i]);
    }
    for (int i = 0; i < 20; i++) {
        assert_int_equal(test_batch_wait(batches[i]), i % 2 == 0 ? -1 : 0);
        test_batch_free(batches[i]);
    }
    other.first_offset = 1;
    assert_int_equal(test_count_records(first, &other, 1, INT64_MAX), 30);
    close_store(first);
    close_store(second);
}

/* ---- broken connections -------------------------------------------------------------------- */

/* Everybody but who asks. */
static void end_connections(void)
{
    (void)postgres_server_sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                              " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
}

static void idle_connections_are_made_again(void **state)
{
    store *tested = open_store();

    (void)state;
    (void)open_project(tested, 1);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(append(tested, 1, 1 + i * 10, 10), 0);
        assert_int_equal(count(tested), 10 + i * 10);
        end_connections();
    }
    assert_int_equal(count(tested), 50);
    close_store(tested);
}

/*
 * Connections are ended again and again while batches are under way, in whatever state. Each
 * batch must be told as stored, be there once, and in order. No batch meets more than two of the
 * cuts: with the third it would rightly be given up.
 */
static void nothing_answered_is_lost_or_doubled_by_cuts(void **state)
{
    enum { BATCHES = 400, BETWEEN_CUTS = 10 };
    store *tested = open_with(STORE_DURABLE_NORMAL);
    test_batch **batches = calloc(BATCHES, sizeof *batches);
    int64_t next = 1;
    uint64_t seed = 11;

    (void)state;
    assert_non_null(tested);
    assert_non_null(batches);
    (void)open_project(tested, 1);
    for (int i = 0; i < BATCHES; i++) {
        const test_plan plan = plan_at(1, next, 1 + test_dice(&seed) % 20);

        next += (int64_t)plan.count;
        batches[i] = test_batch_new(&plan);
        test_batch_append(tested, batches[i]);
        if (i % BETWEEN_CUTS == 0) {
            if (i >= 2 * BETWEEN_CUTS)
                (void)test_batch_wait(batches[i - 2 * BETWEEN_CUTS]);
            end_connections();
        }
    }
    for (int i = 0; i < BATCHES; i++) {
        if (test_batch_wait(batches[i]) != 0)
            fail_msg("batch %d: %s", i, batches[i]->text);
        test_batch_free(batches[i]);
    }
    free(batches);
    assert_int_equal(count(tested), next - 1);
    assert_int_equal(postgres_server_sql("SELECT count(*) FROM rtmkit.run"), BATCHES);
    close_store(tested);
}

/* The directory's changes leave no offset behind, and are not doubled by doing them twice: that
   they were committed shows in the count of batches. */
static int append_change(store *tested, uint64_t epoch, const char *key)
{
    const store_change change = {.key_len = (uint32_t)strlen(key), .value_len = 1};
    const test_plan plan = plan_at(epoch, 1, 0);
    test_batch *batch = test_batch_new(&plan);
    int r;

    batch->batch.changes = &change;
    batch->batch.change_count = 1;
    batch->batch.change_bytes = (const uint8_t *)key;
    batch->batch.change_byte_count = strlen(key);
    test_batch_append(tested, batch);
    r = test_batch_wait(batch);
    memcpy(test_text, batch->text, sizeof test_text);
    test_batch_free(batch);
    return r;
}

/* A batch of 100 records is a request of more bytes than anything else here. */
static void a_cut_around_a_commit_is_resolved(void **state)
{
    static const proxy_cut cuts[] = {PROXY_CUT_REQUEST, PROXY_CUT_ANSWER, PROXY_CUT_ANSWER,
                                     PROXY_CUT_REQUEST, PROXY_CUT_ANSWER};
    enum { CUTS = sizeof cuts / sizeof cuts[0] };
    store *tested;

    (void)state;
    postgres_proxy_start();
    tested = open_at(postgres_proxy_conninfo(), STORE_DURABLE_NORMAL);
    assert_non_null(tested);
    (void)open_project(tested, 1);
    for (int i = 0; i < CUTS; i++) {
        postgres_proxy_arm(cuts[i], 2000);
        assert_int_equal(append(tested, 1, 1 + 101 * i, 100), 0);
        assert_int_equal(postgres_proxy_cut_count(), i + 1);
        assert_int_equal(append(tested, 1, 101 + 101 * i, 1), 0); /* goes on behind it */
    }
    assert_int_equal(count(tested), 101 * CUTS);
    assert_int_equal(postgres_server_sql("SELECT count(*) FROM rtmkit.run"), 2 * CUTS);

    postgres_proxy_arm(PROXY_CUT_ANSWER, 200);
    assert_int_equal(append_change(tested, 1, "key"), 0);
    assert_int_equal(postgres_proxy_cut_count(), CUTS + 1);
    assert_int_equal(postgres_server_sql("SELECT batches FROM rtmkit.log"), 2 * CUTS + 1);
    close_store(tested);
    postgres_proxy_stop();
}

/* As above, and before we are back another gate has opened the log. A rule stands for it: the
   writer's attempt to renew its fence finds the epoch ended, as an opening in between would have
   left it. */
static void a_commit_is_resolved_after_a_take_over(void **state)
{
    static const proxy_cut cuts[] = {PROXY_CUT_ANSWER, PROXY_CUT_REQUEST};

    (void)state;
    for (int i = 0; i < 2; i++) {
        store *tested;

        (void)drop_schema(NULL);
        postgres_proxy_start();
        tested = open_at(postgres_proxy_conninfo(), STORE_DURABLE_NORMAL);
        assert_non_null(tested);
        (void)open_project(tested, 1);
        assert_int_equal(append(tested, 1, 1, 10), 0);
        (void)postgres_server_sql(
            "CREATE FUNCTION rtmkit.take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF OLD.fence = NEW.fence THEN RETURN NEW; END IF;"
            " INSERT INTO rtmkit.epoch VALUES(7, 2, 2, OLD.head + 1, OLD.batches, 0);"
            " RETURN NULL; END $$");
        (void)postgres_server_sql("CREATE TRIGGER take BEFORE UPDATE ON rtmkit.log FOR EACH ROW"
                                  " EXECUTE FUNCTION rtmkit.take()");
        postgres_proxy_arm(cuts[i], 2000);
        assert_int_equal(append(tested, 1, 11, 100), cuts[i] == PROXY_CUT_ANSWER ? 0 : -1);
        assert_int_equal(postgres_proxy_cut_count(), 1);
        assert_int_equal(count(tested), cuts[i] == PROXY_CUT_ANSWER ? 110 : 10);
        assert_int_equal(append(tested, 1, 111, 1), -1);
        assert_non_null(strstr(test_text, "another gate has taken over"));
        close_store(tested);
        postgres_proxy_stop();
    }
}

static void a_server_that_restarts_is_waited_for(void **state)
{
    store *tested = open_with(STORE_DURABLE_NORMAL);
    test_batch *batches[3];

    (void)state;
    assert_non_null(tested);
    (void)open_project(tested, 1);
    assert_int_equal(append(tested, 1, 1, 10), 0);
    postgres_server_crash();
    for (int i = 0; i < 3; i++) {
        const test_plan plan = plan_at(1, 11 + i, 1);

        batches[i] = test_batch_new(&plan);
        test_batch_append(tested, batches[i]);
    }
    assert_true(tested->ops->read(tested, PID, 1, 1, NULL, NULL, test_text, sizeof test_text) < 0);
    postgres_server_restart();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(test_batch_wait(batches[i]), 0);
        test_batch_free(batches[i]);
    }
    assert_int_equal(count(tested), 13);
    close_store(tested);
}

/* ---- secrets ------------------------------------------------------------------------------- */

static void passwords_are_never_told(void **state)
{
    static const char *const bad[] = {
        "postgres://rtm:pass-word-1@127.0.0.1:1/db",
        "postgres://rtm:pass-word-1@[127.0.0.1:1/db",
        "postgresql://rtm:pass-word-1@127.0.0.1:1/db?no-such-word=1",
        "host=127.0.0.1 port=1 user=rtm password=pass-word-1",
        "host=127.0.0.1 port=1 user=rtm password='pass-word-1",
    };
    const store_options options = {.durability = STORE_DURABLE_NORMAL};
    store *opened = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            store_open_postgres(bad[i], &options, &opened, test_text, sizeof test_text), -1);
        assert_null(opened);
        assert_null(strstr(test_text, "pass-word"));
        assert_non_null(strstr(test_text, "postgres:"));
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, drop_schema)
    const struct CMUnitTest cases[] = {
        CASE(a_log_goes_on_after_reopening),
        CASE(a_foreign_or_newer_schema_is_refused),
        CASE(a_failed_migration_leaves_nothing),
        CASE(a_second_gate_takes_the_log_over),
        CASE(a_lost_project_takes_no_other_with_it),
        CASE(idle_connections_are_made_again),
        CASE(nothing_answered_is_lost_or_doubled_by_cuts),
        CASE(a_cut_around_a_commit_is_resolved),
        CASE(a_commit_is_resolved_after_a_take_over),
        CASE(a_server_that_restarts_is_waited_for),
        CASE(passwords_are_never_told),
    };
#undef CASE
    int failed;

    if (!postgres_server_start())
        return TEST_SKIPPED;
    failed = store_cases_run();
    failed += cmocka_run_group_tests_name("PostgreSQL", cases, NULL, NULL);
    postgres_server_stop();
    return failed;
}
