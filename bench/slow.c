/*
 * A handler that is slower than the wire: pushes at a rate that one thread of handlers cannot
 * meet, under each policy. Shown: that memory stays flat and that the accounts balance, looked
 * at every 50 ms.
 *
 *   bench_slow [SECONDS [PUSHES_A_SECOND [HANDLED_A_SECOND]]]      default 5 50000 1000
 *
 * The sender is a process of its own on plain sockets. It sends what is due every millisecond;
 * what the socket does not take is sent later, so with `wait` the rate is the handler's.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include "bench/clock.h"
#include "lib/rtm/message.h"

#define BATCH_MAX 4096
#define LOOK_MS 50

/* The sender. */

/* Add one push with a mid of its own. */
static void add_push(rtmi_buf *out, uint32_t seq)
{
    static const char text[] = "a message of about a hundred bytes, as people write them in the "
                               "groups of a game or a chat app.";
    const rtm_message message = {
        .kind = RTM_KIND_GROUP,
        .mtype = 51,
        .from = 1000 + seq % 500,
        .to = seq % 100,
        .mid = (int64_t)seq + 1,
        .mtime_ms = 1700000000000,
        .msg = {text, sizeof text - 1},
        .attrs = {"", 0},
    };

    rtmi_message_encode(out, seq, &message, 0);
}

static void discard(int fd)
{
    static char bytes[65536];

    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

static bool flush(int fd, rtmi_buf *out)
{
    const rtmi_span bytes = rtmi_buf_span(out);
    const ssize_t n = send(fd, bytes.data, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0)
        rtmi_buf_consume(out, (size_t)n);
    return n >= 0 || errno == EAGAIN;
}

static void send_pushes(int listener, int64_t rate)
{
    rtmi_buf out;
    uint32_t seq = 0;

    rtmi_buf_init(&out, (size_t)16 * 1024 * 1024);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            bench_die("accept");
        const int64_t start_ns = bench_now_ns();
        int64_t sent = 0;
        bool is_up = true;
        rtmi_buf_clear(&out);
        while (is_up) {
            const int64_t due = (bench_now_ns() - start_ns) * rate / 1000000000;
            /* What the peer does not take is not hoarded. */
            for (int i = 0; i < BATCH_MAX && sent < due && rtmi_buf_len(&out) < 262144; i++, sent++)
                add_push(&out, seq++);
            if (rtmi_buf_len(&out) >= 262144)
                sent = due;
            is_up = rtmi_buf_len(&out) == 0 || flush(fd, &out);
            discard(fd);
            const struct timespec tick = {.tv_nsec = 1000000};
            (void)nanosleep(&tick, NULL);
        }
        (void)close(fd);
    }
}

static int listen_anywhere(char *endpoint, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        bench_die("listen");
    (void)snprintf(endpoint, size, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return fd;
}

static pid_t start_sender(int listener, int64_t rate)
{
    const pid_t pid = fork();

    if (pid < 0)
        bench_die("fork");
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        send_pushes(listener, rate);
    }
    (void)close(listener);
    return pid;
}

/* The listener. */

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    const int64_t *handler_ns = userdata;
    const struct timespec work = {.tv_sec = *handler_ns / 1000000000,
                                  .tv_nsec = *handler_ns % 1000000000};

    (void)client;
    (void)message;
    (void)nanosleep(&work, NULL);
}

/* Resident memory, KiB. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1)
        bench_die("/proc/self/statm");
    (void)fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

typedef struct figures {
    rtm_stats stats;
    uint64_t most_queued;
    long first_kib; /* after a fifth of the time */
    long most_kib;
    long last_kib;
    long looks;
    long unbalanced;
} figures;

static void look(rtm_client *client, figures *f)
{
    f->stats.size = sizeof f->stats;
    if (rtm_client_get_stats(client, &f->stats) < 0)
        abort();
    const rtm_stats *s = &f->stats;
    f->looks++;
    f->unbalanced += s->pushes_received != s->pushes_delivered + s->pushes_duplicate +
                                               s->pushes_dropped + s->pushes_queued;
    if (s->pushes_queued > f->most_queued)
        f->most_queued = s->pushes_queued;
    f->last_kib = resident_kib();
    if (f->last_kib > f->most_kib)
        f->most_kib = f->last_kib;
}

static void measure(const char *name, rtm_slow_policy policy, int64_t seconds, int64_t rate,
                    int64_t handler_ns)
{
    char endpoint[64];
    figures f = {.looks = 0};
    const int listener = listen_anywhere(endpoint, sizeof endpoint);
    const pid_t sender = start_sender(listener, rate);
    const rtm_monitor monitor = {
        .size = sizeof monitor, .userdata = &handler_ns, .push_group_message = on_message};
    const rtm_workers_options workers_options = {.size = sizeof workers_options, .policy = policy};
    rtm_client_options options;
    rtm_client *client;
    rtm_workers *workers;

    rtm_client_options_init(&options);
    options.endpoint = endpoint;
    options.pid = 1;
    options.secret = "secret";
    options.backoff_first_ms = 1;
    options.backoff_ceiling_ms = 100;
    if (rtm_client_new(&options, &client) < 0 || rtm_client_set_monitor(client, &monitor) < 0 ||
        rtm_workers_new(client, &workers_options, &workers) < 0 || rtm_client_connect(client) < 0)
        abort();
    const int64_t start_ns = bench_now_ns();
    const int64_t end_ns = start_ns + seconds * 1000000000;
    while (bench_now_ns() < end_ns) {
        if (rtm_client_run(client, LOOK_MS) < 0)
            abort();
        look(client, &f);
        if (f.first_kib == 0 && bench_now_ns() - start_ns > (end_ns - start_ns) / 5)
            f.first_kib = f.last_kib;
    }
    const double elapsed = (double)(bench_now_ns() - start_ns) / 1e9;
    (void)rtm_workers_free(workers);
    look(client, &f);
    const rtm_stats *s = &f.stats;
    (void)printf("%-12s %8.0f %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %6" PRIu64 " %8" PRIu64
                 " %7" PRIu64 " %8ld %8ld %8ld  %ld of %ld\n",
                 name, (double)s->pushes_received / elapsed, s->pushes_received,
                 s->pushes_delivered, s->pushes_dropped, f.most_queued, s->answers_early,
                 s->connects, f.first_kib, f.most_kib, f.last_kib, f.unbalanced, f.looks);
    (void)fflush(stdout);
    rtm_client_free(client);
    (void)kill(sender, SIGKILL);
    (void)waitpid(sender, NULL, 0);
    if (f.unbalanced > 0)
        exit(1);
}

static int64_t argument(int argc, char **argv, int index, int64_t otherwise)
{
    const int64_t value = argc > index ? strtoll(argv[index], NULL, 10) : otherwise;

    if (value <= 0) {
        (void)fprintf(stderr, "usage: bench_slow [SECONDS [PUSHES_A_SECOND [HANDLED_A_SECOND]]]\n");
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    const int64_t seconds = argument(argc, argv, 1, 5);
    const int64_t rate = argument(argc, argv, 2, 50000);
    const int64_t handled = argument(argc, argv, 3, 1000);

    (void)printf("%" PRId64 " s each: %" PRId64 " pushes/s offered, a handler of %" PRId64 "/s\n",
                 seconds, rate, handled);
    (void)printf("%-12s %8s %9s %9s %9s %6s %8s %7s %8s %8s %8s  %s\n", "policy", "recv/s",
                 "received", "delivered", "dropped", "queued", "early", "conns", "KiB 1/5",
                 "KiB most", "KiB last", "unbalanced");
    measure("wait", RTM_SLOW_WAIT, seconds, rate, 1000000000 / handled);
    measure("drop_oldest", RTM_SLOW_DROP_OLDEST, seconds, rate, 1000000000 / handled);
    measure("drop_newest", RTM_SLOW_DROP_NEWEST, seconds, rate, 1000000000 / handled);
    measure("disconnect", RTM_SLOW_DISCONNECT, seconds, rate, 1000000000 / handled);
    return 0;
}
