/*
 * Who is connected to a project and listens to what: a page of rows, gathered from shard to shard.
 *
 * A mail goes from the shard that was asked to the first one to be looked at, on from each that
 * has been looked at whole to the next, and back when the page is full or no shard is left. Each
 * shard adds rows of its own connections, by rising id; so no lock is needed, and a page costs a
 * shard one walk over its connections.
 */
#ifndef GATE_CORE_WHO_H
#define GATE_CORE_WHO_H

#include "gate/core/dispatch.h"

/** Rows of a page, at most and when nothing is said. */
enum { WHO_ROWS_MAX = 200, WHO_ROWS = 100 };

/** The first connection that is not to be shown any more: where a page goes on. */
typedef struct who_place {
    uint64_t shard;
    uint64_t conn_id; /* shown already, with all below it */
} who_place;

/** "SHARD:ID", as rows and pages name it. False: it is no such text. */
bool who_place_parse(rtmi_span text, who_place *ret_place);

struct who_mail;

/**
 * Answer a quest with the page behind `place`; `rows` is 1 … WHO_ROWS_MAX. The answer follows in
 * a later turn, unless the memory for it is not to be had.
 */
void who_ask(op *quest, const who_place *place, size_t rows);

/** The mail has come to this shard. */
void who_take(shard *self, struct who_mail *mail, gate_time now);

void who_mail_free(struct who_mail *mail);

#endif
