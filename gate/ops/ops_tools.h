/*
 * What many handlers on the owner need.
 */
#ifndef GATE_OPS_OPS_TOOLS_H
#define GATE_OPS_OPS_TOOLS_H

#include "gate/core/log.h"
#include "gate/ops/ops.h"

/** Answer with a code and its text. */
void ops_refuse(op *quest, int code);

/** Whether `code` is 0; if not it has been answered. */
bool ops_did(op *quest, int code);

/** Answer {}, unless `code` is not 0. */
void ops_answer_did(op *quest, int code);

/** Answer {key: true or false}. */
void ops_answer_flag(op *quest, const char *key, bool value);

/** Answer {key: [ids]}. */
void ops_answer_ids(op *quest, const char *key, const int64_t *ids, size_t count);

/** Answer {key: [the id at `place` of each key under the prefix]}. */
void ops_answer_walk(op *quest, const char *key, const dir_key *prefix, size_t place);

#endif
