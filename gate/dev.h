/*
 * rtmd --dev: a project with a new secret, in a file of its own for the time the gate runs.
 */
#ifndef GATE_DEV_H
#define GATE_DEV_H

#include <stddef.h>

#include "gate/conf_reader.h"

#define DEV_PID 11000001

typedef struct dev {
    char folder[CONF_TEXT_SIZE]; /* empty: none was made */
    char path[CONF_TEXT_SIZE + 16];
} dev;

/** Settings of --dev: loopback, a free port, memory, and the project. 0, or -1 when told. */
int dev_configure(conf *settings);

/** Write the project's secret where only its owner can read it. 0, or -1 with a text. */
int dev_write_secret(dev *self, const conf *settings, char *reterr_text, size_t text_size);

/** Say on stdout how to use it. */
void dev_print(const dev *self, const char *address);

/** Remove the file. */
void dev_deinit(dev *self);

#endif
