/*
 * Methods that this gate has no engine for: known, so that their callers are told which it is.
 *
 * Protocol: RTM sections 2.7, 2.13, 2.14 and 9 (33, 34).
 */
#include "gate/ops/ops.h"
#include "lib/rtm/codes.h"

void ops_not_configured(op *quest)
{
    op_answer_error(quest, RTMI_RC_NO_CONFIG_IN_CONSOLE, "%s: no engine is configured",
                    quest->method->name);
}

void ops_forbidden(op *quest)
{
    op_answer_error(quest, RTMI_RC_FORBIDDEN_METHOD, "%s: this gate does not serve it",
                    quest->method->name);
}
