/*
 * Runs a fuzz target over files without a fuzzer: seeds and old findings, as a test.
 *
 *   replay FILE-OR-FOLDER...
 *
 * Each file is run whole; a small one also with every byte of its end cut off in turn. Folders
 * that are not there hold nothing. Fails when no file was found at all.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

#define SMALL 1024
#define DEPTH_MAX 8

static size_t file_count;

/* The bytes in a block of their size, so that the sanitizer sees one byte over. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size);

    FUZZ_CHECK(exact != NULL);
    if (size > 0)
        memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static bool run_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size + 1);
    bool done = false;

    if (file == NULL || data == NULL || fread(data, 1, size, file) != size)
        goto end;
    for (size_t cut = size < SMALL ? 0 : size; cut < size; cut++)
        run(data, cut);
    run(data, size);
    file_count++;
    done = true;
end:
    if (!done)
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    if (file != NULL)
        (void)fclose(file);
    free(data);
    return done;
}

static bool run_path(const char *path, int depth);

static bool run_folder(const char *path, int depth)
{
    DIR *folder = opendir(path);
    bool done = true;

    if (folder == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char inner[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        const int len = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        done = len > 0 && (size_t)len < sizeof inner && run_path(inner, depth + 1) && done;
    }
    (void)closedir(folder);
    return done;
}

static bool run_path(const char *path, int depth)
{
    struct stat what;

    if (stat(path, &what) != 0)
        return depth == 0 && errno == ENOENT; /* a folder that stands for its first finding */
    if (S_ISDIR(what.st_mode))
        return depth < DEPTH_MAX && run_folder(path, depth);
    return run_file(path, (size_t)what.st_size);
}

int main(int argc, char **argv)
{
    bool done = true;

    for (int i = 1; i < argc; i++)
        done = run_path(argv[i], 0) && done;
    (void)printf("%zu files\n", file_count);
    return done && file_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
