/*
 * One bounded pass over the parameters: the four of the signature, and those of the method's
 * row; unknown ones are passed over. Then who, then what, then the handler.
 */
#include "gate/core/dispatch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/core/auth.h"
#include "gate/core/secure.h"
#include "lib/base/num.h"
#include "lib/fpnn/json.h"
#include "lib/rtm/codes.h"

#define TEXT_SIZE 200

void shard_put_answer(shard *self, conn *to, bool is_json)
{
    rtmi_package package;

    if (self->scratch.error == 0 && is_json &&
        rtmi_frame_decode(rtmi_buf_span(&self->scratch), SIZE_MAX, &package) == 1) {
        rtmi_buf_clear(&self->json);
        const size_t mark = rtmi_frame_begin_answer(&self->json, package.seq, package.status != 0);
        const int r = rtmi_pack_to_json(package.payload, &self->json);
        rtmi_frame_end(&self->json, mark);
        if (r < 0 || self->json.error != 0) {
            shard_cut(self, to, "an answer cannot be said in JSON");
            return;
        }
        rtmi_frame_mark_json(&self->json, mark);
        shard_put(self, to, rtmi_buf_span(&self->json));
        return;
    }
    if (self->scratch.error != 0) {
        shard_cut(self, to, "out of memory for an answer");
        return;
    }
    shard_put(self, to, rtmi_buf_span(&self->scratch));
}

/* Send what stands in scratch. */
static void put_answer(const op *quest)
{
    shard_put_answer(quest->shard, quest->conn, quest->is_json);
}

/* It is answered in the turn that it came in. */
static void count(const op *quest, int code)
{
    shard_count_answer(quest->shard, quest->method_index, code, 0);
}

void op_answer_empty(op *quest)
{
    count(quest, 0);
    if (!quest->is_twoway)
        return;
    rtmi_buf_clear(&quest->shard->scratch);
    rtmi_answer_empty(&quest->shard->scratch, quest->seq);
    put_answer(quest);
}

rtmi_buf *op_answer_begin(op *quest)
{
    rtmi_buf_clear(&quest->shard->scratch);
    (void)rtmi_frame_begin_answer(&quest->shard->scratch, quest->seq, false);
    return &quest->shard->scratch;
}

void op_answer_end(op *quest)
{
    rtmi_frame_end(&quest->shard->scratch, 0);
    count(quest, 0);
    if (quest->is_twoway)
        put_answer(quest);
}

void op_answer_error(op *quest, int code, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    quest->shard->stats.refused++;
    count(quest, code);
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rtmi_log_line(&quest->shard->config->log, RTMI_LOG_DEBUG, "%s: quest refused: %d %s",
                  quest->conn->peer, code, text);
    if (!quest->is_twoway)
        return;
    rtmi_buf_clear(&quest->shard->scratch);
    rtmi_answer_error(&quest->shard->scratch, quest->seq, code, rtmi_span_of_text(text));
    put_answer(quest);
}

shard_project *op_project(const op *quest)
{
    return quest->conn->project;
}

void op_append(op *quest, log_request *request)
{
    shard *self = quest->shard;
    shard_project *project = quest->conn->project;
    int code = 0;

    request->sender = (log_sender){.conn_id = quest->conn->id,
                                   .shard = (uint32_t)self->index,
                                   .seq = quest->seq,
                                   .wants_answer = quest->is_twoway,
                                   .is_json = quest->is_json,
                                   .method = quest->method_index,
                                   .arrived_us = shard_turn_us(self)};
    if (project->log != NULL) {
        code = log_append(project->log, request, quest->now);
    } else {
        if (project->mail == NULL)
            project->mail = append_mail_new(project->index);
        if (project->mail == NULL || !append_mail_add(project->mail, request))
            code = RTMI_EC_CORE_WORK_QUEUE_FULL;
    }
    if (code == RTMI_RC_FREQUENCY_LIMITED)
        op_answer_error(quest, code, "more messages a second than the project may send");
    else if (code != 0)
        op_answer_error(quest, code, "the gate cannot take more messages now; try again");
    else
        self->owed++;
    shard_touch(self, project);
}

/* Why a parameter's value is refused; 0 if it is not. */
static int check_length(const rtmi_param *param, int64_t len, int *ret_code, const char **ret_why)
{
    if (len < param->min) {
        *ret_code = param->min_code;
        *ret_why = param->type == RTMI_PARAM_INT ? "is too small" : "is empty";
    } else if (len > param->max) {
        *ret_code = param->max_code;
        *ret_why = param->type == RTMI_PARAM_INT ? "is too large" : "is too long";
    } else {
        return 0;
    }
    if (*ret_code == 0)
        *ret_code = RTMI_RC_INVALID_PARAMETER;
    return -1;
}

static int check_list(const rtmi_param *param, const op_arg *arg, int *ret_code,
                      const char **ret_why)
{
    const rtmi_pack_type type = arg->token.type;

    if (type == RTMI_PACK_ARRAY || type == RTMI_PACK_MAP)
        return check_length(param, arg->token.count, ret_code, ret_why);
    if (type == RTMI_PACK_INT || type == RTMI_PACK_FLOAT || type == RTMI_PACK_STR ||
        type == RTMI_PACK_BIN)
        return check_length(param, 1, ret_code, ret_why);
    *ret_code = RTMI_RC_INVALID_PARAMETER;
    *ret_why = "must be a list";
    return -1;
}

static int check_arg(const rtmi_param *param, op_arg *arg, int *ret_code, const char **ret_why)
{
    rtmi_span bytes;

    *ret_code = RTMI_RC_INVALID_PARAMETER;
    switch (param->type) {
    case RTMI_PARAM_INT:
        *ret_why = "must be an integer";
        if (!rtmi_token_get_int(&arg->token, &arg->integer))
            return -1;
        return check_length(param, arg->integer, ret_code, ret_why);
    case RTMI_PARAM_TEXT:
        *ret_why = "must be text or bytes";
        if (!rtmi_token_get_bytes(&arg->token, &bytes))
            return -1;
        return check_length(param, (int64_t)bytes.len, ret_code, ret_why);
    case RTMI_PARAM_BOOL:
        *ret_why = "must be true or false";
        return arg->token.type == RTMI_PACK_BOOL ? 0 : -1;
    case RTMI_PARAM_MAP:
        *ret_why = "must be a map";
        return arg->token.type == RTMI_PACK_MAP ? 0 : -1;
    default:
        return check_list(param, arg, ret_code, ret_why);
    }
}

/* All parameters by the row: false, and an error has been answered. */
static bool check_args(op *quest)
{
    const rtmi_method *method = quest->method;

    for (size_t i = 0; i < method->param_count; i++) {
        const rtmi_param *param = &method->params[i];
        const char *why = "is missing";
        int code = RTMI_RC_INVALID_PARAMETER;
        if (!quest->args[i].is_present) {
            if (!param->is_required)
                continue;
        } else if (check_arg(param, &quest->args[i], &code, &why) == 0) {
            continue;
        }
        op_answer_error(quest, code, "%s: parameter %s %s", method->name, param->key, why);
        return false;
    }
    return true;
}

static void take_arg(op *quest, rtmi_span key, const rtmi_token *value, rtmi_span raw)
{
    for (size_t i = 0; quest->method != NULL && i < quest->method->param_count; i++) {
        const char *name = quest->method->params[i].key;
        if (key.data[0] != (uint8_t)name[0] || strlen(name) != key.len ||
            memcmp(name, key.data, key.len) != 0)
            continue;
        /* Absent and nil are the same; of a repeated key the first counts. */
        if (!quest->args[i].is_present && value->type != RTMI_PACK_NIL)
            quest->args[i] = (op_arg){.is_present = true, .token = *value, .raw = raw};
        return;
    }
}

/* The one pass: 0, or a rtmi_pack_error. */
static int read_params(op *quest, rtmi_span payload, auth_params *auth)
{
    rtmi_cursor in = rtmi_cursor_of(payload);
    rtmi_token token;
    int r = rtmi_pack_read(&in, &token);

    if (r == 0 && token.type != RTMI_PACK_MAP)
        r = RTMI_PACK_E_NOT_MAP;
    const uint32_t count = r == 0 ? token.count : 0;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        rtmi_span key = {NULL, 0};
        r = rtmi_pack_read(&in, &token);
        if (r == 0 && !rtmi_token_get_bytes(&token, &key))
            r = rtmi_pack_skip_content(&in, &token);
        const uint8_t *start = in.at;
        if (r == 0)
            r = rtmi_pack_read(&in, &token);
        if (r == 0 && (token.type == RTMI_PACK_ARRAY || token.type == RTMI_PACK_MAP))
            r = rtmi_pack_skip_content(&in, &token);
        if (r == 0 && key.len > 0 && !auth_take(auth, key, &token))
            take_arg(quest, key, &token, (rtmi_span){start, (size_t)(in.at - start)});
    }
    return r;
}

/* A quest whose name begins with '*': FPNN's own. */
static void dispatch_builtin(op *quest, const rtmi_package *package, rtmi_span payload)
{
    if (rtmi_span_is(package->method, "*ping")) {
        if (!quest->is_twoway) {
            shard_cut(quest->shard, quest->conn, "*ping must be two-way");
            return;
        }
        rtmi_buf *out = op_answer_begin(quest);
        rtmi_pack_map(out, 1);
        rtmi_pack_key_int(out, "ts", quest->now.wall_ms);
        op_answer_end(quest);
        return;
    }
    if (rtmi_span_is(package->method, "*key")) {
        conn_secure_begin(quest, payload);
        return;
    }
    op_answer_error(quest, RTMI_EC_CORE_UNKNOWN_METHOD, "unknown method");
}

static void prove(shard *self, conn *from, shard_project *project, gate_time now)
{
    from->project = project;
    self->metrics.proved++;
    rtmi_list_remove(&from->stranger_link);
    from->next_ping_ms = now.mono_ms + self->config->ping_interval_ms;
    if (self->config->ping_interval_ms > 0)
        rtmi_list_push(&self->pings, &from->ping_link);
    if (self->driver.proved != NULL)
        self->driver.proved(from->io, self->driver.userdata);
}

static uint16_t method_index(const rtmi_method *method, rtmi_span name)
{
    if (method != NULL)
        return (uint16_t)method->id;
    if (rtmi_span_is(name, "*ping"))
        return METRICS_METHOD_PING;
    return rtmi_span_is(name, "*key") ? METRICS_METHOD_KEY : METRICS_METHOD_UNKNOWN;
}

static void dispatch_quest(shard *self, conn *from, const rtmi_package *package, rtmi_span payload,
                           gate_time now)
{
    auth_params auth = {.has_pid = false};
    char text[TEXT_SIZE];
    op quest;

    quest.shard = self;
    quest.conn = from;
    quest.method = rtmi_method_find(package->method);
    quest.method_index = method_index(quest.method, package->method);
    quest.now = now;
    (void)shard_turn_us(self);
    quest.seq = package->seq;
    quest.is_twoway = package->kind == RTMI_FRAME_TWOWAY;
    quest.is_json = (package->flag & RTMI_FLAG_JSON) != 0;
    for (size_t i = 0; quest.method != NULL && i < quest.method->param_count; i++)
        quest.args[i].is_present = false;

    self->stats.quests++;
    if (self->is_draining) {
        op_answer_error(&quest, RTMI_EC_CORE_SERVER_STOPPING, "the gate is stopping");
        return;
    }
    if (package->method.data[0] == '*') {
        dispatch_builtin(&quest, package, payload);
        return;
    }
    /* Before the signature is looked at, so that guessing costs us little. */
    if (!limits_take_address(self, from)) {
        op_answer_error(&quest, RTMI_RC_FREQUENCY_LIMITED,
                        "more quests a second than one address may send");
        return;
    }
    const int r = read_params(&quest, payload, &auth);
    if (r < 0) {
        shard_cut(self, from, rtmi_pack_error_text(r));
        return;
    }
    shard_project *project = NULL;
    const int code =
        auth_check(self, &auth, package->method, from->project, now, &project, text, sizeof text);
    if (code != 0) {
        op_answer_error(&quest, code, "%s", text);
        return;
    }
    if (from->project == NULL)
        prove(self, from, project, now);
    if (!limits_take_project(self, project)) {
        op_answer_error(&quest, RTMI_RC_FREQUENCY_LIMITED,
                        "more quests a second than the project may send");
        return;
    }
    if (quest.method == NULL) {
        op_answer_error(&quest, RTMI_EC_CORE_UNKNOWN_METHOD, "unknown method %.*s",
                        (int)rtmi_min_size(package->method.len, 64),
                        (const char *)package->method.data);
        return;
    }
    if (check_args(&quest))
        self->config->ops[quest.method->id].handler(&quest);
}

static bool must_encrypt(const conn *connection)
{
    return connection->door != NULL && connection->door->encryption == GATE_ENCRYPTION_REQUIRED;
}

void dispatch_package(shard *self, conn *from, const rtmi_package *package, gate_time now)
{
    rtmi_span payload = package->payload;

    if (from->packages++ == 0 && must_encrypt(from) && !rtmi_span_is(package->method, "*key")) {
        shard_cut(self, from, "it does not encrypt, and this address requires that");
        return;
    }
    if (package->kind == RTMI_FRAME_ANSWER) {
        self->stats.push_answers++;
        self->stats.push_errors += package->status != 0;
        return;
    }
    if ((package->flag & RTMI_FLAG_JSON) != 0) {
        rtmi_buf_clear(&self->json);
        if (rtmi_json_to_pack(package->payload, &self->json) < 0) {
            shard_cut(self, from, "payload is not a JSON object");
            return;
        }
        /* Its own memory: the answer may use the buffer. */
        rtmi_buf pack = self->json;
        rtmi_buf_init(&self->json, pack.max);
        dispatch_quest(self, from, package, rtmi_buf_span(&pack), now);
        rtmi_buf_deinit(&pack);
        return;
    }
    dispatch_quest(self, from, package, payload, now);
}

static bool read_id(const rtmi_token *token, int64_t *ret)
{
    rtmi_span text;

    return rtmi_token_get_int(token, ret) ||
           (rtmi_token_get_bytes(token, &text) &&
            rtmi_int_parse((const char *)text.data, text.len, ret));
}

bool op_read_ids(op *quest, size_t param, int64_t **ret_ids, size_t *ret_count)
{
    const op_arg *arg = &quest->args[param];
    const bool is_map = arg->token.type == RTMI_PACK_MAP;
    const bool is_list = is_map || arg->token.type == RTMI_PACK_ARRAY;
    const size_t count = is_list ? arg->token.count : 1;
    rtmi_cursor in = rtmi_cursor_of(arg->raw);
    rtmi_token token;

    *ret_ids = NULL;
    *ret_count = 0;
    if (count == 0)
        return true;
    int64_t *ids = malloc(count * sizeof *ids); /* the row's limit bounds it */
    if (ids == NULL) {
        op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "out of memory");
        return false;
    }
    if (is_list)
        (void)rtmi_pack_read(&in, &token);
    for (size_t i = 0; i < count; i++) {
        const rtmi_cursor before = in;
        if (rtmi_pack_read(&in, &token) < 0 || !read_id(&token, &ids[i])) {
            in = before;
            free(ids);
            op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                            "%s: parameter %s: element %zu is no integer", quest->method->name,
                            quest->method->params[param].key, i);
            return false;
        }
        if (is_map)
            (void)rtmi_pack_skip(&in);
    }
    *ret_ids = ids;
    *ret_count = rtmi_sort_unique(ids, count);
    return true;
}
