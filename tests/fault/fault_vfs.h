/*
 * A disk that fails, or loses power, when a test wants it to: a VFS of SQLite between the store
 * and the real one. It counts the operations that change files (write, sync, truncate, delete).
 *
 * A power cut at an operation: that one and all later ones fail, and fault_vfs_lose_power() then
 * leaves in the files what had been synced, and of what was written since, some writes and some
 * not, as a seed tells.
 */
#ifndef TEST_FAULT_VFS_H
#define TEST_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/** Become the default VFS. Once a process. */
void fault_vfs_register(void);

/** Forget all plans and counts. No file may be open. */
void fault_vfs_reset(void);

/** Fail the nth operation from here on with an SQLite code, once or for good. 0 = none. */
void fault_vfs_fail_at(long nth, int code, bool for_good);

/** Lose power at the nth operation from here on. */
void fault_vfs_cut_at(long nth);

/** Has the planned operation come? */
bool fault_vfs_is_hit(void);

/** Operations since the last plan. */
long fault_vfs_count(void);

/** After a cut, with all files closed: make the files what a disk would hold. */
void fault_vfs_lose_power(uint64_t seed);

#endif
