/*
 * A quest's handler between log_begin() and its end. Whatever happens there is one reply, since
 * the connection's shard counts what it is owed.
 */
#include "gate/core/owner.h"

#include <stdlib.h>
#include <string.h>

#include "gate/core/mail.h"
#include "gate/core/shard_impl.h"
#include "lib/rtm/codes.h"

static void reply_error(op *quest)
{
    rtmi_buf *out = log_answers(quest->log);
    const size_t at = rtmi_buf_len(out);

    quest->shard->stats.refused++;
    if (quest->is_twoway)
        rtmi_answer_error(out, quest->seq, quest->code, rtmi_span_of_text(quest->text));
    if (log_answered(quest->log, &quest->sender, at) == 0)
        log_set_answer_code(quest->log, quest->code);
    else
        (void)log_refuse(quest->log, &quest->sender, quest->code);
}

static void refuse(op *quest, int code)
{
    const rtmi_code *row = rtmi_code_find(code);

    op_answer_error(quest, code, "%s", row == NULL ? "" : row->text);
}

/*
 * Run one handler, with `then` the second half of one. When it could not even begin, its code:
 * then nothing may be kept of it, since that would grow for as long as the disk stands still.
 */
static int run(op *quest, shard_project *project, op_answered *then, const store_answer *answer)
{
    log_mark mark;

    quest->log = project->log;
    quest->conn = NULL;
    quest->code = 0;
    quest->is_answered = quest->is_asked = false;
    shard_touch(quest->shard, project);
    if (log_is_full(project->log))
        return RTMI_EC_CORE_WORK_QUEUE_FULL;
    if (!log_begin(project->log, &mark))
        return RTMI_RC_UNKNOWN_ERROR;
    if (directory_is_broken(log_directory(project->log)))
        refuse(quest, RTMI_RC_UNKNOWN_ERROR);
    else if (then != NULL)
        then(quest, answer);
    else
        quest->shard->config->ops[rtmi_method_index(quest->method)].handler(quest);
    if (quest->code != 0) {
        log_rewind(project->log, &mark);
        reply_error(quest);
    } else if (!quest->is_answered && !quest->is_asked) {
        /* One-way: nothing to say, but it has ended. */
        if (log_answered(project->log, &quest->sender, rtmi_buf_len(log_answers(quest->log))) != 0)
            (void)log_refuse(project->log, &quest->sender, RTMI_RC_UNKNOWN_ERROR);
    }
    log_end(project->log, &mark);
    return 0;
}

void owner_run_op(op *quest, shard_project *project)
{
    const int code = run(quest, project, NULL, NULL);

    if (code != 0)
        senders_refuse(quest->shard, &quest->sender, code);
}

/* The quest again, where it was handed over as bytes. */
static void make_op(op *made, op_arg args[OP_ARGS_MAX], shard *self, const owner_quest *quest,
                    gate_time now)
{
    made->shard = self;
    made->method = quest->method;
    made->now = now;
    made->sender = quest->sender;
    made->uid = quest->uid;
    made->seq = quest->sender.seq;
    made->is_twoway = quest->sender.wants_answer;
    made->is_json = quest->sender.is_json;
    made->args = args;
    (void)op_decode(made, quest->payload); /* its shard has seen that it can be read */
}

int owner_run(shard *self, shard_project *project, const owner_quest *quest, gate_time now)
{
    op_arg args[OP_ARGS_MAX];
    op made;

    make_op(&made, args, self, quest, now);
    return run(&made, project, NULL, NULL);
}

/* ---- questions ----------------------------------------------------------------------------- */

static size_t cost_of(const store_answer *answer)
{
    size_t cost = answer->row_count * sizeof(store_row);

    for (size_t i = 0; i < answer->row_count; i++)
        cost += (size_t)answer->rows[i].msg_len + answer->rows[i].attrs_len;
    return cost;
}

/*
 * The store's thread, or ours: only the bus is touched, and a count. The store may be faster than
 * the owner, so what would be too much to keep is dropped here.
 */
static void answered(store_ask *ask, void *userdata)
{
    owner_question *question = userdata;
    const size_t cost = cost_of(&ask->answer);

    question->cost = cost;
    if (atomic_fetch_add(question->answered_bytes, cost) + cost > question->answered_max) {
        atomic_fetch_sub(question->answered_bytes, cost);
        question->cost = 0;
        question->refused = RTMI_EC_CORE_WORK_QUEUE_FULL;
        store_answer_deinit(&ask->answer);
    }
    bus_send(question->bus, question->owner, &question->item);
}

void owner_question_free(owner_question *question)
{
    if (question == NULL)
        return;
    store_answer_deinit(&question->ask.answer);
    free(question);
}

void op_ask(op *quest, const store_ask *ask, op_answered *then)
{
    const gate_config *config = quest->shard->config;
    const gate_project *conf = log_project(quest->log);
    owner_question *question;

    if (!log_may_ask(quest->log, quest->payload.len)) {
        refuse(quest, RTMI_EC_CORE_WORK_QUEUE_FULL);
        return;
    }
    question = malloc(sizeof *question + quest->payload.len);
    if (question == NULL) {
        refuse(quest, RTMI_RC_UNKNOWN_ERROR);
        return;
    }
    *question = (owner_question){
        .item = {.kind = MAIL_ANSWERED},
        .ask = *ask,
        .bus = config->bus,
        .answered_bytes = &conf->live->answered_bytes,
        .answered_max = config->log_pending_bytes,
        .owner = conf->owner,
        .project = (size_t)(conf - config->projects),
        .quest = {.sender = quest->sender, .method = quest->method, .uid = quest->uid},
        .then = then,
    };
    if (quest->payload.len > 0)
        memcpy(question->payload, quest->payload.data, quest->payload.len);
    question->quest.payload = (rtmi_span){question->payload, quest->payload.len};
    question->ask.pid = conf->pid;
    question->ask.done = answered;
    question->ask.userdata = question;
    log_asked(quest->log, quest->payload.len, false);
    quest->is_asked = true;
    config->store->ops->ask(config->store, &question->ask);
}

static void store_failed(op *quest, const store_answer *answer)
{
    op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "%s", answer->text);
}

void owner_answered(shard *self, owner_question *question, gate_time now)
{
    shard_project *project = &self->projects[question->project];
    const store_answer *answer = &question->ask.answer;
    op_arg args[OP_ARGS_MAX];
    op made;

    log_asked(project->log, question->quest.payload.len, true);
    atomic_fetch_sub(question->answered_bytes, question->cost);
    make_op(&made, args, self, &question->quest, now);
    if (question->refused == 0)
        question->refused =
            run(&made, project, answer->result < 0 ? store_failed : question->then, answer);
    if (answer->result < 0)
        rtmi_log_line(&self->config->log, RTMI_LOG_ERROR, "project %d: %s: %s",
                      (int)project->conf->pid, question->quest.method->name, answer->text);
    if (question->refused == 0) {
        owner_question_free(question);
    } else if (made.sender.shard == self->index) {
        owner_question_refused(self, question);
    } else {
        store_answer_deinit(&question->ask.answer);
        question->item.kind = MAIL_ASK_REFUSED;
        bus_send(self->config->bus, made.sender.shard, &question->item);
    }
}

void owner_question_refused(shard *self, owner_question *question)
{
    senders_refuse(self, &question->quest.sender, question->refused);
    owner_question_free(question);
}

/* ---- sessions ------------------------------------------------------------------------------ */

void owner_session_end(shard *self, session_end *end, gate_time now)
{
    shard_project *project = &self->projects[end->project];
    log_mark mark;

    shard_touch(self, project);
    if (log_begin(project->log, &mark)) {
        if (presence_end(project->log, &end->session, (rtmi_span){NULL, 0}, now) == 0) {
            log_end(project->log, &mark);
            log_keep_end(project->log, &end->link);
            return;
        }
        log_rewind(project->log, &mark);
    }
    /* Out of memory: a user who has gone may not seem to be there for ever. */
    rtmi_list_push(&self->late_ends, &end->link);
}
