/*
 * The folder holds all a gate leaves behind, so that a restart finds its store again and the
 * end of a test is one removal.
 */
#include "tests/support/gate_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 30000

static void path_of(const gate_process *gate, const char *name, char *text, size_t size)
{
    const int len = snprintf(text, size, "%s/%s", gate->folder, name);

    assert_true(len > 0 && (size_t)len < size);
}

static void show_log(const gate_process *gate)
{
    char path[320];
    char line[1024];

    path_of(gate, "rtmd.log", path, sizeof path);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        print_error("rtmd: %s", line);
    if (file != NULL)
        (void)fclose(file);
}

static void write_file(const gate_process *gate, const char *name, const char *text)
{
    char path[320];

    path_of(gate, name, path, sizeof path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        fail_msg("%s: %s", path, strerror(errno));
    (void)close(fd);
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The child: only what is safe after fork. */
static void become_gate(const char *program, const char *config, int ready_fd, const char *log)
{
    char number[16];
    const int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int null_fd = open("/dev/null", O_RDONLY);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)snprintf(number, sizeof number, "%d", ready_fd);
    if (log_fd < 0 || null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 ||
        dup2(log_fd, 2) < 0 || fcntl(ready_fd, F_SETFD, 0) < 0)
        _exit(126);
    (void)execl(program, program, "--config", config, "--ready-fd", number, (char *)NULL);
    _exit(127);
}

/* "ready fpnn=HOST:PORT", or as far as the gate came. */
static void read_ready_line(int fd, char *line, size_t size)
{
    const int64_t end = now_ms() + DEADLINE_MS;
    size_t len = 0;

    while (len + 1 < size && memchr(line, '\n', len) == NULL) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        const int64_t left = end - now_ms();
        if (left <= 0 || poll(&wait, 1, (int)left) <= 0)
            break;
        const ssize_t n = read(fd, line + len, size - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    line[len] = '\0';
}

/* Fork it; the end of its pipe on which it tells that it is ready. */
static int launch(gate_process *gate)
{
    const char *program = getenv("RTMD");
    char config[320];
    char log[320];
    int pipe_fds[2];

    assert_int_equal(gate->process, 0);
    if (program == NULL || access(program, X_OK) != 0)
        fail_msg("RTMD names no program");
    path_of(gate, "rtmd.conf", config, sizeof config);
    path_of(gate, "rtmd.log", log, sizeof log);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    gate->process = fork();
    if (gate->process == 0)
        become_gate(program, config, pipe_fds[1], log);
    assert_true(gate->process > 0);
    (void)close(pipe_fds[1]);
    return pipe_fds[0];
}

void gate_start(gate_process *gate)
{
    char line[256] = "";
    const int fd = launch(gate);

    read_ready_line(fd, line, sizeof line);
    (void)close(fd);
    if (sscanf(line, "ready fpnn=%63[^ \n]", gate->endpoint) != 1) {
        show_log(gate);
        fail_msg("rtmd did not start: '%s'", line);
    }
}

bool gate_start_and_kill(gate_process *gate, int after_ms)
{
    struct pollfd ready = {.fd = launch(gate), .events = POLLIN};
    const bool is_ready = poll(&ready, 1, after_ms) > 0;

    (void)close(ready.fd);
    gate_kill(gate);
    return is_ready;
}

void gate_init(gate_process *gate, int shards, gate_store store, const char *more)
{
    gate_init_project(gate, shards, store, more, "");
}

void gate_init_project(gate_process *gate, int shards, gate_store store, const char *more,
                       const char *project)
{
    const char *base = getenv("TMPDIR");
    char text[2048];
    char where[300] = "memory:";

    *gate = (gate_process){.shards = shards, .store = store};
    (void)snprintf(gate->folder, sizeof gate->folder, "%.200s/rtmkit-test.XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(gate->folder) == NULL)
        fail_msg("%s: %s", gate->folder, strerror(errno));
    const char *const other = getenv("RTMKIT_TEST_STORE_URI");
    if (store == GATE_SQLITE && other != NULL)
        (void)snprintf(where, sizeof where, "%s", other);
    else if (store == GATE_SQLITE)
        (void)snprintf(where, sizeof where, "sqlite:%s/store.db", gate->folder);
    (void)snprintf(text, sizeof text,
                   "[gate]\nlisten = 127.0.0.1:0\nshards = %d\nstore = %s\n%s%s"
                   "[project %d]\nsecret-file = %s/secret\n%s",
                   shards, where, more != NULL ? more : "", more != NULL ? "\n" : "", GATE_PID,
                   gate->folder, project);
    write_file(gate, "rtmd.conf", text);
    write_file(gate, "secret", GATE_SECRET "\n");
    gate_start(gate);
}

void gate_stop(gate_process *gate)
{
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, gate->process, 0), .events = POLLIN};
    int status = 0;
    pid_t ended = 0;

    (void)kill(gate->process, SIGTERM);
    if (end.fd >= 0 && poll(&end, 1, DEADLINE_MS) == 1)
        ended = waitpid(gate->process, &status, WNOHANG);
    if (end.fd >= 0)
        (void)close(end.fd);
    if (ended == 0) {
        (void)kill(gate->process, SIGKILL);
        (void)waitpid(gate->process, &status, 0);
    }
    gate->process = 0;
    if (ended == 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show_log(gate);
        fail_msg("rtmd ended badly: status %#x", (unsigned)status);
    }
}

void gate_kill(gate_process *gate)
{
    int status;

    (void)kill(gate->process, SIGKILL);
    if (waitpid(gate->process, &status, 0) != gate->process || !WIFSIGNALED(status) ||
        WTERMSIG(status) != SIGKILL) {
        gate->process = 0;
        show_log(gate);
        fail_msg("rtmd had ended before it was killed: status %#x", (unsigned)status);
    }
    gate->process = 0;
}

void gate_deinit(gate_process *gate)
{
    if (gate->process != 0)
        gate_stop(gate);
    DIR *folder = opendir(gate->folder);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        (void)closedir(folder);
    (void)rmdir(gate->folder);
}

/* What a descriptor of the gate is, as "socket:[1234]". */
static bool fd_is(const gate_process *gate, int fd, const char *what)
{
    char path[64];
    char link[64];

    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)gate->process, fd);
    const ssize_t len = readlink(path, link, sizeof link);
    return len >= (ssize_t)strlen(what) && memcmp(link, what, strlen(what)) == 0;
}

static bool watches(const gate_process *gate, int epoll_fd, int fd)
{
    char path[64];
    char line[256];
    bool found = false;
    int watched;

    (void)snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)gate->process, epoll_fd);
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = sscanf(line, "tfd: %d", &watched) == 1 && watched == fd;
    if (file != NULL)
        (void)fclose(file);
    return found;
}

void gate_look_at_sockets(const gate_process *gate, gate_sockets *ret)
{
    for (int fd = 0; fd < GATE_FDS_MAX; fd++)
        ret->is_socket[fd] = fd_is(gate, fd, "socket:");
}

int gate_get_loop_of_new(const gate_process *gate, const gate_sockets *before)
{
    int newest = -1;

    for (int fd = 0; fd < GATE_FDS_MAX; fd++) {
        if (!before->is_socket[fd] && fd_is(gate, fd, "socket:"))
            newest = fd;
    }
    for (int fd = 0; newest >= 0 && fd < GATE_FDS_MAX; fd++) {
        if (fd_is(gate, fd, "anon_inode:[eventpoll]") && watches(gate, fd, newest))
            return fd;
    }
    return -1;
}
