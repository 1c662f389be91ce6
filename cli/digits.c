/*
 * A number is split into groups of eight digits, each of which fits into 32 bits, where dividing
 * is cheaper.
 */
#include "cli/digits.h"

#include <string.h>

#define GROUP 100000000U

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

char *digits_write_two(char *at, unsigned value)
{
    memcpy(at, pairs + (size_t)value * 2, 2);
    return at + 2;
}

char *digits_write_three(char *at, unsigned value)
{
    *at = (char)('0' + value / 100);
    return digits_write_two(at + 1, value % 100);
}

static char *write_four(char *at, uint32_t value)
{
    return digits_write_two(digits_write_two(at, value / 100), value % 100);
}

/* All eight digits of a group. */
static char *write_group(char *at, uint32_t value)
{
    return write_four(write_four(at, value / 10000), value % 10000);
}

/* One digit or two. */
static char *write_short(char *at, uint32_t value)
{
    if (value >= 10)
        return digits_write_two(at, value);
    *at = (char)('0' + value);
    return at + 1;
}

/* The first group, without zeros in front. */
static char *write_first(char *at, uint32_t value)
{
    if (value < 100)
        return write_short(at, value);
    if (value < 10000)
        return digits_write_two(write_short(at, value / 100), value % 100);
    if (value < 1000000)
        return write_four(write_short(at, value / 10000), value % 10000);
    at = write_short(at, value / 1000000);
    return write_four(digits_write_two(at, value / 10000 % 100), value % 10000);
}

char *digits_write_uint(char *at, uint64_t value)
{
    if (value < GROUP)
        return write_first(at, (uint32_t)value);
    const uint64_t high = value / GROUP;
    at = high < GROUP
             ? write_first(at, (uint32_t)high)
             : write_group(write_first(at, (uint32_t)(high / GROUP)), (uint32_t)(high % GROUP));
    return write_group(at, (uint32_t)(value % GROUP));
}

char *digits_write_int(char *at, int64_t value)
{
    if (value >= 0)
        return digits_write_uint(at, (uint64_t)value);
    *at = '-';
    return digits_write_uint(at + 1, 0 - (uint64_t)value);
}
