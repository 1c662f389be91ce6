/*
 * The keys of pushes as numbers, and the set of those that were met: shared by the two decoders
 * of a message. Private to lib/rtm.
 */
#ifndef RTMI_RTM_MESSAGE_FIELDS_H
#define RTMI_RTM_MESSAGE_FIELDS_H

#include "lib/rtm/message.h"

/* Which fields were met. */
enum {
    HAS_FROM = 1 << 0,
    HAS_TARGET = 1 << 1,
    HAS_TO = 1 << 2,
    HAS_MTYPE = 1 << 3,
    HAS_MID = 1 << 4,
    HAS_MSG = 1 << 5,
    HAS_ATTRS = 1 << 6,
    HAS_MTIME = 1 << 7,
    HAS_OFFSET = 1 << 8,
    HAS_EVENT = 1 << 9,
    HAS_UID = 1 << 10,
    HAS_TIME = 1 << 11,
    HAS_ENDPOINT = 1 << 12,
    HAS_DATA = 1 << 13,
    HAS_PID = 1 << 14
};

/*
 * A key of one to eight bytes as one number, its first byte lowest: cheap to load and to switch
 * on. Longer keys, and keys that are no text, are 0, which no field has.
 */
#define K1(a) ((uint64_t)(a))
#define K2(a, b) (K1(a) | (uint64_t)(b) << 8)
#define K3(a, b, c) (K2(a, b) | (uint64_t)(c) << 16)
#define K4(a, b, c, d) (K3(a, b, c) | (uint64_t)(d) << 24)
#define K5(a, b, c, d, e) (K4(a, b, c, d) | (uint64_t)(e) << 32)
#define K8(a, b, c, d, e, f, g, h) (K5(a, b, c, d, e) | K3(f, g, h) << 40)

/** The mtype of a push whose method tells the family. */
int rtmi_mtype_of(rtm_family family);

#endif
