/*
 * Every method of the gate, with each code that its table gives: the rows are in
 * tests/data/methods.txt, and one that is missing fails the test. Programs ask through librtm;
 * users through a connection of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "lib/fpnn/json.h"
#include "lib/rtm/methods.h"
#include "tests/support/gate_process.h"
#include "tests/support/listener.h"
#include "tests/support/user_link.h"

enum { USERS_MAX = 8, LINE_SIZE = 1000, TEXT_SIZE = 1 << 20, WORDS_MAX = 16 };

/* Methods whose handlers are still to come: their rows come with them. */
static const char *const later[] = {"filetoken"};

typedef struct user {
    int64_t uid; /* 0: nobody */
    user_link link;
} user;

typedef struct stage {
    gate_process gate;
    rtm_client *client;
    int32_t pid;
    user users[USERS_MAX];
    int line;
    int wrong;                                              /* rows */
    bool seen[RTMI_METHODS_MAX][RTMI_METHOD_CODES_MAX + 1]; /* the last: success */
    char text[TEXT_SIZE];                                   /* one value, expanded */
    char object[TEXT_SIZE];                                 /* all of a user's quest */
} stage;

typedef struct row {
    char *words[WORDS_MAX]; /* key=value */
    size_t word_count;
    const char *method;
    int64_t uid; /* 0: a program; -1: a stranger */
    const char *expected;
} row;

/* ---- one call ------------------------------------------------------------------------------ */

static void connect_program(stage *s)
{
    rtm_client_options options;

    client_options(s->gate.endpoint, &options);
    options.pid = s->pid;
    s->client = client_connected(NULL, &options, NULL);
}

/* "@text:N", "@ids:N" (1 to N), "@token:UID"; anything else is JSON as it is. */
static const char *expand(stage *s, const char *value)
{
    const char *number = strchr(value, ':');
    const long count = number == NULL ? 0 : strtol(number + 1, NULL, 10);
    size_t len = 0;

    if (strncmp(value, "@text:", 6) == 0) {
        assert_true(count >= 0 && count < TEXT_SIZE - 3);
        s->text[len++] = '"';
        memset(s->text + len, 'x', (size_t)count);
        len += (size_t)count;
        (void)snprintf(s->text + len, 2, "\"");
    } else if (strncmp(value, "@ids:", 5) == 0) {
        for (long id = 1; id <= count; id++)
            len +=
                (size_t)snprintf(s->text + len, TEXT_SIZE - len, "%c%ld", id == 1 ? '[' : ',', id);
        (void)snprintf(s->text + len, TEXT_SIZE - len, "]");
    } else if (strncmp(value, "@token:", 7) == 0) {
        rtm_params *params = rtm_params_new();
        rtm_answer *answer = NULL;
        rtm_value token;
        rtm_bytes bytes;
        rtm_params_put_int(params, "uid", count);
        assert_int_equal(rtm_client_call_wait(s->client, "gettoken", params, 0, &answer, NULL), 0);
        assert_int_equal(rtm_value_find(rtm_answer_get_value(answer), "token", &token), 0);
        assert_int_equal(rtm_value_get_bytes(token, &bytes), 0);
        (void)snprintf(s->text, TEXT_SIZE, "\"%.*s\"", (int)bytes.len, (const char *)bytes.data);
        rtm_answer_free(answer);
        rtm_params_free(params);
    } else {
        return value;
    }
    return s->text;
}

/* The value behind the '='; the word ends at the key. */
static const char *split(char *word)
{
    char *equals = strchr(word, '=');

    assert_non_null(equals);
    *equals = '\0';
    return equals + 1;
}

/* The parameters of a row as a JSON object. */
static const char *object_of(stage *s, row *r)
{
    size_t len = 0;

    s->object[len++] = '{';
    for (size_t i = 0; i < r->word_count; i++) {
        const char *value = expand(s, split(r->words[i]));
        len += (size_t)snprintf(s->object + len, TEXT_SIZE - len, "%s\"%s\":%s", i > 0 ? "," : "",
                                r->words[i], value);
        assert_true(len + 2 < TEXT_SIZE);
    }
    (void)snprintf(s->object + len, TEXT_SIZE - len, "}");
    return s->object;
}

static void put(rtm_params *params, const char *key, rtm_value value);

static void put_entries(rtm_params *params, rtm_value value)
{
    rtm_value_iter iter;
    rtm_value name = {NULL, 0};
    rtm_value entry;

    rtm_value_iter_init(&iter, value);
    while (rtm_value_iter_next(&iter, &name, &entry)) {
        rtm_bytes bytes;
        char key[64];
        const bool is_named = rtm_value_get_bytes(name, &bytes) == 0;
        if (is_named)
            (void)snprintf(key, sizeof key, "%.*s", (int)bytes.len, (const char *)bytes.data);
        put(params, is_named ? key : NULL, entry);
    }
}

/* A value again, through the calls of the SDK. */
static void put(rtm_params *params, const char *key, rtm_value value)
{
    rtm_bytes bytes;
    int64_t integer;
    bool boolean;

    switch (rtm_value_get_type(value)) {
    case RTM_VALUE_BOOL:
        assert_int_equal(rtm_value_get_bool(value, &boolean), 0);
        rtm_params_put_bool(params, key, boolean);
        break;
    case RTM_VALUE_INT:
        assert_int_equal(rtm_value_get_int(value, &integer), 0);
        rtm_params_put_int(params, key, integer);
        break;
    case RTM_VALUE_TEXT:
        assert_int_equal(rtm_value_get_bytes(value, &bytes), 0);
        rtm_params_put_text(params, key, (const char *)bytes.data, bytes.len);
        break;
    case RTM_VALUE_ARRAY:
        rtm_params_begin_array(params, key, rtm_value_get_count(value));
        put_entries(params, value);
        break;
    case RTM_VALUE_MAP:
        rtm_params_begin_map(params, key, rtm_value_get_count(value));
        put_entries(params, value);
        break;
    default:
        fail_msg("no such value in rows");
    }
}

static int call_as_program(stage *s, row *r, rtmi_buf *ret_json)
{
    rtm_params *params = rtm_params_new();
    rtm_answer *answer = NULL;
    rtm_error error = {0};
    rtmi_buf pack;

    rtmi_buf_init(&pack, 4 * TEXT_SIZE);
    if (rtmi_json_to_pack(rtmi_span_of_text(object_of(s, r)), &pack) != 0)
        fail_msg("line %d: a value is no JSON", s->line);
    put_entries(params, (rtm_value){rtmi_buf_span(&pack).data, rtmi_buf_len(&pack)});
    rtmi_buf_deinit(&pack);
    assert_int_equal(rtm_params_get_error(params), 0);
    const int code = rtm_client_call_wait(s->client, r->method, params, 0, &answer, &error);
    rtm_params_free(params);
    if (code != 0) {
        if (error.local != 0)
            fail_msg("line %d: %s: %d %s", s->line, r->method, error.code, error.text);
        return error.code;
    }
    const rtm_value value = rtm_answer_get_value(answer);
    assert_int_equal(rtmi_pack_to_json((rtmi_span){value.data, value.len}, ret_json), 0);
    rtm_answer_free(answer);
    return 0;
}

static user *user_of(stage *s, int64_t uid)
{
    for (size_t i = 0; i < USERS_MAX; i++) {
        if (s->users[i].uid == uid)
            return &s->users[i];
    }
    fail_msg("line %d: no user %lld", s->line, (long long)uid);
    return NULL;
}

static int call_as_user(stage *s, row *r, rtmi_buf *ret_json)
{
    const char *object = object_of(s, r);
    user_link stranger;

    if (r->uid > 0)
        return user_link_call(&user_of(s, r->uid)->link, r->method, object, ret_json);
    user_link_open(&stranger, s->gate.endpoint);
    const int code = user_link_call(&stranger, r->method, object, ret_json);
    user_link_close(&stranger);
    return code;
}

/* ---- what the rows cover ------------------------------------------------------------------- */

static void note_seen(stage *s, const row *r, int code)
{
    const rtmi_side side = r->uid == 0 ? RTMI_SERVER : RTMI_CLIENT;
    const rtmi_method *method = rtmi_method_find(side, rtmi_span_of_text(r->method));
    int codes[RTMI_METHOD_CODES_MAX];

    assert_non_null(method);
    const size_t count = rtmi_method_codes(method, codes);
    bool *seen = s->seen[rtmi_method_index(method)];
    if (code == 0)
        seen[RTMI_METHOD_CODES_MAX] = true;
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == code) {
            seen[i] = true;
            return;
        }
    }
    /* What any quest of a user gets is in no row of the table. */
    if (code == 0 || (side == RTMI_CLIENT && code == 200022))
        return;
    print_message("line %d: %s answers %d, which its table does not give\n", s->line, r->method,
                  code);
    s->wrong++;
}

static bool always_refuses(const rtmi_method *method)
{
    int codes[RTMI_METHOD_CODES_MAX];

    return rtmi_method_codes(method, codes) == 1 && (codes[0] == 200060 || codes[0] == 200020);
}

static bool comes_later(const rtmi_method *method)
{
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strcmp(method->name, later[i]) == 0)
            return true;
    }
    return false;
}

static void assert_all_seen(const stage *s)
{
    size_t missing = 0;

    for (size_t i = 0; i < rtmi_method_count(); i++) {
        const rtmi_method *method = rtmi_method_at(i);
        const char *side = method->side == RTMI_CLIENT ? "user's " : "";
        int codes[RTMI_METHOD_CODES_MAX];
        const size_t count = rtmi_method_codes(method, codes);
        if (comes_later(method))
            continue;
        if (!s->seen[i][RTMI_METHOD_CODES_MAX] && !always_refuses(method)) {
            print_message("no row: %s%s => success\n", side, method->name);
            missing++;
        }
        for (size_t n = 0; n < count; n++) {
            if (!s->seen[i][n]) {
                print_message("no row: %s%s => %d\n", side, method->name, codes[n]);
                missing++;
            }
        }
    }
    if (missing > 0)
        fail_msg("%zu rows are missing", missing);
}

/* ---- the script ---------------------------------------------------------------------------- */

static void begin_session(stage *s, int64_t uid)
{
    user *fresh = user_of(s, 0);
    rtmi_buf json;
    char pid[32];
    char whose[32];
    char token[32];
    row r = {.words = {pid, whose, token}, .word_count = 3, .method = "auth", .uid = uid};

    fresh->uid = uid;
    user_link_open(&fresh->link, s->gate.endpoint);
    (void)snprintf(pid, sizeof pid, "pid=%d", (int)s->pid);
    (void)snprintf(whose, sizeof whose, "uid=%lld", (long long)uid);
    (void)snprintf(token, sizeof token, "token=@token:%lld", (long long)uid);
    rtmi_buf_init(&json, TEXT_SIZE);
    assert_int_equal(call_as_user(s, &r, &json), 0);
    assert_true(rtmi_span_is(rtmi_buf_span(&json), "{\"ok\":true}"));
    rtmi_buf_deinit(&json);
}

static void end_session(stage *s, int64_t uid)
{
    user *ended = user_of(s, uid);

    user_link_close(&ended->link);
    ended->uid = 0;
}

static void take_row(stage *s, row *r)
{
    rtmi_buf json;
    char number[20];

    rtmi_buf_init(&json, TEXT_SIZE);
    const int code = r->uid == 0 ? call_as_program(s, r, &json) : call_as_user(s, r, &json);
    (void)snprintf(number, sizeof number, "%d", code);
    const rtmi_span got = code != 0 ? rtmi_span_of_text(number) : rtmi_buf_span(&json);
    if (!rtmi_span_is(got, r->expected) && (code != 0 || strcmp(r->expected, "*") != 0)) {
        print_message("line %d: %s: %.*s, not %s\n", s->line, r->method, (int)got.len,
                      (const char *)got.data, r->expected);
        s->wrong++;
    }
    rtmi_buf_deinit(&json);
    note_seen(s, r, code);
}

/* "[@UID|@new] METHOD [KEY=VALUE …] => CODE|ANSWER|*". */
static void take_line(stage *s, char *line)
{
    row r = {.uid = 0};
    char *rest = NULL;
    char *arrow = strstr(line, " => ");
    char *word;

    if (arrow != NULL) {
        r.expected = arrow + 4;
        *arrow = '\0';
    }
    for (word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (r.method == NULL && word[0] == '@') {
            r.uid = strcmp(word, "@new") == 0 ? -1 : strtoll(word + 1, NULL, 10);
        } else if (r.method == NULL) {
            r.method = word;
        } else {
            assert_true(r.word_count < WORDS_MAX);
            r.words[r.word_count++] = word;
        }
    }
    if (r.method == NULL)
        return;
    if (r.expected != NULL) {
        take_row(s, &r);
        return;
    }
    assert_int_equal(r.word_count, 1);
    const int64_t number = strtoll(r.words[0], NULL, 10);
    if (strcmp(r.method, "login") == 0) {
        begin_session(s, number);
    } else if (strcmp(r.method, "logout") == 0) {
        end_session(s, number);
    } else {
        assert_string_equal(r.method, "project");
        rtm_client_free(s->client);
        s->pid = (int32_t)number;
        connect_program(s);
    }
}

static void run(int shards, gate_store store)
{
    stage *s = calloc(1, sizeof *s);
    const char *root = getenv("RTMKIT_SOURCE");
    char line[LINE_SIZE];

    assert_non_null(s);
    assert_non_null(root);
    s->pid = GATE_PID;
    gate_init(&s->gate, shards, store,
              "max-members = 3\nmax-friends = 2\nmax-rooms = 2\n"
              "[project 11000002]\nsecret = " GATE_SECRET "\nmember-check = true\n"
              "friends-only = true\nadmins = 99\n");
    connect_program(s);
    (void)snprintf(line, sizeof line, "%s/tests/data/methods.txt", root);
    FILE *script = fopen(line, "re");
    assert_non_null(script);
    while (fgets(line, sizeof line, script) != NULL) {
        s->line++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '#')
            take_line(s, line);
    }
    (void)fclose(script);
    for (size_t i = 0; i < USERS_MAX; i++) {
        if (s->users[i].uid != 0)
            user_link_close(&s->users[i].link);
    }
    rtm_client_free(s->client);
    gate_stop(&s->gate);
    gate_deinit(&s->gate);
    assert_all_seen(s);
    assert_int_equal(s->wrong, 0);
    free(s);
}

static void each_method_and_code_with_one_shard_in_memory(void **state)
{
    (void)state;
    run(1, GATE_MEMORY);
}

static void each_method_and_code_with_two_shards_on_disk(void **state)
{
    (void)state;
    run(2, GATE_SQLITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_method_and_code_with_one_shard_in_memory),
        cmocka_unit_test(each_method_and_code_with_two_shards_on_disk),
    };

    return cmocka_run_group_tests_name("gate.methods", tests, NULL, NULL);
}
