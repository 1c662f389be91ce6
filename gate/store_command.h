/*
 * rtmd store: check, vacuum, export, import and backup of a store, without serving it.
 */
#ifndef GATE_STORE_COMMAND_H
#define GATE_STORE_COMMAND_H

/** Run it; argv[0] is "store". An exit code. */
int store_command(int argc, char **argv);

#endif
