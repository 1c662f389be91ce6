/*
 * A session and the gate it talks to, both in memory: what the session writes is taken apart
 * and its signatures are checked; what the gate writes is handed over in pieces of a chosen
 * size; everything the user would be told is noted as words in one line of text.
 *
 *   c3=ok c3=20003/-7   call 3 ended: well, or with code/local
 *   m12 e:login p       a message (its mid), an event, a ping
 *   L1 L0               listening, not listening
 *   G5-90[g1,2 r u e all=0]   a gap, in ms since WORLD_WALL_MS (after world_note_gaps())
 *
 * Nothing here allocates once world_init() has run, so that memory may run out in the session
 * alone.
 */
#ifndef TEST_SESSION_WORLD_H
#define TEST_SESSION_WORLD_H

#include "lib/fpnn/payload.h"
#include "lib/rtm/sign.h"
#include "lib/session/session.h"

#define WORLD_PID 90000001
#define WORLD_SECRET "not-a-real-secret"
#define WORLD_QUESTS 64
#define WORLD_PAYLOAD 8192
#define WORLD_START_MS 1000000
#define WORLD_WALL_MS INT64_C(1700000000000)

/** A quest of the session. */
typedef struct world_quest {
    char method[64];
    uint32_t seq;
    uint8_t payload[WORLD_PAYLOAD];
    size_t len;
} world_quest;

typedef struct world world;

/** An answer of the session to a push. */
typedef struct world_answer {
    uint32_t seq;
    uint8_t status;
    int code;
} world_answer;

struct world {
    rtmi_session *session;
    rtmi_session_config config; /* may be changed before world_open() */
    rtmi_session_callbacks callbacks;
    rtmi_time now;
    rtmi_signer *signer;
    uint64_t random;
    size_t cut;                       /* bytes handed over at a time; 0: all at once */
    world_quest quests[WORLD_QUESTS]; /* those not taken yet, oldest first */
    size_t quest_count;
    world_answer answers[256];
    size_t answer_count;
    char told[4096];
    rtmi_buf wire; /* from the gate, not handed over yet */
    rtmi_buf half; /* of the session's output: an unfinished package */
    rtmi_buf entries;
    uint8_t wire_bytes[1 << 20];
    uint8_t half_bytes[1 << 20];
    uint8_t entry_bytes[1 << 16];
    /** Runs inside the callback of each message and event, `message` NULL for an event. */
    void (*at_push)(world *w, const rtm_message *message);
    void *hook_data; /* the test's own */
};

/** What a call of the session needs to be told of. */
typedef struct world_call {
    world *world;
    int number;
    rtm_call *handle;
    bool frees_itself; /* its callback frees the handle */
} world_call;

/** A world on the heap with the usual configuration and no session. */
world *world_new(void);
void world_free(world *w);

/** Make the session: 0 or what rtmi_session_new() says. */
int world_open(world *w);
void world_close(world *w);
/** Before world_open(): gaps are noted too. */
void world_note_gaps(world *w);

/** opening and opened. */
void world_connect(world *w);
/** The connection has ended; what was half written is forgotten. */
void world_cut(world *w, int reason, bool will_retry);

/** Take the session's output, at most `max` bytes of it (0: all). */
void world_take_output_of(world *w, size_t max);
void world_take_output(world *w);

/** Hand over what the gate has written: what rtmi_session_read_done() said last. */
int world_deliver(world *w);

/** Let time pass and tick. */
void world_tick(world *w, int64_t ms);

/* What the gate writes. */
void world_answer_ok(world *w, uint32_t seq);
void world_answer_int(world *w, uint32_t seq, const char *key, int64_t value);
void world_answer_error(world *w, uint32_t seq, int code, const char *text);
void world_push(world *w, uint32_t seq, rtm_kind kind, int64_t from, int64_t to, int64_t mid,
                const char *text);
void world_push_event(world *w, uint32_t seq, const char *event, int64_t uid);
void world_push_ping(world *w, uint32_t seq);

/** The oldest quest not taken: its method must be this. Its sequence number. */
uint32_t world_next(world *w, const char *method);
/** The same, and its parameters. */
uint32_t world_next_params(world *w, const char *method, rtmi_payload *ret_params);
/** Take the next quest and answer it well. */
void world_agree(world *w, const char *method);
/** How many quests wait. */
size_t world_waiting(world *w);

/** An integer of a quest's parameters; the test fails if it is not there. */
int64_t world_param_int(const rtmi_payload *params, const char *key);
/** A parameter as text: "[1,2]", "true", "absent"; valid until the next call. */
const char *world_param_text(const rtmi_payload *params, const char *key);

/** What was told since the last time; the test fails unless it is exactly this. */
void world_expect(world *w, const char *words);

/** Calls: their end is noted under `number`; the handle is kept if `call` is given. */
int world_call_start(world *w, world_call *call, int number, const char *method, int64_t timeout_ms,
                     bool is_held);
int world_listen(world *w, world_call *call, int number, rtmi_listen_verb verb, const char *lists,
                 unsigned all, bool is_held);

/**
 * A change from text: "g1,2 r3 u4 elogin" names the lists that are present; "g" is an empty one.
 * Allocates: free with rtmi_listen_value_deinit(&op.value). False: out of memory.
 */
bool world_op(rtmi_listen_op *op, rtmi_listen_verb verb, const char *lists, unsigned all);
/** A value in the same words, all four lists named: "g1,2 r u e all=3"; valid until the next. */
const char *world_value_text(const rtmi_listen_value *value);

#endif
