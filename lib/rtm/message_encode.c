/*
 * Messages and events as pushes. A gate encodes each message once for all who get it, so what is
 * usual is written straight on, into room that was asked for once. rtmi_message_encode_generally()
 * says the same in the plain words of pack.h, and has the rare forms to itself.
 */
#include "lib/fpnn/put.h"
#include "lib/rtm/message_fields.h"

/* The length of a usual push is counted in 32 bits, with room to spare. */
#define USUAL_LEN_MAX (UINT32_C(1) << 30)

typedef struct push_name {
    char text[16]; /* copied whole, of which `len` count */
    uint8_t len;
} push_name;

static const push_name *name_of(rtm_kind kind)
{
    static const push_name names[] = {
        [RTM_KIND_P2P] = {"pushmsg", 7},
        [RTM_KIND_GROUP] = {"pushgroupmsg", 12},
        [RTM_KIND_ROOM] = {"pushroommsg", 11},
        [RTM_KIND_BROADCAST] = {"pushbroadcastmsg", 16},
    };

    return &names[kind >= RTM_KIND_P2P && kind <= RTM_KIND_BROADCAST ? kind : RTM_KIND_P2P];
}

rtmi_span rtmi_push_method_name(rtm_kind kind)
{
    const push_name *name = name_of(kind);

    return (rtmi_span){(const uint8_t *)name->text, name->len};
}

static rtmi_span span_of(rtm_bytes bytes)
{
    return (rtmi_span){(const uint8_t *)bytes.data, bytes.len};
}

/* What the C# and Unity SDKs read chat from. */
static void pack_chat_map(rtmi_buf *out, rtm_bytes text)
{
    const rtmi_span nothing = {NULL, 0};

    rtmi_pack_map(out, 4);
    rtmi_pack_key_str(out, "source", nothing);
    rtmi_pack_key_str(out, "target", nothing);
    rtmi_pack_key_str(out, "sourceText", span_of(text));
    rtmi_pack_key_str(out, "targetText", nothing);
}

static rtmi_span method_of(const rtm_message *m, unsigned forms)
{
    if ((forms & RTMI_FILE_AS_OLD) != 0 && rtmi_family_of(m->mtype) == RTM_FAMILY_FILE) {
        switch (m->kind) {
        case RTM_KIND_P2P:
            return rtmi_span_of_text("pushfile");
        case RTM_KIND_GROUP:
            return rtmi_span_of_text("pushgroupfile");
        case RTM_KIND_ROOM:
            return rtmi_span_of_text("pushroomfile");
        default:
            break;
        }
    }
    return rtmi_push_method_name(m->kind);
}

void rtmi_message_encode_generally(rtmi_buf *out, uint32_t seq, const rtm_message *m,
                                   unsigned forms)
{
    const char *target = m->kind == RTM_KIND_GROUP  ? "gid"
                         : m->kind == RTM_KIND_ROOM ? "rid"
                                                    : NULL;
    const bool has_to = m->kind != RTM_KIND_BROADCAST;
    const uint32_t count =
        6u + (has_to ? 1u : 0u) + (target != NULL ? 1u : 0u) + (m->has_offset ? 1u : 0u);
    const size_t mark = rtmi_frame_begin_quest(out, true, seq, method_of(m, forms));

    rtmi_pack_map(out, count);
    rtmi_pack_key_int(out, "from", m->from);
    if (target != NULL)
        rtmi_pack_key_int(out, target, m->to);
    if (has_to)
        rtmi_pack_key_int(out, "to", m->to);
    rtmi_pack_key_int(out, "mtype", m->mtype);
    rtmi_pack_key_int(out, "mid", m->mid);
    rtmi_pack_key(out, "msg");
    if (m->is_binary)
        rtmi_pack_bin(out, span_of(m->msg));
    else if ((forms & RTMI_CHAT_AS_MAP) != 0 && m->mtype == RTM_MTYPE_CHAT)
        pack_chat_map(out, m->msg);
    else
        rtmi_pack_str(out, span_of(m->msg));
    rtmi_pack_key_str(out, "attrs", span_of(m->attrs));
    rtmi_pack_key_int(out, "mtime", m->mtime_ms);
    if (m->has_offset)
        rtmi_pack_key_int(out, "o", m->offset);
    rtmi_frame_end(out, mark);
}

/* Whether the message stands in none of the forms that `forms` asks for. */
static bool is_plain(const rtm_message *m, unsigned forms)
{
    return forms == 0 ||
           (m->mtype != RTM_MTYPE_CHAT && rtmi_family_of(m->mtype) != RTM_FAMILY_FILE);
}

/* Room for a usual push of the message. False: this one is not for the quick way. */
static bool make_room(rtmi_buf *out, const rtm_message *m)
{
    if (out->error != 0 || m->msg.len > USUAL_LEN_MAX || m->attrs.len > USUAL_LEN_MAX)
        return false;
    const size_t most = m->msg.len + m->attrs.len + RTMI_PUSH_REST_MAX;
    /* What is sure to fit is asked for, so that a ceiling is met only by what really exceeds it. */
    return most <= out->max - rtmi_buf_len(out) && rtmi_buf_reserve(out, most);
}

void rtmi_message_encode(rtmi_buf *out, uint32_t seq, const rtm_message *m, unsigned forms)
{
    if (!is_plain(m, forms) || !make_room(out, m)) {
        rtmi_message_encode_generally(out, seq, m, forms);
        return;
    }
    const push_name *const name = name_of(m->kind);
    const bool has_to = m->kind != RTM_KIND_BROADCAST;
    const bool has_target = m->kind == RTM_KIND_GROUP || m->kind == RTM_KIND_ROOM;
    uint8_t *const front = rtmi_buf_tail(out);
    uint8_t *at = rtmi_frame_put_front(front, RTMI_FRAME_TWOWAY, name->len, 0, seq);

    memcpy(at, name->text, sizeof name->text);
    uint8_t *const payload = at += name->len;
    at = rtmi_put_map(at, 6u + has_to + has_target + m->has_offset);
    at = rtmi_put_key_int(at, "from", m->from);
    if (m->kind == RTM_KIND_GROUP)
        at = rtmi_put_key_int(at, "gid", m->to);
    else if (has_target)
        at = rtmi_put_key_int(at, "rid", m->to);
    if (has_to)
        at = rtmi_put_key_int(at, "to", m->to);
    at = rtmi_put_key_int(at, "mtype", m->mtype);
    at = rtmi_put_key_int(at, "mid", m->mid);
    at = rtmi_put_key(at, "msg");
    at = m->is_binary ? rtmi_put_bin_head(at, (uint32_t)m->msg.len)
                      : rtmi_put_str_head(at, (uint32_t)m->msg.len);
    at = rtmi_put_bytes(at, m->msg.data, m->msg.len);
    at = rtmi_put_key(at, "attrs");
    at = rtmi_put_str_head(at, (uint32_t)m->attrs.len);
    at = rtmi_put_bytes(at, m->attrs.data, m->attrs.len);
    at = rtmi_put_key_int(at, "mtime", m->mtime_ms);
    if (m->has_offset)
        at = rtmi_put_key_int(at, "o", m->offset);
    rtmi_frame_put_psize(front, (uint32_t)(at - payload));
    rtmi_buf_commit(out, (size_t)(at - front));
}

void rtmi_event_encode(rtmi_buf *out, uint32_t seq, const rtm_event *e)
{
    const size_t mark = rtmi_frame_begin_quest(out, true, seq, rtmi_span_of_text("pushevent"));

    rtmi_pack_map(out, e->has_offset ? 7 : 6);
    rtmi_pack_key_int(out, "pid", e->pid);
    rtmi_pack_key_str(out, "event", span_of(e->event));
    rtmi_pack_key_int(out, "uid", e->uid);
    rtmi_pack_key_int(out, "time", e->time_s);
    rtmi_pack_key_str(out, "endpoint", span_of(e->endpoint));
    rtmi_pack_key_str(out, "data", span_of(e->data));
    if (e->has_offset)
        rtmi_pack_key_int(out, "o", e->offset);
    rtmi_frame_end(out, mark);
}
