/*
 * kill -9: a child appends and reports each `done` through a pipe, and is killed after a number
 * of reports that a seed tells. What it reported must be in the log, byte for byte, the directory
 * be that of the log's last batch, each message be found by questions, and the log must go on
 * behind it. STORE_KILL_SEED runs one seed, STORE_KILL_SEEDS so many.
 *
 * Built with STORE_KILL_POSTGRES the log is in PostgreSQL, and sometimes the server is what
 * crashes while the child appends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#ifdef STORE_KILL_POSTGRES
#include "tests/support/postgres_server.h"
#endif
#include "tests/support/store_batches.h"
#include "tests/support/store_questions.h"

#ifdef STORE_KILL_POSTGRES
static const bool is_server_mortal = true;
#else
static const bool is_server_mortal = false;
#endif

enum { PIDS = 2, ROUNDS = 4, UNDER_WAY = 24, CANNOT_OPEN = 2 };

typedef struct run {
    char folder[60];
    char path[80];
    char name[200]; /* of the store */
    uint64_t seed;
    int64_t acknowledged[PIDS];
} run;

/* What a child tells: a project's newest stored offset. */
typedef struct report {
    int32_t pid;
    int64_t offset;
} report;

static test_plan plan_of(int32_t pid, uint64_t epoch, int64_t first_offset, size_t count)
{
    return (test_plan){.pid = pid,
                       .epoch = epoch,
                       .first_offset = first_offset,
                       .count = count,
                       .body_max = 200,
                       .mtime_step = 1};
}

static store *open_store(const run *self, bool is_full)
{
    /* A short WAL, so that many are killed in a checkpoint. */
    const store_options options = {.durability =
                                       is_full ? STORE_DURABLE_FULL : STORE_DURABLE_NORMAL,
                                   .checkpoint_bytes = 64 << 10};
    store *opened = NULL;

    if (store_open(self->name, &options, &opened, test_text, sizeof test_text) < 0) {
        (void)fprintf(stderr, "seed %llu: %s\n", (unsigned long long)self->seed, test_text);
        return NULL;
    }
    return opened;
}

/* ---- the child ----------------------------------------------------------------------------- */

static int report_fd;

static void report_done(store_batch *batch, int result, const char *text, void *userdata)
{
    const report told = {.pid = batch->pid,
                         .offset = batch->records[batch->record_count - 1].offset};

    (void)text;
    (void)userdata;
    if (result != 0 || write(report_fd, &told, sizeof told) != sizeof told)
        _exit(3);
}

/* Append until killed. After UNDER_WAY batches one is waited for, and with it all before it. */
static void live(const run *self, uint64_t epoch, uint64_t dice)
{
    store *opened = open_store(self, dice % 2 == 0);
    test_batch *batches[UNDER_WAY] = {NULL};
    int64_t next[PIDS];
    store_state state;

    if (opened == NULL)
        _exit(CANNOT_OPEN);
    for (int32_t pid = 0; pid < PIDS; pid++) {
        if (opened->ops->open_project(opened, pid, epoch, 0, &state, test_text, sizeof test_text) <
            0)
            _exit(CANNOT_OPEN);
        next[pid] = state.head + 1;
    }
    for (size_t i = 0;; i = (i + 1) % UNDER_WAY) {
        const int32_t pid = (int32_t)(test_dice(&dice) % PIDS);
        const test_plan plan = plan_of(pid, epoch, next[pid], 1 + test_dice(&dice) % 30);

        test_batch_free(batches[i]);
        batches[i] = test_batch_new(&plan);
        batches[i]->batch.done = report_done;
        next[pid] += (int64_t)plan.count;
        test_batch_append(opened, batches[i]);
        if (i == UNDER_WAY - 1) {
            const test_plan last = plan_of(pid, epoch, next[pid], 1);

            next[pid]++;
            if (test_append(opened, &last) != 0)
                _exit(4);
        }
        if (test_dice(&dice) % 20 == 0) {
            store_ask ask = {.pid = pid, .question = STORE_ASK_COUNT, .conversation = {.kind = 4}};

            /* The index is brought up to date meanwhile. */
            if (test_ask(opened, &ask) != 0 && !is_server_mortal)
                _exit(6);
            store_answer_deinit(&ask.answer);
        }
        if (test_dice(&dice) % 200 == 0) {
            const store_retention keep = {.max_bytes = 1 << 20};
            int64_t tail;

            if (opened->ops->trim(opened, pid, &keep, 0, &tail, test_text, sizeof test_text) < 0 &&
                !is_server_mortal)
                _exit(5);
        }
    }
}

/* ---- the parent ---------------------------------------------------------------------------- */

static bool read_report(int fd, report *ret_report)
{
    ssize_t len;

    do
        len = read(fd, ret_report, sizeof *ret_report);
    while (len < 0 && errno == EINTR);
    return len == sizeof *ret_report; /* a report is written at once or not */
}

/* Let a child live for some reports, and kill it. */
static void run_child(run *self, uint64_t epoch, uint64_t dice)
{
    const uint64_t reports = test_dice(&dice) % 150;
    int fds[2];
    int status;
    report got;

    assert_int_equal(pipe(fds), 0);

    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)close(fds[0]);
        report_fd = fds[1];
        live(self, epoch, test_dice(&dice));
    }
    (void)close(fds[1]);
    for (uint64_t i = 0; i < reports && read_report(fds[0], &got); i++)
        self->acknowledged[got.pid] = got.offset;

    uint64_t own_dice = ~dice; /* the child takes the next of that one */
    const bool is_crash = is_server_mortal && test_dice(&own_dice) % 2 == 0;

#ifdef STORE_KILL_POSTGRES
    if (is_crash)
        postgres_server_crash();
#endif
    (void)kill(child, SIGKILL);
    while (read_report(fds[0], &got)) /* what it told before it died */
        self->acknowledged[got.pid] = got.offset;
    (void)close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    /* A child that had no server to open its store on has ended by itself. */
    if (is_crash && WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_OPEN)
        assert_int_equal(reports, 0);
    else if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        fail_msg("the child ended by itself, with %d", WEXITSTATUS(status));
#ifdef STORE_KILL_POSTGRES
    if (is_crash)
        postgres_server_restart();
#endif
}

static void check_log(run *self, uint64_t epoch)
{
    store *opened = open_store(self, false);

    assert_non_null(opened);
    for (int32_t pid = 0; pid < PIDS; pid++) {
        store_state state;

        assert_int_equal(
            opened->ops->open_project(opened, pid, epoch, 0, &state, test_text, sizeof test_text),
            0);
        assert_true(state.head >= self->acknowledged[pid]);

        const test_plan plan = plan_of(pid, epoch, state.head + 1, 1);

        /* The directory is that of the last batch, whichever that was. */
        assert_int_equal(test_last_entry(opened, pid), state.head);
        /* No holes: each offset from the tail on is there, as it was. */
        assert_int_equal(test_count_records(opened, &plan, state.tail, INT64_MAX),
                         state.head - state.tail + 1);
        assert_int_equal(test_append(opened, &plan), 0);
        self->acknowledged[pid] = state.head + 1;
        assert_true(test_check_index(opened, pid) >= 0);
    }
    opened->ops->close(opened);
}

static void run_seed(uint64_t seed)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    const char *temporary = getenv("TMPDIR");
    run self = {.seed = seed};
    uint64_t dice = seed;
    char path[100];

    (void)snprintf(self.folder, sizeof self.folder, "%.30s/store_kill_XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    assert_non_null(mkdtemp(self.folder));
    (void)snprintf(self.path, sizeof self.path, "%s/log.db", self.folder);
#ifdef STORE_KILL_POSTGRES
    (void)snprintf(self.name, sizeof self.name, "%s", postgres_server_conninfo());
    (void)postgres_server_sql("SET client_min_messages = warning;"
                              "DROP SCHEMA IF EXISTS rtmkit CASCADE");
#else
    (void)snprintf(self.name, sizeof self.name, "sqlite:%s", self.path);
#endif
    for (uint64_t round = 0; round < ROUNDS; round++) {
        run_child(&self, 1 + 2 * round, test_dice(&dice));
        check_log(&self, 2 + 2 * round);
    }
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s%s", self.path, suffixes[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(self.folder), 0);
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    const char *one = getenv("STORE_KILL_SEED");
    const char *many = getenv("STORE_KILL_SEEDS");
    const uint64_t count = many != NULL ? strtoull(many, NULL, 10) : 6;

    (void)state;
    if (one != NULL) {
        run_seed(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= count; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run_seed(seed);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(what_was_acknowledged_survives_a_kill),
    };

#ifdef STORE_KILL_POSTGRES
    if (!postgres_server_start())
        return TEST_SKIPPED;

    const int failed = cmocka_run_group_tests(cases, NULL, NULL);

    postgres_server_stop();
    return failed;
#else
    return cmocka_run_group_tests(cases, NULL, NULL);
#endif
}
