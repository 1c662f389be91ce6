/*
 * From settings to what shards run with. A gate_config is never changed once shards have it:
 * when settings are read again, the next one is made beside it.
 */
#ifndef GATE_SNAPSHOT_H
#define GATE_SNAPSHOT_H

#include "gate/conf_reader.h"
#include "gate/core/config.h"

/** LIMIT: projects that may be added while the gate runs; removed ones keep their places. */
#define SNAPSHOT_MORE_PROJECTS 64

/**
 * The configuration that `settings` mean. The first time `before` is NULL, and store, bus,
 * endpoint and the states of the projects are still to be filled in. Later projects keep the
 * places that they have in `before`; those that are added stand behind, their states still to be
 * filled in. NULL and a text.
 */
gate_config *snapshot_new(const conf *settings, const gate_config *before, const rtmi_log *log,
                          char *reterr_text, size_t text_size);

/** Wipe and free one that another has replaced. NULL is allowed. */
void snapshot_free(gate_config *self);

/** The same for one that was made from `before` and is not used: what is new in it goes, too. */
void snapshot_discard(gate_config *self, const gate_config *before);

/** The same for the last one, with all that they shared. */
void snapshot_free_last(gate_config *self);

/** How one differs from the one before, in places of projects. */
typedef struct snapshot_change {
    size_t added;
    size_t removed;
    size_t secrets; /* projects with other ones */
} snapshot_change;

snapshot_change snapshot_compare(const gate_config *before, const gate_config *after);

/** System random numbers, and the clock, for gate_config. */
uint64_t snapshot_random64(void *userdata);
int64_t snapshot_mono_us(void);

#endif
