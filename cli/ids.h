/*
 * Lists of ids as they are given on the command line.
 */
#ifndef CLI_IDS_H
#define CLI_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDS_MAX 100000 /* of one class: the gate's and the library's limit */

struct ids {
    int64_t *values;
    size_t count;
    size_t cap;
};

void ids_deinit(struct ids *ids);

/*
 * Add "ID[,ID|A-B]…", as "1,5,10-20" or "-3--1". False, with a reason that names no list, when
 * it is none or would pass IDS_MAX; the ids before the mistake may have been added.
 */
bool ids_parse(struct ids *ids, const char *text, const char **ret_reason);

#endif
