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

/** The arguments of a row, and four that reading needs behind them. */
#define OP_ARGS_MAX (RTMI_PARAM_MAX + 4)

/**
 * A verified quest on its way to its handler. Handlers of listen calls run where the connection
 * is, most others on the project's owner (owner.h): there `log` is set, and `conn` is not.
 */
typedef struct op {
    shard *shard;
    conn *conn;    /* NULL on the owner */
    gate_log *log; /* NULL where the connection is */
    const rtmi_method *method;
    gate_time now;
    log_sender sender;
    int64_t uid; /* of the session that it comes from; 0: a program of the server side */
    struct shard_project *file_project; /* of a quest of the file gate; else NULL */
    uint32_t seq;
    bool is_twoway;
    bool is_json;
    bool is_answered;
    bool is_asked;     /* the answer follows when the store has answered */
    int code;          /* it was refused with this */
    size_t answer_at;  /* on the owner: where its answer begins */
    rtmi_span payload; /* as MessagePack */
    op_arg *args;      /* OP_ARGS_MAX, of which those of the row are set */
    char text[200];    /* of the refusal */
} op;

typedef void op_handler(op *quest);

/** Where a handler runs. */
typedef enum op_where { OP_HERE, OP_OWNER } op_where;

/**
 * Fetch the memory that a quest will need which is some places behind; its arguments are as they
 * came, nothing of them has been judged.
 */
typedef void op_expect(const gate_log *log, const op_arg *args);

/** The handler of a method. */
typedef struct op_row {
    rtmi_side side;
    const char *name;
    op_handler *handler;
    op_where where;
    op_expect *expect; /* or NULL */
} op_row;

/* What handlers read. Keys are those of the method's row. */

bool op_has(const op *quest, const char *key);
/** 0 when it is absent. */
int64_t op_int(const op *quest, const char *key);
bool op_flag(const op *quest, const char *key);
/** Text or bytes; empty when absent. */
rtmi_span op_bytes(const op *quest, const char *key);
/** Whether it came as bytes, not as text. */
bool op_is_bytes(const op *quest, const char *key);

/* What handlers answer with; each quest exactly once. One-way quests are passed over. */

void op_answer_empty(op *quest);

/** Begin an answer whose map entries the handler appends to the returned buffer. */
rtmi_buf *op_answer_begin(op *quest);
/** On the owner an answer larger than the largest package becomes 200035. */
void op_answer_end(op *quest);

/** An error answer; `format` gives its text. */
void op_answer_error(op *quest, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Hand messages to the project's owner; the answer {mtime} follows when they are committed.
 * `request->sender` is filled in here.
 */
void op_append(op *quest, log_request *request);

/** Close the connection once its answers are written; where it is. */
void op_end_connection(op *quest);

/** Text as str; what is none as bin. */
void op_pack_text(rtmi_buf *out, const char *key, rtmi_span bytes);

/** Runs on the owner when the store has answered: `answer->result` is 0. */
typedef void op_answered(op *quest, const store_answer *answer);

/**
 * Ask the store, on the owner; pid, done and userdata are filled in here. The quest's answer is
 * `then`'s business, which sees the same parameters. Nothing may be changed before.
 */
void op_ask(op *quest, const store_ask *ask, op_answered *then);

/**
 * Read a parameter of type RTMI_PARAM_IDS: sorted, each once, to be freed. False: answered with
 * an error already (an element that is no integer, out of memory).
 */
bool op_read_ids(op *quest, size_t param, int64_t **ret_ids, size_t *ret_count);
bool op_read_ids_of(op *quest, const char *key, int64_t **ret_ids, size_t *ret_count);

/**
 * Read the parameters of `payload` by the method's row into `quest->args`; 0 or a
 * rtmi_pack_error.
 */
int op_decode(op *quest, rtmi_span payload);

/** The project of the quest, as its shard sees it. */
struct shard_project *op_project(const op *quest);

#endif
