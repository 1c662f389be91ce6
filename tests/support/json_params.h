/*
 * Parameters of the SDK's calls from JSON, and values as JSON.
 */
#ifndef TESTS_SUPPORT_JSON_PARAMS_H
#define TESTS_SUPPORT_JSON_PARAMS_H

#include <rtm/rtm.h>

/** Parameters from a JSON object, to be freed; fails the test when it is none. */
rtm_params *json_params_new(const char *object);

/** A value as JSON, to be freed. */
char *json_params_of_value(rtm_value value);

#endif
