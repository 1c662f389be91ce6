/*
 * The running program: what main.c builds, runs and ends, and reload.c renews while it runs.
 * Everything here is the main thread's, unless it says otherwise.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "gate/conf_reader.h"
#include "gate/core/config.h"
#include "gate/core/reload.h"
#include "gate/dev.h"
#include "gate/doors.h"
#include "gate/file_gate.h"
#include "gate/io/admission.h"
#include "gate/io/loop.h"
#include "gate/log_lines.h"
#include "gate/options.h"
#include "gate/watch.h"

/** Settings on their way from the file to the shards. */
typedef struct gate_reload {
    bool is_running;
    bool is_wanted; /* again, behind the one that runs */
    size_t mistakes;
    conf *settings;
    gate_config *config;
    doors_secrets *secrets;
    config_update *update;
    bool is_sent;        /* the shards have it: `config` is the gate's, and what follows holds */
    gate_config *before; /* what some may still read */
    uv_work_t opening;   /* logs of added projects */
    char text[600];      /* why not; empty: all is well */
    char changed[600];   /* what was changed, for the log */
} gate_reload;

typedef struct gate {
    options opts;
    conf conf; /* what holds */
    dev dev;
    log_lines lines;
    rtmi_log log;        /* the main thread's */
    gate_config *config; /* what holds; a new one after each reload */
    admission *keeper;
    loop **loops; /* as many as made, in config.shard_count places */
    size_t loop_count;
    watch watch;
    gate_reload reload;

    uv_loop_t uv;
    bool has_uv;
    doors *doors;
    file_gate files;
    uv_signal_t signals[3];
    uv_timer_t drain_timer;
    uv_timer_t retention_timer;
    uv_async_t drained;    /* sent by shards */
    uv_async_t reloaded;   /* sent by the last shard that has taken a configuration */
    struct trim_job *trim; /* under way; NULL: none */
    bool is_draining;
    bool is_stopping;
    atomic_size_t drained_count;
} gate;

/** Settings from all their sources into `settings`. An exit code. */
int gate_configure(const options *opts, conf *settings, conf_complain_fn *complain, void *userdata);

/** Open the log of one project, which is not in the store's hands yet. 0, or -1 with a text. */
int gate_open_project(gate_config *config, size_t at, char *reterr_text, size_t text_size);

admission_limits gate_admission_limits(const conf_gate *from);

/* reload.c */

/** SIGHUP: read the settings again, now or when the reading that is under way has ended. */
void gate_reread(gate *self);

/** The shards have all taken what was sent. */
void gate_reread_done(gate *self);

/** Free what is left of it, when shards and store have ended. */
void gate_reread_finish(gate *self);

#endif
