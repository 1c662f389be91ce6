/*
 * A walk through a history against a scripted gate that stores some messages: every row once, in
 * order, forwards and backwards, page sizes that divide the whole and that do not, errors between
 * pages, and a gate whose cursor stands still.
 */
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

#define SECOND_MS 1000

/* The gate's messages have the ids 1 to `stored`, and three of them each time. */
typedef struct gate {
    pthread_mutex_t lock; /* of the four: the peer has a thread of its own */
    int stored;
    int refuse; /* so many quests, from the second on */
    int quests;
    bool stands_still;
    char json[8000];
} gate;

static int64_t mtime_of(int id)
{
    return 1700000000000 + id / 3 * SECOND_MS;
}

/* An integer parameter of a quest; 0 if it is absent. */
static int64_t param(const peer_quest *quest, const char *key)
{
    char word[40];

    (void)snprintf(word, sizeof word, "\"%s\":", key);
    const char *at = strstr(quest->json, word);
    return at == NULL ? 0 : strtoll(at + strlen(word), NULL, 10);
}

static peer_reply answer(peer *self, const peer_quest *quest, void *userdata)
{
    gate *far = userdata;
    const bool desc = strstr(quest->json, "\"desc\":true") != NULL;
    const int64_t num = param(quest, "num");
    const int64_t lastid = param(quest, "lastid");
    int64_t begin = param(quest, "begin");
    int64_t end = param(quest, "end");
    int64_t last = lastid;
    size_t used = 0;
    int count = 0;
    char rows[6000] = "";

    (void)self;
    if (strncmp(quest->method, "get", 3) != 0)
        return (peer_reply){.verb = PEER_ANSWER};
    (void)pthread_mutex_lock(&far->lock);
    const int stored = far->stored;
    const bool stands_still = far->stands_still;
    const bool refuses = ++far->quests > 1 && far->refuse > 0;
    far->refuse -= refuses;
    (void)pthread_mutex_unlock(&far->lock);
    if (refuses) {
        return (peer_reply){.verb = PEER_REFUSE, .code = 200010, .text = "slowly"};
    }
    for (int i = 1; i <= stored && count < num; i++) {
        const int id = desc ? stored + 1 - i : i;
        const int64_t mtime = mtime_of(id);
        if (!stands_still && ((lastid != 0 && (desc ? id >= lastid : id <= lastid)) ||
                              (begin != 0 && mtime < begin) || (end != 0 && mtime > end)))
            continue;
        used += (size_t)snprintf(rows + used, sizeof rows - used,
                                 "%s[%d,4,30,%d,false,\"m%d\",\"\",%" PRId64 "]",
                                 count == 0 ? "" : ",", id, 1000 + id, id, mtime);
        count++;
        last = id;
    }
    if (count > 0 && desc)
        end = mtime_of((int)last);
    else if (count > 0)
        begin = mtime_of((int)last);
    if (stands_still)
        last = begin = end = 5;
    (void)snprintf(far->json, sizeof far->json,
                   "{\"num\":%d,\"lastid\":%" PRId64 ",\"begin\":%" PRId64 ",\"end\":%" PRId64
                   ",\"msgs\":[%s]}",
                   count, last, begin, end, rows);
    return (peer_reply){.verb = PEER_ANSWER, .json = far->json};
}

typedef struct world {
    gate gate;
    peer *far;
    rtm_client *client;
    notebook book;
} world;

/* Let the gate have so many messages, and refuse so many quests after the first. */
static void set_gate(world *w, int stored, int refuse, bool stands_still)
{
    (void)pthread_mutex_lock(&w->gate.lock);
    w->gate.stored = stored;
    w->gate.refuse = refuse;
    w->gate.stands_still = stands_still;
    (void)pthread_mutex_unlock(&w->gate.lock);
}

static int open_world(void **state)
{
    world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    (void)pthread_mutex_init(&w->gate.lock, NULL);
    notebook_init(&w->book);
    w->far = peer_new(answer, &w->gate);
    w->client = client_connected(peer_get_endpoint(w->far), NULL, &w->book);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    world *w = *state;

    rtm_client_free(w->client);
    peer_free(w->far);
    notebook_deinit(&w->book);
    (void)pthread_mutex_destroy(&w->gate.lock);
    free(w);
    return 0;
}

static rtm_history *begin(world *w, rtm_history_query query)
{
    rtm_history *history = NULL;

    query.size = sizeof query;
    assert_int_equal(rtm_history_new(w->client, &query, &history), 0);
    return history;
}

/* All rows of a walk must be the ids `first` to `last`. */
static void expect_rows(rtm_history *history, int first, int last)
{
    const int step = last >= first ? 1 : -1;
    rtm_history_row row;
    rtm_error error;
    char text[20];

    for (int id = first; id != last + step; id += step) {
        assert_int_equal(rtm_history_next_wait(history, 0, &row, &error), 1);
        assert_int_equal(row.id, id);
        assert_int_equal(row.mid, 1000 + id);
        assert_int_equal(row.mtime_ms, mtime_of(id));
        (void)snprintf(text, sizeof text, "m%d", id);
        assert_int_equal(row.msg.len, strlen(text));
        assert_memory_equal(row.msg.data, text, strlen(text));
    }
    assert_int_equal(rtm_history_next_wait(history, 0, &row, &error), 0);
    assert_int_equal(rtm_history_next_wait(history, 0, &row, &error), 0);
    assert_true(rtm_history_is_at_end(history));
}

static void every_row_comes_once(void **state)
{
    static const int32_t pages[] = {1, 2, 3, 7, 10, 12, 20, 0};
    world *w = *state;
    peer_quest quest;

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        set_gate(w, 24, 0, false);
        rtm_history *walk =
            begin(w, (rtm_history_query){.kind = RTM_KIND_GROUP, .id = 7, .page = pages[i]});
        expect_rows(walk, 1, 24);
        rtm_history_free(walk);
        walk = begin(w, (rtm_history_query){
                            .kind = RTM_KIND_GROUP, .id = 7, .page = pages[i], .desc = true});
        expect_rows(walk, 24, 1);
        rtm_history_free(walk);
    }
    assert_true(peer_get_quest(w->far, "getgroupmsg", 0, &quest));
    assert_int_equal(param(&quest, "gid"), 7);
    assert_null(strstr(quest.json, "uid"));
    assert_null(strstr(quest.json, "begin"));
    assert_null(strstr(quest.json, "mtypes"));
    set_gate(w, 0, 0, false);
    rtm_history *walk = begin(w, (rtm_history_query){.kind = RTM_KIND_GROUP, .id = 7});
    rtm_history_row row;
    assert_int_equal(rtm_history_next_wait(walk, 0, &row, NULL), 0);
    rtm_history_free(walk);
}

static void each_kind_asks_its_method(void **state)
{
    static const int64_t mtypes[] = {30, 66};
    static const struct {
        rtm_kind kind;
        const char *method;
        const char *id;
    } kinds[] = {
        {RTM_KIND_P2P, "getp2pmsg", "ouid"},
        {RTM_KIND_GROUP, "getgroupmsg", "gid"},
        {RTM_KIND_ROOM, "getroommsg", "rid"},
        {RTM_KIND_BROADCAST, "getbroadcastmsg", "no such"},
    };
    world *w = *state;
    peer_quest quest;

    set_gate(w, 9, 0, false);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        rtm_history *walk = begin(w, (rtm_history_query){.kind = kinds[i].kind,
                                                         .id = 8,
                                                         .uid = 3,
                                                         .page = 4,
                                                         .begin_ms = mtime_of(3),
                                                         .end_ms = mtime_of(6),
                                                         .mtypes = mtypes,
                                                         .mtype_count = 2});
        expect_rows(walk, 3, 8);
        rtm_history_free(walk);
        assert_true(peer_get_quest(w->far, kinds[i].method, 0, &quest));
        assert_int_equal(param(&quest, kinds[i].id), kinds[i].kind == RTM_KIND_BROADCAST ? 0 : 8);
        assert_int_equal(param(&quest, "uid"), 3);
        assert_int_equal(param(&quest, "num"), 4);
        assert_non_null(strstr(quest.json, "\"mtypes\":[30,66]"));
        assert_int_equal(param(&quest, "end"), mtime_of(6));
        assert_true(peer_get_quest(w->far, kinds[i].method, 1, &quest));
        assert_int_equal(param(&quest, "lastid"), 6);
        assert_int_equal(param(&quest, "end"), mtime_of(6));
    }
}

static void an_error_skips_nothing(void **state)
{
    world *w = *state;
    rtm_history_row row;
    rtm_error error;

    set_gate(w, 12, 2, false);
    rtm_history *walk = begin(w, (rtm_history_query){.kind = RTM_KIND_ROOM, .id = 7, .page = 5});
    for (int id = 1; id <= 5; id++)
        assert_int_equal(rtm_history_next_wait(walk, 0, &row, &error), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rtm_history_next_wait(walk, 0, &row, &error), RTM_E_PEER);
        assert_int_equal(error.code, 200010);
    }
    expect_rows(walk, 6, 12);
    rtm_history_free(walk);
}

static void a_cursor_that_stands_still_is_an_error(void **state)
{
    world *w = *state;
    rtm_history_row row;
    rtm_error error = {.code = 0};

    set_gate(w, 12, 0, true);
    rtm_history *walk = begin(w, (rtm_history_query){.kind = RTM_KIND_ROOM, .id = 7, .page = 1});
    /* The first page moves it to 5, the second leaves it there. */
    assert_int_equal(rtm_history_next_wait(walk, 0, &row, &error), 1);
    assert_int_equal(rtm_history_next_wait(walk, 0, &row, &error), RTM_E_PROTO);
    assert_int_equal(error.local, RTM_E_PROTO);
    rtm_history_free(walk);
}

typedef struct reader {
    rtm_history *walk;
    int pages;
    int rows;
    int error;
    bool is_over;
} reader;

static void got_page(rtm_client *client, const rtm_error *err, const rtm_result_history *page,
                     void *userdata)
{
    reader *self = userdata;

    (void)client;
    if (err != NULL) {
        self->error = err->code;
        self->is_over = true;
        return;
    }
    self->pages++;
    self->rows += (int)rtm_value_get_count(page->msgs);
    if (rtm_history_is_at_end(self->walk)) {
        self->is_over = true;
        rtm_history_free(self->walk); /* allowed here */
        self->walk = NULL;
        return;
    }
    assert_int_equal(rtm_history_next_page(self->walk, 0, got_page, self), 0);
}

static bool is_over(void *userdata)
{
    return ((reader *)userdata)->is_over;
}

static void pages_come_without_waiting(void **state)
{
    world *w = *state;
    reader self = {.pages = 0};
    rtm_history_row row;

    set_gate(w, 23, 0, false);
    self.walk = begin(w, (rtm_history_query){.kind = RTM_KIND_BROADCAST, .page = 10});
    assert_int_equal(rtm_history_next_page(self.walk, 0, NULL, NULL), RTM_E_INVAL);
    assert_int_equal(rtm_history_next_page(self.walk, 0, got_page, &self), 0);
    assert_int_equal(rtm_history_next_page(self.walk, 0, got_page, &self), RTM_E_BUSY);
    assert_int_equal(rtm_history_next_wait(self.walk, 0, &row, NULL), RTM_E_BUSY);
    run_until(&w->client, 1, w->far, is_over, &self, "the last page");
    assert_int_equal(self.pages, 3);
    assert_int_equal(self.rows, 23);

    set_gate(w, 23, 1, false);
    self = (reader){.walk = begin(w, (rtm_history_query){.kind = RTM_KIND_BROADCAST})};
    assert_int_equal(rtm_history_next_page(self.walk, 0, got_page, &self), 0);
    run_until(&w->client, 1, w->far, is_over, &self, "the error");
    assert_int_equal(self.error, 200010);
    /* Freed with a page under way: nobody is told. */
    self.is_over = false;
    assert_int_equal(rtm_history_next_page(self.walk, 0, got_page, &self), 0);
    rtm_history_free(self.walk);
    assert_int_equal(rtm_client_run(w->client, 50), 0);
    assert_false(self.is_over);
}

static void wrong_queries_are_refused(void **state)
{
    static const int64_t mtypes[1] = {30};
    static const rtm_history_query wrong[] = {
        {.size = sizeof(rtm_history_query)},
        {.size = sizeof(rtm_history_query), .kind = RTM_KIND_BROADCAST + 1},
        {.size = 8, .kind = RTM_KIND_GROUP},
        {.size = sizeof(rtm_history_query), .kind = RTM_KIND_GROUP, .page = -1},
        {.size = sizeof(rtm_history_query), .kind = RTM_KIND_GROUP, .page = 21},
        {.size = sizeof(rtm_history_query), .kind = RTM_KIND_GROUP, .begin_ms = -1},
        {.size = sizeof(rtm_history_query), .kind = RTM_KIND_GROUP, .end_ms = -1},
        {.size = sizeof(rtm_history_query), .kind = RTM_KIND_GROUP, .mtype_count = 1},
        {.size = sizeof(rtm_history_query),
         .kind = RTM_KIND_GROUP,
         .mtypes = mtypes,
         .mtype_count = 128},
    };
    const rtm_history_query good = {.size = sizeof good, .kind = RTM_KIND_GROUP};
    world *w = *state;
    rtm_history *walk = NULL;
    rtm_history_row row;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(rtm_history_new(w->client, &wrong[i], &walk), RTM_E_INVAL);
    assert_int_equal(rtm_history_new(NULL, &good, &walk), RTM_E_INVAL);
    assert_int_equal(rtm_history_new(w->client, NULL, &walk), RTM_E_INVAL);
    assert_int_equal(rtm_history_new(w->client, &good, NULL), RTM_E_INVAL);
    assert_null(walk);
    assert_int_equal(rtm_history_next_wait(NULL, 0, &row, NULL), RTM_E_INVAL);
    assert_int_equal(rtm_history_next_page(NULL, 0, got_page, NULL), RTM_E_INVAL);
    assert_true(rtm_history_is_at_end(NULL));
    rtm_history_free(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        CASE(every_row_comes_once),       CASE(each_kind_asks_its_method),
        CASE(an_error_skips_nothing),     CASE(a_cursor_that_stands_still_is_an_error),
        CASE(pages_come_without_waiting), CASE(wrong_queries_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
