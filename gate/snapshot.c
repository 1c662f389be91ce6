#include "gate/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <uv.h>

#include "gate/ops/ops.h"
#include "lib/base/num.h"

#define RETENTION_INTERVAL_MS INT64_C(60000)

uint64_t snapshot_random64(void *userdata)
{
    uint64_t value = 0;

    (void)userdata;
    while (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value)
        ; /* only a signal can interrupt it, and only before the pool is ready */
    return value;
}

int64_t snapshot_mono_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fill_limits(gate_config *to, const conf_gate *from)
{
    to->time_window_s = from->time_window_ms / 1000;
    to->ping_interval_ms = from->ping_interval_ms;
    to->max_package_bytes = (size_t)from->max_package_bytes;
    to->unproved_bytes = (size_t)from->unproved_package_bytes;
    to->unproved_ms = from->unproved_time_ms;
    to->address_rate = from->quests_per_address;
    to->max_listen_ids = (size_t)from->max_listen_ids;
    to->queue_bytes = (size_t)from->queue_bytes;
    to->queue_pushes = (size_t)from->queue_pushes;
    to->slow = (gate_slow)from->slow;
    to->exclude_own = from->exclude_own;
    to->log_pending_bytes = (size_t)from->log_pending_bytes;
    to->directory_bytes = (size_t)from->directory_bytes;
    to->max_rooms = (size_t)from->max_rooms;
    to->max_members = (size_t)from->max_members;
    to->max_friends = (size_t)from->max_friends;
    to->token_ms = from->token_time_ms;
    to->mid_count = (size_t)from->mid_count;
    to->mid_ms = from->mid_time_ms;
    to->retention = (store_retention){from->retention_age_ms, from->retention_bytes};
    to->retention_interval_ms = RETENTION_INTERVAL_MS;
}

static void fill_project(gate_project *to, const conf_project *from)
{
    to->pid = from->pid;
    to->is_removed = false;
    to->secret_len = strlen(from->secret);
    memcpy(to->secret, from->secret, to->secret_len + 1);
    to->secret_old_len = strlen(from->secret_old);
    memcpy(to->secret_old, from->secret_old, to->secret_old_len + 1);
    to->is_multi_login = from->multi_login;
    to->checks_members = from->member_check;
    to->is_friends_only = from->friends_only;
    to->is_chat_map = from->chat_map;
    to->is_old_file = from->old_file_push;
    to->needs_file_sign = from->file_sign == CONF_FILE_SIGN_STRICT;
    to->admin_count = (size_t)conf_ids_parse(from->admins, to->admins, GATE_ADMINS_MAX);
    to->quest_rate = from->quest_rate;
    to->message_rate = from->message_rate;
}

static const conf_project *find_project(const conf *settings, int32_t pid)
{
    for (size_t i = 0; i < settings->project_count; i++)
        if (settings->projects[i].pid == pid)
            return &settings->projects[i];
    return NULL;
}

static bool has_place(const gate_config *config, int32_t pid)
{
    for (size_t i = 0; config != NULL && i < config->project_count; i++)
        if (config->projects[i].pid == pid)
            return true;
    return false;
}

/* Those that have a place: with their settings, or marked. */
static void keep_places(gate_config *self, const gate_config *before, const conf *settings)
{
    for (size_t i = 0; i < before->project_count; i++) {
        gate_project *const project = &self->projects[i];
        const conf_project *const from = find_project(settings, before->projects[i].pid);
        *project = before->projects[i];
        if (from != NULL) {
            fill_project(project, from);
            continue;
        }
        project->is_removed = true;
        project->secret_len = project->secret_old_len = 0;
        explicit_bzero(project->secret, sizeof project->secret);
        explicit_bzero(project->secret_old, sizeof project->secret_old);
    }
    self->project_count = before->project_count;
}

static int add_places(gate_config *self, const gate_config *before, const conf *settings)
{
    for (size_t i = 0; i < settings->project_count; i++) {
        const conf_project *const from = &settings->projects[i];
        if (has_place(before, from->pid))
            continue;
        gate_project *const project = &self->projects[self->project_count];
        project->live = calloc(1, sizeof *project->live);
        if (project->live == NULL)
            return -1;
        fill_project(project, from);
        project->owner = (size_t)(rtmi_mix64((uint64_t)from->pid) % self->shard_count);
        self->project_count++;
    }
    return 0;
}

static int make_table(gate_config *self)
{
    if (self->addresses != NULL || self->address_rate == 0)
        return 0;
    self->addresses = calloc(1, sizeof *self->addresses);
    if (self->addresses == NULL)
        return -1;
    self->addresses->seed = snapshot_random64(NULL);
    return 0;
}

gate_config *snapshot_new(const conf *settings, const gate_config *before, const rtmi_log *log,
                          char *reterr_text, size_t text_size)
{
    gate_config *const self = calloc(1, sizeof *self);
    size_t added = 0;

    (void)snprintf(reterr_text, text_size, "out of memory");
    if (self == NULL)
        return NULL;
    for (size_t i = 0; i < settings->project_count; i++)
        added += !has_place(before, settings->projects[i].pid);
    if (before != NULL) {
        *self = *before;
    } else {
        self->shard_count = settings->gate.shards > 0 ? (size_t)settings->gate.shards
                                                      : (size_t)uv_available_parallelism();
        self->project_cap = added + SNAPSHOT_MORE_PROJECTS;
        self->random64 = snapshot_random64;
        self->mono_us = snapshot_mono_us;
        self->ops = gate_ops();
    }
    self->project_count = 0;
    self->projects = calloc(self->project_cap, sizeof *self->projects);
    fill_limits(self, &settings->gate);
    self->log = *log;
    if (before != NULL && before->project_count + added > self->project_cap) {
        (void)snprintf(reterr_text, text_size,
                       "%zu more projects than places for them without a restart",
                       before->project_count + added - self->project_cap);
        goto fail;
    }
    if (self->projects == NULL)
        goto fail;
    if (before != NULL)
        keep_places(self, before, settings);
    if (add_places(self, before, settings) < 0 || make_table(self) < 0)
        goto fail;
    return self;

fail:
    snapshot_discard(self, before);
    return NULL;
}

void snapshot_free(gate_config *self)
{
    if (self == NULL)
        return;
    if (self->projects != NULL)
        explicit_bzero(self->projects, self->project_cap * sizeof *self->projects);
    free(self->projects);
    free(self);
}

void snapshot_discard(gate_config *self, const gate_config *before)
{
    const size_t kept = before == NULL ? 0 : before->project_count;

    if (self == NULL)
        return;
    for (size_t i = kept; i < self->project_count; i++)
        free(self->projects[i].live);
    if (before == NULL || before->addresses != self->addresses)
        free(self->addresses);
    snapshot_free(self);
}

void snapshot_free_last(gate_config *self)
{
    snapshot_discard(self, NULL);
}

static bool has_other_secrets(const gate_project *a, const gate_project *b)
{
    return a->secret_len != b->secret_len || memcmp(a->secret, b->secret, a->secret_len) != 0 ||
           a->secret_old_len != b->secret_old_len ||
           memcmp(a->secret_old, b->secret_old, a->secret_old_len) != 0;
}

snapshot_change snapshot_compare(const gate_config *before, const gate_config *after)
{
    snapshot_change change = {.added = after->project_count - before->project_count};

    for (size_t i = 0; i < before->project_count; i++) {
        const gate_project *const a = &before->projects[i];
        const gate_project *const b = &after->projects[i];
        change.added += a->is_removed && !b->is_removed;
        change.removed += !a->is_removed && b->is_removed;
        change.secrets += !a->is_removed && !b->is_removed && has_other_secrets(a, b);
    }
    return change;
}
