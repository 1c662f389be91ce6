/*
 * The listen calls, translated into changes of the session's listen set, and the set as the
 * user sees it.
 */
#include <string.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"
#include "lib/client/value.h"

/* What an empty list points to: NULL would mean an absent one. */
static const int64_t no_ids[1];

/* Listen calls. */

/** What a listen call is given; one of the two is set. */
typedef struct listen_args {
    rtmi_listen_verb verb;
    const rtm_listen *what;
    const rtm_listen_all *all;
    int64_t timeout_ms;
} listen_args;

static int take_events(rtmi_listen_op *op, const rtm_listen *what)
{
    if (what->events == NULL)
        return 0;
    op->has |= RTMI_LISTEN_HAS_EVENTS;
    for (size_t i = 0; i < what->event_count; i++) {
        if (what->events[i] == NULL)
            return RTM_E_INVAL;
        const int r = rtmi_listen_value_add_event(&op->value, what->events[i],
                                                  strnlen(what->events[i], RTMI_LISTEN_EVENT_SIZE));
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_lists(rtmi_listen_op *op, const rtm_listen *what, size_t max_ids)
{
    const struct {
        const int64_t *ids;
        size_t count;
    } lists[RTMI_LISTEN_LISTS] = {
        [RTMI_LISTEN_GIDS] = {what->gids, what->gid_count},
        [RTMI_LISTEN_RIDS] = {what->rids, what->rid_count},
        [RTMI_LISTEN_UIDS] = {what->uids, what->uid_count},
    };

    for (unsigned i = 0; i < RTMI_LISTEN_LISTS; i++) {
        if (lists[i].ids == NULL) {
            if (lists[i].count > 0)
                return RTM_E_INVAL;
            continue;
        }
        op->has |= 1u << i;
        const int r = rtmi_ids_take(&op->value.lists[i], lists[i].ids, lists[i].count, max_ids);
        if (r < 0)
            return r;
    }
    if (what->events == NULL && what->event_count > 0)
        return RTM_E_INVAL;
    const int r = take_events(op, what);
    if (r < 0)
        return r;
    return op->has == 0 ? RTM_E_INVAL : 0; /* everything is absent: nothing is asked for */
}

static int take_switches(rtmi_listen_op *op, const rtm_listen_all *all)
{
    const struct {
        rtm_switch state;
        unsigned bit;
    } switches[] = {
        {all->p2p, RTMI_LISTEN_P2P},
        {all->group, RTMI_LISTEN_GROUP},
        {all->room, RTMI_LISTEN_ROOM},
        {all->event, RTMI_LISTEN_EVENT},
    };
    bool is_absent = true;

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        switch (switches[i].state) {
        case RTM_SWITCH_ABSENT:
            break;
        case RTM_SWITCH_ON:
            op->value.all |= switches[i].bit;
            is_absent = false;
            break;
        case RTM_SWITCH_OFF:
            is_absent = false;
            break;
        default:
            return RTM_E_INVAL;
        }
    }
    return is_absent ? RTM_E_INVAL : 0;
}

static void tell_done(rtm_client *client, const client_call *call, const rtm_error *err,
                      rtmi_span answer)
{
    (void)answer;
    if (call->done != NULL)
        call->done(client, err, call->userdata);
}

static int change_listen(rtm_client *client, const listen_args *args, const client_call *shape,
                         rtm_call **ret_call)
{
    rtmi_listen_op op = {.verb = args->verb};
    int64_t timeout_ms = args->timeout_ms;
    int r = rtmi_client_check(client);

    if (r == 0)
        r = rtmi_check_timeout(&timeout_ms);
    if (r == 0 && args->what == NULL && args->all == NULL)
        r = RTM_E_INVAL;
    if (r < 0)
        return r;
    r = args->all != NULL ? take_switches(&op, args->all)
                          : take_lists(&op, args->what, client->max_listen_ids);
    if (r < 0)
        goto end;
    client_call *call = rtmi_call_new(client);
    if (call == NULL) {
        r = RTM_E_NOMEM;
        goto end;
    }
    *call = *shape;
    call->client = client;
    r = rtmi_session_listen(client->session, &op, timeout_ms, rtmi_client_now(), rtmi_call_on_end,
                            call, &call->inner);
    r = rtmi_call_commit(call, r, ret_call);
end:
    rtmi_listen_value_deinit(&op.value);
    return r;
}

static int listen_async(rtm_client *client, const listen_args *args, rtm_done_fn *done,
                        void *userdata, rtm_call **ret_call)
{
    const client_call shape = {.tell = tell_done, .done = done, .userdata = userdata};

    return change_listen(client, args, &shape, ret_call);
}

static int begin_listen(client_wait *wait, rtm_call **ret_call)
{
    const client_call shape = {.tell = rtmi_call_tell_wait, .wait = wait};

    return change_listen(wait->client, wait->args, &shape, ret_call);
}

static int listen_wait(rtm_client *client, const listen_args *args, rtm_error *reterr_error)
{
    client_wait wait = {.client = client, .begin = begin_listen, .args = args};

    return rtmi_client_await(&wait, reterr_error);
}

int rtm_client_add_listen(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                          rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const listen_args args = {RTMI_LISTEN_ADD, what, NULL, timeout_ms};

    return listen_async(client, &args, done, userdata, ret_call);
}

int rtm_client_remove_listen(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                             rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const listen_args args = {RTMI_LISTEN_REMOVE, what, NULL, timeout_ms};

    return listen_async(client, &args, done, userdata, ret_call);
}

int rtm_client_set_listen(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                          rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const listen_args args = {RTMI_LISTEN_SET, what, NULL, timeout_ms};

    return listen_async(client, &args, done, userdata, ret_call);
}

int rtm_client_set_all_listen(rtm_client *client, const rtm_listen_all *what, int64_t timeout_ms,
                              rtm_done_fn *done, void *userdata, rtm_call **ret_call)
{
    const listen_args args = {RTMI_LISTEN_SET_ALL, NULL, what, timeout_ms};

    return listen_async(client, &args, done, userdata, ret_call);
}

int rtm_client_add_listen_wait(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                               rtm_error *reterr_error)
{
    const listen_args args = {RTMI_LISTEN_ADD, what, NULL, timeout_ms};

    return listen_wait(client, &args, reterr_error);
}

int rtm_client_remove_listen_wait(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                                  rtm_error *reterr_error)
{
    const listen_args args = {RTMI_LISTEN_REMOVE, what, NULL, timeout_ms};

    return listen_wait(client, &args, reterr_error);
}

int rtm_client_set_listen_wait(rtm_client *client, const rtm_listen *what, int64_t timeout_ms,
                               rtm_error *reterr_error)
{
    const listen_args args = {RTMI_LISTEN_SET, what, NULL, timeout_ms};

    return listen_wait(client, &args, reterr_error);
}

int rtm_client_set_all_listen_wait(rtm_client *client, const rtm_listen_all *what,
                                   int64_t timeout_ms, rtm_error *reterr_error)
{
    const listen_args args = {RTMI_LISTEN_SET_ALL, NULL, what, timeout_ms};

    return listen_wait(client, &args, reterr_error);
}

/* A look at the set. */

static const int64_t *ids_or_empty(const rtmi_ids *list)
{
    return list->count == 0 ? no_ids : list->ids;
}

void rtmi_view_listen(const rtmi_listen_value *value, const char *names[RTMI_LISTEN_EVENT_COUNT],
                      rtm_listen *ret, rtm_listen_all *ret_all)
{
    for (size_t i = 0; i < value->event_count; i++)
        names[i] = value->events[i];
    *ret = (rtm_listen){
        .gids = ids_or_empty(&value->lists[RTMI_LISTEN_GIDS]),
        .gid_count = value->lists[RTMI_LISTEN_GIDS].count,
        .rids = ids_or_empty(&value->lists[RTMI_LISTEN_RIDS]),
        .rid_count = value->lists[RTMI_LISTEN_RIDS].count,
        .uids = ids_or_empty(&value->lists[RTMI_LISTEN_UIDS]),
        .uid_count = value->lists[RTMI_LISTEN_UIDS].count,
        .events = names,
        .event_count = value->event_count,
    };
    *ret_all = (rtm_listen_all){
        .p2p = (value->all & RTMI_LISTEN_P2P) != 0 ? RTM_SWITCH_ON : RTM_SWITCH_OFF,
        .group = (value->all & RTMI_LISTEN_GROUP) != 0 ? RTM_SWITCH_ON : RTM_SWITCH_OFF,
        .room = (value->all & RTMI_LISTEN_ROOM) != 0 ? RTM_SWITCH_ON : RTM_SWITCH_OFF,
        .event = (value->all & RTMI_LISTEN_EVENT) != 0 ? RTM_SWITCH_ON : RTM_SWITCH_OFF,
    };
}

int rtm_client_get_listen(rtm_client *client, rtm_listen_view *ret_view)
{
    const rtmi_listen_value *desired;
    const rtmi_listen_value *confirmed;
    rtm_listen_view view;
    int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (ret_view == NULL)
        return RTM_E_INVAL;
    r = rtmi_session_get_listen(client->session, &desired, &confirmed, &view.agrees);
    if (r < 0)
        return r;
    rtmi_view_listen(desired, client->event_names[0], &view.desired, &view.desired_all);
    rtmi_view_listen(confirmed, client->event_names[1], &view.confirmed, &view.confirmed_all);
    *ret_view = view;
    return 0;
}
