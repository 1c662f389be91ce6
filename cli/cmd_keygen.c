/*
 * rtm keygen: a key pair for gates that encrypt as FPNN does.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rtm/rtm.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/new_file.h"

struct keygen {
    const char *curve;
    const char *private_path;
    const char *public_path;
    bool is_forced;
};

static const struct args_option options[] = {
    {'c', 'c', "curve", "NAME", "secp256k1 (default), secp256r1, secp224r1 or secp192r1"},
    {'p', 0, "private", "FILE", "where the private key goes, for the gate"},
    {'u', 0, "public", "FILE", "where the public key goes, for clients"},
    {'f', 'f', "force", NULL, "replace files that are there"},
};

static const char *keygen_set(void *into, int id, const char *value)
{
    struct keygen *keygen = into;

    switch (id) {
    case 'c':
        keygen->curve = value;
        return NULL;
    case 'p':
        keygen->private_path = value;
        return NULL;
    case 'u':
        keygen->public_path = value;
        return NULL;
    default:
        keygen->is_forced = true;
        return NULL;
    }
}

static const struct args_command command = {
    .name = "keygen",
    .synopsis = "--private FILE --public FILE [OPTIONS]",
    .summary = "Make a key pair for the encryption of FPNN, as PEM files",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "The private key is written so that only you can read it. rtmd takes it as\n"
             "encryption-key, clients take the public one (rtm: --gate-key). This encryption\n"
             "hides data and does not authenticate it: TLS is the better choice.",
    .set = keygen_set,
};

/* The private key first: without it the public one is worth nothing. */
static bool keygen_write(const struct keygen *keygen, const char *private_key,
                         const char *public_key)
{
    if (!keygen->is_forced && access(keygen->public_path, F_OK) == 0) {
        cli_error("%s: File exists (--force replaces it)", keygen->public_path);
        return false;
    }
    return new_file_write(keygen->private_path, 0600, keygen->is_forced, private_key,
                          strlen(private_key)) &&
           new_file_write(keygen->public_path, 0644, keygen->is_forced, public_key,
                          strlen(public_key));
}

int command_keygen(int argc, char **argv)
{
    struct keygen keygen = {.curve = "secp256k1"};
    struct args args;
    char *private_key;
    char *public_key;

    const enum args_result parsed = args_parse(&command, argc, argv, &keygen, &args);
    if (parsed != ARGS_RUN)
        return parsed == ARGS_DONE ? CLI_OK : CLI_USAGE;
    if (args.word_count > 0) {
        cli_error("%s: not understood (rtm keygen --help)", args.words[0]);
        return CLI_USAGE;
    }
    if (keygen.private_path == NULL || keygen.public_path == NULL) {
        cli_error("give both --private FILE and --public FILE");
        return CLI_USAGE;
    }
    if (strcmp(keygen.private_path, keygen.public_path) == 0) {
        cli_error("--private and --public are the same file");
        return CLI_USAGE;
    }
    const int r = rtm_key_pair_new(keygen.curve, &private_key, &public_key);
    if (r == RTM_E_INVAL) {
        cli_error("--curve %s: not secp256k1, secp256r1, secp224r1 or secp192r1", keygen.curve);
        return CLI_USAGE;
    }
    if (r < 0) {
        cli_error("%s", rtm_strerror(r));
        return CLI_FAILED;
    }
    const bool good = keygen_write(&keygen, private_key, public_key);
    rtm_key_free(private_key);
    rtm_key_free(public_key);
    return good ? CLI_OK : CLI_FAILED;
}
