/*
 * A token is the time of its making and 128 random bits, in hex. The time comes first in the key
 * of the directory, so that the oldest stand first and go first.
 */
#include "gate/core/file_tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/rtm/codes.h"

#define TIME_LEN 12

/* What is remembered of the leave; the receivers only as a hash. */
typedef struct token_value {
    int64_t from;
    uint64_t targets; /* 0: any */
    uint8_t kind;
    uint8_t is_list;
} token_value;

static uint64_t hash_targets(const file_leave *leave)
{
    uint64_t hash = leave->target_count;

    if (leave->targets == NULL)
        return 0;
    for (size_t i = 0; i < leave->target_count; i++)
        hash = rtmi_mix64(hash * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)leave->targets[i]);
    return hash | 1;
}

static token_value value_of(const file_leave *leave)
{
    token_value value;

    memset(&value, 0, sizeof value);
    value.from = leave->from;
    value.kind = (uint8_t)leave->kind;
    value.is_list = leave->is_list;
    value.targets = hash_targets(leave);
    return value;
}

/* Those that have expired, from the front; how many are left goes to *ret_left. 0 or a code. */
static int drop_expired(gate_log *log, gate_time now, size_t *ret_left)
{
    const dir_key all = dir_key_of(DIR_FILE_TOKEN);

    for (;;) {
        dir_walk walk = directory_walk(log_directory(log), &all);
        rtmi_span key;
        rtmi_span value;
        if (!dir_walk_next(&walk, &key, &value) ||
            now.wall_ms - dir_key_get_id(key, 0) < FILE_TOKEN_MS) {
            *ret_left = directory_space_count(log_directory(log), DIR_FILE_TOKEN);
            return 0;
        }
        const dir_key oldest =
            dir_key_name(DIR_FILE_TOKEN, dir_key_get_id(key, 0), dir_key_get_name(key, 1));
        const int code = log_remove(log, &oldest);
        if (code != 0)
            return code;
    }
}

int file_token_issue(gate_log *log, const file_leave *leave, gate_time now,
                     char ret_token[FILE_TOKEN_LEN])
{
    const gate_config *config = log_config(log);
    const token_value value = value_of(leave);
    char text[FILE_TOKEN_LEN + 1];
    size_t left;

    const int code = drop_expired(log, now, &left);
    if (code != 0)
        return code;
    if (left >= FILE_TOKENS_MAX)
        return RTMI_RC_FREQUENCY_LIMITED;
    (void)snprintf(text, sizeof text, "%012" PRIX64 "%016" PRIX64 "%016" PRIX64,
                   (uint64_t)now.wall_ms & UINT64_C(0xffffffffffff),
                   config->random64(config->random_userdata),
                   config->random64(config->random_userdata));
    memcpy(ret_token, text, FILE_TOKEN_LEN);
    const dir_key key =
        dir_key_name(DIR_FILE_TOKEN, now.wall_ms, (rtmi_span){(uint8_t *)text, FILE_TOKEN_LEN});
    return log_put(log, &key, (rtmi_span){(const uint8_t *)&value, sizeof value});
}

/* The time that stands in a token; false if it is none of ours. */
static bool time_of(rtmi_span token, int64_t *ret_ms)
{
    int64_t time_ms = 0;

    if (token.len != FILE_TOKEN_LEN)
        return false;
    for (size_t i = 0; i < TIME_LEN; i++) {
        const uint8_t c = token.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'F'))
            return false;
        time_ms = time_ms * 16 + (c <= '9' ? c - '0' : c - 'A' + 10);
    }
    *ret_ms = time_ms;
    return true;
}

static bool is_for(const token_value *known, const token_value *wanted)
{
    return known->from == wanted->from && known->kind == wanted->kind &&
           known->is_list == wanted->is_list &&
           (known->targets == 0 || known->targets == wanted->targets);
}

int file_token_use(gate_log *log, const file_leave *leave, rtmi_span token, gate_time now)
{
    const token_value wanted = value_of(leave);
    token_value known;
    rtmi_span value;
    int64_t issued_ms;

    if (!time_of(token, &issued_ms) || now.wall_ms - issued_ms >= FILE_TOKEN_MS)
        return RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN;
    const dir_key key = dir_key_name(DIR_FILE_TOKEN, issued_ms, token);
    if (!directory_get(log_directory(log), &key, &value) || value.len != sizeof known)
        return RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN;
    memcpy(&known, value.data, sizeof known);
    if (!is_for(&known, &wanted))
        return RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN;
    return log_remove(log, &key);
}
