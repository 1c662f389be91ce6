/*
 * Decoding is the hottest code of the SDK: one bounded pass, each key told by its length and
 * its bytes. The common forms cost a switch; everything unusual goes through the general
 * reader of lib/fpnn/pack.
 */
#include "lib/rtm/message.h"

#include <assert.h>

#include "lib/base/num.h"
#include "lib/rtm/message_fields.h"

static const rtm_bytes no_bytes = {"", 0};

static rtm_bytes bytes_of(rtmi_span span)
{
    return span.len == 0 ? no_bytes : (rtm_bytes){(const char *)span.data, span.len};
}

rtm_family rtmi_family_of(int mtype)
{
    switch (mtype) {
    case RTM_MTYPE_CHAT:
        return RTM_FAMILY_CHAT;
    case RTM_MTYPE_AUDIO:
        return RTM_FAMILY_AUDIO;
    case RTM_MTYPE_CMD:
        return RTM_FAMILY_CMD;
    default:
        return mtype >= RTM_MTYPE_FILE_FIRST && mtype <= RTM_MTYPE_FILE_LAST ? RTM_FAMILY_FILE
                                                                             : RTM_FAMILY_MESSAGE;
    }
}

int rtmi_mtype_of(rtm_family family)
{
    static const int mtypes[] = {
        [RTM_FAMILY_MESSAGE] = 0,           [RTM_FAMILY_FILE] = RTM_MTYPE_FILE_LAST,
        [RTM_FAMILY_CHAT] = RTM_MTYPE_CHAT, [RTM_FAMILY_AUDIO] = RTM_MTYPE_AUDIO,
        [RTM_FAMILY_CMD] = RTM_MTYPE_CMD,
    };
    return mtypes[family];
}

#define ROW(text, kind, family, by_mtype)                                                          \
    {                                                                                              \
        sizeof(text) - 1, text,                                                                    \
        {                                                                                          \
            RTMI_PUSH_MESSAGE, kind, family, by_mtype                                              \
        }                                                                                          \
    }
static const struct push_row {
    size_t len;
    const char *name;
    rtmi_push_method what;
} push_rows[] = {
    /* By expected frequency: the first rows are nearly all traffic. */
    ROW("pushgroupmsg", RTM_KIND_GROUP, RTM_FAMILY_MESSAGE, true),
    ROW("pushmsg", RTM_KIND_P2P, RTM_FAMILY_MESSAGE, true),
    ROW("pushroommsg", RTM_KIND_ROOM, RTM_FAMILY_MESSAGE, true),
    {sizeof("pushevent") - 1,
     "pushevent",
     {RTMI_PUSH_EVENT, RTM_KIND_P2P, RTM_FAMILY_MESSAGE, false}},
    {sizeof("ping") - 1, "ping", {RTMI_PUSH_PING, RTM_KIND_P2P, RTM_FAMILY_MESSAGE, false}},
    ROW("pushfile", RTM_KIND_P2P, RTM_FAMILY_FILE, false),
    ROW("pushgroupfile", RTM_KIND_GROUP, RTM_FAMILY_FILE, false),
    ROW("pushroomfile", RTM_KIND_ROOM, RTM_FAMILY_FILE, false),
    ROW("pushchat", RTM_KIND_P2P, RTM_FAMILY_CHAT, false),
    ROW("pushgroupchat", RTM_KIND_GROUP, RTM_FAMILY_CHAT, false),
    ROW("pushroomchat", RTM_KIND_ROOM, RTM_FAMILY_CHAT, false),
    ROW("pushaudio", RTM_KIND_P2P, RTM_FAMILY_AUDIO, false),
    ROW("pushgroupaudio", RTM_KIND_GROUP, RTM_FAMILY_AUDIO, false),
    ROW("pushroomaudio", RTM_KIND_ROOM, RTM_FAMILY_AUDIO, false),
    ROW("pushcmd", RTM_KIND_P2P, RTM_FAMILY_CMD, false),
    ROW("pushgroupcmd", RTM_KIND_GROUP, RTM_FAMILY_CMD, false),
    ROW("pushroomcmd", RTM_KIND_ROOM, RTM_FAMILY_CMD, false),
};
#undef ROW

__attribute__((noinline)) static const rtmi_push_method *look_method_up(rtmi_span method)
{
    static const rtmi_push_method unknown = {.push = RTMI_PUSH_UNKNOWN};

    for (size_t i = 0; i < sizeof push_rows / sizeof push_rows[0]; i++) {
        const struct push_row *row = &push_rows[i];
        if (row->len == method.len && memcmp(row->name, method.data, method.len) == 0)
            return &row->what;
    }
    return &unknown;
}

const rtmi_push_method *rtmi_push_method_of(rtmi_span method)
{
    /* A length that is known lets the compiler compare by whole words. */
#define TRY(row, text)                                                                             \
    if (method.len == sizeof(text) - 1 && memcmp(method.data, text, sizeof(text) - 1) == 0)        \
    return &push_rows[row].what
    TRY(0, "pushgroupmsg");
    TRY(1, "pushmsg");
    TRY(2, "pushroommsg");
#undef TRY
    return look_method_up(method);
}

static int read_key_slowly(rtmi_cursor *in, uint64_t *ret_key)
{
    rtmi_token token;
    rtmi_span text;
    const int r = rtmi_pack_read(in, &token);

    *ret_key = 0;
    if (r < 0)
        return r;
    if (!rtmi_token_get_bytes(&token, &text))
        return rtmi_pack_skip_content(in, &token);
    /* A NUL inside would make two keys one number: no field has any. */
    if (text.len > 0 && text.len <= sizeof *ret_key && memchr(text.data, 0, text.len) == NULL)
        memcpy(ret_key, text.data, text.len);
    return 0;
}

static inline int read_key(rtmi_cursor *in, uint64_t *ret_key)
{
    const uint8_t *at = in->at;

    if (in->end - at >= 9 && (*at & 0xe0) == 0xa0) {
        const unsigned len = *at & 0x1f;
        if (len >= 1 && len <= 8) {
            const uint64_t key = rtmi_load_le64(at + 1) << (64 - 8 * len) >> (64 - 8 * len);
            if (key >> (8 * len - 8) != 0) { /* no NUL at its end */
                *ret_key = key;
                in->at = at + 1 + len;
                return 0;
            }
        }
    }
    return read_key_slowly(in, ret_key);
}

/* One entry; the content of arrays and maps is passed over. */
static inline int read_entry(rtmi_cursor *in, uint64_t *ret_key, rtmi_token *ret_value)
{
    int r = read_key(in, ret_key);

    if (r == 0)
        r = rtmi_pack_read_fast(in, ret_value);
    if (r == 0 && (ret_value->type == RTMI_PACK_ARRAY || ret_value->type == RTMI_PACK_MAP))
        r = rtmi_pack_skip_content(in, ret_value);
    return r;
}

static int open_map(rtmi_span payload, rtmi_cursor *ret_in, uint32_t *ret_count)
{
    rtmi_token root;

    *ret_in = rtmi_cursor_of(payload);
    const int r = rtmi_pack_read(ret_in, &root);
    if (r < 0)
        return r;
    if (root.type != RTMI_PACK_MAP)
        return RTMI_PACK_E_NOT_MAP;
    *ret_count = root.count;
    return 0;
}

/* What a decoder has met so far, and the first thing that was wrong. */
typedef struct field_set {
    unsigned met;
    const char *flaw;
} field_set;

static bool first_time(field_set *fields, unsigned bit)
{
    if (fields->met & bit)
        return false;
    fields->met |= bit;
    return true;
}

static void take_int(field_set *fields, unsigned bit, const rtmi_token *value, int64_t *ret,
                     const char *flaw)
{
    if (first_time(fields, bit) && !rtmi_token_get_int(value, ret) && fields->flaw == NULL)
        fields->flaw = flaw;
}

static void take_bytes(field_set *fields, unsigned bit, const rtmi_token *value, rtm_bytes *ret,
                       const char *flaw)
{
    rtmi_span span;

    if (!first_time(fields, bit))
        return;
    if (rtmi_token_get_bytes(value, &span))
        *ret = bytes_of(span);
    else if (value->type != RTMI_PACK_NIL && fields->flaw == NULL)
        fields->flaw = flaw;
}

typedef struct message_parts {
    int64_t target;
    int64_t to;
    int64_t mtype;
    int64_t offset;
} message_parts;

static void take_message_entry(const rtmi_push_method *method, uint64_t key,
                               const rtmi_token *value, rtm_message *m, message_parts *parts,
                               field_set *fields)
{
    switch (key) {
    case K4('f', 'r', 'o', 'm'):
        take_int(fields, HAS_FROM, value, &m->from, "from is no integer");
        break;
    case K2('t', 'o'):
        take_int(fields, HAS_TO, value, &parts->to, "to is no integer");
        break;
    case K3('g', 'i', 'd'):
        if (method->kind == RTM_KIND_GROUP)
            take_int(fields, HAS_TARGET, value, &parts->target, "gid is no integer");
        break;
    case K3('r', 'i', 'd'):
        if (method->kind == RTM_KIND_ROOM)
            take_int(fields, HAS_TARGET, value, &parts->target, "rid is no integer");
        break;
    case K5('m', 't', 'y', 'p', 'e'):
        take_int(fields, HAS_MTYPE, value, &parts->mtype, "mtype is no integer");
        break;
    case K3('m', 'i', 'd'):
        take_int(fields, HAS_MID, value, &m->mid, "mid is no integer");
        break;
    case K3('m', 's', 'g'):
        if (!(fields->met & HAS_MSG))
            m->is_binary = value->type == RTMI_PACK_BIN;
        take_bytes(fields, HAS_MSG, value, &m->msg, "msg is neither text nor bytes");
        break;
    case K5('a', 't', 't', 'r', 's'):
        take_bytes(fields, HAS_ATTRS, value, &m->attrs, "attrs is neither text nor bytes");
        break;
    case K5('m', 't', 'i', 'm', 'e'):
        take_int(fields, HAS_MTIME, value, &m->mtime_ms, "mtime is no integer");
        break;
    case 'o':
        take_int(fields, HAS_OFFSET, value, &parts->offset, "o is no integer");
        break;
    default:
        break;
    }
}

static const char *missing_of(const rtmi_push_method *method, unsigned met)
{
    if (!(met & HAS_FROM))
        return "from is missing";
    if (!(met & (HAS_TARGET | HAS_TO)))
        return method->kind == RTM_KIND_GROUP  ? "gid is missing"
               : method->kind == RTM_KIND_ROOM ? "rid is missing"
                                               : "to is missing";
    if (!(met & HAS_MID))
        return "mid is missing";
    if (!(met & HAS_MSG))
        return "msg is missing";
    if (method->family_by_mtype && !(met & HAS_MTYPE))
        return "mtype is missing";
    return NULL;
}

int rtmi_message_decode_generally(const rtmi_push_method *method, rtmi_span payload,
                                  rtm_message *ret, rtmi_push_flaw *ret_flaw)
{
    rtm_message m = {.kind = method->kind, .msg = no_bytes, .attrs = no_bytes};
    message_parts parts = {0, 0, 0, 0};
    field_set fields = {0};
    rtmi_cursor in;
    uint32_t count = 0;
    int r = open_map(payload, &in, &count);

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        uint64_t key;
        rtmi_token value;
        r = read_entry(&in, &key, &value);
        if (r == 0)
            take_message_entry(method, key, &value, &m, &parts, &fields);
    }
    if (r < 0)
        return r;
    *ret_flaw = fields.flaw != NULL ? fields.flaw : missing_of(method, fields.met);
    m.to = fields.met & HAS_TARGET ? parts.target : parts.to;
    m.has_offset = (fields.met & HAS_OFFSET) != 0;
    m.offset = parts.offset;
    if (fields.met & HAS_MTYPE && (parts.mtype < INT32_MIN || parts.mtype > INT32_MAX))
        *ret_flaw = "mtype is out of range";
    m.mtype = fields.met & HAS_MTYPE ? (int)parts.mtype : rtmi_mtype_of(method->family);
    m.family = method->family_by_mtype ? rtmi_family_of(m.mtype) : method->family;
    *ret = m;
    return 0;
}

static void take_event_entry(uint64_t key, const rtmi_token *value, rtm_event *e, field_set *fields)
{
    switch (key) {
    case K5('e', 'v', 'e', 'n', 't'):
        take_bytes(fields, HAS_EVENT, value, &e->event, "event is no text");
        break;
    case K3('p', 'i', 'd'):
        take_int(fields, HAS_PID, value, &e->pid, "pid is no integer");
        break;
    case K3('u', 'i', 'd'):
        take_int(fields, HAS_UID, value, &e->uid, "uid is no integer");
        break;
    case K4('t', 'i', 'm', 'e'):
        take_int(fields, HAS_TIME, value, &e->time_s, "time is no integer");
        break;
    case K8('e', 'n', 'd', 'p', 'o', 'i', 'n', 't'):
        take_bytes(fields, HAS_ENDPOINT, value, &e->endpoint, "endpoint is no text");
        break;
    case K4('d', 'a', 't', 'a'):
        take_bytes(fields, HAS_DATA, value, &e->data, "data is neither text nor bytes");
        break;
    case 'o':
        take_int(fields, HAS_OFFSET, value, &e->offset, "o is no integer");
        break;
    default:
        break;
    }
}

int rtmi_event_decode(rtmi_span payload, rtm_event *ret, rtmi_push_flaw *ret_flaw)
{
    rtm_event e = {.event = no_bytes, .endpoint = no_bytes, .data = no_bytes};
    field_set fields = {0};
    rtmi_cursor in;
    uint32_t count = 0;
    int r = open_map(payload, &in, &count);

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        uint64_t key;
        rtmi_token value;
        r = read_entry(&in, &key, &value);
        if (r == 0)
            take_event_entry(key, &value, &e, &fields);
    }
    if (r < 0)
        return r;
    *ret_flaw = fields.flaw;
    if (*ret_flaw == NULL && !(fields.met & HAS_EVENT))
        *ret_flaw = "event is missing";
    if (*ret_flaw == NULL && !(fields.met & HAS_UID))
        *ret_flaw = "uid is missing";
    e.has_offset = (fields.met & HAS_OFFSET) != 0;
    *ret = e;
    return 0;
}
