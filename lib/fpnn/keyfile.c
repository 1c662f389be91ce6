/*
 * Key files: PEM and DER by OpenSSL's readers, raw forms by their length.
 *
 * Protocol: FPNN section 7.7.
 */
#include "lib/fpnn/keyfile.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <string.h>

#include <rtm/error.h>

/* No key file is longer. */
#define FILE_MAX 65536

static bool is_pem(rtmi_span file)
{
    static const char begin[] = "-----BEGIN ";
    size_t at = 0;

    while (at < file.len && strchr(" \t\r\n", file.data[at]) != NULL && file.data[at] != 0)
        at++;
    return file.len - at >= sizeof begin - 1 &&
           memcmp(file.data + at, begin, sizeof begin - 1) == 0;
}

/*
 * Read a file as a key of an elliptic curve; NULL when it is none, or something stands behind it.
 * Encrypted files are none: nobody is asked for a password.
 */
static EVP_PKEY *decode(rtmi_span file, int selection)
{
    const bool pem = is_pem(file);
    const unsigned char *at = file.data;
    size_t left = file.len;
    EVP_PKEY *key = NULL;
    OSSL_DECODER_CTX *context =
        OSSL_DECODER_CTX_new_for_pkey(&key, pem ? "PEM" : "DER", NULL, "EC", selection, NULL, NULL);

    if (context != NULL && OSSL_DECODER_from_data(context, &at, &left) == 1 && !pem && left > 0) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(context);
    return key;
}

static rtmi_curve curve_of(const EVP_PKEY *key)
{
    char name[64];

    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL) !=
        1)
        return RTMI_CURVE_NONE;
    return rtmi_curve_of_nid(OBJ_txt2nid(name));
}

/* The curve of a file, which must be the one asked for, if one is. */
static int take_curve(const EVP_PKEY *key, rtmi_curve wanted, rtmi_curve *ret)
{
    *ret = curve_of(key);
    return *ret == RTMI_CURVE_NONE || (wanted != RTMI_CURVE_NONE && wanted != *ret) ? RTM_E_INVAL
                                                                                    : 0;
}

static int parse_public_file(rtmi_span file, rtmi_curve wanted, rtmi_public_key *ret)
{
    uint8_t octets[1 + RTMI_PUBLIC_KEY_MAX];
    size_t len = 0;
    rtmi_curve curve;
    EVP_PKEY *key = decode(file, EVP_PKEY_PUBLIC_KEY);

    if (key == NULL)
        return RTM_E_INVAL;
    int r = take_curve(key, wanted, &curve);
    if (r == 0 && EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets,
                                                  sizeof octets, &len) != 1)
        r = RTM_E_INVAL;
    EVP_PKEY_free(key);
    return r < 0 ? r : rtmi_public_key_take_point(curve, (rtmi_span){octets, len}, ret);
}

int rtmi_public_key_parse(rtmi_span file, rtmi_curve curve, rtmi_public_key *ret)
{
    const size_t size = rtmi_curve_size(curve);
    uint8_t octets[1 + RTMI_PUBLIC_KEY_MAX] = {POINT_CONVERSION_UNCOMPRESSED};

    if (file.len == 0 || file.len > FILE_MAX)
        return RTM_E_INVAL;
    if (curve != RTMI_CURVE_NONE && file.len == 2 * size) {
        memcpy(octets + 1, file.data, file.len);
        return rtmi_public_key_take_point(curve, (rtmi_span){octets, 1 + file.len}, ret);
    }
    if (curve != RTMI_CURVE_NONE && (file.len == 1 + 2 * size || file.len == 1 + size))
        return rtmi_public_key_take_point(curve, file, ret);
    return parse_public_file(file, curve, ret);
}

static int parse_private_pem(rtmi_span file, rtmi_curve wanted, rtmi_private_key *ret)
{
    rtmi_private_key key = {.curve = RTMI_CURVE_NONE};
    BIGNUM *d = NULL;
    EVP_PKEY *pkey = decode(file, EVP_PKEY_KEYPAIR);

    if (pkey == NULL)
        return RTM_E_INVAL;
    int r = take_curve(pkey, wanted, &key.curve);
    if (r == 0 && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1)
        r = RTM_E_INVAL;
    if (r == 0 && BN_bn2binpad(d, key.d, (int)rtmi_curve_size(key.curve)) < 0)
        r = RTM_E_INVAL;
    BN_clear_free(d);
    EVP_PKEY_free(pkey);
    if (r == 0)
        *ret = key;
    OPENSSL_cleanse(&key, sizeof key);
    return r;
}

int rtmi_private_key_parse(rtmi_span file, rtmi_curve curve, rtmi_private_key *ret)
{
    rtmi_private_key key = {.curve = curve};
    rtmi_public_key unused;
    int r = 0;

    if (file.len == 0 || file.len > FILE_MAX)
        return RTM_E_INVAL;
    if (is_pem(file))
        r = parse_private_pem(file, curve, &key);
    else if (curve == RTMI_CURVE_NONE || file.len != rtmi_curve_size(curve))
        return RTM_E_INVAL;
    else
        memcpy(key.d, file.data, file.len);
    /* A number that has no point is no key. */
    if (r == 0)
        r = rtmi_private_key_get_public(&key, &unused);
    if (r == 0)
        *ret = key;
    OPENSSL_cleanse(&key, sizeof key);
    return r;
}

/* OpenSSL's form of a key; `d` may be NULL. */
static EVP_PKEY *to_openssl(const rtmi_public_key *public_key, const BIGNUM *d)
{
    uint8_t octets[1 + RTMI_PUBLIC_KEY_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

    memcpy(octets + 1, public_key->xy, public_key->len);
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                        OBJ_nid2sn(rtmi_curve_nid(public_key->curve)), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, octets,
                                         1 + public_key->len) == 1 &&
        (d == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1))
        params = OSSL_PARAM_BLD_to_param(build);
    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, d == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                          params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* Write a key as PEM, private or public. */
static void print_pem(EVP_PKEY *key, bool is_private, rtmi_buf *out)
{
    unsigned char *text = NULL;
    size_t len = 0;
    OSSL_ENCODER_CTX *context =
        key == NULL ? NULL
                    : OSSL_ENCODER_CTX_new_for_pkey(
                          key, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, "PEM",
                          is_private ? "PrivateKeyInfo" : "SubjectPublicKeyInfo", NULL);

    if (context != NULL && OSSL_ENCODER_to_data(context, &text, &len) == 1)
        rtmi_buf_append(out, text, len);
    else if (out->error == 0)
        out->error = RTM_E_SYSTEM;
    OPENSSL_clear_free(text, len);
    OSSL_ENCODER_CTX_free(context);
    EVP_PKEY_free(key);
}

void rtmi_public_key_print_pem(const rtmi_public_key *key, rtmi_buf *out)
{
    print_pem(to_openssl(key, NULL), false, out);
}

void rtmi_private_key_print_pem(const rtmi_private_key *key, rtmi_buf *out)
{
    rtmi_public_key public_key;
    BIGNUM *d = BN_secure_new();

    if (d == NULL || rtmi_private_key_get_public(key, &public_key) < 0 ||
        BN_bin2bn(key->d, (int)rtmi_curve_size(key->curve), d) == NULL) {
        out->error = out->error == 0 ? RTM_E_SYSTEM : out->error;
        BN_clear_free(d);
        return;
    }
    print_pem(to_openssl(&public_key, d), true, out);
    BN_clear_free(d);
}
