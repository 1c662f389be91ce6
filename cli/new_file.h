/*
 * Files that are there as a whole or not at all.
 */
#ifndef CLI_NEW_FILE_H
#define CLI_NEW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Write the file beside its place, then put it there: synced, and with these rights. Without
 * `replace`, a file that is there already is a mistake. False with the mistake on stderr, and
 * nothing has changed.
 */
bool new_file_write(const char *path, mode_t mode, bool replace, const char *data, size_t len);

#endif
