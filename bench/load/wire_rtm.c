/*
 * RTM over FPNN: signed quests with mids that count up, two-way pushes, and an answer to each.
 * Encoders and the splitter are those of lib/, which are tested on their own.
 */
#include <stdio.h>
#include <time.h>

#include "bench/load/load.h"
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/message.h"
#include "lib/rtm/sign.h"

/* The first group is 1. Ids go to the gate in so many quests, none of them large. */
enum { FIRST_GROUP = 1, FROM = 100123, IDS_A_QUEST = 10000 };

static rtmi_signer *signer;
static int64_t salt;
static int64_t next_mid;

size_t rtm_push_len(const char *text, size_t text_len)
{
    /* Times and mids of today are all equally long. */
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = 51,
                                 .from = FROM,
                                 .to = FIRST_GROUP,
                                 .mid = INT64_C(1795478135997000000),
                                 .mtime_ms = INT64_C(1795478135997),
                                 .msg = {text, text_len},
                                 .attrs = {"", 0}};
    rtmi_buf push;

    rtmi_buf_init(&push, LOAD_CARRY_MAX);
    rtmi_message_encode(&push, 1, &message, 0);
    const size_t len = rtmi_buf_len(&push);
    rtmi_buf_deinit(&push);
    return len;
}

static bool prepare(load *self)
{
    struct timespec now;

    /* A gate remembers mids: those of the last run must not come again. */
    (void)clock_gettime(CLOCK_REALTIME, &now);
    next_mid = salt = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    signer = rtmi_signer_new();
    self->delivery_len = rtm_push_len(self->text, self->text_len);
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

/* Groups from `first` on, round the ring. */
static void add_groups(load *self, conn *c, size_t first, size_t count)
{
    const size_t mark = begin_signed(self, c, "addlisten", 1);

    rtmi_pack_key(&c->out, "gids");
    rtmi_pack_array(&c->out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        rtmi_pack_int(&c->out, FIRST_GROUP + (int64_t)((first + i) % self->group_count));
    rtmi_frame_end(&c->out, mark);
}

static void add_all_groups(load *self, conn *c)
{
    static const char *const lists[] = {"gids", "rids", "uids", "events"};
    static const char *const switches[] = {"p2p", "group", "room", "ev"};
    const size_t mark = begin_signed(self, c, "setlisten", 8);

    for (size_t i = 0; i < 4; i++) {
        rtmi_pack_key(&c->out, lists[i]);
        rtmi_pack_array(&c->out, 0);
        rtmi_pack_key_bool(&c->out, switches[i], i == 1);
    }
    rtmi_frame_end(&c->out, mark);
}

static void join(load *self, conn *c)
{
    if (c->is_listener && self->all_groups) {
        add_all_groups(self, c);
        return;
    }
    const size_t count = c->is_listener ? self->each : 0;
    /* Who has not proved himself is not heard at length. */
    const size_t proof = count > 1000 ? 0 : count;
    add_groups(self, c, c->first, proof);
    for (size_t done = proof; done < count; done += IDS_A_QUEST) {
        add_groups(self, c, c->first + done, rtmi_min_size(count - done, IDS_A_QUEST));
        c->joins++;
    }
}

static void write_message(load *self, conn *c, size_t group)
{
    const size_t mark = begin_signed(self, c, "sendgroupmsg", 6);

    rtmi_pack_key_int(&c->out, "mtype", 51);
    rtmi_pack_key_int(&c->out, "from", FROM);
    rtmi_pack_key_int(&c->out, "gid", FIRST_GROUP + (int64_t)group);
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
    else
        c->is_ready = --c->joins == 0;
}

/* All of a push: the text, the group, and the mids of one sender's only group one after the other.
 */
static void check_push(const load *self, conn *c, const rtmi_package *package)
{
    const rtmi_push_method method = *rtmi_push_method_of(package->method);
    rtmi_push_flaw flaw = NULL;
    rtm_message message;

    if (rtmi_message_decode(&method, package->payload, &message, &flaw) != 0 || flaw != NULL)
        load_fail("a push cannot be read: %s", flaw != NULL ? flaw : "no map");
    if (message.msg.len != self->text_len ||
        memcmp(message.msg.data, self->text, self->text_len) != 0 || message.from != FROM)
        load_fail("a push has another content");
    if (!load_wants(self, c, (size_t)(message.to - FIRST_GROUP)))
        load_fail("a push to group %lld, which is not listened to", (long long)message.to);
    if (self->group_count > 1 || self->sender_count > 1)
        return;
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
            if (self->checks || self->group_count > 1)
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
