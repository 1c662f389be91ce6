/*
 * libssl on the socket itself. A write that libssl could not finish has to be repeated with the
 * same bytes, and the queue's front may be dropped in the meantime: so those bytes are held here.
 */
#include "gate/io/tls.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/num.h"

struct tls_context {
    SSL_CTX *ssl;
};

struct tls {
    SSL *ssl;
    uint8_t *held;
    size_t held_len;
    bool wants_write;
    bool is_broken;
    char text[160];
};

/* libssl's oldest error, which is nearest to the cause. */
static void explain(char *text, size_t size)
{
    const unsigned long code = ERR_get_error();
    const char *const reason = ERR_reason_error_string(code);

    if (reason != NULL)
        (void)snprintf(text, size, "%s", reason);
    else if (ERR_SYSTEM_ERROR(code))
        (void)snprintf(text, size, "%s", strerror((int)ERR_GET_REASON(code)));
    else
        (void)snprintf(text, size, "libssl failed");
    ERR_clear_error();
}

static bool load(SSL_CTX *ssl, const char *certificate_file, const char *key_file, char *text,
                 size_t size)
{
    char why[160];
    const char *what = certificate_file;

    if (SSL_CTX_use_certificate_chain_file(ssl, certificate_file) == 1) {
        what = key_file;
        if (SSL_CTX_use_PrivateKey_file(ssl, key_file, SSL_FILETYPE_PEM) == 1 &&
            SSL_CTX_check_private_key(ssl) == 1)
            return true;
    }
    explain(why, sizeof why);
    (void)snprintf(text, size, "%s: %s", what, why);
    return false;
}

/* A key with a passphrase: there is nobody to ask. */
static int no_passphrase(char *buf, int size, int rwflag, void *userdata)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)userdata;
    return -1;
}

int tls_context_new(const char *certificate_file, const char *key_file, tls_context **ret_context,
                    char *reterr_text, size_t text_size)
{
    tls_context *const self = calloc(1, sizeof *self);

    ERR_clear_error();
    if (self != NULL)
        self->ssl = SSL_CTX_new(TLS_server_method());
    if (self == NULL || self->ssl == NULL ||
        SSL_CTX_set_min_proto_version(self->ssl, TLS1_2_VERSION) != 1) {
        (void)snprintf(reterr_text, text_size, "out of memory");
        goto fail;
    }
    SSL_CTX_set_default_passwd_cb(self->ssl, no_passphrase);
    SSL_CTX_set_mode(self->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(self->ssl, SSL_OP_NO_RENEGOTIATION);
    if (!load(self->ssl, certificate_file, key_file, reterr_text, text_size))
        goto fail;
    *ret_context = self;
    return 0;

fail:
    tls_context_free(self);
    return -1;
}

void tls_context_free(tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

tls *tls_new(tls_context *context, int fd)
{
    tls *const self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->ssl = SSL_new(context->ssl);
    if (self->ssl == NULL || SSL_set_fd(self->ssl, fd) != 1) {
        SSL_free(self->ssl);
        free(self);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_mode(self->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_accept_state(self->ssl);
    return self;
}

void tls_free(tls *self)
{
    if (self == NULL)
        return;
    if (!self->is_broken && SSL_is_init_finished(self->ssl) && self->held_len == 0) {
        ERR_clear_error();
        (void)SSL_shutdown(self->ssl);
    }
    ERR_clear_error();
    SSL_free(self->ssl);
    free(self->held);
    free(self);
}

/* What libssl means by `result`: 0 to wait, -1 for an end or an error. */
static int judge(tls *self, int result)
{
    const int system_error = errno;

    switch (SSL_get_error(self->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_WANT_WRITE:
        self->wants_write = true;
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return -1;
    case SSL_ERROR_SYSCALL:
        (void)snprintf(self->text, sizeof self->text, "%s", strerror(system_error));
        break;
    default:
        if (ERR_GET_REASON(ERR_peek_error()) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
            explain(self->text, sizeof self->text);
        break;
    }
    ERR_clear_error();
    self->is_broken = true;
    return -1;
}

int tls_receive(tls *self, uint8_t *data, size_t len)
{
    size_t total = 0;
    size_t n = 0;
    int result = 1;

    if (self->is_broken)
        return -1;
    ERR_clear_error();
    self->wants_write = false;
    len = rtmi_min_size(len, INT32_MAX);
    while (total < len && (result = SSL_read_ex(self->ssl, data + total, len - total, &n)) == 1)
        total += n;
    if (result == 1)
        return (int)total;
    const int r = judge(self, result);
    /* An end behind bytes is found again by the next call. */
    return total > 0 ? (int)total : r;
}

bool tls_has_pending(const tls *self)
{
    return self->is_broken || SSL_pending(self->ssl) > 0 ||
           (SSL_get_shutdown(self->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool tls_wants_write(const tls *self)
{
    return self->wants_write;
}

/* 1 written, 0 libssl wants to be asked again, -1. */
static int write_record(tls *self, const uint8_t *data, size_t len)
{
    const bool wants_write = self->wants_write; /* of a read */
    size_t written = 0;

    if (self->is_broken)
        return -1;
    ERR_clear_error();
    const int result = SSL_write_ex(self->ssl, data, len, &written);
    if (result == 1)
        return 1;
    const int r = judge(self, result);
    self->wants_write = wants_write;
    return r;
}

int tls_send(tls *self, const uint8_t *data, size_t len)
{
    assert(self->held_len == 0 && len > 0 && len <= TLS_SEND_MAX);
    const int r = write_record(self, data, len);

    if (r != 0)
        return r < 0 ? -1 : 0;
    self->held = malloc(len);
    if (self->held == NULL) {
        self->is_broken = true;
        (void)snprintf(self->text, sizeof self->text, "out of memory");
        return -1;
    }
    memcpy(self->held, data, len);
    self->held_len = len;
    return 0;
}

int tls_flush(tls *self)
{
    if (self->held_len == 0)
        return 0;
    const int r = write_record(self, self->held, self->held_len);
    if (r <= 0)
        return r;
    free(self->held);
    self->held = NULL;
    self->held_len = 0;
    return 0;
}

bool tls_is_holding(const tls *self)
{
    return self->held_len > 0;
}

const char *tls_get_error_text(const tls *self)
{
    return self->text;
}
