/*
 * A pass of the index: records gathered by conversation, and the changes that they make.
 */
#ifndef GATE_STORE_INDEX_PASS_H
#define GATE_STORE_INDEX_PASS_H

#include "gate/store/index.h"

/* Marks of INDEX_KIND_MARK: 0 for all messages, a kind for those of that kind, and this one for
   the newest mark of any sender. */
enum { MARK_OF_ALL = 0, MARK_OF_SENDERS = 255 };

/** A record that is gathered. */
typedef struct pass_item {
    int64_t offset;
    int64_t ms; /* of a clear: its begin */
    int64_t from;
    int64_t mid;   /* of a clear: its end */
    uint32_t next; /* of its conversation: place + 1, 0 at the end */
    uint8_t kind;
    uint8_t mtype;
    bool is_bounded; /* a clear: between two times */
} pass_item;

typedef struct pass_group {
    store_conversation conversation;
    uint32_t first; /* place + 1 of its first item */
    uint32_t last;
} pass_group;

enum {
    PASS_SLOTS = 2 * INDEX_PASS_GROUPS,
    PASS_ACTS_MAX = 512 /* records that act on others: each may touch a block of its own */
};

/* Room for encoded blocks, which stay where they are. */
typedef struct pass_room {
    struct pass_room *next;
    size_t len;
    uint8_t data[64 << 10];
} pass_room;

struct index_pass {
    pass_item items[INDEX_PASS_RECORDS];
    size_t item_count;
    size_t act_count;
    pass_group groups[INDEX_PASS_GROUPS];
    size_t group_count;
    uint32_t slots[PASS_SLOTS]; /* place of a group + 1 */
    pass_group *recent;         /* the last that was added to, or NULL */
    int64_t last_offset;
    bool is_full;

    index_change *changes;
    size_t change_count;
    size_t change_cap;
    pass_room *room; /* the one that is being filled */
    index_block scratch;
};

/** The group of a conversation, or NULL. */
const pass_group *index_pass_group(const index_pass *self, const store_conversation *conversation);

/** Room for a change and, unless it is NULL, an encoded block. 0 or -1 when out of memory. */
int index_pass_change(index_pass *self, const index_change *change, const index_block *block,
                      int32_t pid);

/** The changes of one conversation's records. 0 or -1. */
int index_group_build(index_pass *self, index_storage *storage, int32_t pid,
                      const pass_group *group, int64_t tail, char *reterr_text, size_t text_size);

#endif
