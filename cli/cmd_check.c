/*
 * rtm check conn: does a connection work? It connects, sends a *ping, sends a signed quest
 * that changes nothing, and compares the clocks. The exit code is the one of monitoring
 * plug-ins: 0 ok, 1 warning, 2 critical, 3 unknown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rtm/rtm.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_write.h"
#include "cli/link.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/visible.h"

enum check_status { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

enum { OPT_WARN = 256, OPT_CRIT, OPT_WARN_CLOCK, OPT_FORMAT };

static const struct args_option options[] = {
    {OPT_WARN, 0, "warn", "DUR", "warning when a *ping takes longer (default 500ms)"},
    {OPT_CRIT, 0, "crit", "DUR", "critical when a *ping takes longer (default 5s)"},
    {OPT_WARN_CLOCK, 0, "warn-clock", "DUR",
     "warning when the clocks differ by more (default 30s)"},
    {OPT_FORMAT, 0, "format", "FORMAT", "text (default) or json"},
};

struct check {
    int64_t warn_ms;
    int64_t crit_ms;
    int64_t warn_clock_ms;
    bool is_json;

    enum check_status status;
    char reason[RTM_ERROR_TEXT_SIZE + 120]; /* empty while all is well */
    double connect_ms;                      /* negative: not reached */
    double ping_ms;
    double quest_ms;
    bool has_clock;
    int64_t clock_ms; /* the gate's clock minus ours */
    struct link link;
};

static const char *check_set(void *into, int id, const char *value)
{
    struct check *c = into;
    int64_t *ms = id == OPT_WARN ? &c->warn_ms : id == OPT_CRIT ? &c->crit_ms : &c->warn_clock_ms;

    if (id == OPT_FORMAT) {
        c->is_json = strcmp(value, "json") == 0;
        return c->is_json || strcmp(value, "text") == 0 ? NULL : "not text or json";
    }
    return number_parse_duration(value, ms) ? NULL : "not a duration such as 500ms";
}

static const struct args_command command = {
    .name = "check conn",
    .synopsis = "[OPTIONS]",
    .summary = "Check that the gate answers, accepts our signature and has the right time",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "Exit codes of `rtm check`, as monitoring systems expect them: 0 ok, 1 warning,\n"
             "2 critical (no connection, no answer, quest refused), 3 unknown (wrong usage, no\n"
             "connection given).",
    .set = check_set,
};

/* Keeps the worst finding. */
static void check_note(struct check *c, enum check_status status, const char *text)
{
    if (status <= c->status)
        return;
    c->status = status;
    (void)snprintf(c->reason, sizeof c->reason, "%s", text);
}

static double check_elapsed_ms(int64_t since_ns)
{
    return (double)(number_now_ns() - since_ns) / 1e6;
}

static int64_t check_unix_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* *ping answers the gate's time in milliseconds. */
static void check_read_ping(rtm_value answer, void *userdata)
{
    struct check *c = userdata;
    rtm_value ts;

    c->has_clock =
        rtm_value_find(answer, "ts", &ts) == 0 && rtm_value_get_int(ts, &c->clock_ms) == 0;
}

/* Ask one thing and time it; false when it failed, which is noted. */
static bool check_ask(struct check *c, const struct link_question *question, const char *what,
                      double *ret_ms)
{
    char reason[RTM_ERROR_TEXT_SIZE + 80];
    char text[sizeof reason + 40];
    rtm_error err;
    const int64_t start_ns = number_now_ns();
    const int result = link_ask(&c->link, question, &err);

    if (result == 0) {
        *ret_ms = check_elapsed_ms(start_ns);
        return true;
    }
    if (result == CLI_INTERRUPTED)
        (void)snprintf(reason, sizeof reason, "interrupted");
    else
        cli_describe(&err, reason, sizeof reason);
    (void)snprintf(text, sizeof text, "%s: %s", what, reason);
    check_note(c, result == CLI_INTERRUPTED ? CHECK_UNKNOWN : CHECK_CRITICAL, text);
    return false;
}

static void check_judge_ping(struct check *c, int64_t sent_unix_ms)
{
    char text[120];

    if (c->has_clock) /* the gate looked at its clock half-way */
        c->clock_ms -= sent_unix_ms + (int64_t)(c->ping_ms / 2);
    (void)snprintf(text, sizeof text, "*ping took %.1f ms", c->ping_ms);
    if (c->ping_ms > (double)c->crit_ms)
        check_note(c, CHECK_CRITICAL, text);
    else if (c->ping_ms > (double)c->warn_ms)
        check_note(c, CHECK_WARNING, text);
    if (c->has_clock && llabs(c->clock_ms) > c->warn_clock_ms) {
        (void)snprintf(text, sizeof text, "the clocks differ by %.1f s",
                       (double)c->clock_ms / 1000);
        check_note(c, CHECK_WARNING, text);
    }
}

static void check_run(struct check *c)
{
    const int64_t start_ns = number_now_ns();
    const struct link_question ping = {.method = "*ping", .read = check_read_ping, .userdata = c};
    struct link_question quest = {.method = "addlisten"};
    char text[280];
    char why[256];
    rtm_params *params = rtm_params_new();

    const int result = link_connect(&c->link);
    if (result == CLI_INTERRUPTED) {
        check_note(c, CHECK_UNKNOWN, "interrupted");
        goto out;
    }
    if (result != 0) {
        link_explain(&c->link, why, sizeof why);
        (void)snprintf(text, sizeof text, "cannot connect: %s", why);
        check_note(c, CHECK_CRITICAL, text);
        goto out;
    }
    c->connect_ms = check_elapsed_ms(start_ns);
    const int64_t sent_unix_ms = check_unix_ms();
    if (!check_ask(c, &ping, "*ping", &c->ping_ms))
        goto out;
    check_judge_ping(c, sent_unix_ms);
    rtm_params_put_ints(params, "gids", (const int64_t[]){0}, 0);
    quest.params = params;
    (void)check_ask(c, &quest, "signed quest", &c->quest_ms);

out:
    rtm_params_free(params);
}

static void check_append_number(struct buffer *out, const char *name, bool is_there, double value)
{
    char text[64];

    (void)snprintf(text, sizeof text, is_there ? ",\"%s\":%.3f" : ",\"%s\":null", name, value);
    buffer_append_string(out, text);
}

static void check_print_json(const struct check *c)
{
    static const char *const names[] = {"ok", "warning", "critical", "unknown"};
    struct buffer *out = &output_buffer;

    buffer_append_string(out, "{\"v\":1,\"ev\":\"check\",\"check\":\"conn\",\"status\":\"");
    buffer_append_string(out, names[c->status]);
    buffer_append_string(out, "\",\"gate\":");
    json_write_shown(out, c->link.gate, strlen(c->link.gate));
    check_append_number(out, "connect_ms", c->connect_ms >= 0, c->connect_ms);
    check_append_number(out, "ping_ms", c->ping_ms >= 0, c->ping_ms);
    check_append_number(out, "quest_ms", c->quest_ms >= 0, c->quest_ms);
    buffer_append_string(out, ",\"clock_ms\":");
    if (c->has_clock)
        buffer_append_int(out, c->clock_ms);
    else
        buffer_append_string(out, "null");
    buffer_append_string(out, ",\"reason\":");
    if (c->reason[0] != '\0')
        json_write_shown(out, c->reason, strlen(c->reason));
    else
        buffer_append_string(out, "null");
    buffer_append_string(out, "}\n");
}

static void check_print_text(const struct check *c)
{
    static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    struct buffer *out = &output_buffer;
    char text[80];

    buffer_append_string(out, names[c->status]);
    buffer_append_string(out, " - ");
    visible_append(out, c->link.gate, strlen(c->link.gate));
    if (c->reason[0] != '\0') {
        buffer_append_string(out, ": ");
        visible_append(out, c->reason, strlen(c->reason));
    }
    if (c->connect_ms >= 0) {
        (void)snprintf(text, sizeof text, ", connected in %.2f ms", c->connect_ms);
        buffer_append_string(out, text);
    }
    if (c->ping_ms >= 0) {
        (void)snprintf(text, sizeof text, ", *ping %.2f ms", c->ping_ms);
        buffer_append_string(out, text);
    }
    if (c->quest_ms >= 0) {
        (void)snprintf(text, sizeof text, ", signed quest %.2f ms", c->quest_ms);
        buffer_append_string(out, text);
    }
    if (c->has_clock) {
        (void)snprintf(text, sizeof text, ", its clock %+lld ms", (long long)c->clock_ms);
        buffer_append_string(out, text);
    }
    buffer_append_byte(out, '\n');
}

int command_check(int argc, char **argv)
{
    const struct link_options link_options = {0};
    struct check c = {.warn_ms = 500,
                      .crit_ms = 5000,
                      .warn_clock_ms = 30000,
                      .connect_ms = -1,
                      .ping_ms = -1,
                      .quest_ms = -1};
    struct args args;

    cli_identity.verb = "check conn";
    if (argc > 0 && strcmp(argv[0], "conn") == 0) {
        argc--;
        argv++;
    } else if (argc == 0 || (strcmp(argv[0], "--help") != 0 && strcmp(argv[0], "-h") != 0)) {
        cli_identity.verb = "check";
        cli_error("%s: no such check (rtm check conn)", argc > 0 ? argv[0] : "none given");
        return CHECK_UNKNOWN;
    }
    const enum args_result parsed = args_parse(&command, argc, argv, &c, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CHECK_UNKNOWN;
    if (args.word_count > 0) {
        cli_error("%s: not understood (rtm check conn --help)", args.words[0]);
        return CHECK_UNKNOWN;
    }
    if (link_open(&c.link, &args.common, &link_options) != 0)
        return CHECK_UNKNOWN;
    check_run(&c);
    if (c.is_json)
        check_print_json(&c);
    else
        check_print_text(&c);
    link_close(&c.link);
    return (int)c.status;
}
