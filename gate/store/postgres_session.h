/*
 * One connection to PostgreSQL that can be made again: where it goes, its prepared statements,
 * their parameters and results. Nothing here knows what the tables mean.
 */
#ifndef GATE_STORE_POSTGRES_SESSION_H
#define GATE_STORE_POSTGRES_SESSION_H

#include "gate/store/store.h"

#include <libpq-fe.h>

enum { PG_SHOWN_SIZE = 256, PG_SETUP_SIZE = 160, PG_PARAMS_MAX = 8 };

/** Where to connect, with our defaults for what the user has not said. */
typedef struct pg_target {
    char **keywords; /* NULL-terminated, as PQconnectStartParams() takes them */
    char **values;
    char shown[PG_SHOWN_SIZE]; /* for messages: host, port, database and user, no secret */
} pg_target;

/** Parse a URI or a "key=value" string. 0 or -1; the text never repeats what it was given. */
int pg_target_init(pg_target *ret_target, const char *conninfo, char *reterr_text,
                   size_t text_size);

/** Safe on one that is all zero. Secrets are wiped. */
void pg_target_deinit(pg_target *self);

/** Asked about once a second of waiting: true ends the wait, as if the connection were lost. */
typedef bool pg_give_up_fn(void *userdata);

typedef struct pg_session {
    const pg_target *target;       /* borrowed, as all it was made with */
    const char *const *statements; /* texts, prepared at each connect; NULL-terminated */
    char setup[PG_SETUP_SIZE];     /* run at each connect, beside what every session needs */
    pg_give_up_fn *give_up;        /* NULL: wait for ever */
    void *userdata;
    PGconn *conn; /* NULL while there is none */
    int32_t backend_pid;
    int64_t backend_start; /* as PostgreSQL counts; with the pid it names the backend */
} pg_session;

/** Connect, anew if need be. 0, or -1 with none. */
int pg_session_connect(pg_session *self, char *reterr_text, size_t text_size);

/** End the connection, if there is one. */
void pg_session_drop(pg_session *self);

/** Whether there is a connection and nothing is known against it. */
bool pg_session_is_up(const pg_session *self);

/** Parameters of a statement, all in binary. Bytes are borrowed until it is sent. */
typedef struct pg_params {
    int count;
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX];
    int formats[PG_PARAMS_MAX];
    uint8_t numbers[PG_PARAMS_MAX][8];
} pg_params;

void pg_params_add_int4(pg_params *self, int32_t value);
void pg_params_add_int8(pg_params *self, int64_t value);
void pg_params_add_bytes(pg_params *self, const uint8_t *bytes, size_t len);

/** Send a statement, as part of a pipeline if one is under way. 0, or -1: the connection is lost.
 */
int pg_session_send(pg_session *self, int statement, const pg_params *params);

/** The next result, or NULL at the end of a statement's. When the connection is lost also NULL,
    and pg_session_is_up() is false. */
PGresult *pg_session_next(pg_session *self);

/** Run one statement outside of a pipeline: its result, or NULL with a text. */
PGresult *pg_session_run(pg_session *self, int statement, const pg_params *params,
                         char *reterr_text, size_t text_size);

/**
 * A pipeline whose every statement must succeed, as one transaction: begin, pg_session_send() for
 * each, end with how many were sent. 0, or -1 with a text; it may have been committed if the
 * connection is lost then.
 */
int pg_session_begin_pipeline(pg_session *self, char *reterr_text, size_t text_size);
int pg_session_end_pipeline(pg_session *self, size_t count, char *reterr_text, size_t text_size);

/** Run SQL that has no parameters and that may be several statements. 0 or -1. */
int pg_session_execute(pg_session *self, const char *sql, char *reterr_text, size_t text_size);

/** The text of what just failed: of the result if there is one, else of the connection. */
void pg_session_text(const pg_session *self, const PGresult *result, const char *what, char *text,
                     size_t text_size);

/** Whether a result failed with this SQLSTATE. */
bool pg_has_state(const PGresult *result, const char *state);

/** Fields of binary results; 0 for a NULL. */
int32_t pg_get_int4(const PGresult *result, int row, int column);
int64_t pg_get_int8(const PGresult *result, int row, int column);

#endif
