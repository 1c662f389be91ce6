/*
 * rtm who: who is connected to the project, and listens to what. A table for people, a record a
 * connection for programs. The gate gives it in pages, so what is printed of a busy gate was not
 * all true at one moment.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rtm/rtm.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/json_write.h"
#include "cli/link.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/visible.h"

#define METHOD "rkwho"
#define UNKNOWN_METHOD_OURS 20004   /* what a gate that does not know the method answers */
#define UNKNOWN_METHOD_OTHERS 10001 /* the same, of a gate that is not ours */

static const struct args_option options[] = {
    {'o', 'o', "output", "FORMAT", "text or ndjson (default: text on a terminal, else ndjson)"},
};

struct who {
    enum record_format format;
    bool is_given;
    bool has_head; /* of the table */
    char next[48]; /* empty: there is no other page */
};

static const char *who_set(void *into, int id, const char *value)
{
    struct who *who = into;

    (void)id;
    who->is_given = true;
    return record_parse_format(value, &who->format) && who->format != RECORD_RAW
               ? NULL
               : "not text or ndjson";
}

static const struct args_command command = {
    .name = "who",
    .synopsis = "[OPTIONS]",
    .summary = "Show who is connected to the project, and listens to what",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "An extension of rtmd: other gates do not know it.",
    .set = who_set,
};

static int64_t who_int(rtm_value row, const char *key)
{
    rtm_value value;
    int64_t number = 0;

    if (rtm_value_find(row, key, &value) == 0)
        (void)rtm_value_get_int(value, &number);
    return number;
}

static rtm_bytes who_text(rtm_value row, const char *key)
{
    rtm_value value;
    rtm_bytes text = {"", 0};

    if (rtm_value_find(row, key, &value) == 0)
        (void)rtm_value_get_bytes(value, &text);
    return text;
}

/* "name,name" of an array; `separator` stands before each if `first` is not what is to come. */
static void who_append_names(struct buffer *out, rtm_value row, const char *key, const char *before,
                             bool is_json)
{
    rtm_value names;
    rtm_value name;
    rtm_value_iter iter;
    rtm_bytes text;
    bool is_first = true;

    if (rtm_value_find(row, key, &names) != 0)
        return;
    rtm_value_iter_init(&iter, names);
    while (rtm_value_iter_next(&iter, NULL, &name)) {
        if (rtm_value_get_bytes(name, &text) != 0)
            continue;
        if (is_json) {
            if (!is_first)
                buffer_append_byte(out, ',');
            json_write_shown(out, (const char *)text.data, text.len);
        } else {
            buffer_append_string(out, before);
            visible_append(out, (const char *)text.data, text.len);
        }
        is_first = false;
    }
}

static void who_append_record(struct buffer *out, rtm_value row)
{
    static const char *const numbers[] = {"gids",        "rids",         "uids",
                                          "queue_bytes", "queue_pushes", "dropped"};
    const rtm_bytes id = who_text(row, "id");
    const rtm_bytes peer = who_text(row, "peer");
    const int64_t uid = who_int(row, "uid");
    rtm_value value;
    bool offsets = false;

    buffer_append_string(out, "{\"v\":1,\"ev\":\"connection\",\"id\":");
    json_write_shown(out, (const char *)id.data, id.len);
    buffer_append_string(out, ",\"peer\":");
    json_write_shown(out, (const char *)peer.data, peer.len);
    buffer_append_string(out, ",\"uid\":");
    if (uid != 0) {
        buffer_append_byte(out, '"');
        buffer_append_int(out, uid);
        buffer_append_byte(out, '"');
    } else {
        buffer_append_string(out, "null");
    }
    buffer_append_string(out, ",\"since\":");
    record_append_time(out, who_int(row, "since"));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        buffer_append_string(out, ",\"");
        buffer_append_string(out, numbers[i]);
        buffer_append_string(out, "\":");
        buffer_append_int(out, who_int(row, numbers[i]));
    }
    buffer_append_string(out, ",\"all\":[");
    who_append_names(out, row, "all", "", true);
    buffer_append_string(out, "],\"events\":[");
    who_append_names(out, row, "events", "", true);
    if (rtm_value_find(row, "offsets", &value) == 0)
        (void)rtm_value_get_bool(value, &offsets);
    buffer_append_string(out, offsets ? "],\"offsets\":true}\n" : "],\"offsets\":false}\n");
}

/* Local time: "11-24 00:14:16". */
static void who_print_since(int64_t unix_ms, char *text, size_t size)
{
    const time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL || strftime(text, size, "%m-%d %H:%M:%S", &tm) == 0)
        (void)snprintf(text, size, "?");
}

static void who_append_count(struct buffer *out, rtm_value row, const char *key, const char *name)
{
    char text[48];
    const int64_t count = who_int(row, key);

    if (count == 0)
        return;
    (void)snprintf(text, sizeof text, " %" PRId64 " %s", count, name);
    buffer_append_string(out, text);
}

static void who_append_line(struct buffer *out, rtm_value row)
{
    const rtm_bytes peer = who_text(row, "peer");
    const int64_t uid = who_int(row, "uid");
    struct buffer shown = {0};
    char since[32];
    char user[24] = "-";
    char line[256];

    visible_append(&shown, (const char *)peer.data, peer.len);
    buffer_append_byte(&shown, '\0');
    if (uid != 0)
        (void)snprintf(user, sizeof user, "%" PRId64, uid);
    who_print_since(who_int(row, "since"), since, sizeof since);
    (void)snprintf(line, sizeof line, "%-24.80s %-12s %-15s %8" PRId64 " %8" PRId64 " %8" PRId64,
                   shown.data, user, since, who_int(row, "queue_bytes"),
                   who_int(row, "queue_pushes"), who_int(row, "dropped"));
    buffer_deinit(&shown);
    buffer_append_string(out, line);
    who_append_names(out, row, "all", " all-", false);
    who_append_count(out, row, "gids", "groups");
    who_append_count(out, row, "rids", "rooms");
    who_append_count(out, row, "uids", "users");
    who_append_names(out, row, "events", " ", false);
    buffer_append_byte(out, '\n');
}

static void who_read(rtm_value answer, void *userdata)
{
    struct who *who = userdata;
    const rtm_bytes next = who_text(answer, "next");
    rtm_value rows;
    rtm_value row;
    rtm_value_iter iter;

    (void)snprintf(who->next, sizeof who->next, "%.*s", (int)next.len, (const char *)next.data);
    if (who->format == RECORD_TEXT && !who->has_head)
        buffer_append_string(&output_buffer, "PEER                     USER         SINCE          "
                                             "    BYTES   PUSHES  DROPPED LISTENS TO\n");
    who->has_head = true;
    if (rtm_value_find(answer, "rows", &rows) != 0)
        return;
    rtm_value_iter_init(&iter, rows);
    while (rtm_value_iter_next(&iter, NULL, &row)) {
        if (who->format == RECORD_TEXT)
            who_append_line(&output_buffer, row);
        else
            who_append_record(&output_buffer, row);
    }
}

/* Page by page. */
static int who_ask(struct link *link, struct who *who)
{
    rtm_params *params = rtm_params_new();
    const struct link_question question = {
        .method = METHOD, .params = params, .read = who_read, .userdata = who};
    rtm_error err;
    int result;

    do {
        rtm_params_clear(params);
        if (who->next[0] != '\0')
            rtm_params_put_text(params, "from", who->next, strlen(who->next));
        result = link_ask(link, &question, &err);
        if (result == 0)
            result = output_exit_of(output_flush(), CLI_OK);
        else if (result != CLI_INTERRUPTED &&
                 (err.code == UNKNOWN_METHOD_OURS || err.code == UNKNOWN_METHOD_OTHERS))
            cli_error("%s: this gate cannot tell: it does not know the method " METHOD, link->gate);
        else if (result != CLI_INTERRUPTED)
            result = cli_error_of_quest(METHOD, &err);
    } while (result == 0 && who->next[0] != '\0');
    rtm_params_free(params);
    return result;
}

int command_who(int argc, char **argv)
{
    const struct link_options link_options = {0};
    struct who who = {.format = RECORD_NDJSON};
    struct args args;
    struct link link;

    const enum args_result parsed = args_parse(&command, argc, argv, &who, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args.word_count > 0) {
        cli_error("%s: no word is expected here", args.words[0]);
        return CLI_USAGE;
    }
    if (!who.is_given && output_is_terminal())
        who.format = RECORD_TEXT;
    int result = link_open(&link, &args.common, &link_options);
    if (result == 0)
        result = link_connect(&link);
    if (result == 0)
        result = who_ask(&link, &who);
    link_close(&link);
    return result;
}
