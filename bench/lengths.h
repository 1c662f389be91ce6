/*
 * Lengths of texts in bytes, as a benchmark takes them in turn.
 */
#ifndef BENCH_LENGTHS_H
#define BENCH_LENGTHS_H

#include <stddef.h>
#include <stdint.h>

enum { LENGTHS_TEXT_MAX = 64 * 1024 };

typedef struct lengths {
    const char *name;
    const uint16_t *values; /* each below LENGTHS_TEXT_MAX */
    size_t count;
} lengths;

/** 100 bytes; the sizes of a real chat; 4 KiB. */
extern const lengths lengths_100;
extern const lengths lengths_chat;
extern const lengths lengths_4k;

/** Lengths from a file, one a line; ends the program when it cannot be used. */
lengths lengths_read(const char *path);

#endif
