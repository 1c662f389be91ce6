/*
 * Options of a command, from one table a command: the parser and --help both read it.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "cli/protection.h"

/* What every command takes besides its own options. */
struct args_common {
    const char *gate;
    const char *pid;
    const char *secret_file;
    const char *context;
    const char *protection[PROTECTION_COUNT];
    int64_t timeout_ms; /* 0: the library's default */
};

struct args_option {
    int id;            /* given to set(); the letter if there is one */
    char letter;       /* 0: none */
    const char *name;  /* without "--" */
    const char *value; /* what the value is called in --help; NULL: it takes none */
    const char *help;
};

struct args_command {
    const char *name;     /* "listen", "check conn" */
    const char *synopsis; /* what follows the name */
    const char *summary;  /* one line, no full stop */
    const struct args_option *options;
    size_t option_count;
    const char *notes; /* printed below the options; may be NULL */

    /* Takes an option into `into`; NULL, or the reason why the value is wrong. */
    const char *(*set)(void *into, int id, const char *value);
};

enum args_result {
    ARGS_RUN,  /* go on */
    ARGS_DONE, /* --help was asked for and is printed */
    ARGS_WRONG /* the mistake is on stderr */
};

struct args {
    struct args_common common;
    char **words; /* what is no option; borrowed from argv */
    int word_count;
};

/* `argv` begins behind the command's name, and is reordered: words first. */
enum args_result args_parse(const struct args_command *command, int argc, char **argv, void *into,
                            struct args *ret_args);

/* How many of the arguments are common options and their values, before the first other one. */
int args_count_leading(int argc, char **argv);

/* The exit codes, as --help prints them. */
void args_print_exit_codes(void);

#endif
