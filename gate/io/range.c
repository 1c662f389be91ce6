/*
 * Several ranges are answered with the whole, as RFC 9110 allows: nobody needs them here, and
 * they are a way to ask for much with little.
 */
#include "gate/io/range.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/num.h"

/* Digits at *at, maybe none; numbers too large count as the largest. */
static bool read_number(const char **at, int64_t *ret)
{
    const size_t len = strspn(*at, "0123456789");

    if (len > 0 && !rtmi_int_parse(*at, len, ret))
        *ret = INT64_MAX;
    *at += len;
    return len > 0;
}

range_answer range_read(const char *text, int64_t size, int64_t *ret_from, int64_t *ret_len)
{
    static const char unit[] = "bytes=";
    int64_t first = 0;
    int64_t last = INT64_MAX;

    if (strncmp(text, unit, sizeof unit - 1) != 0)
        return RANGE_ALL;
    const char *at = text + sizeof unit - 1;
    const bool has_first = read_number(&at, &first);
    if (*at++ != '-')
        return RANGE_ALL;
    const bool has_last = read_number(&at, &last);
    if (*at != '\0' || (!has_first && !has_last) || (has_first && has_last && last < first))
        return RANGE_ALL;
    if (!has_first) {
        if (last == 0 || size == 0)
            return RANGE_NONE;
        *ret_len = rtmi_min_i64(last, size);
        *ret_from = size - *ret_len;
        return RANGE_PART;
    }
    if (first >= size)
        return RANGE_NONE;
    *ret_from = first;
    *ret_len = rtmi_min_i64(last, size - 1) - first + 1;
    return RANGE_PART;
}
