/*
 * How long to wait before the next attempt to connect: a pure function of the policy, the
 * attempt and a random number.
 */
#ifndef RTMI_SESSION_BACKOFF_H
#define RTMI_SESSION_BACKOFF_H

#include <stdint.h>

typedef struct rtmi_backoff_policy {
    int64_t first_ms;   /* ceiling of the first wait */
    int64_t ceiling_ms; /* of all waits */
    uint32_t percent;   /* growth of the ceiling per attempt; below 100 counts as 100 */
} rtmi_backoff_policy;

/**
 * Full jitter: evenly spread over 0 to min(ceiling, first * (percent / 100) ^ attempt), both
 * included, so that clients that lost one gate do not come back together. `attempt` counts
 * from 0.
 */
int64_t rtmi_backoff_delay(const rtmi_backoff_policy *policy, uint32_t attempt, uint64_t random);

#endif
