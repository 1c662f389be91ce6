/*
 * Two clocks and getrandom(2).
 */
#include "lib/net/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <rtm/error.h>

#include "lib/base/num.h"

static int64_t read_ms(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now); /* fails only for clocks that do not exist */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t rtmi_clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t rtmi_clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

static int fetch(rtmi_random *random)
{
    ssize_t n;

    /* Up to 256 bytes come whole or not at all. */
    do
        n = getrandom(random->numbers, sizeof random->numbers, 0);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof random->numbers ? 0 : RTM_E_SYSTEM;
}

int rtmi_random_init(rtmi_random *random)
{
    *random = (rtmi_random){.left = 0};
    const int r = fetch(random);
    if (r == 0)
        random->left = RTMI_RANDOM_COUNT;
    return r;
}

uint64_t rtmi_random_next(rtmi_random *random)
{
    if (random->left == 0) {
        /*
         * What worked once does not fail later, short of a sandbox closed meanwhile. Then the
         * numbers follow from those before: still unknown to a peer that has not seen all.
         */
        if (fetch(random) < 0) {
            uint64_t sum = 0;
            for (size_t i = 0; i < RTMI_RANDOM_COUNT; i++)
                sum = rtmi_mix64(sum + random->numbers[i] + i);
            for (size_t i = 0; i < RTMI_RANDOM_COUNT; i++)
                random->numbers[i] = rtmi_mix64(random->numbers[i] ^ (sum += i | 1));
        }
        random->left = RTMI_RANDOM_COUNT;
    }
    return random->numbers[--random->left];
}

void rtmi_random_deinit(rtmi_random *random)
{
    explicit_bzero(random, sizeof *random);
}
