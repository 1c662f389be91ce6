/*
 * A session is an entry of the directory: user, shard, connection -> endpoint.
 */
#include "gate/core/presence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/rtm/codes.h"

static dir_key key_of(const presence_session *session)
{
    return dir_key_triple(DIR_SESSION, session->uid, session->shard, (int64_t)session->conn_id);
}

static presence_session session_of(rtmi_span key)
{
    return (presence_session){.uid = dir_key_get_id(key, 0),
                              .shard = (uint32_t)dir_key_get_id(key, 1),
                              .conn_id = (uint64_t)dir_key_get_id(key, 2)};
}

/* The first session of a user, or of anybody. */
static bool first_session(const gate_log *log, const dir_key *prefix, presence_session *ret)
{
    dir_walk walk = directory_walk(log_directory(log), prefix);
    rtmi_span key;
    rtmi_span value;

    if (!dir_walk_next(&walk, &key, &value))
        return false;
    *ret = session_of(key);
    return true;
}

/* One value for each session: with several a user the connection tells them apart. */
static rtmi_span endpoint_of(const gate_log *log, const presence_session *session, char *text,
                             size_t text_size)
{
    const char *endpoint = log_config(log)->endpoint;

    if (log_project(log)->is_multi_login)
        (void)snprintf(text, text_size, "%s#%" PRIu32 ".%" PRIu64, endpoint, session->shard,
                       session->conn_id);
    else
        (void)snprintf(text, text_size, "%s", endpoint);
    return rtmi_span_of_text(text);
}

/* An event: its name is the message, the endpoint and maybe data the attributes. */
static int add_event(gate_log *log, const char *name, int64_t uid, rtmi_span endpoint,
                     rtmi_span data, gate_time now)
{
    const store_record event = {.kind = STORE_EVENT, .from = uid};
    uint8_t attrs[256];
    size_t len = endpoint.len < 128 ? endpoint.len : 128;

    if (len > 0)
        memcpy(attrs, endpoint.data, len);
    if (data.len > 0 && data.len < sizeof attrs - len) {
        attrs[len++] = 0;
        memcpy(attrs + len, data.data, data.len);
        len += data.len;
    }
    return log_record(log, &event, rtmi_span_of_text(name), (rtmi_span){attrs, len}, now);
}

bool presence_is_online(const gate_log *log, int64_t uid)
{
    const dir_key sessions = dir_key_id(DIR_SESSION, uid);

    return directory_count(log_directory(log), &sessions) > 0;
}

static int leave_all_rooms(gate_log *log, int64_t uid)
{
    const dir_key rooms = dir_key_id(DIR_USER_ROOM, uid);
    rtmi_span key;
    rtmi_span value;

    for (;;) {
        dir_walk walk = directory_walk(log_directory(log), &rooms);
        if (!dir_walk_next(&walk, &key, &value))
            return 0;
        const int code = presence_leave_room(log, dir_key_get_id(key, 1), uid, false);
        if (code != 0)
            return code;
    }
}

int presence_end(gate_log *log, const presence_session *session, rtmi_span data, gate_time now)
{
    const dir_key key = key_of(session);
    rtmi_span value;
    char text[160];

    if (!directory_get(log_directory(log), &key, &value))
        return 0;
    const size_t len = value.len < sizeof text ? value.len : sizeof text;
    memcpy(text, value.data, len);
    int code = log_remove(log, &key);
    if (code == 0)
        code = add_event(log, "logout", session->uid, (rtmi_span){(uint8_t *)text, len}, data, now);
    if (code == 0 && !presence_is_online(log, session->uid))
        code = leave_all_rooms(log, session->uid);
    return code;
}

static int kick(gate_log *log, const presence_session *session, gate_time now)
{
    const feed_notice told = {.kind = NOTICE_KICKOUT,
                              .uid = session->uid,
                              .shard = session->shard,
                              .conn_id = session->conn_id};
    const int code = log_notify(log, &told);

    return code != 0 ? code : presence_end(log, session, (rtmi_span){NULL, 0}, now);
}

int presence_kickout(gate_log *log, int64_t uid, rtmi_span endpoint, gate_time now)
{
    const dir_key sessions = dir_key_id(DIR_SESSION, uid);
    presence_session session;
    int code = 0;

    if (endpoint.len == 0) {
        while (code == 0 && first_session(log, &sessions, &session))
            code = kick(log, &session, now);
        return code;
    }
    dir_walk walk = directory_walk(log_directory(log), &sessions);
    rtmi_span key;
    rtmi_span value;
    while (dir_walk_next(&walk, &key, &value)) {
        if (value.len != endpoint.len || memcmp(value.data, endpoint.data, value.len) != 0)
            continue;
        session = session_of(key);
        return kick(log, &session, now);
    }
    return 0;
}

int presence_end_all(gate_log *log, const char *data, gate_time now)
{
    const dir_key sessions = dir_key_of(DIR_SESSION);
    presence_session session;
    int code = 0;

    while (code == 0 && first_session(log, &sessions, &session))
        code = presence_end(log, &session, rtmi_span_of_text(data), now);
    return code;
}

/* Groups and rooms of a user, for the shard that has the session. */
static int tell_login(gate_log *log, const presence_session *session, uint32_t flags)
{
    const dir_space spaces[2] = {DIR_USER_GROUP, DIR_USER_ROOM};
    const feed_notice login = {.kind = NOTICE_LOGIN,
                               .uid = session->uid,
                               .shard = session->shard,
                               .conn_id = session->conn_id,
                               .flags = flags};
    int code = log_notify(log, &login);

    for (size_t i = 0; code == 0 && i < 2; i++) {
        const dir_key prefix = dir_key_id(spaces[i], session->uid);
        dir_walk walk = directory_walk(log_directory(log), &prefix);
        feed_notice enter = login;
        rtmi_span key;
        rtmi_span value;
        enter.kind = i == 0 ? NOTICE_GROUP_ENTER : NOTICE_ROOM_ENTER;
        while (code == 0 && dir_walk_next(&walk, &key, &value)) {
            enter.id = dir_key_get_id(key, 1);
            code = log_notify(log, &enter);
        }
    }
    return code;
}

int presence_begin(gate_log *log, const presence_session *session, uint32_t flags, gate_time now)
{
    const dir_key key = key_of(session);
    char text[160];
    int code = 0;

    if (!log_project(log)->is_multi_login)
        code = presence_kickout(log, session->uid, (rtmi_span){NULL, 0}, now);
    const rtmi_span endpoint = endpoint_of(log, session, text, sizeof text);
    if (code == 0)
        code = log_put(log, &key, endpoint);
    if (code == 0)
        code = add_event(log, "login", session->uid, endpoint, (rtmi_span){NULL, 0}, now);
    return code != 0 ? code : tell_login(log, session, flags);
}

int presence_enter_room(gate_log *log, int64_t rid, int64_t uid)
{
    const dir_key member = dir_key_pair(DIR_ROOM_MEMBER, rid, uid);
    const dir_key room = dir_key_pair(DIR_USER_ROOM, uid, rid);
    const dir_key rooms = dir_key_id(DIR_USER_ROOM, uid);
    const feed_notice enter = {.kind = NOTICE_ROOM_ENTER, .uid = uid, .id = rid};

    if (directory_has(log_directory(log), &member))
        return 0;
    if (!presence_is_online(log, uid))
        return RTMI_RC_NOT_ONLINE;
    if (directory_count(log_directory(log), &rooms) >= log_config(log)->max_rooms)
        return RTMI_RC_MAX_ROOM_COUNT;
    int code = log_put(log, &member, (rtmi_span){NULL, 0});
    if (code == 0)
        code = log_put(log, &room, (rtmi_span){NULL, 0});
    return code != 0 ? code : log_notify(log, &enter);
}

int presence_leave_room(gate_log *log, int64_t rid, int64_t uid, bool is_told)
{
    const dir_key member = dir_key_pair(DIR_ROOM_MEMBER, rid, uid);
    const dir_key room = dir_key_pair(DIR_USER_ROOM, uid, rid);
    const feed_notice leave = {
        .kind = is_told ? NOTICE_ROOM_KICKOUT : NOTICE_ROOM_LEAVE, .uid = uid, .id = rid};

    if (!directory_has(log_directory(log), &member))
        return 0;
    int code = log_remove(log, &member);
    if (code == 0)
        code = log_remove(log, &room);
    return code != 0 ? code : log_notify(log, &leave);
}
