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
    "       bench_load idle --wire WIRE --port PORT --server PID [--conns N] [--listen] [options]\n"
    "       bench_load split [--bytes N]\n"
    "wires:   rtm nats redis mqtt0 mqtt1\n"
    "options: --server PID      whose CPU time is counted\n"
    "         --ms N            for how long each is measured (300)\n"
    "         --bytes N         of a message's text (100)\n"
    "         --project PID --secret-file FILE   of rtm\n"
    "         --check           decode every push, and look at the order (rtm)\n"
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

static void read_options(load *self, int argc, char **argv)
{
    static const struct option known[] = {
        {"wire", 1, NULL, 'w'},  {"port", 1, NULL, 'p'},   {"server", 1, NULL, 's'},
        {"conns", 1, NULL, 'n'}, {"depth", 1, NULL, 'd'},  {"windows", 1, NULL, 'b'},
        {"ms", 1, NULL, 'm'},    {"bytes", 1, NULL, 'y'},  {"project", 1, NULL, 'j'},
        {"rate", 1, NULL, 'r'},  {"listen", 0, NULL, 'l'}, {"secret-file", 1, NULL, 'f'},
        {"check", 0, NULL, 'c'}, {NULL, 0, NULL, 0}};
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
        default:
            refuse("", "");
        }
    }
}

int main(int argc, char **argv)
{
    load self = {.conn_count = 1,
                 .depth = 1,
                 .windows = {1},
                 .window_count = 1,
                 .run_ms = 300,
                 .rate = 1000,
                 .text_len = 100};

    if (argc < 2)
        refuse("what to do?", "");
    const char *scenario = argv[1];
    read_options(&self, argc - 1, argv + 1);
    if (strcmp(scenario, "split") == 0)
        return split_serve(self.text_len);
    if (self.wire == NULL || self.port == 0)
        refuse("--wire and --port are needed", "");
    memset(self.text, 'x', self.text_len);
    rtmi_buf_init(&self.one, LOAD_CARRY_MAX);
    rtmi_buf_init(&self.expected, LOAD_CARRY_MAX);
    self.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self.conns = calloc(self.conn_count + 1, sizeof *self.conns);
    if (self.epoll_fd < 0 || self.conns == NULL || !self.wire->prepare(&self))
        load_fail("cannot begin (rtm needs --project and --secret-file)");
    for (size_t i = 0; i <= self.conn_count; i++)
        self.conns[i].fd = -1;
    if (strcmp(scenario, "fanout") == 0)
        scenario_fanout(&self);
    else if (strcmp(scenario, "echo") == 0)
        scenario_echo(&self);
    else if (strcmp(scenario, "idle") == 0)
        scenario_idle(&self);
    else if (strcmp(scenario, "latency") == 0)
        scenario_latency(&self);
    else
        refuse("an unknown scenario: ", scenario);
    load_close_all(&self);
    free(self.conns);
    rtmi_buf_deinit(&self.one);
    rtmi_buf_deinit(&self.expected);
    (void)close(self.epoll_fd);
    return 0;
}
