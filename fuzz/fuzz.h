/*
 * What a fuzz target is: one function that must take any bytes. libFuzzer calls it, or
 * replay.c with the files of a folder.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A property that every input must have; unlike assert() also checked without debugging. */
#define FUZZ_CHECK(holds)                                                                          \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
