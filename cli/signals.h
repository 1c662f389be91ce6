/*
 * SIGINT, SIGTERM and SIGHUP as something that poll(2) sees.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

/* Take the three signals (those that are not ignored), and ignore SIGPIPE. */
bool signals_open(void);

/* Readable once a signal has come. */
int signals_get_fd(void);

/* A signal has come. */
bool signals_caught(void);

#endif
