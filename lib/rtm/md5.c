/*
 * RFC 1321 in vectors of four numbers, which every processor of 64 bits has, so that there is
 * nothing to choose while running. Four vectors go through the rounds together: their steps do not
 * wait for each other. For up to four texts one vector does, at half of the time.
 *
 * (Eight numbers a vector, with AVX2, were measured to save a fifth of it: not worth a choice by
 * processor. docs/performance.md)
 */
#include "lib/rtm/md5.h"

#include <assert.h>
#include <string.h>

#include "lib/base/num.h"

#define VECTOR_LANES 4
#define WAYS_MAX (RTMI_MD5_LANES / VECTOR_LANES)

typedef uint32_t vector __attribute__((vector_size(4 * VECTOR_LANES)));

/* A number of each lane. */
typedef struct row {
    vector ways[WAYS_MAX];
} row;

static const uint32_t first[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

static const uint32_t constants[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

size_t rtmi_md5_pad(uint8_t *text, size_t len)
{
    const size_t room = RTMI_MD5_ROOM(len);
    const uint64_t bits = (uint64_t)len * 8;

    text[len] = 0x80;
    memset(text + len + 1, 0, room - len - 1 - sizeof bits);
    memcpy(text + room - sizeof bits, &bits, sizeof bits); /* little-endian, as all of lib/ */
    return room / RTMI_MD5_BLOCK;
}

/* The functions F, G, H and I of the four rounds. */
#define MIX_1(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define MIX_2(b, c, d) ((c) ^ ((d) & ((b) ^ (c))))
#define MIX_3(b, c, d) ((b) ^ (c) ^ (d))
#define MIX_4(b, c, d) ((c) ^ ((b) | ~(d)))

/* One step of all lanes: unrolled, or the vectors would wait for each other in memory. */
#define STEP(mix, a, b, c, d, word, shift)                                                         \
    do {                                                                                           \
        const row *const w = &words[(word) % 16];                                                  \
        _Pragma("GCC unroll 4") for (size_t y = 0; y < ways; y++)                                  \
        {                                                                                          \
            const vector t =                                                                       \
                a.ways[y] + mix(b.ways[y], c.ways[y], d.ways[y]) + w->ways[y] + constants[step];   \
            a.ways[y] = ((t << (shift)) | (t >> (32 - (shift)))) + b.ways[y];                      \
        }                                                                                          \
        step++;                                                                                    \
    } while (0)

/* Sixteen steps; the words are taken in steps of `stride` from `at` on. */
#define ROUND(mix, stride, at, s1, s2, s3, s4)                                                     \
    for (size_t n = 0; n < 16; n += 4) {                                                           \
        STEP(mix, a, b, c, d, (stride)*n + (at), s1);                                              \
        STEP(mix, d, a, b, c, (stride) * (n + 1) + (at), s2);                                      \
        STEP(mix, c, d, a, b, (stride) * (n + 2) + (at), s3);                                      \
        STEP(mix, b, c, d, a, (stride) * (n + 3) + (at), s4);                                      \
    }

/* One block of each lane into `state`, where `mask` is set. In line, for its constant `ways`. */
static inline __attribute__((always_inline)) void add_block(row state[4], const row words[16],
                                                            const row *mask, const size_t ways)
{
    row a = state[0];
    row b = state[1];
    row c = state[2];
    row d = state[3];
    size_t step = 0;

    ROUND(MIX_1, 1, 0, 7, 12, 17, 22)
    ROUND(MIX_2, 5, 1, 5, 9, 14, 20)
    ROUND(MIX_3, 3, 5, 4, 11, 16, 23)
    ROUND(MIX_4, 7, 0, 6, 10, 15, 21)
    for (size_t y = 0; y < ways; y++) {
        state[0].ways[y] += a.ways[y] & mask->ways[y];
        state[1].ways[y] += b.ways[y] & mask->ways[y];
        state[2].ways[y] += c.ways[y] & mask->ways[y];
        state[3].ways[y] += d.ways[y] & mask->ways[y];
    }
}

static void put(row *to, size_t lane, uint32_t value)
{
    to->ways[lane / VECTOR_LANES][lane % VECTOR_LANES] = value;
}

static uint32_t get(const row *from, size_t lane)
{
    return from->ways[lane / VECTOR_LANES][lane % VECTOR_LANES];
}

/* Word by word beside each other. A lane that has ended goes on with what it had, masked. */
static void gather(const rtmi_md5_text *texts, size_t count, size_t block, row ret_words[16],
                   row *ret_mask)
{
    for (size_t lane = 0; lane < count; lane++) {
        const bool has_ended = block >= texts[lane].block_count;
        const uint8_t *from = texts[lane].blocks + (has_ended ? 0 : block * RTMI_MD5_BLOCK);
        put(ret_mask, lane, has_ended ? 0 : UINT32_MAX);
        for (size_t i = 0; i < 16; i++)
            put(&ret_words[i], lane, rtmi_load_le32(from + 4 * i));
    }
}

void rtmi_md5_many(const rtmi_md5_text *texts, size_t count, uint8_t (*ret_md5)[16])
{
    row words[16] = {0};
    row state[4] = {0};
    row mask = {0};
    size_t block_count = 0;

    assert(count <= RTMI_MD5_LANES);
    for (size_t lane = 0; lane < count; lane++) {
        if (texts[lane].block_count > block_count)
            block_count = texts[lane].block_count;
        for (size_t i = 0; i < 4; i++)
            put(&state[i], lane, first[i]);
    }
    for (size_t block = 0; block < block_count; block++) {
        gather(texts, count, block, words, &mask);
        if (count <= VECTOR_LANES)
            add_block(state, words, &mask, 1);
        else
            add_block(state, words, &mask, WAYS_MAX);
    }
    explicit_bzero(words, sizeof words);
    for (size_t lane = 0; lane < count; lane++) {
        for (size_t i = 0; i < 4; i++)
            rtmi_store_le32(ret_md5[lane] + 4 * i, get(&state[i], lane));
    }
}
