/*
 * Decimal text of integers, strict and without locale: what signatures and options need; and
 * lists of ids made sets.
 */
#include "lib/base/num.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t rtmi_sort_unique(int64_t *numbers, size_t count)
{
    size_t kept = 0;

    if (count > 1)
        qsort(numbers, count, sizeof *numbers, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || numbers[kept - 1] != numbers[i])
            numbers[kept++] = numbers[i];
    }
    return kept;
}

size_t rtmi_int_print(int64_t value, char text[RTMI_INT_TEXT_SIZE])
{
    char digits[RTMI_INT_TEXT_SIZE];
    size_t n = 0;
    size_t len = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        text[len++] = '-';
    while (n > 0)
        text[len++] = digits[--n];
    text[len] = '\0';
    return len;
}

bool rtmi_int_parse(const char *text, size_t len, int64_t *ret_value)
{
    const bool negative = len > 0 && text[0] == '-';
    const uint64_t max = negative ? UINT64_C(1) << 63 : INT64_MAX;
    uint64_t value = 0;
    size_t i = negative ? 1 : 0;

    if (i == len)
        return false;
    for (; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        const uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}
