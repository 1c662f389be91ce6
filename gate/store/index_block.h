/*
 * A block of the index: up to INDEX_BLOCK_IDS consecutive messages of one conversation. Those
 * that are hidden have gone from it; their ids are not given again.
 *
 *   u8      version, 1
 *   u64 LE  XXH64 of all that follows, seeded with the block's key, so that a block that sits in
 *           another's place is found
 *   head    ids given, entries, first time, span of times
 *   entries each: mtype, then differences to the entry before
 */
#ifndef GATE_STORE_INDEX_BLOCK_H
#define GATE_STORE_INDEX_BLOCK_H

#include "gate/store/store.h"
#include "gate/store/varint.h"

enum {
    INDEX_BLOCK_IDS = 64,
    INDEX_ENTRY_MAX = 1 + 5 * VARINT_MAX,
    INDEX_BLOCK_MAX = 9 + 4 * VARINT_MAX + INDEX_BLOCK_IDS * INDEX_ENTRY_MAX
};

/** A message in its conversation; whom it was for follows from that. */
typedef struct index_entry {
    int64_t id;
    int64_t ms;     /* its time */
    int64_t offset; /* of the record that holds its content */
    int64_t from;
    int64_t mid;
    uint8_t mtype;
} index_entry;

typedef struct index_block {
    int64_t first_id; /* its key in the conversation */
    int64_t next_id;  /* first_id + the ids that were given here */
    int64_t first_ms; /* of the first that was ever here */
    int64_t last_ms;  /* of the last likewise */
    size_t entry_count;
    index_entry entries[INDEX_BLOCK_IDS]; /* ids and times rise */
} index_block;

/** Write to `out`, which has INDEX_BLOCK_MAX bytes of room. Returns how many it took. */
size_t index_block_encode(const index_block *block, int32_t pid,
                          const store_conversation *conversation, uint8_t *out);

/** What the differences of the first entry refer to. */
index_entry index_block_before(const index_block *block);

/** Write one entry, `last` being the one before it; INDEX_ENTRY_MAX bytes at most. Its end. */
uint8_t *index_entry_encode(const index_entry *entry, const index_entry *last, uint8_t *out);

/**
 * As index_block_encode(), of entries that are encoded already, `len` bytes of them, and without a
 * checksum: for index_block_decode_trusted(). `block` gives all but the entries.
 */
size_t index_block_frame(const index_block *block, const uint8_t *entries, size_t len,
                         uint8_t *out);

/** Read the block of that key. Total on any bytes. 0, or -1 when it is damaged. */
int index_block_decode(index_block *ret_block, int32_t pid, const store_conversation *conversation,
                       int64_t first_id, const uint8_t *data, size_t len);

/** The same, for bytes that were never on a disk: the checksum is not looked at. */
int index_block_decode_trusted(index_block *ret_block, int64_t first_id, const uint8_t *data,
                               size_t len);

/** Likewise, of what follows the checksum. For tests: nothing but the structure is checked. */
int index_block_decode_body(index_block *ret_block, int64_t first_id, const uint8_t *data,
                            size_t len);

#endif
