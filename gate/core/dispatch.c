/*
 * First the parameters (params.c), then who (auth.c), then what, then the handler; and what all
 * handlers answer with.
 */
#include "gate/core/dispatch.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate/core/auth.h"
#include "gate/core/owner.h"
#include "gate/core/params.h"
#include "gate/core/pings.h"
#include "gate/core/secure.h"
#include "gate/core/uploads.h"
#include "lib/base/num.h"
#include "lib/fpnn/json.h"
#include "lib/fpnn/utf8.h"
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

/* Where the answer of a quest is encoded. */
static rtmi_buf *answer_buf(const op *quest)
{
    return quest->log != NULL ? log_answers(quest->log) : &quest->shard->scratch;
}

/* Send what was encoded there; on the owner with its batch. */
static void put_answer(op *quest)
{
    quest->is_answered = true;
    if (quest->log == NULL)
        shard_put_answer(quest->shard, quest->conn, quest->is_json);
    else if (log_answered(quest->log, &quest->sender, quest->answer_at) != 0)
        op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "out of memory");
}

static rtmi_buf *begin(op *quest)
{
    rtmi_buf *out = answer_buf(quest);

    if (quest->log == NULL)
        rtmi_buf_clear(out);
    quest->answer_at = rtmi_buf_len(out);
    return out;
}

/* It is answered in the turn that it came in. */
static void count(const op *quest, int code)
{
    if (quest->log == NULL) /* else when the feed brings the answer */
        shard_count_answer(quest->shard, quest->sender.method, code, 0);
}

void op_answer_empty(op *quest)
{
    count(quest, 0);
    if (!quest->is_twoway)
        return;
    rtmi_answer_empty(begin(quest), quest->seq);
    put_answer(quest);
}

rtmi_buf *op_answer_begin(op *quest)
{
    rtmi_buf *out = begin(quest);

    (void)rtmi_frame_begin_answer(out, quest->seq, false);
    return out;
}

void op_answer_end(op *quest)
{
    rtmi_buf *out = answer_buf(quest);

    rtmi_frame_end(out, quest->answer_at);
    if (quest->log != NULL &&
        rtmi_buf_len(out) - quest->answer_at > quest->shard->config->max_package_bytes) {
        op_answer_error(quest, RTMI_RC_LARGE_DATA,
                        "%s: the answer has %zu bytes, which no package can hold",
                        quest->method->name, rtmi_buf_len(out) - quest->answer_at);
        return;
    }
    count(quest, 0);
    if (quest->is_twoway)
        put_answer(quest);
    else if (quest->log != NULL)
        rtmi_buf_rewind(answer_buf(quest), quest->answer_at);
}

void op_answer_error(op *quest, int code, const char *format, ...)
{
    va_list args;

    quest->code = code;
    va_start(args, format);
    (void)vsnprintf(quest->text, sizeof quest->text, format, args);
    va_end(args);
    if (quest->log != NULL)
        return; /* told when what it has done is taken back: owner.c */
    quest->shard->stats.refused++;
    count(quest, code);
    rtmi_log_line(&quest->shard->config->log, RTMI_LOG_DEBUG, "%s: quest refused: %d %s",
                  quest->conn->peer, code, quest->text);
    if (!quest->is_twoway)
        return;
    rtmi_answer_error(begin(quest), quest->seq, code, rtmi_span_of_text(quest->text));
    put_answer(quest);
}

void op_end_connection(op *quest)
{
    shard_leave(quest->shard, quest->conn, false, quest->now);
}

void op_pack_text(rtmi_buf *out, const char *key, rtmi_span bytes)
{
    rtmi_pack_key(out, key);
    if (rtmi_utf8_is_valid(bytes))
        rtmi_pack_str(out, bytes);
    else
        rtmi_pack_bin(out, bytes);
}

/* ---- to the owner -------------------------------------------------------------------------- */

shard_project *op_project(const op *quest)
{
    return quest->conn->project;
}

void op_append(op *quest, log_request *request)
{
    shard *self = quest->shard;
    shard_project *project = quest->conn->project;
    int code = 0;

    request->sender = quest->sender;
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

/* Let the owner run it: now, if it is this shard. */
static void forward(op *quest, shard_project *project)
{
    shard *self = quest->shard;
    const owner_quest there = {.sender = quest->sender,
                               .method = quest->method,
                               .uid = quest->uid,
                               .payload = quest->payload};

    if (project->log != NULL) {
        self->owed++;
        owner_run_op(quest, project);
        return;
    }
    if (project->mail == NULL)
        project->mail = append_mail_new(project->index);
    if (project->mail == NULL || !append_mail_add_quest(project->mail, &there)) {
        op_answer_error(quest, RTMI_EC_CORE_WORK_QUEUE_FULL, "the gate cannot take more now");
        return;
    }
    self->owed++;
    shard_touch(self, project);
}

/* A quest whose name begins with '*': FPNN's own. */
static void dispatch_builtin(op *quest, const rtmi_package *package, rtmi_span payload)
{
    if (rtmi_span_is(package->method, "*ping")) {
        if (!quest->is_twoway) {
            shard_cut(quest->shard, quest->conn, "*ping must be two-way");
            return;
        }
        count(quest, 0);
        pings_encode_answer(begin(quest), quest->seq, quest->now);
        put_answer(quest);
        return;
    }
    if (rtmi_span_is(package->method, "*key")) {
        conn_secure_begin(quest, payload);
        return;
    }
    op_answer_error(quest, RTMI_EC_CORE_UNKNOWN_METHOD, "unknown method");
}

void shard_prove(shard *self, conn *from, shard_project *project, gate_time now)
{
    from->project = project;
    self->metrics.proved++;
    if (!project->is_open)
        shard_cut(self, from, "its project is no longer served"); /* since it began to log in */
    from->due_ms = now.mono_ms + self->config->ping_interval_ms;
    rtmi_list_remove(&from->due_link); /* of strangers, or uploads */
    if (self->config->ping_interval_ms > 0)
        rtmi_list_push(&self->pings, &from->due_link);
    if (self->driver.proved != NULL)
        self->driver.proved(from->io, self->driver.userdata);
}

/* What the figures call it. */
static void set_figure(op *quest, rtmi_span name)
{
    uint16_t at = METRICS_METHOD_UNKNOWN;

    if (quest->method != NULL)
        at = (uint16_t)rtmi_method_index(quest->method);
    else if (rtmi_span_is(name, "*ping"))
        at = METRICS_METHOD_PING;
    else if (rtmi_span_is(name, "*key"))
        at = METRICS_METHOD_KEY;
    quest->sender.method = at;
}

static void unknown_method(op *quest, rtmi_span name)
{
    if (rtmi_method_find(RTMI_FILE, name) != NULL) {
        op_answer_error(quest, RTMI_RC_FORBIDDEN_METHOD,
                        "files are to be sent to the address that filetoken tells");
        return;
    }
    op_answer_error(quest, RTMI_EC_CORE_UNKNOWN_METHOD, "unknown method %.*s",
                    (int)rtmi_min_size(name.len, 64), (const char *)name.data);
}

static void handle(op *quest, shard_project *project)
{
    const op_row *row = &quest->shard->config->ops[rtmi_method_index(quest->method)];

    if (row->handler == NULL) {
        unknown_method(quest, rtmi_span_of_text(quest->method->name));
        return;
    }
    if (!limits_take_project(quest->shard, project)) {
        op_answer_error(quest, RTMI_RC_FREQUENCY_LIMITED,
                        "more quests a second than the project may send");
        return;
    }
    if (!params_check(quest))
        return;
    if (row->where == OP_HERE)
        row->handler(quest);
    else
        forward(quest, project);
}

/* A quest of a session, or the `auth` that begins one. */
static void dispatch_client(op *quest, const auth_params *auth, rtmi_span name)
{
    conn *from = quest->conn;
    const bool is_auth = rtmi_span_is(name, "auth");
    shard_project *project = from->project;

    if (quest->method == NULL) {
        unknown_method(quest, name);
        return;
    }
    if (is_auth && (from->session != NULL || from->is_authenticating)) {
        op_answer_error(quest, RTMI_RC_DUPLICATED_AUTH, "logged in already");
        return;
    }
    if (!is_auth && (from->session == NULL || from->session->end == NULL)) {
        op_answer_error(quest, RTMI_RC_UNAUTHORIZED,
                        from->session == NULL ? "not logged in" : "logged out by the gate");
        return;
    }
    if (is_auth) {
        project = auth->has_pid ? auth_find_project(quest->shard, auth->pid) : NULL;
        if (project == NULL) {
            op_answer_error(quest, RTMI_RC_INVALID_PID_OR_UID,
                            auth->has_pid ? "unknown project" : "pid is missing");
            return;
        }
        if (from->project != NULL) {
            op_answer_error(quest, RTMI_RC_FORBIDDEN_METHOD,
                            "this connection is one of the server side");
            return;
        }
    }
    from->is_authenticating = is_auth;
    handle(quest, project);
    /* What has got to the owner is replied to, which opens the way for the next. */
    if (is_auth && quest->code != 0 && quest->log == NULL)
        from->is_authenticating = false;
}

static void dispatch_server(op *quest, const auth_params *auth, rtmi_span name)
{
    conn *from = quest->conn;
    shard_project *project = NULL;
    char text[TEXT_SIZE];
    const int code = auth_check(quest->shard, auth, name, from->project, quest->now, &project, text,
                                sizeof text);

    if (code != 0) {
        op_answer_error(quest, code, "%s", text);
        return;
    }
    if (from->is_authenticating) {
        op_answer_error(quest, RTMI_RC_FORBIDDEN_METHOD, "this connection is logging in as a user");
        return;
    }
    if (from->project == NULL)
        shard_prove(quest->shard, from, project, quest->now);
    if (quest->method == NULL)
        unknown_method(quest, name);
    else
        handle(quest, project);
}

/* A file, whose proof is the token in it. */
static void dispatch_file(op *quest, const auth_params *auth)
{
    conn *from = quest->conn;
    shard_project *project = auth->has_pid ? auth_find_project(quest->shard, auth->pid) : NULL;

    if (project == NULL || (from->project != NULL && from->project != project)) {
        op_answer_error(quest, RTMI_RC_INVALID_PID_OR_UID, "%s",
                        !auth->has_pid    ? "pid is missing"
                        : project == NULL ? "unknown project"
                                          : "this connection belongs to another project");
        return;
    }
    upload_touch(quest->shard, from, quest->now);
    quest->file_project = project;
    handle(quest, project);
}

/* The row of a quest; which side it is of is only seen when its parameters are read. */
static const rtmi_method *find_method(const shard *self, const conn *from, rtmi_span name)
{
    const rtmi_method *method = NULL;

    if (upload_is_welcome(self, from))
        method = rtmi_method_find(RTMI_FILE, name);
    if (method == NULL && from->session == NULL)
        method = rtmi_method_find(RTMI_SERVER, name);
    return method != NULL ? method : rtmi_method_find(RTMI_CLIENT, name);
}

/* The same, remembered from quest to quest; FPNN's own have no row. */
static const rtmi_method *method_of(const shard *self, conn *from, rtmi_span name)
{
    const rtmi_method *last = from->last_method;

    if (name.data[0] == '*')
        return NULL;
    if (last != NULL && (from->session == NULL || last->side == RTMI_CLIENT) &&
        rtmi_span_is(name, last->name))
        return last;
    last = find_method(self, from, name);
    /* Whether a file is welcome changes. */
    from->last_method = last != NULL && last->side == RTMI_FILE ? NULL : last;
    return last;
}

/* An unsigned quest with the name of a user's method is one of a user. */
static bool is_of_client(const conn *from, const auth_params *auth, rtmi_span name)
{
    return from->session != NULL || (!auth->has_sign && !auth->has_salt && !auth->has_ts &&
                                     (!auth->has_pid || rtmi_span_is(name, "auth")) &&
                                     rtmi_method_find(RTMI_CLIENT, name) != NULL);
}

static void dispatch_quest(shard *self, conn *from, const rtmi_package *package, rtmi_span payload,
                           gate_time now)
{
    const rtmi_span name = package->method;
    quest_params own;
    op quest;

    quest.shard = self;
    quest.conn = from;
    quest.log = NULL;
    quest.method = method_of(self, from, name);
    quest.now = now;
    quest.uid = from->session == NULL ? 0 : from->session->uid;
    quest.file_project = NULL;
    quest.seq = package->seq;
    quest.is_twoway = package->kind == RTMI_FRAME_TWOWAY;
    quest.is_json = (package->flag & RTMI_FLAG_JSON) != 0;
    quest.is_answered = quest.is_asked = false;
    quest.code = 0;
    quest.payload = payload;
    quest.sender = (log_sender){.conn_id = from->id,
                                .shard = (uint32_t)self->index,
                                .seq = quest.seq,
                                .wants_answer = quest.is_twoway,
                                .is_json = quest.is_json,
                                .arrived_us = shard_turn_us(self)};
    set_figure(&quest, name);

    self->stats.quests++;
    if (self->is_draining) {
        op_answer_error(&quest, RTMI_EC_CORE_SERVER_STOPPING, "the gate is stopping");
        return;
    }
    if (name.data[0] == '*') {
        dispatch_builtin(&quest, package, payload);
        return;
    }
    /* Before the signature is looked at, so that guessing costs us little. */
    if (!limits_take_address(self, from)) {
        op_answer_error(&quest, RTMI_RC_FREQUENCY_LIMITED,
                        "more quests a second than one address may send");
        return;
    }
    quest_params *params = ahead_find(&self->ahead, payload.data, quest.method);
    if (params == NULL) {
        const int r = params_read(&self->known, quest.method, payload, &own);
        if (r < 0) {
            shard_cut(self, from, rtmi_pack_error_text(r));
            return;
        }
        params = &own;
    }
    const auth_params *const auth = &params->auth;
    quest.args = params->args;
    if (quest.method != NULL && quest.method->side == RTMI_FILE) {
        dispatch_file(&quest, auth);
        return;
    }
    if (is_of_client(from, auth, name)) {
        const rtmi_method *of_client = rtmi_method_find(RTMI_CLIENT, name);
        if (of_client != quest.method) {
            quest.method = of_client;
            if (of_client != NULL)
                (void)op_decode(&quest, payload);
            set_figure(&quest, name);
        }
        dispatch_client(&quest, auth, name);
        return;
    }
    if (quest.method != NULL && quest.method->side != RTMI_SERVER) {
        quest.method = NULL;
        set_figure(&quest, name);
    }
    dispatch_server(&quest, auth, name);
}

static bool must_encrypt(const conn *connection)
{
    return connection->door != NULL && connection->door->encryption == GATE_ENCRYPTION_REQUIRED;
}

void dispatch_package(shard *self, conn *from, const rtmi_package *package, gate_time now)
{
    rtmi_span payload = package->payload;

    const bool is_first = from->packages == 0;

    from->packages = is_first ? 1 : 2;
    if (is_first && must_encrypt(from) && !rtmi_span_is(package->method, "*key")) {
        shard_cut(self, from, "it does not encrypt, and this address requires that");
        return;
    }
    from->pings_unanswered = 0;
    if (package->kind == RTMI_FRAME_ANSWER) {
        from->has_answered_ping |= package->seq == from->ping_seq;
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
