/*
 * History: pages, single messages, counting; hiding, changing and erasing.
 *
 * Reading asks the store and answers when it has answered. What hides or changes messages is a
 * record of the log, so it takes effect in its place: a page that is asked for after its answer
 * shows it.
 *
 * Protocol: RTM sections 2.6, 4.4 and 9 (17, 21, 22).
 */
#include <stdlib.h>
#include <string.h>

#include "gate/ops/ops_tools.h"
#include "lib/base/num.h"
#include "lib/fpnn/utf8.h"
#include "lib/rtm/codes.h"

/* ---- parameters ---------------------------------------------------------------------------- */

/* The types asked for as bits, from either of two names. False: answered. */
static bool read_mtypes(op *quest, uint64_t ret_bits[2])
{
    static const char *const keys[] = {"mtypes", "mtype"};

    ret_bits[0] = ret_bits[1] = 0;
    for (size_t k = 0; k < 2; k++) {
        int64_t *mtypes;
        size_t count;
        bool is_good = true;
        if (!op_has(quest, keys[k]))
            continue;
        if (!op_read_ids_of(quest, keys[k], &mtypes, &count))
            return false;
        for (size_t i = 0; i < count; i++) {
            is_good = is_good && mtypes[i] >= 1 && mtypes[i] <= 127;
            if (is_good)
                ret_bits[mtypes[i] / 64] |= UINT64_C(1) << (mtypes[i] & 63);
        }
        free(mtypes);
        if (!is_good) {
            op_answer_error(quest, RTMI_RC_INVALID_MTYPE, "%s: parameter %s: types are 1 to 127",
                            quest->method->name, keys[k]);
            return false;
        }
    }
    return true;
}

/* The conversation that `from`, `xid` and `type` name. False: answered. */
static bool read_conversation(op *quest, store_record *ret)
{
    const int64_t type = op_int(quest, "type");

    *ret = (store_record){.mtype = (uint8_t)type, .from = op_int(quest, "from")};
    if (type == STORE_BROADCAST)
        return true;
    ret->to = op_int(quest, "xid");
    if (ret->to > 0)
        return true;
    op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "%s: parameter xid is too small",
                    quest->method->name);
    return false;
}

/* ---- pages --------------------------------------------------------------------------------- */

static rtmi_span part_of(const store_answer *answer, uint32_t at, uint32_t len)
{
    return len == 0 ? (rtmi_span){NULL, 0} : (rtmi_span){answer->bytes + at, len};
}

static void pack_body(rtmi_buf *out, const store_answer *answer, const store_row *row)
{
    const rtmi_span msg = part_of(answer, row->msg_at, row->msg_len);

    if (row->is_binary)
        rtmi_pack_bin(out, msg);
    else
        rtmi_pack_str(out, msg);
}

/* A row of exactly eight; of P2P the second says who of the two has sent it. */
static void pack_row(rtmi_buf *out, const store_answer *answer, const store_row *row,
                     int64_t reader)
{
    rtmi_pack_array(out, 8);
    rtmi_pack_int(out, row->id);
    rtmi_pack_int(out, reader == 0 ? row->from : row->from == reader ? 1 : 2);
    rtmi_pack_int(out, row->mtype);
    rtmi_pack_int(out, row->mid);
    rtmi_pack_bool(out, false);
    pack_body(out, answer, row);
    rtmi_pack_str(out, part_of(answer, row->attrs_at, row->attrs_len));
    rtmi_pack_int(out, row->mtime_ms);
}

/* What the next page is asked with: the bound on this side moves to the last row. */
static void answer_page(op *quest, const store_answer *answer)
{
    const bool is_p2p = rtmi_span_is(rtmi_span_of_text(quest->method->name), "getp2pmsg");
    const store_row *last = answer->row_count > 0 ? &answer->rows[answer->row_count - 1] : NULL;
    int64_t begin_ms = op_int(quest, "begin");
    int64_t end_ms = op_int(quest, "end");
    rtmi_buf *out = op_answer_begin(quest);

    if (last != NULL && op_flag(quest, "desc"))
        end_ms = last->mtime_ms;
    else if (last != NULL)
        begin_ms = last->mtime_ms;
    rtmi_pack_map(out, 5);
    rtmi_pack_key_int(out, "num", (int64_t)answer->row_count);
    rtmi_pack_key_int(out, "lastid", last != NULL ? last->id : op_int(quest, "lastid"));
    rtmi_pack_key_int(out, "begin", begin_ms);
    rtmi_pack_key_int(out, "end", end_ms);
    rtmi_pack_key(out, "msgs");
    rtmi_pack_array(out, (uint32_t)answer->row_count);
    for (size_t i = 0; i < answer->row_count; i++)
        pack_row(out, answer, &answer->rows[i], is_p2p ? op_int(quest, "uid") : 0);
    op_answer_end(quest);
}

static void ask_page(op *quest, store_conversation conversation)
{
    store_ask ask = {
        .question = STORE_ASK_PAGE,
        .conversation = conversation,
        .is_descending = op_flag(quest, "desc"),
        .num = (uint32_t)op_int(quest, "num"),
        .begin_ms = rtmi_max_i64(op_int(quest, "begin"), 0),
        .end_ms = rtmi_max_i64(op_int(quest, "end"), 0),
        .last_id = rtmi_max_i64(op_int(quest, "lastid"), 0),
    };

    if (read_mtypes(quest, ask.mtypes))
        op_ask(quest, &ask, answer_page);
}

/* A reader who is named must be a member. */
static void ask_page_of_many(op *quest, store_kind kind, const char *key, dir_space members,
                             int code)
{
    const int64_t id = op_int(quest, key);
    const int64_t reader = op_int(quest, "uid");
    const dir_key member = dir_key_pair(members, id, reader);

    if (reader > 0 && !directory_has(log_directory(quest->log), &member))
        ops_refuse(quest, code);
    else
        ask_page(quest, store_conversation_of((uint8_t)kind, 0, id));
}

void ops_getgroupmsg(op *quest)
{
    ask_page_of_many(quest, STORE_GROUP, "gid", DIR_GROUP_MEMBER, RTMI_RC_NOT_GROUP_MEMBER);
}

void ops_getroommsg(op *quest)
{
    ask_page_of_many(quest, STORE_ROOM, "rid", DIR_ROOM_MEMBER, RTMI_RC_NOT_IN_ROOM);
}

void ops_getbroadcastmsg(op *quest)
{
    ask_page(quest, store_conversation_of(STORE_BROADCAST, 0, 0));
}

void ops_getp2pmsg(op *quest)
{
    ask_page(quest, store_conversation_of(STORE_P2P, op_int(quest, "uid"), op_int(quest, "ouid")));
}

/* ---- one message --------------------------------------------------------------------------- */

static void find(op *quest, op_answered *then)
{
    store_record of;

    if (!read_conversation(quest, &of))
        return;
    const store_ask ask = {.question = STORE_ASK_FIND,
                           .conversation = store_conversation_of(of.mtype, of.from, of.to),
                           .from = of.from,
                           .mid = op_int(quest, "mid")};
    op_ask(quest, &ask, then);
}

static void answer_message(op *quest, const store_answer *answer)
{
    if (answer->row_count == 0) {
        ops_refuse(quest, RTMI_RC_MESSAGE_NOT_FOUND);
        return;
    }
    const store_row *row = &answer->rows[0];
    rtmi_buf *out = op_answer_begin(quest);
    rtmi_pack_map(out, 5);
    rtmi_pack_key_int(out, "id", row->id);
    rtmi_pack_key_int(out, "mtype", row->mtype);
    rtmi_pack_key(out, "msg");
    pack_body(out, answer, row);
    rtmi_pack_key_str(out, "attrs", part_of(answer, row->attrs_at, row->attrs_len));
    rtmi_pack_key_int(out, "mtime", row->mtime_ms);
    op_answer_end(quest);
}

void ops_getmsg(op *quest)
{
    find(quest, answer_message);
}

/* Add what acts on messages, and answer {}. */
static void add(op *quest, const store_record *record, rtmi_span msg, rtmi_span attrs)
{
    ops_answer_did(quest, log_record(quest->log, record, msg, attrs, quest->now));
}

void ops_delmsg(op *quest)
{
    const rtmi_span nothing = {NULL, 0};
    store_record record;

    if (!read_conversation(quest, &record))
        return;
    record.kind = STORE_DELETE;
    record.mid = op_int(quest, "mid");
    add(quest, &record, nothing, nothing);
}

static void edit(op *quest, const store_answer *answer)
{
    const rtmi_span msg = op_bytes(quest, "msg");
    const rtmi_span attrs = op_bytes(quest, "attrs");
    const int64_t limit_ms = op_int(quest, "timeLimit");
    store_record record;

    if (answer->row_count == 0) {
        ops_refuse(quest, RTMI_RC_MESSAGE_NOT_FOUND);
        return;
    }
    if (limit_ms > 0 && quest->now.wall_ms - answer->rows[0].mtime_ms > limit_ms) {
        op_answer_error(quest, RTMI_RC_PERMISSION_DENIED, "%s: the message is older than timeLimit",
                        quest->method->name);
        return;
    }
    if (!rtmi_utf8_is_valid(attrs)) {
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "%s: parameter attrs is not UTF-8",
                        quest->method->name);
        return;
    }
    if (!read_conversation(quest, &record))
        return;
    record.kind = STORE_EDIT;
    record.mid = op_int(quest, "mid");
    record.is_binary = op_is_bytes(quest, "msg") || !rtmi_utf8_is_valid(msg);
    add(quest, &record, msg, attrs);
}

void ops_editmsg(op *quest)
{
    find(quest, edit);
}

/* ---- many messages ------------------------------------------------------------------------- */

static void clear(op *quest, store_record record, rtmi_span range)
{
    record.kind = STORE_CLEAR;
    add(quest, &record, range, (rtmi_span){NULL, 0});
}

void ops_cleanmsg(op *quest)
{
    const int64_t end_ms = op_int(quest, "end");
    const int64_t range[2] = {rtmi_max_i64(op_int(quest, "begin"), 0),
                              end_ms > 0 ? end_ms : INT64_MAX};
    store_record record;

    if (!read_conversation(quest, &record))
        return;
    if (range[0] > range[1])
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER, "cleanmsg: begin is behind end");
    else
        clear(quest, record, (rtmi_span){(const uint8_t *)range, sizeof range});
}

void ops_delconversationmsgs(op *quest)
{
    store_record record;

    if (read_conversation(quest, &record))
        clear(quest, record, (rtmi_span){NULL, 0});
}

void ops_clearprojectmsg(op *quest)
{
    /* The numbers of this one method. */
    static const uint8_t kinds[] = {STORE_P2P, STORE_ROOM, STORE_GROUP, STORE_BROADCAST, 0};
    const store_record record = {.mtype = kinds[op_int(quest, "type")]};

    clear(quest, record, (rtmi_span){NULL, 0});
}

void ops_clearusermsg(op *quest)
{
    const store_record record = {.from = op_int(quest, "uid")};

    clear(quest, record, (rtmi_span){NULL, 0});
}

static void answer_count(op *quest, const store_answer *answer)
{
    rtmi_buf *out = op_answer_begin(quest);

    rtmi_pack_map(out, 2);
    rtmi_pack_key_int(out, "sender", answer->sender_count);
    rtmi_pack_key_int(out, "num", answer->message_count);
    op_answer_end(quest);
}

void ops_getmsgnum(op *quest)
{
    store_ask ask = {
        .question = STORE_ASK_COUNT,
        .conversation =
            store_conversation_of((uint8_t)op_int(quest, "type"), 0, op_int(quest, "xid")),
        .begin_ms = rtmi_max_i64(op_int(quest, "begin"), 0),
        .end_ms = rtmi_max_i64(op_int(quest, "end"), 0),
    };

    if (read_mtypes(quest, ask.mtypes))
        op_ask(quest, &ask, answer_count);
}
