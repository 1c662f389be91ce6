/*
 * Pushes: each is what its message was, word for word; then it is noted for the check of the round.
 * What the witness hears is the log.
 */
#include <string.h>

#include "lib/rtm/message.h"
#include "tests/soak/random_model.h"

static bool is_text(rtm_bytes bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

/* The record of a message, by its number and receiver. */
static uint32_t find_record(const model *self, const rtm_message *message, int kind)
{
    const uint64_t first = (uint64_t)message->mid - 1;

    MUST(self, first < self->sent_count, "a push with the strange mid %lld",
         (long long)message->mid);
    const sent *of = &self->sent[first];
    for (uint32_t i = 0; i < of->targets; i++) {
        if (of[i].first == first && target_of(&of[i]) == message->to && of[i].kind == kind &&
            uid_of(of[i].from) == message->from)
            return (uint32_t)first + i;
    }
    model_fail(self, "a push of message %lld from %lld to %lld that nobody has sent",
               (long long)message->mid, (long long)message->from, (long long)message->to);
}

static void check_content(const model *self, const rtm_message *message, uint32_t mid)
{
    uint8_t text[TEXT_MAX];
    const size_t len = text_of(mid, 0, text);

    MUST(self, message->msg.len == len && memcmp(message->msg.data, text, len) == 0,
         "message %u has another text", mid);
    MUST(self,
         message->mtype == mtype_of(mid) && message->is_binary == is_binary_of(mid) &&
             is_text(message->attrs, "attrs"),
         "message %u has another type or attributes", mid);
}

static void take_time(const model *self, sent *of, int64_t mtime_ms)
{
    if (of->mtime_ms == 0)
        of->mtime_ms = mtime_ms;
    MUST(self, of->mtime_ms == mtime_ms, "message %u has the times %lld and %lld", of->first + 1,
         (long long)of->mtime_ms, (long long)mtime_ms);
}

static void witness_message(model *self, uint32_t record, int64_t offset)
{
    sent *of = &self->sent[record];

    MUST(self, record >= self->round_first, "record %u comes a round too late", record);
    MUST(self, of->offset == NEVER, "record %u is in the log twice, at %lld and %lld", record,
         (long long)of->offset, (long long)offset);
    MUST(self, of->fate != REFUSED, "record %u was refused with %d and is in the log", record,
         (int)of->code);
    of->offset = offset;
    if (of->end == FOREVER)
        of->end = self->tick;
}

static void take_message(model *self, peer *at, const rtmi_push_method *method, rtmi_span payload)
{
    rtm_message message;
    rtmi_push_flaw flaw;

    MUST(self, rtmi_message_decode(method, payload, &message, &flaw) == 0,
         "a push that cannot be read");
    /* The decoder is one for listeners, to whom no broadcasts go. */
    if (method->kind == RTM_KIND_BROADCAST)
        MUST(self, flaw != NULL && strcmp(flaw, "to is missing") == 0, "a broadcast has a flaw");
    else
        MUST(self, flaw == NULL, "a push has a flaw: %s", flaw);
    const uint32_t record = find_record(self, &message, (int)message.kind);
    check_content(self, &message, self->sent[record].first + 1);
    take_time(self, &self->sent[record], message.mtime_ms);
    self->deliveries++;
    if (at->role == ROLE_LISTENER)
        MUST(self, message.has_offset == at->has_offsets,
             "an offset that was not asked for, or none");
    got_add(at, (got){.record = record, .offset = message.offset});
    if (at == self->witness) {
        const size_t count = at->got_count;
        MUST(self, count < 2 || at->gots[count - 2].offset < message.offset, "offsets do not rise");
        witness_message(self, record, message.offset);
    }
}

static void take_event(model *self, peer *at, rtmi_span payload)
{
    rtm_event event;
    rtmi_push_flaw flaw;

    MUST(self, rtmi_event_decode(payload, &event, &flaw) == 0 && flaw == NULL,
         "an event that cannot be read");
    const bool is_login = is_text(event.event, "login");
    MUST(self, is_login || is_text(event.event, "logout"), "a strange event");
    MUST(self, at->role == ROLE_LISTENER, "an event for somebody who is no listener");
    const got what = {.is_event = true,
                      .is_login = is_login,
                      .user = user_of(self, event.uid),
                      .offset = event.offset};
    self->deliveries++;
    got_add(at, what);
    if (at != self->witness)
        return;
    const size_t count = at->got_count;
    MUST(self, count < 2 || at->gots[count - 2].offset < event.offset, "offsets do not rise");
    self->events++;
    char endpoint[160];
    MUST(self, event.endpoint.len < sizeof endpoint, "an endpoint that is too long");
    memcpy(endpoint, event.endpoint.data, event.endpoint.len);
    endpoint[event.endpoint.len] = '\0';
    users_event(self, what.user, is_login, endpoint, event.offset);
}

void push_take(model *self, peer *at, const rtmi_package *package)
{
    rtmi_push_method method = *rtmi_push_method_of(package->method);

    MUST(self, !at->is_told || method.push == RTMI_PUSH_PING, "a push behind `kickout`");
    if (rtmi_span_is(package->method, "pushbroadcastmsg"))
        method = (rtmi_push_method){
            .push = RTMI_PUSH_MESSAGE, .kind = RTM_KIND_BROADCAST, .family_by_mtype = true};
    if (method.push == RTMI_PUSH_MESSAGE) {
        take_message(self, at, &method, package->payload);
    } else if (method.push == RTMI_PUSH_EVENT) {
        take_event(self, at, package->payload);
    } else if (rtmi_span_is(package->method, "kickout")) {
        MUST(self, at->role == ROLE_USER, "a `kickout` for somebody who is no user");
        at->is_told = true;
    } else if (rtmi_span_is(package->method, "kickoutroom")) {
        at->room_kicks_told++;
    } else {
        MUST(self, method.push == RTMI_PUSH_PING, "a push of an unknown method");
    }
}
