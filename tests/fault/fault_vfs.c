/*
 * For each file the bytes that were synced and the writes since are kept in memory. Files that
 * were never synced are gone after a power cut.
 */
#include "tests/fault/fault_vfs.h"

#include "tests/support/store_batches.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 8 };

typedef struct pending_write {
    struct pending_write *next;
    sqlite3_int64 at; /* < 0: truncate to len */
    sqlite3_int64 len;
    unsigned char bytes[];
} pending_write;

/* What the disk holds of one path. */
typedef struct disk_file {
    char path[200];
    bool is_synced; /* ever */
    unsigned char *bytes;
    sqlite3_int64 len;
    pending_write *first;
    pending_write **last;
} disk_file;

typedef struct fault_file {
    sqlite3_file base;
    disk_file *disk;    /* NULL for files that do not matter */
    sqlite3_file *real; /* behind this struct */
} fault_file;

static sqlite3_vfs fault_vfs;
static sqlite3_vfs *real_vfs;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static disk_file files[FILES_MAX];
static size_t file_count;
static long op_count;
static long fail_nth;
static int fail_code;
static bool is_for_good;
static bool is_cut_planned;
static bool is_cut; /* the power is gone */
static bool is_hit;

/* Whether an operation fails: its code, or SQLITE_OK. Locked. */
static int judge(void)
{
    op_count++;
    if (is_cut)
        return SQLITE_IOERR;
    if (fail_nth == 0 || op_count < fail_nth || (op_count > fail_nth && !is_for_good))
        return SQLITE_OK;
    is_hit = true;
    is_cut = is_cut_planned;
    return fail_code;
}

static void free_pending(disk_file *disk)
{
    while (disk->first != NULL) {
        pending_write *gone = disk->first;

        disk->first = gone->next;
        free(gone);
    }
    disk->last = &disk->first;
}

static void forget(disk_file *disk)
{
    free_pending(disk);
    free(disk->bytes);
    disk->bytes = NULL;
    disk->len = 0;
    disk->is_synced = false;
}

static disk_file *disk_of(const char *path)
{
    for (size_t i = 0; i < file_count; i++) {
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    }
    if (file_count == FILES_MAX)
        abort();

    disk_file *made = &files[file_count++];

    *made = (disk_file){.len = 0};
    made->last = &made->first;
    (void)snprintf(made->path, sizeof made->path, "%s", path);
    return made;
}

static void add_pending(disk_file *disk, sqlite3_int64 at, const void *bytes, sqlite3_int64 len)
{
    const size_t byte_count = at < 0 ? 0 : (size_t)len;
    pending_write *added = malloc(sizeof *added + byte_count);

    if (added == NULL)
        abort();
    *added = (pending_write){.at = at, .len = len};
    if (byte_count > 0)
        memcpy(added->bytes, bytes, byte_count);
    *disk->last = added;
    disk->last = &added->next;
}

static void resize(disk_file *disk, sqlite3_int64 len)
{
    if (len > disk->len) {
        disk->bytes = realloc(disk->bytes, (size_t)len);
        if (disk->bytes == NULL)
            abort();
        memset(disk->bytes + disk->len, 0, (size_t)(len - disk->len));
    }
    disk->len = len;
}

static void apply(disk_file *disk, const pending_write *done)
{
    if (done->at < 0) {
        resize(disk, done->len);
        return;
    }
    if (done->at + done->len > disk->len)
        resize(disk, done->at + done->len);
    memcpy(disk->bytes + done->at, done->bytes, (size_t)done->len);
}

/* ---- files --------------------------------------------------------------------------------- */

static sqlite3_file *real_of(sqlite3_file *base)
{
    return ((fault_file *)base)->real;
}

static int do_close(sqlite3_file *base)
{
    return real_of(base)->pMethods->xClose(real_of(base));
}

static int do_read(sqlite3_file *base, void *bytes, int len, sqlite3_int64 at)
{
    return real_of(base)->pMethods->xRead(real_of(base), bytes, len, at);
}

static int do_write(sqlite3_file *base, const void *bytes, int len, sqlite3_int64 at)
{
    fault_file *self = (fault_file *)base;

    (void)pthread_mutex_lock(&mutex);

    int code = judge();

    if (code == SQLITE_OK && self->disk != NULL)
        add_pending(self->disk, at, bytes, len);
    if (code == SQLITE_OK)
        code = self->real->pMethods->xWrite(self->real, bytes, len, at);
    (void)pthread_mutex_unlock(&mutex);
    return code;
}

static int do_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    fault_file *self = (fault_file *)base;

    (void)pthread_mutex_lock(&mutex);

    int code = judge();

    if (code == SQLITE_OK && self->disk != NULL)
        add_pending(self->disk, -1, NULL, len);
    if (code == SQLITE_OK)
        code = self->real->pMethods->xTruncate(self->real, len);
    (void)pthread_mutex_unlock(&mutex);
    return code;
}

/* The real disk need not sync: this process does not die. */
static int do_sync(sqlite3_file *base, int flags)
{
    fault_file *self = (fault_file *)base;

    (void)flags;
    (void)pthread_mutex_lock(&mutex);

    const int code = judge();

    if (code == SQLITE_OK && self->disk != NULL) {
        for (const pending_write *done = self->disk->first; done != NULL; done = done->next)
            apply(self->disk, done);
        free_pending(self->disk);
        self->disk->is_synced = true;
    }
    (void)pthread_mutex_unlock(&mutex);
    return code;
}

static int do_file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    return real_of(base)->pMethods->xFileSize(real_of(base), ret_size);
}

static int do_lock(sqlite3_file *base, int level)
{
    return real_of(base)->pMethods->xLock(real_of(base), level);
}

static int do_unlock(sqlite3_file *base, int level)
{
    return real_of(base)->pMethods->xUnlock(real_of(base), level);
}

static int do_check_lock(sqlite3_file *base, int *ret_is_locked)
{
    return real_of(base)->pMethods->xCheckReservedLock(real_of(base), ret_is_locked);
}

static int do_control(sqlite3_file *base, int op, void *argument)
{
    return real_of(base)->pMethods->xFileControl(real_of(base), op, argument);
}

static int do_sector_size(sqlite3_file *base)
{
    return real_of(base)->pMethods->xSectorSize(real_of(base));
}

static int do_characteristics(sqlite3_file *base)
{
    return real_of(base)->pMethods->xDeviceCharacteristics(real_of(base));
}

static int do_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **ret_at)
{
    return real_of(base)->pMethods->xShmMap(real_of(base), page, size, extend, ret_at);
}

static int do_shm_lock(sqlite3_file *base, int at, int count, int flags)
{
    return real_of(base)->pMethods->xShmLock(real_of(base), at, count, flags);
}

static void do_shm_barrier(sqlite3_file *base)
{
    real_of(base)->pMethods->xShmBarrier(real_of(base));
}

static int do_shm_unmap(sqlite3_file *base, int is_deleted)
{
    return real_of(base)->pMethods->xShmUnmap(real_of(base), is_deleted);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = do_close,
    .xRead = do_read,
    .xWrite = do_write,
    .xTruncate = do_truncate,
    .xSync = do_sync,
    .xFileSize = do_file_size,
    .xLock = do_lock,
    .xUnlock = do_unlock,
    .xCheckReservedLock = do_check_lock,
    .xFileControl = do_control,
    .xSectorSize = do_sector_size,
    .xDeviceCharacteristics = do_characteristics,
    .xShmMap = do_shm_map,
    .xShmLock = do_shm_lock,
    .xShmBarrier = do_shm_barrier,
    .xShmUnmap = do_shm_unmap,
};

/* ---- the VFS ------------------------------------------------------------------------------- */

static int do_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags,
                   int *ret_flags)
{
    fault_file *self = (fault_file *)base;

    (void)vfs;
    self->base.pMethods = NULL;
    self->real = (sqlite3_file *)(self + 1);
    self->disk = NULL;

    const int code = real_vfs->xOpen(real_vfs, path, self->real, flags, ret_flags);

    if (code != SQLITE_OK)
        return code;
    if (path != NULL && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
        (void)pthread_mutex_lock(&mutex);
        self->disk = disk_of(path);
        (void)pthread_mutex_unlock(&mutex);
    }
    self->base.pMethods = &methods;
    return SQLITE_OK;
}

static int do_delete(sqlite3_vfs *vfs, const char *path, int is_synced)
{
    (void)vfs;
    (void)pthread_mutex_lock(&mutex);

    const int code = judge();

    if (code == SQLITE_OK)
        forget(disk_of(path));
    (void)pthread_mutex_unlock(&mutex);
    return code != SQLITE_OK ? code : real_vfs->xDelete(real_vfs, path, is_synced);
}

void fault_vfs_register(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    fault_vfs = *real_vfs;
    fault_vfs.zName = "fault";
    fault_vfs.szOsFile = real_vfs->szOsFile + (int)sizeof(fault_file);
    fault_vfs.xOpen = do_open;
    fault_vfs.xDelete = do_delete;
    if (sqlite3_vfs_register(&fault_vfs, 1) != SQLITE_OK)
        abort();
}

static void plan(long nth, int code, bool for_good, bool cut)
{
    (void)pthread_mutex_lock(&mutex);
    op_count = 0;
    fail_nth = nth;
    fail_code = code;
    is_for_good = for_good;
    is_cut_planned = cut;
    is_cut = false;
    is_hit = false;
    (void)pthread_mutex_unlock(&mutex);
}

void fault_vfs_reset(void)
{
    plan(0, SQLITE_OK, false, false);
    for (size_t i = 0; i < file_count; i++)
        forget(&files[i]);
    file_count = 0;
}

void fault_vfs_fail_at(long nth, int code, bool for_good)
{
    plan(nth, code, for_good, false);
}

void fault_vfs_cut_at(long nth)
{
    plan(nth, SQLITE_IOERR, true, true);
}

bool fault_vfs_is_hit(void)
{
    (void)pthread_mutex_lock(&mutex);

    const bool hit = is_hit;

    (void)pthread_mutex_unlock(&mutex);
    return hit;
}

long fault_vfs_count(void)
{
    (void)pthread_mutex_lock(&mutex);

    const long count = op_count;

    (void)pthread_mutex_unlock(&mutex);
    return count;
}

static void write_out(const disk_file *disk)
{
    const int fd = open(disk->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, disk->bytes, (size_t)disk->len) != disk->len)
        abort();
    (void)close(fd);
}

void fault_vfs_lose_power(uint64_t seed)
{
    char shm_path[220];

    for (size_t i = 0; i < file_count; i++) {
        disk_file *disk = &files[i];

        (void)snprintf(shm_path, sizeof shm_path, "%.199s-shm", disk->path);
        (void)unlink(shm_path);
        for (const pending_write *done = disk->first; done != NULL; done = done->next) {
            if (disk->is_synced && test_dice(&seed) % 2 == 0)
                apply(disk, done);
        }
        if (disk->is_synced)
            write_out(disk);
        else if (access(disk->path, F_OK) == 0 && truncate(disk->path, 0) != 0)
            abort();
    }
    fault_vfs_reset();
}
