/*
 * Many connections: how fast they come in when many come at once, what each takes while it is
 * silent, and how long it takes until all are back when the server has gone and been started anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/load.h"

/* Resident bytes of a process. */
static int64_t resident_of(pid_t pid)
{
    char path[64];
    long pages = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1)
        load_fail("%s cannot be read", path);
    (void)fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

/* The number behind `name` in the line of a file that begins with `line`; -1 when it has none. */
static int64_t number_in(const char *path, const char *line, const char *name)
{
    char text[256];
    int64_t value = -1;
    FILE *file = fopen(path, "re");

    while (file != NULL && value < 0 && fgets(text, sizeof text, file) != NULL) {
        const char *at = strncmp(text, line, strlen(line)) == 0 ? strstr(text, name) : NULL;
        if (at != NULL)
            value = strtoll(at + strlen(name), NULL, 10);
    }
    if (file != NULL)
        (void)fclose(file);
    return value;
}

/* What the kernel has given to sockets, files and the like, of the whole machine: so both ends. */
static int64_t kernel_bytes(void)
{
    return number_in("/proc/meminfo", "Slab:", "Slab:") * 1024;
}

/* Pages of TCP's buffers, of the whole machine. */
static int64_t tcp_bytes(void)
{
    return number_in("/proc/net/sockstat", "TCP:", " mem ") * sysconf(_SC_PAGESIZE);
}

typedef struct memory {
    int64_t server;
    int64_t kernel;
    int64_t tcp;
} memory;

static memory memory_now(const load *self)
{
    return (memory){resident_of(self->server), kernel_bytes(), tcp_bytes()};
}

/* Open all, never more than `depth` under way; the memory when so many were ready is noted. */
static void come_in(load *self, size_t depth, size_t noted_at, memory *ret_noted)
{
    size_t begun = 0;
    size_t ready = 0; /* all before it are */

    while (ready < self->conn_count) {
        while (begun < self->conn_count && begun - ready < depth) {
            /* What the server makes ready with its first connections is not theirs. */
            if (begun == noted_at && ready == noted_at)
                *ret_noted = memory_now(self);
            else if (begun == noted_at)
                break;
            (void)load_begin(self, begun++, self->listens);
        }
        while (ready < begun && self->conns[ready].is_ready)
            ready++;
        if (ready < self->conn_count && (ready < begun || begun == self->conn_count))
            load_turn(self, NULL);
    }
}

static void print_crowd(const load *self, const char *form, size_t depth, int64_t elapsed_ns,
                        int64_t server_ns, size_t counted, const memory *more)
{
    (void)printf("{\"form\": \"%s\", \"wire\": \"%s\", \"conns\": %zu, \"listens\": %s, "
                 "\"each\": %zu, \"depth\": %zu, \"seconds\": %.6f, \"server_cpu_s\": %.6f, "
                 "\"server_bytes_each\": %.0f, \"kernel_bytes_each\": %.0f, "
                 "\"tcp_buffer_bytes\": %" PRId64 "}\n",
                 form, self->wire->name, self->conn_count, self->listens ? "true" : "false",
                 self->each, depth, (double)elapsed_ns / 1e9, (double)server_ns / 1e9,
                 (double)more->server / (double)counted, (double)more->kernel / (double)counted,
                 more->tcp);
    (void)fflush(stdout);
}

static void measure(load *self, const char *form, size_t depth, size_t noted_at)
{
    memory before = memory_now(self);
    const int64_t server_ns = load_server_cpu_ns(self);
    const int64_t start_ns = load_now_ns();

    come_in(self, depth, noted_at, &before);
    const int64_t elapsed_ns = load_now_ns() - start_ns;
    const int64_t used_ns = load_server_cpu_ns(self) - server_ns;
    const memory after = memory_now(self);
    const memory more = {after.server - before.server, after.kernel - before.kernel,
                         after.tcp - before.tcp};
    /* Only then the line: whoever reads it may end the server. */
    load_settle(self, self->conn_count);
    print_crowd(self, form, depth, elapsed_ns, used_ns, self->conn_count - noted_at, &more);
}

/* Every listener is one: a message to each group comes to all who listen to it, and to nobody else.
 */
static void prove_listening(load *self)
{
    conn *sender = load_open(self, self->conn_count, false);
    const uint64_t deliveries = (uint64_t)self->group_count * self->fans;

    memset(self->sent, 0, self->group_count * sizeof *self->sent);
    self->got = 0;
    for (size_t i = 0; i < self->group_count; i++)
        load_write_message(self, sender);
    load_flush(self, sender);
    while (self->got < deliveries)
        load_turn(self, NULL);
    load_settle(self, self->conn_count + 1);
    load_check_listeners(self);
}

/* The server has ended, so every connection has. */
static void lose_all(load *self)
{
    char rest[4096];

    for (size_t i = 0; i < self->conn_count; i++) {
        ssize_t len;
        do {
            len = recv(self->conns[i].fd, rest, sizeof rest, MSG_DONTWAIT);
        } while (len > 0);
        if (len < 0 && errno != ECONNRESET)
            load_fail("connection %zu of a server that has ended is still there", i);
    }
    load_close_all(self);
}

void scenario_crowd(load *self)
{
    int port;
    int pid;

    if (self->server == 0)
        load_fail("crowd needs --server");
    measure(self, "crowd", self->depth, self->conn_count / 10);
    if (!self->again)
        return;
    if (scanf("%d %d", &port, &pid) != 2)
        load_fail("a port and a process id should come on standard input");
    lose_all(self);
    self->port = (uint16_t)port;
    self->server = (pid_t)pid;
    measure(self, "storm", self->conn_count, 0);
    if (self->listens)
        prove_listening(self);
}
