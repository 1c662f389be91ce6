/*
 * To which gate, for which project, with which secret.
 */
#ifndef CLI_CONNECTION_H
#define CLI_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"

struct connection_field {
    char *value;        /* NULL: not given anywhere */
    const char *source; /* "--gate", "RTM_GATE", "context" */
};

struct connection {
    struct connection_field gate;
    struct connection_field pid;
    struct connection_field secret;
    struct connection_field protection[PROTECTION_COUNT];
    char *context; /* the context that was read; NULL: none */
};

/*
 * Merge the three sources field by field: options, environment, context. False when a source
 * cannot be read; that is then on stderr. Fields may still be missing.
 */
bool connection_gather(const struct args_common *args, struct connection *ret_connection);

/* The same from options and environment alone. */
bool connection_gather_given(const struct args_common *args, struct connection *ret_connection);

/* All three fields are there and well-formed; false with the mistake on stderr. */
bool connection_check(const struct connection *connection, int32_t *ret_pid);

void connection_deinit(struct connection *connection);

#endif
