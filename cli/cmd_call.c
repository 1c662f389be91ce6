/*
 * rtm call: any method of the gate by its name, parameters as words, the answer as JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/link.h"
#include "cli/memory.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/utf8.h"
#include "cli/value_json.h"

enum { OPT_INT64 = 256 };

static const struct args_option options[] = {
    {OPT_INT64, 0, "int64", "FORM", "integers as string or number (default: strings beyond 2^53)"},
};

static const char *call_set(void *into, int id, const char *value)
{
    enum value_ints *ints = into;

    (void)id;
    if (strcmp(value, "string") != 0 && strcmp(value, "number") != 0)
        return "not string or number";
    *ints = value[0] == 's' ? VALUE_INTS_STRING : VALUE_INTS_NUMBER;
    return NULL;
}

static const struct args_command command = {
    .name = "call",
    .synopsis = "METHOD [KEY=VALUE | KEY==TEXT | KEY:=JSON]...",
    .summary = "Call a method of the gate and print its answer as JSON",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "KEY=VALUE guesses: true, false, null and decimal integers are what they look like,\n"
             "anything else is text. KEY==TEXT is always text, KEY:=JSON any JSON, as\n"
             "  rtm call addgroupmembers gid=77 'uids:=[1001,1002]'\n"
             "pid, sign, salt and ts are added to each quest but to those that begin with *.",
    .set = call_set,
};

static void call_put_guess(rtm_params *params, const char *key, const char *value)
{
    int64_t number;

    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        rtm_params_put_bool(params, key, value[0] == 't');
    else if (strcmp(value, "null") == 0)
        rtm_params_put_nil(params, key);
    else if (number_parse(value, INT64_MIN, INT64_MAX, &number))
        rtm_params_put_int(params, key, number);
    else
        rtm_params_put_text(params, key, value, strlen(value));
}

/* One word of the command line; false with the mistake on stderr. */
static bool call_put(rtm_params *params, const char *word)
{
    const char *equals = strchr(word, '=');
    char reason[200] = "";

    if (equals == NULL || equals == word) {
        cli_error("%s: not KEY=VALUE", word);
        return false;
    }
    if (!utf8_is_valid(word, strlen(word))) {
        cli_error("%s: not UTF-8", word);
        return false;
    }
    const bool is_json = equals[-1] == ':';
    char *key = memory_dup(word, (size_t)(equals - word) - (is_json ? 1 : 0));
    if (*key == '\0')
        (void)snprintf(reason, sizeof reason, "the key is empty");
    else if (is_json)
        (void)value_put_json(params, key, equals + 1, reason, sizeof reason);
    else if (equals[1] == '=')
        rtm_params_put_text(params, key, equals + 2, strlen(equals + 2));
    else
        call_put_guess(params, key, equals + 1);
    if (reason[0] != '\0')
        cli_error("%s: %s", word, reason);
    free(key);
    return reason[0] == '\0';
}

static void call_print(rtm_value answer, void *userdata)
{
    const enum value_ints *ints = userdata;

    value_append_json(&output_buffer, answer, *ints);
    buffer_append_byte(&output_buffer, '\n');
}

static int call_run(const struct args *args, const rtm_params *params, enum value_ints ints)
{
    const struct link_options link_options = {0};
    const struct link_question question = {
        .method = args->words[0], .params = params, .read = call_print, .userdata = &ints};
    struct link link;
    rtm_error err;

    int result = link_open(&link, &args->common, &link_options);
    if (result == 0)
        result = link_connect(&link);
    if (result == 0) {
        result = link_ask(&link, &question, &err);
        if (result != 0 && result != CLI_INTERRUPTED)
            result = cli_error_of_quest(question.method, &err);
    }
    link_close(&link);
    return result;
}

int command_call(int argc, char **argv)
{
    enum value_ints ints = VALUE_INTS_SAFE;
    struct args args;
    rtm_params *params = NULL;
    int result = CLI_USAGE;

    const enum args_result parsed = args_parse(&command, argc, argv, &ints, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args.word_count == 0 || args.words[0][0] == '\0' || strlen(args.words[0]) > 255) {
        cli_error("which method? (rtm call --help)");
        return CLI_USAGE;
    }
    params = rtm_params_new();
    for (int i = 1; i < args.word_count; i++) {
        if (!call_put(params, args.words[i]))
            goto out;
    }
    if (rtm_params_get_error(params) < 0) {
        cli_error("%s: parameters: %s", args.words[0], rtm_strerror(rtm_params_get_error(params)));
        goto out;
    }
    result = call_run(&args, params, ints);

out:
    rtm_params_free(params);
    return result;
}
