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
#include "gate/io/loop.h"
#include "lib/base/log.h"

/** Room for any address as HOST:PORT. */
#define ACCEPTOR_ADDRESS_SIZE 64

typedef struct acceptor acceptor;

/**
 * Bind to an address, without taking connections yet. An empty host is every address; port 0
 * takes a free one. 0, or -1 with a text.
 */
int acceptor_open(uv_loop_t *uv, const char *host, uint16_t port, const rtmi_log *log,
                  acceptor **ret_acceptor, char *reterr_text, size_t text_size);

/** The address that it is bound to. */
const char *acceptor_get_address(const acceptor *self);

/** Begin to take connections; `loops` must outlive it. 0, or -1 with a text. */
int acceptor_start(acceptor *self, admission *keeper, loop *const *loops, size_t loop_count,
                   char *reterr_text, size_t text_size);

/** Take no more, and free it in the loop's next turn. NULL is allowed. */
void acceptor_close(acceptor *self);

#endif
