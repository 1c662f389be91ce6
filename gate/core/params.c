/*
 * Most quests of a method have the same keys in the same order, in the usual forms. So a key is
 * first compared with the one that came there the last time, eight bytes as one number: nothing
 * has to be known of its length before the value behind it is read. What is unusual goes through
 * the general reader, entry by entry.
 */
#include "gate/core/params.h"

#include <assert.h>
#include <stdlib.h>

#include "gate/core/shard_impl.h"
#include "lib/base/num.h"
#include "lib/rtm/codes.h"

/* ---- keys ---------------------------------------------------------------------------------- */

/* Bytes of a packed key that are compared at once: its head and up to seven letters. */
#define PACKED_SIZE sizeof(uint64_t)

/* Where values go: the arguments of the row, behind them those of a signature. */
enum {
    SLOT_PID = RTMI_PARAM_MAX,
    SLOT_SALT,
    SLOT_TS,
    SLOT_SIGN,
    SLOT_NONE /* nobody asks for it */
};

_Static_assert(SLOT_NONE == OP_ARGS_MAX, "a slot for each key");

static unsigned auth_slot_of(rtmi_span name)
{
    return rtmi_span_is(name, "pid")    ? SLOT_PID
           : rtmi_span_is(name, "salt") ? SLOT_SALT
           : rtmi_span_is(name, "ts")   ? SLOT_TS
           : rtmi_span_is(name, "sign") ? SLOT_SIGN
                                        : SLOT_NONE;
}

static unsigned row_slot_of(const rtmi_method *method, rtmi_span name)
{
    for (unsigned i = 0; method != NULL && i < method->param_count; i++) {
        const rtmi_param *param = &method->params[i];
        if (rtmi_span_equal(name, (rtmi_span){(const uint8_t *)param->key, param->key_len}))
            return i;
    }
    return SLOT_NONE;
}

static void add_key(params_keys *keys, rtmi_span name, unsigned slot)
{
    uint8_t bytes[PACKED_SIZE] = {0};
    params_key *key = &keys->keys[keys->count];

    if (name.len >= PACKED_SIZE)
        return;
    bytes[0] = (uint8_t)(0xa0 | name.len);
    memcpy(bytes + 1, name.data, name.len);
    key->packed = rtmi_load_le64(bytes);
    key->mask = UINT64_MAX >> 8 * (PACKED_SIZE - 1 - name.len);
    key->size = (uint8_t)(1 + name.len);
    key->slot = (uint8_t)slot;
    key->next = &keys->keys[++keys->count];
}

/*
 * The keys of a row. One that is a signature's as well, which a file and a log-in have, is left to
 * the general reader.
 */
static void make_keys(params_keys *keys, const rtmi_method *method)
{
    static const char *const names[] = {"pid", "salt", "ts", "sign"};

    keys->method = method;
    keys->count = 0;
    keys->first = keys->keys;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const rtmi_span name = rtmi_span_of_text(names[i]);
        if (row_slot_of(method, name) == SLOT_NONE)
            add_key(keys, name, SLOT_PID + i);
    }
    for (unsigned i = 0; method != NULL && i < method->param_count; i++) {
        const rtmi_param *param = &method->params[i];
        const rtmi_span name = {(const uint8_t *)param->key, param->key_len};
        if (auth_slot_of(name) == SLOT_NONE)
            add_key(keys, name, i);
    }
    keys->keys[keys->count - 1].next = keys->keys;
}

static params_keys *find_keys(params_known *known, const rtmi_method *method)
{
    const size_t at = method == NULL ? 0 : rtmi_method_index(method) % PARAMS_METHODS;
    params_keys *keys = &known->methods[at];

    if (keys->count == 0 || keys->method != method)
        make_keys(keys, method);
    known->last = keys;
    return keys;
}

static inline params_keys *keys_of(params_known *known, const rtmi_method *method)
{
    params_keys *last = known->last;

    return last != NULL && last->method == method ? last : find_keys(known, method);
}

static inline bool is_key(const params_key *key, uint64_t packed)
{
    return ((packed ^ key->packed) & key->mask) == 0;
}

/* It was not the one that is expected; `next` is where that is said. */
static params_key *find_key(params_keys *keys, uint64_t packed, params_key **next)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (is_key(&keys->keys[i], packed))
            return *next = &keys->keys[i];
    }
    return NULL;
}

/* ---- from bytes ---------------------------------------------------------------------------- */

/*
 * The eight bytes from `at` on, the first lowest; behind the end are zeros, as no key has them.
 * Near the end the last eight of the payload are read and shifted.
 */
static inline uint64_t peek(rtmi_span payload, const uint8_t *at)
{
    const size_t left = (size_t)(payload.data + payload.len - at);

    if (left >= PACKED_SIZE)
        return rtmi_load_le64(at);
    if (left == 0 || payload.len < PACKED_SIZE)
        return 0;
    return rtmi_load_le64(at + left - PACKED_SIZE) >> 8 * (PACKED_SIZE - left);
}

/*
 * One key and its value, as they mostly are; `*next` is where the key is told that is expected.
 * Returns where the next one begins. NULL, and nothing has been done: the general way has to look
 * at it.
 */
static inline const uint8_t *take_usual(params_keys *keys, params_key ***next, op_arg *args,
                                        rtmi_span payload, const uint8_t *at)
{
    const uint64_t packed = peek(payload, at);
    params_key *key = **next;

    if (!is_key(key, packed)) {
        key = find_key(keys, packed, *next);
        if (key == NULL)
            return NULL;
    }
    op_arg *arg = &args[key->slot];
    rtmi_cursor in = {at + key->size, payload.data + payload.len};
    if (arg->is_present || !rtmi_pack_read_usual(&in, &arg->token))
        return NULL;
    arg->is_present = true;
    arg->raw.data = at + key->size;
    arg->raw.len = (size_t)(in.at - arg->raw.data);
    *next = &key->next;
    return in.at;
}

/* Read a value, whatever it holds; `token` is that of its head. */
static int read_value(rtmi_cursor *in, rtmi_token *token)
{
    int r = rtmi_pack_read(in, token);

    if (r == 0 && (token->type == RTMI_PACK_ARRAY || token->type == RTMI_PACK_MAP))
        r = rtmi_pack_skip_content(in, token);
    return r;
}

/* A value that has come for a slot. Of a repeated key the first counts. */
static void put_value(op_arg *args, unsigned slot, const rtmi_token *token, rtmi_span raw)
{
    if (slot == SLOT_NONE || args[slot].is_present)
        return;
    /* Absent and nil are the same, but in a signature, where it is a wrong type. */
    args[slot].is_present = token->type != RTMI_PACK_NIL || slot >= RTMI_PARAM_MAX;
    args[slot].token = *token;
    args[slot].raw = raw;
}

/* One key and its value, of whatever forms. */
static int take_any(const rtmi_method *method, op_arg *args, rtmi_cursor *in)
{
    rtmi_span name = {NULL, 0};
    rtmi_token token;
    int r = read_value(in, &token);

    if (r < 0)
        return r;
    if (token.type == RTMI_PACK_STR || token.type == RTMI_PACK_BIN)
        name = token.bytes;
    const uint8_t *const start = in->at;
    r = read_value(in, &token);
    if (r < 0)
        return r;
    const rtmi_span raw = {start, (size_t)(in->at - start)};
    put_value(args, row_slot_of(method, name), &token, raw);
    put_value(args, auth_slot_of(name), &token, raw);
    return 0;
}

/* The head of a payload, which mostly has less than 16 entries. */
static int read_head(rtmi_cursor *in, uint32_t *ret_count)
{
    rtmi_token head;

    if (in->at < in->end && (*in->at & 0xf0) == 0x80) {
        *ret_count = *in->at++ & 0x0f;
        return *ret_count * 2 > (size_t)(in->end - in->at) ? RTMI_PACK_E_SHORT : 0;
    }
    const int r = rtmi_pack_read(in, &head);
    if (r == 0 && head.type != RTMI_PACK_MAP)
        return RTMI_PACK_E_NOT_MAP;
    *ret_count = r == 0 ? head.count : 0;
    return r;
}

/* All entries of a payload. */
static int read_payload(params_keys *keys, rtmi_span payload, op_arg args[OP_ARGS_MAX])
{
    const rtmi_method *const method = keys->method;
    const size_t param_count = method == NULL ? 0 : method->param_count;
    rtmi_cursor in = rtmi_cursor_of(payload);
    params_key **next = &keys->first;
    uint32_t left;

    for (size_t i = 0; i < param_count; i++)
        args[i].is_present = false;
    for (size_t i = RTMI_PARAM_MAX; i < OP_ARGS_MAX; i++)
        args[i].is_present = false;
    int r = read_head(&in, &left);
    if (r < 0)
        return r;
    const uint8_t *at = in.at;
    for (; left > 0; left--) {
        const uint8_t *behind = take_usual(keys, &next, args, payload, at);
        if (behind == NULL) {
            rtmi_cursor rest = {at, in.end};
            r = take_any(method, args, &rest);
            if (r < 0)
                return r;
            behind = rest.at;
        }
        at = behind;
    }
    return 0;
}

static inline bool get_int(const rtmi_token *token, int64_t *ret)
{
    if (token->type != RTMI_PACK_INT)
        return rtmi_token_get_int(token, ret);
    *ret = token->integer;
    return true;
}

static inline bool is_bytes(const rtmi_token *token)
{
    return token->type == RTMI_PACK_STR || token->type == RTMI_PACK_BIN;
}

/* A number of a signature. */
static inline void take_number(const op_arg *arg, bool *ret_has, int64_t *ret, bool *is_bad)
{
    *ret_has = arg->is_present;
    *ret = 0;
    if (arg->is_present && !get_int(&arg->token, ret))
        *is_bad = true;
}

static void take_auth(const op_arg args[OP_ARGS_MAX], auth_params *ret)
{
    const op_arg *sign = &args[SLOT_SIGN];
    const bool has_bytes = sign->is_present && is_bytes(&sign->token);
    bool is_bad = sign->is_present && !has_bytes;

    take_number(&args[SLOT_PID], &ret->has_pid, &ret->pid, &is_bad);
    take_number(&args[SLOT_SALT], &ret->has_salt, &ret->salt, &is_bad);
    take_number(&args[SLOT_TS], &ret->has_ts, &ret->ts_s, &is_bad);
    ret->has_sign = sign->is_present;
    ret->sign = has_bytes ? sign->token.bytes : (rtmi_span){NULL, 0};
    ret->is_bad = is_bad;
}

int params_read(params_known *known, const rtmi_method *method, rtmi_span payload,
                quest_params *ret)
{
    const int r = read_payload(keys_of(known, method), payload, ret->args);

    ret->auth.payload = payload.data;
    take_auth(ret->args, &ret->auth);
    return r;
}

int op_decode(op *quest, rtmi_span payload)
{
    const rtmi_method *const method = quest->method;
    const int r = read_payload(keys_of(&quest->shard->known, method), payload, quest->args);

    quest->payload = payload;
    for (size_t i = 0; r == 0 && i < method->param_count; i++) {
        op_arg *arg = &quest->args[i];
        if (arg->is_present && method->params[i].type == RTMI_PARAM_INT)
            (void)get_int(&arg->token, &arg->integer);
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
    *ret_code = RTMI_RC_INVALID_PARAMETER;
    switch (param->type) {
    case RTMI_PARAM_INT:
        *ret_why = "must be an integer";
        if (!get_int(&arg->token, &arg->integer))
            return -1;
        return check_length(param, arg->integer, ret_code, ret_why);
    case RTMI_PARAM_TEXT:
        *ret_why = "must be text or bytes";
        if (!is_bytes(&arg->token))
            return -1;
        return check_length(param, (int64_t)arg->token.bytes.len, ret_code, ret_why);
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
    const rtmi_param *const params = method->params;
    const size_t count = method->param_count;
    op_arg *const args = quest->args;

    for (size_t i = 0; i < count; i++) {
        const rtmi_param *param = &params[i];
        op_arg *arg = &args[i];
        const char *why = "is missing";
        int code = RTMI_RC_INVALID_PARAMETER;
        if (!arg->is_present) {
            if (!param->is_required)
                continue;
            if (param->min_code == RTMI_RC_INVALID_PID_OR_UID)
                code = param->min_code; /* a uid that is missing is as one that is 0 */
        } else if (check_arg(param, arg, &code, &why) == 0) {
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
