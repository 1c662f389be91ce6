/*
 * Leave to send a file: a token that is good once, for 120 s, for one sender, way and receiver.
 * They stand in the project's directory, in a space that is not stored.
 *
 * Protocol: RTM sections 2.12 and 9 (16).
 */
#ifndef GATE_CORE_FILE_TOKENS_H
#define GATE_CORE_FILE_TOKENS_H

#include "gate/core/log.h"

enum {
    FILE_TOKEN_MS = 120000,
    FILE_TOKENS_MAX = 10000, /* unused ones of a project: 200010 */
    FILE_TOKEN_LEN = 44
};

/** What a token gives leave to. */
typedef struct file_leave {
    store_kind kind;
    bool is_list; /* sendfiles, not sendfile */
    int64_t from;
    const int64_t *targets; /* sorted; NULL: none was named, and any will do */
    size_t target_count;
} file_leave;

/** Make a token, after log_begin(). 0, or the code to answer. */
int file_token_issue(gate_log *log, const file_leave *leave, gate_time now,
                     char ret_token[FILE_TOKEN_LEN]);

/** Use one up, after log_begin(). 0, or the code to answer: 200003 when it is not good for that. */
int file_token_use(gate_log *log, const file_leave *leave, rtmi_span token, gate_time now);

#endif
