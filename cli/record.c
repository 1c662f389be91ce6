/*
 * The three formats of a record. The NDJSON one is on the hot path of `rtm listen`: it goes
 * into the output buffer directly, without printf and without a tree, and is always valid
 * JSON: what is not UTF-8, or was sent as bytes, goes to data_b64.
 */
#include "cli/record.h"

#include <stdio.h>
#include <time.h>

#include "cli/base64.h"
#include "cli/digits.h"
#include "cli/json_write.h"
#include "cli/visible.h"

#define DAY_MS 86400000LL

/* All of a record but text and attributes takes less. */
#define FIELDS_MAX 512

/* A literal, without counting its length at run time. */
#define APPEND(out, text) buffer_append((out), "" text, sizeof(text) - 1)
#define PUT(at, text) put((at), BYTES(text))
#define BYTES(text) ((rtm_bytes){"" text, sizeof(text) - 1})

/* What stands before a further value of a record. */
#define KEY(name) BYTES(",\"" name "\":")

/* Copy to where there is room; returns the end. */
static inline char *put(char *at, rtm_bytes bytes)
{
    memcpy(at, bytes.data, bytes.len);
    return at + bytes.len;
}

static inline char *put_text(char *at, const char *text)
{
    return put(at, (rtm_bytes){text, strlen(text)});
}

bool record_parse_format(const char *text, enum record_format *ret_format)
{
    static const char *const names[] = {"text", "ndjson", "raw"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_format = (enum record_format)i;
            return true;
        }
    }
    return false;
}

const char *record_kind_name(rtm_kind kind)
{
    switch (kind) {
    case RTM_KIND_GROUP:
        return "group";
    case RTM_KIND_ROOM:
        return "room";
    case RTM_KIND_BROADCAST:
        return "broadcast";
    default:
        return "p2p";
    }
}

static const char *record_family_name(rtm_family family)
{
    switch (family) {
    case RTM_FAMILY_FILE:
        return "file";
    case RTM_FAMILY_CHAT:
        return "chat";
    case RTM_FAMILY_AUDIO:
        return "audio";
    case RTM_FAMILY_CMD:
        return "cmd";
    default:
        return "msg";
    }
}

/* The date of the last record: most records fall on the same day. */
static struct record_day {
    int64_t day; /* since 1970 */
    bool is_known;
    char text[11]; /* "2025-05-01T" */
} last_day;

static bool record_find_day(int64_t day)
{
    const time_t seconds = (time_t)(day * (DAY_MS / 1000));
    struct tm tm;

    if (last_day.is_known && last_day.day == day)
        return true;
    if (day < -719528 || day > 2932896 || gmtime_r(&seconds, &tm) == NULL)
        return false; /* before the year 0 or after 9999 */
    char *at = last_day.text;
    at = digits_write_two(at, (unsigned)(tm.tm_year + 1900) / 100);
    at = digits_write_two(at, (unsigned)(tm.tm_year + 1900) % 100);
    *at++ = '-';
    at = digits_write_two(at, (unsigned)(tm.tm_mon + 1));
    *at++ = '-';
    at = digits_write_two(at, (unsigned)tm.tm_mday);
    *at++ = 'T';
    last_day.day = day;
    last_day.is_known = true;
    return true;
}

/* "10:00:00.123" */
static char *put_clock(char *at, unsigned seconds, unsigned ms)
{
    at = digits_write_two(at, seconds / 3600);
    *at++ = ':';
    at = digits_write_two(at, seconds / 60 % 60);
    *at++ = ':';
    at = digits_write_two(at, seconds % 60);
    *at++ = '.';
    return digits_write_three(at, ms);
}

static char *put_time(char *at, int64_t unix_ms)
{
    int64_t day = unix_ms / DAY_MS;
    int64_t rest = unix_ms % DAY_MS;

    if (rest < 0) {
        rest += DAY_MS;
        day--;
    }
    if (!record_find_day(day))
        return PUT(at, "null");
    *at++ = '"';
    at = put(at, (rtm_bytes){last_day.text, sizeof last_day.text});
    at = put_clock(at, (unsigned)(rest / 1000), (unsigned)(rest % 1000));
    return PUT(at, "Z\"");
}

void record_append_time(struct buffer *out, int64_t unix_ms)
{
    char *at = buffer_reserve(out, FIELDS_MAX);

    out->len += (size_t)(put_time(at, unix_ms) - at);
}

/* People read the time of their own clocks. */
static void record_append_local_time(struct buffer *out, int64_t unix_ms)
{
    const int64_t ms = (unix_ms % 1000 + 1000) % 1000;
    const time_t seconds = (time_t)((unix_ms - ms) / 1000);
    struct tm tm;

    if (unix_ms < 0 || localtime_r(&seconds, &tm) == NULL) {
        APPEND(out, "--:--:--.---");
        return;
    }
    char *at = buffer_reserve(out, FIELDS_MAX);
    out->len += (size_t)(put_clock(at, (unsigned)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec),
                                   (unsigned)ms) -
                         at);
}

static char *put_id(char *at, const struct record_style *style, int64_t id)
{
    if (style->ids_are_numbers)
        return digits_write_int(at, id);
    *at++ = '"';
    at = digits_write_int(at, id);
    *at++ = '"';
    return at;
}

static void record_append_id(struct buffer *out, const struct record_style *style, int64_t id)
{
    char *at = buffer_reserve(out, FIELDS_MAX);

    out->len += (size_t)(put_id(at, style, id) - at);
}

/* The text behind `key` or, when that cannot be, base64 behind `other`. */
static void record_append_bytes(struct buffer *out, rtm_bytes key, rtm_bytes other, rtm_bytes bytes,
                                bool is_binary)
{
    const size_t old_len = out->len;

    if (!is_binary) {
        buffer_append(out, key.data, key.len);
        if (json_write_text(out, bytes.data, bytes.len))
            return;
        out->len = old_len;
    }
    buffer_append(out, other.data, other.len);
    buffer_append_byte(out, '"');
    base64_append(out, bytes.data, bytes.len);
    buffer_append_byte(out, '"');
}

static void record_append_attrs(struct buffer *out, rtm_bytes attrs)
{
    const size_t old_len = out->len;

    if (attrs.len == 0)
        return;
    APPEND(out, ",\"attrs\":");
    if (json_write_object(out, attrs.data, attrs.len))
        return;
    out->len = old_len;
    record_append_bytes(out, KEY("attrs_text"), KEY("attrs_b64"), attrs, false);
}

static void record_append_offset(struct buffer *out, const struct record_style *style,
                                 bool has_offset, int64_t offset)
{
    if (has_offset) {
        APPEND(out, ",\"offset\":");
        record_append_id(out, style, offset);
    }
    APPEND(out, "}\n");
}

static void record_message_ndjson(struct buffer *out, const struct record_style *style,
                                  const rtm_message *m)
{
    char *at = buffer_reserve(out, FIELDS_MAX);
    char *const start = at;

    at = PUT(at, "{\"v\":1,\"ev\":\"message\",\"kind\":\"");
    at = put_text(at, record_kind_name(m->kind));
    at = PUT(at, "\",\"type\":\"");
    at = put_text(at, record_family_name(m->family));
    at = PUT(at, "\",\"mtype\":");
    at = digits_write_int(at, m->mtype);
    at = put_id(PUT(at, ",\"from\":"), style, m->from);
    at = put_id(PUT(at, ",\"to\":"), style, m->to);
    at = put_id(PUT(at, ",\"mid\":"), style, m->mid);
    at = put_time(PUT(at, ",\"time\":"), m->mtime_ms);
    at = digits_write_int(PUT(at, ",\"mtime_ms\":"), m->mtime_ms);
    out->len += (size_t)(at - start);
    record_append_bytes(out, KEY("text"), KEY("data_b64"), m->msg, m->is_binary);
    record_append_attrs(out, m->attrs);
    record_append_offset(out, style, m->has_offset, m->offset);
}

/* "10:00:00.123 group 77 from 1001 chat: hello  {"lang":"en"}" */
static void record_message_text(struct buffer *out, const rtm_message *m)
{
    record_append_local_time(out, m->mtime_ms);
    buffer_append_byte(out, ' ');
    buffer_append_string(out, record_kind_name(m->kind));
    if (m->kind != RTM_KIND_BROADCAST) {
        buffer_append_byte(out, ' ');
        buffer_append_int(out, m->to);
    }
    APPEND(out, " from ");
    buffer_append_int(out, m->from);
    buffer_append_byte(out, ' ');
    buffer_append_string(out, record_family_name(m->family));
    if (m->family == RTM_FAMILY_MESSAGE || m->family == RTM_FAMILY_FILE) {
        buffer_append_byte(out, '/');
        buffer_append_int(out, m->mtype);
    }
    APPEND(out, ": ");
    if (m->is_binary) {
        buffer_append_byte(out, '<');
        buffer_append_uint(out, m->msg.len);
        APPEND(out, " bytes>");
    } else {
        visible_append(out, m->msg.data, m->msg.len);
    }
    if (m->attrs.len > 0) {
        APPEND(out, "  ");
        visible_append(out, m->attrs.data, m->attrs.len);
    }
    buffer_append_byte(out, '\n');
}

void record_append_message(struct buffer *out, const struct record_style *style,
                           const rtm_message *message)
{
    switch (style->format) {
    case RECORD_NDJSON:
        record_message_ndjson(out, style, message);
        break;
    case RECORD_TEXT:
        record_message_text(out, message);
        break;
    case RECORD_RAW:
        buffer_append(out, message->msg.data, message->msg.len);
        buffer_append_byte(out, '\n');
        break;
    }
}

static void record_event_ndjson(struct buffer *out, const struct record_style *style,
                                const rtm_event *e)
{
    const bool has_ms = e->time_s > -4000000000000 && e->time_s < 4000000000000;

    APPEND(out, "{\"v\":1,\"ev\":\"event\"");
    record_append_bytes(out, KEY("event"), KEY("event_b64"), e->event, false);
    APPEND(out, ",\"uid\":");
    record_append_id(out, style, e->uid);
    record_append_bytes(out, KEY("endpoint"), KEY("endpoint_b64"), e->endpoint, false);
    APPEND(out, ",\"time\":");
    if (has_ms)
        record_append_time(out, e->time_s * 1000);
    else
        APPEND(out, "null");
    APPEND(out, ",\"time_s\":");
    buffer_append_int(out, e->time_s);
    if (e->data.len > 0)
        record_append_bytes(out, KEY("data"), KEY("data_b64"), e->data, false);
    record_append_offset(out, style, e->has_offset, e->offset);
}

void record_append_event(struct buffer *out, const struct record_style *style,
                         const rtm_event *event)
{
    if (style->format == RECORD_NDJSON) {
        record_event_ndjson(out, style, event);
        return;
    }
    if (style->format == RECORD_TEXT) {
        record_append_local_time(out, event->time_s < 4000000000000 ? event->time_s * 1000 : -1);
        buffer_append_byte(out, ' ');
    }
    visible_append(out, event->event.data, event->event.len);
    buffer_append_byte(out, ' ');
    buffer_append_int(out, event->uid);
    if (style->format == RECORD_TEXT && event->endpoint.len > 0) {
        APPEND(out, " at ");
        visible_append(out, event->endpoint.data, event->endpoint.len);
    }
    buffer_append_byte(out, '\n');
}

void record_append_gap(struct buffer *out, int64_t from_ms, int64_t to_ms)
{
    char text[96];

    /* Times as the places in a log that they stand for. */
    (void)snprintf(text, sizeof text, "\"from\":\"t:%lld\",\"to\":\"t:%lld\"", (long long)from_ms,
                   (long long)to_ms);
    APPEND(out, "{\"v\":1,\"ev\":\"gap\",");
    buffer_append_string(out, text);
    APPEND(out, ",\"reason\":\"cut\",\"recoverable\":false}\n");
}

void record_append_state(struct buffer *out, const char *state, const char *reason, int64_t now_ms)
{
    APPEND(out, "{\"v\":1,\"ev\":\"state\",\"state\":\"");
    buffer_append_string(out, state);
    APPEND(out, "\",\"since\":");
    record_append_time(out, now_ms);
    if (reason != NULL) {
        APPEND(out, ",\"reason\":");
        json_write_shown(out, reason, strlen(reason));
    }
    APPEND(out, "}\n");
}
