/*
 * The parameters of a quest: read in one bounded pass, and checked by the row of its method.
 */
#ifndef GATE_CORE_PARAMS_H
#define GATE_CORE_PARAMS_H

#include "gate/core/dispatch.h"

/** The four parameters of a signature, as they came. */
typedef struct auth_params {
    const uint8_t *payload; /* where they stand */
    bool has_pid;
    bool has_salt;
    bool has_ts;
    bool has_sign;
    bool is_bad; /* one of them has a wrong type */
    int64_t pid;
    int64_t salt;
    int64_t ts_s;
    rtmi_span sign;
} auth_params;

/** What a payload says, for the row of a method. */
typedef struct quest_params {
    auth_params auth;
    op_arg args[OP_ARGS_MAX];
} quest_params;

/** A key of up to seven letters, as it mostly stands in a payload: behind its head. */
typedef struct params_key {
    uint64_t packed;         /* these bytes, as rtmi_load_le64() reads them, */
    uint64_t mask;           /* as many as the key has with its head */
    struct params_key *next; /* the one that came behind it the last time */
    uint8_t size;
    uint8_t slot; /* of its value */
} params_key;

/** The keys that quests of a method have. Only how fast they are found depends on what came. */
typedef struct params_keys {
    const rtmi_method *method; /* NULL: one that is not known */
    size_t count;              /* 0: nothing is set yet */
    params_key *first;         /* the one that came first the last time */
    params_key keys[OP_ARGS_MAX];
} params_keys;

/** Keys of some methods, each at a place of its own or in turns; all zeros is a good beginning. */
#define PARAMS_METHODS 8
typedef struct params_known {
    params_keys methods[PARAMS_METHODS];
    params_keys *last; /* of the method that came last; NULL: none has */
} params_known;

/**
 * Read the parameters of a method's row, and those of a signature; unknown ones are passed over.
 * `method` NULL: only those of a signature. 0, or a rtmi_pack_error. What is read depends on the
 * bytes and the row alone.
 */
int params_read(params_known *known, const rtmi_method *method, rtmi_span payload,
                quest_params *ret);

/** All parameters by the row: false, and an error has been answered. */
bool params_check(op *quest);

#endif
