/*
 * TLS in front of a scripted peer: a thread that takes one connection after the other on a free
 * port of 127.0.0.1, speaks TLS on it and plain bytes with the peer behind. Its authority and its
 * certificate are made when it is, so that nothing expires.
 */
#ifndef TESTS_SUPPORT_TLS_PEER_H
#define TESTS_SUPPORT_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tls_peer tls_peer;

typedef struct tls_peer_options {
    const char *backend; /* "127.0.0.1:PORT" of the peer behind */
    const char *name;    /* of the certificate: "DNS:gate.test", "IP:127.0.0.1" */
    bool is_expired;
    bool is_silent;  /* takes connections, and never writes */
    bool is_laconic; /* writes nothing behind the handshake: no tickets */
} tls_peer_options;

/** Aborts when it cannot be made. */
tls_peer *tls_peer_new(const tls_peer_options *options);
void tls_peer_free(tls_peer *self);

/** End each later connection behind so many bytes; -1: never. */
void tls_peer_cut_after(tls_peer *self, long size);
/** Write no more than so many bytes on each later connection, and let it stand; -1: all. */
void tls_peer_stall_after(tls_peer *self, long size);
/** How many connections have come to their stall. */
long tls_peer_count_stalls(const tls_peer *self);
/** Another authority and another certificate for later connections; the file of the authority is
 * another one too. */
void tls_peer_renew(tls_peer *self);

/** "127.0.0.1:PORT". */
const char *tls_peer_get_endpoint(const tls_peer *self);
/** A PEM file with its authority; goes with the peer. */
const char *tls_peer_get_ca_file(const tls_peer *self);
/** How many bytes it had written to the last connection when the handshake was done; 0: none. */
long tls_peer_get_handshake_size(const tls_peer *self);

/** A new public key in DER, for FPNN encryption: its size. */
size_t make_public_key(unsigned char *der, size_t size);

#endif
