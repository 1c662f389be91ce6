#include "cli/new_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/cli.h"

static bool write_all(int fd, const char *data, size_t len)
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
    return fsync(fd) == 0;
}

/* link(2) never replaces, rename(2) always does. */
static bool put_there(const char *temporary, const char *path, bool replace)
{
    if (replace)
        return rename(temporary, path) == 0;
    if (link(temporary, path) < 0)
        return false;
    (void)unlink(temporary);
    return true;
}

bool new_file_write(const char *path, mode_t mode, bool replace, const char *data, size_t len)
{
    struct buffer temporary = {0};
    bool good = false;

    buffer_append_string(&temporary, path);
    buffer_append_string(&temporary, ".XXXXXX");
    buffer_append_byte(&temporary, '\0');
    const int fd = mkstemp(temporary.data);
    if (fd >= 0) {
        good = fchmod(fd, mode) == 0 && write_all(fd, data, len);
        if (close(fd) < 0)
            good = false;
        good = good && put_there(temporary.data, path, replace);
    }
    if (!good) {
        cli_error("%s: %s", path, strerror(errno));
        if (fd >= 0)
            (void)unlink(temporary.data);
    }
    free(temporary.data);
    return good;
}
