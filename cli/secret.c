/*
 * Reading a secret from a file. A file that everybody may read is refused, as ssh does with
 * keys: the mistake is made once and noticed never.
 */
#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/memory.h"

#define SECRET_MAX 4096

void secret_free(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static const char *secret_read_fd(int fd, char *text, size_t size)
{
    struct stat st;
    size_t len = 0;

    if (fstat(fd, &st) < 0)
        return strerror(errno);
    if (S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0)
        return "everybody may read this secret: chmod 600 it";
    for (;;) {
        const ssize_t n = read(fd, text + len, size - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return strerror(errno);
        if (n == 0)
            break;
        len += (size_t)n;
        if (len == size)
            return "too long for a secret";
    }
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len == 0)
        return "holds no secret";
    if (memchr(text, '\0', len) != NULL || memchr(text, '\n', len) != NULL)
        return "a secret is one line of text";
    text[len] = '\0';
    return NULL;
}

char *secret_read(const char *path)
{
    char text[SECRET_MAX];
    char *secret = NULL;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const char *reason = fd < 0 ? strerror(errno) : secret_read_fd(fd, text, sizeof text);

    if (reason != NULL)
        cli_error("%s: %s", path, reason);
    else
        secret = memory_dup(text, strlen(text));
    if (fd >= 0)
        (void)close(fd);
    explicit_bzero(text, sizeof text);
    return secret;
}
