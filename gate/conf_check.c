/*
 * The end of the configuration: secrets and keys from where they are kept, then the checks that
 * need all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/conf_impl.h"
#include "lib/base/num.h"

#define SECRET_ENV "RTMD_SECRET_"

/* A file's first and only line. Told if it is not that. */
static bool read_secret_file(conf *self, const conf_project *project, const char *path,
                             char *secret)
{
    char text[GATE_SECRET_MAX + 2];
    struct stat about;
    ssize_t got = -1;
    size_t len = 0;
    bool good = false;

    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) < 0) {
        conf_complain(self, project->line, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (S_ISREG(about.st_mode) && (about.st_mode & S_IRWXO) != 0) {
        conf_complain(self, project->line, "%s: others can read or write it; chmod o= it", path);
        goto done;
    }
    while (len < sizeof text && (got = read(fd, text + len, sizeof text - len)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            conf_complain(self, project->line, "%s: %s", path, strerror(errno));
            goto done;
        }
        len += (size_t)got;
    }
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len > GATE_SECRET_MAX)
        conf_complain(self, project->line, "%s: longer than %d bytes", path, GATE_SECRET_MAX);
    else if (len == 0)
        conf_complain(self, project->line, "%s: empty", path);
    else if (memchr(text, '\n', len) != NULL || memchr(text, '\0', len) != NULL)
        conf_complain(self, project->line, "%s: more than one line", path);
    else
        good = true;
    if (good) {
        memcpy(secret, text, len);
        secret[len] = '\0';
    }
done:
    explicit_bzero(text, sizeof text);
    if (fd >= 0)
        (void)close(fd);
    return good;
}

/* RTMD_SECRET_<PID>=…, each of which must have its project. */
static void take_environment(conf *self, char *const *environment)
{
    const size_t prefix_len = strlen(SECRET_ENV);

    for (; *environment != NULL; environment++) {
        const char *const name = *environment;
        const char *const equals = strchr(name, '=');
        int64_t pid;

        if (equals == NULL || strncmp(name, SECRET_ENV, prefix_len) != 0)
            continue;
        const int name_len = (int)rtmi_min_size((size_t)(equals - name), 100);
        conf_project *project = NULL;
        if (rtmi_int_parse(name + prefix_len, (size_t)(equals - name) - prefix_len, &pid))
            project = conf_find_project(self, pid);
        const size_t len = strlen(equals + 1);
        if (project == NULL)
            conf_complain(self, 0, "%.*s in the environment: no such [project PID]", name_len,
                          name);
        else if (len == 0 || len > GATE_SECRET_MAX)
            conf_complain(self, 0, "%.*s in the environment: %s", name_len, name,
                          len == 0 ? "empty" : "too long");
        else {
            memcpy(project->secret, equals + 1, len + 1);
            project->secret_file[0] = '\0';
        }
    }
}

static void finish_project(conf *self, conf_project *project)
{
    if (project->secret[0] != '\0' && project->secret_file[0] != '\0')
        conf_complain(self, project->line, "project %" PRId32 " has both secret and secret-file",
                      project->pid);
    else if (project->secret_file[0] != '\0')
        (void)read_secret_file(self, project, project->secret_file, project->secret);
    else if (project->secret[0] == '\0')
        conf_complain(self, project->line,
                      "project %" PRId32 " has no secret (secret, secret-file or " SECRET_ENV
                      "%" PRId32 ")",
                      project->pid, project->pid);
    if (project->secret_old[0] != '\0' && project->secret_old_file[0] != '\0')
        conf_complain(self, project->line,
                      "project %" PRId32 " has both secret-old and secret-old-file", project->pid);
    else if (project->secret_old_file[0] != '\0')
        (void)read_secret_file(self, project, project->secret_old_file, project->secret_old);
}

/* Told if the file holds no key, or others may read it. */
static void read_key_file(conf *self, conf_listen *listen)
{
    uint8_t bytes[4096];
    const char *const path = listen->encryption_key;
    struct stat about;
    ssize_t len = -1;

    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &about) == 0) {
        do
            len = read(fd, bytes, sizeof bytes);
        while (len < 0 && errno == EINTR);
    }
    if (len < 0) {
        conf_complain(self, listen->line, "%s: %s", path, strerror(errno));
    } else if (S_ISREG(about.st_mode) && (about.st_mode & S_IRWXO) != 0) {
        conf_complain(self, listen->line, "%s: others can read or write it; chmod o= it", path);
    } else if (rtmi_private_key_parse((rtmi_span){bytes, (size_t)len},
                                      (rtmi_curve)listen->encryption_curve, &listen->key) < 0) {
        conf_complain(self, listen->line, "%s: no private key, PEM%s; rtm keygen makes one", path,
                      listen->encryption_curve == RTMI_CURVE_NONE
                          ? " (for a raw one encryption-curve must be given)"
                          : " or raw, of that curve");
    }
    explicit_bzero(bytes, sizeof bytes);
    if (fd >= 0)
        (void)close(fd);
}

/* It is for this machine, unless something else is said. */
static void finish_admin(conf *self, conf_listen *listen)
{
    if (listen->address[0] == '\0')
        (void)snprintf(listen->address, sizeof listen->address, "%s", CONF_ADMIN_ADDRESS);
    if (listen->tls)
        conf_complain(self, listen->line, "[listen %s]: no tls with protocol = admin",
                      listen->name);
    if (listen->encryption != GATE_ENCRYPTION_OFF)
        conf_complain(self, listen->line, "[listen %s]: no encryption with protocol = admin",
                      listen->name);
}

/* Files are fetched in clear; a proxy in front can do better, and renew certificates. */
static void finish_files_listen(conf *self, const conf_listen *listen)
{
    if (listen->tls)
        conf_complain(
            self, listen->line,
            "[listen %s]: no tls with protocol = files; put a proxy before it and say files-url",
            listen->name);
    if (listen->encryption != GATE_ENCRYPTION_OFF)
        conf_complain(self, listen->line, "[listen %s]: no encryption with protocol = files",
                      listen->name);
}

static void finish_listen(conf *self, conf_listen *listen)
{
    const int line = listen->line;
    const char *const name = listen->name;
    const bool has_files = listen->tls_certificate[0] != '\0' && listen->tls_key[0] != '\0';
    const bool has_any_file = listen->tls_certificate[0] != '\0' || listen->tls_key[0] != '\0';
    const bool is_off = listen->encryption == GATE_ENCRYPTION_OFF;

    if (listen->protocol == CONF_PROTOCOL_ADMIN)
        finish_admin(self, listen);
    if (listen->address[0] == '\0')
        conf_complain(self, line, "[listen %s] has no address", name);
    if (listen->protocol == CONF_PROTOCOL_FILES)
        finish_files_listen(self, listen);
    if (listen->takes_files && listen->protocol != CONF_PROTOCOL_FPNN)
        conf_complain(self, line, "[listen %s]: takes-files is for protocol = fpnn", name);
    if (listen->tls && !has_files)
        conf_complain(self, line, "[listen %s]: tls needs tls-certificate and tls-key", name);
    if (!listen->tls && has_any_file)
        conf_complain(self, line, "[listen %s] has a certificate or its key, and tls = false",
                      name);
    if (listen->tls && !is_off)
        conf_complain(self, line, "[listen %s]: tls and encryption exclude each other", name);
    if (!is_off && listen->encryption_key[0] == '\0')
        conf_complain(self, line, "[listen %s]: encryption needs encryption-key", name);
    else if (is_off && listen->encryption_key[0] != '\0')
        conf_complain(self, line, "[listen %s] has an encryption-key, and encryption = off", name);
    else if (!is_off)
        read_key_file(self, listen);
    if (conf_has_short_listen(self) && strcmp(name, CONF_SHORT_NAME) == 0)
        conf_complain(self, line, "[listen %s]: that is the name of the address given in [gate]",
                      name);
}

/* The first address that takes files, or where they are fetched; NULL if there is none. */
static const conf_listen *find_files(const conf *self, bool is_fetched)
{
    for (size_t i = 0; i < self->listen_count; i++) {
        if (is_fetched ? self->listens[i].protocol == CONF_PROTOCOL_FILES
                       : self->listens[i].takes_files)
            return &self->listens[i];
    }
    return NULL;
}

/* Whether others could reach it by what it is called here. */
static bool has_host(const conf_listen *listen)
{
    char host[CONF_TEXT_SIZE];
    uint16_t port;

    return conf_address_split(listen->address, host, sizeof host, &port) == 0 && host[0] != '\0';
}

static void finish_files(conf *self)
{
    const conf_gate *const gate = &self->gate;
    const conf_listen *const takes = find_files(self, false);
    const conf_listen *const gives = find_files(self, true);

    if (gate->files_folder[0] == '\0') {
        if (takes != NULL)
            conf_complain(self, takes->line,
                          "[listen %s] takes files, and there is no files-folder", takes->name);
        if (gives != NULL)
            conf_complain(self, gives->line,
                          "[listen %s] gives files, and there is no files-folder", gives->name);
        return;
    }
    if (takes == NULL)
        conf_complain(self, 0, "files-folder is given, and no [listen] has takes-files = true");
    else if (gate->files_endpoint[0] == '\0' && !has_host(takes))
        conf_complain(self, takes->line,
                      "[listen %s] takes files: files-endpoint must say by what name", takes->name);
    if (gives == NULL && gate->files_url[0] == '\0')
        conf_complain(self, 0, "files-folder is given, and no [listen] has protocol = files");
    else if (gate->files_url[0] == '\0' && !has_host(gives))
        conf_complain(self, gives->line, "[listen %s] gives files: files-url must say by what name",
                      gives->name);
    if (gate->files_max_bytes + CONF_FILE_HEADROOM > gate->max_package_bytes)
        conf_complain(self, 0, "files-max and 64KiB more are larger than max-package");
    if (gate->files_memory_bytes < 4 * (gate->files_max_bytes + CONF_FILE_HEADROOM))
        conf_complain(self, 0, "files-memory must be four times files-max and 256KiB, or more");
}

int conf_finish(conf *self, char *const *environment)
{
    const size_t before = self->mistakes;

    take_environment(self, environment);
    for (size_t i = 0; i < self->listen_count; i++)
        finish_listen(self, &self->listens[i]);
    for (size_t i = 0; i < self->project_count; i++)
        finish_project(self, &self->projects[i]);
    if (self->project_count == 0 && before == 0)
        conf_complain(self, 0, "no [project PID] section, so there is nothing to serve");
    if ((self->seen & conf_row_bit(conf_row_find(CONF_GATE, "unproved-package"))) == 0)
        self->gate.unproved_package_bytes =
            rtmi_min_i64(self->gate.unproved_package_bytes, self->gate.max_package_bytes);
    if (self->gate.unproved_package_bytes > self->gate.max_package_bytes)
        conf_complain(self, 0, "unproved-package is larger than max-package");
    finish_files(self);
    return self->mistakes == 0 ? 0 : -1;
}
