/*
 * A line of NDJSON that says what to send: what `rtm listen -o ndjson` prints, or simpler.
 */
#ifndef CLI_SEND_RECORD_H
#define CLI_SEND_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <rtm/call.h>

#include "cli/buffer.h"

enum send_verdict {
    SEND_THIS,
    SEND_PASS, /* an event or a control record: nothing to send */
    SEND_BAD   /* `why` tells */
};

struct send_record {
    rtm_kind kind;
    rtm_outgoing message; /* borrows from the two buffers */
    const char *why;
    struct buffer text; /* kept from line to line */
    struct buffer attrs;
    struct buffer word;
};

/* Read one line. `from` is the sender of records that name none; 0: they are bad. */
enum send_verdict send_record_read(struct send_record *record, rtm_bytes line, int64_t from);

void send_record_deinit(struct send_record *record);

#endif
