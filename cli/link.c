/*
 * The loop under every command: one poll(2) for the client's descriptor, the signals and what
 * the command adds. The library's blocking calls would do for most, but could not be
 * interrupted and would not see a closed pipe.
 */
#include "cli/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/connection.h"
#include "cli/signals.h"

#define EXTRA_MAX 4

static void link_log(rtm_log_level level, const char *text, void *userdata)
{
    static const char *const names[] = {"error", "warning", "info", "debug", "trace"};

    struct link *link = userdata;

    if (level <= RTM_LOG_WARN && link->why[0] == '\0')
        (void)snprintf(link->why, sizeof link->why, "%s", text);
    if (link->shows_log)
        cli_error("%s: %s", names[level], text);
}

/* RTM_LOG=debug|trace shows what happens on the wire; the library masks secrets and signs. */
static void link_set_log(struct link *link, rtm_client_options *options)
{
    const char *wanted = getenv("RTM_LOG");

    options->log = link_log;
    options->log_userdata = link;
    options->log_level = RTM_LOG_WARN;
    link->shows_log = wanted != NULL && *wanted != '\0';
    if (!link->shows_log)
        return;
    options->log_level = RTM_LOG_INFO;
    if (strcmp(wanted, "trace") == 0)
        options->log_level = RTM_LOG_TRACE;
    else if (strcmp(wanted, "debug") == 0)
        options->log_level = RTM_LOG_DEBUG;
}

static void link_take_state(rtm_client *client, rtm_state old_state, rtm_state new_state,
                            int reason, void *userdata)
{
    struct link *link = userdata;

    (void)client;
    (void)old_state;
    if (reason != 0)
        link->reason = reason;
    if (new_state == RTM_STATE_READY) {
        link->was_ready = true;
        link->why[0] = '\0';
    }
    if (new_state == RTM_STATE_CLOSED || (new_state == RTM_STATE_BACKING_OFF && !link->was_ready))
        link->is_over = true;
    if (link->was_ready && link->on_state != NULL)
        link->on_state(link, new_state, reason, link->userdata);
}

int link_open(struct link *link, const struct args_common *args,
              const struct link_options *link_options)
{
    struct connection connection;
    struct protection protection = {0};
    const char *words[PROTECTION_COUNT];
    rtm_client_options options;
    int result = CLI_USAGE;
    int r;

    *link = (struct link){0};
    if (!connection_gather(args, &connection))
        return CLI_USAGE;
    rtm_client_options_init(&options);
    for (int key = 0; key < PROTECTION_COUNT; key++)
        words[key] = connection.protection[key].value;
    if (!connection_check(&connection, &options.pid) ||
        !protection_apply(words, &protection, &options))
        goto out;
    options.endpoint = connection.gate.value;
    options.secret = connection.secret.value;
    options.auto_reconnect = link_options->reconnect;
    options.ask_offsets = link_options->ask_offsets;
    if (args->timeout_ms > 0) {
        options.connect_timeout_ms = args->timeout_ms;
        options.quest_timeout_ms = args->timeout_ms;
    }
    link_set_log(link, &options);
    link->timeout_ms = options.connect_timeout_ms;

    r = rtm_client_new(&options, &link->client);
    if (r >= 0)
        r = rtm_client_set_state_callback(link->client, link_take_state, link);
    if (r < 0) {
        cli_error("%s: %s", connection.gate.value, rtm_strerror(r));
        result = r == RTM_E_INVAL ? CLI_USAGE : CLI_FAILED;
        link_close(link);
        goto out;
    }
    link->gate = connection.gate.value;
    connection.gate.value = NULL;
    result = 0;

out:
    protection_deinit(&protection);
    connection_deinit(&connection);
    return result;
}

int link_turn(struct link *link, int64_t timeout_ms, struct pollfd *extra, nfds_t extra_count)
{
    struct pollfd fds[2 + EXTRA_MAX] = {{.fd = rtm_client_get_fd(link->client),
                                         .events = (short)rtm_client_get_events(link->client)},
                                        {.fd = signals_get_fd(), .events = POLLIN}};
    const int64_t deadline_ms = rtm_client_get_deadline(link->client);

    if (extra_count > EXTRA_MAX)
        extra_count = EXTRA_MAX;
    if (extra_count > 0)
        memcpy(fds + 2, extra, extra_count * sizeof fds[0]);
    if (deadline_ms >= 0 && (timeout_ms < 0 || deadline_ms < timeout_ms))
        timeout_ms = deadline_ms;
    if (timeout_ms > 60000)
        timeout_ms = 60000; /* fits an int; an early turn does no harm */

    if (poll(fds, 2 + extra_count, (int)timeout_ms) < 0 && errno != EINTR) {
        cli_error("poll: %s", strerror(errno));
        return CLI_FAILED;
    }
    if (extra_count > 0)
        memcpy(extra, fds + 2, extra_count * sizeof fds[0]);
    (void)rtm_client_process(link->client);
    return signals_caught() ? CLI_INTERRUPTED : 0;
}

void link_explain(const struct link *link, char *text, size_t size)
{
    if (link->reason == RTM_E_SECURITY && link->why[0] != '\0')
        (void)snprintf(text, size, "%s (%s)", rtm_strerror(link->reason), link->why);
    else
        (void)snprintf(text, size, "%s", rtm_strerror(link->reason));
}

int link_connect(struct link *link)
{
    int r = rtm_client_connect(link->client);

    if (r < 0) {
        cli_error("%s: %s", link->gate, rtm_strerror(r));
        return CLI_NO_CONNECTION;
    }
    while (!link->was_ready) {
        if (link->is_over) {
            char text[256];
            link_explain(link, text, sizeof text);
            cli_error("%s: cannot connect: %s", link->gate, text);
            return CLI_NO_CONNECTION;
        }
        r = link_turn(link, -1, NULL, 0);
        if (r != 0)
            return r;
    }
    return 0;
}

int link_say_lost(const struct link *link)
{
    cli_error("%s: %s", link->gate, rtm_strerror(link->reason != 0 ? link->reason : RTM_E_LOST));
    return CLI_NO_CONNECTION;
}

struct link_answer {
    const struct link_question *question;
    rtm_error *error;
    bool is_there;
    bool has_failed;
};

static void link_take_answer(rtm_client *client, const rtm_error *err, rtm_value value,
                             void *userdata)
{
    struct link_answer *answer = userdata;

    (void)client;
    answer->is_there = true;
    answer->has_failed = err != NULL;
    if (err != NULL)
        *answer->error = *err;
    else if (answer->question->read != NULL)
        answer->question->read(value, answer->question->userdata);
}

int link_ask(struct link *link, const struct link_question *question, rtm_error *ret_error)
{
    struct link_answer answer = {.question = question, .error = ret_error};
    rtm_call *call = NULL;
    int r = rtm_client_call(link->client, question->method, question->params, 0, link_take_answer,
                            &answer, &call);

    *ret_error = (rtm_error){0};
    if (r < 0) {
        ret_error->local = r;
        return cli_exit_of(ret_error);
    }
    r = 0;
    while (r == 0 && !answer.is_there)
        r = link_turn(link, -1, NULL, 0);
    rtm_call_free(call);
    if (r == 0 && answer.has_failed)
        r = cli_exit_of(ret_error);
    return r;
}

void link_close(struct link *link)
{
    rtm_client_free(link->client);
    free(link->gate);
    link->client = NULL;
    link->gate = NULL;
}
