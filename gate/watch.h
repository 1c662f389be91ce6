/*
 * What those who run the gate can see of it: pages on the addresses with protocol = admin, and
 * what the pages are made from.
 *
 * The pages are made on threads of their own, beside shards and main; so everything here is
 * either fixed while they run, atomic, or under the lock.
 */
#ifndef GATE_WATCH_H
#define GATE_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "gate/conf_reader.h"
#include "gate/io/admin.h"
#include "gate/io/loop.h"

typedef struct watch {
    pthread_mutex_t lock;
    const gate_config *config; /* under the lock; the one that holds */
    loop *const *loops;
    size_t loop_count;
    admission *keeper;
    char doors[METRICS_DOORS][CONF_LISTEN_NAME_SIZE];
    size_t door_count;
    char store_path[CONF_TEXT_SIZE]; /* empty: in memory */
    int64_t started_wall_ms;
    int64_t started_us; /* monotonic */
    atomic_bool is_serving;
    atomic_bool is_draining;
    atomic_ullong reloads;
    atomic_ullong reloads_refused;

    size_t count; /* addresses */
    admin *admins[CONF_LISTEN_MAX];
    char names[CONF_LISTEN_MAX][CONF_LISTEN_NAME_SIZE];
} watch;

void watch_init(watch *self);

/** Bind the admin addresses of the settings. 0, or -1 with a text. */
int watch_open(watch *self, const conf *settings, char *reterr_text, size_t text_size);

/** Begin to answer, when all but the addresses above is set. 0, or -1 with a text. */
int watch_start(watch *self, char *reterr_text, size_t text_size);

/** Stop answering: before anything that the pages look at is freed. More than once is allowed. */
void watch_close(watch *self);

/** Another configuration holds from now on; when this returns, nobody looks at the old one. */
void watch_set_config(watch *self, const gate_config *config);

/** All is well: 200. Else 503, and a line for each reason. */
unsigned watch_ready(watch *self, rtmi_buf *out);

#endif
