/*
 * A call is read into the public structs and then made in one of two ways.
 */
#include "tests/support/listen_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IDS_MAX 16

typedef enum verb { ADD, REMOVE, SET, ALL } verb;

typedef struct call_words {
    verb what;
    rtm_listen lists;
    rtm_listen_all switches;
    int64_t ids[3][IDS_MAX];
    const char *events[IDS_MAX];
    char text[512];
} call_words;

static void read_ids(call_words *call, int class, char *text)
{
    const int64_t **const lists[] = {&call->lists.gids, &call->lists.rids, &call->lists.uids};
    size_t *const counts[] = {&call->lists.gid_count, &call->lists.rid_count,
                              &call->lists.uid_count};
    size_t *const count = counts[class];
    char *rest = NULL;

    *lists[class] = call->ids[class];
    for (char *id = strtok_r(text, ",", &rest); id != NULL; id = strtok_r(NULL, ",", &rest)) {
        assert_true(*count < IDS_MAX);
        call->ids[class][(*count)++] = strtoll(id, NULL, 10);
    }
}

static void read_events(call_words *call, char *text)
{
    char *rest = NULL;

    call->lists.events = call->events;
    for (char *name = strtok_r(text, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest))
        call->events[call->lists.event_count++] = name;
}

static void read_switch(call_words *call, const char *word)
{
    const rtm_switch value = word[0] == '-' ? RTM_SWITCH_OFF : RTM_SWITCH_ON;

    word += word[0] == '-';
    if (strcmp(word, "p2p") == 0)
        call->switches.p2p = value;
    else if (strcmp(word, "group") == 0)
        call->switches.group = value;
    else if (strcmp(word, "room") == 0)
        call->switches.room = value;
    else if (strcmp(word, "ev") == 0)
        call->switches.event = value;
    else
        fail_msg("no such switch: %s", word);
}

static void read_call(const char *words, size_t len, call_words *ret)
{
    static const char *const verbs[] = {"add", "remove", "set", "all"};
    static const char classes[] = "gru";
    char *rest = NULL;

    *ret = (call_words){.what = ADD};
    assert_true(len < sizeof ret->text);
    memcpy(ret->text, words, len);
    const char *first = strtok_r(ret->text, " ", &rest);
    assert_non_null(first);
    while (strcmp(verbs[ret->what], first) != 0) {
        assert_int_not_equal(ret->what, ALL);
        ret->what = (verb)(ret->what + 1);
    }
    for (char *word = strtok_r(NULL, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        const char *class = strchr(classes, word[0]);
        if (ret->what == ALL)
            read_switch(ret, word);
        else if (word[0] == 'e')
            read_events(ret, word + 1);
        else if (class != NULL)
            read_ids(ret, (int)(class - classes), word + 1);
        else
            fail_msg("no such list: %s", word);
    }
}

static int begin(rtm_client *client, const call_words *call, int64_t timeout_ms, ending *end)
{
    switch (call->what) {
    case ADD:
        return rtm_client_add_listen(client, &call->lists, timeout_ms, ending_done, end, NULL);
    case REMOVE:
        return rtm_client_remove_listen(client, &call->lists, timeout_ms, ending_done, end, NULL);
    case SET:
        return rtm_client_set_listen(client, &call->lists, timeout_ms, ending_done, end, NULL);
    default:
        return rtm_client_set_all_listen(client, &call->switches, timeout_ms, ending_done, end,
                                         NULL);
    }
}

static int wait_for(rtm_client *client, const call_words *call, int64_t timeout_ms,
                    rtm_error *reterr_error)
{
    switch (call->what) {
    case ADD:
        return rtm_client_add_listen_wait(client, &call->lists, timeout_ms, reterr_error);
    case REMOVE:
        return rtm_client_remove_listen_wait(client, &call->lists, timeout_ms, reterr_error);
    case SET:
        return rtm_client_set_listen_wait(client, &call->lists, timeout_ms, reterr_error);
    default:
        return rtm_client_set_all_listen_wait(client, &call->switches, timeout_ms, reterr_error);
    }
}

int listen_words_begin(rtm_client *client, const char *words, int64_t timeout_ms, ending *end)
{
    call_words call;

    *end = (ending){0};
    read_call(words, strlen(words), &call);
    return begin(client, &call, timeout_ms, end);
}

static int one_call(rtm_client *client, peer *far, const call_words *call, bool is_waiting,
                    int64_t timeout_ms, rtm_error *reterr_error)
{
    ending end = {0};

    if (is_waiting)
        return wait_for(client, call, timeout_ms, reterr_error);
    const int r = begin(client, call, timeout_ms, &end);
    if (r != 0)
        return r;
    assert_int_equal(end.count, 0); /* never inside the call that caused it */
    run_until_ended(client, far, &end);
    assert_int_equal(end.count, 1);
    if (!end.failed)
        return 0;
    *reterr_error = end.error;
    return end.error.local != 0 ? end.error.local : RTM_E_PEER;
}

int listen_words_within(rtm_client *client, peer *far, const char *words, bool is_waiting,
                        int64_t timeout_ms, rtm_error *reterr_error)
{
    rtm_error error = {0};
    call_words call;
    int r = 0;

    for (const char *at = words; *at != '\0';) {
        const size_t len = strcspn(at, ";");
        read_call(at, len, &call);
        r = one_call(client, far, &call, is_waiting, timeout_ms, &error);
        if (r != 0 && reterr_error == NULL)
            fail_msg("%s: %s %d %s", words, rtm_err_name(r), error.code, error.text);
        at += len;
        at += strspn(at, "; ");
    }
    if (reterr_error != NULL)
        *reterr_error = error;
    return r;
}

int listen_words(rtm_client *client, peer *far, const char *words, bool is_waiting,
                 rtm_error *reterr_error)
{
    return listen_words_within(client, far, words, is_waiting, 0, reterr_error);
}
