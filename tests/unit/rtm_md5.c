/*
 * MD5 in lanes, beside libcrypto's: every length around the ends of blocks, every number of lanes,
 * lanes of different lengths, in vectors of every width that the processor has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "lib/base/num.h"
#include "lib/rtm/md5.h"
#include "tests/support/heap_copy.h"

enum { LEN_MAX = 700 };

static uint64_t random_state = 1;

static uint64_t draw(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return rtmi_mix64(random_state);
}

/* Hash random texts of those lengths, each in a block of exactly the room that it needs. */
static void compare(const size_t *lens, size_t count)
{
    uint8_t plain[RTMI_MD5_LANES][LEN_MAX];
    uint8_t *padded[RTMI_MD5_LANES];
    rtmi_md5_text texts[RTMI_MD5_LANES] = {{0}};
    uint8_t(*md5)[16] = malloc(count * sizeof *md5);

    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < lens[i]; at++)
            plain[i][at] = (uint8_t)draw();
        padded[i] = malloc(RTMI_MD5_ROOM(lens[i]));
        memcpy(padded[i], plain[i], lens[i]);
        memset(padded[i] + lens[i], 0x55, RTMI_MD5_ROOM(lens[i]) - lens[i]);
        texts[i].block_count = rtmi_md5_pad(padded[i], lens[i]);
        texts[i].blocks = padded[i];
        assert_int_equal(texts[i].block_count, RTMI_MD5_ROOM(lens[i]) / RTMI_MD5_BLOCK);
    }
    for (size_t width = 4; width <= rtmi_md5_width(); width *= 2) {
        memset(md5, 0, count * sizeof *md5);
        rtmi_md5_many_by(width, texts, count, md5);
        for (size_t i = 0; i < count; i++) {
            uint8_t expected[16];
            unsigned len;
            assert_int_equal(EVP_Digest(plain[i], lens[i], expected, &len, EVP_md5(), NULL), 1);
            assert_int_equal(len, sizeof expected);
            assert_memory_equal(md5[i], expected, sizeof expected);
        }
    }
    for (size_t i = 0; i < count; i++)
        free(padded[i]);
    free(md5);
}

static void every_length_gets_the_padding_that_it_needs(void **state)
{
    (void)state;
    assert_int_equal(RTMI_MD5_ROOM(0), 64);
    assert_int_equal(RTMI_MD5_ROOM(55), 64);
    assert_int_equal(RTMI_MD5_ROOM(56), 128);
    for (size_t len = 0; len < 200; len++)
        compare(&len, 1);
}

static void every_number_of_lanes_agrees_with_libcrypto(void **state)
{
    size_t lens[RTMI_MD5_LANES];

    (void)state;
    for (size_t count = 1; count <= RTMI_MD5_LANES; count++) {
        for (size_t round = 0; round < 40; round++) {
            for (size_t i = 0; i < count; i++)
                lens[i] = round % 4 == 0 ? 84 : draw() % (round % 2 == 0 ? 120 : LEN_MAX);
            compare(lens, count);
        }
    }
}

static void a_long_lane_leaves_short_ones_alone(void **state)
{
    size_t lens[RTMI_MD5_LANES];

    (void)state;
    for (size_t longest = 0; longest < RTMI_MD5_LANES; longest++) {
        for (size_t i = 0; i < RTMI_MD5_LANES; i++)
            lens[i] = i == longest ? LEN_MAX : i;
        compare(lens, RTMI_MD5_LANES);
    }
}

/* The others have tested it by then, or this says that nothing has. */
static void vectors_of_eight_lanes_are_tested(void **state)
{
    (void)state;
    if (rtmi_md5_width() < 8) {
        print_message("no AVX2 here: vectors of eight lanes are not tested\n");
        skip();
    }
    assert_int_equal(rtmi_md5_width(), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_gets_the_padding_that_it_needs),
        cmocka_unit_test(every_number_of_lanes_agrees_with_libcrypto),
        cmocka_unit_test(a_long_lane_leaves_short_ones_alone),
        cmocka_unit_test(vectors_of_eight_lanes_are_tested),
    };

    return cmocka_run_group_tests_name("rtm.md5", tests, NULL, NULL);
}
