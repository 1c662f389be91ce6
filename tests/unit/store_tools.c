/*
 * Stores for tools: what is good is found to be good, whatever has happened to it, and each kind
 * of damage is found where it is. Built with STORE_TOOLS_POSTGRES for a database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <unistd.h>
#include <cmocka.h>

#include "gate/store/maintenance.h"
#ifdef STORE_TOOLS_POSTGRES
#include "tests/support/postgres_server.h"
#endif
#include "tests/support/store_batches.h"
#include "tests/support/store_questions.h"

enum { PID = 7, OTHER_PID = -8, GID = 100 };

static char name[400]; /* of the store */

#ifdef STORE_TOOLS_POSTGRES

#define TABLE "rtmkit."
#define CHANGED_BYTE(at) "set_byte(data, " #at ", 255 - get_byte(data, " #at "))"

static void run_sql(const char *sql)
{
    (void)postgres_server_sql(sql);
}

static int make_store(void **state)
{
    (void)state;
    run_sql("SET client_min_messages = warning; DROP SCHEMA IF EXISTS rtmkit CASCADE");
    (void)snprintf(name, sizeof name, "%s", postgres_server_conninfo());
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    return 0;
}

#else

static char folder[80];

#define TABLE ""
#define CHANGED_BYTE(at)                                                                           \
    "CAST(substr(data, 1, " #at ") || CASE substr(data, " #at " + 1, 1) WHEN X'00' THEN X'01'"     \
    " ELSE X'00' END || substr(data, " #at " + 2) AS BLOB)"

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(name + 7, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    (void)sqlite3_close(db);
}

static int make_store(void **state)
{
    const char *temporary = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.40s/store_tools_XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(name, sizeof name, "sqlite:%s/log.db", folder);
    return 0;
}

static int remove_store(void **state)
{
    static const char *const names[] = {"log.db",  "log.db-wal",  "log.db-shm",  "log.db-lock",
                                        "copy.db", "copy.db-wal", "copy.db-shm", "copy.db-lock"};
    char path[120];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

#endif

/* ---- a store with something in it ---------------------------------------------------------- */

static store *open_store(void)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    store *opened = NULL;

    if (store_open(name, &options, &opened, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    return opened;
}

static store_state open_project(store *tested, int32_t pid, uint64_t epoch)
{
    store_state state;

    if (tested->ops->open_project(tested, pid, epoch, 5, &state, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    return state;
}

static void append(store *tested, test_records *records, int32_t pid, uint64_t epoch)
{
    if (test_records_append(records, tested, pid, epoch) < 0)
        fail_msg("%s", test_text);
}

/* A question brings the index up to date. */
static void ask_count(store *tested, int32_t pid)
{
    store_ask ask = {
        .pid = pid, .question = STORE_ASK_COUNT, .conversation = {.kind = STORE_GROUP, .a = GID}};

    assert_int_equal(test_ask(tested, &ask), 0);
    store_answer_deinit(&ask.answer);
}

static store_record message(int64_t offset, uint8_t kind, int64_t from, int64_t to)
{
    return (store_record){.offset = offset,
                          .mtime_ms = 1000 + offset,
                          .from = from,
                          .to = to,
                          .mid = offset,
                          .kind = kind,
                          .mtype = 30};
}

static store_record act(int64_t offset, uint8_t kind, uint8_t of_kind, int64_t from, int64_t to,
                        int64_t mid)
{
    store_record record = message(offset, kind, from, to);

    record.mtype = of_kind;
    record.mid = mid;
    return record;
}

/* Three runs of one project, with one of each act, and a directory. */
static void fill(void)
{
    store *tested = open_store();
    test_records records = {0};

    (void)open_project(tested, PID, 11);
    for (int64_t offset = 1; offset <= 10; offset++)
        test_records_add(&records, message(offset, STORE_GROUP, 5, GID), "text", 4, NULL, 0);
    test_records_change(&records, "group/1", 7, "members", 7);
    append(tested, &records, PID, 11);
    test_records_add(&records, message(11, STORE_P2P, 5, 6), "to six", 6, "a", 1);
    test_records_add(&records, act(12, STORE_EDIT, STORE_GROUP, 5, GID, 3), "edited", 6, NULL, 0);
    test_records_add(&records, act(13, STORE_DELETE, STORE_GROUP, 5, GID, 4), NULL, 0, NULL, 0);
    test_records_add(&records, message(14, STORE_EVENT, 5, 0), "login", 5, NULL, 0);
    append(tested, &records, PID, 11);
    (void)open_project(tested, PID, 12);
    test_records_add(&records, message(15, STORE_ROOM, 5, 1), "room", 4, NULL, 0);
    test_records_add(&records, act(16, STORE_CLEAR, STORE_ROOM, 0, 1, 0), NULL, 0, NULL, 0);
    test_records_add(&records, message(17, STORE_GROUP, 6, GID), "last", 4, NULL, 0);
    append(tested, &records, PID, 12);
    ask_count(tested, PID);
    test_records_deinit(&records);
    tested->ops->close(tested);
}

/* ---- checking ------------------------------------------------------------------------------ */

typedef struct findings {
    int count;
    int32_t pid;
    int64_t offset; /* of the first */
    char text[400]; /* all of them, cut */
} findings;

static void note(int32_t pid, int64_t offset, const char *text, void *userdata)
{
    findings *self = userdata;
    const size_t used = strlen(self->text);

    if (self->count++ == 0) {
        self->pid = pid;
        self->offset = offset;
    }
    (void)snprintf(self->text + used, sizeof self->text - used, "%s; ", text);
}

static store_tool *open_tool(store_access access)
{
    store_tool *tool = NULL;

    if (store_tool_open(name, access, &tool, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    return tool;
}

static findings check(int32_t pid, store_counts *ret_counts)
{
    store_tool *tool = open_tool(STORE_LOOK);
    findings found = {0};

    *ret_counts = (store_counts){0};
    if (store_check_project(tool, pid, note, &found, ret_counts, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    if (tool->ops->check_database(tool, note, &found, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    tool->ops->close(tool);
    return found;
}

static void assert_good(int32_t pid, int64_t records)
{
    store_counts counts;
    const findings found = check(pid, &counts);

    if (found.count > 0)
        fail_msg("%d damages: %s", found.count, found.text);
    assert_int_equal(counts.records, records);
}

static void a_good_store_is_good(void **state)
{
    store_counts counts;

    (void)state;
    fill();
    assert_good(PID, 17);
    (void)check(PID, &counts);
    assert_int_equal(counts.projects, 1);
    assert_int_equal(counts.epochs, 2);
    assert_int_equal(counts.entries, 1);
    assert_true(counts.blocks >= 2);
}

/* Many of all kinds of records, in some order that a seed tells. */
static void live_a_life(uint64_t seed, int32_t pid)
{
    store *tested = open_store();
    test_records records = {0};
    uint64_t epoch = 1;
    int64_t next = open_project(tested, pid, epoch).head + 1;

    for (int batch = 0; batch < 60; batch++) {
        const uint64_t count = 1 + test_dice(&seed) % 40;

        for (uint64_t i = 0; i < count; i++, next++) {
            const uint8_t kind = (uint8_t)(1 + test_dice(&seed) % 5);
            const int64_t from = 1 + (int64_t)(test_dice(&seed) % 4);
            const int64_t to = kind < STORE_BROADCAST ? 1 + (int64_t)(test_dice(&seed) % 3) : 0;
            const int64_t mid = 1 + (int64_t)(test_dice(&seed) % (uint64_t)next);
            const int64_t times[2] = {1000 + mid, 1000 + mid + 50};

            switch (test_dice(&seed) % 20) {
            case 0:
                test_records_add(&records, act(next, STORE_DELETE, kind, from, to, mid), NULL, 0,
                                 NULL, 0);
                break;
            case 1:
                test_records_add(&records, act(next, STORE_EDIT, kind, from, to, mid), "new", 3,
                                 NULL, 0);
                break;
            case 2: /* now and then a wide one */
                if (test_dice(&seed) % 10 == 0)
                    test_records_add(&records,
                                     act(next, STORE_CLEAR, test_dice(&seed) % 2 == 0 ? 0 : kind,
                                         test_dice(&seed) % 2 == 0 ? from : 0, 0, 0),
                                     NULL, 0, NULL, 0);
                else
                    test_records_add(&records, act(next, STORE_CLEAR, kind, from, to, 0), times,
                                     test_dice(&seed) % 2 == 0 ? sizeof times : 0, NULL, 0);
                break;
            default:
                test_records_add(&records, message(next, kind, from, to), "some text", 9, NULL, 0);
            }
        }
        append(tested, &records, pid, epoch);
        next += (int64_t)(test_dice(&seed) % 3); /* holes */
        if (test_dice(&seed) % 10 == 0)
            ask_count(tested, pid);
        if (test_dice(&seed) % 10 == 0)
            next = open_project(tested, pid, ++epoch).head + 1;
        if (test_dice(&seed) % 20 == 0) {
            const store_retention keep = {.max_bytes = 10000};
            int64_t tail;

            assert_int_equal(
                tested->ops->trim(tested, pid, &keep, 0, &tail, test_text, sizeof test_text), 0);
        }
    }
    ask_count(tested, pid);
    test_records_deinit(&records);
    tested->ops->close(tested);
}

static void whatever_a_store_has_seen_it_is_good(void **state)
{
    store_counts counts;

    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        const int32_t pid = (int32_t)seed * (seed % 2 == 0 ? 1 : -1);

        live_a_life(seed, pid);

        const findings found = check(pid, &counts);

        if (found.count > 0)
            fail_msg("seed %d: %d damages: %s", (int)seed, found.count, found.text);
        assert_true(counts.records > 100);
    }
}

static void a_store_can_be_checked_while_it_is_written(void **state)
{
    store *tested;
    test_records records = {0};

    (void)state;
    fill();
    tested = open_store();
    (void)open_project(tested, PID, 13);
    for (int64_t offset = 18; offset <= 30; offset++) {
        store_tool *tool = open_tool(STORE_LOOK);
        findings found = {0};
        store_counts counts = {0};

        test_records_add(&records, message(offset, STORE_GROUP, 5, GID), "text", 4, NULL, 0);
        append(tested, &records, PID, 13); /* behind its back */
        if (store_check_project(tool, PID, note, &found, &counts, test_text, sizeof test_text) < 0)
            fail_msg("%s", test_text);
        tool->ops->close(tool);
        if (found.count > 0)
            fail_msg("%s", found.text);
        assert_int_equal(counts.records, offset - 1);
    }
    test_records_deinit(&records);
    tested->ops->close(tested);
    assert_good(PID, 30);
}

/* Every damage: how it is done, where it is found, and what is said. */
static void every_damage_is_found(void **state)
{
    static const struct {
        const char *sql;
        int64_t offset;
        const char *text;
    } rows[] = {
        {"UPDATE " TABLE "run SET data = " CHANGED_BYTE(30) " WHERE first_offset = 11", 11,
         "the run of offsets 11 to 14: its checksum does not match"},
        {"UPDATE " TABLE "run SET data = (SELECT data FROM " TABLE "run WHERE first_offset = 1)"
         " WHERE first_offset = 11",
         11, "its columns do not say what it holds"},
        {"UPDATE " TABLE "run SET pid = 8 WHERE first_offset = 11", 15, "sum of the bytes"},
        {"UPDATE " TABLE "run SET last_offset = 15 WHERE first_offset = 11", 11,
         "its columns do not say"},
        {"UPDATE " TABLE "run SET last_ms = 2000 WHERE first_offset = 11", 11,
         "its columns do not say"},
        {"UPDATE " TABLE "run SET before_bytes = before_bytes + 1 WHERE first_offset = 11", 11,
         "the sum of the bytes before the run is wrong"},
        {"DELETE FROM " TABLE "run WHERE first_offset = 11", 15, "sum of the bytes"},
        {"UPDATE " TABLE "epoch SET number = 4 WHERE number = 2", 15, "epochs are missing"},
        {"UPDATE " TABLE "epoch SET first_offset = 20 WHERE number = 1", 15,
         "begins before the one before it"},
        {"UPDATE " TABLE "epoch SET epoch = 12", 15, "is the one before it"},
        {"DELETE FROM " TABLE "epoch", 0, "it has no epochs"},
        {"UPDATE " TABLE "progress SET indexed_until = 99", 0, "the index reaches to offset 99"},
        {"DELETE FROM " TABLE "block WHERE kind = 2", 1, "index: the message is missing"},
        {"UPDATE " TABLE "block SET data = " CHANGED_BYTE(15) " WHERE kind = 2", 0,
         "index: the block of conversation 2/100/0 at id 1 is damaged"},
        {"UPDATE " TABLE "block SET a = 101 WHERE kind = 2", 0, "is damaged"},
        {"INSERT INTO " TABLE "entry SELECT pid, value, value FROM " TABLE "entry", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        store_counts counts;
        findings found;

        if (i > 0) {
            assert_int_equal(remove_store(NULL), 0);
            assert_int_equal(make_store(NULL), 0);
        }
        fill();
        run_sql(rows[i].sql);
        found = check(PID, &counts);
        if (rows[i].text[0] == '\0') {
            assert_int_equal(found.count, 0); /* no damage at all */
            assert_int_equal(counts.entries, 2);
            continue;
        }
        if (found.count == 0)
            fail_msg("nothing is found: %s", rows[i].sql);
        if (found.pid != PID || found.offset != rows[i].offset ||
            strstr(found.text, rows[i].text) == NULL)
            fail_msg("%s: project %d, offset %lld: %s", rows[i].sql, (int)found.pid,
                     (long long)found.offset, found.text);
    }
}

/* ---- owning, copies, imports --------------------------------------------------------------- */

static bool count_record(const store_record *record, const uint8_t *bytes, void *userdata)
{
    (void)record;
    (void)bytes;
    ++*(int *)userdata;
    return true;
}

static void a_store_in_use_is_not_filled(void **state)
{
    store *tested;
    store_tool *tool = NULL;

    (void)state;
    fill();
    tested = open_store();
    assert_int_equal(store_tool_open(name, STORE_IMPORT, &tool, test_text, sizeof test_text), -1);
#ifdef STORE_TOOLS_POSTGRES
    assert_non_null(strstr(test_text, "is not empty"));
#else
    char owner[40];

    (void)snprintf(owner, sizeof owner, "is in use by process %d", (int)getpid());
    assert_non_null(strstr(test_text, owner));
    assert_int_equal(store_tool_open(name, STORE_OWN, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, owner));
#endif
    tested->ops->close(tested);
    assert_int_equal(store_tool_open(name, STORE_IMPORT, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "is not empty"));
}

static void vacuum_changes_nothing(void **state)
{
    store_tool *tool;
    int count = 0;

    (void)state;
    fill();
    tool = open_tool(STORE_OWN);
    if (tool->ops->vacuum(tool, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    tool->ops->close(tool);
    assert_good(PID, 17);
    tool = open_tool(STORE_LOOK);
    assert_int_equal(store_tool_read(tool, PID, count_record, &count, test_text, sizeof test_text),
                     0);
    assert_int_equal(count, 17);
    tool->ops->close(tool);
}

static void what_is_not_committed_is_not_there(void **state)
{
    const store_epoch_row epoch = {.number = 3, .epoch = 9, .first_offset = 21, .opened_ms = 1};
    store_filler filler = {0};
    store *tested;

    (void)state;
    for (int is_committed = 0; is_committed < 2; is_committed++) {
        store_tool *tool = open_tool(STORE_IMPORT);
        store_record record = message(20, STORE_GROUP, 1, GID);

        assert_int_equal(tool->ops->put_epoch(tool, PID, &epoch, test_text, sizeof test_text), 0);
        assert_int_equal(tool->ops->put_entry(tool, PID, (const uint8_t *)"k", 1, NULL, 0,
                                              test_text, sizeof test_text),
                         0);
        store_filler_begin(&filler, tool, PID);
        record.msg_len = 4;
        assert_int_equal(store_filler_add(&filler, &record, (const uint8_t *)"text", NULL,
                                          test_text, sizeof test_text),
                         0);
        assert_int_equal(store_filler_flush(&filler, test_text, sizeof test_text), 0);
        if (is_committed != 0)
            assert_int_equal(tool->ops->commit(tool, test_text, sizeof test_text), 0);
        tool->ops->close(tool);
    }
    store_filler_deinit(&filler);
    assert_good(PID, 1);
    tested = open_store();

    const store_state opened = open_project(tested, PID, 10);

    assert_int_equal(opened.head, 20);
    assert_int_equal(opened.tail, 20);
    assert_int_equal(opened.last_mtime_ms, 1020);
    tested->ops->close(tested);
    assert_good(PID, 1);
}

static void a_record_that_does_not_fit_is_refused(void **state)
{
    store_filler filler = {0};
    store_tool *tool;
    store_record record = message(20, STORE_GROUP, 1, GID);

    (void)state;
    tool = open_tool(STORE_IMPORT);
    store_filler_begin(&filler, tool, PID);
    assert_int_equal(store_filler_add(&filler, &record, NULL, NULL, test_text, sizeof test_text),
                     0);
    assert_int_equal(store_filler_add(&filler, &record, NULL, NULL, test_text, sizeof test_text),
                     0);
    assert_int_equal(store_filler_flush(&filler, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "record 20 is refused: its offset does not rise"));
    store_filler_deinit(&filler);
    tool->ops->close(tool);
}

#ifndef STORE_TOOLS_POSTGRES

static void a_backup_is_a_store(void **state)
{
    char path[120];
    store *tested;
    store_tool *tool;
    test_records records = {0};

    (void)state;
    fill();
    (void)snprintf(path, sizeof path, "%s/copy.db", folder);
    tested = open_store();
    (void)open_project(tested, PID, 13);
    test_records_add(&records, message(18, STORE_GROUP, 5, GID), "in the WAL", 10, NULL, 0);
    append(tested, &records, PID, 13);
    tool = open_tool(STORE_LOOK);
    test_records_add(&records, message(19, STORE_GROUP, 5, GID), "after it", 8, NULL, 0);
    append(tested, &records, PID, 13);
    if (tool->ops->backup(tool, path, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    assert_int_equal(tool->ops->backup(tool, path, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "is there already"));
    tool->ops->close(tool);
    test_records_deinit(&records);
    tested->ops->close(tested);
    assert_good(PID, 19);

    (void)snprintf(name, sizeof name, "sqlite:%s", path);
    assert_good(PID, 18);
    tested = open_store();
    assert_int_equal(open_project(tested, PID, 14).head, 18);
    tested->ops->close(tested);
}

static void only_stores_of_this_release_are_looked_at(void **state)
{
    store_tool *tool = NULL;

    (void)state;
    assert_int_equal(store_tool_open(name, STORE_LOOK, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "No such file"));
    assert_int_equal(store_tool_open(name, STORE_OWN, &tool, test_text, sizeof test_text), -1);
    assert_int_equal(access(name + 7, F_OK), -1);
    run_sql("CREATE TABLE mine(a)");
    assert_int_equal(store_tool_open(name, STORE_LOOK, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "is no store of rtmd"));
    run_sql("DROP TABLE mine");
    fill();
    run_sql("PRAGMA user_version = 1");
    assert_int_equal(store_tool_open(name, STORE_LOOK, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "earlier release"));
    run_sql("PRAGMA user_version = 99");
    assert_int_equal(store_tool_open(name, STORE_LOOK, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "newer release"));
}

#else

static void a_log_row_that_disagrees_is_found(void **state)
{
    static const char *const rows[][2] = {
        {"UPDATE rtmkit.log SET head = 99", "it ends at offset 99, its runs at 17"},
        {"UPDATE rtmkit.log SET epoch = 99", "another epoch"},
        {"UPDATE rtmkit.log SET last_ms = 99", "another time"},
        {"DELETE FROM rtmkit.log", "it ends at offset 0"},
    };
    store_counts counts;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        findings found;

        (void)make_store(NULL);
        fill();
        run_sql(rows[i][0]);
        found = check(PID, &counts);
        if (strstr(found.text, rows[i][1]) == NULL)
            fail_msg("%s: %s", rows[i][0], found.text);
    }
}

static void what_is_no_store_is_not_looked_at(void **state)
{
    store_tool *tool = NULL;

    (void)state;
    assert_int_equal(store_tool_open(name, STORE_LOOK, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "holds no store"));
    fill();
    run_sql("UPDATE rtmkit.version SET version = 99");
    assert_int_equal(store_tool_open(name, STORE_LOOK, &tool, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "newer release"));
}

static void a_backup_is_the_business_of_the_database(void **state)
{
    store_tool *tool;

    (void)state;
    fill();
    tool = open_tool(STORE_LOOK);
    assert_int_equal(tool->ops->backup(tool, "/nonexistent", test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "pg_dump"));
    tool->ops->close(tool);
}

#endif

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)
    const struct CMUnitTest cases[] = {
        CASE(a_good_store_is_good),
        CASE(whatever_a_store_has_seen_it_is_good),
        CASE(a_store_can_be_checked_while_it_is_written),
        CASE(every_damage_is_found),
        CASE(a_store_in_use_is_not_filled),
        CASE(vacuum_changes_nothing),
        CASE(what_is_not_committed_is_not_there),
        CASE(a_record_that_does_not_fit_is_refused),
#ifndef STORE_TOOLS_POSTGRES
        CASE(a_backup_is_a_store),
        CASE(only_stores_of_this_release_are_looked_at),
#else
        CASE(a_log_row_that_disagrees_is_found),
        CASE(what_is_no_store_is_not_looked_at),
        CASE(a_backup_is_the_business_of_the_database),
#endif
    };
#undef CASE

#ifdef STORE_TOOLS_POSTGRES
    if (!postgres_server_start())
        return TEST_SKIPPED;

    const int failed = cmocka_run_group_tests(cases, NULL, NULL);

    postgres_server_stop();
    return failed;
#else
    return cmocka_run_group_tests(cases, NULL, NULL);
#endif
}
