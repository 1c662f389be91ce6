/*
 * Many messages on their way at once: bounded, in order, counted.
 */
#ifndef CLI_SEND_FLOW_H
#define CLI_SEND_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <rtm/rtm.h>

#include "cli/link.h"

#define FLOW_WINDOW_COUNT 4096
#define FLOW_WINDOW_BYTES (8U << 20)

struct flow_slot;
struct flow_conversation;

/* What became of one message: `err` is NULL on success. */
typedef void flow_result_fn(const rtm_sent *sent, void *userdata);

struct flow {
    struct link *link;
    const char *unit;          /* what messages are numbered by: "line", "message" */
    bool one_per_conversation; /* the gate may reorder the quests of a connection */
    double rate;               /* messages a second; 0: no limit */
    flow_result_fn *on_sent;   /* may be NULL */
    void *userdata;

    uint64_t accepted;
    uint64_t refused;  /* by the gate, or not sendable */
    uint64_t failed;   /* no answer: whether the gate has it is unknown */
    int result;        /* the gravest exit code so far */
    size_t held_count; /* waiting or without an answer */
    size_t held_bytes;

    /* Private from here. */
    int64_t next_ns; /* when the rate allows the next one */
    uint64_t said;   /* error lines so far */
    struct flow_slot *slots;
    struct flow_slot *free_slots;
    struct flow_conversation **buckets;
};

void flow_init(struct flow *flow, struct link *link, const char *unit);
void flow_deinit(struct flow *flow); /* after link_close(): no callback comes any more */

/* There is room in the window for another message. */
bool flow_has_room(const struct flow *flow);

/* Milliseconds until the rate allows another message; 0 for now. */
int64_t flow_delay_ms(struct flow *flow);

/* Take a message; everything is copied. `number` is its line, for error lines. */
void flow_submit(struct flow *flow, rtm_kind kind, const rtm_outgoing *message, uint64_t number);

/* An input that is no message: one error line, counted as refused, CLI_FAILED at the end. */
void flow_refuse(struct flow *flow, uint64_t number, const char *reason);

/* One line on stderr: what was sent, refused, failed, passed over, and how fast. */
void flow_say_summary(const struct flow *flow, uint64_t passed_over, int64_t elapsed_ns);

#endif
