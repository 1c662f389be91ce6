/*
 * The index of the PostgreSQL store. A pass is one pipeline and so one transaction. It does not
 * wait for the disk: what a crash takes back is made again from the log, whose commits came
 * before. Each pass moves the project's `progress` on from where it believes that to be, so when
 * two gates work at one project, one of them fails and nothing is indexed twice.
 */
#include "gate/store/postgres_index.h"

#include "gate/store/parts.h"

#include <stdio.h>

enum pg_index_query {
    QUERY_BLOCK_BEFORE,
    QUERY_BLOCK_AFTER,
    QUERY_RUN,
    QUERY_POSITION,
    QUERY_BEGIN,
    QUERY_END,
    QUERY_PUT_BLOCK,
    QUERY_DELETE_BLOCKS,
    QUERY_INDEX_UNTIL,
    QUERY_COUNT
};

#define OF_CONVERSATION "pid = $1::int4 AND kind = $2::int4 AND a = $3::int8 AND b = $4::int8"

static const char *const query_texts[QUERY_COUNT + 1] = {
    [QUERY_BLOCK_BEFORE] = "SELECT first_id, keep_offset, data FROM rtmkit.block"
                           " WHERE " OF_CONVERSATION " AND first_id <= $5::int8"
                           " ORDER BY first_id DESC LIMIT 1",
    [QUERY_BLOCK_AFTER] = "SELECT first_id, keep_offset, data FROM rtmkit.block"
                          " WHERE " OF_CONVERSATION " AND first_id >= $5::int8"
                          " ORDER BY first_id LIMIT 1",
    [QUERY_RUN] = "SELECT last_offset, data FROM rtmkit.run WHERE pid = $1::int4"
                  " AND first_offset <= $2::int8 ORDER BY first_offset DESC LIMIT 1",
    [QUERY_POSITION] = "SELECT head, coalesce((SELECT first_offset FROM rtmkit.run"
                       " WHERE pid = $1::int4 ORDER BY first_offset LIMIT 1), head + 1),"
                       " coalesce((SELECT indexed_until FROM rtmkit.progress"
                       " WHERE pid = $1::int4), 0) FROM rtmkit.log WHERE pid = $1::int4",
    [QUERY_BEGIN] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [QUERY_END] = "COMMIT",
    [QUERY_PUT_BLOCK] = "INSERT INTO rtmkit.block VALUES($1::int4, $2::int4, $3::int8, $4::int8,"
                        " $5::int8, $6::int8, $7::bytea) ON CONFLICT(pid, kind, a, b, first_id)"
                        " DO UPDATE SET keep_offset = excluded.keep_offset, data = excluded.data",
    [QUERY_DELETE_BLOCKS] = "DELETE FROM rtmkit.block WHERE " OF_CONVERSATION
                            " AND first_id BETWEEN $5::int8 AND $6::int8",
    [QUERY_INDEX_UNTIL] = "SELECT rtmkit.index_until($1::int4, $2::int8, $3::int8)",
};

/* ---- the storage --------------------------------------------------------------------------- */

static void add_conversation(pg_params *params, int32_t pid, const store_conversation *whose)
{
    pg_params_add_int4(params, pid);
    pg_params_add_int4(params, whose->kind);
    pg_params_add_int8(params, whose->a);
    pg_params_add_int8(params, whose->b);
}

static int find_block(index_storage *base, int32_t pid, const store_conversation *conversation,
                      index_find how, int64_t id, index_row *ret_row, char *reterr_text,
                      size_t text_size)
{
    pg_index *self = (pg_index *)base;
    pg_params params = {0};

    PQclear(self->block);
    add_conversation(&params, pid, conversation);
    pg_params_add_int8(&params, id);
    self->block = pg_session_run(&self->session,
                                 how == INDEX_AT_OR_BEFORE ? QUERY_BLOCK_BEFORE : QUERY_BLOCK_AFTER,
                                 &params, reterr_text, text_size);
    if (self->block == NULL)
        return -1;
    if (PQntuples(self->block) == 0)
        return 0;
    *ret_row = (index_row){
        .conversation = *conversation,
        .first_id = pg_get_int8(self->block, 0, 0),
        .keep_offset = pg_get_int8(self->block, 0, 1),
        .data = (const uint8_t *)PQgetvalue(self->block, 0, 2),
        .len = (size_t)PQgetlength(self->block, 0, 2),
    };
    return 1;
}

static int find_run(index_storage *base, int32_t pid, int64_t offset, const uint8_t **ret_data,
                    size_t *ret_len, char *reterr_text, size_t text_size)
{
    pg_index *self = (pg_index *)base;
    pg_params params = {0};

    PQclear(self->run);
    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, offset);
    self->run = pg_session_run(&self->session, QUERY_RUN, &params, reterr_text, text_size);
    if (self->run == NULL)
        return -1;
    if (PQntuples(self->run) == 0 || pg_get_int8(self->run, 0, 0) < offset)
        return 0;
    *ret_data = (const uint8_t *)PQgetvalue(self->run, 0, 1);
    *ret_len = (size_t)PQgetlength(self->run, 0, 1);
    return 1;
}

static int read_log(index_storage *base, int32_t pid, int64_t from_offset, int64_t until_offset,
                    store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size)
{
    return pg_reader_read_past(((pg_index *)base)->reader, pid, from_offset, until_offset, visit,
                               userdata, base->note, sizeof base->note, reterr_text, text_size);
}

static int send_change(pg_index *self, int32_t pid, const index_change *change)
{
    const index_row *row = &change->row;
    pg_params params = {0};

    add_conversation(&params, pid, &row->conversation);
    pg_params_add_int8(&params, row->first_id);
    pg_params_add_int8(&params, change->is_range ? change->until_id : row->keep_offset);
    if (change->is_range)
        return pg_session_send(&self->session, QUERY_DELETE_BLOCKS, &params);
    pg_params_add_bytes(&params, row->data, row->len);
    return pg_session_send(&self->session, QUERY_PUT_BLOCK, &params);
}

/* The fence comes first: another gate that has indexed the same is noticed before its blocks
   are touched. */
static int send_pass(pg_index *self, int32_t pid, const index_change *changes, size_t count,
                     int64_t indexed_until)
{
    pg_params params = {0};

    pg_params_add_int4(&params, pid);
    pg_params_add_int8(&params, self->indexed_until);
    pg_params_add_int8(&params, indexed_until);
    if (pg_session_send(&self->session, QUERY_INDEX_UNTIL, &params) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (send_change(self, pid, &changes[i]) < 0)
            return -1;
    }
    return 0;
}

static int apply(index_storage *base, int32_t pid, const index_change *changes, size_t count,
                 int64_t indexed_until, char *reterr_text, size_t text_size)
{
    pg_index *self = (pg_index *)base;

    if (asker_is_ending(self->asker)) {
        store_text_set(reterr_text, text_size, "the store is being closed");
        return -1;
    }
    if (pg_session_begin_pipeline(&self->session, reterr_text, text_size) < 0)
        return -1;
    if (send_pass(self, pid, changes, count, indexed_until) < 0) {
        pg_session_text(&self->session, NULL, "the index cannot be written", reterr_text,
                        text_size);
        pg_session_drop(&self->session);
        return -1;
    }
    if (pg_session_end_pipeline(&self->session, count + 1, reterr_text, text_size) < 0)
        return -1;
    self->indexed_until = indexed_until;
    return 0;
}

static const index_storage_ops storage_ops = {
    .find_block = find_block,
    .find_run = find_run,
    .read = read_log,
    .apply = apply,
};

/* ---- operations ---------------------------------------------------------------------------- */

int pg_index_init(pg_index *self, const pg_target *target, pg_reader *reader, asker *owner)
{
    *self = (pg_index){
        .base = {.ops = &storage_ops},
        .session = {.target = target, .statements = query_texts},
        .reader = reader,
        .asker = owner,
        .pass = index_pass_new(),
    };
    (void)snprintf(self->session.setup, sizeof self->session.setup, "SET synchronous_commit = off");
    return self->pass != NULL ? 0 : -1;
}

void pg_index_deinit(pg_index *self)
{
    PQclear(self->block);
    PQclear(self->run);
    pg_session_drop(&self->session);
    index_pass_free(self->pass);
    *self = (pg_index){0};
}

static int read_position(pg_index *self, int32_t pid, index_position *ret_position, char *text,
                         size_t text_size)
{
    pg_params params = {0};

    pg_params_add_int4(&params, pid);

    PGresult *result = pg_session_run(&self->session, QUERY_POSITION, &params, text, text_size);

    if (result == NULL)
        return -1;
    *ret_position = (index_position){.tail = 1};
    if (PQntuples(result) > 0)
        *ret_position = (index_position){
            .head = pg_get_int8(result, 0, 0),
            .tail = pg_get_int8(result, 0, 1),
            .indexed_until = pg_get_int8(result, 0, 2),
        };
    PQclear(result);
    self->indexed_until = ret_position->indexed_until;
    return 0;
}

static int catch_up(pg_index *self, int32_t pid, index_position *ret_position, char *text,
                    size_t text_size)
{
    if (read_position(self, pid, ret_position, text, text_size) < 0)
        return -1;
    return index_catch_up(self->pass, &self->base, pid, ret_position, text, text_size);
}

static int run_plain(pg_index *self, enum pg_index_query query, char *text, size_t text_size)
{
    PGresult *result = pg_session_run(&self->session, (int)query, NULL, text, text_size);

    PQclear(result);
    return result != NULL ? 0 : -1;
}

/* Catch up and answer in one state of the database. The answer tells how it went. */
static void try_answer(pg_index *self, store_ask *ask)
{
    char *text = ask->answer.text;
    const size_t text_size = sizeof ask->answer.text;
    index_position position;

    if (catch_up(self, ask->pid, &position, text, text_size) < 0 ||
        run_plain(self, QUERY_BEGIN, text, text_size) < 0)
        return;
    /* The tail of the very state that is read: what lies behind it is all there. */
    if (read_position(self, ask->pid, &position, text, text_size) == 0)
        index_answer(&self->base, ask, position.tail);
    (void)run_plain(self, QUERY_END, NULL, 0); /* ends a read: nothing can be lost */
}

/* Have a connection, without a transaction that an error has left open. */
static int see_connected(pg_index *self, bool *ret_is_new, char *text, size_t text_size)
{
    const bool is_usable = pg_session_is_up(&self->session) &&
                           PQtransactionStatus(self->session.conn) == PQTRANS_IDLE &&
                           PQpipelineStatus(self->session.conn) == PQ_PIPELINE_OFF;

    *ret_is_new = !is_usable;
    return is_usable ? 0 : pg_session_connect(&self->session, text, text_size);
}

int pg_index_catch_up(pg_index *self, int32_t pid, char *reterr_text, size_t text_size)
{
    index_position position;
    bool is_new;
    int r = see_connected(self, &is_new, reterr_text, text_size);

    if (r == 0)
        r = catch_up(self, pid, &position, reterr_text, text_size);
    if (r < 0 && !is_new && !pg_session_is_up(&self->session)) {
        r = pg_session_connect(&self->session, reterr_text, text_size);
        if (r == 0)
            r = catch_up(self, pid, &position, reterr_text, text_size);
    }
    return r;
}

/* A lost connection is made again once, and the question asked again: nobody has seen the first
   answer. */
void pg_index_answer(pg_index *self, store_ask *ask)
{
    char *text = ask->answer.text;
    const size_t text_size = sizeof ask->answer.text;
    bool is_new;

    ask->answer = (store_answer){.result = -1};
    if (see_connected(self, &is_new, text, text_size) < 0)
        return;
    try_answer(self, ask);
    if (ask->answer.result < 0 && !is_new && !pg_session_is_up(&self->session)) {
        store_answer_deinit(&ask->answer);
        ask->answer = (store_answer){.result = -1};
        if (pg_session_connect(&self->session, text, text_size) == 0)
            try_answer(self, ask);
    }
}
