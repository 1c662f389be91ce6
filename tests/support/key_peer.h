/*
 * The gate's side of an agreement on keys, for scripted peers: what a `*key` quest asks for, and
 * the first bytes that travel sealed.
 */
#ifndef TESTS_SUPPORT_KEY_PEER_H
#define TESTS_SUPPORT_KEY_PEER_H

#include "tests/support/peer_script.h"

/**
 * Agree with `quest`, a `*key`, and seal `plain` as the gate's first package. Returns the bytes
 * written to `ret`; 0 when it cannot be done or does not fit.
 */
size_t key_peer_seal(const char *private_pem, const peer_quest *quest, const uint8_t *plain,
                     size_t len, uint8_t *ret, size_t cap);

#endif
