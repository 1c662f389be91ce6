/*
 * The folder of files with each of its system calls failing in turn, until all goes well: what is
 * not stored is told and leaves nothing, and the next try stores it. Writes may be of one byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate/store/files.h"

#define DAY_MS INT64_C(86400000)
#define NOW_MS (20000 * DAY_MS)

static atomic_int until_failure; /* counts down; at 1 the call fails */
static atomic_int error_number;
static atomic_bool writes_one_byte;

/* Whether this call is the one that fails. */
static bool fails(void)
{
    int left = atomic_load(&until_failure);

    while (left > 0) {
        if (atomic_compare_exchange_weak(&until_failure, &left, left - 1)) {
            if (left > 1)
                return false;
            errno = atomic_load(&error_number);
            return true;
        }
    }
    return false;
}

int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    if ((flags & O_CREAT) != 0) {
        va_start(args, flags);
        mode = (mode_t)va_arg(args, int);
        va_end(args);
    }
    return fails() ? -1 : __real_openat(at, path, flags, mode);
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (fails())
        return -1;
    return __real_write(fd, data, len > 1 && atomic_load(&writes_one_byte) ? 1 : len);
}

#define WRAP(name, parameters, arguments)                                                          \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        return fails() ? -1 : __real_##name arguments;                                             \
    }

WRAP(fsync, (int fd), (fd))
WRAP(mkdirat, (int at, const char *path, mode_t mode), (at, path, mode))
WRAP(renameat, (int from, const char *name, int to, const char *as), (from, name, to, as))
WRAP(linkat, (int from, const char *name, int to, const char *as, int flags),
     (from, name, to, as, flags))
WRAP(dup, (int fd), (fd))
WRAP(fstat, (int fd, struct stat *about), (fd, about))
WRAP(fstatat, (int at, const char *path, struct stat *about, int flags), (at, path, about, flags))
WRAP(unlinkat, (int at, const char *path, int flags), (at, path, flags))

typedef struct world {
    char path[64];
    files_store *files;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended;
} world;

static uint64_t any_random(void *userdata)
{
    (void)userdata;
    return 4;
}

static void put_done(files_put *put)
{
    world *w = put->userdata;

    (void)pthread_mutex_lock(&w->lock);
    w->has_ended = true;
    (void)pthread_cond_signal(&w->ended);
    (void)pthread_mutex_unlock(&w->lock);
}

static files_result store(world *w, files_put *put, int fail_at)
{
    *put = (files_put){.pid = 7,
                       .now_ms = NOW_MS,
                       .content = (const uint8_t *)"the content",
                       .content_len = 11,
                       .whose = (const uint8_t *)"x",
                       .whose_len = 1,
                       .done = put_done,
                       .userdata = w};
    w->has_ended = false;
    atomic_store(&until_failure, fail_at);
    w->files->ops->put(w->files, put);
    (void)pthread_mutex_lock(&w->lock);
    while (!w->has_ended)
        (void)pthread_cond_wait(&w->ended, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
    return put->result;
}

static void shell(const world *w, const char *what)
{
    char command[256];

    (void)snprintf(command, sizeof command, "cd '%s' && %s", w->path, what);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void world_init(world *w)
{
    memset(w, 0, sizeof *w);
    (void)snprintf(w->path, sizeof w->path, "/tmp/rtmkit-files.XXXXXX");
    assert_non_null(mkdtemp(w->path));
    assert_int_equal(pthread_mutex_init(&w->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&w->ended, NULL), 0);
}

static int world_open(world *w, int fail_at, char *text, size_t text_size)
{
    const files_options with = {.is_durable = true, .random64 = any_random};

    atomic_store(&until_failure, fail_at);
    const int r = files_open_folder(w->path, &with, &w->files, text, text_size);
    atomic_store(&until_failure, 0);
    return r;
}

static void world_deinit(world *w)
{
    char command[128];

    atomic_store(&until_failure, 0);
    if (w->files != NULL)
        w->files->ops->close(w->files);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", w->path);
    assert_int_equal(system(command), 0);
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_cond_destroy(&w->ended);
}

static void check_content(world *w, const files_put *put)
{
    files_content found;
    char text[32] = "";

    atomic_store(&until_failure, 0);
    assert_int_equal(w->files->ops->fetch(w->files, 7, put->id, FILES_ID_LEN, &found), 0);
    assert_int_equal(read(found.fd, text, sizeof text), 11);
    assert_string_equal(text, "the content");
    (void)close(found.fd);
}

static void each_call_of_a_put_fails_once(void **state)
{
    static const int errors[] = {EIO, ENOSPC, EMFILE};

    (void)state;
    for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
        atomic_store(&error_number, errors[e]);
        for (int at = 1;; at++) {
            char text[256] = "";
            files_put put;
            world w;
            world_init(&w);
            assert_int_equal(world_open(&w, 0, text, sizeof text), 0);
            atomic_store(&writes_one_byte, at % 2 == 0);
            const bool good = store(&w, &put, at) == FILES_STORED;
            const bool is_over = atomic_exchange(&until_failure, 0) > 0;
            if (!good)
                assert_string_not_equal(put.text, "");
            shell(&w, "test -z \"$(ls new)\"");
            assert_int_equal(store(&w, &put, 0), FILES_STORED);
            check_content(&w, &put);
            assert_int_equal(w.files->ops->get_bytes(w.files), 11);
            shell(&w, "test $(find content -type f | wc -l) = 1");
            world_deinit(&w);
            if (is_over) {
                assert_true(good && at > 8); /* no call was left to fail */
                break;
            }
        }
    }
}

static void each_call_of_opening_fails_once(void **state)
{
    (void)state;
    atomic_store(&error_number, EIO);
    atomic_store(&writes_one_byte, true);
    for (int at = 1;; at++) {
        char text[256] = "";
        files_put put;
        world w;
        world_init(&w);
        if (world_open(&w, at, text, sizeof text) == 0) {
            world_deinit(&w);
            if (at > 8)
                break;
            fail_msg("call %d fails and nobody is told", at);
        }
        assert_string_not_equal(text, "");
        /* What it has left behind is no obstacle. */
        assert_int_equal(world_open(&w, 0, text, sizeof text), 0);
        assert_int_equal(store(&w, &put, 0), FILES_STORED);
        check_content(&w, &put);
        world_deinit(&w);
    }
}

static void each_call_of_trimming_fails_once(void **state)
{
    (void)state;
    atomic_store(&error_number, EIO);
    for (int at = 1;; at++) {
        char text[256] = "";
        files_put put;
        world w;
        world_init(&w);
        assert_int_equal(world_open(&w, 0, text, sizeof text), 0);
        assert_int_equal(store(&w, &put, 0), FILES_STORED);
        atomic_store(&until_failure, at);
        const int r = w.files->ops->trim(w.files, NOW_MS + 9 * DAY_MS, DAY_MS, text, sizeof text);
        const bool is_over = atomic_exchange(&until_failure, 0) > 0;
        assert_int_equal(r < 0, text[0] != '\0');
        /* A start finishes what was left. */
        w.files->ops->close(w.files);
        w.files = NULL;
        assert_int_equal(world_open(&w, 0, text, sizeof text), 0);
        assert_int_equal(w.files->ops->trim(w.files, NOW_MS + 9 * DAY_MS, DAY_MS, text, 256), 0);
        assert_int_equal(w.files->ops->get_bytes(w.files), 0);
        shell(&w, "test -z \"$(find content ids new -type f)\"");
        world_deinit(&w);
        if (is_over) {
            assert_int_equal(r, 0);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_of_a_put_fails_once),
        cmocka_unit_test(each_call_of_opening_fails_once),
        cmocka_unit_test(each_call_of_trimming_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
