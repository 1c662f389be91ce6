/*
 * The check of a round, when nothing is under way and everybody has got what was sent: the log, as
 * the witness has heard it, is gone through once for each user and each listener.
 *
 * For a listener what has to come is exact. For a user it hangs on flips whose place in the log is
 * known only between two ticks; but the places are in the order of the changes, so going through
 * the log the number of changes that have taken effect only rises. For each message the smallest
 * number is taken that agrees with what was received; when there is none, no order of events
 * explains what was received, and the gate is wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/rtm/codes.h"
#include "tests/soak/random_model.h"

/* ---- listeners ----------------------------------------------------------------------------- */

static bool hears_message(const hears *set, const sent *of)
{
    switch (of->kind) {
    case 1:
        return set->all[0] || (of->from != NOBODY && set->uids[of->from]) ||
               (of->to != NOBODY && set->uids[of->to]);
    case 2:
        return set->all[1] || (set->gids >> of->to & 1) != 0;
    case 3:
        return set->all[2] || (set->rids >> of->to & 1) != 0;
    default:
        return false;
    }
}

static bool is_same(const got *a, const got *b)
{
    return a->is_event == b->is_event &&
           (a->is_event ? a->is_login == b->is_login && a->user == b->user
                        : a->record == b->record);
}

static void check_listener(model *self, const peer *at)
{
    const peer *log = self->witness;
    size_t next = 0;
    size_t part = 0;

    for (size_t i = 0; i < log->got_count; i++) {
        const got *entry = &log->gots[i];
        while (part + 1 < at->hearing_count && at->hearings[part + 1].offset < entry->offset)
            part++;
        const hears *set = at->hearings[part].set;
        const bool wants = entry->is_event ? set->all[3] || set->events[entry->is_login ? 0 : 1]
                                           : hears_message(set, &self->sent[entry->record]);
        /* Without offsets one login of a user looks like another: then only what is wanted can be
           asked after, and what was not shows as too much at the end. */
        const bool has = next < at->got_count && is_same(&at->gots[next], entry) &&
                         (wants || !entry->is_event ||
                          (at->has_offsets && at->gots[next].offset == entry->offset));
        self->checked++;
        if (has && at->has_offsets)
            MUST(self, at->gots[next].offset == entry->offset, "a push with another offset");
        if (wants && !has && next == at->got_count && at->ending == CUT) {
            self->cut_tails++;
            return;
        }
        MUST(self, wants == has, "listener %u: offset %lld (%s %lld) %s", at->serial,
             (long long)entry->offset, entry->is_event ? "event of user" : "record",
             entry->is_event ? (long long)entry->user : (long long)entry->record,
             wants ? "is missing" : "was not asked for");
        next += has;
    }
    MUST(self, next == at->got_count, "listener %u: pushes that are not in the log, or twice",
         at->serial);
}

/* ---- users --------------------------------------------------------------------------------- */

/* A broadcast stands in no listener's log: between which offsets it must. */
typedef struct broadcast {
    uint32_t record;
    int64_t least;
    int64_t most;
} broadcast;

typedef struct walk {
    model *self;
    int32_t who;
    uint32_t groups[GROUPS]; /* changes that have taken effect */
    uint32_t rooms[ROOMS];
    broadcast *broadcasts;
    size_t broadcast_count;
} walk;

static bool is_broadcast(const walk *at, const got *what)
{
    return at->self->sent[what->record].kind == 4;
}

static broadcast *broadcast_of(const walk *at, uint32_t record)
{
    for (size_t i = 0; i < at->broadcast_count; i++) {
        if (at->broadcasts[i].record == record)
            return &at->broadcasts[i];
    }
    model_fail(at->self, "user %d: the broadcast %u is of another round", (int)at->who, record);
}

/* Pass over broadcasts, which stand before `most`. */
static void pass_broadcasts(walk *at, peer *session, int64_t most)
{
    while (session->checked < session->got_count &&
           is_broadcast(at, &session->gots[session->checked])) {
        broadcast *of = broadcast_of(at, session->gots[session->checked++].record);
        if (of->least < session->last_offset)
            of->least = session->last_offset;
        if (of->most > most)
            of->most = most;
    }
}

/* What comes next apart from broadcasts. */
static const got *peek(const walk *at, const peer *session)
{
    size_t next = session->checked;

    while (next < session->got_count && is_broadcast(at, &session->gots[next]))
        next++;
    return next < session->got_count ? &session->gots[next] : NULL;
}

/* Agree on a flip at a message. */
static bool solve(walk *at, const flip *of, uint32_t *changes, const sent *message, bool value)
{
    uint32_t least;
    uint32_t most;

    flip_range(of, message, &least, &most);
    at->self->checked++;
    if (least != most)
        at->self->overlapped++;
    for (uint32_t n = *changes > least ? *changes : least; n <= most; n++) {
        if (flip_after(of, n) == value) {
            *changes = n;
            return true;
        }
    }
    return false;
}

/* One session that may get a message; `member` is NULL when nothing depends on membership. */
static void check_session(walk *at, peer *session, const got *entry, const flip *member,
                          uint32_t *changes)
{
    model *self = at->self;
    const sent *of = &self->sent[entry->record];
    const got *next = peek(at, session);

    if (next == NULL && session->ending == CUT) {
        self->cut_tails++;
        return;
    }
    const bool has = next != NULL && next->record == entry->record;
    const bool agrees = member != NULL ? solve(at, member, changes, of, has) : has;
    self->checked += member == NULL;
    MUST(self, agrees, "user %d, session %u: record %u (kind %d to %d, offset %lld) was %s",
         (int)at->who, session->serial, entry->record, (int)of->kind, (int)of->to,
         (long long)entry->offset, has ? "received and was not for him" : "not received");
    if (!has)
        return;
    pass_broadcasts(at, session, entry->offset);
    session->checked++;
    session->last_offset = entry->offset;
}

static void check_message(walk *at, const got *entry)
{
    model *self = at->self;
    const sent *of = &self->sent[entry->record];
    const user *who = &self->users[at->who];
    const bool is_mine = of->from == at->who && of->is_client;
    flip *member = NULL;
    uint32_t *changes = NULL;

    if (of->kind == 2) {
        member = &self->groups[of->to].members[at->who];
        changes = &at->groups[of->to];
    } else if (of->kind == 3) {
        member = &self->rooms[of->to].members[at->who];
        changes = &at->rooms[of->to];
    } else if (of->to != at->who && !is_mine) {
        return;
    }
    if (member != NULL && is_mine)
        MUST(self, solve(at, member, changes, of, true),
             "record %u was accepted and user %d was not there", entry->record, (int)at->who);
    for (size_t i = 0; i < who->session_count; i++) {
        peer *session = who->sessions[i];
        if (session->login_offset < entry->offset && entry->offset < session->logout_offset &&
            session->serial != of->origin)
            check_session(at, session, entry, member, changes);
    }
}

static void check_user(model *self, int32_t who, broadcast *broadcasts, size_t count)
{
    walk at = {.self = self, .who = who, .broadcasts = broadcasts, .broadcast_count = count};
    const user *of = &self->users[who];

    for (size_t i = 0; i < of->session_count; i++)
        of->sessions[i]->last_offset = of->sessions[i]->login_offset;
    for (size_t i = 0; i < self->witness->got_count; i++) {
        if (!self->witness->gots[i].is_event)
            check_message(&at, &self->witness->gots[i]);
    }
    for (size_t i = 0; i < of->session_count; i++) {
        peer *session = of->sessions[i];
        pass_broadcasts(&at, session, session->logout_offset);
        MUST(self, session->checked == session->got_count,
             "user %d: session %u has got record %u, which was not for it", (int)who,
             session->serial, session->gots[session->checked].record);
    }
}

/* Whoever was there all the time in which it can have been sent has it, and nobody twice. */
static void check_broadcast(model *self, const broadcast *of, const peer *session)
{
    int count = 0;

    for (size_t i = 0; i < session->got_count; i++)
        count += session->gots[i].record == of->record;
    MUST(self, count <= 1, "session %u has got broadcast %u %d times", session->serial, of->record,
         count);
    self->checked++;
    const bool was_there = session->login_offset <= of->least && session->logout_offset >= of->most;
    MUST(self, count == 1 || !was_there || session->ending == CUT,
         "user %d: session %u has not got broadcast %u", (int)session->user, session->serial,
         of->record);
}

static void check_users(model *self)
{
    const size_t count = self->sent_count - self->round_first;
    broadcast *broadcasts = make(count + 1, sizeof *broadcasts);
    size_t found = 0;

    for (size_t i = self->round_first; i < self->sent_count; i++) {
        if (self->sent[i].kind == 4 && self->sent[i].fate == ACCEPTED)
            broadcasts[found++] = (broadcast){.record = (uint32_t)i, .most = FOREVER};
    }
    for (int32_t who = 0; who < self->user_count; who++)
        check_user(self, who, broadcasts, found);
    for (size_t i = 0; i < found; i++) {
        MUST(self, broadcasts[i].least < broadcasts[i].most,
             "broadcast %u stands behind %lld and before %lld", broadcasts[i].record,
             (long long)broadcasts[i].least, (long long)broadcasts[i].most);
        for (int32_t who = 0; who < self->user_count; who++) {
            for (size_t s = 0; s < self->users[who].session_count; s++)
                check_broadcast(self, &broadcasts[i], self->users[who].sessions[s]);
        }
    }
    free(broadcasts);
}

/* ---- what was accepted and refused --------------------------------------------------------- */

static bool may_be(const flip *of, const sent *message, bool value)
{
    return flip_may_be(of, message, value);
}

/* May this user have been muted there, or not? */
static bool may_speak(model *self, const sent *of, bool speaks)
{
    const bool is_group = of->kind == 2;
    place *in = is_group ? &self->groups[of->to] : &self->rooms[of->to];
    const flip *all = is_group ? &self->group_bans[of->from] : &self->room_bans[of->from];
    const flip *one = &in->bans[of->from];

    return speaks ? may_be(all, of, false) && may_be(one, of, false)
                  : may_be(all, of, true) || may_be(one, of, true);
}

static bool may_be_black(model *self, const sent *of, bool is_black)
{
    if (of->to == NOBODY)
        return !is_black;
    const flip *black = self->users[of->to].blacks[of->from];
    return black == NULL ? !is_black : may_be(black, of, is_black);
}

static bool is_explained(model *self, const sent *of)
{
    if (of->from == NOBODY)
        return of->code == 0;
    place *in = of->kind == 2 ? &self->groups[of->to] : of->kind == 3 ? &self->rooms[of->to] : NULL;
    switch (of->code) {
    case 0:
        return may_be(&self->users[of->from].ban, of, false) &&
               (of->kind != 1 || may_be_black(self, of, false)) &&
               (in == NULL || may_speak(self, of, true)) &&
               (in == NULL || !of->is_client || may_be(&in->members[of->from], of, true));
    case RTMI_RC_UNAUTHORIZED: /* that it was kicked out is checked when it is answered */
        return of->is_client;
    case RTMI_RC_PERMISSION_DENIED:
        return may_be(&self->users[of->from].ban, of, true);
    case RTMI_RC_BLOCKED_USER:
        for (const sent *one = of; of->kind == 1 && one < of + of->targets; one++) {
            if (may_be_black(self, one, true))
                return true;
        }
        return false;
    case RTMI_RC_BANNED_IN_GROUP:
        return of->kind == 2 && may_speak(self, of, false);
    case RTMI_RC_BANNED_IN_ROOM:
        return of->kind == 3 && may_speak(self, of, false);
    case RTMI_RC_NOT_GROUP_MEMBER:
        return of->kind == 2 && of->is_client && may_be(&in->members[of->from], of, false);
    case RTMI_RC_NOT_IN_ROOM:
        return of->kind == 3 && of->is_client && may_be(&in->members[of->from], of, false);
    default:
        return false;
    }
}

static void check_fates(model *self)
{
    for (size_t i = self->round_first; i < self->sent_count; i++) {
        const sent *of = &self->sent[i];
        MUST(self, of->fate != PENDING, "record %zu has no answer", i);
        if (of->fate == LOST) {
            if (of->offset != NEVER)
                self->lost_kept++;
            else
                self->lost_gone++;
            MUST(self, of->offset == NEVER || is_explained(self, of),
                 "record %zu, from user %d who may not, is in the log", i, (int)of->from);
            continue;
        }
        MUST(self, of->fate == REFUSED || of->kind == 4 || of->offset != NEVER,
             "record %zu was accepted and is not in the log", i);
        /* Of several receivers the refusal is about the quest. */
        if (of->fate == ACCEPTED || of->first == i)
            MUST(self, is_explained(self, of), "record %zu of user %d (kind %d to %d): code %d", i,
                 (int)of->from, (int)of->kind, (int)of->to, (int)of->code);
    }
}

static void check_room_kicks(model *self)
{
    for (int32_t who = 0; who < self->user_count; who++) {
        for (size_t i = 0; i < self->users[who].session_count; i++) {
            const peer *at = self->users[who].sessions[i];
            MUST(self, at->ending == CUT || at->room_kicks == at->room_kicks_told,
                 "user %d: put out of rooms %u times and told %u times", (int)who, at->room_kicks,
                 at->room_kicks_told);
            MUST(self, at->ending != KICKED || at->is_told, "user %d was not told of his end",
                 (int)who);
        }
    }
}

/* ---- the next round ------------------------------------------------------------------------ */

static void forget(model *self)
{
    for (int32_t who = 0; who < self->user_count; who++) {
        user *of = &self->users[who];
        size_t kept = 0;
        for (size_t i = 0; i < of->session_count; i++) {
            peer *at = of->sessions[i];
            if (at->logout_offset != FOREVER)
                continue;
            of->sessions[kept++] = at;
            at->login_offset = -1; /* before all of the next round */
            at->got_count = at->checked = 0;
        }
        of->session_count = kept;
    }
    for (int i = 0; i < self->listener_count; i++) {
        peer *at = self->listeners[i];
        at->got_count = 0;
        for (size_t n = 0; n + 1 < at->hearing_count; n++)
            free(at->hearings[n].set);
        at->hearings[0] = at->hearings[at->hearing_count - 1];
        at->hearing_count = 1;
    }
    while (self->gone != NULL) {
        peer *at = self->gone;
        self->gone = at->next_gone;
        peer_free(at);
    }
    flips_settle(self);
    self->round_first = self->sent_count;
}

void check_round(model *self)
{
    check_fates(self);
    check_users(self);
    for (int i = 1; i < self->listener_count; i++)
        check_listener(self, self->listeners[i]);
    for (const peer *at = self->gone; at != NULL; at = at->next_gone) {
        if (at->role == ROLE_LISTENER)
            check_listener(self, at);
    }
    check_room_kicks(self);
    forget(self);
    self->rounds++;
}
