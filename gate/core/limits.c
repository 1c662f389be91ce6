/*
 * Limits of rate, as a shard applies them: a quest beyond one is answered 200010, counted, and
 * told in the log seldom.
 */
#include <inttypes.h>
#include <stdio.h>

#include "gate/core/shard_impl.h"

#define QUIET_MS INT64_C(10000) /* between two lines about one thing */

bool limits_take_address(shard *self, const conn *from)
{
    const gate_config *config = self->config;

    if (config->address_rate <= 0 || config->addresses == NULL || !from->has_source ||
        quota_table_take(config->addresses, from->source, config->address_rate,
                         shard_turn_us(self)))
        return true;
    self->metrics.quests_limited[METRICS_LIMIT_ADDRESS]++;
    if (self->limited_peer[0] == '\0')
        (void)snprintf(self->limited_peer, sizeof self->limited_peer, "%s", from->peer);
    return false;
}

bool limits_take_project(shard *self, shard_project *project)
{
    const gate_project *conf = project->conf;

    if (conf->quest_rate <= 0 || quota_share_take(&project->quests, &conf->live->quests,
                                                  conf->quest_rate, shard_turn_us(self)))
        return true;
    self->metrics.quests_limited[METRICS_LIMIT_PROJECT]++;
    project->limited.count++;
    return false;
}

/* Whether to tell now of what is counted; `*ret_more` is what came since the last line. */
static bool is_due(limits_told *what, gate_time now, uint64_t *ret_more)
{
    if (what->count == what->told || now.mono_ms < what->next_ms)
        return false;
    *ret_more = what->count - what->told;
    what->told = what->count;
    what->next_ms = now.mono_ms + QUIET_MS;
    return true;
}

static void tell_project(shard *self, shard_project *project, gate_time now)
{
    const int32_t pid = project->conf->pid;
    uint64_t more;

    if (is_due(&project->limited, now, &more))
        rtmi_log_line(&self->config->log, RTMI_LOG_WARN,
                      "project %" PRId32 ": quests-per-second is reached: %" PRIu64
                      " quests answered 200010 since last told",
                      pid, more);
    if (project->log == NULL)
        return;
    project->limited_messages.count = log_get_limited(project->log);
    if (is_due(&project->limited_messages, now, &more))
        rtmi_log_line(&self->config->log, RTMI_LOG_WARN,
                      "project %" PRId32 ": messages-per-second is reached: %" PRIu64
                      " messages answered 200010 since last told",
                      pid, more);
}

void limits_tick(shard *self, gate_time now)
{
    uint64_t more;

    self->limited.count = self->metrics.quests_limited[METRICS_LIMIT_ADDRESS];
    if (is_due(&self->limited, now, &more)) {
        rtmi_log_line(&self->config->log, RTMI_LOG_WARN,
                      "peer=%s quests-per-address is reached: %" PRIu64
                      " quests of this and maybe others answered 200010 since last told",
                      self->limited_peer, more);
        self->limited_peer[0] = '\0';
    }
    for (size_t i = 0; i < self->config->project_count; i++)
        tell_project(self, &self->projects[i], now);
}
