/*
 * Saved connections: $XDG_CONFIG_HOME/rtm/contexts.ini, or ~/.config/rtm/contexts.ini.
 *
 *     [rtm]
 *     current = dev
 *
 *     [dev]
 *     gate = 127.0.0.1:13321
 *     pid = 11000001
 *     secret-file = dev.key
 *
 * and the words of protection.h.
 */
#ifndef CLI_CONTEXT_FILE_H
#define CLI_CONTEXT_FILE_H

#include "cli/protection.h"

/* One section; a key that is absent is NULL. */
struct context {
    char *name;
    char *gate;
    char *pid;
    char *secret;
    char *secret_file;                  /* as a path that can be opened from here */
    char *protection[PROTECTION_COUNT]; /* files likewise */
};

void context_deinit(struct context *context);

/*
 * Find the context `name`, or the current one for NULL. Returns 1 when it is there, 0 when
 * there is no current one, -1 when the file or the name is wrong, which is then on stderr.
 */
int context_read(const char *name, struct context *ret_context);

#endif
