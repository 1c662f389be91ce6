/*
 * What the system may be told about memory.
 */
#ifndef RTMI_NET_MEMORY_H
#define RTMI_NET_MEMORY_H

#include <stddef.h>

/**
 * A block that will be used all over, at random: let it stand on large pages where it covers
 * some. Only advice: where the system has none, nothing changes. errno is kept.
 */
void rtmi_memory_expect_random(void *memory, size_t size);

#endif
