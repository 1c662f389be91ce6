/*
 * rtm: the command line of RTM. Finds the command, runs it, and makes sure that what it
 * printed has really been written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rtm/version.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/memory.h"
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
    {"who", "show who is connected, and listens to what", command_who},
    {"simulate", "send made-up chat, for demonstrations", command_simulate},
    {"context", "save connections, and show which one would be used", command_context},
    {"keygen", "make a key pair for encryption", command_keygen},
    {"version", "print the version", command_version},
};

static void main_print_help(void)
{
    puts("usage: rtm [CONNECTION] COMMAND [OPTIONS]\n\n"
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

static const struct command *main_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    }
    return NULL;
}

/*
 * The connection may stand before the command, as in `rtm --gate HOST:PORT listen`: those
 * options are moved behind the command's own words, but before a "--". Returns the new list.
 */
static char **main_move_leading(int leading, int argc, char **argv)
{
    char **moved = memory_new((size_t)argc + 1, sizeof *moved);
    int count = 0, at = leading + 1;

    while (at < argc && strcmp(argv[at], "--") != 0)
        moved[count++] = argv[at++];
    for (int i = 0; i < leading; i++)
        moved[count++] = argv[i];
    while (at < argc)
        moved[count++] = argv[at++];
    return moved;
}

/* `argv` begins behind the program's name. */
static int main_run(int argc, char **argv)
{
    const int leading = args_count_leading(argc, argv);
    const char *name = leading < argc ? argv[leading] : NULL;
    const struct command *command;

    if (name == NULL) {
        cli_error("no command given (rtm --help lists them)");
        return CLI_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        main_print_help();
        return CLI_OK;
    }
    if (strcmp(name, "--version") == 0)
        return command_version(0, argv);
    command = main_find(name);
    if (command == NULL) {
        cli_error("%s: no such command (rtm --help lists them)", name);
        return CLI_USAGE;
    }
    cli_identity.verb = command->name;
    char **rest = main_move_leading(leading, argc, argv);
    const int result = command->run(argc - 1, rest);
    free(rest);
    return result;
}

int main(int argc, char **argv)
{
    main_keep_standard_fds();
    if (!signals_open()) {
        cli_error("pipe: %s", strerror(errno));
        return CLI_FAILED;
    }
    return main_finish(main_run(argc > 0 ? argc - 1 : 0, argv + 1));
}
