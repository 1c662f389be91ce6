/*
 * Echoes: `*ping`, which peers send to keep a connection alive and to see how fast a gate is. A run
 * of them in one read is answered as one.
 */
#ifndef GATE_CORE_PINGS_H
#define GATE_CORE_PINGS_H

#include <string.h>

#include "gate/core/shard_impl.h"

#define PINGS_SIZE 22 /* of a usual one */

/** Whether `in` begins with a whole two-way `*ping` with an empty map, in the form of its day. */
static inline bool pings_is_usual(rtmi_span in)
{
    static const uint8_t head[] = {'F', 'P', 'N', 'N', 1, RTMI_FLAG_MSGPACK, RTMI_FRAME_TWOWAY,
                                   5,   1,   0,   0,   0};
    static const uint8_t tail[] = {'*', 'p', 'i', 'n', 'g', 0x80};

    return in.len >= PINGS_SIZE && memcmp(in.data, head, sizeof head) == 0 &&
           memcmp(in.data + PINGS_SIZE - sizeof tail, tail, sizeof tail) == 0;
}

/**
 * Answer the usual pings at the front of `in`, to the same end as dispatch_package() would one by
 * one; returns the bytes that they took. Where an answer cannot be queued, and the connection has
 * to be cut, they are left to that. Not for a shard that drains.
 */
size_t pings_take(shard *self, conn *from, rtmi_span in, gate_time now);

/** The answer to a ping, as it stands in the connection's queue. */
void pings_encode_answer(rtmi_buf *out, uint32_t seq, gate_time now);

#endif
