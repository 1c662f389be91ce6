/*
 * Allocation that cannot fail. A program of one job has nothing better to do without memory
 * than to say so and end; the library below it reports the same case as RTM_E_NOMEM.
 */
#include "cli/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static _Noreturn void memory_is_out(void)
{
    static const char line[] = "rtm: out of memory\n";

    (void)!fwrite(line, 1, sizeof line - 1, stderr);
    _Exit(CLI_FAILED);
}

void *memory_new(size_t count, size_t size)
{
    void *data = calloc(count, size);

    if (data == NULL && count > 0 && size > 0)
        memory_is_out();
    return data;
}

void *memory_grow(void *old, size_t count, size_t size)
{
    void *data = reallocarray(old, count, size);

    if (data == NULL && count > 0 && size > 0)
        memory_is_out();
    return data;
}

char *memory_dup(const char *text, size_t len)
{
    char *copy = memory_new(len + 1, 1);

    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}
