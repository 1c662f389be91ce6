/*
 * Secrets from files.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

/*
 * The content of `path` without its final line end; NULL when it cannot be used, with the
 * reason on stderr. End it with secret_free().
 */
char *secret_read(const char *path);

/* Wipe and free; NULL is allowed. */
void secret_free(char *secret);

#endif
