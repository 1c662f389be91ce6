/*
 * Names and texts of errors, codes and states; the version. All static.
 */
#include <rtm/client.h>
#include <rtm/error.h>
#include <rtm/version.h>

#include "lib/rtm/codes.h"

const char *rtm_err_name(int err)
{
    if (err >= 0)
        return "RTM_OK";
    switch (err) {
#define CASE_(name, number, text)                                                                  \
    case number:                                                                                   \
        return "RTM_E_" #name;
        RTM_LOCAL_ERRORS(CASE_)
#undef CASE_
    default:
        return "RTM_E_UNKNOWN";
    }
}

const char *rtm_strerror(int err)
{
    if (err >= 0)
        return "success";
    switch (err) {
#define CASE_(name, number, text)                                                                  \
    case number:                                                                                   \
        return text;
        RTM_LOCAL_ERRORS(CASE_)
#undef CASE_
    default:
        return "unknown error";
    }
}

const char *rtm_code_name(int code)
{
    const rtmi_code *row = rtmi_code_find(code);

    return row == NULL ? NULL : row->name;
}

const char *rtm_code_text(int code)
{
    const rtmi_code *row = rtmi_code_find(code);

    return row == NULL ? "unknown code" : row->text;
}

const char *rtm_state_name(rtm_state state)
{
    switch (state) {
    case RTM_STATE_IDLE:
        return "idle";
    case RTM_STATE_RESOLVING:
        return "resolving";
    case RTM_STATE_CONNECTING:
        return "connecting";
    case RTM_STATE_SECURING:
        return "securing";
    case RTM_STATE_READY:
        return "ready";
    case RTM_STATE_BACKING_OFF:
        return "backing off";
    case RTM_STATE_CLOSING:
        return "closing";
    case RTM_STATE_CLOSED:
        return "closed";
    }
    return "unknown";
}

const char *rtm_version(void)
{
    return RTMKIT_VERSION_TEXT;
}
