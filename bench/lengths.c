#include "bench/lengths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"

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

const lengths lengths_100 = {"100 bytes", of_100, 1};
const lengths lengths_chat = {"real chat", of_chat, sizeof of_chat / sizeof *of_chat};
const lengths lengths_4k = {"4 KiB", of_4k, 1};

lengths lengths_read(const char *path)
{
    static uint16_t values[65536];
    lengths self = {path, values, 0};
    char line[64];
    int64_t value;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (self.count < sizeof values / sizeof *values && fgets(line, sizeof line, file) != NULL) {
        if (!rtmi_int_parse(line, strcspn(line, "\n"), &value) || value < 0 ||
            value > LENGTHS_TEXT_MAX - 1) {
            (void)fprintf(stderr, "%s: line %zu is no length from 0 to %d\n", path, self.count + 1,
                          LENGTHS_TEXT_MAX - 1);
            exit(1);
        }
        values[self.count++] = (uint16_t)value;
    }
    (void)fclose(file);
    if (self.count == 0) {
        (void)fprintf(stderr, "%s: no lengths\n", path);
        exit(1);
    }
    return self;
}
