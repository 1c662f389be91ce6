/*
 * rkwho: who is connected to the project, and listens to what. An extension of ours:
 * docs/extensions.md.
 */
#include "gate/core/who.h"
#include "gate/ops/ops.h"
#include "lib/rtm/codes.h"

void ops_rkwho(op *quest)
{
    const size_t rows = op_has(quest, "num") ? (size_t)op_int(quest, "num") : WHO_ROWS;
    const rtmi_span from = op_bytes(quest, "from");
    who_place place = {0, 0};

    if (from.len > 0 && !who_place_parse(from, &place))
        op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                        "rkwho: parameter from is no place that a page has named");
    else
        who_ask(quest, &place, rows);
}
