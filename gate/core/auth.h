/*
 * Who a quest is from: pid, sign, salt and ts of its parameters.
 *
 * Protocol: RTM section 1.
 */
#ifndef GATE_CORE_AUTH_H
#define GATE_CORE_AUTH_H

#include "gate/core/params.h"
#include "gate/core/shard_impl.h"

/** The project with that pid, as this shard sees it; NULL if there is none. */
shard_project *auth_find_project(shard *self, int64_t pid);

/** Whether all four are there, of the right types. */
static inline bool auth_is_whole(const auth_params *params)
{
    return params->has_pid && params->has_salt && params->has_ts && params->has_sign &&
           !params->is_bad;
}

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
