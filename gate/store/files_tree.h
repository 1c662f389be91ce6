/*
 * Walks over the folders of a store of files: what is old, and what has lost its last id.
 */
#ifndef GATE_STORE_FILES_TREE_H
#define GATE_STORE_FILES_TREE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * Open a folder, never through a link in its last part; made if missing and wanted, and then
 * written to disk if that is wanted. A descriptor, or -1 with errno.
 */
int files_tree_open(int at, const char *name, bool makes, bool syncs);

/** Remove all that is in a folder. 0, or -1 with errno. */
int files_tree_empty(int dir);

/**
 * Remove the folders of days before `first_day`: each is first moved to `trash`, with the lock
 * held. 0, or -1 with errno; `*ret_dropped` counts them.
 */
int files_tree_drop_days(int ids, int trash, pthread_mutex_t *lock, int64_t first_day,
                         int *ret_dropped);

/**
 * Remove content that no id links to: its bytes are added to `*ret_freed`, those of the rest to
 * `*ret_kept`, which may be NULL. The lock, unless NULL, is held for a part at a time. 0, or -1
 * with errno.
 */
int files_tree_sweep(int content, pthread_mutex_t *lock, int64_t *ret_freed, int64_t *ret_kept);

#endif
