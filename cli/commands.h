/*
 * The commands. Each gets what stands behind its name on the command line, and returns the
 * exit code.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

int command_listen(int argc, char **argv);
int command_send(int argc, char **argv);
int command_call(int argc, char **argv);
int command_check(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_context(int argc, char **argv);
int command_keygen(int argc, char **argv);
int command_version(int argc, char **argv);
int command_who(int argc, char **argv);

#endif
