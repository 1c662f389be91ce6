/*
 * rtm listen: callbacks append records to the output buffer, and each turn of the loop ends
 * with one write of all of them. What is printed counts; a push that comes after the last one
 * wanted is not printed.
 */
#include <stdio.h>
#include <time.h>

#include <rtm/rtm.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/link.h"
#include "cli/listen_options.h"
#include "cli/number.h"
#include "cli/output.h"

struct listen {
    struct listen_options options;
    struct link link;
    int64_t printed;
    int64_t last_ms; /* of the last record; when live began before the first */
    bool was_live;   /* confirmed once */
    bool is_live;
    bool has_gap;     /* messages may have been missed */
    int first_result; /* of stating the listen set: 0 while it is going well */
};

static bool listen_is_full(const struct listen *l)
{
    return l->options.count > 0 && l->printed >= l->options.count;
}

static void listen_take_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    struct listen *l = userdata;

    (void)client;
    if (listen_is_full(l))
        return;
    record_append_message(&output_buffer, &l->options.style, message);
    l->printed++;
}

static void listen_take_event(rtm_client *client, const rtm_event *event, void *userdata)
{
    struct listen *l = userdata;

    (void)client;
    if (listen_is_full(l))
        return;
    record_append_event(&output_buffer, &l->options.style, event);
    l->printed++;
}

/* A record in NDJSON, where a pipeline can see it; else a line on stderr. */
static void listen_say_state(struct listen *l, const char *state, const char *reason)
{
    struct timespec now;

    if (l->options.no_control)
        return;
    if (l->options.style.format != RECORD_NDJSON) {
        cli_status("%s: %s%s%s", l->link.gate, state, reason != NULL ? ": " : "",
                   reason != NULL ? reason : "");
        return;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    record_append_state(&output_buffer, state, reason,
                        (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static void listen_take_listening(rtm_client *client, bool is_listening, void *userdata)
{
    struct listen *l = userdata;

    (void)client;
    if (!is_listening || l->is_live)
        return;
    l->is_live = true;
    if (!l->was_live && l->options.say_ready)
        (void)fputs("ready\n", stderr);
    l->was_live = true;
    l->last_ms = number_now_ms();
    listen_say_state(l, "live", NULL);
}

static void listen_take_gap(rtm_client *client, const rtm_gap *gap, void *userdata)
{
    struct listen *l = userdata;

    (void)client;
    l->has_gap = true;
    if (l->options.no_control)
        return;
    if (l->options.style.format == RECORD_NDJSON)
        record_append_gap(&output_buffer, gap->from_ms, gap->to_ms);
    else
        cli_status("%s: messages of %lld ms may have been missed", l->link.gate,
                   (long long)(gap->to_ms - gap->from_ms));
}

static void listen_take_state(struct link *link, rtm_state state, int reason, void *userdata)
{
    struct listen *l = userdata;

    (void)link;
    if (state != RTM_STATE_BACKING_OFF || !l->is_live)
        return;
    l->is_live = false;
    listen_say_state(l, "reconnecting", rtm_strerror(reason));
}

/* The first statement of the set must succeed; later ones the library repeats by itself. */
static void listen_take_first(rtm_client *client, const rtm_error *err, void *userdata)
{
    struct listen *l = userdata;

    (void)client;
    if (err != NULL && l->first_result == 0 && l->link.was_ready)
        l->first_result = cli_error_of_quest(l->link.gate, err);
}

static int listen_state_set(struct listen *l)
{
    const struct listen_options *o = &l->options;
    const rtm_listen what = {
        .gids = o->gids.values,
        .gid_count = o->gids.count,
        .rids = o->rids.values,
        .rid_count = o->rids.count,
        .uids = o->uids.values,
        .uid_count = o->uids.count,
        .events = o->event_count > 0 ? (const char *const *)o->events : NULL,
        .event_count = o->event_count,
    };
    int r = 0;

    if (o->gids.count + o->rids.count + o->uids.count + o->event_count > 0)
        r = rtm_client_add_listen(l->link.client, &what, 0, listen_take_first, l, NULL);
    if (r >= 0 && o->all.p2p + o->all.group + o->all.room + o->all.event > 0)
        r = rtm_client_set_all_listen(l->link.client, &o->all, 0, listen_take_first, l, NULL);
    if (r < 0) {
        cli_error("%s: %s", l->link.gate, rtm_strerror(r));
        return CLI_FAILED;
    }
    return 0;
}

static int listen_set_monitor(struct listen *l)
{
    rtm_message_fn *const take = listen_take_message;
    const rtm_monitor monitor = {
        .size = sizeof monitor,
        .userdata = l,
        .push_message = take,
        .push_group_message = take,
        .push_room_message = take,
        .push_event = listen_take_event,
        .push_file = take,
        .push_group_file = take,
        .push_room_file = take,
        .push_chat = take,
        .push_group_chat = take,
        .push_room_chat = take,
        .push_audio = take,
        .push_group_audio = take,
        .push_room_audio = take,
        .push_cmd = take,
        .push_group_cmd = take,
        .push_room_cmd = take,
        .listening = listen_take_listening,
        .gap = listen_take_gap,
    };

    return rtm_client_set_monitor(l->link.client, &monitor);
}

/* Milliseconds until --for or --idle ends it; -1: neither will. */
static int64_t listen_time_left(const struct listen *l, int64_t start_ms)
{
    const int64_t now_ms = number_now_ms();
    int64_t left_ms = -1;

    if (l->options.for_ms >= 0)
        left_ms = start_ms + l->options.for_ms - now_ms;
    if (l->options.idle_ms >= 0 && l->was_live) {
        const int64_t idle_left_ms = l->last_ms + l->options.idle_ms - now_ms;

        if (l->options.for_ms < 0 || idle_left_ms < left_ms)
            left_ms = idle_left_ms;
    }
    if (l->options.for_ms < 0 && (l->options.idle_ms < 0 || !l->was_live))
        return -1;
    return left_ms > 0 ? left_ms : 0;
}

/* Why the loop is over, as an exit code; -1: it goes on. `r` is what the last turn returned. */
static int listen_end(struct listen *l, int64_t start_ms, const struct pollfd *reader, int r)
{
    const enum output_state state = output_flush();

    if (state != OUTPUT_OPEN)
        return output_exit_of(state, CLI_FAILED);
    if (l->has_gap && l->options.fail_on_gap)
        return CLI_GAP;
    if (listen_is_full(l))
        return CLI_OK;
    if (r != 0)
        return r;
    if ((reader->revents & (POLLERR | POLLHUP)) != 0)
        return CLI_OK;
    if (l->first_result != 0)
        return l->first_result;
    if (l->link.is_over)
        return link_say_lost(&l->link);
    if (listen_time_left(l, start_ms) == 0)
        return l->options.count > 0 ? CLI_TIMED_OUT : CLI_OK;
    return -1;
}

static int listen_loop(struct listen *l, int64_t start_ms)
{
    struct pollfd reader = {.fd = 1}; /* no events: only that it has gone */
    int result, r = 0;

    while ((result = listen_end(l, start_ms, &reader, r)) < 0) {
        const int64_t printed = l->printed;

        r = link_turn(&l->link, listen_time_left(l, start_ms), &reader, 1);
        if (l->printed > printed)
            l->last_ms = number_now_ms();
    }
    return result;
}

int command_listen(int argc, char **argv)
{
    struct listen l = {0};
    struct args args;
    const int64_t start_ms = number_now_ms();
    int result = CLI_USAGE;

    const enum args_result parsed = listen_options_parse(argc, argv, &l.options, &args);
    if (parsed != ARGS_RUN) {
        listen_options_deinit(&l.options);
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    }
    const struct link_options link_options = {.reconnect = !l.options.no_reconnect,
                                              .ask_offsets = true};
    result = link_open(&l.link, &args.common, &link_options);
    if (result == 0) {
        l.link.on_state = listen_take_state;
        l.link.userdata = &l;
        result = listen_set_monitor(&l) < 0 ? CLI_FAILED : listen_state_set(&l);
    }
    if (result == 0)
        result = link_connect(&l.link);
    if (result == 0)
        result = listen_loop(&l, start_ms);
    link_close(&l.link);
    listen_options_deinit(&l.options);
    return result;
}
