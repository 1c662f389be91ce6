/*
 * Keys are told by their first eight bytes as one number, and almost always by them alone; values
 * of the usual forms are read in place. What is unusual goes through the general reader.
 */
#include "gate/core/params.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/rtm/codes.h"

/* ---- from bytes ---------------------------------------------------------------------------- */

/* Names have no zeros in them: where the row's ends is its length. */
static bool is_key(const rtmi_param *param, rtmi_span key, uint64_t word)
{
    if (rtmi_load_le64((const uint8_t *)param->key) != word || key.len >= sizeof param->key ||
        param->key[key.len - 1] == '\0' || param->key[key.len] != '\0')
        return false;
    return key.len <= sizeof word || memcmp(key.data, param->key, key.len) == 0;
}

/* Parameters mostly come in the row's order: *next is where to look first. NULL: none of them. */
static op_arg *find_arg(op *quest, size_t *next, rtmi_span key, uint64_t word)
{
    const rtmi_method *method = quest->method;
    const size_t count = method == NULL ? 0 : method->param_count;

    for (size_t n = 0, i = *next; n < count; n++, i++) {
        i = i < count ? i : 0;
        if (is_key(&method->params[i], key, word)) {
            *next = i + 1;
            return &quest->args[i];
        }
    }
    return NULL;
}

/* Read a value, whatever it holds; `token` is that of its head. */
static int read_value(rtmi_cursor *in, rtmi_token *token)
{
    int r = rtmi_pack_read_fast(in, token);

    if (r == 0 && (token->type == RTMI_PACK_ARRAY || token->type == RTMI_PACK_MAP)) {
        rtmi_cursor rest = *in;
        r = rtmi_pack_skip_content(&rest, token);
        *in = rest;
    }
    return r;
}

/* A key; empty if it is one that nothing here is called. */
static int read_key(rtmi_cursor *in, rtmi_span *ret)
{
    rtmi_token token;
    const int r = read_value(in, &token);

    *ret = (rtmi_span){NULL, 0};
    if (r == 0 && (token.type == RTMI_PACK_STR || token.type == RTMI_PACK_BIN))
        *ret = token.bytes;
    return r;
}

int params_read(op *quest, rtmi_span payload, auth_params *auth)
{
    rtmi_cursor in = rtmi_cursor_of(payload);
    rtmi_token head;
    int r = rtmi_pack_read_fast(&in, &head);
    /* No row of the server side has a parameter that is named as one of a signature. */
    const bool is_server = quest->method != NULL && quest->method->side == RTMI_SERVER;
    size_t next = 0;

    if (r == 0 && head.type != RTMI_PACK_MAP)
        r = RTMI_PACK_E_NOT_MAP;
    const uint32_t count = r == 0 ? head.count : 0;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        rtmi_token passed;
        rtmi_span key;
        op_arg *arg = NULL;
        auth_key which = AUTH_NONE;
        r = read_key(&in, &key);
        if (r == 0 && key.len > 0) {
            const uint64_t word = rtmi_load_word(key.data, key.len, (size_t)(in.end - key.data));
            which = auth_key_of(key.len, word);
            if (which == AUTH_NONE || !is_server)
                arg = find_arg(quest, &next, key, word);
        }
        /* Of a repeated key the first counts. */
        rtmi_token *const value = arg == NULL || arg->is_present ? &passed : &arg->token;
        const uint8_t *const start = in.at;
        if (r == 0)
            r = read_value(&in, value);
        if (r < 0)
            break;
        if (value != &passed) {
            arg->is_present = value->type != RTMI_PACK_NIL; /* absent and nil are the same */
            arg->raw = (rtmi_span){start, (size_t)(in.at - start)};
        }
        if (which != AUTH_NONE && auth != NULL)
            auth_take(auth, which, value);
    }
    return r;
}

int op_decode(op *quest, rtmi_span payload)
{
    for (size_t i = 0; i < quest->method->param_count; i++)
        quest->args[i].is_present = false;
    quest->payload = payload;
    const int r = params_read(quest, payload, NULL);
    for (size_t i = 0; r == 0 && i < quest->method->param_count; i++) {
        op_arg *arg = &quest->args[i];
        if (arg->is_present && quest->method->params[i].type == RTMI_PARAM_INT)
            (void)rtmi_token_get_int(&arg->token, &arg->integer);
    }
    return r;
}

/* ---- checks -------------------------------------------------------------------------------- */

/* Why a parameter's value is refused; 0 if it is not. */
static int check_length(const rtmi_param *param, int64_t len, int *ret_code, const char **ret_why)
{
    if (len < param->min) {
        *ret_code = param->min_code;
        *ret_why = param->type == RTMI_PARAM_INT ? "is too small" : "is empty";
    } else if (len > param->max) {
        *ret_code = param->max_code;
        *ret_why = param->type == RTMI_PARAM_INT ? "is too large" : "is too long";
    } else {
        return 0;
    }
    if (*ret_code == 0)
        *ret_code = RTMI_RC_INVALID_PARAMETER;
    return -1;
}

static int check_list(const rtmi_param *param, const op_arg *arg, int *ret_code,
                      const char **ret_why)
{
    const rtmi_pack_type type = arg->token.type;

    if (type == RTMI_PACK_ARRAY || type == RTMI_PACK_MAP)
        return check_length(param, arg->token.count, ret_code, ret_why);
    if (type == RTMI_PACK_INT || type == RTMI_PACK_FLOAT || type == RTMI_PACK_STR ||
        type == RTMI_PACK_BIN)
        return check_length(param, 1, ret_code, ret_why);
    *ret_code = RTMI_RC_INVALID_PARAMETER;
    *ret_why = "must be a list";
    return -1;
}

static int check_arg(const rtmi_param *param, op_arg *arg, int *ret_code, const char **ret_why)
{
    rtmi_span bytes;

    *ret_code = RTMI_RC_INVALID_PARAMETER;
    switch (param->type) {
    case RTMI_PARAM_INT:
        *ret_why = "must be an integer";
        if (!rtmi_token_get_int(&arg->token, &arg->integer))
            return -1;
        return check_length(param, arg->integer, ret_code, ret_why);
    case RTMI_PARAM_TEXT:
        *ret_why = "must be text or bytes";
        if (!rtmi_token_get_bytes(&arg->token, &bytes))
            return -1;
        return check_length(param, (int64_t)bytes.len, ret_code, ret_why);
    case RTMI_PARAM_BOOL:
        *ret_why = "must be true or false";
        return arg->token.type == RTMI_PACK_BOOL ? 0 : -1;
    case RTMI_PARAM_MAP:
        *ret_why = "must be a map";
        return arg->token.type == RTMI_PACK_MAP ? 0 : -1;
    default:
        return check_list(param, arg, ret_code, ret_why);
    }
}

bool params_check(op *quest)
{
    const rtmi_method *method = quest->method;

    for (size_t i = 0; i < method->param_count; i++) {
        const rtmi_param *param = &method->params[i];
        const char *why = "is missing";
        int code = RTMI_RC_INVALID_PARAMETER;
        if (!quest->args[i].is_present) {
            if (!param->is_required)
                continue;
            if (param->min_code == RTMI_RC_INVALID_PID_OR_UID)
                code = param->min_code; /* a uid that is missing is as one that is 0 */
        } else if (check_arg(param, &quest->args[i], &code, &why) == 0) {
            continue;
        }
        op_answer_error(quest, code, "%s: parameter %s %s", method->name, param->key, why);
        return false;
    }
    return true;
}

/* ---- reading ------------------------------------------------------------------------------- */

static size_t param_of(const op *quest, const char *key)
{
    size_t i = 0;

    while (strcmp(quest->method->params[i].key, key) != 0) {
        i++;
        assert(i < quest->method->param_count);
    }
    return i;
}

bool op_has(const op *quest, const char *key)
{
    return quest->args[param_of(quest, key)].is_present;
}

int64_t op_int(const op *quest, const char *key)
{
    const op_arg *arg = &quest->args[param_of(quest, key)];

    return arg->is_present ? arg->integer : 0;
}

bool op_flag(const op *quest, const char *key)
{
    const op_arg *arg = &quest->args[param_of(quest, key)];

    return arg->is_present && arg->token.boolean;
}

rtmi_span op_bytes(const op *quest, const char *key)
{
    const op_arg *arg = &quest->args[param_of(quest, key)];

    return arg->is_present ? arg->token.bytes : (rtmi_span){NULL, 0};
}

bool op_is_bytes(const op *quest, const char *key)
{
    return quest->args[param_of(quest, key)].token.type == RTMI_PACK_BIN;
}

bool op_read_ids_of(op *quest, const char *key, int64_t **ret_ids, size_t *ret_count)
{
    return op_read_ids(quest, param_of(quest, key), ret_ids, ret_count);
}

static bool read_id(const rtmi_token *token, int64_t *ret)
{
    rtmi_span text;

    return rtmi_token_get_int(token, ret) ||
           (rtmi_token_get_bytes(token, &text) &&
            rtmi_int_parse((const char *)text.data, text.len, ret));
}

bool op_read_ids(op *quest, size_t param, int64_t **ret_ids, size_t *ret_count)
{
    const op_arg *arg = &quest->args[param];
    const bool is_map = arg->token.type == RTMI_PACK_MAP;
    const bool is_list = is_map || arg->token.type == RTMI_PACK_ARRAY;
    const size_t count = is_list ? arg->token.count : 1;
    rtmi_cursor in = rtmi_cursor_of(arg->raw);
    rtmi_token token;

    *ret_ids = NULL;
    *ret_count = 0;
    if (count == 0)
        return true;
    int64_t *ids = malloc(count * sizeof *ids); /* the row's limit bounds it */
    if (ids == NULL) {
        op_answer_error(quest, RTMI_RC_UNKNOWN_ERROR, "out of memory");
        return false;
    }
    if (is_list)
        (void)rtmi_pack_read(&in, &token);
    for (size_t i = 0; i < count; i++) {
        const rtmi_cursor before = in;
        if (rtmi_pack_read(&in, &token) < 0 || !read_id(&token, &ids[i])) {
            in = before;
            free(ids);
            op_answer_error(quest, RTMI_RC_INVALID_PARAMETER,
                            "%s: parameter %s: element %zu is no integer", quest->method->name,
                            quest->method->params[param].key, i);
            return false;
        }
        if (is_map)
            (void)rtmi_pack_skip(&in);
    }
    *ret_ids = ids;
    *ret_count = rtmi_sort_unique(ids, count);
    return true;
}
