/*
 * The listening socket: accepts, asks whether the peer may enter, and hands connections to the
 * shards in turn. It lives on the main thread's loop.
 */
#ifndef GATE_IO_ACCEPTOR_H
#define GATE_IO_ACCEPTOR_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "gate/io/admission.h"
#include "gate/io/bound.h"
#include "gate/io/loop.h"
#include "lib/base/log.h"

typedef struct acceptor acceptor;

/** Where to listen, and what is asked of those who come. */
typedef struct acceptor_options {
    const char *path;      /* of a Unix socket; NULL: TCP */
    const char *host;      /* empty: every address */
    uint16_t port;         /* 0: a free one */
    const gate_door *door; /* must outlive the connections */
    tls_context *secrets;  /* NULL: without TLS; the acceptor's own from now on, also on failure */
} acceptor_options;

/**
 * Bind to an address, without taking connections yet. The socket file of a gate that has ended is
 * replaced. 0, or -1 with a text.
 */
int acceptor_open(uv_loop_t *uv, const acceptor_options *options, const rtmi_log *log,
                  acceptor **ret_acceptor, char *reterr_text, size_t text_size);

/** New connections have this certificate; taken over. */
void acceptor_set_tls(acceptor *self, tls_context *secrets);

/** The address that it is bound to, as HOST:PORT or unix:PATH. */
const char *acceptor_get_address(const acceptor *self);

/** Begin to take connections; `loops` must outlive it. 0, or -1 with a text. */
int acceptor_start(acceptor *self, admission *keeper, loop *const *loops, size_t loop_count,
                   char *reterr_text, size_t text_size);

/** Take no more, and free it in the loop's next turn. NULL is allowed. */
void acceptor_close(acceptor *self);

#endif
