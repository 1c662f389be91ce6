/*
 * RTM over FPNN: signed quests with mids that count up, two-way pushes, and an answer to each.
 * Encoders and the splitter are those of lib/, which are tested on their own.
 */
#include <stdio.h>
#include <time.h>

#include "bench/load/load.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/message.h"
#include "lib/rtm/sign.h"

enum { GROUP = 1, FROM = 100123 };

static rtmi_signer *signer;
static int64_t salt;
static int64_t next_mid;

static bool prepare(load *self)
{
    struct timespec now;

    /* A gate remembers mids: those of the last run must not come again. */
    (void)clock_gettime(CLOCK_REALTIME, &now);
    next_mid = salt = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    signer = rtmi_signer_new();
    return signer != NULL && self->secret != NULL;
}

static size_t begin_signed(load *self, conn *c, const char *method, uint32_t params)
{
    const rtmi_span name = rtmi_span_of_text(method);
    const int64_t ts_s = (int64_t)time(NULL);
    char sign[RTMI_SIGN_LEN];

    const size_t mark = rtmi_frame_begin_quest(&c->out, true, ++c->seq, name);
    if (!rtmi_sign(signer, self->project, rtmi_span_of_text(self->secret), ++salt, name, ts_s,
                   sign))
        load_fail("no signature");
    rtmi_pack_map(&c->out, 4 + params);
    rtmi_pack_key_int(&c->out, "pid", self->project);
    rtmi_pack_key_int(&c->out, "salt", salt);
    rtmi_pack_key_int(&c->out, "ts", ts_s);
    rtmi_pack_key_str(&c->out, "sign", (rtmi_span){(const uint8_t *)sign, sizeof sign});
    return mark;
}

static void join(load *self, conn *c)
{
    const size_t mark = begin_signed(self, c, "addlisten", 1);

    rtmi_pack_key(&c->out, "gids");
    rtmi_pack_array(&c->out, c->is_listener ? 1 : 0);
    if (c->is_listener)
        rtmi_pack_int(&c->out, GROUP);
    rtmi_frame_end(&c->out, mark);
}

static void write_message(load *self, conn *c)
{
    const size_t mark = begin_signed(self, c, "sendgroupmsg", 6);

    rtmi_pack_key_int(&c->out, "mtype", 51);
    rtmi_pack_key_int(&c->out, "from", FROM);
    rtmi_pack_key_int(&c->out, "gid", GROUP);
    rtmi_pack_key_int(&c->out, "mid", next_mid++);
    rtmi_pack_key_str(&c->out, "msg", (rtmi_span){(const uint8_t *)self->text, self->text_len});
    rtmi_pack_key_str(&c->out, "attrs", (rtmi_span){NULL, 0});
    rtmi_frame_end(&c->out, mark);
}

static void write_echo(load *self, conn *c)
{
    (void)self;
    const size_t mark =
        rtmi_frame_begin_quest(&c->out, true, ++c->seq, (rtmi_span){(const uint8_t *)"*ping", 5});
    rtmi_pack_map(&c->out, 0);
    rtmi_frame_end(&c->out, mark);
}

static void take_answer(conn *c, const rtmi_package *package)
{
    rtmi_span text;
    int code;

    if (package->status != 0) {
        rtmi_answer_read_error(package->payload, &code, &text);
        load_fail("the gate answers %d: %.*s", code, (int)text.len, (const char *)text.data);
    }
    if (c->is_ready)
        c->answers++;
    c->is_ready = true;
}

/* All of a push: the text, and the mids one after the other. */
static void check_push(const load *self, conn *c, const rtmi_package *package)
{
    const rtmi_push_method method = rtmi_push_method_of(package->method);
    rtmi_push_flaw flaw = NULL;
    rtm_message message;

    if (rtmi_message_decode(&method, package->payload, &message, &flaw) != 0 || flaw != NULL)
        load_fail("a push cannot be read: %s", flaw != NULL ? flaw : "no map");
    if (message.msg.len != self->text_len ||
        memcmp(message.msg.data, self->text, self->text_len) != 0 || message.from != FROM)
        load_fail("a push has another content");
    if (c->last_mid != 0 && message.mid != c->last_mid + 1)
        load_fail("mid %lld comes after %lld", (long long)message.mid, (long long)c->last_mid);
    c->last_mid = message.mid;
}

static size_t take(load *self, conn *c, rtmi_span in)
{
    static const char name[] = "pushgroupmsg";
    const rtmi_span all = in;
    rtmi_package package;
    int got;

    while ((got = rtmi_frame_decode(in, LOAD_CARRY_MAX, &package)) == 1) {
        in.data += package.size;
        in.len -= package.size;
        if (package.kind == RTMI_FRAME_ANSWER) {
            take_answer(c, &package);
            continue;
        }
        if (package.method.len == sizeof name - 1 &&
            memcmp(package.method.data, name, sizeof name - 1) == 0) {
            if (package.payload.len < self->text_len)
                load_fail("a push is too short");
            if (self->checks)
                check_push(self, c, &package);
            c->got++;
        } else if (!rtmi_span_is(package.method, "ping")) {
            load_fail("an unexpected quest: %.*s", (int)package.method.len,
                      (const char *)package.method.data);
        }
        if (package.kind == RTMI_FRAME_TWOWAY)
            rtmi_answer_empty(&c->out, package.seq);
    }
    if (got < 0)
        load_fail("broken FPNN: %s", rtmi_frame_error_text(got));
    return (size_t)(in.data - all.data);
}

const wire wire_rtm = {.name = "rtm",
                       .answers_sender = true,
                       .prepare = prepare,
                       .join = join,
                       .write_message = write_message,
                       .write_echo = write_echo,
                       .take = take};
