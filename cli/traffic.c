/*
 * Who says what to whom. Low ids are the busy ones, as in real chat; each group and room has
 * its own regulars; most is chat, some are commands, sound and messages of the user's own
 * types with attributes.
 */
#include "cli/traffic.h"

#define USER_FIRST 1001
#define REGULARS 12 /* of a group or room */

static const char *const openings[] = {
    "morning all",
    "has anyone seen the new map?",
    "who is in for tonight?",
    "the build is green again",
    "I will be late, start without me",
    "does this work for you too?",
    "深夜食堂 opens at nine",
    "brb",
    "that was close 😅",
    "naïve question: where do I sign up?",
    "can you send me the link?",
    "thanks, that fixed it",
    "привет всем",
    "lag again...",
    "good game",
    "see you tomorrow",
};

static const char *const replies[] = {
    "yes", "no idea", "same here", "try again in a minute", "on my way", "+1", "haha", "ok, done",
};

static const char *const commands[] = {"{\"cmd\":\"typing\"}", "{\"cmd\":\"seen\"}",
                                       "{\"cmd\":\"wave\"}"};

#define PICK(traffic, array) ((array)[traffic_below((traffic), sizeof(array) / sizeof((array)[0]))])

/* splitmix64 */
static uint64_t traffic_random(struct traffic *t)
{
    uint64_t z = t->state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static uint64_t traffic_below(struct traffic *t, uint64_t bound)
{
    return traffic_random(t) % bound;
}

/* Low numbers more often. */
static int64_t traffic_skewed(struct traffic *t, int64_t bound)
{
    const uint64_t a = traffic_below(t, (uint64_t)bound);
    const uint64_t b = traffic_below(t, (uint64_t)bound);

    return (int64_t)(a < b ? a : b);
}

static void traffic_pick_ends(struct traffic *t, rtm_kind kind, rtm_outgoing *m)
{
    const uint64_t users = (uint64_t)t->users;

    if (kind == RTM_KIND_P2P) {
        const uint64_t from = (uint64_t)traffic_skewed(t, t->users);
        const uint64_t step = 1 + traffic_below(t, users - 1);

        m->from = USER_FIRST + (int64_t)from;
        m->to = USER_FIRST + (int64_t)((from + step) % users);
        return;
    }
    m->to = 1 + traffic_skewed(t, kind == RTM_KIND_GROUP ? t->groups : t->rooms);
    m->from = USER_FIRST + (int64_t)(((uint64_t)m->to * 7 + traffic_below(t, REGULARS)) % users);
}

static void traffic_make_chat(struct traffic *t)
{
    if (traffic_below(t, 3) > 0) {
        buffer_append_string(&t->text, PICK(t, openings));
        return;
    }
    buffer_append_string(&t->text, "user");
    buffer_append_int(&t->text, USER_FIRST + traffic_skewed(t, t->users));
    buffer_append_string(&t->text, ": ");
    buffer_append_string(&t->text, PICK(t, replies));
}

/* Something that looks like a short piece of sound: a header and noise. */
static void traffic_make_sound(struct traffic *t)
{
    const uint64_t words = 4 + traffic_below(t, 12);

    buffer_append(&t->text, "\x01\x00\x01\x00", 4);
    for (uint64_t i = 0; i < words; i++) {
        const uint64_t noise = traffic_random(t);

        buffer_append(&t->text, &noise, sizeof noise);
    }
}

static rtm_kind traffic_pick_kind(struct traffic *t)
{
    const uint64_t dice = traffic_below(t, 10);

    if (t->groups > 0 && (dice < 6 || (t->rooms == 0 && t->users < 2)))
        return RTM_KIND_GROUP;
    if (t->rooms > 0 && (dice < 8 || t->users < 2))
        return RTM_KIND_ROOM;
    if (t->users >= 2)
        return RTM_KIND_P2P;
    return t->groups > 0 ? RTM_KIND_GROUP : RTM_KIND_ROOM;
}

rtm_kind traffic_next(struct traffic *t, rtm_outgoing *ret_message)
{
    rtm_outgoing m = {.size = sizeof m};
    const rtm_kind kind = traffic_pick_kind(t);
    const uint64_t dice = traffic_below(t, 100);

    t->text.len = 0;
    t->attrs.len = 0;
    traffic_pick_ends(t, kind, &m);
    if (dice < 5) {
        m.mtype = RTM_MTYPE_CMD;
        buffer_append_string(&t->text, PICK(t, commands));
    } else if (dice < 8) {
        m.mtype = RTM_MTYPE_AUDIO;
        m.is_binary = true;
        traffic_make_sound(t);
    } else if (dice < 14) {
        m.mtype = 51 + (int)traffic_below(t, 5);
        buffer_append_string(&t->text, "score ");
        buffer_append_uint(&t->text, traffic_below(t, 1000));
        buffer_append_string(&t->attrs, "{\"level\":");
        buffer_append_uint(&t->attrs, traffic_below(t, 20));
        buffer_append_string(&t->attrs, "}");
    } else {
        m.mtype = RTM_MTYPE_CHAT;
        traffic_make_chat(t);
    }
    m.msg = t->text.data;
    m.msg_len = t->text.len;
    m.attrs = t->attrs.len > 0 ? t->attrs.data : NULL;
    m.attrs_len = t->attrs.len;
    *ret_message = m;
    return kind;
}

void traffic_deinit(struct traffic *traffic)
{
    buffer_deinit(&traffic->text);
    buffer_deinit(&traffic->attrs);
}
