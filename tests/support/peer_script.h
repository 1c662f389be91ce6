/*
 * A scripted FPNN peer for tests in C: the other end of a connection, in a test's own hands.
 *
 * It listens on a free port of 127.0.0.1 with a thread of its own, takes connections, and
 * answers quests by a function of the test. It pushes, answers late or wrongly, writes raw
 * bytes, and cuts. Payloads are JSON text here: what is heard is turned into it, what is sent
 * is made from it. All that is heard stays in order until peer_free().
 */
#ifndef TESTS_SUPPORT_PEER_SCRIPT_H
#define TESTS_SUPPORT_PEER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct peer peer;

/** A quest that was heard. What it points to lives until peer_free(). */
typedef struct peer_quest {
    int link; /* which connection, counted from 0 */
    uint32_t seq;
    bool is_twoway;
    const char *method;
    const char *json; /* the payload; bytes appear as Base64 */
    const uint8_t *payload;
    size_t payload_len;
} peer_quest;

/** An answer to a push that was heard. */
typedef struct peer_heard {
    int link;
    uint32_t seq;
    int status; /* 0: success */
    const char *json;
    int read; /* which read of the socket brought its last byte, counted from 1 */
} peer_heard;

typedef enum peer_verb {
    PEER_ANSWER, /* `json`; NULL is an empty map */
    PEER_REFUSE, /* with `code` and `text` */
    PEER_SILENT,
    PEER_CUT /* end the connection */
} peer_verb;

typedef struct peer_reply {
    peer_verb verb;
    const char *json;
    int code;
    const char *text;
} peer_reply;

/** Runs on the peer's thread, with nothing locked; it may call the functions below. */
typedef peer_reply peer_script_fn(peer *self, const peer_quest *quest, void *userdata);

/** NULL when it cannot be made. `script` NULL: every quest gets an empty map. */
peer *peer_new(peer_script_fn *script, void *userdata);
void peer_free(peer *self);

/** "127.0.0.1:PORT". */
const char *peer_get_endpoint(const peer *self);

/** A descriptor that becomes readable when something new was heard or a connection has ended; read
 * by peer_settle(). */
int peer_get_fd(const peer *self);
void peer_settle(peer *self);

/** How many quests of a method were heard; NULL counts all. */
size_t peer_count(peer *self, const char *method);
/** The `index`-th of them, from 0; false if there are not so many. */
bool peer_get_quest(peer *self, const char *method, size_t index, peer_quest *ret);
/** How many connections there have been, and how many of them are open. */
int peer_count_links(peer *self);
int peer_count_open(peer *self);
/**
 * Wait until there have been `count` connections: a client is connected before the peer has
 * taken the connection. Aborts when it takes too long.
 */
void peer_wait_links(peer *self, int count);

/** Push on the newest connection; returns the sequence number. */
uint32_t peer_push(peer *self, const char *method, const char *json);
/** The bytes of such a push, appended at `*len`; for writing them in pieces or many at once. */
uint32_t peer_build_push(peer *self, const char *method, const char *json, uint8_t *bytes,
                         size_t cap, size_t *len);
/** A push whose payload is given as it is. */
uint32_t peer_push_raw(peer *self, const char *method, const void *payload, size_t len);
/** Bytes on the newest connection, in one write. */
void peer_write(peer *self, const void *bytes, size_t len);
/** Answer a quest that was met with PEER_SILENT. */
void peer_answer(peer *self, const peer_quest *quest, peer_reply reply);

/** The answers to pushes so far, and the one to push `seq` of the newest connection. */
size_t peer_count_answers(peer *self);
bool peer_get_answer(peer *self, uint32_t seq, peer_heard *ret);

/** End the newest connection; the peer takes new ones. */
void peer_cut(peer *self);

#endif
