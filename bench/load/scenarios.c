/*
 * What is measured. Each prints one JSON object a line with what was counted, and no judgement:
 * the suite adds the machine and makes the table.
 *
 * Writing and signing the next burst is not timed: only from its first byte sent to the last
 * delivery and answer does the clock run. The server has nothing to do meanwhile, so its CPU time
 * is that of the bursts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/load/load.h"

typedef struct figures {
    uint64_t messages;
    uint64_t deliveries;
    uint64_t answers;
    int64_t elapsed_ns;
    int64_t server_ns;
    int64_t own_ns;
} figures;

static void print_figures(const load *self, const char *scenario, size_t window, const figures *f)
{
    (void)printf("{\"scenario\": \"%s\", \"wire\": \"%s\", \"conns\": %zu, \"window\": %zu, "
                 "\"bytes\": %zu, \"messages\": %" PRIu64 ", \"deliveries\": %" PRIu64
                 ", \"answers\": %" PRIu64 ", \"seconds\": %.6f, \"server_cpu_s\": %.6f, "
                 "\"load_cpu_s\": %.6f}\n",
                 scenario, self->wire->name, self->conn_count, window, self->text_len, f->messages,
                 f->deliveries, f->answers, (double)f->elapsed_ns / 1e9, (double)f->server_ns / 1e9,
                 (double)f->own_ns / 1e9);
    (void)fflush(stdout);
}

/* The window of the burst under way: what each listener may have got. */
static uint64_t expected_each;

static void count_listener(load *self, conn *c)
{
    (void)self;
    if (c->is_listener && c->got > expected_each)
        load_fail("a listener has got %" PRIu64 " deliveries of %" PRIu64, c->got, expected_each);
}

/* `window` messages at once, until all has come. */
static void burst(load *self, size_t window, figures *f)
{
    conn *sender = &self->conns[self->conn_count];
    const uint64_t deliveries = (uint64_t)window * self->conn_count;
    const uint64_t answers = self->wire->answers_sender ? window : 0;

    self->got = self->answers = 0;
    expected_each = window;
    for (size_t i = 0; i <= self->conn_count; i++)
        self->conns[i].got = self->conns[i].answers = 0;
    for (size_t i = 0; i < window; i++)
        self->wire->write_message(self, sender);
    const int64_t own_ns = load_own_cpu_ns();
    const int64_t start_ns = load_now_ns();
    load_flush(self, sender);
    while (self->got < deliveries || self->answers < answers)
        load_turn(self, count_listener);
    f->elapsed_ns += load_now_ns() - start_ns;
    f->own_ns += load_own_cpu_ns() - own_ns;
    if (self->answers != answers)
        load_fail("%" PRIu64 " answers to %zu messages", self->answers, window);
    f->messages += window;
    f->deliveries += self->got;
    f->answers += self->answers;
}

void scenario_fanout(load *self)
{
    for (size_t i = 0; i < self->conn_count; i++)
        (void)load_open(self, i, true);
    (void)load_open(self, self->conn_count, false);
    for (size_t w = 0; w < self->window_count; w++) {
        figures warm_up = {.messages = 0};
        figures f = {.messages = 0};
        const size_t window = self->windows[w];
        burst(self, window, &warm_up);
        burst(self, window, &warm_up);
        /* Answers of listeners to the last burst may be on their way: those of the burst before
         * the run are counted instead of those of the last in it. */
        const int64_t server_ns = load_server_cpu_ns(self);
        do {
            burst(self, window, &f);
        } while (f.elapsed_ns < self->run_ms * 1000000 || f.messages < 3 * window);
        f.server_ns = load_server_cpu_ns(self) - server_ns;
        load_settle(self, self->conn_count + 1);
        print_figures(self, "fanout", window, &f);
    }
}

static bool is_refilling;

/* What has been answered is asked again. */
static void refill(load *self, conn *c)
{
    for (; is_refilling && c->answers > 0; c->answers--)
        self->wire->write_echo(self, c);
    if (c->answers > self->depth)
        load_fail("more answers than quests");
}

void scenario_echo(load *self)
{
    figures f = {.messages = 0};

    for (size_t i = 0; i < self->conn_count; i++)
        (void)load_open(self, i, false);
    self->answers = 0;
    is_refilling = true;
    const int64_t server_ns = load_server_cpu_ns(self);
    const int64_t own_ns = load_own_cpu_ns();
    const int64_t start_ns = load_now_ns();
    for (size_t i = 0; i < self->conn_count; i++) {
        for (size_t d = 0; d < self->depth; d++)
            self->wire->write_echo(self, &self->conns[i]);
        load_flush(self, &self->conns[i]);
    }
    while (load_now_ns() - start_ns < self->run_ms * 1000000)
        load_turn(self, refill);
    const uint64_t end = self->answers + (uint64_t)self->depth * self->conn_count;
    is_refilling = false;
    while (self->answers < end)
        load_turn(self, refill);
    f.elapsed_ns = load_now_ns() - start_ns;
    f.own_ns = load_own_cpu_ns() - own_ns;
    f.server_ns = load_server_cpu_ns(self) - server_ns;
    f.messages = f.answers = self->answers;
    load_settle(self, self->conn_count);
    print_figures(self, "echo", self->depth, &f);
}

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

/* Pages that the kernel has given to the buffers of TCP, of the whole machine. */
static int64_t tcp_bytes(void)
{
    char line[256];
    long pages = -1;
    FILE *file = fopen("/proc/net/sockstat", "re");

    while (file != NULL && pages < 0 && fgets(line, sizeof line, file) != NULL) {
        const char *at = strncmp(line, "TCP:", 4) == 0 ? strstr(line, " mem ") : NULL;
        if (at != NULL)
            pages = strtol(at + 5, NULL, 10);
    }
    if (file != NULL)
        (void)fclose(file);
    return pages < 0 ? -1 : (int64_t)pages * sysconf(_SC_PAGESIZE);
}

void scenario_idle(load *self)
{
    if (self->server == 0)
        load_fail("idle needs --server");
    const int64_t tcp_before = tcp_bytes();
    const int64_t server_ns = load_server_cpu_ns(self);
    /* What the server makes ready with its first connections is not theirs. */
    const size_t first = self->conn_count / 10;
    int64_t before = 0;
    const int64_t start_ns = load_now_ns();
    for (size_t i = 0; i < self->conn_count; i++) {
        if (i == first)
            before = resident_of(self->server);
        (void)load_open(self, i, self->listens);
    }
    const double seconds = (double)(load_now_ns() - start_ns) / 1e9;
    const int64_t after = resident_of(self->server);
    (void)printf("{\"scenario\": \"idle\", \"wire\": \"%s\", \"conns\": %zu, \"listens\": %s, "
                 "\"seconds\": %.6f, \"server_cpu_s\": %.6f, \"server_bytes_each\": %.0f, "
                 "\"tcp_buffer_bytes\": %" PRId64 "}\n",
                 self->wire->name, self->conn_count, self->listens ? "true" : "false", seconds,
                 (double)(load_server_cpu_ns(self) - server_ns) / 1e9,
                 (double)(after - before) / (double)(self->conn_count - first),
                 tcp_bytes() - tcp_before);
    load_settle(self, self->conn_count);
}
