/*
 * One connection, as the core sees it: what has not been understood yet, whose it is, what it
 * listens to, and what waits to be written.
 */
#ifndef GATE_CORE_CONN_H
#define GATE_CORE_CONN_H

#include "gate/core/fanout.h"
#include "gate/core/listeners.h"
#include "gate/core/shard.h"
#include "lib/base/list.h"

struct shard_project;
struct conn_secure;
struct session_end;

/** A user's session: what a connection has that has logged in. */
typedef struct session {
    int64_t uid;
    size_t all_at;  /* its place in members.all, from 1; 0: not there */
    rtmi_map users; /* its uid, as members.h wants it */
    rtmi_map groups;
    rtmi_map rooms;
    uint32_t flags;          /* SESSION_… of notice.h */
    struct session_end *end; /* the mail that tells the owner of its end; NULL: it knows */
} session;

struct conn {
    uint64_t id; /* unique on its shard */
    void *io;
    const gate_door *door;
    struct conn_secure *secure;    /* NULL: not encrypted */
    struct shard_project *project; /* of its first verified quest; NULL before */
    rtmi_buf *in;                  /* an unfinished package; NULL: none, and not encrypted */
    bool is_reading_own;           /* the last read went into `in` */
    bool is_dirty;
    bool wants_close;
    bool is_dropping;                      /* the slow policy is at work: logged once a time */
    uint8_t packages;                      /* that it has sent: 0, 1, or 2 for more */
    const struct rtmi_method *last_method; /* of its last quest: the next is often the same */
    uint64_t stamp;                        /* of the last record pushed: once, however it matched */
    uint64_t dropped;                      /* pushes that it missed */
    size_t counted_bytes;                  /* of `out`, in the shard's figures */
    uint32_t counted_pushes;
    outq out;
    listening listening;
    session *session; /* NULL: a program of the server side, or a stranger */
    rtmi_link dirty_link;
    /* In one of the shard's lists of those for whom time passes, in the order of `due_ms`: it has
     * not proved itself yet, sends files without that, is pinged, or was told to go. */
    rtmi_link due_link;
    int64_t due_ms;
    int64_t opened_ms;
    uint64_t source;           /* the address, see conn_set_source() */
    size_t upload_bytes;       /* of the package that comes in, when it is a large file; or 0 */
    size_t upload_cost;        /* memory that is set aside for it */
    const char *peer;          /* the driver's */
    uint32_t ping_seq;         /* of the last ping */
    unsigned pings_unanswered; /* since it last sent anything */
    bool has_answered_ping;    /* so it can be expected to */
    bool has_uploaded;         /* buffers may have room for much more than is in them */
    bool is_authenticating;    /* an `auth` is on its way to the owner */
    bool is_leaving;           /* told to go */
    bool has_source;
};

#endif
