/*
 * FPNN encryption, the agreement: key files, the shared secret, and what the cipher is keyed
 * with. The server has a static key pair; the client knows its public key beforehand and makes
 * a pair for each connection.
 *
 * Protocol: FPNN sections 7.2 to 7.4 and 7.7.
 */
#ifndef RTMI_FPNN_KEYEXCHANGE_H
#define RTMI_FPNN_KEYEXCHANGE_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/span.h"

typedef enum rtmi_curve {
    RTMI_CURVE_NONE = 0, /* not known: a raw key cannot be read then */
    RTMI_CURVE_SECP256K1,
    RTMI_CURVE_SECP256R1,
    RTMI_CURVE_SECP224R1,
    RTMI_CURVE_SECP192R1
} rtmi_curve;

#define RTMI_CURVE_SIZE_MAX 32                        /* bytes of a coordinate */
#define RTMI_PUBLIC_KEY_MAX (2 * RTMI_CURVE_SIZE_MAX) /* X and Y */

/** "secp256k1" …; RTMI_CURVE_NONE for other names. */
rtmi_curve rtmi_curve_of_name(const char *name);
/** NULL for RTMI_CURVE_NONE. */
const char *rtmi_curve_name(rtmi_curve curve);
/** Bytes of a coordinate and of the shared secret: 24 to 32; 0 for RTMI_CURVE_NONE. */
size_t rtmi_curve_size(rtmi_curve curve);

/** A point that lies on its curve: X and Y, big endian, zero padded, without a prefix. */
typedef struct rtmi_public_key {
    rtmi_curve curve;
    uint8_t xy[RTMI_PUBLIC_KEY_MAX];
    size_t len; /* twice rtmi_curve_size() */
} rtmi_public_key;

typedef struct rtmi_private_key {
    rtmi_curve curve;
    uint8_t d[RTMI_CURVE_SIZE_MAX]; /* big endian; rtmi_curve_size() bytes */
} rtmi_private_key;

/** What the cipher is made from. Wipe it (explicit_bzero) when the ciphers are there. */
typedef struct rtmi_cipher_keys {
    uint8_t key[32];
    size_t key_len; /* 16 or 32 */
    uint8_t iv[16];
} rtmi_cipher_keys;

/**
 * Read the content of a public key file: PEM or DER (the curve is told by it; another `curve`
 * than that is refused), or raw X and Y, with or without a leading 04, or compressed (02 or 03
 * and X), for which `curve` must be given. 0, RTM_E_INVAL (no such key, or a point that does
 * not lie on the curve) or RTM_E_NOMEM.
 */
int rtmi_public_key_parse(rtmi_span file, rtmi_curve curve, rtmi_public_key *ret);

/**
 * Read the content of a private key file: PEM (PKCS 8 or SEC 1, not encrypted; the curve is told
 * by it), or the raw number in exactly rtmi_curve_size() bytes, for which `curve` must be given.
 * 0, RTM_E_INVAL or RTM_E_NOMEM.
 */
int rtmi_private_key_parse(rtmi_span file, rtmi_curve curve, rtmi_private_key *ret);

/** A new pair. 0, or RTM_E_SYSTEM when the crypto library fails. */
int rtmi_key_pair_generate(rtmi_curve curve, rtmi_private_key *ret_private,
                           rtmi_public_key *ret_public);

/** The public key of a private one: 0, RTM_E_INVAL (zero or too large) or RTM_E_SYSTEM. */
int rtmi_private_key_get_public(const rtmi_private_key *key, rtmi_public_key *ret);

/** Append a PEM text: SubjectPublicKeyInfo, PKCS 8. Errors are sticky in `out`. */
void rtmi_public_key_print_pem(const rtmi_public_key *key, rtmi_buf *out);
void rtmi_private_key_print_pem(const rtmi_private_key *key, rtmi_buf *out);

/**
 * The secret that `own` shares with the owner of the point `peer_xy` (X and Y as they came over
 * the wire: `peer_xy` is not trusted and is checked), as keys for `bits` 128 or 256. 0,
 * RTM_E_INVAL (a wrong length, a point not on the curve, other bits) or RTM_E_SYSTEM.
 */
int rtmi_key_agree(const rtmi_private_key *own, rtmi_span peer_xy, int bits, rtmi_cipher_keys *ret);

/** The parameters of a `*key` quest. */
typedef struct rtmi_key_quest {
    rtmi_span public_key; /* borrowed; absent: empty */
    bool is_stream;
    int bits; /* as sent; 128 when absent or no integer */
} rtmi_key_quest;

/** Read a `*key` quest's payload; str and bin are both taken for the key. 0, or negative when
 * the payload is no map (rtmi_pack_error). */
int rtmi_key_quest_decode(rtmi_span payload, rtmi_key_quest *ret);

/** Append the three entries of the parameter map (publicKey as bin); returns 3. */
uint32_t rtmi_key_quest_encode(const rtmi_public_key *key, bool is_stream, int bits, rtmi_buf *out);

#endif
