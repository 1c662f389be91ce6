/*
 * One client of librtm, driven by poll(2) together with signals and what else a command waits
 * for.
 */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include <poll.h>
#include <stdbool.h>

#include <rtm/rtm.h>

#include "cli/args.h"

struct link;

/* Told of each state of the connection once it has been ready. */
typedef void link_state_fn(struct link *link, rtm_state state, int reason, void *userdata);

struct link {
    rtm_client *client;
    char *gate;     /* as given, for messages */
    bool was_ready; /* it has been connected once */
    bool is_over;   /* it will not connect (again) */
    int reason;     /* why it was lost or is over: RTM_E_… */
    char why[200];  /* the first trouble that the library told of; may be empty */
    bool shows_log; /* RTM_LOG */
    int64_t timeout_ms;
    link_state_fn *on_state; /* may be NULL */
    void *userdata;          /* for on_state */
};

struct link_options {
    bool reconnect;   /* after the first connection; the first one is tried once */
    bool ask_offsets; /* let a gate that can number its pushes */
};

/* Resolve the connection and make a client, without connecting. 0, or an exit code; said. */
int link_open(struct link *link, const struct args_common *args,
              const struct link_options *options);

/* Connect. 0, or an exit code; said. */
int link_connect(struct link *link);

/*
 * One turn: wait for the client, a signal, `extra` or the time, then process. `timeout_ms` -1:
 * no end. Returns 0, CLI_INTERRUPTED, or CLI_FAILED (said).
 */
int link_turn(struct link *link, int64_t timeout_ms, struct pollfd *extra, nfds_t extra_count);

/* Ask, and wait for the answer. */
struct link_question {
    const char *method;
    const rtm_params *params;                       /* NULL: none */
    void (*read)(rtm_value answer, void *userdata); /* on success; may be NULL */
    void *userdata;
};

/* 0; an exit code with `*ret_error` set (nothing said); or CLI_INTERRUPTED with code 0 in it. */
int link_ask(struct link *link, const struct link_question *question, rtm_error *ret_error);

/* Why it could not be made: the error's text, and what the library said when it was secured. */
void link_explain(const struct link *link, char *text, size_t size);

/* Says that the connection ended, and why; returns CLI_NO_CONNECTION. */
int link_say_lost(const struct link *link);

void link_close(struct link *link);

#endif
