/*
 * The blocks of one project's index, in RAM. Messages are added to them one by one as they come, so
 * there is nothing to catch up with; what acts on others goes through a pass of the index.
 */
#ifndef GATE_STORE_MEMORY_BLOCKS_H
#define GATE_STORE_MEMORY_BLOCKS_H

#include "gate/store/index.h"
#include "lib/base/slots.h"

/** All zero is an empty one. */
typedef struct memory_blocks {
    struct kept_conversation **conversations;
    size_t conversation_count;
    size_t conversation_cap;
    rtmi_slots index;                 /* places of conversations */
    struct kept_conversation *recent; /* the last that was added to, or NULL */
    size_t trimmed;      /* place of the conversation that is looked at next for old blocks */
    uint8_t *found_data; /* of the block that was found last */
} memory_blocks;

/** As index_storage_ops.find_block. The data lives until the next call. */
int memory_blocks_find(memory_blocks *self, const store_conversation *conversation, index_find how,
                       int64_t id, index_row *ret_row);

/**
 * Add a message behind those of its conversation: its id and, should it fall, its time are made
 * here. `tail` is the log's. 0, or -1 when out of memory or ids, with nothing changed.
 */
int memory_blocks_add(memory_blocks *self, const store_conversation *conversation,
                      const index_entry *message, int64_t tail);

/** Fetch what adding to a conversation will need: some calls before, in three steps. */
void memory_blocks_prefetch(const memory_blocks *self, const store_conversation *conversation,
                            int step);

/** Make changes: 0, or -1 when out of memory, with nothing changed. */
int memory_blocks_apply(memory_blocks *self, const index_change *changes, size_t count);

/**
 * Free blocks that the log's tail has passed. It goes on where it ended the last time, and looks at
 * some `count` of them, so that no call takes long.
 */
void memory_blocks_trim(memory_blocks *self, int64_t tail, size_t count);

/** Safe on one that is all zero. */
void memory_blocks_deinit(memory_blocks *self);

#endif
