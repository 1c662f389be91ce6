/*
 * Decimal text of integers, strict and without locale: what signatures and options need.
 */
#include "lib/base/num.h"

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
