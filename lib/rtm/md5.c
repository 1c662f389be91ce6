/*
 * RFC 1321 in vectors of four numbers, which every processor of 64 bits has, or of eight, where
 * the processor that runs it has AVX2. Several vectors go through the rounds together: their steps
 * do not wait for each other. For up to four texts one vector of four does.
 */
#include "lib/rtm/md5.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/num.h"

#define VECTOR_LANES 4
#define WAYS_MAX (RTMI_MD5_LANES / VECTOR_LANES)

#define WORDS (RTMI_MD5_BLOCK / 4)

/* A number of each lane. */
typedef struct row {
    _Alignas(64) uint32_t lanes[RTMI_MD5_LANES];
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
#define STEP(vector, ways, mix, a, b, c, d, word, shift)                                           \
    do {                                                                                           \
        const vector *const w = (const vector *)&words[(word) % WORDS];                            \
        _Pragma("GCC unroll 4") for (size_t y = 0; y < (ways); y++)                                \
        {                                                                                          \
            const vector t = a[y] + mix(b[y], c[y], d[y]) + w[y] + constants[step];                \
            a[y] = ((t << (shift)) | (t >> (32 - (shift)))) + b[y];                                \
        }                                                                                          \
        step++;                                                                                    \
    } while (0)

/* Sixteen steps; the words are taken in steps of `stride` from `at` on. */
#define ROUND(vector, ways, mix, stride, at, s1, s2, s3, s4)                                       \
    for (size_t n = 0; n < 16; n += 4) {                                                           \
        STEP(vector, ways, mix, a, b, c, d, (stride)*n + (at), s1);                                \
        STEP(vector, ways, mix, d, a, b, c, (stride) * (n + 1) + (at), s2);                        \
        STEP(vector, ways, mix, c, d, a, b, (stride) * (n + 2) + (at), s3);                        \
        STEP(vector, ways, mix, b, c, d, a, (stride) * (n + 3) + (at), s4);                        \
    }

/* A function that adds one block of each lane to `state`, where `mask` is set. */
#define DEFINE_ADD_BLOCK(name, vector, ways)                                                       \
    static void name(row state[4], const row words[WORDS], const row *mask)                        \
    {                                                                                              \
        vector a[ways], b[ways], c[ways], d[ways];                                                 \
        size_t step = 0;                                                                           \
        memcpy(a, &state[0], sizeof a);                                                            \
        memcpy(b, &state[1], sizeof b);                                                            \
        memcpy(c, &state[2], sizeof c);                                                            \
        memcpy(d, &state[3], sizeof d);                                                            \
        ROUND(vector, ways, MIX_1, 1, 0, 7, 12, 17, 22)                                            \
        ROUND(vector, ways, MIX_2, 5, 1, 5, 9, 14, 20)                                             \
        ROUND(vector, ways, MIX_3, 3, 5, 4, 11, 16, 23)                                            \
        ROUND(vector, ways, MIX_4, 7, 0, 6, 10, 15, 21)                                            \
        for (size_t y = 0; y < (ways); y++) {                                                      \
            const vector m = ((const vector *)mask)[y];                                            \
            ((vector *)&state[0])[y] += a[y] & m;                                                  \
            ((vector *)&state[1])[y] += b[y] & m;                                                  \
            ((vector *)&state[2])[y] += c[y] & m;                                                  \
            ((vector *)&state[3])[y] += d[y] & m;                                                  \
        }                                                                                          \
    }

typedef uint32_t vector_4 __attribute__((vector_size(16), may_alias));

DEFINE_ADD_BLOCK(add_to_4, vector_4, 1)
DEFINE_ADD_BLOCK(add_by_4, vector_4, 4)

#ifdef __x86_64__
typedef uint32_t vector_8 __attribute__((vector_size(32), may_alias));

__attribute__((target("avx2"))) DEFINE_ADD_BLOCK(add_by_8, vector_8, 2)

    size_t rtmi_md5_width(void)
{
    return __builtin_cpu_supports("avx2") ? 8 : 4;
}
#else
#define add_by_8 add_by_4

size_t rtmi_md5_width(void)
{
    return 4;
}
#endif

/* Four words of four lanes: from lane by lane to word by word. */
static void turn(const uint8_t *const from[4], row *ret_words, size_t lane)
{
    vector_4 a, b, c, d;

    memcpy(&a, from[0], sizeof a);
    memcpy(&b, from[1], sizeof b);
    memcpy(&c, from[2], sizeof c);
    memcpy(&d, from[3], sizeof d);
    const vector_4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const vector_4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const vector_4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const vector_4 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(vector_4 *)&ret_words[0].lanes[lane] = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(vector_4 *)&ret_words[1].lanes[lane] = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    *(vector_4 *)&ret_words[2].lanes[lane] = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *(vector_4 *)&ret_words[3].lanes[lane] = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/*
 * Word by word beside each other. A lane that has ended goes on with what it had, masked, and
 * lanes that nobody has with what the first one has.
 */
static void gather(const rtmi_md5_text *texts, size_t count, size_t block, row ret_words[WORDS],
                   row *ret_mask)
{
    for (size_t lane = 0; lane < count; lane += 4) {
        const uint8_t *from[4];
        for (size_t i = 0; i < 4; i++) {
            const rtmi_md5_text *text = &texts[lane + i < count ? lane + i : 0];
            const bool has_ended = block >= text->block_count;
            from[i] = text->blocks + (has_ended ? 0 : block * RTMI_MD5_BLOCK);
            ret_mask->lanes[lane + i] = has_ended ? 0 : UINT32_MAX;
        }
        for (size_t word = 0; word < WORDS; word += 4) {
            turn(from, ret_words + word, lane);
            for (size_t i = 0; i < 4; i++)
                from[i] += 4 * sizeof(uint32_t);
        }
    }
}

void rtmi_md5_many(const rtmi_md5_text *texts, size_t count, uint8_t (*ret_md5)[16])
{
    rtmi_md5_many_by(rtmi_md5_width(), texts, count, ret_md5);
}

void rtmi_md5_many_by(size_t width, const rtmi_md5_text *texts, size_t count,
                      uint8_t (*ret_md5)[16])
{
    row words[WORDS] = {0};
    row state[4];
    row mask = {0};
    size_t block_count = 0;

    assert(count <= RTMI_MD5_LANES);
    for (size_t lane = 0; lane < count; lane++) {
        if (texts[lane].block_count > block_count)
            block_count = texts[lane].block_count;
    }
    for (size_t i = 0; i < 4; i++) {
        for (size_t lane = 0; lane < RTMI_MD5_LANES; lane++)
            state[i].lanes[lane] = first[i];
    }
    for (size_t block = 0; block < block_count; block++) {
        gather(texts, count, block, words, &mask);
        if (count <= 4)
            add_to_4(state, words, &mask);
        else if (width == 8)
            add_by_8(state, words, &mask);
        else
            add_by_4(state, words, &mask);
    }
    explicit_bzero(words, sizeof words);
    for (size_t lane = 0; lane < count; lane++) {
        for (size_t i = 0; i < 4; i++)
            rtmi_store_le32(ret_md5[lane] + 4 * i, state[i].lanes[lane]);
    }
}
