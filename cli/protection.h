/*
 * How the connection is protected: TLS, or FPNN's own encryption. Six words that options and
 * contexts call by the same names.
 */
#ifndef CLI_PROTECTION_H
#define CLI_PROTECTION_H

#include <stdbool.h>

#include <rtm/rtm.h>

enum protection_key {
    PROTECTION_SECURITY, /* none, tls, package, stream */
    PROTECTION_TLS_CA,
    PROTECTION_TLS_HOST,
    PROTECTION_GATE_KEY,
    PROTECTION_GATE_CURVE,
    PROTECTION_KEY_BITS,
    PROTECTION_COUNT
};

/* "security", "tls-ca" … */
extern const char *const protection_names[PROTECTION_COUNT];

/* Whether the value is the path of a file. */
bool protection_is_path(enum protection_key key);

/* The key of that name, or -1. */
int protection_find(const char *name);

struct protection {
    void *gate_key; /* content of the file */
};

/*
 * Put the words (NULL: not given) into the options, which borrow from both. False with the
 * mistake on stderr.
 */
bool protection_apply(const char *const words[PROTECTION_COUNT], struct protection *protection,
                      rtm_client_options *options);

void protection_deinit(struct protection *protection);

#endif
