/*
 * MD5 through OpenSSL's EVP with everything fetched beforehand.
 */
#include "lib/rtm/sign.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/fpnn/frame.h"

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

static size_t put(char *text, size_t at, rtmi_span part)
{
    memcpy(text + at, part.data, part.len);
    text[at + part.len] = ':';
    return at + part.len + 1;
}

static void put_hex(const uint8_t md5[16], const char digits[static 17],
                    char ret_hex[RTMI_SIGN_LEN])
{
    for (size_t i = 0; i < 16; i++) {
        ret_hex[2 * i] = digits[md5[i] >> 4];
        ret_hex[2 * i + 1] = digits[md5[i] & 15];
    }
}

bool rtmi_sign(rtmi_signer *signer, int32_t pid, rtmi_span secret, int64_t salt, rtmi_span method,
               int64_t ts_s, char ret_hex[RTMI_SIGN_LEN])
{
    char text[3 * (RTMI_INT_TEXT_SIZE + 1) + RTMI_SECRET_MAX + RTMI_FRAME_METHOD_MAX + 2];
    char number[RTMI_INT_TEXT_SIZE];
    uint8_t md5[16];
    size_t len = 0;

    assert(secret.len <= RTMI_SECRET_MAX && method.len <= RTMI_FRAME_METHOD_MAX);
    len = put(text, len, (rtmi_span){(uint8_t *)number, rtmi_int_print(pid, number)});
    len = put(text, len, secret);
    len = put(text, len, (rtmi_span){(uint8_t *)number, rtmi_int_print(salt, number)});
    len = put(text, len, method);
    len = put(text, len, (rtmi_span){(uint8_t *)number, rtmi_int_print(ts_s, number)});
    len--; /* no colon behind the last field */

    const bool ok = EVP_DigestInit_ex2(signer->context, NULL, NULL) == 1 &&
                    EVP_DigestUpdate(signer->context, text, len) == 1 &&
                    EVP_DigestFinal_ex(signer->context, md5, NULL) == 1;
    OPENSSL_cleanse(text, len);
    if (!ok)
        return false;
    put_hex(md5, "0123456789ABCDEF", ret_hex);
    return true;
}

bool rtmi_sign_file(rtmi_span content, rtmi_span token, char ret_hex[RTMI_SIGN_LEN])
{
    static const char digits[] = "0123456789abcdef";
    rtmi_signer *signer = rtmi_signer_new();
    char hex[RTMI_SIGN_LEN];
    uint8_t md5[16];

    if (signer == NULL)
        return false;
    bool ok = EVP_DigestUpdate(signer->context, content.data, content.len) == 1 &&
              EVP_DigestFinal_ex(signer->context, md5, NULL) == 1;
    if (ok) {
        put_hex(md5, digits, hex);
        ok = EVP_DigestInit_ex2(signer->context, NULL, NULL) == 1 &&
             EVP_DigestUpdate(signer->context, hex, sizeof hex) == 1 &&
             EVP_DigestUpdate(signer->context, ":", 1) == 1 &&
             EVP_DigestUpdate(signer->context, token.data, token.len) == 1 &&
             EVP_DigestFinal_ex(signer->context, md5, NULL) == 1;
    }
    rtmi_signer_free(signer);
    if (ok)
        put_hex(md5, digits, ret_hex);
    return ok;
}

bool rtmi_sign_equal(const char hex[RTMI_SIGN_LEN], rtmi_span given)
{
    unsigned differs = 0;

    if (given.len != RTMI_SIGN_LEN)
        return false;
    for (size_t i = 0; i < RTMI_SIGN_LEN; i++) {
        unsigned c = given.data[i];
        if (c >= 'a' && c <= 'f')
            c -= 'a' - 'A';
        differs |= c ^ (unsigned char)hex[i];
    }
    return differs == 0;
}
