/*
 * A proxy on one thread. A connection is a pair of sockets, and bytes are passed on as they come;
 * a server's answer has ended when its last message says that it is ready and in no transaction.
 */
#include "tests/support/postgres_proxy.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/postgres_server.h"

enum { PAIRS = 32 };

typedef struct pair {
    int client; /* -1: free */
    int server;
    bool is_swallowing; /* the answer is not passed on */
    char last[6];       /* the end of what the server has sent */
} pair;

static struct {
    pthread_t thread;
    int listener;
    int wake[2];
    char folder[60];
    char conninfo[200];
    char server_path[120];
    pair pairs[PAIRS];
    atomic_int cut;
    atomic_int min_bytes;
    atomic_int cut_count;
} proxy;

static void fail(const char *what)
{
    (void)fprintf(stderr, "PostgreSQL's proxy: %s\n", what);
    abort();
}

static struct sockaddr_un address_of(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder) >=
        (int)sizeof address.sun_path)
        fail("the path is too long");
    return address;
}

static void take_client(void)
{
    const struct sockaddr_un address = address_of(proxy.server_path);
    const int client = accept(proxy.listener, NULL, NULL);
    const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (client < 0 || server < 0)
        fail("no socket");
    if (connect(server, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(client);
        (void)close(server);
        return;
    }
    for (int i = 0; i < PAIRS; i++) {
        if (proxy.pairs[i].client < 0) {
            proxy.pairs[i] = (pair){.client = client, .server = server};
            return;
        }
    }
    fail("too many connections");
}

static void end_pair(pair *self)
{
    (void)close(self->client);
    (void)close(self->server);
    self->client = -1;
}

static void cut_pair(pair *self)
{
    end_pair(self);
    (void)atomic_fetch_add(&proxy.cut_count, 1);
}

static void pass(pair *self, int to, const char *bytes, ssize_t len)
{
    for (ssize_t done = 0; done < len;) {
        const ssize_t n = send(to, bytes + done, (size_t)(len - done), MSG_NOSIGNAL);

        if (n <= 0) {
            end_pair(self);
            return;
        }
        done += n;
    }
}

static void from_client(pair *self)
{
    static char bytes[1 << 20];
    const ssize_t len = recv(self->client, bytes, sizeof bytes, 0);
    int cut = PROXY_CUT_NONE;

    if (len <= 0) {
        end_pair(self);
        return;
    }
    if (!self->is_swallowing && len >= atomic_load(&proxy.min_bytes))
        cut = atomic_exchange(&proxy.cut, PROXY_CUT_NONE);
    if (cut == PROXY_CUT_REQUEST) {
        cut_pair(self);
        return;
    }
    self->is_swallowing = self->is_swallowing || cut == PROXY_CUT_ANSWER;
    pass(self, self->server, bytes, len);
}

static void from_server(pair *self)
{
    static const char ready[6] = {'Z', 0, 0, 0, 5, 'I'};
    static char bytes[1 << 16];
    const ssize_t len = recv(self->server, bytes, sizeof bytes, 0);

    if (len <= 0) {
        end_pair(self);
        return;
    }
    if (!self->is_swallowing) {
        pass(self, self->client, bytes, len);
        return;
    }

    const size_t kept = len < 6 ? 6 - (size_t)len : 0;

    memmove(self->last, self->last + 6 - kept, kept);
    memcpy(self->last + kept, bytes + len - (ssize_t)(6 - kept), 6 - kept);
    if (memcmp(self->last, ready, sizeof ready) == 0)
        cut_pair(self);
}

static void *run(void *unused)
{
    (void)unused;
    for (;;) {
        struct pollfd about[2 + 2 * PAIRS];

        about[0] = (struct pollfd){.fd = proxy.wake[0], .events = POLLIN};
        about[1] = (struct pollfd){.fd = proxy.listener, .events = POLLIN};
        for (int i = 0; i < PAIRS; i++) {
            const bool is_used = proxy.pairs[i].client >= 0;

            about[2 + 2 * i] =
                (struct pollfd){.fd = is_used ? proxy.pairs[i].client : -1, .events = POLLIN};
            about[3 + 2 * i] =
                (struct pollfd){.fd = is_used ? proxy.pairs[i].server : -1, .events = POLLIN};
        }
        if (poll(about, 2 + 2 * PAIRS, -1) < 0)
            continue;
        if (about[0].revents != 0)
            return NULL;
        for (int i = 0; i < PAIRS; i++) {
            if (proxy.pairs[i].client >= 0 && about[2 + 2 * i].revents != 0)
                from_client(&proxy.pairs[i]);
            if (proxy.pairs[i].client >= 0 && about[3 + 2 * i].revents != 0)
                from_server(&proxy.pairs[i]);
        }
        if (about[1].revents != 0)
            take_client();
    }
}

void postgres_proxy_start(void)
{
    const char *host = strstr(postgres_server_conninfo(), "host=");
    struct sockaddr_un address;

    if (host == NULL)
        fail("the server has no folder");
    (void)snprintf(proxy.server_path, sizeof proxy.server_path, "%s", host + 5);
    (void)snprintf(proxy.folder, sizeof proxy.folder, "/tmp/rtm-proxy-XXXXXX");
    if (mkdtemp(proxy.folder) == NULL || pipe(proxy.wake) != 0)
        fail("no folder");
    (void)snprintf(proxy.conninfo, sizeof proxy.conninfo, "postgresql://rtm@/postgres?host=%s",
                   proxy.folder);
    address = address_of(proxy.folder);
    proxy.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy.listener < 0 ||
        bind(proxy.listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(proxy.listener, 16) != 0)
        fail("cannot listen");
    for (int i = 0; i < PAIRS; i++)
        proxy.pairs[i].client = -1;
    atomic_store(&proxy.cut_count, 0);
    if (pthread_create(&proxy.thread, NULL, run, NULL) != 0)
        fail("no thread");
}

const char *postgres_proxy_conninfo(void)
{
    return proxy.conninfo;
}

void postgres_proxy_arm(proxy_cut cut, int min_bytes)
{
    atomic_store(&proxy.min_bytes, min_bytes);
    atomic_store(&proxy.cut, (int)cut);
}

int postgres_proxy_cut_count(void)
{
    return atomic_load(&proxy.cut_count);
}

void postgres_proxy_stop(void)
{
    struct sockaddr_un address = address_of(proxy.folder);

    (void)close(proxy.wake[1]);
    (void)pthread_join(proxy.thread, NULL);
    for (int i = 0; i < PAIRS; i++) {
        if (proxy.pairs[i].client >= 0)
            end_pair(&proxy.pairs[i]);
    }
    (void)close(proxy.wake[0]);
    (void)close(proxy.listener);
    (void)unlink(address.sun_path);
    (void)rmdir(proxy.folder);
}
