/*
 * Finding a project by its pid. Projects are few and sorted by nobody: a walk.
 */
#include "gate/core/config.h"

gate_project *gate_config_find(const gate_config *config, int64_t pid)
{
    for (size_t i = 0; i < config->project_count; i++) {
        if (config->projects[i].pid == pid && !config->projects[i].is_removed)
            return &config->projects[i];
    }
    return NULL;
}
