/*
 * Values of MessagePack as peers may send them, chosen by dice: for tests that compare a quick
 * reader with a plain one. The dice are the caller's, so that a run can be had again.
 */
#ifndef TEST_ODD_VALUES_H
#define TEST_ODD_VALUES_H

#include <stdint.h>

#include "lib/base/buf.h"

/** A number below `below`, and the next state. */
uint64_t odd_next(uint64_t *state, uint64_t below);

/** An integer in a form of its own choice, wide enough or not. */
void odd_put_int(rtmi_buf *out, uint64_t *state);

/** Text or bytes, of up to 64 KiB, some with a head that is wider than needed. */
void odd_put_text(rtmi_buf *out, uint64_t *state);

/** Whatever there is, also what nothing may begin with. */
void odd_put(rtmi_buf *out, uint64_t *state);

#endif
