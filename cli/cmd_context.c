/*
 * rtm context: its verbs; and the verb show, which connection a command would use and where each
 * part comes from.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cmd_context.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/json_write.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/visible.h"

static const struct args_option options[] = {
    {'o', 'o', "output", "FORMAT", "text or ndjson (default: text on a terminal, else ndjson)"},
};

const char *context_set_format(void *into, int id, const char *value)
{
    struct context_format *show = into;

    (void)id;
    show->is_given = true;
    return record_parse_format(value, &show->format) && show->format != RECORD_RAW
               ? NULL
               : "not text or ndjson";
}

static const struct args_command command = {
    .name = "context show",
    .synopsis = "[OPTIONS]",
    .summary = "Show which gate, project and secret would be used, and which source gives each",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "Options win over the environment, the environment over the context, each field by\n"
             "itself. The secret is not shown.",
    .set = context_set_format,
};

static void context_append_text(struct buffer *out, const char *name,
                                const struct connection_field *field, bool is_secret)
{
    char padded[16];

    (void)snprintf(padded, sizeof padded, "%-12s", name);
    buffer_append_string(out, padded);
    if (field->value == NULL) {
        buffer_append_string(out, "(not given)\n");
        return;
    }
    if (is_secret)
        buffer_append_string(out, "********");
    else
        visible_append(out, field->value, strlen(field->value));
    buffer_append_string(out, "  (");
    buffer_append_string(out, field->source);
    buffer_append_string(out, ")\n");
}

static void context_append_json(struct buffer *out, const char *name,
                                const struct connection_field *field, bool is_secret)
{
    buffer_append_string(out, ",\"");
    buffer_append_string(out, name);
    buffer_append_string(out, "\":");
    if (field->value == NULL) {
        buffer_append_string(out, "null");
        return;
    }
    buffer_append_string(out, "{\"value\":");
    if (is_secret)
        buffer_append_string(out, "\"********\"");
    else
        json_write_shown(out, field->value, strlen(field->value));
    buffer_append_string(out, ",\"source\":\"");
    buffer_append_string(out, field->source);
    buffer_append_string(out, "\"}");
}

static void context_print(const struct connection *c, enum record_format format)
{
    struct buffer *out = &output_buffer;

    if (format == RECORD_TEXT) {
        buffer_append_string(out, "context     ");
        if (c->context != NULL)
            visible_append(out, c->context, strlen(c->context));
        else
            buffer_append_string(out, "(none read)");
        buffer_append_byte(out, '\n');
        context_append_text(out, "gate", &c->gate, false);
        context_append_text(out, "pid", &c->pid, false);
        context_append_text(out, "secret", &c->secret, true);
        for (int key = 0; key < PROTECTION_COUNT; key++) {
            if (c->protection[key].value != NULL)
                context_append_text(out, protection_names[key], &c->protection[key], false);
        }
        return;
    }
    buffer_append_string(out, "{\"v\":1,\"ev\":\"context\",\"context\":");
    if (c->context != NULL)
        json_write_shown(out, c->context, strlen(c->context));
    else
        buffer_append_string(out, "null");
    context_append_json(out, "gate", &c->gate, false);
    context_append_json(out, "pid", &c->pid, false);
    context_append_json(out, "secret", &c->secret, true);
    for (int key = 0; key < PROTECTION_COUNT; key++) {
        if (c->protection[key].value != NULL)
            context_append_json(out, protection_names[key], &c->protection[key], false);
    }
    buffer_append_string(out, "}\n");
}

static int context_command_show(int argc, char **argv)
{
    struct context_format show = {0};
    struct connection connection;
    struct args args;

    const enum args_result parsed = args_parse(&command, argc, argv, &show, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args.word_count > 0) {
        cli_error("%s: not understood (rtm context show --help)", args.words[0]);
        return CLI_USAGE;
    }
    if (!show.is_given)
        show.format = output_is_terminal() ? RECORD_TEXT : RECORD_NDJSON;
    if (!connection_gather(&args.common, &connection))
        return CLI_USAGE;
    context_print(&connection, show.format);
    connection_deinit(&connection);
    return CLI_OK;
}

static const struct {
    const char *name;
    const char *shown;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"show", "context show", context_command_show}, {"ls", "context ls", context_command_ls},
    {"save", "context save", context_command_save}, {"use", "context use", context_command_use},
    {"rm", "context rm", context_command_rm},
};

int command_context(int argc, char **argv)
{
    cli_identity.verb = "context";
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        puts("usage: rtm context show|ls|save|use|rm (each tells more with --help)");
        return CLI_OK;
    }
    for (size_t i = 0; argc > 0 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) {
            cli_identity.verb = verbs[i].shown;
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    cli_error("%s: not understood (rtm context show|ls|save|use|rm)", argc > 0 ? argv[0] : "what?");
    return CLI_USAGE;
}
