/*
 * Made-up chat, the same for the same seed.
 */
#ifndef CLI_TRAFFIC_H
#define CLI_TRAFFIC_H

#include <stdint.h>

#include <rtm/call.h>

#include "cli/buffer.h"

struct traffic {
    uint64_t state; /* begins with the seed */
    int64_t users;  /* 1001 and up */
    int64_t groups; /* 1 and up; 0: no group messages */
    int64_t rooms;  /* 1 and up; 0: no room messages */
    struct buffer text;
    struct buffer attrs;
};

/* The next message; it borrows from `traffic` until the next call. */
rtm_kind traffic_next(struct traffic *traffic, rtm_outgoing *ret_message);

void traffic_deinit(struct traffic *traffic);

#endif
