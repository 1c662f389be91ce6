/*
 * Signatures of what stands further on in the same read, checked together with the one that is
 * asked for: sixteen at a time cost a third of one at a time.
 *
 * Only one thing is found out beforehand, whether a signature is right, which depends on nothing
 * but the quest's bytes and the project's secrets. All that is judged, and its order, is
 * dispatch's business, as if it had asked for each signature alone.
 */
#ifndef GATE_CORE_AHEAD_H
#define GATE_CORE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/span.h"
#include "lib/rtm/sign.h"

#define AHEAD_MAX RTMI_SIGN_RUN
/** So many packages are looked at for them. */
#define AHEAD_PACKAGES 64

struct auth_params;
struct gate_project;
struct shard;

/** All zeros knows nothing. */
typedef struct ahead {
    rtmi_span behind;   /* of the read: what stands behind the package that is being handled */
    const uint8_t *end; /* up to where packages were looked at; NULL: nowhere */
    size_t count;
    size_t next; /* the first that may still be asked for */
    const uint8_t *payloads[AHEAD_MAX];
    bool are_right[AHEAD_MAX];
} ahead;

/** Forget everything: the bytes will not be there any more. */
void ahead_forget(ahead *self);

/**
 * Whether the signature of a quest is right, which comes from a connection that has proved to be
 * of that project.
 */
bool ahead_is_signed(struct shard *on, const struct gate_project *conf,
                     const struct auth_params *params, rtmi_span method);

#endif
