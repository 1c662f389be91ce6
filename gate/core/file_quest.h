/*
 * A file on its way: from the connection that brought it to the project's owner, who takes the
 * token and asks whether the sender may; to the store of files, which checks the signature and
 * keeps the content; back to the owner, who appends the message that tells where it is. The sender
 * is answered when that is committed.
 */
#ifndef GATE_CORE_FILE_QUEST_H
#define GATE_CORE_FILE_QUEST_H

#include "gate/core/dispatch.h"
#include "gate/core/file_tokens.h"

typedef struct file_quest file_quest;

/** What a handler has made of a file quest; all borrowed. */
typedef struct file_request {
    file_leave leave; /* with targets */
    int64_t mid;
    uint8_t mtype;
    rtmi_span token;
    rtmi_span sign; /* empty: there was none, and none is needed */
    rtmi_span attrs;
    rtmi_span name; /* what the address ends with, as it is to stand there */
    rtmi_span content;
} file_request;

/** Send it on its way; content and all the rest are copied. It is always answered. */
void op_send_file(op *quest, const file_request *request);

/** It has arrived at the owner: from its connection, or back from the store. */
void owner_file(shard *self, file_quest *file, gate_time now);

void file_quest_free(file_quest *file);

#endif
