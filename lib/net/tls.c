/*
 * libssl over a BIO of our own. A context for each connection: the file of authorities is read
 * anew each time, so that a renewed one is taken up without a restart.
 */
#include "lib/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <rtm/error.h>

#include "lib/net/poller.h"
#include "lib/net/socket.h"

struct rtmi_tls {
    SSL *ssl;
    BIO_METHOD *method;
    int fd;
    unsigned wants;
    int error_no; /* of the last system call that failed; 0: the peer has ended it */
    bool is_open; /* the handshake is done, and nothing has failed */
    bool is_over; /* no read gives more than the end */
    char why[RTMI_TLS_TEXT_SIZE];
};

static int bio_read(BIO *bio, char *data, size_t len, size_t *ret_len)
{
    rtmi_tls *tls = BIO_get_data(bio);
    const int r = rtmi_socket_receive(tls->fd, (uint8_t *)data, len, ret_len);

    BIO_clear_retry_flags(bio);
    if (r == 1)
        return 1;
    *ret_len = 0;
    if (r == 0)
        BIO_set_retry_read(bio);
    else
        tls->error_no = errno;
    return 0;
}

static int bio_write(BIO *bio, const char *data, size_t len, size_t *ret_len)
{
    rtmi_tls *tls = BIO_get_data(bio);
    const int r = rtmi_socket_send(tls->fd, (const uint8_t *)data, len, ret_len);

    BIO_clear_retry_flags(bio);
    if (r >= 0 && *ret_len > 0)
        return 1;
    if (r < 0)
        tls->error_no = errno;
    else
        BIO_set_retry_write(bio);
    *ret_len = 0;
    return 0;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO *make_bio(rtmi_tls *tls)
{
    tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "rtm socket");
    if (tls->method == NULL || BIO_meth_set_read_ex(tls->method, bio_read) != 1 ||
        BIO_meth_set_write_ex(tls->method, bio_write) != 1 ||
        BIO_meth_set_ctrl(tls->method, bio_control) != 1)
        return NULL;
    BIO *bio = BIO_new(tls->method);
    if (bio != NULL) {
        BIO_set_data(bio, tls);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* The text of libssl's oldest error, which is nearest to the cause. */
static void explain(char why[RTMI_TLS_TEXT_SIZE], const char *what)
{
    const unsigned long code = ERR_get_error();
    const char *reason = ERR_reason_error_string(code);

    if (reason == NULL)
        reason = ERR_SYSTEM_ERROR(code) ? strerror((int)ERR_GET_REASON(code)) : "libssl failed";
    (void)snprintf(why, RTMI_TLS_TEXT_SIZE, "%s%s%s", what, *what == '\0' ? "" : ": ", reason);
    ERR_clear_error();
}

static SSL_CTX *make_context(const char *ca_file, char why[RTMI_TLS_TEXT_SIZE])
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL) {
        explain(why, "");
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
        (ca_file != NULL ? SSL_CTX_load_verify_file(context, ca_file)
                         : SSL_CTX_set_default_verify_paths(context)) == 1)
        return context;
    explain(why, ca_file != NULL ? ca_file : "the system's certificates");
    SSL_CTX_free(context);
    return NULL;
}

static bool host_is_numeric(const char *host)
{
    struct in6_addr unused;

    return inet_pton(AF_INET, host, &unused) == 1 || inet_pton(AF_INET6, host, &unused) == 1;
}

static bool set_host(SSL *ssl, const char *host)
{
    if (host_is_numeric(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

int rtmi_tls_new(int fd, const char *ca_file, const char *host, rtmi_tls **ret_tls,
                 char why[RTMI_TLS_TEXT_SIZE])
{
    rtmi_tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL)
        return RTM_E_NOMEM;
    tls->fd = fd;
    ERR_clear_error();
    SSL_CTX *context = make_context(ca_file, why);
    if (context == NULL)
        goto fail;
    tls->ssl = SSL_new(context);
    SSL_CTX_free(context); /* the SSL holds it */
    BIO *bio = tls->ssl == NULL ? NULL : make_bio(tls);
    if (bio == NULL || !set_host(tls->ssl, host)) {
        explain(why, host);
        BIO_free(bio);
        goto fail;
    }
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_connect_state(tls->ssl);
    *ret_tls = tls;
    return 0;

fail:
    rtmi_tls_free(tls, false);
    return RTM_E_SECURITY;
}

/* What libssl means by `result`: 0 waits, 1 the peer has ended it, else RTM_E_SECURITY. */
static int judge(rtmi_tls *tls, int result)
{
    const long verified = SSL_get_verify_result(tls->ssl);

    tls->wants = 0;
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        tls->wants = RTMI_POLL_READ;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        tls->wants = RTMI_POLL_WRITE;
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        tls->is_over = true;
        return 1;
    default:
        break;
    }
    const unsigned long code = ERR_peek_error();
    tls->is_over = true;
    tls->is_open = false;
    if (tls->error_no != 0) {
        char text[128];
        (void)snprintf(tls->why, sizeof tls->why, "%s",
                       strerror_r(tls->error_no, text, sizeof text));
        ERR_clear_error();
    } else if (code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        (void)snprintf(tls->why, sizeof tls->why, "the peer has closed the connection");
        ERR_clear_error();
        return 1;
    } else if (verified != X509_V_OK) {
        (void)snprintf(tls->why, sizeof tls->why, "certificate verify failed: %s",
                       X509_verify_cert_error_string(verified));
        ERR_clear_error();
    } else {
        explain(tls->why, "");
    }
    return RTM_E_SECURITY;
}

int rtmi_tls_handshake(rtmi_tls *tls)
{
    ERR_clear_error();
    tls->error_no = 0;
    const int result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        tls->wants = 0;
        tls->is_open = true;
        return 1;
    }
    const int r = judge(tls, result);
    if (r == 1 && tls->why[0] == '\0')
        (void)snprintf(tls->why, sizeof tls->why, "the peer has ended the handshake");
    return r == 0 ? 0 : RTM_E_SECURITY;
}

static int lost(const rtmi_tls *tls, int judged)
{
    errno = judged == 1 ? 0 : (tls->error_no != 0 ? tls->error_no : EPROTO);
    return RTM_E_LOST;
}

int rtmi_tls_receive(rtmi_tls *tls, uint8_t *data, size_t len, size_t *ret_len)
{
    size_t total = 0;
    size_t n = 0;
    int result = 0;

    if (tls->is_over)
        return lost(tls, tls->is_open || tls->error_no == 0);
    ERR_clear_error();
    tls->error_no = 0;
    tls->wants = 0;
    while (total < len && (result = SSL_read_ex(tls->ssl, data + total, len - total, &n)) == 1)
        total += n;
    if (result != 1) {
        const int r = judge(tls, result);
        if (tls->wants == RTMI_POLL_READ)
            tls->wants = 0; /* as ever */
        if (r != 0 && total == 0)
            return lost(tls, r);
    }
    if (total == 0)
        return 0;
    *ret_len = total;
    return 1;
}

int rtmi_tls_send(rtmi_tls *tls, const uint8_t *data, size_t len, size_t *ret_len)
{
    const unsigned wants = tls->wants; /* of a read */
    size_t n = 0;
    int result = 1;

    *ret_len = 0;
    ERR_clear_error();
    tls->error_no = 0;
    while (*ret_len < len &&
           (result = SSL_write_ex(tls->ssl, data + *ret_len, len - *ret_len, &n)) == 1)
        *ret_len += n;
    if (result == 1)
        return 1;
    const int r = judge(tls, result);
    tls->wants = wants;
    return r == 0 ? 0 : lost(tls, r);
}

unsigned rtmi_tls_wants(const rtmi_tls *tls)
{
    return tls->wants;
}

bool rtmi_tls_has_pending(const rtmi_tls *tls)
{
    return tls->is_over || SSL_pending(tls->ssl) > 0;
}

const char *rtmi_tls_get_error_text(const rtmi_tls *tls)
{
    return tls->why;
}

void rtmi_tls_free(rtmi_tls *tls, bool is_goodbye)
{
    if (tls == NULL)
        return;
    if (is_goodbye && tls->is_open) {
        ERR_clear_error();
        (void)SSL_shutdown(tls->ssl);
        ERR_clear_error();
    }
    SSL_free(tls->ssl); /* frees the BIO */
    BIO_meth_free(tls->method);
    free(tls);
}
