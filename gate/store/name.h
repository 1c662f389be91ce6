/*
 * The names of stores, as the settings give them: "memory:", "sqlite:PATH", "postgres:CONNINFO",
 * or a URI that begins with "postgres://" or "postgresql://". Pure.
 */
#ifndef GATE_STORE_NAME_H
#define GATE_STORE_NAME_H

#include <stdbool.h>
#include <stddef.h>

bool store_name_is_known(const char *name);

/** The path of an SQLite file, or NULL when the name is of another kind. Borrowed. */
const char *store_name_path(const char *name);

/** What libpq takes, a URI or "key=value" words; or NULL. Borrowed. */
const char *store_name_conninfo(const char *name);

/** The name as it may be shown: its password, if any, as "***". Cut to the size. */
void store_name_show(const char *name, char *shown, size_t size);

#endif
