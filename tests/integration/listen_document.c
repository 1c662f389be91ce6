/*
 * The listen document, line by line, through a real gate: what each call does is told by the
 * traffic that arrives. A row is: the calls before, the call, and what must be heard of one
 * fixed round of messages. The round ends with a fence, a message that the row listens to, so
 * that "nothing else came" needs no waiting: the gate pushes in the order of its log.
 *
 * What this gate cannot be made to do (silence, refusals, events) is in tests/peer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/gate_process.h"
#include "tests/support/listen_words.h"
#include "tests/support/listener.h"

typedef struct fixture {
    gate_process gate;
    rtm_client *sender;
} fixture;

/*
 * The round: to groups, rooms and users 1 to 3, and between users. The fences are 9 of each
 * class, all three sent; the first that arrives ends the row.
 */
static const char *const round_of_messages[] = {
    "g1", "g2", "g3", "r1", "r2", "r3", "1>8", "8>1", "2>8", "8>2", "1>2", "3>8", "8>3",
};

typedef struct row {
    const char *before; /* listen calls, apart by ';' */
    const char *call;
    const char *heard;
    const char *fence; /* g9, r9 or 9>8 */
} row;

static const row rows[] = {
    /* add_listen: each class, alone and on top of others: incremental */
    {"add g9", "add g1", "g1", "g9"},
    {"add r9", "add r1", "r1", "r9"},
    {"add u9", "add u1", "1>8 8>1 1>2", "9>8"},
    {"add g9", "add elogin,logout", "", "g9"},
    {"add g9 g1", "add g2", "g1 g2", "g9"},
    {"add r9 r1", "add r2", "r1 r2", "r9"},
    {"add u9 u1", "add u2", "1>8 8>1 2>8 8>2 1>2", "9>8"},
    {"add elogin g1,9", "add elogout", "g1", "g9"},
    {"add g1,9; add r1; add u3", "add g2 r2 u3 elogin", "g1 g2 r1 r2 3>8 8>3", "g9"},
    {"add g1,9", "add g1", "g1", "g9"},
    {"add g1,9", "add g", "g1", "g9"}, /* present and empty: nothing to add */

    /* remove_listen */
    {"add g1,2,9", "remove g1", "g2", "g9"},
    {"add r1,2,9", "remove r1", "r2", "r9"},
    {"add u1,2,9", "remove u1", "2>8 8>2 1>2", "9>8"},
    {"add g9 elogin", "remove elogin", "", "g9"},
    {"add g1,9 r1 u1", "remove g1 r1 u1", "", "g9"},
    {"add g1,9", "remove g2 r7 u7 elogin", "g1", "g9"},   /* unknown ones are ignored */
    {"all group; add g9", "remove g1", "g1 g2 g3", "g9"}, /* a switch is no list */

    /* set_listen: full coverage */
    {"add g1", "set g2,9", "g2", "g9"},
    {"add r1", "set r2,9", "r2", "r9"},
    {"add u1", "set u2,9", "2>8 8>2 1>2", "9>8"},
    {"add g1 r1 u1", "set g9 elogin", "", "g9"},
    {"add r1 u1 elogin", "set g1,9", "g1", "g9"},
    {"add g1 u1", "set r1,9", "r1", "r9"},
    {"add g1 r1", "set u3,9", "3>8 8>3", "9>8"},
    {"all group; add r1", "set r2,9", "g1 g2 g3 r2", "r9"}, /* the switches stay */
    {"all group; add r1 g1", "set elogin", "g1 g2 g3", "g9"},
    {"all room; add g1,9", "set g", "r1 r2 r3", "r9"},

    /* set_all_listen: absent switches are off, lists stay */
    {"add g9", "all p2p", "1>8 8>1 2>8 8>2 1>2 3>8 8>3", "9>8"},
    {"add r9", "all group", "g1 g2 g3", "g9"},
    {"add g9", "all room", "r1 r2 r3", "r9"},
    {"add g9", "all ev", "", "g9"},
    {"all p2p group room ev; add g9", "all p2p", "1>8 8>1 2>8 8>2 1>2 3>8 8>3", "g9"},
    {"all p2p group room ev; add r9", "all group", "g1 g2 g3", "r9"},
    {"all p2p group room ev; add g9", "all room", "r1 r2 r3", "g9"},
    {"all p2p group room ev; add g9", "all ev", "", "g9"},
    {"all p2p group room; add g9 r2", "all -p2p", "r2", "g9"},
    {"all p2p; add g1,9 u1", "all group room", "g1 g2 g3 r1 r2 r3 1>8 8>1 1>2", "g9"},
    {"add g1,9 u1", "all p2p group room ev", "g1 g2 g3 r1 r2 r3 1>8 8>1 2>8 8>2 1>2 3>8 8>3",
     "g9"}, /* wanted twice, pushed once */

    /* uids: sender or receiver; once when both are listened to */
    {"add u9", "add u1,2", "1>8 8>1 2>8 8>2 1>2", "9>8"},
    {"add u9", "set u1,2,8,9", "1>8 8>1 2>8 8>2 1>2 3>8 8>3", "9>8"},
};

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    *state = f;
    gate_init(&f->gate, 2, GATE_MEMORY, "ping-interval = 1h");
    f->sender = client_connected(f->gate.endpoint, NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    rtm_client_free(f->sender);
    gate_deinit(&f->gate);
    free(f);
    return 0;
}

/* "g1", "r2" or "1>8"; `text` is the message's content. */
static void send_word(rtm_client *sender, const char *word, const char *text, rtm_sent_fn *done,
                      void *userdata)
{
    rtm_outgoing message = {.size = sizeof message, .from = 77, .mtype = 51};
    int r;

    message.msg = text;
    message.msg_len = strlen(text);
    message.attrs = "{}";
    message.attrs_len = 2;
    if (word[0] == 'g' || word[0] == 'r') {
        message.to = strtoll(word + 1, NULL, 10);
        r = word[0] == 'g'
                ? rtm_client_send_group_message(sender, &message, 0, done, userdata, NULL)
                : rtm_client_send_room_message(sender, &message, 0, done, userdata, NULL);
    } else {
        char *rest;
        message.from = strtoll(word, &rest, 10);
        assert_int_equal(*rest, '>');
        message.to = strtoll(rest + 1, NULL, 10);
        r = rtm_client_send_message(sender, &message, 0, done, userdata, NULL);
    }
    assert_int_equal(r, 0);
}

typedef struct fence_wait {
    const notebook *book;
    const char *fence;
    const int *sent; /* answers to the round and the fence, which it has to await too */
    int sent_count;
} fence_wait;

static bool has_fence(void *userdata)
{
    const fence_wait *wait = userdata;

    return *wait->sent == wait->sent_count && wait->book->count > 0 &&
           strcmp(wait->book->notes[wait->book->count - 1].msg, wait->fence) == 0;
}

static void count_sent(rtm_client *client, const rtm_error *err, const rtm_sent *sent,
                       void *userdata)
{
    (void)client;
    if (err != NULL)
        fail_msg("a message was refused: %d %s", err->code, err->text);
    assert_true(sent->mtime_ms > 0);
    ++*(int *)userdata;
}

/* Send the round and the fence; returns what came before the fence, words apart by blanks. */
static void hear_round(fixture *f, rtm_client *listener, notebook *book, const char *fence,
                       char *heard, size_t size)
{
    const size_t count = sizeof round_of_messages / sizeof round_of_messages[0];
    rtm_client *both[] = {f->sender, listener};
    int sent = 0;
    fence_wait wait = {book, fence, &sent, (int)count + 1};

    notebook_clear(book);
    for (size_t i = 0; i < count; i++)
        send_word(f->sender, round_of_messages[i], round_of_messages[i], count_sent, &sent);
    send_word(f->sender, fence, fence, count_sent, &sent);
    run_until(both, 2, NULL, has_fence, &wait, fence);
    heard[0] = '\0';
    for (size_t i = 0; i + 1 < book->count; i++) {
        const size_t len = strlen(heard);
        (void)snprintf(heard + len, size - len, "%s%s", len > 0 ? " " : "", book->notes[i].msg);
    }
}

static void check_row(fixture *f, const row *it, bool is_waiting)
{
    notebook book;
    char heard[512];
    rtm_error error = {0};

    notebook_init(&book);
    rtm_client *listener = client_connected(f->gate.endpoint, NULL, &book);
    listen_words(listener, NULL, it->before, true, NULL);
    const int r = listen_words(listener, NULL, it->call, is_waiting, &error);
    if (r != 0)
        fail_msg("%s; %s: %s %d %s", it->before, it->call, rtm_err_name(r), error.code, error.text);
    hear_round(f, listener, &book, it->fence, heard, sizeof heard);
    if (strcmp(heard, it->heard) != 0)
        fail_msg("%s; then %s (%s): heard '%s', and not '%s'", it->before, it->call,
                 is_waiting ? "blocking" : "asynchronous", heard, it->heard);
    rtm_client_free(listener);
    notebook_deinit(&book);
}

static void every_row_holds_blocking(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(*state, &rows[i], true);
}

static void every_row_holds_asynchronous(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(*state, &rows[i], false);
}

/* A stream to a group: some messages before the removal, some under way, some after its answer. */
#define PART_COUNT 150

typedef struct stream {
    rtm_client *sender;
    notebook *book;
    int sent;
    ending removed;
    size_t heard_at_answer;
} stream;

static void send_part(stream *it)
{
    for (int i = 0; i < PART_COUNT; i++)
        send_word(it->sender, "g1", "x", count_sent, &it->sent);
}

static void on_removed(rtm_client *client, const rtm_error *err, void *userdata)
{
    stream *it = userdata;

    it->heard_at_answer = it->book->count;
    ending_done(client, err, &it->removed);
    send_part(it);
    send_word(it->sender, "r9", "fence", count_sent, &it->sent);
}

static bool stream_is_over(void *userdata)
{
    const stream *it = userdata;

    return it->sent == 3 * PART_COUNT + 1 && it->book->count > 0 &&
           strcmp(it->book->notes[it->book->count - 1].msg, "fence") == 0;
}

static void nothing_arrives_after_the_answer_to_remove(void **state)
{
    fixture *f = *state;
    const int64_t gid = 1;
    const rtm_listen what = {.gids = &gid, .gid_count = 1};
    notebook book;

    notebook_init(&book);
    rtm_client *listener = client_connected(f->gate.endpoint, NULL, &book);
    listen_words(listener, NULL, "add g1 r9", true, NULL);
    rtm_client *both[] = {f->sender, listener};
    stream it = {.sender = f->sender, .book = &book};
    send_part(&it);
    run_until_notes(both, 2, NULL, &book, 1);
    send_part(&it);
    assert_int_equal(rtm_client_remove_listen(listener, &what, 0, on_removed, &it, NULL), 0);
    run_until(both, 2, NULL, stream_is_over, &it, "the fence");
    assert_false(it.removed.failed);
    assert_int_equal(it.removed.count, 1);
    assert_int_equal(book.count, it.heard_at_answer + 1);
    rtm_client_free(listener);
    notebook_deinit(&book);
}

static void another_connection_hears_nothing(void **state)
{
    fixture *f = *state;
    notebook book;
    notebook other_book;
    char heard[512];

    notebook_init(&book);
    notebook_init(&other_book);
    rtm_client *listener = client_connected(f->gate.endpoint, NULL, &book);
    rtm_client *other = client_connected(f->gate.endpoint, NULL, &other_book);
    listen_words(listener, NULL, "all p2p group room; add g1 r1 u1", true, NULL);
    listen_words(other, NULL, "add g9", true, NULL);
    hear_round(f, other, &other_book, "g9", heard, sizeof heard);
    assert_string_equal(heard, "");
    rtm_client_free(listener);
    rtm_client_free(other);
    notebook_deinit(&book);
    notebook_deinit(&other_book);
}

static bool is_listening(void *userdata)
{
    return ((const notebook *)userdata)->listening == 1;
}

static bool is_not_listening(void *userdata)
{
    return ((const notebook *)userdata)->listening == 0;
}

static void reconnect(rtm_client *client, notebook *book)
{
    assert_int_equal(rtm_client_close(client), 0);
    run_until(&client, 1, NULL, is_not_listening, book, "the end of listening");
    assert_int_equal(rtm_client_connect_wait(client), 0);
}

static void a_new_connection_hears_nothing_without_restore(void **state)
{
    fixture *f = *state;
    notebook book;
    rtm_client_options options;
    char heard[512];

    notebook_init(&book);
    client_options(f->gate.endpoint, &options);
    options.restore_listen = false;
    rtm_client *listener = client_connected(NULL, &options, &book);
    listen_words(listener, NULL, "all p2p room; add g1 r1 u1 g9", true, NULL);
    hear_round(f, listener, &book, "g9", heard, sizeof heard);
    assert_string_equal(heard, "g1 r1 r2 r3 1>8 8>1 2>8 8>2 1>2 3>8 8>3");
    reconnect(listener, &book);
    listen_words(listener, NULL, "add g9", true, NULL);
    hear_round(f, listener, &book, "g9", heard, sizeof heard);
    assert_string_equal(heard, "");
    rtm_client_free(listener);
    notebook_deinit(&book);
}

static void a_new_connection_hears_the_same_with_restore(void **state)
{
    fixture *f = *state;
    notebook book;
    char heard[512];

    notebook_init(&book);
    rtm_client *listener = client_connected(f->gate.endpoint, NULL, &book);
    listen_words(listener, NULL, "all room; add g1,9 u1 elogin", true, NULL);
    hear_round(f, listener, &book, "g9", heard, sizeof heard);
    assert_string_equal(heard, "g1 r1 r2 r3 1>8 8>1 1>2");
    reconnect(listener, &book);
    run_until(&listener, 1, NULL, is_listening, &book, "the listen set to be in force");
    hear_round(f, listener, &book, "g9", heard, sizeof heard);
    assert_string_equal(heard, "g1 r1 r2 r3 1>8 8>1 1>2");
    rtm_client_free(listener);
    notebook_deinit(&book);
}

/* The callbacks for messages, by the kind of the sending and by mtype. */
typedef struct family_row {
    int mtype;
    bool is_binary;
    const char *p2p;
    const char *group;
    const char *room;
} family_row;

static const family_row families[] = {
    {30, false, "push_chat", "push_group_chat", "push_room_chat"},
    {31, true, "push_audio", "push_group_audio", "push_room_audio"},
    {32, false, "push_cmd", "push_group_cmd", "push_room_cmd"},
    {40, false, "push_file", "push_group_file", "push_room_file"},
    {50, false, "push_file", "push_group_file", "push_room_file"},
    {1, false, "push_message", "push_group_message", "push_room_message"},
    {39, false, "push_message", "push_group_message", "push_room_message"},
    {51, false, "push_message", "push_group_message", "push_room_message"},
    {127, false, "push_message", "push_group_message", "push_room_message"},
};

static void check_note(const note *it, const char *callback, rtm_kind kind, const family_row *want,
                       const rtm_outgoing *message, const rtm_sent *sent)
{
    assert_string_equal(it->callback, callback);
    assert_int_equal(it->message.kind, kind);
    assert_int_equal(it->message.mtype, want->mtype);
    assert_int_equal(it->message.is_binary, want->is_binary);
    assert_int_equal(it->message.from, message->from);
    assert_int_equal(it->message.to, message->to);
    assert_int_equal(it->message.mid, sent->mid);
    assert_int_equal(it->message.mtime_ms, sent->mtime_ms);
    assert_false(it->message.has_offset);
    assert_int_equal(it->message.msg.len, message->msg_len);
    assert_memory_equal(it->msg, message->msg, message->msg_len);
    assert_string_equal(it->attrs, "{\"a\":1}");
}

static void message_callbacks_get_their_arguments(void **state)
{
    static const unsigned char bytes[] = {0x00, 0xff, 0x80, 'a', 0x00, 0xc1};
    static const char text[] = "hear, hear: \xc3\xa4\xe2\x82\xac";
    fixture *f = *state;
    notebook book;

    notebook_init(&book);
    rtm_client *listener = client_connected(f->gate.endpoint, NULL, &book);
    listen_words(listener, NULL, "all p2p group room", true, NULL);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        const family_row *want = &families[i];
        rtm_outgoing message = {.size = sizeof message,
                                .from = INT64_C(1) << 52,
                                .to = 4711,
                                .mtype = want->mtype,
                                .is_binary = want->is_binary,
                                .attrs = "{\"a\":1}",
                                .attrs_len = 7};
        rtm_sent sent[3];
        message.msg = want->is_binary ? (const void *)bytes : text;
        message.msg_len = want->is_binary ? sizeof bytes : sizeof text - 1;
        notebook_clear(&book);
        assert_int_equal(rtm_client_send_message_wait(f->sender, &message, 0, &sent[0], NULL), 0);
        assert_int_equal(rtm_client_send_group_message_wait(f->sender, &message, 0, &sent[1], NULL),
                         0);
        assert_int_equal(rtm_client_send_room_message_wait(f->sender, &message, 0, &sent[2], NULL),
                         0);
        run_until_notes(&listener, 1, NULL, &book, 3);
        check_note(&book.notes[0], want->p2p, RTM_KIND_P2P, want, &message, &sent[0]);
        check_note(&book.notes[1], want->group, RTM_KIND_GROUP, want, &message, &sent[1]);
        check_note(&book.notes[2], want->room, RTM_KIND_ROOM, want, &message, &sent[2]);
    }
    rtm_client_free(listener);
    notebook_deinit(&book);
}

static void send_messages_reaches_each_receiver(void **state)
{
    static const int64_t tos[] = {1, 2, 3};
    fixture *f = *state;
    notebook book;
    rtm_sent sent;

    notebook_init(&book);
    rtm_client *listener = client_connected(f->gate.endpoint, NULL, &book);
    listen_words(listener, NULL, "add u1,3,9", true, NULL);
    rtm_outgoing message = {.size = sizeof message,
                            .from = 5,
                            .tos = tos,
                            .to_count = 3,
                            .mtype = 51,
                            .msg = "all",
                            .msg_len = 3};
    assert_int_equal(rtm_client_send_messages_wait(f->sender, &message, 0, &sent, NULL), 0);
    message = (rtm_outgoing){
        .size = sizeof message, .from = 9, .to = 8, .mtype = 51, .msg = "f", .msg_len = 1};
    assert_int_equal(rtm_client_send_message_wait(f->sender, &message, 0, NULL, NULL), 0);
    run_until_notes(&listener, 1, NULL, &book, 3);
    assert_int_equal(book.notes[0].message.to, 1);
    assert_int_equal(book.notes[1].message.to, 3);
    assert_int_equal(book.notes[0].message.mid, sent.mid);
    assert_int_equal(book.notes[1].message.mid, sent.mid);
    assert_string_equal(book.notes[2].msg, "f");
    rtm_client_free(listener);
    notebook_deinit(&book);
}

static void ping_arrives_from_the_gate(void **state)
{
    gate_process gate;
    notebook book;

    (void)state;
    gate_init(&gate, 1, GATE_MEMORY, "ping-interval = 100ms");
    notebook_init(&book);
    rtm_client *listener = client_connected(gate.endpoint, NULL, &book);
    listen_words(listener, NULL, "add g1", true, NULL); /* the first signed quest proves it */
    run_until_notes(&listener, 1, NULL, &book, 2);
    assert_string_equal(book.notes[0].callback, "ping");
    assert_string_equal(book.notes[1].callback, "ping");
    rtm_client_free(listener);
    notebook_deinit(&book);
    gate_deinit(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_holds_blocking),
        cmocka_unit_test(every_row_holds_asynchronous),
        cmocka_unit_test(nothing_arrives_after_the_answer_to_remove),
        cmocka_unit_test(another_connection_hears_nothing),
        cmocka_unit_test(a_new_connection_hears_nothing_without_restore),
        cmocka_unit_test(a_new_connection_hears_the_same_with_restore),
        cmocka_unit_test(message_callbacks_get_their_arguments),
        cmocka_unit_test(send_messages_reaches_each_receiver),
        cmocka_unit_test(ping_arrives_from_the_gate),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
