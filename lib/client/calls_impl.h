/*
 * How a call of the table is made: its arguments as values with keys, its answer as fields of
 * a struct. calls.c, made by tools/gen_calls, holds nothing but such rows; typed.c runs them.
 */
#ifndef RTMI_CLIENT_CALLS_IMPL_H
#define RTMI_CLIENT_CALLS_IMPL_H

#include <rtm/calls.h>

#include "lib/client/client_impl.h"

typedef enum rtmi_arg_type {
    RTMI_ARG_INT,
    RTMI_ARG_BOOL,
    RTMI_ARG_TEXT,
    RTMI_ARG_BYTES,
    RTMI_ARG_INTS
} rtmi_arg_type;

/** An argument; `data` NULL is an absent one, except where `type` is INT or BOOL. */
typedef struct rtmi_arg {
    const char *key;
    rtmi_arg_type type;
    bool is_required;
    bool is_absent;
    int64_t integer; /* INT, BOOL */
    const void *data;
    size_t count; /* BYTES: bytes; INTS: numbers */
} rtmi_arg;

typedef enum rtmi_field_type {
    RTMI_FIELD_INT,
    RTMI_FIELD_BOOL,
    RTMI_FIELD_TEXT,
    RTMI_FIELD_LIST,
    RTMI_FIELD_INTS,
    RTMI_FIELD_TEXTS,
    RTMI_FIELD_TEXTMAP,
    RTMI_FIELD_INTMAP,
    RTMI_FIELD_INTSMAP,
    RTMI_FIELD_ROWS
} rtmi_field_type;

typedef struct rtmi_field {
    const char *key;
    rtmi_field_type type;
    bool is_required;
    size_t offset;
} rtmi_field;

typedef struct rtmi_fields {
    const rtmi_field *fields;
    size_t count;
} rtmi_fields;

/** Of rtm_result_history; in calls.c. */
extern const rtmi_fields rtmi_fields_of_history;

/** Read an answer into a zeroed struct: NULL, or `error` with what is wrong. */
const rtm_error *rtmi_read_fields(const rtmi_fields *fields, rtm_value answer, void *ret,
                                  rtm_error *error);

int rtmi_typed_call(rtm_client *client, const char *method, const rtmi_arg *args, size_t arg_count,
                    int64_t timeout_ms, const client_call *shape, rtm_call **ret_call);

/** `fields` NULL: an answer without content. */
int rtmi_typed_wait(rtm_client *client, const char *method, const rtmi_arg *args, size_t arg_count,
                    int64_t timeout_ms, const rtmi_fields *fields, void *ret_result,
                    rtm_answer **ret_answer, rtm_error *reterr_error);

/** The tell of calls without a typed answer. */
void rtmi_typed_tell_done(rtm_client *client, const client_call *call, const rtm_error *err,
                          rtmi_span answer);

#endif
