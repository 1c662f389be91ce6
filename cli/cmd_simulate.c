/*
 * rtm simulate: traffic for demonstrations. It ends with how many messages the gate accepted,
 * so that a listener can be held against it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/link.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/send_flow.h"
#include "cli/traffic.h"

#define LAST_ANSWERS_MS 5000 /* after an interruption */
#define FEED_MAX 1024

enum {
    OPT_SEED = 256,
    OPT_RATE,
    OPT_USERS,
    OPT_GROUPS,
    OPT_ROOMS,
    OPT_FOR,
    OPT_SUMMARY_FD,
    OPT_JSON
};

static const struct args_option options[] = {
    {'n', 'n', "count", "N", "end after N messages"},
    {OPT_FOR, 0, "for", "DUR", "end after this time, as 10s"},
    {OPT_RATE, 0, "rate", "N", "messages a second (default 20; 0: as fast as it goes)"},
    {OPT_SEED, 0, "seed", "N", "the same seed sends the same messages (default 1)"},
    {OPT_USERS, 0, "users", "N", "users, 1001 and up (default 50)"},
    {OPT_GROUPS, 0, "groups", "N", "groups, 1 and up (default 8)"},
    {OPT_ROOMS, 0, "rooms", "N", "rooms, 1 and up (default 4)"},
    {OPT_JSON, 0, "json", NULL, "the summary on stdout, as a line of JSON"},
    {OPT_SUMMARY_FD, 0, "summary-fd", "FD", "that line to this descriptor"},
};

struct simulate {
    struct traffic traffic;
    double rate;
    int64_t seed;
    int64_t count;      /* 0: no end */
    int64_t for_ms;     /* -1: no end */
    int64_t summary_fd; /* -1: none */
    struct link link;
    struct flow flow;
    uint64_t taken;
};

static const char *simulate_set(void *into, int id, const char *value)
{
    struct simulate *s = into;

    switch (id) {
    case 'n':
        return number_parse(value, 1, INT64_MAX, &s->count) ? NULL : "not a count from 1";
    case OPT_FOR:
        return number_parse_duration(value, &s->for_ms) ? NULL : "not a duration such as 10s";
    case OPT_RATE:
        if (strcmp(value, "0") == 0) {
            s->rate = 0;
            return NULL;
        }
        return number_parse_rate(value, &s->rate) ? NULL : "not a rate a second such as 100 or 0.5";
    case OPT_SEED:
        return number_parse(value, INT64_MIN, INT64_MAX, &s->seed) ? NULL : "not a number";
    case OPT_USERS:
        return number_parse(value, 1, 1000000000, &s->traffic.users) ? NULL : "not a count from 1";
    case OPT_GROUPS:
        return number_parse(value, 0, 1000000000, &s->traffic.groups) ? NULL : "not a count";
    case OPT_ROOMS:
        return number_parse(value, 0, 1000000000, &s->traffic.rooms) ? NULL : "not a count";
    case OPT_SUMMARY_FD:
        if (!number_parse(value, 1, 1 << 20, &s->summary_fd) ||
            fcntl((int)s->summary_fd, F_GETFD) < 0)
            return "not an open descriptor";
        return NULL;
    default: /* OPT_JSON */
        s->summary_fd = STDOUT_FILENO;
        return NULL;
    }
}

static const struct args_command command = {
    .name = "simulate",
    .synopsis = "[OPTIONS]",
    .summary = "Send made-up chat of users in groups, rooms and P2P, until -n, --for or Ctrl-C",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .set = simulate_set,
};

static bool simulate_is_done(const struct simulate *s, int64_t end_ms)
{
    return (s->count > 0 && s->taken >= (uint64_t)s->count) ||
           (end_ms >= 0 && number_now_ms() >= end_ms);
}

/* Send until it is done; what is under way then is not waited for. */
static int simulate_send(struct simulate *s)
{
    const int64_t end_ms = s->for_ms >= 0 ? number_now_ms() + s->for_ms : -1;
    rtm_outgoing message;

    while (!simulate_is_done(s, end_ms)) {
        int64_t wait_ms = 0;

        for (int i = 0; i < FEED_MAX && !(s->count > 0 && s->taken >= (uint64_t)s->count); i++) {
            wait_ms = flow_has_room(&s->flow) ? flow_delay_ms(&s->flow) : -1;
            if (wait_ms != 0)
                break;
            const rtm_kind kind = traffic_next(&s->traffic, &message);
            flow_submit(&s->flow, kind, &message, ++s->taken);
        }
        if (end_ms >= 0) {
            const int64_t left_ms = end_ms - number_now_ms();

            if (wait_ms < 0 || left_ms < wait_ms)
                wait_ms = left_ms > 0 ? left_ms : 0;
        }
        const int r = link_turn(&s->link, wait_ms, NULL, 0);
        if (r != 0)
            return r;
        if (s->link.is_over)
            return link_say_lost(&s->link);
    }
    return 0;
}

/* Wait for the answers that are missing; after an interruption not for long. */
static int simulate_finish(struct simulate *s, int result)
{
    const int64_t end_ms = number_now_ms() + LAST_ANSWERS_MS;

    if (result != 0 && result != CLI_INTERRUPTED)
        return result;
    while (s->flow.held_count > 0) {
        if (result == CLI_INTERRUPTED && number_now_ms() >= end_ms)
            break;
        /* The signal stays readable: wait for the client alone. */
        struct pollfd fd = {.fd = rtm_client_get_fd(s->link.client), .events = POLLIN};
        const int64_t deadline_ms = rtm_client_get_deadline(s->link.client);

        (void)poll(&fd, 1, deadline_ms >= 0 && deadline_ms < 100 ? (int)deadline_ms : 100);
        (void)rtm_client_process(s->link.client);
        if (s->link.is_over)
            return link_say_lost(&s->link);
    }
    return result != 0 ? result : s->flow.result;
}

static int simulate_write_summary(const struct simulate *s, int64_t elapsed_ns)
{
    char line[256];
    const int len = snprintf(
        line, sizeof line,
        "{\"v\":1,\"ev\":\"summary\",\"accepted\":%llu,\"refused\":%llu,"
        "\"failed\":%llu,\"seconds\":%.3f}\n",
        (unsigned long long)s->flow.accepted, (unsigned long long)s->flow.refused,
        (unsigned long long)(s->flow.failed + s->flow.held_count), (double)elapsed_ns / 1e9);

    if (s->summary_fd < 0)
        return 0;
    if (s->summary_fd == STDOUT_FILENO) {
        buffer_append(&output_buffer, line, (size_t)len);
        return 0;
    }
    if (write((int)s->summary_fd, line, (size_t)len) != len) {
        cli_error("descriptor %d: %s", (int)s->summary_fd, strerror(errno));
        return CLI_FAILED;
    }
    return 0;
}

int command_simulate(int argc, char **argv)
{
    const struct link_options link_options = {0};
    struct simulate s = {.rate = 20,
                         .seed = 1,
                         .for_ms = -1,
                         .summary_fd = -1,
                         .traffic = {.users = 50, .groups = 8, .rooms = 4}};
    struct args args;

    const enum args_result parsed = args_parse(&command, argc, argv, &s, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args.word_count > 0) {
        cli_error("%s: not understood (rtm simulate --help)", args.words[0]);
        return CLI_USAGE;
    }
    if (s.traffic.users < 2 && s.traffic.groups + s.traffic.rooms == 0) {
        cli_error("one user without groups and rooms has nobody to talk to");
        return CLI_USAGE;
    }
    s.traffic.state = (uint64_t)s.seed;
    int result = link_open(&s.link, &args.common, &link_options);
    if (result == 0)
        result = link_connect(&s.link);
    if (result == 0) {
        const int64_t start_ns = number_now_ns();

        flow_init(&s.flow, &s.link, "message");
        s.flow.rate = s.rate;
        result = simulate_finish(&s, simulate_send(&s));
        const int64_t elapsed_ns = number_now_ns() - start_ns;
        flow_say_summary(&s.flow, 0, elapsed_ns);
        const int written = simulate_write_summary(&s, elapsed_ns);
        if (result == 0)
            result = written;
    }
    link_close(&s.link);
    flow_deinit(&s.flow);
    traffic_deinit(&s.traffic);
    return result;
}
