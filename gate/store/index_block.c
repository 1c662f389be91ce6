/*
 * Blocks of the index to bytes and back.
 */
#include "gate/store/index_block.h"

#include "gate/store/batch_codec.h"

#include <string.h>

enum { VERSION = 1, AT_CHECKSUM = 1, AT_HEAD = 9 };

static uint64_t seed_of(int32_t pid, const store_conversation *conversation, int64_t first_id)
{
    uint8_t key[5 * VARINT_MAX];
    uint8_t *at = key;

    at = varint_put_signed(at, (uint64_t)(int64_t)pid);
    at = varint_put(at, conversation->kind);
    at = varint_put_signed(at, (uint64_t)conversation->a);
    at = varint_put_signed(at, (uint64_t)conversation->b);
    at = varint_put_signed(at, (uint64_t)first_id);
    return batch_checksum(key, (size_t)(at - key), VERSION);
}

index_entry index_block_before(const index_block *block)
{
    return (index_entry){.id = block->first_id, .ms = block->first_ms};
}

static uint8_t *put_head(const index_block *block, uint8_t *out)
{
    uint8_t *at = out + AT_HEAD;

    out[0] = VERSION;
    memset(out + AT_CHECKSUM, 0, AT_HEAD - AT_CHECKSUM);
    at = varint_put(at, varint_minus(block->next_id, block->first_id));
    at = varint_put(at, block->entry_count);
    at = varint_put_signed(at, (uint64_t)block->first_ms);
    return varint_put(at, varint_minus(block->last_ms, block->first_ms));
}

uint8_t *index_entry_encode(const index_entry *entry, const index_entry *last, uint8_t *out)
{
    const uint64_t id = varint_minus(entry->id, last->id);
    const uint64_t ms = varint_minus(entry->ms, last->ms);
    const uint64_t offset = varint_zigzag(varint_minus(entry->offset, last->offset));
    const uint64_t from = varint_zigzag(varint_minus(entry->from, last->from));
    uint8_t *at = out;

    *at++ = entry->mtype;
    if ((id | ms | offset | from) < 0x80) { /* mostly: then they are bytes */
        *at++ = (uint8_t)id;
        *at++ = (uint8_t)ms;
        *at++ = (uint8_t)offset;
        *at++ = (uint8_t)from;
    } else {
        at = varint_put(at, id);
        at = varint_put(at, ms);
        at = varint_put(at, offset);
        at = varint_put(at, from);
    }
    return varint_put_signed(at, varint_minus(entry->mid, last->mid));
}

size_t index_block_frame(const index_block *block, const uint8_t *entries, size_t len, uint8_t *out)
{
    uint8_t *at = put_head(block, out);

    if (len > 0)
        memcpy(at, entries, len);
    return (size_t)(at - out) + len;
}

size_t index_block_encode(const index_block *block, int32_t pid,
                          const store_conversation *conversation, uint8_t *out)
{
    const index_entry before = index_block_before(block);
    const index_entry *last = &before;
    uint8_t *at = put_head(block, out);

    for (size_t i = 0; i < block->entry_count; i++) {
        at = index_entry_encode(&block->entries[i], last, at);
        last = &block->entries[i];
    }

    const uint64_t checksum = batch_checksum(out + AT_HEAD, (size_t)(at - out) - AT_HEAD,
                                             seed_of(pid, conversation, block->first_id));

    for (int i = 0; i < 8; i++)
        out[AT_CHECKSUM + i] = (uint8_t)(checksum >> (8 * i));
    return (size_t)(at - out);
}

static int decode_head(index_block *block, const uint8_t **at, const uint8_t *end)
{
    uint64_t given, entry_count, first_ms, span_ms;

    if (varint_get(at, end, &given) < 0 || varint_get(at, end, &entry_count) < 0 ||
        varint_get_signed(at, end, &first_ms) < 0 || varint_get(at, end, &span_ms) < 0)
        return -1;
    if (given > INDEX_BLOCK_IDS || entry_count > given || block->first_id < 1 ||
        block->first_id > INT64_MAX - INDEX_BLOCK_IDS)
        return -1;
    block->next_id = block->first_id + (int64_t)given;
    block->entry_count = (size_t)entry_count;
    block->first_ms = (int64_t)first_ms;
    block->last_ms = varint_plus(block->first_ms, span_ms);
    return block->last_ms < block->first_ms ? -1 : 0;
}

static int decode_entry(index_entry *ret_entry, const index_entry *last, const uint8_t **at,
                        const uint8_t *end)
{
    uint64_t id, ms, offset, from, mid;

    if (*at == end)
        return -1;

    const uint8_t mtype = *(*at)++;

    if (varint_get(at, end, &id) < 0 || varint_get(at, end, &ms) < 0 ||
        varint_get_signed(at, end, &offset) < 0 || varint_get_signed(at, end, &from) < 0 ||
        varint_get_signed(at, end, &mid) < 0)
        return -1;
    *ret_entry = (index_entry){
        .id = varint_plus(last->id, id),
        .ms = varint_plus(last->ms, ms),
        .offset = varint_plus(last->offset, offset),
        .from = varint_plus(last->from, from),
        .mid = varint_plus(last->mid, mid),
        .mtype = mtype,
    };
    return 0;
}

static int decode_entries(index_block *block, const uint8_t *at, const uint8_t *end)
{
    index_entry last = index_block_before(block);

    for (size_t i = 0; i < block->entry_count; i++) {
        index_entry *entry = &block->entries[i];

        if (decode_entry(entry, &last, &at, end) < 0)
            return -1;
        if (entry->id < last.id || (i > 0 && entry->id == last.id) || entry->id >= block->next_id ||
            entry->ms < last.ms || entry->ms > block->last_ms || entry->offset < 1)
            return -1;
        last = *entry;
    }
    return at == end ? 0 : -1;
}

int index_block_decode_body(index_block *ret_block, int64_t first_id, const uint8_t *data,
                            size_t len)
{
    const uint8_t *at = data;

    ret_block->first_id = first_id;
    if (decode_head(ret_block, &at, data + len) < 0)
        return -1;
    return decode_entries(ret_block, at, data + len);
}

int index_block_decode_trusted(index_block *ret_block, int64_t first_id, const uint8_t *data,
                               size_t len)
{
    if (len < AT_HEAD || data[0] != VERSION)
        return -1;
    return index_block_decode_body(ret_block, first_id, data + AT_HEAD, len - AT_HEAD);
}

int index_block_decode(index_block *ret_block, int32_t pid, const store_conversation *conversation,
                       int64_t first_id, const uint8_t *data, size_t len)
{
    uint64_t checksum = 0;

    if (len < AT_HEAD || data[0] != VERSION)
        return -1;
    for (int i = 0; i < 8; i++)
        checksum |= (uint64_t)data[AT_CHECKSUM + i] << (8 * i);
    if (checksum !=
        batch_checksum(data + AT_HEAD, len - AT_HEAD, seed_of(pid, conversation, first_id)))
        return -1;
    return index_block_decode_body(ret_block, first_id, data + AT_HEAD, len - AT_HEAD);
}
