/*
 * Time and chance as the system gives them.
 */
#ifndef RTMI_NET_CLOCK_H
#define RTMI_NET_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/** Milliseconds that never go back; the zero is the system's. */
int64_t rtmi_clock_mono_ms(void);

/** Milliseconds since 1970, UTC. */
int64_t rtmi_clock_wall_ms(void);

#define RTMI_RANDOM_COUNT 32

/** Numbers of the system's CSPRNG, fetched 32 at a time. Belongs to one thread at a time. */
typedef struct rtmi_random {
    uint64_t numbers[RTMI_RANDOM_COUNT];
    size_t left;
} rtmi_random;

/** Fetch the first numbers: 0, or RTM_E_SYSTEM when the system has none. */
int rtmi_random_init(rtmi_random *random);

/** The next number. */
uint64_t rtmi_random_next(rtmi_random *random);

/** Wipe what was fetched and not used. */
void rtmi_random_deinit(rtmi_random *random);

#endif
