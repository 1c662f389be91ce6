/*
 * One connection to PostgreSQL. Everything travels in binary, by prepared statements. Waiting for
 * an answer is done here and not by libpq, so that a gate that is told to end does not hang on a
 * server that says nothing.
 */
#include "gate/store/postgres_session.h"

#include "gate/store/parts.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 1000 };

/* ---- where to connect ---------------------------------------------------------------------- */

/* What holds unless the user says otherwise. A server that is gone must be noticed, also when
   nothing tells that it is. */
static const struct {
    const char *keyword;
    const char *value;
} defaults[] = {
    {"application_name", "rtmd"},
    {"connect_timeout", "10"},
    {"keepalives_idle", "20"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "30000"},
    {"target_session_attrs", "read-write"},
    {"client_encoding", "UTF8"},
};

enum { DEFAULT_COUNT = sizeof defaults / sizeof defaults[0] };

static const char *default_of(const char *keyword)
{
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        if (strcmp(defaults[i].keyword, keyword) == 0)
            return defaults[i].value;
    }
    return NULL;
}

static int add_word(pg_target *self, size_t at, const char *keyword, const char *value)
{
    self->keywords[at] = strdup(keyword);
    self->values[at] = strdup(value);
    return self->keywords[at] != NULL && self->values[at] != NULL ? 0 : -1;
}

static const char *value_of(const PQconninfoOption *parsed, const char *keyword)
{
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, keyword) == 0 && option->val != NULL && option->val[0] != '\0')
            return option->val;
    }
    return NULL;
}

/* Only these four are shown: whatever else there is may be a secret. */
static void show(pg_target *self, const PQconninfoOption *parsed)
{
    const char *host = value_of(parsed, "host");
    const char *port = value_of(parsed, "port");
    const char *user = value_of(parsed, "user");
    const char *database = value_of(parsed, "dbname");

    if (host == NULL)
        host = value_of(parsed, "hostaddr");
    store_text_set(self->shown, sizeof self->shown, "postgres://%s%s%s%s%s/%s",
                   user != NULL ? user : "", user != NULL ? "@" : "", host != NULL ? host : "",
                   port != NULL ? ":" : "", port != NULL ? port : "",
                   database != NULL ? database : "");
}

int pg_target_init(pg_target *ret_target, const char *conninfo, char *reterr_text, size_t text_size)
{
    pg_target self = {0};
    char *message = NULL; /* may repeat the whole string, password included */
    PQconninfoOption *parsed = PQconninfoParse(conninfo, &message);
    size_t count = 0;

    PQfreemem(message);
    if (parsed == NULL) {
        store_text_set(reterr_text, text_size,
                       "is no URI that PostgreSQL's library understands (it is not repeated here, "
                       "since it may hold a password)");
        return -1;
    }
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++)
        count++;
    self.keywords = calloc(count + 1, sizeof *self.keywords);
    self.values = calloc(count + 1, sizeof *self.values);
    if (self.keywords == NULL || self.values == NULL)
        goto fail;

    size_t at = 0;

    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        const char *value = option->val != NULL ? option->val : default_of(option->keyword);

        if (value != NULL && add_word(&self, at, option->keyword, value) < 0)
            goto fail;
        at += value != NULL;
    }
    show(&self, parsed);
    PQconninfoFree(parsed);
    *ret_target = self;
    return 0;

fail:
    PQconninfoFree(parsed);
    pg_target_deinit(&self);
    store_text_set(reterr_text, text_size, "out of memory");
    return -1;
}

void pg_target_deinit(pg_target *self)
{
    for (size_t i = 0; self->keywords != NULL && self->keywords[i] != NULL; i++)
        free(self->keywords[i]);
    for (size_t i = 0; self->values != NULL && self->values[i] != NULL; i++) {
        explicit_bzero(self->values[i], strlen(self->values[i]));
        free(self->values[i]);
    }
    free(self->keywords);
    free(self->values);
    *self = (pg_target){0};
}

/* ---- texts --------------------------------------------------------------------------------- */

void pg_session_text(const pg_session *self, const PGresult *result, const char *what, char *text,
                     size_t text_size)
{
    char line[256];
    const char *message =
        result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (message == NULL && self->conn != NULL)
        message = PQerrorMessage(self->conn);
    if (message == NULL || message[0] == '\0')
        message = "the connection is lost";
    (void)snprintf(line, sizeof line, "%s", message);
    for (char *at = line; *at != '\0'; at++) { /* one line, without the last line's end */
        if (*at == '\n' || *at == '\t')
            *at = at[1] == '\0' ? '\0' : ' ';
    }
    store_text_set(text, text_size, "%s: %s", what, line);
}

bool pg_has_state(const PGresult *result, const char *state)
{
    const char *has = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    return has != NULL && strcmp(has, state) == 0;
}

/* ---- connecting ---------------------------------------------------------------------------- */

static void ignore_notice(void *userdata, const PGresult *result)
{
    (void)userdata;
    (void)result;
}

/* Settings that every session needs. The first keeps names to what we say; the rest let the
   server notice that we are gone. */
static const char common_setup[] = "SET search_path = pg_catalog;"
                                   "SET lock_timeout = '10s';"
                                   "SET tcp_keepalives_idle = 20;"
                                   "SET tcp_keepalives_interval = 5;"
                                   "SET tcp_keepalives_count = 3;";

static int read_backend(pg_session *self)
{
    PGresult *result = PQexecParams(
        self->conn, "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        0, NULL, NULL, NULL, NULL, 1);
    const bool is_there = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;

    if (is_there) {
        self->backend_pid = pg_get_int4(result, 0, 0);
        self->backend_start = pg_get_int8(result, 0, 1);
    }
    PQclear(result);
    return is_there ? 0 : -1;
}

static int prepare_all(pg_session *self, char *text, size_t text_size)
{
    for (int i = 0; self->statements != NULL && self->statements[i] != NULL; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "s%d", i);

        PGresult *result = PQprepare(self->conn, name, self->statements[i], 0, NULL);
        const bool is_made = PQresultStatus(result) == PGRES_COMMAND_OK;

        if (!is_made)
            pg_session_text(self, result, "cannot prepare a statement", text, text_size);
        PQclear(result);
        if (!is_made)
            return -1;
    }
    return 0;
}

int pg_session_connect(pg_session *self, char *reterr_text, size_t text_size)
{
    pg_session_drop(self);
    self->conn = PQconnectdbParams((const char *const *)self->target->keywords,
                                   (const char *const *)self->target->values, 0);
    if (self->conn == NULL) {
        store_text_set(reterr_text, text_size, "out of memory");
        return -1;
    }
    if (PQstatus(self->conn) != CONNECTION_OK) {
        pg_session_text(self, NULL, "no connection to PostgreSQL", reterr_text, text_size);
        goto fail;
    }
    (void)PQsetNoticeReceiver(self->conn, ignore_notice, NULL);
    if (pg_session_execute(self, common_setup, reterr_text, text_size) < 0 ||
        (self->setup[0] != '\0' &&
         pg_session_execute(self, self->setup, reterr_text, text_size) < 0))
        goto fail;
    if (read_backend(self) < 0) {
        pg_session_text(self, NULL, "cannot set up the session", reterr_text, text_size);
        goto fail;
    }
    if (prepare_all(self, reterr_text, text_size) < 0)
        goto fail;
    return 0;

fail:
    pg_session_drop(self);
    return -1;
}

void pg_session_drop(pg_session *self)
{
    PQfinish(self->conn); /* takes NULL */
    self->conn = NULL;
}

bool pg_session_is_up(const pg_session *self)
{
    return self->conn != NULL && PQstatus(self->conn) == CONNECTION_OK;
}

/* ---- parameters and fields ----------------------------------------------------------------- */

static void add_number(pg_params *self, uint64_t value, int size)
{
    assert(self->count < PG_PARAMS_MAX);

    uint8_t *at = self->numbers[self->count];

    for (int i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    pg_params_add_bytes(self, at, (size_t)size);
}

void pg_params_add_int4(pg_params *self, int32_t value)
{
    add_number(self, (uint32_t)value, 4);
}

void pg_params_add_int8(pg_params *self, int64_t value)
{
    add_number(self, (uint64_t)value, 8);
}

void pg_params_add_bytes(pg_params *self, const uint8_t *bytes, size_t len)
{
    assert(self->count < PG_PARAMS_MAX && len <= INT_MAX);
    self->values[self->count] = len > 0 ? (const char *)bytes : ""; /* NULL would be a null */
    self->lengths[self->count] = (int)len;
    self->formats[self->count] = 1;
    self->count++;
}

static uint64_t get_number(const PGresult *result, int row, int column, int size)
{
    uint64_t value = 0;

    if (PQgetisnull(result, row, column) != 0 || PQgetlength(result, row, column) != size)
        return 0;

    const uint8_t *at = (const uint8_t *)PQgetvalue(result, row, column);

    for (int i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

int32_t pg_get_int4(const PGresult *result, int row, int column)
{
    return (int32_t)(uint32_t)get_number(result, row, column, 4);
}

int64_t pg_get_int8(const PGresult *result, int row, int column)
{
    return (int64_t)get_number(result, row, column, 8);
}

/* ---- statements ---------------------------------------------------------------------------- */

int pg_session_send(pg_session *self, int statement, const pg_params *params)
{
    static const pg_params none = {0};
    char name[16];

    if (params == NULL)
        params = &none;
    (void)snprintf(name, sizeof name, "s%d", statement);
    if (self->conn == NULL || PQsendQueryPrepared(self->conn, name, params->count, params->values,
                                                  params->lengths, params->formats, 1) != 1)
        return -1;
    return 0;
}

/* Until the next result is there: 0, or -1 when none will come. */
static int wait_for_answer(pg_session *self)
{
    while (PQisBusy(self->conn) != 0) {
        struct pollfd about = {.fd = PQsocket(self->conn), .events = POLLIN};
        const int flushed = PQflush(self->conn);

        if (flushed < 0 || about.fd < 0)
            return -1;
        if (flushed > 0)
            about.events |= POLLOUT;

        const int r = poll(&about, 1, WAIT_MS);

        if (r < 0 && errno != EINTR)
            return -1;
        if (r > 0 && PQconsumeInput(self->conn) != 1)
            return -1;
        if (r == 0 && self->give_up != NULL && self->give_up(self->userdata))
            return -1;
    }
    return 0;
}

PGresult *pg_session_next(pg_session *self)
{
    if (self->conn == NULL)
        return NULL;
    if (wait_for_answer(self) < 0) {
        pg_session_drop(self);
        return NULL;
    }
    return PQgetResult(self->conn);
}

PGresult *pg_session_run(pg_session *self, int statement, const pg_params *params,
                         char *reterr_text, size_t text_size)
{
    PGresult *kept = NULL;
    PGresult *result;

    if (pg_session_send(self, statement, params) < 0) {
        pg_session_text(self, NULL, "PostgreSQL cannot be asked", reterr_text, text_size);
        return NULL;
    }
    while ((result = pg_session_next(self)) != NULL) {
        PQclear(kept);
        kept = result;
    }
    if (PQresultStatus(kept) == PGRES_TUPLES_OK || PQresultStatus(kept) == PGRES_COMMAND_OK)
        return kept;
    pg_session_text(self, kept, "PostgreSQL refuses", reterr_text, text_size);
    PQclear(kept);
    return NULL;
}

/* What lies between two synchronisations is a transaction by itself. */
int pg_session_begin_pipeline(pg_session *self, char *reterr_text, size_t text_size)
{
    if (self->conn != NULL && PQenterPipelineMode(self->conn) == 1)
        return 0;
    pg_session_text(self, NULL, "PostgreSQL cannot be asked", reterr_text, text_size);
    return -1;
}

int pg_session_end_pipeline(pg_session *self, size_t count, char *reterr_text, size_t text_size)
{
    bool is_failed = false;
    PGresult *result;

    if (self->conn == NULL || PQpipelineSync(self->conn) != 1)
        goto lost;
    for (size_t i = 0; i < count; i++) {
        int result_count = 0;

        while ((result = pg_session_next(self)) != NULL) {
            const ExecStatusType status = PQresultStatus(result);

            result_count++;
            if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !is_failed) {
                pg_session_text(self, result, "PostgreSQL refuses", reterr_text, text_size);
                is_failed = true;
            }
            PQclear(result);
        }
        if (result_count == 0 || !pg_session_is_up(self))
            goto lost;
    }
    /* The commit itself may fail too: then that comes before the end. */
    while ((result = pg_session_next(self)) != NULL) {
        const ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_PIPELINE_SYNC && !is_failed) {
            pg_session_text(self, result, "PostgreSQL refuses", reterr_text, text_size);
            is_failed = true;
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC)
            break;
    }
    if (result == NULL || PQexitPipelineMode(self->conn) != 1)
        goto lost;
    return is_failed ? -1 : 0;

lost:
    if (!is_failed)
        pg_session_text(self, NULL, "PostgreSQL cannot be asked", reterr_text, text_size);
    pg_session_drop(self);
    return -1;
}

int pg_session_execute(pg_session *self, const char *sql, char *reterr_text, size_t text_size)
{
    PGresult *result;
    bool is_failed = false;

    if (self->conn == NULL || PQsendQuery(self->conn, sql) != 1) {
        pg_session_text(self, NULL, "PostgreSQL cannot be asked", reterr_text, text_size);
        return -1;
    }
    while ((result = pg_session_next(self)) != NULL) {
        const ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !is_failed) {
            pg_session_text(self, result, "PostgreSQL refuses", reterr_text, text_size);
            is_failed = true;
        }
        PQclear(result);
    }
    if (!is_failed && !pg_session_is_up(self)) {
        pg_session_text(self, NULL, "PostgreSQL cannot be asked", reterr_text, text_size);
        is_failed = true;
    }
    return is_failed ? -1 : 0;
}
