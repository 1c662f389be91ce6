/*
 * What it takes to know whether signatures are right, for quests as they come in (the text that is
 * signed has 84 bytes): one by one through libcrypto, and so many at a time. CPU nanoseconds a
 * quest; and the decimal printer that makes half of the text.
 */
#include <stdio.h>
#include <string.h>

#include "bench/clock.h"
#include "lib/base/num.h"
#include "lib/rtm/sign.h"

#define RUNS 9
#define CLAIMS 64
#define ROUNDS 400

static const rtmi_span secret = {(const uint8_t *)"a-secret-of-thirty-two-letters-x", 32};
static const rtmi_span method = {(const uint8_t *)"sendgroupmsg", 12};
static rtmi_sign_claim claims[CLAIMS];
static char signs[CLAIMS][RTMI_SIGN_LEN];

static bool is_right(rtmi_signer *signer, const rtmi_sign_claim *claim)
{
    char hex[RTMI_SIGN_LEN];

    return rtmi_sign(signer, 11000001, secret, claim->salt, claim->method, claim->ts_s, hex) &&
           rtmi_sign_equal(hex, claim->sign);
}

/* `at_once` 0: one by one. */
static double run(rtmi_signer *signer, size_t at_once)
{
    size_t right = 0;
    const double start = bench_cpu_ns();

    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CLAIMS; i += at_once == 0 ? 1 : at_once) {
            if (at_once == 0)
                right += is_right(signer, &claims[i]);
            else
                rtmi_sign_check(signer, 11000001, secret, claims + i,
                                rtmi_min_size(at_once, CLAIMS - i));
        }
    }
    const double end = bench_cpu_ns();
    for (size_t i = 0; at_once > 0 && i < CLAIMS; i++)
        right += ROUNDS * claims[i].is_right;
    if (right != (size_t)ROUNDS * CLAIMS)
        exit(1);
    return (end - start) / (ROUNDS * CLAIMS);
}

static double run_print(void)
{
    char text[RTMI_INT_TEXT_SIZE];
    size_t len = 0;
    const double start = bench_cpu_ns();

    for (size_t i = 0; i < (size_t)ROUNDS * CLAIMS; i++)
        len += rtmi_int_print(claims[i % CLAIMS].salt, text);
    const double end = bench_cpu_ns();
    if (len == 0)
        exit(1);
    return (end - start) / (ROUNDS * CLAIMS);
}

static void report(const char *name, double *runs)
{
    const double ns = bench_median(runs, RUNS);

    printf("%-44s %8.1f ns   [%.1f to %.1f]\n", name, ns, runs[0], runs[RUNS - 1]);
}

int main(void)
{
    static const size_t counts[] = {0, 1, 2, 4, 5, 8, 16, 64};
    enum { COUNTS = sizeof counts / sizeof counts[0] };
    double ns[COUNTS][RUNS];
    double print[RUNS];
    uint64_t random = 1;
    rtmi_signer *signer = rtmi_signer_new();

    if (signer == NULL)
        return 1;
    for (size_t i = 0; i < CLAIMS; i++) {
        claims[i] = (rtmi_sign_claim){.salt = (int64_t)(bench_next(&random) << 16),
                                      .method = method,
                                      .ts_s = 1795478135,
                                      .sign = {(const uint8_t *)signs[i], RTMI_SIGN_LEN}};
        if (!rtmi_sign(signer, 11000001, secret, claims[i].salt, method, claims[i].ts_s, signs[i]))
            return 1;
    }
    for (size_t r = 0; r < RUNS; r++) { /* in turn, so that the machine's moods fall on all */
        for (size_t c = 0; c < COUNTS; c++)
            ns[c][r] = run(signer, counts[c]);
        print[r] = run_print();
    }
    report("one by one", ns[0]);
    for (size_t c = 1; c < COUNTS; c++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%zu at once", counts[c]);
        report(name, ns[c]);
    }
    report("an integer of 19 digits in decimal", print);
    rtmi_signer_free(signer);
    return 0;
}
