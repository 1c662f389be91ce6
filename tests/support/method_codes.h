/*
 * Which codes of the table of methods a test has seen.
 */
#ifndef TESTS_SUPPORT_METHOD_CODES_H
#define TESTS_SUPPORT_METHOD_CODES_H

#include <stdbool.h>
#include <stddef.h>

enum { METHODS_SEEN_MAX = 256, CODES_SEEN_MAX = 17 };

typedef struct codes_seen {
    bool seen[METHODS_SEEN_MAX][CODES_SEEN_MAX]; /* the last: success */
} codes_seen;

/** A method was answered so; 0 is success. False: its table does not give that. */
bool codes_seen_note(codes_seen *self, bool is_of_user, const char *method, int code);

/** Print what is missing, how many there are. Methods in `elsewhere` (NULL-ended)
    need not have succeeded. */
size_t codes_seen_missing(const codes_seen *self, const char *const *elsewhere);

#endif
