/*
 * Standard output: one buffer, written whole.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include "cli/buffer.h"

enum output_state {
    OUTPUT_OPEN,
    OUTPUT_CLOSED, /* the reader has gone: end quietly, as a success */
    OUTPUT_FAILED, /* said on stderr already: CLI_FAILED */
    OUTPUT_STOPPED /* a signal came while the reader was slow: CLI_INTERRUPTED */
};

/* Append here; it goes out with the next output_flush(). */
extern struct buffer output_buffer;

/* Write all of the buffer, waiting for a slow reader, and empty it. What went wrong once stays. */
enum output_state output_flush(void);

/* The exit code of a state; `otherwise` while stdout is open. */
int output_exit_of(enum output_state state, int otherwise);

/* Data is for people: stdout is a terminal. */
bool output_is_terminal(void);

#endif
