/*
 * One signature through OpenSSL's EVP with everything fetched beforehand, several through our own
 * MD5 in lanes.
 */
#include "lib/rtm/sign.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/frame.h"
#include "lib/rtm/md5.h"

#define PREFIX_MAX (RTMI_INT_TEXT_SIZE + RTMI_SECRET_MAX + 1)
#define TEXT_MAX (PREFIX_MAX + 2 * RTMI_INT_TEXT_SIZE + RTMI_FRAME_METHOD_MAX + 2)

_Static_assert(RTMI_SIGN_RUN == RTMI_MD5_LANES, "a run fills the lanes");

struct rtmi_signer {
    EVP_MD *md;
    EVP_MD_CTX *context;
};

rtmi_signer *rtmi_signer_new(void)
{
    rtmi_signer *signer = calloc(1, sizeof *signer);

    if (signer == NULL)
        return NULL;
    signer->md = EVP_MD_fetch(NULL, "MD5", NULL);
    signer->context = EVP_MD_CTX_new();
    if (signer->md == NULL || signer->context == NULL ||
        EVP_DigestInit_ex2(signer->context, signer->md, NULL) != 1) {
        rtmi_signer_free(signer);
        return NULL;
    }
    return signer;
}

void rtmi_signer_free(rtmi_signer *signer)
{
    if (signer == NULL)
        return;
    EVP_MD_CTX_free(signer->context);
    EVP_MD_free(signer->md);
    free(signer);
}

static size_t put_int(char *text, int64_t value)
{
    const size_t len = rtmi_int_print(value, text);

    text[len] = ':';
    return len + 1;
}

static size_t put_span(char *text, rtmi_span part)
{
    memcpy(text, part.data, part.len);
    text[part.len] = ':';
    return part.len + 1;
}

/* "pid:secret:", which all quests of a project have in front. */
static size_t put_prefix(char *text, int32_t pid, rtmi_span secret)
{
    assert(secret.len <= RTMI_SECRET_MAX);
    const size_t len = put_int(text, pid);
    return len + put_span(text + len, secret);
}

/* "salt:method:ts" */
static size_t put_rest(char *text, int64_t salt, rtmi_span method, int64_t ts_s)
{
    assert(method.len <= RTMI_FRAME_METHOD_MAX);
    size_t len = put_int(text, salt);
    len += put_span(text + len, method);
    return len + rtmi_int_print(ts_s, text + len);
}

/* Upper-case digits of four bytes, in the order in which they are written: all of them at once. */
static uint64_t hex_of(const uint8_t bytes[4])
{
    uint64_t x = rtmi_load_le32(bytes);

    x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
    x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
    x = ((x >> 4) & UINT64_C(0x000f000f000f000f)) | (x & UINT64_C(0x000f000f000f000f)) << 8;
    const uint64_t letters =
        ((x + UINT64_C(0x0606060606060606)) >> 4) & UINT64_C(0x0101010101010101);
    return x + UINT64_C(0x3030303030303030) + letters * ('A' - '0' - 10);
}

static void put_hex(const uint8_t md5[16], char ret_hex[RTMI_SIGN_LEN])
{
    for (size_t i = 0; i < 4; i++) {
        const uint64_t hex = hex_of(md5 + 4 * i);
        memcpy(ret_hex + 8 * i, &hex, sizeof hex);
    }
}

/* In what eight digits differ from upper-case ones: letters may be of either case. */
static uint64_t differ(uint64_t hex, const uint8_t *given)
{
    const uint64_t case_bits = (hex & UINT64_C(0x4040404040404040)) >> 1;

    return (hex ^ rtmi_load_le64(given)) & ~case_bits;
}

bool rtmi_sign(rtmi_signer *signer, int32_t pid, rtmi_span secret, int64_t salt, rtmi_span method,
               int64_t ts_s, char ret_hex[RTMI_SIGN_LEN])
{
    char text[TEXT_MAX];
    uint8_t md5[16];
    size_t len = put_prefix(text, pid, secret);

    len += put_rest(text + len, salt, method, ts_s);
    const bool ok = EVP_DigestInit_ex2(signer->context, NULL, NULL) == 1 &&
                    EVP_DigestUpdate(signer->context, text, len) == 1 &&
                    EVP_DigestFinal_ex(signer->context, md5, NULL) == 1;
    OPENSSL_cleanse(text, len);
    if (!ok)
        return false;
    put_hex(md5, ret_hex);
    return true;
}

bool rtmi_sign_equal(const char hex[RTMI_SIGN_LEN], rtmi_span given)
{
    uint64_t differs = 0;

    if (given.len != RTMI_SIGN_LEN)
        return false;
    for (size_t i = 0; i < RTMI_SIGN_LEN; i += 8)
        differs |= differ(rtmi_load_le64((const uint8_t *)hex + i), given.data + i);
    return differs == 0;
}

/* A run that fills the lanes, or less. */
static void check_run(rtmi_span prefix, rtmi_sign_claim *claims, size_t count)
{
    uint8_t texts[RTMI_MD5_LANES][RTMI_MD5_ROOM(TEXT_MAX)];
    uint8_t md5[RTMI_MD5_LANES][16];
    rtmi_md5_text lanes[RTMI_MD5_LANES] = {{0}};

    for (size_t i = 0; i < count; i++) {
        const rtmi_sign_claim *claim = &claims[i];
        memcpy(texts[i], prefix.data, prefix.len);
        const size_t len = prefix.len + put_rest((char *)texts[i] + prefix.len, claim->salt,
                                                 claim->method, claim->ts_s);
        lanes[i] = (rtmi_md5_text){texts[i], rtmi_md5_pad(texts[i], len)};
    }
    rtmi_md5_many(lanes, count, md5);
    for (size_t i = 0; i < count; i++) {
        char hex[RTMI_SIGN_LEN];
        put_hex(md5[i], hex);
        claims[i].is_right = rtmi_sign_equal(hex, claims[i].sign);
        OPENSSL_cleanse(texts[i], lanes[i].block_count * RTMI_MD5_BLOCK);
    }
}

void rtmi_sign_check(rtmi_signer *signer, int32_t pid, rtmi_span secret, rtmi_sign_claim *claims,
                     size_t count)
{
    char prefix[PREFIX_MAX];
    char hex[RTMI_SIGN_LEN];

    if (count == 1) { /* lanes would take longer */
        claims->is_right =
            rtmi_sign(signer, pid, secret, claims->salt, claims->method, claims->ts_s, hex) &&
            rtmi_sign_equal(hex, claims->sign);
        return;
    }
    const size_t len = put_prefix(prefix, pid, secret);
    for (size_t i = 0; i < count; i += RTMI_SIGN_RUN)
        check_run((rtmi_span){(uint8_t *)prefix, len}, claims + i,
                  rtmi_min_size(count - i, RTMI_SIGN_RUN));
    OPENSSL_cleanse(prefix, len);
}

/* Lower-case, as files want it. */
static void put_lower_hex(const uint8_t md5[16], char ret_hex[RTMI_SIGN_LEN])
{
    put_hex(md5, ret_hex);
    for (size_t i = 0; i < RTMI_SIGN_LEN; i++)
        ret_hex[i] = (char)(ret_hex[i] | 0x20); /* digits have that bit */
}

bool rtmi_sign_file(rtmi_span content, rtmi_span token, char ret_hex[RTMI_SIGN_LEN])
{
    rtmi_signer *signer = rtmi_signer_new();
    char hex[RTMI_SIGN_LEN];
    uint8_t md5[16];

    if (signer == NULL)
        return false;
    bool ok = EVP_DigestUpdate(signer->context, content.data, content.len) == 1 &&
              EVP_DigestFinal_ex(signer->context, md5, NULL) == 1;
    if (ok) {
        put_lower_hex(md5, hex);
        ok = EVP_DigestInit_ex2(signer->context, NULL, NULL) == 1 &&
             EVP_DigestUpdate(signer->context, hex, sizeof hex) == 1 &&
             EVP_DigestUpdate(signer->context, ":", 1) == 1 &&
             EVP_DigestUpdate(signer->context, token.data, token.len) == 1 &&
             EVP_DigestFinal_ex(signer->context, md5, NULL) == 1;
    }
    rtmi_signer_free(signer);
    if (ok)
        put_lower_hex(md5, ret_hex);
    return ok;
}
