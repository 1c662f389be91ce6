/*
 * Finding runs by bisection. It is over offsets, which have holes: a probe takes the run before
 * the middle, or, when that is the lower end again, the one behind it.
 */
#include "gate/store/run_search.h"

static bool is_wanted(const run_wanted *what, const run_row *run)
{
    return run->last_ms >= what->min_ms && run->before_bytes >= what->min_before_bytes;
}

/* The first wanted run between one that is not and one that is. 1 or -1. */
static int bisect(const run_source *source, const run_wanted *what, run_row low, run_row high,
                  run_row *ret_run)
{
    for (;;) {
        const int64_t middle = low.first_offset + (high.first_offset - low.first_offset) / 2;
        run_row run;
        int r = source->find_before(source->userdata, middle, &run);

        if (r > 0 && run.first_offset == low.first_offset)
            r = source->find_after(source->userdata, middle + 1, &run);
        if (r < 0)
            return -1;
        /* The run after the low one is the high one: they meet. */
        if (r == 0 || run.first_offset <= low.first_offset || run.first_offset >= high.first_offset)
            break;
        if (is_wanted(what, &run))
            high = run;
        else
            low = run;
    }
    *ret_run = high;
    return 1;
}

int run_search_first(const run_source *source, const run_wanted *wanted, run_row *ret_run)
{
    run_row oldest, newest;
    int r = source->find_after(source->userdata, INT64_MIN, &oldest);

    if (r <= 0)
        return r;
    if (is_wanted(wanted, &oldest)) {
        *ret_run = oldest;
        return 1;
    }
    r = source->find_before(source->userdata, INT64_MAX, &newest);
    if (r <= 0 || !is_wanted(wanted, &newest))
        return r < 0 ? -1 : 0;
    return bisect(source, wanted, oldest, newest, ret_run);
}

int run_search_kept(const run_source *source, const store_retention *keep, int64_t now_ms,
                    run_row *ret_run)
{
    run_wanted what = {.min_ms = INT64_MIN, .min_before_bytes = INT64_MIN};
    run_row newest;
    int r = source->find_before(source->userdata, INT64_MAX, &newest);

    if (r <= 0)
        return r;
    if (keep->max_age_ms > 0 && now_ms >= INT64_MIN + keep->max_age_ms)
        what.min_ms = now_ms - keep->max_age_ms;
    if (keep->max_bytes > 0)
        what.min_before_bytes = newest.before_bytes + newest.data_bytes - keep->max_bytes;
    r = run_search_first(source, &what, ret_run);
    if (r == 0)
        *ret_run = newest;
    return r < 0 ? -1 : 1;
}
