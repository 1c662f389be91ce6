/*
 * rtm send: a source of messages on one side, the flow to the gate on the other, one loop
 * between them that reads only as fast as the gate answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/link.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/send_flow.h"
#include "cli/send_lines.h"
#include "cli/send_options.h"
#include "cli/send_record.h"
#include "cli/signals.h"
#include "cli/utf8.h"

#define CONTENT_MAX (8U << 20) /* the largest package of the protocol */
#define UNPROVEN_MAX 8192      /* a gate may want a small signed quest before a large one */
#define FEED_MAX 1024          /* messages taken from the source in one turn */

struct send {
    struct send_options options;
    struct link link;
    struct flow flow;
    struct buffer content;     /* of SEND_TEXT */
    struct lines lines;        /* of the other sources */
    struct send_record record; /* of SEND_NDJSON */
    uint64_t taken;            /* messages handed to the flow */
    uint64_t passed_over;
    bool is_ended;    /* the source has no more */
    bool needs_input; /* the source waits for its descriptor */
    int failure;      /* exit code: the source could not be read */
};

/* Open what --from-ndjson or --binary-file names; -1 when that fails, said. */
static int send_open(const char *path)
{
    if (path == NULL || strcmp(path, "-") == 0)
        return STDIN_FILENO;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        cli_error("%s: %s", path, strerror(errno));
    return fd;
}

/* All of a file or of stdin, before connecting. 0, or an exit code; said. */
static int send_read_content(struct send *s)
{
    const char *path = s->options.binary_file != NULL ? s->options.binary_file : "-";
    const int fd = send_open(path);
    ssize_t n = 1;

    if (fd < 0)
        return CLI_FAILED;
    while (n > 0 && s->content.len <= CONTENT_MAX && !signals_caught()) {
        n = read(fd, buffer_reserve(&s->content, 65536), 65536);
        if (n > 0)
            s->content.len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0)
        cli_error("%s: %s", path, strerror(errno));
    if (fd != STDIN_FILENO)
        (void)close(fd);
    if (signals_caught())
        return CLI_INTERRUPTED;
    if (n < 0)
        return CLI_FAILED;
    if (s->content.len > CONTENT_MAX) {
        cli_error("%s: larger than 8 MiB", path);
        return CLI_FAILED;
    }
    if (s->options.binary_file != NULL)
        return 0;
    if (s->content.len > 0 && s->content.data[s->content.len - 1] == '\n')
        s->content.len--;
    if (!utf8_is_valid(s->content.data, s->content.len)) {
        cli_error("the text on stdin is not UTF-8: --binary-file sends bytes");
        return CLI_FAILED;
    }
    return 0;
}

static int send_open_source(struct send *s)
{
    int fd = STDIN_FILENO;

    if (s->options.source == SEND_TEXT) {
        if (s->options.text == NULL)
            return send_read_content(s);
        buffer_append_string(&s->content, s->options.text);
        return 0;
    }
    if (s->options.source == SEND_NDJSON)
        fd = send_open(s->options.ndjson_file);
    lines_init(&s->lines, fd);
    return fd < 0 ? CLI_FAILED : 0;
}

static void send_submit(struct send *s, rtm_bytes msg, uint64_t number)
{
    const struct send_options *o = &s->options;
    const rtm_outgoing message = {
        .size = sizeof message,
        .from = o->from,
        .to = o->to,
        .mtype = (int)o->mtype,
        .mid = o->mid,
        .msg = msg.data != NULL ? msg.data : "",
        .msg_len = msg.len,
        .is_binary = o->binary_file != NULL,
        .attrs = o->attrs,
        .attrs_len = o->attrs != NULL ? strlen(o->attrs) : 0,
    };

    flow_submit(&s->flow, o->kind, &message, number);
    s->taken++;
}

/* One line of the input: sent, passed over or refused. */
static void send_take_line(struct send *s, rtm_bytes line)
{
    const uint64_t number = s->lines.number;

    if (s->options.source == SEND_LINES) {
        if (utf8_is_valid(line.data, line.len))
            send_submit(s, line, number);
        else
            flow_refuse(&s->flow, number, "not UTF-8");
        return;
    }
    for (size_t i = 0;; i++) { /* blank lines are nothing */
        if (i == line.len)
            return;
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            break;
    }
    switch (send_record_read(&s->record, line, s->options.from)) {
    case SEND_THIS:
        flow_submit(&s->flow, s->record.kind, &s->record.message, number);
        s->taken++;
        break;
    case SEND_PASS:
        s->passed_over++;
        break;
    case SEND_BAD:
        flow_refuse(&s->flow, number, s->record.why);
        break;
    }
}

/* Take the next thing from the source. */
static void send_take_next(struct send *s)
{
    rtm_bytes line;

    if (s->options.source == SEND_TEXT) {
        send_submit(s, (rtm_bytes){s->content.data, s->content.len}, s->taken + 1);
        return;
    }
    switch (lines_next(&s->lines, &line)) {
    case LINES_ONE:
        send_take_line(s, line);
        break;
    case LINES_MORE:
        s->needs_input = true;
        break;
    case LINES_TOO_LONG:
        flow_refuse(&s->flow, s->lines.number, "longer than 16 MiB");
        break;
    case LINES_END:
        s->is_ended = true;
        break;
    case LINES_FAILED:
        cli_error("%s: %s", s->options.ndjson_file != NULL ? s->options.ndjson_file : "stdin",
                  strerror(errno));
        s->failure = CLI_FAILED;
        s->is_ended = true;
        break;
    }
}

static bool send_is_done(const struct send *s)
{
    const int64_t wanted =
        s->options.source == SEND_TEXT && s->options.count == 0 ? 1 : s->options.count;

    return s->is_ended || (wanted > 0 && s->taken >= (uint64_t)wanted) ||
           (s->options.is_strict && s->flow.refused > 0);
}

/* Take what fits; returns how long to wait for the rate, -1 when it is not the rate. */
static int64_t send_feed(struct send *s)
{
    s->needs_input = false;
    for (int i = 0; i < FEED_MAX; i++) {
        if (send_is_done(s) || s->needs_input || !flow_has_room(&s->flow))
            return -1;
        const int64_t delay_ms = flow_delay_ms(&s->flow);
        if (delay_ms > 0)
            return delay_ms;
        send_take_next(s);
    }
    return 0;
}

static int send_loop(struct send *s)
{
    for (;;) {
        const int64_t delay_ms = send_feed(s);
        struct pollfd input = {.fd = s->lines.fd, .events = POLLIN};

        if (send_is_done(s) && s->flow.held_count == 0)
            return 0;
        const int r = link_turn(&s->link, delay_ms, &input, s->needs_input ? 1 : 0);
        if (r != 0)
            return r;
        if (s->link.is_over)
            return link_say_lost(&s->link);
        if (s->needs_input && input.revents != 0)
            lines_read(&s->lines);
    }
}

static void send_read_probe(rtm_value answer, void *userdata)
{
    bool *is_ours = userdata;
    rtm_value found;

    *is_ours = rtm_value_find(answer, "rk", &found) == 0;
}

/*
 * Ask whether the gate speaks our extensions, by a listen set of nothing: one that does works
 * through a connection's quests in order. 0, or an exit code; said.
 */
static int send_probe(struct send *s)
{
    static const char *const lists[] = {"gids", "rids", "uids", "events"};
    static const char *const flags[] = {"p2p", "group", "room", "ev"};
    rtm_params *params = rtm_params_new();
    bool is_ours = false;
    rtm_error err;
    struct link_question question = {
        .method = "setlisten", .params = params, .read = send_read_probe, .userdata = &is_ours};

    for (size_t i = 0; i < 4; i++)
        rtm_params_put_ints(params, lists[i], (const int64_t[]){0}, 0);
    for (size_t i = 0; i < 4; i++)
        rtm_params_put_bool(params, flags[i], false);
    rtm_params_begin_map(params, "rk", 1);
    rtm_params_put_int(params, "v", 1);
    int result = link_ask(&s->link, &question, &err);
    rtm_params_free(params);
    if (result == CLI_PEER_ERROR) /* another gate, which may still take messages */
        result = 0;
    else if (result != 0 && result != CLI_INTERRUPTED)
        result = cli_error_of_quest(s->link.gate, &err);
    s->flow.one_per_conversation = !is_ours;
    return result;
}

/* What the gate made of a single message. */
static void send_print_sent(const rtm_sent *sent, void *userdata)
{
    const struct record_style *style = userdata;
    struct buffer *out = &output_buffer;
    const char *quote = style->ids_are_numbers ? "" : "\"";

    if (style->format == RECORD_TEXT) {
        buffer_append_string(out, "mid ");
        buffer_append_int(out, sent->mid);
        buffer_append_string(out, ", mtime ");
        buffer_append_int(out, sent->mtime_ms);
        buffer_append_byte(out, '\n');
        return;
    }
    buffer_append_string(out, "{\"v\":1,\"ev\":\"sent\",\"mid\":");
    buffer_append_string(out, quote);
    buffer_append_int(out, sent->mid);
    buffer_append_string(out, quote);
    buffer_append_string(out, ",\"time\":");
    record_append_time(out, sent->mtime_ms);
    buffer_append_string(out, ",\"mtime_ms\":");
    buffer_append_int(out, sent->mtime_ms);
    buffer_append_string(out, "}\n");
}

static int send_everything(struct send *s)
{
    const bool is_single = s->options.source == SEND_TEXT && s->options.count <= 1;
    int result;

    flow_init(&s->flow, &s->link,
              is_single                        ? NULL
              : s->options.source == SEND_TEXT ? "message"
                                               : "line");
    s->flow.rate = s->options.rate;
    if (is_single) {
        s->flow.on_sent = send_print_sent;
        s->flow.userdata = &s->options.style;
    }
    result = link_connect(&s->link);
    if (result == 0 && (!is_single || s->content.len > UNPROVEN_MAX))
        result = send_probe(s);
    if (result != 0)
        return result;
    const int64_t start_ns = number_now_ns();
    result = send_loop(s);
    if (!is_single)
        flow_say_summary(&s->flow, s->passed_over, number_now_ns() - start_ns);
    if (result == 0)
        result = s->failure != 0 ? s->failure : s->flow.result;
    return result;
}

int command_send(int argc, char **argv)
{
    const struct link_options link_options = {0};
    struct send s = {.lines = {.fd = -1}};
    struct args args;
    int result;

    const enum args_result parsed = send_options_parse(argc, argv, &s.options, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    result = link_open(&s.link, &args.common, &link_options);
    if (result == 0)
        result = send_open_source(&s);
    if (result == 0)
        result = send_everything(&s);
    link_close(&s.link);
    flow_deinit(&s.flow);
    if (s.lines.fd > STDIN_FILENO)
        (void)close(s.lines.fd);
    lines_deinit(&s.lines);
    send_record_deinit(&s.record);
    buffer_deinit(&s.content);
    return result;
}
