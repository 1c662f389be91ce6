/*
 * Memory that runs out once, at each request in turn, in the life of a client that makes typed
 * calls, walks through a history and sends files: a call ends once, with an error that says why,
 * nothing leaks, and asked again everything goes on where it stood: no row of a history is left
 * out, no file is sent that was reported as refused before it went.
 *
 * Only the test's thread is short of memory; the scripted gate, which is its own file gate, has a
 * thread and memory of its own.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/alloc_fail.h"
#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define ROWS 5
#define TRIES 3 /* one failure may cost a connection, and the next try with it */

typedef struct world {
    peer *gate;
    rtm_client *client;
    pthread_mutex_t lock; /* of the rest: the peer has a thread of its own */
    char leave[200];
    char json[1000];
} world;

/* The rows behind `lastid`, two at most. */
static const char *say_rows(world *w, const char *quest)
{
    const char *at = strstr(quest, "\"lastid\":");
    int last = at == NULL ? 0 : (int)strtol(at + strlen("\"lastid\":"), NULL, 10);
    char rows[500] = "";
    size_t used = 0;
    int count = 0;

    for (; count < 2 && last < ROWS; count++) {
        last++;
        used += (size_t)snprintf(rows + used, sizeof rows - used,
                                 "%s[%d,4,51,%d,false,\"text\",\"\",1700000000000]",
                                 count == 0 ? "" : ",", last, 100 + last);
    }
    (void)snprintf(w->json, sizeof w->json,
                   "{\"num\":%d,\"lastid\":%d,\"begin\":1700000000000,\"end\":0,\"msgs\":[%s]}",
                   count, last, rows);
    return w->json;
}

static peer_reply answer(peer *self, const peer_quest *quest, void *userdata)
{
    world *w = userdata;
    peer_reply reply = {.verb = PEER_ANSWER};

    (void)self;
    (void)pthread_mutex_lock(&w->lock);
    if (strcmp(quest->method, "getfriends") == 0)
        reply.json = "{\"uids\":[1,2,3]}";
    else if (strcmp(quest->method, "icheck") == 0)
        reply.json = "{\"result\":0,\"tags\":[1]}";
    else if (strcmp(quest->method, "getgroupmsg") == 0)
        reply.json = say_rows(w, quest->json);
    else if (strcmp(quest->method, "filetoken") == 0)
        reply.json = w->leave;
    else if (strncmp(quest->method, "send", 4) == 0)
        reply.json = "{\"mtime\":1700000000123}";
    (void)pthread_mutex_unlock(&w->lock);
    return reply;
}

static world *open_world(void)
{
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    (void)pthread_mutex_init(&w->lock, NULL);
    w->gate = peer_new(answer, w);
    assert_non_null(w->gate);
    (void)pthread_mutex_lock(&w->lock);
    (void)snprintf(w->leave, sizeof w->leave, "{\"token\":\"TOKEN123\",\"endpoint\":\"%s\"}",
                   peer_get_endpoint(w->gate));
    (void)pthread_mutex_unlock(&w->lock);
    return w;
}

static void close_world(world *w)
{
    peer_free(w->gate);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

/*
 * How a step may end: well, or for want of memory, which may cost the connection. Whoever signs
 * does not tell want of memory from a failure of the crypto library.
 */
static bool is_short_of_memory(int r)
{
    return alloc_fail_hit() &&
           (r == RTM_E_NOMEM || r == RTM_E_LOST || r == RTM_E_CONNECT || r == RTM_E_SYSTEM);
}

typedef int step_fn(world *w);

/* Do a step until it succeeds; true: at the first try. */
static bool do_step(world *w, step_fn *step)
{
    for (int tries = 0; tries < TRIES; tries++) {
        int r = rtm_client_connect_wait(w->client);
        if (r == 0)
            r = step(w);
        if (r == 0)
            return tries == 0;
        if (!is_short_of_memory(r))
            fail_msg("a step ended with %s", rtm_err_name(r));
    }
    fail_msg("a step failed %d times", TRIES);
    return false;
}

static bool open_client(world *w)
{
    rtm_client_options options;
    int r = RTM_E_NOMEM;

    client_options(peer_get_endpoint(w->gate), &options);
    options.backoff_first_ms = 1;
    options.backoff_ceiling_ms = 2;
    options.log = NULL;
    for (int tries = 0; r < 0 && tries < 2; tries++) {
        r = rtm_client_new(&options, &w->client);
        assert_true(r == 0 || is_short_of_memory(r));
    }
    assert_int_equal(r, 0);
    return !alloc_fail_hit();
}

/* What a callback was told. */
typedef struct told {
    int count;
    int r;
    size_t rows;
} told;

static void note_end(told *it, const rtm_error *err)
{
    it->count++;
    it->r = err == NULL ? 0 : err->local == 0 ? RTM_E_PEER : err->local;
}

/* What an asynchronous call has come to: `r` is what it returned. */
static int await(world *w, int r, const told *it)
{
    if (r < 0) {
        assert_int_equal(it->count, 0);
        return r;
    }
    while (it->count == 0) {
        r = rtm_client_run(w->client, 1);
        assert_int_equal(r, 0);
    }
    assert_int_equal(it->count, 1);
    return it->r;
}

static void got_uids(rtm_client *client, const rtm_error *err, const rtm_result_uids *result,
                     void *userdata)
{
    (void)client;
    note_end(userdata, err);
    assert_true((err == NULL) == (result != NULL));
    if (result != NULL)
        assert_int_equal(rtm_value_get_count(result->uids), 3);
}

static void got_done(rtm_client *client, const rtm_error *err, void *userdata)
{
    (void)client;
    note_end(userdata, err);
}

static int ask_friends(world *w)
{
    told it = {.count = 0};
    rtm_call *call = NULL;
    int r = rtm_client_get_friends(w->client, 4, 0, got_uids, &it, &call);

    assert_true((r == 0) == (call != NULL));
    r = await(w, r, &it);
    rtm_call_free(call);
    return r;
}

static int await_friends(world *w)
{
    rtm_result_uids result;
    rtm_answer *got = NULL;
    rtm_error error = {.code = 0};
    const int r = rtm_client_get_friends_wait(w->client, 4, 0, &result, &got, &error);

    assert_true((r == 0) == (got != NULL));
    assert_true(r == 0 || error.local == r);
    if (r == 0)
        assert_int_equal(rtm_value_get_count(result.uids), 3);
    rtm_answer_free(got);
    return r;
}

static int add_friends(world *w)
{
    static int64_t many[2000]; /* with a proof in front, and a buffer that has to grow */
    told it = {.count = 0};

    for (size_t i = 0; i < 2000; i++)
        many[i] = INT64_MAX - (int64_t)i;
    return await(w, rtm_client_add_friends(w->client, 4, many, 2000, 0, got_done, &it, NULL), &it);
}

static int check_image(world *w)
{
    static const char image[3000];
    const int64_t uid = 4;
    rtm_result_check result;
    rtm_answer *got = NULL;
    const int r = rtm_client_image_check_wait(w->client, image, sizeof image, 2, &uid, 0, &result,
                                              &got, NULL);

    assert_true((r == 0) == (got != NULL));
    rtm_answer_free(got);
    return r;
}

static int cancel(world *w)
{
    told it = {.count = 0};
    rtm_call *call = NULL;
    const int r = rtm_client_get_friends(w->client, 4, 0, got_uids, &it, &call);

    rtm_call_free(call);
    assert_true(rtm_client_run(w->client, 0) == 0);
    assert_int_equal(it.count, 0);
    return r;
}

static bool make_calls(world *w)
{
    bool ok = open_client(w);

    ok = do_step(w, add_friends) && ok;
    ok = do_step(w, ask_friends) && ok;
    ok = do_step(w, await_friends) && ok;
    ok = do_step(w, check_image) && ok;
    ok = do_step(w, cancel) && ok;
    rtm_client_free(w->client);
    return ok;
}

static int begin_walk(world *w, rtm_history **ret_walk)
{
    const rtm_history_query query = {
        .size = sizeof query, .kind = RTM_KIND_GROUP, .id = 7, .page = 2};

    return rtm_history_new(w->client, &query, ret_walk);
}

/* The row that the walk is at, across the tries. */
static rtm_history *walk;
static int64_t rows_seen;

static int next_row(world *w)
{
    rtm_history_row row;
    const int r = rtm_history_next_wait(walk, 0, &row, NULL);

    (void)w;
    if (r != 1)
        return r;
    assert_int_equal(row.id, ++rows_seen);
    return 0;
}

static void got_page(rtm_client *client, const rtm_error *err, const rtm_result_history *page,
                     void *userdata)
{
    told *it = userdata;

    (void)client;
    note_end(it, err);
    it->rows = page == NULL ? 0 : rtm_value_get_count(page->msgs);
}

static int next_page(world *w)
{
    told it = {.count = 0};
    const int r = await(w, rtm_history_next_page(walk, 0, got_page, &it), &it);

    if (r == 0)
        rows_seen += (int64_t)it.rows;
    return r;
}

static int open_walk(world *w)
{
    rows_seen = 0;
    return begin_walk(w, &walk);
}

static bool read_history(world *w)
{
    bool ok = open_client(w);

    ok = do_step(w, open_walk) && ok;
    for (int i = 0; i < ROWS + 1; i++) /* and the end */
        ok = do_step(w, next_row) && ok;
    assert_int_equal(rows_seen, ROWS);
    rtm_history_free(walk);

    ok = do_step(w, open_walk) && ok;
    while (!rtm_history_is_at_end(walk))
        ok = do_step(w, next_page) && ok;
    assert_int_equal(rows_seen, ROWS);
    rtm_history_free(walk);
    rtm_client_free(w->client);
    return ok;
}

static const int64_t receivers[] = {8, 9};

static rtm_outgoing_file a_file(void)
{
    static const char content[5000];

    return (rtm_outgoing_file){.size = sizeof(rtm_outgoing_file),
                               .from = 5,
                               .to = 7,
                               .tos = receivers,
                               .to_count = 2,
                               .mtype = RTM_MTYPE_IMAGE,
                               .content = content,
                               .content_len = sizeof content,
                               .name = "a.png",
                               .attrs = "{}"};
}

static void got_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata)
{
    (void)client;
    (void)sent;
    note_end(userdata, err);
}

static int send_file(world *w)
{
    const rtm_outgoing_file file = a_file();
    told it = {.count = 0};
    rtm_call *call = NULL;
    int r = rtm_client_send_files(w->client, &file, 0, got_sent, &it, &call);

    assert_true((r == 0) == (call != NULL));
    r = await(w, r, &it);
    rtm_call_free(call);
    return r;
}

static int await_file(world *w)
{
    const rtm_outgoing_file file = a_file();
    rtm_sent sent = {.mid = 0};
    const int r = rtm_client_send_group_file_wait(w->client, &file, 0, &sent, NULL);

    if (r == 0)
        assert_int_equal(sent.mtime_ms, 1700000000123);
    return r;
}

/* The client goes while a file is under way. */
static int leave_a_file(world *w)
{
    const rtm_outgoing_file file = a_file();
    const int r = rtm_client_send_file(w->client, &file, 0, NULL, NULL, NULL);

    if (r == 0)
        assert_int_equal(rtm_client_run(w->client, 0), 0);
    return r;
}

static bool send_files(world *w)
{
    const size_t to_users = peer_count(w->gate, "sendfiles");
    const size_t to_group = peer_count(w->gate, "sendgroupfile");
    bool ok = open_client(w);

    ok = do_step(w, send_file) && ok;
    ok = do_step(w, await_file) && ok;
    /* One that has not arrived was not reported as sent; at most one answer was not heard. */
    assert_in_range(peer_count(w->gate, "sendfiles") - to_users, 1, 2);
    assert_in_range(peer_count(w->gate, "sendgroupfile") - to_group, 1, 2);
    ok = do_step(w, leave_a_file) && ok;
    rtm_client_free(w->client);
    return ok;
}

typedef bool life_fn(world *w);

/* A life with a gate of its own, which has memory all the time. */
static bool live(void *userdata)
{
    life_fn *const *life = userdata;

    alloc_fail_watch(false);
    world *w = open_world();
    alloc_fail_watch(true);
    const bool ok = (*life)(w);
    alloc_fail_watch(false);
    close_world(w);
    alloc_fail_watch(true);
    return ok;
}

static void sweep(life_fn *life, const char *what)
{
    alloc_fail_watch(true);
    const size_t count = alloc_fail_sweep(live, &life);
    alloc_fail_watch(false);
    print_message("%s: %zu requests\n", what, count);
    assert_true(count > 20);
}

static void typed_calls_survive_every_failure(void **state)
{
    (void)state;
    sweep(make_calls, "typed calls");
}

static void a_history_is_read_whole_in_spite_of_every_failure(void **state)
{
    (void)state;
    sweep(read_history, "history");
}

static void files_survive_every_failure(void **state)
{
    (void)state;
    sweep(send_files, "files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_calls_survive_every_failure),
        cmocka_unit_test(a_history_is_read_whole_in_spite_of_every_failure),
        cmocka_unit_test(files_survive_every_failure),
    };

    return cmocka_run_group_tests_name("client.alloc", tests, NULL, NULL);
}
