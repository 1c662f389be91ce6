/*
 * A file of schema 1.
 */
#include "tests/support/store_v1.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "gate/store/batch_codec.h"

static const char schema[] = "PRAGMA journal_mode = WAL;"
                             "BEGIN;"
                             "CREATE TABLE run("
                             " pid INTEGER NOT NULL,"
                             " first_offset INTEGER NOT NULL,"
                             " last_offset INTEGER NOT NULL,"
                             " last_ms INTEGER NOT NULL,"
                             " before_bytes INTEGER NOT NULL,"
                             " data BLOB NOT NULL,"
                             " UNIQUE(pid, first_offset));"
                             "CREATE TABLE epoch("
                             " pid INTEGER NOT NULL,"
                             " number INTEGER NOT NULL,"
                             " epoch INTEGER NOT NULL,"
                             " first_offset INTEGER NOT NULL,"
                             " opened_ms INTEGER NOT NULL,"
                             " PRIMARY KEY(pid, number)) WITHOUT ROWID;"
                             "INSERT INTO epoch VALUES(7, 1, 11, 1, 5), (7, 2, 12, 101, 6);"
                             "PRAGMA application_id = 1920232811;"
                             "PRAGMA user_version = 1;"
                             "COMMIT;";

typedef struct writer {
    uint8_t data[2000];
    size_t len;
} writer;

static void put(writer *self, uint64_t number)
{
    for (; number >= 128; number /= 128)
        self->data[self->len++] = (uint8_t)(number % 128 + 128);
    self->data[self->len++] = (uint8_t)number;
}

static void put_signed(writer *self, int64_t number)
{
    put(self, number < 0 ? (uint64_t)(-(number + 1)) * 2 + 1 : (uint64_t)number * 2);
}

/* Messages first … first + STORE_V1_RUN - 1 as one batch. */
static void put_batch(writer *self, int first)
{
    char texts[200] = "";
    size_t text_len = 0;

    self->len = 9;
    for (int i = first; i < first + STORE_V1_RUN; i++)
        text_len += (size_t)snprintf(texts + text_len, sizeof texts - text_len, "m%da%d", i, i);
    put_signed(self, STORE_V1_PID);
    put(self, STORE_V1_RUN);
    put_signed(self, first);
    put(self, STORE_V1_RUN - 1);
    put_signed(self, (int64_t)first * 10);
    put(self, (STORE_V1_RUN - 1) * 10);
    put(self, text_len);
    for (int i = first; i < first + STORE_V1_RUN; i++) {
        const bool is_first = i == first;
        const int len = snprintf(NULL, 0, "m%d", i);

        self->data[self->len++] = 2; /* group; i % 4 == 0 came as bytes */
        if (i % 4 == 0)
            self->data[self->len - 1] |= 0x80;
        self->data[self->len++] = 30;
        put(self, is_first ? 0 : 1);
        put(self, is_first ? 0 : 10);
        put_signed(self, is_first ? i % 3 : i % 3 - (i - 1) % 3);
        put_signed(self, is_first ? STORE_V1_GID : 0);
        put_signed(self, is_first ? 1000 + i : 1);
        put_signed(self, 0); /* its text follows what came before it */
        put(self, (uint64_t)len);
        put_signed(self, 0);
        put(self, (uint64_t)len);
    }
    memcpy(self->data + self->len, texts, text_len);
    self->len += text_len;

    const uint64_t checksum = batch_checksum(self->data + 9, self->len - 9, 1);

    self->data[0] = 1;
    for (int i = 0; i < 8; i++)
        self->data[1 + i] = (uint8_t)(checksum >> 8 * i);
}

static int put_runs(sqlite3 *db)
{
    sqlite3_stmt *insert = NULL;
    int64_t before_bytes = 0;
    int code =
        sqlite3_prepare_v2(db, "INSERT INTO run VALUES(7, ?1, ?2, ?3, ?4, ?5)", -1, &insert, NULL);

    for (int first = 1; code == SQLITE_OK && first < STORE_V1_COUNT; first += STORE_V1_RUN) {
        const int last = first + STORE_V1_RUN - 1;
        writer batch;

        put_batch(&batch, first);
        (void)sqlite3_bind_int64(insert, 1, first);
        (void)sqlite3_bind_int64(insert, 2, last);
        (void)sqlite3_bind_int64(insert, 3, (int64_t)last * 10);
        (void)sqlite3_bind_int64(insert, 4, before_bytes);
        (void)sqlite3_bind_blob(insert, 5, batch.data, (int)batch.len, SQLITE_TRANSIENT);
        (void)sqlite3_step(insert);
        code = sqlite3_reset(insert);
        before_bytes += (int64_t)batch.len;
    }
    (void)sqlite3_finalize(insert);
    return code == SQLITE_OK ? 0 : -1;
}

int store_v1_write(const char *path)
{
    sqlite3 *db = NULL;
    int r = -1;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
        sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK)
        r = put_runs(db);
    if (sqlite3_close(db) != SQLITE_OK)
        r = -1;
    return r;
}
