/*
 * Who a quest is from: pid, sign, salt and ts of its parameters.
 *
 * Protocol: RTM section 1.
 */
#ifndef GATE_CORE_AUTH_H
#define GATE_CORE_AUTH_H

#include "gate/core/shard_impl.h"

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

/**
 * Take an entry if it is one of the four. The key is told by its length and by what
 * rtmi_load_word() makes of it.
 */
bool auth_take(auth_params *params, size_t key_len, uint64_t key_word, const rtmi_token *value);

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
