/*
 * What `rtm listen` is asked: to whom to listen, when to stop, how to print.
 */
#include "cli/listen_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/memory.h"
#include "cli/number.h"
#include "cli/output.h"

enum {
    OPT_ALL = 256,
    OPT_ALL_GROUPS,
    OPT_ALL_ROOMS,
    OPT_ALL_P2P,
    OPT_ALL_EVENTS,
    OPT_FOR,
    OPT_IDLE,
    OPT_READY,
    OPT_INT64,
    OPT_NO_CONTROL,
    OPT_FAIL_ON_GAP,
    OPT_NO_RECONNECT
};

static const struct args_option options[] = {
    {'g', 'g', "groups", "IDS", "messages of these groups, as 1,5,10-20; repeatable"},
    {'r', 'r', "rooms", "IDS", "messages of these rooms; repeatable"},
    {'u', 'u', "users", "IDS", "P2P messages that these users send or receive; repeatable"},
    {'e', 'e', "events", "NAMES", "login, logout or both, with a comma; repeatable"},
    {OPT_ALL, 0, "all", NULL, "everything: the next four"},
    {OPT_ALL_GROUPS, 0, "all-groups", NULL, "messages of all groups"},
    {OPT_ALL_ROOMS, 0, "all-rooms", NULL, "messages of all rooms"},
    {OPT_ALL_P2P, 0, "all-p2p", NULL, "all P2P messages"},
    {OPT_ALL_EVENTS, 0, "all-events", NULL, "all events"},
    {'n', 'n', "count", "N", "end after N messages and events"},
    {OPT_FOR, 0, "for", "DUR", "end after this time, as 10s, 500ms, 2m"},
    {OPT_IDLE, 0, "idle", "DUR", "end after so long without a message or event"},
    {'o', 'o', "output", "FORMAT",
     "text, ndjson or raw (default: text on a terminal, else ndjson)"},
    {OPT_READY, 0, "ready", NULL, "print the line \"ready\" on stderr once the gate has confirmed"},
    {OPT_INT64, 0, "int64", "FORM", "ids in ndjson as string (default) or number"},
    {OPT_FAIL_ON_GAP, 0, "fail-on-gap", NULL, "exit with 7 when messages may have been missed"},
    {OPT_NO_CONTROL, 0, "no-control", NULL, "no records and no lines about the connection"},
    {OPT_NO_RECONNECT, 0, "no-reconnect", NULL, "a lost connection is the end (exit code 3)"},
};

static const char *listen_add_events(struct listen_options *o, const char *names)
{
    for (;;) {
        const size_t len = strcspn(names, ",");

        if (len == 0 || len > 31)
            return "not a list of event names such as login,logout";
        if (o->event_count == LISTEN_EVENTS_MAX)
            return "more than 32 event names";
        o->events[o->event_count++] = memory_dup(names, len);
        if (names[len] == '\0')
            return NULL;
        names += len + 1;
    }
}

static const char *listen_add_ids(struct ids *ids, const char *value)
{
    const char *reason;

    return ids_parse(ids, value, &reason) ? NULL : reason;
}

static const char *listen_set_format(struct listen_options *o, int id, const char *value)
{
    if (id == 'o') {
        o->has_format = true;
        return record_parse_format(value, &o->style.format) ? NULL : "not text, ndjson or raw";
    }
    o->style.ids_are_numbers = strcmp(value, "number") == 0;
    return o->style.ids_are_numbers || strcmp(value, "string") == 0 ? NULL : "not string or number";
}

static const char *listen_set(void *into, int id, const char *value)
{
    struct listen_options *o = into;

    switch (id) {
    case 'g':
        return listen_add_ids(&o->gids, value);
    case 'r':
        return listen_add_ids(&o->rids, value);
    case 'u':
        return listen_add_ids(&o->uids, value);
    case 'e':
        return listen_add_events(o, value);
    case OPT_ALL:
        o->all = (rtm_listen_all){RTM_SWITCH_ON, RTM_SWITCH_ON, RTM_SWITCH_ON, RTM_SWITCH_ON};
        return NULL;
    case OPT_ALL_GROUPS:
        o->all.group = RTM_SWITCH_ON;
        return NULL;
    case OPT_ALL_ROOMS:
        o->all.room = RTM_SWITCH_ON;
        return NULL;
    case OPT_ALL_P2P:
        o->all.p2p = RTM_SWITCH_ON;
        return NULL;
    case OPT_ALL_EVENTS:
        o->all.event = RTM_SWITCH_ON;
        return NULL;
    case 'n':
        return number_parse(value, 1, INT64_MAX, &o->count) ? NULL : "not a count from 1";
    case OPT_FOR:
        return number_parse_duration(value, &o->for_ms) ? NULL : "not a duration such as 10s";
    case OPT_IDLE:
        return number_parse_duration(value, &o->idle_ms) ? NULL : "not a duration such as 10s";
    case OPT_READY:
        o->say_ready = true;
        return NULL;
    case OPT_NO_CONTROL:
        o->no_control = true;
        return NULL;
    case OPT_FAIL_ON_GAP:
        o->fail_on_gap = true;
        return NULL;
    case OPT_NO_RECONNECT:
        o->no_reconnect = true;
        return NULL;
    default:
        return listen_set_format(o, id, value);
    }
}

static const struct args_command command = {
    .name = "listen",
    .synopsis = "[WHAT...] [OPTIONS]",
    .summary = "Print the messages and events of a project as they happen",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes =
        "Ends with 0 after -n, --for or --idle, and when its pipe closes; with 4 when --for or\n"
        "--idle ends it before -n is reached.",
    .set = listen_set,
};

enum args_result listen_options_parse(int argc, char **argv, struct listen_options *ret_options,
                                      struct args *ret_args)
{
    struct listen_options *o = ret_options;

    *o = (struct listen_options){.for_ms = -1, .idle_ms = -1};
    const enum args_result result = args_parse(&command, argc, argv, o, ret_args);
    if (result != ARGS_RUN)
        return result;
    if (ret_args->word_count > 0) {
        cli_error("%s: not understood (rtm listen --help)", ret_args->words[0]);
        return ARGS_WRONG;
    }
    if (o->gids.count + o->rids.count + o->uids.count + o->event_count == 0 &&
        o->all.p2p + o->all.group + o->all.room + o->all.event == 0) {
        cli_error("nothing to listen to: give --all, or -g, -r, -u, -e with what to watch");
        return ARGS_WRONG;
    }
    if (!o->has_format)
        o->style.format = output_is_terminal() ? RECORD_TEXT : RECORD_NDJSON;
    return ARGS_RUN;
}

void listen_options_deinit(struct listen_options *o)
{
    ids_deinit(&o->gids);
    ids_deinit(&o->rids);
    ids_deinit(&o->uids);
    for (size_t i = 0; i < o->event_count; i++)
        free(o->events[i]);
    o->event_count = 0;
}
