/*
 * The table of methods, printed as its own documentation.
 */
#ifndef GATE_METHODS_PAGE_H
#define GATE_METHODS_PAGE_H

#include <stdio.h>

/** Each method that this gate serves, with its parameters, their limits and its answer. */
void methods_print(FILE *out);

#endif
