/*
 * Values are compared as the file would have them, so one way fits all types. Addresses are
 * matched by name; which there are, and all of them but their certificates, is fixed.
 */
#include "gate/conf_change.h"

#include <stdio.h>
#include <string.h>

static bool is_same(const conf_row *row, const void *a, const void *b)
{
    char one[CONF_TEXT_SIZE];
    char two[CONF_TEXT_SIZE];

    conf_row_print(row, a, one, sizeof one);
    conf_row_print(row, b, two, sizeof two);
    return strcmp(one, two) == 0;
}

static void keep(const conf_row *row, const void *held, void *fresh)
{
    memcpy((char *)fresh + row->at, (const char *)held + row->at, row->room);
}

static void keep_gate(const conf *held, conf *fresh, conf_change_fn *tell, void *userdata)
{
    for (size_t i = 0; i < conf_row_count; i++) {
        const conf_row *const row = &conf_rows[i];
        char what[64];
        if (row->section != CONF_GATE || is_same(row, &held->gate, &fresh->gate))
            continue;
        (void)snprintf(what, sizeof what, "gate.%s", row->name);
        tell(what, row->reloadable, userdata);
        if (!row->reloadable)
            keep(row, &held->gate, &fresh->gate);
    }
    fresh->seen = held->seen;
}

static const conf_listen *find(const conf *in, const char *name)
{
    for (size_t i = 0; i < in->listen_count; i++)
        if (strcmp(in->listens[i].name, name) == 0)
            return &in->listens[i];
    return NULL;
}

/* Make `to`, which holds, take from `fresh` what it can. */
static void follow(conf_listen *to, const conf_listen *fresh, conf_change_fn *tell, void *userdata)
{
    bool has_other_key = memcmp(&to->key, &fresh->key, sizeof to->key) != 0;

    for (size_t i = 0; i < conf_row_count; i++) {
        const conf_row *const row = &conf_rows[i];
        char what[CONF_LISTEN_NAME_SIZE + 64];
        if (row->section != CONF_LISTEN || is_same(row, to, fresh))
            continue;
        (void)snprintf(what, sizeof what, "listen %.31s.%s", to->name, row->name);
        tell(what, row->reloadable, userdata);
        has_other_key = false; /* said, or a matter of what was said */
        if (row->reloadable)
            keep(row, fresh, to);
    }
    if (has_other_key) {
        char what[CONF_LISTEN_NAME_SIZE + 64];
        (void)snprintf(what, sizeof what, "listen %.31s.encryption-key", to->name);
        tell(what, false, userdata);
    }
}

void conf_keep_fixed(const conf *held, conf *fresh, conf_change_fn *tell, void *userdata)
{
    char what[CONF_LISTEN_NAME_SIZE + 16];
    conf_listen listens[CONF_LISTEN_MAX];

    keep_gate(held, fresh, tell, userdata);
    memcpy(listens, held->listens, sizeof listens);
    for (size_t i = 0; i < held->listen_count; i++) {
        const conf_listen *const other = find(fresh, listens[i].name);
        if (other != NULL) {
            follow(&listens[i], other, tell, userdata);
            continue;
        }
        (void)snprintf(what, sizeof what, "listen %.31s", listens[i].name);
        tell(what, false, userdata);
    }
    for (size_t i = 0; i < fresh->listen_count; i++) {
        if (find(held, fresh->listens[i].name) != NULL)
            continue;
        (void)snprintf(what, sizeof what, "listen %.31s", fresh->listens[i].name);
        tell(what, false, userdata);
    }
    memcpy(fresh->listens, listens, sizeof fresh->listens);
    fresh->listen_count = held->listen_count;
    explicit_bzero(listens, sizeof listens);
}
