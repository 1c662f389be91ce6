/*
 * The memory of message ids against a list that remembers everything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/mids.h"
#include "lib/base/num.h"

#define KEYS 4000

/* As its places in `bytes` have it. */
static uint64_t content_of(const mids *m, const store_record *record, const uint8_t *bytes)
{
    return mids_content_of(m, record->mtype, record->is_binary,
                           (rtmi_span){bytes + record->msg_at, record->msg_len},
                           (rtmi_span){bytes + record->attrs_at, record->attrs_len});
}

static const mid_entry *find(mids *m, const mid_entry *entry, int64_t now_ms)
{
    mid_place place;

    return mids_find(m, entry, now_ms, &place);
}

static mid_entry entry_of(const mids *m, int64_t mid, const char *text)
{
    const store_record record = {.kind = STORE_GROUP,
                                 .mtype = 51,
                                 .from = 1,
                                 .to = 2,
                                 .mid = mid,
                                 .msg_len = (uint32_t)strlen(text)};
    mid_entry entry;

    mids_key_of(m, record.kind, record.from, record.to, record.mid, &entry);
    entry.content = content_of(m, &record, (const uint8_t *)text);
    return entry;
}

static void it_agrees_with_a_model(void **state)
{
    static const size_t maxima[] = {1, 10, 1000, 1024, 1025, 3000};

    (void)state;
    for (size_t n = 0; n < sizeof maxima / sizeof maxima[0]; n++) {
        enum { AGE = 2000 };
        static int64_t number[KEYS]; /* of the entry that a key has; 0: none */
        static int64_t stored[200000];
        const size_t max = maxima[n];
        mids *m = mids_new(max, AGE, 3, 4);
        uint64_t random = n;
        int64_t now = AGE;
        int64_t count = 0;

        memset(number, 0, sizeof number);
        for (int i = 0; i < 30000; i++) {
            random = rtmi_mix64(random + 1);
            const int64_t mid = (int64_t)(random % KEYS);
            now += (int64_t)(random >> 40) % 5;
            mid_entry entry = entry_of(m, mid, "text");
            mid_place place;
            const mid_entry *known = mids_find(m, &entry, now, &place);
            const int64_t was = number[mid];
            const bool expected =
                was != 0 && count - was < (int64_t)max && now - stored[was] <= AGE;
            assert_int_equal(known != NULL, expected);
            if (known != NULL) {
                assert_int_equal(known->offset, was);
                assert_int_equal(known->mtime_ms, stored[was]);
                assert_int_equal(known->content, entry.content);
                if (random >> 33 & 1) {
                    entry.offset = was - 1; /* another: stays */
                    mids_remove(m, &entry);
                    assert_non_null(find(m, &entry, now));
                    entry.offset = was;
                    mids_remove(m, &entry);
                    assert_null(find(m, &entry, now));
                    number[mid] = 0;
                }
                continue;
            }
            entry.offset = ++count;
            entry.mtime_ms = now;
            stored[count] = now;
            number[mid] = count;
            assert_true(random >> 34 & 1 ? mids_add(m, &entry) : mids_add_at(m, &entry, &place));
        }
        mids_free(m);
    }
}

/* It grows several times; some entries go while they are on their way to the larger table. */
static void it_grows_without_losing_any(void **state)
{
    enum { COUNT = 40000 };
    static bool is_there[COUNT + 1];
    mids *m = mids_new(COUNT, 1000, 3, 4);
    uint64_t random = 7;

    (void)state;
    for (int64_t i = 1; i <= COUNT; i++) {
        mid_entry entry = entry_of(m, i, "text");
        assert_null(find(m, &entry, 5));
        entry.offset = i;
        entry.mtime_ms = 5;
        assert_true(mids_add(m, &entry));
        is_there[i] = true;
        random = rtmi_mix64(random + 1);
        const int64_t other = 1 + (int64_t)(random % (uint64_t)i);
        if (i % 3 == 0 && is_there[other]) {
            entry = entry_of(m, other, "text");
            entry.offset = other;
            mids_remove(m, &entry);
            is_there[other] = false;
        }
    }
    for (int64_t i = 1; i <= COUNT; i++) {
        const mid_entry entry = entry_of(m, i, "text");
        const mid_entry *known = find(m, &entry, 5);
        assert_int_equal(known != NULL, is_there[i]);
        if (known != NULL)
            assert_int_equal(known->offset, i);
    }
    const mid_entry entry = entry_of(m, COUNT, "text");
    assert_null(find(m, &entry, 1006)); /* too old, though not all have gone yet */
    mids_free(m);
}

/* Contents that differ in one byte, of every length up to 40, at every place. */
static void each_byte_of_the_content_counts(void **state)
{
    mids *m = mids_new(10, 1000, 3, 4);
    uint8_t bytes[40] = {0};
    store_record record = {.kind = STORE_P2P, .mtype = 51};

    (void)state;
    for (uint32_t len = 1; len <= sizeof bytes; len++) {
        record.msg_len = len;
        const uint64_t content = content_of(m, &record, bytes);
        for (uint32_t at = 0; at < len; at++) {
            bytes[at] = 1;
            assert_true(content_of(m, &record, bytes) != content);
            bytes[at] = 0;
        }
        record.msg_len = len - 1;
        assert_true(content_of(m, &record, bytes) != content);
    }
    mids_free(m);
}

/*
 * To turn all bits of both factors leaves a product the same modulo 2^64 - 1. These have been the
 * same as their opposites once, for these seeds, as one of 80 million pairs was.
 */
static void opposites_differ(void **state)
{
    static const uint64_t words[][2] = {
        {UINT64_C(0x6793dcb7ff2cda8a), UINT64_C(0xb52431fc01a9eaa7)},
        {UINT64_C(0x6d92d2a4342dbad6), UINT64_C(0x7116759a91c2cf3e)},
        {UINT64_C(0x68c16f2a1a1e8844), UINT64_C(0xe5808349ae198d40)},
    };
    mids *m = mids_new(10, 1000, 0x1234567, UINT64_C(0x89abcdef01));
    const store_record record = {.kind = STORE_P2P, .mtype = 51, .is_binary = true, .msg_len = 16};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const uint64_t other[2] = {~words[i][0], ~words[i][1]};
        assert_true(content_of(m, &record, (const uint8_t *)words[i]) !=
                    content_of(m, &record, (const uint8_t *)other));
    }
    mids_free(m);
}

static void content_is_compared_apart_from_the_key(void **state)
{
    mids *m = mids_new(10, 1000, 3, 4);
    store_record record = {.kind = STORE_P2P,
                           .mtype = 51,
                           .from = 1,
                           .to = 2,
                           .mid = 3,
                           .msg_len = 9,
                           .attrs_at = 9,
                           .attrs_len = 2};
    const uint8_t bytes[] = "abcdefghi{}xxxxx";
    mid_entry a;
    mid_entry b;

    (void)state;
    mids_key_of(m, record.kind, record.from, record.to, record.mid, &a);
    a.content = content_of(m, &record, bytes);
    const store_record base = record;
    for (int i = 0; i < 8; i++) {
        record = base;
        switch (i) {
        case 0:
            record.kind = STORE_GROUP;
            break;
        case 1:
            record.from = 2;
            record.to = 1;
            break;
        case 2:
            record.to = 9;
            break;
        case 3:
            record.mid = 4;
            break;
        case 4:
            record.mtype = 52;
            break;
        case 5:
            record.is_binary = true;
            break;
        case 6:
            record.msg_len = 8;
            record.attrs_at = 8;
            record.attrs_len = 3;
            break;
        default:
            record.attrs_len = 3;
            break;
        }
        mids_key_of(m, record.kind, record.from, record.to, record.mid, &b);
        b.content = content_of(m, &record, bytes);
        const bool same_key = a.key[0] == b.key[0] && a.key[1] == b.key[1];
        assert_int_equal(same_key, i >= 4);
        if (i >= 4)
            assert_true(a.content != b.content);
    }
    mids_free(m);
    mids_free(NULL);
}

static void none_are_kept_when_none_may_be(void **state)
{
    mids *m = mids_new(0, 1000, 3, 4);
    mid_entry entry = entry_of(m, 1, "");

    (void)state;
    entry.offset = 1;
    entry.mtime_ms = 5;
    assert_true(mids_add(m, &entry));
    assert_null(find(m, &entry, 5));
    mids_free(m);
}

/* Numbers in a row, as receivers of a message, must not lead to few places of the index. */
static void neighbours_are_spread(void **state)
{
    enum { MESSAGES = 3000, RECEIVERS = 1024, LINES = 128 };
    mids *m = mids_new(10, 1000, 3, 4);

    (void)state;
    for (int64_t mid = 0; mid < MESSAGES; mid++) {
        size_t counts[LINES] = {0};
        for (int64_t to = 0; to < RECEIVERS; to++) {
            mid_entry entry;
            mids_key_of(m, STORE_P2P, 7, to, mid, &entry);
            assert_true(++counts[entry.key[1] >> 33 & (LINES - 1)] < 40); /* 8 in the mean */
        }
    }
    mids_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_spread),
        cmocka_unit_test(it_agrees_with_a_model),
        cmocka_unit_test(it_grows_without_losing_any),
        cmocka_unit_test(each_byte_of_the_content_counts),
        cmocka_unit_test(opposites_differ),
        cmocka_unit_test(content_is_compared_apart_from_the_key),
        cmocka_unit_test(none_are_kept_when_none_may_be),
    };

    return cmocka_run_group_tests_name("gate_core.mids", tests, NULL, NULL);
}
