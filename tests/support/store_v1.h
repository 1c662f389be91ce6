/*
 * A file of the SQLite store as the first release wrote it (schema 1, batches of version 1), made
 * from its description: no code of the store writes it, so it stays what it was.
 */
#ifndef TEST_STORE_V1_H
#define TEST_STORE_V1_H

#include <stdint.h>

/** The log in it: epochs 11 and 12, messages of offsets 1 … STORE_V1_COUNT. */
enum { STORE_V1_PID = 7, STORE_V1_GID = 500, STORE_V1_RUN = 4, STORE_V1_COUNT = 200 };

/**
 * Write it. Message i comes from user i % 3 to the group, has mid 1000 + i, log time i * 10,
 * mtype 30, the text "m<i>" and the attributes "a<i>". 0 or -1.
 */
int store_v1_write(const char *path);

#endif
