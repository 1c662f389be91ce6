/*
 * Who a quest is from: pid, sign, salt and ts of its parameters.
 *
 * Protocol: RTM section 1.
 */
#ifndef GATE_CORE_AUTH_H
#define GATE_CORE_AUTH_H

#include "gate/core/shard_impl.h"
#include "lib/base/num.h"

/** The four parameters, as they came. */
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

/** The project with that pid, as this shard sees it; NULL if there is none. */
shard_project *auth_find_project(shard *self, int64_t pid);

/** Which of the four. */
typedef enum auth_key { AUTH_NONE, AUTH_PID, AUTH_SALT, AUTH_TS, AUTH_SIGN } auth_key;

/* A name of up to eight letters, as rtmi_load_word() has it. */
#define AUTH_WORD(name) rtmi_load_le64((const uint8_t *)name "\0\0\0\0\0\0\0")

/** The key is told by its length and by what rtmi_load_word() makes of it. */
static inline auth_key auth_key_of(size_t len, uint64_t word)
{
    if (len == 3 && word == AUTH_WORD("pid"))
        return AUTH_PID;
    if (len == 4 && word == AUTH_WORD("salt"))
        return AUTH_SALT;
    if (len == 2 && word == AUTH_WORD("ts"))
        return AUTH_TS;
    return len == 4 && word == AUTH_WORD("sign") ? AUTH_SIGN : AUTH_NONE;
}

/** Take one of the four; the first of each counts. */
void auth_take(auth_params *params, auth_key key, const rtmi_token *value);

/** So many entries at the front are looked at for the four. */
#define AUTH_READ_MAX 16

/**
 * Read nothing but the four, of a quest that will be read as a whole later. False: they are not
 * all at the front, one has a wrong type, or the payload has unusual forms.
 */
bool auth_read(rtmi_span payload, auth_params *ret_params);

static inline rtmi_sign_claim auth_claim(const auth_params *params, rtmi_span method)
{
    return (rtmi_sign_claim){
        .salt = params->salt, .method = method, .ts_s = params->ts_s, .sign = params->sign};
}

/** Whether the signature is right, for the project's secret or the one before. */
bool auth_is_signed(shard *self, const gate_project *conf, const auth_params *params,
                    rtmi_span method);

/**
 * Check in the documented order: project, signature, time. 0 and `*ret_project` is set; else
 * the code to answer, with its text. `first` is the project of the connection's first verified
 * quest, or NULL.
 */
int auth_check(shard *self, const auth_params *params, rtmi_span method, shard_project *first,
               gate_time now, shard_project **ret_project, char *ret_text, size_t text_size);

#endif
