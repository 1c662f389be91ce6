/*
 * The options of `rtm listen`.
 */
#ifndef CLI_LISTEN_OPTIONS_H
#define CLI_LISTEN_OPTIONS_H

#include <rtm/listen.h>

#include "cli/args.h"
#include "cli/ids.h"
#include "cli/record.h"

#define LISTEN_EVENTS_MAX 32

struct listen_options {
    struct ids gids;
    struct ids rids;
    struct ids uids;
    char *events[LISTEN_EVENTS_MAX];
    size_t event_count;
    rtm_listen_all all;
    int64_t count;   /* -n; 0: no end */
    int64_t for_ms;  /* -1: no end */
    int64_t idle_ms; /* -1: no end */
    struct record_style style;
    bool has_format;
    bool say_ready;
    bool no_control;
    bool fail_on_gap;
    bool no_reconnect;
};

/* Parse; on ARGS_RUN `ret_options` is complete. It needs listen_options_deinit() in any case. */
enum args_result listen_options_parse(int argc, char **argv, struct listen_options *ret_options,
                                      struct args *ret_args);

void listen_options_deinit(struct listen_options *options);

#endif
