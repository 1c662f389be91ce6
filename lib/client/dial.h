/*
 * From the addresses of a gate to one connected socket (RFC 8305): the families take turns, the
 * next address is tried a moment after the one before, without giving that up, and at once when
 * one fails. The first to connect wins; the others are closed.
 */
#ifndef RTMI_CLIENT_DIAL_H
#define RTMI_CLIENT_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/log.h"
#include "lib/net/poller.h"
#include "lib/net/resolver.h"
#include "lib/net/socket.h"

#define DIAL_SLOT_COUNT 4 /* sockets under way at a time */
#define DIAL_STEP_MS 250  /* from one attempt to the next */

typedef struct client_dial_slot {
    int fd; /* -1: free */
    int address;
    int64_t begun_ms;
    bool is_ready; /* the poller has told something */
} client_dial_slot;

typedef struct client_dial {
    int poller;
    uint32_t tag;
    const rtmi_log *log;
    rtmi_address addresses[RTMI_ADDRESS_COUNT]; /* in the order of trying */
    int count;
    int next;
    int winner;
    int64_t next_ms;  /* when the next address is due */
    int64_t share_ms; /* after so long an attempt makes room if others wait for it */
    int reason;       /* of the last failure */
    client_dial_slot slots[DIAL_SLOT_COUNT];
} client_dial;

/** Nothing under way. Sockets get `tag` with the slot in the upper 32 bits. */
void rtmi_dial_init(client_dial *dial, int poller, uint32_t tag, const rtmi_log *log);

/** Put `addresses` in order; the first rtmi_dial_step() begins. All have `total_ms` together. */
void rtmi_dial_begin(client_dial *dial, const rtmi_address *addresses, int count, int64_t total_ms,
                     int64_t now_ms);

/** The poller has an event for a slot. */
void rtmi_dial_event(client_dial *dial, uint32_t slot);

/**
 * Go on. 1: connected, `*ret_fd` is the caller's, still watched under the dial's tag, and
 * nothing else is under way. 0: under way. Negative: every address has failed, the last so.
 */
int rtmi_dial_step(client_dial *dial, int64_t now_ms, int *ret_fd);

/** The address that the last 1 of rtmi_dial_step() was about. */
const rtmi_address *rtmi_dial_winner(const client_dial *dial);

/** When rtmi_dial_step() must run; INT64_MAX for never. */
int64_t rtmi_dial_deadline(const client_dial *dial);

/** Close all; `is_forked` leaves the poller, shared with the parent, alone. */
void rtmi_dial_stop(client_dial *dial, bool is_forked);

#endif
