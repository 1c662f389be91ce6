/*
 * What each answer mode loses when the handler's process is killed: messages that the gate was
 * told are done with, and that no handler had finished. The table of librtm(3) says the same.
 *
 * The program runs itself as the listener: it writes the mid of each finished message to a pipe,
 * and stands still in the fourth. The gate is this process.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/peer_script.h"

#define MESSAGES 100
#define FINISHED 3
#define RECORD_FD 3 /* of the listener: where it writes */

static char program[4096];

/* The listener. */

static void finish(int64_t mid)
{
    if (write(RECORD_FD, &mid, sizeof mid) != (ssize_t)sizeof mid)
        _exit(3);
}

static void stand_still(void)
{
    for (;;)
        (void)pause();
}

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    const bool *is_manual = userdata;
    rtm_message *kept;

    if (message->mid > FINISHED) {
        if (!*is_manual)
            stand_still();
        /* Kept and never done: the handler behind it stands still. */
        if (rtm_message_keep(client, message, &kept) < 0)
            _exit(4);
        return;
    }
    if (*is_manual && rtm_message_keep(client, message, &kept) < 0)
        _exit(5);
    finish(message->mid);
    if (*is_manual)
        rtm_message_done(kept);
}

static int run_listener(const char *endpoint, rtm_answer_mode mode, int64_t answer_by_ms)
{
    bool is_manual = mode == RTM_ANSWER_MANUAL;
    const rtm_monitor monitor = {
        .size = sizeof monitor, .userdata = &is_manual, .push_message = on_message};
    const rtm_workers_options workers_options = {.size = sizeof workers_options};
    rtm_client_options options;
    rtm_workers *workers;
    rtm_client *client;

    rtm_client_options_init(&options);
    options.endpoint = endpoint;
    options.pid = 90000001;
    options.secret = "not-a-real-secret";
    options.answer_mode = mode;
    options.answer_by_ms = answer_by_ms;
    if (rtm_client_new(&options, &client) < 0 || rtm_client_set_monitor(client, &monitor) < 0 ||
        rtm_workers_new(client, &workers_options, &workers) < 0 ||
        rtm_client_connect_wait(client) < 0)
        return 6;
    (void)rtm_client_run(client, -1);
    return 7;
}

/* The gate. */

static pid_t start_listener(const char *endpoint, rtm_answer_mode mode, int64_t answer_by_ms,
                            int record_fd)
{
    char mode_text[16];
    char by_text[32];

    (void)snprintf(mode_text, sizeof mode_text, "%d", (int)mode);
    (void)snprintf(by_text, sizeof by_text, "%lld", (long long)answer_by_ms);
    const pid_t pid = fork();
    if (pid == 0) {
        if (dup2(record_fd, RECORD_FD) != RECORD_FD)
            _exit(8);
        (void)execl(program, program, "listen", endpoint, mode_text, by_text, (char *)NULL);
        _exit(9);
    }
    assert_true(pid > 0);
    return pid;
}

static void push_all(peer *far)
{
    char json[200];

    for (int mid = 1; mid <= MESSAGES; mid++) {
        (void)snprintf(json, sizeof json,
                       "{\"from\":7,\"to\":8,\"mtype\":51,\"mid\":%d,\"msg\":\"m\",\"attrs\":\"\","
                       "\"mtime\":1700000000123}",
                       mid);
        (void)peer_push(far, "pushmsg", json);
    }
}

/* Something new was heard, or a connection has ended. */
static void wait_heard(peer *far)
{
    struct pollfd fd = {.fd = peer_get_fd(far), .events = POLLIN};

    assert_int_equal(poll(&fd, 1, 20000), 1);
    peer_settle(far);
}

/* How many messages are lost: answered, and not finished. `ret_answered`: all answers. */
static size_t lost_by_kill(rtm_answer_mode mode, int64_t answer_by_ms, size_t answers_to_wait_for)
{
    int fds[2];
    int64_t mid;
    int status;
    size_t finished = 0;
    peer *far = peer_new(NULL, NULL);

    assert_non_null(far);
    assert_int_equal(pipe(fds), 0);
    const pid_t pid = start_listener(peer_get_endpoint(far), mode, answer_by_ms, fds[1]);
    (void)close(fds[1]);
    peer_wait_links(far, 1);
    push_all(far);
    while (finished < FINISHED && read(fds[0], &mid, sizeof mid) == (ssize_t)sizeof mid)
        finished++;
    while (peer_count_answers(far) < answers_to_wait_for)
        wait_heard(far);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    while (read(fds[0], &mid, sizeof mid) == (ssize_t)sizeof mid)
        finished++;
    (void)close(fds[0]);
    while (peer_count_open(far) > 0)
        wait_heard(far);
    const size_t answered = peer_count_answers(far);
    peer_free(far);
    assert_int_equal(finished, FINISHED);
    assert_true(answered >= finished);
    return answered - finished;
}

static void test_on_receipt(void **state)
{
    (void)state;
    /* All that were in memory. */
    assert_int_equal(lost_by_kill(RTM_ANSWER_ON_RECEIPT, 3000, MESSAGES), MESSAGES - FINISHED);
}

static void test_on_return(void **state)
{
    (void)state;
    assert_int_equal(lost_by_kill(RTM_ANSWER_ON_RETURN, 0, FINISHED), 0);
}

static void test_on_return_with_deadline(void **state)
{
    (void)state;
    /* Those that waited longer than answer_by_ms. */
    assert_int_equal(lost_by_kill(RTM_ANSWER_ON_RETURN, 1, MESSAGES), MESSAGES - FINISHED);
}

static void test_manual(void **state)
{
    (void)state;
    assert_int_equal(lost_by_kill(RTM_ANSWER_MANUAL, 1, FINISHED), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_receipt),
        cmocka_unit_test(test_on_return),
        cmocka_unit_test(test_on_return_with_deadline),
        cmocka_unit_test(test_manual),
    };

    if (argc == 5 && strcmp(argv[1], "listen") == 0)
        return run_listener(argv[2], (rtm_answer_mode)atoi(argv[3]), atoi(argv[4]));
    const ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0)
        return 1;
    program[len] = '\0';
    return cmocka_run_group_tests(tests, NULL, NULL);
}
