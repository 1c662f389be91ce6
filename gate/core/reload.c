/*
 * A shard changes its configuration. Whatever it reads of it, it reads anew each time, so to
 * exchange the pointer is most of the work; the rest is what was derived from the old one.
 */
#include "gate/core/reload.h"

#include <stdlib.h>

#include "gate/core/shard_impl.h"
#include "lib/base/num.h"

config_update *config_update_new(const gate_config *config, config_done_fn *done, void *userdata)
{
    const size_t links = 2 * config->shard_count;
    config_update *self = calloc(1, sizeof *self + links * sizeof self->links[0]);

    if (self == NULL)
        return NULL;
    self->config = config;
    self->done = done;
    self->userdata = userdata;
    self->logs = calloc(config->project_count + 1, sizeof(gate_log *));
    atomic_init(&self->left, links);
    for (size_t i = 0; i < links; i++) {
        self->links[i].item.kind = i < config->shard_count ? MAIL_CONFIG : MAIL_CONFIG_OPEN;
        self->links[i].update = self;
    }
    if (self->logs == NULL) {
        config_update_free(self);
        return NULL;
    }
    return self;
}

void config_update_free(config_update *self)
{
    if (self == NULL)
        return;
    for (size_t i = 0; self->logs != NULL && i < self->config->project_count; i++)
        log_free(self->logs[i]);
    free(self->logs);
    free(self);
}

void config_update_send(config_update *self)
{
    const size_t shards = self->config->shard_count;
    bus *const way = self->config->bus;

    for (size_t i = 0; i < 2 * shards; i++)
        bus_send(way, i % shards, &self->links[i].item);
}

/* Whoever sees that none is left may free it: nothing in it is looked at behind that. */
static void taken(config_update *update)
{
    void (*const done)(config_update *, void *) = update->done;
    void *const userdata = update->userdata;

    if (atomic_fetch_sub(&update->left, 1) == 1)
        done(update, userdata);
}

static void cut_project(shard *self, const shard_project *project)
{
    size_t at = 0;
    conn *connection;

    while ((connection = rtmi_map_next(&self->conns, &at, NULL)) != NULL) {
        if (connection->project == project)
            shard_cut(self, connection, "its project is no longer served");
    }
}

/* Pings are kept in the order of their times, which an earlier bound for all does not change. */
static void bring_pings_forward(shard *self, gate_time now)
{
    const int64_t latest_ms = now.mono_ms + self->config->ping_interval_ms;

    for (rtmi_link *link = rtmi_list_first(&self->pings); link != NULL;
         link = rtmi_list_next(&self->pings, link)) {
        conn *connection = RTMI_CONTAINER(link, conn, due_link);
        connection->due_ms = rtmi_min_i64(connection->due_ms, latest_ms);
    }
}

static void take_projects(shard *self, config_update *update, size_t before)
{
    const gate_config *config = update->config;

    for (size_t i = 0; i < before; i++) {
        shard_project *project = &self->projects[i];
        project->conf = &config->projects[i];
        if (project->log != NULL)
            log_set_config(project->log, config);
        if (project->conf->is_removed && project->is_open) {
            project->is_open = false;
            cut_project(self, project);
        }
    }
    for (size_t i = before; i < config->project_count; i++) {
        shard_project *project = &self->projects[i];
        shard_project_init(self, project, i);
        if (project->conf->owner == self->index) {
            project->log = update->logs[i];
            update->logs[i] = NULL;
            if (project->log != NULL)
                shard_touch(self, project); /* it may have begun with ends of sessions */
        }
    }
}

void shard_take_config(shard *self, config_update *update, gate_time now)
{
    const gate_config *const before = self->config;
    const gate_config *const config = update->config;
    size_t at = 0;
    conn *connection;

    self->config = config;
    take_projects(self, update, before->project_count);
    if (config->ping_interval_ms < before->ping_interval_ms)
        bring_pings_forward(self, now);
    while (config->max_package_bytes != before->max_package_bytes &&
           (connection = rtmi_map_next(&self->conns, &at, NULL)) != NULL)
        shard_set_input_limit(self, connection);
    taken(update);
}

void shard_open_projects(shard *self, config_update *update)
{
    for (size_t i = 0; i < self->config->project_count; i++)
        self->projects[i].is_open = !self->projects[i].conf->is_removed;
    taken(update);
}
