/*
 * Blocks of the index as bytes: that decoding gives back what was encoded, that damage is found,
 * and that no bytes whatever lead it astray.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/store/index_block.h"
#include "tests/support/heap_copy.h"
#include "tests/support/store_batches.h"

enum { PID = -3, AT_BODY = 9 };

static const store_conversation conversation = {.kind = STORE_P2P, .a = INT64_MIN, .b = 77};

/* A block of `count` entries out of `given`, with extremes where dice says so. */
static index_block make_block(uint64_t seed, size_t given, size_t count)
{
    index_block block = {
        .first_id = 1 + (int64_t)(seed * 1000),
        .first_ms = seed % 2 == 0 ? INT64_MIN : 1700000000000,
        .entry_count = count,
    };
    int64_t ms = block.first_ms;

    block.next_id = block.first_id + (int64_t)given;
    for (size_t i = 0; i < count; i++) {
        ms += (int64_t)(test_dice(&seed) % 50);
        block.entries[i] = (index_entry){
            .id = block.first_id + (int64_t)(i + given - count), /* the first have gone */
            .ms = ms,
            .offset = 1 + (int64_t)(test_dice(&seed) >> 2),
            .from = (int64_t)test_dice(&seed),
            .mid = i % 2 == 0 ? INT64_MIN : INT64_MAX,
            .mtype = (uint8_t)test_dice(&seed),
        };
    }
    block.last_ms = seed % 3 == 0 ? INT64_MAX : ms;
    return block;
}

static uint8_t *encode(const index_block *block, size_t *ret_len)
{
    uint8_t room[INDEX_BLOCK_MAX];

    *ret_len = index_block_encode(block, PID, &conversation, room);
    assert_true(*ret_len <= sizeof room);
    return heap_copy(room, *ret_len);
}

static void decoding_gives_what_was_encoded(void **state)
{
    (void)state;
    for (size_t given = 0; given <= INDEX_BLOCK_IDS; given += 8) {
        for (size_t count = 0; count <= given; count += 4) {
            const index_block block = make_block(given * 100 + count, given, count);
            index_block got;
            size_t len;
            uint8_t *data = encode(&block, &len);

            assert_int_equal(
                index_block_decode(&got, PID, &conversation, block.first_id, data, len), 0);
            assert_int_equal(got.next_id, block.next_id);
            assert_int_equal(got.first_ms, block.first_ms);
            assert_int_equal(got.last_ms, block.last_ms);
            assert_int_equal(got.entry_count, count);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(got.entries[i].id, block.entries[i].id);
                assert_int_equal(got.entries[i].ms, block.entries[i].ms);
                assert_int_equal(got.entries[i].offset, block.entries[i].offset);
                assert_int_equal(got.entries[i].from, block.entries[i].from);
                assert_int_equal(got.entries[i].mid, block.entries[i].mid);
                assert_int_equal(got.entries[i].mtype, block.entries[i].mtype);
            }
            free(data);
        }
    }
}

static void every_flipped_bit_and_every_cut_is_found(void **state)
{
    const index_block block = make_block(7, 10, 8);
    index_block got;
    size_t len;
    uint8_t *data = encode(&block, &len);

    (void)state;
    for (size_t i = 0; i < len * 8; i++) {
        data[i / 8] = (uint8_t)(data[i / 8] ^ 1 << i % 8);
        assert_int_equal(index_block_decode(&got, PID, &conversation, block.first_id, data, len),
                         -1);
        data[i / 8] = (uint8_t)(data[i / 8] ^ 1 << i % 8);
    }
    for (size_t part = 0; part < len; part++) {
        uint8_t *cut = heap_copy(data, part);

        assert_int_equal(index_block_decode(&got, PID, &conversation, block.first_id, cut, part),
                         -1);
        if (part >= AT_BODY)
            assert_int_equal(
                index_block_decode_body(&got, block.first_id, cut + AT_BODY, part - AT_BODY), -1);
        free(cut);
    }
    free(data);
}

static void a_block_is_of_its_key_only(void **state)
{
    const index_block block = make_block(7, 10, 8);
    store_conversation other = conversation;
    index_block got;
    size_t len;
    uint8_t *data = encode(&block, &len);

    (void)state;
    assert_int_equal(index_block_decode(&got, PID + 1, &conversation, block.first_id, data, len),
                     -1);
    assert_int_equal(index_block_decode(&got, PID, &conversation, block.first_id + 1, data, len),
                     -1);
    other.b++;
    assert_int_equal(index_block_decode(&got, PID, &other, block.first_id, data, len), -1);
    other = conversation;
    other.kind++;
    assert_int_equal(index_block_decode(&got, PID, &other, block.first_id, data, len), -1);
    free(data);
}

/* Without the checksum, so that the structure is reached. */
static void hostile_bytes_lead_nowhere(void **state)
{
    const index_block block = make_block(9, 30, 20);
    uint64_t seed = 1;
    size_t len;
    uint8_t *data = encode(&block, &len);
    size_t understood = 0;

    (void)state;
    for (int round = 0; round < 30000; round++) {
        const size_t body_len = len - AT_BODY;
        uint8_t *bad = heap_copy(data + AT_BODY, body_len);
        const uint64_t changes = 1 + test_dice(&seed) % 3;
        index_block got;

        for (uint64_t i = 0; i < changes; i++) {
            const uint64_t dice = test_dice(&seed);

            bad[dice % body_len] = dice >> 40 & 1 ? 0xff : (uint8_t)(dice >> 48);
        }
        if (index_block_decode_body(&got, block.first_id, bad, body_len) == 0) {
            understood++;
            assert_true(got.entry_count <= INDEX_BLOCK_IDS);
            assert_true(got.next_id <= got.first_id + INDEX_BLOCK_IDS);
            for (size_t i = 0; i < got.entry_count; i++) {
                assert_true(got.entries[i].id >= got.first_id && got.entries[i].id < got.next_id);
                assert_true(i == 0 || got.entries[i - 1].id < got.entries[i].id);
                assert_true(i == 0 || got.entries[i - 1].ms <= got.entries[i].ms);
            }
        }
        free(bad);
    }
    assert_true(understood > 100); /* changes of senders, for one */
    free(data);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(decoding_gives_what_was_encoded),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_found),
        cmocka_unit_test(a_block_is_of_its_key_only),
        cmocka_unit_test(hostile_bytes_lead_nowhere),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
