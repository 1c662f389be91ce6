/*
 * What is printed of messages and events: the records of rtm(1).
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include <stdbool.h>

#include <rtm/message.h>

#include "cli/buffer.h"

enum record_format { RECORD_TEXT, RECORD_NDJSON, RECORD_RAW };

struct record_style {
    enum record_format format;
    bool ids_are_numbers; /* --int64 number */
};

/* Parse "text", "ndjson" or "raw". */
bool record_parse_format(const char *text, enum record_format *ret_format);

/* Each appends one record with its line end. */
void record_append_message(struct buffer *out, const struct record_style *style,
                           const rtm_message *message);
void record_append_event(struct buffer *out, const struct record_style *style,
                         const rtm_event *event);

/* Messages between two moments (milliseconds since 1970) may have been missed. */
void record_append_gap(struct buffer *out, int64_t from_ms, int64_t to_ms);

/* A change of the connection's state; NDJSON only. `reason` may be NULL. */
void record_append_state(struct buffer *out, const char *state, const char *reason, int64_t now_ms);

/* "2025-05-01T10:00:00.123Z" in quotes, "null" for a year that has no four digits. */
void record_append_time(struct buffer *out, int64_t unix_ms);

/* "p2p", "group", "room", "broadcast" */
const char *record_kind_name(rtm_kind kind);

#endif
