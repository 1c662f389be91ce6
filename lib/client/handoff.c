/*
 * From other threads to the client's own: functions to run, wake-ups, and blocking calls.
 *
 * A blocking call is the call without _wait plus an object on the waiting thread's stack. On
 * the client's own thread it runs turns until the object is done. From another thread, when an
 * rtm_loop runs the client, it is posted, and the thread sleeps until the loop's has done it.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/num.h"
#include "lib/client/client_impl.h"

void rtm_client_wakeup(rtm_client *client)
{
    if (client == NULL || rtmi_client_is_forked(client))
        return;
    if (!atomic_exchange(&client->is_woken, true))
        rtmi_wake_signal(client->wake_fd);
}

/* False when too many wait. An embedded one, of a thread that waits for it, always fits. */
static bool push_post(rtm_client *client, client_post *post)
{
    bool fits;

    post->next = NULL;
    (void)pthread_mutex_lock(&client->lock);
    fits = post->is_embedded || client->post_count < client->max_posts;
    if (fits) {
        *client->posts_end = post;
        client->posts_end = &post->next;
        client->post_count++;
    }
    (void)pthread_mutex_unlock(&client->lock);
    if (fits)
        rtm_client_wakeup(client);
    return fits;
}

int rtm_client_post(rtm_client *client, rtm_post_fn *fn, void *userdata)
{
    const int r = rtmi_client_check(client);

    if (r < 0)
        return r;
    if (fn == NULL)
        return RTM_E_INVAL;
    client_post *post = malloc(sizeof *post);
    if (post == NULL)
        return RTM_E_NOMEM;
    *post = (client_post){.fn = fn, .userdata = userdata};
    if (!push_post(client, post)) {
        free(post);
        return RTM_E_FULL;
    }
    return 0;
}

static client_post *take_posts(rtm_client *client)
{
    client_post *posts;

    (void)pthread_mutex_lock(&client->lock);
    posts = client->posts;
    client->posts = NULL;
    client->posts_end = &client->posts;
    client->post_count = 0;
    (void)pthread_mutex_unlock(&client->lock);
    return posts;
}

/* Run the first of the posts that were taken out. */
static void run_first(rtm_client *client, int err)
{
    client_post *post = client->running_posts;
    rtm_post_fn *fn = post->fn;
    void *userdata = post->userdata;

    client->running_posts = post->next;
    if (!post->is_embedded)
        free(post);
    fn(client, err, userdata);
}

void rtmi_client_run_posts(rtm_client *client)
{
    /* First the mark, then the list: who posts in between wakes us again. */
    rtmi_wake_drain(client->wake_fd);
    (void)atomic_exchange(&client->is_woken, false);
    client->running_posts = take_posts(client);
    while (client->running_posts != NULL && !client->is_free_wanted)
        run_first(client, 0);
}

void rtmi_client_drop_posts(rtm_client *client)
{
    client_wait *wait;
    rtmi_link *link;

    while (client->running_posts != NULL)
        run_first(client, RTM_E_CLOSED);
    if (!client->has_lock)
        return;
    client->running_posts = take_posts(client);
    while (client->running_posts != NULL)
        run_first(client, RTM_E_CLOSED);
    while ((link = rtmi_list_first(&client->connect_waits)) != NULL) {
        wait = RTMI_CONTAINER(link, client_wait, link);
        rtmi_list_remove(link);
        rtmi_wait_finish(wait, RTM_E_CLOSED, NULL);
    }
}

void rtmi_wait_finish(client_wait *wait, int result, const rtm_error *err)
{
    rtm_client *client = wait->client;

    wait->result = result;
    if (err != NULL)
        wait->error = *err;
    else if (result < 0)
        rtmi_error_set_local(&wait->error, result);
    if (!wait->is_foreign) {
        wait->is_done = true;
        return;
    }
    (void)pthread_mutex_lock(&client->lock);
    wait->is_done = true; /* the waiting thread may leave its stack from here on */
    (void)pthread_cond_broadcast(&client->ended_wait);
    (void)pthread_mutex_unlock(&client->lock);
}

/* A blocking call of another thread begins on the client's. */
static void begin_foreign(rtm_client *client, int err, void *userdata)
{
    client_wait *wait = userdata;

    (void)client;
    if (err == 0)
        err = wait->begin(wait, NULL);
    if (err < 0)
        rtmi_wait_finish(wait, err, NULL);
}

static int await_foreign(client_wait *wait)
{
    rtm_client *client = wait->client;

    wait->is_foreign = true;
    wait->post = (client_post){.fn = begin_foreign, .userdata = wait, .is_embedded = true};
    (void)push_post(client, &wait->post); /* embedded: always fits */
    (void)pthread_mutex_lock(&client->lock);
    while (!wait->is_done)
        (void)pthread_cond_wait(&client->ended_wait, &client->lock);
    (void)pthread_mutex_unlock(&client->lock);
    return wait->result;
}

static int await_own(client_wait *wait)
{
    int r = wait->begin(wait, &wait->call);

    if (r < 0)
        return r;
    while (!wait->is_done) {
        r = rtmi_client_step(wait->client, -1);
        if (r == RTM_E_SYSTEM && errno == EINTR)
            continue;
        if (r != 0)
            break; /* freed by a callback, or the system fails */
    }
    if (!wait->is_done) {
        rtmi_list_remove(&wait->link); /* of a connect_wait */
        rtmi_wait_finish(wait, r == 1 ? RTM_E_CLOSED : r, NULL);
    }
    rtm_call_free(wait->call);
    return wait->result;
}

int rtmi_client_await(client_wait *wait, rtm_error *reterr_error)
{
    int r = rtmi_client_check(wait->client);

    if (r < 0)
        return r;
    rtm_loop *loop = atomic_load(&wait->client->loop);
    if (loop != NULL && !rtmi_loop_is_current(loop))
        r = await_foreign(wait);
    else if (loop != NULL || rtmi_client_is_on_worker(wait->client) || wait->client->is_processing)
        return RTM_E_REENTRANT;
    else
        r = await_own(wait);
    if (r < 0 && reterr_error != NULL) {
        if (wait->error.code == 0)
            rtmi_error_set_local(&wait->error, r);
        *reterr_error = wait->error;
    }
    return r;
}

/* Whether a connect_wait is over, and how: 1 not yet. */
static int connect_outcome(const rtm_client *client, const client_wait *wait, rtmi_time now)
{
    switch (rtm_client_get_state(client)) {
    case RTM_STATE_READY:
        return 0;
    case RTM_STATE_CLOSED:
        return client->last_reason;
    case RTM_STATE_IDLE:
        return RTM_E_CLOSED; /* by a callback */
    default:
        break;
    }
    /* A single attempt has the same deadline of its own, and ends with its own reason. */
    return client->auto_reconnect && now.mono_ms >= wait->deadline_ms ? RTM_E_TIMEOUT : 1;
}

void rtmi_client_check_connect_waits(rtm_client *client, rtmi_time now)
{
    for (rtmi_link *link = rtmi_list_first(&client->connect_waits); link != NULL;) {
        client_wait *wait = RTMI_CONTAINER(link, client_wait, link);
        link = rtmi_list_next(&client->connect_waits, link);
        const int r = connect_outcome(client, wait, now);
        if (r == 1)
            continue;
        rtmi_list_remove(&wait->link);
        rtmi_wait_finish(wait, r, NULL);
    }
}

int64_t rtmi_client_connect_waits_deadline(const rtm_client *client)
{
    int64_t at = INT64_MAX;

    if (!client->auto_reconnect)
        return at;
    for (const rtmi_link *link = rtmi_list_first(&client->connect_waits); link != NULL;
         link = rtmi_list_next(&client->connect_waits, link))
        at = rtmi_min_i64(at, RTMI_CONTAINER(link, client_wait, link)->deadline_ms);
    return at;
}

static int begin_connect(client_wait *wait, rtm_call **ret_call)
{
    rtm_client *client = wait->client;

    (void)ret_call;
    if (rtm_client_get_state(client) == RTM_STATE_READY) {
        rtmi_wait_finish(wait, 0, NULL);
        return 0;
    }
    const int r = rtm_client_connect(client);
    if (r < 0 && r != RTM_E_BUSY)
        return r;
    wait->deadline_ms = rtmi_clock_mono_ms() + client->connect_timeout_ms;
    rtmi_list_push(&client->connect_waits, &wait->link);
    return 0;
}

int rtm_client_connect_wait(rtm_client *client)
{
    client_wait wait = {.client = client, .begin = begin_connect};

    return rtmi_client_await(&wait, NULL);
}
