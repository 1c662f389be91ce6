/*
 * The command line of rtmd: words to a struct. What the values mean is the configuration's.
 */
#include "gate/options.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/version.h>

#include "gate/conf_table.h"
#include "gate/methods_page.h"
#include "lib/base/num.h"

enum {
    OPT_CONFIG = 256,
    OPT_LISTEN,
    OPT_READY_FD,
    OPT_CHECK,
    OPT_PRINT_CONFIG,
    OPT_PRINT_SAMPLE,
    OPT_PRINT_METHODS,
    OPT_SET,
    OPT_DEV,
    OPT_VERSION,
    OPT_HELP
};

static const struct option words[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"ready-fd", required_argument, NULL, OPT_READY_FD},
    {"check", no_argument, NULL, OPT_CHECK},
    {"print-config", no_argument, NULL, OPT_PRINT_CONFIG},
    {"print-sample", no_argument, NULL, OPT_PRINT_SAMPLE},
    {"print-methods", optional_argument, NULL, OPT_PRINT_METHODS},
    {"set", required_argument, NULL, OPT_SET},
    {"dev", no_argument, NULL, OPT_DEV},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: rtmd --config FILE [OPTION]...\n"
    "       rtmd --dev [OPTION]...\n"
    "       rtmd store check|vacuum|export|import|backup ...\n"
    "\n"
    "rtmd is an RTM gate: it takes messages, keeps them, and pushes them to listeners.\n"
    "\n"
    "  --config FILE             read the settings from FILE, see rtmd.conf(5)\n"
    "  --dev                     need no file: loopback, a free port, nothing kept, and a\n"
    "                            project with a new secret; says on stdout how to use it\n"
    "  --listen ADDRESS          listen on HOST:PORT or unix:PATH; port 0 takes a free one\n"
    "  --set SECTION.NAME=VALUE  override one setting, as gate.log-level=debug\n"
    "  --ready-fd FD             write \"ready NAME=ADDRESS...\" there once it serves\n"
    "  --check                   only say whether the settings are good\n"
    "  --print-config            only print the settings that hold, without secrets\n"
    "  --print-sample            only print a file with all settings and what they mean\n"
    "  --print-methods[=json]    only print the methods that are served, with their parameters\n"
    "  --version, --help\n"
    "\n"
    "RTMD_SECRET_<PID> in the environment gives the secret of project PID.\n"
    "Exit codes: 0 stopped when told to, 2 wrong usage, 78 wrong settings, 1 else.\n";

static options_result usage(const char *what, const char *word)
{
    fprintf(stderr, "rtmd: %s%s; see rtmd --help\n", what, word);
    return OPTIONS_USAGE;
}

static bool parse_fd(const char *text, int *ret_fd)
{
    int64_t fd;

    if (!rtmi_int_parse(text, strlen(text), &fd) || fd < 0 || fd > INT_MAX)
        return false;
    if (fcntl((int)fd, F_GETFD) < 0)
        return false;
    *ret_fd = (int)fd;
    return true;
}

static options_result parse_words(int argc, char **argv, options *opts)
{
    opterr = 0;
    for (;;) {
        const int here = optind;
        switch (getopt_long(argc, argv, "+:", words, NULL)) {
        case -1:
            if (optind < argc)
                return usage("no such argument: ", argv[optind]);
            return OPTIONS_RUN;
        case OPT_CONFIG:
            opts->config = optarg;
            break;
        case OPT_LISTEN:
            if (!conf_address_is_socket(optarg) || strlen(optarg) >= CONF_TEXT_SIZE)
                return usage("--listen takes HOST:PORT, [V6]:PORT, *:PORT or unix:PATH, not ",
                             optarg);
            opts->listen = optarg;
            break;
        case OPT_READY_FD:
            if (!parse_fd(optarg, &opts->ready_fd))
                return usage("--ready-fd takes the number of an open descriptor, not ", optarg);
            break;
        case OPT_CHECK:
            opts->check = true;
            break;
        case OPT_PRINT_CONFIG:
            opts->print_config = true;
            break;
        case OPT_SET:
            opts->sets[opts->set_count++] = optarg;
            break;
        case OPT_DEV:
            opts->dev = true;
            break;
        case OPT_PRINT_SAMPLE:
            conf_print_sample(stdout);
            return OPTIONS_DONE;
        case OPT_PRINT_METHODS:
            if (optarg != NULL && strcmp(optarg, "json") != 0)
                return usage("--print-methods takes nothing or json, not ", optarg);
            if (optarg != NULL)
                methods_print_json(stdout);
            else
                methods_print(stdout);
            return OPTIONS_DONE;
        case OPT_VERSION:
            printf("rtmd %s\n", RTMKIT_VERSION_TEXT);
            return OPTIONS_DONE;
        case OPT_HELP:
            fputs(help, stdout);
            return OPTIONS_DONE;
        case ':':
            return usage("a value is missing behind ", argv[here]);
        default:
            return usage("no such option: ", argv[here]);
        }
    }
}

options_result options_parse(int argc, char **argv, options *ret_options)
{
    *ret_options = (options){.ready_fd = -1};
    /* Each --set takes a word, so there are fewer than words. */
    ret_options->sets = calloc((size_t)argc + 1, sizeof *ret_options->sets);
    if (ret_options->sets == NULL)
        return usage("out of memory", "");

    const options_result result = parse_words(argc, argv, ret_options);
    if (result != OPTIONS_RUN)
        return result;
    if (ret_options->dev && ret_options->config != NULL)
        return usage("--dev takes no --config", "");
    if (!ret_options->dev && ret_options->config == NULL)
        return usage("neither --config nor --dev", "");
    return OPTIONS_RUN;
}

void options_deinit(options *self)
{
    free(self->sets);
    self->sets = NULL;
}
