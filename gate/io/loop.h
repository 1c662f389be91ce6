/*
 * A shard's thread: its event loop, and all that drives the shard. Everything here may be
 * called from the main thread; what concerns the shard is passed on to its own.
 */
#ifndef GATE_IO_LOOP_H
#define GATE_IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/core/shard.h"
#include "gate/io/admission.h"
#include "gate/io/tcp.h"

typedef struct loop loop;

typedef struct loop_options {
    const gate_config *config;
    size_t index; /* of the shard */
    admission *admission;
    void (*started)(size_t index, void *userdata); /* on the new thread, first; or NULL */
    void (*drained)(void *userdata);               /* on its thread, once; or NULL */
    void *userdata;
} loop_options;

/** Make the shard and its loop, and let the bus wake it; no thread yet. 0, or -1 with a text. */
int loop_new(const loop_options *options, loop **ret_loop, char *reterr_text, size_t text_size);

/** Start the thread. 0 or -1. */
int loop_start(loop *self);

/** Hand a new connection over. */
void loop_give(loop *self, tcp_conn *connection);

/** Serve no new quests; `drained` is called when nothing is owed any more. */
void loop_drain(loop *self);

/** Close all connections and end the thread. */
void loop_stop(loop *self);

/** Wait for its end. Nothing to do when it never started. */
void loop_join(loop *self);

/** Figures of its shard, as of its last tick. Any thread. */
const shard_cell *loop_get_metrics(const loop *self);

/** After the thread has ended. */
const shard_stats *loop_get_stats(const loop *self);

/** Free it and its shard. After loop_join(), and when nothing can wake it any more. */
void loop_free(loop *self);

#endif
