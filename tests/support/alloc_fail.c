/*
 * The linker sends malloc() of the program's objects to __wrap_malloc(), and __real_malloc()
 * is the one of the C library, or of the sanitizer.
 */
#include "tests/support/alloc_fail.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static atomic_size_t requests;
static atomic_size_t bytes;
static atomic_long live;
static atomic_bool hit;
static atomic_size_t fail_nth; /* 0: none */
static atomic_bool fail_later; /* those behind it too */
static atomic_bool is_choosy;  /* only watched threads */
static _Thread_local bool is_watched;

static bool is_seen(void)
{
    return is_watched || !atomic_load(&is_choosy);
}

void alloc_fail_watch(bool is_on)
{
    atomic_store(&is_choosy, true);
    is_watched = is_on;
}

static bool must_fail(size_t size)
{
    if (!is_seen())
        return false;
    const size_t now = atomic_fetch_add(&requests, 1) + 1;
    const size_t nth = atomic_load(&fail_nth);

    atomic_fetch_add(&bytes, size);
    if (nth == 0 || now < nth || (now > nth && !atomic_load(&fail_later)))
        return false;
    atomic_store(&hit, true);
    errno = ENOMEM;
    return true;
}

static void *taken(void *block)
{
    if (block != NULL && is_seen())
        atomic_fetch_add(&live, 1);
    return block;
}

void *__wrap_malloc(size_t size)
{
    return must_fail(size) ? NULL : taken(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail(count * size) ? NULL : taken(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (size == 0) {
        __wrap_free(block);
        return NULL;
    }
    if (must_fail(size))
        return NULL;
    return block == NULL ? taken(__real_malloc(size)) : __real_realloc(block, size);
}

void __wrap_free(void *block)
{
    if (block != NULL && is_seen())
        atomic_fetch_sub(&live, 1);
    __real_free(block);
}

static void plan(size_t nth, bool later)
{
    atomic_store(&requests, 0);
    atomic_store(&bytes, 0);
    atomic_store(&live, 0);
    atomic_store(&hit, false);
    atomic_store(&fail_later, later);
    atomic_store(&fail_nth, nth);
}

void alloc_fail_reset(void)
{
    plan(0, false);
}

void alloc_fail_at(size_t nth)
{
    plan(nth, false);
}

void alloc_fail_from(size_t nth)
{
    plan(nth, true);
}

bool alloc_fail_hit(void)
{
    return atomic_load(&hit);
}

size_t alloc_fail_requests(void)
{
    return atomic_load(&requests);
}

size_t alloc_fail_bytes(void)
{
    return atomic_load(&bytes);
}

long alloc_fail_live(void)
{
    return atomic_load(&live);
}

static void check(bool holds, size_t nth, const char *what)
{
    if (holds)
        return;
    alloc_fail_reset();
    (void)fprintf(stderr, "alloc_fail_sweep: with request %zu failing, %s\n", nth, what);
    abort();
}

size_t alloc_fail_sweep(bool (*run)(void *userdata), void *userdata)
{
    for (size_t nth = 1;; nth++) {
        alloc_fail_at(nth);
        const bool done = run(userdata);
        const bool failed = alloc_fail_hit();
        const size_t count = alloc_fail_requests();
        check(done || failed, nth, "the scenario failed although memory was there");
        check(alloc_fail_live() == 0, nth, "the scenario did not give back what it took");
        if (!failed) {
            alloc_fail_reset();
            return count;
        }
    }
}
