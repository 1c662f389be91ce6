/*
 * From a line to a message. All keys are gathered first and judged afterwards, since they may
 * come in any order and a record that is passed over may use the same names for other things.
 */
#include "cli/send_record.h"

#include <string.h>

#include "cli/base64.h"
#include "cli/json_read.h"

#define MTYPE_DEFAULT 51 /* the first that is the user's own */

/* What a line may hold: a bit each, for those that are there. */
enum {
    HAS_FROM = 1,
    HAS_TO = 2,
    HAS_TEXT = 4,
    HAS_DATA = 8,
    HAS_ATTRS = 16,
    HAS_MTYPE = 32,
    HAS_MID = 64,
    IS_OTHER = 128 /* an event or a control record */
};

struct send_fields {
    unsigned has;
    int64_t from, to, mid, mtype, type_mtype;
    rtm_kind kind; /* 0: none */
    const char *wrong;
};

static bool send_is(const struct buffer *word, const char *text)
{
    return word->len == strlen(text) && memcmp(word->data, text, word->len) == 0;
}

static rtm_kind send_kind(const struct buffer *word)
{
    if (send_is(word, "group"))
        return RTM_KIND_GROUP;
    if (send_is(word, "room"))
        return RTM_KIND_ROOM;
    if (send_is(word, "p2p"))
        return RTM_KIND_P2P;
    return send_is(word, "broadcast") ? RTM_KIND_BROADCAST : (rtm_kind)0;
}

static int64_t send_mtype_of(const struct buffer *type)
{
    if (send_is(type, "chat"))
        return RTM_MTYPE_CHAT;
    if (send_is(type, "audio"))
        return RTM_MTYPE_AUDIO;
    return send_is(type, "cmd") ? RTM_MTYPE_CMD : MTYPE_DEFAULT;
}

/* A value that is not what its key needs: remembered, judged later, passed over now. */
static bool send_wrong(struct send_fields *f, struct json_in *in, const char *wrong)
{
    if (f->wrong == NULL)
        f->wrong = wrong;
    return json_skip_value(in);
}

static bool send_read_id(struct send_fields *f, struct json_in *in, int64_t *ret_id, unsigned bit,
                         const char *wrong)
{
    if (!json_read_int(in, ret_id))
        return send_wrong(f, in, wrong);
    f->has |= bit;
    return true;
}

/* A string into `out`, which is emptied first. */
static bool send_read_text(struct send_fields *f, struct json_in *in, struct buffer *out,
                           unsigned bit, const char *wrong)
{
    if (json_peek(in) != '"')
        return send_wrong(f, in, wrong);
    if ((f->has & bit) != 0)
        f->wrong = "the content or the attributes stand there twice";
    f->has |= bit;
    out->len = 0;
    return json_read_text(in, out);
}

static bool send_read_base64(struct send_record *r, struct send_fields *f, struct json_in *in,
                             struct buffer *out, unsigned bit, const char *wrong)
{
    struct buffer *word = &r->word;

    if (!send_read_text(f, in, word, bit, wrong))
        return false;
    out->len = 0;
    if (f->wrong == NULL && !base64_decode(out, word->data, word->len))
        f->wrong = wrong;
    return true;
}

/* An object is kept as it is written. */
static bool send_read_attrs(struct send_record *r, struct send_fields *f, struct json_in *in)
{
    const char *first = in->at;

    if (json_peek(in) == 'n')
        return json_skip_value(in);
    if (json_peek(in) != '{')
        return send_read_text(f, in, &r->attrs, HAS_ATTRS, "attrs: neither an object nor text");
    if (!json_skip_value(in))
        return false;
    f->has |= HAS_ATTRS;
    r->attrs.len = 0;
    buffer_append(&r->attrs, first, (size_t)(in->at - first));
    return true;
}

/* "ev", "kind" and "type": short words, read into r->word. */
static bool send_read_word(struct send_record *r, struct send_fields *f, struct json_in *in,
                           char which)
{
    struct buffer *word = &r->word;

    if (json_peek(in) != '"')
        return send_wrong(f, in, "ev, kind and type are texts");
    word->len = 0;
    if (!json_read_text(in, word))
        return false;
    if (which == 'e') {
        if (!send_is(word, "message"))
            f->has |= IS_OTHER;
    } else if (which == 't') {
        f->type_mtype = send_mtype_of(word);
    } else {
        f->kind = send_kind(word);
        if (send_is(word, "event"))
            f->has |= IS_OTHER;
        else if (f->kind == 0)
            f->wrong = "kind: none of p2p, group, room, broadcast";
    }
    return true;
}

/* The value behind the key that stands in r->word. */
static bool send_read_value(struct send_record *r, struct send_fields *f, struct json_in *in)
{
    const struct buffer *key = &r->word;

    if (send_is(key, "from"))
        return send_read_id(f, in, &f->from, HAS_FROM, "from: not an id");
    if (send_is(key, "to"))
        return send_read_id(f, in, &f->to, HAS_TO, "to: not an id");
    if (send_is(key, "text"))
        return send_read_text(f, in, &r->text, HAS_TEXT, "text: not a text");
    if (send_is(key, "data_b64"))
        return send_read_base64(r, f, in, &r->text, HAS_DATA, "data_b64: not base64");
    if (send_is(key, "mtype"))
        return send_read_id(f, in, &f->mtype, HAS_MTYPE, "mtype: not a number");
    if (send_is(key, "mid"))
        return json_peek(in) == 'n' ? json_skip_value(in)
                                    : send_read_id(f, in, &f->mid, HAS_MID, "mid: not a number");
    if (send_is(key, "attrs"))
        return send_read_attrs(r, f, in);
    if (send_is(key, "attrs_text"))
        return send_read_text(f, in, &r->attrs, HAS_ATTRS, "attrs_text: not a text");
    if (send_is(key, "attrs_b64"))
        return send_read_base64(r, f, in, &r->attrs, HAS_ATTRS, "attrs_b64: not base64");
    if (send_is(key, "ev"))
        return send_read_word(r, f, in, 'e');
    if (send_is(key, "kind"))
        return send_read_word(r, f, in, 'k');
    if (send_is(key, "type"))
        return send_read_word(r, f, in, 't');
    return json_skip_value(in);
}

/* The whole line is one object; its keys go into `f`. */
static bool send_read_fields(struct send_record *r, struct send_fields *f, rtm_bytes line)
{
    struct json_in in = {.at = line.data, .end = line.data + line.len};
    bool is_first = true;
    enum json_next next;

    if (!json_enter_object(&in))
        return false;
    while ((next = json_next_key(&in, &is_first, &r->word)) == JSON_ENTRY) {
        if (!send_read_value(r, f, &in))
            return false;
    }
    json_skip_blanks(&in);
    return next == JSON_END && in.at == in.end;
}

static const char *send_judge(const struct send_fields *f, int64_t from)
{
    if (f->wrong != NULL)
        return f->wrong;
    if (f->kind == 0)
        return "no kind";
    if ((f->has & HAS_FROM) == 0 && from == 0)
        return "no sender: neither \"from\" nor --from";
    if ((f->has & HAS_TO) == 0 && f->kind != RTM_KIND_BROADCAST)
        return "no \"to\"";
    if ((f->has & (HAS_TEXT | HAS_DATA)) == 0)
        return "neither text nor data_b64";
    if ((f->has & HAS_TEXT) != 0 && (f->has & HAS_DATA) != 0)
        return "both text and data_b64";
    if ((f->has & HAS_MTYPE) != 0 && (f->mtype < 1 || f->mtype > 127))
        return "mtype: outside 1 to 127";
    return NULL;
}

enum send_verdict send_record_read(struct send_record *record, rtm_bytes line, int64_t from)
{
    struct send_fields f = {.type_mtype = MTYPE_DEFAULT};

    if (!send_read_fields(record, &f, line)) {
        record->why = "not a JSON object";
        return SEND_BAD;
    }
    if ((f.has & IS_OTHER) != 0)
        return SEND_PASS;
    record->why = send_judge(&f, from);
    if (record->why != NULL)
        return SEND_BAD;
    record->kind = f.kind;
    record->message = (rtm_outgoing){
        .size = sizeof record->message,
        .from = (f.has & HAS_FROM) != 0 ? f.from : from,
        .to = f.to,
        .mtype = (int)((f.has & HAS_MTYPE) != 0 ? f.mtype : f.type_mtype),
        .mid = f.mid,
        .msg = record->text.data != NULL ? record->text.data : "",
        .msg_len = record->text.len,
        .is_binary = (f.has & HAS_DATA) != 0,
        .attrs = (f.has & HAS_ATTRS) != 0 ? record->attrs.data : NULL,
        .attrs_len = (f.has & HAS_ATTRS) != 0 ? record->attrs.len : 0,
    };
    return SEND_THIS;
}

void send_record_deinit(struct send_record *record)
{
    buffer_deinit(&record->text);
    buffer_deinit(&record->attrs);
    buffer_deinit(&record->word);
}
