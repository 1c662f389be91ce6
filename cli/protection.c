#include "cli/protection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/memory.h"

#define KEY_FILE_MAX 4096

const char *const protection_names[PROTECTION_COUNT] = {
    "security", "tls-ca", "tls-host", "gate-key", "gate-curve", "key-bits",
};

static const char *const modes[] = {"none", "tls", "package", "stream"};
static const rtm_security securities[] = {RTM_SECURITY_NONE, RTM_SECURITY_TLS,
                                          RTM_SECURITY_FPNN_PACKAGE, RTM_SECURITY_FPNN_STREAM};

bool protection_is_path(enum protection_key key)
{
    return key == PROTECTION_TLS_CA || key == PROTECTION_GATE_KEY;
}

int protection_find(const char *name)
{
    for (int key = 0; key < PROTECTION_COUNT; key++) {
        if (strcmp(protection_names[key], name) == 0)
            return key;
    }
    return -1;
}

static bool read_mode(const char *word, rtm_security *ret)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i], word) == 0) {
            *ret = securities[i];
            return true;
        }
    }
    cli_error("security \"%s\": not none, tls, package or stream", word);
    return false;
}

/* Words that mean nothing without the mode they belong to are a mistake, not a surprise. */
static bool check_belonging(const char *const words[PROTECTION_COUNT], rtm_security mode)
{
    for (int key = PROTECTION_TLS_CA; key < PROTECTION_COUNT; key++) {
        const bool is_of_tls = key <= PROTECTION_TLS_HOST;
        const bool fits =
            is_of_tls ? mode == RTM_SECURITY_TLS
                      : mode == RTM_SECURITY_FPNN_PACKAGE || mode == RTM_SECURITY_FPNN_STREAM;

        if (words[key] != NULL && !fits) {
            cli_error("%s needs security %s", protection_names[key],
                      is_of_tls ? "tls" : "package or stream");
            return false;
        }
    }
    return true;
}

static bool read_key(const char *path, struct protection *protection, size_t *ret_len)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        cli_error("gate-key: %s: %s", path, strerror(errno));
        return false;
    }
    protection->gate_key = memory_new(1, KEY_FILE_MAX);
    *ret_len = fread(protection->gate_key, 1, KEY_FILE_MAX, file);
    const bool good = ferror(file) == 0;
    if (!good)
        cli_error("gate-key: %s: %s", path, strerror(errno));
    (void)fclose(file);
    return good;
}

bool protection_apply(const char *const words[PROTECTION_COUNT], struct protection *protection,
                      rtm_client_options *options)
{
    const char *const bits = words[PROTECTION_KEY_BITS];

    *protection = (struct protection){0};
    if (words[PROTECTION_SECURITY] != NULL &&
        !read_mode(words[PROTECTION_SECURITY], &options->security))
        return false;
    if (!check_belonging(words, options->security))
        return false;
    options->tls_ca_file = words[PROTECTION_TLS_CA];
    options->tls_host = words[PROTECTION_TLS_HOST];
    options->encryption_curve = words[PROTECTION_GATE_CURVE];
    if (bits != NULL) {
        if (strcmp(bits, "128") != 0 && strcmp(bits, "256") != 0) {
            cli_error("key-bits \"%s\": neither 128 nor 256", bits);
            return false;
        }
        options->encryption_bits = bits[0] == '1' ? 128 : 256;
    }
    if (options->security != RTM_SECURITY_FPNN_PACKAGE &&
        options->security != RTM_SECURITY_FPNN_STREAM)
        return true;
    if (words[PROTECTION_GATE_KEY] == NULL) {
        cli_error("security %s needs the gate's public key: give --gate-key FILE",
                  words[PROTECTION_SECURITY]);
        return false;
    }
    if (!read_key(words[PROTECTION_GATE_KEY], protection, &options->encryption_key_len))
        return false;
    options->encryption_key = protection->gate_key;
    return true;
}

void protection_deinit(struct protection *protection)
{
    free(protection->gate_key);
    *protection = (struct protection){0};
}
