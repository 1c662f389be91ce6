/*
 * The option parser. getopt_long(3) would take "-5" for an option and keeps its rows apart
 * from their help; here a row is everything that is known about an option, and a minus sign
 * with a digit behind it begins a word, since ids may be negative.
 */
#include "cli/args.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/number.h"

enum { OPT_GATE = 1000, OPT_PID, OPT_SECRET_FILE, OPT_CONTEXT, OPT_TIMEOUT, OPT_PROTECTION };

static const struct args_option common_options[] = {
    {OPT_GATE, 0, "gate", "ADDRESS",
     "HOST:PORT or unix:PATH of the gate; else RTM_GATE, else the context"},
    {OPT_PID, 0, "pid", "N", "the project; else RTM_PID, else the context"},
    {OPT_SECRET_FILE, 0, "secret-file", "FILE",
     "file with the project's secret; else RTM_SECRET, else the context"},
    {OPT_CONTEXT, 0, "context", "NAME", "a saved connection; else RTM_CONTEXT, else the current"},
    {OPT_PROTECTION + PROTECTION_SECURITY, 0, "security", "MODE",
     "none, tls, or FPNN's own encryption: package, stream (default none)"},
    {OPT_PROTECTION + PROTECTION_TLS_CA, 0, "tls-ca", "FILE",
     "certificates to trust, PEM (default: the system's)"},
    {OPT_PROTECTION + PROTECTION_TLS_HOST, 0, "tls-host", "NAME",
     "whose certificate it must be (default: the gate's host)"},
    {OPT_PROTECTION + PROTECTION_GATE_KEY, 0, "gate-key", "FILE",
     "the gate's public key: PEM, DER or raw"},
    {OPT_PROTECTION + PROTECTION_GATE_CURVE, 0, "gate-curve", "NAME",
     "the curve of a raw key, as secp256k1"},
    {OPT_PROTECTION + PROTECTION_KEY_BITS, 0, "key-bits", "N", "128 (default) or 256"},
    {OPT_TIMEOUT, 0, "timeout", "DUR", "for connecting and for each answer (default 10s)"},
    {'q', 'q', "quiet", NULL, "no status lines on stderr"},
    {'h', 'h', "help", NULL, "this text"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void args_print_options(const struct args_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct args_option *o = &options[i];
        char left[64];
        char letter[8] = "    ";

        if (o->letter != 0)
            (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
        (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name,
                       o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
        if (strlen(left) > 28)
            printf("  %s\n  %28s %s\n", left, "", o->help);
        else
            printf("  %-28s %s\n", left, o->help);
    }
}

void args_print_exit_codes(void)
{
    puts("Exit codes: 0 success, 1 other failure, 2 usage, 3 cannot connect or connection lost,\n"
         "4 timed out, 5 the gate answered with an error, 6 refused (sign, permission),\n"
         "7 gap seen (--fail-on-gap), 130 interrupted.");
}

static void args_print_help(const struct args_command *command)
{
    printf("usage: rtm %s%s%s\n\n%s.\n\n", command->name, *command->synopsis != '\0' ? " " : "",
           command->synopsis, command->summary);
    if (command->option_count > 0) {
        puts("Options:");
        args_print_options(command->options, command->option_count);
        puts("");
    }
    puts("Connection and common options:");
    args_print_options(common_options, COUNT(common_options));
    puts("");
    if (command->notes != NULL)
        printf("%s\n\n", command->notes);
    if (strncmp(command->name, "check", 5) != 0)
        args_print_exit_codes();
}

static const struct args_option *args_find(const struct args_option *options, size_t count,
                                           const char *name, size_t name_len, char letter)
{
    for (size_t i = 0; i < count; i++) {
        const struct args_option *o = &options[i];

        if (name != NULL ? strlen(o->name) == name_len && memcmp(o->name, name, name_len) == 0
                         : o->letter != 0 && o->letter == letter)
            return o;
    }
    return NULL;
}

static const char *args_set_common(struct args_common *common, int id, const char *value)
{
    if (id >= OPT_PROTECTION) {
        common->protection[id - OPT_PROTECTION] = value;
        return NULL;
    }
    switch (id) {
    case OPT_GATE:
        common->gate = value;
        return NULL;
    case OPT_PID:
        common->pid = value;
        return NULL;
    case OPT_SECRET_FILE:
        common->secret_file = value;
        return NULL;
    case OPT_CONTEXT:
        common->context = value;
        return NULL;
    case OPT_TIMEOUT:
        if (!number_parse_duration(value, &common->timeout_ms) || common->timeout_ms == 0)
            return "not a duration such as 10s, 500ms or 2m";
        return NULL;
    default: /* 'q' */
        cli_identity.is_quiet = true;
        return NULL;
    }
}

struct args_walk {
    const struct args_command *command;
    char **argv;
    int argc;
    int at; /* the argument looked at */
    void *into;
    struct args *args;
};

/* One option found at argv[at]; `value` is what stands behind it in the same argument. */
static enum args_result args_take(struct args_walk *w, const char *name, size_t name_len,
                                  char letter, const char *value)
{
    const struct args_command *c = w->command;
    const struct args_option *o = args_find(c->options, c->option_count, name, name_len, letter);
    const bool is_common = o == NULL;
    const char *reason = NULL;
    char shown[64];

    if (name != NULL)
        (void)snprintf(shown, sizeof shown, "--%.*s", (int)(name_len > 50 ? 50 : name_len), name);
    else
        (void)snprintf(shown, sizeof shown, "-%c", letter);
    if (is_common)
        o = args_find(common_options, COUNT(common_options), name, name_len, letter);
    if (o == NULL) {
        cli_error("%s: no such option (rtm %s --help lists them)", shown, c->name);
        return ARGS_WRONG;
    }
    if (o->id == 'h' && is_common) {
        args_print_help(c);
        return ARGS_DONE;
    }
    if (o->value == NULL && value != NULL) {
        cli_error("%s: takes no value", shown);
        return ARGS_WRONG;
    }
    if (o->value != NULL && value == NULL) {
        if (w->at + 1 >= w->argc) {
            cli_error("%s: needs %s", shown, o->value);
            return ARGS_WRONG;
        }
        value = w->argv[++w->at];
    }
    reason =
        is_common ? args_set_common(&w->args->common, o->id, value) : c->set(w->into, o->id, value);
    if (reason != NULL) {
        cli_error("%s%s%s: %s", shown, value != NULL ? " " : "", value != NULL ? value : "",
                  reason);
        return ARGS_WRONG;
    }
    return ARGS_RUN;
}

/* "-rq", "-n5", "-n 5" */
static enum args_result args_take_letters(struct args_walk *w, const char *letters)
{
    enum args_result result = ARGS_RUN;

    while (*letters != '\0' && result == ARGS_RUN) {
        const struct args_option *o =
            args_find(w->command->options, w->command->option_count, NULL, 0, *letters);
        const char *rest = letters + 1;
        const bool has_value = o != NULL && o->value != NULL;

        result = args_take(w, NULL, 0, *letters, has_value && *rest != '\0' ? rest : NULL);
        if (has_value)
            break;
        letters = rest;
    }
    return result;
}

enum args_result args_parse(const struct args_command *command, int argc, char **argv, void *into,
                            struct args *ret_args)
{
    struct args_walk w = {
        .command = command, .argv = argv, .argc = argc, .into = into, .args = ret_args};

    *ret_args = (struct args){.words = argv};
    for (; w.at < argc; w.at++) {
        char *arg = argv[w.at];
        enum args_result result = ARGS_RUN;

        if (strcmp(arg, "--") == 0) {
            while (++w.at < argc)
                argv[ret_args->word_count++] = argv[w.at];
            break;
        }
        if (arg[0] != '-' || arg[1] == '\0' || (arg[1] >= '0' && arg[1] <= '9')) {
            argv[ret_args->word_count++] = arg;
        } else if (arg[1] == '-') {
            const char *equals = strchr(arg, '=');
            const size_t len = equals != NULL ? (size_t)(equals - arg) - 2 : strlen(arg) - 2;

            result = args_take(&w, arg + 2, len, 0, equals != NULL ? equals + 1 : NULL);
        } else {
            result = args_take_letters(&w, arg + 1);
        }
        if (result != ARGS_RUN)
            return result;
    }
    return ARGS_RUN;
}

int args_count_leading(int argc, char **argv)
{
    int at = 0;

    while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
        const bool is_long = argv[at][1] == '-';
        const char *name = argv[at] + 2;
        const size_t len = is_long ? strcspn(name, "=") : 0;
        const struct args_option *o =
            args_find(common_options, COUNT(common_options), is_long ? name : NULL, len,
                      is_long ? '\0' : argv[at][1]);

        if (o == NULL || o->id == 'h')
            break;
        at += o->value != NULL && (!is_long || name[len] == '\0') ? 2 : 1;
    }
    return at < argc ? at : argc;
}
