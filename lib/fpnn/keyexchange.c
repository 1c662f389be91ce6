/*
 * Points and secrets, by OpenSSL's EC_GROUP and BIGNUM: the curves are named by number, points
 * are checked to lie on their curve whenever they are read.
 */
#include "lib/fpnn/keyexchange.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include <rtm/error.h>

#include "lib/fpnn/keyfile.h"
#include "lib/fpnn/payload.h"

typedef struct curve_row {
    const char *name;
    size_t size;
    int nid;
} curve_row;

static const curve_row curves[] = {
    [RTMI_CURVE_NONE] = {NULL, 0, NID_undef},
    [RTMI_CURVE_SECP256K1] = {"secp256k1", 32, NID_secp256k1},
    [RTMI_CURVE_SECP256R1] = {"secp256r1", 32, NID_X9_62_prime256v1},
    [RTMI_CURVE_SECP224R1] = {"secp224r1", 28, NID_secp224r1},
    [RTMI_CURVE_SECP192R1] = {"secp192r1", 24, NID_X9_62_prime192v1},
};

#define CURVES (sizeof curves / sizeof curves[0])

rtmi_curve rtmi_curve_of_name(const char *name)
{
    for (size_t i = 1; i < CURVES; i++) {
        if (strcmp(curves[i].name, name) == 0)
            return (rtmi_curve)i;
    }
    return RTMI_CURVE_NONE;
}

rtmi_curve rtmi_curve_of_nid(int nid)
{
    for (size_t i = 1; i < CURVES; i++) {
        if (curves[i].nid == nid)
            return (rtmi_curve)i;
    }
    return RTMI_CURVE_NONE;
}

int rtmi_curve_nid(rtmi_curve curve)
{
    return curves[curve].nid;
}

const char *rtmi_curve_name(rtmi_curve curve)
{
    return curves[curve].name;
}

size_t rtmi_curve_size(rtmi_curve curve)
{
    return curves[curve].size;
}

/* What a calculation on a curve needs. */
typedef struct work {
    EC_GROUP *group;
    BN_CTX *context;
    EC_POINT *point;
    EC_POINT *result;
    BIGNUM *number;
    BIGNUM *x;
    BIGNUM *y;
} work;

static void work_end(work *w)
{
    EC_POINT_free(w->point);
    EC_POINT_clear_free(w->result);
    BN_clear_free(w->number);
    BN_clear_free(w->x);
    BN_free(w->y);
    BN_CTX_free(w->context);
    EC_GROUP_free(w->group);
}

static int work_begin(work *w, rtmi_curve curve)
{
    memset(w, 0, sizeof *w);
    w->context = BN_CTX_secure_new();
    w->group = EC_GROUP_new_by_curve_name(curves[curve].nid);
    w->number = BN_secure_new();
    w->x = BN_secure_new();
    w->y = BN_new();
    if (w->group != NULL) {
        w->point = EC_POINT_new(w->group);
        w->result = EC_POINT_new(w->group);
    }
    if (w->context != NULL && w->number != NULL && w->x != NULL && w->y != NULL &&
        w->point != NULL && w->result != NULL)
        return 0;
    work_end(w);
    return RTM_E_SYSTEM;
}

/* Read a private key's number: RTM_E_INVAL unless it is from 1 to the order less 1. */
static int take_number(work *w, const rtmi_private_key *key)
{
    if (BN_bin2bn(key->d, (int)curves[key->curve].size, w->number) == NULL)
        return RTM_E_SYSTEM;
    BN_set_flags(w->number, BN_FLG_CONSTTIME);
    if (BN_is_zero(w->number) || BN_cmp(w->number, EC_GROUP_get0_order(w->group)) >= 0)
        return RTM_E_INVAL;
    return 0;
}

static int print_xy(work *w, const EC_POINT *point, rtmi_curve curve, rtmi_public_key *ret)
{
    const int size = (int)curves[curve].size;
    rtmi_public_key key = {.curve = curve, .len = 2 * (size_t)size};

    if (EC_POINT_get_affine_coordinates(w->group, point, w->x, w->y, w->context) != 1)
        return RTM_E_INVAL; /* the point at infinity */
    if (BN_bn2binpad(w->x, key.xy, size) != size || BN_bn2binpad(w->y, key.xy + size, size) != size)
        return RTM_E_SYSTEM;
    *ret = key;
    return 0;
}

int rtmi_public_key_take_point(rtmi_curve curve, rtmi_span octets, rtmi_public_key *ret)
{
    work w;
    int r = work_begin(&w, curve);

    if (r < 0)
        return r;
    /* Refuses points that are not on the curve. */
    if (EC_POINT_oct2point(w.group, w.point, octets.data, octets.len, w.context) != 1)
        r = RTM_E_INVAL;
    else
        r = print_xy(&w, w.point, curve, ret);
    work_end(&w);
    return r;
}

int rtmi_private_key_get_public(const rtmi_private_key *key, rtmi_public_key *ret)
{
    work w;
    int r = work_begin(&w, key->curve);

    if (r < 0)
        return r;
    r = take_number(&w, key);
    if (r == 0 && EC_POINT_mul(w.group, w.result, w.number, NULL, NULL, w.context) != 1)
        r = RTM_E_SYSTEM;
    if (r == 0)
        r = print_xy(&w, w.result, key->curve, ret);
    work_end(&w);
    return r;
}

int rtmi_key_pair_generate(rtmi_curve curve, rtmi_private_key *ret_private,
                           rtmi_public_key *ret_public)
{
    const int size = (int)curves[curve].size;
    rtmi_private_key key = {.curve = curve};
    work w;
    int r = work_begin(&w, curve);

    if (r < 0)
        return r;
    do {
        if (BN_priv_rand_range(w.number, EC_GROUP_get0_order(w.group)) != 1)
            r = RTM_E_SYSTEM;
    } while (r == 0 && BN_is_zero(w.number));
    if (r == 0 && BN_bn2binpad(w.number, key.d, size) != size)
        r = RTM_E_SYSTEM;
    work_end(&w);
    if (r == 0)
        r = rtmi_private_key_get_public(&key, ret_public);
    if (r == 0)
        *ret_private = key;
    OPENSSL_cleanse(&key, sizeof key);
    return r;
}

/* The X coordinate of own * peer, its leading zeros kept. */
static int share(const rtmi_private_key *own, rtmi_span peer_xy, uint8_t *secret)
{
    const size_t size = curves[own->curve].size;
    uint8_t octets[1 + RTMI_PUBLIC_KEY_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    work w;

    if (peer_xy.len != 2 * size)
        return RTM_E_INVAL;
    memcpy(octets + 1, peer_xy.data, peer_xy.len);
    int r = work_begin(&w, own->curve);
    if (r < 0)
        return r;
    r = take_number(&w, own);
    if (r == 0 && EC_POINT_oct2point(w.group, w.point, octets, 1 + peer_xy.len, w.context) != 1)
        r = RTM_E_INVAL;
    if (r == 0 && EC_POINT_mul(w.group, w.result, NULL, w.point, w.number, w.context) != 1)
        r = RTM_E_SYSTEM;
    if (r == 0 && EC_POINT_get_affine_coordinates(w.group, w.result, w.x, NULL, w.context) != 1)
        r = RTM_E_INVAL;
    if (r == 0 && BN_bn2binpad(w.x, secret, (int)size) != (int)size)
        r = RTM_E_SYSTEM;
    work_end(&w);
    return r;
}

static int derive(const uint8_t *secret, size_t size, int bits, rtmi_cipher_keys *keys)
{
    keys->key_len = (size_t)bits / 8;
    if (EVP_Digest(secret, size, keys->iv, NULL, EVP_md5(), NULL) != 1)
        return RTM_E_SYSTEM;
    if (bits == 256 && size < 32)
        return EVP_Digest(secret, size, keys->key, NULL, EVP_sha256(), NULL) == 1 ? 0
                                                                                  : RTM_E_SYSTEM;
    memcpy(keys->key, secret, keys->key_len);
    return 0;
}

int rtmi_key_agree(const rtmi_private_key *own, rtmi_span peer_xy, int bits, rtmi_cipher_keys *ret)
{
    uint8_t secret[RTMI_CURVE_SIZE_MAX] = {0};
    rtmi_cipher_keys keys;

    if (bits != 128 && bits != 256)
        return RTM_E_INVAL;
    memset(&keys, 0, sizeof keys);
    int r = share(own, peer_xy, secret);
    if (r == 0)
        r = derive(secret, curves[own->curve].size, bits, &keys);
    if (r == 0)
        *ret = keys;
    OPENSSL_cleanse(secret, sizeof secret);
    OPENSSL_cleanse(&keys, sizeof keys);
    return r;
}

int rtmi_key_quest_decode(rtmi_span payload, rtmi_key_quest *ret)
{
    rtmi_payload map;
    rtmi_key_quest quest = {.public_key = {NULL, 0}, .bits = 128};
    int64_t bits = 128;
    bool is_stream = false;
    const int r = rtmi_payload_open(payload, &map);

    if (r < 0)
        return r;
    (void)rtmi_payload_get_bytes(&map, "publicKey", &quest.public_key);
    quest.is_stream = rtmi_payload_get_bool(&map, "streamMode", &is_stream) == 1 && is_stream;
    if (rtmi_payload_get_int(&map, "bits", &bits) == 1)
        quest.bits = bits == 128 || bits == 256 ? (int)bits : 0; /* 0: what nobody supports */
    *ret = quest;
    return 0;
}

uint32_t rtmi_key_quest_encode(const rtmi_public_key *key, bool is_stream, int bits, rtmi_buf *out)
{
    rtmi_pack_key(out, "publicKey");
    rtmi_pack_bin(out, (rtmi_span){key->xy, key->len});
    rtmi_pack_key_bool(out, "streamMode", is_stream);
    rtmi_pack_key_int(out, "bits", bits);
    return 3;
}
