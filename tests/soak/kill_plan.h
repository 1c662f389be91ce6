/*
 * What is asked of a gate that will be killed: lanes, each one connection with numbered steps.
 * A step follows from its lane and number alone, so the sender's record and the check need only
 * numbers.
 */
#ifndef TESTS_SOAK_KILL_PLAN_H
#define TESTS_SOAK_KILL_PLAN_H

#include <sys/types.h>

#include "tests/soak/wire.h"

enum { LANES = 8, DATA_KEYS = 4, TEXT_MAX = 700 };

typedef enum act {
    ACT_P2P = 1, /* the numbers of kinds of messages */
    ACT_GROUP,
    ACT_ROOM,
    ACT_BROADCAST,
    ACT_DATA, /* a value is set to the step's number */
    ACT_JOIN, /* a user of his own goes into the lane's group */
    ACT_PART  /* the user of an earlier step goes out again */
} act;

act plan_act(int64_t step);

/** Whom a join or part is about, as a number from 0. */
int64_t plan_member(int64_t step);
/** Which value a step sets. */
int plan_key(int64_t step);

static inline int64_t plan_from(int lane)
{
    return 1000 + lane;
}

/** The receiver, group or room of a lane's messages; 0 for broadcasts. */
int64_t plan_target(act what, int lane);
int64_t plan_uid_of_member(int64_t member);

/** The text of a message. */
size_t plan_text(int lane, int64_t step, char text[TEXT_MAX]);

/** Write the quest of a step: its sequence number. */
uint32_t plan_write(wire *out, int lane, int64_t step);

/** What the controller tells a sender. */
typedef struct sender_lane {
    int64_t first;     /* step to begin with */
    int64_t repeat;    /* a message that was answered before the last kill; -1: none */
    int64_t repeat_ms; /* and what the answer was */
} sender_lane;

/**
 * The sender's process: load until the gate is gone. Progress goes to `progress_fd`, a byte an
 * answer; at the end the record goes to `path`. Returns what the process ends with; 0 is well.
 */
int sender_run(const char *endpoint, const sender_lane lanes[LANES], uint64_t dice, int progress_fd,
               const char *path);

#endif
