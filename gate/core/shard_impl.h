/*
 * The inside of a shard, shared by the files of this folder:
 *
 *   shard.c      life of the shard and its connections
 *   turn.c       mail, time and the end of a turn
 *   dispatch.c   from a package to the handler of its method
 *   pings.c      echoes
 *   params.c     the parameters of a quest
 *   auth.c       who a quest is from
 *   ahead.c      parameters and signatures of several quests at once
 *   secure.c     encrypted connections
 *   router.c     feed items: who gets which record
 *   senders.c    feed items: answers to those who have sent
 *   sessions.c   users' sessions on this shard, as the feed's notices tell
 *   owner.c      quests that run on their project's owner
 *   uploads.c    large packages of peers that bring files
 *   file_quest.c files on their way to the store and into the log
 *   log.c        the projects that this shard owns
 *   fanout.c     output
 *   limits.c     limits of rate
 *   reload.c     another configuration
 *   who.c        who is connected and listens to what
 */
#ifndef GATE_CORE_SHARD_IMPL_H
#define GATE_CORE_SHARD_IMPL_H

#include "gate/core/ahead.h"
#include "gate/core/conn.h"
#include "gate/core/dispatch.h"
#include "gate/core/mail.h"
#include "gate/core/members.h"
#include "gate/core/shard.h"
#include "lib/rtm/message.h"
#include "lib/rtm/sign.h"

/** What is told in the log now and then. */
typedef struct limits_told {
    uint64_t count;
    uint64_t told; /* of them */
    int64_t next_ms;
} limits_told;

/** A project, as one shard sees it. */
typedef struct shard_project {
    const gate_project *conf;
    size_t index;
    bool is_open; /* quests are taken */
    quota_share quests;
    limits_told limited; /* quests */
    limits_told limited_messages;
    listeners listeners;
    members members;
    int64_t fed_offset;     /* everything up to here was routed on this shard */
    gate_log *log;          /* on its owner */
    append_mail *mail;      /* elsewhere: requests of this turn; NULL when none */
    rtmi_link touched_link; /* something of this turn is to be handed on */
} shard_project;

/** The forms in which receivers want a push; each has an arena. */
enum {
    PUSH_LISTENER, /* as everybody gets it */
    PUSH_OFFSET,   /* the same with `o` */
    PUSH_USER,     /* as users do, where listeners have another form */
    PUSH_CHAT_MAP,
    PUSH_FORMS
};

struct shard {
    const gate_config *config;
    size_t index;
    shard_driver driver;
    rtmi_signer *signer;
    params_known known;      /* keys that parameters have */
    ahead ahead;             /* quests of the read that is being handled */
    shard_project *projects; /* one a project of the configuration; room for project_cap */
    rtmi_map conns;          /* id -> conn */
    uint64_t seed;           /* of the maps of connections, with their ids */
    uint64_t next_conn_id;
    rtmi_list dirty;
    rtmi_list touched; /* projects */
    rtmi_list strangers;
    rtmi_list pings;
    rtmi_list leaving;
    rtmi_list uploads;
    rtmi_list late_ends; /* session_end: of projects that this shard owns */
    uint8_t *read_space; /* shared by all connections */
    rtmi_buf scratch;    /* one answer or push, before it is put into a queue */
    rtmi_buf json;       /* a JSON payload as msgpack, and back */
    block_pool blocks;
    arena arenas[PUSH_FORMS];
    uint32_t push_seq; /* one counter for all pushes of the shard */
    uint64_t stamp;
    size_t owed; /* answers that wait for a commit */
    bool is_draining;
    shard_stats stats;
    shard_metrics metrics;
    shard_cell published;
    limits_told limited; /* by address */
    char limited_peer[64];
    int64_t turn_us;       /* when the quests of this turn arrived; 0: none did */
    uint64_t answered_now; /* of them, in this turn */
    metrics_runs answered_later;
};

/* shard.c */

/** Of answers, in bytes: what goes beyond it cuts the connection. */
size_t shard_output_room(const shard *self, const conn *to);
/** Put an answer into a connection's queue; it is never dropped. */
void shard_put(shard *self, conn *to, rtmi_span bytes);
/** Put the answer that stands in `scratch`, as JSON to a peer that asked in JSON. */
void shard_put_answer(shard *self, conn *to, bool is_json);
void shard_mark_dirty(shard *self, conn *connection);
/** Begin with the project in place `at` of the configuration; not open, and without a log. */
void shard_project_init(shard *self, shard_project *project, size_t at);
/** What an unfinished package of the connection may come to. */
void shard_set_input_limit(shard *self, conn *connection);
/** Close it once its output is written: `why` is logged. */
void shard_cut(shard *self, conn *connection, const char *why);
/** Close it once its output is written, or a second after its peer was told to go. */
void shard_leave(shard *self, conn *connection, bool waits, gate_time now);
/** The connection has proved itself to be of that project. */
void shard_prove(shard *self, conn *from, shard_project *project, gate_time now);
static inline uint32_t shard_next_push_seq(shard *self)
{
    self->push_seq = self->push_seq >= INT32_MAX ? 1 : self->push_seq + 1;
    return self->push_seq;
}
/** Queue `count` pushes, one behind the other, for one connection under the slow policy. */
void shard_push(shard *self, conn *to, const piece *pushes, size_t count);

/** Figures: when the quests of this turn arrived. */
int64_t shard_turn_us(shard *self);
/** So many quests have ended; `arrived_us` 0: in the turn that they came in. */
void shard_count_answers(shard *self, size_t method, int code, int64_t arrived_us, size_t count);
/** A quest has ended; `arrived_us` 0: in the turn that it came in. */
void shard_count_answer(shard *self, size_t method, int code, int64_t arrived_us);
/** Set what the queue of a connection adds to the figures. */
void shard_count_queue(shard *self, conn *connection);

/* turn.c */

/** The end of the turn has something to do for the project. */
void shard_touch(shard *self, shard_project *project);
/** Put the figures where other threads read them. */
void shard_publish(shard *self, gate_time now);

/* dispatch.c */
void dispatch_package(shard *self, conn *from, const rtmi_package *package, gate_time now);

/* limits.c: false, and the quest is to be answered 200010 */
bool limits_take_address(shard *self, const conn *from);
bool limits_take_project(shard *self, shard_project *project);
void limits_tick(shard *self, gate_time now);

/* sessions.c */
/** Follow a notice of the project's feed. */
void sessions_notice(shard *self, shard_project *project, const feed_notice *notice, gate_time now);
/** The connection ends: its user's session too, and the owner is told. */
void sessions_closed(shard *self, conn *connection, gate_time now);
/** Free what the connection has of a session. */
void sessions_drop(conn *connection);

/* router.c */
void router_feed(shard *self, const feed_item *feed, gate_time now);

/* senders.c */
/** Answer those of a feed item's requests that came in on this shard. */
void senders_answer(shard *self, const feed_item *feed);
/** A request of this shard has ended without its owner's log: it is answered with `code`. */
void senders_refuse(shard *self, const log_sender *sender, int code);

#endif
