/*
 * The receive path of the SDK over loopback: one connection, and a sender, a process of its own,
 * that pushes ready bytes as fast as the socket takes them. Every push is decoded, looked up in the
 * filter of duplicates, given to a callback in C and answered. Beside it, on the same bytes, a
 * program that only splits packages and answers.
 *
 *   bench_blast [PUSHES [LENGTHS]]
 *
 * PUSHES of each mix, default 2000000; one JSON object a line. With a file of text lengths, one a
 * line, that is the only mix.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include "bench/clock.h"
#include "bench/pushes.h"
#include "lib/fpnn/answer.h"
#include "lib/fpnn/frame.h"

typedef struct mix {
    const char *name;
    const lengths *texts;
    unsigned repeat_every; /* such a push has the mid of the one before it; 0: none */
} mix;

/* The sender. */

static void send_pushes(int listener, const mix *m)
{
    static pushes run;
    const rtm_message message = {.kind = RTM_KIND_GROUP,
                                 .mtype = 51,
                                 .from = 100123,
                                 .to = 77,
                                 .mtime_ms = 1795478135997,
                                 .attrs = {"", 0}};
    uint64_t next = 0;

    const int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        bench_die("accept");
    pushes_make(&run, &message, m->texts);
    do
        pushes_number(&run, m->repeat_every, &next);
    while (pushes_send(&run, fd));
    _exit(0);
}

/* The receivers. */

static uint64_t wanted_count;
static uint64_t received;

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)client;
    (void)userdata;
    received += message->msg.data != NULL;
}

/* Returns the pushes that were taken: callbacks and what the filter has held back. */
static uint64_t receive_by_librtm(const char *endpoint, double *ret_cpu_ns, int64_t *ret_ns)
{
    const rtm_monitor monitor = {.size = sizeof monitor, .push_group_message = on_message};
    rtm_stats stats = {.size = sizeof stats};
    rtm_client_options options;
    rtm_client *client;

    rtm_client_options_init(&options);
    options.endpoint = endpoint;
    options.pid = 1;
    options.secret = "secret";
    if (rtm_client_new(&options, &client) < 0 || rtm_client_set_monitor(client, &monitor) < 0 ||
        rtm_client_connect(client) < 0)
        abort();
    received = 0;
    while (received == 0) { /* until the connection is there */
        if (rtm_client_run(client, 100) < 0)
            abort();
    }
    (void)rtm_client_get_stats(client, &stats);
    const uint64_t before = stats.pushes_received;
    const double cpu_ns = bench_cpu_ns();
    const int64_t start_ns = bench_now_ns();
    do {
        if (rtm_client_run(client, 10) < 0 || rtm_client_get_stats(client, &stats) < 0)
            abort();
    } while (stats.pushes_received - before < wanted_count);
    *ret_cpu_ns = bench_cpu_ns() - cpu_ns;
    *ret_ns = bench_now_ns() - start_ns;
    if (received != stats.pushes_delivered ||
        stats.pushes_received != stats.pushes_delivered + stats.pushes_duplicate) {
        (void)fprintf(stderr, "the callback has seen %" PRIu64 " of %" PRIu64 " pushes\n", received,
                      stats.pushes_delivered);
        exit(1);
    }
    rtm_client_free(client);
    return stats.pushes_received - before;
}

/* As much as the library reads at once at most. */
#define SPLIT_READ ((size_t)1024 * 1024)

/* One read, split and answered with one write. */
static uint64_t split_once(int fd, rtmi_buf *in, rtmi_buf *out)
{
    rtmi_package package;
    uint64_t count = 0;

    rtmi_buf_settle(in);
    if (!rtmi_buf_reserve(in, SPLIT_READ))
        abort();
    const ssize_t len = recv(fd, rtmi_buf_tail(in), SPLIT_READ, 0);
    if (len <= 0)
        bench_die("recv");
    rtmi_buf_commit(in, (size_t)len);
    while (rtmi_frame_decode_quick(rtmi_buf_span(in), RTMI_FRAME_MAX_DEFAULT, &package) == 1) {
        count++;
        rtmi_answer_empty(out, package.seq);
        rtmi_buf_consume(in, package.size);
    }
    while (rtmi_buf_len(out) > 0) {
        const ssize_t sent = send(fd, rtmi_buf_span(out).data, rtmi_buf_len(out), MSG_NOSIGNAL);
        if (sent < 0)
            bench_die("send");
        rtmi_buf_consume(out, (size_t)sent);
    }
    return count;
}

static uint64_t receive_by_split(const char *endpoint, double *ret_cpu_ns, int64_t *ret_ns)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    rtmi_buf in;
    rtmi_buf out;
    uint64_t count = 0;

    to.sin_port = htons((uint16_t)strtoul(strchr(endpoint, ':') + 1, NULL, 10));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        bench_die("connect");
    rtmi_buf_init(&in, 4 * SPLIT_READ);
    rtmi_buf_init(&out, SPLIT_READ);
    (void)split_once(fd, &in, &out);
    const double cpu_ns = bench_cpu_ns();
    const int64_t start_ns = bench_now_ns();
    while (count < wanted_count)
        count += split_once(fd, &in, &out);
    *ret_cpu_ns = bench_cpu_ns() - cpu_ns;
    *ret_ns = bench_now_ns() - start_ns;
    (void)close(fd);
    rtmi_buf_deinit(&in);
    rtmi_buf_deinit(&out);
    return count;
}

typedef uint64_t receive_fn(const char *endpoint, double *ret_cpu_ns, int64_t *ret_ns);

static void measure(const char *name, receive_fn *receive, const mix *m)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    char endpoint[64];
    double cpu_ns;
    int64_t elapsed_ns;

    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        bench_die("listen");
    const pid_t sender = fork();
    if (sender < 0)
        bench_die("fork");
    if (sender == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        send_pushes(listener, m);
    }
    (void)snprintf(endpoint, sizeof endpoint, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    (void)close(listener);
    const uint64_t count = receive(endpoint, &cpu_ns, &elapsed_ns);
    (void)kill(sender, SIGKILL);
    (void)waitpid(sender, NULL, 0);
    (void)printf("{\"scenario\": \"receive\", \"receiver\": \"%s\", \"mix\": \"%s\", \"pushes\": "
                 "%" PRIu64 ", \"seconds\": %.6f, \"cpu_s\": %.6f}\n",
                 name, m->name, count, (double)elapsed_ns / 1e9, cpu_ns / 1e9);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    mix mixes[] = {{"100 bytes", &lengths_100, 0},
                   {"100 bytes, 5 % twice", &lengths_100, 20},
                   {"real chat", &lengths_chat, 0},
                   {"4 KiB", &lengths_4k, 0}};
    size_t mix_count = sizeof mixes / sizeof *mixes;
    const long long count = argc > 1 ? strtoll(argv[1], NULL, 10) : 2000000;
    lengths own;

    if (argc > 3 || count <= 0) {
        (void)fprintf(stderr, "usage: bench_blast [PUSHES [LENGTHS]]\n");
        return 2;
    }
    if (argc == 3) {
        own = lengths_read(argv[2]);
        mixes[0] = (mix){own.name, &own, 0};
        mix_count = 1;
    }
    for (size_t i = 0; i < mix_count; i++) {
        /* Of long texts fewer, so that each mix takes about as long. */
        wanted_count = (uint64_t)count / (mixes[i].texts == &lengths_4k ? 8 : 1) + 1;
        measure("librtm", receive_by_librtm, &mixes[i]);
        measure("split", receive_by_split, &mixes[i]);
    }
    return 0;
}
