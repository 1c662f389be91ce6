/*
 * A client on a thread of its own (rtm_loop), with handlers on four others (rtm_workers): messages
 * of one conversation keep their order, different ones are handled side by side. The main thread
 * is free; here it waits until enough have been printed.
 */
#include <pthread.h>

#include "example.h"

typedef struct counter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int left; /* below 0: no end */
} counter;

/* On one of the workers' threads. */
static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    counter *c = userdata;

    (void)client;
    pthread_mutex_lock(&c->lock);
    if (c->left != 0) {
        printf("%lld -> %lld: %.*s\n", (long long)message->from, (long long)message->to,
               (int)message->msg.len, message->msg.data);
        if (c->left > 0)
            c->left--;
    }
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void wait_for_all(counter *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->left != 0)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

int main(int argc, char **argv)
{
    counter c = {.lock = PTHREAD_MUTEX_INITIALIZER,
                 .changed = PTHREAD_COND_INITIALIZER,
                 .left = argc > 1 ? (int)strtol(argv[1], NULL, 10) : -1};
    const rtm_monitor monitor = {.size = sizeof monitor,
                                 .userdata = &c,
                                 .push_message = on_message,
                                 .push_group_message = on_message,
                                 .push_room_message = on_message,
                                 .push_chat = on_message,
                                 .push_group_chat = on_message,
                                 .push_room_chat = on_message,
                                 .listening = example_tell_listening};
    const rtm_listen_all all = {
        .p2p = RTM_SWITCH_ON, .group = RTM_SWITCH_ON, .room = RTM_SWITCH_ON};
    const rtm_workers_options options = {.size = sizeof options, .thread_count = 4};
    rtm_client *client = example_client();
    rtm_workers *workers = NULL;
    rtm_loop *loop = NULL;
    rtm_error error = {.text = ""};

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (client == NULL)
        return 1;
    int r = rtm_client_set_monitor(client, &monitor);
    if (r == 0)
        r = rtm_workers_new(client, &options, &workers);
    if (r == 0)
        r = rtm_loop_new(&loop);
    if (r == 0)
        r = rtm_client_connect(client);
    if (r == 0)
        r = rtm_loop_add(loop, client); /* from here on the loop's thread has it */
    if (r == 0)
        r = rtm_client_set_all_listen_wait(client, &all, 0, &error);
    if (r == 0)
        wait_for_all(&c);
    else
        fprintf(stderr, "cannot listen: %s %s\n", rtm_strerror(r), error.text);
    rtm_loop_free(loop); /* the client is ours again */
    (void)rtm_workers_free(workers);
    rtm_client_free(client);
    return r < 0 ? 1 : 0;
}
