/*
 * The quests behind are seen through once: split and read. What does not look as usual is left
 * out, and read and checked alone when its turn comes.
 */
#include "gate/core/ahead.h"

#include "gate/core/auth.h"
#include "lib/base/num.h"

void ahead_forget(ahead *self)
{
    self->behind = (rtmi_span){NULL, 0};
    self->end = NULL;
    self->count = self->next = 0;
}

/* The quest with that payload, or NULL; those before it have not asked and will not. */
static ahead_quest *recall(ahead *self, const uint8_t *payload)
{
    for (size_t i = self->next; i < self->count; i++) {
        if (self->quests[i].params.auth.payload != payload)
            continue;
        self->next = i;
        return &self->quests[i];
    }
    return NULL;
}

quest_params *ahead_find(ahead *self, const uint8_t *payload, const rtmi_method *method)
{
    ahead_quest *quest = recall(self, payload);

    return quest != NULL && quest->method == method ? &quest->params : NULL;
}

/* The row by which a quest is read: most have the method of the one before. */
static const rtmi_method *method_of(const rtmi_method *before, rtmi_span name)
{
    return before != NULL && rtmi_span_is(name, before->name) ? before
                                                              : rtmi_method_find(RTMI_SERVER, name);
}

/* What it will need takes a while to come from afar. */
static void expect(const shard *on, const gate_log *log, const ahead_quest *quest)
{
    op_expect *const row_expect =
        log == NULL ? NULL : on->config->ops[rtmi_method_index(quest->method)].expect;

    if (row_expect != NULL)
        row_expect(log, quest->params.args);
}

/* Claims of the quests behind: fills in `claims` and the quests. */
static void look(shard *on, const gate_project *conf, rtmi_sign_claim *claims)
{
    ahead *const self = &on->ahead;
    const shard_project *project = auth_find_project(on, conf->pid);
    const gate_log *const log = project == NULL ? NULL : project->log;
    rtmi_span rest = self->behind;

    for (size_t n = 0; n < AHEAD_PACKAGES && self->count < AHEAD_MAX; n++) {
        ahead_quest *quest = &self->quests[self->count];
        const auth_params *auth = &quest->params.auth;
        rtmi_package package;
        if (rtmi_frame_decode_quick(rest, SIZE_MAX, &package) != 1)
            break;
        rest.data += package.size;
        rest.len -= package.size;
        if (package.kind == RTMI_FRAME_ANSWER || (package.flag & RTMI_FLAG_JSON) != 0)
            continue;
        quest->method = self->method = method_of(self->method, package.method);
        if (params_read(&on->known, self->method, package.payload, &quest->params) < 0 ||
            !auth_is_whole(auth) || auth->pid != conf->pid)
            continue;
        if (quest->method != NULL)
            expect(on, log, quest);
        claims[self->count++] = auth_claim(auth, package.method);
    }
    self->end = rest.data;
}

/* What is not right for one secret may be so for the one before, while secrets change. */
static void check_old(shard *on, const gate_project *conf, rtmi_sign_claim *claims, size_t count)
{
    rtmi_sign_claim left[RTMI_SIGN_RUN];
    size_t places[RTMI_SIGN_RUN];
    size_t left_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (claims[i].is_right)
            continue;
        places[left_count] = i;
        left[left_count++] = claims[i];
    }
    if (left_count == 0)
        return;
    rtmi_sign_check(on->signer, conf->pid,
                    (rtmi_span){(const uint8_t *)conf->secret_old, conf->secret_old_len}, left,
                    left_count);
    for (size_t i = 0; i < left_count; i++)
        claims[places[i]].is_right = left[i].is_right;
}

bool ahead_is_signed(shard *on, const gate_project *conf, const auth_params *params,
                     rtmi_span method)
{
    ahead *const self = &on->ahead;
    rtmi_sign_claim claims[RTMI_SIGN_RUN];
    const ahead_quest *known = recall(self, params->payload);

    if (known != NULL)
        return known->is_right;
    /* Each package is seen through once: what had been left out is checked alone. */
    if (self->behind.len == 0 || conf->secret_len == 0 ||
        (self->end != NULL && self->behind.data < self->end))
        return auth_is_signed(on, conf, params, method);
    self->count = self->next = 0;
    claims[0] = auth_claim(params, method);
    look(on, conf, claims + 1);
    rtmi_sign_check(on->signer, conf->pid,
                    (rtmi_span){(const uint8_t *)conf->secret, conf->secret_len}, claims,
                    1 + self->count);
    if (conf->secret_old_len > 0)
        check_old(on, conf, claims, 1 + self->count);
    for (size_t i = 0; i < self->count; i++)
        self->quests[i].is_right = claims[1 + i].is_right;
    return claims[0].is_right;
}
