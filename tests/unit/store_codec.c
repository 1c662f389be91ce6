/*
 * Batches as bytes: that decoding gives back what was encoded, that damage is found, and that no
 * bytes whatever lead it astray.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/store/batch_codec.h"
#include "tests/support/heap_copy.h"
#include "tests/support/store_batches.h"

static uint8_t *encode(const test_plan *plan, size_t *ret_len)
{
    test_batch *batch = test_batch_new(plan);
    const batch_run run = batch_run_of(&batch->batch);
    const size_t room = batch_encoded_max(&run);
    uint8_t *out = malloc(room);

    assert_non_null(out);
    *ret_len = batch_encode(&run, out);
    assert_true(*ret_len <= room);

    uint8_t *exact = heap_copy(out, *ret_len);

    free(out);
    test_batch_free(batch);
    return exact;
}

/* Read all there is: the count of records, or -1. Each lies within the batch. */
static int64_t decode(const uint8_t *data, size_t len, batch_trust trust, const test_plan *plan)
{
    batch_reader reader;
    store_record record;
    uint32_t sum = 0;
    int64_t count = 0;
    int r = batch_reader_init(&reader, data, len, trust);

    while (r >= 0 && (r = batch_reader_next(&reader, &record)) > 0) {
        for (uint32_t i = 0; i < record.msg_len; i++)
            sum += reader.bytes[record.msg_at + i]; /* the sanitizer looks */
        for (uint32_t i = 0; i < record.attrs_len; i++)
            sum += reader.bytes[record.attrs_at + i];
        if (plan != NULL)
            assert_true(test_record_is_as_planned(plan, &record, reader.bytes));
        count++;
    }
    (void)sum;
    return r < 0 ? -1 : count;
}

static void decoding_gives_what_was_encoded(void **state)
{
    static const size_t counts[] = {1, 2, 3, 17, 500};
    static const size_t bodies[] = {0, 1, 100, 5000};

    (void)state;
    for (size_t c = 0; c < 5; c++) {
        for (size_t b = 0; b < 4; b++) {
            const test_plan plan = {.pid = INT32_MIN + (int32_t)c,
                                    .first_offset = 1 + (int64_t)1000000007 * (int64_t)b,
                                    .count = counts[c],
                                    .body_max = bodies[b],
                                    .is_shared = b == 2,
                                    .mtime_step = -1 + (int64_t)c};
            size_t len;

            if (plan.mtime_step < 0)
                continue; /* log time never falls */
            uint8_t *data = encode(&plan, &len);

            assert_int_equal(decode(data, len, BATCH_VERIFY, &plan), counts[c]);
            free(data);
        }
    }
}

/* A batch as version 1 wrote it: a bit more for the kind, nothing behind the attributes. */
static void version_1_is_read(void **state)
{
    uint8_t data[] = {1,    0,   0,  0, 0,  0, 0, 0, 0, /* version, checksum */
                      14,   2,   10, 1, 20, 5, 3, /* pid 7, 2 records, offsets 5, 6, times 10, 15 */
                      0x81, 30,  0,  0, 2,  4, 6, 0, 2, 0, 0, /* from 1 to 2, mid 3: "ab" */
                      0x45, 0,   1,  5, 0,  0, 0, 0, 1, 0, 0, /* kind 69: "c" */
                      'a',  'b', 'c'};
    const uint64_t checksum = batch_checksum(data + 9, sizeof data - 9, 1);
    batch_reader reader;
    store_record record;

    (void)state;
    for (int i = 0; i < 8; i++)
        data[1 + i] = (uint8_t)(checksum >> 8 * i);
    assert_int_equal(batch_reader_init(&reader, data, sizeof data, BATCH_VERIFY), 0);
    assert_int_equal(reader.pid, 7);
    assert_int_equal(batch_reader_next(&reader, &record), 1);
    assert_int_equal(record.offset, 5);
    assert_int_equal(record.mtime_ms, 10);
    assert_int_equal(record.from, 1);
    assert_int_equal(record.to, 2);
    assert_int_equal(record.mid, 3);
    assert_int_equal(record.msg_len, 2);
    assert_int_equal(record.ahead_ms, 0);
    assert_int_equal(record.kind, STORE_P2P);
    assert_true(record.is_binary);
    assert_int_equal(batch_reader_next(&reader, &record), 1);
    assert_int_equal(record.kind, 0x45);
    assert_int_equal(record.ahead_ms, 0);
    assert_int_equal(record.mtime_ms, 15);
    assert_int_equal(reader.bytes[record.msg_at], 'c');
    assert_int_equal(batch_reader_next(&reader, &record), 0);

    data[0] = 0;
    assert_int_equal(batch_reader_init(&reader, data, sizeof data, BATCH_TRUST), -1);
    data[0] = 3;
    assert_int_equal(batch_reader_init(&reader, data, sizeof data, BATCH_TRUST), -1);
}

static void records_are_small(void **state)
{
    store_record records[1000];
    store_batch batch = {.pid = 1, .records = records, .record_count = 1000};
    uint8_t *out;

    (void)state;
    for (int i = 0; i < 1000; i++)
        records[i] = (store_record){.offset = i + 1,
                                    .mtime_ms = 1700000000000 + i,
                                    .from = 10001,
                                    .to = 20000 + i,
                                    .mid = 1700000000000000 + i,
                                    .kind = STORE_P2P};

    const batch_run run = batch_run_of(&batch);

    out = malloc(batch_encoded_max(&run));
    assert_non_null(out);
    assert_true(batch_encode(&run, out) < 12 * 1000 + 50);
    free(out);
}

static void every_flipped_bit_is_found(void **state)
{
    const test_plan plan = {
        .pid = 3, .first_offset = 100, .count = 5, .body_max = 20, .mtime_step = 1};
    size_t len;
    uint8_t *data = encode(&plan, &len);

    (void)state;
    for (size_t i = 0; i < len * 8; i++) {
        data[i / 8] = (uint8_t)(data[i / 8] ^ 1 << i % 8);
        assert_int_equal(decode(data, len, BATCH_VERIFY, NULL), -1);
        data[i / 8] = (uint8_t)(data[i / 8] ^ 1 << i % 8);
    }
    free(data);
}

static void every_cut_is_found(void **state)
{
    const test_plan plan = {
        .pid = 3, .first_offset = 100, .count = 5, .body_max = 20, .mtime_step = 1};
    size_t len;
    uint8_t *data = encode(&plan, &len);

    (void)state;
    for (size_t part = 0; part < len; part++) {
        uint8_t *cut = heap_copy(data, part);

        assert_int_equal(decode(cut, part, BATCH_VERIFY, NULL), -1);
        (void)decode(cut, part, BATCH_TRUST, NULL);
        free(cut);
    }
    free(data);
}

/* Without the checksum, so that the structure is reached. */
static void hostile_bytes_lead_nowhere(void **state)
{
    const test_plan plan = {
        .pid = 3, .first_offset = 100, .count = 8, .body_max = 20, .mtime_step = 1};
    uint64_t seed = 1;
    size_t len;
    uint8_t *data = encode(&plan, &len);
    size_t understood = 0;

    (void)state;
    for (int round = 0; round < 30000; round++) {
        uint8_t *bad = heap_copy(data, len);
        const uint64_t changes = 1 + test_dice(&seed) % 4;

        for (uint64_t i = 0; i < changes; i++) {
            const uint64_t dice = test_dice(&seed);

            bad[1 + dice % (len - 1)] = dice >> 40 & 1 ? 0xff : (uint8_t)(dice >> 48);
        }
        understood += decode(bad, len, BATCH_TRUST, NULL) >= 0;
        free(bad);
    }
    assert_true(understood > 100); /* changes of bodies, for one */
    free(data);
}

static void huge_counts_are_refused(void **state)
{
    /* pid 0, count 2^62, the rest 0 */
    static const uint8_t data[] = {1,    0,    0,    0,    0,    0,    0,    0,    0,
                                   0,    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                   0x40, 2,    0,    0,    0,    0,    0,    0,    0};
    batch_reader reader = {.record_count = 42};

    (void)state;
    assert_int_equal(batch_reader_init(&reader, data, sizeof data, BATCH_TRUST), -1);
    assert_int_equal(reader.record_count, 42); /* outputs untouched */
}

static void checksums_are_those_of_xxh64(void **state)
{
    static const struct {
        const char *text;
        uint64_t seed;
        uint64_t sum;
    } rows[] = {
        {"", 0, 0xEF46DB3751D8E999U},
        {"a", 0, 0xD24EC4F1A98C6E5BU},
        {"abc", 0, 0x44BC2CF5AD770999U},
        {"Nobody inspects the spammish repetition", 0, 0xFBCEA83C8A378BF1U},
        {"xxhash", 20141025, 13067679811253438005U},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(batch_checksum((const uint8_t *)rows[i].text, strlen(rows[i].text),
                                   rows[i].seed) == rows[i].sum);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(decoding_gives_what_was_encoded),
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(records_are_small),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_cut_is_found),
        cmocka_unit_test(hostile_bytes_lead_nowhere),
        cmocka_unit_test(huge_counts_are_refused),
        cmocka_unit_test(checksums_are_those_of_xxh64),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
