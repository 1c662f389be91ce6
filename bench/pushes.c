/*
 * Encoded once with a mid of nine bytes, as real ones have, so that numbers can be written over.
 */
#include "bench/pushes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/rtm/message.h"

static const uint16_t of_100[] = {100};
static const uint16_t of_4k[] = {4096};

/*
 * The lengths of 226,891 texts of a public chat about an operating system, as 64 quantiles of equal
 * weight (the middle of each), in an order that mixes them. Their mean is 58 bytes.
 */
static const uint16_t of_chat[] = {
    2,  39, 7,   48, 16, 62, 23, 88,  31, 183, 3,   41, 9,  50, 17, 64,  25,  93,  33,  216, 3,  42,
    11, 52, 18,  66, 26, 97, 34, 290, 5,  44,  12,  54, 20, 69, 27, 102, 35,  6,   45,  13,  55, 21,
    72, 29, 108, 36, 47, 14, 57, 22,  74, 30,  115, 38, 59, 78, 81, 84,  123, 133, 145, 160,
};

const bench_lengths bench_lengths_100 = {"100 bytes", of_100, 1};
const bench_lengths bench_lengths_chat = {"real chat", of_chat, sizeof of_chat / sizeof *of_chat};
const bench_lengths bench_lengths_4k = {"4 KiB", of_4k, 1};

bench_lengths bench_lengths_read(const char *path)
{
    static uint16_t values[65536];
    bench_lengths lengths = {path, values, 0};
    char line[64];
    int64_t value;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (lengths.count < sizeof values / sizeof *values &&
           fgets(line, sizeof line, file) != NULL) {
        if (!rtmi_int_parse(line, strcspn(line, "\n"), &value) || value < 0 ||
            value > BENCH_TEXT_MAX - 1) {
            (void)fprintf(stderr, "%s: line %zu is no length from 0 to %d\n", path,
                          lengths.count + 1, BENCH_TEXT_MAX - 1);
            exit(1);
        }
        values[lengths.count++] = (uint16_t)value;
    }
    (void)fclose(file);
    if (lengths.count == 0) {
        (void)fprintf(stderr, "%s: no lengths\n", path);
        exit(1);
    }
    return lengths;
}

void bench_run_make(bench_run *run, const bench_lengths *lengths)
{
    static char text[BENCH_TEXT_MAX];
    const int64_t mid = INT64_C(0x0123456789abcdef);
    rtm_message message = {.kind = RTM_KIND_GROUP,
                           .mtype = 51,
                           .from = 100123,
                           .to = 77,
                           .mid = mid,
                           .mtime_ms = 1795478135997,
                           .attrs = {"", 0}};
    uint8_t wanted[8];

    memset(text, 'x', sizeof text);
    *run = (bench_run){.count = 0};
    rtmi_buf_init(&run->bytes, BENCH_RUN_BYTES);
    while (run->count < BENCH_RUN_MAX) {
        const size_t mark = rtmi_buf_len(&run->bytes);
        message.msg = (rtm_bytes){text, lengths->values[run->count % lengths->count]};
        rtmi_message_encode(&run->bytes, 1, &message, 0);
        if (run->bytes.error != 0) {
            rtmi_buf_rewind(&run->bytes, mark);
            break;
        }
        run->push_at[run->count++] = mark;
    }
    rtmi_store_be64(wanted, (uint64_t)mid);
    const rtmi_span all = rtmi_buf_span(&run->bytes);
    const uint8_t *at = memmem(all.data, all.len, wanted, sizeof wanted);
    if (at == NULL)
        abort();
    run->mid_at = (size_t)(at - all.data); /* what stands before it is as long in all of them */
}

void bench_run_free(bench_run *run)
{
    rtmi_buf_deinit(&run->bytes);
}

void bench_run_number(bench_run *run, uint64_t *next, unsigned repeat_every)
{
    for (size_t i = 0; i < run->count; i++, ++*next) {
        uint8_t *push = run->bytes.data + run->push_at[i];
        const bool again = repeat_every > 0 && *next % repeat_every == 0 && *next > 0;
        rtmi_store_le32(push + 12, (uint32_t)*next + 1);
        rtmi_store_be64(push + run->mid_at, (UINT64_C(1) << 60) + *next - (again ? 1 : 0));
    }
}
