/*
 * Connections of the driver: quests under way, answers to those who asked, pushes to random_pushes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/fpnn/answer.h"
#include "lib/rtm/codes.h"
#include "tests/soak/random_model.h"

peer *peer_open(model *self, role as)
{
    peer *at = make(1, sizeof *at);
    struct epoll_event watch = {.events = EPOLLIN, .data = {.ptr = at}};

    at->role = as;
    at->serial = ++self->serial;
    at->user = NOBODY;
    at->logout_offset = FOREVER;
    MUST(self, wire_open(&at->wire, self->endpoint), "a connection cannot be made");
    MUST(self, epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, at->wire.fd, &watch) == 0, "epoll_ctl");
    return at;
}

void peer_close(model *self, peer *at)
{
    for (size_t i = 0; i < at->pending_count; i++) {
        const pending *op = &at->pending[i];
        self->pending_count--;
        if (op->op != OP_SEND)
            continue;
        for (uint32_t n = 0; n < op->count; n++)
            self->sent[op->record + n].fate = LOST;
    }
    at->pending_count = 0;
    wire_close(&at->wire);
    at->next_gone = self->gone;
    self->gone = at;
}

void peer_free(peer *at)
{
    for (size_t i = 0; i < at->hearing_count; i++)
        free(at->hearings[i].set);
    free(at->hearings);
    free(at->gots);
    wire_close(&at->wire);
    free(at);
}

pending *peer_begin(model *self, peer *at, op_kind op)
{
    MUST(self, at->pending_count < PENDING_MAX, "too many quests under way on one connection");
    pending *begun = &at->pending[at->pending_count++];
    *begun = (pending){
        .op = (uint8_t)op, .begin = ++self->tick, .user = at->user, .place = NOBODY, .count = 0};
    self->pending_count++;
    self->ops[op]++;
    return begun;
}

void peer_end(peer *at, pending *op)
{
    op->seq = wire_end(&at->wire);
}

void peer_flush(model *self, peer *at)
{
    if (at->wire.fd < 0)
        return;
    const int done = wire_flush(&at->wire);
    const bool waits = done == 0;
    struct epoll_event watch = {.events = EPOLLIN | (waits ? EPOLLOUT : 0u), .data = {.ptr = at}};

    /* A lost connection shows when it is read. */
    if (waits != at->is_writing)
        (void)epoll_ctl(self->epoll_fd, EPOLL_CTL_MOD, at->wire.fd, &watch);
    at->is_writing = waits;
}

static void answered(model *self, peer *at, const pending *op, int code, const rtmi_payload *answer)
{
    model_trace(self, op, true, code);
    /* Whoever has been kicked out may ask until the connection closes, and is nobody. */
    MUST(self, code != RTMI_RC_UNAUTHORIZED || at->is_told, "user %d is there, and told that not",
         (int)at->user);
    if (op->op == OP_SEND || op->op == OP_REPEAT)
        send_answered(self, op, code, answer);
    else if (at->role == ROLE_USER)
        users_answered(self, at, op, code, answer);
    else if (at->role == ROLE_LISTENER)
        listeners_answered(self, at, op, code, answer);
    else
        servers_answered(self, op, code, answer);
}

static void take_answer(model *self, peer *at, const rtmi_package *package)
{
    rtmi_payload answer = {.count = 0};
    rtmi_span text;
    int code = 0;

    for (size_t i = 0; i < at->pending_count; i++) {
        if (at->pending[i].seq != package->seq)
            continue;
        const pending op = at->pending[i];
        at->pending[i] = at->pending[--at->pending_count];
        self->pending_count--;
        if (package->status != 0)
            rtmi_answer_read_error(package->payload, &code, &text);
        else
            MUST(self, rtmi_payload_open(package->payload, &answer) == 0, "an answer is no map");
        answered(self, at, &op, code, &answer);
        return;
    }
    model_fail(self, "an answer to nothing, number %u", package->seq);
}

void peer_readable(model *self, peer *at)
{
    rtmi_package package;
    int had_one;
    const int had = wire_read(&at->wire);

    while (at->wire.fd >= 0 && (had_one = wire_next(&at->wire, &package)) != 0) {
        MUST(self, had_one == 1, "the gate breaks the protocol");
        self->tick++;
        if (package.kind == RTMI_FRAME_ANSWER) {
            take_answer(self, at, &package);
            continue;
        }
        if (package.kind == RTMI_FRAME_TWOWAY)
            wire_answer(&at->wire, package.seq);
        push_take(self, at, &package);
    }
    if (at->wire.fd < 0)
        return;
    if (had < 0) {
        MUST(self, at->role == ROLE_USER && (at->ending != LIVE || at->is_told),
             "the gate has closed a connection (role %d, user %d)", (int)at->role, (int)at->user);
        users_ended(self, at);
        return;
    }
    peer_flush(self, at);
}
