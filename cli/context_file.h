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

#include <stdbool.h>

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

/* All contexts in the order of the file. False when it is wrong, which is then on stderr. */
typedef void context_each_fn(const struct context *context, bool is_current, void *userdata);
bool context_each(context_each_fn *each, void *userdata);

/* Where the file is, to be freed; NULL without a home directory. */
char *context_file_path(void);

/* Whether a context may have that name. */
bool context_is_name(const char *name);

/*
 * Change the file; comments and other contexts stay as they are. Each of these leaves the old
 * file or a complete new one. False with the mistake on stderr.
 */

/* Put it there, in place of one with that name. Its files are paths from the root. */
bool context_save(const struct context *context);
/* Make it the current one. */
bool context_use(const char *name);
bool context_remove(const char *name);

#endif
