/*
 * A file of the first schema is opened while the disk fails or loses power, at each operation:
 * afterwards it is of one schema or the other, whole, and nothing in it is lost.
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

#include "tests/fault/fault_vfs.h"
#include "tests/support/store_batches.h"
#include "tests/support/store_folder.h"
#include "tests/support/store_questions.h"
#include "tests/support/store_v1.h"

enum { PID = STORE_V1_PID };

/* Every operation of the opening, then some: STORE_IO_ALL=1 takes all. */
static long after(long nth)
{
    return nth + 1 + (getenv("STORE_IO_ALL") == NULL ? nth / 4 : 0);
}

/* Open, use and close it; whatever fails. True when it could be opened. */
static bool live(void)
{
    const store_options options = {.durability = STORE_DURABLE_FULL};
    store *opened = NULL;
    store_state state;

    if (store_open_sqlite(store_folder_log, &options, &opened, test_text, sizeof test_text) < 0)
        return false;
    if (opened->ops->open_project(opened, PID, 13, 0, &state, test_text, sizeof test_text) == 0)
        (void)test_check_index(opened, PID);
    opened->ops->close(opened);
    return true;
}

static int64_t ask_sql(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);

    const int64_t number = sqlite3_column_int64(statement, 0);

    (void)sqlite3_finalize(statement);
    return number;
}

/* The version, with exactly its tables. */
static int64_t check_schema(void)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(store_folder_log, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);

    const int64_t version = ask_sql(db, "PRAGMA user_version");

    assert_true(version == 1 || version == 2);
    assert_int_equal(ask_sql(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
                     version == 1 ? 2 : 5);
    assert_int_equal(ask_sql(db, "SELECT count(*) FROM run"), STORE_V1_COUNT / STORE_V1_RUN);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return version;
}

/* On a disk that works, all is there. */
static void check_log(void)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    store *opened = NULL;
    store_state state;

    if (store_open_sqlite(store_folder_log, &options, &opened, test_text, sizeof test_text) < 0)
        fail_msg("%s", test_text);
    assert_int_equal(
        opened->ops->open_project(opened, PID, 14, 0, &state, test_text, sizeof test_text), 0);
    assert_int_equal(state.head, STORE_V1_COUNT);
    assert_int_equal(test_check_index(opened, PID), STORE_V1_COUNT);
    opened->ops->close(opened);
}

typedef enum trouble {
    TROUBLE_ERROR, /* one operation fails */
    TROUBLE_DEATH, /* and all after it */
    TROUBLE_CUT,   /* the power fails */
    TROUBLES
} trouble;

static void at_each_operation_the_file_stays_whole(void **state)
{
    (void)state;
    for (int kind = 0; kind < TROUBLES; kind++) {
        int seen[3] = {0, 0, 0};
        bool is_hit = true;

        for (long nth = 1; is_hit; nth = after(nth)) {
            fault_vfs_reset();
            assert_int_equal(store_v1_write(store_folder_log), 0);
            if (kind == TROUBLE_CUT)
                fault_vfs_cut_at(nth);
            else
                fault_vfs_fail_at(nth, SQLITE_IOERR, kind == TROUBLE_DEATH);
            (void)live();
            is_hit = fault_vfs_is_hit();
            if (kind == TROUBLE_CUT)
                fault_vfs_lose_power((uint64_t)nth);
            fault_vfs_reset();
            seen[check_schema()]++;
            check_log();
            store_folder_clear();
        }
        /* Trouble came before the migration, and after it. */
        assert_true(seen[1] > 0);
        assert_true(seen[2] > 1);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test_setup_teardown(at_each_operation_the_file_stays_whole, store_folder_make,
                                        store_folder_remove),
    };

    fault_vfs_register();
    return cmocka_run_group_tests(cases, NULL, NULL);
}
