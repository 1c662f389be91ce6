/*
 * One block a file, handed from thread to thread, with what it costs counted as long as it lives.
 */
#include "gate/core/file_quest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/core/admit.h"
#include "gate/core/mail.h"
#include "gate/core/shard_impl.h"
#include "gate/core/uploads.h"
#include "lib/rtm/codes.h"

struct file_quest {
    bus_item item; /* MAIL_FILE, and of the store when it is there */
    files_put put;
    const gate_config *config;
    size_t project;
    size_t cost;
    bool is_stored; /* on its way back */
    log_sender sender;
    file_request request; /* its spans point into `data` */
    int64_t data[];
};

void file_quest_free(file_quest *file)
{
    if (file == NULL)
        return;
    upload_give_back(file->config->files, file->cost);
    free(file);
}

static rtmi_span keep(rtmi_span span, uint8_t **at)
{
    const rtmi_span kept = {*at, span.len};

    if (span.len > 0)
        memcpy(*at, span.data, span.len);
    *at += span.len;
    return kept;
}

static file_quest *make(const op *quest, const shard_project *project, const file_request *from)
{
    const size_t targets_len = from->leave.target_count * sizeof(int64_t);
    const size_t len = targets_len + from->token.len + from->sign.len + from->attrs.len +
                       from->name.len + from->content.len;
    gate_files *files = quest->shard->config->files;

    if (!upload_reserve(files, sizeof(file_quest) + len))
        return NULL;
    file_quest *made = malloc(sizeof *made + len);
    if (made == NULL) {
        upload_give_back(files, sizeof(file_quest) + len);
        return NULL;
    }
    *made = (file_quest){.item = {.kind = MAIL_FILE},
                         .config = quest->shard->config,
                         .project = project->index,
                         .cost = sizeof *made + len,
                         .sender = quest->sender,
                         .request = *from};
    uint8_t *at = (uint8_t *)made->data;
    const rtmi_span targets = {(const uint8_t *)from->leave.targets, targets_len};
    made->request.leave.targets = (const int64_t *)(const void *)keep(targets, &at).data;
    made->request.token = keep(from->token, &at);
    made->request.sign = keep(from->sign, &at);
    made->request.attrs = keep(from->attrs, &at);
    made->request.name = keep(from->name, &at);
    made->request.content = keep(from->content, &at);
    return made;
}

void op_send_file(op *quest, const file_request *request)
{
    shard *self = quest->shard;
    const shard_project *project = quest->file_project;
    file_quest *file = make(quest, project, request);

    if (file == NULL) {
        op_answer_error(quest, RTMI_EC_CORE_WORK_QUEUE_FULL,
                        "the gate cannot take more files now; try again");
        return;
    }
    self->owed++;
    bus_send(self->config->bus, project->conf->owner, &file->item);
}

/* ---- on the store's thread ------------------------------------------------------------------ */

static bool check_sign(files_put *put)
{
    const file_quest *file = put->userdata;
    const file_request *request = &file->request;
    char lower[RTMI_SIGN_LEN];
    char upper[RTMI_SIGN_LEN];

    if (request->sign.len == 0)
        return true;
    if (!rtmi_sign_file(request->content, request->token, lower))
        return false;
    for (size_t i = 0; i < sizeof lower; i++)
        upper[i] = (char)(lower[i] >= 'a' ? lower[i] - ('a' - 'A') : lower[i]);
    return rtmi_sign_equal(upper, request->sign);
}

static void stored(files_put *put)
{
    file_quest *file = put->userdata;
    const gate_config *config = file->config;

    bus_send(config->bus, config->projects[file->project].owner, &file->item);
}

/* ---- on the owner --------------------------------------------------------------------------- */

static void refuse(shard *self, const shard_project *project, const file_quest *file, int code,
                   const char *text)
{
    log_mark mark;

    self->stats.refused++;
    rtmi_log_line(&self->config->log, RTMI_LOG_DEBUG, "project %d: file refused: %d %s",
                  (int)project->conf->pid, code, text);
    if (log_begin(project->log, &mark)) {
        rtmi_buf *out = log_answers(project->log);
        const size_t at = rtmi_buf_len(out);
        if (file->sender.wants_answer)
            rtmi_answer_error(out, file->sender.seq, code, rtmi_span_of_text(text));
        if (log_answered(project->log, &file->sender, at) == 0)
            return;
    } else if (file->sender.shard == self->index) {
        senders_refuse(self, &file->sender, code);
        return;
    }
    /* LIMIT: without memory for a file of another shard's, the sender's own time-out tells. */
    (void)log_refuse(project->log, &file->sender, code);
}

static void refuse_by_code(shard *self, const shard_project *project, const file_quest *file,
                           int code)
{
    const rtmi_code *row = rtmi_code_find(code);

    refuse(self, project, file, code, row == NULL ? "" : row->text);
}

/* The message that tells of the file; `msg` is its text. */
static log_request message_of(const file_quest *file, rtmi_span msg)
{
    const file_request *request = &file->request;
    const bool is_broadcast = request->leave.kind == STORE_BROADCAST;

    return (log_request){.sender = file->sender,
                         .from = request->leave.from,
                         .mid = request->mid,
                         .targets = is_broadcast ? NULL : request->leave.targets,
                         .target_count = request->leave.target_count,
                         .msg = msg,
                         .attrs = request->attrs,
                         .kind = (uint8_t)request->leave.kind,
                         .mtype = request->mtype};
}

/* Take the token; then whether the sender may is asked, so that nothing is kept in vain. */
static int admit(const shard_project *project, const file_quest *file, gate_time now)
{
    const log_request message = message_of(file, (rtmi_span){NULL, 0});
    log_mark mark;

    if (!log_may_ask(project->log, 0))
        return RTMI_EC_CORE_WORK_QUEUE_FULL;
    if (!log_begin(project->log, &mark))
        return RTMI_RC_UNKNOWN_ERROR;
    const int code = file_token_use(project->log, &file->request.leave, file->request.token, now);
    if (code != 0) {
        log_rewind(project->log, &mark);
        return code;
    }
    return admit_message(project->log, &message, now);
}

/* What tells this sending from others of the same content. */
static rtmi_span whose(const file_quest *file)
{
    const file_request *request = &file->request;
    const size_t targets_len = request->leave.target_count * sizeof(int64_t);

    return (rtmi_span){(const uint8_t *)request->leave.targets, targets_len};
}

static void hand_to_store(file_quest *file, gate_time now)
{
    const gate_config *config = file->config;
    const rtmi_span about = whose(file);

    file->is_stored = true;
    file->put = (files_put){.pid = config->projects[file->project].pid,
                            .now_ms = now.wall_ms,
                            .content = file->request.content.data,
                            .content_len = file->request.content.len,
                            .whose = about.data,
                            .whose_len = about.len,
                            .kind = (uint8_t)file->request.leave.kind,
                            .from = file->request.leave.from,
                            .mid = file->request.mid,
                            .check = check_sign,
                            .done = stored,
                            .userdata = file};
    config->files->content->ops->put(config->files->content, &file->put);
}

/* {"url":…,"size":…}: the address is ASCII without what JSON escapes. */
static void append_message(shard *self, const shard_project *project, const file_quest *file,
                           gate_time now)
{
    const file_request *request = &file->request;
    char text[RTMI_ATTRS_MAX];

    const int len =
        snprintf(text, sizeof text, "{\"url\":\"%s/%d/%s/%.*s\",\"size\":%zu}",
                 self->config->files->url, (int)project->conf->pid, file->put.id,
                 (int)request->name.len, (const char *)request->name.data, request->content.len);
    if (len < 0 || (size_t)len >= sizeof text) {
        refuse_by_code(self, project, file, RTMI_RC_UNKNOWN_ERROR);
        return;
    }
    const log_request message = message_of(file, (rtmi_span){(uint8_t *)text, (size_t)len});
    const int code = log_append(project->log, &message, now);
    if (code != 0)
        refuse_by_code(self, project, file, code);
}

static void take_stored(shard *self, const shard_project *project, const file_quest *file,
                        gate_time now)
{
    switch (file->put.result) {
    case FILES_STORED:
        append_message(self, project, file, now);
        break;
    case FILES_REFUSED:
        refuse(self, project, file, RTMI_RC_INVALID_FILE_OR_SIGN_OR_TOKEN,
               "the file's signature is wrong");
        break;
    default:
        rtmi_log_line(&self->config->log, RTMI_LOG_ERROR, "project %d: a file is not kept: %s",
                      (int)project->conf->pid, file->put.text);
        refuse(self, project, file, RTMI_RC_UNKNOWN_ERROR, file->put.text);
        break;
    }
}

void owner_file(shard *self, file_quest *file, gate_time now)
{
    shard_project *project = &self->projects[file->project];

    shard_touch(self, project);
    if (file->is_stored) {
        log_asked(project->log, 0, true);
        take_stored(self, project, file, now);
        file_quest_free(file);
        return;
    }
    const int code = admit(project, file, now);
    if (code != 0) {
        refuse_by_code(self, project, file, code);
        file_quest_free(file);
        return;
    }
    log_asked(project->log, 0, false);
    hand_to_store(file, now);
}
