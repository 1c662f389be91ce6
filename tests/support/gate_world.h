/*
 * Shards of a gate, a store and a bus, all in memory and in one thread, and peers that speak to
 * them: everything that gate/io does, without sockets.
 *
 * Peers and their buffers are made with the world, so that memory may run out in the gate alone.
 */
#ifndef TEST_GATE_WORLD_H
#define TEST_GATE_WORLD_H

#include "gate/core/config.h"
#include "gate/core/shard.h"
#include "lib/base/buf.h"
#include "lib/fpnn/frame.h"
#include "lib/fpnn/payload.h"
#include "lib/rtm/sign.h"

#define GATE_PID 90000001
#define GATE_PID_2 90000002
#define GATE_SECRET "not-a-real-secret"
#define GATE_SECRET_OLD "not-a-real-one-either"
#define GATE_SECRET_2 "another-one"
#define GATE_WALL_MS INT64_C(1700000000000)
#define GATE_PEERS 12
#define GATE_SHARDS 2

typedef struct gate_peer {
    struct gate_world *world;
    shard *shard;
    conn *conn; /* NULL: closed */
    bool is_proved;
    bool was_cut; /* by the gate */
    size_t reads; /* takes so many bytes a turn; SIZE_MAX: all */
    uint32_t seq; /* of its last quest */
    rtmi_buf got; /* not looked at yet */
} gate_peer;

typedef struct gate_world {
    gate_config config; /* may be changed before gate_world_open() */
    gate_project projects[2];
    gate_project_live live[2];
    shard *shards[GATE_SHARDS];
    bus *bus;
    gate_time now;
    rtmi_signer *signer;
    uint64_t random;
    size_t cut;  /* peers send so many bytes at a time; 0: all at once */
    int32_t pid; /* what quests are signed for */
    const char *secret;
    int64_t ts_shift_s;
    bool is_unsigned;      /* quests are those of users */
    const gate_door *door; /* of the next peers */
    gate_peer peers[GATE_PEERS];
    size_t peer_count;
    rtmi_buf entries; /* of the next quest */
    uint32_t entry_count;
    rtmi_buf wire;
    uint8_t package[1 << 20]; /* what gate_peer_next() saw */
    rtmi_payload answer;      /* of the last gate_call() */
    char text[256];           /* of its error */
    uint8_t entry_bytes[1 << 21];
    uint8_t wire_bytes[1 << 22];
    uint8_t got_bytes[GATE_PEERS][1 << 20];
} gate_world;

gate_world *gate_world_new(size_t shards);
void gate_world_free(gate_world *w);

/** Open the store (unless config.store is set) and make the shards. False: out of memory. */
bool gate_world_open(gate_world *w);
void gate_world_close(gate_world *w);

/** NULL: out of memory. */
gate_peer *gate_connect(gate_world *w, size_t at);
/** The peer ends its connection. */
void gate_leave(gate_peer *peer);

/** Hand bytes over to the shard, no turn yet. */
void gate_send(gate_peer *peer, rtmi_span bytes);
/** Turns until nothing moves any more. */
void gate_turns(gate_world *w);
void gate_tick(gate_world *w, int64_t ms);

/* Parameters of the next quest. */
void gate_int(gate_world *w, const char *key, int64_t value);
void gate_text(gate_world *w, const char *key, const char *text);
void gate_bool(gate_world *w, const char *key, bool value);
/**
 * A value in words: "[1,2]", "{1:0,2:0}" (integer keys), "7", "'text'", "xff00" (bytes), "nil",
 * "f2", "true".
 */
void gate_value(gate_world *w, const char *key, const char *words);

/** A signed quest with those parameters, valid until the next one. */
rtmi_span gate_encode(gate_world *w, const char *method, bool is_twoway, uint32_t seq);

/** Send a signed quest with those parameters, no turn yet; its number. */
uint32_t gate_quest(gate_peer *peer, const char *method, bool is_twoway);

/** The oldest package not looked at; false if there is none. */
bool gate_peer_next(gate_peer *peer, rtmi_package *ret);

/** A quest, turns, and its answer, pushes before it being passed over: 0, the code, or -1. */
int gate_call(gate_peer *peer, const char *method);

/** The usual message parameters: gate_call() sends it. */
void gate_message(gate_world *w, int64_t from, const char *target_key, int64_t target, int64_t mid,
                  const char *text);

/** The mids of all pushes not looked at, as "1 2 3"; valid until the next call. */
const char *gate_mids(gate_peer *peer);

#endif
