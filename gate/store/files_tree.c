/*
 * Folders are opened one below the other, by descriptors, so that nothing that is renamed or
 * linked meanwhile leads out of the tree.
 */
#include "gate/store/files_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 6 /* DAY/PID/AB and what is above and below */

int files_tree_open(int at, const char *name, bool makes, bool syncs)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(at, name, flags);

    if (fd >= 0 || errno != ENOENT || !makes)
        return fd;
    if (mkdirat(at, name, 0700) < 0 && errno != EEXIST)
        return -1;
    if (syncs && fsync(at) < 0)
        return -1;
    return openat(at, name, flags);
}

/* Called for each entry; negative ends the walk. */
typedef int visit_fn(int dir, const char *name, const struct stat *about, void *userdata);

static int walk(int dir, visit_fn *visit, void *userdata)
{
    const int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const list = own < 0 ? NULL : fdopendir(own);
    int r = 0;

    if (list == NULL) {
        const int error = errno;
        if (own >= 0)
            (void)close(own);
        errno = error;
        return -1;
    }
    for (;;) {
        struct stat about;
        errno = 0;
        const struct dirent *const entry = readdir(list);
        if (entry == NULL) {
            r = errno == 0 ? 0 : -1;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (fstatat(dir, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0) {
            if (errno == ENOENT)
                continue;
            r = -1;
            break;
        }
        r = visit(dir, entry->d_name, &about, userdata);
        if (r < 0)
            break;
    }
    const int error = errno;
    (void)closedir(list);
    errno = error;
    return r;
}

static int remove_entry(int dir, const char *name, const struct stat *about, void *userdata)
{
    const int depth = *(const int *)userdata + 1;

    if (!S_ISDIR(about->st_mode))
        return unlinkat(dir, name, 0);
    if (depth > DEPTH_MAX) {
        errno = ELOOP;
        return -1;
    }
    const int inside = files_tree_open(dir, name, false, false);
    if (inside < 0)
        return -1;
    const int r = walk(inside, remove_entry, (void *)(uintptr_t)&depth);
    const int error = errno;
    (void)close(inside);
    errno = error;
    return r < 0 ? -1 : unlinkat(dir, name, AT_REMOVEDIR);
}

int files_tree_empty(int dir)
{
    int depth = 0;

    return walk(dir, remove_entry, &depth);
}

/* ---- days ---------------------------------------------------------------------------------- */

typedef struct dropping {
    int trash;
    pthread_mutex_t *lock;
    int64_t first_day;
    int dropped;
} dropping;

static int drop_day(int dir, const char *name, const struct stat *about, void *userdata)
{
    dropping *const self = userdata;
    uint32_t day;
    int used = 0;

    if (!S_ISDIR(about->st_mode) || strlen(name) != 8 ||
        sscanf(name, "%8" SCNx32 "%n", &day, &used) != 1 || used != 8 || day >= self->first_day)
        return 0;
    (void)pthread_mutex_lock(self->lock);
    const int r = renameat(dir, name, self->trash, name);
    (void)pthread_mutex_unlock(self->lock);
    if (r < 0)
        return -1;
    self->dropped++;
    int depth = 0;
    return remove_entry(self->trash, name, about, &depth);
}

int files_tree_drop_days(int ids, int trash, pthread_mutex_t *lock, int64_t first_day,
                         int *ret_dropped)
{
    dropping self = {.trash = trash, .lock = lock, .first_day = first_day};
    const int r = walk(ids, drop_day, &self);

    *ret_dropped = self.dropped;
    return r;
}

/* ---- content ------------------------------------------------------------------------------- */

typedef struct sweeping {
    pthread_mutex_t *lock;
    int64_t freed;
    int64_t kept;
} sweeping;

static int sweep_one(int dir, const char *name, const struct stat *about, void *userdata)
{
    sweeping *const self = userdata;

    if (!S_ISREG(about->st_mode))
        return 0;
    if (about->st_nlink > 1) {
        self->kept += about->st_size;
        return 0;
    }
    if (unlinkat(dir, name, 0) < 0)
        return -1;
    self->freed += about->st_size;
    return 0;
}

static int sweep_part(int dir, const char *name, const struct stat *about, void *userdata)
{
    sweeping *const self = userdata;

    if (!S_ISDIR(about->st_mode))
        return 0;
    const int part = files_tree_open(dir, name, false, false);
    if (part < 0)
        return -1;
    if (self->lock != NULL)
        (void)pthread_mutex_lock(self->lock);
    const int r = walk(part, sweep_one, self);
    const int error = errno;
    if (self->lock != NULL)
        (void)pthread_mutex_unlock(self->lock);
    (void)close(part);
    errno = error;
    return r;
}

int files_tree_sweep(int content, pthread_mutex_t *lock, int64_t *ret_freed, int64_t *ret_kept)
{
    sweeping self = {.lock = lock};
    const int r = walk(content, sweep_part, &self);

    *ret_freed = self.freed;
    if (ret_kept != NULL)
        *ret_kept = self.kept;
    return r;
}
