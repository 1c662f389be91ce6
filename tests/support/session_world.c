#include "tests/support/session_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/rtm/message.h"

static uint64_t next_random(void *userdata)
{
    world *w = userdata;

    w->random += UINT64_C(0x9e3779b97f4a7c15);
    return rtmi_mix64(w->random);
}

static void tell(world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(world *w, const char *format, ...)
{
    const size_t used = strlen(w->told);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(w->told + used, sizeof w->told - used, format, args);
    va_end(args);
}

static void on_ping(void *userdata)
{
    tell(userdata, "p ");
}

static void on_message(const rtm_message *message, void *userdata)
{
    world *w = userdata;

    tell(w, "m%lld ", (long long)message->mid);
    if (w->at_push != NULL)
        w->at_push(w, message);
}

static void on_event(const rtm_event *event, void *userdata)
{
    world *w = userdata;

    tell(w, "e:%.*s ", (int)event->event.len, event->event.data);
    if (w->at_push != NULL)
        w->at_push(w, NULL);
}

static void on_listening(bool is_listening, void *userdata)
{
    tell(userdata, "L%d ", is_listening);
}

static void on_gap(int64_t from_wall_ms, int64_t to_wall_ms, const rtmi_listen_value *what,
                   void *userdata)
{
    tell(userdata, "G%lld-%lld[%s] ", (long long)(from_wall_ms - WORLD_WALL_MS),
         (long long)(to_wall_ms - WORLD_WALL_MS), world_value_text(what));
}

void world_note_gaps(world *w)
{
    w->callbacks.gap = on_gap;
}

static void on_ended(const rtm_error *err, rtmi_span answer, void *userdata)
{
    world_call *call = userdata;

    if (err == NULL)
        tell(call->world, "c%d=ok ", call->number);
    else
        tell(call->world, "c%d=%d/%d ", call->number, err->code, err->local);
    assert_true(err == NULL || answer.len == 0);
    if (call->frees_itself) {
        rtmi_call_free(call->handle);
        call->handle = NULL;
    }
}

/* A buffer over memory that stands there: it is full where that ends. */
static void fix(rtmi_buf *buf, uint8_t *bytes, size_t size)
{
    *buf = (rtmi_buf){.data = bytes, .cap = size, .max = size};
}

world *world_new(void)
{
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->signer = rtmi_signer_new();
    assert_non_null(w->signer);
    fix(&w->wire, w->wire_bytes, sizeof w->wire_bytes);
    fix(&w->half, w->half_bytes, sizeof w->half_bytes);
    fix(&w->entries, w->entry_bytes, sizeof w->entry_bytes);
    w->now = (rtmi_time){WORLD_START_MS, WORLD_WALL_MS};
    w->config = (rtmi_session_config){.pid = WORLD_PID,
                                      .secret = rtmi_span_of_text(WORLD_SECRET),
                                      .quest_timeout_ms = 5000,
                                      .restore_listen = true,
                                      .max_package_bytes = 1 << 16,
                                      .max_output_bytes = 1 << 19,
                                      .max_pending_calls = 16,
                                      .max_listen_ids = 100,
                                      .dedup_count = 1000,
                                      .dedup_ms = 60000,
                                      .random64 = next_random,
                                      .random_userdata = w};
    w->callbacks = (rtmi_session_callbacks){.userdata = w,
                                            .ping = on_ping,
                                            .message = on_message,
                                            .event = on_event,
                                            .listening = on_listening};
    return w;
}

void world_free(world *w)
{
    world_close(w);
    rtmi_signer_free(w->signer);
    free(w);
}

int world_open(world *w)
{
    const int r = rtmi_session_new(&w->config, &w->session);

    if (r == 0)
        rtmi_session_set_callbacks(w->session, &w->callbacks);
    return r;
}

void world_close(world *w)
{
    rtmi_session_free(w->session);
    w->session = NULL;
    w->quest_count = w->answer_count = 0;
    w->told[0] = '\0';
    rtmi_buf_clear(&w->wire);
    rtmi_buf_clear(&w->half);
}

void world_connect(world *w)
{
    rtmi_session_opening(w->session, w->now);
    rtmi_session_opened(w->session, w->now);
}

void world_cut(world *w, int reason, bool will_retry)
{
    rtmi_session_closed(w->session, reason, will_retry, w->now);
    rtmi_buf_clear(&w->half);
    rtmi_buf_clear(&w->wire);
    w->quest_count = 0;
}

/* Signed by the rules, with our secret, at our time. */
static void check_sign(world *w, const rtmi_package *package)
{
    char hex[RTMI_SIGN_LEN];
    rtmi_payload params;
    rtmi_span sign;

    assert_int_equal(rtmi_payload_open(package->payload, &params), 0);
    if (package->method.data[0] == '*') {
        assert_int_equal(rtmi_payload_get_bytes(&params, "sign", &sign), 0);
        return;
    }
    assert_int_equal(world_param_int(&params, "pid"), WORLD_PID);
    /* The time of its making: it may have lain in the output for a while. */
    assert_in_range(world_param_int(&params, "ts"), w->now.wall_ms / 1000 - 60,
                    w->now.wall_ms / 1000);
    assert_true(rtmi_sign(w->signer, WORLD_PID, rtmi_span_of_text(WORLD_SECRET),
                          world_param_int(&params, "salt"), package->method,
                          world_param_int(&params, "ts"), hex));
    assert_int_equal(rtmi_payload_get_bytes(&params, "sign", &sign), 1);
    assert_int_equal(sign.len, sizeof hex);
    assert_memory_equal(sign.data, hex, sizeof hex);
}

static void take_package(world *w, const rtmi_package *package)
{
    rtmi_span text;

    if (package->kind == RTMI_FRAME_ANSWER) {
        world_answer *answer = &w->answers[w->answer_count % 256];
        *answer = (world_answer){.seq = package->seq, .status = package->status};
        if (package->status != 0)
            rtmi_answer_read_error(package->payload, &answer->code, &text);
        w->answer_count++;
        return;
    }
    assert_int_equal(package->kind, RTMI_FRAME_TWOWAY);
    check_sign(w, package);
    assert_true(w->quest_count < WORLD_QUESTS);
    assert_true(package->payload.len <= WORLD_PAYLOAD && package->method.len < 64);
    world_quest *quest = &w->quests[w->quest_count++];
    memcpy(quest->method, package->method.data, package->method.len);
    quest->method[package->method.len] = '\0';
    quest->seq = package->seq;
    memcpy(quest->payload, package->payload.data, package->payload.len);
    quest->len = package->payload.len;
}

void world_take_output_of(world *w, size_t max)
{
    const rtmi_span out = rtmi_session_get_output(w->session);
    const size_t len = max == 0 ? out.len : rtmi_min_size(max, out.len);
    rtmi_package package;
    int r;

    rtmi_buf_append(&w->half, out.data, len);
    if (len > 0)
        rtmi_session_sent(w->session, len);
    while ((r = rtmi_frame_decode(rtmi_buf_span(&w->half), SIZE_MAX, &package)) == 1) {
        take_package(w, &package);
        rtmi_buf_consume(&w->half, package.size);
    }
    assert_int_equal(r, 0);
    assert_int_equal(w->half.error, 0);
}

void world_take_output(world *w)
{
    world_take_output_of(w, 0);
}

int world_deliver(world *w)
{
    const rtmi_span all = rtmi_buf_span(&w->wire);
    size_t at = 0;
    int r = 0;

    assert_int_equal(w->wire.error, 0);
    while (r == 0 && at < all.len) {
        size_t room = 0;
        uint8_t *space = rtmi_session_read_space(w->session, &room);
        if (space == NULL)
            return RTM_E_NOMEM;
        const size_t len =
            rtmi_min_size(rtmi_min_size(room, all.len - at), w->cut == 0 ? SIZE_MAX : w->cut);
        memcpy(space, all.data + at, len);
        at += len;
        r = rtmi_session_read_done(w->session, len, w->now);
    }
    rtmi_buf_clear(&w->wire);
    return r;
}

void world_tick(world *w, int64_t ms)
{
    w->now.mono_ms += ms;
    w->now.wall_ms += ms;
    rtmi_session_tick(w->session, w->now);
}

void world_answer_ok(world *w, uint32_t seq)
{
    rtmi_answer_empty(&w->wire, seq);
}

void world_answer_int(world *w, uint32_t seq, const char *key, int64_t value)
{
    const size_t mark = rtmi_frame_begin_answer(&w->wire, seq, false);

    rtmi_pack_map(&w->wire, 1);
    rtmi_pack_key_int(&w->wire, key, value);
    rtmi_frame_end(&w->wire, mark);
}

void world_answer_error(world *w, uint32_t seq, int code, const char *text)
{
    rtmi_answer_error(&w->wire, seq, code, rtmi_span_of_text(text));
}

void world_push(world *w, uint32_t seq, rtm_kind kind, int64_t from, int64_t to, int64_t mid,
                const char *text)
{
    const rtm_message message = {.kind = kind,
                                 .mtype = 51,
                                 .from = from,
                                 .to = to,
                                 .mid = mid,
                                 .mtime_ms = w->now.wall_ms,
                                 .msg = {text, strlen(text)},
                                 .attrs = {"", 0}};

    rtmi_message_encode(&w->wire, seq, &message, 0);
}

void world_push_event(world *w, uint32_t seq, const char *event, int64_t uid)
{
    const rtm_event e = {.event = {event, strlen(event)},
                         .pid = WORLD_PID,
                         .uid = uid,
                         .endpoint = {"", 0},
                         .data = {"", 0}};

    rtmi_event_encode(&w->wire, seq, &e);
}

void world_push_ping(world *w, uint32_t seq)
{
    const size_t mark = rtmi_frame_begin_quest(&w->wire, true, seq, rtmi_span_of_text("ping"));

    rtmi_pack_map(&w->wire, 0);
    rtmi_frame_end(&w->wire, mark);
}

uint32_t world_next_params(world *w, const char *method, rtmi_payload *ret_params)
{
    static world_quest taken;

    world_take_output(w);
    assert_true(w->quest_count > 0);
    taken = w->quests[0];
    w->quest_count--;
    memmove(w->quests, w->quests + 1, w->quest_count * sizeof w->quests[0]);
    assert_string_equal(taken.method, method);
    if (ret_params != NULL)
        assert_int_equal(rtmi_payload_open((rtmi_span){taken.payload, taken.len}, ret_params), 0);
    return taken.seq;
}

uint32_t world_next(world *w, const char *method)
{
    return world_next_params(w, method, NULL);
}

void world_agree(world *w, const char *method)
{
    world_answer_ok(w, world_next(w, method));
    assert_int_equal(world_deliver(w), 0);
}

size_t world_waiting(world *w)
{
    world_take_output(w);
    return w->quest_count;
}

int64_t world_param_int(const rtmi_payload *params, const char *key)
{
    int64_t value = 0;

    assert_int_equal(rtmi_payload_get_int(params, key, &value), 1);
    return value;
}

const char *world_param_text(const rtmi_payload *params, const char *key)
{
    static char text[1024];
    size_t used = 0;
    rtmi_span value;
    rtmi_token token;

    if (!rtmi_payload_find(params, key, &value))
        return "absent";
    rtmi_cursor in = rtmi_cursor_of(value);
    assert_int_equal(rtmi_pack_read(&in, &token), 0);
    if (token.type == RTMI_PACK_BOOL)
        return token.boolean ? "true" : "false";
    assert_int_equal(token.type, RTMI_PACK_ARRAY);
    text[used++] = '[';
    for (uint32_t i = token.count; i > 0; i--) {
        rtmi_token element;
        assert_int_equal(rtmi_pack_read(&in, &element), 0);
        if (element.type == RTMI_PACK_INT)
            used += (size_t)snprintf(text + used, sizeof text - used, "%lld",
                                     (long long)element.integer);
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%.*s",
                                     (int)element.bytes.len, (const char *)element.bytes.data);
        if (i > 1)
            text[used++] = ',';
    }
    text[used++] = ']';
    text[used] = '\0';
    return text;
}

void world_expect(world *w, const char *words)
{
    const size_t len = strlen(w->told);

    if (len > 0)
        w->told[len - 1] = '\0'; /* the last blank */
    assert_string_equal(w->told, words);
    w->told[0] = '\0';
}

int world_call_start(world *w, world_call *call, int number, const char *method, int64_t timeout_ms,
                     bool is_held)
{
    *call = (world_call){.world = w, .number = number};
    rtmi_buf_clear(&w->entries);
    rtmi_pack_key_int(&w->entries, "n", number);
    return rtmi_session_call(w->session, rtmi_span_of_text(method), 1, rtmi_buf_span(&w->entries),
                             timeout_ms, w->now, on_ended, call, is_held ? &call->handle : NULL);
}

static const char *take_ids(rtmi_ids *list, const char *at, bool *ok)
{
    int64_t ids[128];
    size_t count = 0;

    while (*at >= '0' && *at <= '9') {
        char *end;
        ids[count++] = strtoll(at, &end, 10);
        at = *end == ',' ? end + 1 : end;
    }
    *ok = *ok && rtmi_ids_take(list, ids, count, SIZE_MAX) == 0;
    return at;
}

bool world_op(rtmi_listen_op *op, rtmi_listen_verb verb, const char *lists, unsigned all)
{
    bool ok = true;

    *op = (rtmi_listen_op){.verb = verb, .value = {.all = all}};
    for (const char *at = lists; *at != '\0';) {
        const char *names = "gru";
        const char *name = strchr(names, *at);
        if (*at == ' ') {
            at++;
        } else if (name != NULL) {
            op->has |= 1u << (name - names);
            at = take_ids(&op->value.lists[name - names], at + 1, &ok);
        } else {
            const size_t len = strcspn(at + 1, " ");
            assert_int_equal(*at, 'e');
            op->has |= RTMI_LISTEN_HAS_EVENTS;
            if (len > 0)
                assert_int_equal(rtmi_listen_value_add_event(&op->value, at + 1, len), 0);
            at += 1 + len;
        }
    }
    if (!ok)
        rtmi_listen_value_deinit(&op->value);
    return ok;
}

int world_listen(world *w, world_call *call, int number, rtmi_listen_verb verb, const char *lists,
                 unsigned all, bool is_held)
{
    rtmi_listen_op op;

    *call = (world_call){.world = w, .number = number};
    if (!world_op(&op, verb, lists, all))
        return RTM_E_NOMEM;
    const int r = rtmi_session_listen(w->session, &op, 0, w->now, on_ended, call,
                                      is_held ? &call->handle : NULL);
    rtmi_listen_value_deinit(&op.value);
    return r;
}

const char *world_value_text(const rtmi_listen_value *value)
{
    static char text[2][4096];
    static int turn;
    char *out = text[turn = !turn];
    size_t used = 0;

    for (size_t i = 0; i < RTMI_LISTEN_LISTS; i++) {
        used +=
            (size_t)snprintf(out + used, sizeof text[0] - used, "%s%c", i > 0 ? " " : "", "gru"[i]);
        for (size_t n = 0; n < value->lists[i].count; n++)
            used += (size_t)snprintf(out + used, sizeof text[0] - used, "%s%lld", n > 0 ? "," : "",
                                     (long long)value->lists[i].ids[n]);
    }
    used += (size_t)snprintf(out + used, sizeof text[0] - used, " e");
    for (size_t n = 0; n < value->event_count; n++)
        used += (size_t)snprintf(out + used, sizeof text[0] - used, "%s%s", n > 0 ? "," : "",
                                 value->events[n]);
    (void)snprintf(out + used, sizeof text[0] - used, " all=%u", value->all);
    return out;
}
