/*
 * The verbs of rtm context, each with what stands behind it; they return the exit code.
 */
#ifndef CLI_CMD_CONTEXT_H
#define CLI_CMD_CONTEXT_H

#include <stdbool.h>

#include "cli/args.h"
#include "cli/record.h"

int context_command_save(int argc, char **argv);
int context_command_use(int argc, char **argv);
int context_command_ls(int argc, char **argv);
int context_command_rm(int argc, char **argv);

/* The option -o of those that print. */
struct context_format {
    enum record_format format;
    bool is_given;
};

/* set() of an args_command whose only option that is. */
const char *context_set_format(void *into, int id, const char *value);

#endif
