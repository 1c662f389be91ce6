/*
 * The reader of parameters, which knows what comes mostly, against a plain one that knows
 * nothing: for rows of all kinds, keys in any order, missing, twice, unknown and in unusual forms,
 * values of every form and type, payloads that are cut anywhere and with any byte wrong. Whatever
 * was read before, the result is the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate/core/params.h"
#include "lib/base/num.h"
#include "lib/fpnn/pack.h"
#include "tests/support/heap_copy.h"
#include "tests/support/odd_values.h"

enum { ROUNDS = 30000, KEYS_MAX = RTMI_PARAM_MAX + 10 };

/* ---- the plain reader ---------------------------------------------------------------------- */

typedef struct plain {
    int result;
    op_arg args[RTMI_PARAM_MAX];
    auth_params auth;
} plain;

static void put_number(const rtmi_token *value, bool *has, int64_t *number, bool *is_bad)
{
    if (*has)
        return;
    *has = true;
    if (!rtmi_token_get_int(value, number))
        *is_bad = true;
}

static void put_plain(plain *self, const rtmi_method *method, rtmi_span name,
                      const rtmi_token *value, rtmi_span raw)
{
    for (size_t i = 0; method != NULL && i < method->param_count; i++) {
        op_arg *arg = &self->args[i];
        if (!rtmi_span_is(name, method->params[i].key) || arg->is_present)
            continue;
        arg->is_present = value->type != RTMI_PACK_NIL;
        arg->token = *value;
        arg->raw = raw;
    }
    auth_params *auth = &self->auth;
    if (rtmi_span_is(name, "pid"))
        put_number(value, &auth->has_pid, &auth->pid, &auth->is_bad);
    if (rtmi_span_is(name, "salt"))
        put_number(value, &auth->has_salt, &auth->salt, &auth->is_bad);
    if (rtmi_span_is(name, "ts"))
        put_number(value, &auth->has_ts, &auth->ts_s, &auth->is_bad);
    if (rtmi_span_is(name, "sign")) {
        if (!auth->has_sign && !rtmi_token_get_bytes(value, &auth->sign))
            auth->is_bad = true;
        auth->has_sign = true;
    }
}

static plain read_plainly(const rtmi_method *method, rtmi_span payload)
{
    plain self = {.auth = {.payload = payload.data}};
    rtmi_cursor in = rtmi_cursor_of(payload);
    rtmi_token head;

    self.result = rtmi_pack_read(&in, &head);
    if (self.result == 0 && head.type != RTMI_PACK_MAP)
        self.result = RTMI_PACK_E_NOT_MAP;
    for (uint32_t i = 0; self.result == 0 && i < head.count; i++) {
        rtmi_cursor at = in;
        rtmi_token key;
        rtmi_token value = {0};
        rtmi_span name = {NULL, 0};
        self.result = rtmi_pack_skip(&in);
        if (self.result == 0 && rtmi_pack_read(&at, &key) == 0)
            (void)rtmi_token_get_bytes(&key, &name);
        const uint8_t *const start = in.at;
        at = in;
        if (self.result == 0)
            self.result = rtmi_pack_skip(&in);
        if (self.result == 0 && rtmi_pack_read(&at, &value) == 0)
            put_plain(&self, method, name, &value, (rtmi_span){start, (size_t)(in.at - start)});
    }
    return self;
}

/* ---- both ---------------------------------------------------------------------------------- */

static void expect_same_token(const rtmi_token *got, const rtmi_token *wanted)
{
    assert_int_equal(got->type, wanted->type);
    switch (wanted->type) {
    case RTMI_PACK_BOOL:
        assert_int_equal(got->boolean, wanted->boolean);
        break;
    case RTMI_PACK_INT:
    case RTMI_PACK_UINT:
    case RTMI_PACK_FLOAT:
        assert_true(got->natural == wanted->natural); /* all 64 bits */
        break;
    case RTMI_PACK_ARRAY:
    case RTMI_PACK_MAP:
        assert_int_equal(got->count, wanted->count);
        break;
    case RTMI_PACK_EXT:
        assert_int_equal(got->ext_type, wanted->ext_type); /* fall through */
    case RTMI_PACK_STR:
    case RTMI_PACK_BIN:
        assert_int_equal(got->bytes.len, wanted->bytes.len);
        assert_ptr_equal(got->bytes.data, wanted->bytes.data);
        break;
    default:
        break;
    }
}

static void expect_same(const rtmi_method *method, const quest_params *got, const plain *wanted)
{
    const auth_params *auth = &wanted->auth;

    for (size_t i = 0; method != NULL && i < method->param_count; i++) {
        assert_int_equal(got->args[i].is_present, wanted->args[i].is_present);
        if (!wanted->args[i].is_present)
            continue;
        expect_same_token(&got->args[i].token, &wanted->args[i].token);
        assert_ptr_equal(got->args[i].raw.data, wanted->args[i].raw.data);
        assert_int_equal(got->args[i].raw.len, wanted->args[i].raw.len);
    }
    assert_ptr_equal(got->auth.payload, auth->payload);
    assert_int_equal(got->auth.is_bad, auth->is_bad);
    assert_int_equal(got->auth.has_pid, auth->has_pid);
    assert_int_equal(got->auth.has_salt, auth->has_salt);
    assert_int_equal(got->auth.has_ts, auth->has_ts);
    assert_int_equal(got->auth.has_sign, auth->has_sign);
    assert_true(got->auth.pid == auth->pid && got->auth.salt == auth->salt &&
                got->auth.ts_s == auth->ts_s);
    assert_ptr_equal(got->auth.sign.data, auth->sign.data);
    assert_int_equal(got->auth.sign.len, auth->sign.len);
}

static int both_agree(params_known *known, const rtmi_method *method, rtmi_span payload)
{
    const rtmi_span copy = heap_copy_span(payload);
    const plain wanted = read_plainly(method, copy);
    quest_params got;

    memset(&got, 0xaa, sizeof got); /* what is left of another quest says nothing */
    assert_int_equal(params_read(known, method, copy, &got), wanted.result);
    if (wanted.result == 0)
        expect_same(method, &got, &wanted);
    heap_copy_free(copy);
    return wanted.result;
}

/* ---- payloads ------------------------------------------------------------------------------ */

static void put_key(rtmi_buf *out, uint64_t *state, const char *key)
{
    const rtmi_span text = rtmi_span_of_text(key);
    uint8_t head[2] = {0xd9, (uint8_t)text.len};
    const size_t odd = odd_next(state, 80);

    if (odd == 0) {
        rtmi_pack_bin(out, text);
    } else if (odd == 1) { /* a head wider than needed */
        rtmi_buf_append(out, head, sizeof head);
        rtmi_buf_append_span(out, text);
    } else if (odd == 2) { /* a NUL behind it */
        head[0] = (uint8_t)(0xa0 | (text.len + 1));
        rtmi_buf_append(out, head, 1);
        rtmi_buf_append(out, key, text.len + 1);
    } else if (odd == 3) {
        odd_put(out, state);
    } else {
        rtmi_pack_key(out, key);
    }
}

static void put_value(rtmi_buf *out, uint64_t *state, rtmi_param_type type)
{
    if (type == RTMI_PARAM_INT)
        odd_put_int(out, state);
    else if (type == RTMI_PARAM_TEXT)
        odd_put_text(out, state);
    else
        odd_put(out, state);
}

/* The keys of a row and of a signature, some of them, shuffled or as they come. */
static size_t choose_keys(uint64_t *state, const rtmi_method *method,
                          const char *ret_keys[KEYS_MAX], rtmi_param_type types[KEYS_MAX])
{
    static const char *const others[] = {
        "pid", "sign", "salt", "ts", "x", "unknown", "p", "pidx", "an_unknown_key_that_is_long"};
    const bool is_shuffled = odd_next(state, 3) == 0;
    const size_t rarely = odd_next(state, 2) == 0 ? 1000 : 8;
    size_t count = 0;

    for (size_t i = 0; i < sizeof others / sizeof *others + method->param_count; i++) {
        const bool is_other = i < sizeof others / sizeof *others;
        const size_t param = i - sizeof others / sizeof *others;
        if (odd_next(state, i >= 4 && is_other ? 8 : rarely) == 0)
            continue;
        if (i >= 4 && is_other && odd_next(state, 8) != 0)
            continue;
        const size_t to = is_shuffled ? odd_next(state, count + 1) : count;
        ret_keys[count] = ret_keys[to];
        types[count] = types[to];
        ret_keys[to] = is_other ? others[i] : method->params[param].key;
        types[to] = !is_other ? method->params[param].type
                    : i == 1  ? RTMI_PARAM_TEXT
                              : RTMI_PARAM_INT;
        count++;
    }
    if (count > 0 && count < KEYS_MAX && odd_next(state, 10) == 0) { /* one twice */
        const size_t which = odd_next(state, count);
        ret_keys[count] = ret_keys[which];
        types[count++] = types[which];
    }
    return count;
}

static void put_payload(rtmi_buf *out, uint64_t *state, const rtmi_method *method)
{
    const char *keys[KEYS_MAX] = {NULL};
    rtmi_param_type types[KEYS_MAX] = {RTMI_PARAM_INT};
    const size_t strangeness = odd_next(state, 3) == 0 ? 8 : 1000;
    const size_t count = choose_keys(state, method, keys, types);

    rtmi_buf_clear(out);
    rtmi_pack_map(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_key(out, state, keys[i]);
        if (odd_next(state, strangeness) == 0)
            odd_put(out, state);
        else
            put_value(out, state, types[i]);
    }
    if (odd_next(state, 10) == 0)
        rtmi_pack_nil(out); /* bytes behind the map are nobody's */
    assert_int_equal(out->error, 0);
}

static const rtmi_method *a_method(uint64_t *state)
{
    static const char *const names[] = {"sendgroupmsg", "sendmsgs", "addlisten", "addgroupban"};

    if (odd_next(state, 4) ==
        0) /* of any side, file and log-in too, which have a pid of their own */
        return rtmi_method_at(odd_next(state, rtmi_method_count()));
    return rtmi_method_find(RTMI_SERVER, rtmi_span_of_text(names[odd_next(state, 4)]));
}

static void both_agree_on_payloads_of_every_form(void **state)
{
    static params_known known; /* learns all the time */
    uint64_t random = 1;
    size_t good = 0;
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1 << 20);
    for (size_t round = 0; round < ROUNDS; round++) {
        static params_known fresh;
        const rtmi_method *method = a_method(&random);
        put_payload(&out, &random, method);
        const rtmi_span whole = rtmi_buf_span(&out);
        good += both_agree(&known, method, whole) == 0;
        memset(&fresh, 0, sizeof fresh);
        (void)both_agree(&fresh, method, whole);
        (void)both_agree(&known, odd_next(&random, 2) == 0 ? NULL : a_method(&random), whole);
        (void)both_agree(&known, method,
                         (rtmi_span){whole.data, (size_t)odd_next(&random, whole.len + 1)});
        out.data[out.start + odd_next(&random, whole.len)] = (uint8_t)odd_next(&random, 256);
        (void)both_agree(&known, method, whole);
    }
    assert_in_range(good, ROUNDS / 2, ROUNDS - ROUNDS / 50); /* both kinds have come */
    rtmi_buf_deinit(&out);
}

/* What SDKs send, cut behind each byte and with each byte wrong, in the order that is expected. */
static void every_cut_and_every_wrong_byte_is_seen_the_same(void **state)
{
    static const char *const keys[] = {"mtype", "from", "gid", "mid"};
    static params_known known;
    const rtmi_method *method = rtmi_method_find(RTMI_SERVER, rtmi_span_of_text("sendgroupmsg"));
    rtmi_buf out;

    (void)state;
    rtmi_buf_init(&out, 1 << 12);
    rtmi_pack_map(&out, 10);
    rtmi_pack_key_int(&out, "pid", 11000001);
    rtmi_pack_key_str(&out, "sign", rtmi_span_of_text("83BB55DBAE5733FB612FE13C31C40570"));
    rtmi_pack_key_int(&out, "salt", INT64_C(7301444403200000001));
    rtmi_pack_key_int(&out, "ts", 1795478135);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        rtmi_pack_key_int(&out, keys[i], INT64_C(51) << 14 * i);
    rtmi_pack_key_str(&out, "msg", rtmi_span_of_text("a text"));
    rtmi_pack_key_str(&out, "attrs", (rtmi_span){NULL, 0});
    const rtmi_span whole = rtmi_buf_span(&out);
    assert_int_equal(both_agree(&known, method, whole), 0);
    for (size_t len = 0; len < whole.len; len++)
        assert_int_equal(both_agree(&known, method, (rtmi_span){whole.data, len}),
                         RTMI_PACK_E_SHORT);
    for (size_t i = 0; i < whole.len; i++) {
        const uint8_t was = whole.data[i];
        for (unsigned byte = 0; byte < 256; byte++) {
            out.data[out.start + i] = (uint8_t)byte;
            (void)both_agree(&known, method, whole);
        }
        out.data[out.start + i] = was;
    }
    rtmi_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_agree_on_payloads_of_every_form),
        cmocka_unit_test(every_cut_and_every_wrong_byte_is_seen_the_same),
    };

    return cmocka_run_group_tests_name("gate_core.params", tests, NULL, NULL);
}
