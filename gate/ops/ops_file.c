/*
 * Files: filetoken, and the quests of the file gate, sendfile, sendfiles, sendgroupfile,
 * sendroomfile, broadcastfile.
 *
 * The row has checked types and limits; here attributes take their one form. The way of the file
 * itself is file_quest.h.
 *
 * Protocol: RTM section 2.12.
 */
#include <stdlib.h>

#include "gate/core/file_quest.h"
#include "gate/core/shard_impl.h"
#include "gate/ops/file_attrs.h"
#include "gate/ops/ops.h"
#include "gate/ops/ops_tools.h"
#include "lib/rtm/codes.h"

/* The words of `cmd`; published SDKs have two for some. */
typedef struct file_cmd {
    const char *name;
    const char *target; /* the parameter that says to whom; NULL: all */
    store_kind kind;
    bool is_list;
} file_cmd;

static const file_cmd cmds[] = {
    {"sendfile", "to", STORE_P2P, false},
    {"sendfiles", "tos", STORE_P2P, true},
    {"sendgroupfile", "gid", STORE_GROUP, false},
    {"GroupFile", "gid", STORE_GROUP, false},
    {"sendroomfile", "rid", STORE_ROOM, false},
    {"RoomFile", "rid", STORE_ROOM, false},
    {"broadcastfile", NULL, STORE_BROADCAST, false},
    {"BroadcastFile", NULL, STORE_BROADCAST, false},
};

static const file_cmd *cmd_of(rtmi_span name)
{
    for (size_t i = 0; i < sizeof cmds / sizeof cmds[0]; i++) {
        if (rtmi_span_is(name, cmds[i].name))
            return &cmds[i];
    }
    return NULL;
}

/* ---- leave --------------------------------------------------------------------------------- */

static void answer_token(op *quest, const file_leave *leave)
{
    char token[FILE_TOKEN_LEN];

    if (!ops_did(quest, file_token_issue(quest->log, leave, quest->now, token)))
        return;
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_pack_map(out, 2);
    rtmi_pack_key_str(out, "token", (rtmi_span){(const uint8_t *)token, sizeof token});
    rtmi_pack_key_str(out, "endpoint", rtmi_span_of_text(log_config(quest->log)->files->endpoint));
    op_answer_end(quest);
}

/*
 * Some SDKs send one id under several names: what `cmd` speaks of counts. Who names nobody gets
 * leave to send to anybody.
 */
void ops_filetoken(op *quest)
{
    const file_cmd *cmd = cmd_of(op_bytes(quest, "cmd"));
    int64_t *uids = NULL;
    int64_t target;

    if (log_config(quest->log)->files == NULL) {
        ops_refuse(quest, RTMI_RC_NO_CONFIG_IN_CONSOLE);
        return;
    }
    if (cmd == NULL) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "filetoken: parameter cmd: unknown word");
        return;
    }
    file_leave leave = {.kind = cmd->kind, .is_list = cmd->is_list, .from = op_int(quest, "from")};
    if (cmd->target != NULL && op_has(quest, cmd->target)) {
        if (cmd->is_list) {
            if (!op_read_ids_of(quest, cmd->target, &uids, &leave.target_count))
                return;
            leave.targets = uids;
        } else {
            target = op_int(quest, cmd->target);
            if (target <= 0) {
                op_answer_error(quest,
                                cmd->kind == STORE_P2P ? RTMI_RC_INVALID_PID_OR_UID
                                                       : RTMI_RC_INVALID_PARAMETER,
                                "filetoken: parameter %s is too small", cmd->target);
                return;
            }
            leave.targets = &target;
            leave.target_count = 1;
        }
    }
    answer_token(quest, &leave);
    free(uids);
}

/* ---- files --------------------------------------------------------------------------------- */

/* Refuse what a row does not show. True: the quest has been answered. */
static bool is_refused(op *quest, const file_attrs *attrs)
{
    const gate_project *conf = quest->file_project->conf;
    const gate_files *files = quest->shard->config->files;

    if (op_bytes(quest, "file").len > files->max_bytes) {
        op_answer_error(quest, RTMI_RC_LARGE_FILE_OR_ATTRS, "%s: more than %zu bytes",
                        quest->method->name, files->max_bytes);
        return true;
    }
    if (attrs->has_sign && attrs->sign.len != RTMI_SIGN_LEN) {
        op_answer_error(quest, RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN,
                        "%s: the file's signature is wrong", quest->method->name);
        return true;
    }
    if (!attrs->has_sign && conf->needs_file_sign) {
        op_answer_error(quest, RTMI_RC_ATTRS_WITHOUT_SIGN_OR_EXT,
                        "%s: parameter attrs has no signature", quest->method->name);
        return true;
    }
    return false;
}

static void send(op *quest, const file_leave *leave)
{
    file_attrs attrs;

    if (file_attrs_read(&attrs, op_bytes(quest, "attrs")) != 0) {
        op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "out of memory");
    } else if (!is_refused(quest, &attrs)) {
        const file_request request = {.leave = *leave,
                                      .mid = op_int(quest, "mid"),
                                      .mtype = (uint8_t)op_int(quest, "mtype"),
                                      .token = op_bytes(quest, "token"),
                                      .sign = attrs.sign,
                                      .attrs = rtmi_buf_span(&attrs.normal),
                                      .name = rtmi_buf_span(&attrs.name),
                                      .content = op_bytes(quest, "file")};
        op_send_file(quest, &request);
    }
    file_attrs_deinit(&attrs);
}

static void send_to_one(op *quest, store_kind kind, const char *key)
{
    const int64_t target = op_int(quest, key);
    const file_leave leave = {
        .kind = kind, .from = op_int(quest, "from"), .targets = &target, .target_count = 1};

    send(quest, &leave);
}

void ops_sendfile(op *quest)
{
    send_to_one(quest, STORE_P2P, "to");
}

void ops_sendgroupfile(op *quest)
{
    send_to_one(quest, STORE_GROUP, "gid");
}

void ops_sendroomfile(op *quest)
{
    send_to_one(quest, STORE_ROOM, "rid");
}

void ops_broadcastfile(op *quest)
{
    const file_leave leave = {.kind = STORE_BROADCAST, .from = op_int(quest, "from")};

    send(quest, &leave);
}

void ops_sendfiles(op *quest)
{
    int64_t *uids;
    file_leave leave = {.kind = STORE_P2P, .is_list = true, .from = op_int(quest, "from")};

    if (!op_read_ids_of(quest, "tos", &uids, &leave.target_count))
        return;
    leave.targets = uids;
    if (uids == NULL || uids[0] <= 0)
        op_answer_error(quest, RTMI_RC_INVALID_PID_OR_UID, "sendfiles: tos holds no uid above 0");
    else
        send(quest, &leave);
    free(uids);
}
