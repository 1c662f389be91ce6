/*
 * The growing ceiling is a double: it neither overflows nor gets stuck at small numbers, as
 * 1 ms growing by 10 percent would in integers.
 */
#include "lib/session/backoff.h"

int64_t rtmi_backoff_delay(const rtmi_backoff_policy *policy, uint32_t attempt, uint64_t random)
{
    const double factor = policy->percent > 100 ? policy->percent / 100.0 : 1.0;
    const double most = (double)policy->ceiling_ms;
    double grown = (double)policy->first_ms;

    if (policy->first_ms <= 0 || policy->ceiling_ms <= 0)
        return 0;
    if (factor > 1.0) {
        /* Ends at the ceiling, however large the attempt. */
        for (uint32_t i = 0; i < attempt && grown < most; i++)
            grown *= factor;
    }
    const int64_t ceiling = grown < most ? (int64_t)grown : policy->ceiling_ms;
    return (int64_t)(random % ((uint64_t)ceiling + 1));
}
