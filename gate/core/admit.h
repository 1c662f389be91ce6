/*
 * Who may send to whom: bans, blacklists and membership, as the project's owner knows them.
 *
 * Protocol: RTM sections 4.6, 5.1 and 9 (27, 28).
 */
#ifndef GATE_CORE_ADMIT_H
#define GATE_CORE_ADMIT_H

#include "gate/core/log.h"

/** 0, or the code with which a message is refused. */
int admit_message(const gate_log *log, const log_request *request, gate_time now);

/** Whether a user may be taken for an administrator of the project. */
bool admit_is_admin(const gate_project *project, int64_t uid);

#endif
