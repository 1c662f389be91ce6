/*
 * A batch as one string of bytes, the form in which stores keep it.
 *
 *   u8      version, 2
 *   u64 LE  XXH64 of all that follows, seeded with the version
 *   head    pid, record count, first offset, span of offsets, first time, span of times, byte count
 *   records each: kind and flags, mtype, then differences to the record before, then ahead_ms if
 *           it is not 0
 *   bytes   the messages, shared ones once
 *
 * Numbers are LEB128 varints; those that may be negative are zigzag-coded, and differences wrap
 * at 64 bits, so that every int64 survives. Version 1, which had no ahead_ms, is still read.
 */
#ifndef GATE_STORE_BATCH_CODEC_H
#define GATE_STORE_BATCH_CODEC_H

#include "gate/store/store.h"

/** What becomes one run of bytes: a batch, or consecutive records of one, with their bytes. */
typedef struct batch_run {
    int32_t pid;
    const store_record *records;
    size_t record_count;
    const uint8_t *bytes;
    size_t byte_count;
    size_t bytes_at; /* the position of bytes[0] in the records */
} batch_run;

/** All of a batch. */
static inline batch_run batch_run_of(const store_batch *batch)
{
    return (batch_run){
        .pid = batch->pid,
        .records = batch->records,
        .record_count = batch->record_count,
        .bytes = batch->bytes,
        .byte_count = batch->byte_count,
    };
}

/** Room that batch_encode() may need, at most; 0 when that number does not fit a size_t. */
size_t batch_encoded_max(const batch_run *run);

/**
 * Write a run of a batch that store_batch_check() has passed to `out`, which has
 * batch_encoded_max() bytes of room. Returns how many it took.
 */
size_t batch_encode(const batch_run *run, uint8_t *out);

/** As batch_encode(), without a checksum: for bytes that stay in memory, read with BATCH_TRUST. */
size_t batch_encode_trusted(const batch_run *run, uint8_t *out);

/** Room to encode into, used again and again; begins as zeros. */
typedef struct batch_buffer {
    uint8_t *bytes;
    size_t cap;
} batch_buffer;

/**
 * batch_encode() to `self->bytes`, which is made as large as that needs; it holds until the next
 * call. 0, or -1 when out of memory.
 */
int batch_buffer_encode(batch_buffer *self, const batch_run *run, size_t *ret_len);

/** Give the room back if it has become larger than 4 MiB. */
void batch_buffer_shed(batch_buffer *self);

void batch_buffer_deinit(batch_buffer *self);

/** A batch being read. Borrows the encoded bytes. */
typedef struct batch_reader {
    uint8_t version;
    int32_t pid;
    size_t record_count;
    int64_t first_offset;
    int64_t last_offset;
    int64_t first_mtime_ms;
    int64_t last_mtime_ms;
    const uint8_t *bytes; /* what positions in records count from */
    size_t byte_count;

    const uint8_t *at; /* the next record */
    size_t read_count;
    store_record last; /* what the next record's differences refer to */
    uint64_t last_end; /* where its bytes end */
} batch_reader;

typedef enum batch_trust {
    BATCH_VERIFY, /* the checksum is checked: for bytes that were on a disk */
    BATCH_TRUST   /* it is not */
} batch_trust;

/** Begin to read. Total on any bytes. 0, or -1 when they are no whole, undamaged batch. */
int batch_reader_init(batch_reader *ret_reader, const uint8_t *data, size_t len, batch_trust trust);

/** The next record: 1, 0 after the last, or -1 when the bytes make no sense. */
int batch_reader_next(batch_reader *self, store_record *ret_record);

/** XXH64, as published by its author. */
uint64_t batch_checksum(const uint8_t *data, size_t len, uint64_t seed);

#endif
