/*
 * Programs of the server side: they send in anybody's name and change who is where, who is muted,
 * who may log in. What they are told about users and places is checked when it comes.
 */
#include <stdio.h>
#include <string.h>

#include "lib/rtm/codes.h"
#include "tests/soak/random_model.h"

/* One that has room for another quest, or NULL. */
static peer *any_server(model *self)
{
    peer *at = self->servers[roll(self, SERVERS)];

    return at->pending_count < PENDING_MAX ? at : NULL;
}

static void end(model *self, peer *at, pending *op)
{
    peer_end(at, op);
    model_trace(self, op, false, 0);
    peer_flush(self, at);
}

/* Some different users. */
static uint8_t pick(model *self, int most, int32_t ids[IDS_MAX])
{
    const int want = 1 + roll(self, most);
    uint8_t count = 0;

    for (int i = 0; i < want; i++) {
        const int32_t id = roll(self, self->user_count);
        bool is_new = true;
        for (int n = 0; n < count; n++)
            is_new = is_new && ids[n] != id;
        if (is_new)
            ids[count++] = id;
    }
    return count;
}

static void pack_uids(rtmi_buf *out, const pending *op)
{
    rtmi_pack_key(out, "uids");
    rtmi_pack_array(out, op->count);
    for (int i = 0; i < op->count; i++)
        rtmi_pack_int(out, uid_of(op->ids[i]));
}

/* A quest about one user. */
static void about_user(model *self, peer *at, op_kind what, const char *method, int32_t who,
                       int logouts)
{
    const user *of = &self->users[who];
    const bool has_time = what == OP_SHUT_OUT;
    const bool is_one = what == OP_KICK && logouts > 1 && chance(self, 50);
    pending *op = peer_begin(self, at, what);

    op->user = who;
    users_wait(self, who, WAIT_ANSWER | (logouts > 0 ? WAIT_LOGOUT : 0u));
    self->users[who].logouts = is_one ? 1 : logouts;
    rtmi_buf *out = wire_begin(&at->wire, method, has_time || is_one ? 2 : 1, true);
    rtmi_pack_key_int(out, "uid", uid_of(who));
    if (has_time)
        rtmi_pack_key_int(out, "btime", 1000000);
    for (size_t i = 0; is_one && i < of->session_count; i++) {
        if (!session_is_on(of->sessions[i]))
            continue;
        rtmi_pack_key_str(out, "ce", rtmi_span_of_text(of->sessions[i]->endpoint));
        break;
    }
    end(self, at, op);
}

void servers_token(model *self, int32_t who)
{
    peer *at = any_server(self);

    if (at != NULL)
        about_user(self, at, OP_TOKEN, "gettoken", who, 0);
}

/* ---- messages ------------------------------------------------------------------------------ */

static void speak(model *self, peer *at)
{
    const int32_t from = chance(self, 10) ? NOBODY : roll(self, self->user_count);
    const int dice = roll(self, 100);
    int32_t to[IDS_MAX] = {0};

    if (dice < 25) {
        to[0] = roll(self, self->user_count);
        if (to[0] != from)
            send_write(self, at, 1, from, to, 1);
    } else if (dice < 35) {
        const uint8_t count = pick(self, 6, to);
        send_write(self, at, 1, from, to, count);
    } else if (dice < 70) {
        to[0] = any_group(self);
        send_write(self, at, 2, from, to, 1);
    } else if (dice < 95) {
        to[0] = any_room(self);
        send_write(self, at, 3, from, to, 1);
    } else if (chance(self, 20)) {
        send_write(self, at, 4, from, to, 1);
    }
    peer_flush(self, at);
}

uint32_t servers_mark(model *self, int kind)
{
    const int32_t to = kind == 4 ? 0 : NOBODY;

    send_write(self, self->servers[0], kind, NOBODY, &to, 1);
    peer_flush(self, self->servers[0]);
    return (uint32_t)self->sent_count - 1;
}

static void repeat(model *self, peer *at)
{
    const size_t back = (size_t)roll(self, 200) + 1;

    if (back > self->sent_count)
        return;
    const sent *of = &self->sent[self->sent_count - back];
    if (of->fate == ACCEPTED && of->targets == 1 && !of->is_client)
        send_again(self, at, (uint32_t)(self->sent_count - back));
    peer_flush(self, at);
}

/* ---- messages of earlier rounds ------------------------------------------------------------ */

static void touch_message(model *self, peer *at, op_kind what)
{
    static const char *const methods[] = {"delmsg", "editmsg", "getmsg"};

    if (self->round_first == 0)
        return;
    const uint32_t record = (uint32_t)roll(self, (int)self->round_first);
    sent *of = &self->sent[record];
    if (of->is_busy || of->is_deleted || of->edits > 100 ||
        (of->fate != ACCEPTED && of->offset == NEVER))
        return;
    pending *op = peer_begin(self, at, what);
    of->is_busy = true;
    op->record = record;
    rtmi_buf *out = wire_begin(&at->wire, methods[what - OP_DELETE], what == OP_EDIT ? 7 : 4, true);
    rtmi_pack_key_int(out, "mid", of->first + 1);
    rtmi_pack_key_int(out, "from", uid_of(of->from));
    rtmi_pack_key_int(out, "xid", target_of(of));
    rtmi_pack_key_int(out, "type", of->kind);
    if (what == OP_EDIT) {
        uint8_t text[TEXT_MAX];
        const rtmi_span msg = {text, text_of(of->first + 1, of->edits + 1u, text)};
        rtmi_pack_key(out, "msg");
        if (is_binary_of(of->first + 1))
            rtmi_pack_bin(out, msg);
        else
            rtmi_pack_str(out, msg);
        rtmi_pack_key_str(out, "attrs", rtmi_span_of_text("attrs"));
        rtmi_pack_key_int(out, "timeLimit", 0);
    }
    end(self, at, op);
}

static void message_answered(model *self, const pending *op, int code, const rtmi_payload *answer)
{
    sent *of = &self->sent[op->record];
    uint8_t text[TEXT_MAX];
    int64_t mtime_ms;
    rtmi_span msg;

    MUST(self, code == 0, "%s of record %u: %d", op_names[op->op], op->record, code);
    of->is_busy = false;
    if (op->op == OP_DELETE) {
        of->is_deleted = true;
    } else if (op->op == OP_EDIT) {
        of->edits++;
    } else {
        const size_t len = text_of(of->first + 1, of->edits, text);
        MUST(self,
             rtmi_payload_get_bytes(answer, "msg", &msg) == 1 && msg.len == len &&
                 memcmp(msg.data, text, len) == 0,
             "getmsg of record %u: another text", op->record);
        MUST(self,
             rtmi_payload_get_int(answer, "mtime", &mtime_ms) == 1 &&
                 (mtime_ms == of->mtime_ms || of->mtime_ms == 0),
             "getmsg of record %u: another time", op->record);
    }
}

/* ---- groups -------------------------------------------------------------------------------- */

static void change_group(model *self, peer *at, op_kind what)
{
    static const char *const methods[] = {"addgroupmembers", "delgroupmembers", "delgroup"};
    const int32_t group = any_group(self);
    place *of = &self->groups[group];

    if (of->is_busy)
        return;
    for (int i = 0; what == OP_DELETE_GROUP && i < self->user_count; i++) {
        if (flip_is_moving(&of->bans[i]))
            return;
    }
    pending *op = peer_begin(self, at, what);
    op->place = group;
    of->is_busy = true;
    if (what == OP_DELETE_GROUP) {
        for (int i = 0; i < self->user_count; i++) {
            if (flip_last(&of->members[i]))
                flip_begin(self, at, &of->members[i], false);
            if (flip_last(&of->bans[i]))
                flip_begin(self, at, &of->bans[i], false);
        }
    } else {
        op->count = pick(self, what == OP_JOIN_GROUP ? 2 : 10, op->ids);
        for (int i = 0; i < op->count; i++)
            flip_begin(self, at, &of->members[op->ids[i]], what == OP_JOIN_GROUP);
    }
    rtmi_buf *out =
        wire_begin(&at->wire, methods[what - OP_JOIN_GROUP], what == OP_DELETE_GROUP ? 1 : 2, true);
    rtmi_pack_key_int(out, "gid", gid_of(group));
    if (what != OP_DELETE_GROUP)
        pack_uids(out, op);
    end(self, at, op);
}

static void place_settled(model *self, place *of, bool with_bans)
{
    for (int i = 0; i < self->user_count; i++) {
        if (flip_is_moving(&of->members[i]))
            flip_end(self, &of->members[i]);
        if (with_bans && flip_is_moving(&of->bans[i]))
            flip_end(self, &of->bans[i]);
    }
    of->is_busy = false;
}

/* ---- rooms --------------------------------------------------------------------------------- */

/* `record` holds a bit for each of the ids that the gate has to name. */
static void change_room(model *self, peer *at, bool enters)
{
    const int32_t room = any_room(self);
    place *of = &self->rooms[room];
    int32_t ids[IDS_MAX];
    const uint8_t count = pick(self, 6, ids);

    for (int i = 0; i < count; i++) {
        if (of->is_busy || self->users[ids[i]].waits != 0)
            return;
    }
    pending *op = peer_begin(self, at, enters ? OP_PUT_IN_ROOM : OP_PUT_OUT_OF_ROOM);
    op->place = room;
    op->count = count;
    memcpy(op->ids, ids, sizeof ids);
    of->is_busy = true;
    for (int i = 0; i < count; i++) {
        const user *who = &self->users[ids[i]];
        const bool is_in = flip_last(&of->members[ids[i]]);
        users_wait(self, ids[i], WAIT_ANSWER);
        if (enters ? users_sessions(who) == 0 : !is_in)
            continue;
        op->record |= 1u << i;
        flip_begin(self, at, &of->members[ids[i]], enters);
        for (size_t n = 0; !enters && n < who->session_count; n++)
            who->sessions[n]->room_kicks += session_is_on(who->sessions[n]);
    }
    rtmi_buf *out = wire_begin(&at->wire, enters ? "addroommembers" : "delroommembers", 2, true);
    rtmi_pack_key_int(out, "rid", rid_of(room));
    pack_uids(out, op);
    end(self, at, op);
}

/* Flags of the users in a list of an answer. */
static void read_uids(const model *self, const rtmi_payload *answer, const char *key,
                      bool ret[USERS_MAX])
{
    rtmi_span ids;
    rtmi_token token;
    int64_t uid;

    memset(ret, 0, USERS_MAX);
    MUST(self, rtmi_payload_find(answer, key, &ids), "an answer without %s", key);
    rtmi_cursor in = rtmi_cursor_of(ids);
    MUST(self, rtmi_pack_read(&in, &token) == 0, "%s is no list", key);
    for (uint32_t left = token.count; left > 0; left--) {
        MUST(self, rtmi_pack_read(&in, &token) == 0 && rtmi_token_get_int(&token, &uid),
             "%s: no number", key);
        const int32_t who = user_of(self, uid);
        MUST(self, who != NOBODY && !ret[who], "%s: user %d twice", key, (int)who);
        ret[who] = true;
    }
}

static void room_answered(model *self, const pending *op, const rtmi_payload *answer)
{
    bool named[USERS_MAX];

    read_uids(self, answer, "successedUids", named);
    for (int i = 0; i < op->count; i++) {
        MUST(self, named[op->ids[i]] == ((op->record >> i & 1) != 0), "%s: user %d is %snamed",
             op_names[op->op], (int)op->ids[i], named[op->ids[i]] ? "" : "not ");
        users_done(self, op->ids[i], WAIT_ANSWER);
    }
    place_settled(self, &self->rooms[op->place], false);
}

/* ---- bans and blacklists ------------------------------------------------------------------- */

static flip *flip_of(model *self, const mute *of)
{
    switch (of->which) {
    case 0:
        return self->groups[of->place].is_busy ? NULL : &self->groups[of->place].bans[of->who];
    case 1:
        return &self->rooms[of->place].bans[of->who];
    case 2:
        return &self->group_bans[of->who];
    case 3:
        return &self->room_bans[of->who];
    case 4:
        return &self->users[of->who].ban;
    default:
        return black_of(self, of->place, of->who);
    }
}

static mute some_mute(model *self)
{
    /* Seldom the wide ones. */
    static const int kinds[16] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5};
    mute of = {.which = kinds[roll(self, 16)], .who = roll(self, self->user_count)};

    if (of.which == 0)
        of.place = any_group(self);
    else if (of.which == 1)
        of.place = any_room(self);
    else if (of.which == 5) /* of those who write to each other */
        of.place = (of.who + 1 + roll(self, 4)) % self->user_count;
    return of;
}

static void write_mute(model *self, peer *at, const mute *of, flip *what, bool adds)
{
    static const char *const methods[6][2] = {
        {"removegroupban", "addgroupban"},     {"removeroomban", "addroomban"},
        {"removegroupban", "addgroupban"},     {"removeroomban", "addroomban"},
        {"removeprojectban", "addprojectban"}, {"delblacks", "addblacks"}};
    const bool is_black = of->which == 5;
    pending *op = peer_begin(self, at,
                             is_black ? (adds ? OP_BLACK : OP_UNBLACK)
                             : adds   ? OP_BAN
                                      : OP_UNBAN);

    op->user = of->who;
    op->place = of->place;
    op->flip = what;
    flip_begin(self, at, what, adds);
    const uint32_t params = is_black ? 2 : (of->which < 2 ? 2u : 1u) + (adds ? 1u : 0u);
    rtmi_buf *out = wire_begin(&at->wire, methods[of->which][adds], params, true);
    rtmi_pack_key_int(out, "uid", uid_of(is_black ? of->place : of->who));
    if (is_black) {
        rtmi_pack_key(out, "blacks");
        rtmi_pack_array(out, 1);
        rtmi_pack_int(out, uid_of(of->who));
    } else {
        if (of->which == 0)
            rtmi_pack_key_int(out, "gid", gid_of(of->place));
        if (of->which == 1)
            rtmi_pack_key_int(out, "rid", rid_of(of->place));
        if (adds)
            rtmi_pack_key_int(out, "btime", 1000000);
    }
    end(self, at, op);
}

static void ban(model *self, peer *at)
{
    const bool adds = self->mute_count == 0 || (self->mute_count < MUTES_MAX && chance(self, 52));
    const int index = adds ? self->mute_count : roll(self, self->mute_count);

    if (adds)
        self->mutes[index] = some_mute(self);
    const mute of = self->mutes[index];
    flip *what = flip_of(self, &of);
    if (what == NULL || flip_is_moving(what))
        return;
    const bool is_on = flip_last(what);
    if (adds) {
        self->mute_count += !is_on;
        if (!is_on)
            write_mute(self, at, &of, what, true);
        return;
    }
    self->mutes[index] = self->mutes[--self->mute_count];
    if (is_on) /* else it went with its group */
        write_mute(self, at, &of, what, false);
}

/* ---- sessions ------------------------------------------------------------------------------ */

static void change_session(model *self, peer *at)
{
    const int32_t who = roll(self, self->user_count);
    const user *of = &self->users[who];
    const int sessions = users_sessions(of);

    if (of->waits != 0)
        return;
    if (of->is_shut_out)
        about_user(self, at, OP_LET_IN, "removeprojectblack", who, 0);
    else if (chance(self, 50))
        about_user(self, at, OP_KICK, "kickout", who, sessions);
    else if (chance(self, 30))
        about_user(self, at, OP_SHUT_OUT, "addprojectblack", who, sessions);
    else if (of->has_token)
        about_user(self, at, OP_REMOVE_TOKEN, "removetoken", who, 0);
}

static void session_answered(model *self, const pending *op, const rtmi_payload *answer)
{
    user *of = &self->users[op->user];
    rtmi_span token;

    if (op->op == OP_TOKEN) {
        MUST(self, rtmi_payload_get_bytes(answer, "token", &token) == 1 && token.len == 32,
             "gettoken: no token");
        memcpy(of->token, token.data, 32);
        of->has_token = true;
        of->is_token_dead = false;
    } else if (op->op == OP_REMOVE_TOKEN) {
        of->is_token_dead = true;
    } else if (op->op == OP_SHUT_OUT || op->op == OP_LET_IN) {
        of->is_shut_out = op->op == OP_SHUT_OUT;
    }
    users_done(self, op->user, WAIT_ANSWER);
}

/* ---- questions ----------------------------------------------------------------------------- */

static void ask(model *self, peer *at, op_kind what)
{
    const int32_t group = any_group(self);
    const int32_t room = any_room(self);

    if (what == OP_GROUP_MEMBERS ? self->groups[group].is_busy
                                 : what == OP_ROOM_MEMBERS && self->rooms[room].is_busy)
        return;
    pending *op = peer_begin(self, at, what);
    if (what == OP_ONLINE) {
        op->count = pick(self, IDS_MAX, op->ids);
        pack_uids(wire_begin(&at->wire, "getonlineusers", 1, true), op);
    } else if (what == OP_GROUP_MEMBERS) {
        op->place = group;
        self->groups[group].is_busy = true;
        rtmi_pack_key_int(wire_begin(&at->wire, "getgroupmembers", 1, true), "gid", gid_of(group));
    } else {
        op->place = room;
        self->rooms[room].is_busy = true;
        rtmi_pack_key_int(wire_begin(&at->wire, "getroommembers", 1, true), "rid", rid_of(room));
    }
    end(self, at, op);
}

/* Nothing was changed since the quest began. */
static bool was_settled(const model *self, int32_t who, const pending *op)
{
    const user *of = &self->users[who];

    return of->waits == 0 && of->changed < op->begin && of->settled < op->begin;
}

static void question_answered(model *self, const pending *op, const rtmi_payload *answer)
{
    bool named[USERS_MAX];

    read_uids(self, answer, "uids", named);
    for (int i = 0; op->op == OP_ONLINE && i < op->count; i++)
        MUST(self,
             !was_settled(self, op->ids[i], op) ||
                 named[op->ids[i]] == (users_sessions(&self->users[op->ids[i]]) > 0),
             "getonlineusers: user %d is %s", (int)op->ids[i],
             named[op->ids[i]] ? "there" : "gone");
    if (op->op == OP_ONLINE)
        return;
    place *of = op->op == OP_GROUP_MEMBERS ? &self->groups[op->place] : &self->rooms[op->place];
    for (int i = 0; i < self->user_count; i++)
        MUST(self,
             (op->op == OP_ROOM_MEMBERS && !was_settled(self, i, op)) ||
                 named[i] == flip_last(&of->members[i]),
             "%s %d: user %d is %s", op_names[op->op], (int)op->place, i,
             named[i] ? "there" : "not there");
    of->is_busy = false;
}

/* ---- all of them --------------------------------------------------------------------------- */

void servers_answered(model *self, const pending *op, int code, const rtmi_payload *answer)
{
    MUST(self, code == 0, "%s: %d", op_names[op->op], code);
    switch (op->op) {
    case OP_DELETE:
    case OP_EDIT:
    case OP_READ:
        message_answered(self, op, code, answer);
        break;
    case OP_JOIN_GROUP:
    case OP_PART_GROUP:
    case OP_DELETE_GROUP:
        place_settled(self, &self->groups[op->place], op->op == OP_DELETE_GROUP);
        break;
    case OP_PUT_IN_ROOM:
    case OP_PUT_OUT_OF_ROOM:
        room_answered(self, op, answer);
        break;
    case OP_BAN:
    case OP_UNBAN:
    case OP_BLACK:
    case OP_UNBLACK:
        flip_end(self, op->flip);
        break;
    case OP_ONLINE:
    case OP_GROUP_MEMBERS:
    case OP_ROOM_MEMBERS:
        question_answered(self, op, answer);
        break;
    default:
        session_answered(self, op, answer);
        break;
    }
}

void servers_act(model *self)
{
    peer *at = any_server(self);
    const int dice = roll(self, 1000);

    if (at == NULL)
        return;
    if (dice < 600)
        speak(self, at);
    else if (dice < 620)
        repeat(self, at);
    else if (dice < 690)
        change_group(self, at, chance(self, 55) ? OP_JOIN_GROUP : OP_PART_GROUP);
    else if (dice < 692)
        change_group(self, at, OP_DELETE_GROUP);
    else if (dice < 740)
        change_room(self, at, chance(self, 60));
    else if (dice < 830)
        ban(self, at);
    else if (dice < 850)
        change_session(self, at);
    else if (dice < 870)
        ask(self, at, OP_ONLINE);
    else if (dice < 890)
        ask(self, at, OP_GROUP_MEMBERS);
    else if (dice < 910)
        ask(self, at, OP_ROOM_MEMBERS);
    else
        touch_message(self, at, dice < 930 ? OP_DELETE : dice < 960 ? OP_EDIT : OP_READ);
}
