/*
 * What many handlers on the owner need.
 */
#ifndef GATE_OPS_OPS_TOOLS_H
#define GATE_OPS_OPS_TOOLS_H

#include "gate/core/log.h"
#include "gate/ops/ops.h"

/** op_read_ids_of() of ids that must be positive: `code` is answered when one is not. */
bool ops_read_ids(op *quest, const char *key, int code, int64_t **ret_ids, size_t *ret_count);

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

/** An id as the key of a map: decimal text. */
void ops_pack_id(rtmi_buf *out, int64_t id);

/** Text as str; what is none as bin. */
void ops_pack_text(rtmi_buf *out, rtmi_span bytes);

#endif
