/*
 * The tables of the PostgreSQL store, in a schema of their own.
 *
 *   version  one row: which migrations have run
 *   log      one row a project: where its log stands, and who may write it
 *   run      the batches, as batch_codec encodes them; last_ms and before_bytes rise along the
 *            offsets, see run_search.h
 *   epoch    the epochs of each project
 *   entry    the directory
 *   block    the index, see index.h
 *   progress how far each project is indexed; moved on by index_until(), which fails where
 *            somebody else has done that, so that of two gates one makes the index
 *
 * Fencing. A log is written by whoever knows its epoch and its fence. Opening a project makes a
 * new epoch; a writer that has lost its connection takes a new fence. advance() moves the log's
 * row on and fails where epoch, fence or head are others than the writer believes. So neither
 * another gate nor what an earlier connection of ours still had under way can get in between:
 * it would wait for the row, and then fail.
 *
 * Each committed batch is counted (log.batches). After a connection broke in the middle of a
 * commit the count tells whether it was committed; epoch.first_batch tells that of an epoch
 * which another gate has ended meanwhile.
 */
#include "gate/store/postgres_schema.h"

#include "gate/store/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The row of a log is written by each commit: room on its page lets that touch no index. Batches
   are not compressed: they are small, or bytes that someone has packed already. */
static const char migration_1[] =
    "CREATE TABLE rtmkit.log("
    " pid int4 PRIMARY KEY,"
    " epoch int8 NOT NULL,"
    " fence int8 NOT NULL,"
    " head int8 NOT NULL,"
    " last_ms int8 NOT NULL,"
    " batches int8 NOT NULL,"
    " epoch_count int8 NOT NULL) WITH (fillfactor = 20);"
    "CREATE TABLE rtmkit.run("
    " pid int4 NOT NULL,"
    " first_offset int8 NOT NULL,"
    " last_offset int8 NOT NULL,"
    " last_ms int8 NOT NULL,"
    " before_bytes int8 NOT NULL,"
    " data bytea NOT NULL,"
    " PRIMARY KEY(pid, first_offset));"
    "ALTER TABLE rtmkit.run ALTER COLUMN data SET STORAGE EXTERNAL;"
    "CREATE TABLE rtmkit.epoch("
    " pid int4 NOT NULL,"
    " number int8 NOT NULL," /* 1, 2, 3 … in the order of opening */
    " epoch int8 NOT NULL,"
    " first_offset int8 NOT NULL,"
    " first_batch int8 NOT NULL," /* batches committed before it */
    " opened_ms int8 NOT NULL,"
    " PRIMARY KEY(pid, number));"
    "CREATE TABLE rtmkit.entry("
    " pid int4 NOT NULL,"
    " key bytea NOT NULL,"
    " value bytea NOT NULL,"
    " PRIMARY KEY(pid, key));"
    "CREATE TABLE rtmkit.block("
    " pid int4 NOT NULL,"
    " kind int4 NOT NULL,"
    " a int8 NOT NULL,"
    " b int8 NOT NULL,"
    " first_id int8 NOT NULL,"
    " keep_offset int8 NOT NULL,"
    " data bytea NOT NULL,"
    " PRIMARY KEY(pid, kind, a, b, first_id));"
    "ALTER TABLE rtmkit.block ALTER COLUMN data SET STORAGE EXTERNAL;"
    "CREATE INDEX block_by_keep_offset ON rtmkit.block(pid, keep_offset);"
    "CREATE TABLE rtmkit.progress("
    " pid int4 PRIMARY KEY,"
    " indexed_until int8 NOT NULL) WITH (fillfactor = 20);"
    "CREATE FUNCTION rtmkit.advance(a_pid int4, a_epoch int8, a_fence int8, a_head int8,"
    "  a_new_head int8, a_last_ms int8) RETURNS void LANGUAGE plpgsql AS $body$"
    " BEGIN"
    "  UPDATE rtmkit.log SET head = a_new_head, last_ms = a_last_ms, batches = batches + 1"
    "   WHERE pid = a_pid AND epoch = a_epoch AND fence = a_fence AND head = a_head;"
    "  IF NOT FOUND THEN"
    "   RAISE EXCEPTION 'the log of project % is not as its writer believes', a_pid"
    "    USING ERRCODE = '" PG_STATE_FENCED "';"
    "  END IF;"
    " END $body$;"
    "CREATE FUNCTION rtmkit.index_until(a_pid int4, a_before int8, a_until int8) RETURNS void"
    "  LANGUAGE plpgsql AS $body$"
    " BEGIN"
    "  INSERT INTO rtmkit.progress VALUES(a_pid, 0) ON CONFLICT DO NOTHING;"
    "  UPDATE rtmkit.progress SET indexed_until = a_until"
    "   WHERE pid = a_pid AND indexed_until = a_before;"
    "  IF NOT FOUND THEN"
    "   RAISE EXCEPTION 'project % is indexed by another gate too', a_pid"
    "    USING ERRCODE = '" PG_STATE_FENCED "';"
    "  END IF;"
    " END $body$;"
    /* Opening is on the disk before it returns, whatever the session's commits do. */
    "CREATE FUNCTION rtmkit.open_log(a_pid int4, a_epoch int8, a_now_ms int8, a_is_synced int4,"
    "  a_kept int8, OUT r_fence int8, OUT r_head int8, OUT r_tail int8, OUT r_last_ms int8,"
    "  OUT r_end_bytes int8, OUT r_batches int8) LANGUAGE plpgsql AS $body$"
    " DECLARE v_number int8;"
    " BEGIN"
    "  IF a_is_synced <> 0 THEN"
    "   PERFORM pg_catalog.set_config('synchronous_commit', 'on', true);"
    "  END IF;"
    "  INSERT INTO rtmkit.log VALUES(a_pid, 0, 0, 0, -9223372036854775808, 0, 0)"
    "   ON CONFLICT DO NOTHING;"
    "  SELECT head, last_ms, batches INTO r_head, r_last_ms, r_batches"
    "   FROM rtmkit.log WHERE pid = a_pid FOR UPDATE;"
    "  IF EXISTS(SELECT 1 FROM rtmkit.epoch WHERE pid = a_pid AND epoch = a_epoch) THEN"
    "   RAISE EXCEPTION 'epoch of project % opened twice', a_pid"
    "    USING ERRCODE = '" PG_STATE_TWICE "';"
    "  END IF;"
    "  UPDATE rtmkit.log SET epoch = a_epoch, fence = fence + 1, epoch_count = epoch_count + 1"
    "   WHERE pid = a_pid RETURNING fence, epoch_count INTO r_fence, v_number;"
    "  INSERT INTO rtmkit.epoch VALUES(a_pid, v_number, a_epoch, r_head + 1, r_batches, a_now_ms);"
    "  DELETE FROM rtmkit.epoch WHERE pid = a_pid AND number <= v_number - a_kept;"
    "  SELECT coalesce((SELECT first_offset FROM rtmkit.run WHERE pid = a_pid"
    "   ORDER BY first_offset LIMIT 1), r_head + 1) INTO r_tail;"
    "  SELECT coalesce((SELECT before_bytes + octet_length(data) FROM rtmkit.run"
    "   WHERE pid = a_pid ORDER BY first_offset DESC LIMIT 1), 0) INTO r_end_bytes;"
    " END $body$;";

static const char *const migrations[] = {migration_1};

enum { SCHEMA_VERSION = sizeof migrations / sizeof migrations[0] };

/* Locks out who does the same at the same time, until the transaction ends. The number is ours
   alone, "rtmk". */
static const char begin_text[] = "BEGIN; SELECT pg_advisory_xact_lock(1920232811)";

/* What is there: no schema or an empty one: 0; ours: its version; another's: -1. */
static const char look_text[] =
    "SELECT CASE"
    " WHEN to_regclass('rtmkit.version') IS NOT NULL THEN 1"
    " WHEN EXISTS(SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('rtmkit')) THEN -1"
    " ELSE 0 END, (to_regnamespace('rtmkit') IS NOT NULL)::int4";

static int ask_numbers(pg_session *session, const char *sql, int32_t *ret_first,
                       int32_t *ret_second, char *text, size_t text_size)
{
    PGresult *result = PQexecParams(session->conn, sql, 0, NULL, NULL, NULL, NULL, 1);
    const bool is_there = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;

    if (is_there) {
        *ret_first = pg_get_int4(result, 0, 0);
        if (ret_second != NULL)
            *ret_second = pg_get_int4(result, 0, 1);
    } else {
        pg_session_text(session, result, "its schema cannot be read", text, text_size);
    }
    PQclear(result);
    return is_there ? 0 : -1;
}

/* The schema's version, 0 when there is none yet. */
static int read_version(pg_session *session, int32_t *ret_version, int32_t *ret_has_schema,
                        char *text, size_t text_size)
{
    int32_t found;

    if (ask_numbers(session, look_text, &found, ret_has_schema, text, text_size) < 0)
        return -1;
    if (found < 0) {
        store_text_set(text, text_size, "its schema rtmkit belongs to another program");
        return -1;
    }
    *ret_version = 0;
    if (found > 0 && ask_numbers(session, "SELECT version FROM rtmkit.version", ret_version, NULL,
                                 text, text_size) < 0)
        return -1;
    if (*ret_version > SCHEMA_VERSION) {
        store_text_set(text, text_size,
                       "was written by a newer release (schema %" PRId32 ", this one knows %d)",
                       *ret_version, (int)SCHEMA_VERSION);
        return -1;
    }
    return 0;
}

static int migrate(pg_session *session, int32_t version, bool has_schema, char *text,
                   size_t text_size)
{
    char sql[80];

    if (!has_schema && pg_session_execute(session, "CREATE SCHEMA rtmkit", text, text_size) < 0)
        return -1;
    if (version == 0 && pg_session_execute(session,
                                           "CREATE TABLE rtmkit.version(version int4 NOT NULL);"
                                           "INSERT INTO rtmkit.version VALUES(0)",
                                           text, text_size) < 0)
        return -1;
    for (; version < SCHEMA_VERSION; version++) {
        if (pg_session_execute(session, migrations[version], text, text_size) < 0)
            return -1;
    }
    (void)snprintf(sql, sizeof sql, "UPDATE rtmkit.version SET version = %d; COMMIT",
                   (int)SCHEMA_VERSION);
    return pg_session_execute(session, sql, text, text_size);
}

int pg_schema_prepare(pg_session *session, char *reterr_text, size_t text_size)
{
    int32_t version, has_schema;

    if (read_version(session, &version, &has_schema, reterr_text, text_size) < 0)
        return -1;
    if (version == SCHEMA_VERSION)
        return 0;
    if (pg_session_execute(session, begin_text, reterr_text, text_size) < 0)
        goto fail;
    /* Someone else may have done it while we waited. */
    if (read_version(session, &version, &has_schema, reterr_text, text_size) < 0)
        goto fail;
    if (version == SCHEMA_VERSION)
        return pg_session_execute(session, "COMMIT", reterr_text, text_size);
    if (migrate(session, version, has_schema != 0, reterr_text, text_size) < 0)
        goto fail;
    return 0;

fail:
    (void)pg_session_execute(session, "ROLLBACK", NULL, 0);
    return -1;
}

int pg_schema_check(pg_session *session, char *reterr_text, size_t text_size)
{
    int32_t version, has_schema;

    if (read_version(session, &version, &has_schema, reterr_text, text_size) < 0)
        return -1;
    if (version == SCHEMA_VERSION)
        return 0;
    store_text_set(reterr_text, text_size,
                   version == 0
                       ? "holds no store"
                       : "was written by an earlier release; rtmd updates it when it starts");
    return -1;
}
