/*
 * Who is on-line: sessions of users, and the rooms they are in, as the project's owner keeps
 * them. Sessions are stored, so that those which a gate's end has cut are told as ended at the
 * next start; rooms are not. Logins and logouts are records of the log: events.
 *
 * All of it between log_begin() and the end of the quest. Functions return 0 or the code to
 * answer.
 *
 * Protocol: RTM sections 3.3, 5.1, 6.2 and 9 (14, 15).
 */
#ifndef GATE_CORE_PRESENCE_H
#define GATE_CORE_PRESENCE_H

#include "gate/core/log.h"

/** One connection of a user. */
typedef struct presence_session {
    int64_t uid;
    uint32_t shard;
    uint64_t conn_id;
} presence_session;

/**
 * Begin a session. Unless the project allows several, those that the user has are ended first:
 * kickout and logout stand before the login. `flags`: SESSION_… of notice.h.
 */
int presence_begin(gate_log *log, const presence_session *session, uint32_t flags, gate_time now);

/** The connection of a session has ended. No error when the session had ended before. */
int presence_end(gate_log *log, const presence_session *session, rtmi_span data, gate_time now);

/** End the sessions of a user and close their connections; only that at `endpoint`, if given. */
int presence_kickout(gate_log *log, int64_t uid, rtmi_span endpoint, gate_time now);

/** End all sessions: at start. */
int presence_end_all(gate_log *log, const char *data, gate_time now);

bool presence_is_online(const gate_log *log, int64_t uid);

/** 200055 when the user is not on-line, 200047 when in too many rooms. Again: no error. */
int presence_enter_room(gate_log *log, int64_t rid, int64_t uid);
/** `is_told`: the user's sessions get `kickoutroom`. No error when the user is not in it. */
int presence_leave_room(gate_log *log, int64_t rid, int64_t uid, bool is_told);

#endif
