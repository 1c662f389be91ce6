/*
 * A folder:
 *
 *   lock                        held by the process that owns it
 *   key                         the secret that ids are keyed with
 *   new/                        what is being written, or removed
 *   content/AB/CDEF…            by the SHA-256 of what is in it
 *   ids/DAY/PID/AB/CDEF…        a hard link to the content
 *
 * So content knows itself how many ids it has, and content whose only name is its own can go. A
 * file gets its place by a rename when all of it is on disk: what has a name is whole. No part of
 * a path comes from a peer, but ids, and those must be hex to the letter.
 */
#include "gate/store/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/store/files_tree.h"
#include "lib/base/num.h"

#define DAY_MS INT64_C(86400000)
#define KEY_SIZE 32
#define HASH_SIZE 32
#define ID_BYTES 16
#define PATH_SIZE 128

typedef struct folder {
    files_store base;
    files_options options;
    int root;
    int lock;
    int fresh; /* new/ */
    int content;
    int ids;
    uint8_t key[KEY_SIZE];
    atomic_llong bytes;
    uint64_t next_name;    /* in new/ */
    pthread_mutex_t disk;  /* held while content and its links are changed */
    pthread_mutex_t guard; /* of what follows */
    pthread_cond_t wake;
    files_put *first;
    files_put *last;
    bool is_closing;
    bool has_locks;
    bool has_thread;
    pthread_t thread;
} folder;

static void say(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(char *text, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, size, format, args);
    va_end(args);
}

static void print_hex(const uint8_t *bytes, size_t count, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        *ret_text++ = digits[bytes[i] >> 4];
        *ret_text++ = digits[bytes[i] & 15];
    }
    *ret_text = '\0';
}

/* ---- names --------------------------------------------------------------------------------- */

/* AB/CDEF… of a SHA-256. */
static void content_path(const uint8_t hash[HASH_SIZE], char path[PATH_SIZE])
{
    char hex[2 * HASH_SIZE + 1];

    print_hex(hash, HASH_SIZE, hex);
    (void)snprintf(path, PATH_SIZE, "%.2s/%s", hex, hex + 2);
}

/* DAY/PID/AB/CDEF… of an id. */
static void id_path(int32_t pid, const char *id, char path[PATH_SIZE])
{
    (void)snprintf(path, PATH_SIZE, "%.8s/%" PRId32 "/%.2s/%.30s", id, pid, id + 8, id + 10);
}

static bool is_id(const char *id, size_t len)
{
    return len == FILES_ID_LEN && strspn(id, "0123456789abcdef") >= FILES_ID_LEN;
}

static bool hash_of(const uint8_t *data, size_t len, uint8_t ret_hash[HASH_SIZE])
{
    return EVP_Digest(data, len, ret_hash, NULL, EVP_sha256(), NULL) == 1;
}

/* The part of the id that nobody can guess, behind room for the day. */
static bool make_id(const folder *self, const files_put *put, const uint8_t hash[HASH_SIZE],
                    char id[FILES_ID_LEN + 1])
{
    const int64_t numbers[] = {put->pid, put->kind, put->from, put->mid};
    uint8_t text[sizeof numbers + 2 * HASH_SIZE];
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned len = sizeof mac;

    memcpy(text, numbers, sizeof numbers);
    memcpy(text + sizeof numbers, hash, HASH_SIZE);
    if (!hash_of(put->whose, put->whose_len, text + sizeof numbers + HASH_SIZE) ||
        HMAC(EVP_sha256(), self->key, KEY_SIZE, text, sizeof text, mac, &len) == NULL)
        return false;
    print_hex(mac, ID_BYTES, id + 8);
    return true;
}

static void set_day(char id[FILES_ID_LEN + 1], int64_t day)
{
    char text[16];

    (void)snprintf(text, sizeof text, "%08" PRIx32, (uint32_t)day);
    memcpy(id, text, 8);
}

/* ---- putting ------------------------------------------------------------------------------- */

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* The folder of a path whose parts are there or are made; the last part is not looked at. */
static int open_parent(const folder *self, int at, const char *path, const char **ret_name)
{
    int dir = dup(at);

    for (const char *slash; dir >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char part[PATH_SIZE];
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        const int next = files_tree_open(dir, part, true, self->options.is_durable);
        const int error = errno;
        (void)close(dir);
        errno = error;
        dir = next;
    }
    *ret_name = path;
    return dir;
}

static bool sync_folder(const folder *self, int dir)
{
    return !self->options.is_durable || fsync(dir) == 0;
}

/* Close without losing what went wrong before. */
static void close_quietly(int fd)
{
    const int error = errno;

    if (fd >= 0)
        (void)close(fd);
    errno = error;
}

/* Write all of it under a name in new/. */
static bool write_new(folder *self, const files_put *put, char name[32])
{
    (void)snprintf(name, 32, "%016" PRIx64, self->next_name++);
    const int fd =
        openat(self->fresh, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    const bool good = write_all(fd, put->content, put->content_len) && fsync(fd) == 0;
    close_quietly(fd);
    if (!good) {
        const int error = errno;
        (void)unlinkat(self->fresh, name, 0);
        errno = error;
    }
    return good;
}

/* Give it its place; what stands there is replaced. It has one place at most, or none. */
static bool place_new(folder *self, const char *name, const char *path)
{
    const char *last;
    const int dir = open_parent(self, self->content, path, &last);
    const bool is_placed = dir >= 0 && renameat(self->fresh, name, dir, last) == 0;
    const bool good = is_placed && sync_folder(self, dir);
    const int error = errno;

    if (!good)
        (void)unlinkat(is_placed ? dir : self->fresh, is_placed ? last : name, 0);
    if (dir >= 0)
        (void)close(dir);
    errno = error;
    return good;
}

/* Whether the content is there; what has its name and another length is damaged. */
static bool has_content(const folder *self, const files_put *put, const char *path)
{
    struct stat about;

    return fstatat(self->content, path, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(about.st_mode) && about.st_size == (off_t)put->content_len;
}

static files_result failed(files_put *put, const char *what)
{
    say(put->text, sizeof put->text, "%s: %s", what, strerror(errno));
    return FILES_FAILED;
}

static files_result add_content(folder *self, files_put *put, const char *path)
{
    const int64_t len = (int64_t)put->content_len;
    char name[32];

    if (self->options.max_bytes > 0 && atomic_load(&self->bytes) > self->options.max_bytes - len) {
        say(put->text, sizeof put->text, "as much is kept as may be");
        return FILES_FULL;
    }
    if (!write_new(self, put, name) || !place_new(self, name, path))
        return failed(put, "the file could not be written");
    atomic_fetch_add(&self->bytes, len);
    return FILES_STORED;
}

static bool add_id(folder *self, const files_put *put, const char *content)
{
    char path[PATH_SIZE];
    const char *last;

    id_path(put->pid, put->id, path);
    const int dir = open_parent(self, self->ids, path, &last);
    bool good = dir >= 0 && linkat(self->content, content, dir, last, 0) == 0;
    if (dir >= 0 && !good && errno == EEXIST) /* and is_known() has found it damaged */
        good = unlinkat(dir, last, 0) == 0 && linkat(self->content, content, dir, last, 0) == 0;
    good = good && sync_folder(self, dir);
    close_quietly(dir);
    return good;
}

/* Whether that very sending is known: of today, or of yesterday for those around midnight. */
static bool is_known(const folder *self, files_put *put)
{
    const int64_t today = put->now_ms / DAY_MS;
    char path[PATH_SIZE];
    struct stat about;

    for (int64_t day = today - 1; day <= today; day++) {
        set_day(put->id, day);
        id_path(put->pid, put->id, path);
        if (fstatat(self->ids, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode) &&
            about.st_size == (off_t)put->content_len)
            return true;
    }
    return false; /* and the id is today's */
}

static files_result store_content(folder *self, files_put *put)
{
    uint8_t hash[HASH_SIZE];
    char path[PATH_SIZE];

    if (!hash_of(put->content, put->content_len, hash) || !make_id(self, put, hash, put->id)) {
        say(put->text, sizeof put->text, "the crypto library failed");
        return FILES_FAILED;
    }
    if (is_known(self, put))
        return FILES_STORED;
    content_path(hash, path);
    if (!has_content(self, put, path)) {
        const files_result r = add_content(self, put, path);
        if (r != FILES_STORED)
            return r;
    }
    if (add_id(self, put, path))
        return FILES_STORED;
    if (errno == EMLINK) {
        /* LIMIT: file systems have a most of links (ext4: 65,000). From there on a second copy
           has the content's name; the first one goes with its ids, and is not counted. */
        const files_result r = add_content(self, put, path);
        if (r != FILES_STORED || add_id(self, put, path))
            return r;
    }
    return failed(put, "the file could not be linked");
}

static void run_put(folder *self, files_put *put)
{
    put->text[0] = '\0';
    memset(put->id, '0', FILES_ID_LEN);
    put->id[FILES_ID_LEN] = '\0';
    if (put->check != NULL && !put->check(put)) {
        put->result = FILES_REFUSED;
    } else {
        (void)pthread_mutex_lock(&self->disk);
        put->result = store_content(self, put);
        (void)pthread_mutex_unlock(&self->disk);
    }
    put->done(put);
}

static void *run(void *userdata)
{
    folder *const self = userdata;

    (void)pthread_mutex_lock(&self->guard);
    for (;;) {
        files_put *const put = self->first;
        if (put != NULL) {
            self->first = put->next;
            if (self->first == NULL)
                self->last = NULL;
            (void)pthread_mutex_unlock(&self->guard);
            run_put(self, put); /* which may be gone behind it */
            (void)pthread_mutex_lock(&self->guard);
        } else if (self->is_closing) {
            break;
        } else {
            (void)pthread_cond_wait(&self->wake, &self->guard);
        }
    }
    (void)pthread_mutex_unlock(&self->guard);
    return NULL;
}

static void folder_put(files_store *base, files_put *put)
{
    folder *const self = (folder *)(void *)base;

    put->next = NULL;
    (void)pthread_mutex_lock(&self->guard);
    if (self->last != NULL)
        self->last->next = put;
    else
        self->first = put;
    self->last = put;
    (void)pthread_cond_signal(&self->wake);
    (void)pthread_mutex_unlock(&self->guard);
}

/* ---- the rest ------------------------------------------------------------------------------ */

static int folder_fetch(files_store *base, int32_t pid, const char *id, size_t id_len,
                        files_content *ret)
{
    const folder *const self = (const folder *)(const void *)base;
    char path[PATH_SIZE];
    struct stat about;

    if (pid <= 0 || !is_id(id, id_len))
        return -1;
    id_path(pid, id, path);
    const int fd = openat(self->ids, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) {
        (void)close(fd);
        return -1;
    }
    *ret = (files_content){.fd = fd, .len = about.st_size, .mtime_s = about.st_mtime};
    return 0;
}

static int folder_trim(files_store *base, int64_t now_ms, int64_t max_age_ms, char *reterr_text,
                       size_t text_size)
{
    folder *const self = (folder *)(void *)base;
    const int64_t first_day = (now_ms - max_age_ms) / DAY_MS;
    int64_t freed = 0;
    int dropped = 0;

    if (max_age_ms <= 0)
        return 0;
    int r = files_tree_drop_days(self->ids, self->fresh, &self->disk, first_day, &dropped);
    if (r == 0 && dropped > 0)
        r = files_tree_sweep(self->content, &self->disk, &freed, NULL);
    atomic_fetch_sub(&self->bytes, freed);
    if (r < 0)
        say(reterr_text, text_size, "old files could not be dropped: %s", strerror(errno));
    return r;
}

static int64_t folder_get_bytes(files_store *base)
{
    return atomic_load(&((folder *)(void *)base)->bytes);
}

static void folder_close(files_store *base)
{
    folder *const self = (folder *)(void *)base;
    const int fds[] = {self->fresh, self->content, self->ids, self->root, self->lock};

    if (self->has_thread) {
        (void)pthread_mutex_lock(&self->guard);
        self->is_closing = true;
        (void)pthread_cond_signal(&self->wake);
        (void)pthread_mutex_unlock(&self->guard);
        (void)pthread_join(self->thread, NULL);
    }
    assert(self->first == NULL);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
    if (self->has_locks) {
        (void)pthread_mutex_destroy(&self->disk);
        (void)pthread_mutex_destroy(&self->guard);
        (void)pthread_cond_destroy(&self->wake);
    }
    explicit_bzero(self->key, sizeof self->key);
    free(self);
}

static const files_ops folder_ops = {
    .close = folder_close,
    .put = folder_put,
    .fetch = folder_fetch,
    .trim = folder_trim,
    .get_bytes = folder_get_bytes,
};

/* ---- opening ------------------------------------------------------------------------------- */

static bool read_key(folder *self, int fd)
{
    size_t len = 0;

    while (len < KEY_SIZE) {
        const ssize_t n = read(fd, self->key + len, KEY_SIZE - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        len += (size_t)n;
    }
    return true;
}

/* A new folder's secret takes its name when it is whole. */
static bool make_key(folder *self)
{
    for (size_t i = 0; i < KEY_SIZE; i += 8) {
        const uint64_t bits = self->options.random64(self->options.random_userdata);
        memcpy(self->key + i, &bits, 8);
    }
    const int fd =
        openat(self->fresh, "key", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const bool good = fd >= 0 && write_all(fd, self->key, KEY_SIZE) && fsync(fd) == 0 &&
                      renameat(self->fresh, "key", self->root, "key") == 0 &&
                      fsync(self->root) == 0;
    close_quietly(fd);
    return good;
}

static bool take_key(folder *self, char *reterr_text, size_t text_size)
{
    const int fd = openat(self->root, "key", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    const bool is_missing = fd < 0 && errno == ENOENT;
    const bool good = is_missing ? make_key(self) : fd >= 0 && read_key(self, fd);

    close_quietly(fd);
    if (!good)
        say(reterr_text, text_size, "its key: %s",
            fd >= 0 ? "shorter than 32 bytes" : strerror(errno));
    return good;
}

static bool take_lock(folder *self, char *reterr_text, size_t text_size)
{
    self->lock = openat(self->root, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (self->lock >= 0 && flock(self->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    say(reterr_text, text_size, "%s",
        self->lock >= 0 && errno == EWOULDBLOCK ? "another gate owns it" : strerror(errno));
    return false;
}

static bool start_thread(folder *self)
{
    sigset_t all;
    sigset_t before;

    if (pthread_mutex_init(&self->disk, NULL) != 0 || pthread_mutex_init(&self->guard, NULL) != 0 ||
        pthread_cond_init(&self->wake, NULL) != 0)
        return false;
    self->has_locks = true;
    /* Signals are the main thread's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    self->has_thread = pthread_create(&self->thread, NULL, run, self) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return self->has_thread;
}

/* The folders inside; what a gate that was killed has left is removed and counted. */
static bool open_inside(folder *self)
{
    int64_t freed = 0;
    int64_t kept = 0;

    self->fresh = files_tree_open(self->root, "new", true, false);
    self->content = files_tree_open(self->root, "content", true, false);
    self->ids = files_tree_open(self->root, "ids", true, false);
    if (self->fresh < 0 || self->content < 0 || self->ids < 0 ||
        files_tree_empty(self->fresh) < 0 ||
        files_tree_sweep(self->content, NULL, &freed, &kept) < 0)
        return false;
    atomic_store(&self->bytes, kept);
    return true;
}

int files_open_folder(const char *path, const files_options *options, files_store **ret_files,
                      char *reterr_text, size_t text_size)
{
    folder *const self = calloc(1, sizeof *self);

    if (self == NULL) {
        say(reterr_text, text_size, "out of memory");
        return -1;
    }
    self->base.ops = &folder_ops;
    self->options = *options;
    self->lock = self->fresh = self->content = self->ids = -1;
    atomic_init(&self->bytes, 0);
    self->root = files_tree_open(AT_FDCWD, path, true, false);
    if (self->root < 0) {
        say(reterr_text, text_size, "%s", strerror(errno));
        goto fail;
    }
    if (!take_lock(self, reterr_text, text_size))
        goto fail;
    if (!open_inside(self)) {
        say(reterr_text, text_size, "%s", strerror(errno));
        goto fail;
    }
    if (!take_key(self, reterr_text, text_size))
        goto fail;
    if (!start_thread(self)) {
        say(reterr_text, text_size, "no thread to be had");
        goto fail;
    }
    *ret_files = &self->base;
    return 0;

fail:
    folder_close(&self->base);
    return -1;
}
