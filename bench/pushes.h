/*
 * Ready pushes for the receive path: a run of group messages, encoded once, in which only
 * numbers change from one turn to the next.
 */
#ifndef BENCH_PUSHES_H
#define BENCH_PUSHES_H

#include "lib/base/buf.h"

enum { BENCH_RUN_BYTES = 256 * 1024, BENCH_RUN_MAX = 4096, BENCH_TEXT_MAX = 64 * 1024 };

typedef struct bench_run {
    rtmi_buf bytes; /* whole packages, at most BENCH_RUN_BYTES */
    size_t push_at[BENCH_RUN_MAX];
    size_t mid_at; /* within a push */
    size_t count;
} bench_run;

/** Lengths of texts in bytes; a run takes them in turn. */
typedef struct bench_lengths {
    const char *name;
    const uint16_t *values;
    size_t count;
} bench_lengths;

/** 100 bytes; the sizes of a real chat; 4 KiB. */
extern const bench_lengths bench_lengths_100;
extern const bench_lengths bench_lengths_chat;
extern const bench_lengths bench_lengths_4k;

/** Lengths from a file, one a line; ends the program when it cannot be used. */
bench_lengths bench_lengths_read(const char *path);

void bench_run_make(bench_run *run, const bench_lengths *lengths);
void bench_run_free(bench_run *run);

/** Number the pushes from `*next` on; with `repeat_every`, each such one has the mid before it. */
void bench_run_number(bench_run *run, uint64_t *next, unsigned repeat_every);

#endif
