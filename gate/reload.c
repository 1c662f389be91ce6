/*
 * SIGHUP: the settings are read again, as a whole or not at all.
 *
 *   read      the file, --set, the environment; mistakes end it
 *   compare   what cannot be taken up is told, and stays as it was
 *   prepare   certificates are read, logs of added projects opened: on a thread of libuv's pool,
 *             since that waits for the disk. Failures end it: nothing has changed yet
 *   take up   limits, log and certificates at once; the shards are told by mail
 *   done      the last shard has taken it up: the old configuration is freed
 *
 * No connection is touched, except those of projects that are gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gate/conf_change.h"
#include "gate/gate.h"
#include "gate/notify.h"
#include "gate/snapshot.h"

static void on_mistake(const char *text, void *userdata)
{
    gate *const self = userdata;

    self->reload.mistakes++;
    rtmi_log_line(&self->log, RTMI_LOG_ERROR, "reload: %s", text);
}

static void on_change(const char *what, bool reloadable, void *userdata)
{
    gate *const self = userdata;
    char *const list = self->reload.changed;
    const size_t len = strlen(list);

    if (!reloadable)
        rtmi_log_line(&self->log, RTMI_LOG_WARN,
                      "reload: %s differs; to take it up the gate must be restarted", what);
    else
        (void)snprintf(list + len, sizeof self->reload.changed - len, " %s", what);
}

static void free_settings(conf *settings)
{
    if (settings == NULL)
        return;
    conf_deinit(settings);
    free(settings);
}

/* Back to rest; what was prepared and not used goes. */
static void clear(gate *self)
{
    gate_reload *const reload = &self->reload;

    config_update_free(reload->update);
    if (!reload->is_sent)
        snapshot_discard(reload->config, self->config);
    snapshot_free(reload->before);
    doors_secrets_free(reload->secrets);
    free_settings(reload->settings);
    *reload = (gate_reload){.is_wanted = reload->is_wanted};
}

static void again(gate *self)
{
    const bool is_wanted = self->reload.is_wanted && !self->is_draining;

    self->reload.is_wanted = false;
    if (is_wanted)
        gate_reread(self);
}

static void refuse(gate *self, const char *why)
{
    (void)atomic_fetch_add(&self->watch.reloads_refused, 1);
    rtmi_log_line(&self->log, RTMI_LOG_ERROR, "reload refused, the old settings stay: %s", why);
    clear(self);
    notify_manager("READY=1\nSTATUS=Settings read again were refused: see the log");
    again(self);
}

/* On a thread of the pool. */
static void open_added(uv_work_t *work)
{
    gate *const self = work->data;
    gate_reload *const reload = &self->reload;
    gate_config *const config = reload->config;
    struct timespec wall;

    (void)clock_gettime(CLOCK_REALTIME, &wall);
    const gate_time now = {
        .mono_ms = snapshot_mono_us() / 1000,
        .wall_ms = (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000,
    };
    for (size_t i = self->config->project_count; i < config->project_count; i++) {
        char why[512];
        if (gate_open_project(config, i, why, sizeof why) == 0)
            reload->update->logs[i] = log_new(config, i, now, why, sizeof why);
        if (reload->update->logs[i] != NULL)
            continue;
        (void)snprintf(reload->text, sizeof reload->text,
                       "cannot open the log of project %" PRId32 ": %s", config->projects[i].pid,
                       why);
        return;
    }
}

/* Nothing fails from here on. */
static void take_up(gate *self)
{
    gate_reload *const reload = &self->reload;
    const admission_limits limits = gate_admission_limits(&reload->settings->gate);

    reload->before = self->config;
    self->config = reload->config;
    self->log = reload->config->log;
    atomic_store(&self->lines.format, reload->settings->gate.log_format);
    watch_set_config(&self->watch, self->config);
    admission_set_limits(self->keeper, &limits);
    doors_set(self->doors, reload->secrets);
    reload->secrets = NULL;
    conf_deinit(&self->conf);
    self->conf = *reload->settings;
    free(reload->settings);
    reload->settings = NULL;
    reload->is_sent = true;
    config_update_send(reload->update);
}

static void on_opened(uv_work_t *work, int status)
{
    gate *const self = work->data;

    (void)status;
    if (self->is_draining)
        clear(self); /* too late to matter */
    else if (self->reload.text[0] != '\0')
        refuse(self, self->reload.text);
    else
        take_up(self);
}

/* On the thread of the last shard. */
static void on_taken(config_update *update, void *userdata)
{
    gate *const self = userdata;

    (void)update;
    (void)uv_async_send(&self->reloaded);
}

void gate_reread_done(gate *self)
{
    gate_reload *const reload = &self->reload;

    if (!reload->is_sent || atomic_load(&reload->update->left) > 0)
        return;
    const snapshot_change change = snapshot_compare(reload->before, self->config);
    (void)atomic_fetch_add(&self->watch.reloads, 1);
    rtmi_log_line(&self->log, RTMI_LOG_INFO,
                  "settings read again: projects added=%zu removed=%zu other_secrets=%zu; "
                  "settings:%s",
                  change.added, change.removed, change.secrets,
                  reload->changed[0] != '\0' ? reload->changed : " none");
    clear(self);
    notify_manager("READY=1\nSTATUS=Settings read again");
    again(self);
}

/* NULL, or why not. */
static const char *prepare(gate *self)
{
    gate_reload *const reload = &self->reload;

    reload->settings = calloc(1, sizeof *reload->settings);
    if (reload->settings == NULL)
        return "out of memory";
    if (gate_configure(&self->opts, reload->settings, on_mistake, self) != 0) {
        (void)snprintf(reload->text, sizeof reload->text, "%zu mistakes, told above",
                       reload->mistakes);
        return reload->text;
    }
    /* What is told from here on is told to the log as it is now. */
    conf_keep_fixed(&self->conf, reload->settings, on_change, self);
    if (doors_load(self->doors, reload->settings, &reload->secrets, reload->text,
                   sizeof reload->text) < 0)
        return reload->text;
    const rtmi_log log = log_lines_as_log(&self->lines, reload->settings->gate.log_level);
    reload->config =
        snapshot_new(reload->settings, self->config, &log, reload->text, sizeof reload->text);
    if (reload->config == NULL)
        return reload->text;
    reload->text[0] = '\0';
    reload->update = config_update_new(reload->config, on_taken, self);
    return reload->update == NULL ? "out of memory" : NULL;
}

void gate_reread(gate *self)
{
    char state[64];

    if (self->opts.dev) {
        rtmi_log_line(&self->log, RTMI_LOG_INFO, "SIGHUP: with --dev there is nothing to read");
        return;
    }
    if (self->reload.is_running) {
        self->reload.is_wanted = true;
        return;
    }
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, snapshot_mono_us());
    notify_manager(state);
    self->reload.is_running = true;
    self->reload.opening.data = self;
    const char *why = prepare(self);
    if (why == NULL && uv_queue_work(&self->uv, &self->reload.opening, open_added, on_opened) != 0)
        why = "no thread to be had";
    if (why != NULL)
        refuse(self, why);
}

void gate_reread_finish(gate *self)
{
    clear(self);
}
