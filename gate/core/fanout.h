/*
 * Output: one byte string for all who get it.
 *
 * A push is encoded once into an arena, a row of counted blocks that only grow at the end. A
 * connection's queue is a row of segments, each a piece of a block. A push that lies behind the
 * last one of the queue just moves a segment's end: a run of pushes for a thousand listeners
 * is a thousand segments, one write each. Where a connection gets other pushes than its
 * neighbour the pieces are short; short ones are copied into blocks of the connection's own,
 * which is cheaper than many small pieces in one write.
 */
#ifndef GATE_CORE_FANOUT_H
#define GATE_CORE_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/span.h"

/** Shorter runs are copied when something else follows them. */
#define FANOUT_COPY_BELOW 1024

typedef struct block {
    size_t refs;
    size_t cap;
    size_t used;
    struct block *next_free;
    uint8_t data[];
} block;

/** Blocks that are kept for use again, two sizes. One a shard. */
typedef struct block_pool {
    block *large; /* of arenas */
    block *small; /* of connections */
    size_t large_count;
    size_t small_count;
    union segment_row *rows; /* of queues that have become empty */
    size_t row_count;
} block_pool;

void block_pool_deinit(block_pool *pool);

/** Where pushes are encoded for all. */
typedef struct arena {
    block_pool *pool;
    block *current;
} arena;

/** A piece of a block. */
typedef struct piece {
    block *block;
    size_t from;
    size_t to;
} piece;

void arena_init(arena *self, block_pool *pool);
void arena_deinit(arena *self);

/**
 * Copy one encoded push into the arena. The piece is borrowed: valid until the next put. False:
 * out of memory.
 */
bool arena_put(arena *self, rtmi_span bytes, piece *ret_piece);

typedef struct segment {
    block *block;
    size_t start; /* a package begins here */
    size_t from;  /* the first byte not written */
    size_t to;
    uint32_t pushes; /* that lie in start … to */
    bool is_own;     /* the block is this connection's alone */
} segment;

/** The queue of one connection. While it is empty it holds no memory. */
typedef struct outq {
    segment *segments;
    uint32_t first; /* of those that hold something */
    uint32_t count; /* behind the last */
    uint32_t cap;
    uint32_t pushes; /* in the segments that are not yet written to their end */
    size_t bytes;    /* not written */
} outq;

void outq_init(outq *queue);
void outq_deinit(outq *queue, block_pool *pool);

/**
 * Append `count` pushes that lie one behind the other in an arena. False: out of memory, nothing
 * was appended.
 */
bool outq_push(outq *queue, block_pool *pool, const piece *pushes, size_t count);

/** Append a copy of bytes: an answer. False: out of memory, nothing was appended. */
bool outq_put(outq *queue, block_pool *pool, rtmi_span bytes);

/**
 * The same in two steps: room for at least `len` bytes, to be written and followed by
 * outq_commit() of what was, before anything else is done with the queue. NULL: out of memory,
 * nothing has changed.
 */
uint8_t *outq_reserve(outq *queue, block_pool *pool, size_t len, size_t *ret_room);
void outq_commit(outq *queue, size_t len);

/** Up to `max` pieces to write now; returns how many. */
size_t outq_peek(const outq *queue, rtmi_span *ret_pieces, size_t max);

/** `len` bytes were written. */
void outq_sent(outq *queue, block_pool *pool, size_t len);

/**
 * Drop pushes from the front, never answers nor the rest of what is half written, until at
 * least `bytes` bytes and `pushes` pushes less are queued or no push is left. Returns how many
 * pushes went. Copies what it keeps of the front; without memory it drops nothing.
 */
size_t outq_shed(outq *queue, block_pool *pool, size_t bytes, size_t pushes);

#endif
