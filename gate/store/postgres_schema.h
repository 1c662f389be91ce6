/*
 * The tables of the PostgreSQL store: making them, and bringing those of an earlier release up
 * to date.
 */
#ifndef GATE_STORE_POSTGRES_SCHEMA_H
#define GATE_STORE_POSTGRES_SCHEMA_H

#include "gate/store/postgres_session.h"

/**
 * See that the schema is ours and of this release; make or migrate it otherwise, in one
 * transaction, one process at a time. 0, or -1 with nothing changed.
 */
int pg_schema_prepare(pg_session *session, char *reterr_text, size_t text_size);

/** As above, but only look: -1 too when the schema is missing or of another release. */
int pg_schema_check(pg_session *session, char *reterr_text, size_t text_size);

/** SQLSTATEs of our own functions. */
#define PG_STATE_FENCED "RTM01" /* the log's row is not as the caller believes */
#define PG_STATE_TWICE "RTM02"  /* this epoch was opened before */

#endif
