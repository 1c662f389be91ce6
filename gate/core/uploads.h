/*
 * Files that come in from peers whose only proof is the token inside. A stranger's package is
 * small; through a door that takes files it may be as large as a file, if it is a file quest by
 * its head, if it comes in time, and as long as all that come in take no more memory than is set
 * aside for them.
 */
#ifndef GATE_CORE_UPLOADS_H
#define GATE_CORE_UPLOADS_H

#include "gate/core/shard_impl.h"

/** Set memory aside. False: there is not so much. Any thread, as the next. */
bool upload_reserve(gate_files *files, size_t len);
void upload_give_back(gate_files *files, size_t len);

/** Whether file quests may come in by this connection's door. */
bool upload_is_welcome(const shard *self, const conn *from);

typedef enum upload_answer {
    UPLOAD_YES,  /* the connection's limit is raised for this package */
    UPLOAD_WAIT, /* its head is not there yet */
    UPLOAD_NO    /* no business of ours, or refused with an answer */
} upload_answer;

/** The package that `in` begins with is too large for its sender. */
upload_answer upload_begin(shard *self, conn *from, rtmi_span in, gate_time now);

/** The same for one that can be read only when all of it is there. */
upload_answer upload_begin_sealed(shard *self, conn *from, gate_time now);

/** A file quest of this peer is handled: the next one may take as long. */
void upload_touch(shard *self, conn *from, gate_time now);

/** The package is handled: its limit is as before. */
void upload_end(shard *self, conn *from);

/** Cut those that take too long. */
void upload_tick(shard *self, gate_time now);

#endif
