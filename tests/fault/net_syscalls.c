/*
 * Each system call of lib/net failing once: its first use in a client's life, its second, and so
 * on until a life has no more of them; and reads and writes of one byte. Whatever failed, the
 * client comes to listen, tells the message once, and leaves no descriptor open.
 *
 * The linker sends the calls of the program's objects here. A plan holds for the test's thread,
 * and only while the client is at work: the scripted peer has a thread of its own.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#include <rtm/rtm.h>

#include <cmocka.h>

#include "tests/support/listener.h"
#include "tests/support/peer_script.h"

static _Thread_local struct {
    bool is_armed;
    bool is_short; /* one byte at a time */
    const char *name;
    size_t nth;
    int error;
    size_t seen;
    bool hit;
} plan;

static bool must_fail(const char *name)
{
    if (!plan.is_armed || plan.name == NULL || strcmp(plan.name, name) != 0 ||
        ++plan.seen != plan.nth)
        return false;
    plan.hit = true;
    errno = plan.error;
    return true;
}

#define WRAP(type, name, parameters, arguments)                                                    \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return must_fail(#name) ? -1 : __real_##name arguments;                                    \
    }

WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len),
     (fd, level, name, value, len))
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),
     (fd, level, name, value, len))
WRAP(int, getsockname, (int fd, struct sockaddr *name, socklen_t *len), (fd, name, len))
WRAP(int, getpeername, (int fd, struct sockaddr *name, socklen_t *len), (fd, name, len))
WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int set, int verb, int fd, struct epoll_event *event), (set, verb, fd, event))
WRAP(int, epoll_wait, (int set, struct epoll_event *events, int count, int timeout),
     (set, events, count, timeout))
WRAP(int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
WRAP(int, eventfd, (unsigned count, int flags), (count, flags))
WRAP(ssize_t, getrandom, (void *to, size_t len, unsigned flags), (to, len, flags))
WRAP(ssize_t, read, (int fd, void *to, size_t len), (fd, to, len))
WRAP(ssize_t, write, (int fd, const void *from, size_t len), (fd, from, len))

static size_t cut_short(size_t len)
{
    return plan.is_armed && plan.is_short && len > 1 ? 1 : len;
}

ssize_t __real_recv(int fd, void *to, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *to, size_t len, int flags)
{
    return must_fail("recv") ? -1 : __real_recv(fd, to, cut_short(len), flags);
}

ssize_t __real_send(int fd, const void *from, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *from, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *from, size_t len, int flags)
{
    return must_fail("send") ? -1 : __real_send(fd, from, cut_short(len), flags);
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    /* Linux gives the descriptor back whatever it answers. */
    const bool fails = must_fail("close");
    const int error = errno;
    const int r = __real_close(fd);

    if (!fails)
        return r;
    errno = error;
    return -1;
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *all = opendir("/proc/self/fd");

    assert_non_null(all);
    while (readdir(all) != NULL)
        count++;
    (void)closedir(all);
    return count;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Run the client with the plan in force until it listens, or has been told of the message. */
static void run_life(rtm_client *client, peer *far, const notebook *book)
{
    static const char push[] = "{\"from\":1,\"gid\":2,\"mtype\":51,\"mid\":7,\"msg\":\"m\","
                               "\"attrs\":\"\",\"mtime\":1}";
    const int64_t end = now_ms() + LISTENER_DEADLINE_MS;
    rtm_listen_view view = {0};
    int pushed_to = 0; /* how many connections there were at the last push */

    while (book->count == 0 || peer_count_answers(far) == 0) {
        plan.is_armed = true;
        const int r = rtm_client_run(client, 1);
        plan.is_armed = false;
        assert_true(r == 0 || r == RTM_E_SYSTEM);
        assert_true(now_ms() < end);
        assert_int_equal(rtm_client_get_listen(client, &view), 0);
        if (view.agrees && rtm_client_get_state(client) == RTM_STATE_READY &&
            pushed_to != peer_count_links(far)) {
            /* On a new connection a gate repeats what was not answered. */
            pushed_to = peer_count_links(far);
            (void)peer_push(far, "pushgroupmsg", push);
        }
    }
}

static void live(void)
{
    const int64_t gids[] = {2};
    const rtm_listen what = {.gids = gids, .gid_count = 1};
    rtm_client_options options;
    rtm_client *client = NULL;
    rtm_monitor monitor;
    notebook book;
    peer *far = peer_new(NULL, NULL);
    int r;

    notebook_init(&book);
    notebook_fill_monitor(&book, &monitor);
    client_options(peer_get_endpoint(far), &options);
    options.backoff_first_ms = 1;
    options.backoff_ceiling_ms = 2;
    const size_t before = count_descriptors();
    for (int tries = 0; client == NULL; tries++) {
        assert_true(tries < 2);
        plan.is_armed = true;
        r = rtm_client_new(&options, &client);
        plan.is_armed = false;
        assert_true(r == 0 || (r == RTM_E_SYSTEM && client == NULL && plan.hit));
        assert_true(r == 0 || count_descriptors() == before);
    }
    assert_int_equal(rtm_client_set_monitor(client, &monitor), 0);
    plan.is_armed = true;
    r = rtm_client_connect(client);
    if (r == RTM_E_SYSTEM) /* nothing has begun: again */
        r = rtm_client_connect(client);
    plan.is_armed = false;
    assert_int_equal(r, 0);
    plan.is_armed = true;
    r = rtm_client_add_listen(client, &what, 0, NULL, NULL, NULL);
    plan.is_armed = false;
    assert_int_equal(r, 0);
    run_life(client, far, &book);
    assert_int_equal(book.count, 1);
    assert_int_equal(book.notes[0].message.mid, 7);
    plan.is_armed = true;
    rtm_client_free(client);
    plan.is_armed = false;
    peer_free(far);
    notebook_deinit(&book);
}

typedef struct failure {
    const char *name;
    int error;
} failure;

static void every_call_fails_once(void **state)
{
    static const failure failures[] = {
        {"socket", EMFILE},        {"socket", EAFNOSUPPORT},  {"connect", ENETUNREACH},
        {"setsockopt", ENOBUFS},   {"getsockopt", ENOBUFS},   {"getsockname", ENOBUFS},
        {"getpeername", ENOTCONN}, {"epoll_create1", EMFILE}, {"epoll_ctl", ENOMEM},
        {"epoll_wait", EINTR},     {"poll", EINTR},           {"poll", ENOMEM},
        {"eventfd", EMFILE},       {"getrandom", EINTR},      {"getrandom", ENOSYS},
        {"read", EINTR},           {"write", EINTR},          {"close", EIO},
        {"recv", ECONNRESET},      {"recv", EINTR},           {"recv", EAGAIN},
        {"send", EPIPE},           {"send", EINTR},           {"send", EAGAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        size_t nth = 0;
        do {
            memset(&plan, 0, sizeof plan);
            plan.name = failures[i].name;
            plan.error = failures[i].error;
            plan.nth = ++nth;
            const size_t before = count_descriptors();
            live();
            assert_int_equal(count_descriptors(), before);
        } while (plan.hit && nth < 40); /* waits have as many as time makes them have */
        print_message("%s, %s: %zu lives\n", failures[i].name, strerrorname_np(failures[i].error),
                      nth);
        assert_true(nth > 1);
    }
    memset(&plan, 0, sizeof plan);
}

static void on_answer(rtm_client *client, const rtm_error *err, rtm_value answer, void *userdata)
{
    (void)client;
    (void)answer;
    *(int *)userdata = err == NULL ? 1 : err->local;
}

/* The connection is lost in the very write that should carry the quest. */
static void a_run_that_ends_has_told_how_calls_ended(void **state)
{
    rtm_client_options options;
    rtm_client *client = NULL;
    peer *far = peer_new(NULL, NULL);
    int told = 0;

    (void)state;
    client_options(peer_get_endpoint(far), &options);
    options.auto_reconnect = false;
    assert_int_equal(rtm_client_new(&options, &client), 0);
    assert_int_equal(rtm_client_connect_wait(client), 0);
    assert_int_equal(rtm_client_call(client, "q", NULL, 0, on_answer, &told, NULL), 0);
    memset(&plan, 0, sizeof plan);
    plan.name = "send";
    plan.error = EPIPE;
    plan.nth = 1;
    plan.is_armed = true;
    assert_int_equal(rtm_client_run(client, LISTENER_DEADLINE_MS), RTM_E_CLOSED);
    plan.is_armed = false;
    assert_true(plan.hit);
    assert_int_equal(told, RTM_E_LOST);
    memset(&plan, 0, sizeof plan);
    rtm_client_free(client);
    peer_free(far);
}

static void a_byte_at_a_time(void **state)
{
    (void)state;
    memset(&plan, 0, sizeof plan);
    plan.is_short = true;
    live();
    memset(&plan, 0, sizeof plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_fails_once),
        cmocka_unit_test(a_run_that_ends_has_told_how_calls_ended),
        cmocka_unit_test(a_byte_at_a_time),
    };

    return cmocka_run_group_tests_name("net.syscalls", tests, NULL, NULL);
}
