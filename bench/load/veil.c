/*
 * Bytes that are hidden on the wire: FPNN encryption, or TLS. What a wire writes and reads is
 * plain; in between each connection has one of these. The generator's own work for it is not the
 * server's, and is not counted as such.
 *
 * TLS does not ask who the server is: the suite has started it.
 */
#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/load/load.h"
#include "lib/fpnn/cipher.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/pack.h"

struct veil {
    rtmi_cipher *sealing; /* FPNN encryption */
    rtmi_cipher *opening;
    SSL *ssl; /* TLS, between two memory BIOs */
    rtmi_buf raw;
    rtmi_buf plain;
    rtmi_buf sealed;
};

static rtmi_public_key gate_key;
static SSL_CTX *tls;

static void read_gate_key(const char *path)
{
    uint8_t text[4096];
    FILE *file = path == NULL ? NULL : fopen(path, "re");

    if (file == NULL)
        load_fail("--gate-key: %s", path == NULL ? "missing" : strerror(errno));
    const size_t len = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    if (rtmi_public_key_parse((rtmi_span){text, len}, RTMI_CURVE_NONE, &gate_key) != 0)
        load_fail("%s: no public key", path);
}

void veil_prepare(load *self)
{
    if (self->veil_kind == VEIL_NONE)
        return;
    if (self->veil_kind != VEIL_TLS) {
        read_gate_key(self->gate_key);
        return;
    }
    tls = SSL_CTX_new(TLS_client_method());
    if (tls == NULL)
        load_fail("no TLS");
}

/* The quest `*key` in clear, and a cipher for each direction. */
static void agree(veil *v, bool is_stream)
{
    const rtmi_span gate_xy = {gate_key.xy, gate_key.len};
    rtmi_private_key own;
    rtmi_public_key public_key;
    rtmi_cipher_keys keys;

    if (rtmi_key_pair_generate(gate_key.curve, &own, &public_key) != 0 ||
        rtmi_key_agree(&own, gate_xy, 128, &keys) != 0 ||
        rtmi_cipher_new(&keys, is_stream, true, &v->sealing) != 0 ||
        rtmi_cipher_new(&keys, is_stream, false, &v->opening) != 0)
        load_fail("no keys can be agreed on");
    const size_t mark = rtmi_frame_begin_quest(&v->sealed, true, 0, rtmi_span_of_text("*key"));
    rtmi_pack_map(&v->sealed, 3);
    (void)rtmi_key_quest_encode(&public_key, is_stream, 128, &v->sealed);
    rtmi_frame_end(&v->sealed, mark);
}

veil *veil_new(load *self, conn *c)
{
    veil *v = calloc(1, sizeof *v);

    if (v == NULL)
        load_fail("out of memory");
    rtmi_buf_init(&v->raw, LOAD_CARRY_MAX + LOAD_READ_BYTES);
    rtmi_buf_init(&v->plain, LOAD_CARRY_MAX + 2 * LOAD_READ_BYTES);
    rtmi_buf_init(&v->sealed, 2 * LOAD_OUT_MAX);
    if (self->veil_kind != VEIL_TLS) {
        c->joins++; /* `*key` is answered, too */
        agree(v, self->veil_kind == VEIL_STREAM);
        return v;
    }
    v->ssl = SSL_new(tls);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (v->ssl == NULL || in == NULL || out == NULL)
        load_fail("no TLS");
    SSL_set_bio(v->ssl, in, out);
    SSL_set_connect_state(v->ssl);
    return v;
}

void veil_free(veil *v)
{
    if (v == NULL)
        return;
    rtmi_cipher_free(v->sealing);
    rtmi_cipher_free(v->opening);
    SSL_free(v->ssl);
    rtmi_buf_deinit(&v->raw);
    rtmi_buf_deinit(&v->plain);
    rtmi_buf_deinit(&v->sealed);
    free(v);
}

/* A call of libssl is done, or has to wait for bytes of the other end. */
static bool tls_done(const veil *v, int result)
{
    if (result > 0)
        return true;
    if (SSL_get_error(v->ssl, result) != SSL_ERROR_WANT_READ)
        load_fail("TLS breaks");
    return false;
}

static void tls_collect(veil *v)
{
    BIO *out = SSL_get_wbio(v->ssl);

    while (BIO_ctrl_pending(out) > 0 && rtmi_buf_reserve(&v->sealed, BIO_ctrl_pending(out))) {
        const int len = BIO_read(out, rtmi_buf_tail(&v->sealed), (int)BIO_ctrl_pending(out));
        rtmi_buf_commit(&v->sealed, len > 0 ? (size_t)len : 0);
    }
}

rtmi_buf *veil_output(veil *v, rtmi_buf *plain)
{
    const rtmi_span all = rtmi_buf_span(plain);

    if (v->ssl == NULL) {
        if (all.len > 0 && rtmi_cipher_seal(v->sealing, all, &v->sealed) != 0)
            load_fail("bytes cannot be sealed");
        rtmi_buf_clear(plain);
    } else {
        if (tls_done(v, SSL_do_handshake(v->ssl)) && all.len > 0 &&
            tls_done(v, SSL_write(v->ssl, all.data, (int)all.len)))
            rtmi_buf_clear(plain);
        tls_collect(v);
    }
    if (v->sealed.error != 0)
        load_fail("too much waits to be sent");
    return &v->sealed;
}

static void tls_open(veil *v, rtmi_span in)
{
    int len = BIO_write(SSL_get_rbio(v->ssl), in.data, (int)in.len);

    if (len != (int)in.len)
        load_fail("out of memory");
    do {
        if (!rtmi_buf_reserve(&v->plain, 16384))
            load_fail("too much waits to be read");
        len = SSL_read(v->ssl, rtmi_buf_tail(&v->plain), 16384);
        rtmi_buf_commit(&v->plain, len > 0 ? (size_t)len : 0);
    } while (tls_done(v, len));
}

rtmi_buf *veil_input(veil *v, rtmi_span in)
{
    if (v->ssl != NULL) {
        tls_open(v, in);
        return &v->plain;
    }
    rtmi_buf_append_span(&v->raw, in);
    if (v->raw.error != 0 || rtmi_cipher_open(v->opening, &v->raw, LOAD_CARRY_MAX, &v->plain) != 0)
        load_fail("what the gate sent cannot be opened");
    return &v->plain;
}
