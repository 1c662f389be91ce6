/*
 * The index: the messages of each conversation in their order, for questions about them.
 *
 * It follows from the records and lags behind them: index_catch_up() reads what it does not
 * know yet, groups it by conversation and writes one block a conversation, so that steady load
 * costs far less than a row a message. What each kind of store gives to it is index_storage:
 * blocks by their key, and runs.
 *
 * Ids: a conversation's messages get ids from 1, each one more than the last. When all of its
 * blocks are gone with retention, its next id is the log's tail: ids never pass offsets, so that
 * is beyond any it had.
 *
 * A clear of one conversation takes its entries out of the blocks. The wider clears are marks: a
 * block without data under a kind of its own, whose keep_offset is the clear's; entries whose
 * offset is lower are hidden by it.
 *
 * Threads: none of its own. One caller at a time for each storage.
 */
#ifndef GATE_STORE_INDEX_H
#define GATE_STORE_INDEX_H

#include "gate/store/index_block.h"
#include "gate/store/store.h"

enum {
    /** Blocks that FIND, and a deletion or an edit, look through, newest first: the newest
        1 048 576 messages of the conversation. */
    INDEX_FIND_BLOCKS_MAX = 16384,
    /** Senders that a COUNT tells apart; beyond, it fails. */
    INDEX_SENDERS_MAX = 1 << 20,
    /** Bytes of the rows of one page: one that would pass them ends early, after one row or more.
     */
    INDEX_ANSWER_MAX = 64 << 20,
    /** Records, and conversations, of one pass, which is one transaction. */
    INDEX_PASS_RECORDS = 65536,
    INDEX_PASS_GROUPS = 2048
};

/** Kinds of conversation that hold marks; see above. */
enum { INDEX_KIND_MARK = 0, INDEX_KIND_SENDER = 255 };

/** A block as it is stored. */
typedef struct index_row {
    store_conversation conversation;
    int64_t first_id;
    int64_t keep_offset; /* the block may go when the log's tail has passed it */
    const uint8_t *data;
    size_t len;
} index_row;

typedef enum index_find {
    INDEX_AT_OR_BEFORE, /* the block with the greatest first_id that is not above an id */
    INDEX_AT_OR_AFTER   /* with the least that is not below */
} index_find;

/** What a pass changes: in order, all or nothing. */
typedef struct index_change {
    index_row row;    /* put, replacing; data is NULL for a mark and for ranges */
    bool is_range;    /* instead, all blocks of row.conversation from row.first_id … */
    int64_t until_id; /* … to this first_id go */
} index_change;

typedef struct index_storage index_storage;

typedef struct index_storage_ops {
    /** A block of a conversation, its data borrowed until the next call. 1, 0, or -1. */
    int (*find_block)(index_storage *self, int32_t pid, const store_conversation *conversation,
                      index_find find, int64_t id, index_row *ret_row, char *reterr_text,
                      size_t text_size);
    /** The encoded run that holds an offset, borrowed until the next call. 1, 0, or -1. */
    int (*find_run)(index_storage *self, int32_t pid, int64_t offset, const uint8_t **ret_data,
                    size_t *ret_len, char *reterr_text, size_t text_size);
    /** As store_ops.read; but damaged runs are passed over, which `note` tells. */
    int (*read)(index_storage *self, int32_t pid, int64_t from_offset, int64_t until_offset,
                store_visit_fn *visit, void *userdata, char *reterr_text, size_t text_size);
    /** Make changes and move the project's indexed_until, as one. 0 or -1. */
    int (*apply)(index_storage *self, int32_t pid, const index_change *changes, size_t count,
                 int64_t indexed_until, char *reterr_text, size_t text_size);
} index_storage_ops;

/** Every storage begins with this. */
struct index_storage {
    const index_storage_ops *ops;
    bool is_trusted; /* runs and blocks were never on a disk: they need have no checksums */
    char note[160];  /* damage that was passed over since it was last told, or empty */
};

/** Where a project's log and its index stand. */
typedef struct index_position {
    int64_t tail;
    int64_t head;
    int64_t indexed_until; /* raised by index_catch_up() */
} index_position;

/** The time of a message. */
static inline int64_t index_time_of(const store_record *record)
{
    return record->mtime_ms > INT64_MAX - record->ahead_ms ? INT64_MAX
                                                           : record->mtime_ms + record->ahead_ms;
}

/** The buffers of a pass, some 3 MiB, kept from one to the next. */
typedef struct index_pass index_pass;

index_pass *index_pass_new(void);
void index_pass_free(index_pass *self);

/** Bring the index up to position->head, pass by pass. 0, or -1 with what is done kept. */
int index_catch_up(index_pass *self, index_storage *storage, int32_t pid, index_position *position,
                   char *reterr_text, size_t text_size);

/**
 * The same, with records that are at hand: those behind position->indexed_until, in order, up to
 * position->head.
 */
int index_catch_up_with(index_pass *self, index_storage *storage, int32_t pid,
                        index_position *position, const store_record *records, size_t count,
                        const uint8_t *bytes, char *reterr_text, size_t text_size);

/** Decode the block of a row of that storage: 0, or -1 when it is damaged. */
int index_row_decode(const index_storage *storage, int32_t pid, const index_row *row,
                     index_block *ret_block);

/**
 * Fill in ask->answer from an index that is up to date, `tail` being the log's. A note of damage
 * that was passed over goes into its text, the result being 0.
 */
void index_answer(index_storage *storage, store_ask *ask, int64_t tail);

/** The wide clears that concern messages of one kind: offsets before which they hide. */
typedef struct index_marks {
    int64_t wide_offset; /* of all, and of the kind */
    int64_t sender_offset_max;
    int64_t sender; /* the last that was asked for, and its mark */
    int64_t sender_offset;
    bool has_sender;
} index_marks;

/** Read the marks of a kind. 0 or -1. */
int index_marks_read(index_marks *ret_marks, index_storage *storage, int32_t pid, uint8_t kind,
                     char *reterr_text, size_t text_size);

/** 1 when the entry is hidden by a mark, 0, or -1. */
int index_marks_hide(index_marks *self, index_storage *storage, int32_t pid,
                     const index_entry *entry, char *reterr_text, size_t text_size);

/** Find and decode a block: 1, 0, or -1 at damage, which is told with the conversation. */
int index_block_find(index_storage *storage, int32_t pid, const store_conversation *conversation,
                     index_find find, int64_t id, index_block *ret_block, index_row *ret_row,
                     char *reterr_text, size_t text_size);

#endif
