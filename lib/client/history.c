/*
 * A walk through the pages of a history. The cursor moves when a page has come, so that after
 * an error the same page is asked for again and no row is skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/client/calls_impl.h"

#define PAGE_DEFAULT 10
#define MTYPES_MAX 127 /* more there are not */
/* The first release's rtm_history_query ends here. */
#define QUERY_SIZE_V1 (offsetof(rtm_history_query, mtype_count) + sizeof(size_t))

struct rtm_history {
    rtm_client *client;
    rtm_history_query query;
    int64_t *mtypes;
    rtm_params *params; /* of the next quest */
    /* The cursor; 0 is absent. */
    int64_t begin;
    int64_t end;
    int64_t lastid;
    bool is_at_end;

    /* rtm_history_next_page(). */
    rtm_call *call; /* under way, or NULL */
    rtm_result_history_fn *done;
    void *userdata;

    /* rtm_history_next_wait(): the page whose rows are given out. */
    rtm_answer *answer;
    rtm_value_iter rows;
};

static int take_query(const rtm_history_query *query, rtm_history_query *ret)
{
    *ret = (rtm_history_query){.size = 0};
    if (query->size < QUERY_SIZE_V1 || !rtmi_copy_sized(ret, sizeof *ret, query, query->size))
        return RTM_E_INVAL;
    if (ret->page == 0)
        ret->page = PAGE_DEFAULT;
    if (ret->kind < RTM_KIND_P2P || ret->kind > RTM_KIND_BROADCAST || ret->page < 1 ||
        ret->page > RTM_HISTORY_PAGE_MAX || ret->begin_ms < 0 || ret->end_ms < 0 ||
        ret->mtype_count > MTYPES_MAX || (ret->mtypes == NULL && ret->mtype_count > 0))
        return RTM_E_INVAL;
    return 0;
}

int rtm_history_new(rtm_client *client, const rtm_history_query *query, rtm_history **ret_history)
{
    rtm_history_query own;
    int r = query == NULL || ret_history == NULL ? RTM_E_INVAL : rtmi_client_check(client);

    if (r == 0)
        r = take_query(query, &own);
    if (r < 0)
        return r;
    rtm_history *history = calloc(1, sizeof *history);
    if (history == NULL)
        return RTM_E_NOMEM;
    history->params = rtm_params_new();
    history->mtypes = malloc(own.mtype_count * sizeof *own.mtypes + 1);
    if (history->params == NULL || history->mtypes == NULL) {
        rtm_history_free(history);
        return RTM_E_NOMEM;
    }
    if (own.mtypes != NULL) {
        memcpy(history->mtypes, own.mtypes, own.mtype_count * sizeof *own.mtypes);
        own.mtypes = history->mtypes;
    }
    history->client = client;
    history->query = own;
    history->begin = own.begin_ms;
    history->end = own.end_ms;
    *ret_history = history;
    return 0;
}

void rtm_history_free(rtm_history *history)
{
    if (history == NULL)
        return;
    rtm_call_free(history->call);
    rtm_answer_free(history->answer);
    rtm_params_free(history->params);
    free(history->mtypes);
    free(history);
}

bool rtm_history_is_at_end(const rtm_history *history)
{
    return history == NULL || history->is_at_end;
}

static void put_bound(rtm_params *params, const char *key, int64_t value)
{
    if (value != 0)
        rtm_params_put_int(params, key, value);
}

/* The quest for the page at the cursor: its method; the parameters are the walk's own. */
static const char *say_page(rtm_history *history)
{
    static const struct {
        const char *method;
        const char *id;
    } kinds[] = {
        [RTM_KIND_P2P] = {"getp2pmsg", "ouid"},
        [RTM_KIND_GROUP] = {"getgroupmsg", "gid"},
        [RTM_KIND_ROOM] = {"getroommsg", "rid"},
        [RTM_KIND_BROADCAST] = {"getbroadcastmsg", NULL},
    };
    const rtm_history_query *query = &history->query;
    rtm_params *params = history->params;

    rtm_params_clear(params);
    if (query->kind == RTM_KIND_P2P)
        rtm_params_put_int(params, "uid", query->uid);
    else
        put_bound(params, "uid", query->uid);
    if (kinds[query->kind].id != NULL)
        rtm_params_put_int(params, kinds[query->kind].id, query->id);
    rtm_params_put_bool(params, "desc", query->desc);
    rtm_params_put_int(params, "num", query->page);
    put_bound(params, "begin", history->begin);
    put_bound(params, "end", history->end);
    put_bound(params, "lastid", history->lastid);
    if (query->mtypes != NULL)
        rtm_params_put_ints(params, "mtypes", query->mtypes, query->mtype_count);
    return kinds[query->kind].method;
}

/* Read a page and move the cursor behind it: NULL, or `error` filled. */
static const rtm_error *take_page(rtm_history *history, rtm_value answer, rtm_result_history *page,
                                  rtm_error *error)
{
    const rtm_error *err = rtmi_read_fields(&rtmi_fields_of_history, answer, page, error);

    if (err != NULL)
        return err;
    const bool is_last = rtm_value_get_count(page->msgs) < (size_t)history->query.page;
    if (!is_last && page->lastid == history->lastid && page->begin == history->begin &&
        page->end == history->end) {
        rtmi_error_set_local(error, RTM_E_PROTO); /* the same page for ever */
        return error;
    }
    history->is_at_end = is_last;
    history->begin = page->begin;
    history->end = page->end;
    history->lastid = page->lastid;
    return NULL;
}

static void tell_page(rtm_client *client, const rtm_error *err, rtm_value answer, void *userdata)
{
    rtm_history *history = userdata;
    rtm_result_history page;
    rtm_error error;

    rtm_call_free(history->call);
    history->call = NULL;
    if (err == NULL)
        err = take_page(history, answer, &page, &error);
    history->done(client, err, err == NULL ? &page : NULL, history->userdata);
}

int rtm_history_next_page(rtm_history *history, int64_t timeout_ms, rtm_result_history_fn *done,
                          void *userdata)
{
    if (history == NULL || done == NULL)
        return RTM_E_INVAL;
    if (history->call != NULL)
        return RTM_E_BUSY;
    if (history->is_at_end)
        return RTM_E_CLOSED;
    const char *method = say_page(history);
    history->done = done;
    history->userdata = userdata;
    return rtm_client_call(history->client, method, history->params, timeout_ms, tell_page, history,
                           &history->call);
}

/* The next page, awaited; its rows are given out from then on. */
static int get_page(rtm_history *history, int64_t timeout_ms, rtm_error *reterr_error)
{
    const char *method = say_page(history);
    rtm_result_history page;
    rtm_answer *answer;
    rtm_error error;
    const int r = rtm_client_call_wait(history->client, method, history->params, timeout_ms,
                                       &answer, reterr_error);

    if (r < 0)
        return r;
    if (take_page(history, rtm_answer_get_value(answer), &page, &error) != NULL) {
        rtm_answer_free(answer);
        if (reterr_error != NULL)
            *reterr_error = error;
        return RTM_E_PROTO;
    }
    history->answer = answer;
    rtm_value_iter_init(&history->rows, page.msgs);
    return 0;
}

int rtm_history_next_wait(rtm_history *history, int64_t timeout_ms, rtm_history_row *ret_row,
                          rtm_error *reterr_error)
{
    if (history == NULL || ret_row == NULL)
        return RTM_E_INVAL;
    if (history->call != NULL)
        return RTM_E_BUSY;
    while (history->answer == NULL || !rtm_history_next_row(&history->rows, ret_row)) {
        rtm_answer_free(history->answer);
        history->answer = NULL;
        if (history->is_at_end)
            return 0;
        const int r = get_page(history, timeout_ms, reterr_error);
        if (r < 0)
            return r;
    }
    return 1;
}
