#include "tests/support/store_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[60];
char store_folder_log[80];

int store_folder_make(void **state)
{
    const char *temporary = getenv("TMPDIR");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%.40s/rtmkit_XXXXXX",
                   temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(store_folder_log, sizeof store_folder_log, "%s/log.db", folder);
    return 0;
}

void store_folder_clear(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    char path[100];

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", store_folder_log, suffixes[i]);
        (void)unlink(path);
    }
}

int store_folder_remove(void **state)
{
    (void)state;
    store_folder_clear();
    return rmdir(folder);
}
