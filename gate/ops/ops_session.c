/*
 * Tokens and sessions: gettoken, removetoken, kickout, getonlineusers, and the users' own auth.
 *
 * A token is 128 random bits, good for a day and as often as wanted, until removetoken. A user
 * has 16 at most; the oldest makes room.
 *
 * Protocol: RTM sections 2.2, 2.3, 6.2 and 9 (14, 16).
 */
#include <stdlib.h>

#include "gate/core/presence.h"
#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/base/num.h"
#include "lib/rtm/codes.h"

enum { TOKENS_MAX = 16, TOKEN_LEN = 32 };

static bool is_good(const op *quest, rtmi_span issued_ms)
{
    return quest->now.wall_ms - dir_int_get(issued_ms) < log_config(quest->log)->token_ms;
}

/* Drop tokens that are too old, and the oldest if there are too many. 0 or a code. */
static int make_room(op *quest, int64_t uid)
{
    const dir_key all = dir_key_id(DIR_TOKEN, uid);

    for (;;) {
        dir_walk walk = directory_walk(log_directory(quest->log), &all);
        dir_key oldest = {.len = 0};
        int64_t oldest_ms = INT64_MAX;
        size_t count = 0;
        rtmi_span key;
        rtmi_span issued;
        while (dir_walk_next(&walk, &key, &issued)) {
            count++;
            if (dir_int_get(issued) >= oldest_ms)
                continue;
            oldest_ms = dir_int_get(issued);
            oldest = dir_key_name(DIR_TOKEN, uid, dir_key_get_name(key, 1));
        }
        const dir_int value = dir_int_of(oldest_ms);
        if (count == 0 ||
            (count < TOKENS_MAX && is_good(quest, (rtmi_span){value.bytes, sizeof value.bytes})))
            return 0;
        const int code = log_remove(quest->log, &oldest);
        if (code != 0)
            return code;
    }
}

void ops_gettoken(op *quest)
{
    static const char digits[] = "0123456789ABCDEF";
    const gate_config *config = log_config(quest->log);
    const int64_t uid = op_int(quest, "uid");
    uint8_t token[TOKEN_LEN];

    for (size_t i = 0; i < TOKEN_LEN; i += 16) {
        uint64_t bits = config->random64(config->random_userdata);
        for (size_t n = 0; n < 16; n++, bits >>= 4)
            token[i + n] = (uint8_t)digits[bits & 15];
    }
    const dir_key key = dir_key_name(DIR_TOKEN, uid, (rtmi_span){token, sizeof token});
    const dir_int now = dir_int_of(quest->now.wall_ms);
    if (!ops_did(quest, make_room(quest, uid)) ||
        !ops_did(quest, log_put(quest->log, &key, (rtmi_span){now.bytes, sizeof now.bytes})))
        return;
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_pack_map(out, 1);
    rtmi_pack_key_str(out, "token", (rtmi_span){token, sizeof token});
    op_answer_end(quest);
}

void ops_removetoken(op *quest)
{
    const dir_key all = dir_key_id(DIR_TOKEN, op_int(quest, "uid"));

    if (ops_did(quest, log_clear(quest->log, &all)))
        op_answer_empty(quest);
}

void ops_kickout(op *quest)
{
    if (ops_did(quest, presence_kickout(quest->log, op_int(quest, "uid"), op_bytes(quest, "ce"),
                                        quest->now)))
        op_answer_empty(quest);
}

void ops_getonlineusers(op *quest)
{
    int64_t *uids;
    size_t count;
    size_t kept = 0;

    if (!ops_read_ids(quest, "uids", RTMI_RC_INVALID_PID_OR_UID, &uids, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        if (presence_is_online(quest->log, uids[i]))
            uids[kept++] = uids[i];
    }
    ops_answer_ids(quest, "uids", uids, kept);
    free(uids);
}

/* ---- login --------------------------------------------------------------------------------- */

static void answer_ok(op *quest, bool ok)
{
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 1);
    rtmi_pack_key_bool(out, "ok", ok);
    op_answer_end(quest);
}

static bool begins_with(rtmi_span text, const char *start)
{
    const size_t len = strlen(start);

    return text.len >= len && memcmp(text.data, start, len) == 0;
}

/* Some SDKs of users read chat from a map only, and say by their version which they are. */
static uint32_t flags_of(rtmi_span version)
{
    const bool wants_map = begins_with(version, "C#-") || begins_with(version, "Unity-") ||
                           begins_with(version, "WebSocket_");

    return wants_map ? SESSION_CHAT_IS_MAP : 0;
}

void ops_client_auth(op *quest)
{
    const directory *dir = log_directory(quest->log);
    const presence_session session = {.uid = op_int(quest, "uid"),
                                      .shard = quest->sender.shard,
                                      .conn_id = quest->sender.conn_id};
    const dir_key black = dir_key_id(DIR_PROJECT_BLACK, session.uid);
    const rtmi_span text = op_bytes(quest, "token");
    const dir_key token = dir_key_name(DIR_TOKEN, session.uid, text);
    rtmi_span issued;

    if (text.len != TOKEN_LEN || !directory_get(dir, &token, &issued) || !is_good(quest, issued)) {
        answer_ok(quest, false);
        return;
    }
    if (directory_is_until(dir, &black, quest->now.wall_ms / 1000)) {
        ops_refuse(quest, RTMI_RC_AUTH_DENIED);
        return;
    }
    if (ops_did(quest, presence_begin(quest->log, &session, flags_of(op_bytes(quest, "version")),
                                      quest->now)))
        answer_ok(quest, true);
}
