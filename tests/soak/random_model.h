/*
 * What a random run believes about one project of the gate: users, groups, rooms, bans, and every
 * message that was asked for.
 *
 * Quests overlap, so the model does not know at which point of the log a change took effect. It
 * knows when it was asked and when it was answered, in ticks that count what the driver does; and
 * the place of each message and of each login and logout in the log, from a listener that hears
 * everything with offsets. From both follows what each receiver has to get, may get, or must not
 * get. A `flip` is one such thing that is true or false: that a user is in a group, or is muted.
 */
#ifndef TESTS_SOAK_RANDOM_MODEL_H
#define TESTS_SOAK_RANDOM_MODEL_H

#include <sys/types.h>

#include "tests/soak/wire.h"

enum {
    USERS_MAX = 1000,
    GROUPS = 24,
    ROOMS = 16,
    LISTENERS_MAX = 64,
    SERVERS = 4,
    PENDING_MAX = 48,
    IDS_MAX = 12,
    TEXT_MAX = 700,
    NOBODY = -1,
    NEVER = 0
};

#define FOREVER INT64_MAX

/* ---- things that are true or false --------------------------------------------------------- */

typedef struct change {
    int64_t begin;   /* tick of the quest */
    int64_t end;     /* tick of its answer; FOREVER: not yet */
    int64_t offset;  /* where in the log it took effect; NEVER: between those ticks */
    uint32_t serial; /* of the peer that has asked: its quests take effect in their order */
    bool value;
} change;

typedef struct flip {
    bool base; /* at the start of the round */
    bool is_touched;
    uint32_t count;
    uint32_t cap;
    change *changes; /* one after the other: the driver does not ask for two at a time */
} flip;

/* ---- messages ------------------------------------------------------------------------------ */

typedef enum fate { PENDING, ACCEPTED, REFUSED, LOST /* its connection ended before */ } fate;

typedef struct sent {
    int64_t begin;
    int64_t end; /* tick of the answer, or when it was first seen */
    int64_t offset;
    int64_t mtime_ms;
    uint32_t first;  /* of the records of one quest; its number + 1 is the mid */
    uint32_t origin; /* serial of the peer that has sent it */
    int32_t from;    /* index of a user, or NOBODY */
    int32_t to;      /* index of a user, group or room */
    int32_t code;
    uint8_t targets; /* of the quest */
    uint8_t kind;    /* rtm_kind */
    uint8_t fate;
    uint8_t edits;
    bool is_client;
    bool is_deleted;
    bool is_busy; /* being edited or deleted */
} sent;

/* ---- connections --------------------------------------------------------------------------- */

typedef enum op_kind {
    OP_SEND,
    OP_REPEAT,
    OP_TOKEN,
    OP_REMOVE_TOKEN,
    OP_AUTH,
    OP_BYE,
    OP_CLOSE,
    OP_PING,
    OP_ENTER,
    OP_LEAVE,
    OP_MY_ROOMS,
    OP_JOIN_GROUP,
    OP_PART_GROUP,
    OP_DELETE_GROUP,
    OP_PUT_IN_ROOM,
    OP_PUT_OUT_OF_ROOM,
    OP_BAN,
    OP_UNBAN,
    OP_BLACK,
    OP_UNBLACK,
    OP_KICK,
    OP_SHUT_OUT,
    OP_LET_IN,
    OP_ONLINE,
    OP_GROUP_MEMBERS,
    OP_ROOM_MEMBERS,
    OP_DELETE,
    OP_EDIT,
    OP_READ,
    OP_LISTEN,
    OP_RELISTEN,
    OP_POSITION, /* up to where a listener's shard has come */
    OP_KINDS
} op_kind;

/** What a listener wants to hear. */
typedef struct hears {
    uint32_t gids;
    uint32_t rids;
    bool uids[USERS_MAX];
    bool events[2]; /* login, logout */
    bool all[4];    /* p2p, group, room, ev */
} hears;

/** A quest under way. */
typedef struct pending {
    uint32_t seq;
    uint8_t op;
    uint8_t count;
    int32_t user;
    int32_t place; /* group or room */
    int64_t begin;
    uint32_t record;
    int32_t ids[IDS_MAX];
    flip *flip;
    hears *set;
} pending;

/** Something that was pushed. */
typedef struct got {
    bool is_event;
    bool is_login;
    int32_t user;    /* of an event */
    uint32_t record; /* of a message */
    int64_t offset;
} got;

/** From which offset on a listener hears what. */
typedef struct hearing {
    int64_t offset;
    hears *set;
} hearing;

typedef enum role { ROLE_SERVER, ROLE_USER, ROLE_LISTENER } role;
typedef enum ending { LIVE, CUT /* by us: the end may be missing */, KICKED } ending;

typedef struct peer {
    wire wire;
    role role;
    uint32_t serial;
    ending ending;
    bool is_writing; /* epoll watches for room */
    pending pending[PENDING_MAX];
    size_t pending_count;
    got *gots;
    size_t got_count;
    size_t got_cap;
    struct peer *next_gone;

    int32_t user;  /* ROLE_USER */
    bool is_ready; /* it is logged in, as far as it was told */
    char endpoint[160];
    size_t checked; /* of what it has got */
    int64_t last_offset;
    int64_t login_offset;
    int64_t logout_offset;
    bool is_told; /* `kickout` has come */
    uint32_t room_kicks;
    uint32_t room_kicks_told;

    hearing *hearings; /* ROLE_LISTENER */
    size_t hearing_count;
    bool has_offsets;
    int64_t position;
} peer;

enum { WAIT_ANSWER = 1, WAIT_LOGIN = 2, WAIT_LOGOUT = 4, WAIT_END = 8 };

typedef struct user {
    unsigned waits;   /* not 0: a session or room of his is being changed */
    uint64_t changes; /* how often that has begun */
    int64_t changed;  /* tick of the last time */
    int64_t settled;  /* tick since when nothing is being changed */
    bool is_shut_out;
    bool has_token;
    bool is_token_dead;
    char token[33];
    int logouts;     /* that WAIT_LOGOUT is about */
    peer **sessions; /* all of the round, in their order */
    size_t session_count;
    size_t session_cap;
    flip ban;
    flip *blacks[USERS_MAX]; /* whom he blocks; made when first needed */
} user;

typedef struct place {
    bool is_busy;
    bool is_all_busy;
    flip members[USERS_MAX];
    flip bans[USERS_MAX];
} place;

/** One line of what was done, for a run that fails. */
typedef struct trace {
    int64_t tick;
    uint8_t op;
    bool is_answer;
    int32_t user;
    int32_t place;
    uint32_t record;
    int code;
} trace;

enum { TRACE_MAX = 4096 };

/** Who may not speak where; few at a time, or soon nobody could. */
typedef struct mute {
    int which; /* 0 group, 1 room, 2 all groups, 3 all rooms, 4 project, 5 blocked by a user */
    int32_t who;
    int32_t place; /* group or room, or who has blocked him */
} mute;

enum { MUTES_MAX = 80 };

typedef struct model {
    uint64_t seed;
    uint64_t dice;
    int64_t tick;
    bool is_multi_login;
    int user_count;
    user users[USERS_MAX];
    place groups[GROUPS];
    place rooms[ROOMS];
    flip group_bans[USERS_MAX]; /* in all groups */
    flip room_bans[USERS_MAX];
    mute mutes[MUTES_MAX];
    int mute_count;
    flip **touched;
    size_t touched_count;
    size_t touched_cap;

    sent *sent;
    size_t sent_count;
    size_t sent_cap;
    size_t round_first;

    peer *servers[SERVERS];
    peer *listeners[LISTENERS_MAX];
    int listener_count;
    peer *witness;       /* the first listener: all, with offsets */
    peer *gone;          /* ended in this round */
    size_t doomed_count; /* kicked out, and their connections not closed yet */
    uint32_t serial;
    int epoll_fd;
    const char *endpoint;
    size_t pending_count;
    int32_t hot_group; /* of this burst */
    int32_t hot_room;

    int64_t ops[OP_KINDS];
    int64_t accepted;
    int64_t refused;
    int64_t lost_kept;
    int64_t lost_gone;
    int64_t deliveries;
    int64_t checked;    /* deliveries and non-deliveries that were decided */
    int64_t overlapped; /* of them: a change was under way */
    int64_t events;
    int64_t cut_tails;
    int64_t rounds;
    trace traces[TRACE_MAX];
    size_t trace_count;
} model;

extern const char *const op_names[OP_KINDS];

/* ---- random_model.c ------------------------------------------------------------------------ */

/** Say what is wrong, the seed, and what was done last; the test fails. */
void model_fail(const model *self, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

#define MUST(self, condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition))                                                                          \
            model_fail(self, __VA_ARGS__);                                                         \
    } while (false)

void model_trace(model *self, const pending *op, bool is_answer, int code);

/** From 0 to count - 1. */
int roll(model *self, int count);
bool chance(model *self, int percent);

int32_t any_group(model *self);
int32_t any_room(model *self);

void *make(size_t count, size_t size); /* zeroed; never NULL */

void flip_begin(model *self, const peer *at, flip *of, bool value);
/** The last change was answered. */
void flip_end(model *self, flip *of);
/** A change with a known place in the log, that was not under way before the tick `begin`. */
void flip_at(model *self, flip *of, bool value, int64_t begin, int64_t offset);
bool flip_last(const flip *of);
/** After how many changes a message may stand, at least and at most. */
void flip_range(const flip *of, const sent *message, uint32_t *ret_least, uint32_t *ret_most);
bool flip_after(const flip *of, uint32_t changes);
bool flip_may_be(const flip *of, const sent *message, bool value);
/** The round is over: the last value is the base of the next. */
void flips_settle(model *self);

/** Whether its last change has not been answered. */
bool flip_is_moving(const flip *of);

flip *black_of(model *self, int blocker, int blocked);

int64_t uid_of(int32_t who);
int32_t user_of(const model *self, int64_t uid);
static inline int64_t gid_of(int32_t group)
{
    return 5000 + group;
}
static inline int64_t rid_of(int32_t room)
{
    return 7000 + room;
}
int64_t target_of(const sent *message);

/** What a message says; an edit changes it. */
size_t text_of(uint32_t mid, unsigned edits, uint8_t text[TEXT_MAX]);
bool is_binary_of(uint32_t mid);
int mtype_of(uint32_t mid);

void got_add(peer *at, got what);

/* ---- random_peers.c ------------------------------------------------------------------------ */

peer *peer_open(model *self, role as);
/** Close it; what it had under way is lost. It stays known until the round is checked. */
void peer_close(model *self, peer *at);
void peer_free(peer *at);
pending *peer_begin(model *self, peer *at, op_kind op);
/** After the quest is packed. */
void peer_end(peer *at, pending *op);
void peer_flush(model *self, peer *at);
/** It can be read. */
void peer_readable(model *self, peer *at);

/* ---- random_pushes.c ----------------------------------------------------------------------- */

void push_take(model *self, peer *at, const rtmi_package *package);

/* ---- random_users.c: what users do, and their sessions ------------------------------------- */

void users_act(model *self);
void users_log_in(model *self, int32_t who);
void users_answered(model *self, peer *at, const pending *op, int code, const rtmi_payload *answer);
/** The witness has seen it. */
void users_event(model *self, int32_t who, bool is_login, const char *endpoint, int64_t offset);
/** How many sessions a user has, of what the log says. */
int users_sessions(const user *of);
bool session_is_on(const peer *at);
void users_ended(model *self, peer *at);
void users_wait(model *self, int32_t who, unsigned waits);
void users_done(model *self, int32_t who, unsigned waits);

/* ---- random_servers.c ---------------------------------------------------------------------- */

void servers_act(model *self);
void servers_token(model *self, int32_t who);
void servers_answered(model *self, const pending *op, int code, const rtmi_payload *answer);
/** Messages of any sender. */
void send_write(model *self, peer *at, int kind, int32_t from, const int32_t *to, int count);
void send_answered(model *self, const pending *op, int code, const rtmi_payload *answer);
/** Once more, word for word. */
void send_again(model *self, peer *at, uint32_t record);
/** The two that end a round. Returns the record. */
uint32_t servers_mark(model *self, int kind);

/* ---- random_listeners.c -------------------------------------------------------------------- */

void listeners_open(model *self, int at, bool is_witness);
void listeners_act(model *self);
void listeners_ask_position(model *self, peer *at);
void listeners_answered(model *self, peer *at, const pending *op, int code,
                        const rtmi_payload *answer);

/* ---- random_check.c, random_history.c ------------------------------------------------------ */

/** At rest: everything of the round against what was received. */
void check_round(model *self);
/** All conversations, read from the beginning. The number of rows. */
int64_t check_history(model *self);

#endif
