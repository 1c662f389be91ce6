/*
 * What differs between settings that hold and settings that were read again.
 */
#ifndef GATE_CONF_CHANGE_H
#define GATE_CONF_CHANGE_H

#include "gate/conf_reader.h"

/** Told what differs, as "gate.queue-bytes"; `reloadable` says whether it can be taken up. */
typedef void conf_change_fn(const char *what, bool reloadable, void *userdata);

/**
 * Tell each difference in [gate] and in the addresses, and put back into `fresh` what a running
 * gate cannot take up, so that `fresh` is what holds from now on. Projects are not looked at.
 */
void conf_keep_fixed(const conf *held, conf *fresh, conf_change_fn *tell, void *userdata);

#endif
