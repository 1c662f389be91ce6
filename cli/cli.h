/*
 * What every command knows: its name, the exit codes, and how to say that something failed.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

#include <rtm/error.h>

/* The same for every command but `rtm check`; documented in --help and rtm(1). */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_NO_CONNECTION = 3,
    CLI_TIMED_OUT = 4,
    CLI_PEER_ERROR = 5,
    CLI_REFUSED = 6,
    CLI_GAP = 7,
    CLI_INTERRUPTED = 130
};

/* Where messages come from: set once by main(), read by cli_error() and cli_status(). */
struct cli_identity {
    const char *verb; /* as "listen"; NULL before a command is known */
    bool is_quiet;    /* -q: no status lines */
};
extern struct cli_identity cli_identity;

/* One line on stderr: "rtm VERB: " and the text. Control characters are made visible. */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As cli_error(), for what is no failure: silent under -q. */
void cli_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line about a quest that failed; returns cli_exit_of(). `object` is what was asked. */
int cli_error_of_quest(const char *object, const rtm_error *err);

/* The exit code for a quest that ended with `err`. */
int cli_exit_of(const rtm_error *err);

/* "CODE NAME: text" of a failed quest, into `out`, always ended with a NUL. */
void cli_describe(const rtm_error *err, char *out, unsigned long size);

#endif
