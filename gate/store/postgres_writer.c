/*
 * What the PostgreSQL store writes. A transaction is one pipeline: BEGIN, for each batch the
 * fence, the run and the directory's changes, COMMIT; so it costs one round trip, however many
 * batches it holds.
 *
 * What a project's log will end with is noted aside and becomes true when the transaction is
 * known to be committed. When the connection breaks before that is known, the writer connects
 * anew and takes a new fence on the log. That waits until whatever the old connection still did
 * has ended, and from then on nothing of it can be committed any more; so the count of batches
 * that it reads with the fence tells for good whether the transaction was.
 */
#include "gate/store/postgres_writer.h"

#include "gate/store/postgres_schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TRANSACTION_BYTES = 16 << 20, /* encoded, and the one that passes it */
    RUN_BYTES_MAX = 512 << 20,    /* PostgreSQL takes 1 GiB in a field */
    TRIES_MAX = 3,                /* of a transaction whose connection breaks each time */
    PAUSE_MIN_MS = 100,
    PAUSE_MAX_MS = 5000,
    GIVE_UP_MS = 10000 /* without connection: then batches fail that are not under way */
};

enum pg_command {
    COMMAND_BEGIN,
    COMMAND_COMMIT,
    COMMAND_ROLLBACK,
    COMMAND_ADVANCE,
    COMMAND_INSERT_RUN,
    COMMAND_PUT_ENTRY,
    COMMAND_REMOVE_ENTRY,
    COMMAND_TAKE_FENCE,
    COMMAND_END_OF_EPOCH,
    COMMAND_END_BACKEND,
    COMMAND_OPEN_LOG,
    COMMAND_COUNT
};

static const char *const command_texts[COMMAND_COUNT + 1] = {
    [COMMAND_BEGIN] = "BEGIN",
    [COMMAND_COMMIT] = "COMMIT",
    [COMMAND_ROLLBACK] = "ROLLBACK",
    [COMMAND_ADVANCE] = "SELECT rtmkit.advance($1::int4, $2::int8, $3::int8, $4::int8, $5::int8,"
                        " $6::int8)",
    [COMMAND_INSERT_RUN] = "INSERT INTO rtmkit.run VALUES($1::int4, $2::int8, $3::int8, $4::int8,"
                           " $5::int8, $6::bytea)",
    [COMMAND_PUT_ENTRY] = "INSERT INTO rtmkit.entry VALUES($1::int4, $2::bytea, $3::bytea)"
                          " ON CONFLICT(pid, key) DO UPDATE SET value = excluded.value",
    [COMMAND_REMOVE_ENTRY] = "DELETE FROM rtmkit.entry WHERE pid = $1::int4 AND key = $2::bytea",
    [COMMAND_TAKE_FENCE] = "UPDATE rtmkit.log SET fence = fence + 1 WHERE pid = $1::int4"
                           " AND epoch = $2::int8 RETURNING fence, head, batches",
    /* Where an epoch ended that another gate has taken over from. */
    [COMMAND_END_OF_EPOCH] = "SELECT later.first_batch, later.epoch FROM rtmkit.epoch AS ours"
                             " JOIN rtmkit.epoch AS later ON later.pid = ours.pid"
                             " AND later.number = ours.number + 1"
                             " WHERE ours.pid = $1::int4 AND ours.epoch = $2::int8",
    [COMMAND_END_BACKEND] = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE pid = $1::int4 AND backend_start = $2::timestamptz",
    [COMMAND_OPEN_LOG] = "SELECT r_fence, r_head, r_tail, r_last_ms, r_end_bytes, r_batches"
                         " FROM rtmkit.open_log($1::int4, $2::int8, $3::int8, $4::int4, $5::int8)",
};

/* Where a project's log ends. */
typedef struct log_end {
    store_position position;
    int64_t end_bytes;
    int64_t batches;
} log_end;

typedef struct project {
    log_end committed;
    log_end pending;      /* valid in the transaction of that number */
    uint64_t transaction; /* 0: in none */
    int64_t fence;
    uint64_t connection; /* the one that took the fence */
    bool is_lost;        /* to another gate: nothing is written any more */
    char lost_text[200];
} project;

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the connection ------------------------------------------------------------------------ */

static int connect_now(pg_writer *self, char *text, size_t text_size)
{
    const int32_t old_pid = self->session.backend_pid;
    const int64_t old_start = self->session.backend_start;

    if (pg_session_connect(&self->session, text, text_size) < 0)
        return -1;
    self->connection++;
    if (old_pid != 0) {
        /* It may hold the rows of our logs, and not know yet that we have gone. */
        pg_params params = {0};

        pg_params_add_int4(&params, old_pid);
        pg_params_add_int8(&params, old_start);
        PQclear(pg_session_run(&self->session, COMMAND_END_BACKEND, &params, NULL, 0));
    }
    return 0;
}

static void note_down(pg_writer *self, const char *text)
{
    const int64_t now = now_ms();

    if (self->down_since_ms == 0) {
        self->down_since_ms = now;
        self->pause_ms = PAUSE_MIN_MS;
    } else {
        self->pause_ms = self->pause_ms * 2 < PAUSE_MAX_MS ? self->pause_ms * 2 : PAUSE_MAX_MS;
    }
    self->next_try_ms = now + self->pause_ms;
    (void)snprintf(self->down_text, sizeof self->down_text, "%s", text);
}

/*
 * See that there is a connection. With `must_know` it goes on until there is one, or the store
 * closes; else it gives up when there has been none for GIVE_UP_MS. 0 or -1.
 */
static int see_connected(pg_writer *self, bool must_know, char *text, size_t text_size)
{
    char failure[200];

    while (!pg_session_is_up(&self->session)) {
        const int64_t now = now_ms();
        const bool is_down = self->down_since_ms != 0;

        if (is_down && !must_know && now - self->down_since_ms >= GIVE_UP_MS &&
            now < self->next_try_ms)
            goto fail;
        if (is_down && now < self->next_try_ms &&
            !self->pause(self->userdata, self->next_try_ms - now))
            goto fail;
        if (connect_now(self, failure, sizeof failure) == 0)
            break;
        note_down(self, failure);
        if (!self->pause(self->userdata, 0))
            goto fail;
    }
    self->down_since_ms = 0;
    return 0;

fail:
    store_text_set(text, text_size, "%s", self->down_text);
    return -1;
}

/* ---- whose log it is ----------------------------------------------------------------------- */

static void note_lost(project *owner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note_lost(project *owner, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(owner->lost_text, sizeof owner->lost_text, format, args);
    va_end(args);
    owner->is_lost = true;
}

/* Say who has the log instead of us, and how many batches of ours were committed: that, or -1
   when it cannot be known. */
static int64_t look_for_owner(pg_writer *self, int32_t pid, project *owner)
{
    int64_t batches = -1;
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, (int64_t)owner->committed.position.epoch);

    PGresult *result = pg_session_run(&self->session, COMMAND_END_OF_EPOCH, &params, NULL, 0);

    if (result != NULL && PQntuples(result) == 1) {
        batches = pg_get_int8(result, 0, 0);
        note_lost(owner,
                  "project %" PRId32 ": another gate has taken over its log (epoch %016" PRIx64
                  "); this one writes it no more",
                  pid, (uint64_t)pg_get_int8(result, 0, 1));
    } else if (result != NULL) {
        note_lost(owner,
                  "project %" PRId32 ": its log is not as this gate has left it; this one writes "
                  "it no more",
                  pid);
    }
    PQclear(result);
    return batches;
}

/*
 * Take a new fence for the connection, and learn what is committed. 0 with the number of
 * batches, -1 when the connection failed; the project may be lost then or now.
 */
static int take_fence(pg_writer *self, int32_t pid, project *owner, int64_t *ret_batches,
                      char *text, size_t text_size)
{
    const log_end *end = &owner->committed;
    pg_params params = {0};
    int64_t head = 0;

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, (int64_t)end->position.epoch);

    PGresult *result = pg_session_run(&self->session, COMMAND_TAKE_FENCE, &params, text, text_size);

    if (result == NULL)
        return -1;

    const bool is_ours = PQntuples(result) == 1;

    if (is_ours) {
        owner->fence = pg_get_int8(result, 0, 0);
        head = pg_get_int8(result, 0, 1);
        *ret_batches = pg_get_int8(result, 0, 2);
    }
    PQclear(result);
    if (!is_ours) {
        *ret_batches = look_for_owner(self, pid, owner);
        return pg_session_is_up(&self->session) ? 0 : -1;
    }
    owner->connection = self->connection;
    if (head < end->position.head || *ret_batches < end->batches)
        note_lost(owner,
                  "project %" PRId32 ": PostgreSQL has lost what it had committed (up to offset "
                  "%" PRId64 ", now %" PRId64 "); it is not written before the gate starts again",
                  pid, end->position.head, head);
    return 0;
}

/* ---- sending ------------------------------------------------------------------------------- */

/* The end of a project's log as the transaction under way sees it. */
static log_end *pending_end(const pg_writer *self, project *owner)
{
    if (owner->transaction != self->transaction) {
        owner->pending = owner->committed;
        owner->transaction = self->transaction;
    }
    return &owner->pending;
}

static bool is_nothing(const store_batch *batch)
{
    return batch->record_count == 0 && batch->change_count == 0;
}

/* Whether a batch may be sent at all. 0 or -1 with a text. */
static int check_batch(pg_writer *self, const store_batch *batch, char *text, size_t text_size)
{
    project *owner = pid_table_get(&self->projects, batch->pid);

    if (owner == NULL) {
        store_text_set(text, text_size, "project %" PRId32 " is not open", batch->pid);
        return -1;
    }
    if (owner->is_lost) {
        store_text_set(text, text_size, "%s", owner->lost_text);
        return -1;
    }
    return store_batch_check(batch, &pending_end(self, owner)->position, text, text_size);
}

static int send_change(pg_writer *self, const store_batch *batch, const store_change *change)
{
    pg_params params = {0};

    pg_params_add_int4(&params, batch->pid);
    pg_params_add_bytes(&params, batch->change_bytes + change->key_at, change->key_len);
    if (change->is_removal)
        return pg_session_send(&self->session, COMMAND_REMOVE_ENTRY, &params);
    pg_params_add_bytes(&params, batch->change_bytes + change->value_at, change->value_len);
    return pg_session_send(&self->session, COMMAND_PUT_ENTRY, &params);
}

/* 0, 1 when it is refused with a text, or -1 when the connection failed. */
static int send_run(pg_writer *self, const batch_run *run, log_end *end, char *text,
                    size_t text_size)
{
    const store_record *last = &run->records[run->record_count - 1];
    pg_params params = {0};
    size_t len = 0;

    if (batch_buffer_encode(&self->buffer, run, &len) < 0 || len > RUN_BYTES_MAX) {
        store_text_set(text, text_size, len > 0 ? "a record is too large" : "out of memory");
        return 1;
    }
    pg_params_add_int4(&params, run->pid);
    pg_params_add_int8(&params, run->records[0].offset);
    pg_params_add_int8(&params, last->offset);
    pg_params_add_int8(&params, last->mtime_ms);
    pg_params_add_int8(&params, end->end_bytes);
    pg_params_add_bytes(&params, self->buffer.bytes, len);
    end->end_bytes += (int64_t)len;
    return pg_session_send(&self->session, COMMAND_INSERT_RUN, &params);
}

static int send_runs(pg_writer *self, const store_batch *batch, log_end *end, pg_outcome *outcome)
{
    batch_run run;
    int r;

    if (batch->record_count == 0)
        return 0;
    run_split_begin(&self->split, batch);
    while ((r = run_split_next(&self->split, &run)) > 0) {
        r = send_run(self, &run, end, outcome->text, sizeof outcome->text);
        if (r != 0)
            return r;
        outcome->statement_count++;
    }
    if (r < 0)
        store_text_set(outcome->text, sizeof outcome->text, "out of memory");
    return r < 0 ? 1 : 0;
}

/*
 * Send what stores a batch that was checked; the fence comes first, so that a writer whose log
 * was taken over is told that and nothing else. 0, or -1 when the connection failed, or 1 when
 * it is refused with a text; the transaction must not be committed then.
 */
static int send_batch(pg_writer *self, const store_batch *batch, pg_outcome *outcome)
{
    project *owner = pid_table_get(&self->projects, batch->pid);
    log_end *end = pending_end(self, owner);
    store_position position = end->position;
    pg_params params = {0};

    if (batch->record_count > 0) {
        position.head = batch->records[batch->record_count - 1].offset;
        position.last_mtime_ms = batch->records[batch->record_count - 1].mtime_ms;
    }
    pg_params_add_int4(&params, batch->pid);
    pg_params_add_int8(&params, (int64_t)position.epoch);
    pg_params_add_int8(&params, owner->fence);
    pg_params_add_int8(&params, end->position.head);
    pg_params_add_int8(&params, position.head);
    pg_params_add_int8(&params, position.last_mtime_ms);
    if (pg_session_send(&self->session, COMMAND_ADVANCE, &params) < 0)
        return -1;
    outcome->statement_count = 1;

    const int r = send_runs(self, batch, end, outcome);

    if (r != 0)
        return r;
    for (size_t i = 0; i < batch->change_count; i++) {
        if (send_change(self, batch, &batch->changes[i]) < 0)
            return -1;
    }
    outcome->statement_count += batch->change_count;
    end->position = position;
    end->batches++;
    return 0;
}

/* ---- one transaction ----------------------------------------------------------------------- */

/* A part of the list of batches that is written together. */
typedef struct part {
    const store_batch *first;
    size_t count;
    pg_outcome *outcomes;
} part;

static void set_outcome(pg_outcome *outcome, int result, const char *text)
{
    outcome->result = result;
    (void)snprintf(outcome->text, sizeof outcome->text, "%s", text != NULL ? text : "");
}

/* Fences taken by an earlier connection are void. 0 or -1: the connection failed. */
static int renew_fences(pg_writer *self, const part *written, char *text, size_t text_size)
{
    const store_batch *batch = written->first;

    for (size_t i = 0; i < written->count; i++, batch = batch->next) {
        project *owner = pid_table_get(&self->projects, batch->pid);
        int64_t batches;

        if (owner != NULL && !owner->is_lost && owner->connection != self->connection &&
            take_fence(self, batch->pid, owner, &batches, text, text_size) < 0)
            return -1;
    }
    return 0;
}

/* Send the whole transaction. 0, or -1 when the connection failed. */
static int send_part(pg_writer *self, const part *written)
{
    const store_batch *batch = written->first;
    enum pg_command end = COMMAND_COMMIT;

    self->transaction++;
    if (PQenterPipelineMode(self->session.conn) != 1 ||
        pg_session_send(&self->session, COMMAND_BEGIN, NULL) < 0)
        return -1;
    for (size_t i = 0; i < written->count; i++, batch = batch->next) {
        pg_outcome *outcome = &written->outcomes[i];
        int r;

        *outcome = (pg_outcome){.result = 0};
        if (is_nothing(batch))
            continue;
        if (check_batch(self, batch, outcome->text, sizeof outcome->text) < 0) {
            outcome->result = -1;
            continue;
        }
        outcome->is_sent = true;
        r = send_batch(self, batch, outcome);
        if (r < 0)
            return -1;
        if (r > 0) { /* a part of it is sent */
            outcome->result = -1;
            end = COMMAND_ROLLBACK;
        }
    }
    if (pg_session_send(&self->session, (int)end, NULL) < 0 ||
        PQpipelineSync(self->session.conn) != 1)
        return -1;
    return 0;
}

/* How the statements of a transaction ended. */
typedef struct reading {
    bool is_failed;
    bool is_fenced;
    char text[200];
} reading;

/* Read the results of one statement. 0, or -1 when the connection was lost. */
static int read_statement(pg_writer *self, reading *read)
{
    PGresult *result;
    int count = 0;

    while ((result = pg_session_next(&self->session)) != NULL) {
        const ExecStatusType status = PQresultStatus(result);

        count++;
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !read->is_failed) {
            read->is_failed = true;
            read->is_fenced = pg_has_state(result, PG_STATE_FENCED);
            pg_session_text(&self->session, result, "PostgreSQL refuses the batch", read->text,
                            sizeof read->text);
        }
        /* A COMMIT of a transaction that failed is answered like this, without an error. */
        if (status == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "ROLLBACK") == 0)
            read->is_failed = true;
        PQclear(result);
    }
    return count > 0 && pg_session_is_up(&self->session) ? 0 : -1;
}

/*
 * Read the answers to a transaction up to the pipeline's end. 0: they tell how it ended; -1: the
 * connection was lost. `ret_culprit` gets the batch at which it failed, if at one.
 */
static int read_part(pg_writer *self, const part *written, reading *ret_read,
                     const store_batch **ret_culprit)
{
    const store_batch *batch = written->first;
    reading read = {.is_failed = false};

    if (read_statement(self, &read) < 0) /* BEGIN */
        return -1;
    for (size_t i = 0; i < written->count; i++, batch = batch->next) {
        if (!written->outcomes[i].is_sent)
            continue;
        for (size_t n = written->outcomes[i].statement_count; n > 0; n--) {
            const bool was_failed = read.is_failed;

            if (read_statement(self, &read) < 0)
                return -1;
            if (read.is_failed && !was_failed)
                *ret_culprit = batch;
        }
    }
    if (read_statement(self, &read) < 0) /* COMMIT */
        return -1;

    PGresult *result = pg_session_next(&self->session);
    const bool is_end = PQresultStatus(result) == PGRES_PIPELINE_SYNC;

    PQclear(result);
    if (!is_end || PQexitPipelineMode(self->session.conn) != 1)
        return -1;
    *ret_read = read;
    return 0;
}

static void accept_part(pg_writer *self, const part *written)
{
    const store_batch *batch = written->first;

    for (size_t i = 0; i < written->count; i++, batch = batch->next) {
        project *owner = pid_table_get(&self->projects, batch->pid);

        if (owner != NULL && owner->transaction == self->transaction)
            owner->committed = owner->pending;
    }
}

/* Every batch that was sent ends like this; the others have their own reason. */
static void fail_sent(const part *written, const char *text)
{
    for (size_t i = 0; i < written->count; i++) {
        if (written->outcomes[i].is_sent && written->outcomes[i].result == 0)
            set_outcome(&written->outcomes[i], -1, text);
    }
}

/*
 * The connection broke while a transaction was under way: find out what has become of it. 1 when
 * it was committed, 0 when it was not, -1 when nobody can tell, with a text.
 */
static int resolve(pg_writer *self, const part *written, char *text, size_t text_size)
{
    const store_batch *batch = written->first;
    project *owner = NULL;
    int64_t batches;

    /* All or nothing: any one batch that was sent tells for all. */
    for (size_t i = 0; i < written->count; i++, batch = batch->next) {
        owner = pid_table_get(&self->projects, batch->pid);
        if (owner != NULL && owner->transaction == self->transaction &&
            owner->pending.batches > owner->committed.batches)
            break;
        owner = NULL;
    }
    if (owner == NULL)
        return 0;
    for (;;) {
        if (see_connected(self, true, text, text_size) < 0)
            return -1;
        if (take_fence(self, batch->pid, owner, &batches, text, text_size) == 0)
            break;
        pg_session_drop(&self->session); /* whatever it was: after a pause, anew */
        note_down(self, text);
    }

    if (batches < 0) {
        store_text_set(text, text_size, "%s", owner->lost_text);
        return -1;
    }
    return batches >= owner->pending.batches ? 1 : 0;
}

/* Write a part as one transaction. 0 when each batch has its outcome, 1 when the transaction
   failed for one of several, so that each should be tried alone. */
static int write_part(pg_writer *self, const part *written)
{
    char text[200] = "";
    reading read = {.is_failed = false};
    const store_batch *culprit = NULL;

    for (int tries = 0; tries < TRIES_MAX; tries++) {
        for (size_t i = 0; i < written->count; i++) /* not sent yet, so known to be not stored */
            written->outcomes[i] = (pg_outcome){.is_sent = true};
        if (see_connected(self, false, text, sizeof text) < 0)
            break;
        if (renew_fences(self, written, text, sizeof text) < 0)
            continue;

        if (send_part(self, written) == 0 && read_part(self, written, &read, &culprit) == 0) {
            if (!read.is_failed) {
                accept_part(self, written);
                return 0;
            }
            if (PQtransactionStatus(self->session.conn) != PQTRANS_IDLE &&
                pg_session_execute(&self->session, "ROLLBACK", NULL, 0) < 0)
                pg_session_drop(&self->session);
            if (read.is_fenced && culprit != NULL)
                (void)look_for_owner(self, culprit->pid,
                                     pid_table_get(&self->projects, culprit->pid));
            if (written->count > 1)
                return 1;
            const project *owner = pid_table_get(&self->projects, written->first->pid);

            fail_sent(written, read.is_fenced && owner->is_lost ? owner->lost_text : read.text);
            return 0;
        }

        pg_session_drop(&self->session);
        switch (resolve(self, written, text, sizeof text)) {
        case 1:
            accept_part(self, written);
            return 0;
        case 0:
            (void)snprintf(text, sizeof text, "the connection to PostgreSQL broke %d times",
                           tries + 1);
            continue;
        default:
            (void)snprintf(read.text, sizeof read.text,
                           "the connection to PostgreSQL broke, and whether this was stored is "
                           "not known: %.100s",
                           text);
            fail_sent(written, read.text);
            return 0;
        }
    }
    fail_sent(written, text);
    return 0;
}

/* ---- batches ------------------------------------------------------------------------------- */

/* How many batches from here on go into one transaction. */
static size_t part_size(const store_batch *batch)
{
    size_t count = 0;
    size_t bytes = 0;

    for (; batch != NULL && count < PG_TRANSACTION_BATCHES && bytes < TRANSACTION_BYTES;
         batch = batch->next) {
        count++;
        bytes += batch->byte_count + batch->change_byte_count;
    }
    return count;
}

void pg_writer_commit(pg_writer *self, store_batch *batches)
{
    while (batches != NULL) {
        const part written = {batches, part_size(batches), self->outcomes};
        const bool is_split = write_part(self, &written) > 0;
        store_batch *batch = batches;

        for (size_t i = 0; i < written.count; i++) {
            store_batch *next = batch->next; /* `done` may free the batch */
            pg_outcome *outcome = &self->outcomes[i];

            if (is_split) {
                const part alone = {batch, 1, outcome};

                (void)write_part(self, &alone);
            }
            batch->done(batch, outcome->result, outcome->result < 0 ? outcome->text : NULL,
                        batch->userdata);
            batch = next;
        }
        batches = batch;
    }
    batch_buffer_shed(&self->buffer);
}

/* ---- projects ------------------------------------------------------------------------------ */

static project *get_project(pg_writer *self, int32_t pid)
{
    project *found = pid_table_get(&self->projects, pid);

    if (found != NULL)
        return found;
    found = calloc(1, sizeof *found);
    if (found == NULL)
        return NULL;
    found->is_lost = true; /* until it is open */
    (void)snprintf(found->lost_text, sizeof found->lost_text, "project %" PRId32 " is not open",
                   pid);
    if (pid_table_add(&self->projects, pid, found) < 0) {
        free(found);
        return NULL;
    }
    return found;
}

static PGresult *open_log(pg_writer *self, int32_t pid, uint64_t epoch, int64_t opened_ms,
                          char *text, size_t text_size)
{
    pg_params params = {0};
    PGresult *result;
    PGresult *kept = NULL;

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, (int64_t)epoch);
    pg_params_add_int8(&params, opened_ms);
    pg_params_add_int4(&params, self->durability != STORE_DURABLE_MEMORY);
    pg_params_add_int8(&params, STORE_EPOCHS_KEPT);
    if (pg_session_send(&self->session, COMMAND_OPEN_LOG, &params) < 0) {
        pg_session_text(&self->session, NULL, "its log cannot be opened", text, text_size);
        return NULL;
    }
    while ((result = pg_session_next(&self->session)) != NULL) {
        PQclear(kept);
        kept = result;
    }
    if (PQresultStatus(kept) == PGRES_TUPLES_OK && PQntuples(kept) == 1)
        return kept;
    if (pg_has_state(kept, PG_STATE_TWICE))
        store_text_set(text, text_size,
                       "project %" PRId32 ": epoch %016" PRIx64 " cannot be opened twice", pid,
                       epoch);
    else
        pg_session_text(&self->session, kept, "its log cannot be opened", text, text_size);
    PQclear(kept);
    return NULL;
}

int pg_writer_open_project(pg_writer *self, int32_t pid, uint64_t epoch, int64_t opened_ms,
                           store_state *ret_state, char *reterr_text, size_t text_size)
{
    if (epoch == 0) {
        store_text_set(reterr_text, text_size,
                       "project %" PRId32 ": epoch %016" PRIx64 " cannot be opened twice", pid,
                       epoch);
        return -1;
    }
    if (!pg_session_is_up(&self->session) && connect_now(self, reterr_text, text_size) < 0)
        return -1;

    project *opened = get_project(self, pid);

    if (opened == NULL) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }

    PGresult *row = open_log(self, pid, epoch, opened_ms, reterr_text, text_size);

    if (row == NULL)
        return -1;

    const int64_t head = pg_get_int8(row, 0, 1);
    const int64_t tail = pg_get_int8(row, 0, 2);
    const int64_t last_ms = pg_get_int8(row, 0, 3);

    *opened = (project){
        .committed = {.position = {.epoch = epoch, .head = head, .last_mtime_ms = last_ms},
                      .end_bytes = pg_get_int8(row, 0, 4),
                      .batches = pg_get_int8(row, 0, 5)},
        .fence = pg_get_int8(row, 0, 0),
        .connection = self->connection,
    };
    PQclear(row);
    *ret_state = (store_state){
        .epoch = epoch,
        .head = head,
        .tail = tail,
        .last_mtime_ms = tail <= head ? last_ms : 0,
    };
    return 0;
}

/* ---- making -------------------------------------------------------------------------------- */

int pg_writer_init(pg_writer *self, const pg_target *target, store_durability durability,
                   pg_pause_fn *pause, pg_give_up_fn *give_up, void *userdata, char *reterr_text,
                   size_t text_size)
{
    /* What a commit waits for; store.h and rtmd.conf(5) say what that is worth. */
    static const char *const synchronous[] = {
        [STORE_DURABLE_MEMORY] = "SET synchronous_commit = off",
        [STORE_DURABLE_NORMAL] = "SET synchronous_commit = local",
        [STORE_DURABLE_FULL] = "SET synchronous_commit = on",
    };

    *self = (pg_writer){
        .session = {.target = target, .give_up = give_up, .userdata = userdata},
        .durability = durability,
        .pause = pause,
        .userdata = userdata,
    };
    (void)snprintf(self->session.setup, sizeof self->session.setup, "%s", synchronous[durability]);
    self->outcomes = calloc(PG_TRANSACTION_BATCHES, sizeof *self->outcomes);
    if (self->outcomes == NULL) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    /* The statements can only be prepared when there are tables. */
    if (pg_session_connect(&self->session, reterr_text, text_size) < 0 ||
        pg_schema_prepare(&self->session, reterr_text, text_size) < 0)
        goto fail;
    self->session.statements = command_texts;
    self->session.backend_pid = 0;
    if (connect_now(self, reterr_text, text_size) < 0)
        goto fail;
    return 0;

fail:
    pg_writer_deinit(self);
    return -1;
}

void pg_writer_deinit(pg_writer *self)
{
    pg_session_drop(&self->session);
    pid_table_deinit(&self->projects, free);
    free(self->outcomes);
    run_split_deinit(&self->split);
    batch_buffer_deinit(&self->buffer);
    *self = (pg_writer){0};
}
