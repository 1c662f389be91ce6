/*
 * Memory that runs out at each request of a small life of the SQLite store, those of SQLite
 * itself included: it is given our malloc, which a test can make fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <stdatomic.h>
#include <cmocka.h>

#include "tests/support/alloc_fail.h"
#include "tests/support/store_batches.h"
#include "tests/support/store_folder.h"
#include "tests/support/store_questions.h"

enum { PID = 7, BATCHES = 6, BATCH_LEN = 3 };

/* ---- SQLite's memory: a block with its size before it -------------------------------------- */

typedef union header {
    size_t len;
    max_align_t align;
} header;

static void *take(int len)
{
    header *block = malloc(sizeof *block + (size_t)len);

    if (block == NULL)
        return NULL;
    block->len = (size_t)len;
    return block + 1;
}

static void give_back(void *bytes)
{
    free((header *)bytes - 1);
}

static void *take_other(void *bytes, int len)
{
    header *block = realloc((header *)bytes - 1, sizeof *block + (size_t)len);

    if (block == NULL)
        return NULL;
    block->len = (size_t)len;
    return block + 1;
}

static int len_of(void *bytes)
{
    return bytes == NULL ? 0 : (int)((header *)bytes - 1)->len;
}

static int round_up(int len)
{
    return (len + 7) & ~7;
}

static int start(void *userdata)
{
    (void)userdata;
    return SQLITE_OK;
}

static void stop(void *userdata)
{
    (void)userdata;
}

/* ---- the life ------------------------------------------------------------------------------ */

static void note_result(store_batch *batch, int result, const char *text, void *userdata)
{
    atomic_int *stored = userdata;

    (void)batch;
    if (result < 0 && strstr(text, "memory") == NULL)
        abort(); /* it failed for another reason */
    if (result == 0)
        atomic_fetch_add(stored, 1);
}

static bool count_one(const store_record *record, const uint8_t *bytes, void *userdata)
{
    int *count = userdata;

    (void)record;
    (void)bytes;
    (*count)++;
    return true;
}

/* Open, append, read, trim. True when all went well; what is acknowledged is always there. */
static bool live(void *userdata)
{
    const store_options options = {.durability = STORE_DURABLE_MEMORY};
    const store_retention keep = {.max_bytes = 1};
    static const store_change changes[] = {
        {.key_len = 1, .value_at = 1, .value_len = 4},
        {.key_at = 1, .key_len = 1, .is_removal = true},
    };
    store_record records[BATCHES][BATCH_LEN];
    store_batch batches[BATCHES];
    atomic_int stored = 0;
    store *opened = NULL;
    store_state state;
    int count = 0;
    int64_t tail, offset;

    (void)userdata;
    store_folder_clear();
    if (store_open_sqlite(store_folder_log, &options, &opened, test_text, sizeof test_text) < 0)
        return false;
    if (opened->ops->open_project(opened, PID, 1, 0, &state, test_text, sizeof test_text) < 0) {
        opened->ops->close(opened);
        return false;
    }
    for (int64_t i = 0; i < BATCHES; i++) {
        for (int64_t j = 0; j < BATCH_LEN; j++)
            records[i][j] =
                (store_record){.offset = 1 + i * BATCH_LEN + j, .kind = STORE_ROOM, .msg_len = 5};
        if (i == BATCHES - 1) {
            records[i][BATCH_LEN - 1].kind = STORE_DELETE;
            records[i][BATCH_LEN - 1].mtype = STORE_ROOM;
        }
        batches[i] = (store_batch){.pid = PID,
                                   .epoch = 1,
                                   .records = records[i],
                                   .record_count = BATCH_LEN,
                                   .bytes = (const uint8_t *)"hello",
                                   .byte_count = 5,
                                   .changes = changes,
                                   .change_count = 2,
                                   .change_bytes = (const uint8_t *)"hello",
                                   .change_byte_count = 5,
                                   .done = note_result,
                                   .userdata = &stored};
        opened->ops->append(opened, &batches[i]);
    }

    store_ask ask = {
        .pid = PID, .question = STORE_ASK_PAGE, .conversation = {.kind = STORE_ROOM}, .num = 20};
    /* Done behind all batches. */
    bool is_well =
        opened->ops->open_project(opened, PID + 1, 1, 0, &state, test_text, sizeof test_text) == 0;

    is_well &= test_ask(opened, &ask) == 0;

    if (is_well && stored == BATCHES && ask.answer.row_count != BATCHES * BATCH_LEN - 2)
        abort(); /* the last record deletes another */
    store_answer_deinit(&ask.answer);
    is_well &= opened->ops->seek_time(opened, PID, 0, &offset, test_text, sizeof test_text) == 0;

    is_well &= opened->ops->trim(opened, PID, &keep, 0, &tail, test_text, sizeof test_text) == 0;
    opened->ops->close(opened);
    if (stored < BATCHES)
        is_well = false;

    /* The end of the log tells what is there, whatever was trimmed. */
    if (store_open_sqlite(store_folder_log, &options, &opened, test_text, sizeof test_text) < 0)
        return false;
    if (opened->ops->open_project(opened, PID, 2, 0, &state, test_text, sizeof test_text) == 0) {
        if (stored > 0 && state.head < BATCH_LEN)
            abort();
        if (stored == BATCHES && state.head != BATCHES * BATCH_LEN)
            abort();
        is_well &= opened->ops->read(opened, PID, 1, INT64_MAX, count_one, &count, test_text,
                                     sizeof test_text) == 0;
        if (is_well && (count == 0 || count % BATCH_LEN != 0))
            abort();
    } else {
        is_well = false;
    }
    opened->ops->close(opened);
    return is_well;
}

/* Requests that fail: each of the first, then some. STORE_ALLOC_ALL=1 takes all. */
static void running_out_of_memory_is_an_error(void **state)
{
    const bool is_all = getenv("STORE_ALLOC_ALL") != NULL;
    bool is_hit = true;

    (void)state;
    for (size_t nth = 1; is_hit; nth += 1 + (is_all ? 0 : nth / 50)) {
        alloc_fail_at(nth);

        const bool is_well = live(NULL);

        is_hit = alloc_fail_hit();
        if (alloc_fail_live() != 0) {
            const long left = alloc_fail_live();

            alloc_fail_reset();
            fail_msg("request %zu: %ld blocks are left", nth, left);
        }
        alloc_fail_reset();
        assert_true(is_well || is_hit);
    }
}

int main(void)
{
    static const sqlite3_mem_methods methods = {take,     give_back, take_other, len_of,
                                                round_up, start,     stop,       NULL};
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };

    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK || store_folder_make(NULL) != 0)
        return 1;
    (void)sqlite3_initialize();
    (void)live(NULL); /* what SQLite takes once and keeps */

    const int failed = cmocka_run_group_tests(cases, NULL, NULL);

    (void)store_folder_remove(NULL);
    return failed;
}
