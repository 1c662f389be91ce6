/*
 * The tables of the SQLite store: files of earlier releases are read, and no statement searches
 * without an index.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <cmocka.h>

#include "gate/store/sqlite_index.h"
#include "gate/store/sqlite_writer.h"
#include "tests/support/store_batches.h"
#include "tests/support/store_folder.h"
#include "tests/support/store_questions.h"
#include "tests/support/store_v1.h"

enum { PID = STORE_V1_PID, GID = STORE_V1_GID };

static store *open_store(void)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    store *opened = NULL;

    if (store_open_sqlite(store_folder_log, &options, &opened, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    return opened;
}

static store_state open_project(store *tested, uint64_t epoch)
{
    store_state opened;

    assert_int_equal(
        tested->ops->open_project(tested, PID, epoch, 0, &opened, test_text, sizeof test_text), 0);
    return opened;
}

/* The first column of the first row, on a connection of our own. */
static int64_t ask_sql(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_open_v2(store_folder_log, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);

    const int code = sqlite3_step(statement);
    const int64_t number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;

    assert_true(code == SQLITE_ROW || code == SQLITE_DONE);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

/* ---- version 1 ----------------------------------------------------------------------------- */

static bool check_record(const store_record *record, const uint8_t *bytes, void *userdata)
{
    const int64_t i = record->offset;
    int64_t *count = userdata;
    char msg[24];

    (void)snprintf(msg, sizeof msg, "m%lld", (long long)i);
    assert_int_equal(i, *count + 1);
    assert_int_equal(record->mtime_ms, i * 10);
    assert_int_equal(record->ahead_ms, 0);
    assert_int_equal(record->from, i % 3);
    assert_int_equal(record->to, GID);
    assert_int_equal(record->mid, 1000 + i);
    assert_int_equal(record->kind, STORE_GROUP);
    assert_int_equal(record->mtype, 30);
    assert_int_equal(record->is_binary, i % 4 == 0);
    assert_int_equal(record->msg_len, strlen(msg));
    assert_memory_equal(bytes + record->msg_at, msg, record->msg_len);
    assert_int_equal(record->attrs_len, strlen(msg));
    assert_memory_equal(bytes + record->attrs_at + 1, msg + 1, record->attrs_len - 1);
    (*count)++;
    return true;
}

static void check_page(store *tested, int64_t count)
{
    store_ask ask = {.pid = PID,
                     .question = STORE_ASK_PAGE,
                     .conversation = {.kind = STORE_GROUP, .a = GID},
                     .num = STORE_PAGE_MAX};

    assert_int_equal(test_ask(tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(ask.answer.rows[i].id, i + 1);
        assert_int_equal(ask.answer.rows[i].offset, i + 1);
    }
    store_answer_deinit(&ask.answer);
}

static void a_file_of_version_1_is_migrated(void **state)
{
    test_records records = {.count = 0};
    const store_record next = {.offset = STORE_V1_COUNT + 1,
                               .mtime_ms = STORE_V1_COUNT * 10,
                               .ahead_ms = 1,
                               .kind = STORE_GROUP,
                               .to = GID};
    int64_t count = 0;

    (void)state;
    assert_int_equal(store_v1_write(store_folder_log), 0);
    assert_int_equal(ask_sql("PRAGMA user_version"), 1);

    store *tested = open_store();
    const store_state opened = open_project(tested, 13);

    assert_int_equal(opened.head, STORE_V1_COUNT);
    assert_int_equal(opened.tail, 1);
    assert_int_equal(opened.last_mtime_ms, STORE_V1_COUNT * 10);
    assert_int_equal(tested->ops->read(tested, PID, 1, INT64_MAX, check_record, &count, test_text,
                                       sizeof test_text),
                     0);
    assert_int_equal(count, STORE_V1_COUNT);
    check_page(tested, STORE_V1_COUNT);
    test_records_change(&records, "k", 1, "v", 1);
    test_records_add(&records, next, "x", 1, "", 0);
    assert_int_equal(test_records_append(&records, tested, PID, 13), 0);
    tested->ops->close(tested);

    assert_int_equal(ask_sql("PRAGMA user_version"), 2);
    tested = open_store();
    assert_int_equal(open_project(tested, 14).head, STORE_V1_COUNT + 1);
    check_page(tested, STORE_V1_COUNT + 1);
    tested->ops->close(tested);
    test_records_deinit(&records);
}

/* ---- plans --------------------------------------------------------------------------------- */

/* Fails the test when a step of the plan goes through a whole table or sorts. */
static int check_plan(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement = NULL;
    char sql[700];
    int steps = 0;

    (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", text);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, 3);

        steps++;
        if (strncmp(detail, "SCAN", 4) == 0 || strstr(detail, "TEMP B-TREE") != NULL ||
            strstr(detail, "AUTOMATIC") != NULL)
            fail_msg("%s: %s", text, detail);
        /* Bounded by more than the project, where there is more. */
        if (strncmp(detail, "SEARCH", 6) == 0 && strstr(text, "first_id") != NULL)
            assert_non_null(strstr(detail, "pid=? AND kind=? AND a=? AND b=? AND first_id"));
    }
    (void)sqlite3_finalize(statement);
    return steps;
}

static int check_plans(sqlite3 *db, const char *const *texts, size_t count)
{
    int searches = 0;

    for (size_t i = 0; i < count; i++) {
        if (strncmp(texts[i], "BEGIN", 5) != 0 && strcmp(texts[i], "COMMIT") != 0)
            searches += check_plan(db, texts[i]);
    }
    return searches;
}

static void every_statement_uses_an_index(void **state)
{
    store *tested = open_store();
    sqlite3 *db = NULL;

    (void)state;
    (void)open_project(tested, 1);
    assert_int_equal(sqlite3_open_v2(store_folder_log, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(check_plans(db, sqlite_reader_texts, QUERY_COUNT), 6);
    assert_int_equal(check_plans(db, sqlite_index_texts, INDEX_QUERY_COUNT), 4);
    assert_true(check_plans(db, sqlite_writer_texts, COMMAND_COUNT) >= 6);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    tested->ops->close(tested);
}

/* ---- damage -------------------------------------------------------------------------------- */

static void say(test_records *records, store *tested, int64_t offset)
{
    const store_record record = {
        .offset = offset, .mtime_ms = offset, .kind = STORE_GROUP, .to = GID, .mid = offset};

    test_records_add(records, record, "x", 1, "", 0);
    assert_int_equal(test_records_append(records, tested, PID, 1), 0);
}

static store_ask page(void)
{
    return (store_ask){.pid = PID,
                       .question = STORE_ASK_PAGE,
                       .conversation = {.kind = STORE_GROUP, .a = GID},
                       .num = STORE_PAGE_MAX};
}

static void a_damaged_block_is_told(void **state)
{
    test_records records = {.count = 0};
    store *tested = open_store();
    store_ask ask = page();

    (void)state;
    (void)open_project(tested, 1);
    for (int64_t i = 1; i <= 100; i++)
        say(&records, tested, i);
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 100);
    store_answer_deinit(&ask.answer);
    assert_int_equal(ask_sql("SELECT count(*) FROM block"), 2);

    (void)ask_sql("UPDATE block SET data = x'01' || substr(data, 2, 20) || x'00' ||"
                  " substr(data, 23) WHERE first_id = 1");
    (void)ask_sql("UPDATE block SET data = zeroblob(5) WHERE first_id = 65");
    assert_int_equal(test_ask(tested, &ask), -1);
    assert_string_equal(test_text,
                        "project 7: the index of conversation 2/500/0 is damaged from id 1, "
                        "offset 64");
    store_answer_deinit(&ask.answer);

    /* The conversation goes on, and what lies behind the damage can be asked for. */
    say(&records, tested, 101);
    ask.last_id = 128;
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 1);
    assert_int_equal(ask.answer.rows[0].id, 129); /* none is given twice */
    assert_int_equal(ask.answer.rows[0].offset, 101);
    assert_non_null(strstr(test_text, "project 7: a block of the index is damaged"));
    store_answer_deinit(&ask.answer);
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_string_equal(test_text, ""); /* told once */
    store_answer_deinit(&ask.answer);
    tested->ops->close(tested);
    test_records_deinit(&records);
}

static void a_block_in_the_place_of_another_is_found(void **state)
{
    test_records records = {.count = 0};
    store *tested = open_store();
    store_ask ask = page();

    (void)state;
    (void)open_project(tested, 1);
    say(&records, tested, 1);
    assert_int_equal(test_ask(tested, &ask), 0);
    store_answer_deinit(&ask.answer);
    (void)ask_sql("UPDATE block SET a = 501");
    ask.conversation.a = 501;
    assert_int_equal(test_ask(tested, &ask), -1);
    assert_non_null(strstr(test_text, "conversation 2/501/0 is damaged"));
    tested->ops->close(tested);
    test_records_deinit(&records);
}

static void a_damaged_run_is_passed_over_and_told(void **state)
{
    test_records records = {.count = 0};
    store_ask ask = page();

    (void)state;
    store *tested = open_store();

    (void)open_project(tested, 1);
    for (int64_t i = 1; i <= 10; i++)
        say(&records, tested, i);
    /* Indexed, then damaged: the page cannot be had. */
    assert_int_equal(test_ask(tested, &ask), 0);
    store_answer_deinit(&ask.answer);
    (void)ask_sql("UPDATE run SET data = x'0102' WHERE first_offset = 4");
    assert_int_equal(test_ask(tested, &ask), -1);
    assert_string_equal(test_text, "project 7: the records around offset 4 are damaged");
    store_answer_deinit(&ask.answer);
    ask.last_id = 4;
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 6);
    store_answer_deinit(&ask.answer);

    /* Damaged before it was indexed: it is left out. */
    (void)ask_sql("DELETE FROM block");
    (void)ask_sql("DELETE FROM progress");
    ask.last_id = 0;
    assert_int_equal(test_ask(tested, &ask), 0);
    assert_int_equal(ask.answer.row_count, 9);
    assert_string_equal(test_text, "project 7: the records of offsets 4 to 4 are damaged");
    store_answer_deinit(&ask.answer);
    tested->ops->close(tested);
    test_records_deinit(&records);
}

static void blocks_go_with_their_messages(void **state)
{
    test_records records = {.count = 0};
    store *tested = open_store();
    int64_t tail;

    (void)state;
    (void)open_project(tested, 1);
    for (int64_t i = 1; i <= 300; i++) {
        const store_record record = {
            .offset = i, .mtime_ms = i, .kind = STORE_GROUP, .to = i <= 200 ? GID + i % 5 : 1};

        test_records_add(&records, record, "x", 1, "", 0);
        assert_int_equal(test_records_append(&records, tested, PID, 1), 0);
    }
    assert_int_equal(tested->ops->trim(tested, PID, &(store_retention){.max_age_ms = 100}, 301,
                                       &tail, test_text, sizeof test_text),
                     0);
    assert_int_equal(tail, 201);
    assert_int_equal(ask_sql("SELECT count(*) FROM block"), 2);
    assert_int_equal(ask_sql("SELECT count(*) FROM block WHERE a = 1"), 2);
    tested->ops->close(tested);
    test_records_deinit(&records);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, store_folder_make, store_folder_remove)
    const struct CMUnitTest cases[] = {
        CASE(a_file_of_version_1_is_migrated),
        CASE(every_statement_uses_an_index),
        CASE(a_damaged_block_is_told),
        CASE(a_block_in_the_place_of_another_is_found),
        CASE(a_damaged_run_is_passed_over_and_told),
        CASE(blocks_go_with_their_messages),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
