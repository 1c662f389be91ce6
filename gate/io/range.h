/*
 * The header Range of HTTP, as far as we serve it: one range of bytes.
 */
#ifndef GATE_IO_RANGE_H
#define GATE_IO_RANGE_H

#include <stdint.h>

typedef enum range_answer {
    RANGE_ALL,  /* no range that we know: the whole */
    RANGE_PART, /* *ret_from and *ret_len are set */
    RANGE_NONE  /* it lies outside: 416 */
} range_answer;

/** Read "bytes=3-7", "bytes=3-" or "bytes=-5" for a file of `size` bytes. */
range_answer range_read(const char *text, int64_t size, int64_t *ret_from, int64_t *ret_len);

#endif
