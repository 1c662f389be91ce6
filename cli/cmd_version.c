/*
 * rtm version: this program's version, and that of the library in it.
 */
#include <stdio.h>
#include <string.h>

#include <rtm/version.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/commands.h"

int command_version(int argc, char **argv)
{
    const char *option = argc == 1 ? argv[0] : "";

    if (argc > 1 || (argc == 1 && strcmp(option, "--json") != 0 && strcmp(option, "--help") != 0 &&
                     strcmp(option, "-h") != 0)) {
        cli_error("%s: not understood (rtm version [--json])", argv[argc - 1]);
        return CLI_USAGE;
    }
    if (strcmp(option, "--json") == 0) {
        printf("{\"v\":1,\"ev\":\"version\",\"rtm\":\"%s\",\"librtm\":\"%s\"}\n",
               RTMKIT_VERSION_TEXT, rtm_version());
    } else if (argc == 1) {
        puts("usage: rtm version [--json]\n\nPrint the version.\n");
        args_print_exit_codes();
    } else {
        printf("rtm %s (librtm %s)\n", RTMKIT_VERSION_TEXT, rtm_version());
    }
    return CLI_OK;
}
