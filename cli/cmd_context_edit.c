/*
 * rtm context save, use, ls, rm: the saved connections.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cmd_context.h"
#include "cli/connection.h"
#include "cli/context_file.h"
#include "cli/json_write.h"
#include "cli/memory.h"
#include "cli/output.h"
#include "cli/record.h"
#include "cli/visible.h"

static const char *no_option(void *into, int id, const char *value)
{
    (void)into;
    (void)id;
    (void)value;
    return "not taken here";
}

/* Parse, and take the one word NAME. CLI_OK with *ret_name, NULL when --help was all. */
static int context_name(const struct args_command *command, int argc, char **argv,
                        struct args *args, const char **ret_name)
{
    const enum args_result parsed = args_parse(command, argc, argv, NULL, args);

    *ret_name = NULL;
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args->word_count != 1) {
        cli_error("give one NAME (rtm %s --help)", command->name);
        return CLI_USAGE;
    }
    *ret_name = args->words[0];
    return CLI_OK;
}

/* The path from the root, so that the context works from everywhere; NULL: said. */
static char *context_full_path(const char *option, const char *path)
{
    char *full = realpath(path, NULL);

    if (full == NULL)
        cli_error("--%s %s: %s", option, path, strerror(errno));
    return full;
}

/* What options and environment gave, as a context. False: said. */
static bool context_of(const struct args_common *args, const struct connection *c,
                       struct context *ret)
{
    ret->gate = memory_dup(c->gate.value, strlen(c->gate.value));
    ret->pid = memory_dup(c->pid.value, strlen(c->pid.value));
    if (args->secret_file != NULL) {
        ret->secret_file = context_full_path("secret-file", args->secret_file);
        if (ret->secret_file == NULL)
            return false;
    } else {
        ret->secret = memory_dup(c->secret.value, strlen(c->secret.value));
    }
    for (int key = 0; key < PROTECTION_COUNT; key++) {
        const char *word = c->protection[key].value;

        if (word == NULL)
            continue;
        ret->protection[key] = protection_is_path((enum protection_key)key)
                                   ? context_full_path(protection_names[key], word)
                                   : memory_dup(word, strlen(word));
        if (ret->protection[key] == NULL)
            return false;
    }
    return true;
}

static const struct args_command save_command = {
    .name = "context save",
    .synopsis = "NAME --gate ADDRESS --pid N --secret-file FILE [OPTIONS]",
    .summary = "Save a connection under a name, in place of one with that name",
    .notes = "What no option says comes from RTM_GATE, RTM_PID and RTM_SECRET. Of --secret-file\n"
             "the path is saved, of RTM_SECRET the secret, in a file that only you can read.",
    .set = no_option,
};

int context_command_save(int argc, char **argv)
{
    struct connection connection = {0};
    struct protection protection = {0};
    struct context context = {0};
    rtm_client_options unused;
    struct args args;
    const char *words[PROTECTION_COUNT];
    const char *name;
    int32_t pid;
    int result = context_name(&save_command, argc, argv, &args, &name);

    if (name == NULL)
        return result;
    if (!context_is_name(name)) {
        cli_error("%s: a name has at most 64 letters, digits, \".\", \"_\" and \"-\", and is not "
                  "rtm",
                  name);
        return CLI_USAGE;
    }
    result = CLI_USAGE;
    rtm_client_options_init(&unused);
    if (!connection_gather_given(&args.common, &connection))
        goto out;
    for (int key = 0; key < PROTECTION_COUNT; key++)
        words[key] = connection.protection[key].value;
    if (!connection_check(&connection, &pid) || !protection_apply(words, &protection, &unused) ||
        !context_of(&args.common, &connection, &context))
        goto out;
    context.name = memory_dup(name, strlen(name));
    result = context_save(&context) ? CLI_OK : CLI_FAILED;

out:
    context_deinit(&context);
    protection_deinit(&protection);
    connection_deinit(&connection);
    return result;
}

static const struct args_command use_command = {
    .name = "context use",
    .synopsis = "NAME",
    .summary = "Make a saved connection the current one, for commands that name none",
    .set = no_option,
};

int context_command_use(int argc, char **argv)
{
    struct args args;
    const char *name;
    const int result = context_name(&use_command, argc, argv, &args, &name);

    if (name == NULL)
        return result;
    return context_use(name) ? CLI_OK : CLI_FAILED;
}

static const struct args_command rm_command = {
    .name = "context rm",
    .synopsis = "NAME",
    .summary = "Remove a saved connection; files that it names stay",
    .set = no_option,
};

int context_command_rm(int argc, char **argv)
{
    struct args args;
    const char *name;
    const int result = context_name(&rm_command, argc, argv, &args, &name);

    if (name == NULL)
        return result;
    return context_remove(name) ? CLI_OK : CLI_FAILED;
}

static const struct args_option ls_options[] = {
    {'o', 'o', "output", "FORMAT", "text or ndjson (default: text on a terminal, else ndjson)"},
};

static const struct args_command ls_command = {
    .name = "context ls",
    .synopsis = "[OPTIONS]",
    .summary = "List the saved connections; the current one has a star",
    .options = ls_options,
    .option_count = sizeof ls_options / sizeof ls_options[0],
    .set = context_set_format,
};

static void context_list_json(const char *name, const char *value)
{
    buffer_append_string(&output_buffer, ",\"");
    buffer_append_string(&output_buffer, name);
    buffer_append_string(&output_buffer, "\":");
    if (value == NULL)
        buffer_append_string(&output_buffer, "null");
    else
        json_write_shown(&output_buffer, value, strlen(value));
}

static void context_list(const struct context *context, bool is_current, void *userdata)
{
    const struct context_format *format = userdata;
    struct buffer *out = &output_buffer;

    if (format->format == RECORD_TEXT) {
        buffer_append_string(out, is_current ? "* " : "  ");
        visible_append(out, context->name, strlen(context->name));
        buffer_append_string(out, "  ");
        if (context->gate != NULL)
            visible_append(out, context->gate, strlen(context->gate));
        buffer_append_byte(out, '\n');
        return;
    }
    buffer_append_string(out, "{\"v\":1,\"ev\":\"context\"");
    context_list_json("context", context->name);
    buffer_append_string(out, is_current ? ",\"current\":true" : ",\"current\":false");
    context_list_json("gate", context->gate);
    context_list_json("pid", context->pid);
    buffer_append_string(out, "}\n");
}

int context_command_ls(int argc, char **argv)
{
    struct context_format format = {0};
    struct args args;

    const enum args_result parsed = args_parse(&ls_command, argc, argv, &format, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args.word_count > 0) {
        cli_error("%s: not understood (rtm context ls --help)", args.words[0]);
        return CLI_USAGE;
    }
    if (!format.is_given)
        format.format = output_is_terminal() ? RECORD_TEXT : RECORD_NDJSON;
    return context_each(context_list, &format) ? CLI_OK : CLI_USAGE;
}
