/*
 * Numbers as people write them.
 */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read a decimal int64 at `text`, an optional '-' first, at most `len` bytes. Returns the bytes
 * used, 0 when there is no number or it does not fit.
 */
size_t number_scan(const char *text, size_t len, int64_t *ret_value);

/* The whole text is one int64 between `min` and `max`. */
bool number_parse(const char *text, int64_t min, int64_t max, int64_t *ret_value);

/* "500ms", "10s", "1.5s", "2m", "1h"; seconds without a unit. Up to 1,000 days. */
bool number_parse_duration(const char *text, int64_t *ret_ms);

/* A positive rate a second, as "5", "0.5", "20000". */
bool number_parse_rate(const char *text, double *ret_rate);

int64_t number_now_ns(void); /* CLOCK_MONOTONIC */
int64_t number_now_ms(void); /* CLOCK_MONOTONIC */

#endif
