/*
 * UTF-8: what RFC 3629 allows and nothing else (no surrogates, no overlong forms).
 */
#ifndef CLI_UTF8_H
#define CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the sequence at `at`, 1 to 4; 0 when there is no valid one before `end`. */
size_t utf8_sequence(const char *at, const char *end);

/* The code point of a valid sequence of `len` bytes. */
uint32_t utf8_decode(const char *at, size_t len);

/* Write a code point (no surrogate, up to 10FFFF) into four bytes; returns its length. */
size_t utf8_encode(uint32_t point, char *out);

bool utf8_is_valid(const char *text, size_t len);

#endif
