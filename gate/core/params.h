/*
 * The parameters of a quest: read in one bounded pass, and checked by the row of its method.
 */
#ifndef GATE_CORE_PARAMS_H
#define GATE_CORE_PARAMS_H

#include "gate/core/auth.h"
#include "gate/core/dispatch.h"

/**
 * Read the parameters of the method's row, and those of a signature; unknown ones are passed over.
 * `quest->args` are to be marked absent before. 0, or a rtmi_pack_error.
 */
int params_read(op *quest, rtmi_span payload, auth_params *auth);

/** All parameters by the row: false, and an error has been answered. */
bool params_check(op *quest);

#endif
