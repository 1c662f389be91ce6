/*
 * FPNN encryption of a connection. The peer's first quest, `*key`, is in clear; all that follows
 * it is encrypted, both ways, the answer of `*key` first.
 *
 * Above this file nothing knows: packages are read and queued plain. What was received is opened
 * when it comes. What is queued is sealed when the driver asks what to write, a part at a time
 * and only when the part before has been written, so the slow policy can still drop the rest.
 *
 * Protocol: FPNN section 7.2.
 */
#ifndef GATE_CORE_SECURE_H
#define GATE_CORE_SECURE_H

#include "gate/core/dispatch.h"

typedef struct conn_secure conn_secure;

/** Agree on keys as the quest `*key` asks, and answer it; or cut the connection. */
void conn_secure_begin(op *quest, rtmi_span payload);

/** Free and wipe; NULL is allowed. */
void conn_secure_free(conn_secure *secure);

/** Where to receive into; NULL: out of memory. */
uint8_t *conn_secure_read_space(conn_secure *secure, size_t len);

/** `len` bytes were received there. */
void conn_secure_received(conn_secure *secure, size_t len);

/** Bytes that came right behind `*key`. False: out of memory. */
bool conn_secure_put_raw(conn_secure *secure, rtmi_span bytes);

/** Give back the room of a large package that is gone. */
void conn_secure_shed(conn_secure *secure);

/**
 * Open what was received into the connection's `in`, with packages of `max_bytes` at most. 0, or
 * negative: what was opened before stands in `in`. See rtmi_cipher_open().
 */
int conn_secure_open(conn *connection, size_t max_bytes);

/** What to write now: a piece or nothing. */
rtmi_span conn_secure_get_output(shard *self, conn *connection);

/** `len` bytes of it were written. */
void conn_secure_sent(conn_secure *secure, size_t len);

/** Whether sealed bytes wait to be written. */
bool conn_secure_has_output(const conn_secure *secure);

#endif
