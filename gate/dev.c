/*
 * The secret goes through a file, so that it never stands in an argv; the lines printed are
 * made to be pasted into a shell.
 */
#include "gate/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_secret(char *ret_secret)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char random[24];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -1;
    for (size_t i = 0; i < sizeof random; i++) {
        ret_secret[2 * i] = hex[random[i] >> 4];
        ret_secret[2 * i + 1] = hex[random[i] & 15];
    }
    ret_secret[2 * sizeof random] = '\0';
    explicit_bzero(random, sizeof random);
    return 0;
}

int dev_configure(conf *settings)
{
    conf_project *const project = conf_add_project(settings, DEV_PID, 0);

    if (project == NULL || conf_set(settings, "gate.listen=127.0.0.1:0") != 0 ||
        conf_set(settings, "gate.store=memory:") != 0)
        return -1;
    if (make_secret(project->secret) < 0) {
        settings->complain("the system has no random numbers for a secret", settings->userdata);
        return -1;
    }
    return 0;
}

int dev_write_secret(dev *self, const conf *settings, char *reterr_text, size_t text_size)
{
    const char *const secret = settings->projects[0].secret;
    const char *base = getenv("XDG_RUNTIME_DIR");
    struct stat about;
    FILE *file = NULL;

    if (base == NULL || base[0] != '/' || stat(base, &about) < 0)
        base = "/tmp";
    const int len = snprintf(self->folder, sizeof self->folder, "%s/rtmd-dev.XXXXXX", base);
    if (len < 0 || (size_t)len >= sizeof self->folder || mkdtemp(self->folder) == NULL) {
        (void)snprintf(reterr_text, text_size, "%.200s: %s", base, strerror(errno));
        self->folder[0] = '\0';
        return -1;
    }
    (void)snprintf(self->path, sizeof self->path, "%s/secret", self->folder);
    const int fd = open(self->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        file = fdopen(fd, "w");
    if (file == NULL) {
        (void)snprintf(reterr_text, text_size, "%.200s: %s", self->path, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    (void)fprintf(file, "%s\n", secret);
    const bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) {
        (void)snprintf(reterr_text, text_size, "%.200s: cannot be written", self->path);
        return -1;
    }
    return 0;
}

void dev_print(const dev *self, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon == NULL ? address : colon + 1;

    /* The saved context carries the port in its name: each run is another gate. */
    printf("# Listen to everything:\n"
           "rtm --gate %s --pid %d --secret-file %s listen --all\n"
           "# Or save it as a context, for any shell:\n"
           "rtm context save dev-%s --gate %s --pid %d --secret-file %s\n"
           "rtm --context dev-%s listen --all\n",
           address, DEV_PID, self->path, port, address, DEV_PID, self->path, port);
    (void)fflush(stdout);
}

void dev_deinit(dev *self)
{
    if (self->folder[0] == '\0')
        return;
    (void)unlink(self->path);
    (void)rmdir(self->folder);
    self->folder[0] = '\0';
}
