/*
 * Users: what they send and ask, and their sessions. While a session or the rooms of a user are
 * being changed he `waits`, and nothing else changes them; messages go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rtm/codes.h"
#include "tests/soak/random_model.h"

enum { SESSIONS_MAX = 3 }; /* of a user, where more than one may be */

void users_wait(model *self, int32_t who, unsigned waits)
{
    user *of = &self->users[who];

    MUST(self, of->waits == 0, "the driver changes user %d twice at a time", (int)who);
    of->waits = waits;
    of->changes++;
    of->changed = self->tick;
}

void users_done(model *self, int32_t who, unsigned waits)
{
    MUST(self, (self->users[who].waits & waits) == waits, "user %d: something ends twice (%u)",
         (int)who, waits);
    self->users[who].waits &= ~waits;
    self->users[who].settled = self->tick;
}

/* ---- sessions ------------------------------------------------------------------------------ */

static void add_session(user *of, peer *session)
{
    if (of->session_count == of->session_cap) {
        of->session_cap = of->session_cap == 0 ? 4 : 2 * of->session_cap;
        of->sessions = realloc(of->sessions, of->session_cap * sizeof(peer *));
        if (of->sessions == NULL)
            abort();
    }
    of->sessions[of->session_count++] = session;
}

bool session_is_on(const peer *at)
{
    return at->login_offset != NEVER && at->logout_offset == FOREVER;
}

int users_sessions(const user *of)
{
    int count = 0;

    for (size_t i = 0; i < of->session_count; i++)
        count += session_is_on(of->sessions[i]);
    return count;
}

/* One that can be used, or NULL. */
static peer *any_session(model *self, const user *of)
{
    peer *found = NULL;
    int count = 0;

    for (size_t i = 0; i < of->session_count; i++) {
        peer *at = of->sessions[i];
        if (at->is_ready && at->ending == LIVE && !at->is_told && roll(self, ++count) == 0)
            found = at;
    }
    return found;
}

/* May be a second login: then the first session ends, where a user may have only one. */
void users_log_in(model *self, int32_t who)
{
    user *of = &self->users[who];
    const bool is_good = !of->is_shut_out && !of->is_token_dead;
    peer *at = peer_open(self, ROLE_USER);

    at->user = who;
    pending *op = peer_begin(self, at, OP_AUTH);
    const int logouts = is_good && !self->is_multi_login ? users_sessions(of) : 0;
    users_wait(self, who,
               WAIT_ANSWER | (is_good ? WAIT_LOGIN : 0u) | (logouts > 0 ? WAIT_LOGOUT : 0u));
    of->logouts = logouts;
    rtmi_buf *out = wire_begin(&at->wire, "auth", 4, false);
    rtmi_pack_key_int(out, "pid", 11000001);
    rtmi_pack_key_int(out, "uid", uid_of(who));
    rtmi_pack_key_str(out, "token", rtmi_span_of_text(of->token));
    rtmi_pack_key_str(out, "version", rtmi_span_of_text("soak"));
    peer_end(at, op);
    model_trace(self, op, false, 0);
    if (is_good)
        add_session(of, at);
    peer_flush(self, at);
}

static void auth_answered(model *self, peer *at, int code, const rtmi_payload *answer)
{
    user *of = &self->users[at->user];
    bool ok = false;

    if (code == 0)
        MUST(self, rtmi_payload_get_bool(answer, "ok", &ok) == 1, "auth: no ok");
    if (of->is_shut_out || of->is_token_dead) {
        /* The token is looked at first. */
        MUST(self, of->is_token_dead ? code == 0 && !ok : code == RTMI_RC_AUTH_DENIED,
             "user %d, who may not log in: code %d, ok %d", (int)at->user, code, (int)ok);
        if (of->is_token_dead)
            of->has_token = of->is_token_dead = false;
        users_done(self, at->user, WAIT_ANSWER);
        at->ending = CUT;
        peer_close(self, at);
        return;
    }
    MUST(self, code == 0 && ok, "user %d: auth fails with %d, ok %d", (int)at->user, code, (int)ok);
    at->is_ready = true;
    users_done(self, at->user, WAIT_ANSWER);
}

static void leave_rooms(model *self, int32_t who, int64_t offset)
{
    for (int i = 0; i < ROOMS; i++) {
        flip *in = &self->rooms[i].members[who];
        if (flip_last(in))
            flip_at(self, in, false, self->users[who].changed, offset);
    }
}

static void logged_in(model *self, int32_t who, const char *endpoint, int64_t offset)
{
    user *of = &self->users[who];
    size_t i = 0;

    MUST(self, self->is_multi_login || users_sessions(of) == 0, "user %d: two sessions at a time",
         (int)who);
    while (i < of->session_count && of->sessions[i]->login_offset != NEVER)
        i++;
    MUST(self, i < of->session_count, "user %d: a login without a session", (int)who);
    of->sessions[i]->login_offset = offset;
    (void)snprintf(of->sessions[i]->endpoint, sizeof of->sessions[i]->endpoint, "%s", endpoint);
    users_done(self, who, WAIT_LOGIN);
}

static void logged_out(model *self, int32_t who, const char *endpoint, int64_t offset)
{
    user *of = &self->users[who];
    size_t i = 0;

    while (i < of->session_count &&
           (!session_is_on(of->sessions[i]) || strcmp(of->sessions[i]->endpoint, endpoint) != 0))
        i++;
    MUST(self, i < of->session_count, "user %d: a logout without a session", (int)who);
    peer *ended = of->sessions[i];
    ended->logout_offset = offset;
    if (ended->ending == LIVE) {
        ended->ending = KICKED;
        self->doomed_count++;
    }
    if (users_sessions(of) == 0)
        leave_rooms(self, who, offset);
    if (--of->logouts == 0)
        users_done(self, who, WAIT_LOGOUT);
}

void users_event(model *self, int32_t who, bool is_login, const char *endpoint, int64_t offset)
{
    MUST(self, who != NOBODY, "an event of nobody");
    if (is_login)
        logged_in(self, who, endpoint, offset);
    else
        logged_out(self, who, endpoint, offset);
}

/* The gate has closed a session's connection. */
void users_ended(model *self, peer *at)
{
    if (at->ending == CUT) {
        users_done(self, at->user, WAIT_END);
    } else {
        if (at->ending == LIVE) { /* the witness has not seen the logout yet */
            at->ending = KICKED;
        } else {
            self->doomed_count--;
        }
    }
    peer_close(self, at);
}

static void leave(model *self, peer *at, bool with_bye)
{
    const int32_t who = at->user;

    pending *op = peer_begin(self, at, with_bye ? OP_BYE : OP_CLOSE);
    users_wait(self, who, with_bye ? WAIT_ANSWER | WAIT_LOGOUT | WAIT_END : WAIT_LOGOUT);
    model_trace(self, op, false, 0);
    self->users[who].logouts = 1;
    at->ending = CUT;
    if (!with_bye) {
        peer_close(self, at);
        return;
    }
    (void)wire_begin(&at->wire, "bye", 0, false);
    peer_end(at, op);
    peer_flush(self, at);
}

/* ---- rooms --------------------------------------------------------------------------------- */

static void change_room(model *self, peer *at, int32_t room, bool enters)
{
    const int32_t who = at->user;

    if (self->rooms[room].is_busy)
        return;
    pending *op = peer_begin(self, at, enters ? OP_ENTER : OP_LEAVE);
    users_wait(self, who, WAIT_ANSWER);
    self->rooms[room].is_busy = true;
    op->place = room;
    flip_begin(self, at, &self->rooms[room].members[who], enters);
    rtmi_buf *out = wire_begin(&at->wire, enters ? "enterroom" : "leaveroom", 1, false);
    rtmi_pack_key_int(out, "rid", rid_of(room));
    peer_end(at, op);
    model_trace(self, op, false, 0);
    peer_flush(self, at);
}

static void ask(model *self, peer *at, op_kind what)
{
    pending *op = peer_begin(self, at, what);

    if (what == OP_MY_ROOMS)
        users_wait(self, at->user, WAIT_ANSWER);
    (void)wire_begin(&at->wire, what == OP_MY_ROOMS ? "getuserrooms" : "ping", 0, false);
    peer_end(at, op);
    peer_flush(self, at);
}

static void check_my_rooms(model *self, int32_t who, const rtmi_payload *answer)
{
    uint32_t rooms = 0;
    rtmi_span ids;
    rtmi_token token;
    int64_t rid;

    MUST(self, rtmi_payload_find(answer, "rooms", &ids), "getuserrooms: no rooms");
    rtmi_cursor in = rtmi_cursor_of(ids);
    MUST(self, rtmi_pack_read(&in, &token) == 0, "getuserrooms: no list");
    for (uint32_t left = token.count; left > 0; left--) {
        MUST(self,
             rtmi_pack_read(&in, &token) == 0 && rtmi_token_get_int(&token, &rid) &&
                 rid >= rid_of(0) && rid < rid_of(ROOMS),
             "getuserrooms: a strange room");
        rooms |= 1u << (rid - rid_of(0));
    }
    for (int i = 0; i < ROOMS; i++)
        MUST(self, flip_last(&self->rooms[i].members[who]) == ((rooms >> i & 1) != 0),
             "getuserrooms: user %d and room %d", (int)who, i);
}

void users_answered(model *self, peer *at, const pending *op, int code, const rtmi_payload *answer)
{
    if (op->op == OP_AUTH) {
        auth_answered(self, at, code, answer);
        return;
    }
    if (op->op == OP_PING && code == RTMI_RC_UNAUTHORIZED)
        return;
    MUST(self, code == 0, "%s of user %d: %d", op_names[op->op], (int)op->user, code);
    if (op->op == OP_PING)
        return;
    if (op->op == OP_ENTER || op->op == OP_LEAVE) {
        flip_end(self, &self->rooms[op->place].members[op->user]);
        self->rooms[op->place].is_busy = false;
    } else if (op->op == OP_MY_ROOMS) {
        check_my_rooms(self, op->user, answer);
    }
    users_done(self, op->user, WAIT_ANSWER);
}

/* ---- what they do -------------------------------------------------------------------------- */

static int32_t friend_of(model *self, int32_t who)
{
    const int step = 1 + roll(self, 4);

    return (who + (chance(self, 50) ? step : self->user_count - step)) % self->user_count;
}

/* Mostly one that he is in. */
static int32_t place_of(model *self, place *places, int count, int32_t who)
{
    int32_t at = places == self->groups ? any_group(self) : any_room(self);

    for (int i = 0; i < count && !chance(self, 3); i++, at = (at + 1) % count) {
        if (flip_last(&places[at].members[who]))
            break;
    }
    return at;
}

static void speak(model *self, peer *at)
{
    const int32_t who = at->user;
    const int dice = roll(self, 10);
    int32_t to;

    if (dice < 4) {
        to = friend_of(self, who);
        send_write(self, at, 1, who, &to, 1);
    } else if (dice < 8) {
        to = place_of(self, self->groups, GROUPS, who);
        send_write(self, at, 2, who, &to, 1);
    } else {
        to = place_of(self, self->rooms, ROOMS, who);
        send_write(self, at, 3, who, &to, 1);
    }
    peer_flush(self, at);
}

/* With nobody there, or, seldom, beside those who are. */
static void act_without_session(model *self, int32_t who)
{
    const user *of = &self->users[who];

    if (of->waits != 0)
        return;
    if (!of->has_token)
        servers_token(self, who);
    else if (!of->is_shut_out || chance(self, 5))
        users_log_in(self, who);
}

void users_act(model *self)
{
    const int32_t who = roll(self, self->user_count);
    const user *of = &self->users[who];
    const int dice = roll(self, 1000);
    const bool adds = self->is_multi_login && dice >= 970 && users_sessions(of) < SESSIONS_MAX;
    peer *at = any_session(self, of);

    if (at == NULL || adds) {
        act_without_session(self, who);
        return;
    }
    if (at->pending_count + 2 > PENDING_MAX)
        return;
    if (dice < 850)
        speak(self, at);
    else if (dice < 860)
        ask(self, at, OP_PING);
    else if (of->waits != 0)
        return;
    else if (dice < 905)
        change_room(self, at, any_room(self), true);
    else if (dice < 945)
        change_room(self, at, place_of(self, self->rooms, ROOMS, who), false);
    else if (dice < 957)
        ask(self, at, OP_MY_ROOMS);
    else if (dice < 970)
        leave(self, at, chance(self, 50));
    else if (dice < 976 && !self->is_multi_login)
        act_without_session(self, who);
}
