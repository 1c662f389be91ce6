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

#include "tests/support/gate_process.h"
#include "tests/support/json_params.h"
#include "tests/support/listener.h"
#include "tests/support/method_codes.h"
#include "tests/support/user_link.h"

enum { USERS_MAX = 8, LINE_SIZE = 1000, TEXT_SIZE = 1 << 20, WORDS_MAX = 16 };

/* Methods that need more than this gate has: integration.gate.files sees them succeed. */
static const char *const elsewhere[] = {"filetoken", NULL};

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
    int wrong; /* rows */
    codes_seen seen;
    char text[TEXT_SIZE];   /* one value, expanded */
    char object[TEXT_SIZE]; /* all of a user's quest */
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

static int call_as_program(stage *s, row *r, char **ret_json)
{
    rtm_params *params = json_params_new(object_of(s, r));
    rtm_answer *answer = NULL;
    rtm_error error = {0};

    const int code = rtm_client_call_wait(s->client, r->method, params, 0, &answer, &error);
    rtm_params_free(params);
    *ret_json = code != 0 ? NULL : json_params_of_value(rtm_answer_get_value(answer));
    rtm_answer_free(answer);
    if (code != 0 && error.local != 0)
        fail_msg("line %d: %s: %d %s", s->line, r->method, error.code, error.text);
    return code == 0 ? 0 : error.code;
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

static int call_as_user(stage *s, row *r, char **ret_json)
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

/* ---- the script ---------------------------------------------------------------------------- */

static void begin_session(stage *s, int64_t uid)
{
    user *fresh = user_of(s, 0);
    char *json;
    char pid[32];
    char whose[32];
    char token[32];
    row r = {.words = {pid, whose, token}, .word_count = 3, .method = "auth", .uid = uid};

    fresh->uid = uid;
    user_link_open(&fresh->link, s->gate.endpoint);
    (void)snprintf(pid, sizeof pid, "pid=%d", (int)s->pid);
    (void)snprintf(whose, sizeof whose, "uid=%lld", (long long)uid);
    (void)snprintf(token, sizeof token, "token=@token:%lld", (long long)uid);
    assert_int_equal(call_as_user(s, &r, &json), 0);
    assert_string_equal(json, "{\"ok\":true}");
    free(json);
}

static void end_session(stage *s, int64_t uid)
{
    user *ended = user_of(s, uid);

    user_link_close(&ended->link);
    ended->uid = 0;
}

static void take_row(stage *s, row *r)
{
    char *json;
    char number[20];
    const int code = r->uid == 0 ? call_as_program(s, r, &json) : call_as_user(s, r, &json);

    (void)snprintf(number, sizeof number, "%d", code);
    const char *got = code != 0 ? number : json;
    if (strcmp(got, r->expected) != 0 && (code != 0 || strcmp(r->expected, "*") != 0)) {
        print_message("line %d: %s: %s, not %s\n", s->line, r->method, got, r->expected);
        s->wrong++;
    }
    free(json);
    if (!codes_seen_note(&s->seen, r->uid != 0, r->method, code)) {
        print_message("line %d: the table gives %s no code %d\n", s->line, r->method, code);
        s->wrong++;
    }
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
    const size_t missing = codes_seen_missing(&s->seen, elsewhere);
    if (s->wrong > 0 || missing > 0)
        fail_msg("%d rows are wrong, %zu are missing", s->wrong, missing);
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
