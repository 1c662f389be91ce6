/*
 * What runs the rows of calls.c: arguments become parameters, the answer becomes the fields of
 * a struct. Every field is checked down to its last element, so that a reader's walk over a
 * list or map meets only what the header promises.
 */
#include <string.h>

#include "lib/client/calls_impl.h"
#include "lib/client/value.h"
#include "lib/fpnn/code.h"
#include "lib/fpnn/pack.h"

static bool is_pointer(rtmi_arg_type type)
{
    return type != RTMI_ARG_INT && type != RTMI_ARG_BOOL;
}

static int check_args(const rtmi_arg *args, size_t arg_count)
{
    for (size_t i = 0; i < arg_count; i++) {
        if (!is_pointer(args[i].type) || args[i].data != NULL)
            continue;
        if (args[i].is_required || args[i].count > 0)
            return RTM_E_INVAL;
    }
    return 0;
}

static void pack_ints(rtmi_buf *out, const int64_t *values, size_t count)
{
    /* More than fits into a package is found out before it is counted in 32 bits. */
    if (count > out->max) {
        out->error = RTM_E_LIMIT;
        return;
    }
    rtmi_pack_array(out, (uint32_t)count);
    for (size_t i = 0; i < count && out->error == 0; i++)
        rtmi_pack_int(out, values[i]);
}

static void pack_arg(rtmi_buf *out, const rtmi_arg *arg)
{
    rtmi_pack_key(out, arg->key);
    switch (arg->type) {
    case RTMI_ARG_INT:
        rtmi_pack_int(out, arg->integer);
        break;
    case RTMI_ARG_BOOL:
        rtmi_pack_bool(out, arg->integer != 0);
        break;
    case RTMI_ARG_TEXT:
        rtmi_pack_str(out, (rtmi_span){arg->data, arg->count});
        break;
    case RTMI_ARG_BYTES:
        rtmi_pack_bin(out, (rtmi_span){arg->data, arg->count});
        break;
    case RTMI_ARG_INTS:
        pack_ints(out, arg->data, arg->count);
        break;
    }
}

static uint32_t pack_args(rtmi_buf *out, const rtmi_arg *args, size_t arg_count)
{
    uint32_t count = 0;

    for (size_t i = 0; i < arg_count; i++) {
        if (args[i].is_absent || (is_pointer(args[i].type) && args[i].data == NULL))
            continue;
        pack_arg(out, &args[i]);
        count++;
    }
    return count;
}

int rtmi_typed_call(rtm_client *client, const char *method, const rtmi_arg *args, size_t arg_count,
                    int64_t timeout_ms, const client_call *shape, rtm_call **ret_call)
{
    int r = rtmi_client_check(client);

    if (r == 0)
        r = check_args(args, arg_count);
    if (r < 0)
        return r;
    rtmi_buf_clear(&client->scratch);
    const uint32_t count = pack_args(&client->scratch, args, arg_count);
    if (client->scratch.error != 0)
        return client->scratch.error == RTM_E_LIMIT ? RTM_E_TOO_BIG : client->scratch.error;
    return rtmi_call_send(client, method, count, timeout_ms, shape, ret_call);
}

typedef struct typed_args {
    const char *method;
    const rtmi_arg *args;
    size_t arg_count;
    int64_t timeout_ms;
} typed_args;

static int begin_typed(client_wait *wait, rtm_call **ret_call)
{
    const typed_args *args = wait->args;
    const client_call shape = {.tell = rtmi_call_tell_wait, .wait = wait};

    return rtmi_typed_call(wait->client, args->method, args->args, args->arg_count,
                           args->timeout_ms, &shape, ret_call);
}

int rtmi_typed_wait(rtm_client *client, const char *method, const rtmi_arg *args, size_t arg_count,
                    int64_t timeout_ms, const rtmi_fields *fields, void *ret_result,
                    rtm_answer **ret_answer, rtm_error *reterr_error)
{
    const typed_args own = {method, args, arg_count, timeout_ms};
    client_wait wait = {
        .client = client, .begin = begin_typed, .args = &own, .wants_answer = fields != NULL};
    rtm_error error;

    if (fields != NULL && (ret_result == NULL || ret_answer == NULL))
        return RTM_E_INVAL;
    const int r = rtmi_client_await(&wait, reterr_error);
    if (r < 0 || fields == NULL)
        return r;
    if (rtmi_read_fields(fields, rtm_answer_get_value(wait.answer), ret_result, &error) != NULL) {
        rtm_answer_free(wait.answer);
        if (reterr_error != NULL)
            *reterr_error = error;
        return RTM_E_PROTO;
    }
    *ret_answer = wait.answer;
    return 0;
}

void rtmi_typed_tell_done(rtm_client *client, const client_call *call, const rtm_error *err,
                          rtmi_span answer)
{
    (void)answer;
    if (call->done != NULL)
        call->done(client, err, call->userdata);
}

static bool is_int(rtm_value value)
{
    int64_t integer;

    return rtm_value_get_int(value, &integer) == 0;
}

static bool is_text(rtm_value value)
{
    rtm_bytes bytes;

    return rtm_value_get_bytes(value, &bytes) == 0;
}

static bool is_any(rtm_value value)
{
    (void)value;
    return true;
}

static bool is_list_of(rtm_value list, bool (*is)(rtm_value))
{
    rtm_value_iter iter;
    rtm_value value;

    if (rtm_value_get_type(list) != RTM_VALUE_ARRAY)
        return false;
    rtm_value_iter_init(&iter, list);
    while (rtm_value_iter_next(&iter, NULL, &value)) {
        if (!is(value))
            return false;
    }
    return true;
}

static bool is_ints(rtm_value value)
{
    return is_list_of(value, is_int);
}

static bool is_map_of(rtm_value map, bool (*is)(rtm_value))
{
    rtm_value_iter iter;
    rtm_value key;
    rtm_value value;

    if (rtm_value_get_type(map) != RTM_VALUE_MAP)
        return false;
    rtm_value_iter_init(&iter, map);
    while (rtm_value_iter_next(&iter, &key, &value)) {
        if (!is_text(key) || !is(value))
            return false;
    }
    return true;
}

static int read_row(rtm_value value, rtm_history_row *row)
{
    rtm_value_iter iter;
    rtm_value columns[8];
    int64_t mtype;

    if (rtm_value_get_type(value) != RTM_VALUE_ARRAY || rtm_value_get_count(value) != 8)
        return RTM_E_TYPE;
    rtm_value_iter_init(&iter, value);
    for (size_t i = 0; i < 8; i++) {
        if (!rtm_value_iter_next(&iter, NULL, &columns[i]))
            return RTM_E_TYPE;
    }
    if (rtm_value_get_int(columns[0], &row->id) < 0 ||
        rtm_value_get_int(columns[1], &row->from) < 0 ||
        rtm_value_get_int(columns[2], &mtype) < 0 || mtype < 0 || mtype > 127 ||
        rtm_value_get_int(columns[3], &row->mid) < 0 ||
        rtm_value_get_bool(columns[4], &row->is_deleted) < 0 ||
        rtm_value_get_bytes(columns[5], &row->msg) < 0 ||
        rtm_value_get_bytes(columns[6], &row->attrs) < 0 ||
        rtm_value_get_int(columns[7], &row->mtime_ms) < 0)
        return RTM_E_TYPE;
    row->mtype = (int)mtype;
    row->is_binary = rtm_value_get_type(columns[5]) == RTM_VALUE_BYTES;
    return 0;
}

static bool is_row(rtm_value value)
{
    rtm_history_row row;

    return read_row(value, &row) == 0;
}

bool rtm_history_next_row(rtm_value_iter *iter, rtm_history_row *ret_row)
{
    rtm_history_row row;
    rtm_value value;

    if (iter == NULL || ret_row == NULL || !rtm_value_iter_next(iter, NULL, &value) ||
        read_row(value, &row) < 0)
        return false;
    *ret_row = row;
    return true;
}

static bool is_of_type(rtm_value value, rtmi_field_type type)
{
    switch (type) {
    case RTMI_FIELD_LIST:
        return is_list_of(value, is_any);
    case RTMI_FIELD_INTS:
        return is_ints(value);
    case RTMI_FIELD_TEXTS:
        return is_list_of(value, is_text);
    case RTMI_FIELD_TEXTMAP:
        return is_map_of(value, is_text);
    case RTMI_FIELD_INTMAP:
        return is_map_of(value, is_int);
    case RTMI_FIELD_INTSMAP:
        return is_map_of(value, is_ints);
    case RTMI_FIELD_ROWS:
        return is_list_of(value, is_row);
    case RTMI_FIELD_INT:
    case RTMI_FIELD_BOOL:
    case RTMI_FIELD_TEXT:
        break;
    }
    return false;
}

/* What an absent field is. */
static void clear_field(rtmi_field_type type, void *to)
{
    switch (type) {
    case RTMI_FIELD_INT:
        *(int64_t *)to = 0;
        break;
    case RTMI_FIELD_BOOL:
        *(bool *)to = false;
        break;
    case RTMI_FIELD_TEXT:
        *(rtm_bytes *)to = (rtm_bytes){"", 0};
        break;
    default:
        *(rtm_value *)to = (rtm_value){NULL, 0};
        break;
    }
}

static bool read_field(rtm_value value, rtmi_field_type type, void *to)
{
    switch (type) {
    case RTMI_FIELD_INT:
        return rtm_value_get_int(value, to) == 0;
    case RTMI_FIELD_BOOL:
        return rtm_value_get_bool(value, to) == 0;
    case RTMI_FIELD_TEXT:
        return rtm_value_get_bytes(value, to) == 0;
    default:
        if (!is_of_type(value, type))
            return false;
        *(rtm_value *)to = value;
        return true;
    }
}

static const rtm_error *refuse(rtm_error *error, int code)
{
    rtmi_error_set_local(error, RTM_E_PROTO);
    error->code = code;
    return error;
}

const rtm_error *rtmi_read_fields(const rtmi_fields *fields, rtm_value answer, void *ret,
                                  rtm_error *error)
{
    if (rtm_value_get_type(answer) != RTM_VALUE_MAP)
        return refuse(error, RTMI_EC_PROTO_TYPE_CONVERT);
    for (size_t i = 0; i < fields->count; i++) {
        const rtmi_field *field = &fields->fields[i];
        void *to = (char *)ret + field->offset;
        rtm_value value;

        clear_field(field->type, to);
        if (rtm_value_find(answer, field->key, &value) < 0) {
            if (field->is_required)
                return refuse(error, RTMI_EC_PROTO_KEY_NOT_FOUND);
            continue;
        }
        if (!read_field(value, field->type, to))
            return refuse(error, RTMI_EC_PROTO_TYPE_CONVERT);
    }
    return NULL;
}
