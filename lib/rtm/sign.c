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

static inline size_t put_int(char *text, int64_t value)
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

/* A time in decimal: quests that come together mostly have the same one. */
typedef struct time_text {
    char digits[RTMI_INT_TEXT_SIZE];
    size_t len; /* 0: none yet */
    int64_t ts_s;
} time_text;

static void set_time(time_text *time, int64_t ts_s)
{
    if (time->len > 0 && time->ts_s == ts_s)
        return;
    time->ts_s = ts_s;
    time->len = rtmi_int_print(ts_s, time->digits);
}

/* "salt:method:ts" */
static inline size_t put_rest(char *text, int64_t salt, rtmi_span method, const time_text *time)
{
    assert(method.len <= RTMI_FRAME_METHOD_MAX);
    size_t len = put_int(text, salt);
    len += put_span(text + len, method);
    memcpy(text + len, time->digits, sizeof time->digits);
    return len + time->len;
}

typedef uint8_t eight_bytes __attribute__((vector_size(8)));
typedef uint16_t eight_pairs __attribute__((vector_size(16)));

/* Upper-case digits of eight bytes, two in each number, as they are written: all at once. */
static eight_pairs hex_of(const uint8_t bytes[8])
{
    eight_bytes in;

    memcpy(&in, bytes, sizeof in);
    const eight_pairs x = __builtin_convertvector(in, eight_pairs);
    const eight_pairs digits = ((x >> 4) | (x << 8)) & 0x0f0f;
    const eight_pairs letters = ((digits + 0x0606) >> 4) & 0x0101;
    return digits + 0x3030 + letters * ('A' - '0' - 10);
}

static void put_hex(const uint8_t md5[16], char ret_hex[RTMI_SIGN_LEN])
{
    const eight_pairs low = hex_of(md5);
    const eight_pairs high = hex_of(md5 + 8);

    memcpy(ret_hex, &low, sizeof low);
    memcpy(ret_hex + sizeof low, &high, sizeof high);
}

/* In what digits differ from upper-case ones: letters may be of either case. */
static eight_pairs differ(eight_pairs hex, const uint8_t *given)
{
    eight_pairs other;

    memcpy(&other, given, sizeof other);
    return (hex ^ other) & ~((hex & 0x4040) >> 1);
}

static bool is_given(eight_pairs low, eight_pairs high, rtmi_span given)
{
    uint64_t differs[2];

    if (given.len != RTMI_SIGN_LEN)
        return false;
    const eight_pairs any = differ(low, given.data) | differ(high, given.data + sizeof low);
    memcpy(differs, &any, sizeof differs);
    return (differs[0] | differs[1]) == 0;
}

bool rtmi_sign(rtmi_signer *signer, int32_t pid, rtmi_span secret, int64_t salt, rtmi_span method,
               int64_t ts_s, char ret_hex[RTMI_SIGN_LEN])
{
    char text[TEXT_MAX];
    uint8_t md5[16];
    time_text time = {.len = 0};
    size_t len = put_prefix(text, pid, secret);

    set_time(&time, ts_s);
    len += put_rest(text + len, salt, method, &time);
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
    eight_pairs low;
    eight_pairs high;

    memcpy(&low, hex, sizeof low);
    memcpy(&high, hex + sizeof low, sizeof high);
    return is_given(low, high, given);
}

/* A run that fills the lanes, or less. */
static void check_run(rtmi_span prefix, rtmi_sign_claim *claims, size_t count)
{
    uint8_t texts[RTMI_MD5_LANES * RTMI_MD5_ROOM(TEXT_MAX)]; /* one behind the other */
    uint8_t md5[RTMI_MD5_LANES][16];
    rtmi_md5_text lanes[RTMI_MD5_LANES] = {{0}};
    time_text time = {.len = 0};
    uint8_t *at = texts;

    for (size_t i = 0; i < count; i++) {
        const rtmi_sign_claim *claim = &claims[i];
        set_time(&time, claim->ts_s);
        memcpy(at, prefix.data, prefix.len);
        const size_t len =
            prefix.len + put_rest((char *)at + prefix.len, claim->salt, claim->method, &time);
        lanes[i] = (rtmi_md5_text){at, rtmi_md5_pad(at, len)};
        at += lanes[i].block_count * RTMI_MD5_BLOCK;
    }
    rtmi_md5_many(lanes, count, md5);
    explicit_bzero(texts, (size_t)(at - texts));
    for (size_t i = 0; i < count; i++)
        claims[i].is_right = is_given(hex_of(md5[i]), hex_of(md5[i] + 8), claims[i].sign);
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
