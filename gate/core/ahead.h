/*
 * What stands further on in the same read, seen through once: parameters of several quests, and
 * their signatures, checked together with the one that is asked for. Sixteen at a time cost a
 * third of one at a time.
 *
 * Only what depends on nothing but the quest's bytes, the row of its method and the project's
 * secrets is found out beforehand: what its parameters are, and whether its signature is right.
 * All that is judged, and its order, is dispatch's business, as if each quest had come alone.
 */
#ifndef GATE_CORE_AHEAD_H
#define GATE_CORE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/core/params.h"
#include "lib/base/span.h"
#include "lib/rtm/sign.h"

/** With the one that is asked for they fill a run. */
#define AHEAD_MAX (RTMI_SIGN_RUN - 1)
/** So many packages are looked at for them. */
#define AHEAD_PACKAGES 64

struct gate_project;
struct shard;

/** A quest that was seen. */
typedef struct ahead_quest {
    const rtmi_method *method; /* by whose row its parameters were read */
    bool is_right;             /* its signature */
    quest_params params;
} ahead_quest;

/** All zeros knows nothing. */
typedef struct ahead {
    rtmi_span behind;   /* of the read: what stands behind the package that is being handled */
    const uint8_t *end; /* up to where packages were looked at; NULL: nowhere */
    size_t count;
    size_t next;               /* the first that may still be asked for */
    const rtmi_method *method; /* of the last one, as the next mostly has it; may be NULL */
    ahead_quest quests[AHEAD_MAX];
} ahead;

/**
 * Forget everything, at the end of each read: other bytes will stand at the same places, and must
 * not be taken for those that were right.
 */
void ahead_forget(ahead *self);

/**
 * The parameters of the quest with that payload, if they were read by that row; else NULL. They
 * stay until the next signature is asked for.
 */
quest_params *ahead_find(ahead *self, const uint8_t *payload, const rtmi_method *method);

/**
 * Whether the signature of a quest is right, which comes from a connection that has proved to be
 * of that project.
 */
bool ahead_is_signed(struct shard *on, const struct gate_project *conf, const auth_params *params,
                     rtmi_span method);

#endif
