/*
 * Waiting without sleeps: all clients' descriptors and the peer's are polled together, so each
 * step is caused by an event or a deadline of the client.
 */
#include "tests/support/listener.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/gate_process.h"

#define CLIENTS_MAX 8

void notebook_init(notebook *book)
{
    *book = (notebook){.listening = -1};
}

void notebook_clear(notebook *book)
{
    book->count = 0;
}

void notebook_deinit(notebook *book)
{
    free(book->notes);
    *book = (notebook){.listening = -1};
}

static void copy_text(rtm_bytes from, char *to, size_t size)
{
    const size_t len = from.len < size ? from.len : size - 1;

    memcpy(to, from.data, len);
    to[len] = '\0';
}

static note *next_note(notebook *book, const char *callback)
{
    if (book->count == book->cap) {
        book->cap = book->cap == 0 ? 64 : book->cap * 2;
        book->notes = realloc(book->notes, book->cap * sizeof *book->notes);
        assert_non_null(book->notes);
    }
    note *new_note = &book->notes[book->count++];
    *new_note = (note){.callback = callback};
    return new_note;
}

static void take_message(notebook *book, const char *callback, const rtm_message *message)
{
    note *it = next_note(book, callback);

    it->message = *message;
    copy_text(message->msg, it->msg, sizeof it->msg);
    copy_text(message->attrs, it->attrs, sizeof it->attrs);
}

#define MESSAGE_CALLBACK(name)                                                                     \
    static void on_##name(rtm_client *client, const rtm_message *message, void *userdata)          \
    {                                                                                              \
        (void)client;                                                                              \
        take_message(userdata, #name, message);                                                    \
    }

MESSAGE_CALLBACK(push_message)
MESSAGE_CALLBACK(push_group_message)
MESSAGE_CALLBACK(push_room_message)
MESSAGE_CALLBACK(push_file)
MESSAGE_CALLBACK(push_group_file)
MESSAGE_CALLBACK(push_room_file)
MESSAGE_CALLBACK(push_chat)
MESSAGE_CALLBACK(push_group_chat)
MESSAGE_CALLBACK(push_room_chat)
MESSAGE_CALLBACK(push_audio)
MESSAGE_CALLBACK(push_group_audio)
MESSAGE_CALLBACK(push_room_audio)
MESSAGE_CALLBACK(push_cmd)
MESSAGE_CALLBACK(push_group_cmd)
MESSAGE_CALLBACK(push_room_cmd)

static void on_ping(rtm_client *client, void *userdata)
{
    (void)client;
    (void)next_note(userdata, "ping");
}

static void on_push_event(rtm_client *client, const rtm_event *event, void *userdata)
{
    (void)client;
    note *it = next_note(userdata, "push_event");
    it->event = *event;
    copy_text(event->event, it->name, sizeof it->name);
    copy_text(event->endpoint, it->endpoint, sizeof it->endpoint);
    copy_text(event->data, it->msg, sizeof it->msg);
}

static void on_any(rtm_client *client, rtm_bytes method, rtm_value params, bool is_duplicate,
                   void *userdata)
{
    notebook *book = userdata;

    (void)client;
    assert_true(method.len > 0);
    assert_int_equal(rtm_value_get_type(params), RTM_VALUE_MAP);
    book->any_count++;
    book->any_duplicates += is_duplicate;
}

static void on_listening(rtm_client *client, bool is_listening, void *userdata)
{
    (void)client;
    ((notebook *)userdata)->listening = is_listening;
}

void notebook_fill_monitor(notebook *book, rtm_monitor *ret_monitor)
{
    *ret_monitor = (rtm_monitor){
        .size = sizeof *ret_monitor,
        .userdata = book,
        .ping = on_ping,
        .push_message = on_push_message,
        .push_group_message = on_push_group_message,
        .push_room_message = on_push_room_message,
        .push_event = on_push_event,
        .push_file = on_push_file,
        .push_group_file = on_push_group_file,
        .push_room_file = on_push_room_file,
        .push_chat = on_push_chat,
        .push_group_chat = on_push_group_chat,
        .push_room_chat = on_push_room_chat,
        .push_audio = on_push_audio,
        .push_group_audio = on_push_group_audio,
        .push_room_audio = on_push_room_audio,
        .push_cmd = on_push_cmd,
        .push_group_cmd = on_push_group_cmd,
        .push_room_cmd = on_push_room_cmd,
        .any = on_any,
        .listening = on_listening,
    };
}

static void show_log(rtm_log_level level, const char *text, void *userdata)
{
    (void)userdata;
    if (level == RTM_LOG_ERROR || getenv("RTM_LOG") != NULL)
        print_message("librtm %d: %s\n", (int)level, text);
}

void client_options(const char *endpoint, rtm_client_options *ret_options)
{
    rtm_client_options_init(ret_options);
    ret_options->endpoint = endpoint;
    ret_options->pid = GATE_PID;
    ret_options->secret = GATE_SECRET;
    ret_options->backoff_first_ms = 10;
    ret_options->backoff_ceiling_ms = 50;
    ret_options->log = show_log;
    ret_options->log_level = getenv("RTM_LOG") != NULL ? RTM_LOG_TRACE : RTM_LOG_WARN;
}

rtm_client *client_connected(const char *endpoint, const rtm_client_options *options,
                             notebook *book)
{
    rtm_client_options defaults;
    rtm_client *client = NULL;
    rtm_monitor monitor;

    if (options == NULL) {
        client_options(endpoint, &defaults);
        options = &defaults;
    }
    assert_int_equal(rtm_client_new(options, &client), 0);
    if (book != NULL) {
        notebook_fill_monitor(book, &monitor);
        assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
    }
    assert_int_equal(rtm_client_connect_wait(client), 0);
    return client;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void run_until(rtm_client **clients, size_t count, peer *far, until_fn *is_done, void *userdata,
               const char *what)
{
    const int64_t end = now_ms() + LISTENER_DEADLINE_MS;
    struct pollfd fds[CLIENTS_MAX + 1];

    assert_true(count <= CLIENTS_MAX);
    for (;;) {
        for (size_t i = 0; i < count; i++) {
            if (clients[i] == NULL)
                continue;
            const int r = rtm_client_process(clients[i]);
            assert_in_range(r, 0, 1);
            if (r == 1)
                clients[i] = NULL;
        }
        if (far != NULL)
            peer_settle(far);
        if (is_done(userdata))
            return;
        int64_t wait_ms = end - now_ms();
        if (wait_ms <= 0)
            fail_msg("waited in vain for %s", what);
        nfds_t used = 0;
        for (size_t i = 0; i < count; i++) {
            if (clients[i] == NULL)
                continue;
            const int64_t left = rtm_client_get_deadline(clients[i]);
            if (left >= 0 && left < wait_ms)
                wait_ms = left;
            fds[used++] = (struct pollfd){.fd = rtm_client_get_fd(clients[i]),
                                          .events = (short)rtm_client_get_events(clients[i])};
        }
        if (far != NULL)
            fds[used++] = (struct pollfd){.fd = peer_get_fd(far), .events = POLLIN};
        (void)poll(fds, used, (int)wait_ms);
    }
}

typedef struct note_wait {
    const notebook *book;
    size_t count;
} note_wait;

static bool has_notes(void *userdata)
{
    const note_wait *wait = userdata;

    return wait->book->count >= wait->count;
}

void run_until_notes(rtm_client **clients, size_t count, peer *far, const notebook *book,
                     size_t note_count)
{
    note_wait wait = {book, note_count};

    run_until(clients, count, far, has_notes, &wait, "callbacks");
}

void ending_done(rtm_client *client, const rtm_error *err, void *userdata)
{
    ending *end = userdata;

    (void)client;
    end->count++;
    end->failed = err != NULL;
    if (err != NULL)
        end->error = *err;
}

void ending_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent, void *userdata)
{
    ending_done(client, err, userdata);
    ((ending *)userdata)->sent = *sent;
}

void ending_answer(rtm_client *client, const rtm_error *err, rtm_value answer, void *userdata)
{
    (void)answer;
    ending_done(client, err, userdata);
}

static bool has_ended(void *userdata)
{
    return ((const ending *)userdata)->count > 0;
}

void run_until_ended(rtm_client *client, peer *far, const ending *end)
{
    ending *it = (ending *)end;

    run_until(&client, 1, far, has_ended, it, "the end of a call");
}
