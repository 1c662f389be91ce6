/*
 * Checks in the documented order; texts that tell an honest caller what to mend and a
 * dishonest one nothing.
 */
#include "gate/core/auth.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/rtm/codes.h"

static void take_int(const rtmi_token *value, bool *has, int64_t *ret, bool *is_bad)
{
    if (*has)
        return;
    *has = true;
    if (!rtmi_token_get_int(value, ret))
        *is_bad = true;
}

bool auth_take(auth_params *params, rtmi_span key, const rtmi_token *value)
{
    if (key.len == 3 && memcmp(key.data, "pid", 3) == 0) {
        take_int(value, &params->has_pid, &params->pid, &params->is_bad);
        return true;
    }
    if (key.len == 4 && memcmp(key.data, "salt", 4) == 0) {
        take_int(value, &params->has_salt, &params->salt, &params->is_bad);
        return true;
    }
    if (key.len == 2 && memcmp(key.data, "ts", 2) == 0) {
        take_int(value, &params->has_ts, &params->ts_s, &params->is_bad);
        return true;
    }
    if (key.len == 4 && memcmp(key.data, "sign", 4) == 0) {
        if (!params->has_sign && !rtmi_token_get_bytes(value, &params->sign))
            params->is_bad = true;
        params->has_sign = true;
        return true;
    }
    return false;
}

static bool is_signed_with(shard *self, const auth_params *params, rtmi_span method,
                           const char *secret, size_t secret_len)
{
    char hex[RTMI_SIGN_LEN];

    return secret_len > 0 &&
           rtmi_sign(self->signer, (int32_t)params->pid,
                     (rtmi_span){(const uint8_t *)secret, secret_len}, params->salt, method,
                     params->ts_s, hex) &&
           rtmi_sign_equal(hex, params->sign);
}

shard_project *auth_find_project(shard *self, int64_t pid)
{
    const gate_project *conf = gate_config_find(self->config, pid);

    if (conf == NULL)
        return NULL;
    shard_project *const project = &self->projects[conf - self->config->projects];
    return project->is_open ? project : NULL;
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
    const gate_project *conf = project->conf;
    if (!is_signed_with(self, params, method, conf->secret, conf->secret_len) &&
        !is_signed_with(self, params, method, conf->secret_old, conf->secret_old_len)) {
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
