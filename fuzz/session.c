/*
 * A session under any script of bytes and time: what a gate writes, in any pieces, time passing,
 * calls and listen changes of the user, cuts, pauses. It never reads astray, tells each call's
 * end once, counts every push, and comes to rest.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "lib/session/session.h"

#define CALLS_MAX 64

typedef struct play {
    rtmi_session *session;
    rtmi_time now;
    uint64_t random;
    const uint8_t *at;
    const uint8_t *end;
    bool is_paused;
    size_t begun;
    size_t ended;
    uint64_t told;
    uint8_t ends[CALLS_MAX]; /* how often each was told */
} play;

typedef struct number {
    play *play;
    size_t index;
} number;

static number numbers[CALLS_MAX];

static uint64_t next_random(void *userdata)
{
    play *self = userdata;

    self->random = self->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return self->random;
}

static unsigned take(play *self)
{
    return self->at < self->end ? *self->at++ : 0;
}

static void on_message(const rtm_message *message, void *userdata)
{
    FUZZ_CHECK(message->msg.data != NULL && message->attrs.data != NULL);
    ((play *)userdata)->told++;
}

static void on_event(const rtm_event *event, void *userdata)
{
    FUZZ_CHECK(event->endpoint.data != NULL && event->event.data != NULL);
    ((play *)userdata)->told++;
}

static void on_any(rtmi_span method, rtmi_span params, bool is_duplicate, void *userdata)
{
    (void)userdata;
    (void)is_duplicate;
    FUZZ_CHECK(method.len > 0 && params.data != NULL);
}

static void on_end(const rtm_error *err, rtmi_span answer, void *userdata)
{
    const number *which = userdata;

    FUZZ_CHECK(err == NULL || err->code != 0 || err->local != 0);
    FUZZ_CHECK(err == NULL || err->text[sizeof err->text - 1] == '\0' ||
               memchr(err->text, '\0', sizeof err->text) != NULL);
    FUZZ_CHECK(answer.len == 0 || answer.data != NULL);
    FUZZ_CHECK(++which->play->ends[which->index] == 1);
    which->play->ended++;
}

static void open_again(play *self)
{
    rtmi_session_opening(self->session, self->now);
    rtmi_session_opened(self->session, self->now);
}

static void cut(play *self, int reason)
{
    rtmi_session_closed(self->session, reason, true, self->now);
    (void)rtmi_session_tick(self->session, self->now);
    open_again(self);
}

static void hear(play *self, size_t len)
{
    while (len > 0 && self->at < self->end) {
        size_t room = 0;
        uint8_t *space = rtmi_session_read_space(self->session, &room);
        size_t piece = (size_t)(self->end - self->at);
        FUZZ_CHECK(room > 0 && space != NULL);
        piece = piece < len ? piece : len;
        piece = piece < room ? piece : room;
        memcpy(space, self->at, piece);
        self->at += piece;
        len -= piece;
        if (rtmi_session_read_done(self->session, piece, self->now) < 0) {
            cut(self, RTM_E_PROTO);
            return;
        }
    }
}

static void pass(play *self, int64_t ms)
{
    self->now.mono_ms += ms;
    self->now.wall_ms += ms;
    if (rtmi_session_tick(self->session, self->now) < 0 || rtmi_session_wants_close(self->session))
        cut(self, RTM_E_LOST);
}

static void call(play *self)
{
    if (self->begun == CALLS_MAX)
        return;
    numbers[self->begun] = (number){self, self->begun};
    if (rtmi_session_call(self->session, rtmi_span_of_text("getfriends"), 0, (rtmi_span){NULL, 0},
                          1000, self->now, on_end, &numbers[self->begun], NULL) == 0)
        self->begun++;
}

static void listen(play *self, unsigned what)
{
    int64_t id = what >> 4;
    rtmi_listen_op op = {.verb = (rtmi_listen_verb)(what & 3)};

    if (self->begun == CALLS_MAX)
        return;
    if (op.verb == RTMI_LISTEN_SET_ALL) {
        op.value.all = what >> 4;
    } else {
        op.has = 1u << ((what >> 2 & 3) % RTMI_LISTEN_LISTS);
        op.value.lists[(what >> 2 & 3) % RTMI_LISTEN_LISTS] = (rtmi_ids){&id, 1};
    }
    numbers[self->begun] = (number){self, self->begun};
    if (rtmi_session_listen(self->session, &op, 1000, self->now, on_end, &numbers[self->begun],
                            NULL) == 0)
        self->begun++;
}

static void write_out(play *self, size_t most)
{
    const rtmi_span out = rtmi_session_get_output(self->session);

    rtmi_session_sent(self->session, out.len < most ? out.len : most);
}

static void step(play *self)
{
    const unsigned what = take(self);

    switch (what & 7) {
    case 0:
    case 1:
        hear(self, 1 + (what >> 3));
        break;
    case 2:
        hear(self, (1 + take(self)) * (size_t)(1 + (what >> 3)));
        break;
    case 3:
        pass(self, (int64_t)take(self) << (what >> 4));
        break;
    case 4:
        call(self);
        break;
    case 5:
        listen(self, take(self));
        break;
    case 6:
        self->is_paused = !self->is_paused;
        rtmi_session_set_paused(self->session, self->is_paused);
        break;
    default:
        if ((what & 8) != 0)
            cut(self, RTM_E_LOST);
        else
            write_out(self, 1 + take(self));
        break;
    }
}

static void check(const play *self)
{
    const rtmi_session_stats *stats = rtmi_session_get_stats(self->session);

    FUZZ_CHECK(stats->pushes_received == stats->pushes_delivered + stats->pushes_duplicate);
    FUZZ_CHECK(stats->pushes_delivered == self->told);
    FUZZ_CHECK(stats->pushes_seen >= stats->pushes_received);
    FUZZ_CHECK(self->ended <= self->begun);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    play self = {.now = {1000000, 1700000000000}, .at = data, .end = data + size};
    const rtmi_session_config config = {
        .pid = 1,
        .secret = {(const uint8_t *)"secret", 6},
        .quest_timeout_ms = 1000,
        .keepalive_ms = 20000,
        .restore_listen = true,
        .max_package_bytes = 4096,
        .max_output_bytes = 1 << 20,
        .max_pending_calls = CALLS_MAX,
        .max_listen_ids = 100,
        .dedup_count = 4,
        .dedup_ms = 1000,
        .random64 = next_random,
        .random_userdata = &self,
    };
    const rtmi_session_callbacks callbacks = {
        .userdata = &self, .message = on_message, .event = on_event, .any = on_any};

    FUZZ_CHECK(rtmi_session_new(&config, &self.session) == 0);
    rtmi_session_set_callbacks(self.session, &callbacks);
    open_again(&self);
    while (self.at < self.end) {
        step(&self);
        check(&self);
    }
    /* At rest: with nobody answering, every call has ended, and nothing is due at once. */
    rtmi_session_set_paused(self.session, false);
    rtmi_session_closed(self.session, RTM_E_CLOSED, false, self.now);
    (void)rtmi_session_tick(self.session, self.now);
    pass(&self, 2000);
    check(&self);
    FUZZ_CHECK(self.ended == self.begun);
    rtmi_session_free(self.session);
    return 0;
}
