/*
 * CPU time of this thread, the time that passes, simple figures of several runs, and the end of a
 * program that cannot go on.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int64_t bench_now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/** The system said no to `what`. */
static inline void bench_die(const char *what)
{
    perror(what);
    exit(1);
}

static inline int bench_compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/** The median of an odd number of runs; sorts them. */
static inline double bench_median(double *runs, size_t count)
{
    qsort(runs, count, sizeof *runs, bench_compare);
    return runs[count / 2];
}

/** A cheap row of numbers, the same in every run. */
static inline uint64_t bench_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 17;
}

#endif
