/*
 * Writing data. Everything of one turn of the loop leaves in one write; a full pipe is waited
 * for, so that nothing is lost to a slow reader. A reader that has gone is a normal end.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/signals.h"

#define OUTPUT_KEEP (1U << 20) /* a larger buffer is given back when it has been written */
#define OUTPUT_BUSY (64 << 10) /* more than this at once does not fit into a pipe as it comes */
#define OUTPUT_PIPE (512 << 10)

struct buffer output_buffer;

static enum output_state output_state = OUTPUT_OPEN;

/* After a write that took nothing, with errno set. */
static enum output_state output_judge(void)
{
    struct pollfd fds[2] = {{.fd = STDOUT_FILENO, .events = POLLOUT},
                            {.fd = signals_get_fd(), .events = POLLIN}};

    switch (errno) {
    case EINTR:
        break;
    case EAGAIN: /* stdout is non-blocking by somebody's wish */
        (void)poll(fds, 2, -1);
        break;
    case EPIPE:
        return OUTPUT_CLOSED;
    default:
        cli_error("stdout: %s", strerror(errno));
        return OUTPUT_FAILED;
    }
    return OUTPUT_OPEN;
}

/*
 * How much may be written at once. After a signal no write may block: PIPE_BUF bytes fit into
 * a pipe that poll(2) calls writable; 0: it is full.
 */
static size_t output_allowance(size_t len)
{
    struct pollfd reader = {.fd = STDOUT_FILENO, .events = POLLOUT};

    if (!signals_caught())
        return len;
    if (poll(&reader, 1, 0) == 0)
        return 0;
    return len < PIPE_BUF ? len : PIPE_BUF;
}

/*
 * The first time that there is much to write, let a pipe hold what one turn of the loop makes.
 * Else writer and reader take turns, each waiting for the other. What the system refuses stays as
 * it is.
 */
static void output_widen(void)
{
    static bool is_tried;

    if (is_tried || output_buffer.len <= OUTPUT_BUSY)
        return;
    is_tried = true;
    const int size = fcntl(STDOUT_FILENO, F_GETPIPE_SZ); /* -1: no pipe */
    if (size >= 0 && size < OUTPUT_PIPE)
        (void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, OUTPUT_PIPE);
}

enum output_state output_flush(void)
{
    size_t at = 0;

    output_widen();
    while (at < output_buffer.len && output_state == OUTPUT_OPEN) {
        const size_t allowance = output_allowance(output_buffer.len - at);
        const ssize_t n =
            allowance > 0 ? write(STDOUT_FILENO, output_buffer.data + at, allowance) : 0;

        if (allowance == 0)
            output_state = OUTPUT_STOPPED;
        else if (n < 0)
            output_state = output_judge();
        else
            at += (size_t)n;
    }
    output_buffer.len = 0;
    if (output_buffer.cap > OUTPUT_KEEP)
        buffer_deinit(&output_buffer);
    return output_state;
}

int output_exit_of(enum output_state state, int otherwise)
{
    switch (state) {
    case OUTPUT_CLOSED:
        return CLI_OK;
    case OUTPUT_FAILED:
        return CLI_FAILED;
    case OUTPUT_STOPPED:
        return CLI_INTERRUPTED;
    default:
        return otherwise;
    }
}

bool output_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}
