/*
 * Batches to bytes and back. Decoding is a total function: whatever the bytes, it ends, reads
 * none outside of them, and gives only records whose positions lie within the batch. The
 * checksum finds damage; the structure is checked all the same, since a checksum proves nothing
 * about who wrote the bytes.
 */
#include "gate/store/batch_codec.h"

#include "gate/store/varint.h"
#include "lib/base/num.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 2,
    VERSION_OLDEST = 1, /* knew no ahead_ms, and had a bit more for the kind */
    AT_CHECKSUM = 1,
    AT_HEAD = 9,
    HEAD_MAX = AT_HEAD + 7 * VARINT_MAX,
    RECORD_MAX = 2 + 10 * VARINT_MAX,
    RECORD_MIN = 11,
    IS_BINARY = 0x80, /* in the byte of the kind */
    IS_AHEAD = 0x40,  /* likewise: ahead_ms is not 0, and follows the record */
    BUFFER_MIN = 64 << 10,
    BUFFER_KEPT = 4 << 20
};

/* ---- checksum ------------------------------------------------------------------------------ */

static const uint64_t prime1 = 0x9E3779B185EBCA87U;
static const uint64_t prime2 = 0xC2B2AE3D27D4EB4FU;
static const uint64_t prime3 = 0x165667B19E3779F9U;
static const uint64_t prime4 = 0x85EBCA77C2B2AE63U;
static const uint64_t prime5 = 0x27D4EB2F165667C5U;

static uint64_t rotate(uint64_t value, int by)
{
    return value << by | value >> (64 - by);
}

static uint64_t mix(uint64_t lane, uint64_t word)
{
    return rotate(lane + word * prime2, 31) * prime1;
}

static uint64_t merge(uint64_t hash, uint64_t lane)
{
    return (hash ^ mix(0, lane)) * prime1 + prime4;
}

uint64_t batch_checksum(const uint8_t *data, size_t len, uint64_t seed)
{
    const uint8_t *const end = data + len;
    uint64_t hash;

    if (len >= 32) {
        uint64_t a = seed + prime1 + prime2;
        uint64_t b = seed + prime2;
        uint64_t c = seed;
        uint64_t d = seed - prime1;

        for (; end - data >= 32; data += 32) {
            a = mix(a, rtmi_load_le64(data));
            b = mix(b, rtmi_load_le64(data + 8));
            c = mix(c, rtmi_load_le64(data + 16));
            d = mix(d, rtmi_load_le64(data + 24));
        }
        hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
        hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
        hash = seed + prime5;
    }

    hash += len;
    for (; end - data >= 8; data += 8)
        hash = rotate(hash ^ mix(0, rtmi_load_le64(data)), 27) * prime1 + prime4;
    if (end - data >= 4) {
        hash = rotate(hash ^ rtmi_load_le32(data) * prime1, 23) * prime2 + prime3;
        data += 4;
    }
    for (; data < end; data++)
        hash = rotate(hash ^ *data * prime5, 11) * prime1;

    hash = (hash ^ hash >> 33) * prime2;
    hash = (hash ^ hash >> 29) * prime3;
    return hash ^ hash >> 32;
}

/* ---- writing ------------------------------------------------------------------------------- */

size_t batch_encoded_max(const batch_run *run)
{
    if (run->record_count > (SIZE_MAX / 2 - HEAD_MAX) / RECORD_MAX ||
        run->byte_count > SIZE_MAX / 2)
        return 0;
    return HEAD_MAX + run->record_count * RECORD_MAX + run->byte_count;
}

/* Most numbers of a record are below 128, and then they are bytes, without a loop for each. */
static uint8_t *put_record(uint8_t *at, const store_record *record, const store_record *last,
                           uint64_t last_end)
{
    const uint64_t msg_end = (uint64_t)record->msg_at + record->msg_len;
    const uint64_t offset = varint_minus(record->offset, last->offset);
    const uint64_t mtime_ms = varint_minus(record->mtime_ms, last->mtime_ms);
    const uint64_t from = varint_zigzag(varint_minus(record->from, last->from));
    const uint64_t to = varint_zigzag(varint_minus(record->to, last->to));
    const uint64_t mid = varint_zigzag(varint_minus(record->mid, last->mid));
    const uint64_t msg_at = varint_zigzag(record->msg_at - last_end);
    const uint64_t attrs_at = varint_zigzag(record->attrs_at - msg_end);

    *at++ = (uint8_t)(record->kind | (record->is_binary ? IS_BINARY : 0) |
                      (record->ahead_ms != 0 ? IS_AHEAD : 0));
    *at++ = record->mtype;
    if ((offset | mtime_ms | from | to) < 0x80) {
        *at++ = (uint8_t)offset;
        *at++ = (uint8_t)mtime_ms;
        *at++ = (uint8_t)from;
        *at++ = (uint8_t)to;
    } else {
        at = varint_put(at, offset);
        at = varint_put(at, mtime_ms);
        at = varint_put(at, from);
        at = varint_put(at, to);
    }
    at = varint_put(at, mid);
    if ((msg_at | record->msg_len | attrs_at | record->attrs_len) < 0x80) {
        *at++ = (uint8_t)msg_at;
        *at++ = (uint8_t)record->msg_len;
        *at++ = (uint8_t)attrs_at;
        *at++ = (uint8_t)record->attrs_len;
    } else {
        at = varint_put(at, msg_at);
        at = varint_put(at, record->msg_len);
        at = varint_put(at, attrs_at);
        at = varint_put(at, record->attrs_len);
    }
    return record->ahead_ms != 0 ? varint_put(at, record->ahead_ms) : at;
}

/* What the differences of the first record refer to. */
static store_record record_before(int64_t first_offset, int64_t first_mtime_ms)
{
    return (store_record){.offset = first_offset, .mtime_ms = first_mtime_ms};
}

size_t batch_encode_trusted(const batch_run *run, uint8_t *out)
{
    assert(run->record_count > 0);

    const store_record *first = &run->records[0];
    const store_record *final = &run->records[run->record_count - 1];
    uint8_t *at = out + AT_HEAD;

    at = varint_put_signed(at, (uint64_t)(int64_t)run->pid);
    at = varint_put(at, run->record_count);
    at = varint_put_signed(at, (uint64_t)first->offset);
    at = varint_put(at, varint_minus(final->offset, first->offset));
    at = varint_put_signed(at, (uint64_t)first->mtime_ms);
    at = varint_put(at, varint_minus(final->mtime_ms, first->mtime_ms));
    at = varint_put(at, run->byte_count);

    const store_record before = record_before(first->offset, first->mtime_ms);
    const store_record *last = &before;
    uint64_t last_end = run->bytes_at;

    for (size_t i = 0; i < run->record_count; i++) {
        const store_record *record = &run->records[i];

        at = put_record(at, record, last, last_end);
        last = record;
        last_end = (uint64_t)record->attrs_at + record->attrs_len;
    }

    if (run->byte_count > 0)
        memcpy(at, run->bytes, run->byte_count);
    at += run->byte_count;
    out[0] = VERSION;
    memset(out + AT_CHECKSUM, 0, AT_HEAD - AT_CHECKSUM);
    return (size_t)(at - out);
}

size_t batch_encode(const batch_run *run, uint8_t *out)
{
    const size_t len = batch_encode_trusted(run, out);
    const uint64_t checksum = batch_checksum(out + AT_HEAD, len - AT_HEAD, VERSION);

    for (int i = 0; i < 8; i++)
        out[AT_CHECKSUM + i] = (uint8_t)(checksum >> (8 * i));
    return len;
}

int batch_buffer_encode(batch_buffer *self, const batch_run *run, size_t *ret_len)
{
    const size_t room = batch_encoded_max(run);

    if (room == 0)
        return -1;
    if (room > self->cap) {
        const size_t cap = room > BUFFER_MIN ? room : BUFFER_MIN;

        batch_buffer_deinit(self);
        self->bytes = malloc(cap);
        if (self->bytes == NULL)
            return -1;
        self->cap = cap;
    }
    *ret_len = batch_encode(run, self->bytes);
    return 0;
}

void batch_buffer_shed(batch_buffer *self)
{
    if (self->cap > BUFFER_KEPT)
        batch_buffer_deinit(self);
}

void batch_buffer_deinit(batch_buffer *self)
{
    free(self->bytes);
    *self = (batch_buffer){0};
}

/* ---- reading ------------------------------------------------------------------------------- */

static int read_head(batch_reader *self, const uint8_t *at, const uint8_t *end)
{
    uint64_t pid, record_count, first_offset, offset_span, first_mtime_ms, mtime_span, byte_count;

    if (varint_get_signed(&at, end, &pid) < 0 || varint_get(&at, end, &record_count) < 0 ||
        varint_get_signed(&at, end, &first_offset) < 0 || varint_get(&at, end, &offset_span) < 0 ||
        varint_get_signed(&at, end, &first_mtime_ms) < 0 || varint_get(&at, end, &mtime_span) < 0 ||
        varint_get(&at, end, &byte_count) < 0)
        return -1;

    const uint64_t left = (uint64_t)(end - at);

    if ((uint64_t)(int64_t)(int32_t)(uint32_t)pid != pid || byte_count > left || record_count < 1 ||
        record_count > (left - byte_count) / RECORD_MIN)
        return -1;

    self->pid = (int32_t)(uint32_t)pid;
    self->record_count = (size_t)record_count;
    self->first_offset = (int64_t)first_offset;
    self->last_offset = varint_plus(self->first_offset, offset_span);
    self->first_mtime_ms = (int64_t)first_mtime_ms;
    self->last_mtime_ms = varint_plus(self->first_mtime_ms, mtime_span);
    self->byte_count = (size_t)byte_count;
    self->bytes = end - byte_count;
    self->at = at;
    self->last = record_before(self->first_offset, self->first_mtime_ms);

    if (self->first_offset < 1 || self->last_offset < self->first_offset ||
        self->last_offset == INT64_MAX || /* what follows a record must have a number */
        self->last_mtime_ms < self->first_mtime_ms)
        return -1;
    return 0;
}

int batch_reader_init(batch_reader *ret_reader, const uint8_t *data, size_t len, batch_trust trust)
{
    batch_reader reader = {0};

    if (len < AT_HEAD || data[0] < VERSION_OLDEST || data[0] > VERSION)
        return -1;
    if (trust == BATCH_VERIFY && rtmi_load_le64(data + AT_CHECKSUM) !=
                                     batch_checksum(data + AT_HEAD, len - AT_HEAD, data[0]))
        return -1;
    reader.version = data[0];
    if (read_head(&reader, data + AT_HEAD, data + len) < 0)
        return -1;
    *ret_reader = reader;
    return 0;
}

/* The numbers of a record as they are written, before sense is made of them. */
typedef struct raw_record {
    uint64_t offset, mtime_ms, from, to, mid, msg_at, msg_len, attrs_at, attrs_len, ahead_ms;
} raw_record;

static int get_raw_record(const uint8_t **at, const uint8_t *end, bool is_ahead,
                          raw_record *ret_raw)
{
    if (varint_get(at, end, &ret_raw->offset) < 0 || varint_get(at, end, &ret_raw->mtime_ms) < 0 ||
        varint_get_signed(at, end, &ret_raw->from) < 0 ||
        varint_get_signed(at, end, &ret_raw->to) < 0 ||
        varint_get_signed(at, end, &ret_raw->mid) < 0 ||
        varint_get_signed(at, end, &ret_raw->msg_at) < 0 ||
        varint_get(at, end, &ret_raw->msg_len) < 0 ||
        varint_get_signed(at, end, &ret_raw->attrs_at) < 0 ||
        varint_get(at, end, &ret_raw->attrs_len) < 0)
        return -1;
    ret_raw->ahead_ms = 0;
    if (is_ahead && (varint_get(at, end, &ret_raw->ahead_ms) < 0 || ret_raw->ahead_ms == 0 ||
                     ret_raw->ahead_ms > UINT32_MAX))
        return -1;
    return 0;
}

/* Positions and lengths fit 32 bits as well as the batch. */
static bool is_inside(uint64_t at, uint64_t len, size_t byte_count)
{
    return at <= byte_count && len <= byte_count - at && at <= UINT32_MAX && len <= UINT32_MAX;
}

int batch_reader_next(batch_reader *self, store_record *ret_record)
{
    const uint8_t *const end = self->bytes; /* records end where the bytes begin */
    const uint8_t *at = self->at;
    const bool is_first = self->read_count == 0;
    raw_record raw;

    if (self->read_count == self->record_count)
        return at == end ? 0 : -1;
    if (end - at < RECORD_MIN)
        return -1;

    const uint8_t kind = *at++;
    const uint8_t mtype = *at++;

    const uint8_t flags = IS_BINARY | (self->version == 1 ? 0 : IS_AHEAD);

    if (get_raw_record(&at, end, (kind & flags & IS_AHEAD) != 0, &raw) < 0)
        return -1;
    raw.msg_at += self->last_end;
    raw.attrs_at += raw.msg_at + raw.msg_len;

    const store_record record = {
        .offset = varint_plus(self->last.offset, raw.offset),
        .mtime_ms = varint_plus(self->last.mtime_ms, raw.mtime_ms),
        .from = varint_plus(self->last.from, raw.from),
        .to = varint_plus(self->last.to, raw.to),
        .mid = varint_plus(self->last.mid, raw.mid),
        .msg_at = (uint32_t)raw.msg_at,
        .msg_len = (uint32_t)raw.msg_len,
        .attrs_at = (uint32_t)raw.attrs_at,
        .attrs_len = (uint32_t)raw.attrs_len,
        .ahead_ms = (uint32_t)raw.ahead_ms,
        .kind = kind & (uint8_t)~flags,
        .mtype = mtype,
        .is_binary = (kind & IS_BINARY) != 0,
    };

    if (!is_inside(raw.msg_at, raw.msg_len, self->byte_count) ||
        !is_inside(raw.attrs_at, raw.attrs_len, self->byte_count))
        return -1;
    /* The first stands where the head says, and so does the last. */
    if (is_first &&
        (record.offset != self->first_offset || record.mtime_ms != self->first_mtime_ms))
        return -1;
    if (!is_first && record.offset <= self->last.offset)
        return -1;
    if (record.mtime_ms < self->last.mtime_ms || record.kind == 0)
        return -1;
    if (self->read_count + 1 == self->record_count &&
        (record.offset != self->last_offset || record.mtime_ms != self->last_mtime_ms))
        return -1;

    self->last = record;
    self->last_end = raw.attrs_at + raw.attrs_len;
    self->at = at;
    self->read_count++;
    *ret_record = record;
    return 1;
}
