/*
 * The file of the SQLite store: who owns it, how connections to it are opened, what is in it.
 */
#ifndef GATE_STORE_SQLITE_FILE_H
#define GATE_STORE_SQLITE_FILE_H

#include "gate/store/store.h"

#include <limits.h>
#include <sqlite3.h>

/** A file that this process owns until sqlite_file_disown(). */
typedef struct sqlite_file {
    char path[PATH_MAX]; /* absolute, links resolved */
    int lock_fd;
} sqlite_file;

#define SQLITE_FILE_NONE ((sqlite_file){.lock_fd = -1})

/**
 * Become the owner of the file and make it, mode 0600, if it is missing. The lock is a
 * flock() on a file beside it, so it ends with the process however that ends, and it is
 * refused to a second opener in the same process too. 0 or -1.
 */
int sqlite_file_own(const char *path, sqlite_file *ret_file, char *reterr_text, size_t text_size);

/** Call after the last connection is closed. Safe on SQLITE_FILE_NONE. */
void sqlite_file_disown(sqlite_file *self);

/** Open a connection, for one thread at a time. It never checkpoints by itself. 0 or -1. */
int sqlite_file_connect(const sqlite_file *self, store_durability durability, sqlite3 **ret_db,
                        char *reterr_text, size_t text_size);

/**
 * See that the tables are ours and of a known release, make or migrate them to the newest
 * schema, and switch to WAL. On the first connection, before there are others. 0 or -1.
 */
int sqlite_file_prepare(sqlite3 *db, char *reterr_text, size_t text_size);

/**
 * Open a connection that only reads, to a file that somebody else may own, and see that it is
 * one of ours and of this release. It leaves the file as it is. 0 or -1.
 */
int sqlite_file_look(const char *path, sqlite3 **ret_db, char *reterr_text, size_t text_size);

/** The text of what just failed on a connection, after `what` was tried. */
void sqlite_text_set(char *text, size_t text_size, sqlite3 *db, const char *what);

/** Prepare a statement that is kept. 0 or -1. */
int sqlite_statement_new(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement,
                         char *reterr_text, size_t text_size);

#endif
