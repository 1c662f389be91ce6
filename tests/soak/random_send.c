/*
 * Messages: a record for each receiver, and what the answer may be.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/soak/random_model.h"

static uint32_t add_records(model *self, peer *at, int kind, int32_t from, const int32_t *to,
                            int count)
{
    const uint32_t first = (uint32_t)self->sent_count;

    if (self->sent_count + (size_t)count > self->sent_cap) {
        self->sent_cap = self->sent_cap == 0 ? 4096 : 2 * self->sent_cap;
        self->sent = realloc(self->sent, self->sent_cap * sizeof *self->sent);
        if (self->sent == NULL)
            abort();
    }
    for (int i = 0; i < count; i++)
        self->sent[self->sent_count++] = (sent){.begin = self->tick,
                                                .end = FOREVER,
                                                .first = first,
                                                .origin = at->serial,
                                                .from = from,
                                                .to = to[i],
                                                .targets = (uint8_t)count,
                                                .kind = (uint8_t)kind,
                                                .is_client = at->role == ROLE_USER};
    return first;
}

/* Packs what the records say. */
static void pack(model *self, peer *at, pending *op)
{
    static const char *const methods[] = {"", "sendmsg", "sendgroupmsg", "sendroommsg",
                                          "broadcastmsg"};
    static const char *const keys[] = {"", "to", "gid", "rid"};
    const sent *of = &self->sent[op->record];
    const bool is_many = op->count > 1;
    const bool is_client = at->role == ROLE_USER;
    const uint32_t mid = op->record + 1;
    uint8_t text[TEXT_MAX];
    const rtmi_span msg = {text, text_of(mid, 0, text)};
    const uint32_t params = 4 + (is_client ? 0u : 1u) + (of->kind == 4 ? 0u : 1u);
    rtmi_buf *out =
        wire_begin(&at->wire, is_many ? "sendmsgs" : methods[of->kind], params, !is_client);

    rtmi_pack_key_int(out, "mtype", mtype_of(mid));
    if (!is_client)
        rtmi_pack_key_int(out, "from", uid_of(of->from));
    rtmi_pack_key_int(out, "mid", mid);
    rtmi_pack_key(out, "msg");
    if (is_binary_of(mid))
        rtmi_pack_bin(out, msg);
    else
        rtmi_pack_str(out, msg);
    rtmi_pack_key_str(out, "attrs", rtmi_span_of_text("attrs"));
    if (is_many) {
        rtmi_pack_key(out, "tos");
        rtmi_pack_array(out, op->count);
        for (int i = 0; i < op->count; i++)
            rtmi_pack_int(out, target_of(&of[i]));
    } else if (of->kind != 4) {
        rtmi_pack_key_int(out, keys[of->kind], target_of(of));
    }
    peer_end(at, op);
}

void send_write(model *self, peer *at, int kind, int32_t from, const int32_t *to, int count)
{
    pending *op = peer_begin(self, at, OP_SEND);

    op->user = from;
    op->place = to[0];
    op->record = add_records(self, at, kind, from, to, count);
    op->count = (uint8_t)count;
    pack(self, at, op);
    model_trace(self, op, false, 0);
}

void send_again(model *self, peer *at, uint32_t record)
{
    pending *op = peer_begin(self, at, OP_REPEAT);

    op->record = record;
    op->count = 1;
    pack(self, at, op);
}

void send_answered(model *self, const pending *op, int code, const rtmi_payload *answer)
{
    sent *of = &self->sent[op->record];
    int64_t mtime_ms = 0;

    if (code == 0)
        MUST(self, rtmi_payload_get_int(answer, "mtime", &mtime_ms) == 1, "no mtime");
    if (op->op == OP_REPEAT) {
        /* Bans may have come since. */
        MUST(self, code != 0 || mtime_ms == of->mtime_ms,
             "record %u is answered with the time %lld, and again with %lld", op->record,
             (long long)of->mtime_ms, (long long)mtime_ms);
        return;
    }
    for (int i = 0; i < op->count; i++) {
        of[i].fate = code == 0 ? ACCEPTED : REFUSED;
        of[i].code = code;
        if (of[i].end == FOREVER)
            of[i].end = self->tick;
        MUST(self, code == 0 || of[i].offset == NEVER, "record %u was pushed, and refused with %d",
             op->record + (uint32_t)i, code);
    }
    if (code == 0)
        self->accepted += op->count;
    else
        self->refused++;
    if (code != 0 || op->count > 1) /* of several, each has its own */
        return;
    MUST(self, of->mtime_ms == 0 || of->mtime_ms == mtime_ms,
         "record %u: pushed with the time %lld, answered with %lld", op->record,
         (long long)of->mtime_ms, (long long)mtime_ms);
    of->mtime_ms = mtime_ms;
}
