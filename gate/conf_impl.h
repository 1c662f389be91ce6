/*
 * What the reader of the configuration and its last checks share.
 */
#ifndef GATE_CONF_IMPL_H
#define GATE_CONF_IMPL_H

#include "gate/conf_reader.h"

/** Tell a mistake with its place: line 0 is the file as a whole. */
void conf_complain(conf *self, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The project with that pid; NULL if there is none. */
conf_project *conf_find_project(conf *self, int64_t pid);

#endif
