/*
 * Memory that runs out when a test wants it to, and a count of what was taken.
 *
 * A test that links rtmkit_alloc_fail has its calls of malloc, calloc, realloc and free go
 * through here (the linker's --wrap). That holds for our objects in the same program, not for
 * shared libraries: what they take is neither counted nor failed, and strdup() and the like
 * count only when they are given back. Counters are atomic; plans are for one thread, unless
 * alloc_fail_watch() has named those that they are for.
 */
#ifndef TEST_ALLOC_FAIL_H
#define TEST_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

/** Set all counters to 0 and fail nothing. */
void alloc_fail_reset(void);

/** Set all counters to 0 and fail the nth request from here on, once: 1 is the next one. */
void alloc_fail_at(size_t nth);

/** As alloc_fail_at(), but fail all later requests too. */
void alloc_fail_from(size_t nth);

/**
 * From the first use on, only threads that are watched are counted and failed: a peer's thread
 * has its memory. `is_on`: watch the calling thread, or no longer.
 */
void alloc_fail_watch(bool is_on);

/** Has a request been failed since? */
bool alloc_fail_hit(void);

/** Requests (malloc, calloc, realloc to more than nothing) since. */
size_t alloc_fail_requests(void);

/** Bytes asked for by them, in sum. */
size_t alloc_fail_bytes(void);

/** Blocks taken and not given back since; negative when older ones were given back. */
long alloc_fail_live(void);

/**
 * Run a scenario with its first request failing, then its second, and so on, until it runs
 * without a failure. The scenario returns whether it succeeded and cleans up either way. Each
 * run is checked: it fails only when a request failed, and gives back every block it took. (A
 * run that succeeds in spite of a failed request is right.) Ends the program with a message
 * when a check fails. Returns the number of requests of the last run.
 */
size_t alloc_fail_sweep(bool (*run)(void *userdata), void *userdata);

#endif
