/*
 * MD5 of several short texts side by side: one in each lane of the processor's vectors.
 *
 * One text keeps a processor waiting, since each of its steps needs the one before; sixteen take
 * little longer than three. Who has a single text takes libcrypto (lib/rtm/sign.c).
 *
 * The texts are given as whole blocks, padded. What is copied of them is wiped.
 */
#ifndef RTMI_RTM_MD5_H
#define RTMI_RTM_MD5_H

#include <stddef.h>
#include <stdint.h>

#define RTMI_MD5_LANES 16
#define RTMI_MD5_BLOCK 64

/** Room for a text of `len` bytes and its padding. */
#define RTMI_MD5_ROOM(len) (((len) + 8 + RTMI_MD5_BLOCK) / RTMI_MD5_BLOCK * RTMI_MD5_BLOCK)

typedef struct rtmi_md5_text {
    const uint8_t *blocks;
    size_t block_count; /* at least 1 */
} rtmi_md5_text;

/** Pad a text where it stands, up to RTMI_MD5_ROOM(len); returns how many blocks it has. */
size_t rtmi_md5_pad(uint8_t *text, size_t len);

/** Hash up to RTMI_MD5_LANES texts, of whatever lengths. */
void rtmi_md5_many(const rtmi_md5_text *texts, size_t count, uint8_t (*ret_md5)[16]);

/** How many lanes a vector of the processor has that this runs on: 4, or 8. */
size_t rtmi_md5_width(void);

/** The same in vectors of so many lanes, no more than rtmi_md5_width(). */
void rtmi_md5_many_by(size_t width, const rtmi_md5_text *texts, size_t count,
                      uint8_t (*ret_md5)[16]);

#endif
