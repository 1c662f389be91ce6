/*
 * Id lists. Ids are any int64, so a minus sign may begin a number or join a range.
 */
#include "cli/ids.h"

#include <stdlib.h>
#include <string.h>

#include "cli/memory.h"
#include "cli/number.h"

void ids_deinit(struct ids *ids)
{
    free(ids->values);
    *ids = (struct ids){0};
}

static bool ids_add_range(struct ids *ids, int64_t first, int64_t last)
{
    const uint64_t more = (uint64_t)last - (uint64_t)first; /* one less than the count */

    if (more >= IDS_MAX || ids->count + (size_t)more + 1 > IDS_MAX)
        return false;
    while (ids->cap < ids->count + (size_t)more + 1) {
        ids->cap = ids->cap == 0 ? 16 : ids->cap * 2;
        ids->values = memory_grow(ids->values, ids->cap, sizeof ids->values[0]);
    }
    for (uint64_t i = 0; i <= more; i++)
        ids->values[ids->count++] = (int64_t)((uint64_t)first + i);
    return true;
}

bool ids_parse(struct ids *ids, const char *text, const char **ret_reason)
{
    size_t len = strlen(text);

    for (;;) {
        int64_t first, last;
        size_t used = number_scan(text, len, &first);

        *ret_reason = "not a list of ids such as 1,5,10-20";
        if (used == 0)
            return false;
        text += used;
        len -= used;
        last = first;
        if (len > 0 && *text == '-') {
            used = number_scan(text + 1, len - 1, &last);
            if (used == 0)
                return false;
            text += used + 1;
            len -= used + 1;
            *ret_reason = "a range ends before it begins";
            if (last < first)
                return false;
        }
        *ret_reason = "more than 100000 ids";
        if (!ids_add_range(ids, first, last))
            return false;
        if (len == 0)
            return true;
        *ret_reason = "not a list of ids such as 1,5,10-20";
        if (*text != ',')
            return false;
        text++;
        len--;
    }
}
