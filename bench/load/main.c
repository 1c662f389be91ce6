/*
 * The command line of the load generator; its figures go to standard output as JSON lines.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/load/load.h"

static const char usage[] =
    "usage: bench_load fanout --wire WIRE --port PORT [--conns N] [--windows B,...] [options]\n"
    "       bench_load echo --wire WIRE --port PORT [--conns N] [--depth D] [options]\n"
    "       bench_load latency --wire WIRE --port PORT [--conns N] [--rate R] [options]\n"
    "       bench_load crowd --wire WIRE --port PORT --server PID [--conns N] [--depth D]\n"
    "                  [--listen] [--again] [options]\n"
    "       bench_load split [--bytes N]\n"
    "wires:   rtm nats redis mqtt0 mqtt1\n"
    "options: --server PID      whose CPU time is counted\n"
    "         --ms N            for how long each is measured (300)\n"
    "         --rest N          ms after a run of fanout, of which CPU time counts, too\n"
    "         --bytes N         of a message's text (100)\n"
    "         --padded          texts so long that deliveries are as long as those of rtm\n"
    "         --senders N       of fanout, each with B under way (1)\n"
    "         --groups N --each K --step S   so many groups, in a ring, of which listener i\n"
    "                           listens to K from i * S on (1, 1, 0)\n"
    "         --talk N          messages go to so many of a sender's groups (all)\n"
    "         --all             listeners ask for all groups without naming them (rtm)\n"
    "         --project PID --secret-file FILE   of rtm\n"
    "         --veil package|stream|tls   hide the bytes (rtm); the first two need\n"
    "         --gate-key FILE   the gate's public key\n"
    "         --check           decode every push, and look at the order (rtm)\n"
    "crowd opens N connections, D at a time. With --again it then waits for a line with port\n"
    "and process id of a server that has taken the place of the first, and all come back.\n"
    "split is the physical limit as a server; it ends with its standard input.\n";

static _Noreturn void refuse(const char *what, const char *value)
{
    (void)fprintf(stderr, "bench_load: %s%s\n%s", what, value, usage);
    exit(2);
}

/* A number that ends with the text, or with one of `ends`. */
static int64_t number_before(const char *ends, const char *text, int64_t least, int64_t most)
{
    char *end;
    const long long value = strtoll(text, &end, 10);

    if (end == text || (*end != '\0' && strchr(ends, *end) == NULL) || value < least ||
        value > most)
        refuse("not a number in its bounds: ", text);
    return value;
}

static int64_t number(const char *text, int64_t least, int64_t most)
{
    return number_before("", text, least, most);
}

static const wire *wire_of(const char *name)
{
    static const wire *const wires[] = {&wire_rtm, &wire_nats, &wire_redis, &wire_mqtt0,
                                        &wire_mqtt1};

    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++) {
        if (strcmp(wires[i]->name, name) == 0)
            return wires[i];
    }
    refuse("an unknown wire: ", name);
}

static void read_windows(load *self, const char *text)
{
    self->window_count = 0;
    for (const char *at = text; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (self->window_count == LOAD_WINDOWS_MAX)
            refuse("too many windows: ", text);
        self->windows[self->window_count++] = (size_t)number_before(",", at, 1, 60000);
    }
}

static const char *read_secret(const char *path)
{
    static char secret[300];
    FILE *file = fopen(path, "re");

    if (file == NULL || fgets(secret, sizeof secret, file) == NULL)
        load_fail("%s: %s", path, strerror(errno));
    (void)fclose(file);
    secret[strcspn(secret, "\r\n")] = '\0';
    return secret;
}

static veil_kind veil_of(const char *name)
{
    static const char *const names[] = {[VEIL_NONE] = "none",
                                        [VEIL_PACKAGE] = "package",
                                        [VEIL_STREAM] = "stream",
                                        [VEIL_TLS] = "tls"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0)
            return (veil_kind)i;
    }
    refuse("an unknown veil: ", name);
}

static void read_options(load *self, int argc, char **argv)
{
    static const struct option known[] = {
        {"wire", 1, NULL, 'w'},  {"port", 1, NULL, 'p'},    {"server", 1, NULL, 's'},
        {"conns", 1, NULL, 'n'}, {"depth", 1, NULL, 'd'},   {"windows", 1, NULL, 'b'},
        {"ms", 1, NULL, 'm'},    {"bytes", 1, NULL, 'y'},   {"project", 1, NULL, 'j'},
        {"rate", 1, NULL, 'r'},  {"listen", 0, NULL, 'l'},  {"secret-file", 1, NULL, 'f'},
        {"check", 0, NULL, 'c'}, {"senders", 1, NULL, 'S'}, {"groups", 1, NULL, 'g'},
        {"each", 1, NULL, 'e'},  {"step", 1, NULL, 't'},    {"all", 0, NULL, 'a'},
        {"talk", 1, NULL, 'T'},  {"padded", 0, NULL, 'q'},  {"rest", 1, NULL, 'R'},
        {"again", 0, NULL, 'A'}, {"veil", 1, NULL, 'v'},    {"gate-key", 1, NULL, 'k'},
        {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'w':
            self->wire = wire_of(optarg);
            break;
        case 'p':
            self->port = (uint16_t)number(optarg, 1, 65535);
            break;
        case 's':
            self->server = (pid_t)number(optarg, 1, INT32_MAX);
            break;
        case 'n':
            self->conn_count = (size_t)number(optarg, 1, LOAD_CONNS_MAX);
            break;
        case 'd':
            self->depth = (size_t)number(optarg, 1, 60000);
            break;
        case 'b':
            read_windows(self, optarg);
            break;
        case 'm':
            self->run_ms = number(optarg, 1, 3600000);
            break;
        case 'y':
            self->text_len = (size_t)number(optarg, 1, LOAD_SIZE_MAX);
            break;
        case 'j':
            self->project = (int32_t)number(optarg, 1, INT32_MAX);
            break;
        case 'f':
            self->secret = read_secret(optarg);
            break;
        case 'c':
            self->checks = true;
            break;
        case 'r':
            self->rate = number(optarg, 1, 10000000);
            break;
        case 'l':
            self->listens = true;
            break;
        case 'S':
            self->sender_count = (size_t)number(optarg, 1, LOAD_CONNS_MAX);
            break;
        case 'g':
            self->group_count = (size_t)number(optarg, 1, LOAD_LISTENS_MAX);
            break;
        case 'e':
            self->each = (size_t)number(optarg, 1, LOAD_LISTENS_MAX);
            break;
        case 't':
            self->step = (size_t)number(optarg, 0, LOAD_LISTENS_MAX);
            break;
        case 'T':
            self->talk = (size_t)number(optarg, 1, LOAD_LISTENS_MAX);
            break;
        case 'a':
            self->all_groups = true;
            break;
        case 'q':
            self->padded = true;
            break;
        case 'R':
            self->rest_ms = number(optarg, 0, 60000);
            break;
        case 'A':
            self->again = true;
            break;
        case 'v':
            self->veil_kind = veil_of(optarg);
            break;
        case 'k':
            self->gate_key = optarg;
            break;
        default:
            refuse("", "");
        }
    }
}

/* Each group must have as many listeners as any other: then deliveries can be foretold. */
static void reckon_fans(load *self)
{
    const size_t listens = self->conn_count * self->each;
    const bool all_the_same = self->each == self->group_count && self->step == 0;
    const bool even = self->step > 0 && self->each % self->step == 0 &&
                      self->conn_count * self->step % self->group_count == 0;

    self->fans = self->conn_count;
    if (self->all_groups || all_the_same)
        return;
    if (self->each > self->group_count || listens > LOAD_LISTENS_MAX || !even)
        refuse("--groups, --each, --step and --conns: groups must have equally many listeners", "");
    self->fans = listens / self->group_count;
}

typedef struct scenario {
    const char *name;
    void (*run)(load *self);
} scenario;

static const scenario scenarios[] = {{"fanout", scenario_fanout},
                                     {"echo", scenario_echo},
                                     {"latency", scenario_latency},
                                     {"crowd", scenario_crowd}};

static void run(load *self, const scenario *what)
{
    const size_t count = self->conn_count + self->sender_count;

    reckon_fans(self);
    memset(self->text, 'x', self->text_len);
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->conns = calloc(count, sizeof *self->conns);
    self->sent = calloc(self->group_count, sizeof *self->sent);
    if (self->epoll_fd < 0 || self->conns == NULL || self->sent == NULL)
        load_fail("out of memory");
    if (!self->wire->prepare(self))
        load_fail("cannot begin (rtm needs --project and --secret-file; not every wire has all)");
    veil_prepare(self);
    for (size_t i = 0; i < count; i++)
        self->conns[i].fd = -1;
    what->run(self);
    load_close_all(self);
    free(self->conns);
    free(self->sent);
    (void)close(self->epoll_fd);
}

int main(int argc, char **argv)
{
    load self = {.conn_count = 1,
                 .sender_count = 1,
                 .group_count = 1,
                 .each = 1,
                 .depth = 1,
                 .windows = {1},
                 .window_count = 1,
                 .run_ms = 300,
                 .rate = 1000,
                 .text_len = 100};

    if (argc < 2)
        refuse("what to do?", "");
    read_options(&self, argc - 1, argv + 1);
    if (strcmp(argv[1], "split") == 0)
        return split_serve(self.text_len);
    if (self.wire == NULL || self.port == 0)
        refuse("--wire and --port are needed", "");
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (strcmp(argv[1], scenarios[i].name) == 0) {
            run(&self, &scenarios[i]);
            return 0;
        }
    }
    refuse("an unknown scenario: ", argv[1]);
}
