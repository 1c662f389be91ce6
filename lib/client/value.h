/*
 * What the client needs of rtm_params: its entries as they go onto the wire.
 */
#ifndef RTMI_CLIENT_VALUE_H
#define RTMI_CLIENT_VALUE_H

#include <rtm/value.h>

#include "lib/base/span.h"

/** The pairs of a map without errors, borrowed. NULL gives none. */
void rtmi_params_get_entries(const rtm_params *params, uint32_t *ret_count, rtmi_span *ret_entries);

static inline rtm_value rtmi_value_of_span(rtmi_span span)
{
    return (rtm_value){span.data, span.len};
}

#endif
