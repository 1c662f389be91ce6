/*
 * Lines of a file or a pipe, read without blocking the loop.
 */
#ifndef CLI_SEND_LINES_H
#define CLI_SEND_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include <rtm/message.h>

#include "cli/buffer.h"

#define LINES_MAX (16U << 20) /* a longer line is passed over and told */

enum lines_next {
    LINES_ONE,      /* a line, without its end */
    LINES_MORE,     /* lines_read() first */
    LINES_TOO_LONG, /* one line was longer than LINES_MAX */
    LINES_END,
    LINES_FAILED /* errno tells */
};

struct lines {
    int fd;
    uint64_t number; /* of the last line, from 1 */
    struct buffer in;
    size_t at;       /* what has been handed out */
    size_t searched; /* no line end before this */
    bool is_skipping;
    bool is_ended;
    int failure; /* errno of read(2) */
};

void lines_init(struct lines *lines, int fd);
void lines_deinit(struct lines *lines); /* does not close the descriptor */

/* The next line; borrowed until the next call. A last line without an end counts. */
enum lines_next lines_next(struct lines *lines, rtm_bytes *ret_line);

/* Read once; only when the descriptor is readable, or it may block. */
void lines_read(struct lines *lines);

#endif
