/*
 * Another configuration for running shards.
 *
 * A configuration never changes while it is read: a new one is made beside it, and each shard
 * takes it up between two turns, told by mail. Projects keep their places: one that is removed
 * stays in its place, marked, and one that is added comes behind the last; so what is on its way
 * by a project's number means the same everywhere.
 *
 * The mail goes round twice. In the first round the new limits and secrets hold, connections of
 * removed projects are cut, and places for new ones are made. Only in the second, when every
 * shard has its places, are quests for the new ones taken. The second mail to any shard is put
 * after the first one to every shard, so what follows from it finds the place made.
 */
#ifndef GATE_CORE_RELOAD_H
#define GATE_CORE_RELOAD_H

#include "gate/core/config.h"
#include "gate/core/log.h"

struct config_update;

typedef struct config_link {
    bus_item item; /* MAIL_CONFIG or MAIL_CONFIG_OPEN */
    struct config_update *update;
} config_link;

/** Told on the thread of the last shard: nobody reads the old configuration any more. */
typedef void config_done_fn(struct config_update *update, void *userdata);

/** Under way to all shards; the sender's own again when `done` was told. */
typedef struct config_update {
    const gate_config *config;
    gate_log **logs; /* by project: of those that are added, for their owners; else NULL */
    config_done_fn *done;
    void *userdata;
    atomic_size_t left; /* mails not taken yet */
    config_link links[];
} config_update;

/**
 * Make one. `config` has the shards, store and bus of the one that holds, its projects in their
 * places, and its `project_cap`. NULL: out of memory.
 */
config_update *config_update_new(const gate_config *config, config_done_fn *done, void *userdata);

/** Free it, and logs that nobody has taken. NULL is allowed. */
void config_update_free(config_update *self);

/** Send both rounds. Any thread; one update at a time. */
void config_update_send(config_update *self);

struct shard;

/** The two mails, on a shard's thread. */
void shard_take_config(struct shard *self, config_update *update, gate_time now);
void shard_open_projects(struct shard *self, config_update *update);

#endif
