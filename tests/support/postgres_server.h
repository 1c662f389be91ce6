/*
 * A private PostgreSQL for a test program, by tests/support/postgres.py: on a Unix socket in a
 * temporary directory, gone when the program ends, however it ends.
 */
#ifndef TEST_POSTGRES_SERVER_H
#define TEST_POSTGRES_SERVER_H

#include <stdbool.h>

/** A test program that is skipped ends with this code. */
enum { TEST_SKIPPED = 77 };

/** Start it. False when there can be none here, which is printed; other failures abort. */
bool postgres_server_start(void);

/** What store_open_postgres() takes; also a value of the key `store`. */
const char *postgres_server_conninfo(void);

/** End its processes at once, as a crash would, and start it again. */
void postgres_server_crash(void);
void postgres_server_restart(void);

/** Run SQL and return the first field of the first row as a number; 0 when there is none. */
long long postgres_server_sql(const char *sql);

void postgres_server_stop(void);

#endif
