/*
 * One direction of an encrypted connection, by OpenSSL's EVP. The key schedule is made once; in
 * package mode each package begins again with the initial vector.
 */
#include "lib/fpnn/cipher.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include <rtm/error.h>

#include "lib/base/num.h"
#include "lib/fpnn/frame.h"

#define LENGTH_SIZE 4

struct rtmi_cipher {
    EVP_CIPHER_CTX *context;
    uint8_t iv[16];
    bool is_stream;
};

int rtmi_cipher_new(const rtmi_cipher_keys *keys, bool is_stream, bool is_sealing,
                    rtmi_cipher **ret_cipher)
{
    const EVP_CIPHER *algorithm = keys->key_len == 32 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128();
    rtmi_cipher *cipher = calloc(1, sizeof *cipher);

    if (cipher == NULL)
        return RTM_E_NOMEM;
    cipher->is_stream = is_stream;
    memcpy(cipher->iv, keys->iv, sizeof cipher->iv);
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL || EVP_CipherInit_ex2(cipher->context, algorithm, keys->key,
                                                      keys->iv, is_sealing, NULL) != 1) {
        rtmi_cipher_free(cipher);
        return RTM_E_SYSTEM;
    }
    *ret_cipher = cipher;
    return 0;
}

void rtmi_cipher_free(rtmi_cipher *cipher)
{
    if (cipher == NULL)
        return;
    EVP_CIPHER_CTX_free(cipher->context); /* wipes the key */
    explicit_bzero(cipher->iv, sizeof cipher->iv);
    free(cipher);
}

/* Pass bytes through, to the end of `out`, where there is room for them. */
static int pass(rtmi_cipher *cipher, rtmi_span in, rtmi_buf *out)
{
    while (in.len > 0) {
        const int len = (int)rtmi_min_size(in.len, INT_MAX / 2);
        int passed = 0;
        if (EVP_CipherUpdate(cipher->context, rtmi_buf_tail(out), &passed, in.data, len) != 1 ||
            passed != len)
            return RTM_E_SYSTEM;
        rtmi_buf_commit(out, (size_t)len);
        in.data += len;
        in.len -= (size_t)len;
    }
    return 0;
}

/* Begin again with the initial vector. */
static int restart(rtmi_cipher *cipher)
{
    return EVP_CipherInit_ex2(cipher->context, NULL, NULL, cipher->iv, -1, NULL) == 1
               ? 0
               : RTM_E_SYSTEM;
}

/* The first package of our own output. */
static size_t first_package_size(rtmi_span plain)
{
    rtmi_package package;

    if (rtmi_frame_decode(plain, SIZE_MAX, &package) != 1)
        return 0;
    return package.size;
}

static int seal_packages(rtmi_cipher *cipher, rtmi_span plain, rtmi_buf *out)
{
    size_t count = 0;
    int r = 0;

    for (rtmi_span rest = plain; rest.len > 0; count++) {
        const size_t size = first_package_size(rest);
        if (size == 0)
            return RTM_E_INVAL;
        rest = (rtmi_span){rest.data + size, rest.len - size};
    }
    if (!rtmi_buf_reserve(out, plain.len + count * LENGTH_SIZE))
        return out->error;
    while (plain.len > 0 && r == 0) {
        const size_t size = first_package_size(plain);
        rtmi_store_le32(rtmi_buf_tail(out), (uint32_t)size);
        rtmi_buf_commit(out, LENGTH_SIZE);
        r = restart(cipher);
        if (r == 0)
            r = pass(cipher, (rtmi_span){plain.data, size}, out);
        plain = (rtmi_span){plain.data + size, plain.len - size};
    }
    return r;
}

int rtmi_cipher_seal(rtmi_cipher *cipher, rtmi_span plain, rtmi_buf *out)
{
    if (plain.len == 0)
        return 0;
    if (!cipher->is_stream)
        return seal_packages(cipher, plain, out);
    if (!rtmi_buf_reserve(out, plain.len))
        return out->error;
    return pass(cipher, plain, out);
}

/* What was opened must be one package, no more and no less. */
static int check_package(rtmi_span plain, size_t max_bytes)
{
    rtmi_package package;
    const int r = rtmi_frame_decode(plain, max_bytes, &package);

    if (r < 0)
        return r;
    return r == 1 && package.size == plain.len ? 0 : RTMI_FRAME_E_MAGIC;
}

static int open_packages(rtmi_cipher *cipher, rtmi_buf *in, size_t max_bytes, rtmi_buf *out)
{
    while (rtmi_buf_len(in) >= LENGTH_SIZE) {
        const rtmi_span raw = rtmi_buf_span(in);
        const size_t size = rtmi_load_le32(raw.data);
        if (size > max_bytes)
            return RTMI_FRAME_E_TOO_BIG;
        if (size < RTMI_FRAME_HEAD_SIZE)
            return RTMI_FRAME_E_MAGIC; /* shorter than any package */
        if (raw.len - LENGTH_SIZE < size)
            return 0;
        if (!rtmi_buf_reserve(out, size))
            return out->error;
        const size_t mark = rtmi_buf_len(out);
        int r = restart(cipher);
        if (r == 0)
            r = pass(cipher, (rtmi_span){raw.data + LENGTH_SIZE, size}, out);
        if (r == 0)
            r = check_package((rtmi_span){rtmi_buf_span(out).data + mark, size}, max_bytes);
        if (r < 0)
            return r;
        rtmi_buf_consume(in, LENGTH_SIZE + size);
    }
    return 0;
}

int rtmi_cipher_open(rtmi_cipher *cipher, rtmi_buf *in, size_t max_bytes, rtmi_buf *out)
{
    const size_t len = rtmi_buf_len(in);

    if (!cipher->is_stream)
        return open_packages(cipher, in, max_bytes, out);
    if (len == 0)
        return 0;
    if (!rtmi_buf_reserve(out, len))
        return out->error;
    const int r = pass(cipher, rtmi_buf_span(in), out);
    if (r == 0)
        rtmi_buf_consume(in, len);
    return r;
}
