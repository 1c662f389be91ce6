/*
 * libssl between two memory BIOs: each byte that goes out is in this file's hands, so that a
 * connection can be cut anywhere.
 */
#include "tests/support/tls_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tls_peer {
    tls_peer_options options;
    int backend_port;
    int listen_fd;
    int wake_fd;
    char endpoint[32];
    char ca_file[64];
    pthread_mutex_t lock; /* of the context */
    SSL_CTX *context;
    pthread_t thread;
    atomic_long handshake_size;
    atomic_long cut;
    atomic_long stall;
    atomic_long stalls;
};

/* One connection. */
typedef struct relay {
    SSL *ssl;
    BIO *in;
    BIO *out;
    int front;
    int back;
    long written;
    long cut;
    bool is_stalled;
} relay;

static void need(bool holds)
{
    if (!holds)
        abort();
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    need(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *subject, X509 *issuer, long from_s,
                              long to_s)
{
    X509 *certificate = X509_new();

    need(certificate != NULL && X509_set_version(certificate, 2) == 1);
    X509_NAME *name = X509_get_subject_name(certificate);
    need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)subject, -1,
                                    -1, 0) == 1);
    need(X509_set_issuer_name(certificate, issuer == NULL ? name : X509_get_subject_name(issuer)) ==
         1);
    need(ASN1_INTEGER_set(X509_get_serialNumber(certificate), issuer == NULL ? 1 : 2) == 1);
    need(X509_gmtime_adj(X509_getm_notBefore(certificate), from_s) != NULL);
    need(X509_gmtime_adj(X509_getm_notAfter(certificate), to_s) != NULL);
    need(X509_set_pubkey(certificate, key) == 1);
    if (issuer == NULL)
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    return certificate;
}

/* An authority, its file, and a certificate of it. */
static void make_context(tls_peer *self)
{
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_RSA_gen(2048); /* whose signatures all have one size */
    const long from_s = self->options.is_expired ? -7200 : -60;
    const long to_s = self->options.is_expired ? -3600 : 3600;
    X509 *ca = make_certificate(ca_key, "Test authority", NULL, -7200, 7200);
    X509 *own = make_certificate(key, "Test gate", ca, from_s, to_s);

    add_extension(own, NID_subject_alt_name, self->options.name);
    need(X509_sign(ca, ca_key, EVP_sha256()) > 0 && X509_sign(own, ca_key, EVP_sha256()) > 0);
    (void)snprintf(self->ca_file, sizeof self->ca_file, "/tmp/rtm-test-ca-XXXXXX");
    const int fd = mkstemp(self->ca_file);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    need(file != NULL && PEM_write_X509(file, ca) == 1 && fclose(file) == 0);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    need(context != NULL && SSL_CTX_use_certificate(context, own) == 1 &&
         SSL_CTX_use_PrivateKey(context, key) == 1);
    if (self->options.is_laconic)
        need(SSL_CTX_set_num_tickets(context, 0) == 1);
    (void)pthread_mutex_lock(&self->lock);
    SSL_CTX_free(self->context); /* connections that stand hold it still */
    self->context = context;
    (void)pthread_mutex_unlock(&self->lock);
    X509_free(ca);
    X509_free(own);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        const ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* From here on nothing is written. */
static void stall(tls_peer *self, relay *link)
{
    if (!link->is_stalled)
        atomic_fetch_add(&self->stalls, 1);
    link->is_stalled = true;
}

/* Send what libssl has made, up to the cut or the stall. */
static bool flush(tls_peer *self, relay *link)
{
    const long most = atomic_load(&self->stall);
    char data[16384];
    int n;

    if (most >= 0) {
        n = BIO_read(link->out, data, sizeof data);
        const long room = most - link->written;
        const long len = n < 0 ? 0 : n < room ? n : room;
        if (!send_all(link->front, data, (size_t)len))
            return false;
        link->written += len;
        if (link->written == most)
            stall(self, link);
        return true;
    }
    while ((n = BIO_read(link->out, data, sizeof data)) > 0) {
        const long cut = link->cut;
        long len = n;
        if (cut >= 0 && link->written + len > cut)
            len = cut - link->written;
        if (!send_all(link->front, data, (size_t)len))
            return false;
        link->written += len;
        if (len < n)
            return false;
    }
    return link->cut < 0 || link->written < link->cut;
}

static int connect_back(const tls_peer *self)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)self->backend_port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    need(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static bool from_front(tls_peer *self, relay *link)
{
    char data[16384];
    const ssize_t got = recv(link->front, data, sizeof data, 0);

    if (got <= 0)
        return false;
    if (self->options.is_silent || link->is_stalled)
        return true;
    need(BIO_write(link->in, data, (int)got) == (int)got);
    if (!SSL_is_init_finished(link->ssl)) {
        const int r = SSL_do_handshake(link->ssl);
        const int error = SSL_get_error(link->ssl, r);
        const bool goes_on = flush(self, link);
        if (!goes_on || (r != 1 && error != SSL_ERROR_WANT_READ))
            return false;
        if (r != 1)
            return true;
        atomic_store(&self->handshake_size, link->written);
        link->back = connect_back(self);
    }
    int n;
    while ((n = SSL_read(link->ssl, data, sizeof data)) > 0) {
        if (!send_all(link->back, data, (size_t)n))
            return false;
    }
    return SSL_get_error(link->ssl, n) == SSL_ERROR_WANT_READ && flush(self, link);
}

static bool from_back(tls_peer *self, relay *link)
{
    char data[60000]; /* so that records end where no read of a client does */
    const ssize_t got = recv(link->back, data, sizeof data, 0);

    return got > 0 && SSL_write(link->ssl, data, (int)got) == (int)got && flush(self, link);
}

/* False when the peer is to end. */
static bool serve(tls_peer *self, int front)
{
    relay link = {.front = front, .back = -1};
    (void)pthread_mutex_lock(&self->lock);
    link.ssl = SSL_new(self->context);
    (void)pthread_mutex_unlock(&self->lock);
    link.cut = atomic_load(&self->cut);
    bool is_ending = false;
    bool goes_on = link.cut != 0;

    need(link.ssl != NULL);
    link.in = BIO_new(BIO_s_mem());
    link.out = BIO_new(BIO_s_mem());
    need(link.in != NULL && link.out != NULL);
    SSL_set_bio(link.ssl, link.in, link.out);
    SSL_set_accept_state(link.ssl);
    if (atomic_load(&self->stall) == 0)
        stall(self, &link);
    while (goes_on && !is_ending) {
        struct pollfd fds[3] = {{.fd = self->wake_fd, .events = POLLIN},
                                {.fd = front, .events = POLLIN},
                                {.fd = link.back, .events = POLLIN}};
        (void)poll(fds, 3, -1);
        is_ending = fds[0].revents != 0;
        if (fds[1].revents != 0)
            goes_on = from_front(self, &link);
        if (goes_on && fds[2].revents != 0)
            goes_on = from_back(self, &link);
    }
    if (link.back >= 0)
        (void)close(link.back);
    (void)close(front);
    SSL_free(link.ssl);
    return !is_ending;
}

static void *run(void *userdata)
{
    tls_peer *self = userdata;

    for (;;) {
        struct pollfd fds[2] = {{.fd = self->wake_fd, .events = POLLIN},
                                {.fd = self->listen_fd, .events = POLLIN}};
        (void)poll(fds, 2, -1);
        if (fds[0].revents != 0)
            return NULL;
        const int fd = accept4(self->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        if (!serve(self, fd))
            return NULL;
    }
}

tls_peer *tls_peer_new(const tls_peer_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    tls_peer *self = calloc(1, sizeof *self);

    need(self != NULL);
    self->options = *options;
    self->backend_port = (int)strtol(strrchr(options->backend, ':') + 1, NULL, 10);
    atomic_store(&self->cut, -1);
    atomic_store(&self->stall, -1);
    (void)pthread_mutex_init(&self->lock, NULL);
    make_context(self);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(self->wake_fd >= 0 && self->listen_fd >= 0 &&
         bind(self->listen_fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
         listen(self->listen_fd, 64) == 0 &&
         getsockname(self->listen_fd, (struct sockaddr *)&address, &len) == 0);
    (void)snprintf(self->endpoint, sizeof self->endpoint, "127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
    need(pthread_create(&self->thread, NULL, run, self) == 0);
    return self;
}

void tls_peer_free(tls_peer *self)
{
    const uint64_t one = 1;

    need(write(self->wake_fd, &one, sizeof one) == (ssize_t)sizeof one);
    (void)pthread_join(self->thread, NULL);
    (void)unlink(self->ca_file);
    SSL_CTX_free(self->context);
    (void)pthread_mutex_destroy(&self->lock);
    (void)close(self->listen_fd);
    (void)close(self->wake_fd);
    free(self);
}

const char *tls_peer_get_endpoint(const tls_peer *self)
{
    return self->endpoint;
}

const char *tls_peer_get_ca_file(const tls_peer *self)
{
    return self->ca_file;
}

long tls_peer_get_handshake_size(const tls_peer *self)
{
    return atomic_load(&self->handshake_size);
}

void tls_peer_cut_after(tls_peer *self, long size)
{
    atomic_store(&self->cut, size);
}

void tls_peer_stall_after(tls_peer *self, long size)
{
    atomic_store(&self->stall, size);
}

long tls_peer_count_stalls(const tls_peer *self)
{
    return atomic_load(&self->stalls);
}

void tls_peer_renew(tls_peer *self)
{
    (void)unlink(self->ca_file);
    make_context(self);
}

size_t make_public_key(unsigned char *der, size_t size)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    const int len = i2d_PUBKEY(key, NULL);

    need(len > 0 && (size_t)len <= size && i2d_PUBKEY(key, &der) == len);
    EVP_PKEY_free(key);
    return (size_t)len;
}
