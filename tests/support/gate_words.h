/*
 * Quests to the gates of gate_world.h in words, and answers as JSON: for tests of methods.
 */
#ifndef TEST_GATE_WORDS_H
#define TEST_GATE_WORDS_H

#include "tests/support/gate_world.h"

/**
 * Call a method with parameters in words, "gid=1 uids=[1,2]", after those that gate_text() and
 * so on have set. The answer as JSON, or its code; valid until the next call.
 */
const char *gate_says(gate_peer *peer, const char *method, const char *words);

/** What is called, and what is to be answered. */
typedef struct gate_step {
    const char *method;
    const char *words;
    const char *expected;
} gate_step;

void gate_take_steps(gate_peer *peer, const gate_step *steps, size_t count);

#define GATE_STEPS(peer, steps) gate_take_steps(peer, steps, sizeof(steps) / sizeof(steps)[0])

/**
 * Run a test with the owner alone, with the owner and another shard, and seen from that other
 * shard. `prepare` may be NULL; it changes the configuration.
 */
void gate_everywhere(void (*prepare)(gate_world *w), void (*test)(gate_peer *peer));

/** The shards end and begin again on the same store; all connections are gone. */
void gate_restart(gate_world *w);

/** Until the next call with false the store of an open world refuses all that is appended. */
void gate_fail_appends(gate_world *w, bool fails);

/** A call of a user's connection. */
int gate_user_call(gate_peer *user, const char *method);

/** A token for a user, that `server` asks for; valid until the next call. */
const char *gate_token(gate_peer *server, int64_t uid);

/** `auth` of a user; `version` may be NULL. 1: logged in; 0: refused; or the code. */
int gate_auth(gate_peer *user, int64_t uid, const char *token, const char *version);

/** A user who is on-line, by a token that `server` asks for. */
gate_peer *gate_login(gate_peer *server, size_t at, int64_t uid);

/** What was pushed to a peer since: "kickoutroom pushmsg"; valid until the next call. */
const char *gate_pushes(gate_peer *peer);

#endif
