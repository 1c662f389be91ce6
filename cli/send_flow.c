/*
 * Pipelined sending. Up to 4,096 messages or 8 MiB are under way; what the gate answers makes
 * room for more. Our gate does the quests of a connection strictly in order, so nothing else
 * is needed there. Another gate may do them at the same time: then each conversation has one
 * message under way, and the next ones of it wait here for its answer, while other
 * conversations go on.
 */
#include "cli/send_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/memory.h"
#include "cli/number.h"

#define BUCKETS 4096         /* a power of two; at most FLOW_WINDOW_COUNT conversations are held */
#define SAID_MAX 20          /* error lines; after them errors are only counted */
#define LAG_MAX_NS 100000000 /* behind its rate; what is more is not made up for */

struct flow_slot {
    struct flow *flow;
    struct flow_slot *next; /* free, or waiting in its conversation */
    struct flow_conversation *conversation;
    rtm_kind kind;
    uint64_t number;
    size_t bytes;
    char *copy; /* of a waiting message: msg, then attrs */
    rtm_outgoing message;
};

struct flow_conversation {
    struct flow_conversation *next; /* in its bucket */
    rtm_kind kind;
    int64_t to;
    struct flow_slot *first; /* waiting; one more is under way */
    struct flow_slot *last;
};

void flow_init(struct flow *flow, struct link *link, const char *unit)
{
    *flow = (struct flow){.link = link, .unit = unit};
    flow->slots = memory_new(FLOW_WINDOW_COUNT, sizeof flow->slots[0]);
    flow->buckets = memory_new(BUCKETS, sizeof(struct flow_conversation *));
    for (size_t i = FLOW_WINDOW_COUNT; i-- > 0;) {
        flow->slots[i].flow = flow;
        flow->slots[i].next = flow->free_slots;
        flow->free_slots = &flow->slots[i];
    }
}

void flow_deinit(struct flow *flow)
{
    for (size_t i = 0; flow->slots != NULL && i < FLOW_WINDOW_COUNT; i++)
        free(flow->slots[i].copy);
    for (size_t i = 0; flow->buckets != NULL && i < BUCKETS; i++) {
        while (flow->buckets[i] != NULL) {
            struct flow_conversation *c = flow->buckets[i];

            flow->buckets[i] = c->next;
            free(c);
        }
    }
    free(flow->slots);
    free(flow->buckets);
    flow->slots = NULL;
    flow->buckets = NULL;
}

bool flow_has_room(const struct flow *flow)
{
    return flow->held_count < FLOW_WINDOW_COUNT && flow->held_bytes < FLOW_WINDOW_BYTES;
}

int64_t flow_delay_ms(struct flow *flow)
{
    if (flow->rate <= 0)
        return 0;
    const int64_t now_ns = number_now_ns();
    if (flow->next_ns == 0)
        flow->next_ns = now_ns;
    if (flow->next_ns < now_ns - LAG_MAX_NS)
        flow->next_ns = now_ns - LAG_MAX_NS;
    return flow->next_ns <= now_ns ? 0 : (flow->next_ns - now_ns + 999999) / 1000000;
}

/* The gravest: lost, then timed out, refused, answered with an error, anything else. */
static void flow_note_result(struct flow *flow, int result)
{
    static const int ranks[] = {[CLI_FAILED] = 1,
                                [CLI_PEER_ERROR] = 2,
                                [CLI_REFUSED] = 3,
                                [CLI_TIMED_OUT] = 4,
                                [CLI_NO_CONNECTION] = 5};

    if (flow->result == 0 || ranks[result] > ranks[flow->result])
        flow->result = result;
}

static void flow_say(struct flow *flow, uint64_t number, const char *reason)
{
    flow->said++;
    if (flow->said <= SAID_MAX && flow->unit != NULL)
        cli_error("%s %llu: %s", flow->unit, (unsigned long long)number, reason);
    else if (flow->said <= SAID_MAX)
        cli_error("%s", reason);
    else if (flow->said == SAID_MAX + 1)
        cli_error("further errors are only counted");
}

void flow_refuse(struct flow *flow, uint64_t number, const char *reason)
{
    flow_say(flow, number, reason);
    flow->refused++;
    flow_note_result(flow, CLI_FAILED);
}

static struct flow_conversation **flow_bucket(struct flow *flow, rtm_kind kind, int64_t to)
{
    const uint64_t hash = ((uint64_t)to ^ (uint64_t)kind << 60) * 0x9e3779b97f4a7c15U;

    return &flow->buckets[hash >> 52];
}

static struct flow_conversation *flow_find(struct flow *flow, rtm_kind kind, int64_t to)
{
    struct flow_conversation *c = *flow_bucket(flow, kind, to);

    while (c != NULL && (c->kind != kind || c->to != to))
        c = c->next;
    return c;
}

static struct flow_conversation *flow_add(struct flow *flow, rtm_kind kind, int64_t to)
{
    struct flow_conversation **bucket = flow_bucket(flow, kind, to);
    struct flow_conversation *c = memory_new(1, sizeof *c);

    *c = (struct flow_conversation){.next = *bucket, .kind = kind, .to = to};
    *bucket = c;
    return c;
}

static void flow_remove(struct flow *flow, struct flow_conversation *c)
{
    struct flow_conversation **at = flow_bucket(flow, c->kind, c->to);

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c);
}

static void flow_release(struct flow_slot *slot)
{
    struct flow *flow = slot->flow;

    flow->held_count--;
    flow->held_bytes -= slot->bytes;
    free(slot->copy);
    *slot = (struct flow_slot){.flow = flow, .next = flow->free_slots};
    flow->free_slots = slot;
}

static void flow_count_error(struct flow *flow, const rtm_error *err, uint64_t number)
{
    char reason[RTM_ERROR_TEXT_SIZE + 80];
    const int result = cli_exit_of(err);

    flow_note_result(flow, result);
    if (err->local == 0 || err->local == RTM_E_PEER || result == CLI_FAILED)
        flow->refused++;
    else
        flow->failed++;
    if (result == CLI_NO_CONNECTION)
        return; /* said once, for all of them */
    cli_describe(err, reason, sizeof reason);
    flow_say(flow, number, reason);
}

static rtm_sent_fn flow_take_result;

static int flow_send(struct flow_slot *slot)
{
    rtm_client *client = slot->flow->link->client;

    switch (slot->kind) {
    case RTM_KIND_GROUP:
        return rtm_client_send_group_message(client, &slot->message, 0, flow_take_result, slot,
                                             NULL);
    case RTM_KIND_ROOM:
        return rtm_client_send_room_message(client, &slot->message, 0, flow_take_result, slot,
                                            NULL);
    case RTM_KIND_BROADCAST:
        return rtm_client_broadcast_message(client, &slot->message, 0, flow_take_result, slot,
                                            NULL);
    default:
        return rtm_client_send_message(client, &slot->message, 0, flow_take_result, slot, NULL);
    }
}

/* Send `slot`, or the first of those that wait behind it which can be sent. */
static void flow_send_next(struct flow_slot *slot)
{
    struct flow *flow = slot->flow;
    struct flow_conversation *c = slot->conversation;

    for (;;) {
        const int r = flow_send(slot);
        if (r >= 0)
            return;
        const rtm_error err = {.local = r};
        flow_count_error(flow, &err, slot->number);
        flow_release(slot);
        if (c == NULL)
            return;
        slot = c->first;
        if (slot == NULL) {
            flow_remove(flow, c);
            return;
        }
        c->first = slot->next;
    }
}

static void flow_take_result(rtm_client *client, const rtm_error *err, const rtm_sent *sent,
                             void *userdata)
{
    struct flow_slot *slot = userdata;
    struct flow *flow = slot->flow;
    struct flow_conversation *c = slot->conversation;

    (void)client;
    if (err != NULL) {
        flow_count_error(flow, err, slot->number);
    } else {
        flow->accepted++;
        if (flow->on_sent != NULL)
            flow->on_sent(sent, flow->userdata);
    }
    flow_release(slot);
    if (c == NULL)
        return;
    slot = c->first;
    if (slot == NULL) {
        flow_remove(flow, c);
        return;
    }
    c->first = slot->next;
    flow_send_next(slot);
}

static void flow_wait_in_line(struct flow_slot *slot, struct flow_conversation *c)
{
    rtm_outgoing *m = &slot->message;

    slot->copy = memory_new(m->msg_len + m->attrs_len + 1, 1);
    if (m->msg_len > 0)
        memcpy(slot->copy, m->msg, m->msg_len);
    if (m->attrs_len > 0)
        memcpy(slot->copy + m->msg_len, m->attrs, m->attrs_len);
    m->msg = slot->copy;
    m->attrs = slot->copy + m->msg_len;
    slot->next = NULL;
    if (c->first == NULL)
        c->first = slot;
    else
        c->last->next = slot;
    c->last = slot;
}

void flow_submit(struct flow *flow, rtm_kind kind, const rtm_outgoing *message, uint64_t number)
{
    struct flow_slot *slot = flow->free_slots;

    flow->free_slots = slot->next;
    slot->next = NULL;
    slot->kind = kind;
    slot->number = number;
    slot->message = *message;
    slot->bytes = message->msg_len + message->attrs_len + 128;
    flow->held_count++;
    flow->held_bytes += slot->bytes;
    if (flow->rate > 0)
        flow->next_ns += (int64_t)(1e9 / flow->rate);
    if (flow->one_per_conversation) {
        const int64_t to = kind == RTM_KIND_BROADCAST ? 0 : message->to;

        slot->conversation = flow_find(flow, kind, to);
        if (slot->conversation != NULL) {
            flow_wait_in_line(slot, slot->conversation);
            return;
        }
        slot->conversation = flow_add(flow, kind, to);
    }
    flow_send_next(slot);
}

void flow_say_summary(const struct flow *flow, uint64_t passed_over, int64_t elapsed_ns)
{
    const double seconds = (double)elapsed_ns / 1e9;
    const double rate = seconds > 0 ? (double)flow->accepted / seconds : 0;
    char passed[48] = "";

    if (passed_over > 0)
        (void)snprintf(passed, sizeof passed, ", %llu passed over",
                       (unsigned long long)passed_over);
    cli_status("%llu sent, %llu refused, %llu failed%s in %.2f s (%.0f/s)",
               (unsigned long long)flow->accepted, (unsigned long long)flow->refused,
               (unsigned long long)(flow->failed + flow->held_count), passed, seconds, rate);
}
