/*
 * Checks in the documented order; texts that tell an honest caller what to mend and a
 * dishonest one nothing.
 */
#include "gate/core/auth.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/num.h"
#include "lib/rtm/codes.h"

shard_project *auth_find_project(shard *self, int64_t pid)
{
    const gate_project *conf = gate_config_find(self->config, pid);

    if (conf == NULL)
        return NULL;
    shard_project *const project = &self->projects[conf - self->config->projects];
    return project->is_open ? project : NULL;
}

static bool is_signed_with(shard *self, const auth_params *params, rtmi_span method,
                           const char *secret, size_t secret_len)
{
    rtmi_sign_claim claim = auth_claim(params, method);

    if (secret_len == 0)
        return false;
    rtmi_sign_check(self->signer, (int32_t)params->pid,
                    (rtmi_span){(const uint8_t *)secret, secret_len}, &claim, 1);
    return claim.is_right;
}

bool auth_is_signed(shard *self, const gate_project *conf, const auth_params *params,
                    rtmi_span method)
{
    return is_signed_with(self, params, method, conf->secret, conf->secret_len) ||
           is_signed_with(self, params, method, conf->secret_old, conf->secret_old_len);
}

int auth_check(shard *self, const auth_params *params, rtmi_span method, shard_project *first,
               gate_time now, shard_project **ret_project, char *ret_text, size_t text_size)
{
    shard_project *project = NULL;

    if (params->has_pid)
        project = first != NULL && first->conf->pid == params->pid
                      ? first
                      : auth_find_project(self, params->pid);
    if (project == NULL) {
        (void)snprintf(ret_text, text_size, params->has_pid ? "unknown project" : "pid is missing");
        return RTMI_RC_INVALID_PID_OR_UID;
    }
    if (params->is_bad || !params->has_salt || !params->has_sign || !params->has_ts) {
        (void)snprintf(ret_text, text_size, "%s",
                       params->is_bad      ? "pid, salt, ts or sign has a wrong type"
                       : !params->has_sign ? "sign is missing"
                       : !params->has_salt ? "salt is missing"
                                           : "ts is missing");
        return RTMI_RC_INVALID_PID_OR_SIGN;
    }
    /* Who is proved may have more of them in this read. */
    const bool is_right = first == project ? ahead_is_signed(self, project->conf, params, method)
                                           : auth_is_signed(self, project->conf, params, method);
    if (!is_right) {
        (void)snprintf(ret_text, text_size, "wrong signature");
        return RTMI_RC_INVALID_PID_OR_SIGN;
    }
    const int64_t now_s = now.wall_ms / 1000;
    const int64_t window_s = self->config->time_window_s;
    if (params->ts_s > now_s + window_s || params->ts_s < now_s - window_s) {
        const bool is_ahead = params->ts_s > now_s;
        const uint64_t by = is_ahead ? (uint64_t)params->ts_s - (uint64_t)now_s
                                     : (uint64_t)now_s - (uint64_t)params->ts_s;
        (void)snprintf(ret_text, text_size,
                       "your clock is %" PRIu64 " s %s the gate's, more than the %" PRId64
                       " s allowed",
                       by, is_ahead ? "ahead of" : "behind", window_s);
        return RTMI_RC_INVALID_SERVER_TIME;
    }
    if (first != NULL && first != project) {
        (void)snprintf(ret_text, text_size, "this connection belongs to project %" PRId32,
                       first->conf->pid);
        return RTMI_RC_INVALID_PID_OR_UID;
    }
    *ret_project = project;
    return 0;
}
