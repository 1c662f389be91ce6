/*
 * The folder of files: what is kept and found, ages, bounds, and folders that were tampered with.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
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
#define NOW_MS (20000 * DAY_MS + 1000)

typedef struct world {
    char path[64];
    files_store *files;
    files_options options;
    uint64_t random;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t done;
} world;

static uint64_t next_random(void *userdata)
{
    world *w = userdata;

    return w->random += UINT64_C(0x9e3779b97f4a7c15);
}

static void world_open(world *w)
{
    char text[256] = "";

    if (files_open_folder(w->path, &w->options, &w->files, text, sizeof text) < 0)
        fail_msg("%s", text);
}

static void world_close(world *w)
{
    w->files->ops->close(w->files);
    w->files = NULL;
}

static void world_init(world *w)
{
    *w = (world){.path = "/tmp/rtmkit-files.XXXXXX"};
    assert_non_null(mkdtemp(w->path));
    w->options = (files_options){.random64 = next_random, .random_userdata = w};
    assert_int_equal(pthread_mutex_init(&w->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&w->ended, NULL), 0);
    world_open(w);
}

static void world_deinit(world *w)
{
    char command[128];

    if (w->files != NULL)
        world_close(w);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", w->path);
    assert_int_equal(system(command), 0);
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_cond_destroy(&w->ended);
}

static void put_done(files_put *put)
{
    world *w = put->userdata;

    (void)pthread_mutex_lock(&w->lock);
    w->done++;
    (void)pthread_cond_signal(&w->ended);
    (void)pthread_mutex_unlock(&w->lock);
}

static files_put put_of(world *w, const char *content, int64_t mid, int64_t now_ms)
{
    return (files_put){.pid = 7,
                       .now_ms = now_ms,
                       .content = (const uint8_t *)content,
                       .content_len = strlen(content),
                       .kind = 1,
                       .from = 5,
                       .mid = mid,
                       .whose = (const uint8_t *)"whom",
                       .whose_len = 4,
                       .done = put_done,
                       .userdata = w};
}

/* Until it has ended. */
static files_result run_put(world *w, files_put *put)
{
    w->done = 0;
    w->files->ops->put(w->files, put);
    (void)pthread_mutex_lock(&w->lock);
    while (w->done == 0)
        (void)pthread_cond_wait(&w->ended, &w->lock);
    (void)pthread_mutex_unlock(&w->lock);
    return put->result;
}

static files_put stored(world *w, const char *content, int64_t mid, int64_t now_ms)
{
    files_put put = put_of(w, content, mid, now_ms);

    if (run_put(w, &put) != FILES_STORED)
        fail_msg("%s", put.text);
    assert_int_equal(strlen(put.id), FILES_ID_LEN);
    return put;
}

static bool is_there(world *w, int32_t pid, const char *id, const char *content)
{
    files_content found;
    char text[256] = "";

    if (w->files->ops->fetch(w->files, pid, id, strlen(id), &found) < 0)
        return false;
    assert_int_equal(read(found.fd, text, sizeof text), found.len);
    (void)close(found.fd);
    assert_string_equal(text, content);
    return true;
}

static void what_is_put_is_found_by_its_id_only(void **state)
{
    world w;
    files_content found;

    (void)state;
    world_init(&w);
    const files_put one = stored(&w, "hello", 1, NOW_MS);
    const files_put two = stored(&w, "hello", 2, NOW_MS);
    const files_put three = stored(&w, "", 3, NOW_MS);
    assert_string_not_equal(one.id, two.id);
    assert_memory_equal(one.id, "00004e20", 8); /* day 20,000 */
    assert_true(is_there(&w, 7, one.id, "hello"));
    assert_true(is_there(&w, 7, two.id, "hello"));
    assert_true(is_there(&w, 7, three.id, ""));
    assert_false(is_there(&w, 8, one.id, "hello"));
    assert_int_equal(w.files->ops->get_bytes(w.files), 5);

    /* Again: the same, and nothing more. Around midnight, too. */
    assert_string_equal(stored(&w, "hello", 1, NOW_MS).id, one.id);
    assert_string_equal(stored(&w, "hello", 1, NOW_MS + DAY_MS).id, one.id);
    assert_string_not_equal(stored(&w, "hello", 1, NOW_MS + 2 * DAY_MS).id, one.id);

    /* Whatever is no id is none. */
    static const char *const others[] = {"",
                                         "/",
                                         "..",
                                         "../../../key",
                                         "00004e20/../../../../key/////////////////",
                                         "0000000000000000000000000000000000000000",
                                         "........................................",
                                         "00004e200000000000000000000000000000000",
                                         "00004E20AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(w.files->ops->fetch(w.files, 7, others[i], strlen(others[i]), &found), -1);
    for (size_t len = 0; len < FILES_ID_LEN; len++)
        assert_int_equal(w.files->ops->fetch(w.files, 7, one.id, len, &found), -1);
    assert_int_equal(w.files->ops->fetch(w.files, -7, one.id, FILES_ID_LEN, &found), -1);
    world_deinit(&w);
}

static void ids_are_keyed_by_the_folder(void **state)
{
    world w[2];

    (void)state;
    for (size_t i = 0; i < 2; i++)
        world_init(&w[i]);
    w[1].random = 99; /* too late: its key is made */
    assert_string_equal(stored(&w[0], "x", 1, NOW_MS).id, stored(&w[1], "x", 1, NOW_MS).id);
    world_deinit(&w[1]);

    /* And the key stays with the folder. */
    const files_put before = stored(&w[0], "y", 2, NOW_MS);
    world_close(&w[0]);
    world_open(&w[0]);
    assert_true(is_there(&w[0], 7, before.id, "y"));
    assert_string_equal(stored(&w[0], "y", 2, NOW_MS).id, before.id);
    world_close(&w[0]);
    char path[96];
    (void)snprintf(path, sizeof path, "%s/key", w[0].path);
    assert_int_equal(unlink(path), 0);
    world_open(&w[0]);
    assert_string_not_equal(stored(&w[0], "y", 2, NOW_MS).id, before.id);
    world_deinit(&w[0]);
}

static void old_files_go_and_what_others_need_stays(void **state)
{
    world w;
    char text[128];

    (void)state;
    world_init(&w);
    const files_put old_one = stored(&w, "old", 1, NOW_MS);
    const files_put shared_old = stored(&w, "shared", 2, NOW_MS);
    const files_put shared_new = stored(&w, "shared", 2, NOW_MS + 5 * DAY_MS);
    assert_int_equal(w.files->ops->get_bytes(w.files), 9);

    /* The whole day must be past: its last file is as old as is kept. */
    assert_int_equal(w.files->ops->trim(w.files, NOW_MS + 7 * DAY_MS, 7 * DAY_MS, text, 128), 0);
    assert_true(is_there(&w, 7, old_one.id, "old"));
    assert_int_equal(w.files->ops->trim(w.files, NOW_MS + 20 * DAY_MS, 0, text, 128), 0);
    assert_true(is_there(&w, 7, old_one.id, "old")); /* no bound */
    assert_int_equal(w.files->ops->trim(w.files, NOW_MS + 8 * DAY_MS, 7 * DAY_MS, text, 128), 0);
    assert_false(is_there(&w, 7, old_one.id, "old"));
    assert_false(is_there(&w, 7, shared_old.id, "shared"));
    assert_true(is_there(&w, 7, shared_new.id, "shared"));
    assert_int_equal(w.files->ops->get_bytes(w.files), 6);
    world_deinit(&w);
}

static void the_bound_holds_also_after_a_start(void **state)
{
    world w;
    char text[128];

    (void)state;
    world_init(&w);
    world_close(&w);
    w.options.max_bytes = 10;
    world_open(&w);
    (void)stored(&w, "12345678", 1, NOW_MS);
    files_put put = put_of(&w, "abc", 2, NOW_MS);
    assert_int_equal(run_put(&w, &put), FILES_FULL);
    (void)stored(&w, "12345678", 3, NOW_MS); /* is there */
    (void)stored(&w, "ab", 4, NOW_MS);
    world_close(&w);
    world_open(&w);
    assert_int_equal(w.files->ops->get_bytes(w.files), 10);
    assert_int_equal(run_put(&w, &put), FILES_FULL);
    assert_int_equal(w.files->ops->trim(w.files, NOW_MS + 9 * DAY_MS, DAY_MS, text, 128), 0);
    assert_int_equal(run_put(&w, &put), FILES_STORED);
    world_deinit(&w);
}

static bool refuse(files_put *put)
{
    (void)put;
    return false;
}

static void what_is_refused_leaves_nothing(void **state)
{
    world w;

    (void)state;
    world_init(&w);
    files_put put = put_of(&w, "secret", 1, NOW_MS);
    put.check = refuse;
    assert_int_equal(run_put(&w, &put), FILES_REFUSED);
    assert_int_equal(w.files->ops->get_bytes(w.files), 0);
    world_deinit(&w);
}

/* The one file below content/ as a path. */
static void find_content(const world *w, char *path, size_t size)
{
    char command[160];

    (void)snprintf(command, sizeof command, "find '%s/content' -type f", w->path);
    FILE *lines = popen(command, "r");
    assert_non_null(lines);
    assert_non_null(fgets(path, (int)size, lines));
    path[strcspn(path, "\n")] = '\0';
    (void)pclose(lines);
}

static void damage_is_mended_by_the_next_put(void **state)
{
    world w;
    char path[256];

    (void)state;
    world_init(&w);
    (void)stored(&w, "whole", 1, NOW_MS);
    find_content(&w, path, sizeof path);
    assert_int_equal(truncate(path, 2), 0);
    const files_put again = stored(&w, "whole", 2, NOW_MS);
    assert_true(is_there(&w, 7, again.id, "whole"));
    /* Also the one whose link is damaged. */
    const files_put first = stored(&w, "whole", 1, NOW_MS + 1);
    assert_true(is_there(&w, 7, first.id, "whole"));
    world_deinit(&w);
}

static void leftovers_of_a_killed_gate_are_removed(void **state)
{
    world w;
    char command[256];

    (void)state;
    world_init(&w);
    const files_put kept = stored(&w, "kept", 1, NOW_MS);
    world_close(&w);
    (void)snprintf(command, sizeof command,
                   "cd '%s' && echo half > new/0000 && mkdir -p new/x/y && echo z > new/x/y/z && "
                   "mkdir -p content/aa && echo orphan > content/aa/bbbb",
                   w.path);
    assert_int_equal(system(command), 0);
    world_open(&w);
    assert_int_equal(w.files->ops->get_bytes(w.files), 4);
    assert_true(is_there(&w, 7, kept.id, "kept"));
    (void)snprintf(command, sizeof command,
                   "cd '%s' && test -z \"$(ls new)\" && ! test -e content/aa/bbbb", w.path);
    assert_int_equal(system(command), 0);
    world_deinit(&w);
}

static void a_folder_has_one_owner_and_no_links(void **state)
{
    world w;
    char text[256] = "";
    char command[256];
    files_store *other;

    (void)state;
    world_init(&w);
    assert_int_equal(files_open_folder(w.path, &w.options, &other, text, sizeof text), -1);
    assert_string_equal(text, "another gate owns it");
    world_close(&w);

    /* A key that is too short, or a link to somewhere. */
    (void)snprintf(command, sizeof command, "echo short > '%s/key'", w.path);
    assert_int_equal(system(command), 0);
    assert_int_equal(files_open_folder(w.path, &w.options, &other, text, sizeof text), -1);
    assert_string_equal(text, "its key: shorter than 32 bytes");
    (void)snprintf(command, sizeof command, "cd '%s' && rm key && ln -s /etc/passwd key", w.path);
    assert_int_equal(system(command), 0);
    assert_int_equal(files_open_folder(w.path, &w.options, &other, text, sizeof text), -1);
    (void)snprintf(command, sizeof command, "cd '%s' && rm -rf key new && ln -s /tmp new", w.path);
    assert_int_equal(system(command), 0);
    assert_int_equal(files_open_folder(w.path, &w.options, &other, text, sizeof text), -1);
    assert_int_equal(files_open_folder("/proc/no/such", &w.options, &other, text, sizeof text), -1);
    world_deinit(&w);
}

static void many_at_once_all_end(void **state)
{
    enum { COUNT = 200 };
    static files_put puts[COUNT];
    static char contents[COUNT][32];
    world w;

    (void)state;
    world_init(&w);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(contents[i], sizeof contents[i], "content %d", i);
        puts[i] = put_of(&w, contents[i], i, NOW_MS);
        w.files->ops->put(w.files, &puts[i]);
    }
    world_close(&w); /* what was put is stored first */
    assert_int_equal(w.done, COUNT);
    world_open(&w);
    for (int i = 0; i < COUNT; i++)
        assert_true(is_there(&w, 7, puts[i].id, contents[i]));
    world_deinit(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_by_its_id_only),
        cmocka_unit_test(ids_are_keyed_by_the_folder),
        cmocka_unit_test(old_files_go_and_what_others_need_stays),
        cmocka_unit_test(the_bound_holds_also_after_a_start),
        cmocka_unit_test(what_is_refused_leaves_nothing),
        cmocka_unit_test(damage_is_mended_by_the_next_put),
        cmocka_unit_test(leftovers_of_a_killed_gate_are_removed),
        cmocka_unit_test(a_folder_has_one_owner_and_no_links),
        cmocka_unit_test(many_at_once_all_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
