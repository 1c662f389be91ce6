/*
 * The options of `rtm send`.
 */
#ifndef CLI_SEND_OPTIONS_H
#define CLI_SEND_OPTIONS_H

#include <stdbool.h>

#include <rtm/message.h>

#include "cli/args.h"
#include "cli/record.h"

enum send_source {
    SEND_TEXT,  /* one message: an argument, stdin or a file; --count repeats it */
    SEND_LINES, /* -l: a message for each line of stdin */
    SEND_NDJSON /* --from-ndjson */
};

struct send_options {
    enum send_source source;
    rtm_kind kind; /* not for SEND_NDJSON */
    int64_t to;
    int64_t from; /* 0: not given */
    int64_t mid;  /* 0: made by the library */
    int64_t mtype;
    int64_t count; /* 0: not given */
    double rate;   /* 0: no limit */
    const char *attrs;
    const char *text;        /* NULL: stdin or the file */
    const char *binary_file; /* NULL: none */
    const char *ndjson_file; /* "-": stdin */
    bool is_strict;
    struct record_style style;
    bool has_format;
};

/* Parse; on ARGS_RUN `ret_options` is complete and consistent. */
enum args_result send_options_parse(int argc, char **argv, struct send_options *ret_options,
                                    struct args *ret_args);

#endif
