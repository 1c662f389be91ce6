/*
 * The table of methods, printed as its own documentation.
 */
#ifndef GATE_METHODS_PAGE_H
#define GATE_METHODS_PAGE_H

#include <stdio.h>

/** Each method that this gate serves, with its parameters, their limits, its answer and codes. */
void methods_print(FILE *out);

/** The same for programs: an array of objects. */
void methods_print_json(FILE *out);

#endif
