/*
 * FPNN encryption, the data: one direction of one connection, AES in CFB with 128-bit feedback.
 *
 * Package mode: each package is encrypted by itself behind its length in clear. Stream mode: one
 * keystream for all bytes. It hides data and does not authenticate it: whoever can change bytes
 * on the way can change what is read. TLS is the better choice where both ends have it.
 *
 * Protocol: FPNN section 7.5.
 */
#ifndef RTMI_FPNN_CIPHER_H
#define RTMI_FPNN_CIPHER_H

#include "lib/fpnn/keyexchange.h"

/** One direction: it either seals or opens. */
typedef struct rtmi_cipher rtmi_cipher;

/** 0, RTM_E_NOMEM or RTM_E_SYSTEM (the crypto library). */
int rtmi_cipher_new(const rtmi_cipher_keys *keys, bool is_stream, bool is_sealing,
                    rtmi_cipher **ret_cipher);

/** Free it and wipe its keys; NULL is allowed. */
void rtmi_cipher_free(rtmi_cipher *cipher);

/**
 * Encrypt `plain`, which is one or more whole packages, to the end of `out`. 0, RTM_E_NOMEM or
 * RTM_E_LIMIT (of `out`: nothing was sealed), RTM_E_SYSTEM.
 */
int rtmi_cipher_seal(rtmi_cipher *cipher, rtmi_span plain, rtmi_buf *out);

/**
 * Decrypt what is there: take bytes from the front of `in`, append plain bytes to `out`. In
 * package mode a package is taken when all of it is there, and must be exactly one package; in
 * stream mode all bytes are taken. 0, or negative: RTMI_FRAME_E_TOO_BIG (a length over
 * `max_bytes`, told from the length alone), RTMI_FRAME_E_… (no package of that length in it),
 * RTM_E_NOMEM, RTM_E_LIMIT, RTM_E_SYSTEM.
 */
int rtmi_cipher_open(rtmi_cipher *cipher, rtmi_buf *in, size_t max_bytes, rtmi_buf *out);

#endif
