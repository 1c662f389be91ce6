/*
 * madvise(2). With pages of 4 KiB, each access to a table of a hundred megabytes costs a walk
 * through the page tables besides the line itself; with those of 2 MiB, which Linux gives who
 * asks (`madvise` is its default), it mostly does not.
 */
#include "lib/net/memory.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)2 * 1024 * 1024)

void rtmi_memory_expect_random(void *memory, size_t size)
{
    const uintptr_t first = ((uintptr_t)memory + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    const uintptr_t end = ((uintptr_t)memory + size) & ~(LARGE_PAGE - 1);
    const int saved = errno;

#ifdef MADV_HUGEPAGE
    if (first < end)
        (void)madvise((void *)first, (size_t)(end - first), MADV_HUGEPAGE);
#endif
    errno = saved;
}
