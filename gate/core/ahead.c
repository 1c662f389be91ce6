/*
 * The quests behind are seen through once: split, and the four parameters read. What does not look
 * as usual is left out, and checked alone when its turn comes.
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

/* What is known of a payload: true, and `*ret_is_right` is set. */
static bool recall(ahead *self, const uint8_t *payload, bool *ret_is_right)
{
    for (size_t i = self->next; i < self->count; i++) {
        if (self->payloads[i] != payload)
            continue;
        *ret_is_right = self->are_right[i];
        self->next = i + 1; /* those before it have not asked and will not */
        return true;
    }
    return false;
}

/* Claims of the quests behind: fills in `claims` and their payloads. */
static void look(ahead *self, int64_t pid, rtmi_sign_claim *claims)
{
    rtmi_span rest = self->behind;

    for (size_t n = 0; n < AHEAD_PACKAGES && self->count < AHEAD_MAX; n++) {
        rtmi_package package;
        auth_params params;
        if (rtmi_frame_decode(rest, SIZE_MAX, &package) != 1)
            break;
        rest.data += package.size;
        rest.len -= package.size;
        if (package.kind == RTMI_FRAME_ANSWER || (package.flag & RTMI_FLAG_JSON) != 0 ||
            !auth_read(package.payload, &params) || params.pid != pid)
            continue;
        self->payloads[self->count] = package.payload.data;
        claims[self->count++] = auth_claim(&params, package.method);
    }
    self->end = rest.data;
}

/* Check those that are not right yet. */
static void check(shard *on, int32_t pid, const char *secret, size_t secret_len,
                  rtmi_sign_claim *claims, size_t count)
{
    rtmi_sign_claim left[AHEAD_MAX];
    size_t places[AHEAD_MAX];
    size_t left_count = 0;

    for (size_t i = 0; secret_len > 0 && i < count; i++) {
        if (claims[i].is_right)
            continue;
        places[left_count] = i;
        left[left_count++] = claims[i];
    }
    if (left_count == 0)
        return;
    rtmi_sign_check(on->signer, pid, (rtmi_span){(const uint8_t *)secret, secret_len}, left,
                    left_count);
    for (size_t i = 0; i < left_count; i++)
        claims[places[i]].is_right = left[i].is_right;
}

bool ahead_is_signed(shard *on, const gate_project *conf, const auth_params *params,
                     rtmi_span method)
{
    ahead *const self = &on->ahead;
    rtmi_sign_claim claims[AHEAD_MAX];
    bool is_right;

    if (recall(self, params->payload, &is_right))
        return is_right;
    /* Each package is seen through once: what had been left out is checked alone. */
    if (self->behind.len == 0 || (self->end != NULL && self->behind.data < self->end))
        return auth_is_signed(on, conf, params, method);
    self->count = self->next = 1;
    claims[0] = auth_claim(params, method);
    look(self, params->pid, claims);
    check(on, conf->pid, conf->secret, conf->secret_len, claims, self->count);
    check(on, conf->pid, conf->secret_old, conf->secret_old_len, claims, self->count);
    for (size_t i = 0; i < self->count; i++)
        self->are_right[i] = claims[i].is_right;
    return claims[0].is_right;
}
