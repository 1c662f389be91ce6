/*
 * Numbers as LEB128 varints, those that may be negative zigzag-coded. Differences of int64 wrap
 * at 64 bits, so that the difference of any two can be undone.
 */
#ifndef GATE_STORE_VARINT_H
#define GATE_STORE_VARINT_H

#include <stdint.h>

/** Bytes that one number takes, at most. */
enum { VARINT_MAX = 10 };

static inline uint8_t *varint_put(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static inline uint64_t varint_zigzag(uint64_t value)
{
    return value << 1 ^ (0 - (value >> 63));
}

static inline uint8_t *varint_put_signed(uint8_t *at, uint64_t value)
{
    return varint_put(at, varint_zigzag(value));
}

/** Take a varint off the front; -1 when it is cut short or longer than 64 bits. */
static inline int varint_get(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    const uint8_t *here = *at;
    uint64_t value = 0;

    for (int shift = 0; shift < 64; shift += 7) {
        if (here == end)
            return -1;

        const uint8_t byte = *here++;

        if (shift == 63 && byte > 1)
            return -1;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *at = here;
            *ret_value = value;
            return 0;
        }
    }
    return -1;
}

static inline int varint_get_signed(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    uint64_t value;

    if (varint_get(at, end, &value) < 0)
        return -1;
    *ret_value = value >> 1 ^ (0 - (value & 1));
    return 0;
}

static inline uint64_t varint_minus(int64_t a, int64_t b)
{
    return (uint64_t)a - (uint64_t)b;
}

static inline int64_t varint_plus(int64_t a, uint64_t difference)
{
    return (int64_t)((uint64_t)a + difference);
}

#endif
