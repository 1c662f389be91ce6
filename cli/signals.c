/*
 * A handler that writes one byte to a pipe. Not a signalfd: a blocked write to stdout has to
 * end when the user wants out, which takes a handler without SA_RESTART. The first signal asks
 * to end, and hands the signal back to the system: a second one ends the program at once.
 */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static int pipe_fds[2] = {-1, -1};
static volatile sig_atomic_t was_caught;

static void signals_handle(int signal_number)
{
    const int saved = errno;

    (void)signal_number;
    was_caught = 1;
    (void)!write(pipe_fds[1], "", 1);
    errno = saved;
}

bool signals_open(void)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction handle = {.sa_handler = signals_handle, .sa_flags = (int)SA_RESETHAND};

    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    (void)sigemptyset(&handle.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        struct sigaction before;

        if (sigaction(taken[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            (void)sigaction(taken[i], &handle, NULL);
    }
    return true;
}

int signals_get_fd(void)
{
    return pipe_fds[0];
}

bool signals_caught(void)
{
    return was_caught != 0;
}
