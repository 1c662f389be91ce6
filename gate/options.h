/*
 * The command line of rtmd.
 */
#ifndef GATE_OPTIONS_H
#define GATE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum options_result {
    OPTIONS_RUN,
    OPTIONS_DONE,  /* --help, --version, --print-…: printed on stdout */
    OPTIONS_USAGE, /* a mistake, told on stderr */
} options_result;

/** Borrowed from argv. */
typedef struct options {
    const char *config; /* NULL with --dev */
    const char *listen; /* NULL: as configured */
    int ready_fd;       /* -1: none */
    bool check;
    bool print_config;
    bool dev;
    const char **sets; /* section.name=value, in order */
    size_t set_count;
} options;

options_result options_parse(int argc, char **argv, options *ret_options);

void options_deinit(options *self);

#endif
