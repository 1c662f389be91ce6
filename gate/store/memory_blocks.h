/*
 * The blocks of one project's index, in RAM.
 */
#ifndef GATE_STORE_MEMORY_BLOCKS_H
#define GATE_STORE_MEMORY_BLOCKS_H

#include "gate/store/index.h"

/** All zero is an empty one. */
typedef struct memory_blocks {
    struct kept_conversation **conversations;
    size_t conversation_count;
    size_t conversation_cap;
    uint32_t *slots; /* place of a conversation + 1, twice as many as conversation_cap */
    size_t block_count;
} memory_blocks;

/** As index_storage_ops.find_block; it cannot fail. The data lives until the block changes. */
int memory_blocks_find(const memory_blocks *self, const store_conversation *conversation,
                       index_find how, int64_t id, index_row *ret_row);

/** Make changes: 0, or -1 when out of memory, with nothing changed. */
int memory_blocks_apply(memory_blocks *self, const index_change *changes, size_t count);

/** Free the blocks that the log's tail has passed. Takes time for all there are. */
void memory_blocks_trim(memory_blocks *self, int64_t tail);

/** Safe on one that is all zero. */
void memory_blocks_deinit(memory_blocks *self);

#endif
