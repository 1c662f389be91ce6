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

/*
 * The eight digits of a number below 10^8 as bytes 0 to 9, the first one in the lowest byte: both
 * halves at once, then all pairs, then all digits. The divisions are multiplications that are
 * right for numbers so small.
 */
static inline uint64_t eight_digits(uint32_t value)
{
    const uint64_t halves = value / 10000 | (uint64_t)(value % 10000) << 32;
    const uint64_t hundreds = ((halves * 10486) >> 20) & UINT64_C(0x0000007f0000007f);
    const uint64_t pairs = hundreds | (halves - hundreds * 100) << 16;
    const uint64_t tens = ((pairs * 103) >> 10) & UINT64_C(0x000f000f000f000f);

    return tens | (pairs - tens * 10) << 8;
}

/* Returns behind the digits. */
static char *put_eight(char *to, uint64_t digits)
{
    digits |= UINT64_C(0x3030303030303030);
    memcpy(to, &digits, sizeof digits); /* little-endian, see num.h */
    return to + sizeof digits;
}

/* The same without the zeros in front, writing eight bytes all the same. */
static char *put_first(char *to, uint32_t value)
{
    const uint64_t digits = eight_digits(value);
    const unsigned zeros = value == 0 ? 7 : (unsigned)__builtin_ctzll(digits) / 8;

    (void)put_eight(to, digits >> 8 * zeros);
    return to + 8 - zeros;
}

/* The same of a number below 1000, which is what stands above 16 digits. */
static char *put_top(char *to, uint32_t value)
{
    if (value >= 100)
        *to++ = (char)('0' + value / 100);
    if (value >= 10)
        *to++ = (char)('0' + value / 10 % 10);
    *to++ = (char)('0' + value % 10);
    return to;
}

size_t rtmi_int_print(int64_t value, char text[RTMI_INT_TEXT_SIZE])
{
    const uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const uint64_t above = rest / 100000000;
    const uint64_t top = above / 100000000;
    char *to = text;

    if (value < 0)
        *to++ = '-';
    if (top > 0)
        to = put_top(to, (uint32_t)top);
    if (top > 0)
        to = put_eight(to, eight_digits((uint32_t)(above % 100000000)));
    else if (above > 0)
        to = put_first(to, (uint32_t)above);
    if (above > 0)
        to = put_eight(to, eight_digits((uint32_t)(rest % 100000000)));
    else
        to = put_first(to, (uint32_t)rest);
    *to = '\0';
    return (size_t)(to - text);
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
