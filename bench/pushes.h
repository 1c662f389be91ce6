/*
 * A run of ready pushes, in which only numbers change from one turn to the next, so that a sender
 * costs next to nothing beside whoever receives.
 */
#ifndef BENCH_PUSHES_H
#define BENCH_PUSHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rtm/message.h>

#include "bench/lengths.h"
#include "lib/base/buf.h"

enum { PUSHES_BYTES = 256 * 1024, PUSHES_MAX = 4096 };

typedef struct pushes {
    rtmi_buf bytes;
    size_t at[PUSHES_MAX + 1]; /* where each begins, and the last ends */
    size_t mid_at;             /* within a push */
    size_t mtime_before;       /* the end of a push */
    int64_t first_mtime_ms;
    size_t count;
} pushes;

/** The mid of push number `n`, counted from 0. */
int64_t pushes_mid(uint64_t n);

/**
 * Two-way pushes like `message`, as many as fit into PUSHES_BYTES; with its own text, or with texts
 * of the lengths `texts` in turn, if that is not NULL. Its mtime is of 33 bits at least.
 */
void pushes_make(pushes *self, const rtm_message *message, const lengths *texts);
void pushes_free(pushes *self);

/** Number them from `*next` on, which moves; each is a millisecond later than the one before. One
 * in `again_every` has the mid of the one before; 0: none. */
void pushes_number(pushes *self, unsigned again_every, uint64_t *next);

/** Send them all; answers are read and thrown away. False: the receiver has gone. */
bool pushes_send(const pushes *self, int fd);

#endif
