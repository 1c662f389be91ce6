/*
 * Memory of the program. Without memory rtm cannot go on: these end it with one line.
 */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>

void *memory_new(size_t count, size_t size);             /* zeroed */
void *memory_grow(void *old, size_t count, size_t size); /* as reallocarray(3) */
char *memory_dup(const char *text, size_t len);          /* a NUL is added */

#endif
