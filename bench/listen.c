/*
 * librtm as a listener of a gate that runs: what a push costs it, in clear, encrypted or through
 * TLS. It says "listening" when it does; then somebody else sends to group 1. The clock runs from
 * the first turn in which pushes come until so many are there.
 *
 *   bench_listen ENDPOINT PROJECT SECRET-FILE PUSHES [package|stream GATE-KEY | tls CA-FILE]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtm/rtm.h>

#include "bench/clock.h"

enum { KEY_MAX = 4096, PATIENCE_MS = 60000 };

static uint64_t received;

static void on_message(rtm_client *client, const rtm_message *message, void *userdata)
{
    (void)client;
    (void)userdata;
    received += message->msg.len > 0;
}

static _Noreturn void fail(const char *what, int error)
{
    (void)fprintf(stderr, "bench_listen: %s: %s\n", what, rtm_strerror(error));
    exit(1);
}

static size_t read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    const size_t len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    return len;
}

static bool protect(rtm_client_options *options, const char *how, const char *path)
{
    static char key[KEY_MAX];

    if (strcmp(how, "tls") == 0) {
        options->security = RTM_SECURITY_TLS;
        options->tls_ca_file = path;
        return true;
    }
    options->security =
        strcmp(how, "stream") == 0 ? RTM_SECURITY_FPNN_STREAM : RTM_SECURITY_FPNN_PACKAGE;
    options->encryption_key_len = read_file(path, key, sizeof key);
    options->encryption_key = key;
    return strcmp(how, "stream") == 0 || strcmp(how, "package") == 0;
}

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_until(rtm_client *client, uint64_t count)
{
    const double end = now_s() + PATIENCE_MS / 1e3;

    while (received < count) {
        const int r = rtm_client_run(client, 100);
        if (r < 0)
            fail("running", r);
        if (now_s() > end)
            fail("waiting for pushes", RTM_E_TIMEOUT);
    }
}

int main(int argc, char **argv)
{
    const rtm_monitor monitor = {.size = sizeof monitor, .push_group_message = on_message};
    const int64_t group = 1;
    const rtm_listen what = {.gids = &group, .gid_count = 1};
    const uint64_t wanted = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    rtm_client_options options;
    rtm_client *client = NULL;
    char secret[300];

    rtm_client_options_init(&options);
    if ((argc != 5 && argc != 7) || wanted == 0 ||
        (argc == 7 && !protect(&options, argv[5], argv[6]))) {
        (void)fprintf(stderr, "usage: bench_listen ENDPOINT PROJECT SECRET-FILE PUSHES "
                              "[package|stream GATE-KEY | tls CA-FILE]\n");
        return 2;
    }
    (void)read_file(argv[3], secret, sizeof secret);
    secret[strcspn(secret, "\r\n")] = '\0';
    options.endpoint = argv[1];
    options.pid = (int32_t)strtol(argv[2], NULL, 10);
    options.secret = secret;
    int r = rtm_client_new(&options, &client);
    if (r == 0)
        r = rtm_client_set_monitor(client, &monitor);
    if (r == 0)
        r = rtm_client_connect(client);
    if (r == 0)
        r = rtm_client_add_listen_wait(client, &what, 0, NULL);
    if (r < 0)
        fail(argv[1], r);
    (void)puts("listening");
    (void)fflush(stdout);
    run_until(client, 1);
    const uint64_t before = received;
    const double cpu_ns = bench_cpu_ns();
    const double start_s = now_s();
    run_until(client, wanted);
    (void)printf("{\"receiver\": \"%s\", \"received\": %" PRIu64 ", \"pushes\": %" PRIu64
                 ", \"seconds\": %.6f, \"cpu_s\": %.6f}\n",
                 argc == 7 ? argv[5] : "plain", received, received - before, now_s() - start_s,
                 (bench_cpu_ns() - cpu_ns) / 1e9);
    rtm_client_free(client);
    return 0;
}
