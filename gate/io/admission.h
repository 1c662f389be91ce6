/*
 * Who may connect: how many connections there may be, and how many of one address may stand
 * unproved. Shared by the acceptor and all shards; any thread.
 */
#ifndef GATE_IO_ADMISSION_H
#define GATE_IO_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct admission admission;

typedef enum admission_answer {
    ADMISSION_YES,
    ADMISSION_FULL,    /* as many connections as there may be */
    ADMISSION_CROWDED, /* too many unproved ones of this address */
    ADMISSION_MANY,    /* too many of this address, proved or not */
    ADMISSION_NO_MEMORY,
    ADMISSION_ANSWERS
} admission_answer;

/** Where a connection comes from, as far as it counts: an IPv4 address or an IPv6 /64. */
typedef struct admission_source {
    uint64_t key;
    uint8_t family; /* 4, 6; 0: neither, counted together */
} admission_source;

/** How many connections there may be. */
typedef struct admission_limits {
    size_t connections;
    size_t unproved_per_address;
    size_t per_address; /* 0: no limit */
} admission_limits;

/** NULL: out of memory. `seed` keeps peers from choosing how addresses hash. */
admission *admission_new(const admission_limits *limits, uint64_t seed);

void admission_free(admission *self);

admission_source admission_source_of(const struct sockaddr *address);

/** Ask for one more, unproved connection; ADMISSION_YES counts it. */
admission_answer admission_enter(admission *self, admission_source source);

/** One of them has proved itself. */
void admission_prove(admission *self, admission_source source);

/** One is closed; `proved` says whether admission_prove() was called for it. */
void admission_leave(admission *self, admission_source source, bool proved);

size_t admission_count(admission *self);

/** Other limits from now on; those that are in stay. */
void admission_set_limits(admission *self, const admission_limits *limits);

/** How often that was the answer. */
uint64_t admission_get_refused(admission *self, admission_answer answer);

#endif
