/*
 * MessagePack into memory whose room somebody has seen to: each writer returns where the next
 * value begins. The forms are the shortest. pack.h asks for room and writes with these; hot paths
 * ask once for a whole package and then write straight on.
 *
 * Protocol: FPNN section 3.
 */
#ifndef RTMI_FPNN_PUT_H
#define RTMI_FPNN_PUT_H

#include <assert.h>

#include "lib/base/num.h"
#include "lib/base/span.h"

/** No integer, and no head of a text, of bytes or of a container, takes more. */
#define RTMI_PUT_HEAD_MAX 9

static inline uint8_t *rtmi_put_byte(uint8_t *at, uint8_t byte)
{
    *at = byte;
    return at + 1;
}

/* One byte, then a number of so many bits. */

static inline uint8_t *rtmi_put_8(uint8_t *at, uint8_t first, uint8_t value)
{
    at[0] = first;
    at[1] = value;
    return at + 2;
}

static inline uint8_t *rtmi_put_16(uint8_t *at, uint8_t first, uint16_t value)
{
    at[0] = first;
    rtmi_store_be16(at + 1, value);
    return at + 3;
}

static inline uint8_t *rtmi_put_32(uint8_t *at, uint8_t first, uint32_t value)
{
    at[0] = first;
    rtmi_store_be32(at + 1, value);
    return at + 5;
}

static inline uint8_t *rtmi_put_64(uint8_t *at, uint8_t first, uint64_t value)
{
    at[0] = first;
    rtmi_store_be64(at + 1, value);
    return at + 9;
}

/** Ids and times are mostly wide, so these are asked for first. */
static inline uint8_t *rtmi_put_uint(uint8_t *at, uint64_t value)
{
    if (value > UINT32_MAX)
        return rtmi_put_64(at, 0xcf, value);
    if (value > UINT16_MAX)
        return rtmi_put_32(at, 0xce, (uint32_t)value);
    if (value > UINT8_MAX)
        return rtmi_put_16(at, 0xcd, (uint16_t)value);
    if (value > 0x7f)
        return rtmi_put_8(at, 0xcc, (uint8_t)value);
    return rtmi_put_byte(at, (uint8_t)value);
}

static inline uint8_t *rtmi_put_negative(uint8_t *at, int64_t value)
{
    if (value >= -32)
        return rtmi_put_byte(at, (uint8_t)value);
    if (value >= INT8_MIN)
        return rtmi_put_8(at, 0xd0, (uint8_t)value);
    if (value >= INT16_MIN)
        return rtmi_put_16(at, 0xd1, (uint16_t)value);
    if (value >= INT32_MIN)
        return rtmi_put_32(at, 0xd2, (uint32_t)value);
    return rtmi_put_64(at, 0xd3, (uint64_t)value);
}

static inline uint8_t *rtmi_put_int(uint8_t *at, int64_t value)
{
    return value >= 0 ? rtmi_put_uint(at, (uint64_t)value) : rtmi_put_negative(at, value);
}

static inline uint8_t *rtmi_put_str_head(uint8_t *at, uint32_t len)
{
    if (len <= 31)
        return rtmi_put_byte(at, (uint8_t)(0xa0 | len));
    if (len <= UINT8_MAX)
        return rtmi_put_8(at, 0xd9, (uint8_t)len);
    if (len <= UINT16_MAX)
        return rtmi_put_16(at, 0xda, (uint16_t)len);
    return rtmi_put_32(at, 0xdb, len);
}

static inline uint8_t *rtmi_put_bin_head(uint8_t *at, uint32_t len)
{
    if (len <= UINT8_MAX)
        return rtmi_put_8(at, 0xc4, (uint8_t)len);
    if (len <= UINT16_MAX)
        return rtmi_put_16(at, 0xc5, (uint16_t)len);
    return rtmi_put_32(at, 0xc6, len);
}

static inline uint8_t *rtmi_put_array(uint8_t *at, uint32_t count)
{
    if (count <= 15)
        return rtmi_put_byte(at, (uint8_t)(0x90 | count));
    return count <= UINT16_MAX ? rtmi_put_16(at, 0xdc, (uint16_t)count)
                               : rtmi_put_32(at, 0xdd, count);
}

static inline uint8_t *rtmi_put_map(uint8_t *at, uint32_t count)
{
    if (count <= 15)
        return rtmi_put_byte(at, (uint8_t)(0x80 | count));
    return count <= UINT16_MAX ? rtmi_put_16(at, 0xde, (uint16_t)count)
                               : rtmi_put_32(at, 0xdf, count);
}

static inline uint8_t *rtmi_put_bytes(uint8_t *at, const void *data, size_t len)
{
    if (len > 0) /* nothing may be NULL */
        memcpy(at, data, len);
    return at + len;
}

/** A key or other constant text of at most 31 bytes: a store or two where it is a literal. */
static inline uint8_t *rtmi_put_key(uint8_t *at, const char *key)
{
    const size_t len = strlen(key);

    assert(len <= 31);
    at[0] = (uint8_t)(0xa0 | len);
    memcpy(at + 1, key, len);
    return at + 1 + len;
}

static inline uint8_t *rtmi_put_key_int(uint8_t *at, const char *key, int64_t value)
{
    return rtmi_put_int(rtmi_put_key(at, key), value);
}

#endif
