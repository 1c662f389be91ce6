/*
 * Numbers: bytes to integers and back in either order, bounds, strict decimal text.
 */
#ifndef RTMI_BASE_NUM_H
#define RTMI_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t rtmi_load_be16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}

static inline uint32_t rtmi_load_be32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static inline uint64_t rtmi_load_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

static inline uint32_t rtmi_load_le32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t rtmi_load_le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/**
 * The first eight of `len` bytes as rtmi_load_le64() gives them, zeros for those that are not
 * there. `room` bytes may be read, `len` at least.
 */
static inline uint64_t rtmi_load_word(const uint8_t *p, size_t len, size_t room)
{
    uint64_t v = 0;

    if (room < sizeof v) {
        memcpy(&v, p, len < sizeof v ? len : sizeof v);
        return v;
    }
    v = rtmi_load_le64(p);
    return len >= sizeof v ? v : v & ((UINT64_C(1) << 8 * len) - 1);
}

static inline void rtmi_store_be16(uint8_t *p, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}

static inline void rtmi_store_be32(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}

static inline void rtmi_store_be64(uint8_t *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

static inline void rtmi_store_le32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "LIMIT: little-endian machines only; the loads and stores above are where to add others"
#endif

static inline size_t rtmi_min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline int64_t rtmi_max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t rtmi_min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/** Mixes 64 bits well (each input bit moves every output bit); a bijection. */
static inline uint64_t rtmi_mix64(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    return x;
}

/** Sort numbers and keep each once; returns how many are left. */
size_t rtmi_sort_unique(int64_t *numbers, size_t count);

/** Room for any int64 in decimal, sign and final NUL included. */
#define RTMI_INT_TEXT_SIZE 21

/** Write a number in decimal with a final NUL; returns the length without it. */
size_t rtmi_int_print(int64_t value, char text[RTMI_INT_TEXT_SIZE]);

/** Read a decimal int64 that fills the whole text: no blanks, no plus. False if it is none. */
bool rtmi_int_parse(const char *text, size_t len, int64_t *ret_value);

#endif
