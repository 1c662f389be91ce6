/*
 * Connections over TCP and Unix sockets, as one shard's thread has them: one recv for each
 * readiness, everything that is owed in few large writes. TLS, where the address has it, lies
 * between.
 */
#ifndef GATE_IO_TCP_H
#define GATE_IO_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "gate/core/shard.h"
#include "gate/io/admission.h"
#include "gate/io/tls.h"
#include "lib/base/list.h"

/** What the connections of one thread share; part of its loop. */
typedef struct tcp_hub {
    int epoll_fd; /* the loop's; what it tells of a connection is for tcp_ready() */
    shard *shard;
    admission *admission;
    const rtmi_log *log;
    rtmi_list open;   /* every connection that is not in `ending` */
    rtmi_list ending; /* those with a deadline, the nearest first */
    rtmi_list gone;   /* closed: epoll may still have told of them */
    gate_time now;    /* of this turn, see tcp_hub_now() */
    bool now_is_read;
    size_t received; /* bytes, in this turn */
    size_t holding;  /* connections whose TLS holds bytes that the shard has given away */
    bool has_closed; /* the shard was told of an end since this was last reset */
} tcp_hub;

typedef struct tcp_conn {
    rtmi_link link; /* in the hub; before that in the loop's queue of new ones */
    tcp_hub *hub;
    tls *tls;              /* NULL: in clear */
    const gate_door *door; /* NULL: asks nothing */
    conn *core;            /* NULL: the shard has done with it, the socket lingers */
    int64_t ends_at_ms;    /* monotonic; while in `ending` */
    admission_source source;
    int fd;          /* -1: closed */
    uint32_t events; /* what epoll watches; 0: nothing yet */
    uint8_t sniffed; /* bytes seen while it was not yet clear what they are */
    bool is_fpnn;    /* they are */
    bool is_proved;
    char peer[]; /* address as text */
} tcp_conn;

/** What a peer speaks, by the first bytes that it sends. */
typedef enum tcp_speech { TCP_WAIT, TCP_FPNN, TCP_OTHER } tcp_speech;

tcp_speech tcp_sniff(const uint8_t *bytes, size_t len);

void tcp_hub_init(tcp_hub *hub, int epoll_fd, admission *keeper, const rtmi_log *log);

/** Both clocks, read once a turn. */
gate_time tcp_hub_now(tcp_hub *hub);

/**
 * A connection on a socket that admission_enter() let in; both are its own from then on, and
 * until tcp_start() it may be passed between threads. `secrets` NULL: without TLS. `door` must
 * outlive it. NULL: out of memory, nothing is taken.
 */
tcp_conn *tcp_conn_new(int fd, const struct sockaddr *address, admission_source source,
                       const gate_door *door, tls_context *secrets);

/** Let it be served by this thread. */
void tcp_start(tcp_conn *self, tcp_hub *hub);

/** What epoll tells: EPOLLIN and so on. */
void tcp_ready(tcp_conn *self, uint32_t events);

/** Give up one that was not started. */
void tcp_discard(tcp_conn *self, admission *keeper);

/** Write what is owed; end it when the shard wants that. It may be closed afterwards. */
void tcp_flush(tcp_conn *self);

/** The peer has proved itself. */
void tcp_prove(tcp_conn *self);

/** Whether all that the shard has given away is written. */
bool tcp_hub_is_flushed(const tcp_hub *hub);

/** End those whose time is over. Once a tick. */
void tcp_hub_tick(tcp_hub *hub);

/** Close all connections now. */
void tcp_hub_close(tcp_hub *hub);

/** Free those that are closed. Not before all that epoll has told was looked at. */
void tcp_hub_sweep(tcp_hub *hub);

#endif
