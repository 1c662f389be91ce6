/*
 * Parsing of numbers without the traps of strtol(3): no leading blanks, no plus sign, no
 * locale, no silent overflow.
 */
#include "cli/number.h"

#include <string.h>
#include <time.h>

#define DURATION_MAX_MS (1000LL * 24 * 3600 * 1000)

size_t number_scan(const char *text, size_t len, int64_t *ret_value)
{
    const bool is_negative = len > 0 && text[0] == '-';
    const uint64_t limit = is_negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t value = 0;
    size_t at = is_negative ? 1 : 0;
    const size_t first = at;

    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++) {
        const unsigned digit = (unsigned)(text[at] - '0');

        if (value > (limit - digit) / 10)
            return 0;
        value = value * 10 + digit;
    }
    if (at == first)
        return 0;
    if (is_negative)
        *ret_value = value > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)value;
    else
        *ret_value = (int64_t)value;
    return at;
}

bool number_parse(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    const size_t len = strlen(text);
    int64_t value;

    if (len == 0 || number_scan(text, len, &value) != len || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

/* A decimal number with an optional fraction; NULL when there is none. */
static const char *number_scan_decimal(const char *text, double *ret_value)
{
    double value = 0, scale = 1;
    int digits = 0;

    for (; *text >= '0' && *text <= '9'; text++, digits++)
        value = value * 10 + (*text - '0');
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++, digits++) {
            scale /= 10;
            value += (*text - '0') * scale;
        }
    }
    if (digits == 0 || digits > 18)
        return NULL;
    *ret_value = value;
    return text;
}

bool number_parse_duration(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}};
    double value;
    const char *unit = number_scan_decimal(text, &value);

    if (unit == NULL)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        const double ms = value * units[i].ms;
        if (ms > (double)DURATION_MAX_MS)
            return false;
        *ret_ms = (int64_t)(ms + 0.5);
        return true;
    }
    return false;
}

bool number_parse_rate(const char *text, double *ret_rate)
{
    double rate;
    const char *end = number_scan_decimal(text, &rate);

    if (end == NULL || *end != '\0' || rate < 1e-6 || rate > 1e9)
        return false;
    *ret_rate = rate;
    return true;
}

int64_t number_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t number_now_ms(void)
{
    return number_now_ns() / 1000000;
}
