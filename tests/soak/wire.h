/*
 * One connection that speaks FPNN by itself, without librtm: quests are written, packages are
 * read, and nothing is done on its own. So hundreds of them fit into one thread, and what a test
 * believes does not go through the library that it could be wrong with.
 */
#ifndef TESTS_SOAK_WIRE_H
#define TESTS_SOAK_WIRE_H

#include "lib/fpnn/frame.h"
#include "lib/fpnn/payload.h"

typedef struct wire {
    int fd; /* -1: closed */
    uint32_t seq;
    size_t taken; /* bytes of the package that wire_next() gave last */
    size_t mark;  /* of the quest that is being written */
    rtmi_buf in;
    rtmi_buf out;
} wire;

/** Before any quest: whose signatures they carry. False: no memory, or no MD5. */
bool wire_setup(int32_t pid, const char *secret);
void wire_teardown(void);

/** Connect to "127.0.0.1:PORT". False: errno tells. */
bool wire_open(wire *self, const char *endpoint);
void wire_close(wire *self);

/**
 * Begin a quest with so many parameters, to be packed into the buffer that is returned; those of
 * the signature are added unless the quest is a user's. wire_end() tells its sequence number.
 */
rtmi_buf *wire_begin(wire *self, const char *method, uint32_t params, bool is_signed);
uint32_t wire_end(wire *self);

/** Send what is waiting. 1: all is sent. 0: not all. -1: the connection is lost. */
int wire_flush(wire *self);

/** Read once. 1: something came. 0: nothing now. -1: the connection is lost. */
int wire_read(wire *self);

/** The next whole package; it ends with the next call. 0: none. -1: the gate has broken a rule. */
int wire_next(wire *self, rtmi_package *ret);

/** Answer a push. */
void wire_answer(wire *self, uint32_t seq);

/**
 * Send what is waiting and wait for one answer; everything else that comes is dropped. 0, or the
 * code of the gate, or -1: lost, or no answer within 30 s.
 */
int wire_wait(wire *self, uint32_t seq, rtmi_payload *ret);

#endif
