/*
 * Messages and events as pushes: decoded in one pass to views, and encoded.
 *
 * Protocol: RTM sections 3.1 to 3.6.
 */
#ifndef RTMI_RTM_MESSAGE_H
#define RTMI_RTM_MESSAGE_H

#include <rtm/message.h>

#include "lib/fpnn/frame.h"
#include "lib/fpnn/payload.h"

/** What a quest of the gate is, by its method. */
typedef enum rtmi_push_kind {
    RTMI_PUSH_UNKNOWN,
    RTMI_PUSH_PING,
    RTMI_PUSH_MESSAGE,
    RTMI_PUSH_EVENT
} rtmi_push_kind;

/** What the method alone tells. */
typedef struct rtmi_push_method {
    rtmi_push_kind push;
    rtm_kind kind;
    rtm_family family;
    bool family_by_mtype; /* push*msg: the mtype decides the family */
} rtmi_push_method;

/** Look a method up, static; unknown ones give RTMI_PUSH_UNKNOWN. */
const rtmi_push_method *rtmi_push_method_of(rtmi_span method);

/** The family of an mtype: 30 chat, 31 audio, 32 cmd, 40 to 50 file, else message. */
rtm_family rtmi_family_of(int mtype);

/** The method that pushes a message of a kind, with its length: "pushgroupmsg". */
rtmi_span rtmi_push_method_name(rtm_kind kind);

/** What a push lacks, or has wrong; a text for the error answer. NULL: all is there. */
typedef const char *rtmi_push_flaw;

/**
 * Decode a message that is as gates write them: every needed field, each once, with integers in
 * any width and texts below 64 KiB; unknown keys may stand between. False: it is not, and `*ret`
 * is not to be read; rtmi_message_decode_generally() has the word then. What this takes, that
 * takes too, with the same result.
 */
bool rtmi_message_decode_quickly(const rtmi_push_method *method, rtmi_span payload,
                                 rtm_message *ret);

/**
 * Decode a message by the general reader alone, which knows every form. For rtmi_message_decode(),
 * which says what comes of it.
 */
int rtmi_message_decode_generally(const rtmi_push_method *method, rtmi_span payload,
                                  rtm_message *ret, rtmi_push_flaw *ret_flaw);

/**
 * Decode a message push in one bounded pass, into views of `payload`. Keys may stand in any
 * order, unknown ones are passed over, of a repeated one the first counts. Needed: from, the
 * target (for a group or room also under `to`), mid, msg, and mtype in push*msg. Returns 0
 * with `*ret_flaw` NULL or naming what is wrong; or a rtmi_pack_error when the bytes are no map,
 * and `*ret` is not to be read then.
 */
static inline int rtmi_message_decode(const rtmi_push_method *method, rtmi_span payload,
                                      rtm_message *ret, rtmi_push_flaw *ret_flaw)
{
    if (!rtmi_message_decode_quickly(method, payload, ret))
        return rtmi_message_decode_generally(method, payload, ret, ret_flaw);
    *ret_flaw = NULL;
    return 0;
}

/** The same for pushevent. Needed: event and uid. */
int rtmi_event_decode(rtmi_span payload, rtm_event *ret, rtmi_push_flaw *ret_flaw);

/** Forms of a push that some published SDKs need. */
enum {
    RTMI_CHAT_AS_MAP = 1, /* text of mtype 30 as {source, target, sourceText, targetText} */
    RTMI_FILE_AS_OLD = 2  /* mtypes 40 to 50 as pushfile, pushgroupfile, pushroomfile */
};

/**
 * Append the two-way push of a message to `out`: all seven fields always, `to` also for
 * groups and rooms (a published SDK loses the message without it), and `o` when
 * message->has_offset. Text goes as str, bytes as bin. `forms` is 0 or some of the above.
 */
void rtmi_message_encode(rtmi_buf *out, uint32_t seq, const rtm_message *message, unsigned forms);

/** The same, by the general writer alone, which knows every form. */
void rtmi_message_encode_generally(rtmi_buf *out, uint32_t seq, const rtm_message *message,
                                   unsigned forms);

/**
 * A push, in any form, is at most so much longer than the message's `msg` and `attrs` together, or
 * the event's `event`, `endpoint` and `data`.
 */
#define RTMI_PUSH_REST_MAX 192

/** The same for an event, with `o` when event->has_offset. */
void rtmi_event_encode(rtmi_buf *out, uint32_t seq, const rtm_event *event);

#endif
