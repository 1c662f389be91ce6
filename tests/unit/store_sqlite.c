/*
 * The log in SQLite: what every store does, then what a file adds: reopening, one owner, strange
 * and damaged files, a bound of the file, the WAL kept short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/support/store_batches.h"
#include "tests/unit/store_cases.h"

enum { PID = 7 };

/* ---- a folder for each case ---------------------------------------------------------------- */

static char folder[80];
static char log_path[120];

static int make_folder(void **state)
{
    const char *temporary = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.40s/store_sqlite_XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(log_path, sizeof log_path, "%s/log.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"log.db", "log.db-wal", "log.db-shm", "log.db-lock",
                                        "link.db"};
    char path[120];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static const char *path_of(const char *suffix)
{
    static char path[140];

    (void)snprintf(path, sizeof path, "%s%s", log_path, suffix);
    return path;
}

static store *open_with(const store_options *options)
{
    store *opened = NULL;

    if (store_open_sqlite(log_path, options, &opened, test_text, sizeof test_text) < 0)
        return NULL;
    return opened;
}

/* Nothing is synced, so that cases are fast. */
static store *open_fast(void)
{
    return open_with(&(store_options){.durability = STORE_DURABLE_MEMORY});
}

static void close_store(store *opened)
{
    opened->ops->close(opened);
}

int store_case_setup(void **state)
{
    if (make_folder(NULL) < 0)
        return -1;
    *state = open_fast();
    return *state != NULL ? 0 : -1;
}

int store_case_teardown(void **state)
{
    close_store(*state);
    return remove_folder(NULL);
}

int store_case_reopen(void **state)
{
    close_store(*state);
    *state = open_fast();
    return *state != NULL ? 0 : -1;
}

static store_state open_project(store *tested, uint64_t epoch)
{
    store_state opened;

    assert_int_equal(
        tested->ops->open_project(tested, PID, epoch, 5, &opened, test_text, sizeof test_text), 0);
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

static void append(store *tested, uint64_t epoch, int64_t first_offset, size_t count)
{
    const test_plan plan = plan_at(epoch, first_offset, count);

    assert_int_equal(test_append(tested, &plan), 0);
}

static int64_t count_all(store *tested)
{
    const test_plan plan = plan_at(1, 1, 1);

    return test_count_records(tested, &plan, 1, INT64_MAX);
}

/* Run SQL on a connection of our own; `blob`, if any, is bound to the first parameter. */
static void run_sql(const char *sql, const void *blob, int blob_len)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(
        sqlite3_open_v2(log_path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
        SQLITE_OK);
    /* An open store may be writing: its index catches up when it is idle. */
    assert_int_equal(sqlite3_busy_timeout(db, 60000), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (blob != NULL)
        assert_int_equal(sqlite3_bind_blob(statement, 1, blob, blob_len, SQLITE_STATIC), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        continue;
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- reopening ----------------------------------------------------------------------------- */

static void a_log_survives_its_process(void **state)
{
    static const store_durability levels[] = {STORE_DURABLE_MEMORY, STORE_DURABLE_NORMAL,
                                              STORE_DURABLE_FULL};
    int64_t head = 0;
    uint64_t epoch = 1;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const store_options options = {.durability = levels[i]};
        store *tested = open_with(&options);

        assert_non_null(tested);
        const store_state opened = open_project(tested, epoch);

        assert_int_equal(opened.head, head);
        assert_int_equal(opened.tail, 1);
        assert_int_equal(opened.last_mtime_ms, head);
        append(tested, epoch, head + 1, 10);
        append(tested, epoch, head + 11, 90);
        head += 100;
        assert_int_equal(count_all(tested), head);
        close_store(tested);
        assert_int_equal(access(path_of("-wal"), F_OK), -1); /* a clean end leaves one file */
        epoch++;
    }
}

static void an_epoch_is_remembered(void **state)
{
    store *tested = open_fast();
    store_state opened;

    (void)state;
    (void)open_project(tested, 77);
    close_store(tested);
    tested = open_fast();
    assert_int_equal(
        tested->ops->open_project(tested, PID, 77, 0, &opened, test_text, sizeof test_text), -1);
    close_store(tested);
}

static void the_head_outlives_the_records(void **state)
{
    store *tested = open_fast();

    (void)state;
    (void)open_project(tested, 1);
    append(tested, 1, 1, 10);
    close_store(tested);
    tested = open_fast();
    assert_int_equal(open_project(tested, 2).head, 10);
    close_store(tested);

    run_sql("DELETE FROM run", NULL, 0);
    tested = open_fast();

    const store_state opened = open_project(tested, 3);
    int64_t tail;

    assert_int_equal(opened.head, 10);
    assert_int_equal(opened.tail, 11);
    assert_int_equal(tested->ops->trim(tested, PID, &(store_retention){1, 1}, INT64_MAX, &tail,
                                       test_text, sizeof test_text),
                     0);
    assert_int_equal(tail, 11);
    append(tested, 3, 11, 1);
    close_store(tested);
}

static void appends_at_close_are_committed(void **state)
{
    store *tested = open_fast();
    test_batch *batches[50];

    (void)state;
    (void)open_project(tested, 1);
    for (int64_t i = 0; i < 50; i++) {
        const test_plan plan = plan_at(1, 1 + i * 20, 20);

        batches[i] = test_batch_new(&plan);
        test_batch_append(tested, batches[i]);
    }
    close_store(tested);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(batches[i]->result, 0);
        test_batch_free(batches[i]);
    }
    tested = open_fast();
    assert_int_equal(open_project(tested, 2).head, 1000);
    assert_int_equal(count_all(tested), 1000);
    close_store(tested);
}

/* ---- one owner ----------------------------------------------------------------------------- */

static void a_second_owner_is_refused(void **state)
{
    store *tested = open_fast();
    store *second = NULL;
    char link_path[120];
    char pid_text[40];

    (void)state;
    assert_non_null(tested);
    assert_null(open_fast());
    (void)snprintf(pid_text, sizeof pid_text, "is in use by process %ld", (long)getpid());
    assert_non_null(strstr(test_text, pid_text));
    assert_non_null(strstr(test_text, log_path));

    (void)snprintf(link_path, sizeof link_path, "%s/link.db", folder);
    assert_int_equal(symlink(log_path, link_path), 0);
    assert_int_equal(store_open_sqlite(link_path, &(store_options){.checkpoint_bytes = 0}, &second,
                                       test_text, sizeof test_text),
                     -1);
    assert_null(second);

    /* The refused ones did the owner no harm. */
    (void)open_project(tested, 1);
    append(tested, 1, 1, 1);
    close_store(tested);
    tested = open_fast();
    assert_non_null(tested);
    close_store(tested);
}

static void another_process_is_refused_until_the_end(void **state)
{
    int status;
    int to_child[2];
    int to_parent[2];
    char byte = 0;

    (void)state;
    assert_int_equal(pipe(to_child), 0);
    assert_int_equal(pipe(to_parent), 0);

    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) { /* owns the file until it is told to end, then ends without closing it */
        store *owned = open_fast();

        byte = owned != NULL;
        if (write(to_parent[1], &byte, 1) != 1 || read(to_child[0], &byte, 1) != 1)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(to_parent[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    assert_null(open_fast());
    assert_int_equal(write(to_child[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    store *tested = open_fast();

    assert_non_null(tested);
    close_store(tested);
    for (int i = 0; i < 2; i++) {
        (void)close(to_child[i]);
        (void)close(to_parent[i]);
    }
}

static void only_the_owner_can_read_the_files(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    const mode_t before = umask(0);
    store *tested = open_fast();
    struct stat file;

    (void)state;
    (void)umask(before);
    (void)open_project(tested, 1);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(stat(path_of(suffixes[i]), &file), 0);
        assert_int_equal(file.st_mode & 07777, 0600);
    }
    close_store(tested);
}

/* ---- strange files ------------------------------------------------------------------------- */

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    close_store(open_fast());
    run_sql("PRAGMA user_version = 3", NULL, 0);
    assert_null(open_fast());
    assert_non_null(strstr(test_text, "newer release (schema 3, this one knows 2)"));
    run_sql("PRAGMA user_version = 2", NULL, 0); /* and it was not touched */
    close_store(open_fast());
}

static void the_database_of_another_is_refused(void **state)
{
    (void)state;
    run_sql("CREATE TABLE recipe(name)", NULL, 0);
    assert_null(open_fast());
    assert_non_null(strstr(test_text, "database of another program"));
    assert_int_equal(access(path_of("-wal"), F_OK), -1);
}

static void what_is_no_database_is_refused(void **state)
{
    FILE *file = fopen(log_path, "w");

    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fputs("not a database\n", file);
    assert_int_equal(fclose(file), 0);
    assert_null(open_fast());
    assert_non_null(strstr(test_text, "not a database"));
}

static void a_missing_folder_is_told(void **state)
{
    store *tested = NULL;

    (void)state;
    assert_int_equal(store_open_sqlite("/nowhere/at/all.db",
                                       &(store_options){.checkpoint_bytes = 0}, &tested, test_text,
                                       sizeof test_text),
                     -1);
    assert_non_null(strstr(test_text, "/nowhere/at/all.db: No such file"));
    assert_int_equal(
        store_open_sqlite("", &(store_options){.checkpoint_bytes = 0}, &tested, NULL, 0), -1);
}

/* ---- damage -------------------------------------------------------------------------------- */

static int read_blob(uint8_t *blob, int room)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_open_v2(log_path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT data FROM run WHERE first_offset = 4", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);

    const int len = sqlite3_column_bytes(statement, 0);

    assert_true(len <= room);
    memcpy(blob, sqlite3_column_blob(statement, 0), (size_t)len);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return len;
}

static void every_damaged_byte_is_found(void **state)
{
    static const char update[] = "UPDATE run SET data = ?1 WHERE first_offset = 4";
    const test_plan plan = plan_at(1, 1, 1);
    store *tested = open_fast();
    uint8_t blob[1000];
    int64_t offset;

    (void)state;
    (void)open_project(tested, 1);
    append(tested, 1, 1, 3);
    append(tested, 1, 4, 2);
    append(tested, 1, 6, 3);

    const int len = read_blob(blob, sizeof blob);

    for (int i = 0; i < len; i++) {
        const uint8_t byte = blob[i];

        blob[i] = (uint8_t)(byte ^ 1 << i % 8);
        run_sql(update, blob, len);
        assert_int_equal(count_all(tested), -1);
        assert_string_equal(test_text, "project 7: the records of offsets 4 to 5 are damaged");
        blob[i] = byte;
    }
    for (int part = 0; part < len; part += 7) {
        run_sql(update, blob, part);
        assert_int_equal(count_all(tested), -1);
    }
    assert_int_equal(tested->ops->seek_time(tested, PID, 5, &offset, test_text, sizeof test_text),
                     -1);
    /* What lies around it can be read. */
    assert_int_equal(test_count_records(tested, &plan, 1, 3), 3);
    assert_int_equal(test_count_records(tested, &plan, 6, 8), 3);

    run_sql(update, blob, len);
    assert_int_equal(count_all(tested), 8);
    close_store(tested);
}

static void damaged_columns_are_found(void **state)
{
    static const char *const updates[] = {
        "UPDATE run SET last_offset = 9223372036854775807 WHERE first_offset = 4",
        "UPDATE run SET last_offset = 6, last_ms = 6 WHERE first_offset = 4",
        "UPDATE run SET last_offset = 5, last_ms = 4 WHERE first_offset = 4",
        "UPDATE run SET last_ms = 'x' WHERE first_offset = 4",
        "UPDATE run SET last_ms = 5, first_offset = 5 WHERE first_offset = 4",
        "UPDATE run SET data = 5, first_offset = 4 WHERE first_offset = 5",
    };
    store *tested = open_fast();

    (void)state;
    (void)open_project(tested, 1);
    append(tested, 1, 1, 3);
    append(tested, 1, 4, 2);
    append(tested, 1, 6, 3);
    for (size_t i = 0; i < sizeof updates / sizeof updates[0]; i++) {
        run_sql(updates[i], NULL, 0);
        assert_int_equal(count_all(tested), -1);
        assert_non_null(strstr(test_text, "damaged"));
    }
    close_store(tested);
}

static void a_damaged_end_is_not_continued(void **state)
{
    store *tested = open_fast();
    store_state opened;

    (void)state;
    (void)open_project(tested, 1);
    append(tested, 1, 1, 3);
    close_store(tested);
    run_sql("UPDATE run SET last_offset = 9223372036854775807", NULL, 0);
    tested = open_fast();
    assert_int_equal(
        tested->ops->open_project(tested, PID, 2, 0, &opened, test_text, sizeof test_text), -1);
    assert_non_null(strstr(test_text, "damaged"));
    close_store(tested);
}

/* ---- bounds -------------------------------------------------------------------------------- */

static void a_full_file_refuses_until_it_is_trimmed(void **state)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY, .file_max_bytes = 400 << 10};
    store *tested = open_with(&options);
    test_plan plan = plan_at(1, 1, 10);
    int64_t stored = 0;
    int64_t tail;

    (void)state;
    (void)open_project(tested, 1);
    plan.body_max = 2000;
    while (test_append(tested, &plan) == 0) {
        stored += 10;
        assert_true(stored < 1000);
        plan.first_offset += 10;
    }
    assert_non_null(strstr(test_text, "full"));
    assert_true(stored > 100);
    assert_int_equal(test_append(tested, &plan), -1);
    assert_int_equal(test_count_records(tested, &plan, 1, INT64_MAX), stored);

    assert_int_equal(tested->ops->trim(tested, PID, &(store_retention){.max_bytes = 100 << 10}, 0,
                                       &tail, test_text, sizeof test_text),
                     0);
    assert_int_equal(test_append(tested, &plan), 0);
    assert_int_equal(test_count_records(tested, &plan, 1, INT64_MAX), stored + 11 - tail);
    close_store(tested);
}

/* The first batch's `done` waits, so that what is appended meanwhile is one group. */
typedef struct gatekeeper {
    store_batch batch;
    sem_t entered;
    sem_t open;
} gatekeeper;

static void wait_in_done(store_batch *batch, int result, const char *text, void *userdata)
{
    gatekeeper *self = userdata;

    (void)batch;
    (void)result;
    (void)text;
    (void)sem_post(&self->entered);
    while (sem_wait(&self->open) != 0)
        continue;
}

static void close_gate(store *tested, gatekeeper *self)
{
    *self = (gatekeeper){.batch = {.pid = PID, .epoch = 1, .done = wait_in_done, .userdata = self}};
    assert_int_equal(sem_init(&self->entered, 0, 0), 0);
    assert_int_equal(sem_init(&self->open, 0, 0), 0);
    tested->ops->append(tested, &self->batch);
    while (sem_wait(&self->entered) != 0)
        continue;
}

static void a_bad_batch_of_a_group_fails_alone(void **state)
{
    static const int64_t offsets[] = {1, 4, 2, 7, 7, 10}; /* the third and the fifth are bad */
    static const int results[] = {0, 0, -1, 0, -1, 0};
    store *tested = open_fast();
    gatekeeper keeper;
    test_batch *batches[6];

    (void)state;
    (void)open_project(tested, 1);
    close_gate(tested, &keeper);
    for (int i = 0; i < 6; i++) {
        const test_plan plan = plan_at(1, offsets[i], 3);

        batches[i] = test_batch_new(&plan);
        test_batch_append(tested, batches[i]);
    }
    assert_int_equal(sem_post(&keeper.open), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(test_batch_wait(batches[i]), results[i]);
        test_batch_free(batches[i]);
    }
    assert_int_equal(count_all(tested), 12);
    close_store(tested);
}

static off_t size_of(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 ? file.st_size : 0;
}

static void the_wal_is_kept_short(void **state)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY,
                                   .checkpoint_bytes = 64 << 10};
    store *tested = open_with(&options);
    test_plan plan = plan_at(1, 1, 100);
    const time_t until = time(NULL) + 30;
    int64_t written = 0;

    (void)state;
    (void)open_project(tested, 1);
    plan.body_max = 500;
    plan.is_shared = false;
    /* The checkpoints are a thread of their own, so the end is waited for. */
    while (written < (8 << 20) || size_of(path_of("-wal")) > (1 << 20)) {
        assert_int_equal(test_append(tested, &plan), 0);
        plan.first_offset += 100;
        written += 100 * 250;
        assert_true(time(NULL) < until);
    }
    assert_true(size_of(log_path) > (7 << 20)); /* it was copied */
    assert_int_equal(test_count_records(tested, &plan, 1, INT64_MAX), plan.first_offset - 1);
    close_store(tested);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest cases[] = {
        CASE(a_log_survives_its_process),
        CASE(an_epoch_is_remembered),
        CASE(the_head_outlives_the_records),
        CASE(appends_at_close_are_committed),
        CASE(a_second_owner_is_refused),
        CASE(another_process_is_refused_until_the_end),
        CASE(only_the_owner_can_read_the_files),
        CASE(a_newer_schema_is_refused),
        CASE(the_database_of_another_is_refused),
        CASE(what_is_no_database_is_refused),
        CASE(a_missing_folder_is_told),
        CASE(every_damaged_byte_is_found),
        CASE(damaged_columns_are_found),
        CASE(a_damaged_end_is_not_continued),
        CASE(a_full_file_refuses_until_it_is_trimmed),
        CASE(a_bad_batch_of_a_group_fails_alone),
        CASE(the_wal_is_kept_short),
    };
    int failed = store_cases_run();

    failed += cmocka_run_group_tests_name("the file", cases, NULL, NULL);
    return failed;
}
