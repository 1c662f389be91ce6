/*
 * What a cut may have cost. When a connection ends, the set that the gate had confirmed and the
 * time of the last bytes that were handled are noted; when a complete set is confirmed again,
 * the user is told of the gap between. Further cuts before that belong to the same gap.
 *
 * This is the seam for resuming by cursor: a gate that speaks our extensions will be asked for
 * what came since, and only what it no longer has will be a gap.
 *
 * Protocol: docs/extensions.md, Answer.
 */
#include "lib/base/num.h"
#include "lib/fpnn/payload.h"
#include "lib/session/session_impl.h"

void resume_closed(rtmi_session *session)
{
    session_resume *resume = &session->resume;

    session->has_extensions = false;
    if (resume->what != NULL || !session->config.restore_listen)
        return;
    resume->what = listen_flow_share_confirmed(session);
    resume->from_ms = session->handled_wall_ms;
}

void resume_opened(rtmi_session *session)
{
    /* Nothing is to be restored: the user has taken back what was listened to. */
    if (!session->listen.is_dirty)
        resume_deinit(session);
}

void resume_confirmed(rtmi_session *session, rtmi_span answer, rtmi_time now)
{
    session_resume *resume = &session->resume;
    rtmi_payload map;
    rtmi_span extensions;
    shared_value *what = resume->what;

    if (rtmi_payload_open(answer, &map) == 0 && rtmi_payload_find(&map, "rk", &extensions))
        session->has_extensions = true;
    if (what == NULL || !session->listen.is_stated)
        return;
    /* Where the wall clock was set back meanwhile, the gap begins before its end all the same. */
    const int64_t from_ms = rtmi_min_i64(resume->from_ms, now.wall_ms);
    resume->what = NULL;
    session->stats.gaps++;
    rtmi_log_line(&session->config.log, RTMI_LOG_WARN,
                  "listening again after a gap of %lld ms: messages may have been missed",
                  (long long)(now.wall_ms - from_ms));
    if (session->callbacks.gap != NULL && !session->is_abandoned)
        session->callbacks.gap(from_ms, now.wall_ms, listen_flow_value_of(what),
                               session->callbacks.userdata);
    listen_flow_unshare(what);
}

void resume_deinit(rtmi_session *session)
{
    listen_flow_unshare(session->resume.what);
    session->resume.what = NULL;
}
