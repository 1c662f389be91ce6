/*
 * rtm: the command line of RTM. Finds the command, runs it, and makes sure that what it
 * printed has really been written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rtm/version.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/signals.h"

static const struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"listen", "watch messages and events", command_listen},
    {"send", "send messages", command_send},
    {"call", "call any method of the gate", command_call},
    {"check", "check that a connection works, for monitoring", command_check},
    {"simulate", "send made-up chat, for demonstrations", command_simulate},
    {"context", "show which connection would be used", command_context},
    {"version", "print the version", command_version},
};

static void main_print_help(void)
{
    puts("usage: rtm COMMAND [OPTIONS]\n\n"
         "Listen to and send real-time messages through an RTM gate.\n\n"
         "Commands (rtm COMMAND --help tells more):");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    puts("\nExamples:\n"
         "  rtm listen --all\n"
         "  rtm send group 77 'hello' --from 1001\n"
         "  rtm call addgroupmembers gid=77 'uids:=[1001,1002]'\n");
    args_print_exit_codes();
}

/* A descriptor 0, 1 or 2 that is closed would go to the next socket: keep the places taken. */
static void main_keep_standard_fds(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    }
}

/* Whatever is still in a buffer counts as output: a failed write is a failure. */
static int main_finish(int result)
{
    result = output_exit_of(output_flush(), result);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return result;
    if (errno == EPIPE)
        return CLI_OK;
    cli_error("stdout: %s", strerror(errno));
    return CLI_FAILED;
}

int main(int argc, char **argv)
{
    main_keep_standard_fds();
    if (!signals_open()) {
        cli_error("pipe: %s", strerror(errno));
        return CLI_FAILED;
    }
    if (argc < 2) {
        cli_error("no command given (rtm --help lists them)");
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        main_print_help();
        return main_finish(CLI_OK);
    }
    if (strcmp(argv[1], "--version") == 0)
        return main_finish(command_version(0, argv));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            cli_identity.verb = commands[i].name;
            return main_finish(commands[i].run(argc - 2, argv + 2));
        }
    }
    cli_error("%s: no such command (rtm --help lists them)", argv[1]);
    return CLI_USAGE;
}
