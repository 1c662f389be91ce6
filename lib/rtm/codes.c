/*
 * The one table of codes, FPNN's and RTM's, made from their lists.
 */
#include "lib/rtm/codes.h"

static const rtmi_code codes[] = {{0, "OK", "success"},
#define ROW_(name, number, text) {number, #name, text},
                                  RTMI_FPNN_CODES(ROW_) RTMI_RTM_CODES(ROW_)
#undef ROW_
};

#define CODE_COUNT (sizeof codes / sizeof codes[0])

const rtmi_code *rtmi_codes(size_t *ret_count)
{
    *ret_count = CODE_COUNT;
    return codes;
}

const rtmi_code *rtmi_code_find(int number)
{
    size_t low = 0;
    size_t high = CODE_COUNT;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (codes[middle].number == number)
            return &codes[middle];
        if (codes[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
