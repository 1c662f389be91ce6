/*
 * Numbers written in decimal. Ids are half of what `rtm listen` prints, so they do not go through
 * printf, and two digits come from one division.
 */
#ifndef CLI_DIGITS_H
#define CLI_DIGITS_H

#include <stdint.h>

#define DIGITS_MAX 20 /* of any 64-bit number, with its sign */

/* Each writes at `at`, without a NUL, and returns the end. */
char *digits_write_uint(char *at, uint64_t value);
char *digits_write_int(char *at, int64_t value);

/* Zero-padded: `value` below 100, and below 1000. */
char *digits_write_two(char *at, unsigned value);
char *digits_write_three(char *at, unsigned value);

#endif
