/*
 * TLS over an accepted socket. Nothing here waits.
 *
 * A context is what a listening address has: certificate and key, read when it is made. A
 * connection keeps the context that it was made with, so that a renewed certificate concerns new
 * connections only.
 *
 * Writing to a peer that has gone raises SIGPIPE, which the process must ignore.
 */
#ifndef GATE_IO_TLS_H
#define GATE_IO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tls_context tls_context;
typedef struct tls tls;

/** What tls_send() takes at most: one record. */
#define TLS_SEND_MAX 16384

/** Read a chain of certificates and the key of its first, both PEM. 0, or -1 with a text. */
int tls_context_new(const char *certificate_file, const char *key_file, tls_context **ret_context,
                    char *reterr_text, size_t text_size);
/** NULL is allowed; connections keep what they need of it. */
void tls_context_free(tls_context *context);

/** TLS 1.2 or newer on `fd`, which stays the caller's. NULL: out of memory. */
tls *tls_new(tls_context *context, int fd);

/** Say goodbye, if that fits without waiting, and free it. NULL is allowed. */
void tls_free(tls *self);

/** Bytes into `data`, the handshake included: how many, 0 to wait, -1 for an end or an error. */
int tls_receive(tls *self, uint8_t *data, size_t len);

/** Whether tls_receive() gives something although the socket may have nothing more. */
bool tls_has_pending(const tls *self);

/** Whether tls_receive() waits until the socket can be written. */
bool tls_wants_write(const tls *self);

/** Take all of `data`: 0, or -1 for an error. What does not fit is held: see tls_flush(). */
int tls_send(tls *self, const uint8_t *data, size_t len);

/** Write what is held: 0, or -1. */
int tls_flush(tls *self);

/** Whether bytes are held; tls_send() must not be called then. */
bool tls_is_holding(const tls *self);

/** Why the last function failed; "" for an ordinary end. */
const char *tls_get_error_text(const tls *self);

#endif
