/*
 * From a package to the handler of its method, with parameters decoded and checked by the
 * method's row (lib/rtm/methods).
 */
#ifndef GATE_CORE_DISPATCH_H
#define GATE_CORE_DISPATCH_H

#include "gate/core/config.h"
#include "gate/core/log.h"
#include "gate/core/shard.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/methods.h"

/** One parameter as it came; `raw` is the whole value. */
typedef struct op_arg {
    bool is_present;
    rtmi_token token; /* of a container: its head */
    int64_t integer;  /* of RTMI_PARAM_INT */
    rtmi_span raw;
} op_arg;

/** A verified quest on its way to its handler. */
typedef struct op {
    shard *shard;
    conn *conn;
    const rtmi_method *method;
    gate_time now;
    uint32_t seq;
    bool is_twoway;
    bool is_json;
    uint16_t method_index; /* for the figures: as in shard_metrics.quests */
    op_arg args[RTMI_PARAM_MAX];
} op;

typedef void op_handler(op *quest);

/** The handler of a method; a table indexed by rtmi_method_id, made by gate/ops. */
typedef struct op_row {
    rtmi_method_id id;
    op_handler *handler;
} op_row;

/* What handlers answer with; each quest exactly once. One-way quests are passed over. */

void op_answer_empty(op *quest);

/** Begin an answer whose map entries the handler appends to the returned buffer. */
rtmi_buf *op_answer_begin(op *quest);
void op_answer_end(op *quest);

/** An error answer; `format` gives its text. */
void op_answer_error(op *quest, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Hand messages to the project's owner; the answer {mtime} follows when they are committed.
 * `request->sender` is filled in here.
 */
void op_append(op *quest, log_request *request);

/**
 * Read a parameter of type RTMI_PARAM_IDS: sorted, each once, to be freed. False: answered with
 * an error already (an element that is no integer, out of memory).
 */
bool op_read_ids(op *quest, size_t param, int64_t **ret_ids, size_t *ret_count);

/** The project of the quest, as its shard sees it. */
struct shard_project *op_project(const op *quest);

#endif
