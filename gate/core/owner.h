/*
 * Quests that run on their project's owner: most methods. The connection's shard has checked who
 * it is and what it says, and hands the payload over; the handler runs here, between all others
 * of the project, on its log and directory. What it does is one: when it ends with an error, all
 * of it is taken back. The answer leaves when the batch is committed.
 */
#ifndef GATE_CORE_OWNER_H
#define GATE_CORE_OWNER_H

#include "gate/core/dispatch.h"
#include "gate/core/presence.h"
#include "lib/base/list.h"

struct shard_project;

/** Made with a session, so that its end can always be told. */
typedef struct session_end {
    bus_item item; /* MAIL_SESSION_END */
    rtmi_link link;
    size_t project;
    presence_session session;
} session_end;

/** A quest on its way to the owner; the payload is MessagePack, borrowed. */
typedef struct owner_quest {
    log_sender sender;
    const rtmi_method *method;
    int64_t uid; /* of the session that it comes from; 0: a program of the server side */
    rtmi_span payload;
} owner_quest;

/**
 * Run a quest on this shard, which owns its project. 0: it will be replied to with its batch.
 * Else the code with which the caller refuses it: too much waits for the disk, or out of memory.
 */
int owner_run(shard *self, struct shard_project *project, const owner_quest *quest, gate_time now);

/** The same, decoded already, of this shard: sender, method and uid are those of `quest`. */
void owner_run_op(op *quest, struct shard_project *project);

/** A question to the store on behalf of a quest, with what runs when the answer is there. */
typedef struct owner_question {
    bus_item item; /* MAIL_ANSWERED; then maybe MAIL_ASK_REFUSED */
    int refused;   /* with this code */
    store_ask ask;
    bus *bus;
    atomic_size_t *answered_bytes; /* the project's, and how many there may be */
    size_t answered_max;
    size_t cost; /* what the answer adds there until the owner takes it */
    size_t owner;
    size_t project;
    owner_quest quest; /* its payload follows */
    op_answered *then;
    uint8_t payload[];
} owner_question;

void owner_question_free(owner_question *question);

/** The store has answered. */
void owner_answered(shard *self, owner_question *question, gate_time now);

/** A question of a quest of this shard could not go on; it is taken. */
void owner_question_refused(shard *self, owner_question *question);

/** The connection of a session has ended; `end` is taken. */
void owner_session_end(shard *self, session_end *end, gate_time now);

#endif
